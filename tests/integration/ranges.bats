# SPDX-License-Identifier: LGPL-2.1-or-later
# --userns=auto: a block of IDs of its own for each container, whatever happens to hull.
load helpers

# subids LINE...: replaces /etc/subuid and /etc/subgid for this test (bats files run in a mount namespace of their own)
subids() {
    local kind
    printf '%s\n' "$@" > "$BATS_TEST_TMPDIR/subids"
    for kind in subuid subgid; do
        [ -e "/etc/$kind" ] || : > "/etc/$kind"
        mount --bind "$BATS_TEST_TMPDIR/subids" "/etc/$kind" && echo "/etc/$kind" >> "$LOGS/.mounts"
    done
}

host_id_of() { awk '{ print $2 }' "/proc/$(container_pid "$1")/uid_map"; }

setup() {
    begin_test
    requires root:files userns idmap
    [ -n "${HULL_TEST_PRIVATE_MOUNTS:-}" ] || skip "needs a mount namespace of its own (tests/run-bats makes one)"
    setup_bundle
}

@test "a container gets an aligned block, and its root files belong to root of the host" {
    subids root:100000:300000
    hull create --userns=auto "$ID"
    read -r inside outside size < "/proc/$(container_pid)/uid_map"
    assert_equal "$inside $size $((outside % 65536))" "0 65536 0"
    [ "$outside" -ge 131072 ] && [ "$outside" -le 327680 ] || fail "$outside"
    assert_equal "$(cat "/proc/$(container_pid)/gid_map")" "$(cat "/proc/$(container_pid)/uid_map")"
    assert_equal "$(readlink "/run/hull/@ids/u$outside")" "$ROOT/$ID"
    hull start "$ID"
    run_hull exec "$ID" stat -c %u:%g /bin/busybox
    assert_output 0:0
    hull delete --force "$ID"
    [ ! -L "/run/hull/@ids/u$outside" ] || fail "still claimed"
}

@test "a user namespace without mappings gets a block, and an error names what is missing for one" {
    update_config '.linux.namespaces += [{type: "user"}] | del(.linux.uidMappings, .linux.gidMappings)'
    subids root:100000:300000
    hull create "$ID"
    read -r inside outside size < "/proc/$(container_pid)/uid_map"
    assert_equal "$inside $size $((outside % 65536))" "0 65536 0"
    assert_equal "$(readlink "/run/hull/@ids/u$outside")" "$ROOT/$ID"
    hull delete --force "$ID"
    [ ! -L "/run/hull/@ids/u$outside" ] || fail "still claimed"
    umount /etc/subuid /etc/subgid
    subids nobody:100000:65536
    run_hull create "$ID"
    assert_failure
    assert_contains "/linux/uidMappings"
    assert_contains "/etc/subuid gives root no range"
    [ ! -e "$ROOT/$ID" ]
    # only one of the two maps: an error, not a request for a block
    update_config '.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 10}]'
    run_hull create "$ID"
    assert_failure
    assert_contains "/linux/uidMappings: required, but missing"
}

# Then hull executes a copy of itself, which claims the ID and the block.
@test "where hull's binary has to be protected: in a shared PID namespace, and a binary that others may write to" {
    local before
    subids root:100000:300000
    before=$(ls /run/hull/@ids 2> /dev/null || true)
    update_config '.linux.namespaces |= map(select(.type != "pid")) | .linux.maskedPaths = [] | .linux.readonlyPaths = []
        | .mounts |= map(if .destination == "/proc" then {destination: "/proc", type: "bind", source: "/proc", options: ["rbind"]} else . end)'
    set_args echo inside
    run_hull run --userns=auto "$ID"
    assert_success
    assert_contains inside
    setup_bundle
    set_args echo inside
    install -m 775 "$HULL" "$BATS_TEST_TMPDIR/hull"
    run "$BATS_TEST_TMPDIR/hull" --root "$ROOT" run --userns=auto "$ID" < /dev/null
    assert_success
    assert_contains inside
    assert_equal "$(ls /run/hull/@ids)" "$before"
}

@test "a range without room for an aligned block is used from its beginning" {
    subids root:100000:65536
    hull create --userns=auto "$ID"
    assert_equal "$(host_id_of "$ID")" 100000
}

@test "the ranges of the user containers come before root's" {
    subids root:1000000:65536 containers:2031616:65536
    hull create --userns=auto "$ID"
    assert_equal "$(host_id_of "$ID")" 2031616
}

@test "size=N is rounded up to whole blocks, which lie side by side" {
    subids root:1048576:327680
    hull create --userns=auto:size=100000 "$ID"
    assert_equal "$(awk '{ print $3 }' "/proc/$(container_pid)/uid_map")" 131072
    first=$(host_id_of "$ID")
    [ -L "/run/hull/@ids/u$first" ] && [ -L "/run/hull/@ids/g$((first + 65536))" ]
    hull create --userns=auto:size=131072 "$(new_id b)"
    run_hull create --userns=auto:size=131072 "$(new_id c)"
    assert_failure
    assert_contains "no 131072 ids are free"
}

@test "no range is left: how many are used, and by whom" {
    subids root:1048576:131072
    hull create --userns=auto "$(new_id one)"
    hull create --userns=auto "$(new_id two)"
    run_hull create --userns=auto "$ID"
    assert_failure 1
    assert_contains "2 of the 2 blocks of 65536 ids that root has are used, by "
    assert_contains "$ROOT/$(new_id one)"
    assert_contains "$ROOT/$(new_id two)"
    [ ! -e "$ROOT/$ID" ] || fail "a state directory was left"
    hull delete --force "$(new_id one)"
    hull create --userns=auto "$ID"
}

@test "no range at all: who needs one, and the command that gives it" {
    subids somebody:1048576:65536
    run_hull create --userns=auto "$ID"
    assert_failure 1
    assert_contains "/etc/subuid gives root no range of 65536 IDs"
    assert_contains "usermod --add-subuids"
}

@test "a create that fails gives its block back" {
    subids root:1048576:65536
    set_args /no/such/program
    update_config '.root.path = "missing"'
    run_hull create --userns=auto "$ID"
    assert_failure
    [ ! -L /run/hull/@ids/u1048576 ] && [ ! -L /run/hull/@ids/g1048576 ]
}

@test "a block whose container's state is gone is free, one whose create was killed only after delete" {
    subids root:1048576:65536
    hull create --userns=auto "$ID"
    kill -KILL "$(container_pid)"
    # a killed create leaves the directory
    rm "$ROOT/$ID/state.json"
    run_hull create --userns=auto "$(new_id next)"
    assert_failure
    assert_contains "1 of the 1 blocks"
    hull delete --force "$ID"
    hull create --userns=auto "$(new_id next)"
    assert_equal "$(host_id_of "$(new_id next)")" 1048576
    # leftovers of the killed one
    find /sys/fs/cgroup -depth -type d -name "$ID" -exec rmdir {} + 2>/dev/null || true
}

@test "a create that is killed between its two claims: free again after delete" {
    requires command:strace
    subids root:1048576:65536
    strace -f -o "$LOGS/strace" -e trace=symlinkat -e inject=symlinkat:signal=KILL:when=2 "${HULL_CMD[@]}" create --userns=auto "$ID" \
        < /dev/null > "$LOGS/killed" 2>&1 3>&- 4>&- && fail "it was not killed"
    [ -L /run/hull/@ids/u1048576 ] || fail "$(cat "$LOGS/strace")"
    run_hull create --userns=auto "$(new_id next)"
    assert_failure 1
    assert_contains "1 of the 1 blocks of 65536 ids that root has are used, by $ROOT/$ID"
    hull delete --force "$ID"
    hull create --userns=auto "$(new_id next)"
}

@test "lines that overlap give no ID twice" {
    subids root:100000:65536 root:120000:65536
    hull create --userns=auto "$ID"
    assert_equal "$(host_id_of "$ID")" 100000
    run_hull create --userns=auto "$(new_id b)"
    assert_failure 1
    assert_contains "1 of the 1 blocks"
    subids root:1048576:131072 root:1048576:131072 root:1114112:65536
    for name in c d; do hull create --userns=auto "$(new_id $name)"; done
    [ "$(host_id_of "$(new_id c)")" != "$(host_id_of "$(new_id d)")" ]
    run_hull create --userns=auto "$(new_id e)"
    assert_failure 1
    assert_contains "2 of the 2 blocks"
}

@test "the host's own IDs and the last number are given to nobody" {
    subids root:0:131072
    hull create --userns=auto "$ID"
    assert_equal "$(host_id_of "$ID")" 65536
    subids root:0:65536 root:4294901760:65536
    run_hull create --userns=auto "$(new_id b)"
    assert_failure 1
    assert_contains "/etc/subuid gives root no range of 65536 IDs (the IDs below 65536 belong to the host)"
}

@test "lines that are none, comments and other users are passed over" {
    subids '# root:1:1' '' root root: root:1: root:x:65536 root:1048576:99999999999 root:-1:65536 $'root:1048576:65536\r' :1:65536 \
        other:3145728:65536 root:2097152:65536:more
    hull create --userns=auto "$ID"
    assert_equal "$(host_id_of "$ID")" 2097152
}

@test "a line with the number of the user counts as one with the name" {
    subids 0:2097152:65536
    hull create --userns=auto "$ID"
    assert_equal "$(host_id_of "$ID")" 2097152
}

@test "without the files" {
    subids
    mount --bind /dev/null /etc/subuid && echo /etc/subuid >> "$LOGS/.mounts"
    run_hull create --userns=auto "$ID"
    assert_failure 1
    assert_contains "/etc/subuid gives root no range"
}

@test "another source in nsswitch.conf: getsubids is asked" {
    subids root:1048576:65536
    printf 'passwd: files\nsubid: sss\n' > "$BATS_TEST_TMPDIR/nsswitch.conf"
    [ -e /etc/nsswitch.conf ] || : > /etc/nsswitch.conf
    mount --bind "$BATS_TEST_TMPDIR/nsswitch.conf" /etc/nsswitch.conf && echo /etc/nsswitch.conf >> "$LOGS/.mounts"
    mkdir bin
    cat > bin/getsubids <<-'END'
		#!/bin/sh
		case "$*" in
		root) echo "0: root 2097152 65536" ;;
		"-g root") echo "0: root 3145728 65536" ;;
		*) echo "Error fetching ranges" >&2; exit 1 ;;
		esac
	END
    chmod +x bin/getsubids
    PATH=$PWD/bin:$PATH run_hull create --userns=auto "$ID"
    assert_success
    assert_output ""
    assert_equal "$(host_id_of "$ID")" 2097152
    assert_equal "$(awk '{ print $2 }' "/proc/$(container_pid)/gid_map")" 3145728
    PATH=/nowhere run "$(type -P env)" "${HULL_CMD[@]}" create --userns=auto "$(new_id b)"
    assert_failure 1
    assert_contains "run getsubids, which nsswitch.conf asks for"
}

@test "containers of two state roots don't get the same block" {
    subids root:1048576:131072
    hull create --userns=auto "$ID"
    mkdir "$BATS_TEST_TMPDIR/other"
    HULL_CMD=("$HULL" --root "$BATS_TEST_TMPDIR/other")
    hull create --userns=auto "$(new_id other)"
    run bash -c "cat /run/hull/@ids/u1048576/state.json /run/hull/@ids/u1114112/state.json | jq -r .usernsClaim | sort"
    hull delete --force "$(new_id other)"
    HULL_CMD=("$HULL" --root "$ROOT")
    assert_output "1048576 1048576 65536"$'\n'"1114112 1114112 65536"
}

# run_hull_hidden LIMIT ARGS...: where the state root is another one, with so many descriptors
run_hull_hidden() {
    run unshare -m sh -c 'mount --bind "$1" "$2" && ulimit -n "$3" && shift 3 && exec "$@"' sh \
        "$PWD/hidden" "$ROOT" "$1" "${HULL_CMD[@]}" "${@:2}"
}

@test "a container whose state can't be seen from here keeps its block, however few descriptors hull may have" {
    subids root:1048576:65536
    hull create --userns=auto "$ID"
    mkdir spec hidden
    # without a descriptor hull can't tell whether the process that has the IDs lives
    for limit in {4..16}; do
        run_hull_hidden "$limit" spec --bundle spec --userns=auto
        [ ! -e spec/config.json ] || fail "with $limit descriptors: $(jq -c .linux.uidMappings spec/config.json) $output"
    done
    assert_contains "no 65536 ids are free"
}

@test "200 creates at once: 200 different blocks" {
    subids "root:1048576:$((65536 * 220))"
    update_config 'del(.linux.namespaces[] | select(.type == "network"))'
    for i in $(seq 200); do
        "${HULL_CMD[@]}" create --userns=auto --bundle "$BUNDLE" "$ID-$i" < /dev/null > "$LOGS/c.$i" 2>&1 3>&- 4>&- &

    done
    wait $(jobs -p | grep -vx "$WATCH") || true
    for i in $(seq 200); do [ -e "$ROOT/$ID-$i/state.json" ] || fail "$(cat "$LOGS/c.$i")"; done
    assert_equal "$(jq -r .usernsClaim "$ROOT"/*/state.json | sort -u | wc -l)" 200
    for i in $(seq 200); do "${HULL_CMD[@]}" delete --force "$ID-$i" 3>&- 4>&-; done
    assert_equal "$(find /run/hull/@ids -lname "$ROOT/*" | wc -l)" 0
}
