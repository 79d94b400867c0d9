# SPDX-License-Identifier: LGPL-2.1-or-later
# contrib/node/hull-node under systemd: engines are reloaded or restarted, and what runs on them goes on; run by tests/node/check
# shellcheck shell=bash disable=SC2016 # single quotes: for jq, or the shell in the container

# shellcheck source=tests/node/common.bash
. /node/common.bash

main_pid() { systemctl show -P MainPID "$1"; }
unmask() { rm -f "${@/#//etc/systemd/system/}" && systemctl daemon-reload; }
# unit NAME LINE...: a unit of the test's own, whose [Service] has these lines
unit() { printf '%s\n' '[Service]' "${@:2}" > "/run/systemd/system/$1" && systemctl daemon-reload; }

scenario restart_containerd quick 'containerd is restarted and has hull; the container that ran goes on; undone'
restart_containerd() {
    unmask containerd.service
    node_config 2
    remember
    systemctl start containerd
    soon cri Version '{}' > /dev/null
    ctr image import "$ARCHIVE" > /dev/null
    ctr run -d --cpu-shares 0 --runc-binary runc $IMAGE before sleep 1000
    pid=$(ctr task ls | awk '$1 == "before" { print $2 }') main=$(main_pid containerd)
    has "$($NODE --engines containerd)" 'containerd: restarted'
    differ "$(main_pid containerd)" "$main"
    soon cri Version '{}' > /dev/null
    has "$(cri Status '{"verbose": true}')" "$HULL"
    same "$(ctr task ls | awk '$1 == "before" { print $2, $3 }')" "$pid RUNNING"
    has "$($NODE --undo --engines containerd)" 'containerd: restarted'
    as_before
    soon cri Version '{}' > /dev/null
    lacks "$(cri Status '{"verbose": true}')" "$HULL"
    same "$(ctr task ls | awk '$1 == "before" { print $2, $3 }')" "$pid RUNNING"
    ctr task kill -s KILL before
    soon gone "$pid"
}

scenario reload_docker 'dockerd is reloaded and has hull; the container that ran goes on; undone'
reload_docker() {
    unmask containerd.service docker.service docker.socket
    mkdir -p /etc/docker
    echo '{"bridge": "none", "iptables": false, "ip6tables": false}' > /etc/docker/daemon.json
    remember
    systemctl start docker
    docker load -q -i "$ARCHIVE"
    docker run -d --name before --network none --runtime runc $IMAGE sleep 1000
    pid=$(docker inspect -f '{{.State.Pid}}' before) main=$(main_pid docker)
    has "$($NODE --engines docker)" 'docker: reloaded'
    soon equals $HULL docker info -f '{{.Runtimes.hull.Path}}'
    same "$(main_pid docker)" "$main"
    docker run --rm --network none --runtime hull $IMAGE true
    has "$($NODE --undo --engines docker)" 'docker: reloaded'
    as_before
    same "$(docker inspect -f '{{.State.Pid}} {{.State.Running}}' before)" "$pid true"
    docker rm -f before
}

scenario crio_unit quick 'CRI-O is reloaded, for --default restarted; never at the price of a process in its cgroup'
crio_unit() {
    put_crio
    unit crio.service Type=notify ExecStart=/usr/local/bin/crio 'ExecReload=/bin/kill -HUP $MAINPID'
    systemctl start crio
    remember
    main=$(main_pid crio)
    has "$($NODE --engines crio)" 'crio: reloaded'
    soon equals $HULL jq -r .runtimes.hull.runtime_path /run/crio/config.json
    same "$(main_pid crio)" "$main"
    has "$($NODE --engines crio --default)" 'crio: restarted'
    differ "$(main_pid crio)" "$main"
    soon equals hull jq -r .default_runtime /run/crio/config.json
    sleep 1000 3>&- &
    echo $! > "/sys/fs/cgroup$(systemctl show -P ControlGroup crio)/cgroup.procs"
    has "$($NODE --undo --engines crio 2>&1)" "$!"
    as_before
    same "$(awk '{ print $3 }' /proc/$!/stat)" S
    kill $!
    rm -f /usr/local/bin/crio
}

scenario refused 'an engine that does not start with the new configuration gets its former one back'
refused() {
    put_crio
    unit crio.service Type=notify ExecStart=/usr/local/bin/crio
    systemctl start crio
    remember
    touch /run/crio.fails
    has "$(fails $NODE --engines crio --default)" 'putting the old one back'
    as_before
    same "$(systemctl is-active crio)" active
    rm -f /usr/local/bin/crio
}

scenario kubelet 'the kubelet is restarted when its IDs come and go'
kubelet() {
    mkdir -p /var/lib/kubelet
    unit kubelet.service 'ExecStart=/bin/sleep 1000'
    systemctl start kubelet
    remember
    main=$(main_pid kubelet)
    has "$($NODE --engines podman)" 'kubelet: restarted'
    differ "$(main_pid kubelet)" "$main"
    main=$(main_pid kubelet)
    has "$($NODE --undo)" 'kubelet: restarted'
    differ "$(main_pid kubelet)" "$main"
    as_before
}
