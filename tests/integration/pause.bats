# SPDX-License-Identifier: LGPL-2.1-or-later
# pause, resume.
load helpers

setup() {
    begin_test
    requires cgroup-writable
    setup_bundle
}

# how often the counting container has counted
count() { wc -l < "$LOGS/$ID.out"; }
counts_on() { local before; before=$(count); wait_until 20 _more_than "$before"; }
_more_than() { [ "$(count)" -gt "$1" ]; }

frozen() {
    if on_v2; then grep -qx "frozen 1" "$(cgroup_path freezer)/cgroup.events"; else [ "$(cgroup_value freezer freezer.state)" = FROZEN ]; fi
}

@test "nothing runs between pause and resume" {
    set_args sh -c 'while :; do echo x; sleep 0.01; done'
    start_container
    counts_on || fail "it doesn't run"
    run_hull pause "$ID"
    assert_success
    assert_equal "$(container_status)" paused
    frozen || fail "not frozen"
    before=$(count)
    sleep 0.3
    assert_equal "$(count)" "$before"
    run_hull resume "$ID"
    assert_success
    assert_equal "$(container_status)" running
    counts_on || fail "it doesn't run any more"
}

@test "only a running container can be paused, only a paused one resumed" {
    run_hull pause "$ID"
    assert_failure 1
    assert_contains "container does not exist"
    start_container
    run_hull resume "$ID"
    assert_failure 1
    assert_contains "container not paused"
    hull pause "$ID"
    run_hull pause "$ID"
    assert_failure 1
    assert_contains "container not running"
    hull resume "$ID"
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    run_hull pause "$ID"
    assert_failure 1
    assert_contains "container not running"
    run_hull resume "$ID"
    assert_failure 1
    assert_contains "container not paused"
}

@test "a created container is paused, resumed and started" {
    create_container
    run_hull pause "$ID"
    assert_success
    assert_equal "$(container_status)" paused
    run_hull start "$ID"
    assert_failure 1
    run_hull resume "$ID"
    assert_success
    assert_equal "$(container_status)" created
    run_hull start "$ID"
    assert_success
    wait_for_status "$ID" running
}

@test "a paused container is killed and deleted" {
    start_container
    hull pause "$ID"
    run_hull kill "$ID" KILL
    assert_success
    wait_for_status "$ID" stopped
    run_hull delete "$ID"
    assert_success
    start_container
    hull pause "$ID"
    run_hull delete --force "$ID"
    assert_success
}

@test "what runs in it by exec stands still, too; list says paused" {
    start_container
    hull exec --detach "$ID" sh -c 'while :; do echo x; sleep 0.01; done'
    hull pause "$ID"
    before=$(wc -l < "$LOGS/exec-${TOKEN}.out" 2> /dev/null || true)
    run_hull list
    assert_matches "$ID .* paused "
    for pid in $(hull ps -f json "$ID" | jq '.[]'); do
        assert_matches_cgroup "$pid"
    done
    hull resume "$ID"
}
# every process stands in the cgroup that is frozen
assert_matches_cgroup() { assert_equal "$(cgroup_of_pid freezer "$1")" "$(cgroup_path freezer)"; }

@test "kill --all: a process that waits for a filesystem without an answer doesn't keep the signal from the others" {
    requires root:mount fs:fuse file:/dev/fuse
    local server fs=$BATS_TEST_TMPDIR/fs
    test_program fuse-server
    mkdir "$fs"
    "$PROGRAM" "$fs" 3>&- 4>&- && echo "$fs" >> "$LOGS/.mounts"
    server=$(pgrep -f "^$PROGRAM $fs\$")
    echo x > "$fs/file"
    update_config --arg fs "$fs" '.mounts += [{destination: "/mnt", type: "bind", source: $fs, options: ["bind"]}]'
    set_args sh -c 'trap "echo got it" USR1; echo ready; while [ ! -e /dev/shm/go ]; do sleep 0.05; done; cat /mnt/file & while :; do sleep 0.05; done'
    start_container
    wait_until 20 grep -q ready "$LOGS/$ID.out"
    kill -STOP "$server"
    touch "/proc/$(container_pid)/root/dev/shm/go" || true
    sleep 0.3
    run_hull kill --all "$ID" USR1
    kill -CONT "$server"
    assert_success
    assert_contains 'freeze: timer expired'
    wait_until 20 grep -q 'got it' "$LOGS/$ID.out"
}
