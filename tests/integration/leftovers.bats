# SPDX-License-Identifier: LGPL-2.1-or-later
# The check that every other test ends with, itself tested: what a runtime could leave behind is found, named and removed.
load helpers

# finds KIND-PATTERN: assert_nothing_left fails and names it; then remove_leftovers gets rid of it
finds() {
    run assert_nothing_left
    assert_failure
    output=${output//$'\n'/ }
    assert_matches "$1"
    remove_leftovers
    rm -rf "${ROOT:?}"/* "$BUNDLE"/.[a-z]*
    run assert_nothing_left
    assert_success
}

setup() {
    begin_test
    setup_bundle
    HULL_TEST_SLOW=0    # one look is enough
    { kill "$WATCH" && wait "$WATCH"; } || true     # it would be found, too
}

wait_for_sleep() { HULL_TEST_SLOW=10 wait_until 5 grep -qs "^sleep" "/proc/$1/cmdline"; }

@test "nothing is left" {
    assert_nothing_left
}

@test "a process that was started by the test" {
    sleep 1000 3>&- &
    wait_for_sleep $!
    finds "process [0-9]+: sleep 1000"
}

@test "a process without environment in a container's mount namespace" {
    requires root:namespaces
    env -i "$(command -v unshare)" --mount sh -c "mount --bind '$BUNDLE' '$BUNDLE'; exec sleep 1000" 3>&- &
    wait_for_sleep $!
    finds "process $!: sleep 1000"
}

@test "a mount below the test's directory" {
    requires root:mount
    mount -t tmpfs none "$BUNDLE/rootfs/mnt"
    finds "mount $BUNDLE/rootfs/mnt"
}

@test "a mount anywhere, where the mounts are the test's own" {
    requires root:mount
    [ -n "${HULL_TEST_PRIVATE_MOUNTS:-}" ] || skip "needs a mount namespace of its own"
    mount -t tmpfs none /mnt
    run assert_nothing_left
    assert_failure
    assert_contains "mount /mnt"
    umount /mnt
}

@test "a pinned mount namespace is no leftover" {
    requires root:mount
    mkdir "$ROOT/@state"
    touch "$ROOT/@mntns"
    # a mount namespace can be pinned on a private mount only
    test_mount --bind "$ROOT" "$ROOT"
    mount --make-private "$ROOT"
    # the kernel takes a namespace with a higher number than ours only, and since 6.18 each CPU has numbers of its own
    for cpu in $(seq 0 $(($(nproc) - 1))); do
        background pinned taskset -c "$cpu" unshare --mount sh -c 'echo done; exec sleep 100000'
        wait_for_sleep "$BACKGROUND_PID"
        if mount --bind "/proc/$BACKGROUND_PID/ns/mnt" "$ROOT/@mntns"; then break; fi
    done
    _stop_background
    mountpoint -q "$ROOT/@mntns"
    run assert_nothing_left
    assert_failure          # our own bind mount
    refute_contains "@"
    umount "$ROOT/@mntns"
}

@test "a cgroup named after the test, frozen with a process in it" {
    requires root:cgroups cgroup-writable
    if on_v2; then dir=/sys/fs/cgroup/$ID; else dir=$(cgroup_of_pid freezer self); dir=${dir%/}/$ID; fi
    mkdir "$dir"
    env -i sleep 1000 3>&- &
    wait_for_sleep $!
    echo $! > "$dir/cgroup.procs"
    if on_v2; then echo 1 > "$dir/cgroup.freeze"; else echo FROZEN > "$dir/freezer.state"; fi
    finds "process $!: sleep 1000.*cgroup $dir"
}

@test "a state directory and a temporary file in the bundle" {
    mkdir "$ROOT/$ID"
    touch "$BUNDLE/.pid-file.tmp"
    finds "state $ROOT/$ID.*file in the bundle $BUNDLE/.pid-file.tmp"
}
