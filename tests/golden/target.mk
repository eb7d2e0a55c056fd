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

OBJECT_TMP = $@.tmp

obj/%.o: src/%.c flags.mk
	@mkdir -p obj $(dir $(OBJECT_TMP))
	@$(CC) $(CFLAGS) $(DEBUG_CFLAGS) $(if $(filter $*,$(NO_DEBUG) $(STRIPPED)),-g0) $(INCLUDES) $(if $(filter libmodule%,$*),$(PYTHON_CFLAGS)) -fPIC -c -o $(OBJECT_TMP) $<
	@mv -f $(OBJECT_TMP) $@

ADD_INDEX = $(if $(INDEX),$(if $(filter $*,$(NO_DEBUG) $(STRIPPED)),,@$(INDEX) $@.tmp && { readelf -SW $@.tmp | grep -qF '$(INDEX_SECTION)' || { echo 'error: $(INDEX) made no $(INDEX_SECTION) in $@'; exit 1; }; }))

lib/%.so: obj/%.o src/%.needed
	@mkdir -p lib
	@$(CC) $(CFLAGS) $(LDFLAGS) $(LINK_FLAGS) $(if $(filter $*,$(STRIPPED)),-s) -shared $(AT_$*) -Wl,-z,lazy -Wl,-soname,$*.so -Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN' -Wl,-rpath-link,lib -o $@.tmp $< -Wl,--push-state,--no-as-needed $(NEEDED_$*:%=lib/%.so) -Wl,--pop-state
	$(ADD_INDEX)
	@mv -f $@.tmp $@
	@echo built $@

PROGRAM_HEADERS := src-host/counters.h src-host/mpi_module.h src-host/phase.h src-host/static_modules.h
COMMON_OBJECTS := obj-host/counters.o obj-host/phase.o
PLAIN_OBJECTS := obj-host/plain.o
HOST_OBJECTS := obj-host/host.o obj-host/mpi_collective.o obj-host/mpi_module.o obj-host/mpi_reduce.o obj-host/mpi_value.o
MPI_CC = OMPI_CC='$(CC)' MPICH_CC='$(CC)' $(MPICC)
PROGRAM_CC = $(CC)
$(HOST_OBJECTS): PROGRAM_CC = $(MPI_CC) $(PYTHON_CFLAGS)
obj-host/%.o: src-host/%.c $(PROGRAM_HEADERS) flags.mk
	@mkdir -p $(@D) $(dir $(OBJECT_TMP))
	@$(PROGRAM_CC) -O2 $(PROGRAM_CFLAGS) $(DEBUG_CFLAGS) $(INCLUDES) -c -o $(OBJECT_TMP) $<
	@mv -f $(OBJECT_TMP) $@

host: $(HOST_OBJECTS) $(COMMON_OBJECTS) flags.mk
	@$(MPI_CC) $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp $(filter obj-host/%,$^) -Wl,--export-dynamic $(PYTHON_LIBS) -ldl -lm
	$(ADD_INDEX)
	@mv -f $@.tmp $@
	@echo built $@

plain: $(PLAIN_OBJECTS) $(COMMON_OBJECTS) flags.mk
	@$(CC) $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp $(filter obj-host/%,$^) -ldl -lm
	$(ADD_INDEX)
	@mv -f $@.tmp $@
	@echo built $@

NEEDED_libmodule0 := libutility1
lib/libmodule0.so: $(NEEDED_libmodule0:%=lib/%.so)
NEEDED_libmodule1 := libmodule0 libutility0 libutility1
lib/libmodule1.so: $(NEEDED_libmodule1:%=lib/%.so)
NEEDED_libmodule2 := libmodule0 libmodule1 libutility0 libutility1
lib/libmodule2.so: $(NEEDED_libmodule2:%=lib/%.so)
