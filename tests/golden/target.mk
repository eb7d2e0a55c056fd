# Written by pynamic-gen; changes are lost. 'make -j' here builds the target or goes on
# where it was interrupted; the manifest is written by pynamic-gen, when all is built.
include flags.mk

LIBRARIES := \
	libutility0 \
	libutility1 \
	libmodulebegin \
	libmodule0 \
	libmodule1 \
	libmodule2 \
	libmodulefinal

.PHONY: all
all: $(LIBRARIES:%=lib/%.so) host plain

.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:

obj/%.o: src/%.c flags.mk
	@mkdir -p obj
	@$(CC) $(CFLAGS) $(if $(filter $*,$(NO_DEBUG) $(STRIPPED)),-g0) $(INCLUDES) $(if $(filter libmodule%,$*),$(PYTHON_CFLAGS)) -fPIC -c -o $@.tmp $<
	@mv -f $@.tmp $@

lib/%.so: obj/%.o
	@mkdir -p lib
	@$(CC) $(CFLAGS) $(LDFLAGS) $(if $(filter $*,$(STRIPPED)),-s) -shared -Wl,-soname,$*.so -Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN' -Wl,-rpath-link,lib -o $@.tmp $< -Wl,--push-state,--no-as-needed $(NEEDED_$*:%=lib/%.so) -Wl,--pop-state
	@mv -f $@.tmp $@
	@echo built $@

host: src-host/counters.c src-host/host.c src-host/mpi_collective.c src-host/mpi_module.c src-host/mpi_reduce.c src-host/mpi_value.c src-host/phase.c flags.mk src-host/counters.h src-host/mpi_module.h src-host/phase.h
	@$(MPICC) -O2 -g $(INCLUDES) $(PYTHON_CFLAGS) -o $@.tmp $(filter %.c,$^) $(PYTHON_LIBS) -lm
	@mv -f $@.tmp $@
	@echo built $@

plain: src-host/counters.c src-host/phase.c src-host/plain.c flags.mk src-host/counters.h src-host/mpi_module.h src-host/phase.h
	@$(CC) -O2 -g -o $@.tmp $(filter %.c,$^) -ldl -lm
	@mv -f $@.tmp $@
	@echo built $@

NEEDED_libmodule0 := libutility1
lib/libmodule0.so: $(NEEDED_libmodule0:%=lib/%.so)
NEEDED_libmodule1 := libmodule0 libutility0 libutility1
lib/libmodule1.so: $(NEEDED_libmodule1:%=lib/%.so)
NEEDED_libmodule2 := libmodule0 libmodule1 libutility0 libutility1
lib/libmodule2.so: $(NEEDED_libmodule2:%=lib/%.so)
