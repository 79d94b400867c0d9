# SPDX-License-Identifier: LGPL-2.1-or-later
# --trace: the timeline of the steps of both sides.
load helpers

# has FILE SIDE NAME: a complete event of that side (1 the host's, 2 inside) with a time and a duration
has() {
    jq -e --argjson side "$2" --arg name "$3" 'any(.[]; .pid == $side and .name == $name and .ph == "X" and .ts > 0 and .dur >= 0)' "$1" > /dev/null ||
        fail "no step \"$3\" of side $2 in $(jq -c '[.[] | [.pid, .name]]' "$1")"
}

@test "run --trace writes the steps of both sides as JSON" {
    setup_bundle
    set_args true
    run_hull --trace "$BATS_TEST_TMPDIR/trace" run "$ID"
    assert_success
    has "$BATS_TEST_TMPDIR/trace" 1 "clone the init"
    has "$BATS_TEST_TMPDIR/trace" 1 "write the state"
    has "$BATS_TEST_TMPDIR/trace" 2 "attach mounts"
    has "$BATS_TEST_TMPDIR/trace" 2 "start a session"
}

@test "exec --trace likewise, and the container's process doesn't get the file" {
    setup_bundle
    hull run --detach "$ID"
    run_hull --trace "$BATS_TEST_TMPDIR/trace" exec "$ID" ls /proc/self/fd
    assert_success
    refute_contains 512
    has "$BATS_TEST_TMPDIR/trace" 1 "load the configuration"
    has "$BATS_TEST_TMPDIR/trace" 2 "enter the container"
}

@test "a trace of what fails is complete, too" {
    setup_bundle
    update_config '.root.path = "nowhere"'
    run_hull --trace "$BATS_TEST_TMPDIR/trace" create "$ID"
    assert_failure
    has "$BATS_TEST_TMPDIR/trace" 1 "complete the configuration"
}
