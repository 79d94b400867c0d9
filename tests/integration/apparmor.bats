# SPDX-License-Identifier: LGPL-2.1-or-later
# AppArmor on a kernel that has it: `tests/vm/check --lsm=apparmor tests/integration/apparmor.bats`.
load helpers

setup() {
    begin_test
    requires root:lsm apparmor command:apparmor_parser
    PROFILES=$BATS_TEST_TMPDIR/profiles
    : > "$PROFILES"
    setup_bundle
}

teardown() {
    end_test
    if [ -s "${PROFILES:-}" ]; then apparmor_parser --remove "$PROFILES"; fi
}

# load_profiles: loads, from standard input, what teardown removes
load_profiles() {
    cat >> "$PROFILES"
    apparmor_parser --replace --skip-cache "$PROFILES"
}

# everything_but NAME [RULE...]: a profile that allows what isn't denied by the rules
everything_but() {
    printf 'profile "%s" flags=(attach_disconnected) {\n file, network, capability, signal, ptrace, mount, umount, unix, userns, mqueue, dbus,\n' "$1"
    printf ' pivot_root, change_profile, %s\n' "${@:2}"
    printf '}\n'
}

set_profile() { update_config --arg profile "$1" '.process.apparmorProfile = $profile'; }

# profile_of PID: what the kernel says
profile_of() { cat "/proc/$1/attr/apparmor/current"; }

exec_detached() {
    hull exec --detach --pid-file "$BATS_TEST_TMPDIR/exec.pid" "$@"
    EXEC_PID=$(cat "$BATS_TEST_TMPDIR/exec.pid")
}

@test "a profile: the container's process has it, hull and the hooks don't" {
    everything_but "$TOKEN" 'deny /etc/passwd r,' | load_profiles
    set_profile "$TOKEN"
    printf '#!/bin/sh\ncat /proc/self/attr/apparmor/current >> %q\n' "$LOGS/hooks" > "$BUNDLE/hook"
    chmod +x "$BUNDLE/hook"
    update_config --arg hook "$BUNDLE/hook" '.hooks = {createRuntime: [{path: $hook}], createContainer: [{path: $hook}], poststart: [{path: $hook}]}'
    create_container
    assert_equal "$(profile_of "$(container_pid)")" unconfined
    hull start "$ID"
    assert_equal "$(profile_of "$(container_pid)")" "$TOKEN (enforce)"
    assert_equal "$(sort -u "$LOGS/hooks")" unconfined
    run_hull exec "$ID" cat /etc/passwd
    assert_failure 1
    assert_contains "Permission denied"
    run_hull exec "$ID" cat /etc/group
    assert_success
}

@test "exec: the container's profile, another, none" {
    everything_but "$TOKEN" | load_profiles
    everything_but "$TOKEN-other" | load_profiles
    set_profile "$TOKEN"
    start_container
    exec_detached "$ID" sleep 1000
    assert_equal "$(profile_of "$EXEC_PID")" "$TOKEN (enforce)"
    exec_detached --apparmor "$TOKEN-other" "$ID" sleep 1000
    assert_equal "$(profile_of "$EXEC_PID")" "$TOKEN-other (enforce)"
    exec_detached --apparmor unconfined "$ID" sleep 1000
    assert_equal "$(profile_of "$EXEC_PID")" unconfined
    jq -n '{args: ["sleep", "1000"], cwd: "/", env: ["PATH=/bin"], user: {uid: 0, gid: 0}}' > "$BATS_TEST_TMPDIR/process.json"
    exec_detached --process "$BATS_TEST_TMPDIR/process.json" "$ID"
    assert_equal "$(profile_of "$EXEC_PID")" "$TOKEN (enforce)"
    jq --arg profile "$TOKEN-other" '.apparmorProfile = $profile' "$BATS_TEST_TMPDIR/process.json" > "$BATS_TEST_TMPDIR/process2.json"
    exec_detached --process "$BATS_TEST_TMPDIR/process2.json" "$ID"
    assert_equal "$(profile_of "$EXEC_PID")" "$TOKEN-other (enforce)"
}

@test "containerd's default profile: a whole life, and what it denies" {
    sed "s/NAME/$TOKEN/g" "$REPO/tests/data/apparmor/containerd-default" | load_profiles
    set_profile "$TOKEN"
    set_args sh -c 'trap "exit 7" TERM; while :; do sleep 0.1; done'
    update_config '.process.capabilities |= (["CAP_SYS_ADMIN", "CAP_KILL"] as $c | {bounding: $c, permitted: $c, effective: $c})
        | .linux.readonlyPaths = [] | .linux.maskedPaths = []'
    start_container
    assert_equal "$(profile_of "$(container_pid)")" "$TOKEN (enforce)"
    run_hull exec "$ID" mount -t tmpfs tmpfs /mnt
    assert_failure
    assert_matches "denied|not permitted"
    run_hull exec "$ID" sh -c 'echo 1 > /proc/sys/vm/drop_caches'
    assert_failure
    assert_contains "Permission denied"
    run_hull exec "$ID" cat /proc/kcore
    assert_failure
    assert_contains "Permission denied"
    run_hull exec "$ID" sh -c 'sleep 1000 & kill $! && wait'
    assert_success
    start_console
    run_hull exec --tty --detach --console-socket "$CONSOLE_SOCKET" "$ID" sh -c 'tty; echo said'
    assert_success
    console_says said
    run_hull pause "$ID"
    assert_success
    run_hull resume "$ID"
    assert_success
    run_hull kill "$ID" TERM
    assert_success
    wait_for_status "$ID" stopped
    run_hull delete "$ID"
    assert_success
}

@test "a profile that isn't loaded: an error that names it, from create and exec, and nothing is left" {
    set_profile "$TOKEN-missing"
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "/process/apparmorProfile: "
    assert_contains "exec $TOKEN-missing"
    assert_contains "is the profile loaded? apparmor_parser(8) does that"
    [ -z "$(ls -A "$ROOT")" ] || fail "$(ls -A "$ROOT")"
    run_hull run "$ID"
    assert_failure 1
    set_profile unconfined
    start_container
    run_hull exec --apparmor "$TOKEN-missing" "$ID" true
    assert_failure 255
    assert_contains "/process/apparmorProfile: "
    assert_contains "$TOKEN-missing"
    assert_contains "is the profile loaded? apparmor_parser(8) does that"
}

@test "no profile, \"\" and unconfined: not confined" {
    for change in 'del(.process.apparmorProfile)' '.process.apparmorProfile = ""' '.process.apparmorProfile = "unconfined"'; do
        update_config "$change"
        start_container
        assert_equal "$(profile_of "$(container_pid)")" unconfined "$change"
        hull delete --force "$ID"
    done
}

@test "a profile that denies everything: the program starts, and gets nothing" {
    printf 'profile "%s" { }\n' "$TOKEN" | load_profiles
    set_profile "$TOKEN"
    set_args sh -c 'echo started; read line < /etc/passwd || /bin/true'
    run_hull run "$ID"
    assert_failure 126
    assert_contains "can't open /etc/passwd: Permission denied"
    assert_contains "/bin/true: Permission denied"
    set_profile unconfined
    set_args sleep 1000
    start_container
    run_hull exec --apparmor "$TOKEN" "$ID" sh -c 'cat /etc/passwd'
    assert_failure 126
    assert_contains "cat: Permission denied"
}

@test "complain mode, a profile with a space in its name, a stack" {
    everything_but "$TOKEN" | sed 's/attach_disconnected/attach_disconnected,complain/' | load_profiles
    everything_but "$TOKEN two words" | load_profiles
    set_profile "$TOKEN"
    start_container
    assert_equal "$(profile_of "$(container_pid)")" "$TOKEN (complain)"
    exec_detached --apparmor "$TOKEN two words" "$ID" sleep 1000
    assert_equal "$(profile_of "$EXEC_PID")" "$TOKEN two words (enforce)"
    exec_detached --apparmor "$TOKEN//&$TOKEN two words" "$ID" sleep 1000
    assert_equal "$(profile_of "$EXEC_PID")" "$TOKEN//&$TOKEN two words (mixed)"
}

@test "in a user namespace, also with no_new_privs" {
    requires userns
    everything_but "$TOKEN" | load_profiles
    userns_config
    set_profile "$TOKEN"
    for value in true false; do
        update_config --argjson value "$value" '.process.noNewPrivileges = $value'
        start_container
        assert_equal "$(profile_of "$(container_pid)")" "$TOKEN (enforce)"
        exec_detached "$ID" sleep 1000
        assert_equal "$(profile_of "$EXEC_PID")" "$TOKEN (enforce)"
        hull delete --force "$ID"
    done
}

# hull itself is confined by $TOKEN-runtime here, as where an engine in a container starts containers
confined_hull() { run aa-exec -p "$TOKEN-runtime" -- "$LIMIT" "$HULL_LIMIT" "${HULL_CMD[@]}" "$@"; }

@test "hull is confined: with no_new_privs only a profile stacked on its own" {
    requires command:aa-exec
    everything_but "$TOKEN-runtime" | load_profiles
    everything_but "$TOKEN" | load_profiles
    set_args cat /proc/self/attr/apparmor/current
    set_profile "$TOKEN"
    update_config '.process.noNewPrivileges = false'
    confined_hull run "$ID"
    assert_success
    assert_output "$TOKEN (enforce)"
    update_config '.process.noNewPrivileges = true'
    confined_hull run "$ID"
    assert_failure
    assert_contains "AppArmor may forbid the change to the profile $TOKEN (/process/apparmorProfile): with /process/noNewPrivileges"
    set_profile "$TOKEN-runtime//&$TOKEN"
    confined_hull run "$ID"
    assert_success
    assert_matches "^$TOKEN(-runtime)?//&$TOKEN(-runtime)? \(enforce\)$"
}

@test "hull is confined and may not change profiles: an error that names both" {
    requires command:aa-exec
    everything_but "$TOKEN-runtime" | sed 's/ change_profile,/ change_profile -> nothing,/' | load_profiles
    everything_but "$TOKEN" | load_profiles
    set_profile "$TOKEN"
    confined_hull run "$ID"
    assert_failure 1
    assert_contains "/process/apparmorProfile: "
    assert_contains "exec $TOKEN\\\""
    assert_contains "the policy must allow it to hull, which runs as $TOKEN-runtime (enforce)"
}

@test "checkpoint and restore: the profile comes back; --lsm-profile gives another" {
    requires not-uml criu
    everything_but "$TOKEN" | load_profiles
    everything_but "$TOKEN-other" | load_profiles
    set_profile "$TOKEN"
    set_args sh -c 'while :; do sleep 10; done'     # a sleep alone ends when CRIU interrupts it
    start_container
    run_hull checkpoint --image-path "$BATS_TEST_TMPDIR/images" "$ID"
    assert_success
    run_hull restore --detach --bundle "$BUNDLE" --image-path "$BATS_TEST_TMPDIR/images" "$ID"
    assert_success
    assert_equal "$(profile_of "$(container_pid)")" "$TOKEN (enforce)"
    hull delete --force "$ID"
    run_hull restore --detach --bundle "$BUNDLE" --image-path "$BATS_TEST_TMPDIR/images" --lsm-profile "apparmor:$TOKEN-other" "$ID"
    assert_success
    assert_equal "$(profile_of "$(container_pid)")" "$TOKEN-other (enforce)"
}

@test "the auditor: with a profile of the kernel's, hull's processes keep the rules of the trust boundary" {
    requires file:"$REPO/build/tests/auditor" not-uml
    run "$REPO/tests/audit/check" apparmor
    assert_success
    assert_contains " passed, 0 failed"
}
