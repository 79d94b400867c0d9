# SPDX-License-Identifier: LGPL-2.1-or-later
# update: its options, where they stand, and what may be updated. Which file of the kernel gets what is in resources.bats.
load helpers

setup() {
    begin_test
    if rootless && ! cgroup_writable; then skip "needs cgroups that this user may write"; fi
    setup_bundle
    set_cgroups_path
}

# has CONTROLLER V1-FILE V1-VALUE V2-FILE V2-VALUE
has() {
    local dir
    dir=$(cgroup_path "$1")
    if [ -e "$dir/cgroup.events" ]; then assert_equal "$(cat "$dir/$4")" "$5" "$4"; else assert_equal "$(cat "$dir/$2")" "$3" "$2"; fi
}

@test "every option reaches its file" {
    requires controller:memory controller:cpu controller:pids
    update_config '.linux.resources.memory.limit = 134217728'
    start_container
    run_hull update --memory 64m --memory-reservation 32M --pids-limit 123 --cpu-share 2048 --cpu-period 40000 --cpu-quota 20000 "$ID"
    assert_success
    has memory memory.limit_in_bytes 67108864 memory.max 67108864
    has memory memory.soft_limit_in_bytes 33554432 memory.low 33554432
    has pids pids.max 123 pids.max 123
    has cpu cpu.cfs_quota_us 20000 cpu.max "20000 40000"
    run_hull update --cpu-burst 10000 "$ID"
    assert_success
    has cpu cpu.cfs_burst_us 10000 cpu.max.burst 10000
    run_hull update --cpu-idle 1 "$ID"
    assert_success
    has cpu cpu.idle 1 cpu.idle 1
    run_hull update --cpu-quota -1 --cpu-burst 0 "$ID"
    assert_success
    has cpu cpu.cfs_quota_us -1 cpu.max "max 40000"
    run_hull update --kernel-memory 1g --kernel-memory-tcp 1g "$ID"
    assert_success
}

@test "the limit of memory and swap together, given alone" {
    requires controller:memory
    update_config '.linux.resources.memory.limit = 67108864'
    start_container
    if on_v2; then file=memory.swap.max; else file=memory.memsw.limit_in_bytes; fi
    [ -e "$(cgroup_path memory)/$file" ] || skip "needs a kernel that counts swap"
    run_hull update --memory-swap 96m "$ID"
    assert_success
    has memory memory.memsw.limit_in_bytes 100663296 memory.swap.max 33554432
    has memory memory.limit_in_bytes 67108864 memory.max 67108864
    run_hull update --memory-swap 32m "$ID"
    assert_failure 1
    has memory memory.memsw.limit_in_bytes 100663296 memory.swap.max 33554432
    run_hull update --memory-swap -1 "$ID"
    assert_success
    has memory memory.memsw.limit_in_bytes 9223372036854771712 memory.swap.max max
}

@test "the cpuset" {
    requires controller:cpuset
    start_container
    run_hull update --cpuset-cpus 0 --cpuset-mems 0 "$ID"
    assert_success
    has cpuset cpuset.cpus 0 cpuset.cpus 0
    has cpuset cpuset.mems 0 cpuset.mems 0
    run_hull exec "$ID" grep Cpus_allowed_list /proc/self/status
    assert_output "Cpus_allowed_list:	0"
    run_hull update --cpuset-cpus 99999 "$ID"
    assert_failure 1
    run_hull update --cpuset-cpus nonsense "$ID"
    assert_failure 1
}

@test "options may stand behind the id" {
    requires controller:pids
    start_container
    run_hull update "$ID" --pids-limit 55
    assert_success
    has pids pids.max 55 pids.max 55
}

@test "--resources from a file and from standard input; other options don't count then" {
    requires controller:memory controller:pids
    start_container
    echo '{"pids": {"limit": 66}}' > resources
    run_hull update -r resources --pids-limit 99 "$ID"
    assert_success
    has pids pids.max 66 pids.max 66
    run hull update --resources - "$ID" <<< '{"pids": {"limit": 77}}'
    assert_success
    has pids pids.max 77 pids.max 77
    run hull update --resources=- "$ID" <<< '{"pids": {"limit": "x"}}'
    assert_failure 1
    assert_contains /pids/limit
    run hull update --resources - "$ID" <<< '{"pids": '
    assert_failure 1
    run_hull update --resources /no/such/file "$ID"
    assert_failure 1
    has pids pids.max 77 pids.max 77
}

# nodes that aren't among the default devices: /dev/f 10:229 (fuse), /dev/m 60:1, /dev/k 60:0 (without a driver); only f is the container's to begin with
for_devices() {
    requires root:devices
    update_config '.linux.resources = {devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "rwm"}]}
        | .process.capabilities |= (.bounding += ["CAP_MKNOD"] | .effective += ["CAP_MKNOD"] | .permitted += ["CAP_MKNOD"])'
    start_container
    hull exec "$ID" sh -c 'cd /dev && mknod f c 10 229 && mknod m c 60 1 && mknod k c 60 0'
}

# opens MODE DEVICE: succeeds if the cgroup lets the container open it (a missing driver doesn't count)
opens() { ! hull exec "$ID" sh -c "exec 3$1 /dev/$2" 2>&1 | grep 'Operation not permitted'; }

devices() { hull update --resources - "$ID" <<< "{\"devices\": $1}" || fail "update $1"; }

@test "device rules take the place of those before; the default devices stay; one list leads back" {
    for_devices
    { opens '<' f && ! opens '<' m; } || fail "what create was asked for"
    devices '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 60, "minor": 0, "access": "r"}]'
    ! opens '<' f || fail "what only the old rules allowed"
    opens '<' k || fail "what the new rules allow"
    ! opens '>' k || fail "reading was allowed, not writing"
    opens '>' null || fail "a default device"
    devices '[{"allow": true, "access": "rwm"}]'
    { opens '>' k && opens '<' f; } || fail "everything was allowed"
    devices '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rwm"}]'
    { opens '<' f && ! opens '<' k; } || fail "the rules of create again"
    run hull update --resources - "$ID" <<< '{"devices": [{"allow": true, "type": "x"}]}'
    assert_failure 1
    assert_contains /devices/0/type
    opens '<' f || fail "a refused update"
}

@test "device rules: while they are exchanged nothing is denied that both allow, and nothing allowed that both deny" {
    for_devices
    hull exec "$ID" sh -c 'cat > /dev/shm/loop.sh' <<- 'END'
	while [ ! -e /dev/shm/stop ]; do
	    (: < /dev/f) 2> /dev/shm/one; case $(cat /dev/shm/one) in *"not permitted"*) echo denied >> /dev/shm/bad ;; esac
	    (: < /dev/k) 2> /dev/shm/two; case $(cat /dev/shm/two) in *"not permitted"*) ;; *) echo allowed >> /dev/shm/bad ;; esac
	    echo >> /dev/shm/rounds
	done
	END
    hull exec -d "$ID" sh /dev/shm/loop.sh < /dev/null > /dev/null 2>&1
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        devices '[{"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rwm"}, {"allow": true, "type": "b", "major": 60, "access": "r"}]'
        devices '[{"allow": true, "type": "c", "major": 10, "minor": 229, "access": "r"}]'
    done
    wait_until 20 hull exec "$ID" test -s /dev/shm/rounds
    hull exec "$ID" touch /dev/shm/stop
    run_hull exec "$ID" cat /dev/shm/bad
    assert_failure
}

@test "device rules: no list, an empty one, and the one that is in force leave what another has allowed" {
    # on v2 the same code decides, before anything of the kernel's is touched; systemd writes its list of v1 anew whenever it sets anything
    requires cgroup-v1 manager:cgroupfs
    for_devices
    echo "c 60:0 r" > "$(cgroup_path devices)/devices.allow"
    run_hull update --pids-limit 50 "$ID"
    assert_success
    devices '[]'
    devices null
    devices '[{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rwm"}]'
    devices '[{"allow": true, "type": "c", "major": 10, "minor": 229}]'
    opens '<' k || fail "what was allowed from outside is gone"
    devices '[{"allow": true, "type": "c", "major": 10, "minor": 229, "access": "r"}]'
    ! opens '<' k || fail "other rules take the place of all"
}

@test "device rules of an unprivileged user: nobody restricts them, at update as at create" {
    requires rootless cgroup-v2
    update_config '.linux.resources = {devices: [{allow: false, access: "rwm"}]}'
    start_container
    devices '[{"allow": true, "access": "rwm"}]'
    devices '[{"allow": false, "access": "rwm"}]'
}

@test "what isn't a number, a size, a container" {
    start_container
    for option in "--memory 1x" "--memory nonsense" "--cpu-period -1" "--pids-limit x" "--cpu-share 1.5" "--blkio-weight 70000" "--cpu-idle x"; do
        # shellcheck disable=SC2086
        run_hull update $option "$ID"
        assert_failure 1
    done
    run_hull update --memory 64m
    assert_failure 1
    run_hull update --memory 64m "$(new_id none)"
    assert_failure 1
    assert_contains "container does not exist"
}

@test "a created and a paused container are updated, one that has stopped isn't" {
    requires controller:pids
    create_container
    run_hull update --pids-limit 41 "$ID"
    assert_success
    has pids pids.max 41 pids.max 41
    hull start "$ID"
    hull pause "$ID"
    run_hull update --pids-limit 42 "$ID"
    assert_success
    assert_equal "$(container_status)" paused
    has pids pids.max 42 pids.max 42
    hull resume "$ID"
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    run_hull update --pids-limit 43 "$ID"
    assert_failure 1
    assert_contains "container not running"
}

@test "schemas of Intel RDT need resctrl" {
    [ ! -e /sys/fs/resctrl/schemata ] || skip "resctrl is mounted"
    start_container
    run_hull update --l3-cache-schema "L3:0=f" "$ID"
    assert_failure 1
    assert_contains resctrl
    run_hull update --mem-bw-schema "MB:0=50" "$ID"
    assert_failure 1
    assert_contains resctrl
}

@test "a class of Intel RDT isn't made while create writes the state" {
    update_config --arg script "${HULL_CMD[*]} update --l3-cache-schema L3:0=f $ID > $LOGS/update 2>&1 || true" \
        '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", $script], env: ["PATH=/bin:/usr/bin"]}]'
    start_container
    output=$(cat "$LOGS/update")
    assert_contains "/linux/intelRdt: the container is still being created"
}

@test "without anything to change it succeeds and changes nothing" {
    requires controller:memory
    update_config '.linux.resources.memory.limit = 134217728'
    start_container
    run_hull update "$ID"
    assert_success
    has memory memory.limit_in_bytes 134217728 memory.max 134217728
}

# values FILE...: what the container's files of the controllers say now (CONTROLLER/FILE on v1)
values() {
    local file
    for file in "$@"; do
        echo "$file $(cat "$(cgroup_path "${file%%.*}")/$file" 2> /dev/null | tr '\n' ';')"
    done
}

limits() {
    if on_v2; then values memory.max memory.low memory.swap.max memory.high cpu.max cpu.weight pids.max io.max
    else values memory.limit_in_bytes memory.soft_limit_in_bytes memory.memsw.limit_in_bytes cpu.cfs_quota_us cpu.cfs_period_us cpu.shares pids.max; fi
}

@test "a refused update leaves everything as it was" {
    requires controller:memory controller:cpu controller:pids
    update_config '.linux.resources = {memory: {limit: 134217728, reservation: 67108864}, cpu: {quota: 200000, period: 1000000, shares: 512},
        pids: {limit: 77}}'
    start_container
    before=$(limits)
    # each is refused at a different place, after something else has been changed
    for change in '{memory: {limit: 268435456}, cpu: {shares: 100}, unified: {"pids.max": "none"}}' \
        '{memory: {limit: 268435456, reservation: 1048576}, cpu: {shares: 100, quota: 30000, period: 100000, burst: 2000000}}' \
        '{cpu: {quota: 300000, period: 100000, burst: 10}, pids: {limit: 5}, rdma: {nowhere: {hcaHandles: 1}}}' \
        '{memory: {limit: 100000000}, pids: {limit: 6}, hugepageLimits: [{pageSize: "1TB", limit: 1}]}'; do
        jq -n "$change" > "$LOGS/update.json"
        run_hull update -r "$LOGS/update.json" "$ID"
        assert_failure
        assert_equal "$(limits)" "$before" "$change"
    done
    if [ "$HULL_CGROUP_MANAGER" = systemd ]; then
        local user=
        if rootless; then user=--user; fi
        # shellcheck disable=SC2086
        assert_equal "$(systemctl $user show -P TasksMax "ht-$ID.scope")" 77
    fi
    run_hull update --pids-limit 78 "$ID"
    assert_success
}

@test "a refused update leaves the limits of devices as they were" {
    requires controller:pids
    device=$(for d in /sys/class/block/*; do [ -e "$d/partition" ] || [ ! -e "$d/queue" ] || { cat "$d/dev"; break; }; done)
    [ -n "$device" ] || skip "needs a block device"
    IFS=: read -r major minor <<< "$device"
    update_config --argjson a "$major" --argjson i "$minor" \
        '.linux.resources = {blockIO: {throttleReadBpsDevice: [{major: $a, minor: $i, rate: 1048576}]}}'
    run_hull create "$ID"
    [ "$status" = 0 ] || skip "$device takes no limit: $output"
    if on_v2; then file=io.max; else file=blkio.throttle.read_bps_device; fi
    before=$(cat "$(cgroup_path "$(on_v2 && echo io || echo blkio)")/$file")
    jq -n --argjson a "$major" --argjson i "$minor" '{blockIO: {throttleReadBpsDevice: [{major: $a, minor: $i, rate: 2097152}],
        throttleWriteBpsDevice: [{major: $a, minor: $i, rate: 2097152}]}, rdma: {nowhere: {hcaHandles: 1}}}' > "$LOGS/update.json"
    run_hull update -r "$LOGS/update.json" "$ID"
    assert_failure
    assert_equal "$(cat "$(cgroup_path "$(on_v2 && echo io || echo blkio)")/$file")" "$before"
    on_v2 || assert_equal "$(cat "$(cgroup_path blkio)/blkio.throttle.write_bps_device")" ""
}

@test "options are checked like the properties that they stand for" {
    local option
    start_container
    for option in "--blkio-weight 5:/blockIO/weight: must be from 10 to 1000" "--cpu-idle 7:/cpu/idle: must be 0 or 1" \
        "--pids-limit -5:/pids/limit: must be a number of tasks"; do
        # shellcheck disable=SC2086
        run_hull update ${option%%:*} "$ID"
        assert_failure
        assert_contains "options: ${option#*:}"
    done
    for option in cpus mems; do
        run_hull update "--cpuset-$option" $'0\n1' "$ID"
        assert_failure
        assert_contains "options: /cpu/$option: must be one line"
    done
}
