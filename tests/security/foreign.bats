# SPDX-License-Identifier: LGPL-2.1-or-later
# Filesystems of namespaces that the container doesn't own: those of the namespace it joins, and never more than that.
load lib

setup() {
    begin_test
    requires root:namespaces userns
    setup_bundle
}

# join TYPE FILE: the namespace of that type by its path
join() { update_config --arg type "$1" --arg path "$2" '.linux.namespaces |= map(select(.type != $type)) + [{type: $type, path: $path}]'; }

@test "a joined IPC namespace: its message queues, not the host's" {
    userns_config
    hold_namespaces holder --ipc
    nsenter -t "$BACKGROUND_PID" --ipc unshare -m sh -c "mkdir -p $BATS_TEST_TMPDIR/q; mount -t mqueue mqueue $BATS_TEST_TMPDIR/q; touch $BATS_TEST_TMPDIR/q/theirs"
    mkdir -p "$BATS_TEST_TMPDIR/host"
    mount -t mqueue mqueue "$BATS_TEST_TMPDIR/host"; touch "$BATS_TEST_TMPDIR/host/$TOKEN"
    join ipc "/proc/$BACKGROUND_PID/ns/ipc"
    set_args sh -c 'ls /dev/mqueue; touch /dev/mqueue/"$0"; ls -l /proc/self/ns/ipc' "$TOKEN-new"
    run_hull run "$ID"
    run ls "$BATS_TEST_TMPDIR/host"
    rm -f "$BATS_TEST_TMPDIR/host/$TOKEN" "$BATS_TEST_TMPDIR/host/$TOKEN-new"
    umount "$BATS_TEST_TMPDIR/host"
    refute_contains "$TOKEN-new"
    run_hull run "$ID"
    assert_success
    assert_contains theirs
    refute_contains "$TOKEN"$'\n'
}

@test "added to a running container: the message queues and the sysfs of its namespaces, however it came to them" {
    local queues=$BATS_TEST_TMPDIR/q kind
    update_config '.root.readonly = false'
    hold_namespaces holder --ipc --net
    mkdir "$queues"
    nsenter -t "$BACKGROUND_PID" --ipc unshare --mount sh -c "mount -t mqueue mqueue '$queues' && touch '$queues/theirs'"
    join ipc "/proc/$BACKGROUND_PID/ns/ipc"
    join network "/proc/$BACKGROUND_PID/ns/net"
    for kind in host userns; do
        if [ $kind = userns ]; then userns_config; fi
        start_container
        jq -n '[{destination: "/mnt/q", type: "mqueue", source: "mqueue"}, {destination: "/mnt/s", type: "sysfs", source: "sysfs"}]' > mounts.json
        run_hull mounts add "$ID" mounts.json
        assert_success
        run_hull exec "$ID" sh -c 'ls /mnt/q /mnt/s/class/net'
        assert_success
        assert_output "/mnt/q:
theirs

/mnt/s/class/net:
lo"
        grep ' /mnt/s ' "/proc/$(container_pid)/mountinfo" | grep -q ' ro,nosuid,nodev,noexec' || [ $kind = host ] ||
            fail "the sysfs is writable"
        hull delete --force "$ID"
    done
}

@test "a joined network namespace: its sysfs, read-only" {
    userns_config
    hold_namespaces holder --net
    join network "/proc/$BACKGROUND_PID/ns/net"
    set_args sh -c 'stat -c "device %d" /sys; ls /sys/class/net; grep " /sys " /proc/self/mountinfo | cut -d" " -f6'
    run_hull run "$ID"
    assert_success
    refute_contains "device $(stat -c %d /sys)"
    assert_contains lo
    assert_matches "ro,nosuid,nodev,noexec"
}

named() {
    # every hierarchy of version 1 with a name
    sed -n 's/^[0-9]*:name=\([^:]*\):.*/\1/p' /proc/self/cgroup
}

@test "a cgroup v1 hierarchy by its name, without a cgroup namespace: the container's own directory" {
    local name
    name=$(named | head -n 1)
    [ -n "$name" ] && [ -d "/sys/fs/cgroup/$name" ] || skip "this machine has no cgroup v1 hierarchy with a name"
    for userns in no yes; do
        [ $userns = no ] || userns_config
        update_config --arg name "name=$name" '.linux.namespaces |= map(select(.type != "cgroup")) | .mounts |= map(select(.type != "cgroup"))
            + [{destination: "/mnt", type: "cgroup", source: "cgroup", options: ["rw", "none", $name]}]'
        set_args sh -c 'ls /mnt; cat /mnt/cgroup.procs | wc -l; echo evil > /mnt/release_agent'
        run_hull run "$ID"
        assert_contains cgroup.procs
        assert_matches "can't create /mnt/release_agent|nonexistent"
        assert_equal "$(grep -cx release_agent <<< "$output")" 0
        assert_equal "$(cat /sys/fs/cgroup/*/release_agent | grep -c evil)" 0
    done
}

@test "cgroup v2 by its type, without a cgroup namespace: the container's own directory" {
    grep -q ' - cgroup2 ' /proc/self/mountinfo || skip "no cgroup v2 here"
    update_config '.linux.namespaces |= map(select(.type != "cgroup")) | .mounts |= map(select(.type != "cgroup"))
        + [{destination: "/mnt", type: "cgroup2", source: "cgroup", options: ["rw"]}]'
    set_args sh -c 'cat /mnt/cgroup.procs | wc -l; ls -d /mnt/cgroup.type'     # the host's root has no cgroup.type
    run_hull run "$ID"
    assert_success
    assert_contains /mnt/cgroup.type
}

@test "the host's cgroup namespace, given by its path, is none" {
    local name
    name=$(named | head -n 1)
    [ -n "$name" ] && [ -d "/sys/fs/cgroup/$name" ] || skip "this machine has no cgroup v1 hierarchy with a name"
    for mount in '["cgroup", "none", "name='"$name"'"]' '["cgroup2"]'; do
        case $mount in
        *cgroup2*) grep -q ' - cgroup2 ' /proc/self/mountinfo || continue ;;
        *) [ -n "$name" ] || continue ;;
        esac
        update_config --argjson mount "$mount" '.linux.namespaces |= map(select(.type != "cgroup")) + [{type: "cgroup", path: "/proc/self/ns/cgroup"}]
            | .mounts |= map(select(.type != "cgroup" and .destination != "/mnt"))
                + [{destination: "/mnt", type: $mount[0], source: "cgroup", options: (["rw"] + $mount[1:])}]'
        set_args sh -c 'ls /mnt; grep " /mnt " /proc/self/mountinfo | cut -d" " -f4'
        run_hull run "$ID"
        assert_success
        assert_contains cgroup.procs
        assert_equal "$(grep -cxE 'release_agent|/' <<< "$output")" 0 "$output"
    done
}

@test "the host's name isn't changed through its own UTS namespace, given by its path" {
    join uts /proc/self/ns/uts
    set_args hostname
    cat > "$LOGS/in.sh" <<'SH'
"$@" < /dev/null
echo "here: $(hostname)"
SH
    for name in hostname domainname; do
        update_config --arg name "$name" 'del(.hostname, .domainname) | .[$name] = "evil"'
        run unshare -u sh "$LOGS/in.sh" "${HULL_CMD[@]}" run --bundle "$BUNDLE" "$ID" 3>&- 4>&-
        assert_contains "config.json: /$name: would change the host: the uts namespace of /linux/namespaces/"
        refute_contains "here: evil"
    done
}
