# SPDX-License-Identifier: LGPL-2.1-or-later
# podman kube play, with the manifests of contrib/kubernetes
# shellcheck shell=bash disable=SC2016 # what stands in single quotes is for the shell in the container
. /engines/podman-helpers.bash

begin() {
    configure_podman
    podman load -q -i "$ARCHIVE"
    podman tag $IMAGE localhost/busybox:1.37
}
play() { podman kube play -q "/contrib/kubernetes/$1" > /dev/null; }
down() { podman pod stop -at 0 > /dev/null; podman kube down --force "/contrib/kubernetes/$1" > /dev/null; }

scenario user_namespace quick uml 'hostUsers: false: root in the pod is nobody outside'
user_namespace() {
    play user-namespace.yaml
    pid=$(pid_of user-namespace-shell)
    read -r inside first count < <(id_map "$pid")
    [ "$inside" = 0 ] && [ "$first" -ge 4194304 ] && [ "$count" -ge 1024 ] || fail "$(id_map "$pid")"
    same "$(owner "/proc/$pid")" "$first:$first"
    same "$(podman exec user-namespace-shell id -u)" 0
    down user-namespace.yaml
    soon gone "$pid"
}

scenario host_users quick 'without hostUsers: the IDs of the host'
host_users() {
    play host-user-namespace.yaml
    pid=$(pid_of host-user-namespace-shell)
    same "$(id_map "$pid")" '0 0 4294967295'
    same "$(namespace "$pid" user)" "$(namespace self user)"
    same "$(owner "/proc/$pid")" 0:0
    down host-user-namespace.yaml
}

scenario volumes quick uml 'runAsUser, runAsGroup; emptyDir, hostPath, configMap'
volumes() {
    mkdir -p /srv/hull-example
    echo of the host > /srv/hull-example/file
    chmod 1777 /srv/hull-example
    play user-namespace-volumes.yaml
    pid=$(pid_of user-namespace-volumes-user)
    read -r _ first _ < <(id_map "$pid")
    same "$(status_line "$pid" Uid | cut -d' ' -f1) $(status_line "$pid" Gid | cut -d' ' -f1)" "$((first + 1000)) $((first + 1001))"
    same "$(podman exec user-namespace-volumes-user cat /config/greeting)" 'hello from the config map'
    same "$(podman exec user-namespace-volumes-user cat /node/file)" 'of the host'
    podman exec user-namespace-volumes-user touch /node/new
    same "$(owner /srv/hull-example/new)" "$((first + 1000)):$((first + 1001))"
    podman exec user-namespace-volumes-root sh -c 'echo shared > /scratch/file'
    same "$(podman exec user-namespace-volumes-user cat /scratch/file)" shared
    same "$(namespace "$(pid_of user-namespace-volumes-root)" user)" "$(namespace "$pid" user)"
    down user-namespace-volumes.yaml
    rm -r /srv/hull-example
}

scenario capabilities quick 'SYS_ADMIN in the pod mounts a tmpfs, the host is untouched'
capabilities() {
    before=$(sort /proc/self/mountinfo)
    play user-namespace-capabilities.yaml
    soon podman exec user-namespace-capabilities-admin test -e /tmp/mounted/file
    pid=$(pid_of user-namespace-capabilities-admin)
    has "$(mount_of "$pid" /tmp/mounted)" tmpfs
    same "$(grep -c /tmp/mounted /proc/self/mountinfo)" 0
    same "$((0x$(status_line "$pid" CapEff) >> 21 & 1))" 1
    fails podman exec user-namespace-capabilities-admin mknod /tmp/kmsg c 1 11
    down user-namespace-capabilities.yaml
    same "$(sort /proc/self/mountinfo | diff <(echo "$before") - | grep -c /tmp/mounted)" 0
}

scenario two_pods quick 'two pods at once: disjoint ranges'
two_pods() {
    play user-namespace-two-pods.yaml
    a=$(id_map "$(pid_of user-namespace-a-shell)") b=$(id_map "$(pid_of user-namespace-b-shell)")
    read -r _ first_a count_a <<< "$a"
    read -r _ first_b count_b <<< "$b"
    [ $((first_a + count_a)) -le "$first_b" ] || [ $((first_b + count_b)) -le "$first_a" ] || fail "$a, $b"
    differ "$(namespace "$(pid_of user-namespace-a-shell)" user)" "$(namespace "$(pid_of user-namespace-b-shell)" user)"
    down user-namespace-two-pods.yaml
}

scenario runtime_class 'a pod that names a runtime class: podman has one runtime for all'
runtime_class() {
    play runtimeclass-pod.yaml
    differ "$(namespace "$(pid_of on-hull-shell)" user)" "$(namespace self user)"
    down runtimeclass-pod.yaml
}

scenario annotation 'the annotation io.podman.annotations.userns'
annotation() {
    sed '/^metadata:/a\  annotations:\n    io.podman.annotations.userns: "auto:size=65536"' /contrib/kubernetes/user-namespace.yaml > /tmp/annotated.yaml
    podman kube play -q /tmp/annotated.yaml > /dev/null
    has "$(id_map "$(pid_of user-namespace-shell)") " ' 65536 '
    podman pod stop -at 0 > /dev/null; podman kube down --force /tmp/annotated.yaml > /dev/null
}

scenario generate uml 'generate kube and back, with init containers and probes'
generate() {
    cat > /tmp/pod.yaml <<-'YAML'
		apiVersion: v1
		kind: Pod
		metadata:
		  name: whole
		spec:
		  hostUsers: false
		  hostname: named
		  initContainers:
		    - name: before
		      image: busybox:1.37
		      command: ["sh", "-c", "echo made before > /shared/file"]
		      volumeMounts: [{name: shared, mountPath: /shared}]
		  containers:
		    - name: main
		      image: busybox:1.37
		      command: ["sleep", "1000"]
		      env: [{name: A, value: b}]
		      resources: {limits: {memory: 64Mi, cpu: 500m}}
		      livenessProbe: {exec: {command: ["test", "-e", "/shared/file"]}}
		      securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: ["ALL"]}}
		      volumeMounts: [{name: shared, mountPath: /shared, readOnly: true}]
		  volumes: [{name: shared, emptyDir: {}}]
	YAML
    has_controllers memory cpu || sed -i '/resources:/d' /tmp/pod.yaml
    podman kube play -q /tmp/pod.yaml > /dev/null
    pid=$(pid_of whole-main)
    same "$(podman exec whole-main sh -c 'cat /shared/file; hostname; echo $A' | xargs)" 'made before named b'
    same "$(status_line "$pid" CapEff) $(status_line "$pid" NoNewPrivs)" '0000000000000000 1'
    has "$(mount_of "$pid" /)" ' ro,'
    if has_controllers memory cpu; then same "$(limit "$pid" memory) $(limit "$pid" quota)" "$((64 << 20)) 50000"; fi
    podman healthcheck run whole-main
    podman kube generate whole > /tmp/generated.yaml
    podman pod stop -at 0 > /dev/null; podman kube down --force /tmp/pod.yaml > /dev/null
    podman kube play -q /tmp/generated.yaml > /dev/null
    podman pod stop -at 0 > /dev/null; podman kube down --force /tmp/generated.yaml > /dev/null
}
