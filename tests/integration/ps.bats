# SPDX-License-Identifier: LGPL-2.1-or-later
# ps: the processes of a container.
load helpers

setup() {
    begin_test
    setup_bundle
}

@test "table: the lines of ps(1) for the container's processes, and its heading" {
    start_container
    hull exec --detach "$ID" sleep 2222
    run_hull ps "$ID"
    assert_success
    assert_matches '^UID +PID '
    assert_contains "sleep 1000"
    assert_contains "sleep 2222"
    assert_equal "${#lines[@]}" 3
}

@test "json: pids as the host counts, in ascending order" {
    start_container
    hull exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sh -c 'sleep 1001 & sleep 1002; true'
    wait_until 20 _ps_count 4
    run_hull ps --format json "$ID"
    assert_success
    assert_equal "$(jq -c sort <<< "$output")" "$output"
    assert_equal "$(jq "index($(container_pid)), index($(cat "$BATS_TEST_TMPDIR/pid"))" <<< "$output" | grep -c null)" 0
    for pid in $(jq '.[]' <<< "$output"); do
        assert_equal "$(cat "/proc/$pid/cgroup")" "$(cat "/proc/$(container_pid)/cgroup")"
    done
}
_ps_count() { [ "$(hull ps -f json "$ID" | jq length)" = "$1" ]; }

@test "options behind the id go to ps(1)" {
    start_container
    run_hull ps "$ID" -o pid,args
    assert_success
    assert_equal "${#lines[@]}" 2
    assert_matches "$(container_pid) sleep 1000"
    run_hull ps "$ID" -o args
    assert_failure
    assert_contains "PID"
    run_hull ps --format yaml "$ID"
    assert_failure
}

@test "without ps(1), the package that has it is named; json needs none" {
    start_container
    PATH=/nonexistent run "${HULL_CMD[@]}" ps "$ID"
    assert_failure 1
    assert_contains "execute ps: it doesn't exist; install the package procps"
    assert_equal "$(PATH=/nonexistent "${HULL_CMD[@]}" ps --format json "$ID")" "[$(container_pid)]"
}

@test "a ps(1) that never ends is not waited for" {
    start_container
    mkdir bin
    printf '#!/bin/sh\nexec yes PID\n' > bin/ps
    chmod +x bin/ps
    PATH=$PWD/bin:$PATH run_hull ps "$ID"
    assert_failure 1
    assert_contains "read what ps says: read /proc/self/fd/"
    assert_contains "more than 67108864 bytes"
}

@test "processes in cgroups below count as well" {
    start_container
    for name in memory unified; do
        dir=$(cgroup_path $name) || continue
        [ -d "$dir" ] && mkdir "$dir/below" 2> /dev/null || continue
        hull exec --detach --pid-file "$BATS_TEST_TMPDIR/pid" "$ID" sleep 1003
        cat "$BATS_TEST_TMPDIR/pid" > "$dir/below/cgroup.procs"
        run_hull ps -f json "$ID"
        assert_equal "$(jq "index($(cat "$BATS_TEST_TMPDIR/pid")) != null" <<< "$output")" true
    done
}

@test "a created container, a paused one, one that has stopped, none" {
    create_container
    if cgroup_writable; then
        run_hull ps -f json "$ID"
        assert_output "[$(container_pid)]"
    fi
    hull start "$ID"
    if cgroup_writable; then
        hull pause "$ID"
        run_hull ps -f json "$ID"
        assert_output "[$(container_pid)]"
        hull resume "$ID"
    fi
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    run_hull ps -f json "$ID"
    assert_success
    assert_output null
    run_hull ps "$ID"
    assert_success
    assert_equal "${#lines[@]}" 1
    run_hull ps "$(new_id none)"
    assert_failure
    assert_contains "does not exist"
}
