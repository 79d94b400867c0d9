# SPDX-License-Identifier: LGPL-2.1-or-later
# The container's cgroup: where it is, what it must be, who owns it, what is mounted, how it is frozen, killed and removed.
load helpers

setup() {
    begin_test
    if rootless && ! cgroup_writable; then skip "needs cgroups that this user may write"; fi
}

# the mount point of a hierarchy that every host has
some_mount() { if on_v2; then echo /sys/fs/cgroup; else echo /sys/fs/cgroup/pids; fi; }

# the unit of the container, for systemctl
unit() { echo "ht-$ID.scope"; }
systemctl_() { if rootless; then systemctl --user "$@"; else systemctl "$@"; fi; }

# remove_later DIRECTORY...: cgroups that the test made itself
remove_later() { REMOVE_LATER=("$@"); }
teardown() {
    local directory
    for directory in "${REMOVE_LATER[@]}"; do
        if [ -e "$directory/cgroup.freeze" ]; then echo 0 > "$directory/cgroup.freeze"; fi
        if [ -e "$directory/freezer.state" ]; then echo THAWED > "$directory/freezer.state"; fi
    done
    _stop_background
    for directory in "${REMOVE_LATER[@]}"; do find "$directory" -depth -type d -exec rmdir {} \; 2>/dev/null; done
    end_test
}

@test "an absolute path is below the mount point, in every hierarchy; made parents go with it" {
    requires manager:cgroupfs root:cgroups
    setup_bundle
    update_config --arg path "/$TOKEN-a/b/$ID" '.linux.cgroupsPath = $path'
    start_container
    cut -d: -f3 "/proc/$(container_pid)/cgroup" > paths
    if on_v2; then paths=$(sed -n 's/^0:://p' "/proc/$(container_pid)/cgroup"); else paths=$(sort -u paths); fi
    assert_equal "$paths" "/$TOKEN-a/b/$ID"
    hull delete --force "$ID"
    [ ! -e "$(some_mount)/$TOKEN-a" ] || fail "the parents are still there"
}

@test "parents that were there stay, and others use them at the same time" {
    requires manager:cgroupfs root:cgroups
    setup_bundle
    directory=$(some_mount)/$TOKEN-a
    mkdir "$directory"
    remove_later "$directory"
    update_config --arg path "/$TOKEN-a/b/$ID" '.linux.cgroupsPath = $path'
    start_container
    update_config --arg path "/$TOKEN-a/b/$(new_id second)" '.linux.cgroupsPath = $path'
    start_container "$(new_id second)"
    hull delete --force "$(new_id second)"
    [ -e "$directory/b/$ID" ] || fail "the other's cgroup"
    hull delete --force "$ID"
    [ -e "$directory" ] || fail "a directory that wasn't the container's is gone"
    [ ! -e "$directory/b" ] || fail "one that was is still there"
}

@test "without a path and with a relative one it stands below or beside the caller's cgroup" {
    requires manager:cgroupfs
    setup_bundle
    own=$(cgroup_of_pid pids self)
    own=${own%/}    # a caller in the root has a path that ends with a slash
    if on_v2; then own=$(dirname "$own"); [ "$own" != /sys/fs ] || own=/sys/fs/cgroup; fi
    start_container
    assert_equal "$(cgroup_path pids)" "$own/$ID"
    hull delete --force "$ID"
    update_config --arg path "$TOKEN-r/$ID" '.linux.cgroupsPath = $path'
    start_container
    assert_equal "$(cgroup_path pids)" "$own/$TOKEN-r/$ID"
    hull delete --force "$ID"
    [ ! -e "$own/$TOKEN-r" ] || fail "the parent is still there"
}

@test "paths that lead outside or to the root are refused" {
    requires manager:cgroupfs
    setup_bundle
    for path in "/a/../../$ID" "../$ID" / /. ; do
        update_config --arg path "$path" '.linux.cgroupsPath = $path'
        run_hull create "$ID"
        assert_failure
        assert_contains "/linux/cgroupsPath: "
    done
}

@test "a path that can't be made leaves nothing of itself" {
    requires manager:cgroupfs root:cgroups
    setup_bundle
    long=$(printf 'x%.0s' {1..300})
    for path in "/$TOKEN-odd/a/cgroup.procs" "/$TOKEN-odd/a/x"$'\n' "/$TOKEN-odd$(printf "/$long%.0s" {1..20})"; do
        update_config --arg path "$path" '.linux.cgroupsPath = $path'
        run_hull create "$ID"
        assert_failure
        [ ! -e "$(some_mount)/$TOKEN-odd" ] || fail "left of $path"
    done
}

@test "a path of any other letters is a path" {
    requires manager:cgroupfs root:cgroups
    setup_bundle
    for path in "/$TOKEN//b/./c/" "/$TOKEN-...-ü x\\%n\"" "/$TOKEN:b:c"; do
        update_config --arg path "$path" '.linux.cgroupsPath = $path'
        start_container
        run_hull exec "$ID" true
        assert_success
        hull pause "$ID"
        hull resume "$ID"
        hull delete --force "$ID"
    done
}

@test "a cgroup that has processes is refused" {
    requires manager:cgroupfs root:cgroups
    setup_bundle
    directory=$(some_mount)/$TOKEN-busy
    mkdir "$directory"
    remove_later "$directory"
    background busy sleep 1000
    echo "$BACKGROUND_PID" > "$directory/cgroup.procs"
    update_config --arg path "/$TOKEN-busy" '.linux.cgroupsPath = $path'
    run_hull create "$ID"
    assert_failure
    assert_contains "$directory: not empty"
    grep -qx "$BACKGROUND_PID" "$directory/cgroup.procs" || fail "the other process was touched"
}

@test "a cgroup that has processes in one below is refused" {
    requires manager:cgroupfs root:cgroups
    setup_bundle
    directory=$(some_mount)/$TOKEN-busy
    mkdir -p "$directory/below"
    remove_later "$directory"
    background busy sleep 1000
    echo "$BACKGROUND_PID" > "$directory/below/cgroup.procs"
    update_config --arg path "/$TOKEN-busy" '.linux.cgroupsPath = $path'
    run_hull create "$ID"
    assert_failure
    assert_contains "$directory: not empty"
}

@test "a frozen cgroup is refused, and one below a frozen one" {
    requires manager:cgroupfs root:cgroups
    setup_bundle
    if on_v2; then
        directory=/sys/fs/cgroup/$TOKEN-frozen file=cgroup.freeze value=1
    else
        directory=/sys/fs/cgroup/freezer/$TOKEN-frozen file=freezer.state value=FROZEN
    fi
    mkdir "$directory"
    remove_later "$directory"
    echo $value > "$directory/$file"
    for path in "/$TOKEN-frozen" "/$TOKEN-frozen/$ID"; do
        update_config --arg path "$path" '.linux.cgroupsPath = $path'
        run_hull create "$ID"
        assert_failure
        assert_contains "frozen"
    done
}

@test "pause and resume; exec into a paused container is refused" {
    setup_bundle
    set_cgroups_path
    set_args sh -c 'while :; do echo x; sleep 0.05; done'
    start_container
    hull pause "$ID"
    assert_equal "$(container_status)" paused
    if on_v2; then assert_equal "$(cgroup_value pids cgroup.freeze)" 1; else assert_equal "$(cgroup_value freezer freezer.state)" FROZEN; fi
    run_hull exec "$ID" true
    assert_failure
    before=$(container_output | wc -l)
    sleep 0.3
    assert_equal "$(container_output | wc -l)" "$before" "it wrote while it was frozen"
    hull resume "$ID"
    assert_equal "$(container_status)" running
    run_hull exec "$ID" true
    assert_success
}

@test "a paused container can be killed" {
    setup_bundle
    set_cgroups_path
    start_container
    hull pause "$ID"
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    hull delete "$ID"
}

@test "delete --force of a paused container" {
    setup_bundle
    set_cgroups_path
    start_container
    hull pause "$ID"
    run_hull delete --force "$ID"
    assert_success
}

@test "delete waits for processes that are dying, and removes sub-cgroups" {
    setup_bundle
    set_cgroups_path
    host_pids
    set_args sh -c 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1000 & done; wait'
    start_container
    directory=$(cgroup_path pids)
    mkdir -p "$directory/one/two" "$directory/three"
    deep=$directory
    for _ in {1..40}; do deep=$deep/d; done
    mkdir -p "$deep"
    # the name of a cgroup may be longer than NAME_MAX
    long=$(printf 'x%.0s' {1..3000})
    mkdir -p "$directory/$long/$long/three" "$directory/one/two/$long"
    run_hull delete --force "$ID"
    assert_success
    [ ! -e "$directory" ] || fail "$directory is still there"
}

# many_below DIRECTORY PID: sub-cgroups, wide and 300 deep, with the process in the deepest
many_below() {
    local part
    part=$(printf 'd/%.0s' {1..150})
    mkdir -p "$1"/{1,2,3}/{1,2,3}
    (
        cd "$1" || exit
        for _ in 1 2; do mkdir -p "$part" && cd "$part" || exit; done
        echo "$2" > cgroup.procs
    )
}

@test "ps, kill and delete find what is in sub-cgroups, however deep" {
    setup_bundle
    set_cgroups_path
    host_pids
    start_container
    background deepest sleep 1000
    deepest=$BACKGROUND_PID
    if on_v2; then many_below "$(cgroup_path pids)" "$deepest"; fi
    if on_hybrid; then many_below "$(cgroup_path unified)" "$deepest"; fi
    if on_v1; then
        for hierarchy in $(cut -d: -f2 /proc/self/cgroup | cut -d, -f1 | grep -v cpuset); do  # which wants CPUs first
            ! has_controller "$hierarchy" || many_below "$(cgroup_path "$hierarchy")" "$deepest"
        done
    fi
    run_hull ps --format json "$ID"
    assert_success
    assert_equal "$(jq -c sort <<< "$output")" "$(printf '%s\n' "$(container_pid)" "$deepest" | jq -cs sort)"
    directory=$(cgroup_path pids)
    run_hull kill "$ID" KILL
    assert_success
    wait_until 20 eval '! kill -0 "$deepest" 2> /dev/null' || fail "the process below lives"
    run_hull delete --force "$ID"
    assert_success
    [ ! -e "$directory" ] || fail "$directory is still there"
}

@test "kill of a container in the host's PID namespace ends all its processes" {
    setup_bundle
    set_cgroups_path
    host_pids
    set_args sh -c 'sleep 1001 & sleep 1002 & exec sleep 1003'
    start_container
    directory=$(cgroup_path pids)
    wait_until 20 sh -c "[ \$(wc -l < $directory/cgroup.procs) -ge 3 ]"
    hull kill "$ID" KILL
    wait_until 20 sh -c "[ ! -s $directory/cgroup.procs ]" || fail "left: $(cat "$directory/cgroup.procs")"
}

@test "exec --cgroup: sub-cgroups of the container's, and nothing else" {
    setup_bundle
    set_cgroups_path
    start_container
    directory=$(cgroup_path pids)
    if on_v2; then option=sub; else option=pids:sub; fi
    mkdir "$directory/sub"
    run_hull exec --cgroup "$option" "$ID" cat /proc/self/cgroup
    assert_success
    pattern="(0:|pids):.*/sub"
    assert_matches "$pattern"
    # a cgroup beside it, whose name begins alike
    mkdir "${directory}x"
    remove_later "${directory}x"
    for path in "../${directory##*/}x" "../${directory##*/}" "sub/../../${directory##*/}x" .. "x" "/../x"; do
        if on_v2; then option=$path; else option=pids:$path; fi
        run_hull exec --cgroup "$option" "$ID" true
        assert_failure
        assert_contains "--cgroup"
    done
    if on_v1; then
        run_hull exec --cgroup "nothing:sub" "$ID" true
        assert_failure
        assert_contains "no cgroup with the controller nothing"
    fi
}

# --- the mount ---

@test "the cgroup mount: the container's own cgroup alone, read-only" {
    setup_bundle
    set_cgroups_path
    for namespaces in '. + [{"type": "cgroup"}] | unique' 'map(select(.type != "cgroup"))'; do
        update_config ".linux.namespaces |= ($namespaces)"
        update_config '.mounts |= map(select(.destination != "/sys/fs/cgroup")) + [{destination: "/sys/fs/cgroup", type: "cgroup",
            source: "cgroup", options: ["nosuid", "noexec", "nodev", "relatime", "ro"]}]'
        start_container
        if on_v2; then
            inside=/sys/fs/cgroup
        else
            inside=/sys/fs/cgroup/pids
            for name in $(cut -d: -f2 /proc/self/cgroup | sed 's/^name=//; s/^$/unified/'); do
                [ ! -d "/sys/fs/cgroup/$name" ] || container_exec test -e "/sys/fs/cgroup/$name/cgroup.procs" || fail "$name is missing"
            done
        fi
        # the mount shows no other cgroup of the host, and has the container's first process in it
        run container_exec cat "$inside/cgroup.procs"
        assert_success
        assert_contains 1
        run container_exec find "$inside" -mindepth 1 -type d
        assert_output ""
        run container_exec mkdir "$inside/sub"
        assert_failure
        assert_contains "Read-only file system"
        run container_exec sh -c "echo 1 > $inside/cgroup.procs"
        assert_failure
        assert_contains "Read-only file system"
        # (of several mounts at a place, the last line is the visible one)
        run container_exec awk '$5 ~ "^/sys/fs/cgroup" { seen[$5] = $6 } END { for (place in seen) if (seen[place] !~ /^ro,/) print place }' \
            /proc/self/mountinfo
        assert_output ""
        hull delete --force "$ID"
    done
}

@test "the cgroup mount: writable where that is asked for" {
    setup_bundle
    set_cgroups_path
    update_config '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options -= ["ro"] else . end)'
    start_container
    if on_v2; then inside=/sys/fs/cgroup; else inside=/sys/fs/cgroup/pids; fi
    run container_exec sh -c "mkdir $inside/sub && echo \$\$ > $inside/sub/cgroup.procs && cat $inside/sub/cgroup.procs"
    assert_success
    [ -d "$(cgroup_path pids)/sub" ] || fail "it isn't in the container's cgroup"
}

@test "CVE-2023-25809: rootless without a cgroup namespace the mount is read-only" {
    requires rootless
    setup_bundle
    set_cgroups_path
    update_config '.linux.namespaces |= map(select(.type != "cgroup")) | .mounts |= map(select(.destination != "/sys/fs/cgroup")) +
        [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw", "nosuid"]}]'
    start_container
    run container_exec mkdir "/sys/fs/cgroup/sub"
    assert_failure
    assert_contains "Read-only file system"
}

# --- ownership ---

# delegated: a container with its own user and cgroup namespace and a writable mount
delegated() {
    setup_bundle
    set_cgroups_path
    userns_config
    update_config '.linux.namespaces |= (map(select(.type != "cgroup")) + [{type: "cgroup"}])
        | .mounts |= map(select(.destination != "/sys/fs/cgroup")) +
            [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw", "nosuid", "noexec", "nodev"]}]'
}

@test "ownership: the directory and the files of /sys/kernel/cgroup/delegate, to the container's user" {
    requires cgroup-v2 userns idmap
    delegated
    update_config '.process.user.uid = 7 | (.mounts[] | select(.type == "cgroup") | .destination) = "/sys/fs//cgroup/"'
    start_container
    directory=$(cgroup_path pids)
    assert_equal "$(stat -c %u "$directory")" $((FIRST_ID + 7))
    for file in "$directory"/*; do
        name=${file##*/}
        if grep -qx "$name" /sys/kernel/cgroup/delegate; then owner=$((FIRST_ID + 7)); else owner=0; fi
        assert_equal "$(stat -c %u "$file")" "$owner" "owner of $name"
    done
}

@test "ownership: without the kernel's list of files those that the specification names" {
    requires cgroup-v2 root:mount userns
    [ -n "${HULL_TEST_PRIVATE_MOUNTS:-}" ] || skip "needs a mount namespace of its own (tests/run-bats makes one)"
    delegated
    update_config '.mounts |= map(select(.type != "sysfs"))'     # no new one may be made where the host's is covered
    test_mount -t tmpfs tmpfs /sys/kernel/cgroup
    start_container
    directory=$(cgroup_path pids)
    assert_equal "$(stat -c %u "$directory")" "$FIRST_ID"
    assert_equal "$(cd "$directory" && find . -type f -user "$FIRST_ID" | sort | xargs)" "./cgroup.procs ./cgroup.subtree_control ./cgroup.threads"
}

@test "ownership stays where the mount is read-only, or there is no new cgroup namespace" {
    requires cgroup-v2 userns idmap
    delegated
    update_config '.mounts |= map(if .destination == "/sys/fs/cgroup" then .options += ["ro"] else . end)'
    start_container
    assert_equal "$(stat -c %u "$(cgroup_path pids)")" 0
    hull delete --force "$ID"
    delegated
    update_config '.linux.namespaces |= map(select(.type != "cgroup"))'
    start_container
    assert_equal "$(stat -c %u "$(cgroup_path pids)")" 0
    assert_equal "$(stat -c %u "$(cgroup_path pids)/cgroup.procs")" 0
}

@test "ownership stays on cgroup v1" {
    requires cgroup-v1 userns idmap
    delegated
    start_container
    assert_equal "$(stat -c %u "$(cgroup_path pids)")" 0
    assert_equal "$(stat -c %u "$(cgroup_path pids)/cgroup.procs")" 0
}

@test "a container that owns its cgroup makes sub-cgroups with controllers; exec still enters it; delete removes them" {
    requires cgroup-v2 userns controller:memory
    delegated
    update_config '.linux.resources = {pids: {limit: 200}}'
    start_container
    run container_exec sh -c 'cd /sys/fs/cgroup && mkdir -p init a/b && for p in $(cat cgroup.procs); do echo $p > init/cgroup.procs || true; done
        echo "+memory +pids" > cgroup.subtree_control && echo 100000000 > a/memory.max && cat a/memory.max'
    assert_success
    assert_contains 99999744
    container_exec sh -c 'cd /sys/fs/cgroup && long=$(printf "%01900d" 0) && mkdir $long && cd $long && mkdir $long && mkdir $long/$long'
    run container_exec cat /proc/self/cgroup
    assert_success
    assert_contains 0::/init
    # the container may not change its own limits
    if ! rootless; then
        run container_exec sh -c 'echo max > /sys/fs/cgroup/pids.max'
        assert_failure
        assert_contains "Permission denied"
    fi
    directory=$(cgroup_path pids)
    hull delete --force "$ID"
    [ ! -e "$directory" ] || fail "left: $(find "$directory" -type d)"
}

@test "exec into what the container has frozen itself is an error, and doesn't wait" {
    requires cgroup-v2 userns idmap
    delegated
    start_container
    # a cgroup with an enabled controller can't contain processes: exec uses the init's cgroup
    container_exec sh -c 'cd /sys/fs/cgroup && mkdir init other && echo 1 > init/cgroup.procs && echo $$ > other/cgroup.procs
        read -r controller _ < cgroup.controllers; [ -z "$controller" ] || echo "+$controller" > cgroup.subtree_control
        echo 1 > init/cgroup.freeze'
    run_hull exec --cgroup init "$ID" true
    assert_failure 255
    assert_contains "cannot exec in a frozen cgroup"
    if [ -s "$(dirname "$(cgroup_path pids)")/cgroup.subtree_control" ]; then
        run_hull exec "$ID" true
        assert_failure 255
        assert_contains "cannot exec in a frozen cgroup"
    fi
    run_hull exec --cgroup other "$ID" sh -c 'echo 0 > /sys/fs/cgroup/init/cgroup.freeze'
    assert_success
    run_hull exec "$ID" true
    assert_success
}

@test "exec into a frozen sub-cgroup of the freezer is an error" {
    requires cgroup-v1 controller:freezer
    setup_bundle
    set_cgroups_path
    start_container
    directory=$(cgroup_path freezer)
    mkdir "$directory/sub"
    echo FROZEN > "$directory/sub/freezer.state"
    run_hull exec --cgroup freezer:sub "$ID" true
    assert_failure 255
    assert_contains "cannot exec in a frozen cgroup"
    echo THAWED > "$directory/sub/freezer.state"
    run_hull exec --cgroup freezer:sub "$ID" true
    assert_success
}

@test "systemd runs inside a container that owns its cgroup" {
    requires cgroup-v2 root:chown userns file:/usr/lib/systemd/systemd
    delegated
    # the rootfs is the machine's own root directory, read-only; systemd needs a writable /run and /tmp
    update_config '.root = {path: "/", readonly: true} | .annotations."io.hull.rootfs.idmap" = "never"
        | .process.args = ["/usr/lib/systemd/systemd", "--unit=basic.target"] | .process.env += ["container=oci"]
        | (["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_CHOWN", "CAP_FOWNER", "CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_SETPCAP"] as $caps
            | .process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps})
        | .linux.maskedPaths = [] | .linux.readonlyPaths = []
        | .mounts += [("/run", "/tmp", "/var/log") | {destination: ., type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "mode=755"]}]'
    start_container
    # (exec waits until systemd has made its socket)
    wait_until 30 container_exec systemctl is-active --quiet basic.target || fail "$(container_exec systemctl --no-pager list-units 2>&1)"
    run container_exec cat /proc/1/cgroup
    assert_contains 0::/init.scope
    directory=$(cgroup_path pids)
    directory=${directory%/init.scope}
    [ -d "$directory/system.slice" ] || fail "$(find "$directory" -type d)"
    run_hull delete --force "$ID"
    assert_success
    [ ! -e "$directory" ] || fail "left: $(find "$directory" -type d)"
}

@test "hull runs inside a container that owns its cgroup" {
    requires cgroup-v2 root:chown userns runtime:hull
    delegated
    mkdir -p rootfs/inner/rootfs
    copy_programs rootfs "$HULL"
    cp -a rootfs/bin rootfs/inner/rootfs/
    # the inner container, without its own user namespace
    jq '.process.args = ["sh", "-c", "cat /proc/self/cgroup; cat /sys/fs/cgroup/pids.max 2>/dev/null || echo none"] | .root.path = "rootfs"
        | .linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings) | .linux.cgroupsPath = "/inner"
        | .mounts |= map(if .type == "cgroup" then .options += ["ro"] else . end)' config.json > rootfs/inner/config.json
    if has_controller pids; then
        jq '.linux.resources.pids.limit = 23' rootfs/inner/config.json > limited && mv limited rootfs/inner/config.json
    fi
    update_config '.root.readonly = false | .linux.maskedPaths = [] | .linux.readonlyPaths = [] | (["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_CHOWN",
        "CAP_FOWNER", "CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_SETPCAP", "CAP_NET_ADMIN", "CAP_MKNOD", "CAP_SYS_CHROOT", "CAP_NET_BIND_SERVICE",
        "CAP_AUDIT_WRITE"] as $caps | .process.capabilities = {bounding: $caps, effective: $caps, permitted: $caps})
        | .mounts += [{destination: "/run", type: "tmpfs", source: "tmpfs", options: ["mode=755"]}]'
    chown -R $FIRST_ID:$FIRST_ID rootfs
    update_config '.annotations."io.hull.rootfs.idmap" = "never"'
    start_container
    run container_exec sh -c 'mkdir /sys/fs/cgroup/outer && for p in $(cat /sys/fs/cgroup/cgroup.procs); do echo $p > /sys/fs/cgroup/outer/cgroup.procs || true; done
        hull --root /run/hull run --bundle /inner inner'
    assert_success
    assert_contains 0::/
    if has_controller pids; then assert_contains 23; fi
    run container_exec find /sys/fs/cgroup -mindepth 1 -type d
    assert_output /sys/fs/cgroup/outer
}

@test "a threaded parent is recognised" {
    requires cgroup-v2 root:cgroups manager:cgroupfs
    directory=/sys/fs/cgroup/$TOKEN-threads
    mkdir -p "$directory/t"
    remove_later "$directory"
    echo threaded > "$directory/t/cgroup.type"
    setup_bundle
    update_config --arg path "/$TOKEN-threads/t/$ID" '.linux.cgroupsPath = $path'
    start_container
    assert_equal "$(cgroup_value pids cgroup.type)" threaded
    run_hull ps --format json "$ID"
    assert_output "[$(container_pid)]"
    run_hull exec "$ID" true
    assert_success
    run_hull pause "$ID"
    assert_success
    hull resume "$ID"
    run_hull kill --all "$ID" KILL
    assert_success
    wait_for_status "$ID" stopped
    hull delete "$ID"
    if has_controller memory; then
        update_config '.linux.resources.memory.limit = 100000000'
        run_hull create "$ID"
        assert_failure
        assert_contains "threaded"
        assert_contains memory
    fi
}

@test "a parent with processes can't have limited cgroups inside: the error says so" {
    requires cgroup-v2 root:cgroups manager:cgroupfs controller:memory
    directory=/sys/fs/cgroup/$TOKEN-inner
    mkdir "$directory"
    remove_later "$directory"
    background inner sleep 1000
    echo "$BACKGROUND_PID" > "$directory/cgroup.procs"
    setup_bundle
    update_config --arg path "/$TOKEN-inner/$ID" '.linux.cgroupsPath = $path'
    start_container     # without limits it may be there
    hull delete --force "$ID"
    update_config '.linux.resources.memory.limit = 100000000'
    run_hull create "$ID"
    assert_failure
    assert_contains "there are processes in /$TOKEN-inner itself"
}

@test "--cgroup-manager=disabled: the container stays in its caller's cgroup" {
    setup_bundle
    HULL_CMD=("$HULL" --root "$ROOT" --cgroup-manager=disabled)
    update_config 'del(.linux.resources)'
    start_container
    diff "/proc/$(container_pid)/cgroup" /proc/self/cgroup
    run_hull exec "$ID" true
    assert_success
    run_hull pause "$ID"
    assert_failure
    run_hull kill "$ID" KILL
    assert_success
    wait_for_status "$ID" stopped
    run_hull delete "$ID"
    assert_success
}

# --- systemd ---

@test "systemd: a scope in the slice, with the names of the path, that goes with the container" {
    requires manager:systemd
    setup_bundle
    set_cgroups_path
    create_container
    for pair in "Slice $(cgroups_path | cut -d: -f1)" "Delegate yes" "ActiveState active" "SubState running" "CollectMode inactive-or-failed"; do
        assert_equal "$(systemctl_ show --property "${pair%% *}" --value "$(unit)")" "${pair#* }" "${pair%% *}"
    done
    [[ $(cgroup_path pids) == */$(cgroups_path | cut -d: -f1)/$(unit) ]] || fail "$(cgroup_path pids)"
    # only the container's process is in it
    assert_equal "$(cgroup_value pids cgroup.procs)" "$(container_pid)"
    hull start "$ID"
    hull delete --force "$ID"
    run systemctl_ list-units --all --plain --no-legend "$(unit)"
    assert_output ""
}

@test "systemd: the default names" {
    requires manager:systemd
    setup_bundle
    start_container
    if rootless; then slice=user.slice; else slice=system.slice; fi
    [[ $(cgroup_path pids) == */$slice/hull-$ID.scope ]] || fail "$(cgroup_path pids)"
    assert_equal "$(systemctl_ show --property Slice --value "hull-$ID.scope")" $slice
}

@test "systemd: letters that the name of a unit can't have are escaped; the cgroup is the one that systemd says" {
    requires manager:systemd
    setup_bundle
    for name in "a@b c+ü/%n" "_x" "cgroup." "memory.x" "-"; do
        name=${name//\//}
        update_config --arg path ":$name:$ID" '.linux.cgroupsPath = $path'
        start_container
        unit=$(cgroup_path pids)
        unit=${unit##*/}
        assert_equal "$(systemctl_ show --property ActiveState --value -- "${unit#_}")" active "$unit"
        run_hull exec "$ID" true
        assert_success
        hull delete --force "$ID"
        assert_equal "$(systemctl_ show --property ActiveState --value -- "${unit#_}")" inactive "$unit"
    done
}

@test "systemd: a path of another form is an error" {
    requires manager:systemd
    setup_bundle
    for path in "/a/$ID" "a:b" "nosuch:b:c" "a.slice:b:c/d"; do
        update_config --arg path "$path" '.linux.cgroupsPath = $path'
        run_hull create "$ID"
        assert_failure
        assert_contains "/linux/cgroupsPath: "
    done
}

@test "systemd: properties by annotations, and those that aren't let through" {
    requires manager:systemd
    setup_bundle
    set_cgroups_path
    update_config '.annotations = {"org.systemd.property.TimeoutStopUSec": "uint64 123000000", "org.systemd.property.Description": "'\''of the test'\''",
        "org.systemd.property.After": "['\''basic.target'\'']"}'
    start_container
    assert_equal "$(systemctl_ show --property TimeoutStopUSec --value "$(unit)")" "2min 3s"
    assert_equal "$(systemctl_ show --property Description --value "$(unit)")" "of the test"
    [[ " $(systemctl_ show --property After --value "$(unit)") " == *" basic.target "* ]] || fail "After"
    hull delete --force "$ID"
    update_config '.annotations = {"org.systemd.property.PIDs": "[uint32 1]"}'
    run_hull create "$ID"
    assert_failure
    assert_contains "/annotations/org.systemd.property.PIDs"
    update_config '.annotations = {"org.systemd.property.CollectMode": "inactive"}'
    run_hull create "$ID"
    assert_failure
    assert_contains "/annotations/org.systemd.property.CollectMode"
}

@test "systemd: a sub-cgroup by annotation is the container's cgroup, with its limits; another below is its processes'" {
    requires manager:systemd cgroup-v2
    setup_bundle
    set_cgroups_path
    update_config '.annotations = {"run.oci.systemd.subgroup": "box"} | .linux.namespaces |= (. + [{type: "cgroup"}] | unique)'
    if has_controller pids; then update_config '.linux.resources.pids.limit = 77'; fi
    start_container
    scope=$(systemctl_ show --property ControlGroup --value "$(unit)")
    assert_equal "$(tail -n 1 "/proc/$(container_pid)/cgroup")" "0::$scope/box"
    run_hull exec "$ID" tail -n 1 /proc/self/cgroup
    assert_output 0::/
    if has_controller pids; then
        assert_equal "$(cat "/sys/fs/cgroup$scope/box/pids.max")" 77
        assert_equal "$(systemctl_ show --property TasksMax --value "$(unit)")" 77
        hull update --pids-limit 78 "$ID"
        assert_equal "$(cat "/sys/fs/cgroup$scope/box/pids.max")" 78
    fi
    hull pause "$ID"
    assert_equal "$(container_status)" paused
    hull resume "$ID"
    hull delete --force "$ID"
    [ ! -e "/sys/fs/cgroup$scope" ]

    update_config '.annotations["run.oci.delegate-cgroup"] = "payload"'
    userns_config
    start_container
    assert_equal "$(tail -n 1 "/proc/$(container_pid)/cgroup")" "0::$scope/box/payload"
    assert_equal "$(stat -c %u "/sys/fs/cgroup$scope/box/payload" "/sys/fs/cgroup$scope/box/payload/cgroup.procs" | xargs)" "$(host_id 0) $(host_id 0)"
    run_hull exec "$ID" tail -n 1 /proc/1/cgroup
    assert_output 0::/payload
    hull delete --force "$ID"
    [ ! -e "/sys/fs/cgroup$scope" ]

    update_config 'del(.annotations["run.oci.systemd.subgroup"])'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "/annotations/run.oci.delegate-cgroup: needs the annotation run.oci.systemd.subgroup"
    update_config '.annotations = {"run.oci.systemd.subgroup": "../box"}'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "/annotations/run.oci.systemd.subgroup: must be the name of a cgroup, not a path"
}

@test "systemd: a failed unit that an earlier container left is no obstacle; a running one is" {
    requires manager:systemd
    setup_bundle
    set_cgroups_path
    # a failed scope: its process survives the stop
    if rootless; then options=(--user); else options=(); fi
    background old systemd-run "${options[@]}" --scope --quiet --unit "$(unit)" --property TimeoutStopSec=1s sh -c 'trap "" TERM; while :; do sleep 1; done'
    wait_until 20 sh -c "systemctl ${options[*]} is-active --quiet $(unit)"
    run_hull create "$ID"
    assert_failure
    assert_contains "a unit of this name is running"
    systemctl_ stop "$(unit)" || true
    wait_until 20 sh -c "systemctl ${options[*]} is-failed --quiet $(unit)" || fail "the old unit: $(systemctl_ status "$(unit)")"
    start_container
    assert_equal "$(systemctl_ show --property ActiveState --value "$(unit)")" active
}

# slices: prints the slices of this test that systemd knows
slices() { systemctl_ list-units --all --plain --no-legend "$SLICE*.slice"; }

@test "systemd: a slice that wasn't there goes with the last container in it, and with a create that fails; one that was there stays" {
    requires manager:systemd cgroup-v2
    setup_bundle
    SLICE=${TOKEN//-/_}
    update_config --arg path "$SLICE-a.slice:ht:$ID" '.linux.cgroupsPath = $path'
    start_container
    other=$(new_id other)
    update_config --arg path "$SLICE-a.slice:ht:$other" '.linux.cgroupsPath = $path'
    start_container "$other"
    assert_equal "$(slices | wc -l)" 2
    hull delete --force "$ID"
    assert_equal "$(container_status "$other")" running
    assert_equal "$(slices | wc -l)" 2
    hull delete --force "$other"
    wait_until 20 eval '[ -z "$(slices)" ]' || fail "$(slices)"

    jq '.process.args = ["/nothing"]' "$BUNDLE/config.json" > "$BUNDLE/bad.json"
    run_hull create --config "$BUNDLE/bad.json" "$ID"
    assert_failure
    wait_until 20 eval '[ -z "$(slices)" ]' || fail "$(slices)"

    if rootless; then options=(--user); else options=(); fi
    background own systemd-run "${options[@]}" --scope --quiet --slice "$SLICE-a.slice" --unit "$TOKEN-own.scope" sleep 1000
    wait_until 20 eval '[ -n "$(slices)" ]'
    start_container "$other"
    hull delete --force "$other"
    systemctl_ stop "$TOKEN-own.scope"
    [ -n "$(slices)" ] || fail "a slice that hull didn't make is gone"
    systemctl_ stop "$SLICE.slice"
}

@test "systemd: a scope in a frozen slice is an error that says so" {
    requires manager:systemd cgroup-v2 root:cgroups
    setup_bundle
    SLICE=${TOKEN//-/_}
    background own systemd-run --scope --quiet --slice "$SLICE.slice" --unit "$TOKEN-own.scope" sleep 1000
    wait_until 20 eval '[ -n "$(slices)" ]'
    echo 1 > "/sys/fs/cgroup/$SLICE.slice/cgroup.freeze"
    update_config --arg path "$SLICE.slice:ht:$ID" '.linux.cgroupsPath = $path'
    run_hull create "$ID"
    assert_failure
    assert_contains "the slice of the container's unit is frozen"
    echo 0 > "/sys/fs/cgroup/$SLICE.slice/cgroup.freeze"
    run systemctl list-units --all --plain --no-legend "$(unit)"
    assert_output ""
    systemctl stop "$SLICE.slice"
}

@test "systemd: the container's unit is a slice; nothing is left of it when create fails" {
    requires manager:systemd
    setup_bundle
    SLICE=${TOKEN//-/_}
    update_config --arg path "system.slice:ht:$SLICE-a.slice" '.linux.cgroupsPath = $path'
    start_container
    [[ $(cgroup_path pids) == */$SLICE.slice/$SLICE-a.slice ]] || fail "$(cgroup_path pids)"
    # a slice that exists already never becomes a container's, and is never removed with one
    for path in "system.slice:ht:$SLICE-a.slice" "system.slice:ht:$SLICE.slice" ::system.slice ::-.slice ::no--slice.slice; do
        update_config --arg path "$path" '.linux.cgroupsPath = $path'
        run_hull create "$(new_id other)"
        assert_failure
        assert_contains "systemd: start ${path##*:}: there is a slice of this name, or it can't have it"
    done
    assert_equal "$(container_status)" running
    update_config --arg path "system.slice:ht:$SLICE-a.slice" '.linux.cgroupsPath = $path'
    hull delete --force "$ID"
    wait_until 20 eval '[ -z "$(slices)" ]' || fail "$(slices)"
    update_config '.linux.resources.unified = {"cgroup.max.depth": "nonsense"}'
    run_hull create "$ID"
    assert_failure
    assert_contains /linux/resources/unified/cgroup.max.depth
    wait_until 20 eval '[ -z "$(slices)" ]' || fail "$(slices)"
}

@test "systemd: more properties than fit into a request are an error" {
    requires manager:systemd
    setup_bundle
    set_cgroups_path
    for ((i = 0; i < 140000; i += 1000)); do printf '%01000d' 0; done > "$LOGS/long"
    update_config --rawfile text "$LOGS/long" '.annotations["org.systemd.property.Description"] = "'\''" + $text + "'\''"'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure
    assert_contains "more properties than fit into a request of 128 kB"
}

@test "a caller in a cgroup that was killed once: a container runs, and exec works" {
    requires root:cgroups
    local unified killed
    unified=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i+1) == "cgroup2") { print $5; exit } }' \
        /proc/self/mountinfo)
    killed=$unified/$ID-killed
    [ -n "$unified" ] && mkdir "$killed" || skip "needs a hierarchy of cgroup v2"
    echo 1 > "$killed/cgroup.kill" || skip "needs cgroup.kill"
    from_there() { run bash -c 'echo 0 > "$0/cgroup.procs" && exec "$@"' "$killed" "${HULL_CMD[@]}" "$@" \
        < /dev/null 3>&- 4>&-; }
    setup_bundle
    update_config '.linux.namespaces |= map(select(.type != "cgroup"))'
    set_args grep ^0:: /proc/self/cgroup
    from_there run --bundle "$BUNDLE" "$ID"
    assert_success
    assert_matches "/(hull-)?$ID(\.scope)?\$"
    update_config '.hooks.poststop = [{path: "/bin/touch", args: ["touch", "'"$PWD/stopped"'"]}] |
        .hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "echo . >> '"$PWD/created"'"]}]'
    set_args false
    from_there run --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_equal "$(cat created)" .
    rm stopped
    if has_userns; then
        userns_config
        set_args cat /proc/self/uid_map
        from_there run --bundle "$BUNDLE" "$ID"
        assert_success
        assert_contains "$FIRST_ID"
    fi
    set_args sleep 1000
    start_container "$(new_id b)"
    from_there exec "$(new_id b)" cat /proc/self/cgroup
    assert_success
    assert_matches "0::.*$(new_id b)"
    # a joined user namespace
    if has_userns; then
        update_config --arg p "/proc/$(container_pid "$(new_id b)")/ns/user" \
            '.linux.namespaces |= map(if .type == "user" then .path = $p else . end)'
        set_args cat /proc/self/uid_map
        from_there run --bundle "$BUNDLE" "$ID"
        assert_success
        assert_contains "$FIRST_ID"
    fi
    rmdir "$killed"
}
