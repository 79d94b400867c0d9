# SPDX-License-Identifier: LGPL-2.1-or-later
# The targets for releases: the tarball, packages, the list of components, and the checks before a release.
# Included by the Makefile. None of them needs ./configure to have been run here.
package_targets := dist deb rpm release-check check-packages check-node check-readme check-docs docs
.PHONY: sbom $(package_targets)

version = $(shell sed -n 's/^AC_INIT(\[hull], \[\(.*\)])/\1/p' configure.ac)
tarball = hull-$(version).tar.xz

# A tarball of the commit, with its ID and a configure that needs no autoconf. The same commit gives the same bytes.
dist: configure
	@name=hull-$(version) && tmp=$$(mktemp -d) && mkdir $$tmp/$$name && \
		git rev-parse --short=12 HEAD >$$tmp/$$name/COMMIT && cp -p configure $$tmp/$$name/ && \
		git archive --prefix=$$name/ HEAD | tar -x -C $$tmp && touch $$tmp/$$name/configure && \
		tar -C $$tmp --sort=name --owner=0 --group=0 --numeric-owner --mode=go-w --mtime=@$$(git log -1 --format=%ct) \
			-cJf $(tarball) $$name && \
		rm -rf $$tmp && echo $(tarball)

# contrib/node/hull-node with real engines: CHECK_ARGS as for check-engines
check-node:
	@tests/node/check $(CHECK_ARGS)

# Packages, built from the tarball alone, by the tools of the distribution that this runs on; they are left in build/deb, build/rpm.
deb rpm: dist
	@contrib/$(if $(filter deb,$@),debian,rpm)/build $(tarball) build/$@
	@ls build/$@

# The packages in roots of Debian: CHECK_ARGS="bookworm", "rpm", ... for one of them
check-packages:
	@tests/packages/check $(CHECK_ARGS)

# What the configured hull is made of, as SPDX in JSON.
sbom: config.mk
	@contrib/sbom

# Whether this commit can be released; contrib/release report SUITE... runs the suites and keeps their results.
release-check:
	@contrib/release check

# docs/troubleshooting.md has every text of the sources; check-docs fails if one has no explanation,
# or if a document or comment names a file or function that does not exist.
docs:
	@contrib/troubleshooting
check-docs:
	@tests/lint-names
	@contrib/troubleshooting --check

# README.md line by line, in clean roots of Debian.
check-readme:
	@tests/readme/check $(CHECK_ARGS)
