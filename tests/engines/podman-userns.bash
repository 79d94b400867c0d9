# SPDX-License-Identifier: LGPL-2.1-or-later
# podman, as root, with user namespaces
# shellcheck shell=bash disable=SC2016 # what stands in single quotes is for the shell in the container
. /engines/podman-helpers.bash

MAP='--uidmap 0:100000:70000 --gidmap 0:200000:70000'
overlap() { # MAP-LINE MAP-LINE: do the outer ranges overlap?
    awk '{ first[NR] = $2; end[NR] = $2 + $3 } END { exit !(first[1] < end[2] && first[2] < end[1]) }' <<< "$1"$'\n'"$2"
}

scenario auto quick uml 'run --userns=auto: ranges of their own, what they own'
auto() {
    run_d a --userns=auto $IMAGE sleep 1000
    run_d b --userns=auto:size=2000 $IMAGE sleep 1000
    a=$(pid_of a) b=$(pid_of b)
    ! overlap "$(id_map "$a")" "$(id_map "$b")" || fail "overlap: $(id_map "$a"), $(id_map "$b")"
    read -r inside first count < <(id_map "$a")
    [ "$inside" = 0 ] && [ "$first" -ge 4194304 ] && [ "$count" -ge 1024 ] || fail "$(id_map "$a")"
    has "$(id_map "$b") " ' 2000 '
    same "$(id_map "$a" gid)" "$inside $first $count"
    same "$(owner "/proc/$a")" "$first:$first"
    for kind in user net mnt ipc uts pid; do differ "$(namespace "$a" $kind)" "$(namespace self $kind)" $kind; done
    same "$(podman exec a stat -c %u:%g / /bin/busybox /home/user/file /dev/pts/ptmx /dev/mqueue /sys/class/net/lo/ | xargs)" \
        '0:0 0:0 1000:1000 0:0 0:0 0:0'
    same "$(podman exec a sh -c 'touch /root/new && stat -c %u /root/new')" 0
    same "$(cat "/proc/$a/setgroups")" allow
}

scenario explicit quick 'run --uidmap, --gidmap: these maps and no others'
explicit() {
    run_d a $MAP $IMAGE sleep 1000
    same "$(id_map "$(pid_of a)")" '0 100000 70000'
    same "$(id_map "$(pid_of a)" gid)" '0 200000 70000'
    same "$(owner "/proc/$(pid_of a)/root/home/user/file")" 101000:201000
    run_d b --uidmap 0:300000:1 --uidmap 1:400000:999 --uidmap 1000:1:1 --uidmap 1001:500000:1000 --uidmap 65534:600000:1 \
        --gidmap 0:300000:66000 -u 1000 $IMAGE sleep 1000
    same "$(id_map "$(pid_of b)" | xargs)" '0 300000 1 1 400000 999 1000 1 1 1001 500000 1000 65534 600000 1'
    same "$(owner "/proc/$(pid_of b)")" 1:301000
}

scenario many_lines 'run --uidmap with forty lines'
many_lines() {
    options=()
    for i in $(seq 0 39); do options+=(--uidmap "$i:$((100000 + 2 * i)):1" --gidmap "$i:$((200000 + 2 * i)):1"); done
    options+=(--uidmap 40:300000:70000 --gidmap 40:300000:70000)
    run_d a "${options[@]}" $IMAGE sleep 1000
    same "$(id_map "$(pid_of a)" | wc -l)" 41
}

scenario join quick 'run --userns=container:'
join() {
    run_d a $MAP $IMAGE sleep 1000
    run_d b --userns=container:a $IMAGE sleep 1000
    same "$(namespace "$(pid_of b)" user)" "$(namespace "$(pid_of a)" user)"
    differ "$(namespace "$(pid_of b)" mnt)" "$(namespace "$(pid_of a)" mnt)"
    same "$(owner "/proc/$(pid_of b)")" 100000:200000
    podman exec b sh -c 'test "$(id -u)" = 0 && touch /root/file'
    run_d d --userns=container:a --pid=container:a --network=container:a $IMAGE sleep 1000
    for kind in user pid net; do same "$(namespace "$(pid_of d)" $kind)" "$(namespace "$(pid_of a)" $kind)" $kind; done
}

scenario join_path 'run --userns=ns:PATH'
join_path() {
    run_d a $MAP $IMAGE sleep 1000
    mkdir -p /disk/mapped
    tar -xOf "$ARCHIVE" layer.tar | tar -C /disk/mapped -x
    chown -R 100000:200000 /disk/mapped
    run_d b --userns=ns:"/proc/$(pid_of a)/ns/user" --rootfs /disk/mapped sleep 1000
    same "$(namespace "$(pid_of b)" user)" "$(namespace "$(pid_of a)" user)"
    same "$(owner "/proc/$(pid_of b)")" 100000:200000
}

scenario idmap_volume quick uml '-v DIR:/v:idmap: who owns what on the host'
idmap_volume() {
    mkdir -p /disk/idmap_volume
    chmod o-x /disk     # who of the host reached it could execute a set-uid file that is made there
    touch /disk/idmap_volume/of-root /disk/idmap_volume/of-user
    chown 1000:1000 /disk/idmap_volume/of-user
    same "$(run $MAP -v /disk/idmap_volume:/v:idmap $IMAGE sh -c 'stat -c %u:%g /v /v/of-root /v/of-user; touch /v/new; chown 5:6 /v/new' | xargs)" \
        '0:0 0:0 1000:1000'
    same "$(owner /disk/idmap_volume/new)" 5:6
    podman volume create v > /dev/null
    run $MAP -v v:/v:idmap $IMAGE touch /v/new
    same "$(owner "$(podman volume inspect -f '{{.Mountpoint}}' v)/new")" 0:0
    # without it nobody there is anybody here
    same "$(run $MAP -v /disk/idmap_volume:/v $IMAGE stat -c %u /v/of-user)" 65534
    rm -r /disk/idmap_volume
}

scenario own_idmap quick '-v DIR:/v:idmap=uids=...: with its own mapping, with and without a user namespace'
own_idmap() {
    mkdir -p /disk/own_idmap
    chmod o-x /disk
    chown 10:20 /disk/own_idmap
    # of the container's 0 the disk's 10; without a user namespace; then relative to the container's
    same "$(run -v '/disk/own_idmap:/v:idmap=uids=10-0-1#11-1-9;gids=20-0-10' $IMAGE sh -c 'stat -c %u:%g /v; touch /v/new; touch /v/other; chown 3:4 /v/other')" 0:0
    same "$(owner /disk/own_idmap/new) $(owner /disk/own_idmap/other)" '10:20 13:24'
    same "$(run $MAP -v '/disk/own_idmap:/v:idmap=uids=@10-0-10;gids=@20-0-10' $IMAGE stat -c %u:%g /v/other)" 3:4
    rm -r /disk/own_idmap
}

scenario idmap_recursive '-v DIR:/v:ridmap, read-only, and a file'
idmap_recursive() {
    mkdir -p /disk/idmap_recursive/below
    mount -t tmpfs tmpfs /disk/idmap_recursive/below
    touch /disk/idmap_recursive/below/file
    same "$(run $MAP --mount type=bind,source=/disk/idmap_recursive,destination=/v,idmap,ro $IMAGE stat -c %u /v)" 0
    fails run $MAP --mount type=bind,source=/disk/idmap_recursive,destination=/v,idmap,ro $IMAGE touch /v/new
    same "$(run $MAP -v /disk/idmap_recursive/below/file:/file:idmap $IMAGE sh -c 'stat -c %u /file; echo x > /file')" 0
    umount /disk/idmap_recursive/below
    rm -r /disk/idmap_recursive
}

scenario idmap_rootfs quick 'run --rootfs DIR:idmap: nothing is chowned'
idmap_rootfs() {
    mkdir -p /disk/rootfs
    tar -xOf "$ARCHIVE" layer.tar | tar -C /disk/rootfs -x
    run_d a $MAP --rootfs /disk/rootfs:idmap sleep 1000
    same "$(podman exec a stat -c %u:%g / /home/user/file | xargs)" '0:0 1000:1000'
    same "$(owner "/proc/$(pid_of a)")" 100000:200000
    podman exec a touch /root/new
    podman rm -ft 0 a
    same "$(owner /disk/rootfs/root/new) $(owner /disk/rootfs/home/user/file)" '0:0 1000:1000'
    rm -r /disk/rootfs
}

scenario pod_auto quick uml 'pod create --userns=auto: one range for all'
pod_auto() {
    podman pod create --name p --userns=auto > /dev/null
    podman pod create --name q --userns=auto > /dev/null
    run_d a --pod p $IMAGE sleep 1000
    run_d b --pod p -u 1000:0 $IMAGE sleep 1000
    run_d c --pod q $IMAGE sleep 1000
    for kind in user net ipc uts; do same "$(namespace "$(pid_of a)" $kind)" "$(namespace "$(pid_of b)" $kind)" $kind; done
    differ "$(namespace "$(pid_of a)" user)" "$(namespace "$(pid_of c)" user)"
    ! overlap "$(id_map "$(pid_of a)")" "$(id_map "$(pid_of c)")" || fail overlap
    read -r _ first _ < <(id_map "$(pid_of a)")
    same "$(owner "/proc/$(pid_of b)")" "$((first + 1000)):$first"
}

scenario filesystems 'with --read-only, --tmpfs, --sysctl, devices, /dev/shm, a terminal'
filesystems() {
    run_d a $MAP --read-only --tmpfs /scratch --device /dev/fuse --sysctl net.ipv4.ip_forward=1 --shm-size 1m $IMAGE sleep 1000
    pid=$(pid_of a)
    has "$(mount_of "$pid" /)" ' ro,'
    podman exec a touch /scratch/x /dev/shm/x /tmp/x
    fails podman exec a touch /x
    same "$(owner "/proc/$pid/root/scratch/x")" 100000:200000
    has "$(mount_of "$pid" /dev/shm)" size=1024k
    same "$(podman exec a cat /proc/sys/net/ipv4/ip_forward)" 1
    same "$(podman exec a stat -c '%t:%T' /dev/null /dev/fuse | xargs)" '1:3 a:e5'
    podman exec a sh -c 'echo x > /dev/null; : < /dev/fuse'
    has "$(on_terminal "podman exec -it a sh -c 'tty; stat -c %u \$(tty)'" | xargs)" '/dev/pts/0 0'
    run_d b $MAP -t -u 1000 $IMAGE sh -c 'echo typed > /dev/tty; sleep 1000'
    soon equals typed sh -c 'podman logs b | tr -d "\r"'
}

scenario stdio_of_users 'a user that is not root writes to its standard streams by path'
stdio_of_users() {
    same "$(run $MAP -u 1000 $IMAGE sh -c 'echo out > /dev/stdout; echo err > /dev/stderr' 2>&1 | sort | xargs)" 'err out'
}

scenario privileged 'with --privileged and --cap-add SYS_ADMIN: root of its own namespace, nobody outside'
privileged() {
    run_d a $MAP --privileged $IMAGE sleep 1000
    same "$(status_line "$(pid_of a)" CapEff)" "$(status_line self CapBnd)"
    podman exec a sh -c 'mkdir /tmp/m && mount -t tmpfs tmpfs /tmp/m && hostname other'
    same "$(hostname)" engines
    fails podman exec a mknod /tmp/null c 1 3
    run_d b $MAP --cap-add SYS_ADMIN $IMAGE sleep 1000
    podman exec b sh -c 'mkdir /tmp/m && mount -t tmpfs tmpfs /tmp/m'
    same "$(grep -c /tmp/m /proc/self/mountinfo)" 0
}

scenario host_namespaces 'with --network=host, --pid=host, --ipc=host'
host_namespaces() {
    run_d a $MAP --network=host $IMAGE sleep 1000
    same "$(namespace "$(pid_of a)" net)" "$(namespace self net)"
    podman exec a test -e /sys/class/net/lo
    run_d b $MAP --pid=host --ipc=host $IMAGE sleep 1000
    same "$(namespace "$(pid_of b)" pid)" "$(namespace self pid)"
    pid=$(pid_of b)
    podman rm -ft 0 b
    soon gone "$pid"
}

scenario chowned_volume '-v VOL:/v:U, and one volume for two containers'
chowned_volume() {
    run $MAP -v v:/v:U $IMAGE sh -c 'stat -c %u /v; touch /v/x'
    same "$(owner "$(podman volume inspect -f '{{.Mountpoint}}' v)/x")" 100000:200000
}

scenario limits_in uml 'limits, update and pause of a container with a user namespace'
limits_in() {
    need_controllers memory pids
    run_d a $MAP --memory 64m --pids-limit 50 $IMAGE sleep 1000
    pid=$(pid_of a)
    same "$(limit "$pid" memory) $(limit "$pid" pids)" "$((64 << 20)) 50"
    podman update --pids-limit 60 a > /dev/null
    same "$(limit "$pid" pids)" 60
    podman pause a
    is_frozen "$pid"
    podman unpause a
}

scenario network_in 'network: a published port, a ping without privileges'
network_in() {
    run_d a --userns=auto -p 8082:80 $IMAGE httpd -f -p 80 -h /www
    soon equals 'hello from the image' busybox wget -T 10 -qO- http://127.0.0.1:8082/
    same "$(podman exec a cat /proc/sys/net/ipv4/ping_group_range | xargs)" '0 0'
}

scenario nothing_left quick uml 'nothing is left: processes, cgroups, state'
