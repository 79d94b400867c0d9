# SPDX-License-Identifier: LGPL-2.1-or-later
# containerd 2 as a kubelet uses it, over the container runtime interface: pods with hostUsers: false of the class hull
# shellcheck shell=bash disable=SC2016 # what stands in single quotes is for the shell in the container

SOCKET=/run/cri/containerd.sock
cri() { /engines/cri-client $SOCKET "$@"; }
# handler NAME PATH: the drop-in's, and in its words that of another runtime
handler() {
    sed "s,/usr/local/bin/hull,$2,; s/runtimes\.hull/runtimes.$1/; s/SystemdCgroup = false/SystemdCgroup = $systemd/" /contrib/containerd/config.toml \
        > "/etc/containerd/conf.d/50-$1.toml"
}
case $MANAGER in systemd) systemd=true ;; *) systemd=false ;; esac
parent() { if [ "$MANAGER" = systemd ]; then echo "kubepods-$1.slice"; else echo "/kubepods/$1"; fi; }

# containerd gives every sandbox a share of the CPU
unfit() { has_controllers cpu || echo "no controller cpu in this machine's $VIEW hierarchy"; }
begin() {
    mkdir -p /etc/cni/net.d /run/cri /etc/containerd/conf.d
    cat > /etc/cni/net.d/10-bridge.conflist <<-'JSON'
		{"cniVersion": "1.0.0", "name": "pods", "plugins": [
		    {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]]}}]}
	JSON
    # root may not lower oom_score_adj here, and hugetlb isn't everywhere
    cat > /etc/containerd/cri.toml <<-TOML
		version = 3
		imports = ["/etc/containerd/conf.d/*.toml"]
		root = '/var/lib/cri'
		state = '/run/cri/state'
		[grpc]
		address = '$SOCKET'
		[plugins.'io.containerd.cri.v1.images'.pinned_images]
		sandbox = 'localhost/pause:latest'
		[plugins.'io.containerd.cri.v1.runtime']
		restrict_oom_score_adj = true
		[plugins.'io.containerd.cri.v1.runtime'.cni]
		bin_dirs = ['/usr/lib/cni']
	TOML
    handler hull /usr/local/bin/hull
    handler crun /usr/bin/crun
    handler runc /usr/bin/runc
    # containerd looks for its shim beside itself
    PATH=/opt/containerd2/bin:$PATH containerd --config /etc/containerd/cri.toml >> "$OUT/cri-containerd.log" 2>&1 &
    soon cri Version '{}'
    /engines/image /tmp/pause.tar localhost/pause:latest sleep infinity
    for archive in "$ARCHIVE" /tmp/pause.tar; do /opt/containerd2/bin/ctr --address $SOCKET -n k8s.io image import "$archive"; done
}
end() { kill $(jobs -p); wait; }

tidy() { cri ListPodSandbox '{}' | jq -r '.items[]?.id' | while read -r id; do remove_pod "$id"; done; }

# pod NAME [FIRST-ID [HANDLER]]: runs a sandbox, with a user namespace where there is an ID; prints its id, and keeps its configuration
pod() {
    jq -n --arg name "$1" --arg first "${2-}" --arg parent "$(parent "$1")" '{metadata: {name: $name, uid: "\($name)-uid", namespace: "default"}, hostname: $name, log_directory: "/tmp",
        linux: {cgroup_parent: $parent, security_context: {namespace_options: ({network: 0, pid: 1, ipc: 0} +
            if $first == "" then {} else ([{container_id: 0, host_id: ($first | tonumber), length: 65536}] as $ids | {userns_options: {mode: 0, uids: $ids, gids: $ids}}) end)}}}' \
        > "/tmp/$1.pod"
    jq --arg handler "${3:-$RUNTIME}" '{config: ., runtime_handler: $handler}' "/tmp/$1.pod" | cri RunPodSandbox | jq -r .pod_sandbox_id
}
# container POD-NAME SANDBOX NAME FILTER: creates one that sleeps, changed by the filter, and starts it; prints its id
container() {
    local id
    id=$(jq --arg sandbox "$2" --arg name "$3" --arg image "$IMAGE" '. as $pod | $pod.linux.security_context.namespace_options as $namespaces
        | {pod_sandbox_id: $sandbox, sandbox_config: $pod, config: ({metadata: {name: $name}, image: {image: $image}, command: ["sleep", "1000"], log_path: "\($name).log",
            linux: {security_context: {namespace_options: $namespaces}}} | '"$4"')}' "/tmp/$1.pod" | cri CreateContainer | jq -r .container_id)
    cri StartContainer "{\"container_id\": \"$id\"}" > /dev/null
    echo "$id"
}
in_container() { # ID COMMAND...
    jq -cn '{container_id: $ARGS.positional[0], cmd: $ARGS.positional[1:], timeout: 30}' --args -- "$@" | cri ExecSync | jq -r '.stdout + .stderr + if .exit_code then "status \(.exit_code)" else "" end' | sed '/^$/d'
}
pid_of() { cri ContainerStatus "{\"container_id\": \"$1\", \"verbose\": true}" | jq -r '.info[] | select(.key == "info").value | fromjson.pid'; }
pod_pid() { cri PodSandboxStatus "{\"pod_sandbox_id\": \"$1\", \"verbose\": true}" | jq -r '.info[] | select(.key == "info").value | fromjson.pid'; }
remove_pod() {
    cri StopPodSandbox "{\"pod_sandbox_id\": \"$1\"}" > /dev/null
    cri RemovePodSandbox "{\"pod_sandbox_id\": \"$1\"}" > /dev/null
}
MAPPED='[{container_id: 0, host_id: 7077888, length: 65536}]'

scenario handlers quick uml "the drop-in's handler is there, for pods with user namespaces and recursive read-only mounts"
handlers() {
    /opt/containerd2/bin/containerd --config /etc/containerd/cri.toml config dump > /tmp/dump
    has "$(cat /tmp/dump)" "containerd.runtimes.hull.options"
    has "$(cat /tmp/dump)" "BinaryName = '/usr/local/bin/hull'"
    same "$(cri Status '{"verbose": true}' | jq -c --arg name "$RUNTIME" '.runtime_handlers[] | select(.name == $name).features')" '{"recursive_read_only_mounts":true,"user_namespaces":true}'
}

scenario user_namespace quick uml 'a pod with hostUsers: false: the range of the kubelet, a network, containers that join'
user_namespace() {
    sandbox=$(pod a 7077888)
    first=$(container a "$sandbox" one .)
    second=$(container a "$sandbox" two '.linux.security_context.run_as_user = {value: 1000} | .linux.security_context.run_as_group = {value: 3000}')
    same "$(id_map "$(pod_pid "$sandbox")") $(id_map "$(pid_of "$first")" gid)" '0 7077888 65536 0 7077888 65536'
    for kind in user net ipc uts; do same "$(namespace "$(pid_of "$first")" $kind)" "$(namespace "$(pod_pid "$sandbox")" $kind)" $kind; done
    for kind in mnt pid; do differ "$(namespace "$(pid_of "$first")" $kind)" "$(namespace "$(pod_pid "$sandbox")" $kind)" $kind; done
    same "$(owner "/proc/$(pid_of "$first")")" 7077888:7077888
    same "$(owner "/proc/$(pid_of "$second")")" 7078888:7080888
    same "$(in_container "$first" stat -c %u:%g / /home/user/file /sys/class/net/lo/ | xargs)" '0:0 1000:1000 0:0'
    has "$(in_container "$first" ip -4 addr show eth0)" 10.88.
    has "$(in_container "$first" sh -c 'exit 5')" 'status 5'
    same "$(in_container "$second" sh -c 'echo > /dev/stdout; id -u')" 1000
    remove_pod "$sandbox"
}

scenario volumes quick uml 'its volumes are ID-mapped: emptyDir, hostPath, a file, on a disk and on tmpfs, read-only recursively'
volumes() {
    mkdir -p /disk/cri-volume /tmp/cri-memory /disk/cri-node
    chmod 777 /disk/cri-volume
    touch /disk/cri-node/file
    chown 1000:3000 /disk/cri-node/file
    sandbox=$(pod a 7077888)
    one=$(container a "$sandbox" one '.linux.security_context.run_as_user = {value: 1000} | .linux.security_context.run_as_group = {value: 3000}
        | .mounts = [{container_path: "/empty", host_path: "/disk/cri-volume"}, {container_path: "/memory", host_path: "/tmp/cri-memory"},
                     {container_path: "/node", host_path: "/disk/cri-node", readonly: true, recursive_read_only: true}, {container_path: "/a-file", host_path: "/disk/cri-node/file"}]
        | .mounts |= map(. + {uidMappings: '"$MAPPED"', gidMappings: '"$MAPPED"'})')
    same "$(in_container "$one" sh -c 'touch /empty/new; stat -c %u:%g /empty/new /memory /node/file /a-file; touch /node/x' | xargs)" \
        '1000:3000 0:0 1000:3000 1000:3000 touch: /node/x: Read-only file system status 1'
    same "$(owner /disk/cri-volume/new)" 1000:3000
    has "$(mount_of "$(pid_of "$one")" /empty)" idmapped
    remove_pod "$sandbox"
    rm -r /disk/cri-volume /disk/cri-node
}

scenario capabilities quick 'SYS_ADMIN there mounts a tmpfs; nothing of it outside'
capabilities() {
    sandbox=$(pod a 7077888)
    one=$(container a "$sandbox" one '.linux.security_context.capabilities = {add_capabilities: ["SYS_ADMIN"]}')
    same "$(in_container "$one" sh -c 'mkdir /tmp/m && mount -t tmpfs tmpfs /tmp/m && touch /tmp/m/x && echo mounted')" mounted
    same "$(grep -c /tmp/m /proc/self/mountinfo)" 0
    privileged=$(container a "$sandbox" two '.linux.security_context.capabilities = {drop_capabilities: ["ALL"]} | .linux.security_context.no_new_privs = true | .linux.security_context.readonly_rootfs = true')
    same "$(status_line "$(pid_of "$privileged")" CapEff) $(status_line "$(pid_of "$privileged")" NoNewPrivs)" '0000000000000000 1'
    has "$(mount_of "$(pid_of "$privileged")" /)" ' ro,'
    remove_pod "$sandbox"
}

scenario proc_mount 'procMount: Unmasked there: a nested procfs can be mounted'
proc_mount() {
    sandbox=$(pod a 7077888)
    one=$(container a "$sandbox" one '.linux.security_context.capabilities = {add_capabilities: ["SYS_ADMIN"]} | .linux.security_context.masked_paths = [] | .linux.security_context.readonly_paths = []')
    same "$(mount_of "$(pid_of "$one")" /proc/timer_list)" ''
    same "$(in_container "$one" unshare -p -f sh -c 'mkdir /tmp/p && mount -t proc proc /tmp/p && ls -d /tmp/p/1')" /tmp/p/1
    remove_pod "$sandbox"
}

scenario two_pods quick 'two of them at once: disjoint ranges; a third without'
two_pods() {
    a=$(pod a 7077888) b=$(pod b 7143424) c=$(pod c)
    one=$(container a "$a" one .) two=$(container b "$b" two .) three=$(container c "$c" three .)
    same "$(id_map "$(pid_of "$one")"), $(id_map "$(pid_of "$two")"), $(id_map "$(pid_of "$three")")" '0 7077888 65536, 0 7143424 65536, 0 0 4294967295'
    for id in "$a" "$b" "$c"; do remove_pod "$id"; done
}

scenario beside quick uml 'pods of the class beside pods of runc, as RuntimeClass has it'
beside() {
    a=$(pod a 7077888) b=$(pod b '' runc)
    one=$(container a "$a" one .) two=$(container b "$b" two .)
    same "$(id_map "$(pid_of "$one")"), $(id_map "$(pid_of "$two")")" '0 7077888 65536, 0 0 4294967295'
    has "$("$RUNTIME_PATH" --root /run/containerd/runc/k8s.io state "$one")" running
    has "$(runc --root /run/containerd/runc/k8s.io state "$two")" running
    fails pod c '' no-such-handler
    for id in "$a" "$b"; do remove_pod "$id"; done
}

scenario lifecycle quick uml 'stop with a grace period, a restart, a crash: exit codes'
lifecycle() {
    sandbox=$(pod a 7077888)
    one=$(container a "$sandbox" one '.command = ["sh", "-c", "trap \"exit 3\" TERM; echo ready; while :; do sleep 0.1; done"]')
    soon grep -q ready /tmp/one.log
    cri StopContainer "{\"container_id\": \"$one\", \"timeout\": 20}"
    same "$(cri ContainerStatus "{\"container_id\": \"$one\"}" | jq -c '[.status.state, .status.exit_code]')" '[2,3]'
    two=$(container a "$sandbox" two .)
    kill -KILL "$(pid_of "$two")"
    soon equals 137 exit_code "$two"
    has "$(container a "$sandbox" three '.command = ["no-such-program"]' 2>&1 || true)" no-such-program
    remove_pod "$sandbox"
}
exit_code() { cri ContainerStatus "{\"container_id\": \"$1\"}" | jq -r .status.exit_code; }

scenario resources uml 'limits, and their change in place'
resources() {
    sandbox=$(pod a 7077888)
    one=$(container a "$sandbox" one '.linux.resources = {memory_limit_in_bytes: 67108864, cpu_quota: 50000, cpu_period: 100000}')
    same "$(limit "$(pid_of "$one")" memory)" 67108864
    cri UpdateContainerResources "{\"container_id\": \"$one\", \"linux\": {\"memory_limit_in_bytes\": 134217728}}"
    same "$(limit "$(pid_of "$one")" memory)" 134217728
    remove_pod "$sandbox"
}

scenario nothing_left quick uml 'nothing is left: processes, cgroups, mounts of namespaces'
nothing_left() {
    same "$(processes 'sleep|shim-runc')" 0 processes
    same "$(find /sys/fs/cgroup -type d \( -path '*/kubepods/*/*' -o -name 'cri-containerd*' \) | head -n 3)" '' cgroups
    same "$("$RUNTIME_PATH" --root /run/containerd/runc/k8s.io list -q)" ''
}
