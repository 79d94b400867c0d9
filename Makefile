# SPDX-License-Identifier: LGPL-2.1-or-later
# hull's build. `make help` lists the targets.
#
# One make for the whole tree. The compiler writes the dependencies of each object (-MMD), and wildcards find the sources: a new .c
# file below libcontainer/ or src/, a new test or a new helper source needs no line here.
#
# Each kind of build has its own directory: build/ (the system's compiler), build/musl/ (static, on musl), build/asan/ (the unit
# tests under ASan and UBSan), build/fuzz/ (the fuzzers, clang). ./configure decides which of the first two is ./hull.

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-7s %s\n' $(1) '$(2)';
endif

# The project's rules: each is a script tests/lint-NAME.
rules := includes format size descriptors cycles names shell

# --- targets that need more packages than a build ----------------------------------------------------------------------
# They work on a machine that has only make: first they check that the needed packages are installed (which is fast), then a second
# make configures and builds. `make demo` installs missing packages, as root, and names them. The others only name them;
# `make deps-tests` or `make deps-dev` installs them.
needs_demo  := demo
needs_tests := check check-unit check-asan check-smoke check-musl check-upgrade check-integration check-security check-rootless check-audit check-fault churn test-programs
needs_dev   := check-vm check-engines check-distros check-cross check-matrix fuzz bench bench-engines bench-full order conformance differences lint $(addprefix lint-,quick tidy cppcheck $(rules))
bootstrapped := $(needs_demo) $(needs_tests) $(needs_dev)

.PHONY: all musl deps deps-musl deps-tests deps-dev help install uninstall clean distclean format old-releases FORCE $(bootstrapped)
all:

include contrib/package.mk

ifeq ($(bootstrap),done)
inner := yes
else
$(needs_demo):  packages := --demo
$(needs_tests): packages := --check --tests
$(needs_dev):   packages := --check --dev
$(bootstrapped):
	@DEPS_STAMP=build/deps.stamp contrib/install-deps $(packages)
	@+$(MAKE) --no-print-directory bootstrap=done $@
ifneq ($(filter $(bootstrapped),$(MAKECMDGOALS)),)
.NOTPARALLEL:
endif
endif

deps:
	DEPS_STAMP=build/deps.stamp contrib/install-deps
deps-musl deps-tests deps-dev: deps-%:
	DEPS_STAMP=build/deps.stamp contrib/install-deps --$*

# --- configuration ----------------------------------------------------------------------------------------------------
# config.mk is included, and made if it is missing or old, by every goal that builds something.
unconfigured := $(if $(inner),,$(bootstrapped)) deps deps-musl deps-tests deps-dev help clean distclean format $(package_targets)
ifneq ($(filter-out $(unconfigured),$(or $(MAKECMDGOALS),all)),)
include config.mk
endif

config.mk: configure config.mk.in $(wildcard build/deps.stamp)
	@if [ -x config.status ]; then ./config.status --recheck --silent && ./config.status --silent; \
	else ./configure --silent; fi || { rm -f config.status; exit 1; }
	@touch $@

# ./configure may write the same config.mk again: objects depend on its contents, not on its time.
build/config.stamp: config.mk
	@mkdir -p $(@D) && { cmp -s $< $@ || cp $< $@; }

configure: configure.ac
	@command -v autoconf >/dev/null || { echo "autoconf is missing: 'make deps' (as root) installs what a build needs" >&2; exit 1; }
	$(call say,CONF,$@)autoconf && touch $@

# --- flags ------------------------------------------------------------------------------------------------------------
# The user's CPPFLAGS, CFLAGS and LDFLAGS come last, so that they win.
defines = -DHULL_VERSION='"$(PACKAGE_VERSION)"' -DLIBEXECDIR='"$(libexecdir)"' -DRUNSTATEDIR='"$(runstatedir)"' \
	-DSYSCONFDIR='"$(sysconfdir)"'
# -iquote, not -I: <linux/...> are the kernel's headers, "linux/..." hull's.
includes = -iquote libcontainer -iquote build
# compat.h is included first everywhere, so that code for glibc compiles on musl.
base_flags = $(STD_CFLAGS) $(WARN_CFLAGS) $(includes) $(defines) -include libcontainer/base/compat.h -MMD -MP
compile = $(CC) $(base_flags) $(LIB_CFLAGS) $(PIE_CFLAGS) $(HARDEN_CFLAGS) $(CPPFLAGS) $(CFLAGS)
link = $(CC) $(HARDEN_CFLAGS) $(HULL_LDFLAGS) $(CFLAGS)

musl_compile = $(MUSL_CC) $(base_flags) -isystem build/musl/include -fno-pie $(HARDEN_CFLAGS) $(CPPFLAGS) $(CFLAGS)
musl_link = $(MUSL_CC) -static $(HARDEN_CFLAGS) $(HULL_LDFLAGS) $(CFLAGS) $(LDFLAGS) -Lbuild/musl/lib
musl_libs = -lyajl_s -lcap -lseccomp

asan_flags = $(SANITIZE) -fno-omit-frame-pointer
asan_compile = $(CC) $(base_flags) $(LIB_CFLAGS) $(PIE_CFLAGS) $(CPPFLAGS) $(CFLAGS) -U_FORTIFY_SOURCE -O1 $(asan_flags)

FUZZ_CC ?= clang
fuzz_flags = -g -O1 -fno-omit-frame-pointer
fuzz_compile = $(FUZZ_CC) $(base_flags) $(LIB_CFLAGS) $(fuzz_flags)

# --- sources and objects ----------------------------------------------------------------------------------------------
# The parts of hull-systemd that need no libsystemd are in the archive, too: for unit tests and fuzzers.
helper_parts := $(addprefix libexec/hull-systemd/,annotations.c gvariant.c)
lib_sources := $(sort $(shell find libcontainer -name '*.c') $(helper_parts))
src_sources := $(sort $(wildcard src/*.c))
unit_sources := $(sort $(wildcard tests/unit/test_*.c))
unit_helpers := $(filter-out $(unit_sources),$(sort $(wildcard tests/unit/*.c)))
fuzz_sources := $(sort $(wildcard tests/fuzz/*.c))
program_sources := $(sort $(wildcard tests/lib/*.c))
helpers := hull-doctor $(if $(filter yes,$(HAVE_SYSTEMD)),hull-systemd)
helpers := $(foreach h,$(helpers),$(if $(wildcard libexec/$(h)/*.c),$(h)))

objects = $(patsubst %.c,build/%.o,$(1))
musl_objects = $(patsubst %.c,build/musl/%.o,$(1))
asan_objects = $(patsubst %.c,build/asan/%.o,$(1))
fuzz_objects = $(patsubst %.c,build/fuzz/%.o,$(1))

library := build/libcontainer.a
all_sources := $(sort $(lib_sources) $(src_sources) $(unit_sources) $(unit_helpers) $(foreach h,$(helpers),$(wildcard libexec/$(h)/*.c)))
-include $(patsubst %.o,%.d,$(call objects,$(all_sources)) $(call musl_objects,$(all_sources)) $(call asan_objects,$(lib_sources) $(unit_sources) $(unit_helpers)) \
	$(call fuzz_objects,$(lib_sources) $(fuzz_sources)))

# --- hull -------------------------------------------------------------------------------------------------------------
helper_programs := $(addprefix build/libexec/hull/,$(helpers))
all: $(if $(src_sources),hull) $(library) $(helper_programs)

$(call objects,$(lib_sources) $(src_sources)): build/%.o: %.c build/config.stamp | build/version.h
	@mkdir -p $(@D)
	$(call say,CC,$<)$(compile) -c -o $@ $<

$(library): $(call objects,$(lib_sources))
	@mkdir -p $(@D) && rm -f $@
	$(call say,AR,$@)$(AR) rcsD $@ $^

build/hull: $(call objects,$(src_sources)) $(library)
	$(call say,LINK,$@ ($(LINKAGE)))$(link) $(EXE_LDFLAGS) $(LDFLAGS) -o $@ $^ $(HULL_LIBS) $(LIBS)

# Copied, because the kernel maps a file that cp has written in larger pieces than one from the linker.
hull: build/$(if $(filter musl,$(LIBC)),musl/)hull
	@cp $< $@.new && mv $@.new $@

# The commit's ID is in a header of its own, written only if it has changed. Only src/version.c includes it, and the sources of things
# that hull keeps between containers, because another version must not use those. A tarball has the commit in the file COMMIT.
build/version.h: FORCE
	@mkdir -p $(@D)
	@export GIT_OPTIONAL_LOCKS=0; \
	commit=$$([ -e .git ] && git describe --always --dirty --abbrev=12 --exclude '*' 2>/dev/null || \
		cat COMMIT 2>/dev/null || echo unknown); \
	line="#define HULL_COMMIT \"$$commit\""; \
	[ "$$line" = "$$(cat $@ 2>/dev/null)" ] || echo "$$line" >$@

# --- hull on musl, static: the release build, beside the other one --------------------------------------------
build/musl/libs.stamp: contrib/musl/build-libs build/config.stamp
	MUSL_CC='$(MUSL_CC)' contrib/musl/build-libs build/musl && touch $@

$(call musl_objects,$(lib_sources) $(src_sources) $(unit_sources) $(unit_helpers)): build/musl/%.o: %.c build/musl/libs.stamp | build/version.h
	@mkdir -p $(@D)
	$(call say,CC,$< (musl))$(musl_compile) -iquote tests/unit -c -o $@ $<

build/musl/libcontainer.a: $(call musl_objects,$(lib_sources))
	@rm -f $@
	$(call say,AR,$@)$(AR) rcsD $@ $^

# Where things are in the program decides how many page faults a command has: src/layout.ld. Segments begin where the kernel's
# pieces of 64 kB do.
build/musl/order.text: section = *(.text.& .text.&.* .text.startup.& .text.unlikely.& .text.unlikely.&.*)
build/musl/order.constants: section = *(.rodata.& .rodata.&.*)
build/musl/order.text build/musl/order.constants: src/order Makefile
	@mkdir -p $(@D) && sed -n 's/^[a-z_].*/$(section)/p' $< >$@

musl_layout = -Wl,-T,src/layout.ld -Lbuild/musl -Wl,-z,max-page-size=65536
build/musl/hull: $(call musl_objects,$(src_sources)) build/musl/libcontainer.a src/layout.ld build/musl/order.text build/musl/order.constants
	$(call say,LINK,$@)$(musl_link) $(musl_layout) -o $@ $(filter %.o %.a,$^) $(musl_libs) $(LIBS)

musl: build/musl/hull

# --- helper programs: those that are linked with shared libraries -------------------------------------------------------
hull-systemd_cflags = $(SYSTEMD_CFLAGS)
hull-systemd_libs = $(SYSTEMD_LIBS)
hull-doctor_cflags = $(LIBMOUNT_CFLAGS)
hull-doctor_libs = $(LIBMOUNT_LIBS)
define helper_rules
$(call objects,$(filter-out $(helper_parts),$(wildcard libexec/$(1)/*.c))): build/%.o: %.c build/config.stamp
	@mkdir -p $$(@D)
	$$(call say,CC,$$<)$$(compile) $$($(1)_cflags) -fPIE -c -o $$@ $$<
build/libexec/hull/$(1): $(call objects,$(filter-out $(helper_parts),$(wildcard libexec/$(1)/*.c))) $(library)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)$$(link) $(LDFLAGS) $(if $(filter static,$(LINKAGE)),-no-pie,-pie) -o $$@ $$^ -Wl,--as-needed \
		$$($(1)_libs) $$(DYNAMIC_LIBS) $$(LIBS)
endef
$(foreach h,$(helpers),$(eval $(call helper_rules,$(h))))

# --- unit tests: tests/unit/test_NAME.c is a cmocka program; the other files there are linked to each ------------------
native_unit_tests := $(patsubst tests/unit/%.c,build/tests/unit/%,$(unit_sources))
musl_unit_tests := $(patsubst tests/unit/%.c,build/musl/tests/unit/%,$(unit_sources))
unit_tests := $(if $(filter musl,$(LIBC)),$(musl_unit_tests),$(native_unit_tests))
asan_tests := $(patsubst tests/unit/%.c,build/asan/tests/unit/%,$(unit_sources))
test_libs = -Wl,--as-needed -lcmocka $(DYNAMIC_LIBS) $(LIBS)

$(call objects,$(unit_sources) $(unit_helpers)): build/%.o: %.c build/config.stamp
	@mkdir -p $(@D)
	$(call say,CC,$<)$(compile) -iquote tests/unit -c -o $@ $<

$(native_unit_tests): build/tests/unit/%: build/tests/unit/%.o $(call objects,$(unit_helpers)) $(library)
	$(call say,LINK,$@)$(link) $(if $(filter static,$(LINKAGE)),-no-pie,-pie) $(LDFLAGS) -o $@ $^ $(test_libs)

$(musl_unit_tests): build/musl/tests/unit/%: build/musl/tests/unit/%.o $(call musl_objects,$(unit_helpers)) build/musl/libcontainer.a
	$(call say,LINK,$@)$(musl_link) -o $@ $^ -lcmocka $(musl_libs) $(LIBS)

$(call asan_objects,$(lib_sources) $(unit_sources) $(unit_helpers)): build/asan/%.o: %.c build/config.stamp | build/version.h
	@mkdir -p $(@D)
	$(call say,CC,$< (asan))$(asan_compile) -iquote tests/unit -c -o $@ $<

build/asan/libcontainer.a: $(call asan_objects,$(lib_sources))
	@mkdir -p $(@D) && rm -f $@
	$(call say,AR,$@)$(AR) rcsD $@ $^

$(asan_tests): build/asan/tests/unit/%: build/asan/tests/unit/%.o $(call asan_objects,$(unit_helpers)) build/asan/libcontainer.a
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(asan_flags) $(if $(filter static,$(LINKAGE)),-no-pie) $(LDFLAGS) -o $@ $^ $(test_libs)

# --- tiny static programs for containers in tests: tests/lib/NAME.c becomes build/tests/NAME ---------------------------
programs := $(patsubst tests/lib/%.c,build/tests/%,$(program_sources))
$(programs): build/tests/%: tests/lib/%.c build/config.stamp
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) -std=c17 -D_GNU_SOURCE -Wall -Wextra $(filter -Werror,$(WARN_CFLAGS)) -Os -static -s -Wl,--gc-sections \
		-ffunction-sections -MMD -MP -MF $@.d -o $@ $< -lpthread
-include $(addsuffix .d,$(programs))

# The auditor of the trust boundary. It makes other processes execute system calls, which is implemented for x86_64.
auditor_sources := $(sort $(wildcard tests/audit/*.c))
build/tests/auditor: $(auditor_sources) $(wildcard tests/audit/*.h) build/config.stamp
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CC) -std=c17 -D_GNU_SOURCE -Wall -Wextra $(filter -Werror,$(WARN_CFLAGS)) -Os -static -s -o $@ $(auditor_sources)
programs += $(if $(filter x86_64,$(ARCHITECTURE)),build/tests/auditor)

# --- tests ------------------------------------------------------------------------------------------------------------
# Each part ends with a line "N passed, N failed, N skipped"; tests/sum-results runs several and adds them up.
ifdef inner
test_env = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL HULL="$(or $(HULL),$(CURDIR)/hull)" BUILD="$(CURDIR)/build"
# HULL=/usr/bin/hull tests that one instead.
tested = $(if $(HULL),,all)
# The benchmarks use the build on musl, if there is one, unless HULL is set.
bench_env = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL $(if $(HULL),HULL="$(HULL)",-u HULL) BUILD="$(CURDIR)/build"
run_unit = tests/run-unit $(unit_tests)
run_asan = tests/run-unit --label asan $(asan_tests)
bats_dir = $(if $(wildcard tests/$(1)/*.bats),'tests/run-bats tests/$(1)')

test-programs: $(programs)

check: all $(unit_tests) $(asan_tests) test-programs old-releases
	@$(test_env) tests/sum-results $(if $(unit_tests),'$(run_unit)' '$(run_asan)') \
		$(call bats_dir,integration) $(call bats_dir,security)
# Earlier releases, for tests/integration/upgrade.bats
old-releases:
	@tests/old-releases
check-vm: old-releases
check-upgrade: all test-programs old-releases
	@$(test_env) tests/run-bats tests/integration/upgrade.bats
check-unit: $(unit_tests)
	@$(test_env) $(run_unit)
check-asan: $(asan_tests)
	@$(test_env) $(run_asan)
# Whether hull works here, in about a minute.
smoke_tests = $(addprefix tests/,integration/smoke.bats integration/namespaces.bats integration/idmap.bats security/traps.bats)
check-smoke: $(tested) test-programs
	@$(test_env) tests/run-bats -q $(smoke_tests)
# The unit tests, the smoke suite and the budgets on the build on musl, whichever ./hull is.
check-musl: build/musl/hull $(musl_unit_tests) test-programs
	@$(test_env) tests/sum-results 'tests/run-unit --label musl $(musl_unit_tests)' \
		'env HULL="$(CURDIR)/build/musl/hull" tests/run-bats -q $(smoke_tests) tests/integration/syscalls.bats'
check-integration check-security: check-%: $(tested) test-programs
	@$(test_env) tests/run-bats $(or $(TESTS),tests/$*)
check-rootless: $(tested) test-programs
	@$(test_env) tests/run-bats --rootless $(or $(TESTS),tests/integration)
check-vm check-engines check-fault check-audit: check-%: all test-programs
	@$(test_env) tests/$*/check $(CHECK_ARGS)
check-matrix: all test-programs $(unit_tests)
	@$(test_env) tests/matrix/check $(CHECK_ARGS)
check-distros check-cross: check-%:
	@$(test_env) tests/$*/check $(CHECK_ARGS)
churn: all test-programs
	@$(test_env) tests/fault/churn $(CHECK_ARGS)
conformance differences: all test-programs
	@$(test_env) tests/$@/$@ $(CHECK_ARGS)
bench: all test-programs
	@$(bench_env) tests/bench/bench
# What users notice: podman, Docker and containerd with each runtime.
bench-engines: all
	@$(bench_env) tests/bench/engines/bench $(CHECK_ARGS)
# Everything in docs/performance.md, and that file: about 25 minutes on an idle machine.
bench-full: all build/musl/hull test-programs
	@$(bench_env) tests/bench/bench --full
	@$(bench_env) tests/bench/pressure
	@$(bench_env) tests/bench/engines/bench
	@tests/bench/report build/bench/results.json --docs
order: build/musl/hull
	@tests/bench/order
demo: all
	@$(test_env) contrib/demo
endif

# --- fuzzing: tests/fuzz/NAME.c, with its corpus in tests/fuzz/corpus/NAME and its words in tests/fuzz/NAME.dict --------
FUZZ_SECONDS ?= 20
fuzzers := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(fuzz_sources))

$(call fuzz_objects,$(lib_sources) $(fuzz_sources)): build/fuzz/%.o: %.c build/config.stamp | build/version.h
	@mkdir -p $(@D)
	$(call say,CC,$< (fuzz))$(fuzz_compile) -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -c -o $@ $<

build/fuzz/libcontainer.a: $(call fuzz_objects,$(lib_sources))
	@mkdir -p $(@D) && rm -f $@
	$(call say,AR,$@)$(AR) rcsD $@ $^

$(fuzzers): build/fuzz/%: build/fuzz/tests/fuzz/%.o build/fuzz/libcontainer.a
	$(call say,LINK,$@)$(FUZZ_CC) -g -fsanitize=fuzzer,address,undefined -o $@ $^ -Wl,--as-needed $(DYNAMIC_LIBS) $(LIBS)

ifdef inner
fuzz: $(fuzzers)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/run-fuzz $(fuzzers)
endif

# --- lint and format --------------------------------------------------------------------------------------------------
c_files = $(shell find libcontainer src libexec tests -name '*.[ch]' 2>/dev/null)
tidy_flags = -std=c17 -D_GNU_SOURCE $(includes) -include libcontainer/base/compat.h -iquote tests/unit $(defines) $(LIB_CFLAGS) $(SYSTEMD_CFLAGS) $(LIBMOUNT_CFLAGS)
ifdef inner
headers := $(shell find libcontainer src libexec tests -name '*.h' 2>/dev/null)
tidied := $(patsubst %,build/tidy/%.ok,$(all_sources) $(fuzz_sources) $(program_sources) \
	$(auditor_sources))
$(tidied): build/tidy/%.ok: % .clang-tidy $(headers) | build/version.h
	@mkdir -p $(@D)
	$(call say,TIDY,$<)clang-tidy --quiet --warnings-as-errors='*' $< -- $(tidy_flags) >$(@:ok=out) 2>&1 && touch $@ || \
		{ grep -v 'warnings* generated\.$$\|Suppressed\|Use -header-filter' $(@:ok=out); exit 1; }
# lint-quick takes seconds: it is part of the gate.
lint: lint-quick lint-tidy lint-cppcheck
lint-quick: all
	@passed=0 failed=0; for rule in $(rules); do \
		if tests/lint-$$rule; then passed=$$((passed + 1)); else echo "lint-$$rule failed"; failed=$$((failed + 1)); fi; done; \
		echo "$$passed passed, $$failed failed, 0 skipped"; [ $$failed = 0 ]
$(addprefix lint-,$(filter-out cycles,$(rules))):
	@tests/$@
lint-cycles: all
	@tests/$@
lint-tidy: $(tidied)
lint-cppcheck:
	$(call say,CHECK,libcontainer src libexec)cppcheck --quiet --std=c11 --error-exitcode=1 --enable=warning,performance,portability \
		--inline-suppr --suppress=missingIncludeSystem --suppress=unknownMacro --suppress=ctuuninitvar -Ilibcontainer -Ibuild -D_GNU_SOURCE -D__x86_64__ \
		libcontainer src $(wildcard libexec)
endif

format:
	clang-format -i $(c_files)

# --- installation -----------------------------------------------------------------------------------------------------
bash_completions = $(datarootdir)/bash-completion/completions
zsh_completions = $(datarootdir)/zsh/site-functions
fish_completions = $(datarootdir)/fish/vendor_completions.d
man_pages = $(wildcard $(addprefix man/*.,1 5 7 8))
# What is installed: words FILE:PLACE:MODE.
installed = hull:$(bindir)/hull:755 contrib/node/hull-node:$(sbindir)/hull-node:755 \
	$(foreach h,$(helpers),build/libexec/hull/$(h):$(libexecdir)/hull/$(h):755) \
	$(foreach m,$(man_pages),$(m):$(mandir)/man$(subst .,,$(suffix $(m)))/$(notdir $(m)):644) \
	$(foreach f,$(wildcard contrib/completions/bash),$(f):$(bash_completions)/hull:644) \
	$(foreach f,$(wildcard contrib/completions/zsh),$(f):$(zsh_completions)/_hull:644) \
	$(foreach f,$(wildcard contrib/completions/fish),$(f):$(fish_completions)/hull.fish:644)

install: all
	@set -e; for i in $(installed); do IFS=:; set -- $$i; unset IFS; echo "  INSTALL $(DESTDIR)$$2"; \
		install -D -m $$3 $$1 "$(DESTDIR)$$2"; done

uninstall:
	@$(if $(DESTDIR),:,"$(bindir)/hull" doctor --clean 2>/dev/null || :)
	@set -e; for i in $(installed); do IFS=:; set -- $$i; unset IFS; echo "  REMOVE  $(DESTDIR)$$2"; rm -f "$(DESTDIR)$$2"; done
	@rmdir "$(DESTDIR)$(libexecdir)/hull" 2>/dev/null || :

clean:
	rm -rf build hull

distclean: clean
	rm -rf autom4te.cache config.mk config.status config.log configure configure~ hull-*.tar.xz

help:
	@echo 'hull: make [TARGET] [V=1]'
	@echo '  all                 hull, and its helper programs (the default)'
	@echo '  musl                build/musl/hull: static, on musl, beside the other build'
	@echo '  deps                install the packages that a build needs (apt or dnf, as root)'
	@echo '  install, uninstall  with DESTDIR; the folders are those of ./configure'
	@echo '  demo                a container from nothing, with a user namespace'
	@echo '  deps-tests, deps-dev, deps-musl   and what the tests, what lint, fuzzing and the test machines, and what make musl needs'
	@echo '  check-smoke         whether hull works here, in about a minute; with HULL=/usr/bin/hull: whether that one does'
	@echo '  check-musl          the unit tests, check-smoke and the budgets on the build on musl'
	@echo '  check               unit, unit under ASan and UBSan, integration and security tests'
	@echo '  check-{unit,asan,integration,security,rootless,upgrade,vm,engines,audit,fault,distros,cross,matrix}   one suite; TESTS=FILE.bats for one file, CHECK_ARGS for vm, engines, audit, fault, distros, cross, matrix'
	@echo '  churn               2000 containers, 50 at once: nothing may be left'
	@echo '  fuzz                each fuzzer for FUZZ_SECONDS=20'
	@echo '  bench, bench-engines, bench-full   measure; with podman, Docker, containerd; all, and write docs/performance.md'
	@echo '  order               write src/order, by which functions are placed in the build on musl'
	@echo '  conformance, differences   compare with the specification; with runc and crun'
	@echo '  lint, format        the rules of the house (lint-quick), clang-tidy and cppcheck; clang-format'
	@echo '  dist, deb, rpm      a tarball of this commit, packages of it; sbom: the parts, as SPDX'
	@echo '  check-{node,packages,readme,docs}   hull-node, the packages, README.md, docs/troubleshooting.md (made by docs)'
	@echo '  release-check       whether this commit can be released'
	@echo '  clean, distclean'
