# SPDX-License-Identifier: LGPL-2.1-or-later
# One hull manages the containers of another: older and newer ones of the same major version read what is in ROOT/ID.
# The hull of each earlier release (tests/old-releases), or the one that HULL_OLD names: one of the two creates, the other does the rest.
load helpers

STATES=$REPO/tests/data/states

# put_state FILE: a container directory with that state, as its hull left it; the ids and paths are this test's.
put_state() {
    local id
    id=$(jq -r .id "$1")
    mkdir -p "$ROOT/$ID"
    sed "s|\"id\":\"$id\"|\"id\":\"$ID\"|; s|/$id\"|/$ID\"|g" "$1" > "$ROOT/$ID/state.json"
}

edit_state() {
    jq -c "$1" "$ROOT/$ID/state.json" > "$BATS_TEST_TMPDIR/edited"
    cat "$BATS_TEST_TMPDIR/edited" > "$ROOT/$ID/state.json"
}

@test "states of every release are read, listed and deleted" {
    local file n=0
    for file in "$STATES"/*/*.json; do
        n=$((n + 1))
        put_state "$file"
        run_hull state "$ID"
        assert_success
        assert_equal "$(jq -r .status <<< "$output")" stopped "$file"
        assert_equal "$(jq -r .bundle <<< "$output")" "$(jq -r .bundle "$file")" "$file"
        assert_equal "$(jq -c '.annotations // {}' <<< "$output")" "$(jq -c '.annotations // {}' "$file")" "$file"
        run_hull list --format json
        assert_success
        assert_equal "$(jq -r '.[0].created' <<< "$output")" "$(jq -r .created "$file")" "$file"
        run_hull delete "$ID"
        assert_success
        [ ! -e "$ROOT/$ID" ] || fail "$file: its directory is still there"
    done
    [ "$n" -ge 5 ] || fail "only $n states in $STATES"
}

@test "unknown members of a state are ignored, and a state of a later format is refused with the reason" {
    setup_bundle
    start_container
    edit_state '. + {"futureMember": {"a": [1, {"b": null}]}, "exec": (.exec + {"alsoNew": "x"})}'
    run_hull state "$ID"
    assert_success
    run_hull exec "$ID" true
    assert_success
    edit_state '.stateVersion = 99'
    run_hull state "$ID"
    assert_failure
    assert_contains "/stateVersion"
    assert_contains "found 99"
    run_hull exec "$ID" true
    assert_failure
    # it would leave the processes and the cgroup behind
    run_hull delete --force "$ID"
    assert_failure 1
    assert_contains "found 99"
    edit_state '.stateVersion = 1'
    run_hull delete --force "$ID"
    assert_success
}

@test "a state without its cgroup is refused: delete would leave the cgroup behind" {
    setup_bundle
    create_container
    cp "$ROOT/$ID/state.json" "$BATS_TEST_TMPDIR/whole"
    edit_state 'del(.cgroup)'
    run_hull state "$ID"
    assert_failure 1
    assert_contains '/cgroup: required, but missing'
    run_hull delete --force "$ID"
    assert_failure 1
    cp "$BATS_TEST_TMPDIR/whole" "$ROOT/$ID/state.json"
    hull delete --force "$ID"
    [ ! -e "$ROOT/$ID" ]
}

@test "a state without version and without the part for exec: exec reads config.json" {
    setup_bundle
    update_config '.process.env += ["FROM_CONFIG=yes"] | .process.cwd = "/tmp"'
    start_container
    run_hull exec "$ID" sh -c 'echo $FROM_CONFIG $PWD'
    assert_output "yes /tmp"
    edit_state 'del(.stateVersion, .exec)'
    run_hull exec "$ID" sh -c 'echo $FROM_CONFIG $PWD'
    assert_output "yes /tmp"
    hull delete --force "$ID"
    start_container
    edit_state '.exec.process.env[-1] = "FROM_CONFIG=state" | .exec.process.cwd = "/"'
    run_hull exec "$ID" sh -c 'echo $FROM_CONFIG $PWD'
    assert_output "state /" # read from the state, and config.json isn't looked at
}

@test "exec after update still has what the configuration says" {
    requires cgroup-writable controller:pids
    setup_bundle
    update_config '.process.env += ["FROM_CONFIG=yes"] | .process.capabilities.effective = ["CAP_KILL"]'
    set_cgroups_path
    start_container
    echo '{"devices": [{"allow": true, "type": "c", "major": 1, "minor": 3, "access": "rwm"}], "pids": {"limit": 50}}' > "$BATS_TEST_TMPDIR/resources"
    run_hull update --resources "$BATS_TEST_TMPDIR/resources" "$ID"
    assert_success
    run_hull exec "$ID" sh -c 'echo $FROM_CONFIG'
    assert_output yes
    assert_equal "$(jq -r '.exec.process.env[-1]' "$ROOT/$ID/state.json")" FROM_CONFIG=yes
}

# lives CREATOR OTHER: CREATOR makes a container, OTHER does all that comes after.
lives() {
    local rest=("${HULL_CMD[@]:1}") other=("$2" "${HULL_CMD[@]:1}")
    local HULL_CMD=("$1" "${rest[@]}")
    create_container
    "${other[@]}" start "$ID"
    assert_equal "$("${other[@]}" state "$ID" | jq -r .status)" running
    assert_equal "$("${other[@]}" exec "$ID" sh -c 'echo $FROM_CONFIG')" yes
    "${other[@]}" pause "$ID"
    assert_equal "$("${other[@]}" state "$ID" | jq -r .status)" paused
    "${other[@]}" resume "$ID"
    "${other[@]}" update --pids-limit 77 "$ID"
    assert_equal "$(hull exec "$ID" sh -c 'echo $FROM_CONFIG')" yes
    "${other[@]}" kill "$ID" KILL
    wait_for_status "$ID" stopped
    "${other[@]}" delete "$ID"
    [ ! -e "$ROOT/$ID" ]
}

# each_old COMMAND...: for each earlier release, whose hull is $old then
each_old() {
    local old some=''
    for old in ${HULL_OLD:-"$REPO"/build/old/*/bin/hull}; do
        [ -x "$old" ] || continue
        some=yes
        "$@"
    done
    [ -n "$some" ] || skip "no earlier release here: tests/old-releases builds them, or HULL_OLD names one"
}

@test "an older and a newer hull handle each other's containers" {
    requires cgroup-writable controller:pids
    setup_bundle
    update_config '.process.env += ["FROM_CONFIG=yes"]'
    set_cgroups_path
    both_ways() {
        lives "$HULL" "$old"
        lives "$old" "$HULL"
    }
    each_old both_ways
    userns_config
    each_old both_ways
}

@test "what another version keeps for later is never used" {
    requires root:kept seccomp command:perl
    local kept pins
    mkdir -p /run/hull
    background kept unshare --mount sh -c 'mount -t tmpfs -o mode=700 tmpfs /run/hull && mount -t bpf bpf /sys/fs/bpf
        mkdir /run/hull/places && for i in $(seq 80); do mkdir /run/hull/places/$i && mount --bind /run/hull/places/$i /run/hull/places/$i; done
        exec sleep 1000'
    wait_until 20 nsenter -t "$BACKGROUND_PID" -m mountpoint -q /run/hull/places/80
    kept=/proc/$BACKGROUND_PID/root/run/hull pins=/proc/$BACKGROUND_PID/root/sys/fs/bpf
    setup_bundle
    update_config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}'
    test_program seccomp_call
    cp "$PROGRAM" "$BUNDLE/rootfs/bin/call"
    set_args call getppid
    in_it() { nsenter -t "$BACKGROUND_PID" -m "$1" "${HULL_CMD[@]:1}" run --bundle "$BUNDLE" "$ID"; }
    look() {
        nsenter -t "$BACKGROUND_PID" -m "$HULL" doctor --clean
        assert_equal "$(in_it "$old")" -95
        # its filter returns 96 from now on, and is put in the place of every other
        perl -pi -e 's/\x5f\x00\x05\x00/\x60\x00\x05\x00/' "$kept"/@seccomp/*
        assert_equal "$(in_it "$old")" -96
        cp "$kept"/@seccomp/* "$LOGS/wrong"
        for file in $(seq 0 63); do cp "$LOGS/wrong" "$kept/@seccomp/$file"; done
        ls -d "$pins"/hull-devices-* > "$LOGS/pins" || :
        [ "$(stat -f -c %T "$kept/@mntns/mnt")" = nsfs ] || echo "# the kernel didn't pin the small mount namespace" >&3
        assert_equal "$(in_it "$HULL")" -95
        [ "$(stat -f -c %T "$kept/@mntns/mnt")" != nsfs ] || fail "the mount namespace of $old is still in use"
        if [ -s "$LOGS/pins" ]; then assert_equal "$(ls -d "$pins"/hull-devices-* | wc -l)" "$(($(wc -l < "$LOGS/pins") + 1))" "directories of device programs"; fi
    }
    each_old look
}
