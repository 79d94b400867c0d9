# SPDX-License-Identifier: LGPL-2.1-or-later
# Names of external mounts at checkpoint and restore: a hostile root file system must not decide what is mounted where.
load lib

setup() {
    if [ -n "${HULL_TEST_EXCLUSIVE:-}" ] && [ ! -e /run/criu.kdat ]; then criu check > /dev/null 2>&1 || true; fi
    begin_security_test
    use_criu || skip "needs a CRIU that works on kernel $(uname -r)"
    IMAGES=$BATS_TEST_TMPDIR/images
}

# volumes: `secret` of the host, read-only in the container, and `scratch`, which it may write to
volumes_bundle() {
    writable_root
    set_args sh -c 'while :; do sleep 1; done'     # CRIU ends a sleep that it interrupts, where the freezer is cgroup v2's
    mkdir -p secret scratch; echo secret > secret/file
    chmod 777 secret scratch; chmod 666 secret/file
    update_config '.mounts += [
        {destination: "/secret", type: "bind", source: "secret", options: ["bind", "ro"]},
        {destination: "/scratch", type: "bind", source: "scratch", options: ["bind", "rw"]}]'
}

# run_piped ID: with pipes, which come back in a user namespace as well
run_piped() { "${HULL_CMD[@]}" run --detach --bundle "$BUNDLE" "$1" < /dev/null 2>&1 3>&- | cat > "$LOGS/$1.piped" & wait_for_status "$1" running; }
restore_piped() {
    local log=$LOGS/$1.log
    rm -f "$log"*
    { rc=0; "${HULL_CMD[@]}" --log "$log" restore --detach --image-path "$IMAGES" --bundle "$BUNDLE" "$1" < /dev/null 3>&- || rc=$?; echo $rc > "$log.status"; } 2>&1 | cat > "$LOGS/$1.restored" &
    wait_until 30 test -s "$log.status" || fail "restore takes too long"
    status=$(cat "$log.status") output=$(cat "$log")
}

mounts_of() { awk '{ for (i = 7; $i != "-"; i++); print $4, $5, $6, $(i+1) }' "/proc/$1/mountinfo" | grep -v ' cgroup2*$' | sort; }

# from the host's side, where a mountpoint of the container can be renamed: as another container with the same root file system would
exchange_for_link() { mv "$BUNDLE/rootfs/$1" "$BUNDLE/rootfs/$1.moved" && ln -s "$2" "$BUNDLE/rootfs/$1"; }

link_at_checkpoint() {
    volumes_bundle
    run_piped "$ID"
    # the read-only one becomes a name for the writable one
    exchange_for_link secret /scratch
    run_hull checkpoint --image-path "$IMAGES" "$ID"
    [ "$status" -ne 0 ] || fail "$MODE: checkpointed with two names for one mount"
    assert_equal "$(container_status "$ID")" running
    rm "$BUNDLE/rootfs/secret"
    exchange_for_link scratch /proc
    run_hull checkpoint --image-path "$IMAGES" "$ID"
    [ "$status" -ne 0 ] || fail "$MODE: checkpointed with another mount in the place of a volume"
    assert_equal "$(container_status "$ID")" running
}

@test "CVE-2026-119101: links on the way to mountpoints at a checkpoint are an error, not another mount" {
    both link_at_checkpoint
}

link_at_restore() {
    volumes_bundle
    run_piped "$ID"
    before=$(mounts_of "$(container_pid "$ID")")
    run_hull checkpoint --image-path "$IMAGES" "$ID"
    assert_success
    for target in /scratch ../../../canary "$CANARY" /proc/self/root /dev; do
        exchange_for_link secret "$target"
        restore_piped "$ID"
        [ "$status" -ne 0 ] || fail "$MODE: restored with a link to $target in the place of a mountpoint: $(mounts_of "$(container_pid "$ID")")"
        case $output in *"/root/path: mountpoint /secret"*) ;; *) fail "$MODE: $output" ;; esac
        rm "$BUNDLE/rootfs/secret"; mv "$BUNDLE/rootfs/secret.moved" "$BUNDLE/rootfs/secret"
        assert_canary "$MODE $target"
    done
    mv "$BUNDLE/rootfs/proc" "$BUNDLE/rootfs/proc.moved"; ln -s /scratch "$BUNDLE/rootfs/proc"
    restore_piped "$ID"
    [ "$status" -ne 0 ] || fail "$MODE: restored with a link in the place of /proc"
    rm "$BUNDLE/rootfs/proc"; mv "$BUNDLE/rootfs/proc.moved" "$BUNDLE/rootfs/proc"
    restore_piped "$ID"
    assert_equal "$status" 0 "$output"
    assert_equal "$(mounts_of "$(container_pid "$ID")")" "$before" "the mounts of the restored container"
    ! hull exec "$ID" sh -c 'echo changed > /secret/file' 2> /dev/null || fail "$MODE: the read-only volume can be written to"
    assert_equal "$(cat "$BUNDLE/secret/file")" secret
}

@test "CVE-2026-119101: links on the way to mountpoints at a restore are an error; the mounts are as before" {
    both link_at_restore
}

exchanged_meanwhile() {
    volumes_bundle
    run_piped "$ID"
    run_hull checkpoint --image-path "$IMAGES" "$ID"
    assert_success
    ln -s ../../canary "$BUNDLE/rootfs/link"
    start_swapper "$BUNDLE/rootfs/secret" "$BUNDLE/rootfs/link"
    end=$((SECONDS + SWAP_SECONDS + 2))
    while [ $SECONDS -lt $end ]; do
        restore_piped "$ID"
        [ "$status" -eq 0 ] || continue
        # where it is restored the read-only volume is there, and is it; the directory may have got the link's name since
        pid=$(container_pid "$ID")
        assert_equal "$(awk '$5 == "/secret" || $5 == "/link" { sub(".*/", "", $4); print $4, $6 ~ /^ro/ }' "/proc/$pid/mountinfo")" "secret 1"
        hull kill "$ID" KILL; wait_for_status "$ID" stopped; hull delete "$ID"
    done
    stop_swapper
}

@test "CVE-2026-119101: a mountpoint that is exchanged for a link while CRIU mounts" {
    both exchanged_meanwhile
}

brackets() {
    mkdir volume
    update_config '.mounts += [{destination: "/data]:/etc", type: "bind", source: "volume", options: ["bind", "ro"]}]'
    run_piped "$ID"
    run_hull checkpoint --image-path "$IMAGES" "$ID"
    [ "$status" -ne 0 ] || fail "$MODE: checkpointed"
    assert_contains ']:'
    assert_equal "$(container_status "$ID")" running
    hull delete --force "$ID"
    # nor by way of a link of the image
    update_config '.mounts[-1].destination = "/link"'
    mkdir -p 'rootfs/x]:hull-0'; ln -s 'x]:hull-0' rootfs/link
    run_piped "$ID"
    run_hull checkpoint --image-path "$IMAGES" "$ID"
    [ "$status" -ne 0 ] || fail "$MODE: checkpointed"
    assert_contains ']:'
}

@test "CVE-2026-115520: a mountpoint with ]: in its name is no name for CRIU" {
    both brackets
}

false_record() {
    volumes_bundle
    run_piped "$ID"
    run_hull checkpoint --image-path "$IMAGES" "$ID"
    assert_success
    cp "$IMAGES/hull.json" record.json
    # the names exchanged: the one that may be written to in the place of the other one, and the other way round
    jq '.mounts |= map(if .destination == "/secret" then .destination = "/scratch" elif .destination == "/scratch" then .destination = "/secret" else . end)' \
        record.json > "$IMAGES/hull.json"
    restore_piped "$ID"
    [ "$status" -ne 0 ] || fail "$MODE: restored: $(mounts_of "$(container_pid "$ID")")"
    # the option left out as well
    jq '.mounts |= map(if .destination == "/secret" then (.destination = "/scratch" | .options = "rw") elif .destination == "/scratch" then .destination = "/secret" else . end)' \
        record.json > "$IMAGES/hull.json"
    restore_piped "$ID"
    [ "$status" -ne 0 ] || fail "$MODE: restored: $(mounts_of "$(container_pid "$ID")")"
    for broken in '{}' '[]' '{"mounts": [{"point": "../../x", "type": "", "options": "", "destination": "/secret"}]}' '{"mounts": [{}]}'; do
        echo "$broken" > "$IMAGES/hull.json"
        restore_piped "$ID"
        [ "$status" -ne 0 ] || fail "$MODE: restored with $broken"
    done
    assert_equal "$(cat "$BUNDLE/secret/file")" secret
}

@test "a false record beside the images gives no mount an option or a place that the configuration doesn't" {
    both false_record
}

# CRIU opens its files by name, with links: who may put one into the directory has it write to any file of the host
foreign_directory() {
    set_args sh -c 'while :; do sleep 1; done'
    mkdir foreign ours
    for file in dump.log restore.log inventory.img core-1.img stats-dump; do
        echo precious > "precious-$file"
        ln -s "$BUNDLE/precious-$file" "foreign/$file"
    done
    run_piped "$ID"
    for owner in 1000:0:755 0:0:777 0:1000:775; do
        IFS=: read -r uid gid mode <<< "$owner"
        chown "$uid:$gid" foreign; chmod "$mode" foreign
        for options in "--image-path foreign" "--image-path ours --work-path foreign" "--image-path ours --parent-path ../foreign"; do
            # shellcheck disable=SC2086 # several options
            run_hull checkpoint $options "$ID"
            assert_refused
            assert_matches "foreign belongs to, or can be written by, somebody else"
        done
        run_hull restore --detach --image-path foreign --bundle "$BUNDLE" "$ID-restored"
        assert_refused
        assert_matches "--image-path: foreign belongs to, or can be written by, somebody else"
        assert_equal "$(cat precious-* | sort -u)" precious "$MODE $owner"
    done
    assert_equal "$(container_status "$ID")" running
    assert_equal "$(ls ours)" ""
}

@test "images and logs of CRIU: not in a directory that somebody else owns or may write to" {
    both foreign_directory
}

@test "images are for nobody else to read, in a directory that was there as well" {
    MODE=plain
    mode_bundle
    set_args sh -c 'while :; do sleep 1; done'
    mkdir -m 755 "$IMAGES"
    run_piped "$ID"
    run_hull checkpoint --image-path "$IMAGES" "$ID"
    assert_success
    assert_equal "$(find "$IMAGES" -type f -perm /077)" ""
    restore_piped "$ID"
    assert_equal "$status" 0 "$output"
}

exchanged_images() {
    test_program stop_at
    set_args sh -c 'while :; do sleep 1; done'
    run_piped "$ID"
    mkdir -p parent; IMAGES=$BUNDLE/parent/images
    run_hull checkpoint --image-path "$IMAGES" "$ID"
    assert_success
    cp -a "$IMAGES" parent/other; rm parent/other/*.log
    chown -R 1000 parent/other
    # the first time its owner is checked, the second time is in CRIU's mount namespace
    run "$PROGRAM" -n 2 openat "$IMAGES" "mv '$IMAGES' '$IMAGES.moved' && mv '$BUNDLE/parent/other' '$IMAGES'" -- \
        "${HULL_CMD[@]}" restore --detach --image-path "$IMAGES" --work-path "$BUNDLE" --bundle "$BUNDLE" "$ID"
    assert_refused
    assert_matches "$IMAGES has become another directory"
}

@test "images: another directory in the place of the one that was checked" {
    both exchanged_images
}
