# SPDX-License-Identifier: LGPL-2.1-or-later
# What the machine can do: predicates, and `requires`, which skips a test with the reason when something it needs is missing.

rootless() { [ "$EUID" -ne 0 ]; }

# cgroup v2 is the machine's only hierarchy; v1 controllers are mounted; both at once (v2 then without the v1 controllers)
on_v2() { [ -e /sys/fs/cgroup/cgroup.controllers ]; }
on_v1() { ! on_v2; }
on_hybrid() { on_v1 && awk '$9 == "cgroup2" || $8 == "cgroup2" { found = 1 } END { exit !found }' /proc/self/mountinfo; }
on_systemd() { [ -d /run/systemd/system ] && [ -S /run/dbus/system_bus_socket ]; }

# has_controller NAME: a container's cgroup can have this controller. A test for which the answer is no is noted in the file
# $HULL_TEST_WANTING: tests/vm/check runs it again in a machine that has more.
has_controller() {
    local wanted=$1 names
    if on_v2; then
        read -r names < /sys/fs/cgroup/cgroup.controllers
    else
        names=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i+1) == "cgroup") { gsub(",", " ", $NF); print $NF } }' /proc/self/mountinfo)
        names=${names//$'\n'/ }
    fi
    [[ " $names " == *" $wanted "* ]] && return 0
    _note_wanting more
    return 1
}
_note_wanting() {
    [ -z "${HULL_TEST_WANTING:-}" ] || printf '%s\t%s\t%s\n' "$1" "$BATS_TEST_FILENAME" "$BATS_TEST_DESCRIPTION" >> "$HULL_TEST_WANTING"
}

# version_at_least HAVE WANT
version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }
kernel_at_least() { version_at_least "$(uname -r | sed 's/-.*//')" "$1"; }

# has_capability CAP_NAME: in this process's permitted set
has_capability() { command -v capsh >/dev/null || return 0; capsh --has-p="$(echo "$1" | tr '[:upper:]' '[:lower:]')" >/dev/null 2>&1; }

# has_userns: this user can make a user namespace
has_userns() { unshare --user true 2>/dev/null; }
# has_idmap [DIR]: DIR (the test's own directory unless told) can be mounted with a mapping
has_idmap() { ! rootless && test_program idmap-probe && "$PROGRAM" "${1:-$BATS_TEST_TMPDIR}" 2>/dev/null; }
has_filesystem() { grep -qw "$1" /proc/filesystems || { modprobe -q "$1" 2>/dev/null && grep -qw "$1" /proc/filesystems; }; }
has_subids() { grep -q "^$(id -un):" /etc/subuid && grep -q "^$(id -un):" /etc/subgid && command -v newuidmap >/dev/null; }

# use_criu: a CRIU that works here, in PATH: that of the directory $HULL_TEST_CRIU, that of Debian sid in a guest of tests/vm or here, the
# machine's own, or the guest's, whose distribution is newer (an old CRIU may not know a new kernel's vDSO)
use_criu() {
    local root
    if [ -e "$CACHE/criu" ]; then PATH=$(cat "$CACHE/criu"); export PATH; return; fi
    if ! rootless; then
        for root in ${HULL_TEST_CRIU:+"$HULL_TEST_CRIU"} /opt/criu "${HULL_VM_DIR:-/var/cache/hull-vm}"/*/root{/opt/criu,} ''; do
            [ -z "$root" ] || [ -x "$root/usr/sbin/criu" ] || [ -x "$root/criu" ] || continue
            _criu_path "$root" > "$CACHE/criu.$$" || continue
            mv "$CACHE/criu.$$" "$CACHE/criu"
            PATH=$(cat "$CACHE/criu")
            export PATH
            return
        done
    fi
    return 1
}
_criu_path() { # prints a PATH whose criu works
    local lib="$1/usr/lib/x86_64-linux-gnu"
    if [ -x "$lib/ld-linux-x86-64.so.2" ] && [ -x "$1/usr/sbin/criu" ]; then
        mkdir -p "$CACHE/criu-bin"
        printf '#!/bin/sh\nexec %q --library-path %q %q "$@"\n' "$lib/ld-linux-x86-64.so.2" "$lib" "$1/usr/sbin/criu" > "$CACHE/criu-bin/criu"
        chmod 755 "$CACHE/criu-bin/criu"
        PATH=$CACHE/criu-bin:$PATH
    elif [ -n "$1" ]; then
        PATH=$1:$PATH
    fi
    criu check > /dev/null 2>&1 && echo "$PATH"
}

# runtime_kind: hull, runc or crun, by the name of the program under test
runtime_kind() { case ${HULL##*/} in runc*) echo runc ;; crun*) echo crun ;; *) echo hull ;; esac; }

# what a test does that only root may
declare -gA ROOT_RIGHTS=(
    [cgroups]="makes cgroups that nobody has delegated to it"
    [chown]="has files of several users of the host"
    [chroot]="calls chroot"
    [credentials]="sends another process's credentials"
    [criu]="checkpoints a container"
    [daemon]="reloads the host's systemd"
    [devices]="has rules for devices in its cgroup"
    [files]="has files that only root may read or replace"
    [host]="has a container in the host's user namespace"
    [ids]="maps IDs that this user hasn't"
    [kept]="looks at what hull keeps in /run/hull"
    [locked]="clears flags of mounts that are locked in a user namespace"
    [lsm]="loads profiles or sets labels"
    [mknod]="makes or replaces device nodes"
    [mount]="mounts filesystems on the host"
    [namespaces]="makes namespaces in the host's user namespace"
    [net]="makes network devices on the host"
    [priority]="uses real-time scheduling"
    [setuid]="traces hull, and newuidmap has no rights then"
    [sysctl]="sets limits of the host"
    [users]="becomes other users of the host"
)

# requires WHAT...: skips the test unless all of it is there
#   root:RIGHT (of ROOT_RIGHTS) rootless userns idmap idmap:DIR subids cgroup-v1 cgroup-v2 controller:NAME cgroup-writable systemd
#   manager:cgroupfs|systemd kernel:VERSION fs:NAME capability:CAP_NAME command:NAME apparmor selinux criu
#   seccomp seccomp-listener runtime:hull|runc|crun namespace:NAME file:PATH not-uml last-pid
requires() {
    local what value
    for what; do
        value=${what#*:}
        case $what in
        root:*)
            [ -n "${ROOT_RIGHTS[$value]-}" ] || fail "requires: no such right of root: $value"
            ! rootless || skip "needs root: ${ROOT_RIGHTS[$value]}"
            ;;
        rootless) rootless || skip "needs an unprivileged user" ;;
        userns) has_userns || skip "needs user namespaces" ;;
        idmap) ! rootless || skip "needs root: ID-maps filesystems of the host"
            has_idmap || skip "needs ID-mapped mounts (here: $(stat -f -c %T "$BATS_TEST_TMPDIR"), kernel $(uname -r))" ;;
        idmap:*) has_idmap "$value" || skip "needs ID-mapped mounts of $(stat -f -c %T "$value")" ;;
        subids) has_subids || skip "needs subordinate IDs for $(id -un) and newuidmap" ;;
        cgroup-v1) on_v1 || skip "needs cgroup v1" ;;
        cgroup-v2) on_v2 || skip "needs cgroup v2" ;;
        cgroup-writable) cgroup_writable || skip "needs cgroups that this user may write" ;;
        controller:*) has_controller "$value" || { _note_wanting skip; skip "needs the cgroup controller $value"; } ;;
        systemd) on_systemd || skip "needs systemd" ;;
        manager:*) [ "$HULL_CGROUP_MANAGER" = "$value" ] || skip "needs the cgroup manager $value" ;;
        kernel:*) kernel_at_least "$value" || skip "needs kernel $value, this is $(uname -r)" ;;
        fs:*) has_filesystem "$value" || skip "needs the file system $value" ;;
        capability:*) has_capability "$value" || skip "needs $value" ;;
        command:*) command -v "$value" >/dev/null || skip "needs the command $value" ;;
        apparmor) grep -qs Y /sys/module/apparmor/parameters/enabled || skip "needs AppArmor" ;;
        selinux) [ -e /sys/fs/selinux/enforce ] || skip "needs SELinux" ;;
        criu) use_criu || skip "needs root and a CRIU that works on kernel $(uname -r) (here: $(criu --version 2>/dev/null | sed -n 's/^Version: /version /p' | grep . || echo none))" ;;
        seccomp-listener) test_program as_kernel
            [[ $(timeout 10 setpriv --no-new-privs "$PROGRAM" 100.0 true 2>&1) != *"resource busy"* ]] ||
                skip "a process can have one seccomp listener around it, and has one already (played kernel)" ;;
        seccomp) grep -q '^Seccomp:' /proc/self/status || skip "needs seccomp" ;;
        runtime:*) [ "$(runtime_kind)" = "$value" ] || skip "is about $value only" ;;
        namespace:*) [ -e "/proc/self/ns/$value" ] || skip "needs $value namespaces" ;;
        file:*) [ -e "$value" ] || skip "needs $value" ;;
        last-pid) [ -e /proc/sys/kernel/ns_last_pid ] || skip "needs a kernel that tells which process number comes next (CHECKPOINT_RESTORE)" ;;
        not-uml) [ ! -e /proc/exitcode ] || skip "does not work in User Mode Linux" ;;
        *) fail "requires: no such requirement: $what" ;;
        esac
    done
}

cgroup_writable() {
    local dir
    if on_v2; then dir=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup); else dir=/sys/fs/cgroup/pids; fi
    [ -w "$dir/cgroup.procs" ]
}

# has_delegated NAME: a controller that the host has reaches the cgroups of this user
has_delegated() { ! rootless || on_v1 || grep -qw "$1" "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/cgroup.controllers"; }
