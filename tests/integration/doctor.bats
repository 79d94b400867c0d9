# SPDX-License-Identifier: LGPL-2.1-or-later
# `hull doctor`: what was found, what to do, and the exit status.
load helpers

setup() {
    begin_test
    requires root userns idmap
    [ -n "${HULL_TEST_PRIVATE_MOUNTS:-}" ] || skip "needs a mount namespace of its own (tests/run-bats makes one)"
    cover "$(getent passwd kubelet > /dev/null && echo kubelet:65536:7208960)"
    cd "$BATS_TEST_TMPDIR"
}

# cover LINE...: these are what /etc/subuid and /etc/subgid have, in this mount namespace; cover_one KIND LINE...
cover() { cover_one subuid "$@"; cover_one subgid "$@"; }
cover_one() {
    local kind=$1
    shift
    [ -e "/etc/$kind" ] || : > "/etc/$kind"
    printf '%s\n' "$@" > "$BATS_TEST_TMPDIR/$kind"
    mount --bind "$BATS_TEST_TMPDIR/$kind" "/etc/$kind" && echo "/etc/$kind" >> "$LOGS/.mounts"
}

# cover_file FILE: what comes in is what this file has
cover_file() {
    local copy=$BATS_TEST_TMPDIR/${1##*/}
    cat > "$copy" && mount --bind "$copy" "$1" && echo "$1" >> "$LOGS/.mounts"
}
with_user_kubelet() { { grep -v ^kubelet: /etc/passwd; echo kubelet:x:998:998::/:/usr/sbin/nologin; } | cover_file /etc/passwd; }

# doctor ARGUMENT...: runs it on a directory that is fine unless the test says otherwise
doctor() { run_hull doctor "$@" "$BATS_TEST_TMPDIR"; }

line() { grep -F "$1" <<< "$output"; }

@test "a host that can: each line is marked, and the verdict is the exit status" {
    requires kernel:6.3
    doctor
    [ "$status" = 0 ] || [ "$status" = 2 ] || fail "exit status $status"
    assert_contains "✔ kernel: Linux $(uname -r)"
    assert_contains "✔ user namespaces: can be made"
    assert_contains "✔ ID-mapped tmpfs: works"
    assert_contains "✔ ID-mapped mounts of $BATS_TEST_TMPDIR: work"
    run bash -c "'$HULL' doctor --json '$BATS_TEST_TMPDIR' | jq -r '.verdict, (.checks[] | select(.check == \"ID-mapped tmpfs\") | .verdict)'"
    assert_matches '^(ok|warning)'
    assert_equal "${lines[1]}" ok
}

@test "a file system below a path that can't be ID-mapped is named, and then the host can't" {
    own_mount "$BATS_TEST_TMPDIR/data"
    test_mount -t ramfs ramfs "$BATS_TEST_TMPDIR/data/ramfs"
    run_hull doctor "$BATS_TEST_TMPDIR/data"
    assert_failure 1
    assert_contains "✔ ID-mapped mounts of $BATS_TEST_TMPDIR/data: work (ext4)"
    assert_contains "✘ ID-mapped mounts of $BATS_TEST_TMPDIR/data/ramfs: tried: ID-map the mount of $BATS_TEST_TMPDIR/data/ramfs (filesystem ramfs): invalid argument"
    run_hull doctor /no/such/place
    assert_failure 1
    assert_contains "/no/such/place: no such file or directory"
}

@test "the kubelet's line, as Kubernetes wants it" {
    cover kubelet:65536:7208960
    with_user_kubelet
    doctor
    assert_contains "✔ subordinate IDs of kubelet: 7208960 from 65536 on: enough for 110 pods"
    cover 998:65536:7208960
    doctor
    assert_contains "✔ subordinate IDs of kubelet: 7208960 from 65536 on: enough for 110 pods"
    cover other:100000:1000
    doctor
    assert_contains "✔ subordinate IDs of kubelet: none: the kubelet uses all IDs from 65536 on"
}

@test "what is wrong with the kubelet's line" {
    check() { # TEXT LINE...
        local text=$1
        shift
        cover "$@"
        doctor
        assert_failure 1
        assert_contains "✘ subordinate IDs of kubelet: "
        assert_contains "$text"
        assert_contains "-> usermod --add-subuids"
    }
    check "2 lines for kubelet" kubelet:65536:7208960 kubelet:10000000:65536
    check "must be multiples of 65536" kubelet:100000:7208960
    check "must be multiples of 65536" kubelet:65536:7208961
    check "the ids below 65536 are the host's" kubelet:0:7208960
    check "6553600 ids are enough for 100 pods, the kubelet's default is 110" kubelet:65536:6553600
    check "the range overlaps with that of other" kubelet:65536:7208960 other:100000:65536
    cover kubelet:65536:7208960
    cover_one subgid kubelet:131072:7208960
    doctor
    assert_failure 1
    assert_contains "must give kubelet the same range"
    cover_one subgid ""
    doctor
    assert_contains "0 lines for kubelet in /etc/subgid"
}

@test "a line for a kubelet that isn't a user, and no line where others have ranges" {
    cover kubelet:65536:7208960
    grep -v ^kubelet: /etc/passwd | cover_file /etc/passwd
    doctor
    assert_contains "! subordinate IDs of kubelet: /etc/passwd has no user kubelet, and so the kubelet passes over its line"
    cover alice:100000:65536
    test_mount -t tmpfs tmpfs /var/lib
    mkdir /var/lib/kubelet
    doctor
    assert_contains "! subordinate IDs of kubelet: none: the kubelet uses all IDs from 65536 on, also those of alice -> usermod"
}

@test "lines that every program passes over" {
    cover '# a comment' root:1048576:65536 $'alice:2097152:65536\r' bob:x:1 'carol 1 2'
    doctor
    assert_contains '! /etc/subuid: "alice:2097152:65536", with a carriage return, isn'"'"'t OWNER:FIRST:COUNT -> mend the line'
    assert_contains '! /etc/subuid: "bob:x:1" isn'
    assert_contains '! /etc/subgid: "carol 1 2" isn'
    refute_contains comment
}

@test "helpers without their capability, engines that are too old or not configured" {
    test_mount -t tmpfs tmpfs /usr/local/bin
    printf '#!/bin/sh\necho "containerd github.com/containerd/containerd 1.7.2 abc"\n' > /usr/local/bin/containerd
    printf '#!/bin/sh\necho crio version 1.33.0\n' > /usr/local/bin/crio
    chmod +x /usr/local/bin/*
    cp "$(type -P newuidmap)" plain && chmod 755 plain
    cover_file /usr/bin/newuidmap < plain
    chmod 755 newuidmap
    doctor
    assert_failure 1
    if ! type -P containerd | grep -qx /usr/bin/containerd; then assert_contains "✘ containerd: version 1.7.2"; fi
    assert_contains "! crio: version 1.33.0; hull isn't configured"
    assert_contains "! newuidmap: /usr/bin/newuidmap gives a user no cap_setuid -> setcap cap_setuid+ep /usr/bin/newuidmap"
    assert_contains "✔ newgidmap: "
    test_mount -t tmpfs tmpfs "$(mkdir -p /etc/crio && echo /etc/crio)"
    mkdir /etc/crio/crio.conf.d
    echo '[crio.runtime.runtimes.hull]' > /etc/crio/crio.conf.d/50-local.conf
    doctor
    assert_contains "✔ crio: version 1.33.0; hull is configured"
}

@test "a system call that something around hull hides" {
    requires seccomp
    setup_bundle
    cp "$HULL" rootfs/bin/hull
    update_config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mount_setattr"], action: "SCMP_ACT_ERRNO", errnoRet: 38}]}'
    set_args hull doctor /
    run_hull run "$ID"
    assert_failure 1
    assert_contains "✘ system calls: missing: mount_setattr -> Linux 5.14 or newer"
}

@test "ranges that overlap, and users of the host in them" {
    cover a:65000:65536 b:100000:65536
    doctor
    assert_contains "! /etc/subuid: the ranges of a and b overlap"
    assert_contains "! /etc/subuid: user nobody of the host lies in the range of a"
}

@test "IDs for --userns=auto" {
    cover other:100000:65536
    doctor
    assert_contains "! IDs for --userns=auto: /etc/subuid gives root no range of 65536 ids"
    cover root:1048576:65536
    doctor
    assert_contains "✔ IDs for --userns=auto: from the ranges of root"
}

@test "--bundle: a configuration that this host can run" {
    setup_bundle
    userns_config
    doctor --bundle "$BUNDLE"
    assert_contains "✔ config.json: $BUNDLE/config.json is valid"
    assert_contains "✔ /root/path: $BUNDLE/rootfs can be ID-mapped"
}

@test "--bundle: what would fail, before it is run" {
    setup_bundle
    userns_config
    test_mount -t ramfs ramfs "$BATS_TEST_TMPDIR/volume"
    update_config --arg src "$BATS_TEST_TMPDIR/volume" '.mounts += [{destination: "/v", type: "bind", source: $src, options: ["bind", "idmap"]},
        {destination: "/w", type: "bind", source: "/no/such/place", options: ["bind"]}]
        | .linux.namespaces |= map(select(.type != "network" and .type != "ipc"))'
    doctor --bundle "$BUNDLE"
    assert_failure 1
    assert_contains "✘ /mounts/7: "
    assert_contains "(filesystem ramfs)"
    assert_contains "✘ /mounts/8: /mounts/8/source: open /no/such/place: no such file or directory"
    assert_contains "! hostNetwork: shared with the host"
    assert_contains "! hostIPC: shared with the host"
    update_config '.linux.uidMappings = [{containerID: 0, hostID: 1, size: 0}]'
    doctor --bundle "$BUNDLE"
    assert_failure 1
    assert_contains "✘ config.json: /linux/uidMappings/0/size"
    update_config '.linux.uidMappings = "x"'
    doctor --bundle "$BUNDLE"
    assert_failure 1
    assert_contains "✘ config.json: /linux/uidMappings"
}

@test "--bundle: each mount is tried as create does it, namespaces and hooks are looked at" {
    setup_bundle
    userns_config
    mkdir -p data
    own_mount "$BUNDLE/data"
    test_mount -t ramfs ramfs "$BUNDLE/data/below"
    update_config '.mounts = [
        {destination: "/a", type: "bind", source: "data", options: ["rbind", "ridmap"]},
        {destination: "/b", type: "bind", source: "data", options: ["bind", "idmap"]},
        {destination: "/c", type: "tmpfs", source: "tmpfs", options: ["idmap"]},
        {destination: "/d", type: "proc", source: "proc", options: ["idmap"]},
        {destination: "/e", type: "nosuchfs", source: "none"}]
        | .linux.namespaces |= map(if .type == "network" then .path = "/proc/self/ns/ipc" else . end)
        | .hooks.createRuntime = [{path: "/no/such/hook"}]'
    doctor --bundle "$BUNDLE"
    assert_failure 1
    assert_contains "✘ /mounts/0: ID-map the mount of $BUNDLE/data/below (filesystem ramfs)"
    assert_contains "✔ /mounts/1: data can be ID-mapped"
    if kernel_at_least 6.3; then assert_contains "✔ /mounts/2: tmpfs can be ID-mapped"
    else assert_contains "✘ /mounts/2: ID-map the mount of tmpfs (filesystem tmpfs): invalid argument -> tmpfs can be ID-mapped since Linux 6.3"; fi
    assert_contains "✘ /mounts/3: ID-map the mount of proc (filesystem proc)"
    assert_contains '✘ /mounts/4: /mounts/4/type: this kernel has no filesystem "nosuchfs"'
    assert_contains "✘ /linux/namespaces/"
    assert_contains "is a namespace of type ipc, not network"
    assert_contains "✘ /hooks/createRuntime/0: /no/such/hook: no such file or directory"
    assert_contains "✔ /linux/uidMappings: can be made: root of the container is $FIRST_ID of the host"
    update_config '.annotations["io.hull.idmap.fallback"] = "plain"'
    doctor --bundle "$BUNDLE"
    assert_contains "! /mounts/0: "
    refute_contains "✘ /mounts/3"
}

@test "--bundle: the price of a tree that others can reach" {
    setup_bundle
    userns_config
    update_config '.root.readonly = false'
    chmod 755 "$BUNDLE" rootfs
    chmod a+x "$BATS_RUN_TMPDIR" "${BATS_RUN_TMPDIR%/*}" "${BATS_RUN_TMPDIR%/*/*}"
    doctor --bundle "$BUNDLE"
    assert_contains "! /root/path: other users of the host can reach $BUNDLE/rootfs: a set-uid file"
    chmod o-x "$BUNDLE"
    doctor --bundle "$BUNDLE"
    refute_contains "! /root/path"
}
