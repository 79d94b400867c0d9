# SPDX-License-Identifier: LGPL-2.1-or-later
# checkpoint and restore
load helpers

setup() {
    # CRIU creates its cache in /run before the snapshot of the machine is taken
    if [ -n "${HULL_TEST_EXCLUSIVE:-}" ] && [ ! -e /run/criu.kdat ]; then criu check > /dev/null 2>&1 || true; fi
    begin_test
    IMAGES=$BATS_TEST_TMPDIR/images
}

# counting_bundle: a container whose process has a secret in its memory only, and says it, with a number that grows, when the file
# /dev/shm/ask is there
counting_bundle() {
    setup_bundle
    set_args sh -c 'secret=$(cat /proc/sys/kernel/random/uuid); n=0; echo begin; trap "exit 7" TERM
        while :; do n=$((n + 1)); if [ -e /dev/shm/ask ]; then echo "$secret $n" > /dev/shm/new; mv /dev/shm/new /dev/shm/answer; rm /dev/shm/ask; fi; sleep 0.05; done'
}

ask() { # [ID]: prints "SECRET NUMBER"
    local id=${1:-$ID}
    container_exec -ID "$id" sh -c 'rm -f /dev/shm/answer; : > /dev/shm/ask; n=0
        until [ -e /dev/shm/answer ]; do n=$((n + 1)); [ $n -lt 400 ] || exit 1; sleep 0.05; done; cat /dev/shm/answer' || fail "no answer from the container"
}

checkpoint() { run_hull checkpoint --image-path "$IMAGES" "$@"; }
restore() { run_hull restore --detach --image-path "$IMAGES" --bundle "$BUNDLE" "$@"; }

# the comparable part of the mounts: place, options, filesystem
mounts_of() { awk '{ for (i = 7; $i != "-"; i++); print $5, $6, $(i+1) }' "/proc/$1/mountinfo" | sort; }

assert_gone() { # ID PID
    ! hull state "$1" > /dev/null 2>&1 || fail "the container $1 is still there"
    _gone "$2" || fail "its process $2 still runs"
    [ ! -e "$ROOT/$1" ] || fail "$ROOT/$1 is still there"
}

# after a failed restore; the end of the test looks for processes, mounts and cgroups
assert_no_container() { [ ! -e "$ROOT/$ID" ] || fail "something is left: $(ls "$ROOT/$ID")"; }

@test "a checkpoint ends the container, a restore lets it go on: memory, files of a tmpfs, mounts, limits, exec" {
    requires criu
    counting_bundle
    if has_controller memory; then update_config '.linux.resources.memory.limit = 67108864'; fi
    if has_controller pids; then update_config '.linux.resources.pids.limit = 5'; fi
    start_container
    before=$(ask) pid=$(container_pid) mounts=$(mounts_of "$(container_pid)")
    container_exec sh -c 'echo kept > /dev/shm/file'
    checkpoint "$ID"
    assert_success
    assert_gone "$ID" "$pid"
    run_hull delete "$ID"       # as after runc's checkpoint
    assert_failure 1
    assert_contains "container does not exist"

    restore --pid-file "$BATS_TEST_TMPDIR/pid" "$ID"
    assert_success
    assert_equal "$(container_status)" running
    pid=$(container_pid)
    assert_equal "$(cat "$BATS_TEST_TMPDIR/pid")" "$pid"
    after=$(ask)
    assert_equal "${after% *}" "${before% *}" "what the process remembers"
    [ "${after#* }" -gt "${before#* }" ] || fail "the counter went from $before to $after"
    assert_equal "$(mounts_of "$pid")" "$mounts" "mounts"
    assert_equal "$(container_exec cat /dev/shm/file)" kept
    if has_controller memory; then
        assert_equal "$(cgroup_value memory "$(on_v2 && echo memory.max || echo memory.limit_in_bytes)")" 67108864
    fi
    if has_controller pids; then assert_equal "$(cgroup_value pids pids.max)" 5; fi
    ! container_exec touch /file 2> /dev/null || fail "the read-only root can be written to"
    assert_equal "$(status_field "$pid" Seccomp)" "$(status_field "$(container_exec sh -c 'echo $$' > /dev/null; container_pid)" Seccomp)"
    run_hull kill "$ID" TERM
    wait_for_status "$ID" stopped
    run_hull delete "$ID"
    assert_success
}

@test "checkpoint --leave-running: it runs on, and another one is made of it" {
    requires criu
    counting_bundle
    start_container
    before=$(ask)
    checkpoint --leave-running "$ID"
    assert_success
    assert_equal "$(container_status)" running
    now=$(ask)
    assert_equal "${now% *}" "${before% *}"
    restore "$ID"
    assert_failure 1
    assert_contains "container with given ID already exists"
    other=$(new_id other)
    restore "$other"
    assert_success
    after=$(ask "$other")
    assert_equal "${after% *}" "${before% *}"
    assert_equal "$(container_status)" running
}

@test "checkpoint: of a paused container, which stays paused where it is left running" {
    requires criu cgroup-writable
    counting_bundle
    start_container
    before=$(ask)
    hull pause "$ID"
    checkpoint --leave-running "$ID"
    assert_success
    assert_equal "$(container_status)" paused
    checkpoint "$ID"
    assert_success
    restore "$ID"
    assert_success
    assert_equal "$(container_status)" running
    after=$(ask)
    assert_equal "${after% *}" "${before% *}"
}

@test "restore: in the foreground, with the exit status of the process; nothing is left" {
    requires criu
    counting_bundle
    start_container
    checkpoint "$ID"
    assert_success
    "${HULL_CMD[@]}" restore --image-path "$IMAGES" --bundle "$BUNDLE" "$ID" < /dev/null > "$LOGS/restore.out" 2>&1 3>&- &
    waiting=$!
    wait_for_status "$ID" running
    hull kill "$ID" TERM
    status=0
    wait $waiting || status=$?
    assert_equal "$status" 7 "$(cat "$LOGS/restore.out")"
    [ ! -e "$ROOT/$ID" ] || fail "the container is still there"
}

@test "checkpoint, restore: standard streams that are pipes, and files of the host, are the restorer's" {
    requires criu
    setup_bundle
    set_args sh -c 'trap "echo out; echo err >&2; echo in: \$(cat); exit" TERM; echo begin; while :; do sleep 0.05; done'
    "${HULL_CMD[@]}" run --detach "$ID" < /dev/null 2>&1 3>&- | cat > first &
    wait_until 20 grep -q begin first
    checkpoint "$ID"
    assert_success
    assert_equal "$(jq -r '.[1]' "$IMAGES/descriptors.json" | sed 's/[0-9]*//g')" 'pipe:[]'
    echo typed > input
    # pipes are restored as pipes, and the host's null device as the present one
    ("${HULL_CMD[@]}" restore --image-path "$IMAGES" "$ID" < /dev/null 2>&1 3>&- | cat > second) &
    waiting=$!
    wait_for_status "$ID" running
    hull kill "$ID" TERM
    wait $waiting
    assert_equal "$(cat second)" $'out\nerr\nin:' "the restored output"
    assert_equal "$(cat first)" begin
}

@test "restore: the terminal goes to the console socket, with what was typed before" {
    requires criu
    setup_bundle
    update_config '.process.terminal = true'
    set_args sh -c 'stty -echo; while read line; do echo "line: $line"; tty; done'
    start_console
    hull run --detach --console-socket "$CONSOLE_SOCKET" "$ID"
    console_send one
    console_says 'line: one'
    checkpoint "$ID"
    assert_success
    wait_console
    restore "$ID"
    assert_failure 1
    assert_contains "console socket"
    start_console
    restore --console-socket "$CONSOLE_SOCKET" "$ID"
    assert_success
    console_send two
    console_says 'line: two'
    console_says '/dev/pts/0'
}

@test "checkpoint, restore: volumes, files, mounts below a volume, read-only and not; into another rootfs" {
    requires criu
    counting_bundle
    mkdir -p volume/below readonly "rootfs/run" other
    test_mount -t tmpfs tmpfs "$BUNDLE/volume/below"
    echo one > volume/file; echo two > volume/below/file; echo three > readonly/file; echo four > single
    rm -rf rootfs/var; mkdir rootfs/var; ln -s /run rootfs/var/run
    update_config --arg dir "$BUNDLE" '.mounts += [
        {destination: "/data", type: "bind", source: ($dir + "/volume"), options: ["rbind", "rw", "nosuid"]},
        {destination: "/var/run/readonly", type: "bind", source: "readonly", options: ["bind", "ro", "nodev", "noexec"]},
        {destination: "/etc/single", type: "bind", source: "single", options: ["bind", "ro"]},
        {destination: "/scratch", type: "tmpfs", source: "tmpfs", options: ["nosuid"]},
        {destination: "/scratch/inner", type: "bind", source: "readonly", options: ["bind", "nosymfollow"]}]'
    start_container
    before=$(ask) mounts=$(mounts_of "$(container_pid)")
    container_exec sh -c 'echo five > /scratch/file'
    checkpoint "$ID"
    assert_success
    # as an engine does it on another host: a fresh root file system, without mountpoints
    rm -rf rootfs; setup_rootfs "$BUNDLE/rootfs"; rm -rf rootfs/var; mkdir rootfs/var; ln -s /run rootfs/var/run
    echo 'replaced' > new; mv new single
    restore "$ID"
    assert_success
    after=$(ask)
    assert_equal "${after% *}" "${before% *}"
    assert_equal "$(mounts_of "$(container_pid)")" "$mounts" "mounts"
    assert_equal "$(container_exec cat /data/file /data/below/file /run/readonly/file /etc/single /scratch/file /scratch/inner/file | xargs)" "one two three replaced five three"
    container_exec sh -c 'echo changed > /data/file; ! echo changed > /run/readonly/file; ! echo changed > /etc/single' 2> /dev/null
    assert_equal "$(cat volume/file readonly/file single | xargs)" "changed three replaced"
}

@test "restore: volumes inside volumes, on a host where the outer ones have no mountpoints yet" {
    requires criu
    counting_bundle
    mkdir -p outer inner third
    echo one > outer/file; echo two > inner/file; echo three > third/file; echo four > single
    update_config '.mounts += [
        {destination: "/data", type: "bind", source: "outer", options: ["rbind", "rw"]},
        {destination: "/data/inner", type: "bind", source: "inner", options: ["bind", "rw"]},
        {destination: "/data/inner/third", type: "bind", source: "third", options: ["bind", "ro"]},
        {destination: "/data/single", type: "bind", source: "single", options: ["bind", "ro"]}]'
    start_container
    before=$(ask) mounts=$(mounts_of "$(container_pid)")
    checkpoint "$ID"
    assert_success
    rm -r outer inner; mkdir outer inner; echo one > outer/file; echo two > inner/file
    restore "$ID"
    assert_success
    after=$(ask)
    assert_equal "${after% *}" "${before% *}"
    assert_equal "$(mounts_of "$(container_pid)")" "$mounts" "mounts"
    assert_equal "$(container_exec cat /data/file /data/inner/file /data/inner/third/file /data/single | xargs)" "one two three four"
}

@test "restore: a mount that the configuration has no more, or another one, is an error" {
    requires criu
    counting_bundle
    mkdir volume
    update_config '.mounts += [{destination: "/data", type: "bind", source: "volume", options: ["bind", "ro"]}]'
    start_container
    checkpoint "$ID"
    assert_success
    cp config.json whole.json
    update_config '.mounts |= map(select(.destination != "/data"))'
    restore "$ID"
    assert_failure 1
    assert_contains "the container had a mount of the host on /data, and config.json has none"
    assert_no_container
    cp whole.json config.json
    rmdir volume; : > volume
    restore "$ID"
    assert_failure 1
    assert_no_container
    rm volume; mkdir volume
    restore "$ID"
    assert_success
}

@test "checkpoint, restore: user namespace, ID-mapped root and volumes" {
    requires criu userns idmap
    counting_bundle
    userns_config
    mkdir volume; echo text > volume/file; chown 5:5 volume/file
    update_config '.mounts += [{destination: "/data", type: "bind", source: "volume", options: ["rbind", "rw", "idmap"]}]'
    # in a user namespace CRIU can't reopen a file of the host; pipes need no reopening
    "${HULL_CMD[@]}" run --detach "$ID" < /dev/null 2>&1 3>&- | cat > first &
    wait_for_status "$ID" running
    before=$(ask) mounts=$(mounts_of "$(container_pid)")
    assert_equal "$(container_exec stat -c %u:%g /data/file)" 5:5
    checkpoint "$ID"
    assert_success
    "${HULL_CMD[@]}" restore --detach --image-path "$IMAGES" "$ID" < /dev/null 2>&1 3>&- | cat > second &
    wait_for_status "$ID" running || fail "$(cat second)"
    pid=$(container_pid)
    after=$(ask)
    assert_equal "${after% *}" "${before% *}"
    assert_equal "$(awk '{ print $1, $2, $3 }' "/proc/$pid/uid_map")" "0 $FIRST_ID $ID_COUNT"
    assert_equal "$(status_field "$pid" Uid)" "$FIRST_ID $FIRST_ID $FIRST_ID $FIRST_ID"
    assert_equal "$(mounts_of "$pid")" "$mounts" "mounts"
    assert_equal "$(container_exec stat -c %u:%g /data/file /bin/busybox | xargs)" "5:5 0:0"
    container_exec sh -c 'echo > /dev/null && echo new > /data/new'
    assert_equal "$(stat -c %u:%g volume/new)" 0:0
}

@test "checkpoint: an ID-mapped source inside an earlier mount can't be made again: refused, and the container runs on" {
    requires criu userns idmap
    counting_bundle
    userns_config
    mkdir -p volume/sub rootfs/{data,again}
    update_config --arg src "$BUNDLE/rootfs/data/sub" '.mounts += [{destination: "/data", type: "bind", source: "volume", options: ["bind"]},
        {destination: "/again", type: "bind", source: $src, options: ["bind", "ro", "idmap"]}]'
    start_container
    checkpoint "$ID"
    assert_failure 1
    assert_contains "/mounts/8: checkpoint and restore can't ID-map a source inside an earlier mount of the container"
    assert_equal "$(container_status)" running
}

@test "checkpoint, restore: namespaces that are joined by path" {
    requires criu
    counting_bundle
    netns=$(test_netns one)
    hold_namespaces holder --ipc --uts
    update_config --arg netns "$netns" --arg holder "/proc/$BACKGROUND_PID/ns" 'del(.hostname) | .linux.namespaces |= map(
        if .type == "network" then .path = $netns elif .type == "ipc" or .type == "uts" then .path = $holder + "/" + .type else . end)'
    start_container
    before=$(ask)
    checkpoint "$ID"
    assert_success
    restore "$ID"
    assert_success
    pid=$(container_pid)
    after=$(ask)
    assert_equal "${after% *}" "${before% *}"
    [ "/proc/$pid/ns/net" -ef "$netns" ] || fail "another network namespace"
    shares_namespace "$pid" "$BACKGROUND_PID" ipc || fail "another IPC namespace"
    shares_namespace "$pid" "$BACKGROUND_PID" uts || fail "another UTS namespace"
}

@test "restore: the hooks that make a network run, with the pid; those of deletion at checkpoint and at delete" {
    requires criu
    counting_bundle
    printf '#!/bin/sh\necho "$1 $(sed "s/.*\\"status\\":\\"\\([a-z]*\\)\\".*/\\1/")" >> %s\n' "$BUNDLE/log" > hook
    chmod +x hook
    update_config --arg hook "$BUNDLE/hook" '.hooks = ([["prestart", "createRuntime", "createContainer", "poststart", "poststop"][] | {(.): [{path: $hook, args: ["hook", .]}]}] | add)'
    start_container
    checkpoint "$ID"
    assert_success
    assert_equal "$(tail -n 1 log)" "poststop stopped"
    : > log
    restore "$ID"
    assert_success
    assert_equal "$(xargs < log)" "prestart creating createRuntime creating"
    hull delete --force "$ID"
    assert_equal "$(tail -n 1 log)" "poststop stopped"
    update_config '.hooks.createRuntime[0].path = "/bin/false"'
    restore "$ID"
    assert_failure 1
    assert_contains "createRuntime hook #0"
    assert_no_container
}

@test "checkpoint: what CRIU can't do is an error with the end of its log, and the container runs on" {
    requires criu
    counting_bundle
    start_container
    before=$(ask)
    container_exec sh -c '(nc -l -p 5000 -e cat & sleep 0.3; (while sleep 0.1; do echo ping; done) | nc 127.0.0.1 5000 > /dev/shm/echoed) > /dev/null 2>&1 &
        n=0; until [ -s /dev/shm/echoed ]; do n=$((n + 1)); [ $n -lt 400 ] || exit 1; sleep 0.05; done'
    mkdir work
    checkpoint --work-path work "$ID"
    assert_failure 1
    assert_contains "log file: $BUNDLE/work/dump.log"
    assert_contains "Error ("
    assert_equal "$(container_status)" running
    after=$(ask)
    assert_equal "${after% *}" "${before% *}"
}

@test "restore: what CRIU can't do is an error with the end of its log, and nothing is left" {
    requires criu
    counting_bundle
    start_container
    before=$(ask)
    checkpoint "$ID"
    assert_success
    mv "$IMAGES/core-1.img" kept
    restore "$ID"
    assert_failure 1
    assert_contains "log file: $IMAGES/restore.log"
    assert_contains "Error ("
    assert_no_container
    mv kept "$IMAGES/core-1.img"
    restore --pid-file /nonexistent/pid "$ID"   # when everything runs already
    assert_failure 1
    assert_contains "--pid-file"
    assert_no_container
    restore "$ID"
    assert_success
    after=$(ask)
    assert_equal "${after% *}" "${before% *}"
}

@test "checkpoint: open TCP connections only with --tcp-established; --tcp-close" {
    requires criu
    setup_bundle
    set_args sh -c 'nc -l -p 5000 -e cat & sleep 0.3; (while sleep 0.1; do echo ping; done) | nc 127.0.0.1 5000 > /dev/shm/echoed'
    start_container
    wait_until 20 test -s "/proc/$(container_pid)/root/dev/shm/echoed"
    checkpoint "$ID"
    assert_failure 1
    assert_equal "$(container_status)" running
    assert_contains tcp
    checkpoint --tcp-established "$ID"
    # CRIU up to 4.1 asks for an option that kernels from 6.16 on have for unix sockets only
    ! grep -q "Can't get 1:34 opt" "$IMAGES/dump.log" || skip "this CRIU and this kernel don't go together for TCP"
    assert_success
    restore --tcp-established "$ID"
    assert_success
    shm=/proc/$(container_pid)/root/dev/shm
    size=$(stat -c %s "$shm/echoed")
    wait_until 20 _bigger "$shm/echoed" "$size" || fail "the connection is dead"
}

_bigger() { [ "$(stat -c %s "$1")" -gt "$2" ]; }

@test "org.criu.config names a configuration file for CRIU; an empty one, none" {
    requires criu
    counting_bundle
    echo "log-file other.log" > criu.conf
    update_config --arg file "$BUNDLE/criu.conf" '.annotations["org.criu.config"] = $file'
    start_container
    checkpoint --leave-running "$ID"
    assert_success
    [ -s "$IMAGES/other.log" ] || fail "$(ls "$IMAGES")"
    rm criu.conf
    checkpoint "$ID"
    assert_failure 1
    assert_contains "/annotations/org.criu.config"
    assert_equal "$(container_status)" running
}

@test "checkpoint --pre-dump, --parent-path: memory first, the rest later" {
    requires criu
    criu check --feature mem_dirty_track > /dev/null 2>&1 || skip "this kernel doesn't track changes of memory (CONFIG_MEM_SOFT_DIRTY)"
    counting_bundle
    start_container
    before=$(ask)
    run_hull checkpoint --pre-dump --image-path "$IMAGES/first" "$ID"
    assert_success
    assert_equal "$(container_status)" running
    run_hull checkpoint --image-path "$IMAGES/second" --parent-path ../first "$ID"
    assert_success
    IMAGES=$IMAGES/second
    [ -e "$IMAGES/parent" ] || fail "no link to the parent"
    restore "$ID"
    assert_success
    after=$(ask)
    assert_equal "${after% *}" "${before% *}"
}

@test "checkpoint, restore: arguments that can't be" {
    requires root:criu
    setup_bundle
    start_container
    for arguments in '--parent-path=/first:must be relative' "--parent-path=missing:it doesn't exist" '--page-server=host:ADDRESS:PORT' '--page-server=host.0:ADDRESS:PORT' \
        '--empty-ns=user:only network' '--status-fd=77:descriptor 77' '--manage-cgroups-mode=all:expected' '--network-lock=all:expected'; do
        run_hull checkpoint --image-path "$IMAGES" "${arguments%%:*}" "$ID"
        assert_failure 1
        assert_contains "${arguments#*:}"
    done
    assert_equal "$(container_status)" running
    run_hull checkpoint "$(new_id none)"
    assert_failure 1
    assert_contains "container does not exist"
    run_hull restore --image-path "$BATS_TEST_TMPDIR/nowhere" "$(new_id none)"
    assert_failure 1
    assert_contains "--image-path: open $BATS_TEST_TMPDIR/nowhere: it doesn't exist"
    mkdir "$BATS_TEST_TMPDIR/empty"
    run_hull restore --image-path "$BATS_TEST_TMPDIR/empty" "$(new_id none)"
    assert_failure 1
    assert_contains "hull.json: it doesn't exist"
}

@test "checkpoint: only a running or paused container" {
    requires root:criu
    setup_bundle
    create_container
    checkpoint "$ID"
    assert_failure 1
    assert_contains "has not been started"
    hull start "$ID"
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    checkpoint "$ID"
    assert_failure 1
    assert_contains "container not running"
}

@test "restore: a container with a notify socket, by a caller who has none" {
    requires criu
    counting_bundle
    NOTIFY_SOCKET=$BATS_TEST_TMPDIR/notify create_container
    hull start "$ID"
    mounts=$(mounts_of "$(container_pid)")
    checkpoint "$ID"
    assert_success
    restore "$ID"
    assert_success
    assert_equal "$(mounts_of "$(container_pid)")" "$mounts" "mounts"
    [ -d "/proc/$(container_pid)/root/run/notify" ] || fail "no /run/notify"
}

@test "restore: where CRIU is killed nothing of what it started is left" {
    requires criu cgroup-writable
    counting_bundle
    start_container
    checkpoint "$ID"
    assert_success
    mkdir program
    # its child lives on and keeps the socket open
    printf '#!/bin/sh\nsleep 1000 &\nkill -KILL $$\n' > program/criu
    chmod +x program/criu
    PATH=$BUNDLE/program:$PATH restore "$ID"
    assert_failure 1
    assert_contains "CRIU ended without an answer"
    assert_no_container
}

hanging_criu() { # a criu that never answers, nor does its child
    mkdir program
    printf '#!/bin/sh\nsleep 1000 &\necho $! > %q/child\nwait\n' "$BUNDLE" > program/criu
    chmod +x program/criu
}

@test "checkpoint: a CRIU that hangs is killed with what it started; the container runs on, nothing is left" {
    requires root:criu
    setup_bundle
    hanging_criu
    start_container
    PATH=$BUNDLE/program:$PATH run_hull checkpoint --image-path "$IMAGES/deep" "$ID"
    assert_failure 1
    assert_contains "CRIU has shown no sign of life"
    assert_equal "$(container_status)" running
    _gone "$(cat child)" || fail "the child of CRIU still runs"
    [ ! -e "$IMAGES/deep" ] || fail "left: $(ls -A "$IMAGES/deep")"
}

@test "checkpoint: SIGTERM, as SIGINT, ends it at once; the container runs on, nothing is left" {
    requires root:criu
    setup_bundle
    hanging_criu
    start_container
    PATH=$BUNDLE/program:$PATH "$HULL" --root "$ROOT" checkpoint --image-path "$IMAGES" "$ID" > out 2>&1 &
    pid=$!
    wait_until 30 [ -s child ]
    began=$SECONDS
    kill -TERM $pid
    ! wait $pid || fail "succeeded"
    [ $((SECONDS - began)) -lt 8 ] || fail "took $((SECONDS - began)) s"
    grep -q "ended by a signal" out || fail "$(cat out)"
    assert_equal "$(container_status)" running
    _gone "$(cat child)" || fail "the child of CRIU still runs"
    [ ! -e "$IMAGES" ] || fail "left: $(ls -A "$IMAGES")"
}

@test "checkpoint, restore: without CRIU on the host an error says what is missing" {
    requires root:criu
    setup_bundle
    start_container
    PATH=/nonexistent run_hull checkpoint --image-path "$IMAGES" "$ID"
    assert_failure 1
    assert_contains "execute criu: it doesn't exist"
    assert_contains "install the package criu"
    assert_equal "$(container_status)" running
}
