# SPDX-License-Identifier: LGPL-2.1-or-later
# linux.seccomp, as seen by the container's process. tests/unit/test_seccomp.c compares whole filters.
load helpers

setup() {
    begin_test
    requires seccomp
    setup_bundle
    test_program seccomp_call
    cp "$PROGRAM" "$BUNDLE/rootfs/bin/call"
}

# profile JQ...: the container's filter
profile() { update_config ".linux.seccomp = {$1}"; }

# wide: the containers' programs are of 64 bits, whose arguments of system calls are, too
wide() { [ "$(od -An -tu1 -j4 -N1 "$BUNDLE/rootfs/bin/call")" -eq 2 ]; } # EI_CLASS is ELFCLASS64

# calls CALL...: what the system call returns in a container of its own; see lib/seccomp_call.c
calls() {
    set_args call "$@"
    run_hull run "$ID"
    assert_success
}

# start_agent: lib/seccomp_agent.c at $AGENT; $LOGS/agent.out has what it was told
start_agent() {
    AGENT=$BATS_TEST_TMPDIR/agent.sock
    test_program seccomp_agent
    background agent "$PROGRAM" "$AGENT"
    wait_until 20 test -S "$AGENT"
}

@test "seccomp: actions with their numbers, with and without no_new_privs" {
    for nnp in true false; do
        update_config --argjson nnp "$nnp" '.process.noNewPrivileges = $nnp'
        profile 'defaultAction: "SCMP_ACT_ALLOW", syscalls: [
            {names: ["getppid"], action: "SCMP_ACT_ERRNO", errnoRet: 95},
            {names: ["getpgid"], action: "SCMP_ACT_ERRNO", args: [{index: 0, op: "SCMP_CMP_GT", value: 4294967295}]}]'
        calls getppid
        assert_output -95
        calls getpgid 1
        assert_output 1
        if wide; then
            calls getpgid 0x100000000
            assert_output -1
        fi
        set_args grep -E '^(Seccomp|Seccomp_filters|NoNewPrivs):' /proc/self/status
        run_hull run "$ID"
        if [ "$nnp" = true ]; then assert_contains "NoNewPrivs:	1"; else assert_contains "NoNewPrivs:	0"; fi
        assert_contains "Seccomp:	2"
    done
}

@test "seccomp: a process that is killed dies of SIGSYS, whatever kills it" {
    for action in KILL KILL_THREAD KILL_PROCESS TRAP; do
        profile "defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"getppid\"], action: \"SCMP_ACT_$action\"}]"
        set_args call getppid
        run_hull run "$ID"
        assert_failure $((128 + 31))
    done
}

@test "seccomp: a system call that is newer than the profile doesn't exist" {
    # the profile of the engines, in short: getppid isn't in it, number 1000 can't be
    profile 'defaultAction: "SCMP_ACT_ERRNO", syscalls: [{action: "SCMP_ACT_ALLOW", names: ["accept", "access", "arch_prctl", "brk", "capget", "capset", "chdir",
        "clone", "clone3", "close", "close_range", "dup", "dup2", "dup3", "execve", "exit", "exit_group", "faccessat2", "fchdir", "fcntl",
        "fstat", "futex", "getcwd", "getegid", "geteuid", "getgid", "getpid", "getrandom", "getuid", "ioctl", "lseek", "mmap", "mmap2", "mprotect",
        "munmap", "newfstatat", "open", "openat", "openat2", "personality", "poll", "prctl", "pread64", "prlimit64", "read", "readlink",
        "readlinkat", "recvmsg", "rseq", "rt_sigaction", "rt_sigprocmask", "sendmsg", "sendto", "set_robust_list", "set_tid_address",
        "set_thread_area", "setgid", "setgroups", "setresgid", "setresuid", "setuid", "sigaltstack", "socket", "stat", "statx", "ugetrlimit",
        "umask", "uname", "write", "writev"]}]'
    update_config '.process.noNewPrivileges = true'
    calls getppid
    assert_output -1
    calls 1000
    assert_output -38
    profile 'defaultAction: "SCMP_ACT_LOG", syscalls: [{action: "SCMP_ACT_ALLOW", names: ["read"]}]'
    calls 1000
    assert_output -38 # the kernel's own
}

@test "seccomp: flags, and a program that the 32-bit calls of an engine's profile make long" {
    profile 'defaultAction: "SCMP_ACT_ALLOW", architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        flags: ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
        syscalls: [range(300) as $i | {names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: (100 + $i), args: [{index: 0, op: "SCMP_CMP_EQ", value: (1000000 + $i)}]}]'
    calls personality 1000000
    assert_output -100
    calls personality 1000299
    assert_output -399
    calls personality 0xffffffff
    assert_output 0
}

@test "seccomp: what can't be is refused before the container is made" {
    profile 'defaultAction: "SCMP_ACT_ALLOW", syscalls: [range(3000) as $i | {names: ["personality"], action: "SCMP_ACT_ERRNO", errnoRet: $i, args: [{index: 0, op: "SCMP_CMP_EQ", value: $i}]}]'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure
    assert_contains "4096"
    profile 'defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getppid"], action: "SCMP_ACT_LOG", args: [{index: 0, op: "SCMP_CMP_EQ", value: 1}]},
        {names: ["getppid"], action: "SCMP_ACT_TRAP", args: [{index: 0, op: "SCMP_CMP_EQ", value: 1}]}]'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure
    assert_contains "/linux/seccomp/syscalls/1: an earlier rule for getppid has the same args and another action"
    profile 'defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["no_such_call", "getppid"], action: "SCMP_ACT_ERRNO"}]'
    calls getppid
    assert_output -1
    update_config '.annotations["run.oci.seccomp_fail_unknown_syscall"] = "1"'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure
    assert_contains no_such_call
}

@test "seccomp: the listener goes to its agent, with the state, in one message" {
    start_agent
    update_config --arg path "$AGENT" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path, listenerMetadata: "some \"data\"",
        syscalls: [{names: ["getppid"], action: "SCMP_ACT_NOTIFY"}]}'
    for nnp in true false; do
        update_config --argjson nnp "$nnp" '.process.noNewPrivileges = $nnp'
        : > "$LOGS/agent.out"
        calls getppid
        assert_output 4242
        assert_equal "$(cut -d ' ' -f 1,2 "$LOGS/agent.out")" "1 1"
        cut -d ' ' -f 3- "$LOGS/agent.out" > "$BATS_TEST_TMPDIR/told"
        assert_equal "$(jq -c '[.fds, .metadata, .state.id, .state.status]' "$BATS_TEST_TMPDIR/told")" "[[\"seccompFd\"],\"some \\\"data\\\"\",\"$ID\",\"created\"]"
        assert_equal "$(jq '.pid == .state.pid and .pid > 1 and .ociVersion == .state.ociVersion' "$BATS_TEST_TMPDIR/told")" true
    done
}

@test "seccomp: a listener that decides for everything the runtime itself still has to do" {
    start_agent
    update_config --arg path "$AGENT" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path, syscalls: [{action: "SCMP_ACT_NOTIFY",
        names: ["getppid", "read", "recvmsg", "recvfrom", "sendmsg", "sendto", "poll", "ppoll", "futex", "close", "execve", "capset", "setresuid",
            "setgroups", "prctl", "close_range", "fcntl", "chdir", "fchdir", "umask"]}]}'
    for nnp in true false; do
        update_config --argjson nnp "$nnp" '.process.noNewPrivileges = $nnp'
        calls getppid
        assert_output 4242
    done
}

@test "seccomp: a listener comes out of a filter that forbids to send it" {
    start_agent
    update_config --arg path "$AGENT" '.process.noNewPrivileges = true | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path, syscalls: [
        {action: "SCMP_ACT_NOTIFY", names: ["getppid"]},
        {action: "SCMP_ACT_KILL_PROCESS", names: ["read", "recvmsg", "recvfrom", "sendmsg", "sendto", "poll", "ppoll", "futex", "close"]}]}'
    calls getppid
    assert_output 4242
}

@test "seccomp: the agent of an annotation or of the environment; linux.seccomp's own comes first" {
    start_agent
    update_config '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getppid"], action: "SCMP_ACT_NOTIFY"}]}'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure
    assert_contains "SCMP_ACT_NOTIFY needs /linux/seccomp/listenerPath"
    RUN_OCI_SECCOMP_RECEIVER=$AGENT calls getppid
    assert_output 4242
    update_config --arg path "$AGENT" '.annotations["run.oci.seccomp.receiver"] = $path'
    RUN_OCI_SECCOMP_RECEIVER=/nonexistent calls getppid
    assert_output 4242
    update_config --arg path "$AGENT" '.annotations["run.oci.seccomp.receiver"] = "/nonexistent" | .linux.seccomp.listenerPath = $path'
    calls getppid
    assert_output 4242
    update_config '.annotations["run.oci.seccomp.receiver"] = "relative" | del(.linux.seccomp.listenerPath)'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure
    assert_contains "config.json: /annotations/run.oci.seccomp.receiver: must be an absolute path"
}

@test "seccomp: a ready program of an annotation takes the place of linux.seccomp, for exec too" {
    if [ "$(uname -m)" != x86_64 ] || ! wide; then skip "the program has numbers of x86-64"; fi
    # getppid (110): errno 77; everything else is allowed
    program=$(perl -e 'print pack("SCCL", 0x20, 0, 0, 0), pack("SCCL", 0x15, 0, 1, 110), pack("SCCL", 0x06, 0, 0, 0x5004d), pack("SCCL", 0x06, 0, 0, 0x7fff0000)' | base64 -w 0)
    profile 'defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["getppid"], action: "SCMP_ACT_ERRNO"}]'
    update_config --arg program "$program" '.annotations["run.oci.seccomp_bpf_data"] = $program'
    calls getppid
    assert_output -77
    update_config 'del(.linux.seccomp)'
    calls getppid
    assert_output -77
    set_args sleep 1000
    start_container
    run_hull exec "$ID" grep Seccomp: /proc/self/status
    assert_output $'Seccomp:\t2'
    hull delete --force "$ID"
    for bad in '' '!' AAAA "${program}AAAA"; do
        update_config --arg program "$bad" '.annotations["run.oci.seccomp_bpf_data"] = $program'
        run_hull create --bundle "$BUNDLE" "$ID"
        assert_failure
        assert_contains "/annotations/run.oci.seccomp_bpf_data: must be 1 to 4096 instructions of BPF in base64"
    done
}

@test "seccomp: without an agent the container doesn't start" {
    update_config --arg path "$BATS_TEST_TMPDIR/nobody" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: $path,
        syscalls: [{names: ["getppid"], action: "SCMP_ACT_NOTIFY"}]}'
    set_args sh -c 'echo it ran'
    run_hull run "$ID"
    assert_failure
    refute_contains "it ran"
    assert_contains "/linux/seccomp/listenerPath"
}

# returns ERRNO: the profile in which getppid does
returns() { profile "defaultAction: \"SCMP_ACT_ALLOW\", syscalls: [{names: [\"getppid\"], action: \"SCMP_ACT_ERRNO\", errnoRet: $1}]"; }

# keep_nothing_yet: gives hull an empty /run/hull; $kept: where filters are kept
keep_nothing_yet() {
    mkdir -p /run/hull
    background kept unshare --mount sh -c 'mount -t tmpfs tmpfs /run/hull && exec sleep 1000'
    wait_until 20 nsenter -t "$BACKGROUND_PID" -m mountpoint -q /run/hull
    HULL_CMD=(nsenter -t "$BACKGROUND_PID" -m -w "${HULL_CMD[@]}")
    kept=/proc/$BACKGROUND_PID/root/run/hull/@seccomp
}

@test "seccomp: a compiled filter is kept for the next container with this profile, and for no other" {
    requires root:kept
    local kept other
    keep_nothing_yet
    returns 95
    calls getppid
    assert_output -95
    assert_equal "$(ls "$kept" | wc -l)" 1
    assert_equal "$(stat -c %a:%u "$kept" "$kept"/*)" $'700:0\n600:0'
    # the kept filter is used: this one returns 96
    cp "$kept"/* "$LOGS/right"
    perl -pi -e 's/\x5f\x00\x05\x00/\x60\x00\x05\x00/' "$kept"/*
    cp "$kept"/* "$LOGS/wrong"
    calls getppid
    assert_output -96
    # another profile, whose file holds this filter
    returns 94
    rm "$kept"/*
    calls getppid
    other=$(echo "$kept"/*)
    cp "$LOGS/wrong" "$other"
    calls getppid
    assert_output -94
    # half of a file, and an empty one
    returns 95
    for size in 0 10 100; do
        for file in $(seq 0 63); do head -c "$size" "$LOGS/wrong" > "$kept/$file"; done
        calls getppid
        assert_output -95
    done
    grep -qxF "$(md5sum < "$LOGS/right")" <(for file in "$kept"/*; do md5sum < "$file"; done)
}

# text_calls SCRIPT EXPECTED: what getppid returns after config.json was edited by perl
text_calls() {
    jq -c . "$BUNDLE/config.json" > "$LOGS/before"
    perl -pe "$1" "$LOGS/before" > "$BUNDLE/config.json"
    run_hull run "$ID"
    assert_success
    assert_output "$2"
    cp "$LOGS/before" "$BUNDLE/config.json"
}

@test "seccomp: the profile whose filter is kept is that of /linux/seccomp, wherever else its text stands" {
    requires root:kept
    local kept one two
    keep_nothing_yet
    returns 94
    calls getppid
    one=$(jq -c .linux.seccomp "$BUNDLE/config.json")
    returns 95
    calls getppid
    two=$(jq -c .linux.seccomp "$BUNDLE/config.json")
    export one two
    assert_equal "$(ls "$kept" | wc -l)" 2
    # of two members with one name the last counts
    text_calls 's/"linux":\{/"linux":{"seccomp":$ENV{one},/' -95
    text_calls 's/("seccomp":\Q$ENV{two}\E)/$1,"seccomp":$ENV{one}/' -94
    text_calls 's/"linux":/"linux":{"seccomp":$ENV{one}},"linux":/' -95
    # elsewhere it belongs to another object, or is part of a string
    text_calls 's/^\{/{"seccomp":$ENV{one},"hull.test":{"linux":{"seccomp":$ENV{one}}},/' -95
    text_calls 's/^\{/{"annotations":{"seccomp":"{","a":"\\\"seccomp\\\":{}"},/' -95
    # with white space or other spellings it is another text
    text_calls 's/("seccomp":)/$1 /' -95
    text_calls 's/getppid/getpp\\u0069d/' -95
    # annotations may change the filter
    update_config '.annotations["run.oci.seccomp_fail_unknown_syscall"] = "1" | .linux.seccomp.syscalls[0].names += ["nonsense"]'
    run_hull run "$ID"
    assert_failure
    assert_contains nonsense
}

@test "seccomp: a configuration that options change has its profile's rules, kept or not" {
    requires root:kept
    local kept
    keep_nothing_yet
    returns 95
    set_args sleep 1000
    for _ in first kept; do
        run_hull create --idmap-rootfs never --bundle "$BUNDLE" "$ID"
        assert_success
        assert_equal "$(jq -c .linux.seccomp "$ROOT/$ID/config.json")" "$(jq -c .linux.seccomp "$BUNDLE/config.json")"
        assert_equal "$(jq -r '.annotations["io.hull.rootfs.idmap"]' "$ROOT/$ID/config.json")" never
        hull delete --force "$ID"
    done
}

@test "hull itself needs of a filter capset and execve, and with noNewPrivileges only execve" {
    other_users
    # system calls that hull makes before the process is executed, and busybox doesn't make
    local calls='["close_range", "umask", "setgroups", "setresgid", "setresuid", "prctl", "sendmsg", "openat2", "fchdir", "capget", "rt_sigprocmask"]'
    set_args sh -c 'id -u; grep -E "^Cap(Prm|Eff|Amb|Bnd)" /proc/self/status'
    update_config '.process.user = {uid: 1000, gid: 1000} | .process.noNewPrivileges = false
        | .process.capabilities = (["bounding", "effective", "permitted", "inheritable", "ambient"] | map({(.): ["CAP_KILL"]}) | add)'
    run_hull run "$ID"
    local expected=$output
    update_config --argjson calls "$calls" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: $calls, action: "SCMP_ACT_ERRNO"}]}'
    run_hull run "$ID"
    assert_success
    assert_output "$expected"
    assert_contains "CapPrm:	0000000000000020"
    set_args sleep 1000
    start_container
    run_hull exec "$ID" sh -c 'id -u; grep -E "^Cap(Prm|Eff|Amb|Bnd)" /proc/self/status'
    assert_success
    assert_output "$expected"
    hull delete --force "$ID"
    set_args id -u
    update_config '.process.noNewPrivileges = true | .linux.seccomp.syscalls[0].names += ["capset"]'
    run_hull run "$ID"
    assert_success
    assert_output 1000
}
