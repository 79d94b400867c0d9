# SPDX-License-Identifier: LGPL-2.1-or-later
# The container's process: user, capabilities, limits, environment, descriptors, seccomp, terminal; what create hands over.
load helpers

setup() {
    begin_test
    setup_bundle
}

caps() { for set in Inh Prm Eff Bnd Amb; do printf '%s ' "$(status_field "$1" Cap$set)"; done; }

@test "five sets of capabilities" {
    other_users
    update_config '.process.capabilities = {bounding: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"], permitted: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_RAW"],
        effective: ["CAP_CHOWN", "CAP_KILL"], inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}'
    update_config '.process.noNewPrivileges = false'
    start_container
    # execve gives a process of root the bounding set as permitted and effective set (capabilities(7))
    assert_equal "$(caps "$(container_pid)")" "0000000000000020 0000000000002021 0000000000002021 0000000000002021 0000000000000020 "
    hull delete --force "$ID"
    update_config '.process.user.uid = 1000'
    start_container
    assert_equal "$(caps "$(container_pid)")" "0000000000000020 0000000000000020 0000000000000020 0000000000002021 0000000000000020 "
}

@test "capabilities that execve takes away because the bounding set lacks them: a warning" {
    setup_bundle
    update_config '.process.capabilities = {bounding: ["CAP_CHOWN"], permitted: ["CAP_CHOWN", "CAP_KILL"], effective: ["CAP_CHOWN", "CAP_KILL"],
        inheritable: [], ambient: []}'
    set_args sh -c 'grep CapPrm /proc/self/status'
    run_hull run "$ID"
    assert_success
    assert_contains "/process/capabilities/bounding: lacks CAP_KILL"
    assert_contains "CapPrm:	0000000000000001" # CAP_CHOWN
    update_config '.process.capabilities.bounding = ["CAP_CHOWN", "CAP_KILL"]'
    run_hull run "$ID"
    assert_success
    refute_contains lacks
}

@test "no capabilities at all" {
    update_config '.process.capabilities = {bounding: [], permitted: [], effective: [], inheritable: [], ambient: []}'
    start_container
    assert_equal "$(caps "$(container_pid)")" "$(printf '0000000000000000 %.0s' 1 2 3 4 5)"
}

@test "user, group, additional groups, umask" {
    other_users
    update_config '.process.user = {uid: 1000, gid: 2000, additionalGids: [3000, 4000], umask: 23}'
    set_args sh -c 'id -u; id -g; id -G; umask'
    run_hull run "$ID"
    assert_success
    assert_output "1000
2000
2000 3000 4000
0027"
}

@test "without umask, the caller's" {
    set_args sh -c umask
    umask 0057
    run_hull run "$ID"
    assert_output 0057
}

@test "no_new_privs" {
    update_config '.process.noNewPrivileges = true'
    start_container
    assert_equal "$(status_field "$(container_pid)" NoNewPrivs)" 1
    hull delete --force "$ID"
    update_config '.process.noNewPrivileges = false'
    start_container
    assert_equal "$(status_field "$(container_pid)" NoNewPrivs)" 0
}

@test "a limit of descriptors that leaves none for the init ends it, and start says so" {
    update_config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 3, hard: 3}]'
    create_container
    run_hull start "$ID"
    assert_failure 1
    wait_for_status "$ID" stopped
}

@test "rlimits" {
    update_config '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 128, hard: 256}, {type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_STACK", soft: 4194304, hard: 4194304}]'
    start_container
    run awk '/Max open files/ {print $4, $5} /Max core/ {print $5, $6} /Max stack/ {print $4, $5}' "/proc/$(container_pid)/limits"
    assert_equal "$(sort <<< "$output")" "0 0
128 256
4194304 4194304"
}

@test "oomScoreAdj, and unset means unchanged" {
    update_config '.process.oomScoreAdj = 321'
    start_container
    assert_equal "$(cat "/proc/$(container_pid)/oom_score_adj")" 321
    hull delete --force "$ID"
    update_config 'del(.process.oomScoreAdj)'
    start_container
    assert_equal "$(cat "/proc/$(container_pid)/oom_score_adj")" "$(cat /proc/self/oom_score_adj)"
}

@test "scheduler, ioPriority, and the affinity is reset" {
    update_config '.process.scheduler = {policy: "SCHED_BATCH", nice: 19} | .process.ioPriority = {class: "IOPRIO_CLASS_IDLE", priority: 0}'
    cd "$BUNDLE"
    run taskset -c 0 env HULL="$HULL" true
    assert_success
    hull run --detach "$ID"
    pid=$(container_pid)
    assert_equal "$(awk '{print $41, $19}' "/proc/$pid/stat")" "3 19"
    run ionice -p "$pid"
    assert_output idle
    assert_equal "$(status_field "$pid" Cpus_allowed_list)" "$(cat /sys/devices/system/cpu/online)"
}

@test "memory policy and personality" {
    update_config '.linux.memoryPolicy = {mode: "MPOL_BIND", nodes: "0"} | .linux.personality = {domain: "LINUX32"}'
    set_args uname -m
    run_hull run "$ID"
    assert_success
    assert_output i686
}

@test "the environment: the last of two equal names, HOME from passwd, nothing of the caller's" {
    echo 'someone:x:4321:4321::/home/someone:/bin/sh' >> "$BUNDLE/rootfs/etc/passwd"
    update_config '.process.env = ["A=1", "A=2", "PATH=/bin", "HOME="]'
    update_config '.process.user = {uid: 4321, gid: 4321}'
    other_users
    set_args env
    FOREIGN=yes run_hull run "$ID"
    assert_success
    assert_equal "$(sort <<< "$output")" "A=2
HOME=/home/someone
PATH=/bin"
}

@test "the working directory is made, and lies inside" {
    update_config '.process.cwd = "/made/for/me" | .root.readonly = false'
    set_args pwd
    run_hull run "$ID"
    assert_success
    assert_output /made/for/me
    ln -s /made "$BUNDLE/rootfs/link"
    update_config '.process.cwd = "/link/for/me"'
    run_hull run "$ID"
    assert_output /made/for/me
    update_config '.process.cwd = "/in/read-only" | .root.readonly = true'    # as with runc
    run_hull run "$ID"
    assert_success
    assert_output /in/read-only
    [ -d "$BUNDLE/rootfs/in/read-only" ]
}

@test "only standard streams are open inside; foreign descriptors don't get in" {
    set_args ls /proc/self/fd
    exec 5< /etc/hostname 9< /etc/hostname
    run_hull run "$ID"
    exec 5<&- 9<&-
    assert_success
    assert_equal "$(xargs <<< "$output")" "0 1 2 3" # 3: the directory that ls reads
}

@test "--preserve-fds keeps them" {
    echo hello > "$BATS_TEST_TMPDIR/file"
    set_args sh -c 'cat <&3; ls /proc/self/fd | xargs'
    run "${HULL_CMD[@]}" run --preserve-fds 1 --bundle "$BUNDLE" "$ID" 3< "$BATS_TEST_TMPDIR/file"
    assert_success
    assert_contains hello
}

@test "LISTEN_FDS: the descriptors that were meant for hull are the container's, and announced to it as its own" {
    echo one > "$BATS_TEST_TMPDIR/one"; echo two > "$BATS_TEST_TMPDIR/two"
    set_args sh -c 'env | grep LISTEN | sort; for fd in 3 4 5; do cat <&$fd; done 2>/dev/null; true'
    # shellcheck disable=SC2016 # the inner shell's: it becomes hull
    start='exec 3< one 4< two 5< two; LISTEN_FDS=$3 LISTEN_PID=${4:-$$} exec $hull run $5 --bundle "$2" "$ID"'
    export ID hull="${HULL_CMD[*]}"
    cd "$BATS_TEST_TMPDIR"
    run bash -c "$start" "$HULL" "$ROOT" "$BUNDLE" 2
    assert_output "LISTEN_FDS=2
LISTEN_PID=1
one
two"
    run bash -c "$start" "$HULL" "$ROOT" "$BUNDLE" 1 "" "--preserve-fds 2"
    assert_output "LISTEN_FDS=1
LISTEN_PID=1
one
two
two"
    run bash -c "$start" "$HULL" "$ROOT" "$BUNDLE" 2 1    # meant for another process
    assert_output ""
}

@test "the pid file is whole, relative to the caller" {
    cd "$BATS_TEST_TMPDIR"
    run_hull create --bundle "$BUNDLE" --pid-file here "$ID"
    assert_success
    assert_equal "$(cat here)" "$(container_pid)"
    assert_equal "$(ls -A | grep -c here)" 1
}

@test "the pidfd arrives" {
    start_pidfd_receiver
    run_hull create --bundle "$BUNDLE" --pidfd-socket "$PIDFD_SOCKET" "$ID"
    assert_success
    wait_until 20 grep -q "pidfd $(container_pid)" "$LOGS/pidfd.report"
}

@test "a session keyring of its own, and --no-new-keyring" {
    set_args cat /proc/keys
    update_config '.linux.maskedPaths = []'
    run_hull run "$ID"
    assert_success
    [[ $output == *"_ses.$ID"* ]] || skip "the kernel shows no keys here"
    run_hull run --no-new-keyring "$(new_id other)"
    refute_contains "_ses.$(new_id other)"
}

@test "seccomp: errno, allowed, arguments, and the mode" {
    update_config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
        syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95},
                   {names: ["kill"], action: "SCMP_ACT_ERRNO", errnoRet: 22, args: [{index: 1, value: 10, op: "SCMP_CMP_EQ"}]}]}
        | .root.readonly = false'
    set_args sh -c 'mkdir /x 2>&1; kill -USR1 $$ 2>&1; kill -0 $$ && echo alive; grep Seccomp: /proc/self/status'
    run_hull run "$ID"
    assert_contains "Operation not supported"
    assert_contains alive
    assert_matches "Seccomp:.2"
}

@test "seccomp without no_new_privs" {
    update_config '.process.noNewPrivileges = false | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO"}]}'
    start_container
    assert_equal "$(status_field "$(container_pid)" Seccomp)" 2
    assert_equal "$(status_field "$(container_pid)" NoNewPrivs)" 0
}

@test "signals: nothing is blocked or ignored, whatever the caller does" {
    trap '' USR1 PIPE HUP
    set_args sleep 1000
    hull run --detach "$ID"
    trap - USR1 PIPE HUP
    pid=$(container_pid)
    assert_equal "$(status_field "$pid" SigIgn) $(status_field "$pid" SigBlk)" "0000000000000000 0000000000000000"
}

@test "run: exit status, signal, forwarded signal" {
    set_args sh -c 'exit 42'
    run_hull run "$ID"
    assert_failure 42
    set_args sh -c 'kill -KILL $$; sleep 1000'
    update_config '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(select(.type != "proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
    run_hull run "$ID"
    assert_failure 137
}

@test "run and create: while they wait for their configuration, a signal ends them" {
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    for command in run create; do
        run timeout -k 3 0.5 "${HULL_CMD[@]}" "$command" --config "$BATS_TEST_TMPDIR/fifo" "$ID" < /dev/null
        assert_failure 124      # 137: only SIGKILL ends it
    done
}

@test "run: a configuration that can be read only once" {
    set_args echo inside
    run "${HULL_CMD[@]}" run --config <(cat config.json) "$ID" < /dev/null
    assert_success
    assert_contains inside
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    cat config.json > "$BATS_TEST_TMPDIR/fifo" 3>&- &
    run timeout -k 1 10 "${HULL_CMD[@]}" run --config "$BATS_TEST_TMPDIR/fifo" "$ID" < /dev/null
    assert_success
    assert_contains inside
}

@test "run --keep: what has stopped stays until it is deleted" {
    set_args sh -c 'exit 3'
    run_hull run --keep "$ID"
    assert_failure 3
    assert_equal "$(container_status)" stopped
    run_hull run --keep "$ID"
    assert_failure 1
    assert_contains "container with given ID already exists"
    run_hull delete "$ID"
    assert_success
    run_hull run "$ID"
    assert_failure 3
    run_hull state "$ID"
    assert_failure 1
}

@test "run: orphans are hull's to reap; with --no-subreaper the caller's" {
    requires root:host
    # prints the parent of the first process, which is hull, and the parent of an orphan
    set_args sh -c 'orphan=$(sh -c "sleep 100 >/dev/null & echo \$!"); for p in $$ $orphan; do
        while :; do parent=$(awk "/^PPid/{print \$2}" /proc/$p/status); [ "$(cat /proc/$parent/comm)" = sh ] || break; done; echo $parent; done'
    update_config '.linux.namespaces |= map(select(.type != "pid")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
    run_hull run "$ID"
    assert_success
    assert_equal "${lines[0]}" "${lines[1]}"
    run_hull run --no-subreaper "$ID"
    assert_success
    [ "${lines[0]}" != "${lines[1]}" ] || fail "hull is the parent of the orphan"
}

@test "a container that was only created ends when it is told to" {
    create_container
    pid=$(container_pid)
    run_hull kill "$ID" TERM
    assert_success
    wait_until 20 _gone "$pid"
    wait_for_status "$ID" stopped
    run_hull start "$ID"
    assert_failure
    assert_contains "cannot start a container that has stopped"
}

@test "the config has no process: created, and start refuses" {
    printf '{"ociVersion": "1.0.0", "root": {"path": "rootfs"}}' > "$BUNDLE/config.json"
    if rootless; then
        update_config '.linux.namespaces = [{type: "mount"}, {type: "user"}]'
        userns_config
    fi
    create_container
    assert_equal "$(container_status)" created
    run_hull start "$ID"
    assert_failure 1
    assert_contains process
}

@test "later edits of config.json have no effect" {
    set_args sh -c 'echo first'
    create_container
    set_args sh -c 'echo second'
    hull start "$ID"
    wait_for_status "$ID" stopped
    assert_equal "$(container_output)" first
}

@test "start twice, start a running one" {
    start_container
    run_hull start "$ID"
    assert_failure 1
    assert_contains "cannot start an already running container"
}

@test "kill: by name and number, on a stopped one, on a missing one" {
    set_args sh -c 'trap "exit 5" USR1; echo ready; while :; do sleep 0.1; done'
    start_container
    wait_until 20 grep -q ready "$LOGS/$ID.out"
    run_hull kill "$ID" sigusr1
    assert_success
    wait_for_status "$ID" stopped
    run_hull kill "$ID" 9
    assert_failure 1
    assert_contains "container not running"
    run_hull kill --all "$ID" 9
    assert_success
    run_hull kill nonesuch 9
    assert_failure 1
    assert_contains "does not exist"
}

@test "kill KILL without a PID namespace of its own ends every process of the cgroup" {
    requires cgroup-writable
    update_config '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(select(.type != "proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
    set_args sh -c 'sleep 2000 & sleep 1000'
    start_container
    wait_until 20 eval '[ "$(wc -l < "$(cgroup_path pids)/cgroup.procs")" -ge 2 ]'
    procs=$(cat "$(cgroup_path pids)/cgroup.procs")
    run_hull kill "$ID" KILL
    assert_success
    for p in $procs; do wait_until 20 _gone "$p"; done
}

@test "kill KILL of what a first process in a shared PID namespace has left behind" {
    requires cgroup-writable
    update_config '.linux.namespaces |= map(select(.type != "pid")) | .mounts |= map(select(.type != "proc")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
    set_args sh -c 'sleep 2000 & sleep 1000'
    start_container
    file=$(cgroup_path pids)/cgroup.procs
    wait_until 20 eval '[ "$(wc -l < "$file")" -ge 2 ]'
    kill -KILL "$(container_pid)"
    wait_for_status "$ID" stopped
    procs=$(cat "$file")
    [ -n "$procs" ] || fail "nothing is left"
    run_hull kill "$ID" TERM
    assert_failure 1
    run_hull kill "$ID" KILL
    assert_success
    for p in $procs; do wait_until 20 _gone "$p"; done
    run_hull kill "$ID" KILL
    assert_failure 1
    assert_contains "container not running"
}

@test "delete: refuses a running one, takes a stopped one, force takes any and none" {
    start_container
    run_hull delete "$ID"
    assert_failure 1
    assert_contains "that is not stopped: running"
    run_hull delete --force "$ID"
    assert_success
    run_hull delete --force "$ID"
    assert_success
    run_hull delete "$ID"
    assert_failure 1
}

@test "a terminal on the caller's own tty: size, no carriage returns on the container's side, exit status" {
    update_config '.process.terminal = true'
    set_args sh -c 'test -t 0 && test -t 1 && stty size; exit 3'
    run script -qec "stty rows 33 cols 99; ${HULL_CMD[*]} run --bundle $BUNDLE $ID" /dev/null
    assert_failure 3
    assert_contains "33 99"
}

@test "terminal without a console socket, and a console socket without a terminal" {
    update_config '.process.terminal = true'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "cannot allocate tty if hull will detach without setting console socket"
    update_config '.process.terminal = false'
    run_hull create --bundle "$BUNDLE" --console-socket /nowhere "$ID"
    assert_failure 1
    assert_contains "cannot use console socket if hull will not detach or allocate tty"
}

@test "consoleSize" {
    update_config '.process.terminal = true | .process.consoleSize = {height: 11, width: 22}'
    set_args sh -c 'stty size; sleep 1000'
    start_console
    hull create --bundle "$BUNDLE" --console-socket "$CONSOLE_SOCKET" "$ID"
    hull start "$ID"
    console_says "11 22"
}

@test "sd_notify: READY=1 is passed on with MAINPID" {
    socket=$BATS_TEST_TMPDIR/notify
    background notify socat -u "UNIX-RECV:$socket" STDOUT
    wait_until 20 test -S "$socket"
    send='import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"READY=1\n", sys.argv[1])'
    NOTIFY_SOCKET=$socket create_container
    pid=$(container_pid)
    NOTIFY_SOCKET=$socket timeout 60 "${HULL_CMD[@]}" start "$ID" 3>&- 4>&- &
    starter=$!
    wait_until 20 test -S "$ROOT/$ID/notify/notify.sock"
    python3 -c "$send" "$ROOT/$ID/notify/notify.sock"
    wait_until 20 grep -q "MAINPID=$pid" "$LOGS/notify.out"
    grep -q READY=1 "$LOGS/notify.out"
    kill "$starter" 2> /dev/null || true
    wait_until 20 grep -q sleep "/proc/$pid/cmdline"
    tr '\0' '\n' < "/proc/$pid/environ" | grep -qx NOTIFY_SOCKET=/run/notify/notify.sock
}

@test "sd_notify: a manager's socket that isn't there is a warning, without the words of a missing command" {
    set_args true
    NOTIFY_SOCKET=/no/such/socket run_hull run "$ID"
    assert_success
    assert_contains "what the container reports is not passed on: it doesn't exist"
}

notify_manager() { # in the background: a manager that writes down what it gets, with the sender's PID and how many descriptors came along
    local manager='import array, socket, struct, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1]); s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
while True:
    text, parts, *_ = s.recvmsg(4096, 1024); pid = fds = 0
    for level, kind, data in parts:
        if kind == socket.SCM_CREDENTIALS: pid = struct.unpack("3i", data)[0]
        else: fds = len(array.array("i", data)); [__import__("os").close(fd) for fd in array.array("i", data)]
    print(text.decode().strip().replace("\n", " "), "pid", pid, "fds", fds, flush=True)'
    background manager python3 -c "$manager" "$1"
    wait_until 20 test -S "$1"
}
notify_from_inside() { # TEXT...: each a datagram, with a descriptor
    python3 -c 'import array, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for text in sys.argv[2:]:
    s.sendmsg([text.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))], 0, sys.argv[1])' "$ROOT/$ID/notify/notify.sock" "$@"
}

@test "sd_notify: what a detached container sends is passed on until it ends, as its first process's words" {
    requires root:credentials
    socket=$BATS_TEST_TMPDIR/notify
    notify_manager "$socket"
    NOTIFY_SOCKET=$socket create_container
    pid=$(container_pid)
    NOTIFY_SOCKET=$socket timeout 60 "${HULL_CMD[@]}" start "$ID" 3>&- 4>&- &
    starter=$!
    wait_until 20 test -S "$ROOT/$ID/notify/notify.sock"
    notify_from_inside STATUS=warming $'MAINPID=1\nREADY=1'
    wait $starter
    wait_until 20 grep -q "^READY=1 MAINPID=$pid " "$LOGS/manager.out"
    notify_from_inside WATCHDOG=1 $'FDSTORE=1\nFDNAME=x\nMAINPID=7' STOPPING=1
    wait_until 20 grep -q "^STOPPING=1 pid $pid fds 1$" "$LOGS/manager.out"
    grep -q "^STATUS=warming pid" "$LOGS/manager.out"
    grep -q "^WATCHDOG=1 pid $pid fds 1$" "$LOGS/manager.out"
    grep -q "^FDSTORE=1 FDNAME=x pid $pid fds 1$" "$LOGS/manager.out"
    ! grep -Eq "MAINPID=(1|7)( |$)" "$LOGS/manager.out"
    relay=$(pgrep -f "^${HULL_CMD[*]} start $ID")
    assert_equal "$(ls -l "/proc/$relay/fd" | grep -c "$BATS_TEST_TMPDIR")" 0 "files of the caller that the relay has open"
    hull kill "$ID" KILL
    wait_until 20 _gone "$relay"
}

@test "sd_notify: what a container in the foreground sends is passed on until it ends, by a process that ends with it" {
    socket=$BATS_TEST_TMPDIR/notify
    notify_manager "$socket"
    set_args sh -c 'until [ -e /stop ]; do sleep 0.05; done'
    NOTIFY_SOCKET=$socket timeout 60 "${HULL_CMD[@]}" run "$ID" 3>&- 4>&- &
    runner=$!
    wait_until 20 test -S "$ROOT/$ID/notify/notify.sock"
    notify_from_inside READY=1 WATCHDOG=1
    wait_until 20 grep -q "^WATCHDOG=1" "$LOGS/manager.out"
    relay=$(grep -lx hull-notify $(pgrep -f "^${HULL_CMD[*]} run $ID" | sed 's,.*,/proc/&/comm,') | cut -d/ -f3)
    assert_equal "$(ls -l "/proc/$relay/fd" | grep -c "$BATS_TEST_TMPDIR")" 0 "files of the caller that the relay has open"
    touch "$BUNDLE/rootfs/stop"
    wait $runner
    wait_until 20 _gone "$relay"
}

@test "a caller that ignores SIGCHLD: hooks, processes and ps are waited for" {
    HULL_CMD=(env --ignore-signal=CHLD "${HULL_CMD[@]}")
    rootless || update_config '.hooks.createRuntime = [{path: "/bin/true"}]'
    set_args sh -c 'exit 3'
    run_hull run "$ID"
    assert_failure 3
    set_args sleep 1000
    start_container
    run_hull exec "$ID" sh -c 'exit 4'
    assert_failure 4
    run_hull ps "$ID"
    assert_success
    assert_contains 'sleep 1000'
}
