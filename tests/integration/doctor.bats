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

# doctor ARGUMENT...: runs it on a directory that is fine unless the test says otherwise
doctor() { run_hull doctor "$@" "$BATS_TEST_TMPDIR"; }

line() { grep -F "$1" <<< "$output"; }

@test "a host that can: each line is marked, and the verdict is the exit status" {
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
    test_mount -t tmpfs tmpfs "$BATS_TEST_TMPDIR/data"
    test_mount -t ramfs ramfs "$BATS_TEST_TMPDIR/data/ramfs"
    run_hull doctor "$BATS_TEST_TMPDIR/data"
    assert_failure 1
    assert_contains "✔ ID-mapped mounts of $BATS_TEST_TMPDIR/data: work (tmpfs)"
    assert_contains "✘ ID-mapped mounts of $BATS_TEST_TMPDIR/data/ramfs: tried: ID-map the mount of $BATS_TEST_TMPDIR/data/ramfs (filesystem ramfs): invalid argument"
    run_hull doctor /no/such/place
    assert_failure 1
    assert_contains "/no/such/place: no such file or directory"
}

@test "the kubelet's line, as Kubernetes wants it" {
    cover kubelet:65536:7208960
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

@test "ranges that overlap, and users of the host in them" {
    cover a:65000:65536 b:100000:65536
    doctor
    assert_contains "! /etc/subuid: the ranges of a and b overlap"
    assert_contains "! /etc/subuid: user nobody of the host lies in the range of a"
}

@test "IDs for --userns=auto" {
    cover other:100000:65536
    doctor
    assert_contains "! IDs for --userns=auto: --userns=auto: /etc/subuid gives root no range of 65536 ids"
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
    assert_contains "✘ /mounts/8: /no/such/place: no such file or directory"
    assert_contains "! hostNetwork: shared with the host"
    assert_contains "! hostIPC: shared with the host"
    update_config '.linux.uidMappings = "x"'
    doctor --bundle "$BUNDLE"
    assert_failure 1
    assert_contains "✘ config.json: config.json: /linux/uidMappings"
}
