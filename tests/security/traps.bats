# SPDX-License-Identifier: LGPL-2.1-or-later
# Images that make hull wait for ever, open what it shouldn't, or copy more than there is room for: FIFOs where it reads, device nodes where
# it copies. Every command ends by itself (`run_hull` has a time limit, exit status 124), and nothing of it is left.
load lib

assert_ends() {
    [ "$status" != 124 ] && [ "$status" -lt 128 ] || [ "$status" = 255 ] || fail "$MODE, $1: exit status $status; output:"$'\n'"$output"
}

fifos() {
    local path
    own_dev
    writable_root
    for path in etc/passwd etc/masked etc/readonly mnt/target dev/console dev/null; do
        rm -f "$BUNDLE/rootfs/$path"
        mkfifo -m 666 "$BUNDLE/rootfs/$path"
    done
    mkfifo -m 777 "$BUNDLE/rootfs/bin/fifo"
    printf '#!/bin/fifo\n' > "$BUNDLE/rootfs/bin/script"
    chmod 755 "$BUNDLE/rootfs/bin/script"
    # /dev/null must be the device
    set_args true
    run_hull run "$ID"
    assert_refused
    rm "$BUNDLE/rootfs/dev/null"
    update_config '.linux.maskedPaths += ["/etc/masked"] | .linux.readonlyPaths += ["/etc/readonly"]'
    add_mount '{destination: "/mnt/target", type: "bind", source: "config.json", options: ["bind"]}'
    set_args sh -c 'echo $HOME; head -c 1 /mnt/target'
    run_hull run "$ID"
    assert_success
    assert_output $'/\n{'
    for path in /bin/fifo /bin/script; do
        set_args "$path"
        run_hull run "$ID"
        assert_ends "$path"
        assert_refused
    done
    set_args true
    update_config '.process.cwd = "/bin/fifo"'
    run_hull run "$ID"
    assert_refused
    update_config '.process.cwd = "/"'
    set_args sleep 1000
    start_container "$ID"
    run_hull exec "$ID" sh -c 'echo $HOME'
    assert_success
    assert_output /
    for path in /bin/fifo /bin/script; do
        run_hull exec "$ID" "$path"
        assert_ends "$path"
        assert_failure
    done
    run_hull exec --cwd /bin/fifo "$ID" true
    assert_failure
}
@test "a FIFO as a namespace" {
    MODE=plain
    mode_bundle
    mkfifo "$BATS_TEST_TMPDIR/fifo"
    for type in network ipc uts pid cgroup; do
        update_config --arg type $type --arg path "$BATS_TEST_TMPDIR/fifo" \
            '.linux.namespaces |= map(select(.type != $type)) + [{type: $type, path: $path}]'
        run_hull create "$ID"
        assert_failure 1
        assert_contains "$BATS_TEST_TMPDIR/fifo is not a namespace"
    done
}

@test "a FIFO wherever hull looks: nothing waits for its other end" { both fifos; }

fifo_as_terminal() {
    own_dev
    writable_root
    update_config '.mounts |= map(select(.type != "devpts")) | .process.terminal = true'
    set_args true
    mkfifo -m 666 "$BUNDLE/rootfs/dev/pts/ptmx" "$BUNDLE/rootfs/dev/console"
    start_console
    run_hull run --detach --console-socket "$CONSOLE_SOCKET" "$ID"
    assert_refused
    assert_contains devpts
    kill "$CONSOLE_PID" 2>/dev/null || true
}
@test "a FIFO as ptmx" { both fifo_as_terminal; }

# one that took the place of what was there when the container was made
fifo_later() {
    writable_root
    start_container "$ID"
    rm -rf "$BUNDLE/rootfs/etc/passwd" "$BUNDLE/rootfs/bin/true"
    mkfifo -m 777 "$BUNDLE/rootfs/etc/passwd" "$BUNDLE/rootfs/bin/true"
    run_hull exec "$ID" /bin/true
    assert_ends true
    assert_failure
    run_hull exec "$ID" sh -c 'echo $HOME'
    assert_success
    assert_output /
    rm "$BUNDLE/rootfs/etc/passwd"
    ln -s /proc/self/fd/0 "$BUNDLE/rootfs/etc/passwd"   # links of procfs aren't followed
    run_hull exec "$ID" sh -c 'echo $HOME'
    assert_success
    assert_output /
}
@test "a FIFO that takes the place of a file in a running container" { both fifo_later; }

copied_traps() {
    local deep=$BUNDLE/rootfs/data i
    mkdir -p "$BUNDLE/rootfs/data/dir"
    echo text > "$BUNDLE/rootfs/data/file"
    ln "$BUNDLE/rootfs/data/file" "$BUNDLE/rootfs/data/hardlink"
    ln -s "$CANARY/file" "$BUNDLE/rootfs/data/link"
    ln -s . "$BUNDLE/rootfs/data/dir/loop"
    cp "$BUNDLE/rootfs/bin/busybox" "$BUNDLE/rootfs/data/setuid"
    chmod 6755 "$BUNDLE/rootfs/data/setuid"
    mkfifo "$BUNDLE/rootfs/data/fifo"
    mknod "$BUNDLE/rootfs/data/zero" c 1 5
    mknod "$BUNDLE/rootfs/data/disk" b 7 0
    add_mount '{destination: "/data", type: "tmpfs", source: "t", options: ["tmpcopyup", "size=8m"]}'
    set_args sh -c 'ls /data; readlink /data/link; cat /data/hardlink; stat -c "%F" /data/fifo; [ ! -e /data/zero ] && [ ! -e /data/disk ] && echo no nodes'
    run_hull run "$ID"
    assert_success
    refute_contains "canary of"
    assert_contains "no nodes"
    assert_contains $'text\nfifo'
    # what doesn't fit is an error
    truncate -s 1T "$BUNDLE/rootfs/data/sparse"
    run_hull run "$ID"
    assert_refused
    assert_contains tmpcopyup
    rm "$BUNDLE/rootfs/data/sparse"
    for i in {1..70}; do deep=$deep/d; done
    mkdir -p "$deep"
    run_hull run "$ID"
    assert_refused
    assert_contains tmpcopyup
}
@test "tmpcopyup: links, loops, nodes, FIFOs, set-uid files, a file without an end, a directory without a floor" { both copied_traps; }

copied_while_changing() {
    local end=$((SECONDS + SWAP_SECONDS))
    mkdir -p "$BUNDLE/rootfs/data/a" "$BUNDLE/rootfs/data/x"
    ln -s "$CANARY" "$BUNDLE/rootfs/data/b"
    echo text > "$BUNDLE/rootfs/data/x/f"
    mkfifo "$BUNDLE/rootfs/data/x/p"
    chmod -R a+rwX "$BUNDLE/rootfs/data"
    start_swapper "$BUNDLE/rootfs/data/a" "$BUNDLE/rootfs/data/b" "$BUNDLE/rootfs/data/x/f" "$BUNDLE/rootfs/data/x/p"
    add_mount '{destination: "/data", type: "tmpfs", source: "t", options: ["tmpcopyup", "size=8m"]}'
    set_args sh -c 'for i in /data/a /data/b; do [ -L $i ] || ls $i; done'
    while [ $SECONDS -le $end ]; do
        run_hull run "$ID"
        assert_ends "a copy"
        ! grep -qx dir <<< "$output" || fail "$MODE: the canary was copied: $output"
    done
    stop_swapper
}
@test "tmpcopyup of what is exchanged meanwhile" { both copied_while_changing; }
