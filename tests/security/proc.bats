# SPDX-License-Identifier: LGPL-2.1-or-later
# procfs and sysfs: mounts over them, writes to them, masked paths in them; propagation.
load lib

over_proc() {
    local where
    mkdir "$BUNDLE/fake"
    for where in /proc /proc/ //proc /./proc /tmp/../proc /link /proc/self /proc/self/attr /proc/sys/net /link/self/fd /proc/1/ns; do
        default_config > "$BUNDLE/config.json"
        if [ "$MODE" = userns ]; then userns_config; fi
        ln -sfn proc "$BUNDLE/rootfs/link"
        set_args true
        case $where in
        *proc | /proc/) update_config '.mounts |= map(select(.type != "proc"))' ;;
        esac
        for type in bind tmpfs; do
            update_config --arg where "$where" --arg type "$type" \
                '.mounts |= map(select(.source != "fake")) + [{destination: $where, type: $type, source: "fake", options: (if $type == "bind" then ["bind"] else [] end)}]'
            run_hull run "$ID"
            assert_refused
            assert_contains proc
        done
    done
}
@test "CVE-2019-16884 CVE-2026-115521: nothing but a procfs on /proc, nothing over what is in it" { both over_proc; }

host_sysctls() {
    local before key value type file
    before=$(cat /proc/sys/kernel/core_pattern /proc/sys/kernel/panic /proc/sys/net/ipv4/ip_forward)
    while read -r key value; do
        update_config --arg key "$key" --arg value "$(printf "$value")" '.linux.sysctl = {($key): $value}'
        run_hull run "$ID"
        assert_refused
        assert_contains /linux/sysctl
        assert_equal "$(cat /proc/sys/kernel/core_pattern /proc/sys/kernel/panic /proc/sys/net/ipv4/ip_forward)" "$before" "$key"
    done <<'KEYS'
kernel.core_pattern |/bin/x
kernel/panic 7
net.ipv4.ip_forward 1+kernel.core_pattern=x
net.ipv4.ip_forward 1\n2
net/ipv4/../../kernel/panic 7
net.ipv4/../kernel 7
../kernel/panic 7
/kernel/panic 7
net..ipv4 1
kernel.shm_rmid_forced/../panic 7
KEYS
    update_config '.linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.namespaces |= map(select(.type != "network"))'
    run_hull run "$ID"
    assert_refused
    assert_contains "network"
    for value in network:net:net.ipv4.ip_forward:1 ipc:ipc:kernel.msgmax:8193 uts:uts:kernel.domainname:hull; do
        IFS=: read -r type file key value <<< "$value"
        default_config > "$BUNDLE/config.json"
        if [ "$MODE" = userns ]; then userns_config; fi
        before=$(sysctl_value "$key")
        update_config --arg type "$type" --arg path "/proc/$$/ns/$file" --arg key "$key" --arg value "$value" \
            '(.linux.namespaces[] | select(.type == $type)).path = $path | .linux.sysctl = {($key): $value} | del(.hostname)'
        run_hull run "$ID"
        assert_refused
        assert_contains "would change the host"
        assert_equal "$(sysctl_value "$key")" "$before"
    done
}
sysctl_value() { cat "/proc/sys/${1//.//}"; }
@test "CVE-2022-0811 GHSA-w2j5-3rcx-vx7x: sysctls reach the container's namespaces only" { both host_sysctls; }

masks_hold() {
    add_capability CAP_DAC_OVERRIDE
    cat > "$BUNDLE/rootfs/bin/look" <<'LOOK'
for i in /proc/acpi /proc/asound /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/scsi /sys/firmware; do
    [ ! -d $i ] || [ -z "$(ls -A $i)" ] || echo "$i has something"
    [ -d $i ] || [ ! -e $i ] || [ "$(head -c 1 $i | wc -c)" = 0 ] || echo "$i says something"
done
for i in /proc/sys/kernel/panic /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/mm/ksm/run; do
    [ ! -e $i ] || ! (echo h > $i) 2>/dev/null || echo "$i can be written"
done
umount /proc/kcore 2>/dev/null && echo unmounted
mount -o remount,rw /proc/sys 2>/dev/null && echo remounted
echo looked
LOOK
    set_args sh /bin/look
    run_hull run "$ID"
    assert_success
    assert_output looked
}
@test "masked paths are empty, read-only ones can't be written" { both masks_hold; }

readonly_root() {
    mkdir -p "$BUNDLE/rootfs/data"
    mkdir "$BUNDLE/volume"
    chmod 777 "$BUNDLE/volume" "$BUNDLE/rootfs/data"
    add_mount '{destination: "/mnt", type: "bind", source: "volume", options: ["rbind", "ro"]}'
    set_args sh -c 'for i in / /data /etc /mnt; do (echo x > $i/new) 2>/dev/null && echo "$i can be written"; done; echo done'
    add_capability CAP_DAC_OVERRIDE
    run_hull run "$ID"
    assert_success
    assert_output done
}
@test "CVE-2026-115521: a read-only root and volume are read-only" { both readonly_root; }

# peers_with_host: the peer groups that the container's mounts share with this mount namespace
peers_with_host() {
    comm -12 <(grep -o 'shared:[0-9]*' "/proc/$(container_pid "$ID")/mountinfo" | sort -u) <(grep -o 'shared:[0-9]*' /proc/self/mountinfo | sort -u)
}

propagation() {
    local value before
    mkdir "$BUNDLE/volume"
    for value in null '"private"' '"rprivate"' '"slave"' '"rslave"' '"shared"' '"rshared"' '"unbindable"'; do
        update_config ".linux.rootfsPropagation = $value | .linux.devices = [{path: \"/dev/x\", type: \"c\", major: 1, minor: 3}]"
        before=$(sort /proc/self/mountinfo)
        create_container "$ID"
        assert_equal "$(peers_with_host)" "" "rootfsPropagation $value"
        assert_equal "$(sort /proc/self/mountinfo)" "$before" "rootfsPropagation $value"
        hull delete --force "$ID"
    done
}
@test "no mount of the container is a peer of the host's, and none shows up there" { both propagation; }

mount_inside() {
    local before
    add_capability CAP_SYS_ADMIN
    mkdir "$BUNDLE/volume"
    add_mount '{destination: "/mnt", type: "bind", source: "volume", options: ["rbind"]}'
    update_config '.linux.rootfsPropagation = "rslave"'
    set_args sh -c 'mount -t tmpfs t /mnt && mount -t tmpfs t /dev/shm; mount --bind /etc /tmp; exec sleep 1000'
    before=$(sort /proc/self/mountinfo)
    start_container "$ID"
    wait_until 10 grep -q " /mnt .* tmpfs t" "/proc/$(container_pid "$ID")/mountinfo"
    assert_equal "$(sort /proc/self/mountinfo)" "$before"
}
@test "what the container mounts stays in it" { both mount_inside; }

foreign_sys() {
    update_config '(.mounts[] | select(.type == "sysfs") | .options) |= map(select(. != "ro"))'
    update_config '.linux.namespaces |= map(select(.type != "network"))'
    create_container "$ID"
    awk '$5 ~ "^/sys(/|$)" && $5 !~ "^/sys/fs/cgroup" && $6 !~ /^ro/ { print $5, $6 }' "/proc/$(container_pid "$ID")/mountinfo" > "$LOGS/writable"
    assert_equal "$(cat "$LOGS/writable")" ""
}
@test "the host's /sys, where it must serve, is read-only with all that is below it" { MODE=userns; mode_bundle; foreign_sys; }

rootless_cgroup() {
    update_config '.linux.namespaces |= map(select(.type != "cgroup")) | del(.linux.resources)
        | (.mounts[] | select(.type == "cgroup") | .options) |= map(select(. != "ro"))'
    set_cgroups_path
    HULL_CMD+=(--rootless=true)
    set_args sh -c 'for i in /sys/fs/cgroup /sys/fs/cgroup/*; do mkdir $i/new 2>/dev/null && echo "made $i/new"; done
        (echo 1 > /sys/fs/cgroup/cgroup.procs) 2>/dev/null && echo wrote; grep " /sys/fs/cgroup" /proc/self/mountinfo | grep -v " ro[, ]"; echo done'
    run_hull run "$ID"
    assert_success
    assert_output done
}
@test "CVE-2023-25809: a rootless container without a cgroup namespace sees cgroups read-only" { MODE=userns; mode_bundle; rootless_cgroup; }
