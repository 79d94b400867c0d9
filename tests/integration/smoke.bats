# SPDX-License-Identifier: LGPL-2.1-or-later
# The life of a container in its simplest form; also the test of the helpers themselves.
load helpers

@test "create, start, state, kill, delete" {
    setup_bundle
    run_hull create --bundle "$BUNDLE" --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
    assert_success
    assert_equal "$(container_status)" created
    assert_equal "$(container_pid)" "$(cat "$BATS_TEST_TMPDIR/pid")"

    run_hull start "$ID"
    assert_success
    wait_for_status "$ID" running
    assert_equal "$(container_state "$ID" .bundle)" "$BUNDLE"
    assert_equal "$(container_state "$ID" .id)" "$ID"
    assert_equal "$(tr '\0' ' ' < "/proc/$(container_pid)/cmdline")" "sleep 1000 "

    run_hull kill "$ID" KILL
    assert_success
    wait_for_status "$ID" stopped
    run_hull delete "$ID"
    assert_success
    run_hull state "$ID"
    assert_failure
    assert_contains "does not exist"
}

@test "run passes output and exit status" {
    setup_bundle
    set_args sh -c 'echo to stdout; echo to stderr >&2; exit 7'
    run --separate-stderr hull run "$ID"
    assert_failure 7
    assert_output "to stdout"
    assert_equal "$stderr" "to stderr"
}

@test "run --detach leaves a running container whose output is kept" {
    setup_bundle
    set_args sh -c 'echo hello; exec sleep 1000'
    run_hull run --detach "$ID"
    assert_success
    wait_for_status "$ID" running
    wait_until 20 grep -q hello "$LOGS/$ID.out"
    assert_equal "$(container_output)" hello
    run_hull delete --force "$ID"
    assert_success
}

@test "run deletes its own container, not another one that has the ID by now" {
    local ended=0
    setup_bundle
    background run "${HULL_CMD[@]}" run --bundle "$BUNDLE" "$ID"
    wait_for_status "$ID" running
    kill -STOP "$BACKGROUND_PID" # it can't notice that
    hull delete --force "$ID"
    hull create --bundle "$BUNDLE" "$ID"
    kill -CONT "$BACKGROUND_PID"
    wait "$BACKGROUND_PID" || ended=$?
    assert_equal "$ended" 137
    assert_equal "$(container_status)" created
}

@test "a user namespace maps the container's root to the range that was asked for" {
    requires userns
    setup_bundle
    userns_config
    start_container
    pid=$(container_pid)
    if rootless; then expected=$(id -u); else expected=$FIRST_ID; fi
    assert_equal "$(stat -c %u "/proc/$pid")" "$expected" "owner of the process"
    read -r inside outside _ < "/proc/$pid/uid_map"
    assert_equal "$inside $outside" "0 $expected"
    ! shares_namespace "$pid" self user || fail "in the host's user namespace"
    run_hull exec "$ID" id -u
    assert_success
    assert_output 0
}

@test "two containers beside each other, found by list" {
    setup_bundle
    start_container "$(new_id a)"
    start_container "$(new_id b)"
    run_hull list --quiet
    assert_success
    assert_equal "$(sort <<< "$output")" "$(printf '%s\n' "$(new_id a)" "$(new_id b)")"
}

@test "a terminal arrives at the console socket" {
    setup_bundle
    update_config '.process.terminal = true'
    set_args sh -c 'test -t 0 && echo on a terminal; read -r line; echo "read $line"'
    start_console
    run_hull create --bundle "$BUNDLE" --console-socket "$CONSOLE_SOCKET" "$ID"
    assert_success
    run_hull start "$ID"
    assert_success
    console_says "on a terminal"
    console_send typed
    console_says "read typed"
    wait_console
}

@test "the cgroup of a container has its limit" {
    requires controller:pids cgroup-writable
    setup_bundle
    update_config '.linux.resources.pids.limit = 20'
    start_container
    assert_equal "$(cgroup_value pids pids.max)" 20
}

@test "an explicit cgroupsPath" {
    requires cgroup-writable
    setup_bundle
    set_cgroups_path
    start_container
    if on_v2; then where=$(cgroup_path ""); else where=$(cgroup_path pids); fi
    [[ $where == *"$ID"* ]] || fail "$where"
    grep -qx "$(container_pid)" "$where/cgroup.procs"
}
