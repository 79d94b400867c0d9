# SPDX-License-Identifier: LGPL-2.1-or-later
# exec: one more process in a running container.
load helpers

setup() {
    begin_test
    setup_bundle
    update_config '.process.capabilities = {bounding: ["CAP_KILL", "CAP_CHOWN"], permitted: ["CAP_KILL", "CAP_CHOWN"], effective: ["CAP_KILL", "CAP_CHOWN"]}'
}

# exec_process JQ-FILTER: exec with a process file made of a small process
exec_process() {
    jq -n '{args: ["true"], cwd: "/", env: ["PATH=/bin"], user: {uid: 0, gid: 0}}' | jq "$1" > "$BATS_TEST_TMPDIR/process.json"
    run_hull exec --process "$BATS_TEST_TMPDIR/process.json" "$ID"
}

# exec_pid: the process of `exec --detach --pid-file`, as the host counts
exec_detached() {
    hull exec --detach --pid-file "$BATS_TEST_TMPDIR/exec.pid" "$@"
    EXEC_PID=$(cat "$BATS_TEST_TMPDIR/exec.pid")
}

# --- exit statuses --------------------------------------------------------------------------------------------------------

@test "exec passes output, errors and the exit status" {
    start_container
    run --separate-stderr hull exec "$ID" sh -c 'echo out; echo err >&2; exit 7'
    assert_failure 7
    assert_output out
    assert_equal "$stderr" err
    run hull exec "$ID" cat <<< "through standard input"
    assert_success
    assert_output "through standard input"
}

@test "a process that a signal ends: 128 and the signal" {
    start_container
    run_hull exec "$ID" sh -c 'kill -9 $$'
    assert_failure 137
    run_hull exec "$ID" sh -c 'kill -15 $$'
    assert_failure 143
}

@test "what can't be executed: 255, with the reason that engines match" {
    start_container
    run_hull exec "$ID" nope
    assert_failure 255
    assert_contains 'exec failed: unable to start container process: exec: \"nope\": executable file not found in $PATH'
    run_hull exec "$ID" /nope
    assert_failure 255
    assert_contains 'exec: \"/nope\": stat /nope: no such file or directory'
    run_hull exec "$ID" /etc/passwd
    assert_failure 255
    assert_contains "permission denied"
    run_hull exec "$ID" /etc
    assert_failure 255
    run_hull exec "$ID"
    assert_failure 255
    assert_contains "process args cannot be empty"
    run_hull exec --process /no/such/file "$ID"
    assert_failure 255
    assert_contains "open /no/such/file: it doesn't exist"
}

exits() { # STATUS ARGUMENT...
    run_hull exec "${@:2}"
    [ "$status" -eq "$1" ] || fail "exec ${*:2}: $status instead of $1: $output"
}

# The values are those of runc 1.1.5; only that takes the UID 99999999999 for another one, and ends with 0.
@test "the status of an exec that fails: 1 if the command line can't be read, else 255" {
    start_container
    echo data > rootfs/file
    echo '{' > bad.json
    echo '{"args": ["true"], "cwd": "relative", "user": {}}' > cwd.json
    echo '{"args": [], "cwd": "/"}' > args.json
    exits 1
    exits 1 --no-such-option "$ID" true
    exits 1 --preserve-fds x "$ID" true
    exits 1 --additional-gids x "$ID" true
    exits 255 --user nobody "$ID" true
    exits 255 --user -1 "$ID" true
    exits 255 --user 99999999999 "$ID" true
    exits 255 --user 0:nogroup "$ID" true
    exits 255 --env NAME "$ID" true
    exits 255 --env =value "$ID" true
    exits 255 --cwd /missing "$ID" true
    exits 255 --cwd relative "$ID" true
    exits 255 --cwd /file "$ID" true
    exits 0 --cap CAP_NO_SUCH "$ID" true
    exits 255 "$ID"
    exits 255 "$ID" missing
    exits 255 "$ID" /missing
    exits 255 "$ID" /file
    exits 255 "$ID" /bin
    exits 255 --process missing.json "$ID"
    exits 255 --process bad.json "$ID"
    exits 255 --process cwd.json "$ID"
    exits 255 --process args.json "$ID"
    exits 255 --cgroup missing "$ID" true
    exits 255 --preserve-fds 7 "$ID" true
    exits 255 --tty --detach "$ID" true
    exits 255 --console-socket missing "$ID" true
    exits 255 --pid-file missing/pid "$ID" true
    exits 255 ../"$ID" true
    exits 255 "$(new_id)" true
}

@test "a container that doesn't exist, was created, is paused, has stopped" {
    run_hull exec "$ID" true
    assert_failure 255
    assert_contains "container does not exist"
    create_container
    if ! rootless; then # an unprivileged caller may not trace the process that waits for start
        run_hull exec "$ID" echo in a created container
        assert_success
        assert_output "in a created container"
        assert_equal "$(container_status)" created
    fi
    hull start "$ID"
    if cgroup_writable; then
        hull pause "$ID"
        run_hull exec "$ID" true
        assert_failure 255
        assert_contains "cannot exec in a paused container (use --ignore-paused to override)"
        hull resume "$ID"
    fi
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    run_hull exec "$ID" true
    assert_failure 255
    assert_contains "cannot exec in a stopped container"
}

@test "--ignore-paused: the process runs when the container does" {
    requires cgroup-writable
    start_container
    hull pause "$ID"
    background exec "${HULL_CMD[@]}" exec --ignore-paused "$ID" echo at last
    sleep 0.3
    assert_equal "$(cat "$LOGS/exec.out")" ""
    hull resume "$ID"
    wait_until 20 grep -q "at last" "$LOGS/exec.out" || fail "$(cat "$LOGS/exec.err")"
}

# --- where the process is -------------------------------------------------------------------------------------------------

assert_same_place() { # PID: all namespaces and cgroups are those of the container's first process
    local init kind
    init=$(container_pid)
    for kind in cgroup ipc mnt net pid time user uts; do
        [ ! -e "/proc/self/ns/$kind" ] || shares_namespace "$1" "$init" "$kind" || fail "another $kind namespace"
    done
    assert_equal "$(cat "/proc/$1/cgroup")" "$(cat "/proc/$init/cgroup")" cgroups
    [ "/proc/$1/root" -ef "/proc/$init/root" ] || fail "another root"
}

@test "all namespaces and cgroups are the container's; the pid is the host's" {
    update_config '.linux.namespaces |= (. + [{type: "cgroup"}] | unique)'
    start_container
    exec_detached "$ID" sleep 1000
    assert_same_place "$EXEC_PID"
    assert_equal "$(tr '\0' ' ' < "/proc/$EXEC_PID/cmdline")" "sleep 1000 "
    # it has its own session, and no parent in the container's PID namespace
    run_hull exec "$ID" sh -c 'read -r pid name state parent group session rest < /proc/self/stat; echo $parent $((session - pid))'
    assert_output "0 0"
}

@test "with a user namespace, and with a time namespace" {
    requires userns namespace:time
    userns_config
    update_config '.linux.namespaces |= (. + [{type: "time"}, {type: "cgroup"}] | unique)'
    start_container
    exec_detached "$ID" sleep 1000
    assert_same_place "$EXEC_PID"
    assert_equal "$(status_field "$EXEC_PID" Uid)" "$(status_field "$(container_pid)" Uid)"
    run_hull exec "$ID" id -u
    assert_output 0
}

@test "in joined namespaces: of a sandbox, with its user namespace" {
    requires userns
    hold_namespaces sandbox --user --net --ipc --uts
    update_config --arg ns "/proc/$BACKGROUND_PID/ns" '
        .linux.namespaces = [{type: "pid"}, {type: "mount"}, {type: "cgroup"}, {type: "user", path: ($ns + "/user")},
            {type: "network", path: ($ns + "/net")}, {type: "ipc", path: ($ns + "/ipc")}, {type: "uts", path: ($ns + "/uts")}]
        | del(.hostname, .linux.uidMappings, .linux.gidMappings)'
    start_container
    exec_detached "$ID" sleep 1000
    assert_same_place "$EXEC_PID"
    shares_namespace "$EXEC_PID" "$BACKGROUND_PID" user || fail "not the sandbox's user namespace"
}

@test "by a caller that is in some of the container's namespaces already" {
    requires userns command:nsenter
    userns_config
    update_config '.linux.namespaces |= (. + [{type: "network"}] | unique)'
    start_container
    if rootless; then joined=(--user --preserve-credentials); else joined=(); fi
    nsenter -t "$(container_pid)" "${joined[@]}" --net --uts --ipc "${HULL_CMD[@]}" exec -d --pid-file "$LOGS/pid" "$ID" sleep 1000 &> "$LOGS/exec" ||
        fail "$(cat "$LOGS/exec")"
    assert_same_place "$(cat "$LOGS/pid")"
}

@test "a container that shares the host's PID namespace" {
    host_pids
    start_container
    exec_detached "$ID" sleep 1000
    assert_same_place "$EXEC_PID"
    shares_namespace "$EXEC_PID" self pid || fail "another PID namespace"
    run_hull exec "$ID" sh -c 'exit 5'
    assert_failure 5
    kill "$EXEC_PID"
}

@test "a container without a mount namespace of its own has its root all the same" {
    requires root:host
    update_config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)
        | .root.readonly = false'
    start_container
    touch "$BUNDLE/rootfs/mark"
    run_hull exec "$ID" ls /mark
    assert_success
    run_hull exec --cwd /tmp "$ID" pwd
    assert_output /tmp
}

@test "--cgroup: below the container's only" {
    requires cgroup-writable controller:memory
    set_cgroups_path
    start_container
    if on_v2; then
        dir=$(cgroup_path memory)/below
        mkdir "$dir"
        exec_detached --cgroup below "$ID" sleep 1000
        assert_equal "$(cgroup_of_pid memory "$EXEC_PID")" "$dir"
    else
        dir=$(cgroup_path memory)/below
        mkdir "$dir"
        exec_detached --cgroup memory:below "$ID" sleep 1000
        assert_equal "$(cgroup_of_pid memory "$EXEC_PID")" "$dir"
        assert_equal "$(cgroup_of_pid pids "$EXEC_PID")" "$(cgroup_path pids)"
    fi
    for path in .. ../x below/../.. no/such :below; do
        run_hull exec --cgroup "$path" "$ID" true
        assert_failure 255
    done
    mkdir "$(cgroup_path memory)x"
    run_hull exec --cgroup "../${dir##*/}x" "$ID" true
    rmdir "$(cgroup_path memory)x"
    assert_failure 255
    kill -KILL "$EXEC_PID"
}

@test "a limit of processes that has room for one lets one in" {
    requires controller:pids cgroup-writable
    update_config '.linux.resources.pids.limit = 2'
    start_container
    run_hull exec "$ID" echo one more
    assert_success
    assert_output "one more"
    exec_detached "$ID" sleep 1000
    assert_same_place "$EXEC_PID"
}

# --- the process of the configuration, with options -----------------------------------------------------------------------

@test "--cwd, --env: the last of a name wins" {
    update_config '.process.cwd = "/tmp" | .process.env += ["A=config", "B=config"]'
    start_container
    run_hull exec "$ID" pwd
    assert_output /tmp
    run_hull exec --cwd /etc "$ID" pwd
    assert_output /etc
    run_hull exec --env A=1 -e A=2 -e C= "$ID" sh -c 'echo $A $B ${C-unset}.'
    assert_output "2 config ."
    run_hull exec --env NOVALUE "$ID" true
    assert_failure 255
    run_hull exec --cwd relative "$ID" true
    assert_failure 255
    run_hull exec --cwd /no/such "$ID" true
    assert_failure 255
    assert_contains "no such file or directory"
    [ ! -e "$BUNDLE/rootfs/no" ] || fail "exec made a working directory"
}

@test "--user: numbers only, exactly" {
    other_users
    update_config '.process.user = {uid: 5, gid: 6, additionalGids: [7]}'
    start_container
    run_hull exec "$ID" sh -c 'id -u; id -g; id -G'
    assert_equal "${lines[*]}" "5 6 6 7"
    run_hull exec --user 1000 "$ID" sh -c 'id -u; id -g'
    assert_equal "${lines[*]}" "1000 6"
    run_hull exec -u 1000:2000 -g 3000 -g 4000,5000 "$ID" sh -c 'id -u; id -g; id -G'
    assert_equal "${lines[*]}" "1000 2000 2000 7 3000 4000 5000"
    run_hull exec -u 010 "$ID" id -u
    [ "$status" -ne 0 ] || assert_output 10
    for user in -1 1:-1 4294967295 4294967296 18446744073709551616 root 1000x '' 1: :1 0x10 ' 1'; do
        run_hull exec -u "$user" "$ID" id -u
        assert_failure
    done
}

@test "HOME is the user's where the configuration has none; numeric users are no names" {
    other_users
    printf '1000:x:0:0:trap:/trap:/bin/sh\nuser:x:1000:1000:user:/home/user:/bin/sh\n' > "$BUNDLE/rootfs/etc/passwd"
    start_container
    run_hull exec --user 1000 "$ID" sh -c 'id -u; echo $HOME'
    assert_equal "${lines[*]}" "1000 /home/user"
    run_hull exec --user 1000 --env HOME=/mine "$ID" sh -c 'echo $HOME'
    assert_output /mine
}

@test "--cap: bounding, effective, permitted; ambient where it is inheritable" {
    other_users
    update_config '.process.capabilities.inheritable = ["CAP_KILL"] | .process.noNewPrivileges = false'
    start_container
    exec_detached --cap CAP_NET_RAW "$ID" sleep 1000
    assert_equal "$(status_field "$EXEC_PID" CapBnd) $(status_field "$EXEC_PID" CapPrm)" "0000000000002021 0000000000002021"
    assert_equal "$(status_field "$EXEC_PID" CapAmb)" 0000000000000000
    exec_detached --user 1000 --cap CAP_KILL "$ID" sleep 1000
    assert_equal "$(status_field "$EXEC_PID" CapAmb) $(status_field "$EXEC_PID" CapEff)" "0000000000000020 0000000000000020"
    exec_detached --user 1000 "$ID" sleep 1000
    assert_equal "$(status_field "$EXEC_PID" CapEff) $(status_field "$EXEC_PID" CapAmb)" "0000000000000000 0000000000000000"
}

@test "--no-new-privs" {
    update_config '.process.noNewPrivileges = false'
    start_container
    exec_detached "$ID" sleep 1000
    assert_equal "$(status_field "$EXEC_PID" NoNewPrivs)" 0
    exec_detached --no-new-privs "$ID" sleep 1000
    assert_equal "$(status_field "$EXEC_PID" NoNewPrivs)" 1
}

@test "--apparmor and --process-label: an error where there is no such module" {
    start_container
    if ! grep -qs Y /sys/module/apparmor/parameters/enabled; then
        run_hull exec --apparmor some-profile "$ID" true
        assert_failure 255
        assert_contains apparmorProfile
    fi
    if [ ! -e /sys/fs/selinux/enforce ]; then
        run_hull exec --process-label a:b:c:d "$ID" true
        assert_failure 255
        assert_contains selinuxLabel
    fi
}

# --- --process ------------------------------------------------------------------------------------------------------------

@test "--process: the file says all; what confines falls back to the container's" {
    other_users
    start_container
    exec_process '.args = ["sh", "-c", "id -u; id -g; id -G; pwd; echo $A; grep CapBnd /proc/self/status"] | .cwd = "/tmp" | .env += ["A=file"]
        | .user = {uid: 10, gid: 20, additionalGids: [30]}'
    assert_success
    assert_equal "${lines[*]}" "10 20 20 30 /tmp file CapBnd:	0000000000000021"
    exec_process '.args = ["grep", "CapBnd", "/proc/self/status"] | .capabilities = {bounding: ["CAP_KILL"]}'
    assert_output "CapBnd:	0000000000000020"
    exec_process '.args = ["sh", "-c", "ulimit -n; ulimit -Hn; umask"] | .rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}] | .user.umask = 63'
    assert_equal "${lines[*]}" "100 200 0077"
    exec_process '.noNewPrivileges = true | .args = ["grep", "NoNewPrivs", "/proc/self/status"]'
    assert_output "NoNewPrivs:	1"
    exec_process '.args = ["cat", "/proc/self/oom_score_adj"] | .oomScoreAdj = 777'
    assert_output 777
}

@test "--process in a container whose configuration has no process" {
    requires seccomp
    update_config 'del(.process) | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
    create_container
    run_hull exec "$ID" true
    assert_failure 255
    assert_contains "--process"
    exec_process '.args = ["sh", "-c", "grep ^Seccomp: /proc/self/status; mkdir /tmp/d"]'
    assert_failure 1
    assert_contains "Seccomp:	2"
}

@test "--process: violations are named" {
    start_container
    exec_process '.cwd = "relative" | .args = []'
    assert_failure 255
    assert_contains process.json
    assert_contains /cwd
    assert_contains /args
    exec_process '.rlimits = [{type: "RLIMIT_NOPE", soft: 1, hard: 1}]'
    assert_failure 255
    assert_contains RLIMIT_NOPE
}

@test "rlimits, scheduler and ioPriority of the configuration hold for exec, too" {
    update_config '.process.rlimits = [{type: "RLIMIT_CORE", soft: 11, hard: 22}] | .process.scheduler = {policy: "SCHED_BATCH", nice: 19}
        | .process.ioPriority = {class: "IOPRIO_CLASS_BE", priority: 6} | .process.oomScoreAdj = 333'
    start_container
    exec_detached "$ID" sleep 1000
    assert_equal "$(awk '/core file/ { print $5, $6 }' "/proc/$EXEC_PID/limits")" "11 22"
    assert_equal "$(cat "/proc/$EXEC_PID/oom_score_adj")" 333
    assert_equal "$(awk '{ print $19, $41 }' "/proc/$EXEC_PID/stat")" "19 3"
    assert_equal "$(ionice -p "$EXEC_PID")" "best-effort: prio 6"
}

@test "execCPUAffinity: final; without it the caller's affinity is reset" {
    requires command:taskset
    [ "$(nproc --all)" -gt 1 ] || skip "needs two CPUs"
    start_container
    exec_process '.args = ["grep", "Cpus_allowed_list", "/proc/self/status"] | .execCPUAffinity = {initial: "0", final: "1"}'
    assert_success
    assert_output "Cpus_allowed_list:	1"
    # without `final` it is what the kernel makes of it: from 6.2 on what was asked for, as far as the cpuset allows
    exec_process '.args = ["grep", "Cpus_allowed_list", "/proc/self/status"] | .execCPUAffinity = {initial: "0"}'
    if kernel_at_least 6.2; then assert_output "Cpus_allowed_list:	0"; fi
    everywhere=$(hull exec "$ID" grep Cpus_allowed_list /proc/self/status)
    run taskset -c 0 "${HULL_CMD[@]}" exec "$ID" grep Cpus_allowed_list /proc/self/status
    assert_output "$everywhere"
    exec_process '.execCPUAffinity = {final: "nonsense"}'
    assert_failure 255
    assert_contains execCPUAffinity
}

@test "the personality is the container's" {
    update_config '.linux.personality = {domain: "LINUX32"}'
    start_container
    run_hull exec "$ID" cat /proc/self/personality
    assert_output 00000008
}

# --- confinement ----------------------------------------------------------------------------------------------------------

@test "the seccomp filter of the container, stored or not, with and without no_new_privs" {
    requires seccomp
    update_config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95}]}
        | .root.readonly = false'
    for nnp in true false; do
        update_config --argjson nnp "$nnp" '.process.noNewPrivileges = $nnp'
        start_container
        [ -s "$ROOT/$ID/seccomp.bpf" ]
        for stored in yes no; do
            [ "$stored" = yes ] || rm "$ROOT/$ID/seccomp.bpf"
            run_hull exec "$ID" sh -c 'grep ^Seccomp: /proc/self/status; mkdir /tmp/d'
            assert_failure 1
            assert_contains "Seccomp:	2"
            assert_contains "not supported"
        done
        hull delete --force "$ID"
    done
}

@test "a filter that doesn't know clone, setsid or sendmsg doesn't stop exec" {
    requires seccomp
    update_config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["clone", "clone3", "fork", "vfork", "setsid", "sendmsg"], action: "SCMP_ACT_ERRNO"}]}
        | .process.noNewPrivileges = true'
    start_container
    run_hull exec "$ID" echo fine
    assert_success
    assert_output fine
}

@test "a seccomp listener gets the process of exec, too" {
    requires seccomp seccomp-listener
    update_config --arg path "$BATS_TEST_TMPDIR/agent" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path, listenerMetadata: "meta",
        syscalls: [{names: ["getcwd"], action: "SCMP_ACT_NOTIFY"}]}'
    background agent python3 -c '
import array, json, socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
server.bind(sys.argv[1]); server.listen()
kept = []
while True:
    connection = server.accept()[0]
    text, fds = b"", []
    while True:
        data, control, _, _ = connection.recvmsg(65536, 4096)
        for level, kind, content in control:
            fds += array.array("i", content)
        if not data: break
        text += data
    state = json.loads(text); kept.append(fds)
    print(len(fds), state["pid"], state["state"]["pid"], state["state"]["status"], state["metadata"], flush=True)
' "$BATS_TEST_TMPDIR/agent"
    wait_until 20 test -S "$BATS_TEST_TMPDIR/agent"
    start_container
    exec_detached "$ID" sleep 1000
    wait_until 20 grep -q "1 $EXEC_PID $(container_pid) running meta" "$LOGS/agent.out" || fail "$(cat "$LOGS/agent.out" "$LOGS/agent.err")"
}

@test "no descriptor of hull's or of its caller's gets in" {
    start_container
    exec 5< /etc/hostname 9< /etc
    run_hull exec "$ID" ls /proc/self/fd
    exec 5<&- 9<&-
    assert_success
    assert_equal "$(xargs <<< "$output")" "0 1 2 3" # 3: the directory that ls reads
}

@test "--preserve-fds passes them on; one that isn't open is an error" {
    start_container
    echo content > "$BATS_TEST_TMPDIR/file"
    run timeout 60 "${HULL_CMD[@]}" exec --preserve-fds 2 "$ID" sh -c 'cat <&4; ls /proc/self/fd' 3< /dev/null 4< "$BATS_TEST_TMPDIR/file" 5< /dev/null
    assert_success
    assert_equal "$(xargs <<< "$output")" "content 0 1 2 3 4 5"
    run timeout 60 "${HULL_CMD[@]}" exec --preserve-fds 1 "$ID" true 3<&- 4<&-
    assert_failure 255
    assert_contains preserve-fds
    run timeout 60 "${HULL_CMD[@]}" --log "$BATS_TEST_TMPDIR/log" exec --preserve-fds 1 "$ID" true 3<&- 4<&-
    assert_failure 255
}

@test "no way out by the working directory or /proc/self/fd" {
    start_container
    for n in 3 4 5 6 7 8 9 10 15 20 30; do
        run_hull exec --cwd "/proc/self/fd/$n" "$ID" ls
        assert_failure 255
        run_hull exec --cwd "/proc/self/fd/$n/../../.." "$ID" ls
        assert_failure 255
        run_hull exec "$ID" "/proc/self/fd/$n/../../../../bin/true"
        assert_failure 255
    done
    ln -s /proc/self/fd/7 "$BUNDLE/rootfs/tmp/link"
    run_hull exec --cwd /tmp/link "$ID" pwd
    assert_failure 255
    update_config '.process.cwd = "/tmp/cwd"'
}

@test "signals: nothing is blocked or ignored, whatever the caller does" {
    start_container
    run timeout 60 sh -c 'trap "" HUP TERM PIPE USR1; exec "$@"' sh "${HULL_CMD[@]}" exec "$ID" grep -E '^Sig(Blk|Ign)' /proc/self/status
    assert_success
    assert_equal "${lines[*]}" "SigBlk:	0000000000000000 SigIgn:	0000000000000000"
}

@test "signals to hull reach the process in the foreground" {
    start_container
    background exec "${HULL_CMD[@]}" exec "$ID" sh -c 'trap "echo got it; exit 3" TERM; echo ready; while :; do sleep 0.1; done'
    wait_until 20 grep -q ready "$LOGS/exec.out"
    kill -TERM "$BACKGROUND_PID"
    status=0; wait "$BACKGROUND_PID" || status=$?
    assert_equal "$status" 3
    assert_equal "$(cat "$LOGS/exec.out")" "ready
got it"
}

@test "the session keyring is the container's" {
    update_config '.linux.maskedPaths = []'
    start_container
    run_hull exec "$ID" cat /proc/keys
    [[ $output == *_ses.* ]] || skip "the kernel shows no keys here"
    assert_equal "$(grep -c "_ses.$ID" <<< "$output")" 1
    hull run --detach --no-new-keyring "$(new_id none)"
    run_hull exec "$(new_id none)" cat /proc/keys
    refute_contains "_ses.$(new_id none)"
}

# --- what exec hands over -------------------------------------------------------------------------------------------------

@test "--detach returns at once, --pid-file and --pidfd-socket name the process" {
    start_container
    start_pidfd_receiver
    cd "$BATS_TEST_TMPDIR"
    run_hull exec --detach --pid-file relative.pid --pidfd-socket "$PIDFD_SOCKET" "$ID" sleep 1000
    assert_success
    pid=$(cat "$BATS_TEST_TMPDIR/relative.pid")
    assert_equal "$(wc -c < "$BATS_TEST_TMPDIR/relative.pid")" "${#pid}"
    assert_equal "$(tr '\0' ' ' < "/proc/$pid/cmdline")" "sleep 1000 "
    wait_until 20 grep -q "pidfd $pid" "$LOGS/pidfd.report"
    hull delete --force "$ID"
    wait_until 20 grep -q exited "$LOGS/pidfd.out"
}

@test "what can't be executed leaves no pid file and no process" {
    start_container
    run_hull exec --detach --pid-file "$BATS_TEST_TMPDIR/none" "$ID" nope
    assert_failure 255
    [ ! -e "$BATS_TEST_TMPDIR/none" ]
    assert_equal "$(hull ps --format json "$ID")" "[$(container_pid)]"
    run_hull exec --detach --pidfd-socket /no/such/socket "$ID" sleep 1000
    assert_failure 255
    assert_equal "$(hull ps --format json "$ID")" "[$(container_pid)]"
}

@test "--tty in the foreground: the caller's size, exit status, no carriage returns added" {
    start_container
    run script -qec "stty rows 33 cols 99; ${HULL_CMD[*]} exec --tty $ID sh -c 'test -t 0 && test -t 1 && tty && stty size; exit 3'" /dev/null
    assert_failure 3
    assert_contains /dev/pts/
    assert_contains "33 99"
    run_hull exec --tty "$ID" sh -c 'echo a; echo b'
    assert_success
    assert_output "a
b"
}

@test "--tty --detach: the terminal arrives at the console socket" {
    start_container
    start_console
    run_hull exec --tty --detach --console-socket "$CONSOLE_SOCKET" "$ID" sh -c 'echo hello from $(tty); read line; echo "you typed $line"; sleep 1000'
    assert_success
    console_says "hello from /dev/pts/"
    console_send something
    console_says "you typed something"
    run_hull exec --tty --detach "$ID" true
    assert_failure 255
    assert_contains "cannot allocate tty if hull will detach without setting console socket"
    run_hull exec --console-socket "$CONSOLE_SOCKET" "$ID" true
    assert_failure 255
    assert_contains "cannot use console socket if hull will not detach or allocate tty"
}

@test "--process with a terminal of a given size, of another user" {
    other_users
    start_container
    start_console
    jq -n '{args: ["sh", "-c", "stty size; stat -c %u $(tty); sleep 1000"], cwd: "/", env: ["PATH=/bin"], user: {uid: 1000, gid: 1000}, terminal: true,
        consoleSize: {height: 11, width: 22}}' > "$BATS_TEST_TMPDIR/process.json"
    run_hull exec --process "$BATS_TEST_TMPDIR/process.json" --detach --console-socket "$CONSOLE_SOCKET" "$ID"
    assert_success
    console_says "11 22"
    console_says 1000
}

@test "a container without a /dev/null any more: the host's as standard streams becomes one of its own" {
    requires root:mknod
    update_config '.root.readonly = false'
    set_args sleep 1000
    start_container
    hull exec "$ID" rm /dev/null
    hull exec "$ID" sh -c 'cat; chmod 600 /proc/self/fd/0; [ -c /proc/self/fd/0 ] && stat -L -c "%a %t:%T" /proc/self/fd/0 > /seen; echo lost' < /dev/null > /dev/null 2>&1
    assert_equal "$(cat "$BUNDLE/rootfs/seen")" "600 1:3"
    assert_equal "$(stat -c %a /dev/null)" 666
}

@test "exec: a reader of the caller's terminal that stops when hull ends has read everything" {
    start_container
    # as CRI-O does it: one thread copies, the other closes the terminal as soon as the command has ended; this one takes 5 ms to notice
    reader='import os, pty, select, subprocess, sys, threading, time
master, slave = pty.openpty(); got = b""; ended = False
def copy():
    global got
    while True:
        select.select([master], [], []); time.sleep(0.005)
        if ended: return
        got += os.read(master, 4096)
threading.Thread(target=copy, daemon=True).start()
process = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
process.wait(); ended = True; sys.stdout.write(got.decode())'
    # On a busy machine the reader gets no CPU within hull's 20 ms now and then: half of the tries suffice. Without these 20 ms none would do.
    local read_all=0
    for i in 1 2 3 4 5 6 7 8 9 10; do
        [ "$(timeout 60 python3 -c "$reader" "${HULL_CMD[@]}" exec -t "$ID" echo "last words" | tr -d '\r')" != "last words" ] ||
            read_all=$((read_all + 1))
        [ $read_all -lt 5 ] || return 0
    done
    fail "the reader had all of the output in $read_all of 10 tries"
}

@test "exec --tty: no pty is left" {
    update_config '(.mounts[] | select(.type == "devpts") | .options) += ["max=2"]'
    set_args sh -c 'exec 5<> /dev/ptmx 6<> /dev/ptmx; echo open; while :; do sleep 1; done'
    start_container
    wait_until 20 grep -q open "$LOGS/$ID.out"
    run_hull exec --tty --detach --console-socket /nowhere "$ID" true
    assert_failure
    assert_contains "open ptmx of the container's /dev/pts: no space left on device; no pty is left"
}
