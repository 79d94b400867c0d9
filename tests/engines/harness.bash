# SPDX-License-Identifier: LGPL-2.1-or-later
# What the scenarios of the engines are written with: a file FILE.bash has lines
#
#     scenario NAME [quick] [uml] 'what it is about'
#     NAME() { ... }
#
# and may define `begin` (once, before its scenarios: daemons, images) and `end`. Each scenario runs in a shell of its own under `set -eE`;
# a command that fails, or `fail`, fails it; `skip REASON` ends it. `tidy`, if there is one, runs after each;
# `unfit`, if there is one, prints why none can run. "quick" and "uml" are the marks that tests/engines/check chooses by.
# Variables: $RUNTIME (hull, crun, runc), $RUNTIME_PATH, $VIEW (v1, v2: the cgroups that are seen), $MANAGER (systemd where that is
# running, else cgroupfs), $IMAGE and $ARCHIVE (the image's name, and the archive to load it from).

export PODMAN_IGNORE_CGROUPSV1_WARNING=yes
IMAGE=localhost/engines:latest
ARCHIVE=/tmp/image.tar
scenario_names=() scenario_titles=() scenario_marks=()

scenario() {
    scenario_names+=("$1") scenario_titles+=("${*: -1}") scenario_marks+=(" ${*:2:$#-2} ")
}
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
skip() { printf '%s\n' "$*" >&3; exit 77; }
# same ACTUAL EXPECTED [WHAT]
same() { [ "$1" = "$2" ] || fail "${3:+$3: }'$1', expected '$2'"; }
differ() { [ "$1" != "$2" ] || fail "${3:+$3: }'$1' twice"; }
has() { [[ $1 == *"$2"* ]] || fail "${3:+$3: }'$1' has no '$2'"; }
lacks() { [[ $1 != *"$2"* ]] || fail "${3:+$3: }'$1' has '$2'"; }
# fails CMD...: prints what it said
fails() {
    local output
    if output=$("$@" 2>&1); then fail "succeeded: $*: $output"; fi
    printf '%s\n' "$output"
}
# status_of CMD...: its exit status
status_of() { local status=0; "$@" > /dev/null 2>&1 || status=$?; echo $status; }
# soon CMD...: polls until CMD succeeds, for half a minute of a machine that isn't slow
soon() {
    local end=$((SECONDS + 30 * ${SLOW:-1}))
    until "$@"; do [ $SECONDS -lt $end ] || fail "not in time: $*"; sleep 0.05; done
}
# equals EXPECTED CMD...: for soon: CMD's output is EXPECTED
equals() { local expected=$1; shift; [ "$("$@" 2>/dev/null)" = "$expected" ]; }
# processes REGEX: how many have such a name
processes() { ps -eo comm | grep -cE "$1" || true; }
# on_terminal COMMAND [AS...]: what it writes to a terminal of its own; its input has no end
on_terminal() {
    local input
    input=$(mktemp -u)
    mkfifo -m 666 "$input"
    "${@:2}" script -qec "$1" /dev/null <> "$input" | tr -d '\r'
    rm "$input"
}
# has_nat: can the kernel translate addresses?
has_nat() { unshare --net nft 'add table ip probe; add chain ip probe c { type nat hook postrouting priority 0; }' 2> /dev/null; }
# for a shell in a container: a child is killed for its memory; the shell ends like it, but only when /until/told is there
OUT_OF_MEMORY='tail /dev/zero; status=$?; until [ -e /until/told ]; do sleep 0.1; done; exit $status'
gone() { [ ! -d "/proc/$1" ]; }

# --- what the kernel says about a process ----------------------------------------------------------------------------------------
# id_map PID [gid]: lines "INSIDE OUTSIDE COUNT"
id_map() { awk '{ print $1, $2, $3 }' "/proc/$1/${2:-uid}_map"; }
status_line() { awk -v field="$2:" '$1 == field { $1 = ""; sub(/^ /, ""); print }' "/proc/$1/status"; }
owner() { stat -c %u:%g "$1"; }
# mount_of PID TARGET: type and options (the mount's and the file system's) of what is mounted last on TARGET
mount_of() { awk -v target="$2" '$5 == target { for (i = 7; $i != "-"; i++); found = $(i+1) " " $6 "," $NF } END { print found }' "/proc/$1/mountinfo"; }
namespace() { readlink "/proc/$1/ns/$2"; }

# --- cgroups ---------------------------------------------------------------------------------------------------------------------
# cgroup_dir PID CONTROLLER: on v2 the controller doesn't matter
cgroup_dir() {
    if [ "$VIEW" = v2 ]; then echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")"
    else awk -F: -v c="$2" 'index("," $2 ",", "," c ",") { print "/sys/fs/cgroup/" $2 $3 }' "/proc/$1/cgroup"; fi
}
# has_controllers NAME...: in the hierarchies that are seen
has_controllers() {
    local name
    for name; do
        if [ "$VIEW" = v1 ]; then cut -d: -f2 /proc/self/cgroup | grep -qw "$name"; else grep -qw "$name" /sys/fs/cgroup/cgroup.controllers; fi || return 1
    done
}
need_criu() { criu check > /tmp/criu-check 2>&1 || skip "no CRIU that works here: $(tail -n 1 /tmp/criu-check)"; }
need_controllers() { has_controllers "$@" || skip "no controller $* in this machine's $VIEW hierarchy"; }
# limit PID memory|reservation|swap|pids|quota|cpus: the limit that the kernel has, in the units of v1 (swap: memory and swap)
limit() {
    local dir
    case $2 in memory | reservation | swap) dir=$(cgroup_dir "$1" memory) ;; pids) dir=$(cgroup_dir "$1" pids) ;; cpus) dir=$(cgroup_dir "$1" cpuset) ;;
        *) dir=$(cgroup_dir "$1" cpu) ;; esac
    case $VIEW.$2 in
    v1.memory) cat "$dir/memory.limit_in_bytes" ;;
    v1.reservation) cat "$dir/memory.soft_limit_in_bytes" ;;
    v1.swap) cat "$dir/memory.memsw.limit_in_bytes" ;;
    v1.quota) cat "$dir/cpu.cfs_quota_us" ;;
    v2.memory) cat "$dir/memory.max" ;;
    v2.reservation) cat "$dir/memory.low" ;;
    v2.swap) echo $(($(cat "$dir/memory.max") + $(cat "$dir/memory.swap.max"))) ;;
    v2.quota) cut -d' ' -f1 "$dir/cpu.max" ;;
    *.pids) cat "$dir/pids.max" ;;
    *.cpus) cat "$dir/cpuset.cpus" ;;
    esac
}
# same_shares PID SHARES: on v2 by the older or the newer formula for the weight
same_shares() {
    local weights
    if [ "$VIEW" = v1 ]; then same "$(cat "$(cgroup_dir "$1" cpu)/cpu.shares")" "$2"; return; fi
    weights=$(awk -v s="$2" 'BEGIN { l = log(s) / log(2); w = 10 ^ ((l * l + 125 * l) / 612 - 7 / 34)
        printf " %d %d ", 1 + int((s - 2) * 9999 / 262142), (w == int(w) ? w : int(w) + 1) }')
    has "$weights" " $(cat "$(cgroup_dir "$1" cpu)/cpu.weight") " 'cpu.weight'
}
is_frozen() { # PID
    if [ "$VIEW" = v1 ]; then [ "$(cat "$(cgroup_dir "$1" freezer)/freezer.state")" = FROZEN ]
    else grep -q '^frozen 1' "$(cgroup_dir "$1")/cgroup.events"; fi
}
# prepare_tester: a session of an unprivileged user with subordinate IDs, whose cgroup on v2 is delegated to this user
prepare_tester() {
    install -d -m 700 -o tester -g tester "/run/user/$(id -u tester)"
    if [ "$VIEW" = v1 ] || [ -e /run/session-cgroup ]; then return 0; fi
    if [ "$MANAGER" = systemd ]; then
        soon systemd-run --quiet --user --machine=tester@.host --unit=session --property=Delegate=yes tail -f /dev/null
        echo "/sys/fs/cgroup$(systemctl --user --machine=tester@.host show -P ControlGroup session.service)" > /run/session-cgroup
    else
        mkdir -p /sys/fs/cgroup/tester/session
        chown tester:tester /sys/fs/cgroup/tester{,/session}{,/cgroup.procs,/cgroup.subtree_control,/cgroup.threads}
        echo /sys/fs/cgroup/tester/session > /run/session-cgroup
    fi
}
# as_tester CMD...: in this session
as_tester() {
    (
        [ "$VIEW" = v1 ] || echo "$BASHPID" > "$(< /run/session-cgroup)/cgroup.procs"
        cd /home/tester
        exec setpriv --reuid tester --regid tester --init-groups --inh-caps=-all env -i PATH="$PATH" HOME=/home/tester USER=tester \
            PODMAN_IGNORE_CGROUPSV1_WARNING=yes XDG_RUNTIME_DIR="/run/user/$(id -u tester)" "$@"
    )
}
