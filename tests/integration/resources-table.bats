# SPDX-License-Identifier: LGPL-2.1-or-later
# Every property of linux.resources: what was asked for at `create` and at `update`, against what the kernel and systemd say. Where an
# interface or this kernel hasn't got it, `create` is an error that names the property, never silence. With CGROUP_TABLE=FILE each cell
# is written there: tests/cgroup-table makes docs/cgroups.md of it.
load helpers

setup() {
    begin_test
    requires root:cgroups
}

# property | at create | at update | v1: controller file first second | v2: controller file first second | systemd: property first second
# "=": as asked; "-": that interface has no such thing: an error; "~": it is left out with a warning. A file name may be followed by
# @KEY: the word after KEY= in the line of the disk, or word number KEY of the first line. DISK, MAJOR and MINOR: of a disk of this machine.
# CPUS: those that are online. realtimeRuntime is an error on v1 because the parent, made as well, has no budget.
rows() {
    sed "s/ *| */|/g; s/CPUS/$(cat /sys/devices/system/cpu/online)/g" <<-'ROWS'
	memory/limit | 67108864 | 134217728 | memory memory.limit_in_bytes = = | memory memory.max = = | MemoryMax = =
	memory/swap | 100663296 | 201326592 | memory memory.memsw.limit_in_bytes = = | memory memory.swap.max 33554432 67108864 | MemorySwapMax 33554432 67108864
	memory/reservation | 33554432 | 16777216 | memory memory.soft_limit_in_bytes = = | memory memory.low = = | MemoryLow = =
	memory/swappiness | 10 | 20 | memory memory.swappiness = = | - | -
	memory/disableOOMKiller | true | false | memory memory.oom_control@2 1 0 | - | -
	memory/kernel | 33554432 | 16777216 | ~ | ~ | -
	memory/kernelTCP | 33554432 | 16777216 | memory memory.kmem.tcp.limit_in_bytes = = | ~ | -
	memory/useHierarchy | true | true | memory memory.use_hierarchy 1 1 | always | -
	cpu/shares | 512 | 2048 | cpu cpu.shares = = | cpu cpu.weight 59 174 | CPUWeight 59 174
	cpu/quota | 50000 | 80000 | cpu cpu.cfs_quota_us = = | cpu cpu.max@1 = = | CPUQuotaPerSecUSec 250ms 800ms
	cpu/period | 200000 | 100000 | cpu cpu.cfs_period_us = = | cpu cpu.max@2 = = | CPUQuotaPeriodUSec 200ms 100ms
	cpu/burst | 20000 | 40000 | cpu cpu.cfs_burst_us = = | cpu cpu.max.burst = = | -
	cpu/idle | 1 | 0 | cpu cpu.idle = = | cpu cpu.idle = = | CPUWeight idle 100
	cpu/realtimePeriod | 900000 | 800000 | cpu cpu.rt_period_us = = | - | -
	cpu/realtimeRuntime | 1000 | 2000 | - | - | -
	cpu/cpus | "CPUS" | "0" | cpuset cpuset.cpus CPUS 0 | cpuset cpuset.cpus CPUS 0 | AllowedCPUs CPUS 0
	cpu/mems | "0" | "0" | cpuset cpuset.mems 0 0 | cpuset cpuset.mems 0 0 | AllowedMemoryNodes 0 0
	blockIO/weight | 500 | 100 | blkio blkio.bfq.weight = = | io io.weight@2 4950 910 | IOWeight 4950 910
	blockIO/weightDevice | [{"major": MAJOR, "minor": MINOR, "weight": 300}] | [{"major": MAJOR, "minor": MINOR, "weight": 400}] | blkio blkio.bfq.weight_device@DISK 300 400 | io io.weight@DISK 2930 3940 | -
	blockIO/leafWeight | 300 | 200 | blkio blkio.leaf_weight = = | - | -
	blockIO/throttleReadBpsDevice | [{"major": MAJOR, "minor": MINOR, "rate": 10485760}] | [{"major": MAJOR, "minor": MINOR, "rate": 1048576}] | blkio blkio.throttle.read_bps_device@DISK 10485760 1048576 | io io.max@rbps 10485760 1048576 | -
	blockIO/throttleWriteBpsDevice | [{"major": MAJOR, "minor": MINOR, "rate": 20971520}] | [{"major": MAJOR, "minor": MINOR, "rate": 2097152}] | blkio blkio.throttle.write_bps_device@DISK 20971520 2097152 | io io.max@wbps 20971520 2097152 | -
	blockIO/throttleReadIOPSDevice | [{"major": MAJOR, "minor": MINOR, "rate": 100}] | [{"major": MAJOR, "minor": MINOR, "rate": 300}] | blkio blkio.throttle.read_iops_device@DISK 100 300 | io io.max@riops 100 300 | -
	blockIO/throttleWriteIOPSDevice | [{"major": MAJOR, "minor": MINOR, "rate": 200}] | [{"major": MAJOR, "minor": MINOR, "rate": 400}] | blkio blkio.throttle.write_iops_device@DISK 200 400 | io io.max@wiops 200 400 | -
	pids/limit | 42 | 43 | pids pids.max = = | pids pids.max = = | TasksMax = =
	hugepageLimits | [{"pageSize": "2MB", "limit": 4194304}] | [{"pageSize": "2MB", "limit": 2097152}] | hugetlb hugetlb.2MB.limit_in_bytes 4194304 2097152 | hugetlb hugetlb.2MB.max 4194304 2097152 | -
	network/classID | 1048577 | 1048578 | net_cls net_cls.classid = = | - | -
	network/priorities | [{"name": "lo", "priority": 3}] | [{"name": "lo", "priority": 4}] | net_prio net_prio.ifpriomap@lo 3 4 | - | -
	rdma | {"RDMA": {"hcaHandles": 3}} | {"RDMA": {"hcaHandles": 4}} | rdma rdma.max@hca_handle 3 4 | rdma rdma.max@hca_handle 3 4 | -
	unified | {"memory.high": "50331648"} | {"memory.high": "max"} | - | memory memory.high 50331648 max | MemoryHigh 50331648 infinity
	ROWS
}

# the columns of the row that this machine is about
column() { if on_v1; then echo v1; elif [ "$HULL_CGROUP_MANAGER" = systemd ]; then echo systemd; else echo v2; fi; }
note() { [ -z "${CGROUP_TABLE:-}" ] || printf '%s\t%s\t%s\t%s\t%s\n' "$(column)" "$(uname -r)" "$1" "$2" "$3" >> "$CGROUP_TABLE"; }

# split ROW: sets property first second and, for this machine's hierarchies, want (array: controller file first second) and unit (array)
split() {
    local v1 v2 systemd other
    IFS='|' read -r property first second v1 v2 systemd <<< "$1"
    want=($v2) unit=($systemd)
    if on_v1; then
        want=($v1) other=($v2)
        # a controller of a hybrid host may be in its v2 hierarchy
        if [[ " $UNIFIED " == *" ${want[0]} "* || " $UNIFIED " == *" ${other[0]} "* ]]; then
            want=("${other[@]}")
            [ ${#want[@]} -lt 4 ] || want[0]=unified
        fi
    fi
    first=${first//MAJOR/${DISK%:*}} first=${first//MINOR/${DISK#*:}} second=${second//MAJOR/${DISK%:*}} second=${second//MINOR/${DISK#*:}}
    [ "${want[2]-}" != = ] || want[2]=$first
    [ "${want[3]-}" != = ] || want[3]=$second
    [ "${unit[1]-}" != = ] || unit[1]=$first
    [ "${unit[2]-}" != = ] || unit[2]=$second
}

# value DIRECTORY FILE[@KEY]
value() {
    local file=$1/${2%@*} key=${2#*@}
    [ "$key" != DISK ] || key=$DISK
    case $2 in
    *@[0-9]) awk -v n="$key" 'NR == 1 { print $n }' "$file" ;;
    *@*) awk -v key="$key" '{ for (i = 1; i <= NF; i++) { if (index($i, key "=") == 1) { print substr($i, length(key) + 2); exit }
            if ($i == key) { print $(i + 1); exit } } }' "$file" ;;
    *) head -n 1 "$file" ;;
    esac
}

# locate: where the container that runs is, in every hierarchy; sets at[CONTROLLER] for the rows' controllers
locate() {
    local pid name
    pid=$(container_pid)
    for name in memory cpu cpuset blkio io pids hugetlb net_cls net_prio rdma unified; do
        at[$name]=
        if on_v2; then at[$name]=${at[memory]:-$(cgroup_of_pid '' "$pid")}
        elif [ "$name" = unified ] || has_controller "$name"; then at[$name]=$(cgroup_of_pid "$name" "$pid"); fi
    done
}

# has_file CONTROLLER FILE: a container can have it
has_file() {
    if on_v2 || [ "$1" = unified ]; then [ -e "$PROBE/${2%@*}" ]; else [ -n "${at[$1]}" ] && [ -e "${at[$1]}/${2%@*}" ]; fi
}

# probe: a cgroup of the test's own with every controller, to see which files there are
probe() {
    local mount=/sys/fs/cgroup name
    on_v2 || mount=/sys/fs/cgroup/unified
    PROBE=$mount/$TOKEN-probe
    [ -e $mount/cgroup.controllers ] || return 0
    for name in $(cat $mount/cgroup.controllers); do echo "+$name" 2>/dev/null > $mount/cgroup.subtree_control || true; done
    mkdir "$PROBE"
}

# usable FILE: what needs more than the file: a device that takes part
usable() {
    local disk
    case $1 in
    io.weight@DISK) grep -qs "^$DISK enable=1" /sys/fs/cgroup/io.cost.qos ;;
    *weight*@DISK)
        disk=$(basename "$(readlink -f "/sys/dev/block/$DISK")")
        grep -qs '\[bfq\]' "/sys/block/$disk/queue/scheduler" ;;
    *@DISK | io.max*) [ -e "/sys/dev/block/$DISK" ] ;;
    rdma.max*) [ -n "$(ls -A /sys/class/infiniband 2>/dev/null)" ] ;;
    *) true ;;
    esac
}

# with_property PROPERTY VALUE: linux.resources with that alone
with_property() { jq -cn --arg path "$1" --argjson value "$2" 'setpath($path | split("/"); $value)'; }
merged() { jq -cs 'reduce .[] as $one ({}; . * $one)'; }

# asked VALUE...: for people
asked() {
    printf '%s\n' "$@" | jq -r 'if type == "object" then tojson else walk(if type == "object" then del(.major, .minor) else . end) | [.. | scalars | tostring] | join(" ") end' |
        uniq | paste -sd'|' | sed 's/|/, then /'
}

# look WHEN NUMBER ROW...: compares the rows with their first or second value; found[] and shown[] get the words for the table
look() {
    local when=$1 number=$2 row now
    shift 2
    locate
    if [ "$(column)" = systemd ]; then systemctl show "ht-$ID.scope" > unit; fi
    for row; do
        split "$row"
        now=$(value "${at[${want[0]}]}" "${want[1]}")
        assert_equal "$now" "${want[$number]}" "$property, ${want[1]} at $when"
        found[$property]+="${found[$property]:+, then }$now"
        if [ "$(column)" = systemd ] && [ "${unit[0]}" != - ]; then
            now=$(sed -n "s/^${unit[0]}=//p" unit)
            assert_equal "$now" "${unit[$((number - 1))]}" "$property, ${unit[0]} at $when"
            shown[$property]+="${shown[$property]:+, then }$now"
        fi
    done
}

# apply ROW...: one container with all of them, then an update of all of them
apply() {
    local row
    local -A found=() shown=()
    [ $# -gt 0 ] || return 0
    for row; do
        split "$row"
        with_property "$property" "$first" >> create.lines
        with_property "$property" "$second" >> update.lines
    done
    update_config --argjson resources "$(merged < create.lines)" '.linux.resources = $resources'
    start_container
    look create 2 "$@"
    merged < update.lines | hull update --resources - "$ID" || fail "update $(merged < update.lines)"
    look update 3 "$@"
    hull delete --force "$ID"
    rm create.lines update.lines
    for row; do
        split "$row"
        note "$property" "$(asked "$first" "$second")" "\`${want[1]%@*}\` ${found[$property]}${shown[$property]:+; \`${unit[0]}\` ${shown[$property]}}"
    done
}

# refuse ROW: create fails, names the property, and leaves nothing
refuse() {
    local message
    split "$1"
    update_config --argjson resources "$(with_property "$property" "$first")" '.linux.resources = $resources'
    run_hull create "$ID"
    assert_failure 1
    assert_contains "/linux/resources/$property"
    message=${output##*/linux/resources/"$property"}
    message=${message#*: } message=${message%\"*} message=${message##*; }
    message=$(sed 's, to /sys/fs/cgroup/[^ ]*/, to ,' <<< "$message")
    note "$property" "$(asked "$first" "$second")" "error: ${message//\\/}"
}

# leave_out ROW: create succeeds, with a warning unless it is so anyway
leave_out() {
    split "$1"
    update_config --argjson resources "$(with_property "$property" "$first")" '.linux.resources = $resources'
    create_container 2> warnings
    if [ "${want[0]}" = "~" ]; then grep -q "/linux/resources/$property: " warnings || fail "$property: no warning"; fi
    note "$property" "$(asked "$first" "$second")" "$(if [ "${want[0]}" = "~" ]; then echo "left out, with a warning"; else echo "always so"; fi)"
    hull delete --force "$ID"
}

@test "every property of linux.resources is in the kernel, or an error" {
    declare -A at
    UNIFIED=$(cat /sys/fs/cgroup/unified/cgroup.controllers 2>/dev/null) || true
    DISK=$(awk '$4 ~ /^(vd|sd|nvme|ubd|xvd)/ { print $1 ":" $2; exit }' /proc/partitions)
    DISK=${DISK:-8:0}
    # weights of a device are possible where io.cost looks after it
    if [ -n "${HULL_TEST_EXCLUSIVE:-}" ]; then echo "$DISK enable=1" 2>/dev/null > /sys/fs/cgroup/io.cost.qos || true; fi
    setup_bundle
    set_cgroups_path
    update_config '.linux.resources = {}'
    probe
    start_container
    locate
    together=() alone=() refused=() left_out=()
    while IFS= read -r row; do
        split "$row"
        case ${want[0]} in
        '~' | always) left_out+=("$row") ;;
        -) refused+=("$row") ;;
        *)  if ! has_file "${want[0]}" "${want[1]}"; then refused+=("$row")
            elif ! usable "${want[1]}"; then continue
            elif [ "$property" = cpu/idle ]; then alone+=("$row")   # an idle cgroup has no weight
            else together+=("$row"); fi ;;
        esac
    done < <(rows)
    hull delete --force "$ID"
    [ ! -d "$PROBE" ] || rmdir "$PROBE"
    apply "${together[@]}"
    apply "${alone[@]}"
    for row in "${refused[@]}"; do refuse "$row"; done
    for row in "${left_out[@]}"; do leave_out "$row"; done
}

@test "devices" {
    setup_bundle
    set_cgroups_path
    update_config '.linux.resources = {devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 10, minor: 229, access: "r"}]}
        | .process.capabilities |= (.bounding += ["CAP_MKNOD"] | .effective += ["CAP_MKNOD"] | .permitted += ["CAP_MKNOD"])'
    start_container
    if on_v1; then
        found="\`devices.list\` $(grep -x 'c 10:229 rm\{0,1\}' "$(cgroup_path devices)/devices.list")" || fail "$(cgroup_value devices devices.list)"
    else
        hull exec "$ID" mknod /dev/f c 10 229
        run_hull exec "$ID" sh -c 'exec 3< /dev/f'
        refute_contains "Operation not permitted"
        run_hull exec "$ID" sh -c 'exec 3> /dev/f'
        assert_contains "Operation not permitted"
        found="BPF program: opened for reading, EPERM for writing"
    fi
    note devices "c 10:229 r" "$found"
}
