# SPDX-License-Identifier: LGPL-2.1-or-later
# What the configuration says is read-only, nosuid, nodev, noexec holds against CAP_SYS_ADMIN of the container's own user namespace.
load lib

ADMIN='["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_MKNOD", "CAP_FOWNER"] | {bounding: ., effective: ., permitted: .}'

setup() {
    begin_test
    requires userns
    setup_bundle
    userns_config
    update_config ".process.capabilities = ($ADMIN) | .process.noNewPrivileges = false | .root.readonly = true"
    mkdir -p v/{plain,remounted,inner,outer/below,rro,late,sub,uncovered}
    chmod -R a+rwX v
    update_config --arg v "$BUNDLE/v" '.mounts += [
        {destination: "/plain", type: "bind", source: ($v + "/plain"), options: ["bind", "ro"]},
        {destination: "/remounted", type: "bind", source: ($v + "/remounted"), options: ["bind"]},
        {destination: "/remounted", type: "bind", source: ($v + "/remounted"), options: ["bind", "remount", "ro", "nosuid", "nodev", "noexec", "noatime"]},
        {destination: "/rw", type: "bind", source: ($v + "/inner"), options: ["bind"]},
        {destination: "/inner", type: "bind", source: ($v | sub("/v$"; "/rootfs/rw")), options: ["bind", "ro"]},
        {destination: "/rro", type: "bind", source: ($v + "/rro"), options: ["rbind", "rro"]},
        {destination: "/shared", type: "bind", source: ($v + "/plain"), options: ["rbind", "rshared", "ro"]},
        {destination: "/unbindable", type: "bind", source: ($v + "/plain"), options: ["rbind", "unbindable", "ro"]},
        {destination: "/uncovered", type: "bind", source: ($v + "/outer"), options: ["bind"]},
        {destination: "/uncovered/below", type: "bind", source: ($v + "/outer/below"), options: ["bind", "ro"]},
        {destination: "/tmpfs", type: "tmpfs", source: "tmpfs", options: ["ro", "nosuid", "nodev", "noexec"]},
        {destination: "/typed", type: "tmpfs", source: "tmpfs", options: ["rw"]},
        {destination: "/typed", type: "tmpfs", source: "tmpfs", options: ["remount", "bind", "ro"]}]
        | .linux.readonlyPaths += ["/rw/file"] | .linux.maskedPaths += ["/rw/secret"]'
    # the way in which access times are kept is locked already in a copy of the host's mounts
    if rootless; then update_config '.mounts |= map(if .options then .options -= ["noatime"] else . end)'; fi
    mkdir -p rootfs/{plain,remounted,rw,inner,rro,shared,unbindable,uncovered,tmpfs,typed}
    echo secret > v/inner/secret
    echo old > v/inner/file
    chmod a+rw v/inner/*
    chmod -R a+rwX rootfs
}

# everything a container can try: remount the mount, the whole filesystem, unmount it, move it away, a new mount namespace
ATTACK='
umask 0
for m in / /plain /remounted /inner /rro /shared /unbindable /uncovered/below /tmpfs /typed /rw/file /rw/secret; do
    mount -o remount,bind,rw $m; mount -o remount,rw $m
    mount -o remount,bind,suid,dev,exec,atime $m
    umount $m; umount -l $m; mount --move $m /dev/shm
    if [ -d $m ]; then touch $m/written; else echo written > $m; cat $m; fi
done 2>/dev/null
mount -t proc proc /mnt 2>/dev/null; echo written > /mnt/sys/kernel/domainname 2>/dev/null
umount /proc/sys 2>/dev/null; umount -l /proc/sys 2>/dev/null; mount -o remount,bind,rw /proc/sys 2>/dev/null
echo written > /proc/sys/kernel/domainname 2>/dev/null
umount /proc/kcore /proc/keys /sys/firmware 2>/dev/null
mount -o remount,bind,rw / 2>/dev/null && echo "the root is writable"
unshare -m sh -c "mount -o remount,bind,rw /plain; touch /plain/written; umount /uncovered/below; touch /uncovered/below/written" 2>/dev/null
grep -E " /(remounted|tmpfs) " /proc/self/mountinfo | cut -d" " -f5,6
cat /proc/sys/kernel/domainname; stat -c %n:%F /proc/keys
'

assert_locked() {
    assert_equal "$(find v rootfs -name written)" ""
    assert_equal "$(cat v/inner/file)" old
    refute_contains secret
    refute_contains written
    refute_contains "the root is writable"
    assert_contains "/remounted ro,nosuid,nodev,noexec,$(rootless && echo rel || echo no)atime"
    assert_contains "/tmpfs ro,nosuid,nodev,noexec"
}

@test "what is read-only stays so, however the configuration says it" {
    set_args sh -c "$ATTACK"
    run_hull run "$ID"
    assert_locked
    # in a bundle that the container's root can't enter, and in one that it can
    chmod o+x "$BUNDLE"
    run_hull run "$ID"
    assert_locked
    run_hull run --no-pivot "$ID"
    assert_locked
}

@test "--no-pivot: no procfs can be mounted without what is masked, not in a further user namespace either" {
    mkdir -p rootfs/proc2
    local nested='mount -t proc proc /proc2 && echo "a procfs: $(stat -c %F /proc2/keys)"; true'
    update_config '.process.user = {uid: 1000, gid: 1000} | .process.capabilities = {}'
    set_args unshare -r -p -f -m sh -c "$nested"
    for bundle in o+x o-x; do
        chmod "$bundle" "$BUNDLE"
        for pivot in "" --no-pivot; do
            # shellcheck disable=SC2086
            run_hull run $pivot "$ID"
            refute_contains "a procfs"
            assert_contains "mount: permission denied"
        done
    done
    rootless && return
    # without a user namespace around it
    update_config 'del(.linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user"))'
    run_hull run --no-pivot "$ID"
    refute_contains "a procfs"
    assert_contains "mount: permission denied"
    set_args sh -c 'ls /; cat /proc/self/mountinfo | cut -d" " -f5'
    run_hull run --no-pivot "$ID"
    assert_success
    refute_contains "$BATS_TEST_TMPDIR"
}

@test "nothing of the host is left in the mount namespace" {
    set_args sh -c 'cut -d" " -f5 /proc/self/mountinfo; readlink /proc/self/cwd'
    for mode in o+x o-x; do
        chmod "$mode" "$BUNDLE"
        run_hull run "$ID"
        assert_success
        refute_contains "$BATS_TEST_TMPDIR"
        assert_equal "${lines[0]}" /
        assert_equal "$(grep -cx / <<< "$output")" 2      # the root, and the working directory
    done
}

@test "a command with CAP_SYS_ADMIN in a running container" {
    set_args sleep 1000
    start_container
    run_hull exec "$ID" sh -c "$ATTACK"
    assert_locked
}

@test "a container without CAP_SYS_ADMIN, by one of the same user and PID namespace that has it" {
    rootless && skip "joining needs root"
    local one pod='.linux.namespaces |= map(if .type == "user" or .type == "pid" then .path = "/proc/\($pid)/ns/\(.type)" else . end)
        | del(.linux.uidMappings, .linux.gidMappings)'
    one=$(new_id one)
    add_capability CAP_SYS_CHROOT
    add_capability CAP_SYS_PTRACE
    cp config.json admin.json
    set_args sleep 1000
    start_container "$one"
    local pid
    pid=$(hull state "$one" | jq .pid)
    cp admin.json config.json
    update_config --argjson pid "$pid" "$pod | .process.capabilities = {}"
    set_args sleep 777
    start_container
    cp admin.json config.json
    update_config --argjson pid "$pid" "$pod"
    set_args sh -c 'for p in /proc/[0-9]*; do grep -qs 777 $p/cmdline || continue
        nsenter -t ${p#/proc/} -m sh -c "echo inside; mount -o remount,bind,rw /plain; touch /plain/written; umount /uncovered/below; touch /uncovered/below/written"; done'
    run_hull run "$(new_id two)"
    assert_contains inside
    assert_equal "$(find v rootfs -name written)" ""
}

@test "the terminal is found by its name" {
    update_config '.process.terminal = true'
    set_args sh -c 'tty; readlink /proc/self/fd/0'
    start_console
    hull create --console-socket "$CONSOLE_SOCKET" "$ID"
    hull start "$ID"
    wait_console
    assert_equal "$(console_output | tr -d '\r' | xargs)" "/dev/pts/0 /dev/pts/0"
}

@test "mounts add: each kind of mount, its flags" {
    rootless && skip "the sources can't be ID-mapped"
    set_args sleep 1000
    mkdir -p rootfs/{bind,tmp,in,parts} v/late/below
    own_mount "$BUNDLE/v/late/below"
    start_container
    jq -n --arg v "$BUNDLE/v/late" --arg in "$BUNDLE/rootfs/rw" '[
        {destination: "/bind", type: "bind", source: $v, options: ["bind", "ro"]},
        {destination: "/parts", type: "bind", source: $v, options: ["rbind", "rro", "rshared"]},
        {destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["ro", "noexec"]},
        {destination: "/in", type: "bind", source: $in, options: ["bind", "ro", "noexec"]}]' > late.json
    hull mounts add "$ID" late.json
    run_hull exec "$ID" sh -c 'for m in /bind /parts /parts/below /tmp /in; do mount -o remount,bind,rw,exec $m; touch $m/written; done 2>/dev/null
        umount /parts/below; touch /parts/below/written; grep -E " /(bind|parts|parts/below|tmp|in) " /proc/self/mountinfo | cut -d" " -f5-6'
    assert_equal "$(find v -name written)" ""
    for place in /bind /parts /parts/below /tmp /in; do assert_contains "$place ro"; done
    hull mounts remove "$ID" late.json
    run_hull exec "$ID" cat /proc/self/mountinfo
    refute_contains " /bind "
}
