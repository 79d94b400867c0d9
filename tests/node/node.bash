# SPDX-License-Identifier: LGPL-2.1-or-later
# contrib/node/hull-node: a node is switched over and back; run by tests/node/check
# shellcheck shell=bash disable=SC2016 # single quotes: for jq, or the shell in the container

# shellcheck source=tests/node/common.bash
. /node/common.bash

# --- containerd ------------------------------------------------------------------------------------------------------
start_containerd() { # PATH-PREFIX
    PATH=$1:$PATH containerd >> /tmp/containerd.log 2>&1 3>&- &
    echo $! > /run/containerd.daemon
    soon cri Version '{}' > /dev/null
    for archive in "$ARCHIVE" /tmp/pause.tar; do PATH=$1:$PATH ctr -n k8s.io image import "$archive" > /dev/null; done
}
stop_containerd() { kill "$(cat /run/containerd.daemon)"; wait "$(cat /run/containerd.daemon)" || :; rm /run/containerd.daemon; }
# pod NAME HANDLER [FIRST-ID]: a sandbox and a container in it, both running; prints the container's ID
pod() {
    local sandbox container
    sandbox=$(jq -n --arg name "$1" --arg handler "$2" --arg first "${3-}" '{runtime_handler: $handler, config: {metadata: {name: $name, uid: $name, namespace: "default"}, log_directory: "/tmp",
        linux: {cgroup_parent: "/node/\($name)", security_context: {namespace_options: ({network: 2, pid: 1, ipc: 0} +
            if $first == "" then {} else ([{container_id: 0, host_id: ($first | tonumber), length: 65536}] as $ids | {network: 0, userns_options: {mode: 0, uids: $ids, gids: $ids}}) end)}}}}' |
        tee "/tmp/$1.pod" | cri RunPodSandbox | jq -r .pod_sandbox_id)
    container=$(jq --arg sandbox "$sandbox" --arg image "$IMAGE" '.config as $pod | {pod_sandbox_id: $sandbox, sandbox_config: $pod, config: {metadata: {name: "one"}, image: {image: $image},
        command: ["sleep", "1000"], log_path: "one.log", linux: {security_context: {namespace_options: $pod.linux.security_context.namespace_options}}}}' "/tmp/$1.pod" | cri CreateContainer | jq -r .container_id)
    cri StartContainer "{\"container_id\": \"$container\"}" > /dev/null
    echo "$container"
}
remove_pods() {
    cri ListPodSandbox '{}' | jq -r '.items[]?.id' | while read -r id; do
        cri StopPodSandbox "{\"pod_sandbox_id\": \"$id\"}" > /dev/null
        cri RemovePodSandbox "{\"pod_sandbox_id\": \"$id\"}" > /dev/null
    done
}
pid_of() { cri ContainerStatus "{\"container_id\": \"$1\", \"verbose\": true}" | jq -r '.info[] | select(.key == "info").value | fromjson.pid'; }
runs_on() { "$1" --root /run/containerd/runc/k8s.io state "$2" | jq -r .status; }

# there_and_back VERSION PATH-PREFIX [FIRST-ID]: pods before, with and after hull
there_and_back() {
    node_config "$1"
    remember
    export PATH=$2:$PATH
    start_containerd "$2"
    before=$(pod before runc)
    pid=$(pid_of "$before")
    $NODE --engines containerd
    has "$($NODE --engines containerd)" 'containerd: nothing to do'
    has "$(cat /etc/containerd/config.toml)" "BinaryName = \"$HULL\""
    same "$(stat -c %a /etc/containerd/config.toml)" 640
    has "$(containerd config dump)" 'max_container_log_line_size = 12345'
    stop_containerd
    start_containerd "$2"
    same "$(pid_of "$before")" "$pid" 'the pod that ran all the time'
    with=$(pod with hull "${3-}")
    same "$(runs_on $HULL "$with")" running
    [ -z "${3-}" ] || same "$(id_map "$(pid_of "$with")")" "0 $3 65536"
    plain=$(pod plain runc)
    same "$(runs_on runc "$plain")" running
    has "$(fails $NODE --undo --engines containerd)" "$with"
    remove_pods
    $NODE --undo --engines containerd
    as_before
    stop_containerd
    start_containerd "$2"
    after=$(pod after runc)
    same "$(runs_on runc "$after")" running
    has "$(pod never hull 2>&1 || :)" 'no runtime for "hull"'
    remove_pods
}
need_cpu() { has_controllers cpu || skip "no controller cpu in this machine's $VIEW hierarchy"; }

scenario containerd_2 quick 'containerd 2: a pod with a user namespace on hull, pods of runc before, beside and after it, and undone'
containerd_2() { need_cpu; there_and_back 3 /opt/containerd2/bin 7077888; }

scenario containerd_1 quick 'containerd 1.7, whose handlers are replaced by those that a file names: the same'
containerd_1() { need_cpu; there_and_back 2 /usr/bin; }

scenario containerd_2_old_file 'containerd 2 with a file of version 2: it takes the sections of that version'
containerd_2_old_file() {
    export PATH=/opt/containerd2/bin:$PATH
    node_config 2
    $NODE --engines containerd
    containerd config dump > /tmp/dump
    has "$(cat /tmp/dump)" 'containerd.runtimes.hull.options'
    has "$(cat /tmp/dump)" 'containerd.runtimes.runc.options'
}

scenario containerd_default '--default: the default of the node, and the others stay; where it is set already, in a section of its own, or not at all'
containerd_default() {
    for path in /opt/containerd2/bin /usr/bin; do
        for text in '' '[plugins."io.containerd.grpc.v1.cri".containerd]' '  [plugins."io.containerd.grpc.v1.cri".containerd]
            default_runtime_name = "runc" # as always'; do
            node_config 2
            printf '%s' "$text" >> /etc/containerd/config.toml # no newline at the end
            remember
            PATH=$path:$PATH $NODE --default --engines containerd
            PATH=$path:$PATH containerd config dump > /tmp/dump
            same "$(sed -n 's/^ *default_runtime_name = //p' /tmp/dump | tr -d "\"'")" hull
            grep -q 'containerd.runtimes.runc.options' /tmp/dump
            echo '# added later' >> /etc/containerd/config.toml
            PATH=$path:$PATH $NODE --default --engines containerd
            sed -i '/^# added later/d' /etc/containerd/config.toml
            PATH=$path:$PATH $NODE --undo --engines containerd
            rm -rf /var/lib/hull-node
            [ -n "$text" ] && [ "$(tail -c 1 /etc/containerd/config.toml)" = '' ] && truncate -s -1 /etc/containerd/config.toml
            as_before
        done
    done
}

scenario containerd_absent 'a node without a configuration of containerd has none afterwards'
containerd_absent() {
    for path in /opt/containerd2/bin /usr/bin; do
        rm -rf /etc/containerd
        remember
        PATH=$path:$PATH $NODE --engines containerd
        has "$(PATH=$path:$PATH containerd config dump)" 'containerd.runtimes.hull.options'
        PATH=$path:$PATH $NODE --undo --engines containerd
        as_before
    done
}

scenario containerd_imports 'containerd 1.7 with an imported file that replaces the section: refused, with what to add to it; nothing is changed'
containerd_imports() {
    node_config 2
    printf 'imports = ["/etc/containerd/other.toml"]\n%s\n' "$(cat /etc/containerd/config.toml)" > /etc/containerd/new
    mv /etc/containerd/new /etc/containerd/config.toml
    printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri"]\nenable_selinux = false\n' > /etc/containerd/other.toml
    remember
    has "$(fails $NODE --engines containerd)" /etc/containerd/other.toml
    as_before
}

scenario cgroup_driver "SystemdCgroup is the kubelet's cgroup driver; without a kubelet, that of the runc handler"
cgroup_driver() {
    node_config 2
    printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\nruntime_type = "io.containerd.runc.v2"\n%s\nSystemdCgroup = true\n' \
        '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]' >> /etc/containerd/config.toml
    driver() { containerd config dump | awk '/runtimes.hull.options/ { hull = 1 } hull && $1 == "SystemdCgroup" { print $3; exit }'; }
    $NODE --engines containerd
    same "$(driver)" true 'as runc'
    mkdir -p /var/lib/kubelet
    echo 'cgroupDriver: cgroupfs' > /var/lib/kubelet/config.yaml
    $NODE --engines containerd
    same "$(driver)" false 'as the kubelet'
    echo 'cgroupDriver: "systemd"' > /var/lib/kubelet/config.yaml
    $NODE --engines containerd
    same "$(driver)" true 'as the kubelet'
    mv /usr/local/libexec/hull/hull-systemd /tmp/
    rm -rf /var/lib/hull-node
    node_config 2
    has "$(fails $NODE --engines containerd)" hull-systemd
    mv /tmp/hull-systemd /usr/local/libexec/hull/
}

# --- Docker, podman ---------------------------------------------------------------------------------------------------
start_dockerd() {
    containerd --config /dev/null --root /var/lib/node-containerd --state /run/node-containerd --address /run/node-containerd.sock >> /tmp/docker.log 2>&1 3>&- &
    echo $! > /run/docker-containerd.daemon
    # shellcheck disable=SC2046
    dockerd --containerd /run/node-containerd.sock --bridge none $(has_nat || echo --iptables=false --ip6tables=false) >> /tmp/docker.log 2>&1 3>&- &
    echo $! > /run/docker.daemon
    soon docker version > /dev/null
    docker load -q -i "$ARCHIVE"
}

scenario docker_live quick 'Docker: beside runc, at a reload; what runs goes on; containers on hull keep undo from happening; undone'
docker_live() {
    mkdir -p /etc/docker
    printf '{\n\t"labels": ["a=b"],\n\t"runtimes": {"other": {"path": "/usr/bin/crun"}}\n}' > /etc/docker/daemon.json
    remember
    start_dockerd
    docker run -d --name before --network none $IMAGE sleep 1000
    pid=$(docker inspect -f '{{.State.Pid}}' before)
    $NODE --engines docker
    has "$($NODE --engines docker)" 'Docker: nothing to do'
    kill -HUP "$(cat /run/docker.daemon)"
    soon docker run -d --name with --network none --runtime hull $IMAGE sleep 1000
    same "$(docker info -f '{{.DefaultRuntime}} {{.Runtimes.hull.Path}} {{.Runtimes.other.Path}} {{.Labels}}')" "runc $HULL /usr/bin/crun [a=b]"
    same "$(docker inspect -f '{{.State.Pid}}' before)" "$pid"
    has "$(fails $NODE --undo --engines docker)" "$(docker inspect -f '{{.Id}}' with | cut -c 1-12)"
    docker rm -f with
    $NODE --undo --engines docker
    as_before
    kill -HUP "$(cat /run/docker.daemon)"
    docker rm -f before
    docker run --rm --network none $IMAGE true
}

scenario docker_files 'Docker: daemon.json in whatever form, default or not: valid, complete, and undone'
docker_files() {
    for text in none '' '{}' '{ }' '{"debug":true}' '{ "runtimes": {} }' $'{\n  "runtimes" :\n  { "x": { "path": "/x" } },\n  "default-runtime": "x"\n}\n'; do
        mkdir -p /etc/docker
        rm -f /etc/docker/daemon.json
        [ "$text" = none ] || printf %s "$text" > /etc/docker/daemon.json
        old=$(jq -c . /etc/docker/daemon.json 2>/dev/null || :)
        remember
        for options in '' --default; do
            # shellcheck disable=SC2086
            $NODE --engines docker $options
            same "$(jq -r '."default-runtime"' /etc/docker/daemon.json)" "$(if [ -n "$options" ]; then echo hull; else jq -rn --argjson old "${old:-null}" '$old."default-runtime"'; fi)"
            jq -e --argjson old "${old:-null}" --arg hull $HULL '.runtimes.hull.path == $hull and ($old == null or (. * $old | del(."default-runtime")) == del(."default-runtime"))' /etc/docker/daemon.json
        done
        $NODE --undo --engines docker
        as_before
    done
    echo '{"debug": tru}' > /etc/docker/daemon.json
    remember
    fails $NODE --engines docker
    as_before
}

scenario podman quick 'podman: hull can be chosen, the default stays, or with --default becomes hull; undone'
podman() {
    remember
    command podman load -q -i "$ARCHIVE"
    default=$(command podman info -f '{{.Host.OCIRuntime.Name}}')
    $NODE --engines podman
    same "$(command podman info -f '{{.Host.OCIRuntime.Name}}')" "$default"
    id=$(command podman --runtime hull run -d --network none $IMAGE sleep 1000)
    same "$($HULL state "$id" | jq -r .status)" running
    has "$(fails $NODE --undo --engines podman)" "$id"
    command podman rm -ft 0 "$id"
    $NODE --engines podman --default
    same "$(command podman info -f '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}')" "hull $HULL"
    $NODE --undo --engines podman
    as_before
    same "$(command podman info -f '{{.Host.OCIRuntime.Name}}')" "$default"
    mkdir -p /etc/containers/containers.conf.d
    cp /contrib/podman/containers.conf /etc/containers/containers.conf.d/50-hull.conf
    remember
    has "$($NODE --engines podman)" 'has a runtime named hull: left as it is'
    as_before
}

# --- CRI-O: tests/node/crio stands in for it --------------------------------------------------------------------------
crio_config() { crio config | awk -v key="$1" '$1 == "default_runtime" && key == $1 { print $3 } /^\[/ { hull = /runtimes.hull\]/ } hull && $1 == key { print $3 }'; }

scenario crio_files quick 'CRI-O: a drop-in among those of the node, which CRI-O checks with all of them; default or not; undone'
crio_files() {
    put_crio
    for text in none '' $'[crio.runtime]\ndefault_runtime = "runc"\n[crio.runtime.runtimes.runc]\nruntime_path = "/usr/sbin/runc"\n'; do
        rm -rf /etc/crio
        [ "$text" = none ] || { mkdir -p /etc/crio/crio.conf.d && printf %s "$text" > /etc/crio/crio.conf.d/10-crio.conf; }
        was=$(crio_config default_runtime)
        remember
        $NODE --engines crio
        has "$($NODE --engines crio)" 'CRI-O: nothing to do'
        same "$(crio_config runtime_path) $(crio_config runtime_root) $(crio_config default_runtime)" "\"$HULL\" \"/run/hull\" $was"
        $NODE --engines crio --default
        same "$(crio_config default_runtime)" '"hull"'
        $NODE --undo --engines crio
        as_before
    done
    rm -f /usr/local/bin/crio
}

scenario crio_refused 'CRI-O: what it refuses, or what another file of the node overrides, is not put in place; a handler named hull stays'
crio_refused() {
    put_crio
    mkdir -p /etc/crio/crio.conf.d
    printf '[crio.runtime\n' > /etc/crio/crio.conf.d/10-broken.conf
    remember
    has "$(fails $NODE --engines crio)" 'unable to decode configuration'
    as_before
    printf '[crio.runtime]\ndefault_runtime = "crun"\n' > /etc/crio/crio.conf.d/99-site.conf
    rm /etc/crio/crio.conf.d/10-broken.conf
    remember
    has "$(fails $NODE --engines crio --default)" 'another default_runtime'
    as_before
    cp /contrib/crio/50-hull.conf /etc/crio/crio.conf.d/
    remember
    has "$($NODE --engines crio)" 'has a handler named hull: left as it is'
    as_before
    same "$(crio_config runtime_path)" "\"$HULL\"" 'the drop-in of contrib'
    rm -f /usr/local/bin/crio
}

# --- the node ---------------------------------------------------------------------------------------------------------
scenario kubelet_ids quick "the kubelet's IDs: multiples of 65536, enough for maxPods, nobody else's; doctor is content; undone"
kubelet_ids() {
    mkdir -p /var/lib/kubelet
    echo 'maxPods: 200' > /var/lib/kubelet/config.yaml
    printf 'someone:100000:65536\nother:200000:1000\n' >> /etc/subuid
    useradd --no-create-home --uid 400000 faraway
    remember
    $NODE --engines podman
    IFS=: read -r _ first count < <(grep ^kubelet: /etc/subuid)
    same "$(grep ^kubelet: /etc/subgid)" "kubelet:$first:$count"
    same "$((first % 65536)) $count" "0 $((200 * 65536))"
    while IFS=: read -r name from length; do
        [ "$name" = kubelet ] || [ $((from + length)) -le "$first" ] || [ "$from" -ge $((first + count)) ] || fail "overlaps with $name:$from:$length"
    done < /etc/subuid
    [ 400000 -lt "$first" ] || [ 400000 -ge $((first + count)) ] || fail 'overlaps with a user'
    id kubelet
    has "$($NODE --engines podman)" "kubelet: IDs $first:$count: nothing to do"
    mkdir -p /var/lib/kubelet/pods/a
    touch /var/lib/kubelet/pods/a/userns
    has "$(fails $NODE --undo)" 'pods use its IDs'
    rm /var/lib/kubelet/pods/a/userns
    $NODE --undo
    as_before
    echo 'kubelet:70000:65536' | tee -a /etc/subuid >> /etc/subgid
    has "$(fails $NODE --engines podman)" 'multiples of 65536'
}

scenario dry_run quick '--dry-run shows the changes and makes none'
dry_run() {
    node_config 2
    mkdir -p /var/lib/kubelet
    remember
    $NODE --dry-run --default > /tmp/said
    as_before
    for words in "BinaryName = \"$HULL\"" 'daemon.json' 'runtime = "hull"' 'the user kubelet the IDs'; do has "$(cat /tmp/said)" "$words"; done
    $NODE > /dev/null
    listing > /tmp/etc.switched
    has "$($NODE --dry-run --undo)" 'would restore /etc/containerd/config.toml'
    listing | cmp - /tmp/etc.switched
    $NODE --undo
    as_before
}

scenario changed_since 'a file that was changed since keeps the change; only what hull-node added goes'
changed_since() {
    node_config 2
    $NODE --engines containerd,docker
    cp /etc/containerd/config.toml /tmp/switched.toml
    sed -i 's/12345/54321/' /etc/containerd/config.toml
    sed -i 's/{/{ "debug": true,/' /etc/docker/daemon.json
    has "$(fails $NODE --undo)" 'daemon.json has changed'
    node_config 2
    sed -i 's/12345/54321/' /etc/containerd/config.toml
    cp /etc/containerd/config.toml /tmp/expected
    cp /tmp/switched.toml /etc/containerd/config.toml
    rm -rf /var/lib/hull-node /etc/docker/daemon.json
    node_config 2
    $NODE --engines containerd
    sed -i 's/12345/54321/' /etc/containerd/config.toml
    $NODE --undo
    cmp /etc/containerd/config.toml /tmp/expected
}

scenario install_tree '--install brings hull and its helpers, upgrades them, and --undo takes them away or puts back what was there'
install_tree() {
    tree=/srv/hull
    rm -rf /usr/local/bin/hull /usr/local/libexec/hull
    fails $NODE --engines podman
    $NODE --engines podman --install $tree
    cmp $HULL $tree$HULL
    [ -x /usr/local/libexec/hull/hull-systemd ]
    $NODE --undo
    [ ! -e $HULL ] || fail "$HULL is left"
    [ ! -e /usr/local/libexec/hull ] || fail 'the helpers are left'
    cp $tree$HULL $HULL
    echo >> $HULL
    cp $HULL /tmp/older
    $NODE --engines podman --install $tree
    cmp $HULL $tree$HULL
    $NODE --undo
    cmp $HULL /tmp/older
    cp -r $tree/usr/local/. /usr/local/
}

scenario other_root '--root: the node that has its root there; no engine is restarted'
other_root() {
    mkdir -p /other
    mount --bind / /other
    mount --rbind /dev /other/dev
    mount -t proc proc /other/proc
    node_config 2
    remember
    $NODE --root /other --engines containerd,docker
    has "$(cat /etc/containerd/config.toml)" hull
    $NODE --root /other --undo
    as_before
    umount -R /other
}

scenario contrib_files 'the drop-ins of contrib are what hull-node writes, and make no engine use hull unasked'
contrib_files() {
    toml() { python3 -c 'import json, sys, tomllib; print(json.dumps(tomllib.load(open(sys.argv[1], "rb")), sort_keys=True))' "$1"; }
    handler() { awk '/^ *\[/ { hull = /containerd.runtimes.hull/ } hull' "$@"; }
    for version in 2 3; do
        bin=/usr/bin file=/contrib/containerd/config-1.7.toml
        [ $version = 2 ] || bin=/opt/containerd2/bin file=/contrib/containerd/config.toml
        PATH=$bin:$PATH
        containerd --config $file config dump > /tmp/dump
        has "$(cat /tmp/dump)" 'containerd.runtimes.hull.options'
        has "$(cat /tmp/dump)" 'containerd.runtimes.runc.options'
        rm -rf /etc/containerd/* /var/lib/hull-node
        $NODE --engines containerd,docker,podman
        diff <(handler /tmp/dump) <(containerd config dump | handler)
    done
    same "$(jq -cS . /contrib/docker/daemon.json)" "$(jq -cS . /etc/docker/daemon.json)"
    same "$(toml /contrib/podman/containers.conf | jq -c '.engine.runtimes.hull |= .[:1]')" "$(toml /etc/containers/containers.conf.d/60-hull-node.conf | jq -c .)"
    dockerd --validate --config-file /contrib/docker/daemon.json
}

scenario daemon_set quick 'the DaemonSet: its init container installs hull on the node and adds it to the engines'
daemon_set() {
    command -v podman > /dev/null
    mkdir -p /tmp/build
    cp -r /srv/hull /tmp/build/tree
    sed 's,^FROM .*,FROM '"$IMAGE"',' /contrib/kubernetes/Containerfile > /tmp/build/Containerfile
    command podman load -q -i "$ARCHIVE"
    command podman build -q --network none --ulimit nofile=1024 --ulimit nproc=1024 -t localhost/hull-node:latest /tmp/build
    # podman kube play gives no pod the node's processes: the init container alone, as the manifest has it
    script=$(awk '/^            - \|/ { inside = 1; next } inside && !/^              / { exit } inside { sub(/^ */, ""); print }' /contrib/kubernetes/hull-node.yaml)
    rm -rf /usr/local/bin/hull /usr/local/libexec/hull
    node_config 2
    command podman run --rm --network none --pid host --privileged -v /run:/node-run localhost/hull-node:latest sh -ec "$script"
    [ -x $HULL ]
    has "$(cat /etc/containerd/config.toml)" "BinaryName = \"$HULL\""
    [ ! -e /run/hull-node ] || fail 'the copy in /run is left'
    $NODE --undo
    cp -r /srv/hull/usr/local/. /usr/local/
}
