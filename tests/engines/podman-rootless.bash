# SPDX-License-Identifier: LGPL-2.1-or-later
# podman, as a user without privileges who has subordinate IDs
# shellcheck shell=bash disable=SC2016 # what stands in single quotes is for the shell in the container
. /engines/podman-helpers.bash

FIRST=2000000       # of the user's subordinate IDs
begin() {
    configure_podman
    prepare_tester
    as_tester podman load -q -i "$ARCHIVE"
    as_tester podman tag $IMAGE localhost/busybox:1.37
}
podman() { as_tester podman "$@"; }
tester_id() { id -u tester; }

scenario streams quick 'run: streams, exit status, user'
streams() {
    same "$(podman info -f '{{.Host.Security.Rootless}} {{.Host.OCIRuntime.Name}}')" "true $RUNTIME"
    same "$(echo text | run -i $IMAGE sh -c 'cat; id -u')" $'text\n0'
    same "$(status_of run $IMAGE sh -c 'exit 7')" 7
    same "$(status_of run $IMAGE no-such-program)" 127
}

scenario maps quick uml 'run -d, exec, stop: the user is root inside'
maps() {
    run_d a $IMAGE sleep 1000
    pid=$(pid_of a)
    same "$(id_map "$pid" | xargs)" "0 $(tester_id) 1 1 $FIRST 262144"
    same "$(owner "/proc/$pid")" "$(tester_id):$(id -g tester)"
    for kind in user mnt pid net ipc uts; do differ "$(namespace "$pid" $kind)" "$(namespace self $kind)" $kind; done
    same "$(podman exec -u 1000 -e A=b a sh -c 'id -u; echo $A' | xargs)" '1000 b'
    same "$(podman exec a stat -c %u:%g /home/user/file)" 1000:1000
    podman stop -t 0 a
    same "$(state_of a)" exited
}

scenario keep_id quick 'run --userns=keep-id, with and without other IDs'
keep_id() {
    run_d a --userns=keep-id -v /home/tester:/there $IMAGE sleep 1000
    pid=$(pid_of a)
    same "$(owner "/proc/$pid")" "$(tester_id):$(id -g tester)"
    same "$(podman exec a id -u)" "$(tester_id)"
    podman exec a touch /there/made
    same "$(owner /home/tester/made)" "$(tester_id):$(id -g tester)"
    same "$(run --userns=keep-id:uid=200,gid=210 $IMAGE sh -c 'id -u; id -g' | xargs)" '200 210'
}

scenario auto quick uml 'run --userns=auto, --userns=nomap, --uidmap'
auto() {
    run_d a --userns=auto $IMAGE sleep 1000
    run_d b --userns=auto $IMAGE sleep 1000
    differ "$(owner "/proc/$(pid_of a)")" "$(owner "/proc/$(pid_of b)")"
    [ "$(stat -c %u "/proc/$(pid_of a)")" -ge $FIRST ] || fail "$(owner "/proc/$(pid_of a)")"
    run_d c --userns=nomap $IMAGE sleep 1000
    lacks " $(id_map "$(pid_of c)" | xargs) " " $(tester_id) "
    run_d d --uidmap 0:5:1000 --uidmap 1000:0:1 --uidmap 1001:1005:1000 --gidmap 0:5:2000 $IMAGE sleep 1000
    same "$(owner "/proc/$(pid_of d)")" "$((FIRST + 4)):$((FIRST + 4))"
}

scenario volumes 'volumes, tmpfs, read-only, a device'
volumes() {
    podman volume create v > /dev/null
    run -v v:/v $IMAGE sh -c 'touch /v/x; chown 5:5 /v/x'
    same "$(owner "$(podman volume inspect -f '{{.Mountpoint}}' v)/x")" "$((FIRST + 4)):$((FIRST + 4))"
    run_d a --read-only --tmpfs /scratch -v v:/v:ro --device /dev/fuse $IMAGE sleep 1000
    podman exec a touch /scratch/x
    fails podman exec a touch /v/y
    same "$(podman exec a stat -c '%t:%T' /dev/fuse)" a:e5
    has "$(mount_of "$(pid_of a)" /)" ' ro,'
}

scenario privileged 'run --privileged, --cap-add, and a mount'
privileged() {
    run_d a --privileged $IMAGE sleep 1000
    podman exec a sh -c 'mkdir /tmp/m && mount -t tmpfs tmpfs /tmp/m'
    same "$(grep -c /tmp/m /proc/self/mountinfo)" 0
    fails podman exec a mknod /tmp/null c 1 3
}

scenario terminal 'run -t, exec -t'
terminal() {
    run_d a -t $IMAGE sh -c 'tty; sleep 1000'
    soon equals /dev/pts/0 says_plain a
    # the last words on a terminal may be lost between conmon and podman
    on_terminal "podman exec -it a sh -c 'tty > /tmp/seen'" as_tester
    same "$(podman exec a cat /tmp/seen)" /dev/pts/1
}
says_plain() { podman logs "$1" | tr -d '\r'; }

scenario host_network 'run --network=host, --pid=host, --ipc=host, --cgroups=disabled'
host_network() {
    run_d a --network=host --ipc=host $IMAGE sleep 1000
    same "$(namespace "$(pid_of a)" net)" "$(namespace self net)"
    podman exec a test -e /sys/class/net/lo
    run_d b --pid=host $IMAGE sleep 1000
    same "$(namespace "$(pid_of b)" pid)" "$(namespace self pid)"
    podman rm -ft 0 b > /dev/null
}

scenario pasta quick 'networks: pasta, slirp4netns, a published port'
pasta() {
    run_d a -p 8083:80 $IMAGE httpd -f -p 80 -h /www
    soon equals 'hello from the image' busybox wget -T 10 -qO- http://127.0.0.1:8083/
    podman exec a test -d /sys/class/net/lo
    podman rm -ft 0 a > /dev/null
    run_d b --network slirp4netns -p 8084:80 $IMAGE httpd -f -p 80 -h /www
    soon equals 'hello from the image' busybox wget -T 10 -qO- http://127.0.0.1:8084/
    podman exec b test -d /sys/class/net/tap0
}

scenario pod 'pod create: shared namespaces'
pod() {
    podman pod create --name p > /dev/null
    run_d a --pod p $IMAGE sleep 1000
    run_d b --pod p $IMAGE sleep 1000
    for kind in user net ipc uts; do same "$(namespace "$(pid_of a)" $kind)" "$(namespace "$(pid_of b)" $kind)" $kind; done
}

scenario kube quick 'kube play: two pods with hostUsers: false'
kube() {
    podman kube play -q /contrib/kubernetes/user-namespace-two-pods.yaml > /dev/null
    a=$(pid_of user-namespace-a-shell) b=$(pid_of user-namespace-b-shell)
    differ "$(owner "/proc/$a")" "$(owner "/proc/$b")"
    [ "$(stat -c %u "/proc/$a")" -ge $FIRST ] || fail "$(owner "/proc/$a")"
    podman pod stop -at 0 > /dev/null
    podman kube down --force /contrib/kubernetes/user-namespace-two-pods.yaml > /dev/null
}

scenario build 'build: RUN steps'
build() {
    mkdir -p /tmp/context
    printf '%s\n' "FROM $IMAGE" 'RUN id -u > /who && chown 1000 /who && touch /tmp/x' 'CMD cat /who' > /tmp/context/Containerfile
    podman build $BUILD_LIMITS -q -t localhost/built /tmp/context
    same "$(run localhost/built)" 0
}

scenario delegated quick uml 'pause, and limits, in a cgroup that is delegated'
delegated() {
    [ "$VIEW" = v2 ] || skip 'nothing of cgroup v1 can be delegated'
    controllers=$(< "$(< /run/session-cgroup)/cgroup.controllers") options=()
    case $controllers in *memory*) options+=(--memory 64m) ;; esac
    case $controllers in *pids*) options+=(--pids-limit 50) ;; esac
    case $controllers in *hugetlb*) options+=(--cgroup-conf=hugetlb.2MB.max=4194304) ;; esac
    run_d a "${options[@]}" $IMAGE sleep 1000
    pid=$(pid_of a)
    dir=$(cgroup_dir "$pid")
    has "$dir" "$([ "$MANAGER" = systemd ] && echo "/user@$(tester_id).service/" || echo /tester/)"
    case $controllers in *memory*) same "$(limit "$pid" memory)" $((64 << 20)) ;; esac
    case $controllers in *pids*) same "$(limit "$pid" pids)" 50 ;; esac
    case $controllers in *hugetlb*) same "$(cat "$dir/hugetlb.2MB.max")" 4194304 ;; esac
    podman pause a
    has "$(cat "$dir/cgroup.events")" 'frozen 1'
    podman unpause a
    podman exec a true
}

scenario no_delegation 'limits without a delegated cgroup: podman warns, the container runs'
no_delegation() {
    [ "$VIEW" = v1 ] || skip 'cgroups are delegated here'
    podman run -d --name a --memory 64m $IMAGE sleep 1000 > /tmp/said 2>&1
    has "$(cat /tmp/said)" 'not supported'
    podman exec a true
}

scenario nothing_left quick uml 'nothing is left: processes, state'
nothing_left() {
    podman rm -fat 0
    same "$(processes 'conmon|sleep')" 0 processes
    same "$(as_tester "$RUNTIME" list -q)" ''
}
