# SPDX-License-Identifier: LGPL-2.1-or-later
# The rules of the boundary (SECURITY.md): what a process that waits for the runtime can do with it, from its first instruction on.
load lib

sees_host_processes() { update_config '.linux.namespaces |= map(select(.type != "pid"))'; }
host_proc() { # DESTINATION
    update_config --arg at "$1" '.mounts |= map(select(.destination != $at))
        | .mounts += [{destination: $at, type: "bind", source: "/proc", options: ["rbind", "ro"]}]'
}

# --- 1: non-dumpable from the first instruction on ---

# Root with the default capabilities of engines, as in a container that sees the host's processes: over a user namespace that root has made it has all
# capabilities. hull is stopped where it writes the mapping of its child.
look_into_child() { # COMMAND...
    test_program stop_at
    run timeout 30 "$PROGRAM" openat '/proc/[0-9]*/gid_map' '
        pid=${STOPPED_AT#/proc/}; pid=${pid%/*}
        setpriv --inh-caps -all --bounding-set -all,+chown,+dac_override,+fowner,+kill,+setuid,+setgid,+sys_chroot,+mknod,+net_raw sh -c "for i in root cwd exe fd/0 ns/mnt; do
                readlink /proc/$pid/\$i > /dev/null && echo reached \$i; done; grep -q . /proc/$pid/maps && echo reached memory; echo looked"' \
        -- "${HULL_CMD[@]}" "$@" < /dev/null 3>&-
    assert_success
    assert_contains looked
    refute_contains reached
}

@test "an init that is born in a new user namespace can't be looked into before its IDs are mapped" {
    MODE=userns; mode_bundle
    set_args true
    look_into_child run "$ID"
}

@test "nor can the process that holds a user namespace for a mapping" {
    MODE=plain; mode_bundle
    mkdir -m 700 "$BATS_TEST_TMPDIR/closed"; mkdir "$BATS_TEST_TMPDIR/closed/volume"
    update_config --arg source "$BATS_TEST_TMPDIR/closed/volume" '.mounts += [{destination: "/mnt", type: "bind", source: $source, options: ["bind"],
        uidMappings: [{containerID: 0, hostID: 200000, size: 1000}], gidMappings: [{containerID: 0, hostID: 200000, size: 1000}]}]'
    set_args true
    look_into_child run "$ID"
}

# --- 2: no memory and no descriptors in common ---

@test "root of a user namespace can't attach to the process that locks mounts for it" {
    local i
    MODE=userns; mode_bundle
    sees_host_processes
    host_proc /proc
    add_capability CAP_SYS_ADMIN
    start_prober
    mkdir -p "$BATS_TEST_TMPDIR/volume"
    jq -n --arg source "$BATS_TEST_TMPDIR/volume" '[range(40) | {destination: "/mnt/v\(.)", type: "bind", source: $source, options: ["bind", "ro"]}]' \
        > "$BATS_TEST_TMPDIR/mounts.json"
    mkdir -p "$BUNDLE"/rootfs/mnt/v{0..39}
    for i in {1..10}; do
        hull mounts add "$ID" "$BATS_TEST_TMPDIR/mounts.json"
        hull mounts remove "$ID" "$BATS_TEST_TMPDIR/mounts.json"
    done
    prober_got_nothing
}

# --- 3: nothing that leads to the host is open when something of the container's is looked up or executed ---

# A host process with the same user as the container's, and a program that it can reach in $CANARY
lookup() {
    local n path=
    setpriv --reuid 1000 --regid 1000 --clear-groups sleep 100 3>&- &
    printf '#!/bin/sh\necho "canary ran"\n' > "$BATS_TEST_TMPDIR/tool"
    chmod 755 "$BATS_TEST_TMPDIR/tool"
    for n in {3..40}; do path+=:/proc/self/fd/$n/$!/root$BATS_TEST_TMPDIR:/proc/self/fd/$n; done
    update_config --arg path "PATH=${path:1}" '.process.user = {uid: 1000, gid: 1000} | .process.env = [$path] | .process.capabilities = {}
        | .linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "0"}'
    set_args tool
    run_hull run "$ID"
    kill $!
    assert_failure 1
    assert_contains "executable file not found in \$PATH"
    set_args config.json         # of the bundle and of the state directory
    run_hull run "$ID"
    assert_failure 1
    assert_contains "executable file not found in \$PATH"
}
@test "PATH and args[0] can't name a file of the host by way of a descriptor of the runtime's" { both lookup; }

# --- 4: what was read by number counts only if the pidfd says afterwards that the process lives ---

# In a PID namespace of its own, whose first process reaps the init, and in which nobody else takes numbers
@test "exec: when the pid is used again while the namespaces are looked at, nothing runs on the host" {
    requires last-pid
    test_program stop_at
    MODE=userns; mode_bundle         # hull doesn't execute itself again there
    export STOP_AT=$PROGRAM RAN=$BATS_TEST_TMPDIR/ran ROOT HULL ID
    run timeout 30 unshare --pid --fork --mount --mount-proc sh -c '
        "$HULL" --root "$ROOT" run --detach --pid-file pid "$ID" < /dev/null > /dev/null 2>&1 || exit 102
        export INIT=$(cat pid)
        "$STOP_AT" openat "/proc/$INIT/ns*" "
            kill -9 \$INIT
            while kill -0 \$INIT 2> /dev/null; do :; done
            echo \$((INIT - 1)) > /proc/sys/kernel/ns_last_pid
            sleep 30 < /dev/null > /dev/null 2>&1 &
            echo number \$INIT has \$!" -- "$HULL" --root "$ROOT" exec "$ID" /bin/sh -c "echo ran >> $RAN"
        exit $?' 3>&-
    assert_matches 'number ([0-9]+) has \1'
    [ ! -e "$RAN" ] || fail "the command ran on the host"
    assert_equal "$status" 255
    assert_contains "cannot exec in a stopped container"
}

# --- 7: owners come from the configuration ---

@test "exec gives its caller's FIFOs to the configured user, whatever mapping the first process shows" {
    MODE=plain; mode_bundle
    for cap in SETUID SETGID SYS_ADMIN; do add_capability "CAP_$cap"; done
    # the first process goes into a user namespace in which root is the host's user 4242
    set_args sh -c '(until echo "0 4242 1" > /proc/1/uid_map; do :; done; echo "0 4242 1" > /proc/1/gid_map) 2>/dev/null & exec unshare -U sleep 1000'
    start_container "$ID"
    wait_until 20 grep -q 4242 "/proc/$(container_pid)/gid_map"
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    exec 9<> "$BATS_TEST_TMPDIR/fifo"
    "${HULL_CMD[@]}" exec "$ID" true <&9 3>&- > "$LOGS/exec" 2>&1 || true
    exec 9>&-
    assert_equal "$(stat -c %u "$BATS_TEST_TMPDIR/fifo")" 0
}

# --- the process at the other end of a socket may have been taken over ---

# In a user namespace of its own, CAP_SYS_PTRACE takes over the init of an unprivileged caller that waits for start.
@test "start: a peer that sends what nobody asked for gets an error" {
    MODE=plain; mode_bundle
    local seccomp=15             # SYNC_SECCOMP, with a descriptor
    create_container "$ID"
    cd "$ROOT/$ID"
    rm start.sock
    background peer python3 -c 'import array, socket, struct, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind("start.sock")
listener.listen(1)
peer, _ = listener.accept()
peer.recv(100)
peer.sendmsg([struct.pack("ii", int(sys.argv[1]), 0)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0]))])' $seccomp
    wait_until 20 test -S start.sock
    cd "$BUNDLE"
    run_hull start "$ID"
    assert_failure 1
    assert_contains "receive from the other side: protocol error"
}

# --- 4: what another process reports by its number must be a child of hull ---

# In the place of CRIU: a program that says that a process of the host is the container's first one.
@test "restore: a process that CRIU reports, and that is no child of hull, is neither taken nor killed" {
    requires root:criu command:python3
    MODE=plain; mode_bundle
    local images=$BATS_TEST_TMPDIR/images
    background foreign sleep 1000
    mkdir -p "$BATS_TEST_TMPDIR/bin" "$images"
    echo '{"mounts": [], "streams": ["", "", ""]}' > "$images/hull.json"
    cat > "$BATS_TEST_TMPDIR/bin/criu" <<'END'
#!/usr/bin/env python3
import os, socket, sys
VERSION, RESTORE, NOTIFY = 10, 2, 6     # criu_req_type of rpc.proto; below: fields of criu_resp
def varint(n): return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)
def number(field, n): return varint(field << 3) + varint(n)
def message(field, data): return varint(field << 3 | 2) + varint(len(data)) + data
peer = socket.socket(fileno=int(sys.argv[2]))
while request := peer.recv(65536):
    kind = request[1]
    if kind == VERSION:
        peer.send(number(1, VERSION) + number(2, 1) + message(10, number(1, 3) + number(2, 17)))
    elif kind == RESTORE:
        peer.send(number(1, NOTIFY) + number(2, 1) + message(5, message(1, b"setup-namespaces") + number(2, int(os.environ["FOREIGN"]))))
    else:
        peer.send(number(1, RESTORE) + number(2, 0))
END
    chmod 755 "$BATS_TEST_TMPDIR/bin/criu"
    run env PATH="$BATS_TEST_TMPDIR/bin:$PATH" FOREIGN="$BACKGROUND_PID" timeout 30 "${HULL_CMD[@]}" restore --detach --image-path "$images" "$ID" < /dev/null
    assert_failure 1
    assert_contains "open the container's process: no child processes"
    [ -d "/proc/$BACKGROUND_PID" ] || fail "the process of the host was killed"
    case $(status_field "$BACKGROUND_PID" State) in Z*) fail "the process of the host was killed" ;; esac
}
