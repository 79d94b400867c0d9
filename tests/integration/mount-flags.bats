# SPDX-License-Identifier: LGPL-2.1-or-later
# The flags of a bind's source that the options don't name: source flags x options x user namespace, beside Debian's runc.
load helpers

SOURCES=(ro nosuid nodev,noexec ro,nosuid,nodev,noexec noatime rw)
OPTIONS=(bind bind,rprivate bind,ro bind,nosuid bind,noexec,nodev bind,rw,nosuid bind,nosuid,suid,nodev bind,noatime bind,sync)
# what only clears: runc before 1.2 does nothing for these
CLEARING=(bind,rw bind,ro,rw bind,suid bind,dev,exec)

setup() {
    begin_test
    requires root:mount
    setup_bundle
    local i
    for i in "${!SOURCES[@]}"; do
        test_mount -t tmpfs tmpfs "$BUNDLE/s$i"
        mount -o "remount,bind,${SOURCES[i]}" "$BUNDLE/s$i"
    done
    set_args sh -c 'grep " /t/" /proc/self/mountinfo | cut -d" " -f5,6'
}

# bind_all OPTIONS...: every source with every one of the options, at /t/SOURCE/OPTIONS
bind_all() {
    update_config --arg b "$BUNDLE" --argjson sources "$(jq -cn '$ARGS.positional' --args "${SOURCES[@]}")" \
        --argjson options "$(jq -cn '$ARGS.positional' --args "$@")" '
        .root.readonly = false | .mounts |= map(select(.destination | startswith("/t/") | not)) + [range($sources | length) as $i | $options[] as $o |
            {destination: "/t/\($sources[$i])/\($o)", type: "bind", source: "\($b)/s\($i)", options: ($o | split(","))}]'
}

@test "without a user namespace: as runc has it" {
    command -v runc > /dev/null || skip "no runc here"
    bind_all "${OPTIONS[@]}"
    run_hull run "$ID"
    assert_success
    assert_equal "${#lines[@]}" $((${#SOURCES[@]} * ${#OPTIONS[@]}))
    local hulls=$output
    run runc --root "$ROOT/runc" run "$ID"
    rm -rf "$ROOT/runc"
    assert_output "$hulls"
}

@test "without a user namespace: what is cleared by name alone clears, and what isn't named with it" {
    bind_all "${CLEARING[@]}"
    run_hull run "$ID"
    assert_success
    for source in ro nosuid nodev,noexec ro,nosuid,nodev,noexec; do
        for options in "${CLEARING[@]}"; do assert_contains "/t/$source/$options rw,relatime"; done
    done
    assert_contains "/t/noatime/bind,rw rw,noatime"
}

@test "with a user namespace: what isn't named stays" {
    requires userns
    userns_config
    bind_all bind bind,rw bind,nosuid bind,noatime
    run_hull run "$ID"
    assert_success
    assert_contains "/t/ro/bind ro,relatime"
    assert_contains "/t/ro/bind,nosuid ro,nosuid,relatime"
    assert_contains "/t/ro/bind,rw rw,relatime"
    assert_contains "/t/nodev,noexec/bind,rw rw,nodev,noexec,relatime"
    assert_contains "/t/nosuid/bind,rw rw,nosuid,relatime"
    assert_contains "/t/ro,nosuid,nodev,noexec/bind,rw rw,nosuid,nodev,noexec,relatime"
}
