# SPDX-License-Identifier: LGPL-2.1-or-later
# events: statistics, once and as a stream, and out-of-memory kills.
load helpers

setup() {
    begin_test
    if rootless && ! cgroup_writable; then skip "needs cgroups that this user may write"; fi
    setup_bundle
    set_cgroups_path
}

@test "--stats: one line of JSON with the numbers of the container's cgroup" {
    requires controller:memory controller:pids
    update_config '.linux.resources.memory.limit = 134217728 | .linux.resources.pids.limit = 33'
    start_container
    hull exec "$ID" sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'   # User Mode Linux counts in ticks
    run_hull events --stats "$ID"
    assert_success
    assert_equal "${#lines[@]}" 1
    has() { assert_equal "$(jq -c "$1" <<< "$output")" "$2" "$1"; }
    has '[.type, .id]' "[\"stats\",\"$ID\"]"
    has .data.memory.usage.limit 134217728
    has '.data.memory.usage.usage > 0' true
    has '.data.memory.raw | length > 10' true
    has .data.pids '{"current":1,"limit":33}'
    has '.data.cpu.usage.total > 0' true
    has '.data | keys - ["blkio", "cpu", "cpuset", "hugetlb", "intel_rdt", "memory", "network_interfaces", "pids"]' '[]'
    if on_v2 && [ -e /proc/pressure/cpu ]; then has '.data.cpu.psi.some | keys' '["avg10","avg300","avg60","total"]'; fi
}

@test "the numbers follow the container" {
    requires controller:pids
    start_container
    hull exec --detach "$ID" sleep 1000
    run_hull events --stats "$ID"
    assert_equal "$(jq .data.pids.current <<< "$output")" 2
    before=$(jq '.data.cpu.usage.total // 0' <<< "$output") # a kernel that counts ticks
    hull exec "$ID" sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'
    run_hull events --stats "$ID"
    [ "$(jq '.data.cpu.usage.total // 0' <<< "$output")" -gt "$before" ] || fail "no CPU time was used"
}

@test "network interfaces: those of the container's namespace" {
    requires root:net command:ip
    netns=$(test_netns one)
    nsenter --net="$netns" ip link add eth0 type veth peer name eth1 2> "$BATS_TEST_TMPDIR/veth" || skip "needs veth: $(cat "$BATS_TEST_TMPDIR/veth")"
    nsenter --net="$netns" ip link set eth0 up
    nsenter --net="$netns" ip link set eth1 up
    update_config --arg path "$netns" '.linux.namespaces |= map(if .type == "network" then .path = $path else . end)'
    start_container
    run_hull events --stats "$ID"
    assert_success
    assert_equal "$(jq -r '[.data.network_interfaces[].Name] | sort | join(" ")' <<< "$output")" "eth0 eth1"
    assert_equal "$(jq -c '.data.network_interfaces[0] | keys' <<< "$output")" \
        '["Name","RxBytes","RxDropped","RxErrors","RxPackets","TxBytes","TxDropped","TxErrors","TxPackets"]'
    hull delete --force "$ID"
    update_config '.linux.namespaces |= map(select(.type != "network"))'
    start_container
    run_hull events --stats "$ID"
    assert_equal "$(jq -c .data.network_interfaces <<< "$output")" null
}

@test "a stream: one set of statistics an interval, until the container ends" {
    start_container
    background events "${HULL_CMD[@]}" events --interval 50ms "$ID"
    events=$BACKGROUND_PID
    wait_until 20 _lines 3 || fail "$(cat "$LOGS/events.err")"
    hull kill "$ID" KILL
    wait_until 20 _gone "$events" || fail "events goes on after the container's end"
    status=0; wait "$events" || status=$?
    assert_equal "$status" 0
    assert_equal "$(jq -rs 'map(.type) | unique | join(" ")' "$LOGS/events.out")" stats
}
_lines() { [ "$(wc -l < "$LOGS/events.out")" -ge "$1" ]; }

@test "a kill for want of memory is an event" {
    requires controller:memory
    update_config '.linux.resources.memory = {limit: 33554432, swap: 33554432}'
    start_container
    background events "${HULL_CMD[@]}" events --interval 10m "$ID"
    wait_until 20 _watches "$BACKGROUND_PID"
    run_hull exec "$ID" sh -c 'tail -c 100m /dev/zero'
    assert_failure
    wait_until 20 grep -qx "{\"type\":\"oom\",\"id\":\"$ID\"}" "$LOGS/events.out" || fail "$(cat "$LOGS/events.out" "$LOGS/events.err")"
    kill "$BACKGROUND_PID"
}
_watches() { ls -l "/proc/$1/fd" | grep -q 'eventfd\|inotify'; }

# ends_for_memory: the container is killed for lack of memory while `events` is stopped
ends_for_memory() {
    update_config '.linux.resources.memory = {limit: 33554432, swap: 33554432} | del(.process.oomScoreAdj) | .root.readonly = false'
    set_args sh -c 'while [ ! -e /tmp/go ]; do sleep 0.05; done; exec tail -c 100m /dev/zero'
    start_container
    directory=$(cgroup_path memory)
    background events "${HULL_CMD[@]}" events --interval 10m "$ID"
    wait_until 20 _watches "$BACKGROUND_PID"
    kill -STOP "$BACKGROUND_PID"
    touch "$BUNDLE/rootfs/tmp/go"
    wait_for_status "$ID" stopped
}

@test "the container's own end for want of memory is told before the stream ends" {
    requires controller:memory manager:cgroupfs
    ends_for_memory
    kill -CONT "$BACKGROUND_PID"
    wait_until 20 _gone "$BACKGROUND_PID"
    assert_equal "$(cat "$LOGS/events.out")" "{\"type\":\"oom\",\"id\":\"$ID\"}"
}

@test "it is told, too, when the cgroup with its count has been removed meanwhile, as systemd does at once" {
    requires cgroup-v2 controller:memory
    other=$(new_id other)
    update_config --arg path "$(cgroups_path "$other")" '.linux.cgroupsPath = $path'
    start_container "$other"    # what is above stays
    set_cgroups_path
    ends_for_memory
    [ "$HULL_CGROUP_MANAGER" = systemd ] || hull delete "$ID"
    wait_until 20 eval '[ ! -e "$directory" ]' || fail "$directory is still there"
    kill -CONT "$BACKGROUND_PID"
    wait_until 20 _gone "$BACKGROUND_PID"
    assert_equal "$(cat "$LOGS/events.out")" "{\"type\":\"oom\",\"id\":\"$ID\"}"
}

@test "what is killed beside the container is no event of it, even when its cgroup is gone" {
    requires cgroup-v2 controller:memory
    start_container
    directory=$(cgroup_path memory)
    background events "${HULL_CMD[@]}" events --interval 10m "$ID"
    wait_until 20 _watches "$BACKGROUND_PID"
    other=$(new_id other)
    update_config --arg path "$(cgroups_path "$other")" '.linux.cgroupsPath = $path | .linux.resources.memory = {limit: 33554432, swap: 33554432}'
    start_container "$other"
    [ "$(dirname "$(cgroup_path memory "$other")")" = "$(dirname "$directory")" ] || fail "it isn't beside"
    run_hull exec "$other" sh -c 'tail -c 100m /dev/zero'
    assert_failure
    hull delete --force "$other"
    hull delete --force "$ID"
    wait_until 20 _gone "$BACKGROUND_PID"
    assert_equal "$(cat "$LOGS/events.out")" ""
}

@test "a created and a paused container have statistics; one that has stopped doesn't, nor one that isn't there" {
    create_container
    run_hull events --stats "$ID"
    assert_success
    hull start "$ID"
    hull pause "$ID"
    run_hull events --stats "$ID"
    assert_success
    hull resume "$ID"
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    run_hull events --stats "$ID"
    assert_failure 1
    assert_contains "container with id $ID is not running"
    run_hull events "$ID"
    assert_failure 1
    run_hull events --stats "$(new_id none)"
    assert_failure 1
    assert_contains "container does not exist"
    run_hull events --interval 0s "$ID"
    assert_failure 1
    assert_contains "duration interval must be greater than 0"
    run_hull events --interval soon "$ID"
    assert_failure 1
}
