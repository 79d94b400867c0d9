# SPDX-License-Identifier: LGPL-2.1-or-later
# A root file system from layers of an overlay that hull mounts (io.hull.rootfs.layers), and what an ID-mapped one costs in safety.
load helpers

setup() {
    begin_test
    requires userns idmap
    setup_bundle
    update_config '.root.readonly = false'
}

# layers: rootfs is the image; up and work are the container's
layers() {
    requires fs:overlay kernel:5.19
    mv rootfs image
    mkdir -p rootfs extra/etc "$1/up" "$1/work"
    echo extra > extra/etc/extra
    update_config --arg layers "lowerdir=$BUNDLE/extra:image,upperdir=$1/up,workdir=$1/work" '.annotations["io.hull.rootfs.layers"] = $layers'
}

@test "two containers with different IDs from one image: no copy, no chown, what they write is theirs" {
    layers one
    userns_config 3000000000 65536
    before=$(find image extra -printf '%p %u %g %m %i\n' | sort)
    update_config '.process.capabilities |= map_values(. + ["CAP_CHOWN"])'
    set_args sh -c 'cat /etc/extra; stat -c %u:%g / /bin/busybox /etc; echo mine > /etc/new; echo more >> /etc/passwd; chown 7:8 /etc/new 2> /dev/null; stat -c %u:%g /etc/new'
    run_hull run "$ID"
    assert_success
    assert_output "extra"$'\n'"0:0"$'\n'"0:0"$'\n'"0:0"$'\n'"7:8"
    assert_equal "$(stat -c %u:%g one/up/etc/new)" 3000000007:3000000008
    assert_equal "$(stat -c %u:%g one/up/etc/passwd)" 3000000000:3000000000
    mkdir -p two/up two/work
    update_config '.annotations["io.hull.rootfs.layers"] |= gsub("one/"; "two/")'
    userns_config 3100000000 65536
    run_hull run "$(new_id two)"
    assert_success
    assert_equal "$(stat -c %u:%g two/up/etc/new)" 3100000007:3100000008
    assert_equal "$(find image extra -printf '%p %u %g %m %i\n' | sort)" "$before" "the image"
}

# Linux 6.14 and older refuse detached mounts as layers. Here this kernel is made to refuse them, too, and the layers are given by path
@test "layers by path, where the kernel takes no descriptors" {
    requires command:strace
    layers "one, two:three"
    update_config --arg layers 'lowerdir=extra:image,upperdir=one\, two:three/up,workdir=one\, two:three/work' '.annotations["io.hull.rootfs.layers"] = $layers'
    userns_config 3000000000 65536
    set_args sh -c 'cat /etc/extra; stat -c %u /bin/busybox; echo mine > /etc/new; grep -c " / .*overlay" /proc/self/mountinfo'
    run strace -o "$LOGS/strace" -e trace=fsconfig "${HULL_CMD[@]}" run "$ID"
    number=$(grep -n 'FSCONFIG_SET_FD, "lowerdir+"' "$LOGS/strace" | head -n 1 | cut -d: -f1)
    for errno in EOPNOTSUPP EINVAL; do      # before 6.5, and since
        old_kernel=(strace -o "$LOGS/strace" -e trace=fsconfig -e "inject=fsconfig:error=$errno:when=$number")
        run "${old_kernel[@]}" "${HULL_CMD[@]}" run "$ID"
        assert_success
        assert_output extra$'\n'0$'\n'1
    done
    grep -q 'FSCONFIG_SET_FD, "lowerdir+".* = -1 EINVAL' "$LOGS/strace" || fail "$(cat "$LOGS/strace")"
    assert_equal "$(stat -c %u "one, two:three/up/etc/new")" 3000000000
    update_config '.annotations["io.hull.rootfs.layers"] |= sub("three/work"; "three/missing")'
    run "${old_kernel[@]}" "${HULL_CMD[@]}" run "$ID"
    assert_failure 1
    assert_contains "/annotations/io.hull.rootfs.layers: "
}

@test "a hundred layers by path: more than fsconfig(2) takes as one string" {
    requires command:strace
    layers up
    local i all=image number
    for i in {1..100}; do mkdir "l$i"; touch "l$i/of-$i"; all=l$i:$all; done
    update_config --arg layers "lowerdir=$all,upperdir=up/up,workdir=up/work,redirect_dir=on" '.annotations["io.hull.rootfs.layers"] = $layers'
    userns_config 3000000000 65536
    set_args sh -c 'ls -d /of-* | wc -l; touch /new; grep -o redirect_dir=on /proc/self/mountinfo'
    run_hull run "$ID"
    assert_success
    assert_output $'100\nredirect_dir=on'
    run strace -o "$LOGS/strace" -e trace=fsconfig "${HULL_CMD[@]}" run "$ID"
    number=$(grep -n 'FSCONFIG_SET_FD, "lowerdir+"' "$LOGS/strace" | head -n 1 | cut -d: -f1)
    run strace -o "$LOGS/strace" -e trace=fsconfig -e "inject=fsconfig:error=EINVAL:when=$number" "${HULL_CMD[@]}" run "$ID"
    assert_success
    assert_output $'100\nredirect_dir=on'
    assert_equal "$(stat -c %u up/up/new)" 3000000000
}

@test "without an upper layer, and without a user namespace" {
    layers one
    update_config --arg layers "lowerdir=$BUNDLE/extra:image" '.annotations["io.hull.rootfs.layers"] = $layers'
    set_args sh -c 'cat /etc/extra; touch /new'
    run_hull run "$ID"
    assert_failure 1
    assert_contains extra
    assert_contains "Read-only file system"
    userns_config
    run_hull run "$ID"
    assert_failure 1
    assert_contains "Read-only file system"
}

@test "layers that are none" {
    layers one
    for text in upperdir=a lowerdir= "lowerdir=image,upperdir=one/up"; do
        update_config --arg layers "$text" '.annotations["io.hull.rootfs.layers"] = $layers'
        run_hull run "$ID"
        assert_failure 1
        assert_contains "/annotations/io.hull.rootfs.layers: "
    done
    update_config '.annotations["io.hull.rootfs.layers"] = "lowerdir=image:missing"'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/annotations/io.hull.rootfs.layers: open missing: it doesn't exist"
}

@test "a lower layer that can't be ID-mapped is named" {
    layers one
    test_mount -t ramfs ramfs "$BUNDLE/extra"
    userns_config
    run_hull run "$ID"
    assert_failure 1
    assert_contains "ID-map the mount of $BUNDLE/extra (filesystem ramfs)"
}

@test "a set-uid file in an ID-mapped rootfs: a warning where others can reach it, refused with --idmap-rootfs=auto" {
    userns_config
    set_args true
    chmod 755 "$BUNDLE" rootfs
    chmod a+x "$BATS_RUN_TMPDIR" "${BATS_RUN_TMPDIR%/*}" "${BATS_RUN_TMPDIR%/*/*}"
    run_hull run "$ID"
    assert_success
    assert_contains "level=warning"
    assert_contains "other users of the host can reach the ID-mapped $BUNDLE/rootfs"
    assert_contains "chmod o-x $BUNDLE"
    run_hull run --idmap-rootfs=auto "$ID"
    assert_failure 1
    assert_contains "other users of the host can reach the ID-mapped $BUNDLE/rootfs"
    update_config '.root.readonly = true'
    run_hull run --idmap-rootfs=auto "$ID"
    assert_output ""
    update_config '.root.readonly = false'
    chmod o-x "$BUNDLE"
    run_hull run --idmap-rootfs=auto "$ID"
    assert_success
    assert_output ""
}
