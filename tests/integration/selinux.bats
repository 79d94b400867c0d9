# SPDX-License-Identifier: LGPL-2.1-or-later
# SELinux on a kernel that has a policy loaded: `tests/vm/check --lsm=selinux tests/integration/selinux.bats`, and the same with
# --lsm=selinux-permissive, where the labels are the same and nothing is denied. tests/vm/selinux.cil is what the policy needs.
load helpers

PROCESS=system_u:system_r:container_t
FILES=system_u:object_r:container_file_t
LABEL=$PROCESS:s0:c1,c2
FILE_LABEL=$FILES:s0:c1,c2

setup() {
    begin_test
    requires root:lsm selinux command:chcon command:getenforce command:keyctl
    setup_bundle
    chcon -R "$FILE_LABEL" "$BUNDLE/rootfs"
    set_labels "$LABEL" "$FILE_LABEL"
}

set_labels() { update_config --arg process "$1" --arg files "$2" '.process.selinuxLabel = $process | .linux.mountLabel = $files'; }

enforcing() { [ "$(getenforce)" = Enforcing ]; }

# what the kernel says: of a process; of a file; of the mount at a place in the container
label_of() { tr -d '\0' < "/proc/$1/attr/current"; }
file_label() { getfattr --absolute-names --only-values -h -n security.selinux "$1" | tr -d '\0'; }
in_container() { file_label "/proc/$(container_pid)/root$1"; }
mount_options() { awk -v place="$1" '$5 == place { options = $0; sub(/.* - /, "", options) } END { print options }' "/proc/$(container_pid)/mountinfo"; }

exec_detached() {
    hull exec --detach --pid-file "$BATS_TEST_TMPDIR/exec.pid" "$@"
    EXEC_PID=$(cat "$BATS_TEST_TMPDIR/exec.pid")
}

@test "processLabel: the container's process has it; hull, its hooks, and the waiting process don't" {
    own=$(label_of self)
    printf '#!/bin/sh\ntr -d "\\0" < /proc/self/attr/current >> %q; echo >> %q\n' "$LOGS/hooks" "$LOGS/hooks" > "$BUNDLE/hook"
    chmod +x "$BUNDLE/hook"
    update_config --arg hook "$BUNDLE/hook" '.hooks = {createRuntime: [{path: $hook}], createContainer: [{path: $hook}], poststart: [{path: $hook}]}'
    create_container
    assert_equal "$(label_of "$(container_pid)")" "$own"
    hull start "$ID"
    assert_equal "$(label_of "$(container_pid)")" "$LABEL"
    assert_equal "$(sort -u "$LOGS/hooks")" "$own"
    run_hull exec "$ID" sh -c 'cat /proc/self/attr/current | tr -d "\0"'
    assert_success
    assert_output "$LABEL"
}

@test "the session keyring has the process's label" {
    start_container
    key=$(awk -v name="_ses.$ID:" '$9 == name { print $1 }' /proc/keys)
    [ -n "$key" ] || fail "$(cat /proc/keys)"
    assert_equal "$(keyctl security "0x$key")" "$LABEL"
    hull delete --force "$ID"
}

@test "mountLabel: every new filesystem, devices, masked directories; not /proc, /sys and cgroups" {
    update_config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}]) | .linux.maskedPaths += ["/var"]'
    start_container
    for place in /dev /dev/shm /dev/pts; do
        [[ $(mount_options $place) == *"context=\"$FILE_LABEL\""* ]] || fail "$place: $(mount_options $place)"
    done
    for file in /dev /dev/shm /dev/pts /dev/pts/ptmx /dev/null /dev/tty /dev/mqueue /var /; do
        assert_equal "$(in_container $file)" "$FILE_LABEL" "$file"
    done
    for place in /proc /sys /sys/fs/cgroup; do
        [[ $(mount_options $place) != *context=* ]] || fail "$place: $(mount_options $place)"
        [[ $(in_container $place) != *container_file_t* ]] || fail "$place"
    done
    # the container can use them
    run_hull exec "$ID" sh -c 'echo x > /dev/null && echo y > /dev/shm/file && ls /dev/mqueue /dev/pts /var && cat /dev/shm/file'
    assert_success
    assert_contains y
}

@test "mountLabel in a user namespace: the same, also for devices that are bound" {
    requires userns
    userns_config
    update_config '.linux.maskedPaths += ["/var"]'
    start_container
    assert_equal "$(label_of "$(container_pid)")" "$LABEL"
    for file in /dev /dev/shm /dev/pts /dev/null /dev/zero /dev/mqueue /var; do
        assert_equal "$(in_container $file)" "$FILE_LABEL" "$file"
    done
    run_hull exec "$ID" sh -c 'echo x > /dev/null && head -c 1 /dev/zero > /dev/shm/file && ls /dev/mqueue'
    assert_success
}

@test "run.oci.mount_context_type" {
    update_config '.annotations["run.oci.mount_context_type"] = "rootcontext"'
    start_container
    [[ $(mount_options /dev/shm) == *"rootcontext=\"$FILE_LABEL\""* ]] || fail "$(mount_options /dev/shm)"
    assert_equal "$(in_container /dev/shm)" "$FILE_LABEL"
    hull delete --force "$ID"
    # a filesystem's own label: that of a container's files is none in the policy
    update_config '.annotations["run.oci.mount_context_type"] = "fscontext"'
    run_hull create --bundle "$BUNDLE" "$ID"
    if [ "$status" -ne 0 ]; then
        assert_contains "$FILE_LABEL"
    else
        [[ $(mount_options /dev/shm) == *"fscontext=\"$FILE_LABEL\""* ]] || fail "$(mount_options /dev/shm)"
        hull delete --force "$ID"
    fi
    # only for filesystems with extended attributes on a disk
    update_config '.annotations["run.oci.mount_context_type"] = "defcontext"'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "the label $FILE_LABEL needs SELinux, a loaded policy that knows it, and a filesystem that can have it"
}

@test "a mount with a label among its options keeps that one" {
    update_config --arg label "$FILES:s0:c3" '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["context=\"" + $label + "\""]}]'
    start_container
    [[ $(mount_options /mnt) == *"context=$FILES:s0:c3"* ]] || [[ $(mount_options /mnt) == *"context=\"$FILES:s0:c3\""* ]] || fail "$(mount_options /mnt)"
}

@test "bind mounts keep the label of their source, with z and Z too" {
    mkdir "$BUNDLE/volume"
    echo text > "$BUNDLE/volume/file"
    chcon -R "$FILES:s0:c7" "$BUNDLE/volume"
    update_config --arg source "$BUNDLE/volume" '.mounts += [("a", "b", "c") | {destination: ("/mnt/" + .), source: $source,
        options: ["bind", ({a: "z", b: "Z", c: "rw"}[.])]}]'
    mkdir "$BUNDLE"/rootfs/mnt/{a,b,c}
    start_container
    for place in a b c; do assert_equal "$(in_container /mnt/$place/file)" "$FILES:s0:c7" "$place"; done
    assert_equal "$(file_label "$BUNDLE/volume")" "$FILES:s0:c7"
}

@test "exec: the container's label, another, and the one of --process" {
    start_container
    exec_detached "$ID" sleep 1000
    assert_equal "$(label_of "$EXEC_PID")" "$LABEL"
    exec_detached --process-label "$PROCESS:s0:c1,c2,c5" "$ID" sleep 1000
    assert_equal "$(label_of "$EXEC_PID")" "$PROCESS:s0:c1,c2,c5"
    jq -n --arg label "$PROCESS:s0:c1,c2,c6" '{args: ["sleep", "1000"], cwd: "/", env: ["PATH=/bin"], user: {uid: 0, gid: 0}, selinuxLabel: $label}' \
        > "$BATS_TEST_TMPDIR/process.json"
    exec_detached --process "$BATS_TEST_TMPDIR/process.json" "$ID"
    assert_equal "$(label_of "$EXEC_PID")" "$PROCESS:s0:c1,c2,c6"
    start_console
    run_hull exec --tty --detach --console-socket "$CONSOLE_SOCKET" "$ID" sh -c 'tty; cat /proc/self/attr/current'
    assert_success
    console_says "$LABEL"
}

@test "a terminal: its device has mountLabel" {
    update_config '.process.terminal = true'
    set_args sh -c 'tty && sleep 1000'
    start_console
    run_hull create --bundle "$BUNDLE" --console-socket "$CONSOLE_SOCKET" "$ID"
    assert_success
    hull start "$ID"
    console_says /dev/pts/0
    assert_equal "$(in_container /dev/pts/0)" "$FILE_LABEL"
    assert_equal "$(in_container /dev/console)" "$FILE_LABEL"
}

@test "what hull makes in the rootfs is labelled as the policy has it for the directory" {
    update_config '.root.readonly = false | .process.cwd = "/made/for/cwd"
        | .mounts += [{destination: "/made/for/mount", type: "tmpfs", source: "tmpfs", options: []}]'
    start_container
    for file in made made/for made/for/mount made/for/cwd; do
        [[ $(file_label "$BUNDLE/rootfs/$file") == *:container_file_t:* ]] || fail "$file: $(file_label "$BUNDLE/rootfs/$file")"
    done
}

@test "a label that the policy doesn't have: an error that names it" {
    set_labels "system_u:system_r:nobody_knows_t:s0" "$FILE_LABEL"
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "/process/selinuxLabel: "
    assert_contains "system_u:system_r:nobody_knows_t:s0"
    assert_contains "the loaded policy has no such label"
    set_labels "$LABEL" "system_u:object_r:nobody_knows_t:s0"
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "/mounts/"
    assert_contains "the label system_u:object_r:nobody_knows_t:s0 needs SELinux, a loaded policy that knows it"
    set_labels "$LABEL" "$FILE_LABEL"
    start_container
    run_hull exec --process-label "system_u:system_r:nobody_knows_t:s0" "$ID" true
    assert_failure 255
    assert_contains "/process/selinuxLabel: "
    assert_contains "system_u:system_r:nobody_knows_t:s0"
    assert_contains "the loaded policy has no such label"
}

@test "a label that hull may not change to: an error that names it and the program's" {
    enforcing || skip "permissive: nothing is denied"
    set_labels system_u:system_r:hull_denied_t:s0 "$FILE_LABEL"
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/process/selinuxLabel: label of the session keyring: write"
    assert_contains "system_u:system_r:hull_denied_t:s0"
    assert_contains "the policy must allow it to hull, which runs as $(label_of self)"
    for value in false true; do
        update_config --argjson value "$value" '.process.noNewPrivileges = $value'
        run_hull run --no-new-keyring "$ID"
        assert_failure
        assert_contains "SELinux may forbid the change to the label system_u:system_r:hull_denied_t:s0 (/process/selinuxLabel)"
        assert_contains "$FILE_LABEL as entry point"
    done
    assert_contains nnp_transition
    # and a file that is an entry point of another domain
    set_labels "$LABEL" "$FILE_LABEL"
    update_config '.process.noNewPrivileges = false'
    chcon system_u:object_r:shadow_t:s0 "$BUNDLE/rootfs/bin/busybox"
    run_hull run "$ID"
    assert_failure
    assert_contains "$LABEL"
    assert_contains system_u:object_r:shadow_t:s0
}

@test "a label that hull may not mount with: an error that names it" {
    enforcing || skip "permissive: nothing is denied"
    denied=system_u:object_r:hull_denied_t:s0
    for change in . '.mounts |= map(select(.type | IN("proc", "sysfs", "cgroup"))) | .linux.maskedPaths = ["/var"]' \
        '.mounts |= map(select(.type | IN("proc", "sysfs", "cgroup", "mqueue")))'; do
        setup_bundle "$BATS_TEST_TMPDIR/$((bundles += 1))"
        set_labels "$LABEL" $denied
        update_config "$change"
        run_hull run "$ID"
        assert_failure 1
        assert_contains $denied
        assert_contains "access denied"
    done
    userns_config
    run_hull run "$ID"
    assert_failure 1
    assert_contains "SELinux must allow hull to mount with the label $denied"
}

@test "a container with the categories c1,c2 can't read what has c3,c4" {
    enforcing || skip "permissive: nothing is denied"
    mkdir "$BUNDLE/volume"
    echo own > "$BUNDLE/volume/own"
    echo other > "$BUNDLE/volume/other"
    echo everybody > "$BUNDLE/volume/everybody"
    chcon -R "$FILES:s0" "$BUNDLE/volume"
    chcon "$FILES:s0:c1,c2" "$BUNDLE/volume/own"
    chcon "$FILES:s0:c3,c4" "$BUNDLE/volume/other"
    update_config --arg source "$BUNDLE/volume" '.mounts += [{destination: "/mnt", source: $source, options: ["bind", "rw"]}]'
    start_container
    run_hull exec "$ID" cat /mnt/own /mnt/everybody
    assert_success
    assert_output own$'\n'everybody
    run_hull exec "$ID" cat /mnt/other
    assert_failure
    assert_contains "Permission denied"
    run_hull exec "$ID" sh -c 'echo x > /mnt/other'
    assert_failure
    assert_contains "Permission denied"
    # nor may it look at the other container's processes
    other=$(new_id other)
    set_labels "$PROCESS:s0:c3,c4" "$FILES:s0:c3,c4"
    cp -a "$BUNDLE/rootfs" "$BUNDLE/rootfs2"
    chcon -R "$FILES:s0:c3,c4" "$BUNDLE/rootfs2"
    update_config '.root.path = "rootfs2"'
    start_container "$other"
    run_hull exec "$other" cat /mnt/other
    assert_success
    run_hull exec "$other" cat /mnt/own
    assert_failure
    assert_contains "Permission denied"
}

@test "a root of layers that hull mounts has mountLabel" {
    requires fs:overlay kernel:5.19
    mv rootfs image
    mkdir -p rootfs up work
    chcon -R "$FILES:s0" up work
    update_config --arg layers "lowerdir=image,upperdir=up,workdir=work" '.annotations["io.hull.rootfs.layers"] = $layers | .root.readonly = false'
    chcon -R system_u:object_r:container_ro_file_t:s0 image
    start_container
    [[ $(mount_options /) == *"context=\"$FILE_LABEL\""* ]] || fail "$(mount_options /)"
    assert_equal "$(in_container /bin/busybox)" "$FILE_LABEL"
    run_hull exec "$ID" sh -c 'echo x > /etc/new'
    assert_success
}

@test "hull mounts add: a new tmpfs in a running container has mountLabel" {
    start_container
    echo '[{"destination": "/mnt", "type": "tmpfs", "source": "tmpfs"}]' > "$BUNDLE/more.json"
    run_hull mounts add "$ID" "$BUNDLE/more.json"
    assert_success
    [[ $(mount_options /mnt) == *"context=\"$FILE_LABEL\""* ]] || fail "$(mount_options /mnt)"
}

@test "the AppArmor profile \"unconfined\" is accepted where SELinux is the module" {
    update_config '.process.apparmorProfile = "unconfined"'
    start_container
    assert_equal "$(label_of "$(container_pid)")" "$LABEL"
    run_hull exec --apparmor unconfined "$ID" true
    assert_success
}

@test "hull in the domain that the policy has for engines" {
    requires command:runcon userns manager:cgroupfs
    dir=/var/lib/containers/$TOKEN
    mkdir -p "$dir" "/run/containers/$TOKEN"
    cp "$HULL" "$dir/hull"
    cp -a "$BUNDLE" "$dir/bundle"
    restorecon -R /var/lib/containers /run/containers
    chcon system_u:object_r:container_engine_exec_t:s0 "$dir/hull"
    chcon -R "$FILE_LABEL" "$dir/bundle/rootfs"
    engine() { runcon system_u:system_r:container_engine_t:s0 "$dir/hull" --root "/run/containers/$TOKEN" "$@" < /dev/null 3>&- 4>&-; }
    for change in . 'userns'; do
        if [ $change = userns ]; then
            userns_config
            cp "$BUNDLE/config.json" "$dir/bundle/config.json"
            chown -R $FIRST_ID:$FIRST_ID "$dir/bundle/rootfs"
        fi
        engine run --detach --bundle "$dir/bundle" "$ID-$change" > /dev/null 2>&1
        run engine exec "$ID-$change" sh -c 'cat /proc/self/attr/current | tr -d "\0"; echo x > /dev/null'
        deleted=0
        engine delete --force "$ID-$change" > /dev/null 2>&1 || deleted=$?
        assert_success
        assert_output "$LABEL"
        assert_equal $deleted 0
    done
    rm -rf "$dir" "/run/containers/$TOKEN"
    rmdir --ignore-fail-on-non-empty /var/lib/containers /run/containers
}

@test "no labels: the process has what the policy gives to hull's children" {
    update_config 'del(.process.selinuxLabel, .linux.mountLabel)'
    start_container
    [[ $(label_of "$(container_pid)") != *container_t* ]] || fail "$(label_of "$(container_pid)")"
    [[ $(mount_options /dev) != *context=* ]] || fail "$(mount_options /dev)"
}

@test "checkpoint and restore: the label comes back; --lsm-profile gives another" {
    requires not-uml criu
    start_container
    run_hull checkpoint --image-path "$BATS_TEST_TMPDIR/images" "$ID"
    assert_success
    run_hull restore --detach --bundle "$BUNDLE" --image-path "$BATS_TEST_TMPDIR/images" "$ID"
    assert_success
    assert_equal "$(label_of "$(container_pid)")" "$LABEL"
    hull delete --force "$ID"
    run_hull restore --detach --bundle "$BUNDLE" --image-path "$BATS_TEST_TMPDIR/images" --lsm-profile "selinux:$PROCESS:s0:c8,c9" \
        --lsm-mount-context "$FILES:s0:c8,c9" "$ID"
    assert_success
    assert_equal "$(label_of "$(container_pid)")" "$PROCESS:s0:c8,c9"
    [[ $(mount_options /dev/shm) == *"$FILES:s0:c8,c9"* ]] || fail "$(mount_options /dev/shm)"
}

@test "the auditor: with labels of the kernel's, hull's processes keep the rules of the trust boundary" {
    requires file:"$REPO/build/tests/auditor" not-uml
    run "$REPO/tests/audit/check" selinux
    assert_success
    assert_contains " passed, 0 failed"
}
