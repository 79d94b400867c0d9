# SPDX-License-Identifier: LGPL-2.1-or-later
# What engines rely on, each call as they make it (tests/data/engine-configs/*/calls.txt), without the engines; for those see tests/engines.
load helpers

# As containerd's shim: the state root, a log in the bundle
shim() { hull --log "$BUNDLE/log.json" --log-format json "$@" 2>/dev/null; }
# go-runc takes the message of the last line of the log that is an error
last_error() { jq -rs '[.[] | select(.level == "error")] | last | .msg' "$BUNDLE/log.json"; }
# What containerd makes of the text of a failed kill
kill_answer() {
    case $1 in
    *'os: process already finished'* | *'container not running'* | *'no such process'*) echo gone ;;
    *'does not exist'*) echo unknown ;;
    *) echo "$1" ;;
    esac
}

@test "containerd: create, start, a signal by number, delete, with a log and a pid file in the bundle" {
    setup_bundle
    shim create --bundle "$BUNDLE" --pid-file "$BUNDLE/init.pid" "$ID"
    assert_equal "$(cat "$BUNDLE/init.pid")" "$(container_pid)"
    assert_equal "$(wc -l < "$BUNDLE/init.pid")" 0 "a newline in the pid file"
    shim start "$ID"
    wait_for_status "$ID" running
    shim kill "$ID" 9
    wait_for_status "$ID" stopped
    shim kill --all "$ID" 9
    shim delete "$ID"
    assert_equal "$(last_error)" null "an error in the log"
}

@test "containerd: the last error in the log says why nothing was created, and delete --force finds nothing" {
    setup_bundle
    set_args /no/such/program
    run shim create --bundle "$BUNDLE" --pid-file "$BUNDLE/init.pid" "$ID"
    assert_failure 1
    case $(last_error) in *"/no/such/program"*"no such file or directory"*) ;; *) fail "$(last_error)" ;; esac
    [ ! -e "$BUNDLE/init.pid" ] || fail "a pid file"
    set_args no-such-program
    run shim create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    case $(last_error) in *'exec: "no-such-program": executable file not found in $PATH') ;; *) fail "$(last_error)" ;; esac
    shim delete --force "$ID"
}

@test "containerd: every line of the log is an object with level, msg and a time in RFC 3339, warnings too" {
    setup_bundle
    update_config '.process.capabilities.bounding += ["CAP_OF_TOMORROW"] | .process.capabilities.effective += ["CAP_OF_TOMORROW"]'
    hull --debug --log "$BUNDLE/log.json" --log-format json run "$ID" < /dev/null > /dev/null 2>&1 &
    run=$!
    wait_for_status "$ID" running
    hull delete --force "$ID"
    wait $run || true   # (without a number it would wait for the helpers' own process)
    [ "$(wc -l < "$BUNDLE/log.json")" -gt 5 ] || fail "$(cat "$BUNDLE/log.json")"
    assert_equal "$(jq -Rc 'fromjson | (.msg | type == "string") and (.level | IN("debug", "info", "warning", "error")) and (.time | fromdateiso8601 > 0)' \
        "$BUNDLE/log.json" | sort -u)" true
    grep -q CAP_OF_TOMORROW "$BUNDLE/log.json"
}

@test "containerd: the texts of a kill that comes too late" {
    setup_bundle
    run_hull kill "$ID" 9
    assert_failure 1
    assert_equal "$(kill_answer "$output")" unknown
    set_args true
    start_container
    wait_for_status "$ID" stopped
    run_hull kill "$ID" 15
    assert_failure 1
    assert_equal "$(kill_answer "$output")" gone
    run_hull kill --all "$ID" 9
    assert_success
    run_hull delete "$ID"
    assert_success
    run_hull kill "$ID" 9
    assert_equal "$(kill_answer "$output")" unknown
}

@test "a second delete, a second start, a start of what has stopped: errors without effect" {
    setup_bundle
    start_container
    before=$(container_state "$ID" '[.pid, .status, .created] | join(" ")')
    run_hull start "$ID"
    assert_failure 1
    assert_contains "cannot start an already running container"
    assert_equal "$(container_state "$ID" '[.pid, .status, .created] | join(" ")')" "$before"
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    run_hull start "$ID"
    assert_failure 1
    assert_contains "cannot start a container that has stopped"
    hull delete "$ID"
    run_hull delete "$ID"
    assert_failure 1
    assert_contains "container does not exist"
    run_hull delete --force "$ID"
    assert_success
}

@test "start of a paused container, begun or not: refused, and it stays paused" {
    requires cgroup-writable
    if on_v1; then requires controller:freezer; fi
    setup_bundle
    create_container
    for phase in created begun; do
        hull pause "$ID"
        run_hull start "$ID"
        assert_failure 1
        assert_contains "cannot start a container in the paused state"
        assert_equal "$(container_status)" paused
        hull resume "$ID"
        [ $phase = begun ] || hull start "$ID"
    done
}

@test "containerd: exec with a process file, detached, with its pid; the reason why one can't be" {
    setup_bundle
    start_container
    jq '.process | .args = ["sh", "-c", "exec sleep 999"] | .env += ["A=b"]' config.json > process.json
    shim exec --process process.json --detach --pid-file exec.pid "$ID"
    pid=$(cat exec.pid)
    wait_until 20 grep -q sleep "/proc/$pid/cmdline"
    shares_namespace "$pid" "$(container_pid)" pid
    tr '\0' '\n' < "/proc/$pid/environ" | grep -qx A=b
    jq '.args = ["no-such-program"]' process.json > other.json
    run shim exec --process other.json --detach --pid-file other.pid "$ID"
    assert_failure 255
    case $(last_error) in 'exec failed: '*'executable file not found in $PATH') ;; *) fail "$(last_error)" ;; esac
    hull pause "$ID" 2>/dev/null || skip "no freezer here"
    run shim exec --process process.json --detach "$ID"
    hull resume "$ID"
    assert_failure 255
    case $(last_error) in *paused*) ;; *) fail "$(last_error)" ;; esac
}

@test "containerd: ps --format json is an array of numbers" {
    setup_bundle
    set_args sh -c 'sleep 998 & exec sleep 999'
    start_container
    two() { [ "$(hull ps --format json "$ID" | jq length)" = 2 ]; }
    wait_until 20 two || fail "$(hull ps --format json "$ID")"
    run_hull ps --format json "$ID"
    assert_equal "$(jq -c 'map(type) | unique' <<< "$output")" '["number"]'
    assert_equal "$(jq -c --argjson pid "$(container_pid)" 'index($pid) != null' <<< "$output")" true
}

@test "state, and what hooks get of it, fit the schema of the specification" {
    requires command:python3
    setup_bundle
    fits() { "$REPO/tests/lib/fits-schema" "$REPO/tests/data/oci-schema" state-schema.json "$1"; }
    update_config --arg out "$BATS_TEST_TMPDIR" '.annotations = {"a": "b"} | .hooks = ([ "prestart", "createRuntime", "createContainer", "poststart", "poststop" ]
        | map({key: ., value: [{path: "/bin/sh", args: ["sh", "-c", "cat > \($out)/\(.)"]}]}) | from_entries)'
    create_container
    hull state "$ID" > created
    hull start "$ID"
    hull state "$ID" > running
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    hull state "$ID" > stopped
    hull delete "$ID"
    for document in created running stopped "$BATS_TEST_TMPDIR"/{prestart,createRuntime,createContainer,poststart,poststop}; do fits "$document"; done
    assert_equal "$(jq -r .status created running stopped | xargs)" "created running stopped"
    echo '{"ociVersion": "1.0.0", "id": "x", "status": "running", "bundle": "/", "pid": -1}' > bad
    ! fits bad 2> /dev/null || fail "the check sees nothing"
}

@test "go-runc and CRI-O: state and list as they decode them" {
    setup_bundle
    start_container
    # specs.State, and go-runc's Container: names and types
    assert_equal "$(hull state "$ID" | jq -c '[.ociVersion, .id, .status, .bundle, .rootfs, .created, (.annotations // {}), .pid] | map(type)')" \
        '["string","string","string","string","string","string","object","number"]'
    assert_equal "$(hull list --format=json | jq -c '[type, (.[0] | [.id, .pid, .status, .bundle, .rootfs, .created] | map(type) | unique)]')" \
        '["array",["number","string"]]'
    [[ $(hull state "$ID" | jq -r .created) =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$ ]]
}

@test "--version as Docker and podman read it" {
    # Docker: name and version from the line with the word "version", then the commit
    assert_equal "$("$HULL" --version | awk '/version/ { print $1 }')" hull
    "$HULL" --version | awk '/version/ { sub(/.*version /, ""); exit !/^[0-9]+/ }'
    "$HULL" --version | grep -qE '^commit: [^ ]+$'
    "$HULL" --version | grep -qE '^spec: 1\.[0-9]+\.[0-9]+'
    run --separate-stderr "$HULL" --version
    assert_equal "$stderr" ''
}

@test "containerd and CRI-O: what features must say before pods get user namespaces" {
    run "$HULL" features    # CRI-O reads standard output and error as one text
    assert_success
    assert_equal "$(jq -r .linux.mountExtensions.idmap.enabled <<< "$output")" true
    assert_equal "$(jq -c '[.linux.namespaces | index("user", "mount", "network", "pid", "ipc", "uts", "cgroup") != null] | unique' <<< "$output")" '[true]'
    assert_equal "$(jq -c '[.mountOptions | index("rro", "idmap", "ridmap", "rbind") != null] | unique' <<< "$output")" '[true]'
    assert_equal "$(jq -r '[.ociVersionMin, .ociVersionMax] | join(" ")' <<< "$output")" "1.0.0 1.3.0"
    assert_equal "$(jq -c '[.linux.seccomp.enabled, .linux.apparmor.enabled, .linux.selinux.enabled, .linux.cgroup.v1, .linux.cgroup.v2] | map(type) | unique' <<< "$output")" '["boolean"]'
    # an annotation of a pod can't turn these on
    assert_equal "$(jq -c '[.potentiallyUnsafeConfigAnnotations | index("org.criu.config", "run.oci.", "io.hull.") != null] | unique' <<< "$output")" '[true]'
}

@test "update: --resources=- of containerd, --resources - of CRI-O, --resources=FILE of podman" {
    requires controller:pids cgroup-writable
    setup_bundle
    start_container
    echo '{"pids": {"limit": 31}}' | hull update --resources=- "$ID"
    assert_equal "$(cgroup_value pids pids.max)" 31
    echo '{"pids": {"limit": 32}}' | hull update --resources - "$ID"
    assert_equal "$(cgroup_value pids pids.max)" 32
    echo '{"pids": {"limit": 33}}' > resources.json
    hull update --resources=resources.json "$ID"
    assert_equal "$(cgroup_value pids pids.max)" 33
}

@test "events --stats is one line of JSON with what go-runc decodes" {
    requires controller:pids cgroup-writable
    setup_bundle
    start_container
    hull exec "$ID" sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done'   # User Mode Linux counts in ticks
    run_hull events --stats "$ID"
    assert_success
    assert_equal "${#lines[@]}" 1
    assert_equal "$(jq -c --arg id "$ID" '[.type, .id == $id, (.data.pids.current | type), (.data.cpu.usage.total | type)]' <<< "$output")" '["stats",true,"number","number"]'
}

@test "conmon: an error is the beginning of standard error; podman finds in it what to exit with" {
    setup_bundle
    for case in 'no-such-program:executable file not found' '/no/such/program:no such file or directory' '/etc/passwd:permission denied' '/etc:permission denied'; do
        set_args "${case%%:*}"
        run --separate-stderr hull --log-format=json --log "$BUNDLE/oci-log" create --bundle "$BUNDLE" --pid-file "$BUNDLE/pidfile" "$ID"
        assert_failure 1
        case $stderr in *"${case#*:}"*) ;; *) fail "$case: $stderr" ;; esac
        case $(jq -rs 'last | .msg' "$BUNDLE/oci-log") in *"${case#*:}"*) ;; *) fail "$case: $(cat "$BUNDLE/oci-log")" ;; esac
    done
}

@test "conmon: with its pipes in the environment, and its descriptors open" {
    setup_bundle
    pipe=$BATS_TEST_TMPDIR/pipe
    mkfifo "$pipe"
    # 3 and 4 are conmon's, 5 and 6 a shim's sockets: none is close-on-exec
    _OCI_SYNCPIPE=3 _OCI_STARTPIPE=4 "${HULL_CMD[@]}" create --bundle "$BUNDLE" --pid-file "$BUNDLE/pidfile" "$ID" \
        < /dev/null > /dev/null 2>&1 3<> "$pipe" 4<> "$pipe" 5< /etc/passwd 6< /
    _OCI_SYNCPIPE=3 _OCI_STARTPIPE=4 "${HULL_CMD[@]}" start "$ID" < /dev/null > /dev/null 2>&1 3<> "$pipe" 4<> "$pipe" 5< /etc/passwd 6< /
    wait_for_status "$ID" running
    assert_equal "$(ls "/proc/$(container_pid)/fd" | xargs)" "0 1 2"
    jq '.process | .args = ["sleep", "999"]' config.json > process.json
    _OCI_SYNCPIPE=3 "${HULL_CMD[@]}" exec --pid-file exec.pid --process process.json --detach "$ID" < /dev/null > /dev/null 2>&1 3<> "$pipe" 5< /etc/passwd 6< /
    wait_until 20 grep -q sleep "/proc/$(cat exec.pid)/cmdline"
    assert_equal "$(ls "/proc/$(cat exec.pid)/fd" | xargs)" "0 1 2"
}

@test "podman: --cgroup-manager disabled makes no cgroup" {
    setup_bundle
    "${HULL_CMD[@]}" --cgroup-manager disabled create --bundle "$BUNDLE" "$ID" < /dev/null > /dev/null 2>&1 3>&-
    assert_equal "$(cat "/proc/$(container_pid)/cgroup")" "$(cat /proc/self/cgroup)"
}

@test "CRI-O: exec in the foreground with a process file; its exit status" {
    setup_bundle
    start_container
    jq '.process | .args = ["sh", "-c", "cat; exit 9"]' config.json > process.json
    run --separate-stderr hull exec --process process.json "$ID" <<< text
    assert_failure 9
    assert_output text
    assert_equal "$stderr" ''
}
