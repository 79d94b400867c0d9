# SPDX-License-Identifier: LGPL-2.1-or-later
# `hull userns`: who has which IDs of the host.
load helpers

setup() {
    begin_test
    requires userns idmap
    setup_bundle
    chmod 755 rootfs
}

# with_map FIRST ID: a created container of that name whose root is FIRST
with_map() { userns_config "$1" 1000; hull create "$2"; }

@test "the ranges, beside their owners, and who overlaps" {
    with_map 3000000000 "$(new_id a)"
    with_map 3000000999 "$(new_id b)"
    with_map 3000100000 "$(new_id c)"
    run_hull userns
    assert_success
    assert_matches "uid +3000000000 +3000000999 +1000 +0 +container $(new_id a)  OVERLAPS with $(new_id b)"
    assert_matches "gid +3000000999 +3000001998 +1000 +0 +container $(new_id b)  OVERLAPS with $(new_id a)"
    assert_matches "uid +3000100000 +3000100999 +1000 +0 +container $(new_id c)($|"$'\n'")"
    run bash -c "'$HULL' --root '$ROOT' userns --json | jq -c '.containers[] | [.id, .status, .uidMappings[0].hostID, .overlaps]'"
    assert_equal "${lines[0]}" "[\"$(new_id a)\",\"created\",3000000000,[\"$(new_id b)\"]]"
    assert_equal "${lines[2]}" "[\"$(new_id c)\",\"created\",3000100000,[]]"
}

@test "containers of one user namespace don't overlap" {
    with_map 3000000000 "$(new_id a)"
    update_config --arg path "/proc/$(container_pid "$(new_id a)")/ns/user" '.linux.namespaces |= map(if .type == "user" then .path = $path else . end)'
    hull create "$(new_id b)"
    run_hull userns
    refute_contains OVERLAPS
    assert_equal "$(grep -c '^uid.*3000000000' <<< "$output")" 2
}

@test "one that doesn't run is shown as its configuration has it, one without a user namespace as such" {
    with_map 3000000000 "$(new_id a)"
    kill -KILL "$(container_pid "$(new_id a)")"
    wait_for_status "$(new_id a)" stopped
    update_config '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
    hull create "$(new_id b)"
    run_hull userns
    assert_matches "uid +3000000000 "
    assert_contains "container $(new_id b): no user namespace of its own"
}

@test "a user of the host among them is pointed at" {
    update_config '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 65000, size: 1000}] | .linux.gidMappings = .linux.uidMappings'
    hull create "$ID"
    run_hull userns
    assert_contains "user nobody OF THE HOST"
}

@test "translate, both ways" {
    with_map 3000000000 "$ID"
    run_hull userns translate "$ID" 17
    assert_success
    assert_equal "${lines[0]}" "uid 17 in $ID is 3000000017 on the host"
    assert_equal "${lines[1]}" "uid 17 of the host has no ID in $ID: it is seen as 65534"
    run_hull userns translate "$ID" 3000000999
    assert_equal "${lines[0]}" "uid 3000000999 in $ID has no ID on the host"
    assert_equal "${lines[3]}" "gid 3000000999 of the host is 999 in $ID"
    run_hull userns translate "$ID" x
    assert_failure 1
    run_hull userns translate missing 1
    assert_failure 1
    assert_contains "does not exist"
    run_hull userns other
    assert_failure 1
}

@test "without --root, the containers in the state roots of the engines are there too" {
    [ -n "${HULL_TEST_PRIVATE_MOUNTS:-}" ] || skip "needs a mount namespace of its own (tests/run-bats makes one)"
    test_mount -t tmpfs tmpfs /run
    local roots="/run/hull /run/containerd/runc/k8s.io /run/containerd/runc/moby /run/docker/runtime-runc/moby /run/runc
        /run/user/1000/hull" root n=0
    for root in $roots; do
        mkdir -p "$root"
        userns_config $((3000000000 + n * 100000)) 1000
        "$HULL" --root "$root" create "$(new_id $n)"
        n=$((n + 1))
    done
    userns_config 3000000500 1000
    "$HULL" --root /run/runc create "$(new_id overlap)"
    mkdir -p /run/runc/foreign && echo '{"id": "foreign"}' > /run/runc/foreign/state.json
    run -0 "$HULL" userns
    n=0
    for root in $roots; do
        if [ $n = 0 ]; then assert_matches "uid +3000000000 .* container $(new_id 0)  OVERLAPS with $(new_id overlap)"
        else assert_matches "uid +$((3000000000 + n * 100000)) .* container $(new_id $n) in $root"; fi
        n=$((n + 1))
    done
    refute_contains foreign
    run bash -c "'$HULL' userns --json | jq -r '.containers[].root' | sort -u | wc -l"
    assert_output 6
    # with --root, no other root is searched
    run -0 "$HULL" --root /run/runc userns
    assert_equal "$(grep -c '^uid.*container' <<< "$output")" 2
    # and a container in that root is found
    run -0 "$HULL" userns translate "$(new_id 1)" 5
    assert_contains "uid 5 in $(new_id 1) is 3000100005 on the host"
    rm -r /run/runc/foreign     # delete refuses a state that it can't read
    for root in $roots; do "$HULL" --root "$root" delete --force --regex .; done
}
