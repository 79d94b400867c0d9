# SPDX-License-Identifier: LGPL-2.1-or-later
# Each error says which property or path, what was tried, and why; and nothing is left of the container.
load helpers

# refuses JQ-FILTER TEXT...: run fails and says all of these
refuses() {
    local filter=$1
    shift
    update_config "$filter"
    run_hull run "$ID"
    assert_failure 1
    for text; do assert_contains "$text"; done
    run_hull state "$ID"
    assert_contains "does not exist"
    run ls -A "$ROOT"
    assert_output ""
}

setup() {
    begin_test
    setup_bundle
    set_args true
}

@test "a user without a mapping" {
    requires userns
    userns_config
    refuses '.process.user.uid = 70000000' '/process/user/uid' '70000000'
}

@test "overlapping ranges of a map" {
    userns_config
    refuses '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 5, hostID: 200000, size: 10}]' \
        '/linux/uidMappings/1/containerID' overlap
    refuses '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}, {containerID: 10, hostID: 100005, size: 10}]' \
        '/linux/uidMappings/1/hostID' overlap
}

@test "the 341st line of a map" {
    userns_config
    refuses '.linux.uidMappings = [range(341) | {containerID: ., hostID: (100000 + . * 2), size: 1}]' '/linux/uidMappings' 'at most 340 lines' 341
}

@test "a map that is longer than the kernel takes" {
    requires userns
    userns_config
    refuses '.linux.uidMappings = [range(340) | {containerID: ., hostID: (1000000000 + . * 2), size: 1}] | .linux.gidMappings = .linux.uidMappings' \
        /linux/gidMappings "bytes"
}

@test "340 lines are a map" {
    requires root:ids userns
    userns_config
    update_config '.linux.uidMappings = [range(340) | {containerID: ., hostID: (1000 + . * 2), size: 1}] | .linux.gidMappings = .linux.uidMappings'
    set_args cat /proc/self/uid_map
    run_hull run "$ID"
    assert_success
    assert_equal "${#lines[@]}" 340
    assert_matches "339 +1678 +1"
}

@test "a volume whose filesystem can't be ID-mapped" {
    requires userns idmap
    userns_config
    refuses '.mounts += [{destination: "/v", type: "bind", source: "/proc", options: ["bind", "idmap"]}]' '/mounts/7' '/proc' 'filesystem proc' ext4
}

@test "a rootfs whose filesystem can't be ID-mapped" {
    requires userns idmap
    userns_config
    mkdir "$BATS_TEST_TMPDIR"/{lower,upper,work,merged}
    cp -a "$BUNDLE/rootfs/." "$BATS_TEST_TMPDIR/lower"
    test_mount -t overlay -o "lowerdir=$BATS_TEST_TMPDIR/lower,upperdir=$BATS_TEST_TMPDIR/upper,workdir=$BATS_TEST_TMPDIR/work" \
        o "$BATS_TEST_TMPDIR/merged"
    refuses ".root.path = \"$BATS_TEST_TMPDIR/merged\"" /root/path "$BATS_TEST_TMPDIR/merged" 'filesystem overlay'
}

@test "an option that a filesystem doesn't know" {
    refuses '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["bogus=1"]}]' \
        'set the option bogus of the filesystem tmpfs: invalid argument; the kernel says: '
}

@test "a missing rootfs" {
    refuses '.root.path = "nowhere"' '/root/path' "$BUNDLE/nowhere" "it doesn't exist"
}

@test "a rootfs that is a file" {
    touch "$BUNDLE/file"
    refuses '.root.path = "file"' '/root/path' "$BUNDLE/file" 'not a directory'
}

@test "a namespace path of the wrong type" {
    hold_namespaces pod --uts
    refuses '.linux.namespaces = (.linux.namespaces | map(select(.type != "network"))) + [{type: "network", path: "/proc/'"$BACKGROUND_PID"'/ns/uts"}]' \
        "/proc/$BACKGROUND_PID/ns/uts is a namespace of type uts, not network" '/linux/namespaces/'
}

@test "a namespace path that is none" {
    refuses '.linux.namespaces = (.linux.namespaces | map(select(.type != "network"))) + [{type: "network", path: "/etc/passwd"}]' \
        '/etc/passwd is not a namespace'
}

@test "a namespace type twice" {
    refuses '.linux.namespaces += [{type: "pid"}]' '/linux/namespaces/' pid
}

@test "an unknown capability is a warning" {
    update_config '.process.capabilities.bounding += ["CAP_FLY"]'
    run_hull run "$ID"
    assert_success
    assert_contains CAP_FLY
    assert_contains level=warning
}

@test "args[0] not found" {
    refuses '.process.args = ["nonesuch"]' 'exec: \"nonesuch\": executable file not found in $PATH'
    refuses '.process.args = ["/nonesuch"]' 'exec: \"/nonesuch\": stat /nonesuch: no such file or directory'
}

@test "args[0] not executable" {
    echo x > "$BUNDLE/rootfs/data"
    refuses '.process.args = ["/data"]' 'exec: \"/data\": permission denied'
}

@test "args[0] is a directory" {
    refuses '.process.args = ["/bin"]' 'exec: \"/bin\"'
}

@test "a profile or a label whose module the host hasn't enabled" {
    if ! grep -qs Y /sys/module/apparmor/parameters/enabled; then
        refuses '.process.apparmorProfile = "some-profile"' /process/apparmorProfile 'AppArmor is not enabled on this host'
    fi
    if [ ! -e /sys/fs/selinux/enforce ]; then
        refuses 'del(.process.apparmorProfile) | .process.selinuxLabel = "a:b:c:s0"' /process/selinuxLabel 'SELinux is not enabled on this host'
    fi
}

@test "a script whose interpreter is missing" {
    printf '#!/opt/nonesuch -x\n' > "$BUNDLE/rootfs/script"
    chmod +x "$BUNDLE/rootfs/script"
    refuses '.process.args = ["/script"]' /script /opt/nonesuch
}

@test "what an image says gives no orders to a terminal" {
    printf '#!/bin/\033]0;x\007\302\233\n' > "$BUNDLE/rootfs/bin/orders"
    chmod 755 "$BUNDLE/rootfs/bin/orders"
    set_args /bin/orders
    run_hull --log "$LOGS/log" run "$ID"
    assert_failure 1
    assert_contains 'begins with #!/bin/?]0;x??'
    refute_contains $'\033'
}

@test "a program whose loader is missing" {
    cp /bin/bash "$BUNDLE/rootfs/dynamic"
    refuses '.process.args = ["/dynamic"]' /dynamic ld-linux
}

@test "an id that exists" {
    create_container
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "container with given ID already exists"
    assert_equal "$(container_status)" created
}

@test "an id that is none" {
    for id in a/b .. . "a b" "$(printf 'x%.0s' {1..300})"; do
        run_hull run --bundle "$BUNDLE" "$id"
        assert_failure 1
        assert_contains "invalid container ID format"
    done
    run ls -A "$ROOT"
    assert_output ""
}

@test "a bundle without config.json" {
    rm "$BUNDLE/config.json"
    run_hull run "$ID"
    assert_failure 1
    assert_contains "$BUNDLE/config.json: it doesn't exist; \`hull spec\` writes one"
}

@test "JSON with a syntax error" {
    printf '{\n  "ociVersion": "1.0.0",\n  "root": {"path" "rootfs"}\n}\n' > "$BUNDLE/config.json"
    run_hull run "$ID"
    assert_failure 1
    assert_contains "config.json: line 3, column 19"
}

@test "all violations at once" {
    refuses '.process.cwd = "relative" | .linux.namespaces += [{type: "pid"}] | .process.rlimits = [{type: "RLIMIT_X", soft: 1, hard: 1}]' \
        /process/cwd /linux/namespaces /process/rlimits/0/type
    refuses '.process.cwd = 1 | .linux.namespaces += [{type: "fancy"}] | .process.rlimits = {}' /process/cwd /linux/namespaces/ /process/rlimits
}

@test "a wrong type, with its pointer" {
    refuses '.linux.uidMappings = [{containerID: 0, hostID: 0, size: "many"}]' '/linux/uidMappings/0/size: expected a number, found \"many\"'
}

@test "a major version that isn't 1" {
    refuses '.ociVersion = "2.0.0"' /ociVersion
}

@test "a duplicate rlimit" {
    refuses '.process.rlimits += [{type: "RLIMIT_NOFILE", soft: 1024, hard: 1024}]' /process/rlimits/1 RLIMIT_NOFILE
}

@test "errnoRet with an action that has none" {
    refuses '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getcwd"], action: "SCMP_ACT_KILL", errnoRet: 1}]}' \
        /linux/seccomp/syscalls/0/errnoRet
}

@test "masks without a mount namespace would change the host" {
    refuses '.linux.namespaces |= map(select(.type != "mount"))' "mount namespace"
}

@test "mounts where a user namespace comes without a mount namespace" {
    requires userns
    userns_config
    refuses '.linux.namespaces |= map(select(.type != "mount")) | del(.linux.maskedPaths, .linux.readonlyPaths)' "need a new mount namespace"
}

@test "the log in JSON, and the message on standard error too" {
    rm "$BUNDLE/config.json"
    run --separate-stderr hull --log "$BATS_TEST_TMPDIR/log" --log-format json create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_equal "$(jq -r .level "$BATS_TEST_TMPDIR/log")" error
    assert_equal "$(jq -r .msg "$BATS_TEST_TMPDIR/log")" "$stderr"
    jq -e '.time | fromdateiso8601? // test("^[0-9-]+T[0-9:.]+(Z|[+-])")' "$BATS_TEST_TMPDIR/log"
}

# the host side notices it only when it sends the init its next message
@test "an init that fails early says so with the words that engines match, whoever is quicker" {
    setup_bundle
    update_config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: -1000000000, nanosecs: 0}}'
    for i in {1..8}; do
        run_hull create "$ID"
        assert_failure 1
        assert_contains "unable to start container process: error during container init: /linux/timeOffsets: "
    done
}
