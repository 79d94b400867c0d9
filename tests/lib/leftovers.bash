# SPDX-License-Identifier: LGPL-2.1-or-later
# What a test or a run of tests has left behind on the machine, and how to get rid of it.
#
# Other tests may run on the same machine at the same time, so nothing here looks at "everything that is new": what is ours
# carries a TOKEN (the environment variable HULL_TEST_ID of every program the tests start, the names of containers, cgroups,
# units and network namespaces) or points into the test's own directory DIR. A machine that belongs to the tests alone says so
# with HULL_TEST_EXCLUSIVE=1 (tests/vm does); there every difference counts, see exclusive_snapshot.

# _ours TOKEN DIR: refuses to work on anything but a test's own token and directory: what is found here gets killed, unmounted and
# removed, and an empty variable would mean the whole machine
_ours() {
    [[ ${1:-} =~ ^ht[0-9a-f]{6,}(x[0-9]*)?$ && ${2:-} =~ ^/.*/.*[^/]$ && -d $2 ]] && return 0
    echo "leftovers: not a test's token and directory: '${1:-}' '${2:-}'" >&2
    exit 1
}

# cgroup_mounts: the mount points of all cgroup hierarchies, one a line
cgroup_mounts() { awk '{ for (i = 7; $i != "-"; i++); if ($(i+1) ~ /^cgroup2?$/) print $5 }' /proc/self/mountinfo; }

# left_cgroups TOKEN: directories of cgroups named after TOKEN, children first
left_cgroups() {
    local mounts
    mapfile -t mounts < <(cgroup_mounts)
    [ ${#mounts[@]} -eq 0 ] || find "${mounts[@]}" -xdev -depth -type d -path "*$1*" 2>/dev/null
}

# _start_of PID: when it started, in clock ticks since boot
_start_of() {
    local stat
    { read -r stat < "/proc/$1/stat"; } 2>/dev/null || return 1
    # shellcheck disable=SC2086
    set -- ${stat##*) }
    echo "${20}"
}

# left_pids TOKEN DIR: processes that carry the token, sit in one of our cgroups, or live in another mount namespace that shows DIR.
# What it names may be killed: never a process older than this shell, and none whose namespace can't be read.
left_pids() {
    local token=$1 dir=$2 file pid cgroup oldest start
    oldest=$(_start_of $$)
    {
        grep -lsaF "HULL_TEST_ID=$token" /proc/[0-9]*/environ
        left_cgroups "$token" | while read -r cgroup; do sed 's,^,/proc/,; s,$,/,' "$cgroup/cgroup.procs" 2>/dev/null; done
        for file in $(grep -lsF " $dir/" /proc/[0-9]*/mountinfo); do
            file=${file%/mountinfo}/ns/mnt
            if [ -e "$file" ] && [ ! "$file" -ef /proc/self/ns/mnt ]; then echo "$file"; fi
        done
    } | cut -d/ -f3 | sort -un | while read -r pid; do
        case $pid in "$$" | "$BASHPID" | "${BATS_ROOT_PID:-}" | 0 | 1) continue ;; esac
        start=$(_start_of "$pid") && [ "$start" -ge "$oldest" ] || continue
        # a program of the pipe above, or one that ended meanwhile, or a zombie
        if grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$pid/status"; then echo "$pid"; fi
    done
}

# left_mounts TOKEN DIR [SNAPSHOT]: mounts of this mount namespace; with a snapshot of an undisturbed namespace, whatever is new.
# A mount namespace that the runtime keeps for the next container is pinned at .../@mntns: that is no leftover.
left_mounts() {
    awk -v token="$1" -v dir="$2/" -v snapshot="${3:-}" '
        BEGIN { while (snapshot && (getline line < snapshot) > 0) { split(line, f, " "); old[f[1] " " f[5]] = 1 } }
        $5 ~ /\/@mntns(\/|$)/ { next }
        snapshot ? !(($1 " " $5) in old) : (index($5 "/", dir) == 1 || index($0, token)) { print $5 " (" $4 ")" }' /proc/self/mountinfo
}

left_netns() { local n; for n in /run/netns/*"$1"*; do if [ -e "$n" ]; then echo "$n"; fi; done; }

left_units() {
    [ -d /run/systemd/system ] || return 0
    systemctl list-units --all --plain --no-legend "*$1*" 2>/dev/null | cut -d' ' -f1
}

# exclusive_snapshot: state of a machine that nobody else uses, for diff
exclusive_snapshot() {
    local mount
    cgroup_mounts | while read -r mount; do find "$mount" -xdev -type d; done 2>/dev/null |
        grep -vE '\.(service|socket|timer|slice|mount|swap)(/|$)|/(init|session-[^/]*)\.scope' | sed 's/^/cgroup /'
    for mount in /run /run/netns /dev/shm /sys/class/net /sys/fs/bpf /var/lib /run/systemd/transient; do
        if [ -d "$mount" ]; then find "$mount" -mindepth 1 -maxdepth 1 ! -name 'hull' ! -name 'netns' -printf "file %p\n"; fi
    done 2>/dev/null
}

# describe_pid PID
describe_pid() {
    printf 'process %s: %s [parent %s, state %s]\n' "$1" "$(tr '\0' ' ' 2>/dev/null < "/proc/$1/cmdline")" \
        "$(awk '/^PPid/ { print $2 }' "/proc/$1/status" 2>/dev/null)" "$(awk '/^State/ { print $2 }' "/proc/$1/status" 2>/dev/null)"
}

# leftovers TOKEN DIR [MOUNT-SNAPSHOT]: a line for each thing left; nothing printed means clean
leftovers() {
    local token=$1 dir=$2 pid
    _ours "$1" "$2"
    for pid in $(left_pids "$token" "$dir"); do describe_pid "$pid"; done
    left_cgroups "$token" | sed 's/^/cgroup /'
    left_mounts "$token" "$dir" "${3:-}" | sed 's/^/mount /'
    left_netns "$token" | sed 's/^/network namespace /'
    if [ "${HULL_CGROUP_MANAGER:-}" = systemd ]; then left_units "$token" | sed 's/^/unit /'; fi
}

# kill_pids TOKEN DIR: kill until nothing is left to kill; a frozen task of cgroup v1 dies only when thawed
kill_pids() {
    local cgroup pids round
    _ours "$@"
    for round in 1 2 3 4 5 6 7 8 9 10; do
        pids=$(left_pids "$1" "$2")
        [ -n "$pids" ] || return 0
        left_cgroups "$1" | while read -r cgroup; do
            if [ -e "$cgroup/freezer.state" ]; then echo THAWED > "$cgroup/freezer.state"; fi
            if [ -e "$cgroup/cgroup.kill" ]; then echo 1 > "$cgroup/cgroup.kill"; fi
        done 2>/dev/null
        # shellcheck disable=SC2086 # a list of numbers
        kill -KILL $pids 2>/dev/null
        sleep 0.1
    done
    return 1
}

# unmount_below TOKEN DIR: every mount below DIR (and the pinned mount namespace), the last made first
unmount_below() {
    local target
    _ours "$1" "$2"
    awk -v dir="$2/" 'index($5 "/", dir) == 1 { print $5 }' /proc/self/mountinfo | tac | while read -r target; do
        umount -l "$(printf %b "$target")" 2>/dev/null
    done
}

# remove_leftovers TOKEN DIR
remove_leftovers() {
    local item
    _ours "$1" "$2"
    kill_pids "$1" "$2"
    left_units "$1" | while read -r item; do systemctl stop "$item"; systemctl reset-failed "$item"; done 2>/dev/null
    left_cgroups "$1" | while read -r item; do rmdir "$item"; done 2>/dev/null
    left_netns "$1" | while read -r item; do umount -l "$item"; rm -f "$item"; done 2>/dev/null
    unmount_below "$1" "$2"
}
