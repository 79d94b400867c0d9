# SPDX-License-Identifier: LGPL-2.1-or-later
# Containers of one hull in the hands of another: what is in ROOT/ID is read by older and newer ones of the same major version.
# With HULL_OLD=PATH, the binary of an earlier release, one of the two creates and the other does the rest.
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
    edit_state '.stateVersion = 1'
    run_hull delete --force "$ID"
    assert_success
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
    requires controller:pids
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

@test "an older and a newer hull handle each other's containers" {
    [ -n "${HULL_OLD:-}" ] || skip "HULL_OLD names no earlier release"
    setup_bundle
    update_config '.process.env += ["FROM_CONFIG=yes"]'
    set_cgroups_path
    lives "$HULL" "$HULL_OLD"
    lives "$HULL_OLD" "$HULL"
    userns_config
    lives "$HULL" "$HULL_OLD"
    lives "$HULL_OLD" "$HULL"
}
