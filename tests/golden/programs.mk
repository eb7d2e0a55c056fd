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
all: $(LIBRARIES:%=lib/%.so) $(LIBRARIES:%=lib-now/%.so) host linked linked_now static bigexe plain plain_linked plain_linked_now plain_static

.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:

OBJECT_TMP = dwo/$*.o

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

lib-now/%.so: obj/%.o src/%.needed
	@mkdir -p lib-now
	@$(CC) $(CFLAGS) $(LDFLAGS) $(LINK_FLAGS) $(if $(filter $*,$(STRIPPED)),-s) -shared $(AT_$*) -Wl,-z,now -Wl,-soname,$*.so -Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN' -Wl,-rpath-link,lib-now -o $@.tmp $< -Wl,--push-state,--no-as-needed $(NEEDED_$*:%=lib-now/%.so) -Wl,--pop-state
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

obj-extra/list: src-host/extra.c flags.mk
	@mkdir -p $(@D) && rm -f $(@D)/part*.o
	@$(CC) -O0 -g0 -fPIC -c -o $(@D)/part.o $<
	@size=$$(size -A $(@D)/part.o | awk '$$1 ~ /^[.]text/ { n += $$2 } END { print n + 0 }') && \
	n=$$((($(EXTRA_BYTES) + size / 2) / size)) && i=0 && \
	while [ $$i -lt $$n ]; do \
		objcopy --prefix-symbols=extra$${i}_ $(@D)/part.o $(@D)/part$$i.o && \
		echo $(@D)/part$$i.o || exit 1; \
		i=$$((i + 1)); \
	done >$@.tmp
	@mv -f $@.tmp $@

host: $(HOST_OBJECTS) $(COMMON_OBJECTS) flags.mk
	@$(MPI_CC) $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp $(filter obj-host/%,$^) -Wl,--export-dynamic $(PYTHON_LIBS) -ldl -lm
	$(ADD_INDEX)
	@mv -f $@.tmp $@
	@echo built $@

linked: $(HOST_OBJECTS) $(COMMON_OBJECTS) $(LIBRARIES:%=lib/%.so) libraries.txt flags.mk
	$(file >$@.rsp,$(LIBRARIES:%=lib/%.so))
	@$(MPI_CC) $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp $(filter obj-host/%,$^) -Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN/lib' -Wl,-z,lazy -Wl,--push-state,--no-as-needed @$@.rsp -Wl,--pop-state -Wl,--export-dynamic $(PYTHON_LIBS) -ldl -lm
	$(ADD_INDEX)
	@rm -f $@.rsp
	@mv -f $@.tmp $@
	@echo built $@

linked_now: $(HOST_OBJECTS) $(COMMON_OBJECTS) $(LIBRARIES:%=lib-now/%.so) libraries.txt flags.mk
	$(file >$@.rsp,$(LIBRARIES:%=lib-now/%.so))
	@$(MPI_CC) $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp $(filter obj-host/%,$^) -Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN/lib-now' -Wl,-z,now -Wl,--push-state,--no-as-needed @$@.rsp -Wl,--pop-state -Wl,--export-dynamic $(PYTHON_LIBS) -ldl -lm
	$(ADD_INDEX)
	@rm -f $@.rsp
	@mv -f $@.tmp $@
	@echo built $@

static: $(HOST_OBJECTS) $(COMMON_OBJECTS) obj-host/static_table.o $(LIBRARIES:%=obj/%.o) libraries.txt exports.list flags.mk
	$(file >$@.rsp,$(LIBRARIES:%=obj/%.o))
	@$(MPI_CC) $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp $(filter obj-host/%,$^) @$@.rsp -Wl,--dynamic-list=exports.list $(PYTHON_LIBS) -ldl -lm
	$(ADD_INDEX)
	@rm -f $@.rsp
	@mv -f $@.tmp $@
	@echo built $@

bigexe: $(HOST_OBJECTS) $(COMMON_OBJECTS) obj-extra/list flags.mk
	@$(MPI_CC) $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp $(filter obj-host/%,$^) @obj-extra/list -Wl,--export-dynamic $(PYTHON_LIBS) -ldl -lm
	$(ADD_INDEX)
	@mv -f $@.tmp $@
	@echo built $@

plain: $(PLAIN_OBJECTS) $(COMMON_OBJECTS) flags.mk
	@$(CC) $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp $(filter obj-host/%,$^) -ldl -lm
	$(ADD_INDEX)
	@mv -f $@.tmp $@
	@echo built $@

plain_linked: $(PLAIN_OBJECTS) $(COMMON_OBJECTS) $(LIBRARIES:%=lib/%.so) libraries.txt flags.mk
	$(file >$@.rsp,$(LIBRARIES:%=lib/%.so))
	@$(CC) $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp $(filter obj-host/%,$^) -Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN/lib' -Wl,-z,lazy -Wl,--push-state,--no-as-needed @$@.rsp -Wl,--pop-state -ldl -lm
	$(ADD_INDEX)
	@rm -f $@.rsp
	@mv -f $@.tmp $@
	@echo built $@

plain_linked_now: $(PLAIN_OBJECTS) $(COMMON_OBJECTS) $(LIBRARIES:%=lib-now/%.so) libraries.txt flags.mk
	$(file >$@.rsp,$(LIBRARIES:%=lib-now/%.so))
	@$(CC) $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp $(filter obj-host/%,$^) -Wl,--enable-new-dtags -Wl,-rpath,'$$ORIGIN/lib-now' -Wl,-z,now -Wl,--push-state,--no-as-needed @$@.rsp -Wl,--pop-state -ldl -lm
	$(ADD_INDEX)
	@rm -f $@.rsp
	@mv -f $@.tmp $@
	@echo built $@

plain_static: $(PLAIN_OBJECTS) $(COMMON_OBJECTS) obj-host/static_table.o $(LIBRARIES:%=obj/%.o) libraries.txt flags.mk
	$(file >$@.rsp,$(LIBRARIES:%=obj/%.o))
	@$(CC) $(LDFLAGS) $(LINK_FLAGS) $(PROGRAM_LDFLAGS) -o $@.tmp $(filter obj-host/%,$^) @$@.rsp -ldl -lm
	$(ADD_INDEX)
	@rm -f $@.rsp
	@mv -f $@.tmp $@
	@echo built $@

NEEDED_libmodule0 := libutility1
lib/libmodule0.so: $(NEEDED_libmodule0:%=lib/%.so)
lib-now/libmodule0.so: $(NEEDED_libmodule0:%=lib-now/%.so)
NEEDED_libmodule1 := libmodule0 libutility0 libutility1
lib/libmodule1.so: $(NEEDED_libmodule1:%=lib/%.so)
lib-now/libmodule1.so: $(NEEDED_libmodule1:%=lib-now/%.so)
NEEDED_libmodule2 := libmodule0 libmodule1 libutility0 libutility1
lib/libmodule2.so: $(NEEDED_libmodule2:%=lib/%.so)
lib-now/libmodule2.so: $(NEEDED_libmodule2:%=lib-now/%.so)
