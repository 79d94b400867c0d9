# SPDX-License-Identifier: LGPL-2.1-or-later
# Images with symbolic links and other traps where the runtime looks, makes files or mounts.
load lib

kernel_mount_on_link() {
    local target
    for target in "$CANARY" ../../canary /tmp; do
        tamper "$1" "$target"
        set_args true
        run_hull run "$ID"
        assert_refused
        assert_contains "must be mounted on a directory"
    done
}

@test "CVE-2019-19921 CVE-2023-27561 CVE-2023-28642 CVE-2025-54867: /proc of the image is a symbolic link" { both kernel_mount_on_link proc; }
@test "CVE-2025-54867: /sys of the image is a symbolic link" { both kernel_mount_on_link sys; }

dev_is_link() {
    local target
    for target in "$CANARY" ../../canary; do
        mode_bundle
        own_dev
        tamper dev "$target"
        set_args sh -c 'echo x > /dev/new; true'
        run_hull run "$ID"      # it may run: then everything was made inside
        [ "$status" -lt 128 ] || fail "$output"
        assert_canary "/dev -> $target"
        mode_bundle
        tamper dev "$target"    # a tmpfs, devpts and so on go there
        set_args true
        run_hull run "$ID"
        [ "$status" -lt 128 ] || fail "$output"
        assert_canary "/dev -> $target"
    done
}
@test "CVE-2026-41579 CVE-2026-47766: /dev of the image is a symbolic link" { both dev_is_link; }

dev_entries() {
    local name
    own_dev
    writable_root
    for name in ptmx fd stdin stdout stderr core null zero tty random; do
        ln -s "$CANARY/file" "$BUNDLE/rootfs/dev/$name"
        ln -s "$CANARY/new-$name" "$BUNDLE/rootfs/dev/$name-2"
    done
    rm -f "$BUNDLE/rootfs/dev/zero"
    ln -s ../../../canary/new "$BUNDLE/rootfs/dev/zero"
    set_args sh -c 'for i in null zero ptmx; do echo x > /dev/$i; done; true'
    run_hull run "$ID"
    [ "$status" -lt 128 ] || fail "$output"
    assert_canary
}
@test "nodes and links in the image's /dev are symbolic links to the host" { both dev_entries; }

console_is_link() {
    local target
    for target in "$CANARY/x" ../../../canary/file /proc/sysrq-trigger; do
        mode_bundle
        own_dev
        ln -s "$target" "$BUNDLE/rootfs/dev/console"
        set_args sh -c 'echo x > /dev/console; true'
        update_config '.process.terminal = true'
        start_console
        run_hull run --detach --console-socket "$CONSOLE_SOCKET" "$ID"
        [ "$status" -lt 128 ] || fail "$output"
        hull delete --force "$ID"
        kill "$CONSOLE_PID" 2>/dev/null || true     # it ends by itself when the terminal hangs up
        assert_canary "/dev/console -> $target"
    done
}
@test "CVE-2025-52565 CVE-2026-88264: /dev/console of the image is a symbolic link" { both console_is_link; }

pts_is_link() {
    local target
    for target in "$CANARY" ../../../canary; do
        mode_bundle
        own_dev
        tamper dev/pts "$target"
        ln -s "$CANARY/file" "$BUNDLE/rootfs/tmp/ptmx"
        [ "$1" = mounted ] || update_config '.mounts |= map(select(.type != "devpts"))'
        set_args true
        update_config '.process.terminal = true'
        start_console
        run_hull run --detach --console-socket "$CONSOLE_SOCKET" "$ID"
        [ "$1" = mounted ] || assert_refused
        hull delete --force "$ID"
        kill "$CONSOLE_PID" 2>/dev/null || true     # it ends by itself when the terminal hangs up
        assert_canary "/dev/pts -> $target"
    done
}
@test "CVE-2025-52565: /dev/pts of the image is a symbolic link" { both pts_is_link mounted; }
@test "CVE-2025-52565: a terminal comes from a devpts, not from a file that the image calls ptmx" { both pts_is_link unmounted; }

null_is_trap() {
    local trap
    for trap in link file; do
        mode_bundle
        own_dev
        case $trap in
        link) ln -s "$CANARY/file" "$BUNDLE/rootfs/dev/null" ;;
        file) echo secret > "$BUNDLE/rootfs/dev/null" ;;
        esac
        echo secret > "$BUNDLE/rootfs/etc/secret"
        update_config '.linux.maskedPaths += ["/etc/secret"]'
        set_args sh -c 'cat /etc/secret /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c; stat -c "%F %t:%T" /etc/secret'
        run_hull run "$ID"
        if [ "$status" = 0 ]; then      # where it runs, the masks hold
            assert_equal "${lines[0]}" 0
            assert_equal "${lines[1]}" "character special file 1:3"
        else
            assert_refused
        fi
        assert_canary "/dev/null is a $trap"
    done
}
@test "CVE-2025-31133 CVE-2025-62161: /dev/null of the image is no device" { both null_is_trap; }

null_is_mount() {
    own_dev
    add_mount "{destination: \"/dev/null\", type: \"bind\", source: \"$CANARY/file\", options: [\"bind\"]}"
    set_args sh -c 'echo stdin is $(readlink /proc/self/fd/0)'
    run bash -c 'echo input | "$@" 3>&- 4>&-' - "${HULL_CMD[@]}" run "$ID"
    refute_contains "stdin is /"
    assert_canary
}
@test "CVE-2026-88265: a host's file on /dev/null doesn't become standard input, nor gets another owner" { both null_is_mount; }

mount_on_link() {
    local target
    for target in "$CANARY" ../../canary "$CANARY/new/deep"; do
        mode_bundle
        writable_root
        mkdir -p "$BUNDLE/source"
        echo source > "$BUNDLE/source/mark"
        ln -s "$target" "$BUNDLE/rootfs/link"
        ln -s "$target" "$BUNDLE/rootfs/mnt/link"
        add_mount '{destination: "/link", type: "bind", source: "source", options: ["bind"]}'
        add_mount '{destination: "/mnt/link/a/b", type: "tmpfs", source: "t"}'
        add_mount '{destination: "/mnt/link/file", type: "bind", source: "config.json", options: ["bind"]}'
        add_mount '{destination: "/mnt/../link/../new/c", type: "tmpfs", source: "t", options: ["tmpcopyup"]}'
        set_args sh -c 'cat /link/mark; echo x > /link/written; echo x > /mnt/link/a/b/x; true'
        run_hull run "$ID"
        [ "$status" -lt 128 ] || fail "$output"
        assert_canary "link -> $target"
        [ "$status" != 0 ] || assert_contains source
    done
}
@test "CVE-2019-18837 CVE-2021-30465 2015-1335: mountpoints through the image's symbolic links stay inside" { both mount_on_link; }

source_in_rootfs() {
    ln -s "$CANARY" "$BUNDLE/rootfs/data"
    ln -s "$CANARY/file" "$BUNDLE/rootfs/etc/data"
    add_mount "{destination: \"/mnt/a\", type: \"bind\", source: \"$BUNDLE/rootfs/data\", options: [\"bind\"]}"
    writable_root
    set_args sh -c 'cat /mnt/a/file'
    run_hull run "$ID"
    refute_contains canary
    mode_bundle
    ln -s "$CANARY/file" "$BUNDLE/rootfs/etc/data"
    writable_root
    add_mount "{destination: \"/mnt/b\", type: \"bind\", source: \"rootfs/etc/data\", options: [\"bind\"]}"
    set_args cat /mnt/b
    run_hull run "$ID"
    refute_contains "canary of"
}
@test "CVE-2022-23648: a source inside the rootfs isn't followed out of it" { both source_in_rootfs; }

masked_link() {
    ln -s "$CANARY/file" "$BUNDLE/rootfs/etc/masked"
    ln -s "$CANARY/dir" "$BUNDLE/rootfs/etc/readonly"
    update_config '.linux.maskedPaths += ["/etc/masked", "/etc/none"] | .linux.readonlyPaths += ["/etc/readonly"]'
    set_args true
    run_hull run "$ID"
    assert_success
    assert_canary
    echo x >> "$CANARY/dir/file"    # still writable outside
    echo "canary of $TOKEN" > "$CANARY/dir/file"
    canary_state > "$LOGS/.canary"
}
@test "masked and read-only paths through the image's symbolic links stay inside" { both masked_link; }

cwd_through_link() {
    writable_root
    ln -s "$CANARY" "$BUNDLE/rootfs/work"
    ln -s "../../../canary" "$BUNDLE/rootfs/up"
    for cwd in /work/new /up; do
        update_config --arg cwd "$cwd" '.process.cwd = $cwd'
        set_args sh -c 'echo x > written; pwd'
        run_hull run "$ID"
        [ "$status" -lt 128 ] || fail "$output"
        assert_canary "$cwd"
    done
}
@test "CVE-2026-55686: a working directory is made inside" { both cwd_through_link; }

mountpoint_in_readonly_source() {
    mkdir "$BUNDLE/volume"
    chmod 777 "$BUNDLE/volume"
    test_mount --bind "$BUNDLE/volume" "$BUNDLE/volume"
    mount -o remount,bind,ro "$BUNDLE/volume"
    add_mount '{destination: "/mnt", type: "bind", source: "volume", options: ["bind", "ro"]}'
    add_mount '{destination: "/mnt/new", type: "tmpfs", source: "t"}'
    set_args true
    run_hull run "$ID"
    assert_refused
    assert_equal "$(ls -A "$BUNDLE/volume")" ""
    umount "$BUNDLE/volume"
}
@test "no mountpoint is made in a source that is read-only on the host" { both mountpoint_in_readonly_source; }

device_nodes() {
    local major minor
    own_dev
    writable_root
    mkdir "$BUNDLE/rootfs/nodes"
    for major in 1 4 5 6 7 8 10 29 31 43 89 116 202 226 240 252 253 254 259; do
        for minor in 0 1 2 4 6 11 12 200; do
            mknod -m 666 "$BUNDLE/rootfs/nodes/c-$major-$minor" c $major $minor
            mknod -m 666 "$BUNDLE/rootfs/nodes/b-$major-$minor" b $major $minor
        done
    done
    set_args sh -c 'for i in /nodes/*; do (exec 3< $i) 2>/dev/null && echo "$i"; done; mknod /tmp/mem c 1 1 && (exec 3< /tmp/mem) && echo mem; true'
    add_capability CAP_MKNOD
    update_config '.linux.resources.devices = [{allow: false, access: "rwm"}]'
    run --separate-stderr hull run "$ID"
    assert_success
    refute_contains mem
    # what of these everybody has: tty, console and ptmx, net/tun (as with runc)
    assert_equal "$(grep -vx -e "/nodes/c-5-[012]" -e "/nodes/c-10-200" <<< "$output")" ""
}
@test "GHSA-g54h-m393-cpwq: device nodes of the image can't be opened unless they are allowed" { both device_nodes; }
