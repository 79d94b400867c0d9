# SPDX-License-Identifier: LGPL-2.1-or-later
# What is different for a caller who isn't root (tests/run-bats --rootless).
load helpers

setup() {
    begin_test
    requires rootless userns
    setup_bundle
}

@test "one ID, without newuidmap: the caller is root inside, setgroups is denied" {
    set_args sh -c 'id -u; cat /proc/self/uid_map /proc/self/setgroups'
    PATH=/nowhere run_hull run "$ID"
    assert_success
    assert_equal "${lines[0]}" 0
    assert_matches "0 +$(id -u) +1"
    assert_contains deny
}

@test "additional groups are refused there, not dropped" {
    update_config '.process.user.additionalGids = [5]'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/process/user/additionalGids"
}

@test "many lines by newuidmap" {
    requires subids
    userns_config
    update_config '
        def split: (.[1].hostID) as $h | [.[0]] + [range(40) | {containerID: (1 + .), hostID: ($h + . * 2), size: 1}];
        .linux.uidMappings |= split | .linux.gidMappings |= split'
    set_args sh -c 'wc -l < /proc/self/uid_map'
    run_hull run "$ID"
    assert_success
    assert_output 41
}

@test "all 340 lines by newuidmap, and more bytes than the kernel takes: said" {
    requires subids
    userns_config
    update_config '
        def split($space): (.[1].hostID) as $h | [.[0]] + [range(339) | {containerID: (1 + .), hostID: ($h + . * $space), size: 1}];
        .linux.uidMappings |= split(1) | .linux.gidMappings |= split(1)'
    set_args sh -c 'wc -l < /proc/self/uid_map'
    run_hull run "$ID"
    if [ "$status" = 0 ]; then assert_output 340
    else
        assert_matches "/linux/gidMappings: the map takes [0-9]+ bytes; the kernel accepts less than 4096"
        update_config '.linux.uidMappings |= .[:250] | .linux.gidMappings |= .[:250]'
        run_hull run "$ID"
        assert_success
        assert_output 250
    fi
}

@test "IDs that aren't the caller's: which helper refused, and who must give them" {
    requires subids
    userns_config
    update_config '.linux.uidMappings[1].hostID = 3000000000'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/linux/uidMappings: newuidmap ended with status 1"
    assert_contains "/etc/subuid must give these ids to the user that calls hull"
}

@test "--userns=auto: a block of the caller's subordinate IDs" {
    requires subids
    [ "$(awk -F: -v u="$(id -un)" '$1 == u { print $3; exit }' /etc/subuid)" -ge 65536 ] || skip "needs 65,536 subordinate IDs"
    chmod -R a+rX "$BUNDLE"
    set_args cat /proc/self/uid_map
    run_hull run --userns=auto "$ID"
    assert_success
    assert_matches "0 +$(awk -F: -v u="$(id -un)" '$1 == u { print $2; exit }' /etc/subuid) +65536"
}

@test "state is below XDG_RUNTIME_DIR, sticky" {
    [ -n "${XDG_RUNTIME_DIR:-}" ] || skip "needs XDG_RUNTIME_DIR"
    set_args true
    run "$HULL" run --bundle "$BUNDLE" "$ID"
    assert_success
    assert_equal "$(stat -c %a "$XDG_RUNTIME_DIR/hull")" 1700
}

@test "devices are those of the host, bound" {
    set_args sh -c 'ls -l /dev/null | cut -c1; echo x > /dev/null; head -c 3 /dev/zero | wc -c; grep -c " /dev/null " /proc/self/mountinfo'
    run_hull run "$ID"
    assert_success
    assert_output c$'\n'3$'\n'1
}

@test "an ID-mapped mount: why not" {
    mkdir src
    update_config --arg src "$BUNDLE/src" '.mounts += [{destination: "/mnt", type: "bind", source: $src, options: ["bind", "idmap"]}]'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/mounts/"
    case $(stat -f -c %T src) in
    overlayfs) assert_contains "overlay can be ID-mapped since" ;;
    *) assert_contains "CAP_SYS_ADMIN in the user namespace in which the filesystem was mounted" ;;
    esac
    update_config '.annotations["io.hull.idmap.fallback"] = "plain"'
    set_args true
    run_hull run "$ID"
    assert_success
    assert_contains "mounted without a mapping"
}

@test "a source that only the caller can enter" {
    mkdir -m 700 src
    echo secret > src/file
    update_config --arg src "$BUNDLE/src" '.mounts += [{destination: "/mnt", type: "bind", source: $src, options: ["rbind", "ro"]}]'
    set_args cat /mnt/file
    run_hull run "$ID"
    assert_success
    assert_output secret
}

@test "doctor: what a user can be told" {
    run_hull doctor "$BUNDLE"
    [ "$status" = 0 ] || [ "$status" = 1 ] || [ "$status" = 2 ] || fail "exit status $status"
    assert_contains "✔ user namespaces: can be made"
    assert_contains "! ID-mapped mounts of $BUNDLE: can't be tried by this user -> run hull doctor as root"
    if on_v2; then assert_contains "delegation: "; fi
    run_hull doctor --bundle "$BUNDLE" "$BUNDLE"
    assert_contains "✔ config.json: $BUNDLE/config.json is valid"
    assert_contains "✔ /linux/uidMappings: can be made: root of the container is $(id -u) of the host"
    assert_contains "! /mounts: can't be tried by this user"
    update_config '.linux.uidMappings = [{containerID: 0, hostID: 3000000000, size: 10}]'
    run_hull doctor --bundle "$BUNDLE" "$BUNDLE"
    assert_failure 1
    assert_contains "✘ /linux/uidMappings: "
}

@test "hull userns shows the user's own containers" {
    start_container
    run_hull userns
    assert_success
    assert_matches "uid +$(id -u) +$(id -u) +1 +0 +container $ID"
    run_hull userns translate "$ID" 0
    assert_equal "${lines[0]}" "uid 0 in $ID is $(id -u) on the host"
}

@test "run keeps its standard input, and a poststart hook runs" {
    mkfifo "$LOGS/input"
    update_config --arg out "$LOGS/hooked" '.hooks = {poststart: [{path: "/bin/sh", args: ["sh", "-c", "cat > /dev/null; echo yes > \($out)"]}]}'
    set_args sh -c 'read line; echo "got $line"'
    "${HULL_CMD[@]}" run "$ID" <> "$LOGS/input" > "$LOGS/out" 2> "$LOGS/err" 3>&- &
    wait_for_status "$ID" running
    wait_until 20 test -s "$LOGS/hooked"
    assert_equal "$(readlink /proc/$!/fd/0)" "$LOGS/input"
    echo hello > "$LOGS/input"
    wait $! || fail "exit status $?: $(cat "$LOGS/err")"
    assert_equal "$(cat "$LOGS/out")" "got hello"
}

@test "exec into a container that is only created" {
    set_args sleep 1000
    create_container
    run_hull exec "$ID" sh -c 'id -u; cat /proc/self/uid_map'
    assert_success
    assert_equal "${lines[0]}" 0
    hull start "$ID"
    run_hull exec "$ID" true
    assert_success
}

@test "clocks of a time namespace" {
    update_config '.linux.namespaces += [{type: "time"}] | .linux.timeOffsets = {boottime: {secs: 1000000, nanosecs: 0}}'
    set_args sh -c 'cut -d . -f 1 /proc/uptime; cat /proc/self/timens_offsets'
    run_hull run "$ID"
    assert_success
    assert_matches "boottime +1000000 +0"
    [ "${lines[0]}" -ge 1000000 ]
}

@test "what only root may do is refused with the way around it: no namespaces of one's own, a lower nice value" {
    requires rootless command:nice
    set_args true
    update_config '.linux.namespaces |= map(select(.type != "mount")) | del(.mounts, .linux.maskedPaths, .linux.readonlyPaths) | .root.readonly = false'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/root/path: open the root filesystem $BUNDLE/rootfs: not permitted; the host's mounts can be used only with CAP_SYS_ADMIN: other callers need new user and mount namespaces in /linux/namespaces"
    setup_bundle "$BATS_TEST_TMPDIR/nice"
    set_args true
    update_config '.process.scheduler = {policy: "SCHED_BATCH", nice: 1}'
    run nice -n 5 "${HULL_CMD[@]}" run "$ID"
    assert_failure 1
    assert_contains "/process/scheduler: set SCHED_BATCH: not permitted; its nice value is"
    assert_contains "a lower one needs CAP_SYS_NICE, or a higher RLIMIT_NICE of the caller"
}
