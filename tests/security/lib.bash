# SPDX-License-Identifier: LGPL-2.1-or-later
# What the security suite adds to the helpers: a canary outside of every rootfs, and bundles with and without a user namespace.
# `load lib`. Environment: SWAP_SECONDS, how long each race is run (1).
# shellcheck disable=SC2034 # variables are used by the tests
load ../integration/helpers

SWAP_SECONDS=${SWAP_SECONDS:-1}
TEST_LIMIT=$((TEST_LIMIT + 4 * SWAP_SECONDS))     # two races in a test, and some time to come to their ends

setup() { begin_security_test; }
teardown() { end_test; }

# begin_security_test: $CANARY is a directory of the host that everybody may read and write, so that only being out of reach
# protects it; `../../../canary` and the absolute path in $CANARY are what hostile images point at.
begin_security_test() {
    requires root:users userns
    begin_test
    CANARY=$BATS_TEST_TMPDIR/canary
    mkdir -p "$CANARY/dir"
    echo "canary of $TOKEN" > "$CANARY/file"
    echo "canary of $TOKEN" > "$CANARY/dir/file"
    chmod -R a+rwX "$CANARY"
    canary_state > "$LOGS/.canary"
}

# Content, times, owners, modes and inodes
canary_state() {
    find "$CANARY" -printf '%p %i %M %U:%G %s %T@ %C@ %l\n' | sort
    find "$CANARY" -type f -exec sha256sum {} + | sort
}

assert_canary() {
    canary_state | cmp -s - "$LOGS/.canary" ||
        fail "${1:+$1: }the canary was touched:"$'\n'"$(canary_state | diff "$LOGS/.canary" -)"
}

# mode_bundle: $BUNDLE afresh, as $MODE (plain or userns) says; $ID is the container's
mode_bundle() {
    ID=$TOKEN-$MODE
    rm -rf "$BATS_TEST_TMPDIR/$MODE"
    setup_bundle "$BATS_TEST_TMPDIR/$MODE"
    if [ "$MODE" = userns ]; then userns_config; fi
}

# both FUNCTION: the function with a bundle without, and with one with a user namespace; then the canary is looked at
both() {
    for MODE in plain userns; do
        echo "mode: $MODE" >&2
        mode_bundle
        "$@"
        hull delete --force "$ID"
        assert_canary "$MODE"
        cd "$BATS_TEST_TMPDIR"
    done
}

# tamper PATH TARGET: replaces PATH of the rootfs by a symbolic link
tamper() {
    rm -rf "$BUNDLE/rootfs/$1"
    ln -s "$2" "$BUNDLE/rootfs/$1"
}

# own_dev: no mounts below /dev but devpts: the image's /dev counts
own_dev() { update_config '.mounts |= map(select((.destination | startswith("/dev") | not) or .destination == "/dev/pts"))'; mkdir -p "$BUNDLE/rootfs/dev/pts"; }
writable_root() { update_config '.root.readonly = false'; }
add_mount() { update_config ".mounts += [$1]"; }
all_capabilities() { # of those that this machine's root has
    local caps
    caps=$(capsh --decode="$(status_field self CapBnd)" | sed 's/.*=//' | tr a-z A-Z | jq -R 'split(",")')
    update_config --argjson caps "$caps" '.process.capabilities |= (.bounding = $caps | .effective = $caps | .permitted = $caps)'
}
# add_capability NAME
add_capability() { update_config --arg cap "$1" '.process.capabilities |= (.bounding += [$cap] | .effective += [$cap] | .permitted += [$cap])'; }

# install_attack NAME: the program tests/lib/attack_NAME.c as /bin/NAME of the rootfs
install_attack() {
    test_program "attack_$1"
    cp "$PROGRAM" "$BUNDLE/rootfs/bin/$1"
}

# a container that tries, of every process it sees that isn't its own, all that would be of use to it
start_prober() {
    install_attack prober
    if [ "$MODE" = userns ]; then add_capability CAP_SYS_PTRACE; fi
    set_args /bin/prober /bin/busybox
    start_container "$ID"
    wait_until 20 grep -qs probing "$LOGS/$ID.out"
}
prober_got_nothing() {
    hull kill "$ID" TERM
    wait_until 20 grep -q seen "$LOGS/$ID.out"
    run grep -v -e probing -e '^seen [1-9]' "$LOGS/$ID.out"
    assert_output ""
}

# assert_refused: the last run failed, and not by a signal or because the runtime itself broke
assert_refused() {
    [ "$status" -gt 0 ] && [ "$status" -lt 128 ] || fail "$MODE: exit status $status, expected to be refused; output:"$'\n'"$output"
}

# start_swapper A B...: background, until the end of the test
start_swapper() {
    test_program attack_swapper
    background swapper "$PROGRAM" "$@"
    SWAPPER=$BACKGROUND_PID
    wait_until 20 grep -qs swapping "$LOGS/swapper.out" || fail "swapper: $(cat "$LOGS/swapper.err")"
}
stop_swapper() { kill "$SWAPPER"; wait "$SWAPPER" 2>/dev/null || true; : > "$LOGS/swapper.out"; }
