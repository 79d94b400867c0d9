# SPDX-License-Identifier: LGPL-2.1-or-later
# Large inputs cost time and memory in proportion: ten times as much of something may cost twelve times as much CPU time and memory
# (rusage and peak resident set, which other load on the machine hardly changes).
load helpers

CHEAP=10000   # CPU time in us up to which a ratio says nothing: what a command costs anyway

setup() {
    begin_test
    test_program measure
    MEASURE=$PROGRAM
    setup_bundle
    FEW=10000 MANY=100000
}

# measured VERB WORD...: runs a command under tests/lib/measure; the answer's words in $answer
measured() {
    local verb=$1 line=$1 word
    shift
    for word; do line+=$'\t'$word; done
    read -ra answer < <(printf '%s\n' "$line" | MEASURE_OUTPUT=$LOGS/measured "$MEASURE")
    [ "${answer[-1]}" = 0 ] || fail "$verb ${*:1:3}: status ${answer[-1]}: $(tail -c 500 "$LOGS/measured")"
}

# costs ARG...: the CPU time of a command in us: $cost
costs() { measured time "${HULL_CMD[@]}" "$@"; cost=${answer[1]}; }

# proportional NAME FEW MANY
proportional() {
    local least=$(($2 > CHEAP ? $2 : CHEAP))
    [ "$3" -le $((12 * least)) ] || fail "$1: $2 for few, $3 for ten times as many"
}

# life N: what every command costs in a container from the present configuration, in ${cpu[COMMAND]}
life() {
    local command
    jq '.process | .args |= ["/bin/true"] + .[4:]' \
        "$BUNDLE/config.json" > "$BATS_TEST_TMPDIR/process.json"
    costs create --bundle "$BUNDLE" "$ID"; cpu[create]=$cost
    costs start "$ID"; cpu[start]=$cost
    costs state "$ID"; cpu[state]=$cost
    costs exec -p "$BATS_TEST_TMPDIR/process.json" "$ID"; cpu[exec]=$cost
    if cgroup_writable && has_controller pids; then costs update --pids-limit 100 "$ID"; cpu[update]=$cost; fi
    costs delete --force "$ID"; cpu[delete]=$cost
}

# growth FILTER: measures it for few and many; $growth: what isn't proportional
growth() {
    local -A cpu few
    local command least
    growth=
    cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/plain.json"
    update_config --argjson n "$FEW" "$1"
    life
    for command in "${!cpu[@]}"; do few[$command]=${cpu[$command]}; done
    cp "$BATS_TEST_TMPDIR/plain.json" "$BUNDLE/config.json"
    update_config --argjson n "$MANY" "$1"
    life
    cp "$BATS_TEST_TMPDIR/plain.json" "$BUNDLE/config.json"
    for command in "${!cpu[@]}"; do
        least=$((few[$command] > CHEAP ? few[$command] : CHEAP))
        [ "${cpu[$command]}" -le $((12 * least)) ] ||
            growth+="$command: ${few[$command]} us for few, ${cpu[$command]} us for ten times as many"$'\n'
    done
}

# grows FILTER: the configuration after a jq filter with $n, few and many. User Mode Linux counts as
# CPU time what a busy host takes from it, so measure up to three times.
grows() {
    local attempt
    for attempt in 1 2 3; do
        growth "$1"
        if [ -z "$growth" ]; then return 0; fi
    done
    fail "$growth"
}

# many_mounts: few and many for mounts. Each is a detached tree until it is attached, and the kernel counts such a tree as a mount
# namespace of its own: at most half of what user.max_mnt_namespaces allows, which is little on a machine with little memory.
many_mounts() {
    local limit
    read -r limit < /proc/sys/user/max_mnt_namespaces
    MANY=$((limit / 2 < 10000 ? limit / 2 : 10000))
    FEW=$((MANY / 10))
}

@test "arguments" {
    grows '.process.args = ["sh", "-c", "sleep 1000", "sh"] + [range($n) | "a\(.)"]'
}

@test "environment entries" {
    grows '.process.env += [range($n) | "V\(.)=x"]'
}

@test "annotations" {
    grows '.annotations = ([range($n) | {key: "org.example.\(.)", value: "x"}] | from_entries)'
}

@test "mounts" {
    many_mounts
    mkdir "$BATS_TEST_TMPDIR/volume"
    update_config '.mounts += [{destination: "/many", type: "tmpfs", source: "tmpfs"}]'
    grows ".mounts += [range(\$n) | {destination: \"/many/\(.)\", source: \"$BATS_TEST_TMPDIR/volume\", options: [\"bind\"]}]"
}

@test "devices" {
    FEW=1000 MANY=10000
    grows '.linux.devices = [range($n) | {path: "/dev/many\(.)", type: "c", major: 1, minor: 3}]'
}

@test "arguments of exec on the command line, time and memory" {
    local script=$BATS_TEST_TMPDIR/exec n
    local -A cpu peak
    start_container
    for n in "$FEW" "$MANY"; do
        printf 'exec %s exec %s true $(seq %s)\n' "${HULL_CMD[*]}" "$ID" "$n" > "$script"
        measured time /bin/sh "$script"
        cpu[$n]=${answer[1]}
        measured count /bin/sh "$script"
        peak[$n]=${answer[2]}
    done
    proportional exec "${cpu[$FEW]}" "${cpu[$MANY]}"
    [ "${peak[$MANY]}" -le $((12 * peak[$FEW])) ] || fail "exec: ${peak[$FEW]} kB for few, ${peak[$MANY]} kB for ten times as many"
    [ "${peak[$MANY]}" -le 100000 ] || fail "exec with $MANY arguments took ${peak[$MANY]} kB"
}

@test "mounts whose sources lie in the root filesystem, and read-only ones" {
    many_mounts
    mkdir "$BUNDLE/rootfs/volume"
    update_config '.mounts += [{destination: "/many", type: "tmpfs", source: "tmpfs"}]'
    grows ".mounts += [range(\$n) | {destination: \"/many/\(.)\", source: \"$BUNDLE/rootfs/volume\", options: [\"bind\", \"ro\"]}]"
}

@test "mounts whose sources lie inside another mount" {
    many_mounts
    mkdir "$BATS_TEST_TMPDIR/volume"
    update_config '.mounts += [{destination: "/many", type: "tmpfs", source: "tmpfs"}]'
    grows "(.mounts += [range(5) | {destination: \"/base/\(.)\", source: \"$BATS_TEST_TMPDIR/volume\", options: [\"bind\"]}]) |
        .mounts += [range(\$n) | {destination: \"/many/\(.)\", source: \"$BUNDLE/rootfs/base/\(. % 5)\", options: [\"bind\"]}]"
}

@test "masked and read-only paths" {
    grows '.linux.maskedPaths += [range($n) | "/proc/masked\(.)"] | .linux.readonlyPaths += [range($n) | "/proc/readonly\(.)"]'
}

@test "objects that have the name of a seccomp profile" {
    update_config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW"}'
    grows '{vendor: [range($n) | {seccomp: {a: .}}]} + .'
}

@test "objects that have this name and no end" {
    local script=$BATS_TEST_TMPDIR/create n
    local -A cpu
    for n in "$FEW" "$MANY"; do
        { echo '{"x":'; yes '{"seccomp":' | head -n "$n"; } > "$BUNDLE/config.json"
        echo "! ${HULL_CMD[*]} create --bundle $BUNDLE $ID" > "$script"
        measured time /bin/sh "$script"
        cpu[$n]=${answer[1]}
    done
    proportional create "${cpu[$FEW]}" "${cpu[$MANY]}"
}
