# SPDX-License-Identifier: LGPL-2.1-or-later
# Rows of docs/differences.md with their probes; `differences` says what the lines mean.
# shellcheck shell=bash disable=SC2154,SC2164
## Where the specification decides
@ `ociVersion` 2.0.0, `foo`, none | REQUIRED, SemVer 2.0; another major version can't be complied with
bundle
each 'if $v == null then del(.ociVersion) else .ociVersion = $v end' '"2.0.0"' '"foo"' null
@ a configuration without `process` | `process` is OPTIONAL until start
bundle
j 'del(.process)'
if ! r create "$N"; then echo "create: error"
elif r start "$N"; then echo "created; start: nothing is said"
else echo "created; start: error"; fi
@ a configuration without `linux` | OPTIONAL
bundle
j 'del(.linux, .hostname)'
verdict create "$N"
@ a type twice in `process.rlimits` | MUST error
bundle
j '.process.rlimits = [{type: "RLIMIT_CORE", soft: 0, hard: 0}, {type: "RLIMIT_CORE", soft: 0, hard: 0}]'
runs
@ a device that is there but another one | MUST error
bundle
mknod rootfs/dev/x c 1 5
j '.mounts |= map(select(.destination != "/dev")) |
    .linux.devices = [{path: "/dev/x", type: "c", major: 1, minor: 3}]'
runs
@ `maskedPaths`, `readonlyPaths` that are relative | MUST be absolute
bundle
each '.linux.maskedPaths = [] | .linux.readonlyPaths = [] | .linux[$v] = ["proc/acpi"]' \
    '"maskedPaths"' '"readonlyPaths"'
@ `seccomp.listenerMetadata` without `listenerPath` | not allowed
bundle
j '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", listenerMetadata: "x"}'
runs
@ `errnoRet` with an action that returns none | MUST fail
bundle
j '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [{names: ["acct"], action: "SCMP_ACT_KILL", errnoRet: 1}]}'
runs
@ `hooks[].timeout` 0 | must be greater than zero
bundle
j '.hooks.createRuntime = [{path: "/bin/true", timeout: 0}]'
runs
@ a failing `startContainer` hook | runtime.md, lifecycle 7
bundle
a sleep 100
j '.hooks.startContainer = [{path: "/bin/false"}]'
r create "$N"
if r start "$N"; then printf 'start succeeds'; else printf 'start fails'; fi
sleep 0.5
if r state "$N"; then echo ", the container is $(jq -r .status <<< "$out")"
else echo ", the container is destroyed"; fi
@ poststart hooks | the order that runtime.md gives
bundle
a sleep 100
j --arg f "$PWD/log" '.hooks.poststart = [{path: "/bin/sh", args: ["sh", "-c", "cat > \($f)"]}]'
r create "$N"
when=start
if [ -s log ]; then when=create; fi
r start "$N"
echo "at $when, state \`$(jq -r .status log)\`"
@ poststop hooks after a failing prestart hook | runtime.md, lifecycle 13
bundle
j --arg f "$PWD/log" '.hooks = {prestart: [{path: "/bin/false"}],
    poststop: [{path: "/bin/touch", args: ["touch", $f]}]}'
r run "$N"
r delete --force "$N"
if [ -e log ]; then echo run; else echo "don't run"; fi
@ the state's `ociVersion` for hooks and `state`, where config.json has 1.0.2 | the version with which the state complies
bundle
a sleep 100
j --arg f "$PWD/log" '.hooks.createRuntime = [{path: "/bin/sh", args: ["sh", "-c", "cat > \($f)"]}]'
r run --detach "$N"
r state "$N"
echo "$(jq -r .ociVersion log), $(jq -r .ociVersion <<< "$out")"
@ `cgroupsPath` with `..` | invalid values MUST be errors
bundle
j --arg n "$N" '.linux.cgroupsPath = "/../\($n)"'
runs
@ a cgroup that has processes | MUST error where it is checked
bundle
cgroup=/sys/fs/cgroup/pids/$N
[ -d /sys/fs/cgroup/pids ] || cgroup=/sys/fs/cgroup/$N
mkdir "$cgroup"
sleep 100 &
echo $! > "$cgroup/cgroup.procs"
j --arg n "/$N" '.linux.cgroupsPath = $n'
runs
kill %1
wait
r delete --force "$N"
rmdir "$cgroup" 2> /dev/null
@ `rootfsPropagation`, device types, cwd: values that are none | invalid values MUST be errors
bundle
each '. * $v' '{"linux": {"rootfsPropagation": "foo"}}' '{"process": {"cwd": "tmp"}}' \
    '{"linux": {"devices": [{"path": "/dev/x", "type": "x", "major": 1, "minor": 3}]}}'
@ `pids.limit` 0 | 0 is a valid limit since 1.3
bundle
a sleep 100
j '.linux.resources.pids.limit = 0'
r create "$N"
path=$(sed -n 's/^[0-9]*:\(pids\|\)://p' "/proc/$(pid)/cgroup" | head -n 1)
value=$(cat "/sys/fs/cgroup/pids$path/pids.max" "/sys/fs/cgroup$path/pids.max" 2> /dev/null)
case $value in 0) echo "a limit of 0" ;; *) echo "not changed" ;; esac
@v2 `cpu.realtimePeriod` and `-Runtime` on cgroup v2 | what can't be converted MUST be an error
bundle
j '.linux.resources.cpu = {realtimeRuntime: 1000, realtimePeriod: 100000}'
runs
@ mount options `defaults`, `lazytime`, `iversion`, `silent` | MUST be known
bundle
each '.mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: [$v]}]' \
    '"defaults"' '"lazytime"' '"iversion"' '"silent"'
@ mappings of a mount that is no bind | MUST be ID-mapped
bundle
userns
j '.process.args = ["stat", "-c", "%u", "/mnt"] | .process.terminal = false |
    .mounts += [{destination: "/mnt", type: "tmpfs", source: "tmpfs", options: ["size=64k"],
    uidMappings: [{containerID: 0, hostID: 100005, size: 10}],
    gidMappings: [{containerID: 0, hostID: 100005, size: 10}]}]'
if ! r run "$N"; then echo error
elif [ "$out" = 0 ]; then echo "not ID-mapped"
else echo ID-mapped; fi
@ a name in `netDevices` that the host hasn't | the device can't be moved
bundle
j '.linux.netDevices = {nonesuch0: {}}'
runs
@ `memoryPolicy` | 1.3
bundle
j '.linux.memoryPolicy = {mode: "MPOL_INTERLEAVE", nodes: "0"} |
    .process.args = ["cat", "/proc/self/numa_maps"]'
r run "$N"
case $out in *interleave*) echo set ;; *) echo "not known" ;; esac
@ umask, when the configuration has none and the caller's is 077 | SHOULD not be changed
bundle
umask 077
a sh -c umask
r run "$N"
echo "$out"
@ an ambient capability that isn't inheritable | MUST be a warning
bundle
j '.process.capabilities.ambient = ["CAP_KILL"] | .process.capabilities.inheritable = []'
if ! r run "$N"; then echo error
else case ${err,,} in *ambient*) echo "a warning" ;; *) echo "silently left out" ;; esac; fi
## Configuration, where the specification is silent
@ no `process.capabilities` | a container that asks for nothing gets nothing
bundle
a cat /proc/self/status
j 'del(.process.capabilities)'
r run "$N"
case $out in
*"CapEff:	0000000000000000"*) echo none ;;
*) echo "all of the caller's" ;;
esac
@ `uidMappings` without a user namespace | whoever writes them wants them
bundle
j '.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 10}] |
    .linux.gidMappings = .linux.uidMappings'
runs
@ a rootfs that is a symbolic link | runc
bundle
mv rootfs real
ln -s real rootfs
runs
@ `/` of the host as rootfs | nothing speaks against it
bundle
j '.root = {path: "/", readonly: true} | .mounts |= map(select(.destination == "/proc"))'
runs
@ no mount namespace | nothing is left behind
bundle
begin_with() { grep -c " $PWD/rootfs/" /proc/self/mountinfo; }
j '.linux.namespaces |= map(select(.type != "mount")) | .mounts |= map(select(.type == "tmpfs")) |
    .linux.maskedPaths = [] | .linux.readonlyPaths = [] | .process.args = ["/bin/sleep", "100"]'
if r run --detach "$N"; then
    n=$(begin_with)
    r delete --force "$N"
    left=$(begin_with)
    if [ "$left" = 0 ]; then printf 'runs; the mounts go at delete'
    else printf 'runs; mounts stay after delete'; fi
    [ "$n" != 0 ] || printf ' (none seen on the host)'
    echo
else echo error; fi
@ `process.env` with an entry that is no NAME=value, or without a name | POSIX
bundle
each '.process.env += [$v]' '"NAME"' '"=value"'
@ the capabilities of the init of a container that is only created | it gives them up when it executes the process; nobody can trace it until then
bundle
a sleep 100
j '.process.capabilities |= map_values([])'
r create "$N"
case $(sed -n 's/^CapEff:\s*//p' "/proc/$(pid)/status") in
0000000000000000) echo "the process's" ;;
*) echo "the runtime's" ;;
esac
@ the device that masks a file: its mount, and whether it is the host's | a writable mount would let its root change the host's inode
bundle
touch rootfs/etc/secret
j '.linux.maskedPaths = ["/etc/secret"] |
    .process.args = ["sh", "-c", "cat /proc/self/mountinfo; stat -c %t:%T /etc/secret"]'
r run "$N"
line=$(grep ' /etc/secret ' <<< "$out")
options=$(cut -d' ' -f6 <<< "$line")
case $line in *devtmpfs*) whose="the host's" ;; *) whose="the container's" ;; esac
echo "$whose, ${options%%,*}"
@ standard output that is a file, for a process that isn't root | a file of the host is its owner's; pipes are given away
bundle
j '.process.user = {uid: 1000, gid: 1000}'
r run "$N"
case $(stat -c %u "$S.out") in 0) echo "stays its owner's" ;; *) echo "becomes the process's" ;; esac
@ a masked directory | nothing of the host is in it
bundle
mkdir rootfs/etc/secret
j '.linux.maskedPaths = ["/etc/secret"] |
    .process.args = ["sh", "-c", "cat /proc/self/mountinfo; stat -c %a /etc/secret"]'
r run "$N"
line=$(grep ' /etc/secret ' <<< "$out")
echo "${line#* - }" | cut -d' ' -f1 | tr '\n' ','
echo " $(cut -d' ' -f6 <<< "$line"), mode $(tail -n 1 <<< "$out")"
@ a sysctl key with dots and slashes, `net.ipv4/ip_forward` | as sysctl(8), the first separator decides: else an interface `eth0.1` has no name
bundle
j '.linux.sysctl = {"net.ipv4/ip_forward": "0"}'
runs
@ a mount over `/proc` that is no procfs, and a bind of `/proc` | a false /proc undoes masks and labels
bundle
each '.mounts |= map(if .destination == "/proc" then . + $v else . end)' \
    '{"type": "tmpfs", "source": "tmpfs"}' '{"type": "bind", "source": "/tmp", "options": ["bind"]}'
@ a bind of a source that is nosuid, nodev, noexec | volumes of hardened hosts; what a mount has locked isn't dropped unasked
bundle
mkdir v
mount -t tmpfs -o nosuid,nodev,noexec tmpfs v
flags() {
    r run "$N"
    grep ' /mnt ' <<< "$out" | cut -d' ' -f6 | grep -oE 'nosuid|nodev|noexec' | paste -sd,
    r delete --force "$N"
}
for options in '["bind"]' '["bind", "nodev"]'; do
    j --arg v "$PWD/v" --argjson o "$options" '.process.args = ["cat", "/proc/self/mountinfo"] |
        .mounts |= map(select(.destination != "/mnt")) +
        [{destination: "/mnt", type: "bind", source: $v, options: $o}]'
    seen=$(flags)
    printf '%s: %s; ' "$(jq -r 'join(",")' <<< "$options")" "${seen:-none}"
done
@ a bind of a source that is ro, nosuid, nodev, noexec, in a user namespace | what the options don't name is kept; what they name is cleared, because the host side may
bundle
userns
mkdir v
chown 100000:100000 v
mount -t tmpfs -o ro,nosuid,nodev,noexec tmpfs v
cp config.json kept.json
for option in rw suid nodev; do
    j --arg v "$PWD/v" --arg o "$option" '.process.args = ["cat", "/proc/self/mountinfo"] |
        .mounts += [{destination: "/mnt", type: "bind", source: $v, options: ["bind", $o]}]'
    if ! r run "$N"; then seen=error
    else seen=$(grep ' /mnt ' <<< "$out" | cut -d' ' -f6 | grep -oE '^r[ow]|nosuid|nodev|noexec' | paste -sd,); fi
    printf '%s: %s; ' "bind,$option" "$seen"
    r delete --force "$N"
    cp kept.json config.json
done
@ a bind with options of a filesystem, and with z | runc; buildah passes z on, which is for itself
bundle
mkdir v
for option in size=1m z; do
    cp config.json kept.json
    j --arg v "$PWD/v" --arg o "$option" \
        '.mounts += [{destination: "/mnt", type: "bind", source: $v, options: ["bind", $o]}]'
    printf '%s: %s; ' "$option" "$(runs)"
    r delete --force "$N"
    cp kept.json config.json
done
@ `type: bind` without the option bind or rbind | there is no other meaning
bundle
mkdir v
j --arg v "$PWD/v" '.mounts += [{destination: "/mnt", type: "bind", source: $v, options: ["ro"]}]'
runs
@ run.oci.handler | never silently something else than what was asked for
bundle
j '.annotations = {"run.oci.handler": "wasm"}'
runs
@v2 a sub-cgroup `container` below the unit | as runc
bundle
j --arg n "$N" '.process.args = ["cat", "/proc/self/cgroup"] |
    .linux.namespaces |= map(select(.type != "cgroup")) | .linux.cgroupsPath = "system.slice:hd:\($n)"'
r --systemd-cgroup run "$N"
case $out in */container) echo yes ;; *) echo no ;; esac
## Command line
@ options behind the ID: create, delete | runc
bundle
bundle=$PWD
first=$(cd / && verdict create "$N" --bundle "$bundle")
echo "create: $first, delete: $(verdict delete "$N" --force)"
@ the status of an `exec` that fails itself | runc
bundle
begin
r exec "$N" /no/such/program
echo "$rc"
@ the status of an unknown command | runc
bundle
r frobnicate
echo "$rc"
@ the status of an unknown option, and where it is told | runc; what reads standard output is spared
bundle
r run --frobnicate "$N"
where="standard error"
case $out in *[Uu]sage* | *USAGE*) where="standard output" ;; esac
echo "$rc, $where"
@ `exec -g 7,8` | crun's users know the list from podman
bundle
begin
if r exec -g 7,8 "$N" id -G; then echo "$out"; else echo error; fi
@ `exec -t` with standard input that is no terminal | pipes and engines without a terminal
bundle
begin
if setsid --wait timeout 10 "$R" --root "$S" exec -t "$N" true < /dev/null > out 2>&1; then echo works
else echo error; fi
@ `--preserve-fds N` with a descriptor that isn't open | a hole would be filled by a descriptor of the runtime's own
bundle
one=$(verdict run --preserve-fds 3 "$N")
r delete --force "$N"
begin
echo "run: $one, exec: $(verdict exec --preserve-fds 3 "$N" true)"
@ inside, of LISTEN_FDS and LISTEN_PID there are | runc
bundle
a env
exec 3< /dev/null
bash -c 'LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" --root "$1" run "$2"' "$R" "$S" "$N" > out 2> err < /dev/null
grep -o '^LISTEN_[A-Z]*' out | sort | paste -sd' '
@ NOTIFY_SOCKET inside | runc
bundle
a env
python3 -c 'import socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind("notify"); time.sleep(8)' &
sleep 0.5
NOTIFY_SOCKET=$PWD/notify r run "$N"
sed -n 's/^NOTIFY_SOCKET=//p' <<< "$out" | sed "s|^$PWD/.*|the host's path|; s|/tmp/hull-diff.*|the host's path|"
kill %1
@ SIGWINCH to a foreground run without a terminal | every signal but those about hull itself
bundle
a sh -c 'trap "echo WINCH; exit" WINCH; echo ready; while :; do sleep 0.1; done'
"$R" --root "$S" run "$N" > out 2> err < /dev/null &
for _ in $(seq 50); do if grep -q ready out; then break; fi; sleep 0.1; done
kill -WINCH $!
sleep 1
if grep -q WINCH out; then echo forwarded; else echo "not forwarded"; fi
r kill "$N" KILL
wait
@ an option with an empty argument, `--pid-file ''` | a script's empty variable is no file
bundle
verdict run --pid-file '' "$N"
@ `--console-socket` with a relative path is relative to | as any path on the command line, also `--pid-file`
bundle
j '.process.terminal = true'
printf '%s\n' 'import socket, time' 's = socket.socket(socket.AF_UNIX)' 's.bind("here")' 's.listen()' \
    'time.sleep(60)' > listen.py
b=$PWD elsewhere=$(mktemp -d)
# listening DIRECTORY: whether create finds the socket there
listening() {
    local found=1
    (cd "$1" && exec python3 "$b/listen.py") &
    for _ in $(seq 100); do if [ -S "$1/here" ]; then break; fi; sleep 0.1; done
    (cd "$elsewhere" && r create --bundle "$b" --console-socket here "$N") && found=0
    r delete --force "$N"
    kill $!
    wait
    rm "$1/here"
    return $found
}
if listening "$elsewhere"; then echo "the caller's directory"
elif listening "$b"; then echo "the bundle"
else echo "error"; fi
rm -r "$elsewhere"
@ `kill ID ''` | a script's empty variable is no signal
bundle
begin
if r kill "$N" ''; then echo accepted; else echo error; fi
@ `kill ID RTMIN+1` | crun
bundle
begin
verdict kill "$N" RTMIN+1
@ pause of a created container | runc
bundle
a sleep 100
r create "$N"
if r pause "$N"; then r state "$N"; jq -r .status <<< "$out"; else echo error; fi
r resume "$N"
@ `list` with `--root` that isn't there | runc
if r list; then echo "an empty list"; else echo error; fi
@ `list -f json` without containers | runc
mkdir "$S"
r list -f json
echo "\`$out\`"
@ the output of `state` ends with a newline | lines of output end
bundle
begin
r state "$N"
if [ "$(tail -c 1 "$S.out" | wc -l)" = 1 ]; then echo yes; else echo no; fi
@ `ps ID -ef`: options of ps(1) | runc
bundle
begin
verdict ps "$N" -ef
@ `devices` in `update --resources` | what is asked for is done; engines repeat the whole list with every change
bundle
j '.process.args = ["sleep", "100"] | .linux.devices = [{path: "/dev/tape", type: "c", major: 9, minor: 0}]'
r run --detach "$N"
echo '{"devices": [{"allow": false, "access": "rwm"}, {"allow": true, "type": "c", "major": 9, "minor": 0, "access": "rwm"}]}' > update.json
if ! r update --resources update.json "$N"; then echo error
else
    r exec "$N" sh -c '< /dev/tape'
    case $err$out in *"not permitted"*) echo ignored ;; *) echo "take the place of the container's" ;; esac
fi
@ `update --kernel-memory` | without effect, and the engine's to know
bundle
begin
if ! r update --kernel-memory 100000000 "$N"; then echo error
elif [ -n "$err" ]; then echo "accepted with a warning"
else echo accepted; fi
@ `events --stats`: network interfaces | both decode to none
bundle
begin
if r events --stats "$N"; then jq -c .data.network_interfaces <<< "$out" | sed 's/.*/`&`/'
else echo "no such command"; fi
@ the `--root` directory after a create that is refused | the next one uses it; removing it would disturb one that begins meanwhile
bundle
j '.root.path = "/no/such/place"'
r create "$N"
if [ -e "$S" ]; then echo "left behind"; else echo "not made"; fi
@ messages on a terminal | for people; NO_COLOR is respected
script -qec "$R --root $S state nope" /dev/null < /dev/null > typescript 2>&1
case $(cat typescript) in *$'\e['*) printf 'in colours' ;; *) printf 'without colours' ;; esac
case $(cat typescript) in *error:*) printf ', `error:`' ;; *level=* | *ERRO*) printf ', as a log' ;; esac
echo
@ `--version`, first line | whose number it is
r --version
head -n 1 <<< "$out" | cut -d' ' -f1,2
@ `spec`: hostname and version | runc's, with what is valid since
mkdir new && cd new && r spec
jq -r '"\(.hostname), \(.ociVersion)"' config.json
@ `checkpoint` as root into a directory of another user | images become a process of root's: who may write them may become root
bundle
. "$0/../lib/requires.bash"
begin
mkdir images
chown 1000:1000 images
rootless() { false; }
CACHE=$PWD use_criu
r checkpoint --image-path "$PWD/images" "$N"
if [ $rc != 0 ] && [ -z "$(ls images)" ]; then echo refused; else echo "images are written"; fi
