# SPDX-License-Identifier: LGPL-2.1-or-later
# Docker: dockerd with the runtime beside runc, as its default, and with userns-remap
# shellcheck shell=bash disable=SC2016 # what stands in single quotes is for the shell in the container

# start_dockerd NAME OPTION...: a daemon of its own, whose socket DOCKER_HOST names
start_dockerd() {
    local name=$1
    shift
    mkdir -p "/run/$name" "/var/lib/$name"
    PATH=/run/docker-bin:$PATH dockerd --config-file "/run/$name/daemon.json" -H "unix:///run/$name.sock" --exec-root "/run/$name" --data-root "/var/lib/$name" \
        --pidfile "/run/$name.pid" --bridge none "$@" >> "$OUT/$name.log" 2>&1 &
    export DOCKER_HOST=unix:///run/$name.sock
    soon docker version > /dev/null
}
begin() {
    mkdir -p /run/dockerd /run/docker-bin /run/dockerd-remap
    if [ "$RUNTIME" = hull ]; then jq . /contrib/docker/daemon.json > /run/dockerd/daemon.json
    elif [ "$RUNTIME" = runc ]; then echo '{}' > /run/dockerd/daemon.json
    else jq -n --arg name "$RUNTIME" --arg path "$RUNTIME_PATH" '{"default-runtime": $name, runtimes: {($name): {path: $path}}}' > /run/dockerd/daemon.json; fi
    cp /run/dockerd/daemon.json /run/dockerd-remap/
    # buildkit calls what is named runc, whatever the runtime
    ln -sf "$RUNTIME_PATH" /run/docker-bin/runc
    containerd --config /dev/null --root /var/lib/docker-containerd --state /run/docker-containerd --address /run/docker-containerd.sock \
        >> "$OUT/docker-containerd.log" 2>&1 &
    start_dockerd dockerd-remap --containerd /run/docker-containerd.sock --containerd-namespace remap --containerd-plugins-namespace remap-plugins --userns-remap default
    docker load -q -i "$ARCHIVE"
    start_dockerd dockerd --containerd /run/docker-containerd.sock
    docker load -q -i "$ARCHIVE"
}
end() { kill $(jobs -p); wait; }
tidy() {
    local left
    for host in dockerd dockerd-remap; do
        left=$(docker -H unix:///run/$host.sock ps -aq)
        # shellcheck disable=SC2086
        [ -z "$left" ] || docker -H unix:///run/$host.sock rm -fv $left
    done
}
export DOCKER_HOST=unix:///run/dockerd.sock
remapped() { DOCKER_HOST=unix:///run/dockerd-remap.sock "$@"; }
run() { docker run --rm --network none "$@"; }
run_d() { docker run -d --network none --name "$@" > /dev/null; }
pid_of() { docker inspect -f '{{.State.Pid}}' "$1"; }
state_of() { docker inspect -f '{{.State.Status}}' "$1"; }

scenario info quick 'daemon.json makes it the default runtime'
info() {
    same "$(docker info -f '{{.DefaultRuntime}}')" "$RUNTIME"
    run_d a $IMAGE sleep 1000
    same "$(docker inspect -f '{{.HostConfig.Runtime}}' a)" "$RUNTIME"
}
