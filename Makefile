# SPDX-License-Identifier: BSD-3-Clause
# One Makefile, no recursion but for the two targets that first install what is missing
# (pkg-config must be asked after that). Sources are found by wildcard per folder.

O ?= build
V ?= 0
# Warnings stop the build of those who change the code, with the flags that they use. Other compilers and
# flags warn of other things: check, demo and CFLAGS=... go on, and packages say WERROR=0.
WERROR ?= $(if $(filter file undefined,$(origin CFLAGS)),1,0)
going_on = WERROR=$(if $(filter command environment,$(origin WERROR)),$(WERROR),0)
SAN ?=
CC ?= gcc
VERSION := 0.1.0

# For the targets that call make again; a -j given by hand is passed on instead.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
again = $(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))

Q := $(if $(filter 0,$(V)),@)
say = $(if $(filter 0,$(V)),@printf '  %-7s %s\n' $(1) $(2))

PKGS := libfyaml jansson libelf libdw libunwind-generic gsl sqlite3 liblzma
pkg = $(shell pkg-config $(1) $(PKGS) 2>/dev/null)

WARN := -Wall -Wextra -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wundef \
	-Wvla -Wwrite-strings $(if $(filter 1,$(WERROR)),-Werror)
CPPFLAGS += -D_GNU_SOURCE -DKIT_VERSION='"$(VERSION)"' -I. -Itool-harness
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=gnu11 $(CFLAGS) $(WARN) $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer) \
	-pthread $(call pkg,--cflags)
ALL_LDFLAGS = $(LDFLAGS) $(if $(SAN),-fsanitize=$(SAN)) -pthread
LDLIBS = $(call pkg,--libs) -lm

sources_below = $(sort $(foreach d,$(1),$(wildcard $(d)/*.c $(d)/*/*.c $(d)/*/*/*.c)))
src_lib := $(call sources_below,lib)
src_gen := $(call sources_below,gen)
src_harness := $(call sources_below,$(addprefix tool-harness/,cmd job trace elf ld tool measure report))
obj = $(patsubst %.c,$(O)/obj/%.o,$(1))
fuzz_obj = $(patsubst %.c,$(O)/fuzz/obj/%.o,$(src_lib) $(filter-out gen/main.c,$(src_gen)) $(src_harness))

PROGRAMS := $(O)/pynamic-gen $(O)/attachstorm $(O)/attachstorm-shim $(O)/attachstorm-guard $(O)/attachstorm-audit.so
# Asks the launcher of Open MPI 5 for its tasks; where libpmix is not, attachstorm says what to install.
PROGRAMS += $(if $(shell pkg-config --exists pmix 2>/dev/null && echo yes),$(O)/attachstorm-pmix)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))
LIVE_TESTS := $(patsubst tests/live/%.c,$(O)/tests/live/%,$(wildcard tests/live/test_*.c))
VICTIM_LIBS := $(patsubst tests/victims/%.c,$(O)/victims/%.so,$(wildcard tests/victims/lib*.c))
VICTIMS := $(patsubst tests/victims/%.c,$(O)/victims/%,$(filter-out tests/victims/lib%,$(wildcard tests/victims/*.c)))
FUZZERS := $(patsubst tests/fuzz/%.c,$(O)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: all
all: programs man ## build the programs and the man pages
.PHONY: programs
programs: $(PROGRAMS)

# --- programs -------------------------------------------------------------------------

$(O)/obj/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# What targets/ holds travels inside the generator, so that it needs no data folder.
$(O)/obj/gen/emit/embed.o: $(wildcard targets/*.c targets/*.h targets/*.py)

# gen and harness are separate archives, which is what keeps them from calling each other.
$(O)/libkit.a: $(call obj,$(src_lib))
$(O)/libgen.a: $(call obj,$(filter-out gen/main.c,$(src_gen)))
$(O)/libharness.a: $(call obj,$(src_harness))
$(O)/fuzz/all.a: $(fuzz_obj)
ARCHIVES := $(addprefix $(O)/,libkit.a libgen.a libharness.a fuzz/all.a)
$(ARCHIVES): %.a: %.members
	$(call say,AR,$@)
	@mkdir -p $(@D)
	$(Q)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

# Changes when a source comes or goes: an archive whose source is gone has nothing newer.
members_libkit = $(src_lib)
members_libgen = $(src_gen)
members_libharness = $(src_harness)
members_fuzz/all = $(src_lib) $(src_gen) $(src_harness)
$(ARCHIVES:.a=.members): $(O)/%.members: FORCE
	@mkdir -p $(@D)
	@echo '$(members_$*)' | cmp -s - $@ || echo '$(members_$*)' > $@
.PHONY: FORCE

link = $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(1) $(LDLIBS)

$(O)/pynamic-gen: $(call obj,gen/main.c) $(O)/libgen.a $(O)/libkit.a
	$(call say,LINK,$@)
	$(Q)$(call link,$^)

$(O)/attachstorm: $(call obj,tool-harness/main.c) $(O)/libharness.a $(O)/libkit.a
	$(call say,LINK,$@)
	$(Q)$(call link,$^)

# Ends a job whose harness was killed.
$(O)/attachstorm-guard: $(call obj,tool-harness/guard/guard.c) $(O)/libharness.a $(O)/libkit.a
	$(call say,LINK,$@)
	$(Q)$(call link,$^)

# The shim runs once per task before the target: static and without our libraries, so
# that it adds nothing to the start-up that is measured. No sanitizer fits a static link.
$(O)/attachstorm-shim: tool-harness/shim/shim.c
	$(call say,LINK,$@)
	@mkdir -p $(@D) $(O)/obj
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 $(CFLAGS) $(WARN) -static -MMD -MP -MF $(O)/obj/shim.d -o $@ $<

# Loaded into every task by its loader, in a namespace of its own: small, plain and never with
# a sanitizer.
$(O)/attachstorm-audit.so: tool-harness/audit/audit.c
	$(call say,LINK,$@)
	@mkdir -p $(@D) $(O)/obj
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 $(CFLAGS) $(WARN) -fPIC -shared -MMD -MP -MF $(O)/obj/audit.d -o $@ $<

# Alone with libpmix and its threads, which a tracer does without (tool-harness/pmix/pmix.c).
$(O)/attachstorm-pmix: tool-harness/pmix/pmix.c
	$(call say,LINK,$@)
	@mkdir -p $(@D) $(O)/obj
	$(Q)$(CC) $(CPPFLAGS) -std=gnu11 $(CFLAGS) $(WARN) $(LDFLAGS) -pthread -MMD -MP -MF $(O)/obj/pmix.d -o $@ $< \
		$(shell pkg-config --cflags --libs pmix)

# --- tests ----------------------------------------------------------------------------

$(O)/tests/%: tests/%.c $(O)/libharness.a $(O)/libgen.a $(O)/libkit.a
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -Itests $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $(filter %.c %.a,$^) -lcmocka $(LDLIBS)

# Victims are debuggees: built plainly, whatever SAN says, so that their memory is as a user's.
$(O)/victims/%.so: tests/victims/%.c
	$(call say,VICTIM,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu11 -O0 -g $(WARN) -fPIC -shared $(VICTIM_LDFLAGS) -o $@ $<

$(O)/victims/libnested2.so: tests/victims/libnested.c
$(O)/victims/libsmall.so: VICTIM_LDFLAGS = -s -nostdlib -Wl,-z,noseparate-code,--build-id=none
$(O)/victims/static: VICTIM_LDFLAGS = -static
$(O)/victims/nested_fixed: VICTIM_LDFLAGS = -no-pie
$(O)/victims/nested_fixed: tests/victims/nested.c
$(O)/victims/%: tests/victims/%.c
	$(call say,VICTIM,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -D_GNU_SOURCE -std=gnu11 -O0 -g $(WARN) -pthread -o $@ $< $(VICTIM_LDFLAGS) -ldl

.PHONY: check
check: setup ## install what is missing, build, run all tests
	@$(again) $(going_on) run-check

.PHONY: run-check
run-check: programs tests
	@scripts/check $(O)

.PHONY: tests
tests: $(UNIT_TESTS) $(LIVE_TESTS) $(VICTIM_LIBS) $(VICTIMS)

.PHONY: unit live
unit: $(UNIT_TESTS) ## run the unit tests only
	@scripts/check $(O) unit
live: tests programs ## run the live tests only
	@scripts/check $(O) live

ROUNDS ?= 10000
SEED ?= $(shell date +%s)
.PHONY: soak
soak: $(O)/tests/live/test_soak $(VICTIM_LIBS) $(VICTIMS) ## attach to hard tasks at random, ROUNDS times (SEED)
	$(Q)SOAK_ROUNDS=$(ROUNDS) SOAK_SEED=$(SEED) SOAK_SECONDS=0 $<

# Needs clang: FUZZ_CC compiles all sources again with libFuzzer's instrumentation. The
# corpus of each target is kept in FUZZ_CORPUS between runs. Where libfyaml is in play, leaks
# are suppressed by the whole stack, which is slow to unwind: a hundredth of the runs.
FUZZ_CC ?= clang
FUZZ_SECONDS ?= 30
FUZZ_CORPUS ?= $(O)/fuzz/corpus
FUZZ_FLAGS = $(CPPFLAGS) -Itests -std=gnu11 -g -O1 -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined $(call pkg,--cflags) -pthread

$(O)/fuzz/obj/%.o: %.c
	$(call say,FUZZCC,$<)
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<
$(O)/fuzz/obj/gen/emit/embed.o: $(wildcard targets/*.c targets/*.h targets/*.py)
$(O)/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(O)/fuzz/all.a
	$(call say,FUZZ,$@)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -MMD -MP -MF $@.d -o $@ $(filter %.c %.a,$^) $(LDLIBS)

.PHONY: fuzz
fuzz: $(FUZZERS) ## build the fuzz targets and run each for FUZZ_SECONDS (default 30)
	@for f in $(FUZZERS); do \
		echo "  FUZZ    $$f $(FUZZ_SECONDS) s"; \
		corpus=$(FUZZ_CORPUS)/$${f##*/}; seeds=tests/fuzz/corpus/$${f##*/}; mkdir -p "$$corpus"; \
		[ -d "$$seeds" ] || seeds=; \
		case $$f in *_conf | *_spec) fast=0 ;; *) fast=1 ;; esac; \
		LSAN_OPTIONS=suppressions=tests/fuzz/lsan.supp:print_suppressions=0 ASAN_OPTIONS=fast_unwind_on_malloc=$$fast \
		$(if $(filter /%,$(O)),,./)$$f -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=2048 -timeout=10 \
			-artifact_prefix=$(O)/fuzz/ "$$corpus" $$seeds > $$f.log 2>&1 || \
			{ tail -n 40 $$f.log; exit 1; }; \
	done

# --- checks, demo, bench --------------------------------------------------------------

.PHONY: lint
lint: setup ## check layers, style, comments, shell
	@O=$(O) scripts/lint

.PHONY: setup
setup: ## install missing packages (as root or by sudo), or say how
	@scripts/setup

.PHONY: demo
demo: setup ## generate a small target, run it with 4 MPI tasks, cold and warm
	@$(again) $(going_on) run-demo

.PHONY: run-demo
run-demo: programs
	@scripts/demo $(O)

.PHONY: bench
bench: programs ## measure what it costs: events, ratios, build times
	@scripts/bench $(O)

# --- man pages ------------------------------------------------------------------------

MAN := $(patsubst docs/man/%.scd,$(O)/man/%,$(wildcard docs/man/*.scd))
.PHONY: man
man: $(MAN) ## build the man pages

# The pages of file formats list the keys that the program's own table has.
$(O)/man/attachstorm-scenario.5: $(O)/attachstorm
$(O)/man/attachstorm-scenario.5: KEYS = $(O)/attachstorm run --help-keys
$(O)/man/attachstorm-tool.5: $(O)/attachstorm
$(O)/man/attachstorm-tool.5: KEYS = $(O)/attachstorm run --help-tool-keys
$(O)/man/attachstorm-compare.1: $(O)/attachstorm
$(O)/man/attachstorm-compare.1: KEYS = $(O)/attachstorm compare --help-tolerances
$(O)/man/pynamic-spec.5: $(O)/pynamic-gen
$(O)/man/pynamic-spec.5: KEYS = $(O)/pynamic-gen --help-keys
$(O)/man/%: docs/man/%.scd
	$(call say,MAN,$@)
	@mkdir -p $(@D)
	$(Q)$(or $(KEYS),true) > $@.keys
	$(Q)if command -v scdoc >/dev/null; then \
		sed -e '/^@KEYS@$$/{' -e 'r $@.keys' -e 'd' -e '}' $< | scdoc > $@; \
	else echo "scdoc is missing: no $@"; fi
	$(Q)rm -f $@.keys

PREFIX ?= /usr/local
.PHONY: install
install: all ## install programs, scenarios, specs, man pages, completion under PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5 \
		$(DESTDIR)$(PREFIX)/share/attachstorm/scenarios/tools \
		$(DESTDIR)$(PREFIX)/share/attachstorm/scenarios/series $(DESTDIR)$(PREFIX)/share/attachstorm/targets
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 scenarios/*.yaml $(DESTDIR)$(PREFIX)/share/attachstorm/scenarios
	install -m 644 scenarios/tools/*.yaml $(DESTDIR)$(PREFIX)/share/attachstorm/scenarios/tools
	install -m 644 scenarios/series/*.csv $(DESTDIR)$(PREFIX)/share/attachstorm/scenarios/series
	install -m 644 targets/*.yaml $(DESTDIR)$(PREFIX)/share/attachstorm/targets
	install -d $(addprefix $(DESTDIR)$(PREFIX)/share/,bash-completion/completions zsh/site-functions fish/vendor_completions.d)
	for p in attachstorm pynamic-gen; do install -m 644 scripts/completion/attachstorm.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$p; done
	install -m 644 scripts/completion/_attachstorm $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	install -m 644 scripts/completion/attachstorm.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	for m in $(MAN); do install -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}; done

.PHONY: clean
clean: ## remove the build folder
	rm -rf $(O)

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.DELETE_ON_ERROR:
-include $(shell find $(O)/obj $(O)/tests $(O)/fuzz -name '*.d' 2>/dev/null)
