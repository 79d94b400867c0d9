# SPDX-License-Identifier: LGPL-2.1-or-later
# Helpers of every integration test: `load helpers` (elsewhere: `load ../integration/helpers`).
#
# A test gets its own names and directories in setup and is checked for leftovers in teardown; both functions are defined here.
# A file that needs its own setup() calls begin_test first, and end_test last in its own teardown().
#
#     load helpers
#     @test "a container runs" {
#         setup_bundle
#         update_config '.process.args = ["true"]'
#         run_hull run "$ID"
#         assert_success
#     }
#
# Environment: HULL (the runtime under test, default: the repository's), HULL_CGROUP_MANAGER=cgroupfs|systemd|disabled,
# HULL_TEST_SLOW=N (multiplies every time limit), HULL_TEST_EXCLUSIVE=1 and HULL_TEST_PRIVATE_MOUNTS=1 (see lib/leftovers.c).
# Variables for tests: $ID (a fresh container id), $BUNDLE, $ROOT (the state root), $HULL_CMD (array: the runtime with its global
# options, for tests that must start it themselves), $REPO, $BATS_TEST_TMPDIR (ext4, removed afterwards).
# shellcheck disable=SC2034 # variables are used by the tests

bats_require_minimum_version 1.5.0
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lib/programs.bash
. "$REPO/tests/lib/programs.bash"
# shellcheck source=tests/lib/requires.bash
. "$REPO/tests/lib/requires.bash"

HULL=${HULL:-$REPO/hull}
case $HULL in */*) ;; *) HULL=$(command -v "$HULL" || echo "$HULL") ;; esac
# the programs that stand beside an installed hull
case $HULL in "$REPO"/hull | "$REPO"/build/*/hull) export HULL_LIBEXECDIR=${HULL_LIBEXECDIR:-$REPO/build/libexec/hull} ;; esac
export HULL_CGROUP_MANAGER=${HULL_CGROUP_MANAGER:-cgroupfs}
HULL_LIMIT=$((60 * ${HULL_TEST_SLOW:-1}))   # seconds that one command may take
TEST_LIMIT=${TEST_LIMIT:-$((120 * ${HULL_TEST_SLOW:-1}))}   # and a whole test
FIRST_ID=100000 ID_COUNT=65536              # the mapping of userns_config
umask 022

# --- begin and end of a test ----------------------------------------------------------------------------------------------

setup() { begin_test; }
teardown() { end_test; }

# begin_test: names, directories, the snapshot that end_test compares with. (Here and in end_test every process counts: they run
# for every test, on machines where a fork takes ten milliseconds.)
begin_test() {
    local run
    TOKEN= LOGS= ROOT= BUNDLE=
    [ -x "$HULL" ] || fail "no runtime to test at $HULL: build it, or set HULL"
    CACHE=${HULL_TEST_CACHE:-$BATS_RUN_TMPDIR/cache}
    [ -d "$CACHE" ] || mkdir -p "$CACHE"
    # a token that no other test on this machine has: start of every name, value of HULL_TEST_ID
    run=${HULL_TEST_RUN:-}
    if [ -z "$run" ]; then
        [ -s "$CACHE/run" ] || printf 'ht%04x%04x\n' $RANDOM $RANDOM > "$CACHE/run"
        read -r run < "$CACHE/run"
    fi
    printf -v TOKEN '%sx%03d' "$run" "$BATS_SUITE_TEST_NUMBER"
    export HULL_TEST_ID=$TOKEN
    ID=$TOKEN
    ROOT=$BATS_TEST_TMPDIR/state
    LOGS=$BATS_TEST_TMPDIR/logs
    mkdir -m 711 "$ROOT" "$LOGS"
    # a container's root is somebody else in a user namespace: let it pass
    chmod a+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
    HULL_CMD=("$HULL" --root "$ROOT")
    case $HULL_CGROUP_MANAGER in
    systemd) HULL_CMD+=(--systemd-cgroup) ;;
    disabled) HULL_CMD+=(--cgroup-manager=disabled) ;;
    esac
    : > "$LOGS/.background"; : > "$LOGS/.mounts"
    test_program limit
    LIMIT=$PROGRAM
    test_program leftovers
    LEFTOVERS=$PROGRAM
    _left_options=()
    if [ -n "${HULL_TEST_PRIVATE_MOUNTS:-}" ]; then
        "$LEFTOVERS" snapshot "$LOGS/.mountinfo"
        _left_options+=(-m "$LOGS/.mountinfo")
    fi
    if [ -n "${HULL_TEST_EXCLUSIVE:-}" ]; then
        "$LEFTOVERS" -X snapshot "$LOGS/.machine"
        _left_options+=(-x "$LOGS/.machine")
    fi
    "$LEFTOVERS" -p $$ -t "$TEST_LIMIT" watch "$TOKEN" "$BATS_TEST_TMPDIR" > "$LOGS/.watch" 2>&1 < /dev/null 3>&- 4>&- &
    WATCH=$!
    cd "$BATS_TEST_TMPDIR" || fail "$BATS_TEST_TMPDIR"
}

# end_test: undoes what the test did with helpers, deletes its containers by force, and fails if anything else is left
end_test() {
    local problems=${LOGS:-}/.problems entry
    if [ ! -d "${LOGS:-}" ] || [ ! -d "${ROOT:-}" ]; then return 0; fi    # the test did not even begin
    cd / || return 1
    : > "$problems"
    if [ -s "$LOGS/.watch" ]; then { echo "more than $TEST_LIMIT seconds; there were then"; cat "$LOGS/.watch"; } >> "$problems"; fi
    { kill "$WATCH" && wait "$WATCH"; } 2>/dev/null || true
    _stop_background
    for entry in "$ROOT"/*; do
        case ${entry##*/} in @*) continue ;; esac
        [ -d "$entry" ] || continue
        hull delete --force "${entry##*/}" > "$LOGS/.delete" 2>&1 ||
            { echo "delete --force ${entry##*/} failed:"; cat "$LOGS/.delete"; } >> "$problems"
    done
    if [ -s "$LOGS/.mounts" ]; then tac "$LOGS/.mounts" | while read -r entry; do umount -l "$entry"; done; fi
    assert_nothing_left >> "$problems" || true
    if [ -s "$problems" ]; then
        remove_leftovers
        echo "LEFT BEHIND:"
        cat "$problems"
        return 1
    fi
    # a mount namespace that is pinned in the state root, or files of subordinate IDs
    if [ -e "$ROOT/@mntns" ]; then remove_leftovers; fi
    if rootless; then unshare --user --map-root-user --map-auto rm -rf "$BATS_TEST_TMPDIR"/* 2>/dev/null || true; fi
}

# assert_nothing_left: prints what the runtime left on the machine, in its state root and beside the bundle (lib/leftovers.c says
# what that is); 1 if there is any. What goes away by itself (a dying process, an emptying cgroup) gets a moment.
assert_nothing_left() {
    "$LEFTOVERS" -p $$ -t $((3 * ${HULL_TEST_SLOW:-1})) -r "$ROOT" ${BUNDLE:+-b "$BUNDLE"} "${_left_options[@]}" check "$TOKEN" "$BATS_TEST_TMPDIR"
}

# remove_leftovers: kills, thaws, unmounts and removes what assert_nothing_left names, but for files
remove_leftovers() { "$LEFTOVERS" -p $$ "${_left_options[@]}" remove "$TOKEN" "$BATS_TEST_TMPDIR"; }

# --- bundles and configurations -------------------------------------------------------------------------------------------

APPLETS="[ ash awk base64 basename cat chmod chown chroot chrt cmp cp cut date dd df dirname dmesg du echo env expr fallocate false find
    free getopt grep gunzip gzip head hexdump hostname httpd id ifconfig ionice ip kill killall less link ln logger losetup ls lsof md5sum
    mkdir mkfifo mknod mktemp more mount mountpoint mv nc nice nohup nproc nsenter od pgrep pidof ping pivot_root pkill pmap ps pwd
    readlink realpath renice rm rmdir route sed seq setpriv setsid sh sha256sum sleep sort stat strings stty su swapoff swapon sync sysctl
    tail tar taskset tee test time timeout top touch tr true truncate tty umount uname uniq unlink unshare uptime usleep vi wc wget which
    whoami xargs yes"

# _make_rootfs: the template, made once a run: busybox, with links for its applets, and a few files that programs look for
_make_rootfs() {
    local new=$CACHE/rootfs.$$ busybox applet
    busybox=$(type -P busybox) || fail "no busybox (Debian: busybox-static)"
    mkdir -p "$new"/{bin,dev,etc,home,mnt,proc,root,run,sbin,sys,tmp,usr/bin,usr/sbin,var/tmp}
    cp "$busybox" "$new/bin/busybox"
    # shellcheck disable=SC2086
    (cd "$new/bin" && { perl -e 'symlink "busybox", $_ for @ARGV' $APPLETS || for applet in $APPLETS; do ln -sf busybox "$applet"; done; })
    printf '%s\n' root:x:0:0:root:/root:/bin/sh daemon:x:1:1:daemon:/:/bin/false user:x:1000:1000:user:/home:/bin/sh \
        nobody:x:65534:65534:nobody:/:/bin/false > "$new/etc/passwd"
    printf '%s\n' root:x:0: daemon:x:1: wheel:x:10:root user:x:1000: nogroup:x:65534: > "$new/etc/group"
    printf '127.0.0.1 localhost\n' > "$new/etc/hosts"
    : > "$new/etc/resolv.conf"; : > "$new/etc/hostname"
    chmod 1777 "$new/tmp" "$new/var/tmp"
    mv -T "$new" "$CACHE/rootfs" 2>/dev/null || rm -rf "$new"
}

# setup_rootfs DIR: a root file system of its own, free to be written to and chowned
setup_rootfs() {
    [ -d "$CACHE/rootfs" ] || _make_rootfs
    cp -a "$CACHE/rootfs" "$1"
}

# is_dynamic PROGRAM: it needs a loader and shared libraries
is_dynamic() { ldd "$1" > /dev/null 2>&1; }

# copy_programs ROOTFS PROGRAM...: the programs in its /bin, and the libraries of those that are not static
copy_programs() {
    local root=$1 program
    shift
    cp "$@" "$root/bin/"
    for program; do
        is_dynamic "$program" || continue
        ldd "$program" | grep -o '/[^ ]*' | xargs cp --dereference --parents --target-directory "$root"
    done
}

# setup_bundle [DIR]: a bundle with a rootfs and the default configuration, `sleep 1000`, no terminal; sets BUNDLE and goes there
setup_bundle() {
    BUNDLE=${1:-$BATS_TEST_TMPDIR/bundle}
    mkdir -p "$BUNDLE"
    # as engines have it: no other user of the host reaches what root of a container writes (hull-userns(7))
    if ! rootless; then chmod o-x "$BUNDLE"; fi
    setup_rootfs "$BUNDLE/rootfs"
    default_config > "$BUNDLE/config.json"
    cd "$BUNDLE" || fail "$BUNDLE"
}

# default_config: what `hull spec` writes (or, before there is one, what every OCI runtime writes), without terminal, sleeping
default_config() {
    local dir=$CACHE/spec.$$ options=()
    if [ ! -e "$CACHE/config.json" ]; then
        mkdir "$dir"
        if rootless; then options=(--rootless); fi
        "$HULL" spec -b "$dir" "${options[@]}" > "$dir/log" 2>&1 || _builtin_config > "$dir/config.json"
        jq '.process.terminal = false | .process.args = ["sleep", "1000"]' "$dir/config.json" > "$CACHE/config.$$"
        if ! grep -q -e "- cgroup" /proc/self/mountinfo; then   # there is none to show
            jq '.mounts |= map(if .type == "cgroup" then . + {type: "tmpfs", source: "tmpfs", options: ["ro"]} else . end)' \
                "$CACHE/config.$$" > "$CACHE/config.v$$" && mv "$CACHE/config.v$$" "$CACHE/config.$$"
        fi
        mv "$CACHE/config.$$" "$CACHE/config.json"
    fi
    cat "$CACHE/config.json"
}

_builtin_config() {
    jq -n --argjson rootless "$(rootless && echo true || echo false)" --argjson uid "$(id -u)" --argjson gid "$(id -g)" '
    ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"] as $caps |
    {
        ociVersion: "1.3.0",
        process: {
            terminal: true, user: {uid: 0, gid: 0}, args: ["sh"], cwd: "/", noNewPrivileges: true,
            env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            capabilities: {bounding: $caps, effective: $caps, permitted: $caps},
            rlimits: [{type: "RLIMIT_NOFILE", hard: 1024, soft: 1024}]
        },
        root: {path: "rootfs", readonly: true},
        hostname: "hull",
        mounts: [
            {destination: "/proc", type: "proc", source: "proc"},
            {destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {destination: "/dev/pts", type: "devpts", source: "devpts",
             options: (["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] + if $rootless then [] else ["gid=5"] end)},
            {destination: "/dev/shm", type: "tmpfs", source: "shm", options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
            {destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"]},
            {destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"]},
            {destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["nosuid", "noexec", "nodev", "relatime", "ro"]}
        ],
        linux: {
            resources: {devices: [{allow: false, access: "rwm"}]},
            namespaces: [{type: "pid"}, {type: "network"}, {type: "ipc"}, {type: "uts"}, {type: "mount"}],
            maskedPaths: ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
                          "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"],
            readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
        }
    } | if $rootless then
        .linux.namespaces += [{type: "user"}] | del(.linux.resources)
        | .linux.uidMappings = [{containerID: 0, hostID: $uid, size: 1}] | .linux.gidMappings = [{containerID: 0, hostID: $gid, size: 1}]
    else . end'
}

# update_config [jq options] FILTER: changes $BUNDLE/config.json
update_config() {
    jq "$@" "$BUNDLE/config.json" > "$BUNDLE/.config.json" && mv "$BUNDLE/.config.json" "$BUNDLE/config.json"
}

# set_args WORD...: the program to run
set_args() { update_config --argjson args "$(jq -cn '$ARGS.positional' --args -- "$@")" '.process.args = $args'; }

# userns_config [FIRST [COUNT]]: a user namespace of its own; unprivileged: the user as 0, then the user's subordinate IDs
userns_config() {
    local uids gids
    if rootless; then
        uids=$(_own_mapping "$(id -u)" /etc/subuid); gids=$(_own_mapping "$(id -g)" /etc/subgid)
    else
        uids="[{\"containerID\": 0, \"hostID\": ${1:-$FIRST_ID}, \"size\": ${2:-$ID_COUNT}}]"; gids=$uids
    fi
    update_config --argjson uids "$uids" --argjson gids "$gids" '
        .linux.namespaces |= (map(select(.type != "user")) + [{type: "user"}]) | .linux.uidMappings = $uids | .linux.gidMappings = $gids'
}

# other_users: the container of $BUNDLE can have users other than root; without privileges it takes
# subordinate IDs
other_users() { if rootless; then requires subids; userns_config; fi; }

# host_id ID [GROUP]: the host's ID of an ID of the container, under userns_config; GROUP: of a group
host_id() {
    local file=/etc/subuid own
    own=$(id -u)
    if [ -n "${2-}" ]; then file=/etc/subgid own=$(id -g); fi
    if ! rootless; then echo $((FIRST_ID + $1))
    elif [ "$1" = 0 ]; then echo "$own"
    else awk -F: -v user="$(id -un)" -v id="$1" '$1 == user { print $2 + id - 1; exit }' $file; fi
}

# host_pids: the container of $BUNDLE has no PID namespace of its own; without privileges then no procfs
host_pids() {
    update_config --argjson rootless "$(rootless && echo true || echo false)" '
        .linux.namespaces |= map(select(.type != "pid"))
        | if $rootless then .mounts |= map(select(.type != "proc")) | .linux.maskedPaths = []
            | .linux.readonlyPaths = [] else . end'
}

_own_mapping() { # ID FILE
    awk -F: -v user="$(id -un)" -v id="$1" '$1 == user {
        printf "[{\"containerID\": 0, \"hostID\": %d, \"size\": 1}, {\"containerID\": 1, \"hostID\": %d, \"size\": %d}]", id, $2, $3; exit }' "$2"
}

# cgroups_path [NAME]: a linux.cgroupsPath in the form that the cgroup manager wants; unprivileged: below the topmost cgroup that
# this user may write (its parent directories remain behind: that is no leftover)
cgroups_path() {
    local above=
    if [ "$HULL_CGROUP_MANAGER" = systemd ]; then
        if rootless; then echo "user.slice:ht:${1:-$ID}"; else echo "system.slice:ht:${1:-$ID}"; fi
        return
    fi
    if rootless && on_v2; then
        above=$(sed -n 's/^0:://p' /proc/self/cgroup)
        while [ -w "/sys/fs/cgroup${above%/*}/cgroup.procs" ] && [ -n "$above" ]; do above=${above%/*}; done
    fi
    echo "$above/$TOKEN-parent/${1:-$ID}"
}

# set_cgroups_path [NAME]: an explicit linux.cgroupsPath (without one, the runtime makes its own from the container's id)
set_cgroups_path() { update_config --arg path "$(cgroups_path "$@")" '.linux.cgroupsPath = $path'; }

# new_id NAME: another container id of this test
new_id() { echo "$ID-$1"; }

# --- running the runtime --------------------------------------------------------------------------------------------------

# hull ARG...: the runtime with this test's state root and cgroup manager, within a time limit, without bats's own descriptors.
# Commands that leave a process behind (create, restore, run and exec with --detach) get /dev/null as stdin, and files as the
# container's stdout and stderr (see container_output): else `run` would wait for the container. Their own messages are passed on.
hull() {
    local command= detach= arg skip= last=
    for arg; do
        last=$arg
        if [ -n "$skip" ]; then skip=; continue; fi
        case $command:$arg in
        :--log | :--log-format | :--root | :--rootless | :--cgroup-manager) skip=1 ;;
        exec:-[pegucC] | exec:--process | exec:--pid-file | exec:--console-socket | exec:--pidfd-socket | exec:--cwd | exec:--env | \
            exec:--user | exec:--additional-gids | exec:--process-label | exec:--apparmor | exec:--cap | exec:--preserve-fds | \
            exec:--cgroup) skip=1 ;;
        *:-d | *:--detach | *:--detach=true) detach=1 ;;
        *:-*) ;;
        exec:*) break ;;
        :*) command=$arg ;;
        esac
    done
    case $command:$detach in
    create:* | restore:1 | run:1) _hull_detached "$last" "$@" ;;
    exec:1) _hull_detached "exec-$last" "$@" ;;
    *) "$LIMIT" "$HULL_LIMIT" "${HULL_CMD[@]}" "$@" 3>&- 4>&- ;;
    esac
}

_hull_detached() {
    local log=$LOGS/${1//[^A-Za-z0-9_+.-]/_} rc=0
    shift
    "$LIMIT" "$HULL_LIMIT" "${HULL_CMD[@]}" "$@" < "${HULL_STDIN:-/dev/null}" > "$log.out" 2> "$log.err" 3>&- 4>&- || rc=$?
    if [ -s "$log.out" ]; then cat "$log.out"; fi
    if [ -s "$log.err" ]; then cat "$log.err" >&2; fi
    return "$rc"
}

# run_hull ARG...: the same under bats's `run`: $status, $output, $lines
run_hull() { run hull "$@"; }

# container_output [ID], container_errors [ID]: what a detached container has written so far
container_output() { cat "$LOGS/${1:-$ID}.out"; }
container_errors() { cat "$LOGS/${1:-$ID}.err"; }

# start_container [ID]: create and start one from $BUNDLE; fails the test when that fails
start_container() {
    create_container "$@"
    hull start "${1:-$ID}" || fail "start ${1:-$ID}: exit status $?"
}

create_container() {
    hull create --bundle "$BUNDLE" --pid-file "$LOGS/${1:-$ID}.pid" "${1:-$ID}" || fail "create ${1:-$ID}: exit status $?"
}

# container_exec [-ID ID] CMD...: runs CMD in the container
container_exec() {
    local id=$ID
    if [ "$1" = -ID ]; then id=$2; shift 2; fi
    hull exec "$id" "$@"
}

container_state() { hull state "${1:-$ID}" | jq -r "${2:-.}"; }
container_status() { hull state "${1:-$ID}" 2>/dev/null | jq -r .status; }
container_pid() { hull state "${1:-$ID}" | jq -r .pid; }

# wait_until SECONDS CMD...: polls; 1 when the time is over
wait_until() {
    local tries=$(($1 * 20 * ${HULL_TEST_SLOW:-1}))
    shift
    until "$@"; do
        [ $((tries -= 1)) -gt 0 ] || return 1
        sleep 0.05
    done
}

# wait_for_status ID STATUS
wait_for_status() {
    wait_until 20 _has_status "$1" "$2" || fail "container $1 is $(container_status "$1"), not $2"
}
_has_status() { [ "$(container_status "$1")" = "$2" ]; }

# shares_namespace PID1 PID2 KIND
shares_namespace() { [ "/proc/$1/ns/$3" -ef "/proc/$2/ns/$3" ]; }

# status_field PID FIELD: a field of /proc/PID/status
status_field() { awk -v field="$2:" '$1 == field { $1 = ""; sub(/^ /, ""); print }' "/proc/$1/status"; }

# --- cgroups --------------------------------------------------------------------------------------------------------------

# cgroup_path CONTROLLER [ID]: the directory of a running container's cgroup ("" or any controller on cgroup v2)
cgroup_path() {
    local pid
    pid=$(container_pid "${2:-$ID}") && cgroup_of_pid "$1" "$pid"
}

# cgroup_of_pid CONTROLLER PID
cgroup_of_pid() {
    local path root mount
    if on_v2; then
        echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$2/cgroup")"
        return
    fi
    if [ "$1" = unified ]; then path=$(sed -n 's/^0:://p' "/proc/$2/cgroup"); else
        path=$(awk -F: -v name="$1" '("," $2 ",") ~ "," name "," { print $3 }' "/proc/$2/cgroup"); fi
    read -r root mount < <(awk -v name="$1" '{ for (i = 7; $i != "-"; i++); type = $(i+1)
        if (name == "unified" ? type == "cgroup2" : type == "cgroup" && ("," $NF ",") ~ "," name ",") { print $4, $5; exit } }' /proc/self/mountinfo)
    if [ "$root" != / ]; then path=${path#"$root"}; fi
    echo "$mount$path"
}

# cgroup_value CONTROLLER FILE [ID]: contents of a control file
cgroup_value() { cat "$(cgroup_path "$1" "${3:-$ID}")/$2"; }

# --- sockets, background programs, mounts, network namespaces -----------------------------------------------------------------

# background NAME CMD...: starts CMD with its output in $LOGS/NAME.out; sets BACKGROUND_PID; end_test ends it
background() {
    local name=$1
    shift
    "$@" > "$LOGS/$name.out" 2> "$LOGS/$name.err" < /dev/null 3>&- 4>&- &
    BACKGROUND_PID=$!
    echo "$BACKGROUND_PID" >> "$LOGS/.background"
}

_stop_background() {
    local pid
    while read -r pid; do
        { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null || true
    done < "$LOGS/.background"
}

# start_console [recvtty options]: listens on $CONSOLE_SOCKET for a terminal; console_output prints what came, console_send types
start_console() {
    CONSOLE_SOCKET=$BATS_TEST_TMPDIR/console.sock
    CONSOLE_INPUT=$BATS_TEST_TMPDIR/console.in
    rm -f "$CONSOLE_SOCKET" "$CONSOLE_INPUT"
    mkfifo "$CONSOLE_INPUT"
    test_program recvtty
    background console sh -c 'exec "$@" <> "$0"' "$CONSOLE_INPUT" "$PROGRAM" -i -r "$LOGS/console.report" "$@" "$CONSOLE_SOCKET"
    CONSOLE_PID=$BACKGROUND_PID
    wait_until 20 test -S "$CONSOLE_SOCKET" || fail "recvtty: $(cat "$LOGS/console.err")"
}
console_output() { cat "$LOGS/console.out"; }
console_report() { cat "$LOGS/console.report"; }   # tty NAME ROWSxCOLS onlcr=0|1
console_send() { printf '%s\n' "$1" > "$CONSOLE_INPUT"; }
console_says() { wait_until 20 grep -q -- "$1" "$LOGS/console.out" || fail "the console said: $(cat "$LOGS/console.out" "$LOGS/console.err")"; }
wait_console() { wait_until 20 _gone "$CONSOLE_PID"; }
_gone() { ! grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"; }

# start_pidfd_receiver: listens on $PIDFD_SOCKET; then $LOGS/pidfd.report has "pidfd PID", and $LOGS/pidfd.out "exited" at its end
start_pidfd_receiver() {
    PIDFD_SOCKET=$BATS_TEST_TMPDIR/pidfd.sock
    test_program recvtty
    background pidfd "$PROGRAM" -p -r "$LOGS/pidfd.report" "$PIDFD_SOCKET"
    wait_until 20 test -S "$PIDFD_SOCKET" || fail "recvtty: $(cat "$LOGS/pidfd.err")"
}

# test_mount MOUNT-ARGUMENTS... TARGET: mount(8), undone by end_test
test_mount() {
    local target=${*: -1}
    mkdir -p "$target"
    mount "$@" && echo "$target" >> "$LOGS/.mounts"
}

# own_mount TARGET: an empty directory of the test's own file system, mounted there: on every kernel that ID-maps anything it can be
own_mount() {
    local source
    source=$(mktemp -d "$BATS_TEST_TMPDIR/mount.XXXXXX") && chmod 755 "$source" && test_mount --bind "$source" "$1"
}

# test_netns NAME: makes a network namespace and pins it, prints its path; released by end_test
test_netns() {
    local file=$BATS_TEST_TMPDIR/netns-$1
    : > "$file"
    unshare --net="$file" true && echo "$file" >> "$LOGS/.mounts" && echo "$file"
}

# hold_namespaces NAME UNSHARE-OPTIONS...: a process that holds new namespaces; sets BACKGROUND_PID to it.
# With --user, that one is mapped to $FIRST_ID.. first, and the others are made inside it, so they belong to it.
hold_namespaces() {
    local name=$1 user= options=() option holder=()
    shift
    for option; do if [ "$option" = --user ]; then user=1; else options+=("$option"); fi; done
    if rootless; then holder=(unshare --user --map-root-user --map-auto) user=; fi
    if [ -n "$user" ]; then
        background "$name-user" unshare --user sh -c 'echo done; exec sleep 100000'
        wait_until 20 grep -qs done "$LOGS/$name-user.out" || fail "unshare --user: $(cat "$LOGS/$name-user.err")"
        echo "0 $FIRST_ID $ID_COUNT" > "/proc/$BACKGROUND_PID/uid_map"
        echo "0 $FIRST_ID $ID_COUNT" > "/proc/$BACKGROUND_PID/gid_map"
        holder=(nsenter --target "$BACKGROUND_PID" --user --setuid 0 --setgid 0)
    fi
    background "$name" "${holder[@]}" unshare "${options[@]}" sh -c 'echo done; exec sleep 100000'
    wait_until 20 grep -qs done "$LOGS/$name.out" || fail "unshare ${options[*]}: $(cat "$LOGS/$name.err")"
}

# --- assertions (about the last `run`, unless told otherwise) ---------------------------------------------------------------

fail() { printf '%s\n' "$*" >&2; return 1; }

assert_success() { [ "$status" -eq 0 ] || fail "exit status $status, expected success; output:"$'\n'"$output"; }

# assert_failure [STATUS]
assert_failure() {
    if [ $# -gt 0 ]; then [ "$status" -eq "$1" ] || fail "exit status $status, expected $1; output:"$'\n'"$output"
    else [ "$status" -ne 0 ] || fail "succeeded, expected a failure; output:"$'\n'"$output"; fi
}

# assert_output TEXT: exactly this; assert_contains TEXT: this somewhere; assert_matches REGEX; refute_contains TEXT
assert_output() { [ "$output" = "$1" ] || fail "output:"$'\n'"$output"$'\n'"expected:"$'\n'"$1"; }
assert_contains() { [[ $output == *"$1"* ]] || fail "output:"$'\n'"$output"$'\n'"expected in it: $1"; }
refute_contains() { [[ $output != *"$1"* ]] || fail "output:"$'\n'"$output"$'\n'"not expected in it: $1"; }
assert_matches() { [[ $output =~ $1 ]] || fail "output:"$'\n'"$output"$'\n'"expected to match: $1"; }

# assert_equal ACTUAL EXPECTED [WHAT]
assert_equal() { [ "$1" = "$2" ] || fail "${3:+$3: }'$1', expected '$2'"; }
