# SPDX-License-Identifier: LGPL-2.1-or-later
# linux.resources: what was asked for against what the kernel (and systemd) says, on cgroup v1, v2, and with systemd.
load helpers

setup() {
    begin_test
    if rootless && ! cgroup_writable; then skip "needs cgroups that this user may write"; fi
}

# needs NAME...: controllers that the containers of this user can have
needs() {
    local name
    for name; do
        requires "controller:$name"
        has_delegated "$name" || skip "needs the controller $name, delegated to the user"
    done
}

# set_resources JSON: linux.resources of the bundle
set_resources() { update_config --argjson resources "$1" '.linux.resources = $resources'; }

# run_with JSON: a running container with these resources
run_with() {
    setup_bundle
    set_cgroups_path
    set_resources "$1"
    start_container
}

# value CONTROLLER V1-FILE V1-VALUE V2-FILE V2-VALUE: what the container's cgroup has to say; a file "-" isn't looked at
value() {
    local directory
    directory=$(cgroup_path "$1")
    if [ -e "$directory/cgroup.events" ]; then
        [ "$4" = - ] || assert_equal "$(cat "$directory/$4")" "$5" "$4"
    else
        [ "$2" = - ] || assert_equal "$(cat "$directory/$2")" "$3" "$2"
    fi
}

# unit_property PROPERTY VALUE: what systemd has to say, where it is the manager (of cgroup v2)
unit_property() {
    local options=()
    { [ "$HULL_CGROUP_MANAGER" = systemd ] && on_v2; } || return 0
    if rootless; then options=(--user); fi
    assert_equal "$(systemctl "${options[@]}" show --property "$1" --value "ht-$ID.scope")" "$2" "systemd's $1"
}

update() { run_hull update "$@" "$ID"; assert_success; }
update_json() { echo "$1" | hull update --resources - "$ID" || fail "update $1"; }

# a whole disk of the machine, MAJOR:MINOR
disk() { awk '$4 ~ /^(vd|sd|nvme|ubd|xvd)/ { print $1 ":" $2; exit }' /proc/partitions; }

# refused JSON TEXT: create fails, says so, and leaves no cgroup
refused() {
    setup_bundle
    set_cgroups_path
    set_resources "$1"
    run_hull create "$ID"
    assert_failure
    assert_contains "$2"
}

@test "memory: limit, swap, reservation, and changes of them in both directions" {
    needs memory
    run_with '{"memory": {"limit": 67108864, "swap": 134217728, "reservation": 33554432}}'
    value memory memory.limit_in_bytes 67108864 memory.max 67108864
    value memory memory.memsw.limit_in_bytes 134217728 - -
    value memory memory.soft_limit_in_bytes 33554432 memory.low 33554432
    if on_v2 && [ -e "$(cgroup_path memory)/memory.swap.max" ]; then value memory - - memory.swap.max 67108864; fi
    unit_property MemoryMax 67108864
    unit_property MemorySwapMax 67108864
    unit_property MemoryLow 33554432

    # up: memory and swap together must grow first
    update_json '{"memory": {"limit": 268435456, "swap": 268435456}}'
    value memory memory.limit_in_bytes 268435456 memory.max 268435456
    value memory memory.memsw.limit_in_bytes 268435456 - -
    unit_property MemoryMax 268435456
    unit_property MemorySwapMax 0
    # down: the limit of memory must shrink first
    update_json '{"memory": {"limit": 33554432, "swap": 50331648, "reservation": 16777216}}'
    value memory memory.limit_in_bytes 33554432 memory.max 33554432
    value memory memory.memsw.limit_in_bytes 50331648 - -
    value memory memory.soft_limit_in_bytes 16777216 memory.low 16777216
    # without limits again
    update_json '{"memory": {"limit": -1}}'
    value memory memory.limit_in_bytes 9223372036854771712 memory.max max
    value memory memory.memsw.limit_in_bytes 9223372036854771712 - -
    unit_property MemoryMax infinity
    unit_property MemorySwapMax infinity
}

@test "memory: what only cgroup v1 has" {
    requires cgroup-v1
    needs memory
    run_with '{"memory": {"limit": 67108864, "swappiness": 10, "disableOOMKiller": true, "kernelTCP": 33554432, "kernel": 1}}'
    value memory memory.swappiness 10 - -
    assert_contains_value "$(cgroup_value memory memory.oom_control)" "oom_kill_disable 1"
    value memory memory.kmem.tcp.limit_in_bytes 33554432 - -
    assert_contains_value "$(container_errors)" "/linux/resources/memory/kernel: "
    update_json '{"memory": {"disableOOMKiller": false, "swappiness": 0}}'
    assert_contains_value "$(cgroup_value memory memory.oom_control)" "oom_kill_disable 0"
    value memory memory.swappiness 0 - -
}
assert_contains_value() { [[ $1 == *"$2"* ]] || fail "'$1', expected in it: '$2'"; }

@test "memory: what cgroup v2 doesn't have is an error" {
    requires cgroup-v2
    needs memory
    refused '{"memory": {"swappiness": 10}}' "/linux/resources/memory/swappiness"
    refused '{"memory": {"disableOOMKiller": true}}' "/linux/resources/memory/disableOOMKiller"
    refused '{"memory": {"useHierarchy": false}}' "/linux/resources/memory/useHierarchy"
    refused '{"memory": {"swap": 100}}' "/linux/resources/memory/swap"
    refused '{"cpu": {"realtimeRuntime": 1000}}' "/linux/resources/cpu/realtimeRuntime"
    refused '{"network": {"classID": 1}}' "/linux/resources/network/classID"
    refused '{"network": {"priorities": [{"name": "lo", "priority": 1}]}}' "/linux/resources/network/priorities"
    refused '{"blockIO": {"leafWeight": 100}}' "/linux/resources/blockIO/leafWeight"
}

@test "memory: checkBeforeUpdate refuses a limit below the usage" {
    needs memory
    run_with '{"memory": {"limit": 268435456}}'
    container_exec sh -c 'dd if=/dev/zero of=/dev/shm/x bs=1M count=20 2>/dev/null' || fail "20 MB in /dev/shm"
    echo '{"memory": {"limit": 4194304, "checkBeforeUpdate": true}}' > limits
    run_hull update --resources limits "$ID"
    assert_failure
    if on_v2; then assert_contains "/memory/limit: 4194304 bytes are less than the container uses now"; fi
    value memory memory.limit_in_bytes 268435456 memory.max 268435456
}

@test "cpu: shares, quota, period, burst, idle" {
    needs cpu
    run_with '{"cpu": {"shares": 512, "quota": 50000, "period": 100000, "burst": 20000}}'
    value cpu cpu.shares 512 cpu.weight 59
    value cpu cpu.cfs_quota_us 50000 cpu.max "50000 100000"
    value cpu cpu.cfs_period_us 100000 - -
    value cpu cpu.cfs_burst_us 20000 cpu.max.burst 20000
    unit_property CPUWeight 59
    unit_property CPUQuotaPerSecUSec 500ms

    # less than the burst that is there, and more than the quota that is there
    update_json '{"cpu": {"quota": 10000, "burst": 5000}}'
    value cpu cpu.cfs_quota_us 10000 cpu.max "10000 100000"
    value cpu cpu.cfs_burst_us 5000 cpu.max.burst 5000
    update_json '{"cpu": {"quota": 80000, "burst": 60000, "shares": 2048}}'
    value cpu cpu.cfs_quota_us 80000 cpu.max "80000 100000"
    value cpu cpu.cfs_burst_us 60000 cpu.max.burst 60000
    value cpu cpu.shares 2048 cpu.weight 174
    # a period alone leaves the quota
    update_json '{"cpu": {"period": 200000}}'
    value cpu cpu.cfs_quota_us 80000 cpu.max "80000 200000"
    value cpu cpu.cfs_period_us 200000 - -
    update_json '{"cpu": {"burst": 0}}'
    update_json '{"cpu": {"quota": -1}}'
    value cpu cpu.cfs_quota_us -1 cpu.max "max 200000"
    unit_property CPUQuotaPerSecUSec infinity
}

@test "cpu: idle" {
    needs cpu
    run_with '{"cpu": {"idle": 1}}'
    value cpu cpu.idle 1 cpu.idle 1
    unit_property CPUWeight idle
    update_json '{"cpu": {"idle": 0, "shares": 1024}}'
    value cpu cpu.idle 0 cpu.idle 0
    value cpu cpu.shares 1024 cpu.weight 100
    unit_property CPUWeight 100
}

@test "a quota that systemd can't keep exactly is exact in the kernel" {
    needs cpu
    run_with '{"cpu": {"quota": 12345, "period": 100000}}'
    value cpu cpu.cfs_quota_us 12345 cpu.max "12345 100000"
    unit_property CPUQuotaPerSecUSec 130ms
}

@test "cpu: cpus and mems" {
    needs cpuset
    run_with '{"cpu": {"cpus": "0", "mems": "0"}}'
    value cpuset cpuset.cpus 0 cpuset.cpus 0
    value cpuset cpuset.mems 0 cpuset.mems 0
    unit_property AllowedCPUs 0
    assert_equal "$(status_field "$(container_pid)" Cpus_allowed_list)" 0
    if [ "$(nproc --all)" -gt 1 ]; then
        update_json '{"cpu": {"cpus": "0-1"}}'
        value cpuset cpuset.cpus 0-1 cpuset.cpus 0-1
        unit_property AllowedCPUs "0-1"
    fi
}

@test "pids: a limit holds, 0 and -1 mean what they say" {
    needs pids
    run_with '{"pids": {"limit": 5}}'
    value pids pids.max 5 pids.max 5
    unit_property TasksMax 5
    run container_exec sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 5 & done; wait'
    assert_failure
    update_json '{"pids": {"limit": 100}}'
    value pids pids.max 100 pids.max 100
    unit_property TasksMax 100
    update_json '{"pids": {"limit": -1}}'
    value pids pids.max max pids.max max
    unit_property TasksMax infinity
    update_json '{"pids": {"limit": 0}}'
    value pids pids.max 0 pids.max 0
    hull delete --force "$ID"

    set_resources '{"pids": {"limit": 0}}'
    start_container
    value pids pids.max 0 pids.max 0
    hull delete --force "$ID"
    set_resources '{"pids": {"limit": -1}}'
    start_container
    value pids pids.max max pids.max max
    unit_property TasksMax infinity
}

@test "blockIO: throttling of a disk" {
    needs "$(on_v2 && echo io || echo blkio)"
    disk=$(disk)
    [ -n "$disk" ] || skip "needs a disk"
    major=${disk%:*} minor=${disk#*:}
    run_with "{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": $major, \"minor\": $minor, \"rate\": 10485760}],
        \"throttleWriteBpsDevice\": [{\"major\": $major, \"minor\": $minor, \"rate\": 20971520}],
        \"throttleReadIOPSDevice\": [{\"major\": $major, \"minor\": $minor, \"rate\": 100}],
        \"throttleWriteIOPSDevice\": [{\"major\": $major, \"minor\": $minor, \"rate\": 200}]}}"
    value blkio blkio.throttle.read_bps_device "$disk 10485760" io.max "$disk rbps=10485760 wbps=20971520 riops=100 wiops=200"
    value blkio blkio.throttle.write_bps_device "$disk 20971520" - -
    value blkio blkio.throttle.read_iops_device "$disk 100" - -
    value blkio blkio.throttle.write_iops_device "$disk 200" - -
    update_json "{\"blockIO\": {\"throttleReadBpsDevice\": [{\"major\": $major, \"minor\": $minor, \"rate\": 1048576}],
        \"throttleWriteIOPSDevice\": [{\"major\": $major, \"minor\": $minor, \"rate\": 0}]}}"
    value blkio blkio.throttle.read_bps_device "$disk 1048576" io.max "$disk rbps=1048576 wbps=20971520 riops=100 wiops=max"
    value blkio blkio.throttle.write_iops_device "" - -
}

@test "blockIO: weight, where the kernel has one, else an error" {
    needs "$(on_v2 && echo io || echo blkio)"
    run_with '{}'
    files=$(cd "$(cgroup_path blkio)" && compgen -G '*.weight' | grep -E '^(io|blkio)\.(bfq\.)?weight$') || true
    hull delete --force "$ID"
    if [ -z "$files" ]; then
        refused '{"blockIO": {"weight": 500}}' "/linux/resources/blockIO/weight"
        return
    fi
    run_with '{"blockIO": {"weight": 500}}'
    for file in $files; do
        case $file in
        io.weight) assert_equal "$(head -n 1 "$(cgroup_path blkio)/$file")" "default 4950"; unit_property IOWeight 4950 ;;
        io.bfq.weight) assert_equal "$(head -n 1 "$(cgroup_path blkio)/$file")" "default 500" ;;
        *) assert_equal "$(cgroup_value blkio "$file")" 500 ;;
        esac
    done
}

@test "hugepageLimits" {
    needs hugetlb
    size=$(ls /sys/kernel/mm/hugepages | sed -n 's/hugepages-2048kB/2MB/p')
    [ -n "$size" ] || skip "needs huge pages of 2 MB"
    # a machine that is itself a container may have processes in its root cgroup, which isn't the root of the hierarchy
    ! on_v2 || grep -qw hugetlb /sys/fs/cgroup/cgroup.subtree_control || echo +hugetlb 2>/dev/null > /sys/fs/cgroup/cgroup.subtree_control ||
        skip "needs hugetlb enabled in the root"
    run_with '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}]}'
    value hugetlb hugetlb.2MB.limit_in_bytes 4194304 hugetlb.2MB.max 4194304
    value hugetlb - - hugetlb.2MB.rsvd.max 4194304
    update_json '{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}'
    value hugetlb hugetlb.2MB.limit_in_bytes 2097152 hugetlb.2MB.max 2097152
    value hugetlb - - hugetlb.2MB.rsvd.max 2097152
}

@test "hugepageLimits of a hybrid host are in the v2 hierarchy" {
    on_hybrid && grep -qw hugetlb /sys/fs/cgroup/unified/cgroup.controllers || skip "needs hugetlb in the v2 hierarchy of a hybrid host"
    run_with '{"hugepageLimits": [{"pageSize": "2MB", "limit": 4194304}], "unified": {"hugetlb.1GB.max": "1073741824"}}'
    assert_equal "$(cgroup_value unified hugetlb.2MB.max)" 4194304
    assert_equal "$(cgroup_value unified hugetlb.2MB.rsvd.max)" 4194304
    assert_equal "$(cgroup_value unified hugetlb.1GB.max)" 1073741824
}

@test "a limit of a controller that no container has had yet: update enables it" {
    requires cgroup-v2 root:cgroups manager:systemd
    needs hugetlb
    grep -qw hugetlb /sys/fs/cgroup/cgroup.subtree_control || echo +hugetlb 2>/dev/null > /sys/fs/cgroup/cgroup.subtree_control ||
        skip "needs hugetlb enabled in the root"
    setup_bundle
    name=$TOKEN-own.slice
    update_config --arg path "${name//-/_}:ht:$ID" '.linux.cgroupsPath = $path'
    set_resources '{}'
    start_container
    [ ! -e "$(cgroup_path hugetlb)/hugetlb.2MB.max" ] || fail "it is there without having been asked for"
    update_json '{"hugepageLimits": [{"pageSize": "2MB", "limit": 2097152}]}'
    value hugetlb - - hugetlb.2MB.max 2097152
}

@test "unified: any file of a controller, and errors that name what is missing" {
    requires cgroup-v2
    needs memory
    run_with '{"unified": {"memory.high": "50331648", "memory.min": "4096", "cgroup.max.descendants": "17"}}'
    value memory - - memory.high 50331648
    value memory - - memory.min 4096
    value memory - - cgroup.max.descendants 17
    unit_property MemoryHigh 50331648
    unit_property MemoryMin 4096
    update_json '{"unified": {"memory.high": "max"}}'
    value memory - - memory.high max
    unit_property MemoryHigh infinity
    hull delete --force "$ID"

    refused '{"unified": {"memory.nothing": "1"}}' "/linux/resources/unified/memory.nothing"
    assert_contains "doesn't have this file"
    refused '{"unified": {"nothing.max": "1"}}' "/linux/resources/unified/nothing.max"
    assert_contains "cgroup v2 has no controller nothing"
    refused '{"unified": {"memory.max": "much"}}' "/linux/resources/unified/memory.max: "
    assert_contains "memory.max: invalid argument"
}

@test "a limit of a controller that is missing is an error that names it" {
    if on_v2; then
        for controller in rdma misc hugetlb cpuset; do has_controller "$controller" || missing=$controller; done
        [ -n "${missing:-}" ] || skip "every controller is there"
        refused "{\"unified\": {\"$missing.max\": \"1\"}}" "the controller $missing isn't in the kernel"
    else
        ! has_controller net_cls || skip "net_cls is there"
        refused '{"network": {"classID": 1}}' "/linux/resources/network/classID"
        assert_contains "the controller net_cls isn't in the kernel, or no cgroup hierarchy that is mounted has it"
    fi
}

@test "unified is an error where v1 has the controller" {
    requires cgroup-v1
    needs memory
    refused '{"unified": {"memory.max": "1"}}' "/linux/resources/unified/memory.max: the controller memory isn't in a cgroup v2 hierarchy here"
}

# with CAP_MKNOD, and device nodes that may be opened
for_devices() {
    setup_bundle
    update_config '.process.capabilities |= (.bounding += ["CAP_MKNOD"] | .effective += ["CAP_MKNOD"] | .permitted += ["CAP_MKNOD"])'
}

# opens MODE DEVICE: succeeds if the cgroup lets the container open it (a missing driver doesn't count)
opens() { ! hull exec "$ID" sh -c "exec 3$1 /dev/$2" 2>&1 | grep 'Operation not permitted'; }

@test "devices: the defaults, what is allowed besides, what isn't" {
    requires root:devices
    for_devices
    set_resources '{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "r"}]}'
    start_container
    run container_exec sh -c 'echo > /dev/null && head -c 1 /dev/zero > /dev/null && cd /dev && mknod f c 10 229 && mknod m c 1 1 && mknod b b 60 0'
    assert_success
    opens '<' f || fail "what is allowed"
    ! opens '>' f || fail "reading was allowed, not writing"
    ! opens '<' m || fail "/dev/mem"
    ! opens '<' b || fail "a block device"
}

@test "devices: the defaults can be switched off" {
    requires root:devices
    for_devices
    update_config '.annotations."io.hull.devices.default" = "false"'
    set_resources '{"devices": [{"allow": true, "access": "m"}, {"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rw"}]}'
    start_container
    opens '<>' null || fail "what is allowed"
    ! opens '<' zero || fail "what the defaults would have allowed"
}

@test "devices: everything can be allowed" {
    requires root:devices
    for_devices
    set_resources '{"devices": [{"allow": true, "access": "rwm"}]}'
    start_container
    container_exec mknod /dev/b b 60 0
    opens '<>' b || fail "a block device"
}

@test "an out-of-memory kill ends the container and is an event" {
    needs memory
    setup_bundle
    set_cgroups_path
    set_resources '{"memory": {"limit": 33554432, "swap": 33554432}}'
    set_args sh -c 'while [ ! -e /dev/shm/go ]; do sleep 0.1; done; tail /dev/zero; echo killed; sleep 1000'
    start_container
    background events "${HULL_CMD[@]}" events --interval 1s "$ID"
    wait_until 20 grep -q '"type":"stats"' "$LOGS/events.out" || fail "no statistics: $(cat "$LOGS/events.err")"
    container_exec touch /dev/shm/go
    wait_until 30 grep -q '"type":"oom"' "$LOGS/events.out" || fail "no event: $(cat "$LOGS/events.out" "$LOGS/events.err")"
}

@test "statistics have what the kernel counts" {
    needs memory pids cpu
    run_with '{"memory": {"limit": 67108864}, "pids": {"limit": 50}}'
    container_exec sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'
    hull events --stats "$ID" > stats
    check() { jq -e "$1" stats > /dev/null || fail "$1: $(jq -c . stats)"; }
    check '.type == "stats" and .id == "'"$ID"'"'
    check '.data.cpu.usage.total > 0'
    check '.data.memory.usage.limit == 67108864 and .data.memory.usage.usage > 0'
    check '.data.memory.raw | length > 10'
    check '.data.pids.limit == 50 and .data.pids.current >= 1'
    check '.data.blkio and .data.hugetlb and .data.cpuset'
    if on_v2; then
        check '.data.memory.raw.anon >= 0'
        if [ -e "$(cgroup_path memory)/memory.pressure" ] && cat "$(cgroup_path memory)/memory.pressure" > /dev/null 2>&1; then
            check '.data.memory.psi.full.total >= 0 and .data.cpu.psi.some.avg10 >= 0'
        fi
    else
        check '.data.cpu.usage.percpu | length >= 1'
        check '.data.memory.swap.limit >= 67108864'
    fi
}

@test "the options of update" {
    needs memory cpu pids
    run_with '{"memory": {"limit": 67108864, "swap": 67108864}}'
    update --memory 33554432 --memory-swap 67108864 --cpu-share 256 --cpu-quota 20000 --cpu-period 50000 --pids-limit 77
    value memory memory.limit_in_bytes 33554432 memory.max 33554432
    value memory memory.memsw.limit_in_bytes 67108864 - -
    value cpu cpu.shares 256 cpu.weight 35
    value cpu cpu.cfs_quota_us 20000 cpu.max "20000 50000"
    value pids pids.max 77 pids.max 77
}

@test "systemd: limits survive a daemon-reload, and what is set later" {
    requires manager:systemd root:daemon controller:cpu controller:pids
    run_with '{"memory": {"limit": 67108864}, "pids": {"limit": 42}, "cpu": {"shares": 512, "quota": 50000, "period": 200000},
        "devices": [{"allow": false, "access": "rwm"}]}'
    all() {
        ! has_controller memory || value memory memory.limit_in_bytes 67108864 memory.max 67108864
        value pids pids.max "$1" pids.max "$1"
        value cpu cpu.shares 512 cpu.weight 59
        value cpu cpu.cfs_quota_us 50000 cpu.max "50000 200000"
        [ ! -e "$(cgroup_path devices)/devices.list" ] || ! grep -q '^a' "$(cgroup_path devices)/devices.list" || fail "all devices are allowed"
    }
    all 42
    systemctl daemon-reload
    all 42
    update_json '{"pids": {"limit": 43}}'
    all 43
    systemctl set-property --runtime "ht-$ID.scope" CPUAccounting=yes IOAccounting=yes
    all 43
    update_json '{"cpu": {"shares": 512}}'
    all 43
}
