# SPDX-License-Identifier: LGPL-2.1-or-later
# `hull doctor`: what was found, what to do, and the exit status.
load helpers

setup() {
    begin_test
    requires userns idmap
    [ -n "${HULL_TEST_PRIVATE_MOUNTS:-}" ] || skip "needs a mount namespace of its own (tests/run-bats makes one)"
    cover "$(getent passwd kubelet > /dev/null && echo kubelet:65536:7208960)"
    cd "$BATS_TEST_TMPDIR"
}

# cover LINE...: replaces /etc/subuid and /etc/subgid in this mount namespace; cover_one KIND LINE... replaces one of them
cover() { cover_one subuid "$@"; cover_one subgid "$@"; }
cover_one() {
    local kind=$1
    shift
    [ -e "/etc/$kind" ] || : > "/etc/$kind"
    printf '%s\n' "$@" > "$BATS_TEST_TMPDIR/$kind"
    mount --bind "$BATS_TEST_TMPDIR/$kind" "/etc/$kind" && echo "/etc/$kind" >> "$LOGS/.mounts"
}

# cover_file FILE: standard input becomes the content of the file
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
    assert_contains "✔ ID-mapped mounts of $BATS_TEST_TMPDIR/data: work ($(stat -fc %T "$BATS_TEST_TMPDIR" | sed "s/ext2.ext3/ext4/;s/overlayfs/overlay/"))"
    assert_contains "✘ ID-mapped mounts of $BATS_TEST_TMPDIR/data/ramfs: tried: ID-map the mount of $BATS_TEST_TMPDIR/data/ramfs (filesystem ramfs): invalid argument"
    run_hull doctor /no/such/place
    assert_failure 1
    assert_contains "/no/such/place: it doesn't exist"
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
        assert_matches "-> .*usermod --add-subuids [0-9]+-[0-9]+ --add-subgids [0-9]+-[0-9]+ kubelet"
    }
    check "2 lines for kubelet" kubelet:65536:7208960 kubelet:10000000:65536
    check "must be multiples of 65536" kubelet:100000:7208960
    check "must be multiples of 65536" kubelet:65536:7208961
    check "the IDs below 65536 belong to the host" kubelet:0:7208960
    check "6553600 IDs are enough for 100 pods; the kubelet's default is 110" kubelet:65536:6553600
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
    assert_contains "! subordinate IDs of kubelet: /etc/passwd has no user kubelet: the kubelet ignores its line"
    cover alice:100000:65536
    test_mount -t tmpfs tmpfs /var/lib
    mkdir /var/lib/kubelet
    doctor
    assert_contains "! subordinate IDs of kubelet: none: the kubelet uses all IDs from 65536 on, including those of alice -> useradd --system"
}

# own_etc: /etc is a copy of its own in this mount namespace: usermod(8) replaces files there
own_etc() {
    mkdir -p etc-upper etc-work
    cp -a /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/login.defs etc-upper/ 2> /dev/null || true
    sed -i /^kubelet:/d etc-upper/{passwd,group,shadow,gshadow} 2> /dev/null || true
    mkdir -p etc-upper/default && cp /etc/default/useradd etc-upper/default/ 2> /dev/null || true
    cp /etc/nsswitch.conf etc-upper/ 2> /dev/null || true
    mount --bind etc-upper /etc && echo /etc >> "$LOGS/.mounts"
}

# apply: runs the advice about subordinate IDs, from what doctor printed
apply() {
    local advice
    while read -r advice; do
        bash -ec "$advice" || fail "the advice failed: $advice"
    done < <(sed -n 's/^\(!\|✘\) \(subordinate IDs.*\|IDs for .*\|\/etc\/sub.id\): .* -> //p' <<< "$output")
}

@test "the advice about subordinate IDs, followed to the letter, leaves nothing to advise" {
    requires command:usermod command:useradd command:getsubids
    local lines
    for lines in "" root:100000:65536 "kubelet:10000000:65536" "kubelet:100000:7208960 root:65536:65536" \
        "alice:100000:65536" "kubelet:65536:7208960 kubelet:1000:5"; do
        own_etc
        # shellcheck disable=SC2086
        printf '%s\n' alice:x:4711:4711::/:/bin/sh >> /etc/passwd
        echo alice:x:4711: >> /etc/group
        # shellcheck disable=SC2086
        printf '%s\n' $lines | tee /etc/subuid > /etc/subgid
        test_mount -t tmpfs tmpfs /var/lib
        mkdir /var/lib/kubelet
        doctor
        assert_contains "-> "
        apply
        doctor
        apply
        doctor
        assert_matches "✔ subordinate IDs of kubelet: [0-9]+ from [0-9]+ on"
        assert_contains "✔ IDs for --userns=auto"
        refute_contains "! /etc/sub"
        umount /var/lib /etc
    done
}

@test "spec --userns without subordinate IDs leaves the kubelet's to it" {
    cover kubelet:65536:7208960
    with_user_kubelet
    run_hull spec --userns
    assert_success
    run jq '.linux.uidMappings[0].hostID, .linux.gidMappings[0].hostID' config.json
    assert_output $'7274496\n7274496'
    rm config.json
    cover other:7274496:65536
    run_hull spec --userns
    assert_equal "$(jq '.linux.uidMappings[0].hostID' config.json)" 7340032
}

@test "how a path is mounted: options in the way, propagation, what is hidden" {
    test_mount -t tmpfs -o noexec,nosuid below "$(mkdir -p data && echo "$PWD/data")"
    mount --make-private "$PWD/data"
    test_mount -t tmpfs -o ro above "$PWD/data"
    mount --make-private "$PWD/data"
    run_hull doctor "$PWD/data"
    assert_contains "! mount of $PWD/data: ro: nothing can be written -> mount -o remount,bind,rw $PWD/data"
    assert_matches "✔ mount of $PWD/data: tmpfs above at $PWD/data, ro,relatime, private; it hides tmpfs below at .*noexec"
    mount --make-shared "$PWD/data"
    mount -o remount,bind,rw "$PWD/data"
    run_hull doctor "$PWD/data"
    assert_matches "✔ mount of $PWD/data: tmpfs above at $PWD/data, rw,relatime, shared"
    refute_contains "! mount of"
    test_mount -t tmpfs -o noexec tmpfs /var/lib
    mount --make-private /var/lib
    mkdir /var/lib/kubelet /var/lib/containerd
    run_hull doctor
    assert_contains "! mount of /var/lib/containerd: noexec: no program of an image can be executed -> mount -o remount,bind,exec /var/lib"
    assert_contains "! mount of /var/lib/kubelet: /var/lib isn't shared"
}

@test "doctor without its program says where it comes from" {
    HULL_LIBEXECDIR=$PWD/none run_hull doctor
    assert_failure 1
    assert_contains "run $PWD/none/hull-doctor: it doesn't exist; install the whole of hull"
    mkdir broken
    printf '#!/bin/sh\nexit 127\n' > broken/hull-doctor
    chmod +x broken/hull-doctor
    HULL_LIBEXECDIR=$PWD/broken run_hull doctor
    assert_failure 1
    assert_contains "hull-doctor can't be loaded; install libmount"
}

@test "--clean removes what hull keeps between containers, and no container" {
    requires root:kept manager:cgroupfs
    setup_bundle
    test_mount -t tmpfs tmpfs /run
    start_container
    mkdir -p /run/hull/@mntns /run/hull/@seccomp /run/hull/@ids
    mount --bind /run/hull/@mntns /run/hull/@mntns
    mount --make-private /run/hull/@mntns
    touch /run/hull/@mntns/mnt /run/hull/@seccomp/1
    mount --bind /proc/self/ns/mnt /run/hull/@mntns/mnt 2> /dev/null || true
    ln -s /nowhere /run/hull/@ids/u131072
    ln -s "$ROOT/$ID" /run/hull/@ids/u65536
    run_hull doctor --clean
    assert_success
    assert_contains "removed /run/hull/@mntns"
    assert_equal "$(ls -A /run/hull /run/hull/@ids | xargs)" "/run/hull: @ids /run/hull/@ids: u65536"
    refute_contains "record of IDs"
    assert_equal "$(container_status "$ID")" running
    hull delete --force "$ID"
    rm /run/hull/@ids/u65536
    run "$HULL" doctor --clean
    assert_success
    [ ! -e /run/hull ] || fail "$(ls -lA /run/hull)"
    assert_equal "$(grep -c ' /run/hull' /proc/self/mounts)" 0
    run "$HULL" doctor --clean
    assert_output ""
}

@test "lines that every program passes over" {
    cover '# a comment' root:1048576:65536 $'alice:2097152:65536\r' bob:x:1 'carol 1 2'
    doctor
    assert_contains '! /etc/subuid: "alice:2097152:65536", with a carriage return, isn'"'"'t OWNER:FIRST:COUNT -> fix this line'
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
    assert_contains "! newuidmap: /usr/bin/newuidmap gives users no cap_setuid -> setcap cap_setuid+ep /usr/bin/newuidmap"
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
    copy_programs rootfs "$HULL" "${HULL_LIBEXECDIR:-/usr/local/libexec/hull}/hull-doctor"
    update_config '.process.env += ["HULL_LIBEXECDIR=/bin"]'
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
    assert_contains "! IDs for --userns=auto: /etc/subuid gives root no range of 65536 IDs"
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

@test "--bundle: a user namespace without mappings gets IDs as in create, or the reason why not" {
    setup_bundle
    update_config 'del(.linux.uidMappings, .linux.gidMappings) |
        .linux.namespaces |= map(select(.type != "user")) + [{type: "user"}]'
    cover other:100000:65536
    doctor --bundle "$BUNDLE"
    assert_contains "✘ config.json: /linux/uidMappings: missing, so the user namespace needs"
    assert_contains "/etc/subuid gives root no range of 65536 IDs"
    refute_contains "required, but missing"
    cover root:1048576:65536
    doctor --bundle "$BUNDLE"
    assert_contains "✔ config.json: $BUNDLE/config.json is valid"
    assert_contains "✔ /linux/uidMappings: can be made: root of the container is 1048576 of the host"
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
    assert_contains "✘ /mounts/8: /mounts/8/source: open /no/such/place: it doesn't exist"
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
    assert_contains "✘ /hooks/createRuntime/0: /no/such/hook: it doesn't exist"
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
