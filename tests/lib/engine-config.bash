# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs recorded configurations of engines (tests/data/engine-configs) through a container's life; see lib/engine-config.py for what is
# changed to make them run here, and for what is looked at.

ENGINE_CONFIGS=$REPO/tests/data/engine-configs

# pin_namespaces HOLDER KIND...: what an engine does with a sandbox's namespaces: binds them to files; prints KIND=FILE words
pin_namespaces() {
    local holder=$1 kind file dir=$BATS_TEST_TMPDIR/pins
    shift
    mkdir -p "$dir"
    for kind; do
        file=$dir/$kind
        : > "$file"
        mount --bind "/proc/$holder/ns/$(_namespace_file "$kind")" "$file"
        echo "$file" >> "$LOGS/.mounts"
        echo "$kind=$file"
    done
}

# namespaces_of PID KIND...: the same by way of /proc
namespaces_of() {
    local pid=$1 kind
    shift
    for kind; do echo "$kind=/proc/$pid/ns/$(_namespace_file "$kind")"; done
}

_namespace_file() { case $1 in network) echo net ;; mount) echo mnt ;; *) echo "$1" ;; esac; }

# first_host_id CONFIG
first_host_id() { jq '.linux.uidMappings[0].hostID // 0' "$ENGINE_CONFIGS/$1.json"; }

# engine_bundle NAME CONFIG [KIND=PATH...]: a bundle at $BATS_TEST_TMPDIR/NAME; sets BUNDLE
engine_bundle() {
    local name=$1 config=$ENGINE_CONFIGS/$2.json
    shift 2
    BUNDLE=$BATS_TEST_TMPDIR/$name
    mkdir "$BUNDLE"
    setup_rootfs "$BUNDLE/rootfs"
    test_program pause
    python3 "$REPO/tests/lib/engine-config.py" rewrite "$config" "$BUNDLE" "$PROGRAM" "$(cgroups_path "$ID-$name")" "$@" > "$BUNDLE/wants"
}

# engine_start NAME: create, look, start, look closely; sets ENGINE_PID
engine_start() {
    local id=$ID-$1 console=()
    BUNDLE=$BATS_TEST_TMPDIR/$1
    if [ -s "$BUNDLE/wants" ]; then
        start_console
        console=(--console-socket "$CONSOLE_SOCKET")
    fi
    run_hull create --bundle "$BUNDLE" --pid-file "$BUNDLE/pid" "${console[@]}" "$id"
    assert_success
    assert_equal "$(container_status "$id")" created
    run_hull start "$id"
    assert_success
    read -r ENGINE_PID < "$BUNDLE/pid" || [ -n "$ENGINE_PID" ]
    # until its program runs: sh, and after it sleep, or the recorded one alone
    wait_until 20 engine_program_runs || fail "the program of $id does not run; it said: $(container_output "$id"; container_errors "$id")"
    hull state "$id" > "$BUNDLE/state.json"
    run python3 "$REPO/tests/lib/engine-config.py" check "$BUNDLE" "$ENGINE_PID" < "$BUNDLE/state.json"
    assert_success
}

engine_program_runs() {
    local line=
    { IFS= read -r -d '' line; read -r -d '' line; read -r -d '' line; } 2> /dev/null < "/proc/$ENGINE_PID/cmdline"
    [[ $line != '"$@"'* ]]      # else the recorded program has not ended
}

# engine_said NAME: the exit status of the recorded program (it was the first of two, see engine-config.py), or "none"
engine_said() {
    local file=$LOGS/$ID-$1.out line
    if [ -s "$BATS_TEST_TMPDIR/$1/wants" ]; then file=$LOGS/console.out; fi
    while read -r line; do
        if [[ $line =~ ^@status\ ([0-9]+) ]]; then echo "${BASH_REMATCH[1]}"; return; fi
    done < "$file"
    echo none
}

# engine_stop NAME: as the engines end a container
engine_stop() {
    local id
    id=$(new_id "$1")
    run_hull kill "$id" KILL
    assert_success
    wait_for_status "$id" stopped
    run_hull delete "$id"
    assert_success
}

# engine_alone CONFIG [EXIT-STATUS [KIND=PATH...]]: a container by itself
engine_alone() {
    local config=$1 expected=${2:-0} paths
    shift; if [ $# -gt 0 ]; then shift; fi
    paths=("$@")
    if [ ${#paths[@]} -eq 0 ] && jq -e '.linux.namespaces[] | select(.type == "network" and .path)' "$ENGINE_CONFIGS/$config.json" > /dev/null; then
        paths=("network=$(test_netns n)")
    fi
    engine_bundle c "$config" "${paths[@]}"
    engine_start c
    assert_equal "$(engine_said c)" "$expected" "exit status of the recorded program"
    engine_stop c
}
