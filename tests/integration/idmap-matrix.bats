# SPDX-License-Identifier: LGPL-2.1-or-later
# ID-mapped mounts: every file system x bind, rbind, typed, rootfs x mappings. Each cell works, with the owners that it must show on
# both sides, or fails with the exact reason. With IDMAP_TABLE=FILE each cell is written there: tests/idmap-table makes docs/idmap.md of it.
load helpers

# --- the file systems: since which kernel they can be ID-mapped (0: never) ---------------------------------------------------
since() {
    case $1 in
    ext4 | xfs | vfat) echo 5.12 ;;
    btrfs) echo 5.15 ;;
    erofs) echo 5.19 ;;
    squashfs) echo 6.2 ;;
    tmpfs) echo 6.3 ;;
    hugetlbfs) echo 6.9 ;;
    fuse-idmap) echo 6.12 ;;
    overlay) echo 7.3 ;;
    *) echo 0 ;;
    esac
}

# kernels_name TYPE: fuse-idmap is a fuse whose server agrees to ID-mapped mounts
kernels_name() { case $1 in fuse* | virtiofs) echo fuse ;; cgroup) echo cgroup2 ;; *) echo "$1" ;; esac; }

# the words of the error where it can't
reason() {
    local name since
    name=$(kernels_name "$1")
    since=$(since "$1")
    if [ "$name" = fuse ]; then since=6.12; fi
    if [ "$since" = 0 ]; then echo "$name can't be ID-mapped by any kernel"
    elif ! kernel_at_least "$since"; then echo "$name can be ID-mapped since Linux $since"
    else echo "the server of this filesystem doesn't allow ID-mapped mounts"; fi
}

can() { [ "$(since "$1")" != 0 ] && kernel_at_least "$(since "$1")"; }
is_readonly() { case $1 in erofs | squashfs) return 0 ;; esac; return 1; }
has_data() { case $1 in proc | sysfs | cgroup) return 1 ;; esac; }
# all files have one owner
has_owners() { [ "$1" != vfat ]; }

# tree DIR: what each file system has: files of 0, 5 and somebody who is in no map, and enough of a root file system
tree() {
    mkdir -p "$1"/{bin,dev,proc,sys,v,sub}
    cp "$(type -P busybox)" "$1/bin/busybox"
    files "$1"
}
files() {
    touch "$1/of0" "$1/of5" "$1/ofx"
    has_owners "${TYPE:-}" || return 0
    chown 5:5 "$1/of5" && chown 4242424:4242424 "$1/ofx"
}

# image TYPE: prints the path of an image with such a tree (made once a run)
image() {
    local image=$CACHE/matrix.$1 dir=$CACHE/matrix.tree
    if [ ! -e "$image" ]; then
        [ -d "$dir" ] || tree "$dir"
        case $1 in
        erofs) mkfs.erofs "$image.new" "$dir" ;;
        squashfs) mksquashfs "$dir" "$image.new" -no-progress ;;
        xfs) truncate -s 400M "$image.new" && mkfs.xfs -q "$image.new" ;;
        btrfs) truncate -s 200M "$image.new" && mkfs.btrfs -q "$image.new" ;;
        vfat) truncate -s 40M "$image.new" && mkfs.vfat "$image.new" ;;
        *) truncate -s 40M "$image.new" && mkfs.ext4 -q "$image.new" ;;
        esac > "$LOGS/mkfs" 2>&1 || fail "$(cat "$LOGS/mkfs")"
        mv "$image.new" "$image"
    fi
    echo "$image"
}

# make_filesystem TYPE: sets FS, where one is mounted
make_filesystem() {
    FS=$BATS_TEST_TMPDIR/fs
    case $1 in
    tmpfs) test_mount -t tmpfs tmpfs "$FS"; tree "$FS" ;;
    overlay)
        mkdir -p upper work
        tree "$BATS_TEST_TMPDIR/lower"
        test_mount -t overlay -o "lowerdir=$BATS_TEST_TMPDIR/lower,upperdir=$PWD/upper,workdir=$PWD/work" overlay "$FS" ;;
    hugetlbfs) requires fs:hugetlbfs; test_mount -t hugetlbfs hugetlbfs "$FS"; mkdir "$FS/sub"; files "$FS" ;;
    proc | sysfs) test_mount -t "$1" "$1" "$FS" ;;
    cgroup) FS=$(awk '$9 == "cgroup2" || $8 == "cgroup2" { print $5; exit }' /proc/self/mountinfo); [ -n "$FS" ] || skip "needs a cgroup2 mount" ;;
    fuse | fuse-idmap)
        requires fs:fuse file:/dev/fuse
        test_program fuse-server
        mkdir -p "$FS"
        # shellcheck disable=SC2046
        "$PROGRAM" $([ "$1" = fuse ] || echo -i) "$FS" 3>&- 4>&- && echo "$FS" >> "$LOGS/.mounts"
        tree "$FS" ;;
    nfs) serve_nfs; test_mount -t nfs4 127.0.0.1:/ "$FS" ;;
    9p | hostfs | virtiofs)
        FS=$(awk -v type="$1" '{ for (i = 7; $i != "-"; i++); if ($(i+1) == type) { print $5; exit } }' /proc/self/mountinfo)
        [ -n "$FS" ] || skip "needs a mount of $1 (test machines have one)" ;;
    *)
        requires "command:losetup" "fs:$1" "command:mk$([ "$1" = squashfs ] && echo squashfs || echo "fs.$1")"
        [ -b "$(losetup --find 2> /dev/null)" ] || skip "needs loop devices"
        case $1 in erofs | squashfs) ;; *) cp --sparse=always "$(image "$1")" "$BATS_TEST_TMPDIR/image" ;; esac
        test_mount -o "loop$(is_readonly "$1" && echo ,ro)" "$(is_readonly "$1" && image "$1" || echo "$BATS_TEST_TMPDIR/image")" "$FS"
        is_readonly "$1" || tree "$FS" ;;
    esac
}

# serve_nfs: exports a tree on the loopback device, in machines that nothing else runs in
serve_nfs() {
    [ -n "${HULL_TEST_EXCLUSIVE:-}" ] || skip "needs a machine of its own for an NFS server"
    requires fs:nfsd fs:nfs4 command:rpc.nfsd
    tree "$BATS_TEST_TMPDIR/export"
    mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd || skip "needs an NFS server in the kernel"
    exportfs -o rw,insecure,no_root_squash,no_subtree_check,fsid=0 "127.0.0.1:$BATS_TEST_TMPDIR/export"
    background mountd rpc.mountd --foreground --no-nfs-version 3
    rpc.nfsd --no-nfs-version 3 --host 127.0.0.1 1 || fail "rpc.nfsd"
}
teardown() {
    if [ "${TYPE:-}" = nfs ] && [ -e /proc/fs/nfsd/threads ]; then
        umount -l "${FS:-/nowhere}" 2>/dev/null && sed -i '$d' "$LOGS/.mounts"
        rpc.nfsd 0 && exportfs -ua
        umount /proc/fs/nfsd
    fi
    end_test
}

# --- the mappings: of the mount, and what root of the container then sees and leaves ------------------------------------------

# Each: LINES (containerID hostID size ...) | owners seen of 0, 5 and nobody's | owner on the host of a new file, or the error
declare -gA SHAPES=(
    [identity]="0 0 65536|0 5 65534|0"
    [same]="0 100000 65536|0 5 65534|0"
    [shifted]="0 100010 1000|10 15 65534|Value too large"
    [ranges]="0 100000 5 5 100500 10|0 500 65534|0"
    [unmapped]="10 100000 10|65534 65534 65534|Permission denied"
)

lines_json() { jq -cn '[$ARGS.positional | map(tonumber) | range(0; length; 3) as $i | {containerID: .[$i], hostID: .[$i + 1], size: .[$i + 2]}]' --args -- $1; }

# note WAY SHAPE TEXT
note() {
    local kernel
    [ -n "${IDMAP_TABLE:-}" ] || return 0
    kernel=$(uname -r)
    printf '%s|%s|%s|%s|%s\n' "${kernel%%[-+]*}" "$TYPE" "$1" "$2" "$3" >> "$IDMAP_TABLE"
}

# cell WAY SHAPE: configures and runs one
cell() {
    local way=$1 shape=$2 map seen new options type=bind source=$FS dir=/v
    IFS='|' read -r map seen new <<< "${SHAPES[$shape]}"
    cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/config.base"
    [ "$shape" = identity ] || userns_config
    case $way in
    bind) options='["bind", "idmap"]' ;;
    rbind) options='["rbind", "ridmap"]' ;;
    typed)
        options='["idmap"]' type=$TYPE
        case $TYPE in
        cgroup) type=cgroup2 source=cgroup2 ;;
        overlay) options="[\"idmap\", \"lowerdir=$BATS_TEST_TMPDIR/lower\", \"upperdir=$PWD/upper2\", \"workdir=$PWD/work2\"]"; mkdir -p upper2 work2 ;;
        tmpfs | proc | sysfs | hugetlbfs) source=$TYPE ;;
        *) source=$(findmnt -no SOURCE "$FS") ;;
        esac
        if is_readonly "$TYPE"; then options='["idmap", "ro"]'; fi ;;
    esac
    if [ "$way" = rootfs ]; then
        dir=''
        update_config --arg fs "$FS" '.root = {path: $fs} | .annotations["io.hull.rootfs.idmap"] = "always"'
    else
        update_config --arg type "$type" --arg source "$source" --argjson options "$options" --argjson map "$(lines_json "$map")" \
            '.mounts += [{destination: "/v", type: $type, source: $source, options: $options, uidMappings: $map, gidMappings: $map}]'
    fi
    # a new file system has no files yet
    if [ "$way" = typed ] && { [ "$TYPE" = tmpfs ] || [ "$TYPE" = hugetlbfs ]; }; then dir=/v/.; seen=${seen%% *}; set_args busybox stat -c %u /v
    else set_args busybox sh -c "busybox stat -c %u $dir/of0 $dir/of5 $dir/ofx; busybox touch $dir/new"; fi
    rm -f "$FS/new" 2>/dev/null || true
    run_hull run "$ID"
    mv "$BATS_TEST_TMPDIR/config.base" "$BUNDLE/config.json"
    if ! can "$TYPE"; then
        assert_failure 1
        assert_contains "ID-map the mount of"
        assert_contains "(filesystem $(kernels_name "$TYPE"))"
        assert_contains "$(reason "$TYPE")"
        note "$way" "$shape" "$(reason "$TYPE")"
        return
    fi
    if ! has_owners "$TYPE"; then seen="${seen%% *} ${seen%% *} ${seen%% *}"; fi
    assert_equal "$(grep -x '[0-9]*' <<< "$output" | tr '\n' ' ')" "$seen " "$way $shape: owners inside; output: $output"
    note "$way" "$shape" works
    if is_readonly "$TYPE" || [ "$dir" = /v/. ]; then return; fi
    if [ "${new//[0-9]/}" != "" ]; then assert_contains "$new"
    elif [ "$way" != typed ]; then assert_equal "$(stat -c %u:%g "$FS/new")" "$new:$new" "$way $shape: owner outside"; fi
}

# row TYPE WAY: all mappings
row() {
    local shape
    TYPE=$1
    requires userns idmap
    if [ "$2" = rootfs ] && { [ "$TYPE" = hugetlbfs ] || ! has_data "$TYPE"; }; then skip "no root file system lies on $TYPE"; fi
    setup_bundle
    update_config '.root.readonly = false'
    mkdir -p rootfs/v
    make_filesystem "$TYPE"
    if [ "$2" = rbind ] && [ -d "$FS/sub" ]; then test_mount -t tmpfs tmpfs "$FS/sub"; fi
    if [ "$2" = rootfs ]; then cell rootfs same; return; fi
    # a filesystem that can't be ID-mapped needs only one mapping; each takes 15 s on an emulated machine
    for shape in $(if [ "${HULL_TEST_SLOW:-1}" -ge 20 ]; then echo same ranges; else echo identity same shifted ranges unmapped; fi); do
        if ! can "$TYPE" && [ "$shape" != same ] && [ "$shape" != identity ]; then continue; fi
        cell "$2" "$shape"
    done
}

@test "ext4: bind" { row ext4 bind; }
@test "ext4: rbind" { row ext4 rbind; }
@test "ext4: typed" { row ext4 typed; }
@test "ext4: rootfs" { row ext4 rootfs; }
@test "xfs: bind" { row xfs bind; }
@test "xfs: rbind" { row xfs rbind; }
@test "xfs: typed" { row xfs typed; }
@test "xfs: rootfs" { row xfs rootfs; }
@test "btrfs: bind" { row btrfs bind; }
@test "btrfs: rbind" { row btrfs rbind; }
@test "btrfs: typed" { row btrfs typed; }
@test "btrfs: rootfs" { row btrfs rootfs; }
@test "tmpfs: bind" { row tmpfs bind; }
@test "tmpfs: rbind" { row tmpfs rbind; }
@test "tmpfs: typed" { row tmpfs typed; }
@test "tmpfs: rootfs" { row tmpfs rootfs; }
@test "overlay: bind" { row overlay bind; }
@test "overlay: rbind" { row overlay rbind; }
@test "overlay: typed" { row overlay typed; }
@test "overlay: rootfs" { row overlay rootfs; }
@test "erofs: bind" { row erofs bind; }
@test "erofs: rbind" { row erofs rbind; }
@test "erofs: typed" { row erofs typed; }
@test "erofs: rootfs" { row erofs rootfs; }
@test "squashfs: bind" { row squashfs bind; }
@test "squashfs: rbind" { row squashfs rbind; }
@test "squashfs: typed" { row squashfs typed; }
@test "squashfs: rootfs" { row squashfs rootfs; }
@test "vfat: bind" { row vfat bind; }
@test "vfat: rbind" { row vfat rbind; }
@test "vfat: typed" { row vfat typed; }
@test "vfat: rootfs" { row vfat rootfs; }
@test "fuse: bind" { row fuse bind; }
@test "fuse: rbind" { row fuse rbind; }
@test "fuse: rootfs" { row fuse rootfs; }
@test "fuse that agrees: bind" { row fuse-idmap bind; }
@test "fuse that agrees: rbind" { row fuse-idmap rbind; }
@test "fuse that agrees: rootfs" { row fuse-idmap rootfs; }
@test "nfs: bind" { row nfs bind; }
@test "nfs: rbind" { row nfs rbind; }
@test "nfs: rootfs" { row nfs rootfs; }
@test "9p: bind" { row 9p bind; }
@test "hostfs: bind" { row hostfs bind; }
@test "virtiofs: bind" { row virtiofs bind; }
@test "hugetlbfs: bind" { row hugetlbfs bind; }
@test "hugetlbfs: rbind" { row hugetlbfs rbind; }
@test "hugetlbfs: typed" { row hugetlbfs typed; }
@test "hugetlbfs: rootfs" { row hugetlbfs rootfs; }
@test "proc: bind" { row proc bind; }
@test "proc: rbind" { row proc rbind; }
@test "proc: typed" { row proc typed; }
@test "proc: rootfs" { row proc rootfs; }
@test "sysfs: bind" { row sysfs bind; }
@test "sysfs: rbind" { row sysfs rbind; }
@test "sysfs: typed" { row sysfs typed; }
@test "sysfs: rootfs" { row sysfs rootfs; }
@test "cgroup: bind" { row cgroup bind; }
@test "cgroup: rbind" { row cgroup rbind; }
@test "cgroup: typed" { row cgroup typed; }
@test "cgroup: rootfs" { row cgroup rootfs; }
