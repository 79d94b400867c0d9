# SPDX-License-Identifier: LGPL-2.1-or-later
# Mounts: order, options, ID mapping, propagation, targets; the root filesystem.
load helpers

setup() {
    begin_test
    setup_bundle
    mkdir -m 711 "$BATS_TEST_TMPDIR/closed"; chmod o-x "$BATS_TEST_TMPDIR/closed"    # hull-userns(7): where no other user of the host gets
    VOLUME=$BATS_TEST_TMPDIR/closed/volume
    mkdir "$VOLUME"
}

# add_mount JSON: appended to the list
add_mount() { update_config ".mounts += [$1]"; }
# mountinfo TARGET: options, propagation fields, type, super options of the topmost mount there
mountinfo() { awk -v target="$1" '$5 == target { line = $0 } END { print line }' "/proc/$(container_pid)/mountinfo"; }
bind() { add_mount "{destination: \"$1\", type: \"bind\", source: \"$VOLUME\", options: $2}"; }

@test "the flags of a bind" {
    requires root:locked
    bind /v '["bind", "ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime"]'
    bind /w '["rbind", "rw", "nosymfollow"]'
    start_container
    for flag in ro nosuid nodev noexec noatime nodiratime; do
        [[ ",$(mountinfo /v | cut -d' ' -f6)," == *",$flag,"* ]] || fail "no $flag in $(mountinfo /v)"
    done
    [[ $(mountinfo /w) == *nosymfollow* ]]
}

@test "a remount needs neither source nor type, also of /proc" {
    add_mount '{destination: "/dev/shm", options: ["remount", "bind", "ro"]}'
    add_mount '{destination: "/dev/mqueue", options: ["remount", "ro"]}'
    add_mount '{destination: "/proc", type: "proc", source: "proc", options: ["remount", "nosuid", "nodev", "noexec"]}'
    start_container
    [[ $(mountinfo /dev/shm | cut -d' ' -f6) == ro* ]]
    [[ $(mountinfo /dev/mqueue | cut -d' ' -f6) == ro* ]]
    [[ $(mountinfo /proc | cut -d' ' -f6) == rw,nosuid,nodev,noexec* ]]
}

@test "recursive attributes reach the mounts below, others don't" {
    requires root:mount
    mkdir "$VOLUME/sub"
    test_mount -t tmpfs t "$VOLUME/sub"
    bind /plain '["rbind", "ro"]'
    bind /deep '["rbind", "rro", "rnosuid"]'
    start_container
    [[ $(mountinfo /plain | cut -d' ' -f6) == ro* ]]
    [[ $(mountinfo /plain/sub | cut -d' ' -f6) == rw* ]]
    [[ $(mountinfo /deep/sub | cut -d' ' -f6) == ro,nosuid* ]]
}

@test "a recursive option prevails over one that isn't, whichever is last, as with runc" {
    bind /1 '["rbind", "rw", "rro"]'
    bind /2 '["rbind", "rro", "rw"]'
    bind /3 '["rbind", "ro", "rrw"]'
    bind /3/below '["bind"]'
    mkdir "$VOLUME/below"
    start_container
    for place in /1 /2; do [[ $(mountinfo $place | cut -d' ' -f6) == ro* ]] || fail "$(mountinfo $place)"; done
    [[ $(mountinfo /3 | cut -d' ' -f6) == rw* ]] || fail "$(mountinfo /3)"
}

@test "what a mount can't be: a bind with options of a filesystem, a file on a directory, a directory on a file" {
    add_mount "{destination: \"/v\", type: \"bind\", source: \"$VOLUME\", options: [\"bind\", \"ro\", \"size=5\"]}"
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "/options: \\\"size\\\" is no option of a mount, and a bind mount has none of a filesystem"
    update_config 'del(.mounts[-1])'
    bind /etc/passwd '["bind"]'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "a file can't be mounted on a directory, nor a directory on a file"
    update_config '.mounts[-1] |= (.source += "/file" | .destination = "/tmp")'
    : > "$VOLUME/file"
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "attach the mount to /tmp"
    assert_contains "a file can't be mounted on a directory, nor a directory on a file"
    update_config '.mounts[-1] = {destination: "/etc/passwd", type: "tmpfs", source: "tmpfs"}'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "attach the mount to /etc/passwd: invalid argument; a file can't be mounted on a directory, nor a directory on a file"
}

@test "a bind with z or Z, which are for the engine" {
    bind /v '["bind", "z", "Z", "ro"]'
    set_args sh -c 'grep -q " /v ro" /proc/self/mountinfo && echo bound'
    run_hull run "$ID"
    assert_output bound
}

@test "bind takes one mount, rbind the tree" {
    requires root:mount
    mkdir "$VOLUME/sub"
    test_mount -t tmpfs t "$VOLUME/sub"
    bind /one '["bind"]'
    bind /tree '["rbind"]'
    start_container
    assert_equal "$(mountinfo /one/sub)" ""
    [ -n "$(mountinfo /tree/sub)" ]
}

@test "propagation as asked for" {
    requires root:mount
    test_mount --bind "$VOLUME" "$VOLUME"
    mount --make-shared "$VOLUME"
    bind /private '["rbind", "rprivate"]'
    bind /slave '["rbind", "rslave"]'
    bind /shared '["rbind", "rshared"]'
    bind /unbindable '["rbind", "runbindable"]'
    start_container
    [[ $(mountinfo /private) != *shared:* && $(mountinfo /private) != *master:* ]]
    [[ $(mountinfo /slave) == *master:* && $(mountinfo /slave) != *shared:* ]]
    [[ $(mountinfo /shared) == *shared:* ]]
    [[ $(mountinfo /unbindable) == *unbindable* ]]
}

@test "a mount made on the host arrives in a slave, and none goes back" {
    requires root:mount
    test_mount --bind "$VOLUME" "$VOLUME"
    mount --make-shared "$VOLUME"
    mkdir "$VOLUME/later"
    bind /v '["rbind", "rslave"]'
    start_container
    test_mount -t tmpfs t "$VOLUME/later"
    [ -n "$(mountinfo /v/later)" ]
}

@test "rootfsPropagation" {
    for propagation in private slave unbindable; do
        update_config ".linux.rootfsPropagation = \"$propagation\""
        start_container
        case $propagation in
            private) [[ $(mountinfo /) != *shared:* && $(mountinfo /) != *master:* ]] ;;
            slave) [[ $(mountinfo /) != *shared:* ]] ;;
            unbindable) [[ $(mountinfo /) == *unbindable* ]] ;;
        esac
        hull delete --force "$ID"
    done
}

@test "tmpfs with its options, a new filesystem in order" {
    add_mount '{destination: "/t", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=1750", "size=64k", "noexec"]}'
    add_mount '{destination: "/t/inner", type: "tmpfs", source: "tmpfs"}'
    set_args sh -c 'stat -c %a /t; grep -c " /t/inner " /proc/self/mountinfo; dd if=/dev/zero of=/t/big bs=1k count=100 2>/dev/null || echo full'
    run_hull run "$ID"
    assert_success
    assert_output "1750
1
full"
    grep -q tmpfs /proc/filesystems
}

@test "a tmpfs without a mode: the kernel's, or that of the directory that it covers" {
    add_mount '{destination: "/new", type: "tmpfs", source: "tmpfs"}'
    mkdir -m 750 "$BUNDLE/rootfs/old"
    add_mount '{destination: "/old", type: "tmpfs", source: "tmpfs"}'
    set_args stat -c %a /new /old
    run_hull run "$ID"
    assert_success
    assert_output $'1777\n750'
}

@test "a read-only tmpfs, /dev too, gets its mounts and devices first" {
    update_config '(.mounts[] | select(.destination == "/dev") | .options) += ["ro"]'
    add_mount '{destination: "/t", type: "tmpfs", source: "tmpfs", options: ["ro", "strictatime"]}'
    add_mount '{destination: "/t/inner", type: "tmpfs", source: "tmpfs"}'
    set_args sh -c 'echo x > /dev/null; touch /t/inner/x && ! touch /t/x 2>/dev/null && ! touch /dev/x 2>/dev/null && ls /dev/pts/ptmx'
    run_hull run "$ID"
    assert_success
    assert_output /dev/pts/ptmx
}

# many_mounts: more than 64 of them on the host, with which an init is cloned in a small mount namespace
many_mounts() {
    local i
    test_mount -t tmpfs t "$BATS_TEST_TMPDIR/many"
    mount --make-private "$BATS_TEST_TMPDIR/many"
    for i in 1 2 3 4 5 6 7; do test_mount --rbind "$BATS_TEST_TMPDIR/many" "$BATS_TEST_TMPDIR/many/$i"; done
}

# overlay: at /o, of paths that are longer than 255 bytes together or each
overlay() {
    local base=$BATS_TEST_TMPDIR/$1 user=$2
    mkdir -p "$base/lower" "$base/upper" "$base/work"
    touch "$base/lower/of-lower"
    chown "$user" "$base/upper" "$base/work"
    add_mount "{destination: \"/o\", type: \"overlay\", source: \"overlay\", options: [\"noatime\", \"userxattr\",
        \"lowerdir=$base/lower\", \"upperdir=$base/upper\", \"workdir=$base/work\"]}"
    set_args sh -c 'ls /o; touch /o/new; grep -o " /o rw,noatime " /proc/self/mountinfo'
    run_hull run "$ID"
    assert_success
    assert_output $'of-lower\n /o rw,noatime '
    [ -f "$base/upper/new" ]
    update_config 'del(.mounts[-1])'
}

@test "an overlay of directories of the host, however long their names and however many mounts the host has" {
    requires root:chown
    local long=$(printf 'x%.0s' {1..200})
    long+=/$(printf 'y%.0s' {1..200})
    overlay short 0:0
    overlay "$long" 0:0
    many_mounts
    overlay other 0:0
    overlay "other/$long" 0:0
    requires userns
    userns_config
    overlay mapped "$FIRST_ID:$FIRST_ID"
    overlay "mapped/$long" "$FIRST_ID:$FIRST_ID"
}

@test "a filesystem on a device that the container may not open, however many mounts the host has" {
    requires root:mount userns idmap command:losetup fs:ext4 command:mkfs.ext4
    [ -b "$(losetup --find 2> /dev/null)" ] || skip "needs loop devices"
    local device
    truncate -s 4M "$BATS_TEST_TMPDIR/image"
    mkfs.ext4 -q "$BATS_TEST_TMPDIR/image"
    device=$(losetup --find --show "$BATS_TEST_TMPDIR/image")
    add_mount "{destination: \"/e\", type: \"ext4\", source: \"$device\"}"
    set_args ls /e
    hull run "$ID" > "$LOGS/few" 2>&1 || true
    many_mounts
    hull run "$ID" > "$LOGS/many" 2>&1 || true
    userns_config
    hull run "$ID" > "$LOGS/unmapped" 2>&1 || true
    update_config '.mounts[-1].options = ["idmap"]'
    hull run "$ID" > "$LOGS/mapped" 2>&1 || true
    losetup --detach "$device"
    assert_equal "$(cat "$LOGS/few")" lost+found
    assert_equal "$(cat "$LOGS/many")" lost+found
    grep -q 'a user namespace may not mount it; ID-mapped (the option idmap)' "$LOGS/unmapped" || fail "$(cat "$LOGS/unmapped")"
    assert_equal "$(cat "$LOGS/mapped")" lost+found
}

@test "remounts: without a type, of the superblock, of /proc" {
    add_mount '{destination: "/t", type: "tmpfs", source: "tmpfs"}'
    add_mount '{destination: "/t", type: "tmpfs", options: ["remount", "sync", "size=64k"]}'
    add_mount '{destination: "/t", options: ["remount", "ro"]}'
    add_mount '{destination: "/proc", type: "proc", options: ["remount", "ro"]}'
    set_args awk '$5 == "/t" || $5 == "/proc" { print $5, $6, $NF }' /proc/self/mountinfo
    run_hull run "$ID"
    assert_success
    assert_contains "/proc ro,relatime rw"
    [[ $output == *"/t ro,relatime rw,sync,size=64k"* ]] || fail "$output"
}

@test "a bind of a whole /dev brings its own devices, also where only its type says that it is one" {
    update_config '.mounts |= map(select(.destination | startswith("/dev") | not))'
    add_mount "{destination: \"/dev/\", type: \"bind\", source: \"$VOLUME\"}"
    set_args true
    run_hull run "$ID"
    assert_success
    assert_equal "$(ls "$VOLUME")" ""
}

@test "tmpcopyup copies what it covers: content, modes, owners, links" {
    mkdir -p "$BUNDLE/rootfs/t/deep"
    echo one > "$BUNDLE/rootfs/t/file"
    ln -s file "$BUNDLE/rootfs/t/link"
    chmod 640 "$BUNDLE/rootfs/t/file"
    add_mount '{destination: "/t", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}'
    set_args sh -c 'cat /t/link; stat -c %a /t/file; test -d /t/deep && echo deep; echo new > /t/file'
    run_hull run "$ID"
    assert_success
    assert_output "one
640
deep"
    assert_equal "$(cat "$BUNDLE/rootfs/t/file")" one
}

@test "tmpcopyup: more than the tmpfs holds" {
    mkdir -p rootfs/t/a/b
    head -c 100000 /dev/zero > rootfs/t/a/f
    for limit in size=16k nr_inodes=2; do
        update_config --arg limit "$limit" '.mounts |= map(select(.destination != "/t"))
            | .mounts += [{destination: "/t", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup", $limit]}]'
        run_hull run "$ID"
        assert_failure 1
        assert_matches '/mounts/[0-9]+/options/tmpcopyup: copy [abf]: no space left on device; the tmpfs is full: its options size and nr_inodes are its limits'
    done
}

@test "tmpcopyup: a directory that can't be read to its end" {
    requires command:strace
    mkdir -p rootfs/t
    add_mount '{destination: "/t", type: "tmpfs", source: "tmpfs", options: ["tmpcopyup"]}'
    set_args true
    ! strace -f -o "$LOGS/strace" -e trace=getdents64 -e inject=getdents64:error=EIO "${HULL_CMD[@]}" run "$ID" \
        < /dev/null > "$LOGS/out" 2>&1 3>&- 4>&- || fail "ran"
    output=$(cat "$LOGS/out")
    assert_contains "/options/tmpcopyup: read the directory: input/output error"
}

@test "tmpcopyup: the owner that the options name stays, each of user and group by itself" {
    other_users
    mkdir -m 750 "$BUNDLE/rootfs/t"
    set_args stat -c %a:%u:%g /t
    for row in '"uid=5" 750:5:0' '"gid=6" 750:0:6' '"uid=5","gid=6","mode=711" 711:5:6' '"size=64k" 750:0:0'; do
        update_config --arg d /t ".mounts |= map(select(.destination != \$d)) + [{destination: \$d, type: \"tmpfs\", source: \"tmpfs\",
            options: [\"tmpcopyup\", ${row% *}]}]"
        run_hull run "$ID"
        assert_output "${row#* }"
    done
}

@test "an ID-mapped volume: files of root stay root's, on both sides" {
    requires userns idmap
    userns_config
    touch "$VOLUME/of-root"
    chown 0:0 "$VOLUME"
    bind /v '["rbind", "idmap"]'
    set_args sh -c 'touch /v/new; stat -c %u:%g /v/of-root /v/new'
    run_hull run "$ID"
    assert_success
    assert_output "0:0
0:0"
    assert_equal "$(stat -c %u:%g "$VOLUME/new")" 0:0
}

@test "without it, they are an unprivileged id's; and unmapped owners are 65534" {
    requires root:chown userns
    userns_config
    touch "$VOLUME/of-root"
    chown "$FIRST_ID:$FIRST_ID" "$VOLUME"
    bind /v '["rbind"]'
    set_args sh -c 'touch /v/new; stat -c %u:%g /v/of-root /v/new'
    run_hull run "$ID"
    assert_success
    assert_output "65534:65534
0:0"
    assert_equal "$(stat -c %u:%g "$VOLUME/new")" "$FIRST_ID:$FIRST_ID"
}

@test "a mapping of the mount's own, without a user namespace of the container" {
    requires idmap
    touch "$VOLUME/a" "$VOLUME/b"
    chown 1000:1001 "$VOLUME/a"
    chown 5:5 "$VOLUME/b"
    add_mount "{destination: \"/v\", type: \"bind\", source: \"$VOLUME\", options: [\"bind\"],
        uidMappings: [{containerID: 1000, hostID: 2000, size: 1}, {containerID: 0, hostID: 0, size: 1}],
        gidMappings: [{containerID: 1001, hostID: 2001, size: 1}, {containerID: 0, hostID: 0, size: 1}]}"
    set_args stat -c %u:%g /v/a /v/b
    run_hull run "$ID"
    assert_success
    assert_output "2000:2001
65534:65534"
}

@test "ridmap maps the mounts below as well, idmap the one" {
    requires userns idmap
    userns_config
    mkdir "$VOLUME/sub"
    test_mount -t tmpfs t "$VOLUME/sub"
    touch "$VOLUME/file" "$VOLUME/sub/file"
    bind /r '["rbind", "ridmap"]'
    bind /i '["rbind", "idmap"]'
    set_args stat -c %u /r/file /r/sub/file /i/file /i/sub/file
    run_hull run "$ID"
    assert_success
    assert_output "0
0
0
65534"
}

@test "an ID-mapped rootfs: nothing is chowned, everything is root's inside" {
    requires userns idmap
    userns_config
    set_args stat -c %u:%g / /bin/busybox
    run_hull run "$ID"
    assert_success
    assert_output "0:0
0:0"
    assert_equal "$(stat -c %u "$BUNDLE/rootfs/bin/busybox")" 0
    update_config '.annotations = {"io.hull.rootfs.idmap": "never"}'
    run_hull run "$ID"
    assert_success
    assert_output "65534:65534
65534:65534"
}

@test "a rootfs that belongs to the container already isn't mapped" {
    requires root:chown userns
    userns_config
    chown -R "$FIRST_ID:$FIRST_ID" "$BUNDLE/rootfs"
    set_args stat -c %u:%g /bin/busybox
    run_hull run "$ID"
    assert_success
    assert_output 0:0
}

@test "sources and rootfs below a directory that only root of the host can enter" {
    requires userns idmap
    userns_config
    mkdir -m 700 "$BATS_TEST_TMPDIR/secret"
    mv "$VOLUME" "$BATS_TEST_TMPDIR/secret/volume"
    VOLUME=$BATS_TEST_TMPDIR/secret/volume
    echo hello > "$VOLUME/file"
    mv "$BUNDLE" "$BATS_TEST_TMPDIR/secret/bundle"
    BUNDLE=$BATS_TEST_TMPDIR/secret/bundle
    bind /v '["rbind", "idmap"]'
    set_args cat /v/file
    run_hull run --bundle "$BUNDLE" "$ID"
    assert_success
    assert_output hello
}

@test "a relative source is the bundle's" {
    mkdir "$BUNDLE/data"
    echo here > "$BUNDLE/data/file"
    add_mount '{destination: "/v", type: "bind", source: "data", options: ["bind"]}'
    set_args cat /v/file
    cd /
    run_hull run --bundle "$BUNDLE" "$ID"
    assert_success
    assert_output here
}

@test "a source inside an earlier mount of the container" {
    add_mount '{destination: "/t", type: "tmpfs", source: "tmpfs"}'
    add_mount '{destination: "/t/sub", type: "tmpfs", source: "tmpfs", options: ["mode=711"]}'
    add_mount "{destination: \"/again\", type: \"bind\", source: \"$BUNDLE/rootfs/t\", options: [\"rbind\"]}"
    set_args stat -c %a /again/sub
    run_hull run "$ID"
    assert_success
    assert_output 711
}

@test "a source inside an earlier mount, where only root of the host gets" {
    requires root:files userns
    userns_config
    mkdir -m 700 "$VOLUME/secret"
    mkdir -m 755 "$VOLUME/secret/sub"
    echo text > "$VOLUME/secret/sub/file"
    bind /v '["bind"]'
    add_mount "{destination: \"/again\", type: \"bind\", source: \"$BUNDLE/rootfs/v/secret/sub\", options: [\"bind\"]}"
    set_args sh -c 'cat /again/file; ls /v/secret'
    run_hull run "$ID"
    assert_contains text
    assert_contains "Permission denied"
    ln -s secret "$VOLUME/link"
    update_config --arg src "$BUNDLE/rootfs/v/link/sub" '.mounts[-1].source = $src'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "a symlink is on the way"
}

@test "a bind of what is read-only only when the mounts below it are made is read-only, too" {
    requires userns
    userns_config
    mkdir -p "$VOLUME/sub" "$VOLUME/below"
    bind /v '["bind", "ro"]'
    add_mount '{destination: "/v/below", type: "tmpfs", source: "tmpfs"}'
    add_mount "{destination: \"/again\", type: \"bind\", source: \"$BUNDLE/rootfs/v/sub\", options: [\"bind\"]}"
    start_container
    for place in /v /again; do
        [[ $(mountinfo "$place" | cut -d' ' -f6) == ro,* ]] || fail "$(mountinfo "$place")"
    done
    [[ $(mountinfo /v/below | cut -d' ' -f6) == rw,* ]] || fail "$(mountinfo /v/below)"
}

@test "mounts on a file, on a symlink, behind a dangling symlink" {
    echo content > "$VOLUME/file"
    ln -s /real "$BUNDLE/rootfs/link"
    mkdir "$BUNDLE/rootfs/real"
    ln -s /made/by/hull "$BUNDLE/rootfs/dangling"
    add_mount "{destination: \"/etc/one\", type: \"bind\", source: \"$VOLUME/file\", options: [\"bind\"]}"
    bind /link '["bind"]'
    bind /dangling '["bind"]'
    set_args cat /etc/one /real/file /made/by/hull/file
    run_hull run "$ID"
    assert_success
    assert_output "content
content
content"
    [ -d "$BUNDLE/rootfs/made/by/hull" ]
}

@test "copy-symlink: the link is made again in the place of a mount; another file there is an error" {
    ln -s ../target "$BATS_TEST_TMPDIR/link"
    add_mount "{destination: \"/made/link\", type: \"bind\", source: \"$BATS_TEST_TMPDIR/link\", options: [\"bind\", \"copy-symlink\"]}"
    set_args sh -c 'readlink /made/link; grep -c /made/link /proc/self/mountinfo'
    for _ in 1 2; do    # the same link is there the second time
        run_hull run "$ID"
        assert_output $'../target\n0'
    done
    ln -sfn elsewhere "$BUNDLE/rootfs/made/link"
    run_hull run "$ID"
    assert_failure 1
    assert_contains "copy-symlink: /made/link exists and is not the symlink to ../target"
}

@test "src-nofollow and dest-nofollow: the symlinks themselves are mounted, and mounted on" {
    echo real > "$BATS_TEST_TMPDIR/real"
    ln -s real "$BATS_TEST_TMPDIR/link"
    ln -s nowhere "$BUNDLE/rootfs/on-link"
    add_mount "{destination: \"/as-link\", type: \"bind\", source: \"$BATS_TEST_TMPDIR/link\", options: [\"bind\", \"src-nofollow\"]},
        {destination: \"/on-link\", type: \"bind\", source: \"$BATS_TEST_TMPDIR/link\", options: [\"bind\", \"src-nofollow\", \"dest-nofollow\"]}"
    set_args sh -c 'for m in /as-link /on-link; do readlink $m; done; for m in /as-link /on-link; do grep -c " $m " /proc/self/mountinfo; done; ls -d /nowhere'
    run_hull run "$ID"
    assert_contains $'real\nreal\n1\n1'
    [ ! -e "$BUNDLE/rootfs/nowhere" ]
}

@test "made parents have mode 0755, whatever the setgid bit and the umask" {
    mkdir "$BUNDLE/rootfs/setgid"
    chmod 2775 "$BUNDLE/rootfs/setgid"
    bind /setgid/a/b '["bind"]'
    set_args true
    umask 077
    run_hull run "$ID"
    assert_success
    assert_equal "$(stat -c %a "$BUNDLE/rootfs/setgid/a")" 755
}

@test "a symlink never leads out of the rootfs" {
    mkdir "$BATS_TEST_TMPDIR/canary"
    ln -s "$BATS_TEST_TMPDIR/canary" "$BUNDLE/rootfs/out"
    ln -s ../../../../../../../../.. "$BUNDLE/rootfs/up"
    bind /out/x '["bind"]'
    bind "/up/$BATS_TEST_TMPDIR/canary/y" '["bind"]'
    set_args true
    run_hull run "$ID"
    assert_success
    run ls -A "$BATS_TEST_TMPDIR/canary"
    assert_output ""
}

@test "masked files read as empty, masked directories are empty, read-only paths are" {
    mkdir -p "$BUNDLE/rootfs/secrets" "$BUNDLE/rootfs/fixed"
    echo x > "$BUNDLE/rootfs/secrets/a"
    echo x > "$BUNDLE/rootfs/file"
    update_config '.root.readonly = false | .linux.maskedPaths = ["/secrets", "/file", "/file", "/secrets2", "/nowhere"] | .linux.readonlyPaths = ["/fixed"]'
    mkdir "$BUNDLE/rootfs/secrets2"
    set_args sh -c 'cat /file; ls -A /secrets /secrets2 | grep -v :; touch /fixed/x 2>/dev/null || echo fixed; touch /secrets/x 2>/dev/null || echo masked; grep -c " /file " /proc/self/mountinfo'
    run_hull run "$ID"
    assert_success
    assert_output "
fixed
masked
1"
}

@test "masked and read-only paths by any spelling, of the path or of a mount above it" {
    mkdir "$BUNDLE/rootfs/secrets" "$BUNDLE/rootfs/fixed"
    echo x > "$BUNDLE/rootfs/secrets/a"
    add_mount '{destination: "/proc/", type: "proc", source: "proc"}'
    update_config '.root.readonly = false | .linux.maskedPaths = ["/proc/../secrets", "/proc/keys"] | .linux.readonlyPaths = ["/proc/./../fixed"]'
    set_args sh -c 'ls -A /secrets; cat /proc/keys; touch /fixed/x 2>/dev/null || echo fixed'
    run_hull run "$ID"
    assert_success
    assert_output fixed
}

@test "the device that masks a file is the host's: nobody inside changes its mode or owner" {
    echo x > "$BUNDLE/rootfs/file"
    update_config '.linux.maskedPaths = ["/file"]'
    set_args sh -c 'for c in "chmod 666" "chown 0:0" touch; do $c /file 2>/dev/null || echo no; done; echo y > /file; cat /file; echo done'
    run_hull run "$ID"
    assert_output "no
no
no
done"
}

@test "more mounts than the caller may have open files, who is left with his limit" {
    add_mount "range(200) | {destination: \"/m/\\(.)\", type: \"bind\", source: \"$VOLUME\", options: [\"bind\"]}"
    update_config '.root.readonly = false | .process.rlimits = [] | .hooks.poststop = [{path: "/bin/sh", args: ["sh", "-c", "ulimit -n >&2; exit 1"]}]'
    set_args sh -c 'grep -c " /m/" /proc/self/mountinfo; ulimit -n'
    ulimit -Sn 100
    run_hull run "$ID"
    assert_success
    assert_contains "200
100"
    assert_contains "output: 100"
}

@test "a read-only root" {
    update_config '.root.readonly = true'
    set_args sh -c 'touch /x 2>/dev/null || echo no'
    run_hull run "$ID"
    assert_output no
    update_config '.root.readonly = false'
    set_args touch /x
    run_hull run "$ID"
    assert_success
    [ -e "$BUNDLE/rootfs/x" ]
}

@test "nothing of the host's mounts is left inside" {
    start_container
    run awk '{print $5}' "/proc/$(container_pid)/mountinfo"
    assert_equal "$(grep -cx / <<< "$output")" 1
    refute_contains "$BUNDLE"
}

@test "no mount of the container is a peer of one of the host: what is mounted over it stays inside" {
    requires userns
    userns_config
    bind /v '["rbind"]'
    bind /s '["rbind", "rshared"]'
    start_container
    run grep shared: "/proc/$(container_pid)/mountinfo"
    assert_equal "$(grep -vc ' /s ' <<< "$output")" 0 "$output"
    if rootless; then return; fi
    [[ $(mountinfo /s) == *shared:*master:* ]]
    hull delete --force "$ID"
    update_config '.linux.namespaces |= map(select(.type != "user")) | del(.linux.uidMappings, .linux.gidMappings)'
    start_container
    run grep shared: "/proc/$(container_pid)/mountinfo"
    assert_equal "$(grep -vc ' /s ' <<< "$output")" 0 "$output"
}

@test "--no-pivot" {
    set_args sh -c 'ls /bin/busybox; ls / | grep -c etc'
    run_hull run --no-pivot "$ID"
    assert_success
    assert_contains /bin/busybox
}

@test "default devices and links" {
    set_args sh -c 'for d in null zero full random urandom tty; do stat -c "%t:%T %n" /dev/$d; done; for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done; echo x > /dev/null'
    run_hull run "$ID"
    assert_success
    assert_output "1:3 /dev/null
1:5 /dev/zero
1:7 /dev/full
1:8 /dev/random
1:9 /dev/urandom
5:0 /dev/tty
/proc/self/fd
/proc/self/fd/0
/proc/self/fd/1
/proc/self/fd/2
pts/ptmx"
}

@test "linux.devices: major, minor, mode, owner; also in a user namespace" {
    requires root:mknod userns
    update_config '.linux.devices = [{path: "/dev/own", type: "c", major: 1, minor: 5, fileMode: 438, uid: 7, gid: 8}, {path: "/other/pipe", type: "p", fileMode: 384}]
        | .linux.resources.devices = [{allow: true, access: "rwm"}]'
    set_args sh -c 'stat -c "%t:%T %a %u:%g %F" /dev/own /other/pipe; head -c 1 /dev/own | wc -c'
    run_hull run "$ID"
    assert_success
    assert_output "1:5 666 7:8 character special file
0:0 600 0:0 fifo
1"
    userns_config
    run_hull run "$ID"
    assert_success
    assert_contains "1:5 666 7:8 character special file"
    assert_equal "${lines[-1]}" 1
}

@test "a device that is there but another one is an error" {
    requires root:mknod
    mkdir -p "$BUNDLE/rootfs/x"
    mknod "$BUNDLE/rootfs/x/dev" c 1 3
    update_config '.linux.devices = [{path: "/x/dev", type: "c", major: 1, minor: 5}]'
    set_args true
    run_hull run "$ID"
    assert_failure 1
    assert_contains /linux/devices/0
    assert_contains 1:3
}

# below_rootfs: the mountpoints of this mount namespace on and below the container's rootfs
below_rootfs() { awk -v path="$BUNDLE/rootfs" '$5 == path || index($5, path "/") == 1 { print substr($5, length(path) + 1) "/" }' /proc/self/mountinfo; }

@test "without a mount namespace the mounts stand on the host's rootfs until the container is deleted" {
    requires root:host
    update_config '.linux.namespaces |= map(select(.type != "mount")) | del(.linux.maskedPaths, .linux.readonlyPaths) | .root.readonly = true
        | .mounts = [{destination: "/proc", type: "proc", source: "proc"}, {destination: "/dev", type: "tmpfs", source: "tmpfs"},
            {destination: "/dev/pts", type: "devpts", source: "devpts"}]'
    start_container
    assert_equal "$(below_rootfs)" "/
/proc/
/dev/
/dev/pts/"
    [ -c "$BUNDLE/rootfs/dev/full" ] || fail "no devices"
    run_hull exec "$ID" sh -c 'echo x > /dev/null; touch /x'
    assert_failure
    assert_contains "Read-only file system"
    hull delete --force "$ID"
    assert_equal "$(below_rootfs)" ""
    [ ! -e "$BUNDLE/rootfs/dev/full" ] || fail "the device was made in the directory"
    set_args /no/such
    run_hull run "$ID"
    assert_failure
    assert_equal "$(below_rootfs)" ""
}
