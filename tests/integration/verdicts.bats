# SPDX-License-Identifier: LGPL-2.1-or-later
# What engines conclude from hull's errors. podman and Docker search the text for a few words: that the container's command is missing
# (status 127) or can't be executed (126) must follow for the container's program and its working directory, and for nothing else.
load helpers

# podman's classes, and its status of `podman run`; Docker's status of `docker run`
verdict() {
    local text=${1,,} class=runtime podman=126 docker=125
    case $text in
    *"permission denied"* | *"operation not permitted"*) class=permission ;;
    *"executable file not found in"* | *"no such file or directory"* | *"open executable"*) class=missing ;;
    esac
    case $text in *"not found"* | *"no such file"*) podman=127 ;; esac
    case $text in
    *"permission denied"* | *"is a directory"*) docker=126 ;;
    *"executable file not found"* | *"no such file or directory"*) docker=127 ;;
    esac
    echo "$class $podman $docker"
}
MISSING="missing 127 127" DENIED="permission 126 126" RUNTIME="runtime 126 125"

# concludes VERDICT JQ-FILTER TEXT [OPTION...]: what an engine concludes from the error of `run`, which says TEXT
concludes() {
    local wanted=$1 filter=$2 text=$3
    shift 3
    cp "$BATS_TEST_TMPDIR/plain.json" "$BUNDLE/config.json"
    update_config "$filter"
    run_hull run "$@" "$ID"
    [ "$status" -ne 0 ] || fail "$filter: no error"
    assert_contains "$text"
    assert_equal "$(verdict "$output")" "$wanted" "$filter: $output"
}

setup() {
    begin_test
    setup_bundle
    set_args true
    cp "$BUNDLE/config.json" "$BATS_TEST_TMPDIR/plain.json"
}

@test "the container's program and its working directory" {
    printf 'data' > "$BUNDLE/rootfs/data"
    printf '#!/no/such\n' > "$BUNDLE/rootfs/script"
    chmod 644 "$BUNDLE/rootfs/data"
    chmod 755 "$BUNDLE/rootfs/script"
    concludes "$MISSING" '.process.args = ["nonesuch"]' 'executable file not found in $PATH'
    concludes "$MISSING" '.process.args = ["/nonesuch"]' /nonesuch
    concludes "$MISSING" '.process.args = ["/script"]' /no/such
    concludes "$DENIED" '.process.args = ["/data"]' /data
    concludes "$DENIED" '.process.args = ["/etc"]' /etc
    set_args sleep 1000
    start_container "$(new_id b)"
    run_hull exec "$(new_id b)" nonesuch
    assert_equal "$(verdict "$output")" "$MISSING" "$output"
    run_hull exec "$(new_id b)" /data
    assert_equal "$(verdict "$output")" "$DENIED" "$output"
    run_hull exec --cwd /no/such "$(new_id b)" true
    assert_equal "$(verdict "$output")" "$MISSING" "$output"
}

@test "files of the host that are missing" {
    local none=/no/such/place type
    concludes "$RUNTIME" ".root.path = \"$none\"" /root/path
    concludes "$RUNTIME" ".mounts += [{destination: \"/mnt\", type: \"bind\", source: \"$none\", options: [\"bind\"]}]" "$none"
    concludes "$RUNTIME" '.mounts += [{destination: "/mnt", type: "nosuchfs", source: "none"}]' nosuchfs
    for type in prestart createRuntime createContainer startContainer poststart; do
        concludes "$RUNTIME" ".hooks.$type = [{path: \"$none\"}]" "$none"
    done
    for type in network ipc uts pid user mount cgroup time; do
        concludes "$RUNTIME" ".linux.namespaces |= map(select(.type != \"$type\")) + [{type: \"$type\", path: \"$none\"}] |
            if \"$type\" == \"user\" then del(.linux.uidMappings, .linux.gidMappings) else . end" "$none"
    done
    concludes "$RUNTIME" '.linux.sysctl = {"net.ipv4.no_such": "1"}' net.ipv4.no_such
    concludes "$RUNTIME" '.process.terminal = true' "$none" --detach --console-socket "$none"
    concludes "$RUNTIME" . "$none" --pidfd-socket "$none"
    concludes "$RUNTIME" . "$none" --pid-file "$none/pid"
    concludes "$RUNTIME" ".annotations = {\"run.oci.hooks.stdout\": \"$none/out\"} | .hooks.prestart = [{path: \"/bin/true\"}]" "$none"
    run_hull run --bundle "$none" "$ID"
    assert_equal "$(verdict "$output")" "$RUNTIME" "$output"
    rm "$BUNDLE/config.json"
    run_hull run "$ID"
    assert_equal "$(verdict "$output")" "$RUNTIME" "$output"
}

@test "a seccomp listener that nobody listens at" {
    requires seccomp seccomp-listener
    concludes "$RUNTIME" '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/no/such/socket",
        syscalls: [{names: ["mkdir"], action: "SCMP_ACT_NOTIFY"}]}' /no/such/socket
}

@test "cgroups: a controller and a file that are missing" {
    concludes "$RUNTIME" '.linux.resources.unified = {"nosuch.max": "1"}' /linux/resources/unified
    concludes "$RUNTIME" '.linux.resources.hugepageLimits = [{pageSize: "3MB", limit: 1}]' /linux/resources/hugepageLimits
}

@test "files that are closed to the runtime" {
    requires rootless
    [ ! -x /root ] || skip "needs a directory that is closed to this user: /root isn't"
    concludes "$RUNTIME" '.root.path = "/root/x"' /root/x
    concludes "$RUNTIME" '.mounts += [{destination: "/mnt", type: "bind", source: "/root/x", options: ["bind"]}]' /root/x
    concludes "$RUNTIME" '.hooks.createRuntime = [{path: "/root/x"}]' /root/x
    concludes "$RUNTIME" . /root/ --pid-file /root/x
}

@test "what exec, update and restore are given is missing" {
    set_args sleep 1000
    start_container
    local verb
    for verb in "exec --process /no/such $ID" "update --resources /no/such $ID" "exec --console-socket /no/such -t -d $ID true" \
        "exec --pid-file /no/such/pid $ID true"; do
        # shellcheck disable=SC2086
        run_hull $verb
        [ "$status" -ne 0 ] || fail "hull $verb: no error"
        assert_contains /no/such
        assert_equal "$(verdict "$output")" "$RUNTIME" "$verb: $output"
    done
    rootless || PATH=/no/such run_hull restore --bundle "$BUNDLE" --image-path "$PWD" "$(new_id b)"
    assert_equal "$(verdict "$output")" "$RUNTIME" "restore: $output"
}
