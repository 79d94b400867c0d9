# SPDX-License-Identifier: LGPL-2.1-or-later
# containerd 1.7 with ctr
# shellcheck shell=bash disable=SC2016,SC2046,SC2086 # single quotes: for the shell in the container; OPTIONS is several words

start_containerd() {
    mkdir -p /etc/containerd
    printf 'version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' > /etc/containerd/config.toml
    # `ctr run --uidmap` forgets its own --runc-binary: the runtime is also what goes by the name of runc
    mkdir -p /run/runtime
    ln -sf "$RUNTIME_PATH" /run/runtime/runc
    PATH=/run/runtime:$PATH containerd >> "$OUT/containerd.log" 2>&1 &
    echo $! > /run/containerd.pid
    soon ctr version
}
begin() {
    start_containerd
    ctr image import "$ARCHIVE"
}
end() { kill "$(cat /run/containerd.pid)"; }
tidy() {
    local task
    for task in $(ctr task ls -q); do ctr task kill -s KILL "$task"; ctr task rm -f "$task"; done
    for task in $(ctr container ls -q); do ctr container rm "$task"; done
}
# the options for ctr run come first, then what runs
OPTIONS="--runc-binary $RUNTIME_PATH"
has_controllers cpu || OPTIONS="$OPTIONS --cpu-shares 0"     # ctr sets them if it isn't told not to
# group_of [... IMAGE ID ...]: the options for a unit of systemd
group_of() {
    [ "$MANAGER" = systemd ] || return 0
    while [ $# -gt 0 ] && [ "$1" != $IMAGE ]; do shift; done
    echo "--runc-systemd-cgroup --cgroup system.slice:ctr:${2:-a}"
}
run() { ctr run --rm $OPTIONS $(group_of "$@") "$@"; }
run_d() { ctr run -d $OPTIONS $(group_of "$@") "$@"; }
pid_of() { ctr task ls | awk -v id="$1" '$1 == id { print $2 }'; }
state_of() { ctr task ls | awk -v id="$1" '$1 == id { print $3 }'; }

scenario streams quick 'run --rm: streams, exit status, environment, directory, user'
streams() {
    # (ctr run doesn't pass the end of its input on)
    same "$(echo text | run $IMAGE a sh -c 'head -n 1; echo error >&2' 2> /tmp/stderr)" text "$(cat /tmp/stderr)"
    same "$(cat /tmp/stderr)" error
    same "$(status_of run $IMAGE b sh -c 'exit 7')" 7
    same "$(run --env A=b --cwd /tmp --user 1000:10 $IMAGE c sh -c 'echo $A $FROM_IMAGE $PWD $(id -u) $(id -g)')" 'b yes /tmp 1000 10'
    same "$(ctr container ls -q)" ''
}

scenario cannot_start quick 'run of what is not there: the reason arrives'
cannot_start() {
    said=$(fails run $IMAGE a no-such-program)
    has "$said" no-such-program
    has "$said" 'executable file'
    has "$(fails run $IMAGE b /usr/bin/not-executable)" not-executable
}

scenario lifecycle quick uml 'run, task ls, kill, delete, the exit status, kill of what has stopped'
lifecycle() {
    run $IMAGE a sh -c 'trap "exit 3" TERM; echo ready; while :; do sleep 0.1; done' > /tmp/ready &
    soon grep -q ready /tmp/ready
    same "$(state_of a)" RUNNING
    pid=$(pid_of a)
    for kind in mnt pid net ipc uts; do differ "$(namespace "$pid" $kind)" "$(namespace self $kind)" $kind; done
    fails ctr task rm a
    ctr task kill -s TERM a
    status=0
    wait $! || status=$?
    same $status 3
    soon gone "$pid"
    run_d $IMAGE b true
    soon equals STOPPED state_of b
    has "$(fails ctr task kill -s TERM b)" 'process already finished'
}

scenario exec_in quick uml 'task exec: status, user, directory, detached, kill by exec id'
exec_in() {
    run_d $IMAGE a sleep 1000
    same "$(echo text | ctr task exec --exec-id one a cat)" text
    same "$(status_of ctr task exec --exec-id two a sh -c 'exit 9')" 9
    same "$(ctr task exec --exec-id three --user 1000:10 --cwd /www a sh -c 'echo $FROM_IMAGE $PWD $(id -u)')" 'yes /www 1000'
    has "$(fails ctr task exec --exec-id four a no-such-program)" 'no-such-program'
    ctr task exec -d --exec-id five a sleep 999
    has "$(ctr task ps a)" five
    pid=$(ctr task ps a | awk '/five/ { print $1 }')
    same "$(namespace "$pid" mnt) $(namespace "$pid" pid)" "$(namespace "$(pid_of a)" mnt) $(namespace "$(pid_of a)" pid)"
    ctr task kill -s KILL --exec-id five a
    soon gone "$pid"
    same "$(state_of a)" RUNNING
}

scenario pause quick uml 'task pause, resume'
pause() {
    run_d $IMAGE a sleep 1000
    ctr task pause a
    same "$(state_of a)" PAUSED
    is_frozen "$(pid_of a)"
    fails ctr task exec --exec-id one a true
    ctr task resume a
    same "$(state_of a)" RUNNING
    ctr task exec --exec-id one a true
}

scenario metrics quick uml 'task metrics, ps'
metrics() {
    run_d $IMAGE a sh -c 'sleep 999 & sleep 998 & wait'
    soon equals 3 pids_of a
    metrics=$(ctr task metrics --format json a)
    if has_controllers pids; then same "$(jq -r .pids.current <<< "$metrics")" 3; fi
    if has_controllers memory; then [ "$(jq -r '.memory.usage | .usage? // .' <<< "$metrics")" -gt 0 ] || fail 'no memory used'; fi
    ctr task metrics a
}
pids_of() { ctr task ps "$1" | tail -n +2 | wc -l; }

scenario limits quick uml 'run --memory-limit, --cpus, --cpu-shares'
limits() {
    need_controllers memory cpu
    run_d --memory-limit $((64 << 20)) --cpus 0.5 --cpu-shares 512 $IMAGE a sleep 1000
    pid=$(pid_of a)
    same "$(limit "$pid" memory) $(limit "$pid" quota)" "$((64 << 20)) 50000"
    same_shares "$pid" 512
}

scenario pids_limit uml 'a limit on processes, by a configuration of its own'
pids_limit() {
    need_controllers pids
    bundle_config '.linux.resources.pids.limit = 20'
    run_d --config /tmp/config.json a
    same "$(limit "$(pid_of a)" pids)" 20
}
# bundle_config FILTER: /tmp/config.json, what ctr hands to a runtime, changed
bundle_config() {
    local rootfs=/disk/ctr-rootfs group=/default/a
    [ -d $rootfs ] || { mkdir -p $rootfs && tar -xOf "$ARCHIVE" layer.tar | tar -C $rootfs -x; }
    if [ "$MANAGER" = systemd ]; then group=system.slice:ctr:a; fi
    ctr oci spec | jq --arg rootfs $rootfs --arg group $group '.root = {path: $rootfs} | .process.args = ["sleep", "1000"] | .process.terminal = false
        | .process.cwd = "/" | .process.env = ["PATH=/bin"] | .linux.cgroupsPath = $group | .process.rlimits = [{type: "RLIMIT_NOFILE", hard: 1024, soft: 1024}]' |
        jq "$1" > /tmp/config.json
}

scenario oom uml 'a task over its memory: killed, and an event tells'
oom() {
    need_controllers memory
    ctr events > /tmp/events &
    events=$!
    # (of an init that is killed itself containerd learns by chance where systemd takes the cgroup away at once)
    mkdir /tmp/ctr-oom
    run --memory-limit $((16 << 20)) --mount type=bind,src=/tmp/ctr-oom,dst=/until,options=rbind:rw $IMAGE a sh -c "$OUT_OF_MEMORY" &
    soon grep -q /tasks/oom /tmp/events
    touch /tmp/ctr-oom/told
    status=0
    wait $! || status=$?
    same $status 137
    kill $events
}

scenario maps quick uml 'run --uidmap, --gidmap'
maps() {
    run_d --uidmap 0:100000:65536 --gidmap 0:200000:65536 $IMAGE a sleep 1000
    pid=$(pid_of a)
    same "$(id_map "$pid")" '0 100000 65536'
    same "$(id_map "$pid" gid)" '0 200000 65536'
    same "$(owner "/proc/$pid")" 100000:200000
    same "$(ctr task exec --exec-id one a stat -c %u:%g / /home/user/file | xargs)" '0:0 1000:1000'
    ctr task exec --exec-id two a touch /root/new
    same "$(owner "/proc/$pid/root/root/new")" 100000:200000
}

scenario idmapped quick uml 'a pod: volumes ID-mapped, namespaces joined, the mapping given as well'
idmapped() {
    mkdir -p /disk/ctr-volume
    touch /disk/ctr-volume/file
    run_d --uidmap 0:100000:65536 --gidmap 0:200000:65536 $IMAGE sandbox sleep 1000
    sandbox=$(pid_of sandbox)
    bundle_config '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 65536}]
        | .linux.uidMappings as $uids | .linux.gidMappings as $gids
        | .mounts += [{destination: "/v", type: "bind", source: "/disk/ctr-volume", options: ["rbind", "rw"], uidMappings: $uids, gidMappings: $gids}]
        | .linux.namespaces = [{type: "pid"}, {type: "mount"}] + ["user", "network", "ipc", "uts" | {type: ., path: "/proc/'"$sandbox"'/ns/\(if . == "network" then "net" else . end)"}]'
    chown -R 100000:200000 /disk/ctr-rootfs
    run_d --config /tmp/config.json a
    pid=$(pid_of a)
    for kind in user net ipc uts; do same "$(namespace "$pid" $kind)" "$(namespace "$sandbox" $kind)" $kind; done
    same "$(ctr task exec --exec-id one a sh -c 'stat -c %u:%g /v/file && touch /v/new')" 0:0
    same "$(owner /disk/ctr-volume/new)" 0:0
    ctr task kill -s KILL a
    soon equals STOPPED state_of a
    rm -r /disk/ctr-rootfs /disk/ctr-volume
}

scenario terminal 'run -t, task exec -t'
terminal() {
    has "$(on_terminal "stty rows 31 cols 97; ctr run --rm -t $OPTIONS $(group_of) $IMAGE a sh -c 'tty; while [ -z \"\$(stty size 2>/dev/null)\" ]; do sleep 0.1; done; stty size'" | xargs)" '/dev/pts/0 31 97'
    run_d $IMAGE b sleep 1000
    # (the last words on a terminal may be lost)
    on_terminal "ctr task exec -t --exec-id one b sh -c 'tty > /tmp/seen'"
    same "$(ctr task exec --exec-id two b cat /tmp/seen)" /dev/pts/0
}

scenario options 'run --read-only, --mount, --device, --cap-add, --privileged, --net-host, --with-ns'
options() {
    mkdir -p /disk/bound
    run_d --read-only --mount type=bind,src=/disk/bound,dst=/mnt,options=rbind:ro --device /dev/fuse --cap-add CAP_NET_ADMIN $IMAGE a sleep 1000
    pid=$(pid_of a)
    has "$(mount_of "$pid" /)" ' ro,'
    has "$(mount_of "$pid" /mnt)" ' ro,'
    same "$(ctr task exec --exec-id one a stat -c %t:%T /dev/fuse)" a:e5
    same "$((0x$(status_line "$pid" CapEff) >> 12 & 1))" 1
    run_d --privileged --net-host --with-ns "pid:/proc/$pid/ns/pid" $IMAGE b sleep 1000
    same "$(namespace "$(pid_of b)" net) $(namespace "$(pid_of b)" pid)" "$(namespace self net) $(namespace "$pid" pid)"
    differ "$(status_line "$(pid_of b)" CapEff)" "$(status_line "$pid" CapEff)"
}

scenario seccomp 'run --seccomp'
seccomp() {
    run_d --seccomp $IMAGE a sleep 1000
    same "$(status_line "$(pid_of a)" Seccomp)" 2
    fails ctr task exec --exec-id one a unshare -U true
}

scenario hooks uml 'OCI hooks of a configuration'
hooks() {
    printf '#!/bin/sh\necho "$1 $(jq -r .status)" >> /tmp/hooks.log\n' > /tmp/hook
    chmod 755 /tmp/hook
    bundle_config '.hooks = (["prestart", "createRuntime", "createContainer", "poststart", "poststop"] | map({key: ., value: [{path: "/tmp/hook", args: ["hook", .]}]}) | from_entries)'
    run_d --config /tmp/config.json a
    tidy
    same "$(xargs < /tmp/hooks.log)" 'prestart creating createRuntime creating createContainer creating poststart running poststop stopped'
}

scenario restart uml 'a restart of containerd: tasks go on, and are found again'
restart() {
    run_d $IMAGE a sleep 1000
    pid=$(pid_of a)
    kill -KILL "$(cat /run/containerd.pid)"
    soon gone "$(cat /run/containerd.pid)"
    start_containerd
    same "$(pid_of a) $(state_of a)" "$pid RUNNING"
    same "$(ctr task exec --exec-id one a echo here)" here
}

scenario killed_outside quick uml 'a task that is killed from outside is reported'
killed_outside() {
    run $IMAGE a sleep 1000 &
    soon equals RUNNING state_of a
    kill -KILL "$(pid_of a)"
    status=0
    wait $! || status=$?
    same $status 137
}

scenario shim_killed uml 'a shim that is killed: the task goes with it, nothing is left'
shim_killed() {
    run_d $IMAGE a sleep 1000
    pid=$(pid_of a)
    kill -KILL "$(pgrep -f 'containerd-shim-runc-v2 .*-id a ')"
    soon gone "$pid"
    soon equals '' sh -c 'ctr task ls -q'
}

scenario foreign_fds "the shim's descriptors don't reach a container"
foreign_fds() {
    run_d $IMAGE a sleep 1000
    same "$(ls "/proc/$(pid_of a)/fd" | xargs)" '0 1 2'
}

scenario same_time quick 'ten at the same time'
same_time() {
    for i in $(seq 10); do run $IMAGE "t$i" echo "done $i" > "/tmp/t$i" & done
    wait
    for i in $(seq 10); do same "$(cat "/tmp/t$i")" "done $i"; done
}

read_secret() { secret=$(ctr task exec --exec-id "read$RANDOM" a cat /dev/shm/state) && [ -n "$secret" ]; }

scenario checkpoint 'container checkpoint --task, restore --live'
checkpoint() {
    need_criu
    run_d $IMAGE a sh -c 'secret=$(cat /proc/sys/kernel/random/uuid); while :; do echo $secret > /dev/shm/new; mv /dev/shm/new /dev/shm/state; sleep 0.05; done'
    soon read_secret # ctr may lose the output of a short command on a busy machine
    before=$secret
    ctr image rm checkpoint/a > /dev/null 2>&1 || : # of an attempt before
    ctr container checkpoint --task --image --rw a checkpoint/a
    ctr task kill -s KILL a
    soon equals STOPPED state_of a
    ctr task rm a
    ctr container rm a
    ctr container restore --live a checkpoint/a
    soon equals RUNNING state_of a
    soon read_secret
    same "$secret" "$before" 'what the process remembers'
}

scenario nothing_left quick uml 'nothing is left: tasks, processes, cgroups'
nothing_left() {
    same "$(ctr task ls -q)" ''
    same "$(processes sleep)" 0 processes
    same "$(find /sys/fs/cgroup -type d \( -path '*/default/*' -o -name 'ctr-*' \) | head -n 3)" '' cgroups
    same "$("$RUNTIME_PATH" --root /run/containerd/runc/default list -q)" ''
}
