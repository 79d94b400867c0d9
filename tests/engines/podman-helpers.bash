# SPDX-License-Identifier: LGPL-2.1-or-later
# What the files of podman and buildah share
# shellcheck shell=bash

# buildah asks for more than a machine without CAP_SYS_RESOURCE can give
BUILD_LIMITS='--ulimit nofile=1024 --ulimit nproc=1024'

configure_podman() {
    mkdir -p /etc/containers/containers.conf.d
    [ "$RUNTIME" != hull ] || cp /contrib/podman/containers.conf /etc/containers/containers.conf.d/50-hull.conf
    printf '[engine]\nruntime = "%s"\n' "$RUNTIME" > /etc/containers/containers.conf.d/60-default.conf
    # netavark makes its rules there, needed or not
    has_nat || printf '[network]\nfirewall_driver = "none"\n' > /etc/containers/containers.conf.d/60-no-nat.conf
    # podman asks for a limit on processes in any case, if it isn't told not to
    has_controllers pids || printf '[containers]\npids_limit = 0\n' > /etc/containers/containers.conf.d/60-no-pids-controller.conf
}
begin() {
    configure_podman
    podman load -q -i "$ARCHIVE"
}
tidy() {
    # --all doesn't always find the order of what depends on what
    for _ in 1 2 3; do
        [ -n "$(podman ps -aq; podman pod ps -q; podman volume ls -q)" ] || return 0
        podman pod rm -fat 0
        podman rm -fat 0
        podman volume rm -fa
    done
}
run() { podman run --rm "$@"; }
run_d() { podman run -d --name "$@" > /dev/null; }
pid_of() { podman inspect -f '{{.State.Pid}}' "$1"; }
state_of() { podman inspect -f '{{.State.Status}}' "$1"; }
says() { podman logs "$1" 2>&1; }
nothing_left() {
    podman rm -fat 0
    case $RUNTIME in hull) state=$(hull list -q) ;; *) state=$("$RUNTIME" list -q) ;; esac
    same "$state" ''
    same "$(find /sys/fs/cgroup -path '*libpod-*' -type d 2>/dev/null | grep -v conmon | head -n 3)" '' cgroups
    same "$(processes 'conmon|sleep')" 0 processes
}
