# SPDX-License-Identifier: LGPL-2.1-or-later
# Namespaces: new, inherited, joined by path; user namespaces and their maps.
load helpers

_unshared() { ! [ "/proc/$1/ns/user" -ef /proc/self/ns/user ]; }

inode() { stat -Lc %i "/proc/$1/ns/$2"; }

setup() {
    begin_test
    setup_bundle
}

@test "each namespace is new where it is listed, and inherited where it isn't" {
    update_config '.linux.namespaces |= (. + [{type: "cgroup"}, {type: "time"}, {type: "network"}] | unique)'
    start_container
    pid=$(container_pid)
    for kind in pid net ipc uts mnt cgroup time; do
        [ "$(inode "$pid" $kind)" != "$(inode self $kind)" ] || fail "$kind is the host's"
    done
    if rootless; then return; fi
    [ "$(inode "$pid" user)" = "$(inode self user)" ] || fail "user is new"
    hull delete --force "$ID"

    update_config '.linux.namespaces = [{type: "mount"}] | del(.hostname) | .mounts |= map(select(.type != "sysfs" and .type != "cgroup"))'
    start_container
    pid=$(container_pid)
    for kind in pid net ipc uts cgroup time user; do
        [ "$(inode "$pid" $kind)" = "$(inode self $kind)" ] || fail "$kind is new"
    done
    [ "$(inode "$pid" mnt)" != "$(inode self mnt)" ]
}

@test "joined by path: the namespaces are those" {
    hold_namespaces pod --net --uts --ipc
    holder=$BACKGROUND_PID
    update_config --arg pid "$holder" 'del(.hostname) | .linux.namespaces |= (. + [{type: "network"}] | unique) | .linux.namespaces |= map(
        if .type == "network" then .path = "/proc/\($pid)/ns/net"
        elif .type == "uts" or .type == "ipc" or .type == "user" then .path = "/proc/\($pid)/ns/\(.type)" else . end)
        | del(.linux.uidMappings, .linux.gidMappings)'
    start_container
    pid=$(container_pid)
    for kind in net uts ipc; do
        assert_equal "$(inode "$pid" $kind)" "$(inode "$holder" $kind)" $kind
    done
    [ "$(inode "$pid" pid)" != "$(inode self pid)" ]
}

# joins_mount_namespace PATH
joins_mount_namespace() {
    update_config --arg path "$1" '(.linux.namespaces[] | select(.type == "mount")).path = $path |
        .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs"}] | .linux.maskedPaths = ["/proc/keys"] | .linux.readonlyPaths = ["/proc/sys"]'
}

# Prints the mounts in the mount namespace of process $1: places and filesystem types, without cgroups. With runc, the /dev/null of
# masked paths is the container's.
standing() { sed -E 's/^([^ ]+ ){4}([^ ]+) .* - ([^ ]+) .*/\2 \3/' "/proc/$1/mountinfo" | sed '/cgroup/d; s/ devtmpfs/ tmpfs/' | sort; }

@test "a joined mount namespace with mounts: they are made there, and its root becomes the container's, as with runc" {
    local runtime
    requires root:namespaces
    command -v runc > /dev/null || skip "no runc here"
    grep "^" /proc/self/mountinfo > before
    for runtime in hull runc; do
        hold_namespaces $runtime --mount --propagation private
        setup_bundle
        update_config 'del(.process.capabilities.ambient)'
        joins_mount_namespace "/proc/$BACKGROUND_PID/ns/mnt"
        set_args sh -c 'readlink /proc/self/ns/mnt; head -c 1 /proc/keys | wc -c; sh -c "echo 1 > /proc/sys/kernel/printk" 2> /dev/null || echo read-only'
        if [ $runtime = hull ]; then run_hull run "$ID"; else run runc --root "$BATS_TEST_TMPDIR/runc" run -b "$BUNDLE" "$ID"; fi
        assert_success
        assert_equal "${lines[0]}" "$(readlink "/proc/$BACKGROUND_PID/ns/mnt")"
        assert_equal "${lines[1]}" 0
        assert_contains read-only
        standing "$BACKGROUND_PID" > standing.$runtime
        # the holder's root is the container's now
        [ -e "/proc/$BACKGROUND_PID/root/bin/busybox" ] && [ ! -e "/proc/$BACKGROUND_PID/root/boot" ]
    done
    diff standing.runc standing.hull
    diff before /proc/self/mountinfo
}

@test "a joined mount namespace with mounts: exec, and one that belongs to the container's user namespace" {
    requires userns idmap
    userns_config
    hold_namespaces pod --user --mount --propagation private
    update_config --arg user "/proc/$BACKGROUND_PID/ns/user" '(.linux.namespaces[] | select(.type == "user")).path = $user'
    joins_mount_namespace "/proc/$BACKGROUND_PID/ns/mnt"
    start_container
    run_hull exec "$ID" sh -c 'readlink /proc/self/ns/mnt; grep -c " /tmp .* tmpfs " /proc/self/mountinfo'
    assert_success
    assert_output "$(readlink "/proc/$BACKGROUND_PID/ns/mnt")
1"
}

@test "a joined mount namespace with mounts that fail: it is as it was" {
    requires root:namespaces
    hold_namespaces pod --mount --propagation private
    joins_mount_namespace "/proc/$BACKGROUND_PID/ns/mnt"
    update_config '.mounts += [{destination: "/proc/self", type: "tmpfs", source: "tmpfs"}]'
    sort "/proc/$BACKGROUND_PID/mountinfo" > before
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure
    assert_contains "lies inside a procfs"
    sort "/proc/$BACKGROUND_PID/mountinfo" | diff before -
}

@test "a joined mount namespace with mounts: not the caller's, not that of process 1, not one that the user namespace doesn't own" {
    requires userns idmap
    joins_mount_namespace /proc/self/ns/mnt
    run_hull run "$ID"
    assert_failure
    assert_contains "mounts can't be made in /proc/self/ns/mnt, which is the mount namespace of hull's caller"
    setup_bundle
    joins_mount_namespace /proc/1/ns/mnt
    run unshare --pid --fork --mount-proc sh -c 'unshare --mount "$@"; exit $?' sh "${HULL_CMD[@]}" run --bundle "$BUNDLE" "$ID"
    assert_failure
    assert_contains "which is the mount namespace of process 1"
    hold_namespaces pod --mount --propagation private
    setup_bundle
    userns_config
    joins_mount_namespace "/proc/$BACKGROUND_PID/ns/mnt"
    run_hull run "$ID"
    assert_failure
    assert_contains "the container's user namespace doesn't own that mount namespace"
}

@test "a joined PID namespace: the container sees its processes" {
    start_container "$(new_id sandbox)"
    sandbox=$(container_pid "$(new_id sandbox)")
    update_config --arg pid "$sandbox" '.linux.namespaces |= map(
        if .type == "pid" or .type == "user" then .path = "/proc/\($pid)/ns/\(.type)" else . end)'
    set_args sh -c 'tr "\0" " " < /proc/1/cmdline; echo; readlink /proc/self'
    run_hull run "$ID"
    assert_success
    assert_equal "${lines[0]}" "sleep 1000 "
    [ "${lines[1]}" -gt 1 ]
}

@test "a pod: a container joins the user namespace of another, the mapping sent along" {
    requires userns
    userns_config
    start_container "$(new_id sandbox)"
    sandbox=$(container_pid "$(new_id sandbox)")
    update_config --arg pid "$sandbox" 'del(.hostname) | .linux.namespaces |= map(
        if .type == "network" then .path = "/proc/\($pid)/ns/net" elif .type == "user" or .type == "uts" or .type == "ipc" then .path = "/proc/\($pid)/ns/\(.type)" else . end)'
    start_container
    pid=$(container_pid)
    for kind in user net uts ipc; do
        assert_equal "$(inode "$pid" $kind)" "$(inode "$sandbox" $kind)" $kind
    done
    for kind in pid mnt; do
        [ "$(inode "$pid" $kind)" != "$(inode "$sandbox" $kind)" ] || fail "$kind is the sandbox's"
    done
    # the PID and mount namespace belong to the pod's user namespace
    run nsenter -t "$pid" -U -m -p --setuid 0 --setgid 0 /bin/busybox mount -t tmpfs t /tmp
    assert_success
    assert_equal "$(stat -c %u "/proc/$pid")" "$(host_id 0)"
}

@test "the same without the mapping" {
    requires userns idmap
    userns_config
    start_container "$(new_id sandbox)"
    sandbox=$(container_pid "$(new_id sandbox)")
    update_config --arg pid "$sandbox" 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(
        if .type == "user" then .path = "/proc/\($pid)/ns/user" else . end)'
    set_args stat -c %u /bin/busybox
    run_hull run "$ID"
    assert_success
    assert_output 0
}

@test "the mapping sent along is another one than that of the user namespace, or that has none: said" {
    requires userns idmap
    userns_config
    set_args cat /proc/self/uid_map
    hold_namespaces pod --user --net
    update_config --arg path "/proc/$BACKGROUND_PID/ns/user" '.linux.namespaces |= map(if .type == "user" then .path = $path else . end)'
    # the same mapping, split into other lines, is accepted
    update_config '.linux.uidMappings = [{containerID: 100, hostID: 100100, size: 65436}, {containerID: 0, hostID: 100000, size: 100}]'
    run_hull run "$ID"
    assert_success
    assert_matches "0 +$FIRST_ID +$ID_COUNT"
    for other in '.size = 65535' '.hostID = 100001'; do
        jq ".linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.uidMappings[0]$other" config.json > other.json
        run_hull run --config other.json "$ID"
        assert_failure 1
        assert_contains "/linux/uidMappings: not the mapping of the user namespace to join, which begins with 0 100000 65536"
    done
    background unmapped unshare --user sleep 1000
    wait_until 20 _unshared "$BACKGROUND_PID" || fail "$(cat "$LOGS/unmapped.err")"
    update_config --arg path "/proc/$BACKGROUND_PID/ns/user" '.linux.namespaces |= map(if .type == "user" then .path = $path else . end)'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/linux/uidMappings: the user namespace to join has no mapping"
    update_config 'del(.linux.uidMappings, .linux.gidMappings)'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "the user namespace to join has no mapping: its creator must write its uid_map and gid_map first"
}

@test "a mapping 0 0 1 beside a user namespace by path stands for one that nobody looked at, as podman --userns=ns: has it" {
    requires userns
    userns_config
    set_args cat /proc/self/uid_map /proc/self/gid_map
    hold_namespaces pod --user --net
    update_config --arg path "/proc/$BACKGROUND_PID/ns/user" '.linux.namespaces |= map(if .type == "user" then .path = $path else . end)
        | .linux.uidMappings = [{containerID: 0, hostID: 0, size: 1}] | .linux.gidMappings = .linux.uidMappings'
    run_hull run "$ID"
    assert_success
    assert_matches "^ *0 +$(host_id 0) +"
    # with only one of the two maps, the error is about the namespace
    update_config '.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 65536}]'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/linux/uidMappings: not the mapping of the user namespace to join"
}

@test "joining namespaces of the host's user namespace and a new user namespace" {
    requires root:namespaces userns
    hold_namespaces pod --net
    userns_config
    update_config --arg pid "$BACKGROUND_PID" '.linux.namespaces |= map(if .type == "network" then .path = "/proc/\($pid)/ns/net" else . end)'
    start_container
    assert_equal "$(inode "$(container_pid)" net)" "$(inode "$BACKGROUND_PID" net)"
    # no mount of the container is a peer of the host's
    run grep -E 'shared:' "/proc/$(container_pid)/mountinfo"
    assert_failure
    # sysfs can't be mounted there: the host's is bound, read-only
    run grep -E ' /sys .*ro,.* - sysfs' "/proc/$(container_pid)/mountinfo"
    assert_success
}

@test "what a namespace made in the user namespace contains belongs to its root" {
    requires userns
    userns_config
    update_config '.linux.namespaces |= (. + [{type: "network"}] | unique) | .mounts |= map(
        if .destination == "/sys" then {destination, type: "sysfs", source: "sysfs", options: ["ro"]} else . end)'
    set_args stat -c '%u %n' /dev/mqueue /sys/class/net/lo/
    run_hull run "$ID"
    assert_success
    assert_output "0 /dev/mqueue
0 /sys/class/net/lo/"
}

@test "several ranges of a map, as the kernel shows them" {
    requires userns
    userns_config
    if rootless; then first=$(host_id 1); else first=100000; fi
    update_config --argjson first "$first" '.linux.uidMappings = [{containerID: 0, hostID: $first, size: 10},
        {containerID: 1000, hostID: ($first + 200), size: 1}, {containerID: 4000000000, hostID: ($first + 300), size: 5}]'
    set_args cat /proc/self/uid_map
    run_hull run "$ID"
    assert_success
    assert_equal "$(awk '{print $1, $2, $3}' <<< "$output")" "0 $first 10
1000 $((first + 200)) 1
4000000000 $((first + 300)) 5"
}

@test "setgroups is allowed, and additional groups are the container's" {
    requires userns
    userns_config
    update_config '.process.user = {uid: 1000, gid: 1001, additionalGids: [5, 44]}'
    start_container
    pid=$(container_pid)
    assert_equal "$(cat "/proc/$pid/setgroups")" allow
    assert_equal "$(status_field "$pid" Uid | xargs)" "$(for i in 1 2 3 4; do host_id 1000; done | xargs)"
    assert_equal "$(status_field "$pid" Groups | xargs)" "$(host_id 5 group) $(host_id 44 group)"
}

@test "time offsets" {
    update_config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {monotonic: {secs: 7200}, boottime: {secs: 86400, nanosecs: 5}}'
    start_container
    assert_equal "$(awk '{print $1, $2, $3}' "/proc/$(container_pid)/timens_offsets")" "monotonic 7200 0
boottime 86400 5"
}

@test "hostname and domainname" {
    update_config '.hostname = "inside" | .domainname = "example.org"'
    set_args sh -c 'cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname'
    run_hull run "$ID"
    assert_success
    assert_output "inside
example.org"
}

@test "lo is up in a new network namespace" {
    set_args cat /sys/class/net/lo/flags
    run_hull run "$ID"
    assert_success
    assert_output 0x9
}

@test "sysctls of the container's namespaces; the host's stay" {
    before=$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni)
    update_config '.linux.namespaces |= (. + [{type: "network"}] | unique)
        | .linux.sysctl = {"net.ipv4.ip_forward": "1", "kernel.shmmni": "777", "net/ipv4/conf/all/forwarding": "1"} | .linux.readonlyPaths = []'
    set_args cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni
    run_hull run "$ID"
    assert_success
    assert_output "1
777"
    assert_equal "$(cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni)" "$before"
}

@test "a network device moves in, and keeps its address" {
    requires root:net
    ip link add "ht$$" type veth peer name "hu$$"
    ip addr add 192.0.2.7/24 dev "ht$$"
    update_config ".linux.netDevices = {\"ht$$\": {name: \"eth7\"}}"
    start_container
    run nsenter -t "$(container_pid)" -n ip -o -4 addr show dev eth7
    assert_success
    assert_contains 192.0.2.7/24
    run nsenter -t "$(container_pid)" -n ip -o link show dev eth7
    assert_contains UP
    hull delete --force "$ID"
    ip link del "hu$$" 2> /dev/null || true
}

@test "network devices are on the host again after a create that failed later" {
    requires root:net command:ip
    local inner
    update_config '.linux.netDevices = {here0: {name: "eth7"}, here1: {}}'
    set_args /no/such/program
    # in a network namespace of the test's own
    inner='ip link add here0 type veth peer name here1 && ip addr add 192.0.2.7/24 dev here0
        "$@"; echo "status $?"; ip -o -4 addr show dev here0; ip -o link show dev here1'
    run unshare --net sh -c "$inner" sh "$HULL" --root "$ROOT" create "$ID" < /dev/null
    assert_contains 'status 1'
    assert_contains '/no/such/program'
    assert_contains 'here0    inet 192.0.2.7/24'
    assert_contains 'here1@here0'
}
