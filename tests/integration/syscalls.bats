# SPDX-License-Identifier: LGPL-2.1-or-later
# Budgets of the hot paths: system calls, page faults, processes, programs executed, and the memory that clones copy. On the
# bundle with a user namespace, seccomp and a cgroup: what `make bench` measures, as a test that means the same on any machine,
# however busy. A change that needs more raises the number here, and its commit says what for. Counted by tests/lib/measure.c
# with ptrace: all processes of a command, without the container's own. musl makes up to 35 calls more than glibc: its open()
# sets FD_CLOEXEC once more. Instructions are counted by tests/lib/instructions.c; where they go: tests/bench/instructions.
TEST_LIMIT=$((300 * ${HULL_TEST_SLOW:-1}))
load helpers

setup() {
    begin_test
    requires root:setuid userns
    [ "$(uname -m)" = x86_64 ] || skip "counted on x86_64 only"
    [ "$HULL_CGROUP_MANAGER" = cgroupfs ] || skip "counted with the cgroupfs manager"
    test_program measure
    MEASURE=$PROGRAM
    setup_bundle
    userns_config
    local profile=$REPO/tests/data/engine-configs/kubelet-1.36-containerd-2.1/u1-node1-sandbox.json
    update_config --slurpfile profile "$profile" '.linux.seccomp = $profile[0].linux.seccomp'
    # what is made once for the host isn't counted: the pinned mount namespace, the device program
    set_args true
    hull run --bundle "$BUNDLE" "$ID"
    start_memory
}

# count COMMAND...: what tests/lib/measure says of hull's command, in variables
count() {
    local word line=count status
    for word in "${HULL_CMD[@]}" "$@"; do line+=$'\t'$word; done
    read -r calls processes peak faults copied execs status < <(MEASURE_OUTPUT=$LOGS/counted "$MEASURE" <<< "$line")
    if [ "$status" != 0 ]; then cat "$LOGS/counted"; fail "status $status"; fi
}

# The memory of a program on hull's C library before main(): glibc 1480 kB and 39 page faults, musl 396 kB and 7. The loader of a
# dynamic one calls the system some 40 times; its page faults have no budget, and how much of its libraries is mapped with each of
# them varies by 120 kB.
start_memory() {
    count --version
    start=$peak
    column=0
    if [ "$start" -gt 1000 ]; then column=1; fi
    loader=0
    room=440
    if is_dynamic "$HULL"; then loader=$((calls - 31)) room=640; fi
}

# within COMMAND...: hull's command keeps to the budget of its name
within() {
    local budget name
    read -ra budget <<< "${budgets[$1]}"
    count "$@"
    echo "$*: $calls calls, $faults faults, $processes processes, $execs execs, $copied kB copied, peak $peak kB; budget ${budget[*]}" |
        tee -a "$LOGS/budgets"
    keeps "$1: system calls" $((calls - loader)) "${budget[$(on_v2 && echo 1 || echo 0)]}"
    if [ "$loader" = 0 ]; then
        keeps "$1: page faults" "$faults" "${budget[2 + column]}"
        keeps "$1: kB that clones copy" "$copied" "${budget[4 + column]}"
    fi
    keeps "$1: processes" "$processes" "${budget[6]}"
    keeps "$1: programs executed" "$execs" "${budget[7]}"
    keeps "$1: kB of memory at the peak" "$peak" "$((column ? start + room : budget[8]))"
}

keeps() { [ "$2" -le "$3" ] || fail "$1: $2, the budget is $3"; }

# System calls on v1 and on v2, page faults and kB copied of a build on musl and of one on glibc, processes, programs executed
# (the container's own is one), peak resident set of a build on musl. Page faults and memory there depend on src/order: `make order`
# writes it anew after large changes.
declare -gA budgets=(
    [--version]="31 31 9 42 0 0 1 0 530"
    [create]="675 445 66 114 105 145 2 0 680"
    [start]="57 57 13 46 0 0 1 0 540"
    [state]="50 50 13 46 0 0 1 0 540"
    [exec]="335 290 54 105 90 165 3 1 610"
    [kill]="51 51 12 45 0 0 1 0 540"
    [delete]="70 49 13 47 0 0 1 0 540"
    [run]="825 570 67 114 108 145 2 1 680"
)

@test "the life of a container keeps to its budgets" {
    set_args sleep 1000
    within --version
    within create --bundle "$BUNDLE" "$ID"
    within start "$ID"
    within state "$ID"
    within exec "$ID" true
    within kill "$ID" KILL
    wait_for_status "$ID" stopped
    within delete "$ID"
}

@test "run keeps to its budgets" {
    within run --bundle "$BUNDLE" "$ID"
}

# executes COMMAND...: hull's command executes no more instructions than the budget of its name. Its environment is always the
# same: glibc looks at each variable.
executes() {
    local budget number
    read -ra budget <<< "${instructions[$1]}"
    env -i PATH=/usr/bin:/bin HOME=/root "$INSTRUCTIONS" "${HULL_CMD[@]}" "$@" < /dev/null > "$LOGS/counted" 2>&1 || fail "$(cat "$LOGS/counted")"
    number=$(tail -n 1 "$LOGS/counted")
    if [ "$1 $column" = "--version 1" ] && [ "$number" -gt "${budget[1]}" ]; then before=$((number - budget[1])); fi
    number=$((number - before))
    echo "$1: $number instructions, and $before before main(); budget ${budget[column]}" | tee -a "$LOGS/budgets"
    keeps "$1: instructions" "$number" "${budget[column]}"
}

# Of a build on musl and of one on glibc. A tenth above what was counted on v1, which has more hierarchies than v2, for lengths of
# paths and numbers of processes differ; a quarter for glibc, whose string functions depend on the processor. valgrind counts the
# same where it can; Debian's knows neither pidfd_open(2) nor the calls that mount. What a build on glibc executes before main() is
# not hull's: the start-up code of gcc 13 and newer sorts what unwinding needs of a static program (400,000 instructions), and a
# dynamic one has the loader.
declare -gA instructions=(
    [--version]="7000 21000"
    [create]="880000 780000"
    [start]="108000 120000"
    [state]="120000 140000"
    [exec]="197000 205000"
    [kill]="102000 117000"
    [delete]="100000 116000"
)

@test "each command keeps to its budget of instructions" {
    [ -z "${HULL_TEST_EXCLUSIVE:-}" ] || skip "counted on the machine itself: each step takes long in a test machine"
    test_program instructions
    INSTRUCTIONS=$PROGRAM
    set_args sleep 1000
    jq -c . "$BUNDLE/config.json" > "$BATS_TEST_TMPDIR/compact" # as engines write it
    cp "$BATS_TEST_TMPDIR/compact" "$BUNDLE/config.json"
    hull create --bundle "$BUNDLE" "$ID" && hull delete "$ID" # the filter of a profile in this text is kept
    before=0
    executes --version
    executes create --bundle "$BUNDLE" "$ID"
    executes start "$ID"
    executes state "$ID"
    executes exec "$ID" true
    executes kill "$ID" KILL
    wait_for_status "$ID" stopped
    executes delete "$ID"
}

@test "cgroup v1: a memory limit of 216 kB is enough, of which busybox takes 80; 384 kB where each library has pages of its own" {
    on_v2 && skip "v2 counts in other steps"
    requires controller:memory
    local limit=216
    if is_dynamic "$HULL"; then limit=384; fi
    update_config ".linux.resources.memory = { limit: $((limit * 1024)) }"
    for _ in 1 2 3 4 5; do hull run --bundle "$BUNDLE" "$ID"; done
}
