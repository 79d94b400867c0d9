# SPDX-License-Identifier: LGPL-2.1-or-later
# Where a system call that hull needs is missing (an older kernel) or refused (the seccomp profile of a container around): everything
# works, or an error says which step can't be done, and nothing is left. There is no second way.
load helpers

setup() {
    begin_test
    setup_bundle
    test_program without
    WITHOUT=$PROGRAM
}

# those that make no difference, and those that create needs
optional=(faccessat2 keyctl listmount memfd_create open_tree_attr statmount statx)
needed=(clone3 close_range fsconfig fsmount fsopen mount_setattr move_mount open_tree openat2 pivot_root unshare)

# without CALL ARGUMENT...: hull, where that system call is $REFUSED
without() {
    local call=$1
    shift
    run --separate-stderr timeout 60 "$WITHOUT" "$REFUSED" "$call" -- "${HULL_CMD[@]}" "$@" < /dev/null 3>&- 4>&-
}
assert_explained() {
    [ "$status" -gt 0 ] && [ "$status" -lt 128 ] || [ "$status" = 255 ] || fail "$call: exit status $status: $stderr"
    case $REFUSED in
    ENOSYS) grep -q "function not implemented (hull needs Linux 5.14 or newer" <<< "$stderr" || fail "$call: $stderr" ;;
    EPERM) grep -q "not permitted" <<< "$stderr" || fail "$call: $stderr" ;;
    esac
}

needed_calls() {
    local call
    for call in "${needed[@]}"; do
        without "$call" create --bundle "$BUNDLE" "$ID"
        assert_explained
        [ ! -e "$ROOT/$ID" ] || fail "$call: state is left"
        without "$call" run --bundle "$BUNDLE" "$ID"
        assert_explained
        [ ! -e "$ROOT/$ID" ] || fail "$call: state is left"
    done
}
optional_calls() {
    local call
    for call in "${optional[@]}"; do
        [ "$call.$REFUSED" != faccessat2.EPERM ] || continue     # then glibc asks no further
        "$WITHOUT" "$REFUSED" "$call" -- "${HULL_CMD[@]}" create --bundle "$BUNDLE" "$ID" < /dev/null > "$LOGS/create" 2>&1 3>&- 4>&- ||
            fail "$call: create: $(cat "$LOGS/create")"
        without "$call" start "$ID"
        assert_equal "$status" 0 "$call: $stderr"
        without "$call" exec "$ID" true
        assert_equal "$status" 0 "$call: $stderr"
        without "$call" delete --force "$ID"
        assert_equal "$status" 0 "$call: $stderr"
    done
}
# those that only commands on a running container need: the commands change nothing
running_calls() {
    local call
    start_container
    for call in setns pidfd_open clone3 openat2 close_range; do
        without "$call" exec "$ID" true
        assert_explained
        assert_equal "$(container_status "$ID")" running
    done
    for call in pidfd_open pidfd_send_signal; do
        without "$call" kill "$ID" KILL
        assert_explained
        without "$call" delete --force "$ID"
        assert_explained
        [ -e "$ROOT/$ID/state.json" ] || fail "$call: the state is gone"
    done
    hull delete --force "$ID"
}

@test "without a system call that is needed, create says so and leaves nothing" { REFUSED=ENOSYS; needed_calls; }
@test "where a system call that is needed is refused, create says so and leaves nothing" { REFUSED=EPERM; needed_calls; }
@test "with a user namespace, too" {
    requires root:setuid userns
    userns_config
    for REFUSED in ENOSYS EPERM; do needed_calls; done
}
@test "without a system call that isn't needed everything works" { for REFUSED in ENOSYS EPERM; do optional_calls; done; }
@test "without a system call that exec, kill and delete need, nothing is lost" { for REFUSED in ENOSYS EPERM; do running_calls; done; }

@test "a state that can't be read isn't one that isn't there: delete --force removes nothing that it doesn't know" {
    start_container
    mv "$ROOT/$ID/state.json" "$BATS_TEST_TMPDIR/state.json"
    mkdir "$ROOT/$ID/state.json"
    run_hull delete --force "$ID"
    assert_failure
    assert_contains ": a directory"
    [ -d "$ROOT/$ID/state.json" ]
    rmdir "$ROOT/$ID/state.json"
    mv "$BATS_TEST_TMPDIR/state.json" "$ROOT/$ID/state.json"
    run_hull delete --force "$ID"
    assert_success
}
