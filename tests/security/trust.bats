# SPDX-License-Identifier: LGPL-2.1-or-later
# Files in directories that others may write to (bpffs, /run, /tmp) are used only if they are ours. A process is its pidfd: what was
# read by its number counts only if the pidfd says afterwards that it still lives.
load lib

# one_block: the user containers has exactly one block of IDs, in this test's mount namespace
one_block() {
    local kind
    for kind in subuid subgid; do
        [ -e "/etc/$kind" ] || : > "/etc/$kind"
        { grep -v '^containers:' "/etc/$kind" || true; echo containers:2000000000:65536; } > "$LOGS/$kind"
        mount --bind "$LOGS/$kind" "/etc/$kind" && echo "/etc/$kind" >> "$LOGS/.mounts"
    done
}

# join_user_namespace ID: the configuration joins that of the container
join_user_namespace() {
    update_config --arg path "/proc/$(hull state "$1" | jq .pid)/ns/user" '.linux.namespaces |= map(select(.type != "user")) + [{type: "user", path: $path}]
        | del(.linux.uidMappings, .linux.gidMappings)'
}

@test "a directory of pinned device programs that somebody else made isn't used" {
    requires command:unshare
    MODE=plain mode_bundle
    mkdir -p "$BATS_TEST_TMPDIR/v2"
    cat > "$LOGS/attack.sh" <<'SH'
set -e
umount -R /sys/fs/cgroup 2> /dev/null || true
mount -t cgroup2 cgroup2 /sys/fs/cgroup && mount -t bpf bpf /sys/fs/bpf || exit 77
pins=/sys/fs/bpf/hull-devices-$("$1" --version | sed -n 's/^commit: //p')
setpriv --reuid 65534 --regid 65534 --clear-groups mkdir "$pins" || exit 77
"$@" < /dev/null
echo "pins: $(ls "$pins")"
rmdir "$pins"
"$@" < /dev/null
echo "own: $(stat -c %u:%a "$pins") $(ls "$pins" | wc -l)"
SH
    set_args true
    run unshare -m sh "$LOGS/attack.sh" "${HULL_CMD[@]}" run --bundle "$BUNDLE" "$ID" 3>&- 4>&-
    [ "$status" != 77 ] || skip "needs cgroup v2 and bpffs in a mount namespace"
    assert_success
    assert_matches $'pins: \n'
    assert_contains "own: 0:700 1"
}

@test "doctor --clean removes nothing in a bpffs that somebody else made, nor behind a link of theirs" {
    mkdir -p "$BATS_TEST_TMPDIR/precious"
    echo here > "$BATS_TEST_TMPDIR/precious/file"
    cat > "$LOGS/attack.sh" <<'SH'
mount -t bpf -o mode=1777 bpf /sys/fs/bpf && mkdir -p /run/hull && mount -t tmpfs -o mode=700 tmpfs /run/hull || exit 77
setpriv --reuid 65534 --regid 65534 --clear-groups sh -c "ln -s $1 /sys/fs/bpf/hull-devices-0; mkdir /sys/fs/bpf/hull-devices-2" || exit 77
mkdir -m 700 /sys/fs/bpf/hull-devices-1
"$2" doctor --clean
ls -d /sys/fs/bpf/hull-*
SH
    run unshare -m sh "$LOGS/attack.sh" "$BATS_TEST_TMPDIR/precious" "$HULL" 3>&- 4>&-
    [ "$status" != 77 ] || skip "needs a bpffs in a mount namespace"
    assert_equal "$(cat "$BATS_TEST_TMPDIR/precious/file")" here
    assert_success
    assert_equal "$output" $'removed /sys/fs/bpf/hull-devices-1\n/sys/fs/bpf/hull-devices-0\n/sys/fs/bpf/hull-devices-2'
}

@test "IDs of a container that only another mount namespace shows aren't given away" {
    one_block
    MODE=plain mode_bundle
    update_config 'del(.linux.uidMappings, .linux.gidMappings)'
    mkdir "$BATS_TEST_TMPDIR/private"
    # one: its state is on a tmpfs that nobody else sees; created only, then running
    cat > "$LOGS/one.sh" <<'SH'
mount -t tmpfs none "$1" && shift
"$HULL" --root "$PRIVATE/state" create --userns=auto --bundle "$BUNDLE" "$ONE" > "$LOGS/one.out" 2>&1 < /dev/null
"$HULL" --root "$PRIVATE/state" state "$ONE" > "$LOGS/one.new"; mv "$LOGS/one.new" "$LOGS/one.json"
while [ ! -e "$LOGS/done" ]; do sleep 0.1; done
"$HULL" --root "$PRIVATE/state" delete --force "$ONE"
touch "$LOGS/deleted"
SH
    export LOGS BUNDLE HULL PRIVATE=$BATS_TEST_TMPDIR/private
    ONE=$(new_id one)
    export ONE
    background one unshare -m sh "$LOGS/one.sh" "$PRIVATE"
    wait_until 30 test -e "$LOGS/one.json" || fail "$(cat "$LOGS/one.out")"
    run_hull create --userns=auto "$(new_id two)"
    touch "$LOGS/done"
    wait_until 30 test -e "$LOGS/deleted"
    assert_failure
    assert_contains "1 of the 1 blocks of 65536 ids that containers has are used, by $PRIVATE/state/$ONE"
    # and afterwards they are free
    hull create --userns=auto "$(new_id three)"
}

@test "IDs are not given away while another container of the same user namespace lives" {
    one_block
    MODE=plain mode_bundle
    update_config 'del(.linux.uidMappings, .linux.gidMappings)'
    ONE=$(new_id one)
    hull create --userns=auto "$ONE"
    joined=$(new_id joined)
    cp config.json "$LOGS/config.json"
    join_user_namespace "$ONE"
    hull create "$joined"
    hull delete --force "$ONE"
    cp "$LOGS/config.json" config.json
    run_hull create --userns=auto "$ID"
    assert_failure
    assert_contains "no 65536 ids are free"
    hull delete --force "$joined"
    # and afterwards they are free
    hull create --userns=auto "$ID"
}

# commands with the state of a container in a directory of somebody else's, which names a process of the host
@test "the state of a container that somebody else owns, or a link to one, isn't used" {
    MODE=plain mode_bundle
    foreign=$BATS_TEST_TMPDIR/foreign
    mkdir -m 700 "$foreign"
    set_args sleep 1000
    background victim sleep 1000
    "$HULL" --root "$foreign" create --bundle "$BUNDLE" "$ID" < /dev/null 3>&- 4>&- > "$LOGS/create.out" 2>&1
    cp -a "$foreign" "$BATS_TEST_TMPDIR/saved"
    jq --argjson pid "$BACKGROUND_PID" --argjson start "$(awk '{print $22}' "/proc/$BACKGROUND_PID/stat")" \
        '.pid = $pid | .pidStartTime = $start | .ownPidNamespace = true | del(.cgroup)' "$BATS_TEST_TMPDIR/saved/$ID/state.json" > "$foreign/$ID/state.json"
    chown -R 65534:65534 "$foreign"
    ln -s "$ROOT/$ID" "$foreign/link"
    for command in "state $ID" "ps $ID" "exec $ID true" "kill $ID KILL" "pause $ID" "update --pids-limit 9 $ID" "delete --force $ID" "state link"; do
        # shellcheck disable=SC2086
        run "$HULL" --root "$foreign" $command < /dev/null 3>&- 4>&-
        assert_failure
        assert_matches "belongs to, or can be written by, somebody else|Not a directory|not a directory|[Tt]oo many"
    done
    kill -0 "$BACKGROUND_PID" || fail "hull killed a process that somebody else's state named"
    chown -R 0:0 "$foreign"
    cp "$BATS_TEST_TMPDIR/saved/$ID/state.json" "$foreign/$ID/state.json"
    "$HULL" --root "$foreign" delete --force "$ID"
}

@test "a state root, a directory of claimed IDs that others may write, or own, is refused" {
    MODE=plain mode_bundle
    for how in "chmod 777" "chown 65534:65534"; do
        foreign=$BATS_TEST_TMPDIR/foreign
        mkdir -m 700 "$foreign"
        $how "$foreign"
        run "$HULL" --root "$foreign" create --bundle "$BUNDLE" "$ID" < /dev/null 3>&- 4>&-
        assert_failure
        assert_contains "the state root $foreign belongs to, or can be written by, somebody else"
        run "$HULL" --root "$foreign" list
        assert_failure
        rm -rf "$foreign"
    done
    one_block
    test_mount -t tmpfs tmpfs /run/hull
    mkdir -m 777 /run/hull/@ids && chmod 777 /run/hull/@ids
    update_config 'del(.linux.uidMappings, .linux.gidMappings)'
    run_hull create --userns=auto "$ID"
    assert_failure
    assert_contains "the directory of claimed ids /run/hull/@ids belongs to, or can be written by, somebody else"
}

@test "the processes of a container are signalled by pidfd" {
    requires command:strace
    MODE=plain mode_bundle
    update_config '.linux.namespaces |= map(select(.type != "pid"))'
    set_args sh -c 'sleep 1000 & sleep 1000 & exec sleep 1000'
    start_container
    wait_until 20 eval '[ "$(hull ps -f json "$ID" | jq length)" = 3 ]'
    strace -f -o "$LOGS/strace" -e trace=kill,tkill,tgkill,rt_sigqueueinfo,pidfd_open,pidfd_send_signal "${HULL_CMD[@]}" kill --all "$ID" TERM \
        < /dev/null 3>&- 4>&-
    wait_for_status "$ID" stopped
    assert_equal "$(grep -cE '\b(kill|tkill|tgkill|rt_sigqueueinfo)\(' "$LOGS/strace")" 0 "$(cat "$LOGS/strace")"
    [ "$(grep -c 'pidfd_send_signal(.*SIGTERM' "$LOGS/strace")" -ge 3 ] || fail "$(cat "$LOGS/strace")"
}
