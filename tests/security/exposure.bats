# SPDX-License-Identifier: LGPL-2.1-or-later
# A set-uid file of host root that root of a container makes in an ID-mapped volume, where users of the host can execute it.
load lib

setup() {
    begin_test
    requires userns idmap
    setup_bundle
    userns_config
    # volumes that everybody can reach, whose own mode doesn't matter
    OPEN=$BATS_TEST_TMPDIR/open
    mkdir -p "$OPEN/volume"
    chmod 700 "$OPEN/volume"
    echo file > "$OPEN/file"
    local dir=$BATS_TEST_TMPDIR
    while [ "$dir" != / ]; do chmod a+x "$dir"; dir=${dir%/*}; dir=${dir:-/}; done
    set_args sh -c 'chmod 755 /vol; cp /bin/busybox /vol/su; chmod 4755 /vol/su; ls -l /vol/su'
}

add() { # SOURCE OPTION...
    update_config --arg src "$1" --argjson options "$(jq -cn '$ARGS.positional' --args "${@:2}")" '
        .mounts |= map(select(.destination != "/vol")) + [{destination: "/vol", type: "bind", source: $src, options: $options}]'
}

assert_warned() {
    assert_contains "other users of the host can reach the ID-mapped $1: container root could create a set-uid file there that makes them host root"
    assert_contains "chmod o-x $OPEN"
    assert_contains "io.hull.idmap.exposed=warn"
}

@test "a volume that everybody can reach is refused, whatever its own mode is" {
    for options in "bind idmap" "rbind ridmap" "rbind ridmap rro nosuid rrw"; do
        # shellcheck disable=SC2086
        add "$OPEN/volume" $options
        run_hull run "$ID"
        assert_failure 1
        assert_contains "/mounts/7: "
        assert_warned "$OPEN/volume"
    done
    add "$OPEN/file" bind idmap
    run_hull run "$ID"
    assert_failure 1
    assert_warned "$OPEN/file"
    assert_equal "$(ls "$OPEN/volume")" ""
}

# gives the user 65534 u:65534:--x by an access control list, where the filesystem has one
give_list() {
    python3 -c '
import os, struct, sys
entries = ((1, 7, 2**32 - 1), (2, 1, 65534), (4, 0, 2**32 - 1), (16, 1, 2**32 - 1), (32, 0, 2**32 - 1))
os.setxattr(sys.argv[1], "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries))' "$1"
}

@test "so is a volume that one user of the host can reach: by owner, by group, by an access control list" {
    set_args sh -c 'cp /bin/busybox /vol/su; chmod 4755 /vol/su'
    add "$OPEN/volume" bind idmap
    for who in owner group list; do
        chmod 700 "$OPEN" && chown 0:0 "$OPEN"
        case $who in
        owner) chown 65534 "$OPEN" ;;
        group) chgrp 65534 "$OPEN" && chmod 710 "$OPEN" ;;
        list) give_list "$OPEN" || continue ;;
        esac
        run_hull run "$ID"
        assert_failure 1
        assert_warned "$OPEN/volume"
        assert_equal "$(ls "$OPEN/volume")" ""
    done
    # nobody on the host has the container's own IDs
    rm -r "$OPEN"
    mkdir -p "$OPEN/volume"
    chmod 710 "$OPEN"
    chown "$(jq '.linux.uidMappings[0].hostID' config.json)" "$OPEN"
    chgrp "$(jq '.linux.gidMappings[0].hostID' config.json)" "$OPEN"
    run_hull run "$ID"
    assert_success
    assert_equal "$(stat -c %u,%a "$OPEN/volume/su")" 0,4755
}

@test "a volume whose mapping the configuration gives is mounted with a warning, or refused on request" {
    set_args stat -c %u /vol
    add "$OPEN/volume" bind "idmap=uids=0-0-10;gids=0-0-10"
    run_hull run "$ID"
    assert_success
    assert_contains "level=warning"
    assert_contains "other users of the host can reach the ID-mapped $OPEN/volume"
    add "$OPEN/volume" bind
    update_config '.mounts[7] += {uidMappings: .linux.uidMappings, gidMappings: .linux.gidMappings}'
    run_hull run "$ID"
    assert_success
    assert_contains "a set-uid file"
    update_config '.annotations["io.hull.idmap.exposed"] = "refuse"'
    run_hull run "$ID"
    assert_failure 1
    assert_warned "$OPEN/volume"
}

@test "nor is a part of it, by way of an earlier mount of the container" {
    mkdir -p "$BUNDLE/rootfs/part" "$OPEN/volume/part"
    chmod 711 "$OPEN/volume"
    add "$OPEN/volume" bind
    update_config --arg src "$BUNDLE/rootfs/vol/part" '.mounts += [{destination: "/part", type: "bind", source: $src, options: ["bind", "idmap"]}]'
    set_args stat -c %u /part
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/mounts/8: "
    assert_contains "other users of the host can reach the ID-mapped $OPEN/volume/part"
    update_config '.mounts[-1].options = ["bind", "idmap=uids=0-0-10;gids=0-0-10"]'
    run_hull run "$ID"
    assert_success
    assert_contains "level=warning"
    assert_contains $'\n65534'
    # no harm: read-only; in a directory that root of the container can't open for others, nor enter itself
    update_config '.mounts[-1].options = ["bind", "idmap", "ro"]'
    run_hull run "$ID"
    assert_output 0
    chmod 700 "$OPEN/volume"
    update_config '.mounts[-1].options = ["bind", "idmap"]'
    run_hull run "$ID"
    assert_output 0
    # something else is mounted there on the host: then the earlier mount's source decides
    own_mount "$OPEN/volume/part"
    run_hull run "$ID"
    assert_failure 1
    assert_warned "$OPEN/volume"
}

@test "nor is it in a running container" {
    set_args sleep 1000
    start_container
    jq -n --arg src "$OPEN/volume" '[{destination: "/mnt", type: "bind", source: $src, options: ["bind", "idmap"]}]' > live.json
    run_hull mounts add "$ID" live.json
    assert_failure 1
    assert_warned "$OPEN/volume"
}

@test "what does no harm is mounted: read-only, closed, nosuid on the host, root of the host isn't in the mapping" {
    set_args stat -c %u /vol
    add "$OPEN/volume" bind idmap ro
    run_hull run "$ID"
    assert_success
    add "$OPEN/volume" bind "idmap=uids=1000-0-1;gids=1000-0-1"
    run_hull run "$ID"
    assert_success
    add "$OPEN/volume" bind idmap
    chmod o-x "$OPEN"
    run_hull run "$ID"
    assert_success
    refute_contains warning
    chmod o+x "$OPEN"
    update_config '.annotations["io.hull.idmap.exposed"] = "warn"'
    run_hull run "$ID"
    assert_success
    assert_contains "level=warning"
    assert_contains "a set-uid file"
    update_config '.annotations["io.hull.idmap.exposed"] = "perhaps"'
    run_hull run "$ID"
    assert_failure 1
    assert_contains '/annotations/io.hull.idmap.exposed: expected refuse or warn, found'
}
