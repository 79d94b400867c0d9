# SPDX-License-Identifier: LGPL-2.1-or-later
# The relay of sd_notify messages: what the container sends to a process of the host
load lib
setup() { begin_security_test; }
teardown() { end_test; }

# send_notify TEXT...: to the container's socket. By a relative name: the whole one may be too long.
send_notify() {
    cd "$ROOT/$ID/notify"
    python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for text in sys.argv[1:]: s.sendto(text.encode(), "notify.sock")' "$@"
    cd "$BUNDLE"
}
notify_manager() { # SOCKET
    background manager socat -u "UNIX-RECV:$1" STDOUT
    wait_until 20 test -S "$1"
}

# An engine may have made the state root, and let others pass it
host_user() {
    local socket=$BATS_TEST_TMPDIR/$MODE.notify
    notify_manager "$socket"
    mkdir -p "$ROOT"
    chmod 0711 "$ROOT" "$BATS_TEST_TMPDIR"
    NOTIFY_SOCKET=$socket create_container "$ID"
    NOTIFY_SOCKET=$socket timeout 60 "$HULL" --root "$ROOT" start "$ID" 3>&- 4>&- &
    wait_until 20 test -S "$ROOT/$ID/notify/notify.sock"
    cd "$ROOT"
    run setpriv --reuid 65534 --regid 65534 --clear-groups socat -u STDIN "UNIX-SENDTO:$ID/notify/notify.sock" <<< READY=1
    assert_failure
    assert_contains "Permission denied"
    send_notify READY=1
    wait_until 20 grep -q READY=1 "$LOGS/manager.out"
    : > "$LOGS/manager.out"
}
@test "a user of the host can't speak for a container to its service manager" { both host_user; }

# A socket that lingers, and its peer, which never reads, live on in the queue of the relay only.
@test "hull in the foreground ends with its container, whatever descriptors the container has sent" {
    MODE=plain; mode_bundle
    local socket=$BATS_TEST_TMPDIR/notify
    notify_manager "$socket"
    set_args sleep 1000
    NOTIFY_SOCKET=$socket timeout 60 "$HULL" --root "$ROOT" run "$ID" < /dev/null 3>&- 4>&- &
    wait_until 20 test -S "$ROOT/$ID/notify/notify.sock"
    send_notify READY=1
    wait_until 20 grep -q READY=1 "$LOGS/manager.out"
    local runners
    mapfile -t runners < <(pgrep -f "^$HULL --root $ROOT run $ID")
    kill -STOP "${runners[@]}"
    cd "$ROOT/$ID/notify"
    python3 - <<'P'
import array, socket, struct
to = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
def give(sock):
    to.sendmsg([b"MAINPID=1"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [sock.fileno()]))], 0, "notify.sock")
listener = socket.create_server(("127.0.0.1", 0))
lingers = socket.create_connection(listener.getsockname())
peer, _ = listener.accept()
lingers.setblocking(False)
try:
    while True: lingers.send(bytes(65536))
except BlockingIOError: pass
lingers.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 1000))
for sock in lingers, peer: give(sock)
P
    cd "$BUNDLE"
    kill -CONT "${runners[@]}"
    sleep 0.3
    "${HULL_CMD[@]}" kill "$ID" KILL
    wait_until 20 test ! -e "$ROOT/$ID" || { kill -9 "${runners[@]}"; fail "hull waits for what the container has sent"; }
    wait_until 20 _all_gone "${runners[@]}" || { kill -9 "${runners[@]}"; fail "a process of hull has stayed"; }
}
_all_gone() { ! kill -0 "$@" 2> /dev/null; }

# In a PID namespace in which nobody else takes numbers. The program is its first process and reaps the container's.
@test "after the end of a container nothing is said in the name of its process number" {
    requires last-pid
    MODE=plain; mode_bundle
    cat > "$BATS_TEST_TMPDIR/program" <<'P'
import os, socket, struct, subprocess, sys, time
hull, root, name, where = sys.argv[1:]
bundle = os.getcwd()
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(where)
manager.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
manager.settimeout(20)
def heard():
    text, parts, *_ = manager.recvmsg(4096, 1024)
    for _, kind, data in parts:
        if kind == socket.SCM_CREDENTIALS: sender = struct.unpack("3i", data)[0]
        else: os.close(struct.unpack("i", data)[0])
    return text.decode().split("\n")[0], sender
run = subprocess.Popen([hull, "--root", root, "run", "--detach", "--pid-file", "pid", name], stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL, env={**os.environ, "NOTIFY_SOCKET": where})
inside = f"{root}/{name}/notify/notify.sock"
while not os.path.exists(inside): time.sleep(0.05)
os.chdir(os.path.dirname(inside)) # the whole name may be too long
to = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
say = lambda text: to.sendto(text, "notify.sock")
say(b"READY=1")
heard()
assert heard()[0] == "BARRIER=1"
assert run.wait() == 0
init = int(open(f"{bundle}/pid").read())
relay = 0
while not relay:
    relay = sum(int(pid) for pid in os.listdir("/proc") if pid.isdigit() and open(f"/proc/{pid}/comm").read() == "hull-notify\n")
say(b"STATUS=alive")
print(heard() == ("STATUS=alive", init))
os.kill(relay, 19)
say(b"STATUS=dead")
os.kill(init, 9)
os.waitpid(init, 0)
open("/proc/sys/kernel/ns_last_pid", "w").write(str(init - 1))
other = subprocess.Popen(["sleep", "30"])
print("used again", other.pid == init)
os.kill(relay, 18)
print(*heard(), "relay", relay)
other.kill()
P
    run timeout 60 unshare --pid --fork --mount --mount-proc \
        python3 "$BATS_TEST_TMPDIR/program" "$HULL" "$ROOT" "$ID" "$BATS_TEST_TMPDIR/notify" 3>&- 4>&-
    assert_success
    assert_contains "True"
    assert_contains "used again True"
    assert_matches 'STATUS=dead ([0-9]+) relay \1'
}
