# SPDX-License-Identifier: LGPL-2.1-or-later
# ID-mapped mounts: fallbacks, diagnosis, mounts below, what is mapped already, typed mounts with their options.
load helpers

setup() {
    begin_test
    requires userns idmap
    setup_bundle
    userns_config
    mkdir rootfs/v
    mkdir -p src
}

# volume OPTION...: src, bound to /v with these options
volume() {
    update_config --arg src "$BUNDLE/src" --argjson options "$(jq -cn '$ARGS.positional' --args -- "$@")" \
        '.mounts += [{destination: "/v", type: "bind", source: $src, options: $options}]'
}

# inside COMMAND...: runs the container with it
inside() { set_args "$@"; run_hull run "$ID"; }

@test "a file that root writes inside is root's outside" {
    volume rbind idmap
    inside sh -c 'touch /v/new; stat -c %u:%g /v/new'
    assert_success
    assert_output 0:0
    assert_equal "$(stat -c %u:%g src/new)" 0:0
}

@test "read-only, and a single file" {
    echo text > src/file
    volume rbind ridmap ro
    update_config --arg src "$BUNDLE/src/file" '.mounts += [{destination: "/f", type: "bind", source: $src, options: ["bind", "idmap"]}]'
    inside sh -c 'stat -c %u /v/file /f; echo more >> /f; touch /v/x'
    assert_failure 1
    assert_contains "Read-only file system"
    assert_equal "${lines[0]} ${lines[1]}" "0 0"
    assert_equal "$(cat src/file)" text$'\n'more
}

@test "the submount that can't be ID-mapped is named, with its filesystem" {
    own_mount "$BUNDLE/src"
    mkdir src/ok src/deep
    own_mount "$BUNDLE/src/ok"
    test_mount -t sysfs sysfs "$BUNDLE/src/deep/sys"
    volume rbind ridmap
    inside true
    assert_failure 1
    assert_contains "/mounts/7: ID-map the mount of $BUNDLE/src/deep/sys (filesystem sysfs): invalid argument"
    assert_contains "sysfs can't be ID-mapped by any kernel"
    assert_contains "it is mounted below $BUNDLE/src"
    assert_contains "io.hull.idmap.fallback"
}

@test "partial: all but the submount that can't, with a warning" {
    requires fs:sysfs
    own_mount "$BUNDLE/src"
    mkdir src/ok src/deep
    own_mount "$BUNDLE/src/ok"
    test_mount -t sysfs sysfs "$BUNDLE/src/deep/sys"
    volume rbind ridmap rnosuid
    update_config '.annotations["io.hull.idmap.fallback"] = "partial"'
    inside sh -c 'stat -c %u /v /v/ok /v/deep/sys; touch /v/ok/new; grep -c " /v.*nosuid" /proc/self/mountinfo'
    assert_success
    assert_contains "level=warning"
    assert_contains "$BUNDLE/src/deep/sys (filesystem sysfs): invalid argument"
    assert_contains "mounted without a mapping: its files belong to 65534 inside"
    assert_equal "${lines[*]:1}" "0 0 65534 3"
    assert_equal "$(stat -c %u src/ok/new)" 0
}

@test "devtmpfs isn't taken for tmpfs, which can be ID-mapped" {
    requires fs:devtmpfs
    test_mount -t devtmpfs devtmpfs "$BUNDLE/src"
    volume bind idmap
    inside true
    assert_failure 1
    assert_contains "/mounts/7: ID-map the mount of $BUNDLE/src (filesystem devtmpfs): invalid argument; devtmpfs can't be ID-mapped by any kernel"
}

@test "plain: mounted without a mapping, with a warning; the default is an error that says so" {
    test_mount -t sysfs sysfs "$BUNDLE/src"
    volume bind idmap
    inside stat -c %u /v
    assert_failure 1
    assert_contains "sysfs can't be ID-mapped by any kernel"
    assert_contains "io.hull.idmap.fallback=plain"
    update_config '.annotations["io.hull.idmap.fallback"] = "plain"'
    inside stat -c %u /v
    assert_success
    assert_contains "level=warning"
    assert_equal "${lines[1]}" 65534
    update_config '.annotations["io.hull.idmap.fallback"] = "sometimes"'
    inside true
    assert_failure 1
    assert_contains 'expected error, plain or partial, found \"sometimes\"'
}

@test "a source that is ID-mapped already gets both mappings" {
    requires kernel:6.15
    test_program idmap-probe
    mkdir mapped
    touch src/roots src/five
    chown 5:6 src/five
    "$PROGRAM" src mapped && echo "$BUNDLE/mapped" >> "$LOGS/.mounts"
    assert_equal "$(stat -c %u:%g mapped/five)" 100005:100006
    chmod 777 src
    update_config --arg src "$BUNDLE/mapped" '.mounts += [{destination: "/v", type: "bind", source: $src, options: ["bind", "idmap"],
        uidMappings: [{containerID: 100005, hostID: 100000, size: 1}, {containerID: 100000, hostID: 100005, size: 1}],
        gidMappings: [{containerID: 100000, hostID: 100000, size: 65536}]}]'
    inside sh -c 'stat -c %u:%g /v/roots /v/five; touch /v/new'
    assert_success
    assert_output 5:0$'\n'0:6
    assert_equal "$(stat -c %u:%g src/new)" 5:0
}

# mapped DIR: the mount at src/DIR, whose files of N are seen as 100000 + N there
mapped() {
    test_program idmap-probe
    "$PROGRAM" "src/$1" "src/$1" && echo "$BUNDLE/src/$1" >> "$LOGS/.mounts"
}

@test "ridmap over mounts of which some are ID-mapped already: each gets its own mapping" {
    requires kernel:6.15
    own_mount "$BUNDLE/src"
    mkdir src/mapped src/plain
    own_mount "$BUNDLE/src/plain"
    touch src/top src/mapped/five src/plain/five
    chown 5:6 src/mapped/five src/plain/five
    mapped mapped
    volume rbind ridmap
    # the container sees the host's IDs 100000... as 0...; plain mounts show the host's IDs
    update_config '.mounts[-1] += {uidMappings: [{containerID: 0, hostID: 100000, size: 10}, {containerID: 100000, hostID: 100010, size: 100}]}
        | .mounts[-1].gidMappings = .mounts[-1].uidMappings'
    inside stat -c %u:%g /v/top /v/plain/five /v/mapped/five
    assert_success
    assert_output 0:0$'\n'5:6$'\n'15:16
}

@test "idmap of a recursive bind whose top is ID-mapped already keeps what is mounted below, as it is" {
    requires kernel:6.15
    own_mount "$BUNDLE/src"
    mkdir src/below
    touch src/top
    mapped .
    own_mount "$BUNDLE/src/below"
    touch src/below/file
    volume rbind idmap
    update_config '.mounts[-1] += {uidMappings: [{containerID: 100000, hostID: 100000, size: 100}]} | .mounts[-1].gidMappings = .mounts[-1].uidMappings'
    inside stat -c %u /v/top /v/below/file
    assert_success
    assert_output 0$'\n'65534
}

@test "ID-mapped already, and nothing in both mappings: said" {
    requires kernel:6.15
    mapped .
    volume bind idmap
    inside true
    assert_failure 1
    assert_contains "this mount is ID-mapped already, and no ID is in both mappings"
}

@test "plain: no mount of the tree is ID-mapped when one can't be" {
    own_mount "$BUNDLE/src"
    test_mount -t sysfs sysfs "$BUNDLE/src/sys"
    volume rbind ridmap
    update_config '.annotations["io.hull.idmap.fallback"] = "plain"'
    inside stat -c %u /v /v/sys
    assert_success
    assert_equal "${lines[*]:1}" "65534 65534"
}

@test "a tree in parts: of a relative source, without what is covered or unbindable in it" {
    own_mount "$BUNDLE/src"
    mkdir -p src/ok src/closed src/deep/covered src/un
    own_mount "$BUNDLE/src/deep/covered"
    own_mount "$BUNDLE/src/deep"
    own_mount "$BUNDLE/src/un"
    mount --make-unbindable src/un
    own_mount "$BUNDLE/src/ok"
    own_mount "$BUNDLE/src/ok"
    touch src/ok/upper
    test_mount -t sysfs sysfs "$BUNDLE/src/sys"
    volume rbind ridmap
    update_config '.mounts[-1].source = "src"'
    cd /
    set_args sh -c 'ls /v/ok; ls /v/deep; grep -c " /v" /proc/self/mountinfo'
    run_hull run --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "ID-map the mount of $BUNDLE/src/sys (filesystem sysfs)"
    update_config '.annotations["io.hull.idmap.fallback"] = "partial"'
    run_hull run --bundle "$BUNDLE" "$ID"
    assert_success
    assert_equal "${lines[*]:1}" "upper 4"
}

@test "typed: a tmpfs with its options, and whose mapping is the container's" {
    requires kernel:6.3
    update_config '.mounts += [{destination: "/v", type: "tmpfs", source: "tmpfs", options: ["idmap", "mode=0751", "size=64k", "nosuid", "noexec"]}]'
    inside sh -c 'stat -c "%a %u" /v; grep " /v " /proc/self/mountinfo; touch /v/new; stat -c %u /v/new; df -k /v | tail -1'
    assert_success
    assert_equal "${lines[0]}" "751 0"
    assert_contains nosuid
    assert_contains noexec
    assert_equal "${lines[2]}" 0
    assert_matches "tmpfs +64 "
}

@test "many mounts with the container's mapping need no other process, those with two others two" {
    requires command:strace manager:cgroupfs    # with systemd there is its helper, too
    for i in $(seq 50); do mkdir "src/$i"; done
    update_config --arg src "$BUNDLE/src" '.mounts += [range(50) | {destination: "/v/\(.)", type: "bind", source: $src, options: ["bind", "idmap"]}]'
    set_args true
    processes() { strace -f -e trace=clone3,clone,fork,vfork -o "$LOGS/trace" "${HULL_CMD[@]}" run "$ID" 3>&- 4>&- && grep -cE '(clone3?|v?fork)\(' "$LOGS/trace"; }
    assert_equal "$(processes)" 1
    update_config '.mounts |= [.[] | if .destination | startswith("/v/") then
        (.destination | ltrimstr("/v/") | tonumber % 2) as $odd
        | .uidMappings = [{containerID: 0, hostID: (200000 + $odd), size: 10}] | .gidMappings = .uidMappings else . end]'
    assert_equal "$(processes)" 3
    # each mount has a mapping of its own
    update_config '.mounts |= [.[] | if .destination | startswith("/v/") then
        .uidMappings = [{containerID: 0, hostID: (200000 + (.destination | ltrimstr("/v/") | tonumber)), size: 10}] | .gidMappings = .uidMappings else . end]
        | .mounts += [.mounts[-50:][] | .destination += "b" | .uidMappings[0].hostID += 1000 | .gidMappings[0].hostID += 1000]'
    assert_equal "$(processes)" 101
}

@test "idmap= of crun: IDs of the host, and with @ of the container" {
    touch src/a src/b
    chown 7:7 src/a
    volume bind "idmap=uids=7-100003-1;gids=7-100003-1"
    inside stat -c %u:%g /v/a
    assert_output 3:3
    update_config 'del(.mounts[-1])'
    volume bind "idmap=uids=@7-3-1#@0-0-1;gids=@7-3-1#@0-0-1"
    inside stat -c %u:%g /v/a /v/b
    assert_output 3:3$'\n'0:0
}

@test "propagation is kept: what is mounted below the source appears inside, mapped or not" {
    own_mount "$BUNDLE/src"
    mount --make-shared src
    mkdir src/later
    volume rbind ridmap rslave
    set_args sleep 1000
    start_container
    own_mount "$BUNDLE/src/later"
    run_hull exec "$ID" grep -c ' /v/later ' /proc/self/mountinfo
    assert_output 1
}

@test "an ID that the mapping doesn't have: 65534, and EOVERFLOW for a new file" {
    touch src/foreign
    chown 4242:4242 src/foreign
    volume bind idmap
    update_config '.mounts[-1] += {uidMappings: [{containerID: 0, hostID: 100000, size: 10}], gidMappings: [{containerID: 0, hostID: 100000, size: 10}]}'
    inside sh -c 'stat -c %u /v/foreign; chown 20 /v/foreign; touch /v/x && chown 20 /v/x'
    assert_failure
    assert_equal "${lines[0]}" 65534
    assert_contains "Value too large"
}

# within PLACE SOURCE [OPTION...]: a bind of a place in the container, which an earlier mount has
within() {
    mkdir -p "rootfs$1"
    update_config --arg at "$1" --arg src "$BUNDLE/rootfs$2" --argjson options "$(jq -cn '$ARGS.positional' --args -- "${@:3}")" \
        '.mounts += [{destination: $at, type: "bind", source: $src, options: $options}]'
}

# what mountinfo says of the mount at PLACE: its options
options_of() { awk -v place="$1" '$5 == place { print $6 }' "/proc/$(container_pid)/mountinfo"; }

@test "a source inside an earlier mount: of a bind, of a bind within that, of a mount below it, a file" {
    mkdir -p src/sub/deep rootfs/{w,x,y,z}
    touch src/sub/of-root src/sub/deep/of-five
    chown 5:5 src/sub/deep/of-five
    own_mount "$BUNDLE/src/sub/deep"
    touch src/sub/deep/on-tmpfs
    volume rbind
    within /w /v/sub bind
    within /x /w/deep bind idmap
    within /y /v/sub rbind ridmap
    touch rootfs/f
    update_config --arg src "$BUNDLE/rootfs/v/sub/of-root" '.mounts += [{destination: "/f", type: "bind", source: $src, options: ["bind"],
        uidMappings: [{containerID: 0, hostID: 100007, size: 1}], gidMappings: [{containerID: 0, hostID: 100007, size: 1}]}]'
    inside sh -c 'touch /y/new /y/deep/new; stat -c %u:%g /v/sub/of-root /y/of-root /y/deep/on-tmpfs /f /y/new /w/of-root
        stat -c %u /x /x/of-five; awk "\$5 ~ /^.[fvwxy]/ { print \$5, (\$6 ~ /idmapped/) }" /proc/self/mountinfo'
    assert_output "65534:65534
0:0
0:0
7:7
0:0
65534:65534
0
5
/v 0
/v/sub/deep 0
/w 0
/x 1
/y 1
/y/deep 1
/f 1"
    assert_equal "$(stat -c %u:%g src/sub/new src/sub/deep/new | sort -u)" 0:0
}

@test "a source inside a tmpfs of the container, and the own mapping of a mount without a user namespace" {
    requires kernel:6.3     # ID-mapped tmpfs
    update_config '.mounts += [{destination: "/t", type: "tmpfs", source: "tmpfs", options: ["mode=755"]}]'
    within /w /t bind idmap
    inside sh -c 'touch /w/new; stat -c %u:%g /w/new /t/new; grep -c " /w .*idmapped" /proc/self/mountinfo'
    assert_output $'0:0\n0:0\n1'
    update_config 'del(.mounts[-2:], .linux.uidMappings, .linux.gidMappings) | .linux.namespaces |= map(select(.type != "user"))'
    mkdir src/sub
    touch src/sub/of-root
    volume bind
    within /w /v/sub bind "idmap=uids=0-7-1;gids=0-7-1"
    inside stat -c %u:%g /v/sub/of-root /w/of-root
    assert_output $'0:0\n7:7'
}

@test "a source inside an earlier mount: read-only, flags and locks hold as for any other mount" {
    mkdir -p src/sub src/below
    update_config '.process.capabilities = (["CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE"] | {bounding: ., effective: ., permitted: .})'
    volume bind ro nosuid
    update_config '.mounts += [{destination: "/v/below", type: "tmpfs", source: "tmpfs"}]'    # /v is read-only when that is made
    within /kept /v/sub bind idmap
    within /said /v/sub bind idmap ro nodev noexec
    set_args sleep 1000
    start_container
    [[ $(options_of /kept) == ro,nosuid,*idmapped ]] || fail "$(options_of /kept)"
    [[ $(options_of /said) == ro,nosuid,nodev,noexec,*idmapped ]] || fail "$(options_of /said)"
    run_hull exec --cap CAP_SYS_ADMIN "$ID" sh -c 'for m in /kept /said; do mount -o remount,bind,rw,suid,dev,exec $m; umount $m; touch $m/x; done; true'
    for m in /kept /said; do [[ $(options_of "$m") == ro,nosuid,* ]] || fail "$(options_of "$m")"; done
    [ ! -e src/sub/x ] || fail "it was written to"
}

@test "a source inside an earlier mount that can't be mapped: said why, or mounted as the fallback says" {
    mkdir src/sub
    ln -s sub src/link
    volume bind
    within /w /v/link bind idmap
    inside true
    assert_failure 1
    assert_contains "/mounts/8/source: "
    assert_contains "a symlink is on the way: whoever can change it would decide what is opened with the host's rights"
    update_config 'del(.mounts[-1])'
    within /w /proc/sys bind idmap
    inside true
    assert_failure 1
    assert_contains "/mounts/8: ID-map the mount of $BUNDLE/rootfs/proc/sys (filesystem proc)"
    assert_contains "proc can't be ID-mapped by any kernel"
    update_config '.annotations["io.hull.idmap.fallback"] = "plain"'
    inside sh -c 'grep -c " /w .*idmapped" /proc/self/mountinfo; stat -c %u /w'
    assert_contains "it is mounted without a mapping"
    assert_contains $'\n0\n65534'
    update_config 'del(.mounts[-2:])'
    volume bind idmap
    within /w /v/sub bind idmap
    inside true
    assert_failure 1
    assert_contains "/mounts/8: its source is inside /mounts/7, which is ID-mapped"
}
