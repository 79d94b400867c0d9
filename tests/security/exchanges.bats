# SPDX-License-Identifier: LGPL-2.1-or-later
# Races that are always won: hull is stopped at the system call between check and use, somebody who shares the root filesystem exchanges
# the file, and hull continues (lib/stop_at.c).
load lib

setup() {
    begin_security_test
    test_program stop_at
    STOP_AT=$PROGRAM
    # nothing is mounted on /dev: it is the image's, which somebody else can change
    setup_bundle
    update_config '.root.readonly = false | .mounts |= map(select(.destination | startswith("/dev") | not))'
    set_args true
    UP=$(printf '../%.0s' {1..20})
}

# exchange WHEN SYSCALL MATCH ACTION: runs the container while ACTION happens there
exchange() {
    # shellcheck disable=SC2086
    run "$LIMIT" "$HULL_LIMIT" "$STOP_AT" $1 "$2" "$3" "$4" -- "${HULL_CMD[@]}" run "$ID" 3>&- 4>&-
    [ "$status" != 125 ] || fail "never came to $2 with $3: $output"
    hull delete --force "$ID"
    assert_canary "$1 $2 $3"
}

@test "a device node is exchanged for a link before it gets its owner" {
    update_config '.linux.devices = [{path: "/dev/racer", type: "c", major: 1, minor: 3, uid: 1234, gid: 1234}]'
    for when in "" -x; do
        rm -f rootfs/dev/racer
        exchange "$when" openat racer "rm -f $BUNDLE/rootfs/dev/racer; ln -s $UP$CANARY/file $BUNDLE/rootfs/dev/racer"
        rm -f rootfs/dev/racer
        exchange "$when" openat racer "rm -f $BUNDLE/rootfs/dev/racer; mknod $BUNDLE/rootfs/dev/racer c 1 7"
        [ -n "$when" ] || assert_contains "/linux/devices/0: /dev/racer: expected the device c 1:3, found c 1:7"
        [ -n "$when" ] || assert_equal "$(stat -c %u rootfs/dev/racer)" 0
    done
}

@test "a file is exchanged while tmpcopyup copies it" {
    mkdir rootfs/data
    update_config '.mounts += [{destination: "/data", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}]'
    set_args sh -c 'cat /data/racer; ls -l /data'
    for what in "ln -s $UP$CANARY/file" "ln -s $CANARY/file" mkfifo "mknod -m 666"; do
        rm -rf rootfs/data/racer
        echo innocent > rootfs/data/racer
        case $what in mknod*) args="c 1 5" ;; *) args= ;; esac
        exchange "" openat racer "rm $BUNDLE/rootfs/data/racer; $what $BUNDLE/rootfs/data/racer $args"
        refute_contains "canary of"
    done
    # and a directory
    rm -rf rootfs/data/racer
    mkdir rootfs/data/racer
    exchange "" openat racer "rmdir $BUNDLE/rootfs/data/racer; ln -s $CANARY $BUNDLE/rootfs/data/racer"
    refute_contains "canary of"
}

@test "a mountpoint is exchanged for a link, before and after it is looked up" {
    mkdir volume
    echo volume > volume/file
    update_config --arg src "$BUNDLE/volume" '.mounts += [{destination: "/mnt/racer", type: "bind", source: $src, options: ["bind"]}]'
    set_args sh -c 'touch /mnt/racer/new; cat /proc/self/mountinfo'
    for link in "$UP$CANARY/dir" "$CANARY/dir"; do
        for when in "" -x; do
            rm -rf rootfs/mnt rootfs/tmp; mkdir -p rootfs/mnt/racer rootfs/tmp
            exchange "$when" openat2 /mnt/racer "mv $BUNDLE/rootfs/mnt/racer $BUNDLE/rootfs/mnt/gone; ln -s $link $BUNDLE/rootfs/mnt/racer"
            [ ! -e "$CANARY/dir/new" ] || fail "the link was followed"
        done
    done
    # one that hull has to make
    for when in "" -x; do
        rm -rf rootfs/mnt; mkdir -p rootfs/mnt
        exchange "$when" openat2 /mnt/racer "rm -rf $BUNDLE/rootfs/mnt; ln -s $UP$CANARY $BUNDLE/rootfs/mnt"
        [ ! -e "$CANARY/racer" ] || fail "the link was followed"
    done
}

@test "a part of an ID-mapped volume is exchanged for a link" {
    requires idmap
    userns_config
    mkdir -p volume/{part,other}
    test_mount -t ramfs ramfs "$BUNDLE/volume/part"       # can't be ID-mapped, so the tree is taken apart
    update_config --arg src "$BUNDLE/volume" '.annotations["io.hull.idmap.fallback"] = "partial"
        | .mounts += [{destination: "/vol", type: "bind", source: $src, options: ["rbind", "ridmap"]}]'
    set_args sh -c 'cut -d" " -f5 /proc/self/mountinfo'
    exchange "" openat2 /part "unshare -m sh -c 'cd $BUNDLE/volume && umount part && mv part gone && ln -s other part'"
    sed -i "s|/volume/part\$|/volume/gone|" "$LOGS/.mounts"
    refute_contains /vol/other
    assert_failure
    assert_contains "/part"
}
