# SPDX-License-Identifier: LGPL-2.1-or-later
# What the scenarios of the engines are written with: a file FILE.bash has lines
#
#     scenario NAME [quick] 'what it is about'
#     NAME() { ... }
#
# and may define `begin` (once, before its scenarios: daemons, images) and `end`. Each scenario runs in a shell of its own under `set -eE`;
# a command that fails, or `fail`, fails it; `skip REASON` ends it. `tidy`, if there is one, runs after each;
# `unfit`, if there is one, prints why none can run.
# Variables: $RUNTIME (hull, crun, runc), $RUNTIME_PATH, $VIEW (v1, v2: the cgroups that are seen), $IMAGE and $ARCHIVE (the image's
# name, and the archive to load it from), $LOGS (a directory of this run).

export PODMAN_IGNORE_CGROUPSV1_WARNING=yes
IMAGE=localhost/engines:latest
ARCHIVE=/tmp/image.tar
scenario_names=() scenario_titles=() scenario_quick=()

scenario() {
    local name=$1 quick=
    shift
    if [ "$1" = quick ]; then quick=yes; shift; fi
    scenario_names+=("$name") scenario_titles+=("$1") scenario_quick+=("$quick")
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
# soon CMD...: polls until CMD succeeds, for half a minute
soon() {
    local tries=600
    until "$@"; do [ $((tries -= 1)) -gt 0 ] || fail "not in time: $*"; sleep 0.05; done
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
gone() { [ ! -d "/proc/$1" ]; }

# --- what the kernel says about a process ----------------------------------------------------------------------------------------
# id_map PID [gid]: lines "INSIDE OUTSIDE COUNT"
id_map() { awk '{ print $1, $2, $3 }' "/proc/$1/${2:-uid}_map"; }
status_line() { awk -v field="$2:" '$1 == field { $1 = ""; sub(/^ /, ""); print }' "/proc/$1/status"; }
owner() { stat -c %u:%g "$1"; }
# mount_of PID TARGET: type and options (the mount's and the file system's) of what is mounted last on TARGET
mount_of() { awk -v target="$2" '$5 == target { for (i = 7; $i != "-"; i++); found = $(i+1) " " $6 "," $NF } END { print found }' "/proc/$1/mountinfo"; }
namespace() { readlink "/proc/$1/ns/$2"; }
# cgroup_dir PID CONTROLLER: on v2 the controller doesn't matter
cgroup_dir() {
    if [ "$VIEW" = v2 ]; then echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$1/cgroup")"
    else echo "/sys/fs/cgroup/$2$(awk -F: -v c="$2" '$2 == c { print $3 }' "/proc/$1/cgroup")"; fi
}
# cgroup_value PID CONTROLLER V1-FILE [V2-FILE]
cgroup_value() {
    case $VIEW:${4-} in
    v1:*) cat "$(cgroup_dir "$1" "$2")/$2.$3" ;;
    v2:) skip "no controller $2 in this machine's v2 hierarchy" ;;
    v2:*) cat "$(cgroup_dir "$1" "$2")/$4" ;;
    esac
}
need_controllers() { [ "$VIEW" = v1 ] || skip "no controllers in this machine's v2 hierarchy"; }
# as_tester CMD...: as an unprivileged user with subordinate IDs; on v2 from a cgroup that is delegated to this user
as_tester() {
    (
        [ "$VIEW" = v1 ] || echo "$BASHPID" > /sys/fs/cgroup/tester/session/cgroup.procs
        cd /home/tester
        exec setpriv --reuid tester --regid tester --init-groups --inh-caps=-all env -i PATH="$PATH" HOME=/home/tester USER=tester \
            PODMAN_IGNORE_CGROUPSV1_WARNING=yes XDG_RUNTIME_DIR="/run/user/$(id -u tester)" "$@"
    )
}
prepare_tester() {
    install -d -m 700 -o tester -g tester "/run/user/$(id -u tester)"
    [ "$VIEW" = v2 ] || return 0
    mkdir -p /sys/fs/cgroup/tester/session
    chown tester:tester /sys/fs/cgroup/tester{,/session}{,/cgroup.procs,/cgroup.subtree_control,/cgroup.threads}
}
