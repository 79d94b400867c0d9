# SPDX-License-Identifier: LGPL-2.1-or-later
# Every configuration that was recorded between an engine and its runtime runs here, and is compared with the kernel's view of it.
load helpers
load ../lib/engine-config

setup() {
    begin_test
    requires root:ids userns cgroup-writable command:python3
}

# --- pods of Kubernetes: the sandbox and its containers together ------------------------------------------------------------------

# containers_of PREFIX CONTAINER=EXIT-STATUS... -- KIND=PATH...: one after the other; main and sidecar stay until the end
containers_of() {
    local prefix=$1 container expected words=()
    shift
    while [ "$1" != -- ]; do words+=("$1"); shift; done
    shift
    for container in "${words[@]}"; do
        expected=${container#*=} container=${container%=*}
        engine_bundle "$container" "$prefix-container-$container" "$@"
        engine_start "$container"
        assert_equal "$(engine_said "$container")" "$expected" "exit status in $container"
        case $container in main | sidecar) ;; *) engine_stop "$container" ;; esac
    done
    engine_exec main "${prefix%/*}"
    for container in main sidecar; do if [ -d "$BATS_TEST_TMPDIR/$container" ]; then engine_stop "$container"; fi; done
}

# pod_of_containerd PREFIX CONTAINER=EXIT-STATUS...
# The sandbox joins a pinned user namespace and a network namespace that belongs to it; the containers join the sandbox's by way of /proc.
pod_of_containerd() {
    local prefix=$1 FIRST_ID pins
    shift
    FIRST_ID=$(first_host_id "$prefix-sandbox")
    hold_namespaces pod --user --net
    mapfile -t pins < <(pin_namespaces "$BACKGROUND_PID" user network)
    engine_bundle sandbox "$prefix-sandbox" "${pins[@]}"
    engine_start sandbox
    # shellcheck disable=SC2046
    containers_of "$prefix" "$@" -- $(namespaces_of "$ENGINE_PID" user network ipc uts pid)
    engine_stop sandbox
}

# pod_of_crio PREFIX CONTAINER=EXIT-STATUS...: all namespaces of the pod are pinned, often there is no sandbox process
pod_of_crio() {
    local prefix=$1 FIRST_ID pins sandbox=
    shift
    FIRST_ID=$(first_host_id "$prefix-container-main")
    hold_namespaces pod --user --net --ipc --uts
    mapfile -t pins < <(pin_namespaces "$BACKGROUND_PID" user network ipc uts)
    if [ -e "$ENGINE_CONFIGS/$prefix-sandbox-POD.json" ]; then
        sandbox=1
        engine_bundle sandbox "$prefix-sandbox-POD" "${pins[@]}"
        engine_start sandbox
        pins+=("pid=/proc/$ENGINE_PID/ns/pid")
    fi
    containers_of "$prefix" "$@" -- "${pins[@]}"
    if [ -n "$sandbox" ]; then engine_stop sandbox; fi
}

# engine_exec NAME DIRECTORY: what the engine asked exec for, in that container
engine_exec() {
    local file
    for file in "$ENGINE_CONFIGS/$2"/exec-process-*.json; do
        jq '.args = ["sleep", "1000"] | .terminal = false' "$file" > "$BATS_TEST_TMPDIR/$1/process.json"
        run_hull exec --process "$BATS_TEST_TMPDIR/$1/process.json" --detach --pid-file "$BATS_TEST_TMPDIR/$1/exec.pid" "$(new_id "$1")"
        assert_success
        pid=$(cat "$BATS_TEST_TMPDIR/$1/exec.pid")
        for kind in user mnt net ipc uts pid; do
            shares_namespace "$pid" "$(cat "$BATS_TEST_TMPDIR/$1/pid")" $kind || fail "exec is in another $kind namespace"
        done
        assert_equal "$(status_field "$pid" NoNewPrivs)" "$(jq '.noNewPrivileges // false | if . then 1 else 0 end' "$file")"
    done
}

@test "kubelet on containerd: a pod with a user namespace" {
    requires idmap # of the volumes
    pod_of_containerd kubelet-1.36-containerd-2.1/u1-node1 init=0 main=none web=none web.2=none
}

@test "kubelet on containerd: a pod with a user and a shared PID namespace" {
    requires idmap # of the volumes
    pod_of_containerd kubelet-1.36-containerd-2.1/u2-node1 main=none sidecar=none crash=3 crash.2=3 crash.3=3
}

@test "kubelet on containerd: a pod of the host's users" {
    prefix=kubelet-1.36-containerd-2.1/h1-node1
    engine_bundle sandbox $prefix-sandbox-hostuser "network=$(test_netns pod)"
    engine_start sandbox
    engine_bundle main $prefix-container-main-hostuser $(namespaces_of "$ENGINE_PID" network ipc uts)
    engine_start main
    engine_exec main kubelet-1.36-containerd-2.1
    engine_stop main
    engine_stop sandbox
}

@test "kubelet on CRI-O: a pod with a user namespace and no sandbox process" {
    requires idmap # of the volumes
    pod_of_crio kubelet-1.36-crio-1.36/u1-node1 init=0 main=none web=none web.2=none
}

@test "kubelet on CRI-O: a pod with a user and a shared PID namespace" {
    requires idmap # of the volumes
    pod_of_crio kubelet-1.36-crio-1.36/u2-node1 main=none sidecar=none crash=3 crash.2=3 crash.3=3
}

@test "kubelet on CRI-O: a pod of the host's users" {
    hold_namespaces pod --ipc --uts --net
    mapfile -t pins < <(pin_namespaces "$BACKGROUND_PID" ipc uts network)
    engine_bundle main kubelet-1.36-crio-1.36/h1-node1-container-main-hostuser "${pins[@]}"
    engine_start main
    engine_exec main kubelet-1.36-crio-1.36
    engine_stop main
}

# --- podman: containers that join another one's namespaces ------------------------------------------------------------------------

@test "podman: a container in the user namespace of another" {
    hold_namespaces other --user
    engine_alone podman-5.8/cat_proc_self_uid_map.2 0 $(namespaces_of "$BACKGROUND_PID" user)
}

@test "podman: a container in the user, network, IPC and UTS namespaces of another" {
    hold_namespaces other --user --net --ipc --uts
    engine_alone podman-5.8/sleep_100.2 none $(namespaces_of "$BACKGROUND_PID" user network ipc uts)
}

# --- podman and containerd's ctr: containers by themselves; the name of a file says what it ran --------------------------------------

@test "ctr-2.1/c1-id_-u-hostuser" { engine_alone ctr-2.1/c1-id_-u-hostuser; }
@test "ctr-2.1/c10-sleep_50-hostuser" { engine_alone ctr-2.1/c10-sleep_50-hostuser none; }
@test "ctr-2.1/c11-sh_-c_mkdir_m_mount_-t_tmpfs_t_m-hostuser" { engine_alone ctr-2.1/c11-sh_-c_mkdir_m_mount_-t_tmpfs_t_m-hostuser; }
@test "ctr-2.1/c12-sh_-c_touch_x-hostuser" { engine_alone ctr-2.1/c12-sh_-c_touch_x-hostuser; }
@test "ctr-2.1/c13-ip_addr-hostuser" { engine_alone ctr-2.1/c13-ip_addr-hostuser; }
@test "ctr-2.1/c14-_usr_bin_id_-u-hostuser" { engine_alone ctr-2.1/c14-_usr_bin_id_-u-hostuser; }
@test "ctr-2.1/c2-sh_-c_exit_6-hostuser" { engine_alone ctr-2.1/c2-sh_-c_exit_6-hostuser 6; }
@test "ctr-2.1/c3-cat_proc_self_uid_map" { engine_alone ctr-2.1/c3-cat_proc_self_uid_map; }
@test "ctr-2.1/c4-stat_-c_u" { engine_alone ctr-2.1/c4-stat_-c_u; }
@test "ctr-2.1/c5-stat_-c_u" { engine_alone ctr-2.1/c5-stat_-c_u; }
@test "ctr-2.1/c6-stat_-c_u-hostuser" { engine_alone ctr-2.1/c6-stat_-c_u-hostuser; }
@test "ctr-2.1/c7b-stat_-c_u" { engine_alone ctr-2.1/c7b-stat_-c_u; }
@test "ctr-2.1/c8-tty-hostuser" { engine_alone ctr-2.1/c8-tty-hostuser; }
@test "ctr-2.1/c9-cat-hostuser" { engine_alone ctr-2.1/c9-cat-hostuser; }
@test "ctr-2.1/d1-sh_-c_trap_exit_4_TERM_while_do_sleep_0.1_done-hostuser" { engine_alone ctr-2.1/d1-sh_-c_trap_exit_4_TERM_while_do_sleep_0.1_done-hostuser none; }
@test "ctr-2.1/d2-sleep_100" { engine_alone ctr-2.1/d2-sleep_100 none; }
@test "podman-5.8/cat-hostuser" { engine_alone podman-5.8/cat-hostuser; }
@test "podman-5.8/cat_proc_self_uid_map-hostuser.2" { engine_alone podman-5.8/cat_proc_self_uid_map-hostuser.2; }
@test "podman-5.8/cat_proc_self_uid_map-hostuser" { engine_alone podman-5.8/cat_proc_self_uid_map-hostuser; }
@test "podman-5.8/cat_proc_self_uid_map.3" { engine_alone podman-5.8/cat_proc_self_uid_map.3; }
@test "podman-5.8/cat_proc_self_uid_map.4" { engine_alone podman-5.8/cat_proc_self_uid_map.4; }
@test "podman-5.8/cat_proc_self_uid_map.5" { engine_alone podman-5.8/cat_proc_self_uid_map.5; }
@test "podman-5.8/cat_proc_self_uid_map" { engine_alone podman-5.8/cat_proc_self_uid_map; }
@test "podman-5.8/cat_proc_sys_net_ipv4_ip_forward-hostuser" { engine_alone podman-5.8/cat_proc_sys_net_ipv4_ip_forward-hostuser; }
@test "podman-5.8/df_dev_shm-hostuser" { engine_alone podman-5.8/df_dev_shm-hostuser; }
@test "podman-5.8/grep_CapEff_proc_self_status-hostuser" { engine_alone podman-5.8/grep_CapEff_proc_self_status-hostuser; }
@test "podman-5.8/grep_NoNew_proc_self_status-hostuser" { engine_alone podman-5.8/grep_NoNew_proc_self_status-hostuser; }
@test "podman-5.8/grep_Seccomp_proc_self_status-hostuser.2" { engine_alone podman-5.8/grep_Seccomp_proc_self_status-hostuser.2; }
@test "podman-5.8/grep_Seccomp_proc_self_status-hostuser" { engine_alone podman-5.8/grep_Seccomp_proc_self_status-hostuser; }
@test "podman-5.8/hostname-hostuser" { engine_alone podman-5.8/hostname-hostuser; }
@test "podman-5.8/id_-u-hostuser.2" { engine_alone podman-5.8/id_-u-hostuser.2; }
@test "podman-5.8/id_-u-hostuser.3" { engine_alone podman-5.8/id_-u-hostuser.3; }
@test "podman-5.8/id_-u-hostuser.4" { engine_alone podman-5.8/id_-u-hostuser.4; }
@test "podman-5.8/id_-u-hostuser.5" { engine_alone podman-5.8/id_-u-hostuser.5; }
@test "podman-5.8/id_-u-hostuser" { engine_alone podman-5.8/id_-u-hostuser; }
@test "podman-5.8/id_-u" { engine_alone podman-5.8/id_-u; }
@test "podman-5.8/ps-hostuser" { engine_alone podman-5.8/ps-hostuser; }
@test "podman-5.8/sh_-c_cat_sys_fs_cgroup_memory_memory.limit_in_bytes_sys_fs_cgrou-hostuser" { engine_alone podman-5.8/sh_-c_cat_sys_fs_cgroup_memory_memory.limit_in_bytes_sys_fs_cgrou-hostuser 1; }
@test "podman-5.8/sh_-c_echo_n_vol_new" { engine_alone podman-5.8/sh_-c_echo_n_vol_new; }
@test "podman-5.8/sh_-c_echo_x_own_new" { engine_alone podman-5.8/sh_-c_echo_x_own_new; }
@test "podman-5.8/sh_-c_exit_7-hostuser" { engine_alone podman-5.8/sh_-c_exit_7-hostuser 7; }
@test "podman-5.8/sh_-c_mkdir_-p_m_mount_-t_tmpfs_t_m-hostuser" { engine_alone podman-5.8/sh_-c_mkdir_-p_m_mount_-t_tmpfs_t_m-hostuser; }
@test "podman-5.8/sh_-c_mkdir_www_echo_pg_www_index.html_httpd_-f_-p_80_-h_www-hostuser" { engine_alone podman-5.8/sh_-c_mkdir_www_echo_pg_www_index.html_httpd_-f_-p_80_-h_www-hostuser none; }
@test "podman-5.8/sh_-c_test_stat_-c_a_t_1770-hostuser" { engine_alone podman-5.8/sh_-c_test_stat_-c_a_t_1770-hostuser; }
@test "podman-5.8/sh_-c_touch_own_ov-hostuser" { engine_alone podman-5.8/sh_-c_touch_own_ov-hostuser; }
@test "podman-5.8/sh_-c_touch_vol_x" { engine_alone podman-5.8/sh_-c_touch_vol_x; }
@test "podman-5.8/sh_-c_touch_x_touch_run_x-hostuser" { engine_alone podman-5.8/sh_-c_touch_x_touch_run_x-hostuser; }
@test "podman-5.8/sleep_100-hostuser.2" { engine_alone podman-5.8/sleep_100-hostuser.2 none; }
@test "podman-5.8/sleep_100-hostuser" { engine_alone podman-5.8/sleep_100-hostuser none; }
@test "podman-5.8/sleep_100" { engine_alone podman-5.8/sleep_100 none; }
@test "podman-5.8/sleep_1000" { engine_alone podman-5.8/sleep_1000 none; }
@test "podman-5.8/sleep_50.2" { engine_alone podman-5.8/sleep_50.2 none; }
@test "podman-5.8/sleep_50" { engine_alone podman-5.8/sleep_50 none; }
@test "podman-5.8/stat_-c_u-hostuser.2" { engine_alone podman-5.8/stat_-c_u-hostuser.2; }
@test "podman-5.8/stat_-c_u-hostuser" { engine_alone podman-5.8/stat_-c_u-hostuser; }
@test "podman-5.8/stat_-c_u.2" { engine_alone podman-5.8/stat_-c_u.2; }
@test "podman-5.8/stat_-c_u.3" { engine_alone podman-5.8/stat_-c_u.3; }
@test "podman-5.8/stat_-c_u.4" { engine_alone podman-5.8/stat_-c_u.4; }
@test "podman-5.8/stat_-c_u.5" { engine_alone podman-5.8/stat_-c_u.5; }
@test "podman-5.8/stat_-c_u" { engine_alone podman-5.8/stat_-c_u; }
@test "podman-5.8/test_-c_dev_fuse-hostuser" { engine_alone podman-5.8/test_-c_dev_fuse-hostuser; }
@test "podman-5.8/test_-c_dev_fuse" { engine_alone podman-5.8/test_-c_dev_fuse; }
@test "podman-5.8/touch_v_x-hostuser" { engine_alone podman-5.8/touch_v_x-hostuser; }
@test "podman-5.8/touch_vol_x" { engine_alone podman-5.8/touch_vol_x; }
@test "podman-5.8/true-hostuser" { engine_alone podman-5.8/true-hostuser; }
@test "podman-5.8/tty-hostuser" { engine_alone podman-5.8/tty-hostuser; }

# --- programs that can't be run: create or start says so, nothing stays ---------------------------------------------------------------

# cannot_run CONFIG TEXT [KIND=PATH]
cannot_run() {
    engine_bundle c "$1" "${@:3}"
    run_hull create --bundle "$BUNDLE" "$(new_id c)"
    if [ "$status" = 0 ]; then run_hull start "$(new_id c)"; fi
    assert_failure
    assert_contains "$2"
    run_hull delete --force "$(new_id c)"
    assert_success
}

@test "podman-5.8/_no_such-hostuser" {
    cannot_run podman-5.8/_no_such-hostuser "no such file or directory" "network=$(test_netns n)"
}
@test "podman-5.8/_etc_passwd-hostuser" {
    cannot_run podman-5.8/_etc_passwd-hostuser "ermission denied" "network=$(test_netns n)"
}
@test "ctr-2.1/c7-true-hostuser: an ID-mapped mount without any mapping" { cannot_run ctr-2.1/c7-true-hostuser Mappings; }

@test "every recorded configuration has its test" {
    cd "$ENGINE_CONFIGS"
    for file in */*.json; do
        name=${file%.json}
        case $name in
        */exec-process-*) name=engine_exec ;;
        kubelet*-sandbox*) name=sandbox ;;
        kubelet*container-*) name=${name##*container-} name="${name%-hostuser}" ;;
        esac
        grep -qF -- "$name" "$BATS_TEST_FILENAME" || fail "no test of $file"
    done
}
