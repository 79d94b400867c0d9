# SPDX-License-Identifier: LGPL-2.1-or-later
# Budgets of system calls for the hot paths, on the bundle with a user namespace, seccomp and a cgroup: what `make bench` measures,
# as a test. A change that needs more raises the number here, and its commit says what for. Counted by tests/lib/measure.c with
# ptrace: all processes of a command, without the container's own. musl makes up to 60 calls more than glibc: its open() sets
# FD_CLOEXEC once more, its malloc() maps in smaller pieces.
load helpers

setup() {
    begin_test
    requires root userns
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

# What a program of hull's C library has in memory before it did anything: glibc 1360 kB, musl 490.
start_memory() {
    local word line=count
    for word in "${HULL_CMD[@]}" --version; do line+=$'\t'$word; done
    read -r _ _ start _ < <(MEASURE_OUTPUT=$LOGS/counted "$MEASURE" <<< "$line")
}

# within V1 V2 COMMAND...: hull's command makes no more system calls than that, on cgroup v1 and on v2
within() {
    local budget=$1 calls processes peak status word line=count
    if on_v2; then budget=$2; fi
    shift 2
    for word in "${HULL_CMD[@]}" "$@"; do line+=$'\t'$word; done
    read -r calls processes peak status < <(MEASURE_OUTPUT=$LOGS/counted "$MEASURE" <<< "$line")
    echo "$*: $calls system calls of $budget, $processes processes, $peak kB" | tee -a "$LOGS/budgets"
    if [ "$status" != 0 ]; then cat "$LOGS/counted"; fail "status $status"; fi
    [ "$calls" -le "$budget" ] || fail "$1: $calls system calls, the budget is $budget"
    [ "$peak" -le $((start + 320)) ] || fail "$1: $peak kB, and $start at its start"
}

@test "create, start, exec and delete keep to their system calls" {
    set_args sleep 1000
    within 700 475 create --bundle "$BUNDLE" "$ID"
    within 56 56 start "$ID"
    within 48 48 state "$ID"
    within 395 350 exec "$ID" true
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    within 75 55 delete "$ID"
}

@test "run keeps to its system calls" {
    within 910 660 run --bundle "$BUNDLE" "$ID"
}

@test "cgroup v1: a memory limit of 208 kB is enough, of which busybox takes 80" {
    on_v2 && skip "v2 counts in other steps"
    requires controller:memory
    update_config '.linux.resources.memory = { limit: 212992 }'
    for _ in 1 2 3 4 5; do hull run --bundle "$BUNDLE" "$ID"; done
}
