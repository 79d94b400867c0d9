# SPDX-License-Identifier: LGPL-2.1-or-later
# What the scenarios of tests/node share
# shellcheck shell=bash disable=SC2016,SC2034 # single quotes: for jq, or the shell in the container; variables are for scenarios

NODE=/contrib/node/hull-node
HULL=/usr/local/bin/hull
SOCKET=/run/containerd/containerd.sock
cri() { /engines/cri-client $SOCKET "$@"; }

begin() {
    mkdir -p /etc/cni/net.d
    cat > /etc/cni/net.d/10-bridge.conflist <<-'JSON'
		{"cniVersion": "1.0.0", "name": "pods", "plugins": [
		    {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/16"}]]}}]}
	JSON
    /engines/image /tmp/pause.tar localhost/pause:latest sleep infinity
    cp -a /etc /tmp/etc.at-first
    rm -f /etc/containerd/config.toml
}
tidy() {
    [ ! -e /run/containerd.daemon ] || remove_pods
    if [ -d /run/systemd/system ]; then
        systemctl stop -q containerd docker docker.socket crio kubelet 2> /dev/null || :
        rm -rf /run/systemd/system/{crio,kubelet}.service.d /run/systemd/system/{crio,kubelet}.service /run/crio.fails
    fi
    for file in /run/*.daemon; do [ ! -e "$file" ] || { kill "$(cat "$file")"; rm "$file"; }; done
    pkill -KILL -f containerd-shim
    rm -rf /var/lib/hull-node /var/lib/kubelet /etc/containerd/* /etc/docker/* /etc/containers/containers.conf.d /etc/crio
    for file in passwd shadow group gshadow subuid subgid; do cp -p /tmp/etc.at-first/$file /etc/$file; done
}

# as_before: nothing below /etc differs from what `remember` saw, in bytes, owner or mode
listing() { find /etc ! -type d ! -name '*-' -printf '%p %m %u:%g %l ' \( ! -type f -printf '\n' -o -exec sha256sum {} \; \) | sort; find /etc -type d | sort; }
remember() { listing > /tmp/etc.listing; }
as_before() {
    listing > /tmp/etc.now
    diff /tmp/etc.listing /tmp/etc.now || fail 'files below /etc differ'
    [ ! -e /var/lib/hull-node ] || fail "/var/lib/hull-node is left: $(ls /var/lib/hull-node)"
}

# node_config 2|3: the configuration that the node had: settings of its own in the sections that hull-node adds to
node_config() {
    local runtime=io.containerd.grpc.v1.cri sandbox='sandbox_image = "localhost/pause:latest"' cni='bin_dir = "/usr/lib/cni"'
    if [ "$1" = 3 ]; then runtime=io.containerd.cri.v1.runtime sandbox='' cni='bin_dirs = ["/usr/lib/cni"]'; fi
    mkdir -p /etc/containerd
    cat > /etc/containerd/config.toml <<-TOML
		# the node's own
		version = $1
		[plugins]
		  [plugins."$runtime"]
		    restrict_oom_score_adj = true
		    max_container_log_line_size = 12345
		    $sandbox
		    [plugins."$runtime".cni]
		      $cni
	TOML
    [ "$1" = 2 ] || printf '[plugins."io.containerd.cri.v1.images".pinned_images]\nsandbox = "localhost/pause:latest"\n' >> /etc/containerd/config.toml
    chmod 640 /etc/containerd/config.toml
}

# CRI-O: tests/node/crio stands in for it
put_crio() { install -m 755 /node/crio /usr/local/bin/crio; }
