# SPDX-License-Identifier: LGPL-2.1-or-later
# What the kernel refuses is explained: which limit of which cgroup, by name and number; which argument or variable; which sysctl.
load helpers

setup() {
    begin_test
    setup_bundle
    set_args true
}

# parent CONTROLLER [FILE VALUE]...: a cgroup of this test in the v1 hierarchy of a controller, or the v2 one, in which the container's
# is to be; PARENT is its directory
parent() {
    local name=$1 file value
    shift
    if on_v2; then PARENT=/sys/fs/cgroup/$TOKEN; else PARENT=/sys/fs/cgroup/$name/$TOKEN; fi
    mkdir -p "$PARENT"
    while [ $# -gt 0 ]; do
        echo "$2" > "$PARENT/$1" || skip "can't write $2 to $PARENT/$1"
        shift 2
    done
    update_config --arg path "/$TOKEN/$ID" '.linux.cgroupsPath = $path'
}

@test "v1: a quota above the parent's, below the least, a period out of range" {
    requires root:cgroups manager:cgroupfs cgroup-v1 controller:cpu
    parent cpu cpu.cfs_period_us 100000 cpu.cfs_quota_us 20000
    update_config '.linux.resources = {cpu: {quota: 50000, period: 100000}}'
    run_hull run "$ID"
    assert_failure
    assert_contains "/linux/resources/cpu/quota"
    assert_contains "0.5 CPUs), but the parent cgroup $PARENT has 20000 of each 100000 us (0.2 CPUs)"
    update_config '.linux.resources = {cpu: {quota: 500}}'
    run_hull run "$ID"
    assert_failure
    assert_contains "the least quota is 1000 us (1 ms)"
    update_config '.linux.resources = {cpu: {quota: 5000, period: 10}}'
    run_hull run "$ID"
    assert_failure
    assert_contains "a period is 1000 to 1000000 us"
    # the kernel would clamp it without an error
    for case in 1:minimum:2 262145:maximum:262144; do
        update_config --argjson shares "${case%%:*}" '.linux.resources = {cpu: {shares: $shares}}'
        run_hull run "$ID"
        assert_failure
        assert_contains "/linux/resources/cpu/shares: the $(cut -d: -f2 <<< "$case") allowed cpu-shares is ${case##*:}"
    done
    update_config '.linux.resources = {cpu: {shares: 2}}'
    run_hull run "$ID"
    assert_success
    rmdir "$PARENT"
}

@test "v1: CPUs that the parent lacks" {
    requires root:cgroups manager:cgroupfs cgroup-v1 controller:cpuset
    [ "$(nproc)" -gt 1 ] || skip "needs two CPUs"
    parent cpuset cpuset.cpus 0 cpuset.mems 0
    update_config '.linux.resources = {cpu: {cpus: "0-1"}}'
    run_hull run "$ID"
    assert_failure
    assert_contains "not there: 1; the parent cgroup $PARENT has only 0"
    refute_contains "permission denied"
    rmdir "$PARENT"
}

@test "v1: memory below what is used, and below or above the other limit, with the figures" {
    requires cgroup-writable cgroup-v1 controller:memory
    set_args sleep 1000
    update_config '.linux.resources = {memory: {limit: 67108864}}'
    start_container
    run_hull update --memory 8192 "$ID"
    assert_failure
    assert_matches 'the processes in it use [0-9]+ bytes now'
    assert_contains "the limit stays 67108864"
    [ -e "$(cgroup_path memory)/memory.memsw.limit_in_bytes" ] || return 0
    run_hull update --memory-swap 70000000 "$ID"
    assert_success
    run_hull update --memory 80000000 "$ID"
    assert_failure
    assert_contains "more than the limit of memory and swap together (/memory/swap), which is 69996544 bytes now"
}

@test "v1: a real-time runtime where the parent has none, and a caller under SCHED_FIFO or SCHED_RR" {
    requires root:cgroups manager:cgroupfs cgroup-v1 controller:cpu command:chrt
    [ -e /sys/fs/cgroup/cpu/cpu.rt_runtime_us ] || skip "needs CONFIG_RT_GROUP_SCHED"
    parent cpu cpu.rt_runtime_us 0
    update_config '.linux.resources = {cpu: {realtimeRuntime: 1000, realtimePeriod: 100000}}'
    run_hull run "$ID"
    assert_failure
    assert_contains "the parent cgroup $PARENT has a real-time runtime of 0 of each 1000000 us"
    update_config '.linux.resources = {}'
    for policy in f r; do
        run chrt -$policy 1 "${HULL_CMD[@]}" run "$ID" < /dev/null 3>&-
        if [[ $output == *"failed to set pid"* ]]; then skip "this machine has no real-time runtime for the test"; fi
        assert_failure
        assert_matches 'the process runs under SCHED_(FIFO|RR)'
        assert_contains "no real-time runtime (cpu.rt_runtime_us is 0)"
    done
    rmdir "$PARENT"
}

@test "pids.max of a cgroup above, by name" {
    requires root:cgroups manager:cgroupfs controller:pids
    if on_v2; then    # where the container is born
        mkdir "/sys/fs/cgroup/$TOKEN-p"
        echo 0 > "/sys/fs/cgroup/$TOKEN-p/pids.max"
        update_config --arg path "/$TOKEN-p/$ID" '.linux.cgroupsPath = $path'
        run_hull run "$ID"
        assert_failure
        assert_contains "/sys/fs/cgroup/$TOKEN-p/pids.max is 0, and there are 0 tasks"
        rmdir "/sys/fs/cgroup/$TOKEN-p"
        return
    fi
    parent pids       # where hull is
    echo 1 > "$PARENT/pids.max"
    update_config 'del(.linux.cgroupsPath)'
    run_in_parent() { ( echo "$BASHPID" > "$PARENT/cgroup.procs"; exec "${HULL_CMD[@]}" run --bundle "$BUNDLE" "$ID" ) < /dev/null 3>&- 4>&-; }
    run run_in_parent
    assert_failure
    assert_contains "$PARENT/pids.max is 1, and there are 1 tasks"
    find /sys/fs/cgroup -depth -type d -name "$TOKEN*" -exec rmdir {} + || true
}

@test "a limit of processes that is too great for the kernel" {
    requires cgroup-writable controller:pids
    update_config '.linux.resources.pids.limit = 4194306'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "the greatest limit is 4194304"
}

@test "more open files than fs.nr_open, and a hard limit that only root may raise" {
    update_config --argjson n $(($(cat /proc/sys/fs/nr_open) + 1)) '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: $n, hard: $n}]'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "the sysctl fs.nr_open allows at most $(cat /proc/sys/fs/nr_open)"
    refute_contains CAP_SYS_RESOURCE
    local now
    now=$(ulimit -Hn)
    if rootless && [ "$now" -lt "$(cat /proc/sys/fs/nr_open)" ]; then
        update_config --argjson n $((now + 1)) '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: $n, hard: $n}]'
        run_hull run "$ID"
        assert_failure 1
        assert_contains "the hard limit is $now here; raising it needs CAP_SYS_RESOURCE"
    fi
}

@test "v2: cgroup.max.descendants and cgroup.max.depth by name" {
    requires root:cgroups manager:cgroupfs
    if on_v2; then root=/sys/fs/cgroup; else root=/sys/fs/cgroup/unified; fi
    [ -e $root/cgroup.max.depth ] || [ -d $root ] || skip "needs a cgroup v2 hierarchy"
    mkdir $root/$TOKEN
    update_config --arg path "/$TOKEN/a/$ID" '.linux.cgroupsPath = $path'
    echo 1 > $root/$TOKEN/cgroup.max.descendants
    run_hull run "$ID"
    assert_failure
    assert_contains "$root/$TOKEN has 0 cgroups below it, of which its cgroup.max.descendants allows 1"
    echo max > $root/$TOKEN/cgroup.max.descendants
    echo 1 > $root/$TOKEN/cgroup.max.depth
    run_hull run "$ID"
    assert_failure
    assert_contains "$root/$TOKEN/cgroup.max.depth is 1"
    rmdir $root/$TOKEN
}

@test "I/O: a partition, a device that isn't there, one that no scheduler with weights looks after" {
    requires cgroup-writable
    has_controller io || has_controller blkio || skip "needs a controller of block I/O"
    has_delegated io || skip "needs the controller io, delegated to the user"
    update_config '.linux.resources = {blockIO: {throttleReadBpsDevice: [{major: 4095, minor: 77, rate: 1000}]}}'
    run_hull run "$ID"
    assert_failure
    assert_contains "this machine has no block device 4095:77"
    partition=$(cat /sys/class/block/*/partition 2> /dev/null | head -1)
    [ -n "$partition" ] || return 0
    partition=$(ls -d /sys/class/block/*/partition | head -1)
    IFS=: read -r major minor < "${partition%/*}/dev"
    update_config --argjson a "$major" --argjson i "$minor" '.linux.resources = {blockIO: {throttleReadBpsDevice: [{major: $a, minor: $i, rate: 1000}]}}'
    run_hull run "$ID"
    assert_failure
    assert_contains "$major:$minor is a partition"
}

@test "user.max_*_namespaces by name" {
    requires root:sysctl command:unshare
    update_config '.linux.cgroupsPath = ""'
    for kind in net ipc uts mnt; do
        run unshare -Ur -m -p -f --mount-proc sh -c "echo 0 > /proc/sys/user/max_${kind}_namespaces && exec \"\$@\"" sh \
            "$HULL" --root "$BATS_TEST_TMPDIR/inner" --cgroup-manager=disabled run --bundle "$BUNDLE" "$ID" < /dev/null 3>&-
        assert_failure
        if [ $kind = mnt ]; then assert_matches "user\.max_(mnt)_namespaces|no space left"; continue; fi
        assert_contains "user.max_${kind}_namespaces is reached: it is 0 here"
    done
}

@test "from inside a chroot no user namespace can be made" {
    requires root:chroot userns
    userns_config
    # with hooks that see the host's mounts, the container is cloned from the caller's own mount namespace
    update_config '.hooks.createRuntime = [{path: "/bin/true"}]'
    mkdir "$BATS_TEST_TMPDIR/jail"
    run unshare -m sh -c 'mount --rbind / "$0" && exec chroot "$0" "$@"' "$BATS_TEST_TMPDIR/jail" \
        "${HULL_CMD[@]}" run --bundle "$BUNDLE" "$ID" < /dev/null 3>&-
    assert_failure
    assert_contains "hull runs in a chroot, and no user namespace can be made from inside one"
}

@test "an argument or a variable of 128 KiB, all of them together, more groups than there can be" {
    long=$(head -c 140000 /dev/zero | tr '\0' x)
    printf '%s' "$long" > "$LOGS/long"
    update_config --rawfile long "$LOGS/long" '.process.env += ["BIG=" + $long]'
    run_hull run "$ID"
    assert_failure
    assert_contains "argument list too long; the variable BIG of /process/env has 140004 bytes, and one can't have more than 131071"
    update_config --rawfile long "$LOGS/long" '.process.env |= map(select(startswith("BIG=") | not)) | .process.args = ["true", "x", $long]'
    run_hull run "$ID"
    assert_failure
    assert_contains "/process/args/2 has 140000 bytes"
    update_config --rawfile long "$LOGS/long" '.process.args = ["true"] + [range(60) | $long[:100000]]'
    run_hull run "$ID"
    assert_failure
    assert_contains "/process/args and /process/env are too long together: 60"
    ! rootless || return 0
    update_config '.process.args = ["true"] | .process.user.additionalGids = [range(70000)]'
    run_hull run "$ID"
    assert_failure
    assert_contains "they are 70000, and a process can't have more than 65536 groups"
}

@test "SCHED_DEADLINE in a cpuset without all CPUs" {
    requires root:priority controller:cpuset
    [ "$(nproc)" -gt 1 ] || skip "needs two CPUs"
    update_config '.process.scheduler = {policy: "SCHED_DEADLINE", runtime: 1000000, deadline: 10000000, period: 10000000}
        | .linux.resources = {cpu: {cpus: "0"}}'
    run_hull run "$ID"
    assert_failure
    assert_matches 'SCHED_DEADLINE needs every CPU, and the cpuset .* leaves it 1 of [0-9]+'
}

@test "too many open files are never taken for something else" {
    update_config 'del(.process.rlimits)'
    for n in 6 8 10 12 14 16 18 20 24 28 32 40 48 64 128; do
        run bash -c 'ulimit -n "$0" && exec "$@"' "$n" "${HULL_CMD[@]}" run --bundle "$BUNDLE" "$ID-$n" < /dev/null 3>&- 4>&-
        if [ "$status" = 0 ]; then break; fi
        assert_matches "[Tt]oo many open files|Error relocating"
    done
    assert_success
}

@test "exec --cgroup names the controller that has no such cgroup" {
    requires cgroup-v1 cgroup-writable
    set_args sleep 1000
    start_container
    run_hull exec --cgroup cpu:nope "$ID" true
    assert_failure
    assert_matches "--cgroup nope: open it below the container's cgroup .*\(controllers: cpu[^)]*\): it doesn't exist"
    run_hull exec --cgroup nope:x "$ID" true
    assert_failure
    assert_contains "has no cgroup with the controller nope"
}

@test "a terminal in a container without a devpts" {
    update_config '.mounts |= map(select(.destination != "/dev/pts")) | .process.args = ["sleep", "1000"]'
    start_container
    run_hull exec --tty "$ID" true
    assert_failure 255
    assert_contains "/mounts must have one of type devpts on /dev/pts"
    hull delete --force "$ID"
    update_config '.process.terminal = true'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/mounts must have one of type devpts on /dev/pts"
    update_config '.mounts |= map(select(.destination != "/dev"))'
    mkdir -p rootfs/dev/pts
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/mounts must have one of type devpts on /dev/pts"
}

@test "links in a circle, names that are too long, a file on the way, a chain of scripts" {
    ln -s loop "$BUNDLE/rootfs/bin/loop"
    set_args /bin/loop
    run_hull run "$ID"
    assert_failure
    assert_contains "too many levels of symbolic links; symbolic links on the way lead in a circle"
    set_args "/bin/$(printf 'a%.0s' {1..300})"
    run_hull run "$ID"
    assert_failure
    assert_contains "file name too long; a path can have 4095 bytes, and a name between two slashes 255"
    touch "$BUNDLE/rootfs/file"
    set_args /file/program
    run_hull run "$ID"
    assert_failure
    assert_contains "not a directory; /file is a file"
    for i in 1 2 3 4 5 6 7; do printf '#!/bin/s%d\n' $((i + 1)) > "$BUNDLE/rootfs/bin/s$i"; done
    printf '#!/bin/sh\n' > "$BUNDLE/rootfs/bin/s8"
    chmod +x "$BUNDLE/rootfs"/bin/s[1-8]
    set_args /bin/s1
    run_hull run "$ID"
    assert_failure
    assert_contains "/bin/s1 begins a chain of scripts that interpret each other"
}

@test "unified: keys that are no limit are refused, at create and at update" {
    [ "$HULL_CGROUP_MANAGER" != disabled ] || skip "without cgroups there are no limits"
    set_args sleep 1000
    has_cgroup() { ! rootless || cgroup_writable; }
    for key in cgroup.procs cgroup.threads cgroup.kill cgroup.type cgroup.subtree_control cgroup.freeze; do
        update_config --arg key $key '.linux.resources.unified = {($key): "1"}'
        run_hull create "$ID"
        assert_failure
        assert_contains "/linux/resources/unified/$key: is a file of cgroup v2's core"
    done
    for key in memory .high memory. ; do
        update_config --arg key "$key" '.linux.resources.unified = {($key): "1"}'
        run_hull create "$ID"
        assert_failure
        assert_contains "/linux/resources/unified/$key: isn't of the form CONTROLLER.NAME"
    done
    update_config '.linux.resources.unified = {"memroy.high": "1"}'
    run_hull create "$ID"
    assert_failure
    assert_contains "/linux/resources/unified/memroy.high: cgroup v2 has no controller memroy"
    has_cgroup || return 0
    update_config 'del(.linux.resources.unified)'
    start_container
    for key in cgroup.procs cgroup.kill cgroup.subtree_control; do
        echo "{\"unified\": {\"$key\": \"1\"}}" > "$LOGS/update.json"
        run_hull update -r "$LOGS/update.json" "$ID"
        assert_failure
        assert_contains "$key: is a file of cgroup v2's core"
    done
    assert_equal "$(container_status)" running
}

@test "a missing controller isn't taken for a missing command" {
    requires cgroup-writable
    update_config '.linux.resources.rdma = {"nowhere": {"hcaHandles": 1}}'
    ! has_controller rdma || skip "this host has the controller rdma"
    run_hull run "$ID"
    assert_failure
    assert_contains "the controller rdma isn't in the kernel"
    refute_contains "no such file or directory"
    refute_contains "not found"
}

@test "a container that can't end: delete --force says who has to reap what, exec that it is ending" {
    requires command:python3
    set_args sleep 1000
    cat > "$LOGS/parent.py" <<'PY'
import ctypes, os, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)    # child subreaper, as a shim is
hull, id = sys.argv[1:-1], sys.argv[-1]
none = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
subprocess.run(hull + ['run', '-d', id], **none)
subprocess.run(hull + ['exec', '-d', id, 'sleep', '600'], **none)
subprocess.run(hull + ['kill', id, 'KILL'])
pid = int([l for l in open('/proc/self/status') if l.startswith('Pid:')][0].split()[1])
time.sleep(0.5)
def tell(what, *command):
    print(what, pid, subprocess.run(hull + [*command], capture_output=True, text=True).stderr, flush=True)
tell('exec', 'exec', id, 'true')
tell('delete', 'delete', '-f', id)
PY
    run python3 "$LOGS/parent.py" "${HULL_CMD[@]}" "$ID" 3>&- 4>&-
    assert_matches 'exec [0-9]+ .*the container is ending: its first process'
    assert_matches 'delete ([0-9]+) .*it waits for the zombie [0-9]+ \(sleep\) of the container, which process ([0-9]+) \(python3\)'
    assert_equal "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    wait_for_status "$ID" stopped
}

@test "events --stats without a cgroup: zeros, as runc has it" {
    set_args sleep 1000
    HULL_CMD=("$HULL" --root "$ROOT" --cgroup-manager=disabled)
    start_container
    run_hull events --stats "$ID"
    assert_success
    assert_equal "$(jq -r '.type, .data.cpu.usage.kernel, .data.memory.usage.limit' <<< "$output" | xargs)" "stats 0 0"
}

said() { grep -qF "$1" "$LOGS/out" || fail "expected: $1; said: $(cat "$LOGS/out")"; }

@test "an init that ends early, and an exec that does, name the limit of memory" {
    requires cgroup-writable command:strace controller:memory
    set_args sleep 1000
    property=/linux/resources/memory/limit
    update_config '.linux.resources.memory.limit = 100000000'
    if on_v2; then
        property=/linux/resources/unified/memory.max
        update_config 'del(.linux.resources.memory) | .linux.resources.unified = {"memory.max": "100000000"}'
    fi
    killed() { strace -f -o "$LOGS/strace" -e "trace=$1" -e "inject=$1:signal=KILL" "${HULL_CMD[@]}" "${@:2}" < /dev/null > "$LOGS/out" 2>&1; }
    ! killed pivot_root run "$ID" 3>&- 4>&- || fail "ran"
    said "the container's init ended unexpectedly; $property may be too low for it"
    run_hull create "$ID"
    assert_success
    kill -STOP "$(container_pid)"
    "${HULL_CMD[@]}" start "$ID" > "$LOGS/out" 2>&1 3>&- 4>&- & start=$!
    wait_until 10 test ! -e "$ROOT/$ID/start.sock"
    kill -KILL "$(container_pid)"
    ! wait "$start" || fail "started"
    said "the container's init ended before it executed the process; $property may be too low for it"
    run_hull delete "$ID"
    start_container
    ! killed setns exec "$ID" true 3>&- 4>&- || fail "ran"
    said "the process ended before it could be executed; $property may be too low for it"
}

@test "a container that can't end because of a tracer: delete --force names the tracer, not the parent" {
    requires command:python3
    set_args sleep 1000
    cat > "$LOGS/tracer.py" <<'PY'
import ctypes, os, subprocess, sys, time
hull, id, pid_file = sys.argv[1:-2], sys.argv[-2], sys.argv[-1]
traced = int(open(pid_file).read())
PTRACE_SEIZE = 0x4206
assert ctypes.CDLL(None).ptrace(PTRACE_SEIZE, traced, 0, 0) == 0
pid = int([l for l in open('/proc/self/status') if l.startswith('Pid:')][0].split()[1])
subprocess.run(hull + ['kill', id, 'KILL'])
delete = subprocess.run(hull + ['delete', '-f', id], capture_output=True, text=True)
print('tracer', pid, delete.stderr, flush=True)
PY
    start_container
    run_hull exec -d --pid-file "$LOGS/pid" "$ID" sleep 600
    assert_success
    run python3 "$LOGS/tracer.py" "${HULL_CMD[@]}" "$ID" "$LOGS/pid" 3>&- 4>&-
    assert_matches 'tracer ([0-9]+) .*it waits for the zombie [0-9]+ \(sleep\) of the container, which process ([0-9]+) \(python3\), its tracer \(ptrace\(2\)\), has to reap'
    assert_equal "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
    wait_for_status "$ID" stopped
}

@test "v1: the rules for devices of a cgroup that has others below it name one" {
    requires root:cgroups cgroup-v1 controller:devices manager:cgroupfs
    local directory
    set_cgroups_path
    directory=/sys/fs/cgroup/devices$(cgroups_path)
    mkdir -p "$directory/below"
    run_hull run "$ID"
    rmdir "$directory/below"
    rmdir "$directory" "${directory%/*}" 2> /dev/null || true
    assert_failure 1
    assert_contains "devices.deny: invalid argument; there is a cgroup below it, below: remove that one, or choose another /linux/cgroupsPath"
}
