# SPDX-License-Identifier: LGPL-2.1-or-later
# Where hull can't work: no /proc, no cgroups, a chroot, a user without privileges. The error says what is missing.
load helpers

setup() {
    begin_test
    setup_bundle
    set_args true
    cd "$BATS_TEST_TMPDIR"
}

make_jail() {
    requires root:chroot
    mkdir -p jail/{proc,sys,run,tmp,dev,bin,bundle}
    cd "$BUNDLE"
    cp -a rootfs "$BATS_TEST_TMPDIR/jail/bundle/"
    cp config.json "$BATS_TEST_TMPDIR/jail/bundle/"
    cp -a rootfs/bin/. "$BATS_TEST_TMPDIR/jail/bin/"
    copy_programs "$BATS_TEST_TMPDIR/jail" "$HULL"
    mknod -m 666 "$BATS_TEST_TMPDIR/jail/dev/null" c 1 3
    cd "$BATS_TEST_TMPDIR"
}

# in_jail [mounts] COMMAND: in a chroot, in a mount namespace of its own; mounts: proc, sys, self
in_jail() {
    local mounts=$1
    shift
    run unshare --mount --propagation private sh -c '
        jail=$1 mounts=$2; shift 2
        for mount in $mounts; do
            case $mount in
            self) mount --bind "$jail" "$jail" ;;
            proc) mount -t proc proc "$jail/proc" ;;
            sys) mount --rbind /sys "$jail/sys" ;;
            esac
        done
        cd / && exec chroot "$jail" "$@"' sh "$PWD/jail" "$mounts" sh -c "cd /bundle; $*"
}

@test "no /proc" {
    make_jail
    in_jail "" "hull run $ID"
    assert_failure 1
    assert_contains "no procfs is mounted on /proc, and hull needs one"
    in_jail "" "hull --version && hull help && hull features && hull list"
    assert_success
    refute_contains level=
}

@test "no cgroups" {
    make_jail
    in_jail "self proc" "hull run $ID"
    assert_failure 1
    assert_contains "no cgroup hierarchy is mounted at /sys/fs/cgroup; mount one (mount -t cgroup2 cgroup2 /sys/fs/cgroup), or run containers without cgroups: --cgroup-manager=disabled"
    [[ "$output" != *hierarchy*hierarchy* ]] || fail "said twice: $output"
    in_jail "self proc" "hull --cgroup-manager disabled run $ID"
    assert_failure 1
    assert_contains "/mounts/6: no cgroup hierarchy is mounted at /sys/fs/cgroup; mount one (mount -t cgroup2 cgroup2 /sys/fs/cgroup), or leave this mount out of config.json"
    jq 'del(.mounts[] | select(.destination | startswith("/sys")))' "$BUNDLE/config.json" > jail/bundle/config.json
    in_jail "self proc" "hull --cgroup-manager disabled run $ID"
    refute_contains "cgroup hierarchy"
}

@test "a chroot" {
    make_jail
    in_jail "proc sys" "hull run $ID"
    assert_failure 1
    assert_contains "hull runs in a chroot whose root is no mount point"
    in_jail "self proc sys" "hull run $ID"
    assert_success
    cd "$BUNDLE"
    userns_config
    cp config.json ../jail/bundle/
    cd ..
    in_jail "proc sys" "hull run $ID"
    assert_failure 1
    assert_contains "chroot, and no user namespace can be made from inside one"
}

@test "spec and run without privileges: the way to do it is named" {
    requires root:users
    mkdir user user/rootfs run
    chmod 777 user run
    cd user
    run setpriv --reuid 65533 --regid 65533 --clear-groups env XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR/run" \
        sh -c "'$HULL' spec && '$HULL' run $ID"
    assert_failure 1
    assert_contains 'use `hull spec --rootless`'
    # a session without XDG_RUNTIME_DIR, whether root's state root is there or not
    for dir in 700 none; do
        run unshare --mount sh -c "mount -t tmpfs -o mode=755 tmpfs /run && { [ $dir = none ] || mkdir -m $dir /run/hull; } &&
            exec setpriv --reuid 65533 --regid 65533 --clear-groups env -u XDG_RUNTIME_DIR '$HULL' run $ID"
        assert_failure 1
        assert_contains "access denied; without root's privileges, use \`hull spec --rootless\`, and set XDG_RUNTIME_DIR"
    done
}

@test "slice:prefix:name without the systemd manager is a warning" {
    requires root:cgroups
    [ "$HULL_CGROUP_MANAGER" = cgroupfs ] || skip "this is the systemd manager"
    cd "$BUNDLE"
    update_config --arg path "system.slice:hull:$ID" '.linux.cgroupsPath = $path'
    run_hull run "$ID"
    assert_success
    assert_contains "level=warning"
    assert_matches "/linux/cgroupsPath: .*system.slice:hull:$ID.* has the form slice:prefix:name, but the cgroup manager isn't systemd: use --systemd-cgroup"
    update_config --arg path "/$TOKEN/$ID" '.linux.cgroupsPath = $path'
    run_hull run "$ID"
    refute_contains warning
}

@test "--debug exec logs its steps, on both sides" {
    cd "$BUNDLE"
    set_args sleep 100
    start_container
    run_hull --debug exec "$ID" true
    assert_success
    assert_contains 'msg="step: open the container"'
    assert_contains 'msg="step: start the process"'
    assert_contains 'msg="step inside: enter the container"'
    run_hull exec "$ID" true
    assert_output ""
}
