# SPDX-License-Identifier: LGPL-2.1-or-later
# The tests' own static programs, tests/lib/*.c: built by `make test-programs`, or here when somebody runs bats by hand.

# test_program NAME: sets PROGRAM to the path of the program
test_program() {
    local repo=${REPO:-${repo:?}} cache
    PROGRAM=${HULL_TEST_PROGRAMS:-$repo/build/tests}/$1
    if [ -x "$PROGRAM" ] && [ ! "$repo/tests/lib/$1.c" -nt "$PROGRAM" ]; then return 0; fi
    if ! command -v cc > /dev/null && [ -x "$PROGRAM" ]; then return 0; fi
    cache=${CACHE:-${HULL_TEST_CACHE:?}}
    PROGRAM=$cache/$1
    [ -x "$PROGRAM" ] || { cc -D_GNU_SOURCE -std=c11 -O1 -static -o "$PROGRAM.$$" "$repo/tests/lib/$1.c" && mv "$PROGRAM.$$" "$PROGRAM"; } >&2
}
