# SPDX-License-Identifier: LGPL-2.1-or-later
# checkpoint and restore as a live migration uses them: connections, memory that is sent ahead or fetched afterwards, locks. What CRIU or the
# kernel can't do is skipped with CRIU's own reason; checkpoint.bats has the rest.
load helpers

setup() {
    # its cache in /run is there before the machine is looked at
    if [ -n "${HULL_TEST_EXCLUSIVE:-}" ] && [ ! -e /run/criu.kdat ]; then criu check > /dev/null 2>&1 || true; fi
    begin_test
    requires criu
    IMAGES=$BATS_TEST_TMPDIR/images
    setup_bundle
    set_args sh -c 'secret=$(cat /proc/sys/kernel/random/uuid); n=0; echo begin
        while :; do n=$((n + 1)); if [ -e /dev/shm/ask ]; then echo "$secret $n" > /dev/shm/new; mv /dev/shm/new /dev/shm/answer; rm /dev/shm/ask; fi; sleep 0.05; done'
}

ask() { # prints "SECRET NUMBER"
    container_exec sh -c 'rm -f /dev/shm/answer; : > /dev/shm/ask; n=0
        until [ -e /dev/shm/answer ]; do n=$((n + 1)); [ $n -lt 400 ] || exit 1; sleep 0.05; done; cat /dev/shm/answer' || fail "no answer from the container"
}
checkpoint() { run_hull checkpoint --image-path "$IMAGES" "$@"; }
restore() { run_hull restore --detach --image-path "$IMAGES" --bundle "$BUNDLE" "$@"; }

# feature NAME WHAT: of CRIU and the kernel
feature() { criu check --feature "$1" > "$LOGS/feature" 2>&1 || skip "$2: $(tail -n 1 "$LOGS/feature")"; }
# CRIU up to 4.1 asks for an option of TCP sockets that kernels from 6.16 on have for unix sockets only
tcp_works() { ! grep -qs "Can't get 1:34 opt" "$IMAGES/dump.log" || skip "CRIU $(criu --version | sed -n 's/^Version: //p') can't dump TCP sockets of kernel $(uname -r)"; }
free_port() { echo $((20000 + $$ % 20000 + BATS_TEST_NUMBER)); }
listens() { ss -Hltn "sport = :$1" | grep -q .; }

@test "a listening TCP socket goes along without an option, and takes connections again" {
    requires command:ss
    set_args sh -c 'exec nc -ll -p 5000 -e cat'
    start_container
    pid=$(container_pid)
    wait_until 20 nsenter -t "$pid" -n ss -Hltn 'sport = :5000'
    checkpoint "$ID"
    tcp_works
    assert_success
    restore "$ID"
    assert_success
    assert_equal "$(container_exec sh -c 'echo text | nc -w 5 127.0.0.1 5000')" text
}

@test "an established connection goes on with --tcp-established, where it is refused without" {
    requires command:ss
    set_args sh -c 'nc -l -p 5000 -e cat & sleep 0.3; (while sleep 0.1; do echo ping; done) | nc 127.0.0.1 5000 > /dev/shm/echoed'
    start_container
    wait_until 20 test -s "/proc/$(container_pid)/root/dev/shm/echoed"
    checkpoint "$ID"
    assert_failure 1
    assert_contains tcp
    assert_equal "$(container_status)" running
    checkpoint --tcp-established "$ID"
    tcp_works
    assert_success
    restore --tcp-established "$ID"
    assert_success
    pid=$(container_pid)
    assert_equal "$(nsenter -t "$pid" -n ss -Htn state established | wc -l)" 2 "established sockets"
    size=$(stat -c %s "/proc/$pid/root/dev/shm/echoed")
    wait_until 20 _bigger "/proc/$pid/root/dev/shm/echoed" "$size" || fail "the connection is dead"
}
_bigger() { [ "$(stat -c %s "$1")" -gt "$2" ]; }

@test "restore --tcp-close: the connection is gone, the processes run" {
    requires command:ss
    set_args sh -c 'nc -l -p 5000 -e cat & sleep 0.3; (while sleep 0.1; do echo ping; done) | nc 127.0.0.1 5000 > /dev/shm/echoed; echo ended > /dev/shm/ended; sleep 1000'
    start_container
    wait_until 20 test -s "/proc/$(container_pid)/root/dev/shm/echoed"
    checkpoint --tcp-established "$ID"
    tcp_works
    assert_success
    restore --tcp-close "$ID"
    assert_success
    assert_equal "$(nsenter -t "$(container_pid)" -n ss -Htn state established | wc -l)" 0 "established sockets"
    wait_until 20 test -s "/proc/$(container_pid)/root/dev/shm/ended" || fail "the client noticed nothing"
}

@test "a chain of two pre-dumps and a dump: memory goes ahead, each image links to the one before" {
    feature mem_dirty_track "changes of memory can't be tracked"
    start_container
    before=$(ask)
    run_hull checkpoint --pre-dump --image-path "$IMAGES/1" "$ID"
    assert_success
    between=$(ask)
    run_hull checkpoint --pre-dump --image-path "$IMAGES/2" --parent-path ../1 "$ID"
    assert_success
    assert_equal "$(container_status)" running
    run_hull checkpoint --image-path "$IMAGES/3" --parent-path ../2 "$ID"
    assert_success
    assert_equal "$(readlink "$IMAGES/2/parent" "$IMAGES/3/parent" | xargs)" "../1 ../2"
    [ "$(cat "$IMAGES"/3/pages-*.img | wc -c)" -lt "$(cat "$IMAGES"/1/pages-*.img | wc -c)" ] || fail "the last dump has all pages again"
    IMAGES=$IMAGES/3
    restore "$ID"
    assert_success
    after=$(ask)
    assert_equal "${after% *} ${between% *}" "${before% *} ${before% *}" "what the process remembers"
    [ "${after#* }" -gt "${between#* }" ] || fail "the counter went from $between to $after"
}

@test "--page-server: the memory goes to the server, and isn't among the images" {
    port=$(free_port)
    mkdir -p "$IMAGES" server
    start_container
    before=$(ask)
    background server criu page-server --images-dir server --address 127.0.0.1 --port "$port"
    wait_until 20 listens "$port" || fail "$(cat "$LOGS/server.err")"
    checkpoint --page-server 127.0.0.1:"$port" "$ID"
    assert_success
    compgen -G 'server/pages-*.img' > /dev/null || fail "the server got nothing"
    ! compgen -G "$IMAGES/pages-*.img" > /dev/null || fail "there are pages among the images"
    cp server/page* "$IMAGES/"
    restore "$ID"
    assert_success
    after=$(ask)
    assert_equal "${after% *}" "${before% *}" "what the process remembers"
}

@test "--lazy-pages: it runs again before its memory has come" {
    feature uffd-noncoop "memory can't be fetched later (userfaultfd)"
    port=$(free_port)
    start_container
    before=$(ask)
    mkdir -p "$IMAGES"
    mkfifo "$LOGS/ready"
    background dump sh -c 'exec "$@" 7<> "$0"' "$LOGS/ready" "${HULL_CMD[@]}" checkpoint --image-path "$IMAGES" --lazy-pages \
        --page-server 127.0.0.1:"$port" --status-fd 7 "$ID"
    dump=$BACKGROUND_PID
    # a NUL says that the images are whole but for memory
    timeout 60 head -c 1 "$LOGS/ready" > /dev/null || fail "never ready: $(cat "$LOGS/dump.err")"
    cp -a "$IMAGES" there
    background lazy criu lazy-pages --images-dir there --page-server --address 127.0.0.1 --port "$port" --work-dir there
    wait_until 20 test -S there/lazy-pages.socket || fail "$(cat "$LOGS/lazy.err" there/lazy-pages.log)"
    other=$(new_id other)
    run_hull restore --detach --lazy-pages --image-path there --work-path there --bundle "$BUNDLE" "$other"
    # CRIU 4.2.1 on 6.18: the sender's pipes are gone when the first page is asked for
    if grep -q 'page-pipe: splice: -1' "$IMAGES/dump.log"; then skip "CRIU's own: $(grep -m 1 'Error.*splice' "$IMAGES/dump.log")"; fi
    assert_success
    ID=$other
    after=$(ask)
    assert_equal "${after% *}" "${before% *}" "what the process remembers"
    wait_until 30 _gone "$dump" || fail "the dump didn't end"
}

@test "file locks go along with --file-locks, and are refused without" {
    test_program hold_lock
    cp "$PROGRAM" rootfs/bin/hold_lock
    mkdir -m 777 volume
    set_args hold_lock /data/file
    update_config '.mounts += [{destination: "/data", type: "bind", source: "volume", options: ["bind", "rw"]}]'
    start_container
    wait_until 20 grep -q locked "$LOGS/$ID.out"
    checkpoint "$ID"
    assert_failure 1
    assert_contains lock
    assert_equal "$(container_status)" running
    ! flock -n volume/file true || fail "it isn't locked"
    checkpoint --file-locks "$ID"
    assert_success
    flock -n volume/file true || fail "still locked, by nobody"
    restore --file-locks "$ID"
    assert_success
    ! flock -n volume/file true || fail "the lock did not come back"
}
