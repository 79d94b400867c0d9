# SPDX-License-Identifier: LGPL-2.1-or-later
# What a container could inherit from the host: open files, working directories, capabilities, ids, sockets, terminals.
load lib

# host_files PID: open files of a process that aren't pipes, sockets, event files, or its standard streams
host_files() {
    local fd
    for fd in "/proc/$1/fd"/*; do
        case $(readlink "$fd") in
        socket:* | pipe:* | anon_inode:*) ;;
        *) [ "${fd##*/}" -le 2 ] || echo "${fd##*/} $(readlink "$fd")" ;;
        esac
        [ ! -d "$fd" ] || echo "${fd##*/} is a directory"
    done
}

waiting_init() {
    exec 7< "$CANARY" 8< "$CANARY/file" 9< /
    create_container "$ID"
    assert_equal "$(host_files "$(container_pid "$ID")")" ""
    exec 7<&- 8<&- 9<&-
}
@test "CVE-2024-21626: an init that waits for start has nothing of the host open" { both waiting_init; }

caller_leaks() {
    set_args sh -c 'echo $(ls /proc/self/fd); ls -l /proc/self/fd'
    exec 7< "$CANARY" 8< "$CANARY/file" 19< /
    run "${HULL_CMD[@]}" run "$ID" < /dev/null
    assert_success
    refute_contains canary
    assert_equal "${lines[0]}" "0 1 2 3"       # the standard streams and ls's own directory
    set_args sleep 1000
    start_container "$ID"
    run "${HULL_CMD[@]}" exec "$ID" sh -c 'echo $(ls /proc/self/fd); ls -l /proc/self/fd' < /dev/null
    assert_success
    refute_contains canary
    assert_equal "${lines[0]}" "0 1 2 3"
    exec 7<&- 8<&- 19<&-
}
@test "CVE-2024-21626: what the caller left open doesn't get in" { both caller_leaks; }

closed_streams() {
    set_args sh -c 'for i in /proc/self/fd/*; do [ ! -d $i ] || [ $i = /proc/self/fd/3 ] || echo "directory $i"; done > /tmp/out; ls -l /proc/self/fd >> /tmp/out; exec sleep 1000'
    writable_root
    "${HULL_CMD[@]}" create "$ID" <&- >&- 2>&- 3>&- 4>&-
    assert_equal "$(host_files "$(container_pid "$ID")")" ""
    "${HULL_CMD[@]}" start "$ID" <&- >&- 2>&- 3>&- 4>&-
    wait_until 10 test -s "$BUNDLE/rootfs/tmp/out"
    assert_equal "$(host_files "$(container_pid "$ID")")" ""
    run grep -e directory -e "$BUNDLE" -e "$ROOT" -e config "$BUNDLE/rootfs/tmp/out"
    assert_output ""
}
@test "a caller without standard streams: none of the runtime's own files takes their place" { both closed_streams; }

cwd_of_fd() {
    local fd
    exec 20< /
    for fd in 3 5 7 9 11 20; do
        update_config --arg cwd "/proc/self/fd/$fd" '.process.cwd = $cwd'
        set_args sh -c 'ls -d ../../../../../*; cat file ../../../..'"$CANARY"'/file'
        run "${HULL_CMD[@]}" run "$ID" < /dev/null 3>&-
        [ "$status" != 0 ] || refute_contains "canary"
        refute_contains "canary of"
    done
    default_config > "$BUNDLE/config.json"
    if [ "$MODE" = userns ]; then userns_config; fi
    ln -s /proc/self/fd/7 "$BUNDLE/rootfs/cwd"
    start_container "$ID"
    for fd in /proc/self/fd/3 /proc/self/fd/7 /proc/self/fd/20 /cwd /proc/1/cwd/../../../.. /proc/self/fd/7/../../..; do
        run "${HULL_CMD[@]}" exec --cwd "$fd" "$ID" cat ".$CANARY/file" "../../../../..$CANARY/file" < /dev/null 3>&-
        refute_contains "canary of"
    done
    for fd in 3 7 20; do
        run "${HULL_CMD[@]}" exec "$ID" "/proc/self/fd/$fd/../../../../../bin/cat" "$CANARY/file" < /dev/null 3>&-
        refute_contains "canary of"
        run "${HULL_CMD[@]}" exec "$ID" "/proc/self/fd/$fd/bin/sh" -c "echo ran $CANARY" < /dev/null 3>&-
        refute_contains "ran "
    done
    exec 20<&-
}
@test "CVE-2024-21626: working directories and programs at /proc/self/fd/N" { both cwd_of_fd; }

# run_beside_prober COUNT: containers that run true
run_beside_prober() {
    local i
    set_args /bin/busybox true
    for ((i = 1; i <= $1; i++)); do
        hull run "$ID-$i" || fail "run $i"
    done
}

probed_exec() {
    local i
    start_prober
    for i in {1..40}; do
        "${HULL_CMD[@]}" exec "$ID" true < /dev/null > /dev/null 2>&1 3>&- || fail "exec $i"
    done
    prober_got_nothing
}
@test "CVE-2016-9962 CVE-2016-8649: a hostile process can't look into, take from or trace an exec on its way in" { both probed_exec; }

probed_create() {
    start_prober
    update_config --arg ns "/proc/$(container_pid "$ID")/ns" \
        '.linux.namespaces |= map(if .type == "pid" or .type == "user" then .path = $ns + "/" + .type else . end) | del(.linux.uidMappings, .linux.gidMappings)'
    run_beside_prober 8
    prober_got_nothing
}
@test "CVE-2016-9962: nor can it an init that joins its PID and user namespace" { both probed_create; }

# in the host's PID namespace it sees all of hull's processes, also the one that reads the mapping of the user namespace
probed_join() {
    update_config '.linux.namespaces |= map(select(.type != "pid"))
        | (.mounts[] | select(.type == "proc")) = {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]}'
    start_prober
    default_config > "$BUNDLE/config.json"
    update_config --arg ns "/proc/$(container_pid "$ID")/ns/user" '.linux.namespaces += [{type: "user", path: $ns}]'
    run_beside_prober 20
    prober_got_nothing
}
@test "CVE-2016-9962: nor any process that enters its user namespace, where it sees the host's processes" { MODE=userns; mode_bundle; probed_join; }

# run_runtime_inside: makes the runtime execute itself in the container, as the interpreter of a script that it is told to execute. It
# waits for a reader of the FIFO that it shall write its log to, for as long as the attacker needs to find it. A dynamic one needs its
# libraries there.
run_runtime_inside() {
    copy_programs "$BUNDLE/rootfs" "$HULL"
    printf '#!/proc/self/exe --log=/tmp/fifo\n' > "$BUNDLE/rootfs/bin/innocent"
    chmod 755 "$BUNDLE/rootfs/bin/innocent"
    mkfifo -m 666 "$BUNDLE/rootfs/tmp/fifo"
    chmod 666 "$BUNDLE/rootfs/tmp/fifo"
    "${HULL_CMD[@]}" exec -d "$ID" /bin/innocent < /dev/null > "$LOGS/innocent" 2>&1 3>&-
    wait_until 20 grep -qs caught "$LOGS/$ID.out"
    : <> "$BUNDLE/rootfs/tmp/fifo"
}
writable_binary() { # the test's own runtime
    HULL_CMD[0]=$BATS_TEST_TMPDIR/hull-$MODE
    cp "$HULL" "${HULL_CMD[0]}"
    chmod "$1" "${HULL_CMD[0]}"
    install_attack overwriter
    writable_root
    default_capabilities
}
binary_state() { sha256sum < "${HULL_CMD[0]}"; stat -c '%i %Y %Z %a' "${HULL_CMD[0]}"; }
# engines' default capabilities, which suffice to read and write others' files; and CAP_SYS_PTRACE, without which root's hull is hidden
default_capabilities() { local i; for i in CHOWN DAC_OVERRIDE FOWNER SETUID SETGID SYS_CHROOT SYS_PTRACE; do add_capability "CAP_$i"; done; }

overwritten() { # MODE-OF-BINARY ARGUMENT...
    local before
    writable_binary "$1"
    shift
    before=$(binary_state)
    set_args /bin/overwriter "$@" /bin/busybox /bin/overwriter
    start_container "$ID"
    wait_until 20 grep -qs waiting "$LOGS/$ID.out"
    run_runtime_inside
    hull kill "$ID" TERM
    wait_until 30 grep -q tried "$LOGS/$ID.out"
    run grep WROTE "$LOGS/$ID.out"
    assert_output ""
    assert_equal "$(binary_state)" "$before"
    HULL_CMD[0]=$HULL
}
@test "CVE-2019-5736: the runtime's own binary can't be written to from inside" { both overwritten 755; }
@test "CVE-2019-5736: nor when everybody may write to it" { both overwritten 777; }
overwritten_by_admin() {
    add_capability CAP_SYS_ADMIN
    overwritten 755
}
@test "CVE-2019-5736: nor with CAP_SYS_ADMIN" { both overwritten_by_admin; }
@test "CVE-2019-5736: nor when the first process has gone into a user namespace that doesn't have the binary's owner" { MODE=plain; mode_bundle; overwritten 755 -u; }

# a container with a user namespace in the PID namespace of one without: that one's root is the owner
neighbour() {
    local before victim
    MODE=plain mode_bundle
    writable_binary 755
    before=$(binary_state)
    set_args /bin/overwriter /bin/busybox /bin/overwriter
    start_container "$ID"
    wait_until 20 grep -qs waiting "$LOGS/$ID.out"
    victim=$ID
    update_config --arg ns "/proc/$(container_pid "$ID")/ns/pid" '(.linux.namespaces[] | select(.type == "pid")).path = $ns
        | (.mounts[] | select(.type == "proc")) = {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]}'
    userns_config
    set_args sleep 1000
    start_container "$ID-2"
    ID=$ID-2
    mv "$LOGS/$victim.out" "$LOGS/$ID.out"
    run_runtime_inside
    hull kill "$victim" TERM
    wait_until 30 grep -q tried "$LOGS/$ID.out"
    run grep WROTE "$LOGS/$ID.out"
    assert_output ""
    assert_equal "$(binary_state)" "$before"
    HULL_CMD[0]=$HULL
    hull delete --force "$ID"
    hull delete --force "$victim"
}
@test "CVE-2019-5736: nor from the PID namespace that a container with a user namespace joins" { MODE=plain; neighbour; }

first_process() {
    local before
    writable_binary 777
    before=$(binary_state)
    set_args /proc/self/exe --version
    run_hull run "$ID"
    assert_equal "$(binary_state)" "$before"
    HULL_CMD[0]=$HULL
}
@test "CVE-2019-5736: the first process of the container is the runtime itself" { both first_process; }

inheritable() {
    update_config '.process.user = {uid: 1000, gid: 1000}'
    set_args grep -E '^Cap(Inh|Prm|Eff|Amb)' /proc/self/status
    run_hull run "$ID"
    assert_success
    assert_equal "$(tr -d '\n\t' <<< "$output")" "CapInh:0000000000000000CapPrm:0000000000000000CapEff:0000000000000000CapAmb:0000000000000000"
    set_args sleep 1000
    start_container "$ID"
    run_hull exec "$ID" grep -E '^Cap(Inh|Prm|Eff|Amb)' /proc/self/status
    assert_equal "$(tr -d '\n\t' <<< "$output")" "CapInh:0000000000000000CapPrm:0000000000000000CapEff:0000000000000000CapAmb:0000000000000000"
    run_hull exec --user 0 --cap CAP_NET_ADMIN "$ID" grep -E '^Cap(Inh|Amb)' /proc/self/status
    assert_equal "$(tr -d '\n\t' <<< "$output")" "CapInh:0000000000000000CapAmb:0000000000000000"
}
@test "CVE-2016-8867 CVE-2022-29162 CVE-2022-27650 CVE-2025-27612 CVE-2022-24769: no inheritable or ambient capabilities" { both inheritable; }

exec_user() {
    local user
    echo 1000:x:0:0::/:/bin/sh >> "$BUNDLE/rootfs/etc/passwd"
    echo 010:x:0:0::/:/bin/sh >> "$BUNDLE/rootfs/etc/passwd"
    start_container "$ID"
    for user in 1 1000 65534 0; do
        run_hull exec --user "$user" "$ID" sh -c 'echo $(id -u) $(id -g)'
        assert_output "$user 0"
    done
    run_hull exec --user 1:2 "$ID" sh -c 'echo $(id -u):$(id -g):$(id -G)'
    assert_output "1:2:2"
    for user in "" 0x1 -1 4294967295 4294967296 4294968296 2147483648:4294967296 1: :1 root 1,2 " 1" "1 " 1:-1 18446744073709551617; do
        run_hull exec --user "$user" "$ID" id -u
        assert_failure
    done
}
@test "CVE-2016-3697 CVE-2026-30892 CVE-2024-40635 CVE-2026-46680: --user is a whole number, exactly that one" { both exec_user; }

config_user() {
    local id
    for id in 4294967296 4294967295 -1 18446744073709551616 1.5; do
        jq ".process.user.uid = 77777" "$BUNDLE/config.json" | sed "s/77777/$id/" > "$BUNDLE/c" && mv "$BUNDLE/c" "$BUNDLE/config.json"
        set_args id -u
        sed -i "s/\"uid\": [0-9.e+-]*/\"uid\": $id/" "$BUNDLE/config.json"
        run_hull run "$ID"
        assert_refused
        assert_contains /process/user/uid
    done
    update_config '.process.user = {uid: 1000, gid: 7, additionalGids: [10, 12]}'
    set_args id -G
    run_hull run "$ID"
    assert_output "7 10 12"
    update_config '.process.user = {uid: 1000, gid: 7}'
    run_hull run "$ID"
    assert_output "7"
}
@test "CVE-2024-40635 CVE-2022-36109 CVE-2023-25173: ids don't wrap around, groups are exactly those that are given" { both config_user; }

own_session() {
    requires command:script
    start_container "$ID"
    # proc_pid_stat(5): 6 is the session, 7 the terminal
    cat > "$BATS_TEST_TMPDIR/in-terminal" <<EOT
#!/bin/sh
exec ${HULL_CMD[*]} exec $ID sh -c 'set -- \$(cat /proc/self/stat); [ \$6 != 0 ] && [ \$7 = 0 ] && echo own session; (: > /dev/tty) 2>/dev/null || echo no terminal'
EOT
    chmod +x "$BATS_TEST_TMPDIR/in-terminal"
    run script -qec "$BATS_TEST_TMPDIR/in-terminal" /dev/null
    assert_contains "own session"
    assert_contains "no terminal"
}
@test "CVE-2016-10124: the caller's terminal isn't that of an exec" { both own_session; }

own_terminal() {
    start_container "$ID"
    start_console
    run_hull exec --detach --tty --console-socket "$CONSOLE_SOCKET" "$ID" sh -c 'echo this is $(tty) on $(stat -c %d /dev/pts); sleep 1000'
    assert_success
    console_says "this is /dev/pts/[0-9]* on"
    refute_equal_device "$(sed -n 's/.* on \([0-9]*\).*/\1/p' "$LOGS/console.out")"
}
refute_equal_device() { [ "$1" != "$(stat -c %d /dev/pts)" ] || fail "the host's devpts"; }
@test "CVE-2016-10124: a terminal of exec's is one of the container's own devpts" { both own_terminal; }

state_modes() {
    HULL_CMD=("$HULL" --root "$BATS_TEST_TMPDIR/own-state-$MODE")
    create_container "$ID"
    assert_equal "$(stat -c %a "$BATS_TEST_TMPDIR/own-state-$MODE")" 700
    find "$BATS_TEST_TMPDIR/own-state-$MODE/$ID" -not -type d -perm /022 -print > "$LOGS/modes"
    find "$BATS_TEST_TMPDIR/own-state-$MODE/$ID" -type f -perm /077 -print >> "$LOGS/modes"
    find "$BATS_TEST_TMPDIR/own-state-$MODE/$ID" -type d -perm /022 -print >> "$LOGS/modes"
    assert_equal "$(cat "$LOGS/modes")" ""
    hull delete --force "$ID"
    (umask 0; "${HULL_CMD[@]}" create "$ID" < /dev/null > /dev/null 2>&1 3>&- 4>&-)
    find "$BATS_TEST_TMPDIR/own-state-$MODE/$ID" -perm /022 -not -type l -print > "$LOGS/modes"
    hull delete --force "$ID"
    assert_equal "$(cat "$LOGS/modes")" ""
    HULL_CMD=("$HULL" --root "$ROOT")
}
@test "CVE-2021-41103: the state belongs to its owner alone" { both state_modes; }

abstract_sockets() {
    local before
    before=$(grep -o ' @.*' /proc/net/unix | sort)
    start_container "$ID"
    assert_equal "$(comm -13 <(echo "$before") <(grep -o ' @.*' /proc/net/unix | sort) | grep -i -e hull -e "$ID")" ""
}
@test "CVE-2020-15257: no abstract sockets" { both abstract_sockets; }

notify() {
    local manager=$BATS_TEST_TMPDIR/$MODE.notify
    background manager socat -u "UNIX-RECV:$manager" STDOUT
    wait_until 20 test -S "$manager"
    HULL_CMD=(env NOTIFY_SOCKET="$manager" "$HULL" --root "$ROOT")
    add_capability CAP_DAC_OVERRIDE
    writable_root
    set_args sh -c 'ls -a /run/notify /run/notify/..; (: > /run/notify/new) 2>/dev/null && echo made; rm /run/notify/notify.sock 2>/dev/null && echo removed; grep " /run/notify" /proc/self/mountinfo | cut -d" " -f6-8'
    run_hull run "$ID"
    assert_contains notify.sock
    assert_contains ro,
    refute_contains made
    refute_contains removed
    refute_contains start.sock
    refute_contains state.json
    refute_contains shared
    HULL_CMD=("$HULL" --root "$ROOT")
}
@test "the directory of the notify socket is all that is seen of the state, and is read-only" { both notify; }

exec_cgroup() {
    local path
    set_cgroups_path ab
    start_container "$ID"
    update_config --arg path "$(cgroups_path abc)" '.linux.cgroupsPath = $path'
    start_container "$ID-2"
    for path in .. ../abc /../abc "x/../../abc" "../$(basename "$(cgroups_path)")" pids:../abc c; do
        run_hull exec --cgroup "$path" "$ID" true
        assert_failure 255
    done
    run_hull exec "$ID" true
    assert_success
    hull delete --force "$ID-2"
}
@test "exec --cgroup stays below the container's cgroup" { both exec_cgroup; }

honoured_cgroup() {
    set_cgroups_path here
    start_container "$ID"
    run cat "/proc/$(container_pid "$ID")/cgroup"
    assert_contains here
    run hull exec "$ID" cat /proc/self/cgroup
    assert_success
    hull exec -d "$ID" sleep 777
    run cat "/proc/$(pgrep -f '^sleep 777$' | tail -1)/cgroup"
    assert_contains here
}
@test "CVE-2025-47291: cgroupsPath is honoured with a user namespace" { both honoured_cgroup; }

other_process() {
    start_container "$ID"
    background victim sleep 1000
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    jq ".pid = $BACKGROUND_PID" "$ROOT/$ID/state.json" > "$LOGS/state" && cp "$LOGS/state" "$ROOT/$ID/state.json"
    run_hull kill "$ID" KILL
    assert_failure
    assert_contains "not running"
    run_hull exec "$ID" true
    assert_failure
    hull delete --force "$ID"
    kill -0 "$BACKGROUND_PID" || fail "the victim was killed"
}
@test "a pid that is used again isn't taken for the container's" { both other_process; }

long_lists() {
    local path text
    path=/$(printf 'a%.0s' {1..200})
    for _ in 1 2 3 4 5 6 7 8 9; do path=$path$path; [ ${#path} -lt 70000 ] || break; done
    add_mount "{destination: \"$path\", type: \"tmpfs\", source: \"t\"}"
    run_hull run "$ID"
    assert_refused
    text=$(printf 'x%.0s' {1..100000})
    default_config > "$BUNDLE/config.json"
    if [ "$MODE" = userns ]; then userns_config; fi
    update_config --arg text "$text" '.process.env += ["LONG=" + $text]'
    set_args sh -c 'echo ${#LONG}; cat /proc/self/uid_map | wc -l; readlink /proc/self/ns/user'
    run_hull run "$ID"
    assert_success
    assert_equal "${lines[0]}" 100000
    [ "$MODE" = plain ] || [ "${lines[2]}" != "$(readlink /proc/self/ns/user)" ] || fail "the host's user namespace"
    if [ "$MODE" = userns ]; then
        update_config '.linux.uidMappings = [range(0; 400) | {containerID: ., hostID: (100000 + 2 * .), size: 1}] | .linux.gidMappings = .linux.uidMappings'
        run_hull run "$ID"
        assert_refused
        assert_contains uidMappings
    fi
}
@test "CVE-2021-43784: what is longer than 64 KiB is an error or exact" { both long_lists; }

# null_of_host: a process that may change whatever file it has open, with the host's /dev/null as its streams
null_of_host() {
    local before=$(stat -c '%a %u %g' /dev/null)
    writable_root
    update_config '.process.capabilities |= map_values(. + ["CAP_FOWNER", "CAP_CHOWN"] | unique)'
    set_args sh -c 'for i in 0 1 2; do chmod 600 /proc/self/fd/$i; chown 7:7 /proc/self/fd/$i; done; stat -c %a /dev/null > /seen; sleep 1000'
    hull run --detach --bundle "$BUNDLE" "$ID" < /dev/null > /dev/null 2>&1
    wait_until 20 test -s "$BUNDLE/rootfs/seen"
    hull exec "$ID" sh -c 'for i in 0 1 2; do chmod 644 /proc/self/fd/$i; done; true' < /dev/null > /dev/null 2>&1
    hull exec "$ID" sh -c 'rm -f /dev/null; umount /dev/null; rm -f /dev/null; echo > /dev/null' > "$LOGS/rm" 2>&1 || true
    hull exec "$ID" sh -c 'for i in 0 1 2; do chmod 611 /proc/self/fd/$i; done' < /dev/null > /dev/null 2>&1 || true
    assert_equal "$(stat -c '%a %u %g' /dev/null)" "$before"
    hull delete --force "$ID"
    # one that belongs to the container's root, as other runtimes leave it
    mknod -m 666 "$LOGS/null.$MODE" c 1 3
    chown 100000:100000 "$LOGS/null.$MODE"
    set_args sh -c 'for i in 0 1 2; do chmod 611 /proc/self/fd/$i; done'
    hull run "$ID" < "$LOGS/null.$MODE" > "$LOGS/null.$MODE" 2>&1 || true
    assert_equal "$(stat -c '%a %u %g' "$LOGS/null.$MODE")" "666 100000 100000"
}
@test "the host's /dev/null as a standard stream: its mode and owner aren't the container's to change" { both null_of_host; }

deep_cgroups() {
    add_capability CAP_SYS_ADMIN
    update_config '(.mounts[] | select(.type == "cgroup") | .options) |= map(select(. != "ro")) | .linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])'
    set_cgroups_path deep
    set_args sh -c 'for h in /sys/fs/cgroup /sys/fs/cgroup/*; do cd $h 2>/dev/null || continue; i=0; while [ $i -lt 400 ] && mkdir d 2>/dev/null; do cd d; i=$((i + 1)); done; done; echo made; exec sleep 1000'
    start_container "$ID"
    wait_until 30 grep -qs made "$LOGS/$ID.out"
    run_hull delete --force "$ID"
    assert_success
}
@test "cgroups that the container made many levels deep are removed with it" { both deep_cgroups; }

systemd_properties() {
    local key
    HULL_CMD=("$HULL" --root "$ROOT" --systemd-cgroup)
    for key in 'org.systemd.property.ExecStartPre' "org.systemd.property.X', 'y" 'org.systemd.property.a b' 'org.systemd.property.'; do
        update_config --arg key "$key" '.annotations = {($key): "['"'"'/bin/touch'"'"']"}'
        run_hull run "$ID"
        assert_refused
        [ ! -e /tmp/touched ]
    done
    HULL_CMD=("$HULL" --root "$ROOT")
}
@test "CVE-2024-3154: annotations for systemd name properties, and nothing that executes" { requires systemd; both systemd_properties; }

# caller_shown PID: prints what a process's command line and environment show of the caller
caller_shown() { tr '\0' '\n' < "/proc/$1/cmdline" | grep -e sesame -e "$ROOT"; tr '\0' '\n' < "/proc/$1/environ" | grep .; }

caller_unseen() {
    local pid
    export CALLERS_SECRET=sesame
    create_container "$ID"
    pid=$(container_pid "$ID")
    assert_equal "$(caller_shown "$pid")" ""
    assert_equal "$(head -c 10 "/proc/$pid/cmdline" | tr '\0' ' ')" "hull init "
    # the process of exec, just before it executes its program, as others of the container see it
    cat > "$BATS_TEST_TMPDIR/look" << EOF
for p in /proc/[0-9]*; do
    [ "\$(readlink \$p/ns/pid)" = "$(readlink "/proc/$pid/ns/pid")" ] && cat \$p/cmdline \$p/environ
done | tr '\\0' '\\n' > "$BATS_TEST_TMPDIR/seen"
EOF
    run "$STOP_AT" execve /bin/true "sh $BATS_TEST_TMPDIR/look" -- "${HULL_CMD[@]}" exec --env WORD=sesame "$ID" /bin/true 3>&- 4>&-
    assert_success
    assert_equal "$(grep -c -x init "$BATS_TEST_TMPDIR/seen")" 2
    run grep -e sesame -e "$ROOT" -e PATH "$BATS_TEST_TMPDIR/seen"
    assert_output ""
    unset CALLERS_SECRET
}
@test "what waits or enters inside shows neither the caller's environment nor its command line" {
    test_program stop_at
    STOP_AT=$PROGRAM
    both caller_unseen
}
