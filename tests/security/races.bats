# SPDX-License-Identifier: LGPL-2.1-or-later
# A hostile container that shares a volume exchanges directories and symbolic links while another one is being made on it. Each race
# runs for SWAP_SECONDS.
load lib

# race FUNCTION: creates containers, one after the other, as long as it lasts; the function looks at each while it is created
race() {
    local end=$((SECONDS + SWAP_SECONDS)) n=0 went=0
    while [ $SECONDS -le $end ] || [ $n -lt 3 ]; do
        n=$((n + 1))
        if hull create --bundle "$BUNDLE" "$ID" > /dev/null 2>&1; then
            went=$((went + 1))
            "$@"
        fi
        hull delete --force "$ID"
    done
    echo "$n containers, $went of them made" >&2
    assert_canary
}

# the volume: `a` is a directory, `b` a link that leads out as seen from the host's root and from the rootfs
shared_volume() {
    VOLUME=$BATS_TEST_TMPDIR/volume-$MODE
    mkdir -p "$VOLUME/a/deep" "$VOLUME/p/sys"
    ln -s "$1" "$VOLUME/b"
    ln -s "$1" "$VOLUME/q"
    chmod -R a+rwX "$VOLUME"
    add_mount "{destination: \"/volume\", type: \"bind\", source: \"$VOLUME\", options: [\"rbind\"]}"
    start_swapper "$VOLUME/a" "$VOLUME/b" "$VOLUME/p" "$VOLUME/q"
}

# no mount of the container shows the canary (the fourth field is what is mounted; the fifth, where, may well be a directory of
# that name in the rootfs: there an absolute link leads)
nothing_foreign() {
    awk -v canary="$CANARY" 'index($4, canary) == 1' "/proc/$(container_pid "$ID")/mountinfo" > "$LOGS/foreign"
    assert_equal "$(cat "$LOGS/foreign")" ""
    assert_canary
}

targets() {
    local out=../../../../../../../..$CANARY i
    [ "$1" = relative ] || out=$CANARY
    shared_volume "$out"
    mkdir -p "$BUNDLE/source"
    for i in {1..8}; do
        add_mount "{destination: \"/volume/a/deep/m$i\", type: \"tmpfs\", source: \"t\"}"
        add_mount "{destination: \"/volume/a/x$i/y\", type: \"bind\", source: \"source\", options: [\"bind\"]}"
    done
    race nothing_foreign
    stop_swapper
}
@test "CVE-2021-30465 CVE-2024-45310: mountpoints in a volume whose directories are exchanged (absolute links)" { both targets absolute; }
@test "CVE-2021-30465 CVE-2024-45310: mountpoints in a volume whose directories are exchanged (relative links)" { MODE=plain; mode_bundle; targets relative; assert_canary; }

masks() {
    shared_volume "$CANARY"
    update_config '.linux.maskedPaths += ["/volume/a/deep", "/volume/p/sys", "/volume/a"] | .linux.readonlyPaths += ["/volume/p", "/volume/a/deep"]'
    race nothing_foreign
    stop_swapper
}
@test "CVE-2025-31133 CVE-2025-62161 GHSA-3q8j-pf29-vwv8: masked and read-only paths that are exchanged" { both masks; }

# the procfs has what hides and write-protects parts of it; its path is exchanged all the time
procfs_is_masked() {
    local info
    info=$(cat "/proc/$(container_pid "$ID")/mountinfo")
    awk '{ for (i = 7; $i != "-"; i++); } $(i + 1) == "proc" && $4 == "/" { id = $1 }
        $5 ~ /\/timer_list$/ { masked[$2]++ } $5 ~ /\/sys$/ && $6 ~ /^ro/ { masked[$2]++ } END { exit masked[id] != 2 }' <<< "$info" ||
        fail "the procfs isn't masked:"$'\n'"$info"
}
shared_rootfs() {
    mkdir "$BUNDLE/rootfs/other"
    start_swapper "$BUNDLE/rootfs/proc" "$BUNDLE/rootfs/other"
    race procfs_is_masked
    stop_swapper
}
@test "GHSA-3q8j-pf29-vwv8: /proc of a root filesystem that is shared is moved away before it is masked" { both shared_rootfs; }

devices() {
    shared_volume "$CANARY"
    update_config '.linux.devices = [range(0; 4) | {path: "/volume/a/deep/null\(.)", type: "c", major: 1, minor: 3, fileMode: 438, uid: 1, gid: 1},
        {path: "/volume/a/null\(.)", type: "c", major: 1, minor: 3}]'
    race nothing_foreign
    stop_swapper
}
@test "device nodes in directories that are exchanged" { both devices; }

cwd_and_proc() {
    shared_volume "$CANARY"
    update_config '.process.cwd = "/volume/a/deep/new"
        | .mounts += [{destination: "/volume/p", type: "proc", source: "proc"}]
        | .linux.sysctl = {"net.ipv4.ip_forward": "1"}'
    race nothing_foreign
    stop_swapper
}
@test "CVE-2025-52881 CVE-2025-62596: a procfs, sysctls and the working directory where directories are exchanged" { both cwd_and_proc; }

terminal() {
    own_dev
    writable_root
    mkdir -p "$BUNDLE/rootfs/dev" "$BUNDLE/rootfs/devices"
    ln -s "$CANARY" "$BUNDLE/rootfs/dev-link"
    update_config '.mounts |= map(select(.destination | startswith("/dev") | not))'
    chmod 777 "$BUNDLE/rootfs"
    start_swapper "$BUNDLE/rootfs/dev" "$BUNDLE/rootfs/dev-link"
    race true
    stop_swapper
}
@test "CVE-2026-41579: /dev is exchanged with a link" { both terminal; }

exec_race() {
    local end
    shared_volume "$CANARY"
    start_container "$ID"
    end=$((SECONDS + SWAP_SECONDS))
    while [ $SECONDS -le $end ]; do
        run hull exec --cwd /volume/a "$ID" sh -c 'cat file; pwd'
        refute_contains "canary of"
        run hull exec "$ID" /volume/a/sh -c 'echo ran'
        refute_contains "ran"
    done
    stop_swapper
}
@test "exec in directories that are exchanged" { both exec_race; }
