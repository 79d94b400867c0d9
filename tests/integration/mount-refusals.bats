# SPDX-License-Identifier: LGPL-2.1-or-later
# Mounts that the kernel refuses: the message says why. And those that other runtimes can't make.
load helpers

setup() {
    begin_test
    setup_bundle
    update_config '.root.readonly = false'
    set_args true
}

mount_on() { # DESTINATION SOURCE OPTION...
    update_config --arg d "$1" --arg s "$2" --argjson o "$(jq -cn '$ARGS.positional' --args "${@:3}")" \
        '.mounts += [{destination: $d, type: (if $o == [] then "tmpfs" else "bind" end), source: $s, options: $o}]'
}

@test "a mount below one that is read-only by the same configuration" {
    mkdir volume
    mount_on /mnt "$BUNDLE/volume" rbind ro
    mount_on /mnt/inner tmpfs
    set_args sh -c 'touch /mnt/inner/file /mnt/file; ls -d /mnt/inner/file; grep -E " /mnt(/inner)? " /proc/self/mountinfo | cut -d" " -f5,6'
    for userns in no yes; do
        if [ $userns = yes ]; then requires userns; userns_config; rm -r volume/inner; fi
        if ! rootless && [ $userns = yes ]; then chown 100000 volume; fi
        run_hull run "$ID"
        assert_contains /mnt/inner/file
        assert_contains "/mnt/file: Read-only file system"
        assert_contains "/mnt ro"
        assert_contains "/mnt/inner rw"
    done
}

@test "a mount below one that is recursively read-only by the same configuration" {
    requires root:mount
    own_mount "$BUNDLE/volume"
    mkdir volume/sub
    test_mount -t tmpfs s "$BUNDLE/volume/sub"
    mount_on /mnt "$BUNDLE/volume" rbind rro
    mount_on /mnt/inner tmpfs
    set_args sh -c 'touch /mnt/inner/file /mnt/file /mnt/sub/file; ls -d /mnt/inner/file; grep -E " /mnt(/inner|/sub)? " /proc/self/mountinfo | cut -d" " -f5,6'
    for userns in no yes; do
        if [ $userns = yes ]; then
            requires userns
            userns_config
            rmdir volume/inner
            chown 100000 volume volume/sub
        fi
        run_hull run "$ID"
        assert_contains /mnt/inner/file
        assert_contains "/mnt/file: Read-only file system"
        assert_contains "/mnt/sub/file: Read-only file system"
        assert_contains "/mnt ro"
        assert_contains "/mnt/sub ro"
        assert_contains "/mnt/inner rw"
    done
}

@test "a mount below one that is read-only on the host: which one it is" {
    requires root:mount
    own_mount "$BUNDLE/volume"
    mount -o remount,bind,ro "$BUNDLE/volume"
    mount_on /mnt "$BUNDLE/volume" rbind
    mount_on /mnt/inner tmpfs
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/mounts/8/destination: "
    assert_contains "/mounts/7, mounted on /mnt from $BUNDLE/volume, is read-only"
}

@test "which element of the destination is a file" {
    touch rootfs/mnt/file
    mount_on /mnt/file/below/it tmpfs
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/mnt/file is not a directory"
}

@test "a source whose directory was deleted" {
    requires root:mount
    mkdir gone
    test_mount --bind gone "$BUNDLE/volume"
    rmdir gone
    mount_on /mnt "$BUNDLE/volume" rbind
    run_hull run "$ID"
    assert_failure 1
    assert_contains "the directory that is mounted at $BUNDLE/volume was deleted"
}

@test "a destination that begins with the host's path of the root filesystem" {
    mount_on "$BUNDLE/rootfs/mnt" tmpfs
    set_args sh -c 'grep -c " /mnt " /proc/self/mountinfo'
    run_hull run "$ID"
    assert_success
    assert_output 1
}

@test "/dev/ptmx in linux.devices, with a terminal, with and without a user namespace" {
    requires userns
    if rootless; then requires file:/dev/console; fi    # it can only bind it
    update_config '.linux.devices = [{path: "/dev/ptmx", type: "c", major: 5, minor: 2}, {path: "/dev/console", type: "c", major: 5, minor: 1}]
        | .process.terminal = true'
    set_args sh -c 'readlink /dev/ptmx; tty; : < /dev/ptmx && echo opened; : < /dev/console && echo console'
    for userns in no yes; do
        [ $userns = no ] || userns_config
        start_console
        hull create --console-socket "$CONSOLE_SOCKET" "$ID"
        hull start "$ID"
        wait_console
        assert_equal "$(console_output | tr -d '\r' | xargs)" "pts/ptmx /dev/pts/0 opened console"
        hull delete "$ID"
    done
}

@test "1200 devices and 300 mounts under a soft limit of 1024 descriptors" {
    requires userns
    [ "$(ulimit -Hn)" -gt 2048 ] || skip "the hard limit is too low"
    userns_config
    update_config '.linux.devices = [range(1200) | {path: "/dev/x\(.)", type: "c", major: 1, minor: 3}]
        | .mounts += [range(300) | {destination: "/mnt/\(.)", type: "tmpfs", source: "tmpfs"}]'
    set_args sh -c 'ls /dev | grep -c ^x; grep -c " /mnt/" /proc/self/mountinfo; ulimit -Sn'
    update_config 'del(.process.rlimits)'
    ulimit -Sn 1024
    run_hull run "$ID"
    assert_success
    assert_output $'1200\n300\n1024'
}

@test "sysctls where the host's /proc/sys is covered" {
    requires root:mount
    update_config '.linux.sysctl = {"net.ipv4.ip_unprivileged_port_start": "7"}'
    set_args cat /proc/sys/net/ipv4/ip_unprivileged_port_start
    run unshare -m sh -c 'mount --bind /proc/sys /proc/sys; mount -o remount,bind,ro /proc/sys; exec "$@"' sh "${HULL_CMD[@]}" run "$ID"
    assert_success
    assert_output 7
}

# device PATH MAJOR MINOR, once without a user namespace and once with one: the output of the same configuration
device() {
    local user
    for user in "" userns; do
        setup_bundle
        update_config --arg path "$1" --argjson major "$2" --argjson minor "$3" \
            '.linux.devices = [{path: $path, type: "c", major: $major, minor: $minor}]'
        [ -z "$user" ] || userns_config
        set_args sh -c "stat -c '%F %t:%T' $1; : > /dev/shm/new && ls -d /dev/mqueue /dev/pts/ptmx"
        run_hull run "$ID"
        "${@:4}"
    done
}

stands() {
    assert_success
    assert_equal "${lines[0]}" "character special file $1"
    assert_equal "${lines[*]:1}" "/dev/mqueue /dev/pts/ptmx"
}

refused() { assert_failure && assert_contains "$1"; }

@test "linux.devices: what /dev has anyway is replaced or refused with the reason, with and without a user namespace" {
    local path
    requires userns idmap
    device /dev/console 5 1 stands 5:1
    for path in /dev/fd /dev/stdin /dev/shm/null; do device $path 1 3 stands 1:3; done
    for path in /dev/shm /dev/mqueue /dev/pts; do
        device $path 1 3 refused "/linux/devices/0: $path: expected the device c 1:3, found a directory"
    done
    setup_bundle
    update_config '.linux.devices = [{path: "/dev/mqueue/x", type: "c", major: 1, minor: 3}]'
    run_hull run "$ID"
    refused "a mqueue has only the nodes that the kernel makes itself"
    device /dev/pts/7 136 7 refused "a devpts has only the nodes that the kernel makes"
}

@test "linux.devices: with /dev/console, /dev/fd and /dev/stdin there a terminal works, with and without a user namespace" {
    local user
    requires userns idmap
    for user in "" userns; do
        setup_bundle
        update_config '.linux.devices = [{path: "/dev/console", type: "c", major: 5, minor: 1}, {path: "/dev/fd", type: "c", major: 1, minor: 3},
            {path: "/dev/stdin", type: "c", major: 1, minor: 3}] | .process.terminal = true'
        [ -z "$user" ] || userns_config
        set_args sh -c 'tty; echo shown > /dev/console; stat -c %t:%T /dev/console'
        start_console
        hull create --console-socket "$CONSOLE_SOCKET" "$ID"
        hull start "$ID"
        wait_console
        assert_equal "$(console_output | tr -d '\r' | xargs)" "/dev/pts/0 shown 88:0"
        hull delete "$ID"
    done
}

# private_fuse DIR: a FUSE of user 65534 at DIR, which root may not enter
private_fuse() {
    requires root:mount fs:fuse file:/dev/fuse command:setpriv
    test_program fuse-server
    mkdir -p "$1"
    "$PROGRAM" -p "$1" 3>&- 4>&- && echo "$1" >> "$LOGS/.mounts"
}

@test "a root filesystem on FUSE without allow_other" {
    local options
    private_fuse "$BATS_TEST_TMPDIR/fuse"
    setpriv --reuid=65534 --regid=65534 --clear-groups mkdir "$BATS_TEST_TMPDIR/fuse/sub"
    for options in "" --no-pivot; do
        update_config ".root.path = \"$BATS_TEST_TMPDIR/fuse\""
        # shellcheck disable=SC2086
        run_hull run $options "$ID"
        assert_failure 1
        assert_contains "/root/path: $BATS_TEST_TMPDIR/fuse: access denied; $BATS_TEST_TMPDIR/fuse is FUSE: mounted without allow_other"
        update_config ".root.path = \"$BATS_TEST_TMPDIR/fuse/sub\""
        # shellcheck disable=SC2086
        run_hull run $options "$ID"
        assert_failure 1
        assert_contains "$BATS_TEST_TMPDIR/fuse is FUSE: mounted without allow_other"
    done
}

@test "a source on FUSE without allow_other" {
    private_fuse "$BATS_TEST_TMPDIR/fuse"
    mount_on /mnt "$BATS_TEST_TMPDIR/fuse/sub" bind
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/mounts/7/source: open $BATS_TEST_TMPDIR/fuse/sub: access denied; $BATS_TEST_TMPDIR/fuse is FUSE: mounted without allow_other"
}

@test "which element of a source is missing, a file, or closed" {
    touch file
    mount_on /mnt "$PWD/none/below/it" bind
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/mounts/7/source: open $PWD/none/below/it: it doesn't exist; $PWD/none doesn't exist"
    update_config ".mounts[7].source = \"$PWD/file/below\""
    run_hull run "$ID"
    assert_failure 1
    assert_contains "$PWD/file is not a directory"
    requires rootless
    [ ! -x /root ] || skip "/root is open here"
    update_config '.mounts[7].source = "/root/x"'
    run_hull run "$ID"
    assert_failure 1
    assert_matches "access denied; the caller may not enter /root \(mode 0700\)"
}

# below user.max_mnt_namespaces=$1, in a user namespace of its own
limited() {
    local limit=$1
    shift
    run unshare --user --map-root-user --mount sh -c 'echo "$0" > /proc/sys/user/max_mnt_namespaces && exec "$@"' "$limit" "${HULL_CMD[@]}" "$@" \
        < /dev/null 3>&- 4>&-
}

@test "user.max_mnt_namespaces counts mounts that aren't attached yet" {
    local limit
    requires userns
    update_config 'del(.linux.resources, .linux.uidMappings, .linux.gidMappings) | del(.mounts[].options[]? | select(. == "gid=5")) |
        .linux.namespaces |= map(select(.type != "user"))'
    mkdir volume
    update_config --arg v "$PWD/volume" '.mounts += [range(20) | {destination: "/mnt/\(.)", type: "bind", source: $v, options: ["bind"]}]'
    for limit in 0 1 2 4 8 16 20; do
        limited "$limit" run "$ID"
        assert_failure 1
        assert_contains "user.max_mnt_namespaces is reached: it is $limit here (sysctl)"
    done
    limited 100 run "$ID"
    refute_contains max_mnt_namespaces
}

@test "fs.mount-max, with the figures" {
    requires root:mount
    local most tree=$PWD/tree n=1
    read -r most < /proc/sys/fs/mount-max
    [ "$most" -le 200000 ] || skip "fs.mount-max is $most here"
    mkdir "$tree"
    test_mount -t tmpfs tmpfs "$tree"
    mount --make-private "$tree"
    while [ $((2 * n)) -lt $((most * 2 / 3)) ]; do
        mkdir "$tree/$n"
        mount --rbind "$tree" "$tree/$n"
        n=$((2 * n))
    done
    mkdir "$BUNDLE"/rootfs/{1,2,3,4}
    update_config --arg t "$tree" '.mounts += [range(1; 5) | {destination: "/\(.)", type: "bind", source: $t, options: ["rbind"]}]'
    run_hull run "$ID"
    assert_failure 1
    assert_matches "/mounts/[0-9]+: attach the mount to /[1-4]: no space left on device; the sysctl fs.mount-max allows $most mounts in a mount namespace: the container's has [0-9]+ already, and $tree brings more than [0-9]+"
}
