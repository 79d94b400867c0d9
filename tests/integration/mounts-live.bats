# SPDX-License-Identifier: LGPL-2.1-or-later
# mounts add, mounts remove: the mounts of a running container.
load helpers

setup() {
    begin_test
    setup_bundle
    update_config '.root.readonly = false'
    SOURCE=$BATS_TEST_TMPDIR/source
    mkdir "$SOURCE"
    echo content > "$SOURCE/file"
    FILE=$BATS_TEST_TMPDIR/mounts.json
}

mounts() { jq -n --arg source "$SOURCE" "$1" > "$FILE"; }
# the line of mountinfo for a mountpoint, as the container sees it
mountinfo() { awk -v place="$1" '$5 == place' "/proc/$(container_pid)/mountinfo"; }

@test "a bind and a tmpfs come and go; the host sees nothing of it" {
    start_container
    mounts '[{destination: "/mnt/bind", source: $source, options: ["bind", "ro", "nosuid"]},
        {destination: "/mnt/tmp", type: "tmpfs", source: "tmpfs", options: ["size=64k", "mode=0710", "nodev"]}]'
    run_hull mounts add "$ID" "$FILE"
    assert_success
    run_hull exec "$ID" cat /mnt/bind/file
    assert_output content
    run_hull exec "$ID" sh -c 'echo x > /mnt/bind/x'
    assert_failure 1
    assert_contains "Read-only"
    run_hull exec "$ID" stat -c %a /mnt/tmp
    assert_output 710
    [[ $(mountinfo /mnt/bind) == *ro,nosuid* ]] || fail "$(mountinfo /mnt/bind)"
    ! grep -q "$BUNDLE/rootfs/mnt" /proc/self/mountinfo || fail "it is in the host's mounts"
    run_hull mounts remove "$ID" "$FILE"
    assert_success
    assert_equal "$(mountinfo /mnt/bind)$(mountinfo /mnt/tmp)" ""
    run_hull exec "$ID" ls /mnt/bind
    assert_output ""
}

@test "a read-only tmpfs is read-only from the start, with a user namespace and without" {
    for userns in no yes; do
        if [ "$userns" = yes ]; then userns_config; fi
        start_container
        mounts '[{destination: "/mnt/tmp", type: "tmpfs", source: "tmpfs", options: ["ro"]}]'
        run_hull mounts add "$ID" "$FILE"
        assert_success
        [[ $(mountinfo /mnt/tmp | cut -d' ' -f6) == ro,* ]] || fail "$(mountinfo /mnt/tmp)"
        hull delete --force "$ID"
    done
}

@test "an object with mounts, a file as mountpoint, a source relative to the bundle" {
    start_container
    echo relative > "$BUNDLE/beside"
    mounts '{mounts: [{destination: "/etc/beside", source: "beside", options: ["rbind"]}]}'
    run_hull mounts add "$ID" "$FILE"
    assert_success
    run_hull exec "$ID" cat /etc/beside
    assert_output relative
}

@test "ID-mapped, with the container's mapping and with one of its own" {
    requires userns idmap
    userns_config
    start_container
    mkdir -m 700 "$BATS_TEST_TMPDIR/closed"
    mv "$SOURCE" "$BATS_TEST_TMPDIR/closed/source"
    SOURCE=$BATS_TEST_TMPDIR/closed/source
    chown 0:0 "$SOURCE" "$SOURCE/file"
    mounts '[{destination: "/mnt/a", source: $source, options: ["bind", "idmap"]},
        {destination: "/mnt/b", source: $source, options: ["bind", "idmap"],
         uidMappings: [{containerID: 0, hostID: 100007, size: 1}], gidMappings: [{containerID: 0, hostID: 100007, size: 1}]},
        {destination: "/mnt/c", source: $source, options: ["bind"]}]'
    run_hull mounts add "$ID" "$FILE"
    assert_success
    run_hull exec "$ID" stat -c '%u:%g' /mnt/a/file /mnt/b/file /mnt/c/file
    assert_equal "${lines[*]}" "0:0 7:7 65534:65534"
    run_hull exec "$ID" sh -c 'echo new > /mnt/a/new'
    assert_success
    assert_equal "$(stat -c %u "$SOURCE/new")" 0
    run_hull mounts remove "$ID" "$FILE"
    assert_success
}

@test "a source inside another mount of the container isn't ID-mapped: the container decides what is there" {
    requires userns idmap
    userns_config
    start_container
    mounts '[{destination: "/mnt/t", type: "tmpfs", source: "tmpfs"},
        {destination: "/mnt/w", source: "rootfs/mnt/t", options: ["bind", "idmap"]}]'
    run_hull mounts add "$ID" "$FILE"
    assert_failure 1
    assert_contains "/mounts/1: a source inside another mount of a running container can't be ID-mapped"
    assert_equal "$(mountinfo /mnt/t)" ""
}

@test "a source that only host root can reach" {
    requires userns
    userns_config
    mkdir -m 700 "$BATS_TEST_TMPDIR/private"
    mkdir "$BATS_TEST_TMPDIR/private/inner"
    SOURCE=$BATS_TEST_TMPDIR/private/inner
    start_container
    mounts '[{destination: "/mnt/a", source: $source, options: ["bind"]}]'
    run_hull mounts add "$ID" "$FILE"
    assert_success
}

@test "a filesystem's directories are those of the host, not what the container has under their names" {
    mkdir -p "$SOURCE/lower" "$SOURCE/other" "$BUNDLE/rootfs/$SOURCE/lower"
    touch "$SOURCE/lower/of-host" "$BUNDLE/rootfs/$SOURCE/lower/of-container"
    start_container
    mounts '[{destination: "/o", type: "overlay", source: "overlay", options: ["lowerdir=\($source)/lower:\($source)/other"]}]'
    run_hull mounts add "$ID" "$FILE"
    assert_success
    run_hull exec "$ID" ls /o
    assert_success
    assert_contains of-host
    refute_contains of-container
}

@test "all or none is added" {
    start_container
    mounts '[{destination: "/mnt/a", source: $source, options: ["bind"]}, {destination: "/mnt/b", type: "tmpfs", options: ["size=nonsense"]}]'
    run_hull mounts add "$ID" "$FILE"
    assert_failure 1
    assert_contains /mounts/1
    assert_equal "$(mountinfo /mnt/a)" ""
    mounts '[{destination: "/mnt/a", source: "/no/such/source", options: ["bind"]}]'
    run_hull mounts add "$ID" "$FILE"
    assert_failure 1
    assert_contains "/mounts/0/source"
}

@test "all or none is added: a remount of what was there before" {
    start_container
    mounts '[{destination: "/mnt/a", source: $source, options: ["bind"]}]'
    hull mounts add "$ID" "$FILE"
    mounts '[{destination: "/mnt/a", options: ["bind", "remount", "ro"]}, {destination: "/mnt/a/file/x", type: "tmpfs"}]'
    run_hull mounts add "$ID" "$FILE"
    assert_failure 1
    assert_contains /mounts/1
    [[ $(mountinfo /mnt/a | cut -d' ' -f6) == rw* ]] || fail "$(mountinfo /mnt/a)"
    mounts '[{destination: "/mnt/a", options: ["bind", "remount", "ro"]}, {destination: "/mnt/a", type: "tmpfs"}]'
    run_hull mounts add "$ID" "$FILE"
    assert_success
}

@test "all or none is removed" {
    start_container
    mounts '[{destination: "/mnt/a", source: $source, options: ["bind", "ro"]}, {destination: "/mnt/a", type: "tmpfs"},
        {destination: "/mnt/a/b", type: "tmpfs", options: ["nosuid"]}]'
    hull mounts add "$ID" "$FILE"
    before=$(cut -d' ' -f4-6 "/proc/$(container_pid)/mountinfo" | sort)
    # not mounted; behind a file; taken away twice
    for other in /etc /mnt/a/b/none /mnt/a; do
        jq --arg other "$other" '[{destination: $other}] + .' "$FILE" > other.json
        run_hull mounts remove "$ID" other.json
        assert_failure 1
        assert_contains /mounts/0/destination
        assert_equal "$(cut -d' ' -f4-6 "/proc/$(container_pid)/mountinfo" | sort)" "$before"
    done
    run_hull mounts remove "$ID" "$FILE"
    assert_success
    assert_equal "$(mountinfo /mnt/a)" ""
}

@test "what isn't allowed: proc, the root, what isn't a list of mounts" {
    start_container
    mounts '[{destination: "/mnt/proc", type: "proc", source: "proc"}]'
    run_hull mounts add "$ID" "$FILE"
    assert_failure 1
    mounts '[{destination: "/", source: $source, options: ["bind"]}]'
    run_hull mounts add "$ID" "$FILE"
    assert_failure 1
    run_hull mounts remove "$ID" "$FILE"
    assert_failure 1
    mounts '[{destination: "/proc/self", source: $source, options: ["bind"]}]'
    run_hull mounts add "$ID" "$FILE"
    assert_failure 1
    echo '{"mounts": {}}' > "$FILE"
    run_hull mounts add "$ID" "$FILE"
    assert_failure 1
    echo '[{"source": "x"}' > "$FILE"
    run_hull mounts add "$ID" "$FILE"
    assert_failure 1
    assert_contains mounts.json
    run_hull mounts add "$ID" /no/such/file
    assert_failure 1
    run_hull mounts change "$ID" "$FILE"
    assert_failure 1
}

@test "removing: not what isn't mounted, and never by way of a symlink" {
    start_container
    mounts '[{destination: "/mnt", source: $source, options: ["bind"]}]'
    run_hull mounts remove "$ID" "$FILE"
    assert_failure 1
    assert_contains "nothing that may be taken away is mounted there"
    # the container points at a mask of its own
    before=$(wc -l < "/proc/$(container_pid)/mountinfo")
    run_hull exec "$ID" sh -c 'rm -rf /mnt; ln -s /proc /mnt; ln -s /proc/kcore /tmp/link'
    assert_success
    for place in /mnt /mnt/kcore /tmp/link; do
        jq -n --arg place "$place" '[{destination: $place, source: "/", options: ["bind"]}]' > "$FILE"
        run_hull mounts remove "$ID" "$FILE"
        assert_failure 1
        assert_contains symlink
    done
    assert_equal "$(wc -l < "/proc/$(container_pid)/mountinfo")" "$before"
}

@test "a mountpoint stays inside the root whatever symlinks say" {
    start_container
    mkdir "$BATS_TEST_TMPDIR/canary"
    run_hull exec "$ID" ln -s "../../../../../..$BATS_TEST_TMPDIR/canary" /mnt/link
    mounts '[{destination: "/mnt/link/made", source: $source, options: ["bind"]}]'
    hull mounts add "$ID" "$FILE" || true
    assert_equal "$(ls -A "$BATS_TEST_TMPDIR/canary")" ""
}

@test "a created container, a paused one; not one that has stopped, nor one without mounts of its own" {
    requires cgroup-writable
    create_container
    mounts '[{destination: "/mnt/a", source: $source, options: ["bind"]}]'
    run_hull mounts add "$ID" "$FILE"
    assert_success
    hull start "$ID"
    hull pause "$ID"
    run_hull mounts remove "$ID" "$FILE"
    assert_success
    hull resume "$ID"
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    run_hull mounts add "$ID" "$FILE"
    assert_failure 1
    assert_contains "container not running"
    run_hull mounts add "$(new_id none)" "$FILE"
    assert_failure 1
    assert_contains "does not exist"
    hull delete "$ID"
    if rootless; then return; fi    # it can't do without a mount namespace
    update_config '.linux.namespaces |= map(select(.type != "mount")) | .mounts = [] | del(.linux.maskedPaths, .linux.readonlyPaths)'
    start_container
    run_hull mounts add "$ID" "$FILE"
    assert_failure 1
    assert_contains "no mount namespace of its own"
}
