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

@test "device rules are never changed by update" {
    requires root controller:pids
    start_container
    run_hull exec "$ID" sh -c 'echo > /dev/null'
    assert_success
    run hull update --resources - "$ID" <<< '{"devices": [{"allow": false, "access": "rwm"}], "pids": {"limit": 50}}'
    assert_success
    run_hull exec "$ID" sh -c 'echo > /dev/null'
    assert_success
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
    requires root
    [ ! -e /sys/fs/resctrl/schemata ] || skip "resctrl is mounted"
    start_container
    run_hull update --l3-cache-schema "L3:0=f" "$ID"
    assert_failure 1
    assert_contains resctrl
    run_hull update --mem-bw-schema "MB:0=50" "$ID"
    assert_failure 1
    assert_contains resctrl
}

@test "without anything to change it succeeds and changes nothing" {
    requires controller:memory
    update_config '.linux.resources.memory.limit = 134217728'
    start_container
    run_hull update "$ID"
    assert_success
    has memory memory.limit_in_bytes 134217728 memory.max 134217728
}
