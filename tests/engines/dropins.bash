# SPDX-License-Identifier: LGPL-2.1-or-later
# The files of contrib: podman, containerd and cri load theirs as they run; here the rest
# shellcheck shell=bash

unfit() { [ "$RUNTIME" = hull ] || echo 'they are for hull'; }
toml() { python3 -c 'import json, sys, tomllib; json.dump(tomllib.load(open(sys.argv[1], "rb")), sys.stdout)' "$1"; }

scenario docker quick 'Docker: dockerd finds no fault with daemon.json'
docker() {
    has "$(dockerd --validate --config-file /contrib/docker/daemon.json 2>&1)" 'configuration OK'
    test -x "$(jq -r '.runtimes.hull.path' /contrib/docker/daemon.json)"
}

scenario crio quick 'CRI-O: the handler of the drop-in, as CRI-O spells its properties'
crio() {
    toml /contrib/crio/50-hull.conf > /tmp/crio.json
    same "$(jq -c '.crio.runtime.runtimes.hull | [.runtime_type, .runtime_root]' /tmp/crio.json)" '["oci","/run/hull"]'
    test -x "$(jq -r .crio.runtime.runtimes.hull.runtime_path /tmp/crio.json)"
    # what CRI-O asks of a runtime when it starts: one JSON text and nothing else, an ID-map, recursive read-only mounts
    features=$("$(jq -r .crio.runtime.runtimes.hull.runtime_path /tmp/crio.json)" features 2>&1)
    same "$(jq -r '.linux.mountExtensions.idmap.enabled, (.mountOptions | index("rro") != null), (.ociVersionMin, .ociVersionMax | type)' <<< "$features" | xargs)" \
        'true true string string'
}

scenario runtime_class quick 'Kubernetes: the class names the handler that containerd and CRI-O have, and a pod the class'
runtime_class() {
    class=$(awk '/^  name:/ { print $2 }' /contrib/kubernetes/runtimeclass.yaml)
    handler=$(awk '/^handler:/ { print $2 }' /contrib/kubernetes/runtimeclass.yaml)
    same "$(awk '/runtimeClassName:/ { print $2 }' /contrib/kubernetes/runtimeclass-pod.yaml)" "$class"
    toml /contrib/containerd/config.toml | jq -e --arg handler "$handler" '.plugins["io.containerd.cri.v1.runtime"].containerd.runtimes[$handler].options.BinaryName' > /dev/null
    toml /contrib/crio/50-hull.conf | jq -e --arg handler "$handler" '.crio.runtime.runtimes[$handler].runtime_path' > /dev/null
}

scenario containers_conf 'podman: the lists of the drop-in have all that podman itself has in them'
containers_conf() {
    toml /contrib/podman/containers.conf | jq -r '.engine.runtime_supports_json[], .engine.runtime_supports_nocgroup[]' > /tmp/listed
    for name in crun runc kata runsc youki krun hull; do grep -qx "$name" /tmp/listed; done
}
