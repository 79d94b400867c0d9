# SPDX-License-Identifier: LGPL-2.1-or-later
# Annotations of crun's that change what the container gets (those of seccomp: seccomp.bats; of systemd's units: cgroups.bats).
load helpers

setup() {
    begin_test
    setup_bundle
}

annotate() { update_config --arg key "$1" --arg value "$2" '.annotations[$key] = $value'; }

@test "run.oci.hooks.stdout and stderr: what hooks write is appended to files, inside as well" {
    echo before > "$BUNDLE/out"
    for name in prestart createRuntime createContainer startContainer poststart poststop; do
        update_config --arg name $name '.hooks[$name] = [{path: "/bin/sh", args: ["sh", "-c", "cat > /dev/null; echo \($name); echo \($name) failed >&2"], env: ["PATH=/bin"]}]'
    done
    annotate run.oci.hooks.stdout out
    annotate run.oci.hooks.stderr "$BUNDLE/err"
    set_args true
    run_hull run "$ID"
    assert_success
    assert_output ""
    assert_equal "$(xargs < "$BUNDLE/out")" "before prestart createRuntime createContainer startContainer poststart poststop"
    assert_equal "$(grep -c failed "$BUNDLE/err")" 6
    set_args ls /proc/self/fd
    run_hull run "$ID"
    assert_output "0
1
2
3"
    annotate run.oci.hooks.stdout /nonexistent/out
    run_hull run "$ID"
    assert_failure 1
    assert_contains "/annotations/run.oci.hooks.stdout: open /nonexistent/out: it doesn't exist"
}

@test "run.oci.keep_original_groups: the caller's additional groups stay" {
    requires root:users command:setpriv
    set_args id -G
    run setpriv --groups 7,8 "${HULL_CMD[@]}" run --bundle "$BUNDLE" "$ID"
    assert_output 0
    annotate run.oci.keep_original_groups 1
    run setpriv --groups 7,8 "${HULL_CMD[@]}" run --bundle "$BUNDLE" "$ID"
    assert_output "0 7 8"
}

@test "run.oci.pidfd_receiver: the socket gets a pidfd of the container" {
    start_pidfd_receiver
    annotate run.oci.pidfd_receiver "$PIDFD_SOCKET"
    create_container
    wait_until 20 grep -q "pidfd $(container_pid)" "$LOGS/pidfd.report"
}

@test "run.oci.mount_context_type: how a mount gets mountLabel" {
    [ ! -d /sys/fs/selinux ] || skip "with SELinux: selinux.bats"
    update_config '.linux.mountLabel = "system_u:object_r:container_file_t:s0"'
    for type in context fscontext defcontext rootcontext; do
        [ $type = context ] || annotate run.oci.mount_context_type $type
        run_hull create --bundle "$BUNDLE" "$ID"
        assert_failure 1
        assert_contains "Unknown parameter '$type'; the label system_u:object_r:container_file_t:s0 needs SELinux"
    done
    annotate run.oci.mount_context_type other
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "config.json: /annotations/run.oci.mount_context_type: must be context, fscontext, defcontext or rootcontext: found \\\"other\\\""
}

@test "run.oci.systemd.force_cgroup_v1: a hierarchy named systemd takes the place of a mount" {
    grep -q ' - cgroup .*name=systemd' /proc/self/mountinfo || skip "this machine has no cgroup v1 hierarchy name=systemd"
    annotate run.oci.systemd.force_cgroup_v1 /sys/fs/cgroup
    set_args sh -c 'grep " /sys/fs/cgroup " /proc/self/mountinfo; ls -d /sys/fs/cgroup/cgroup.procs'
    run_hull run "$ID"
    assert_success
    assert_contains " - cgroup "
    assert_contains "name=systemd"
    assert_contains "/sys/fs/cgroup/cgroup.procs"
    annotate run.oci.systemd.force_cgroup_v1 /nowhere
    run_hull run "$ID"
    assert_failure 1
    assert_contains "config.json: /annotations/run.oci.systemd.force_cgroup_v1: must be the destination of one of /mounts: found \\\"/nowhere\\\""
}

@test "run.oci.delegate-cgroup is an error where there is no unit to make it in" {
    [ "$HULL_CGROUP_MANAGER" = cgroupfs ] || skip "there is one here: cgroups.bats"
    update_config '.annotations = {"run.oci.systemd.subgroup": "box", "run.oci.delegate-cgroup": "payload"}'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "/annotations/run.oci.delegate-cgroup: it needs cgroup v2 and the systemd manager"
}

@test "handlers and plugins that hull doesn't have are refused, never left out" {
    for key in run.oci.handler run.oci.seccomp.plugins; do
        update_config --arg key $key '.annotations = {($key): "krun"}'
        run_hull create --bundle "$BUNDLE" "$ID"
        assert_failure 1
        assert_contains "config.json: /annotations/$key: hull "
    done
}

@test "annotations that hull doesn't know change nothing, and all are in the state" {
    update_config '.annotations = {"com.example.key": "value", "run.oci.nothing": "1", "userns-mode.crio.io": "auto"}'
    create_container
    assert_equal "$(container_state "$ID" '.annotations["com.example.key", "userns-mode.crio.io"]' | xargs)" "value auto"
}
