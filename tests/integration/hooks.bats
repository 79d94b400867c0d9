# SPDX-License-Identifier: LGPL-2.1-or-later
# Hooks: where and when each runs, what it is given, and what its failure means (config.md, runtime.md).
load helpers

setup() {
    begin_test
    setup_bundle
    LOG=$BATS_TEST_TMPDIR/hooks.log
}

# hook NAME SCRIPT: a hook that runs SCRIPT in a shell
hook() { update_config --arg script "$2" ".hooks.$1 += [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \$script], env: [\"PATH=/bin:/usr/bin\"]}]"; }

@test "all six run in their order, with the state on standard input" {
    mkfifo "$BUNDLE/rootfs/start"
    for name in prestart createRuntime createContainer poststart poststop; do
        hook $name "echo $name \$(jq -r '\"\(.id) \(.status) \(.bundle)\"') >> $LOG"
    done
    update_config '.root.readonly = false'
    hook startContainer 'echo startContainer $(cat) > /started'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_success
    assert_equal "$(cat "$LOG")" "prestart $ID creating $BUNDLE
createRuntime $ID creating $BUNDLE
createContainer $ID creating $BUNDLE"
    [ ! -e "$BUNDLE/rootfs/started" ]
    run_hull start "$ID"
    assert_success
    assert_equal "$(sed 's/startContainer //' "$BUNDLE/rootfs/started" | jq -r .status)" created
    assert_equal "$(tail -n 1 "$LOG")" "poststart $ID running $BUNDLE"
    run_hull delete --force "$ID"
    assert_success
    assert_equal "$(tail -n 1 "$LOG")" "poststop $ID stopped $BUNDLE"
}

@test "prestart and createRuntime run on the host, the others in the container's namespaces" {
    for name in prestart createRuntime createContainer poststart poststop; do
        hook $name "echo $name \$(readlink /proc/self/ns/mnt) \$(readlink /proc/self/ns/uts) >> $LOG"
    done
    start_container
    inside=$(readlink "/proc/$(container_pid)/ns/mnt") host=$(readlink /proc/self/ns/mnt)
    hull delete --force "$ID"
    assert_equal "$(awk '{print $1, $2}' "$LOG")" "prestart $host
createRuntime $host
createContainer $inside
poststart $host
poststop $host"
}

@test "createContainer runs before pivot_root: the rootfs is at its host path" {
    hook createContainer "cat $BUNDLE/rootfs/etc/passwd > /dev/null && test -d $BUNDLE/rootfs/proc/self && echo yes > $LOG"
    start_container
    assert_equal "$(cat "$LOG")" yes
}

@test "the pid that a host hook gets is the init's" {
    hook createRuntime "jq .pid > $LOG"
    create_container
    assert_equal "$(cat "$LOG")" "$(container_pid)"
}

@test "hooks run in the bundle with their own environment" {
    update_config ".hooks.createRuntime = [{path: \"/bin/sh\", args: [\"sh\", \"-c\", \"pwd > $LOG; /usr/bin/env >> $LOG\"], env: [\"A=1\", \"B=two words\"]}]"
    create_container
    assert_equal "$(head -n 1 "$LOG")" "$BUNDLE"
    run grep -c -e '^A=1$' -e '^B=two words$' "$LOG"
    assert_output 2
    run grep HULL_TEST "$LOG"
    assert_failure
}

@test "a failing hook before start means that there is no container, and poststop runs" {
    for name in prestart createRuntime createContainer; do
        update_config 'del(.hooks)'
        rm -f "$LOG"
        hook $name 'echo broken >&2; exit 3'
        hook poststop "echo gone >> $LOG"
        run_hull create --bundle "$BUNDLE" "$ID"
        assert_failure 1
        assert_contains "error running $name hook #0: /hooks/$name/0"
        assert_contains "exit status 3"
        assert_contains broken
        run_hull state "$ID"
        assert_contains "does not exist"
        assert_equal "$(cat "$LOG")" gone "poststop after $name"
    done
}

@test "a failing startContainer hook makes start fail, and ends the container" {
    hook startContainer 'echo broken >&2; exit 4'
    hook poststop "echo gone >> $LOG"
    create_container
    run_hull start "$ID"
    assert_failure 1
    assert_contains /hooks/startContainer/0
    assert_contains broken
    run_hull state "$ID"
    assert_contains "does not exist"
    run_hull run "$ID"
    assert_failure 1
    assert_contains /hooks/startContainer/0
    assert_equal "$(cat "$LOG")" "gone
gone"
}

@test "a failing poststart hook ends the container" {
    hook poststart 'exit 5'
    hook poststop "echo gone > $LOG"
    create_container
    pid=$(container_pid)
    run_hull start "$ID"
    assert_failure 1
    assert_contains /hooks/poststart/0
    wait_until 20 _gone "$pid"
    run_hull state "$ID"
    assert_contains "does not exist"
    assert_equal "$(cat "$LOG")" gone
}

@test "a mount that fails, on the host's side or in the init: no hook has run, and so poststop doesn't" {
    hook createContainer "echo createContainer >> $LOG"
    hook poststop "echo poststop >> $LOG"
    for mount in '{destination: "/v", type: "bind", source: "/no/such/source", options: ["bind"]}' \
        '{destination: "/bin/busybox/x", type: "tmpfs", source: "tmpfs"}'; do
        cp config.json kept.json
        update_config ".mounts += [$mount]"
        run_hull create --bundle "$BUNDLE" "$ID"
        assert_failure 1
        assert_contains "/mounts/7"
        [ ! -e "$LOG" ] || fail "$(cat "$LOG")"
        mv kept.json config.json
        hook prestart "echo prestart >> $LOG"
    done
}

@test "a failing poststop hook is a warning, and the next one runs" {
    hook poststop 'exit 6'
    hook poststop "echo second > $LOG"
    start_container
    run_hull delete --force "$ID"
    assert_success
    assert_contains level=warning
    assert_contains /hooks/poststop/0
    assert_equal "$(cat "$LOG")" second
}

@test "to poststop hooks the container is gone: its ID can be used again" {
    hook poststop "'$HULL' --root '$ROOT' state $ID >> $LOG 2>&1; rmdir '$ROOT/$ID' 2>> $LOG"
    start_container
    run_hull delete --force "$ID"
    assert_contains /hooks/poststop/0
    hook createRuntime 'exit 3'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_equal "$(grep -c 'container does not exist' "$LOG") $(grep -c 'No such file' "$LOG")" "2 2"
}

@test "a hook that takes longer than its timeout is killed" {
    update_config '.hooks.createRuntime = [{path: "/bin/sleep", args: ["sleep", "300"], timeout: 1}]'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_matches "timeout of 1 s\"?$"
}

@test "of a hook that says much the last words are told" {
    hook createRuntime 'for i in $(seq 2000); do echo "line $i"; done; echo why it failed >&2; exit 1'
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains 'line 1999\nline 2000\nwhy it failed'
}

@test "a hook that doesn't read its input is no error" {
    update_config '.annotations = {"long": ("x" * 300000)}'
    hook createRuntime true
    create_container
}

@test "foreign descriptors don't reach a hook" {
    hook createRuntime "ls -l /proc/self/fd > $LOG"
    exec 7< /etc/hostname
    create_container
    exec 7<&-
    run grep -e hostname "$LOG"
    assert_failure
}

@test "a signal that comes while a container is created leaves nothing half made" {
    hook createRuntime 'kill -TERM $PPID; kill -INT $PPID'
    create_container
    assert_equal "$(container_status)" created
    hull delete --force "$ID"
    set_args true
    run_hull run "$ID"
    assert_success
}

@test "SIGPIPE ends a hook, also where hull stays in the foreground and ignores it" {
    hook poststart "grep SigIgn /proc/self/status > $LOG"
    set_args true
    run_hull run "$ID"
    assert_success
    assert_equal "$((0x$(awk '{ print $2 }' "$LOG") & 1 << 12))" 0
}

@test "hooks inside the container have the caller's umask" {
    update_config '.root.readonly = false'
    hook createContainer "umask >> $LOG"
    hook startContainer 'umask > /umask'
    umask 027
    start_container
    assert_equal "$(cat "$LOG" "$BUNDLE/rootfs/umask")" "0027
0027"
}

@test "startContainer hooks without an environment of their own have that of the process, with an empty one none" {
    update_config '.root.readonly = false | .process.env += ["FOR=the process"]
        | .hooks.startContainer = [{path: "/bin/show"}, {path: "/bin/sh", args: ["sh", "-c", "echo $FOR. >> /env"], env: []}]'
    printf '#!/bin/sh\necho $HOME $FOR > /env\n' > "$BUNDLE/rootfs/bin/show"
    chmod 755 "$BUNDLE/rootfs/bin/show"
    start_container
    assert_equal "$(cat "$BUNDLE/rootfs/env")" "/root the process
."
}

# what a process may do, of /proc/self/status and more
RIGHTS='grep -E "^(Umask|[UG]id|Groups|Cap...|NoNewPrivs|Seccomp):" /proc/self/status; pwd; ls /proc/self/fd | wc -l'

@test "startContainer hooks have the rights of the process: they are programs of the image" {
    other_users
    mkdir -m 777 "$BUNDLE/rootfs/out"
    update_config --arg script "{ $RIGHTS; } > /out/process" '.root.readonly = false | .process.args = ["sh", "-c", $script]
        | .process.user = {uid: 1000, gid: 1001, additionalGids: [55], umask: 2} | .process.cwd = "/tmp"
        | .process.capabilities |= (.bounding = ["CAP_KILL", "CAP_CHOWN"] | .ambient = ["CAP_KILL"]
            | .inheritable = ["CAP_KILL"] | .permitted = ["CAP_KILL"] | .effective = ["CAP_KILL"])
        | .linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ["mkdir"], action: "SCMP_ACT_ERRNO"}]}'
    hook startContainer "{ $RIGHTS; } > /out/hook"
    for nnp in true false; do
        update_config --argjson nnp $nnp '.process.noNewPrivileges = $nnp'
        run_hull run "$ID"
        assert_success
        grep -q "^Seccomp:.*2" "$BUNDLE/rootfs/out/process"
        grep -q "^CapEff:.*0000000000000020" "$BUNDLE/rootfs/out/process"
        assert_equal "$(cat "$BUNDLE/rootfs/out/hook")" "$(cat "$BUNDLE/rootfs/out/process")" "noNewPrivileges: $nnp"
        rm "$BUNDLE"/rootfs/out/*
    done
    # the path of the hook is looked up as that user, who may not enter everything
    mkdir -m 700 "$BUNDLE/rootfs/closed"
    cp "$BUNDLE/rootfs/bin/busybox" "$BUNDLE/rootfs/closed/sh"
    update_config '.hooks.startContainer = [{path: "/closed/sh", args: ["sh", "-c", "true"]}]'
    run_hull run "$ID"
    assert_failure 1
    assert_contains "access denied"
}

@test "createContainer hooks begin in the root filesystem, with the container's mounts" {
    hook createContainer "pwd > $LOG; ls -d proc/self/status etc/passwd >> $LOG"
    start_container
    assert_equal "$(cat "$LOG")" "$BUNDLE/rootfs
etc/passwd
proc/self/status"
}

@test "a delete that is killed while poststop hooks run: the next one runs them" {
    hook poststop "echo first >> $LOG; [ -e $LOG.killed ] || { touch $LOG.killed; kill -9 \$PPID; }"
    hook poststop "echo second \$(jq -r .status) >> $LOG"
    for how in delete create; do
        rm -f "$LOG" "$LOG.killed"
        if [ $how = delete ]; then
            start_container
            hull kill "$ID" KILL
            wait_for_status "$ID" stopped
        else
            hook createContainer 'exit 3'
        fi
        run_hull $how "$ID"
        assert_failure
        run_hull state "$ID"                   # it is gone, and its ID can be used again
        assert_failure 1
        assert_equal "$(hull list -q)" ""
        run_hull delete "$ID"
        assert_success
        assert_equal "$(tr '\n' ' ' < "$LOG")" "first first second stopped "
        assert_equal "$(ls -A "$ROOT")" ""
        run_hull delete "$ID"
        assert_failure 1
        assert_contains "container does not exist"
    done
}

@test "a poststop hook that deletes its own container doesn't wait for itself" {
    hook poststop "'$HULL' --root '$ROOT' delete --force $ID && echo deleted >> $LOG"
    start_container
    run_hull delete --force "$ID"
    assert_success
    assert_equal "$(cat "$LOG")" deleted
}

@test "the longest timeout doesn't end a hook at once" {
    hook createRuntime "sleep 1; echo ran > $LOG"
    update_config '.hooks.createRuntime[0].timeout = 18446744073709552'
    set_args true
    hull run "$ID"
    assert_equal "$(cat "$LOG")" ran
}
