# SPDX-License-Identifier: LGPL-2.1-or-later
# podman, as root
# shellcheck shell=bash disable=SC2016 # what stands in single quotes is for the shell in the container

. /engines/podman-helpers.bash

scenario info quick 'the drop-in makes it the runtime'
info() { same "$(podman info -f '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}')" "$RUNTIME $RUNTIME_PATH"; }

scenario streams quick uml 'run: streams, exit status, environment, directory, user'
streams() {
    same "$(echo text | run -i $IMAGE sh -c 'cat; echo error >&2' 2> /tmp/stderr)" text "$(cat /tmp/stderr)"
    same "$(cat /tmp/stderr)" error
    same "$(status_of run $IMAGE sh -c 'exit 7')" 7
    same "$(run -e A=b -w /tmp -u 1000:10 $IMAGE sh -c 'echo $A $FROM_IMAGE $PWD $(id -u) $(id -g) $HOME')" 'b yes /tmp 1000 10 /home/user'
}

scenario defaults quick uml "what podman's own defaults make of a container (the report compares the runtimes)"
defaults() {
    cat > /tmp/defaults.sh <<-'SH'
		awk '{ for (i = 7; $i != "-"; i++); options = $NF; gsub(/(lowerdir|upperdir|workdir|size|nr_inodes)=[^,]*/, "...", options)
		    print "mount", $5, $(i+1), $6, options }' /proc/self/mountinfo
		sed -nE 's/^((Umask|Groups|NoNewPrivs|Seccomp|Cap)[^:]*):/status \1/p' /proc/self/status | tr '\t' ' '
		awk 'NR > 1 { name = substr($0, 5, 22); sub(/ +$/, "", name); gsub(/ /, "_", name); $0 = substr($0, 27); print "limit", name, $1, $2 }' /proc/self/limits
		echo "process oom_score_adj $(cat /proc/self/oom_score_adj)"
		cat /proc/self/environ | tr '\0' '\n' | grep -vE '^(HOSTNAME|_|SHLVL|OLDPWD)=' | sort | sed 's/^/environment /; s/=/ /'
		sed 's/[0-9a-f]\{64\}/ID/g; s/^/cgroup /; s/:/ /2' /proc/self/cgroup
		(cd /dev && find . ! -path './pts/*' ! -path './shm/*' | sort | xargs stat -c 'device %n %A %u:%g %t:%T')
		echo "sysctl ping_group_range $(xargs < /proc/sys/net/ipv4/ping_group_range)"
	SH
    run -v /tmp/defaults.sh:/defaults.sh:ro $IMAGE sh /defaults.sh > "$OUT/podman.shown"
    has "$(cat "$OUT/podman.shown")" 'mount /proc '
}

scenario cannot_start quick 'run: 127 and 126 for what is not there and what is not executable'
cannot_start() {
    same "$(status_of run $IMAGE no-such-program)" 127
    same "$(status_of run $IMAGE /no/such/file)" 127
    same "$(status_of run $IMAGE /usr/bin/not-executable)" 126
    same "$(status_of run $IMAGE /etc)" 126
    has "$(fails run $IMAGE no-such-program)" no-such-program
}

scenario detached quick 'run -d, logs, kill, stop, wait, rm'
detached() {
    run_d a $IMAGE sh -c 'trap "echo usr1" USR1; trap "echo term; exit 3" TERM; echo ready; while :; do sleep 0.1; done'
    soon equals ready says a
    podman kill -s USR1 a
    soon equals $'ready\nusr1' says a
    podman stop -t 20 a
    same "$(podman wait a)" 3
    same "$(says a)" $'ready\nusr1\nterm'
    same "$(state_of a)" exited
    podman start a
    pid=$(pid_of a)
    podman rm -ft 0 a
    soon gone "$pid"
}

scenario exec_in quick uml 'exec: status, environment, user, directory, detached, unknown program'
exec_in() {
    run_d a $IMAGE sleep 1000
    same "$(echo text | podman exec -i a cat)" text
    same "$(podman exec -e A=b -u 1000:10 -w /www a sh -c 'echo $A $FROM_IMAGE $PWD $(id -u) $(id -g)')" 'b yes /www 1000 10'
    same "$(status_of podman exec a sh -c 'exit 9')" 9
    same "$(status_of podman exec a no-such-program)" 127
    podman exec -d a sh -c 'echo $$ > /tmp/pid; exec sleep 999'
    soon podman exec a test -s /tmp/pid
    inside=$(podman exec a cat /tmp/pid)
    outside=$(podman top a pid hpid | awk -v pid="$inside" '$1 == pid { print $2 }')
    for kind in mnt pid net ipc uts; do same "$(namespace "$outside" $kind)" "$(namespace "$(pid_of a)" $kind)" $kind; done
    same "$(cgroup_dir "$outside" memory)" "$(cgroup_dir "$(pid_of a)" memory)"
    same "$(status_line "$outside" CapEff) $(status_line "$outside" Seccomp)" "$(status_line "$(pid_of a)" CapEff) 2"
}

scenario attach 'attach: to a running container, and start --attach'
attach() {
    podman create -i --name a $IMAGE sh -c 'while read -r line; do echo "got $line"; done; exit 4' > /dev/null
    same "$(printf 'one\ntwo\n' | { podman start -ai a || echo "status $?"; })" $'got one\ngot two\nstatus 4'
    run_d b -i $IMAGE sh -c 'echo here; read -r line; echo "got $line"'
    has "$(echo word | podman attach b)" 'got word'
}

scenario terminal 'run -t, exec -t: a terminal on /dev/console, its size'
terminal() {
    run_d a -t $IMAGE sh -c 'tty; stty size; exec sleep 1000'
    soon equals /dev/pts/0 sh -c 'podman logs a | head -n 1 | tr -d "\r"'
    pid=$(pid_of a)
    has "$(mount_of "$pid" /dev/console)" devpts
    same "$(readlink "/proc/$pid/fd/0")" /dev/pts/0
    # the size comes when the terminal is there already; the last words on a terminal may be lost between conmon and podman
    on_terminal "stty rows 31 cols 97; podman exec -it a sh -c 'tty > /tmp/seen; until stty size >> /tmp/seen 2> /dev/null; do sleep 0.1; done'"
    same "$(podman exec a cat /tmp/seen | xargs)" '/dev/pts/1 31 97'
}

scenario top_stats uml 'top, stats, ps --size, inspect'
top_stats() {
    run_d a $IMAGE sh -c 'sleep 999 & sleep 998 & wait'
    same "$(podman top a comm | tail -n +2 | sort | xargs)" 'sh sleep sleep'
    stats=$(podman stats --no-stream --format '{{.Name}} {{.PIDs}} {{.MemUsage}}' a)
    has "$stats" 'a '
    if has_controllers memory pids; then has "$stats" 'a 3 '; lacks "$stats" ' 0B /'; fi
}

scenario pause quick uml 'pause, unpause: the freezer'
pause() {
    run_d a $IMAGE sleep 1000
    pid=$(pid_of a)
    podman pause a
    same "$(state_of a)" paused
    is_frozen "$pid"
    fails podman exec a true
    podman unpause a
    same "$(state_of a)" running
    podman exec a true
}

scenario limits quick uml 'run --memory, --pids-limit, --cpus, --cpuset-cpus, --cpu-shares'
limits() {
    need_controllers memory pids cpu
    # shellcheck disable=SC2046
    run_d a --memory 64m --memory-reservation 32m --pids-limit 50 --cpus 0.5 $(has_controllers cpuset && echo --cpuset-cpus 0) --cpu-shares 512 \
        $IMAGE sleep 1000
    pid=$(pid_of a)
    same "$(limit "$pid" memory) $(limit "$pid" reservation) $(limit "$pid" pids) $(limit "$pid" quota)" "$((64 << 20)) $((32 << 20)) 50 50000"
    if has_controllers cpuset; then same "$(limit "$pid" cpus)" 0; fi
    same_shares "$pid" 512
    fails podman exec a sh -c 'for i in $(seq 60); do sleep 5 & done; wait'
}

scenario update uml 'update --memory, --pids-limit, --cpus, --cpu-shares'
update() {
    need_controllers memory pids cpu
    run_d a --memory 64m $IMAGE sleep 1000
    pid=$(pid_of a)
    podman update --memory 96m --memory-swap 128m --pids-limit 77 --cpu-shares 333 --cpu-quota 40000 a
    same "$(limit "$pid" memory) $(limit "$pid" pids) $(limit "$pid" quota)" "$((96 << 20)) 77 40000"
    same_shares "$pid" 333
}

# it makes an empty file, in a place that depends on podman's version
conmon_tells_of_oom() { [ -n "$(find /run/libpod /var/lib/containers/storage/overlay-containers -name oom -path "*/$1/*")" ]; }
scenario oom uml 'a container over its memory is killed, and reported'
oom() {
    need_controllers memory
    # (of an init that is killed itself conmon learns by chance where systemd takes the cgroup away at once)
    mkdir /tmp/podman-oom
    run_d a --memory 16m --memory-swap 16m -v /tmp/podman-oom:/until $IMAGE sh -c "$OUT_OF_MEMORY"
    soon conmon_tells_of_oom "$(podman inspect -f '{{.Id}}' a)"
    touch /tmp/podman-oom/told
    podman wait a
    same "$(podman inspect -f '{{.State.OOMKilled}} {{.State.ExitCode}}' a)" 'true 137'
}

scenario healthcheck 'healthcheck run: healthy, unhealthy'
healthcheck() {
    run_d a --health-cmd 'test -e /tmp/well' --health-retries 1 $IMAGE sleep 1000
    same "$(status_of podman healthcheck run a)" 1
    podman exec a touch /tmp/well
    podman healthcheck run a
    same "$(podman inspect -f '{{.State.Health.Status}}' a)" healthy
}

scenario read_only 'run --read-only, --tmpfs'
read_only() {
    run_d a --read-only --tmpfs /scratch:size=1m,mode=1770 $IMAGE sleep 1000
    pid=$(pid_of a)
    has "$(mount_of "$pid" /)" ' ro,'
    scratch=$(mount_of "$pid" /scratch)
    has "$scratch" 'tmpfs rw,nosuid,nodev'
    has "$scratch" size=1024k
    fails podman exec a touch /file
    podman exec a touch /scratch/file /tmp/file /run/file
    same "$(podman exec a stat -c %a /scratch)" 1770
}

scenario device 'run --device: the node, and leave to use it'
device() {
    run_d a --device /dev/fuse --device /dev/zero:/dev/other:r $IMAGE sleep 1000
    same "$(podman exec a stat -c '%t:%T' /dev/fuse /dev/other | xargs)" 'a:e5 1:5'
    same "$(podman exec a head -c 3 /dev/other | wc -c)" 3
    podman exec a sh -c ': < /dev/fuse'
    fails run $IMAGE sh -c 'mknod /tmp/kmsg c 1 11 && head -c 1 /tmp/kmsg'
    fails run --cap-add MKNOD $IMAGE sh -c 'mknod /tmp/fuse c 10 229 && : < /tmp/fuse'
}

scenario privileged 'run --privileged: capabilities, devices, nothing masked'
privileged() {
    run_d a --privileged $IMAGE sleep 1000
    pid=$(pid_of a)
    same "$(status_line "$pid" CapEff)" "$(status_line self CapBnd)"
    same "$(status_line "$pid" Seccomp)" 0
    same "$(mount_of "$pid" /proc/timer_list)" ''
    has "$(mount_of "$pid" /sys)" 'sysfs rw,'
    podman exec a sh -c 'mkdir /tmp/m && mount -t tmpfs tmpfs /tmp/m && test -c /dev/fuse && : < /dev/fuse'
}

scenario default_protection quick 'run: masked and read-only paths, capabilities, seccomp, device nodes'
default_protection() {
    run_d a $IMAGE sleep 1000
    pid=$(pid_of a)
    has "$(mount_of "$pid" /proc/timer_list)" 'tmpfs '
    has "$(mount_of "$pid" /proc/sys)" 'proc ro,'
    has "$(mount_of "$pid" /sys)" 'sysfs ro,'
    same "$(status_line "$pid" Seccomp)" 2
    same "$(status_line "$pid" CapEff)" 00000000800405fb
    same "$(status_line "$pid" CapAmb)" 0000000000000000
    same "$(podman exec a sh -c 'cd /dev; stat -c %n null zero full random urandom tty ptmx fd stdin stdout stderr shm mqueue pts | xargs')" \
        'null zero full random urandom tty ptmx fd stdin stdout stderr shm mqueue pts'
    fails podman exec a unshare -m true
    same "$(podman exec a readlink /dev/fd)" /proc/self/fd
}

scenario share_namespaces 'run --pid=container:, --ipc=container:, --network=container:, --pid=host, --uts=host'
share_namespaces() {
    run_d a --ipc=shareable $IMAGE sleep 1000
    run_d b --pid=container:a --ipc=container:a --network=container:a $IMAGE sleep 999
    for kind in pid ipc net; do same "$(namespace "$(pid_of b)" $kind)" "$(namespace "$(pid_of a)" $kind)" $kind; done
    for kind in mnt uts; do differ "$(namespace "$(pid_of b)" $kind)" "$(namespace "$(pid_of a)" $kind)" $kind; done
    has "$(podman exec b ps)" 'sleep 1000'
    run_d c --pid=host --uts=host --network=host --ipc=host $IMAGE sleep 998
    for kind in pid uts net ipc; do same "$(namespace "$(pid_of c)" $kind)" "$(namespace self $kind)" $kind; done
    pid=$(pid_of c)
    podman rm -ft 0 c
    soon gone "$pid"
}

scenario capabilities 'run --cap-add, --cap-drop, for root and for another user'
capabilities() {
    run_d a --cap-drop all --cap-add NET_ADMIN,SYS_TIME $IMAGE sleep 1000
    for set in CapEff CapPrm CapBnd; do same "$(status_line "$(pid_of a)" $set)" 0000000002001000 $set; done
    run_d b --cap-add NET_ADMIN -u 1000 $IMAGE sleep 1000
    same "$(status_line "$(pid_of b)" CapEff) $(status_line "$(pid_of b)" CapAmb)" '0000000000001000 0000000000001000'
    run_d c -u 1000 $IMAGE sleep 1000
    same "$(status_line "$(pid_of c)" CapEff)" 0000000000000000
}

scenario user_limits 'run --ulimit'
user_limits() {
    run_d a --ulimit nofile=321:654 --ulimit core=0 $IMAGE sleep 1000
    has "$(tr -s ' ' < "/proc/$(pid_of a)/limits")" 'Max open files 321 654'
    has "$(tr -s ' ' < "/proc/$(pid_of a)/limits")" 'Max core file size 0 0'
    same "$(podman exec a sh -c 'ulimit -n')" 321
}

scenario sysctl 'run --sysctl'
sysctl() {
    run_d a --sysctl net.ipv4.ip_forward=1 --sysctl kernel.msgmax=12345 --sysctl net.ipv4.conf.lo.arp_ignore=1 $IMAGE sleep 1000
    same "$(nsenter -t "$(pid_of a)" -n -i cat /proc/sys/kernel/msgmax)" 12345
    same "$(podman exec a cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/lo/arp_ignore | xargs)" '1 1'
}

scenario security_opt 'run --security-opt: a seccomp profile, no-new-privileges, mask, unmask'
security_opt() {
    cat > /tmp/profile.json <<-'JSON'
		{"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
		 "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95},
		              {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 1, "value": 12, "op": "SCMP_CMP_EQ"}]}]}
	JSON
    has "$(fails run --security-opt seccomp=/tmp/profile.json $IMAGE mkdir /tmp/a)" 'not supported'
    has "$(fails run --security-opt seccomp=/tmp/profile.json $IMAGE kill -USR2 1)" 'not permitted'
    run --security-opt seccomp=/tmp/profile.json $IMAGE kill -URG 1
    run_d a --security-opt seccomp=unconfined --security-opt no-new-privileges $IMAGE sleep 1000
    same "$(status_line "$(pid_of a)" Seccomp) $(status_line "$(pid_of a)" NoNewPrivs)" '0 1'
    run_d b --security-opt mask=/www:/proc/version --security-opt unmask=/proc/timer_list:/proc/sys $IMAGE sleep 1000
    same "$(podman exec b ls -A /www)" ''
    same "$(podman exec b cat /proc/version)" ''
    same "$(mount_of "$(pid_of b)" /proc/timer_list)" ''
    same "$(mount_of "$(pid_of b)" /proc/sys)" ''
}

scenario systemd uml 'run --systemd=always: the mounts that systemd wants'
systemd() {
    run_d a --systemd=always --stop-signal KILL $IMAGE sleep 1000
    pid=$(pid_of a)
    for place in /run /run/lock /tmp /var/log/journal; do has "$(mount_of "$pid" $place)" 'tmpfs rw' $place; done
    if [ "$VIEW" = v1 ]; then has "$(mount_of "$pid" /sys/fs/cgroup/systemd)" 'cgroup '
    else has "$(mount_of "$pid" /sys/fs/cgroup)" 'cgroup2 rw'; fi
    same "$(tr '\0' '\n' < "/proc/$pid/environ" | grep ^container=)" container=podman
}

scenario cgroup_modes uml 'run --cgroups=disabled, --cgroupns, --cgroup-parent'
cgroup_modes() {
    case $MANAGER in systemd) parent=mine.slice ;; *) parent=/mine ;; esac
    run_d b --cgroup-parent $parent $IMAGE sleep 1000
    has "$(cgroup_dir "$(pid_of b)" memory)" "/${parent#/}/"
    run_d c --cgroupns=private $IMAGE sleep 1000
    differ "$(namespace "$(pid_of c)" cgroup)" "$(namespace self cgroup)"
    podman rm -fat 0
    rmdir /sys/fs/cgroup/*/mine /sys/fs/cgroup/mine 2> /dev/null || true
    [ "$RUNTIME" != runc ] || skip 'podman: runc has no --cgroups=disabled'
    run_d a --cgroups=disabled $IMAGE sleep 1000
    same "$(cat "/proc/$(pid_of a)/cgroup")" "$(cat /proc/self/cgroup)"
}

scenario unit quick uml 'with systemd: a scope of its own, with the limits as properties, gone when it ends'
unit() {
    [ "$MANAGER" = systemd ] || skip 'no systemd here'
    same "$(podman info -f '{{.Host.CgroupManager}}')" systemd
    options=()
    if has_controllers memory; then options+=(--memory 64m); fi
    if has_controllers pids; then options+=(--pids-limit 50); fi
    run_d a "${options[@]}" $IMAGE sleep 1000
    pid=$(pid_of a) scope=libpod-$(podman inspect -f '{{.Id}}' a).scope
    has "$(cgroup_dir "$pid")" "machine.slice/$scope"
    same "$(systemctl show -P ActiveState "$scope")" active
    if has_controllers memory; then same "$(limit "$pid" memory) $(systemctl show -P MemoryMax "$scope")" "$((64 << 20)) $((64 << 20))"; fi
    if has_controllers pids; then same "$(limit "$pid" pids) $(systemctl show -P TasksMax "$scope")" '50 50'; fi
    if has_controllers memory pids; then
        podman update --memory 96m --pids-limit 60 a
        same "$(limit "$pid" memory) $(systemctl show -P MemoryMax "$scope")" "$((96 << 20)) $((96 << 20))"
        same "$(limit "$pid" pids) $(systemctl show -P TasksMax "$scope")" '60 60'
    fi
    podman rm -ft 0 a
    soon equals inactive systemctl show -P ActiveState "$scope"
}

scenario volume 'volume: named, copied up, read-only, bind with propagation, from an image'
volume() {
    podman volume create v > /dev/null
    run -v v:/home/user $IMAGE sh -c 'cat /home/user/file; echo more >> /home/user/file'
    same "$(cat "$(podman volume inspect -f '{{.Mountpoint}}' v)/file")" $'owned by the user\nmore'
    fails run -v v:/home/user:ro $IMAGE touch /home/user/new
    mkdir -p /disk/shared
    run_d a -v /disk/shared:/shared:rslave,rw -v /etc/hostname:/outside:ro --mount type=image,source=$IMAGE,destination=/image $IMAGE sleep 1000
    same "$(podman exec a cat /outside /image/www/index.html | xargs)" 'engines hello from the image'
    mount --bind /disk/shared /disk/shared
    mount --make-shared /disk/shared
    run_d b -v /disk/shared:/shared:rslave $IMAGE sleep 1000
    mkdir -p /disk/shared/below
    mount -t tmpfs tmpfs /disk/shared/below
    touch /disk/shared/below/late
    podman exec b test -e /shared/below/late
    umount /disk/shared/below /disk/shared
    # nothing of the container's own gets out
    same "$(grep -c /shared/ /proc/self/mountinfo)" 0
}

scenario pod 'pod create, start, stop: shared namespaces'
pod() {
    podman pod create --name p --share net,ipc,uts > /dev/null
    run_d a --pod p $IMAGE httpd -f -p 8080 -h /www
    run_d b --pod p $IMAGE sleep 1000
    for kind in net ipc uts; do same "$(namespace "$(pid_of a)" $kind)" "$(namespace "$(pid_of b)" $kind)" $kind; done
    soon equals 'hello from the image' podman exec b wget -T 10 -qO- http://127.0.0.1:8080/
    podman pod stop -t 0 p
    same "$(state_of a) $(state_of b)" 'exited exited'
    podman pod start p
    same "$(state_of a) $(state_of b)" 'running running'
    podman pod pause p
    same "$(state_of a) $(state_of b)" 'paused paused'
    podman pod unpause p
}

scenario build 'build: RUN steps, a user, a mount of the build, an ignored failure'
build() {
    mkdir -p /tmp/context
    echo from the context > /tmp/context/file
    printf '%s\n' "FROM $IMAGE" 'COPY file /file' 'RUN test "$(id -u)" = 0 && echo built > /built && chown 1000 /built' \
        'USER 1000' 'WORKDIR /home/user' 'RUN --mount=type=tmpfs,target=/scratch touch /scratch/x && id -u > made-by' \
        'CMD cat /file /built made-by' > /tmp/context/Containerfile
    podman build $BUILD_LIMITS -q -t localhost/built /tmp/context
    same "$(run localhost/built | xargs)" 'from the context built 1000'
    printf '%s\n' "FROM $IMAGE" 'RUN exit 42' > /tmp/context/Containerfile
    has "$(fails podman build $BUILD_LIMITS /tmp/context)" '42'
    podman rmi -f localhost/built > /dev/null
}

scenario network 'a bridge network: names, a published port'
network() {
    podman network create n > /dev/null
    run_d a --network n -p 8081:80 $IMAGE httpd -f -p 80 -h /www
    soon equals 'hello from the image' busybox wget -T 10 -qO- http://127.0.0.1:8081/
    same "$(run --network n $IMAGE wget -T 10 -qO- "http://$(podman inspect -f '{{.NetworkSettings.Networks.n.IPAddress}}' a)/")" 'hello from the image'
    podman rm -ft 0 a > /dev/null
    podman network rm n > /dev/null
}

scenario init 'run --init: an init of podman that reaps'
init() {
    run_d a --init $IMAGE sleep 1000
    has "$(tr '\0' ' ' < "/proc/$(pid_of a)/cmdline")" 'podman-init -- sleep 1000'
}

scenario restart 'run --restart on-failure'
restart() {
    podman run --restart on-failure:2 --name a $IMAGE sh -c 'echo again; exit 1' || true
    soon equals 3 sh -c 'podman logs a | grep -c again'
    soon equals '2 exited' podman inspect -f '{{.RestartCount}} {{.State.Status}}' a
}

scenario hooks 'OCI hooks of a directory: prestart to poststop'
hooks() {
    mkdir -p /tmp/hooks
    rm -f /tmp/hooks/log
    printf '#!/bin/sh\necho "$1 $(jq -r .status)" >> /tmp/hooks/log\n' > /tmp/hooks/hook
    chmod 755 /tmp/hooks/hook
    for stage in prestart createRuntime createContainer poststart poststop; do
        jq -n --arg stage $stage '{version: "1.0.0", hook: {path: "/tmp/hooks/hook", args: ["hook", $stage]}, when: {always: true}, stages: [$stage]}' \
            > "/tmp/hooks/$stage.json"
    done
    podman --hooks-dir /tmp/hooks run --name a $IMAGE true
    podman --hooks-dir /tmp/hooks rm a > /dev/null
    # in which order prestart and createRuntime hooks come is podman's
    same "$(cut -d' ' -f1 /tmp/hooks/log | head -n 2 | sort | xargs)" 'createRuntime prestart'
    same "$(cut -d' ' -f1 /tmp/hooks/log | tail -n +3 | xargs)" 'createContainer poststart poststop'
}

scenario rootfs 'run --rootfs'
rootfs() {
    mkdir -p /disk/rootfs
    tar -xOf "$ARCHIVE" layer.tar | tar -C /disk/rootfs -x
    run_d a --rootfs /disk/rootfs sleep 1000
    same "$(stat -c %d:%i "/proc/$(pid_of a)/root/bin/busybox")" "$(stat -c %d:%i /disk/rootfs/bin/busybox)"
    podman rm -ft 0 a
    rm -r /disk/rootfs
}

scenario odd_users 'run --group-add, --umask, --hostname, --user with a name'
odd_users() {
    run_d a -u user --group-add 27,wheel --umask 0027 --hostname named $IMAGE sleep 1000
    pid=$(pid_of a)
    same "$(status_line "$pid" Uid) $(status_line "$pid" Gid)" '1000 1000 1000 1000 1000 1000 1000 1000'
    same "$(status_line "$pid" Groups | tr ' ' '\n' | sort -n | xargs)" '10 27 1000'
    same "$(status_line "$pid" Umask)" 0027
    same "$(podman exec a hostname)" named
}

scenario preserve_fds 'run --preserve-fds: those, and no others'
preserve_fds() {
    echo content > /tmp/three
    same "$(run --preserve-fds 1 $IMAGE sh -c 'cat <&3' 3< /tmp/three)" content
    run_d a $IMAGE sleep 1000 4< /tmp/three
    same "$(ls "/proc/$(pid_of a)/fd" | xargs)" '0 1 2'
}

scenario same_time quick 'ten at the same time'
same_time() {
    for i in $(seq 10); do run_d "t$i" $IMAGE sh -c 'sleep 1; echo done' & done
    wait
    for i in $(seq 10); do same "$(podman wait "t$i")" 0; same "$(says "t$i")" done; done
}

COUNTS='secret=$(cat /proc/sys/kernel/random/uuid); n=0; while :; do n=$((n + 1)); echo "$secret $n" > /dev/shm/new; mv /dev/shm/new /dev/shm/state; sleep 0.05; done'
counted() { podman exec "$1" cat /dev/shm/state; }

scenario checkpoint 'container checkpoint, restore: memory, and the same container'
checkpoint() {
    need_criu
    run_d a $IMAGE sh -c "$COUNTS"
    soon counted a
    before=$(counted a)
    podman container checkpoint a
    same "$(state_of a)" exited
    podman container restore a
    same "$(state_of a)" running
    soon counted a
    after=$(counted a)
    same "${after% *}" "${before% *}" 'what the process remembers'
    [ "${after#* }" -ge "${before#* }" ] || fail "the counter went from $before to $after"
}

scenario checkpoint_export 'container checkpoint --export --leave-running, restore --import under another name'
checkpoint_export() {
    need_criu
    run_d a $IMAGE sh -c "$COUNTS"
    soon counted a
    before=$(counted a)
    podman container checkpoint --leave-running --export /tmp/checkpoint.tar a
    same "$(state_of a)" running
    podman container restore --import /tmp/checkpoint.tar --name b
    soon counted b
    after=$(counted b)
    same "${after% *}" "${before% *}" 'what the process remembers'
}

scenario nothing_left quick uml 'nothing is left: processes, cgroups, mounts, state'
