# SPDX-License-Identifier: LGPL-2.1-or-later
# What hull asks newer kernels for, seen present and absent: lib/as_kernel.c plays an older kernel, down to the oldest that hull needs. (The suites
# on real ones: make check-matrix.)
load helpers

setup() {
    begin_test
    requires root:setuid runtime:hull not-uml seccomp-listener
    test_program as_kernel
    AS_KERNEL=$PROGRAM
    old_filesystem
    setup_bundle "$DIR/bundle"
}

# old_filesystem: sets DIR, of a file system that the oldest kernel can map: the test's own, or else one of ext4
old_filesystem() {
    DIR=$BATS_TEST_TMPDIR
    test_program idmap-probe
    ! "$AS_KERNEL" 5.14 "$PROGRAM" "$DIR" 2> /dev/null || return 0
    requires fs:ext4 command:mkfs.ext4 file:/dev/loop-control
    truncate -s 64M image
    mkfs.ext4 -q -O ^has_journal image
    DIR+=/ext4
    test_mount -o loop image "$DIR"
}

# on VERSION ARGUMENT...: hull on that kernel
on() {
    local version=$1
    shift
    run "$AS_KERNEL" "$version" timeout 60 "${HULL_CMD[@]}" "$@" < /dev/null 3>&- 4>&-
}
# newer_than VERSION: this kernel has what came after VERSION
newer_than() { kernel_at_least "$1" || skip "this kernel is older than $1 itself"; }

# tested VERSION: the smallest life of a container, with a user namespace and an ID-mapped root and volume
life_on() {
    mkdir -p volume
    touch volume/file
    chown 5:5 volume/file
    set_args sh -c 'stat -c %u /data/file; sleep 1000'
    update_config '.mounts += [{destination: "/data", type: "bind", source: "volume", options: ["bind", "idmap"]}]'
    "$AS_KERNEL" "$1" "${HULL_CMD[@]}" create --bundle "$BUNDLE" "$ID" < /dev/null > "$LOGS/$ID.out" 2> "$LOGS/$ID.err" 3>&- 4>&- ||
        fail "create on $1: $(cat "$LOGS/$ID.err")"
    for command in start state "exec $ID true" pause resume 'kill KILL' 'delete --force'; do
        case $command in
        exec*) on "$1" exec "$ID" true ;;
        kill*) on "$1" kill "$ID" KILL ;;
        delete*) on "$1" delete --force "$ID" ;;
        *) on "$1" "$command" "$ID" ;;
        esac
        assert_equal "$status" 0 "$command on $1: $output"
    done
    assert_equal "$(cat "$LOGS/$ID.out")" 5
}

@test "the oldest kernel, 5.14, and 5.15, 5.19, 6.0: a container with a user namespace and ID-mapped mounts" {
    requires userns idmap
    userns_config
    for version in 5.14 5.15 5.19 6.0; do
        run "$AS_KERNEL" $version uname -r
        assert_output $version.0
        life_on $version
        update_config 'del(.mounts[-1])'
    done
}

@test "ID-mapped tmpfs, since 6.3: works, or the error says since when it can" {
    requires userns
    newer_than 6.3
    userns_config
    set_args stat -c %u /v
    update_config '.mounts += [{destination: "/v", type: "tmpfs", source: "tmpfs", options: ["idmap"]}]'
    on 6.3 run "$ID"
    assert_success
    assert_output 0
    on 6.2 run "$ID"
    assert_failure
    assert_contains "tmpfs can be ID-mapped since Linux 6.3"
    on 6.2 doctor "$BATS_TEST_TMPDIR"
    assert_failure 1
    assert_contains "✘ ID-mapped tmpfs"
}

@test "statmount, since 6.8, and open_tree_attr, since 6.15: a mount that is ID-mapped already gets both mappings, or the error says since when" {
    requires userns idmap
    newer_than 6.15
    userns_config
    mkdir other
    test_mount --bind "$BUNDLE/other" "$BUNDLE/src"
    touch src/five
    chown 5:5 src/five
    test_program idmap-probe
    "$PROGRAM" src src && echo "$BUNDLE/src" >> "$LOGS/.mounts"
    set_args stat -c %u /v/five
    update_config '.mounts += [{destination: "/v", type: "bind", source: "src", options: ["bind", "idmap"],
        uidMappings: [{containerID: 0, hostID: 100000, size: 10}, {containerID: 100000, hostID: 100010, size: 100}]}] | .mounts[-1].gidMappings = .mounts[-1].uidMappings'
    on 6.15 run "$ID"
    assert_success
    assert_output 15
    for version in 5.14 6.7 6.8 6.14; do
        on $version run "$ID"
        assert_failure
        assert_contains "this mount is ID-mapped already; Linux 6.15 can map it again"
    done
}

@test "an overlay whose layers are ID-mapped: by descriptor since 6.15, by path before" {
    requires fs:overlay userns idmap
    newer_than 6.15
    userns_config 3000000000 65536
    mv rootfs image
    mkdir -p rootfs extra up/up up/work
    echo extra > extra/extra
    update_config '.root.readonly = false | .annotations["io.hull.rootfs.layers"] = "lowerdir=extra:image,upperdir=up/up,workdir=up/work"'
    set_args sh -c 'cat /extra; stat -c %u /bin/busybox; echo mine > /new; sed -n "s/.* \/ .* overlay .*\(lowerdir.\).*/\1/p" /proc/self/mountinfo'
    on 6.15 run "$ID"
    assert_success
    assert_output extra$'\n'0$'\n'lowerdir+
    for version in 6.14 6.4 5.19; do
        on $version run "$ID"
        assert_success
        assert_output extra$'\n'0$'\n'lowerdir=
    done
    assert_equal "$(stat -c %u up/up/new)" 3000000000
}
