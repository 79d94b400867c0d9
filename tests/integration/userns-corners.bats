# SPDX-License-Identifier: LGPL-2.1-or-later
# What breaks in user namespaces elsewhere: it works here, or says why it can't. docs/wishes.md has the list.
load helpers

setup() {
    begin_test
    requires userns idmap
    setup_bundle
    userns_config
}

share() { update_config --arg type "$1" '.linux.namespaces |= map(select(.type != $type))'; }

@test "sysfs without an owned network namespace: the host's, read-only throughout, and said so" {
    share network
    set_args sh -c 'ls /sys/class/net; for m in $(grep " /sys" /proc/self/mountinfo | cut -d" " -f5,6 | grep -v " ro" | tr " " :); do case $m in /sys/fs/cgroup*) ;; *) echo writable $m;; esac; done'
    run_hull run "$ID"
    assert_success
    assert_contains "level=info"
    assert_contains "doesn't own its network namespace, so /sys of the host is bound read-only instead of a new sysfs"
    refute_contains writable
    assert_contains lo
}

# as containerd has it for hostNetwork together with hostUsers: false (KEP-5607)
@test "the host's network, and its /sys as a recursively read-only bind" {
    share network
    update_config '.mounts |= map(if .destination == "/sys" then {destination: "/sys", type: "bind", source: "/sys",
        options: ["rbind", "rro", "nosuid", "noexec", "nodev"]} else . end)'
    set_args sh -c 'ls -d /sys/class/net/lo; awk "\$5 ~ /^.sys/ && \$6 !~ /^ro/ { print \"writable\", \$5 }" /proc/self/mountinfo; echo 1 > /sys/class/net/lo/mtu; readlink /proc/self/ns/net'
    run_hull run "$ID"
    assert_success
    assert_contains /sys/class/net/lo
    refute_contains writable
    assert_contains "Read-only file system"
    assert_contains "$(readlink /proc/self/ns/net)"
    refute_contains "doesn't own"
}

# mount_namespaces(7): what a more privileged namespace has set is locked in a less privileged one
@test "the flags of a pod's /dev/shm stay, whether the options repeat them or not" {
    test_mount -t tmpfs -o nosuid,nodev,noexec,size=1m tmpfs "$BUNDLE/shm"
    for options in '["rbind", "rw"]' '["rbind", "rprivate", "nosuid", "nodev", "noexec"]' '["bind", "idmap", "rw"]' '["rbind", "ro"]'; do
        if ! kernel_at_least 6.3 && [[ $options == *idmap* ]]; then continue; fi
        update_config --argjson options "$options" --arg src "$BUNDLE/shm" '.mounts |= map(select(.destination != "/dev/shm"))
            + [{destination: "/dev/shm", type: "bind", source: $src, options: $options}]'
        set_args sh -c 'awk "\$5 == \"/dev/shm\" { print \$6 }" /proc/self/mountinfo'
        run_hull run "$ID"
        assert_success
        for flag in nosuid nodev noexec; do assert_contains "$flag"; done
    done
}

# mount_namespaces(7): what a more privileged namespace has set is locked in a less privileged one
@test "what the host or the configuration has set of a mount, a container that may mount can't take away" {
    test_mount -t tmpfs -o nosuid,nodev,noexec tmpfs "$BUNDLE/shm"
    mkdir -p data/below
    own_mount "$BUNDLE/data/below"
    touch data/file
    update_config --arg b "$BUNDLE" '.process.capabilities = (["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"] | {bounding: ., effective: ., permitted: .}) | .mounts += [
        {destination: "/shm", type: "bind", source: ($b + "/shm"), options: ["rbind"]},
        {destination: "/data", type: "bind", source: ($b + "/data"), options: ["rbind", "ridmap", "rro"]},
        {destination: "/file", type: "bind", source: ($b + "/data/file"), options: ["bind", "idmap", "ro"]}]'
    set_args sh -c 'mount -o remount,bind,suid,dev,exec /shm; mount -o remount,bind,rw /data; mount -o remount,bind,rw /data/below
        mount -o remount,bind,rw /file; umount /data/below; grep -E " /(shm|data|data/below|file) " /proc/self/mountinfo | cut -d" " -f5-6
        stat -c %u /data /data/below /file; echo x > /file; touch /data/x /data/below/x'
    run_hull run "$ID"
    assert_contains "/shm rw,nosuid,nodev,noexec,relatime"
    for place in /data /data/below /file; do assert_contains "$place ro,relatime"; done
    assert_contains $'\n'0$'\n'0$'\n'0$'\n'
    assert_equal "$(grep -c 'permission denied' <<< "$output")" 4
    assert_equal "$(grep -c 'Read-only file system' <<< "$output")" 3
    assert_equal "$(find data -name x)$(cat data/file)" ""
    # also what is mounted later
    mkdir rootfs/late
    set_args sleep 1000
    start_container "$(new_id b)"
    jq -n --arg b "$BUNDLE" '[{destination: "/late", type: "bind", source: ($b + "/data"), options: ["bind", "idmap", "ro"]}]' > late.json
    hull mounts add "$(new_id b)" late.json
    run_hull exec "$(new_id b)" sh -c 'mount -o remount,bind,rw /late; stat -c %u /late; touch /late/x'
    assert_contains "permission denied"
    assert_contains "Read-only file system"
    assert_contains $'\n'0$'\n'
}

@test "propagation of the mounts of a container that may mount is what the options say" {
    own_mount "$BUNDLE/data"
    mount --make-shared data
    mkdir data/later
    update_config --arg data "$BUNDLE/data" '.process.capabilities = (["CAP_SYS_ADMIN"] | {bounding: ., effective: ., permitted: .})
        | .mounts += ["slave", "shared", "private", "unbindable" | {destination: ("/" + .), type: "bind", source: $data, options: ["rbind", .]}]'
    set_args sleep 1000
    start_container
    test_mount -t tmpfs tmpfs "$BUNDLE/data/later"
    of() { awk -v place="/$1" '$5 == place { for (i = 7; $i != "-"; i++) { sub(/:.*/, "", $i); printf "%s ", $i } }' "/proc/$(container_pid)/mountinfo"; }
    assert_equal "$(of slave)" "master "
    assert_equal "$(of shared)" "shared master "
    assert_equal "$(of private)" ""
    assert_equal "$(of unbindable)" "unbindable "
    assert_equal "$(awk '$5 ~ "/later$" { print $5 }' "/proc/$(container_pid)/mountinfo" | sort | xargs)" "/shared/later /slave/later"
}

@test "mqueue with the IPC namespace of the host: the host's, and said so" {
    share ipc
    set_args true
    run_hull run "$ID"
    assert_success
    assert_contains "doesn't own its ipc namespace, so /dev/mqueue of the host is bound instead of a new mqueue"
}

@test "devpts gid=5 that isn't mapped is left out, with a warning, and a terminal works" {
    update_config '.linux.gidMappings[0].size = 5'
    set_args sh -c 'grep -c gid= /proc/mounts; ls /dev/ptmx'
    run_hull run "$ID"
    assert_contains "level=warning"
    assert_contains "/mounts/2/options: gid=5 is left out, the user namespace has no mapping for it"
    assert_contains /dev/ptmx
}

@test "ping_group_range is cut to the map, with a warning" {
    update_config '.linux.sysctl["net.ipv4.ping_group_range"] = "0 2147483647"'
    set_args cat /proc/sys/net/ipv4/ping_group_range
    run_hull run "$ID"
    assert_success
    assert_contains "level=warning"
    assert_matches $'\n'"0"$'\t'"65535"
}

@test "a procfs where /proc is covered is refused by the kernel: by what it is covered is said" {
    # an outer container whose /proc/sys is covered, in which hull runs: a copy, for its users may not reach every place
    cp "$(command -v "$HULL")" hull
    cat > nested.sh <<END
mount -t tmpfs tmpfs /proc/scsi 2>/dev/null || mount -t tmpfs tmpfs /proc/sys
mount -t tmpfs -o mode=700 tmpfs "$ROOT/inner"
exec ./hull --cgroup-manager disabled --root "$ROOT/inner" run --bundle "$BUNDLE/inner" "$(new_id inner)"
END
    mkdir inner "$ROOT/inner" && cp -a rootfs inner/
    jq '.linux.uidMappings = [{containerID: 0, hostID: 0, size: 1000}] | .linux.gidMappings = .linux.uidMappings | .root.path = "rootfs" | .process.args = ["true"]' config.json > inner/config.json
    chmod 755 . inner inner/rootfs
    chmod 777 "$ROOT" "$ROOT/inner"
    hold_namespaces outer --user --mount
    run nsenter --target "$BACKGROUND_PID" --user --mount --setuid 0 --setgid 0 --wd="$PWD" bash nested.sh
    rm -rf "$ROOT/inner"
    assert_failure
    assert_contains "mount the filesystem proc: not permitted"
    assert_contains "/proc is covered here (a tmpfs is mounted on /proc/"
    assert_contains "procMount: Unmasked"
}

@test "a procfs with the PID namespace of the host is refused by the kernel: what is missing is said" {
    requires userns
    userns_config
    update_config '.linux.namespaces |= map(select(.type != "pid"))'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "a user namespace may mount a procfs only where it owns the PID namespace, too"
}

@test "groups are never dropped without a word: refused where setgroups is denied" {
    [ -n "$(getent passwd 65534)" ] || skip "needs a user 65534"
    update_config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings | .process.user.additionalGids = [5, 5000]'
    set_args id -G
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/process/user/additionalGids"
    assert_contains 5000
    update_config '.process.user.additionalGids = [5, 7]'
    run_hull run "$ID"
    assert_success
    assert_output "0 5 7"
}

@test "mountpoints that the container's root may not make are made by the host's side, also in a read-only image" {
    mkdir -p src rootfs/closed
    chown 4242:4242 rootfs rootfs/closed && chmod 755 rootfs/closed
    update_config --arg src "$BUNDLE/src" '.annotations["io.hull.rootfs.idmap"] = "never" | .mounts += [
        {destination: "/closed/a/b", type: "bind", source: $src, options: ["bind"]},
        {destination: "/closed/file", type: "bind", source: "/etc/hostname", options: ["bind"]}]'
    set_args true
    run_hull run "$ID"
    assert_success
    [ -d rootfs/closed/a/b ] && [ -f rootfs/closed/file ]
}

@test "stdio: a user who isn't root writes to /dev/stderr, a pipe; files of the host stay whose they are" {
    update_config '.process.user = {uid: 1000, gid: 1000}'
    set_args sh -c 'echo out > /dev/stdout; echo err > /dev/stderr'
    run bash -c '"$@" 2>&1 3>&- 4>&- | cat' bash "${HULL_CMD[@]}" run "$ID"
    assert_output out$'\n'err
    touch "$BATS_TEST_TMPDIR/log"
    "${HULL_CMD[@]}" run "$(new_id b)" > "$BATS_TEST_TMPDIR/log" 2>&1 3>&- 4>&- || true
    assert_equal "$(stat -c %u "$BATS_TEST_TMPDIR/log")" 0
}

@test "hull inside a container of hull, with a nested map" {
    requires command:busybox
    copy_programs rootfs "$HULL"
    mkdir -p rootfs/inner rootfs/run
    cp -a "$CACHE/rootfs" rootfs/inner/rootfs
    jq '.linux.uidMappings = [{containerID: 0, hostID: 2000, size: 1000}] | .linux.gidMappings = .linux.uidMappings
        | .linux.namespaces |= map(select(.type != "cgroup")) | del(.linux.resources)
        | .mounts |= map(select(.type != "cgroup" and .type != "mqueue")) | .process.args = ["sh", "-c", "cat /proc/self/uid_map; id -u; stat -c %u /bin/busybox; echo $$"]' \
        config.json > rootfs/inner/config.json
    chown -R 2000:2000 rootfs/inner/rootfs
    update_config '.root.readonly = false | .linux.maskedPaths = [] | .linux.readonlyPaths = []
        | .process.noNewPrivileges = false
        | .process.capabilities = (["CAP_SYS_ADMIN","CAP_SETUID","CAP_SETGID","CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_MKNOD","CAP_NET_ADMIN","CAP_SYS_CHROOT","CAP_KILL","CAP_SETPCAP","CAP_SETFCAP","CAP_NET_BIND_SERVICE","CAP_AUDIT_WRITE","CAP_SYS_PTRACE","CAP_SYS_RESOURCE"]
            | {bounding: ., effective: ., permitted: .})
        | .mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs"}]'
    set_args hull --cgroup-manager disabled run --bundle /inner inner
    run_hull run "$ID"
    assert_success
    assert_matches "0 +2000 +1000"
    assert_contains $'\n'"0"$'\n'"0"$'\n'"1"
}

@test "procMount: Unmasked: nothing is covered, and another procfs can be mounted inside" {
    update_config '.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .root.readonly = false
        | .process.capabilities = (["CAP_SYS_ADMIN"] | {bounding: ., effective: ., permitted: .})'
    set_args sh -c 'mkdir /again && mount -t proc proc /again && ls -d /again/1'
    run_hull run "$ID"
    assert_success
    assert_output /again/1
}

@test "a private / of the host" {
    run unshare --mount --propagation private bash -c '"$@" 3>&- 4>&-' bash "${HULL_CMD[@]}" run --bundle "$BUNDLE" --config <(jq '.process.args = ["true"]' config.json) "$ID"
    assert_success
}

@test "procfs with subset=pid and with hidepid" {
    update_config '.mounts |= map(if .destination == "/proc" then .options = ["nosuid", "subset=pid", "hidepid=invisible"] else . end) | .linux.maskedPaths = [] | .linux.readonlyPaths = []'
    set_args sh -c 'ls -d /proc/self /proc/meminfo; grep " /proc " /proc/self/mountinfo'
    run_hull run "$ID"
    assert_contains /proc/self
    assert_contains "/proc/meminfo: No such file or directory"
    assert_matches "hidepid=invisible.*subset=pid"
}

@test "no quota for another keyring: the container starts without one, with a warning" {
    requires command:strace
    set_args true
    run strace -f -o "$LOGS/strace" -e trace=keyctl -e inject=keyctl:error=EDQUOT "${HULL_CMD[@]}" run "$ID"
    assert_success
    grep -q 'KEYCTL_JOIN_SESSION_KEYRING.*INJECTED' "$LOGS/strace" || fail "$(cat "$LOGS/strace")"
    assert_contains "level=warning"
    assert_contains "the container has no session keyring of its own: disk quota exceeded; /proc/sys/kernel/keys/maxkeys and root_maxkeys are the limits"
}

@test "a limit of one mebibyte of memory is enough for the container's init" {
    requires controller:memory
    update_config '.linux.resources.memory.limit = 1048576'
    set_args true
    run_hull run "$ID"
    assert_success
}

@test "a terminal where the image has no /dev/console, nor a /dev" {
    rm -rf rootfs/dev
    update_config '.mounts |= map(select(.destination == "/dev/pts" or (.destination | startswith("/dev") | not))) | .process.terminal = true | .root.readonly = true'
    set_args sh -c 'ls -l /dev/console | cut -c1; test -t 0 && echo terminal'
    start_console
    hull create --console-socket "$CONSOLE_SOCKET" "$ID"
    hull start "$ID"
    console_says terminal
    console_says '^c'
}

@test "a file that the container gives away belongs to the same ID on the disk of an ID-mapped volume, and to the mapped one on a plain one" {
    mkdir idmapped plain
    chown 100000:100000 plain
    update_config --arg b "$BUNDLE" '.process.capabilities |= map_values(. + ["CAP_CHOWN"]) | .mounts += [
        {destination: "/idmapped", type: "bind", source: ($b + "/idmapped"), options: ["bind", "idmap"]},
        {destination: "/plain", type: "bind", source: ($b + "/plain"), options: ["bind"]}]'
    mkdir rootfs/idmapped rootfs/plain
    set_args sh -c 'for d in /idmapped /plain; do touch $d/f && chown 5:6 $d/f && stat -c %u:%g $d/f; done'
    run_hull run "$ID"
    assert_output 5:6$'\n'5:6
    assert_equal "$(stat -c %u:%g idmapped/f plain/f | xargs)" "5:6 100005:100006"
}
