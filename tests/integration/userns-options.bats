# SPDX-License-Identifier: LGPL-2.1-or-later
# --userns, --uidmap, --gidmap, --idmap-rootfs.
load helpers

setup() {
    begin_test
    requires userns
    setup_bundle
}

maps() { jq -c '[.linux.uidMappings, .linux.gidMappings | map([.containerID, .hostID, .size])]' "$BUNDLE/spec/config.json"; }

# spec OPTION...: writes spec/config.json
spec() { rm -rf spec && mkdir spec && hull spec --bundle spec "$@"; }

@test "spec --userns: a user namespace with a block of IDs" {
    spec --userns
    assert_equal "$(jq -c '[.linux.namespaces[] | select(.type == "user")]' spec/config.json)" '[{"type":"user"}]'
    assert_equal "$(jq '.linux.uidMappings[0].size' spec/config.json)" 65536
    assert_equal "$(jq '.linux.uidMappings[0].containerID' spec/config.json)" 0
    spec --userns=auto
    assert_equal "$(jq '.linux.uidMappings | length' spec/config.json)" 1
}

@test "spec --uidmap and --gidmap, as podman writes them" {
    spec --uidmap 0:100000:1000 --uidmap 1000:5000
    assert_equal "$(maps)" '[[[0,100000,1000],[1000,5000,1]],[[0,100000,1000],[1000,5000,1]]]'
    spec --uidmap 0:100000:1000 --gidmap 0:@200000:10
    assert_equal "$(maps)" '[[[0,100000,1000]],[[0,200000,10]]]'
    spec --uidmap u0:100000:1000 --uidmap g0:7:70
    assert_equal "$(maps)" '[[[0,100000,1000]],[[0,7,70]]]'
}

@test "+ puts a line into the map that is there" {
    spec --uidmap 0:100000:1000 --uidmap +10:4711:2
    assert_equal "$(maps)" '[[[0,100000,10],[12,100012,988],[10,4711,2]],[[0,100000,10],[12,100012,988],[10,4711,2]]]'
}

@test "what isn't a line of a map" {
    for text in 0 0: 0:x 0:1:0 0:1:2:3 x0:1:2 0:99999999999:1 -1:0:1; do
        run_hull spec --bundle "$BATS_TEST_TMPDIR" --file x.json --uidmap="$text"
        assert_failure 1
        assert_contains "--uidmap: \\\"$text\\\" isn't [FLAGS]CONTAINER:HOST[:SIZE]"
    done
}

@test "what isn't a mode" {
    for text in autox auto:size= auto:size=0 auto:size=x auto:size=99999999999 private; do
        run_hull spec --bundle "$BATS_TEST_TMPDIR" --file x.json --userns="$text"
        assert_failure 1
        assert_contains "--userns: \\\"$text\\\" isn't auto, auto:size=N, host or path:FILE"
    done
    run_hull create --userns=host --uidmap 0:0:1 "$ID"
    assert_failure 1
    assert_contains "they can't be combined with --userns=host"
}

@test "maps that overlap are refused before anything is made" {
    run_hull create --uidmap 0:100000:10 --uidmap 5:200000:10 "$ID"
    assert_failure 1
    assert_contains "/linux/uidMappings/1/containerID"
    [ ! -e "$ROOT/$ID" ] || fail "a state directory was left"
}

@test "run --uidmap --gidmap" {
    requires idmap
    set_args cat /proc/self/uid_map /proc/self/gid_map
    run_hull run --uidmap 0:300000:2000 --gidmap 0:400000:3000 "$ID"
    assert_success
    assert_matches "0 +300000 +2000"
    assert_matches "0 +400000 +3000"
}

@test "--userns=host takes the namespace out of the configuration" {
    requires root:host
    userns_config
    set_args readlink /proc/self/ns/user
    run_hull run --userns=host "$ID"
    assert_success
    assert_output "$(readlink /proc/self/ns/user)"
}

@test "--userns=path: joins a user namespace, with the maps that it has" {
    requires idmap
    hold_namespaces holder --user --net --ipc
    set_args sh -c 'readlink /proc/self/ns/user; cat /proc/self/uid_map; stat -c %u /bin/busybox'
    run_hull run --userns="path:/proc/$BACKGROUND_PID/ns/user" "$ID"
    assert_success
    assert_equal "${lines[0]}" "$(readlink "/proc/$BACKGROUND_PID/ns/user")"
    assert_matches "0 +$FIRST_ID +$ID_COUNT"
    assert_equal "${lines[2]}" 0
}

@test "the configuration that is kept has what the options say" {
    requires idmap
    hull create --uidmap 0:300000:2000 --idmap-rootfs=always "$ID"
    assert_equal "$(jq -c '[.linux.uidMappings[0].hostID, .annotations["io.hull.rootfs.idmap"]]' "$ROOT/$ID/config.json")" '[300000,"always"]'
    hull start "$ID"
    run_hull exec "$ID" cat /proc/self/uid_map
    assert_matches "0 +300000 +2000"
}

@test "--idmap-rootfs=never: the rootfs is somebody else's" {
    requires root:chown
    update_config '.root.readonly = false'
    userns_config
    chmod 755 rootfs
    set_args stat -c %u /bin/busybox
    run_hull run --idmap-rootfs=never "$ID"
    assert_success
    assert_output 65534
    run_hull run --idmap-rootfs=always "$ID"
    assert_output 0
    run_hull run --idmap-rootfs=sometimes "$ID"
    assert_failure
    assert_contains 'expected auto, always or never, found \"sometimes\"'
}
