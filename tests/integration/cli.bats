# SPDX-License-Identifier: LGPL-2.1-or-later
# The command line: options, help, errors, exit statuses, and what is printed, which engines read.
load helpers

command_names() { "$HULL" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'; }

# The options that help shows for a command (none: the global ones), long and short, without --help: "-b, --bundle"
help_options() { "$HULL" help "$@" | sed -n 's/^  \(-[a-z],\|   \) --\([a-z0-9-]*\).*/\1 \2/p' | tr -d ' ' | grep -v '^-h,help$' | sort; }

# --- help, version, wrong usage -------------------------------------------------------------------------------------------

@test "every command has help, asked for in any way, with usage, options and an example" {
    [ "$(command_names | wc -l)" -ge 10 ] || fail "commands: $(command_names)"
    for command in $(command_names); do
        run -0 "$HULL" help "$command"
        assert_contains "hull $command - "
        assert_contains "Usage: hull $command [OPTIONS]"
        assert_contains "  -h, --help"
        assert_matches $'\nExample:\n  '
        expected=$output
        for option in --help -h -help --h; do
            run -0 "$HULL" "$command" $option
            assert_output "$expected"
        done
        case $command in exec | kill | ps | completion) continue ;; esac # behind an argument they have no options
        run -0 "$HULL" --root /nonexistent "$command" ID --help --nonsense
        assert_output "$expected"
    done
}

@test "without a command, and with --help, hull lists its commands and global options" {
    run -0 "$HULL"
    expected=$output
    assert_contains "Usage: hull [GLOBAL OPTIONS] COMMAND"
    assert_contains "--systemd-cgroup"
    for words in --help -h help "--debug --help"; do
        # shellcheck disable=SC2086
        run -0 "$HULL" $words
        assert_output "$expected"
    done
}

@test "help is never wider than a terminal's 120 columns" {
    for command in "" $(command_names); do
        # shellcheck disable=SC2086
        run -0 "$HULL" help $command
        [ "$(printf '%s\n' "$output" | wc -L)" -le 120 ] || fail "$(printf '%s\n' "$output" | awk 'length > 120')"
    done
}

@test "--version has the lines that callers read" {
    run -0 "$HULL" --version
    assert_matches "^hull version [0-9]+\.[0-9]+\.[0-9]+"
    assert_equal "$(sed -n 2p <<<"$output" | cut -d' ' -f1)" commit:
    assert_equal "$(sed -n 3p <<<"$output")" "spec: 1.3.0"
    assert_matches "libseccomp: [0-9]+\.[0-9]+\.[0-9]+$"
    # Docker takes name and version from the only line with this word
    assert_equal "$(grep -c version <<<"$output")" 1
    expected=$output
    run -0 "$HULL" -v
    assert_output "$expected"
}

@test "wrong usage: the sentence once, in the log, and where to look; exit status 1" {
    check() {
        message=$1; shift
        run --separate-stderr "$HULL" "$@"
        assert_equal "$status:$output" "1:" "$*"
        [[ $stderr == *'level=error msg="Incorrect Usage: '*"${message//\"/\\\"}"* && $stderr == *'see `hull '*'--help`"' ]] || fail "$*: $stderr"
        assert_equal "$(wc -l <<< "$stderr")" 1
    }
    check "flag provided but not defined: -bad" --bad
    check "flag provided but not defined: -bad" create --bad "$ID"
    check "flag provided but not defined: -bad" create "$ID" --bad=1
    check "flag needs an argument: -bundle" create "$ID" --bundle
    check "flag needs an argument: -root" --root
    check 'invalid value "maybe" for flag -no-pivot: expected true or false' create --no-pivot=maybe "$ID"
    check 'invalid value "many" for flag -preserve-fds' run --preserve-fds many "$ID"
    check 'invalid value "yaml" for flag -format: expected table or json' list --format yaml
    check 'invalid value "xml" for flag -log-format: expected text or json' --log-format xml list
    check 'hull: "create" requires exactly 1 argument(s)' create
    check 'hull: "state" requires exactly 1 argument(s)' state a b
    check 'hull: "list" requires exactly 0 argument(s)' list a
    check 'hull: "kill" requires a minimum of 1 argument(s)' kill
    check 'hull: "kill" requires a maximum of 2 argument(s)' kill a b c
    # the nearest option, and options in the wrong place
    check 'flag provided but not defined: -bundel; did you mean --bundle; see `hull create --help`' create --bundel x "$ID"
    check 'flag provided but not defined: -rot; did you mean --root; see `hull --help`' --rot x list
    check 'flag provided but not defined: -root; write the global option --root before the command; see' list --root x
    check 'flag provided but not defined: -xyzzy; see' list --xyzzy
}

@test "an unknown command: exit status 3" {
    run --separate-stderr "$HULL" frobnicate
    assert_equal "$status" 3
    assert_equal "$output" ""
    [[ $stderr == *'no such command: \"frobnicate\"; `hull --help` lists the commands'* ]] || fail "$stderr"
    run "$HULL" craete
    assert_failure 3
    assert_contains 'did you mean `hull create`?'
    run "$HULL" help frobnicate
    assert_failure 3
}

# on_terminal COMMAND: what it prints on a terminal, without carriage returns
on_terminal() { TERM=xterm script -qec "$1" /dev/null | tr -d '\r'; }

@test "on a terminal, messages are for people: a violation a line, hints on lines of their own, colour for the word" {
    run on_terminal "$HULL create --bundel x"
    assert_equal "${lines[0]}" $'hull: \e[1;31merror:\e[0m Incorrect Usage: flag provided but not defined: -bundel'
    assert_equal "${lines[1]}" '  hint: did you mean --bundle; see `hull create --help`'
    assert_equal "${#lines[@]}" 2
    setup_bundle
    update_config '.process.cwd = "relative" | .linux.namespaces += [{type: "pid"}]'
    run on_terminal "NO_COLOR=1 ${HULL_CMD[*]} run --bundle $BUNDLE $ID"
    assert_equal "$(grep -c '^hull: error: ' <<< "$output")" "${#lines[@]}"
    [ "${#lines[@]}" -ge 2 ] || fail "$output"
    # with a log in a file, standard error has the same message for people
    run on_terminal "NO_COLOR=1 $HULL --log $PWD/log state $ID"
    assert_matches '^hull: error: container does not exist'
    grep -q '^time=.*level=error msg="container does not exist' log || fail "$(cat log)"
    # escape sequences from an image don't reach the terminal
    run on_terminal "NO_COLOR=1 $HULL "$'\'\e]0;title\a\''
    assert_contains '?]0;title?'
    refute_contains $'\e'
    # nor does the introducer of 8-bit sequences, in UTF-8 or as a byte; other letters do
    run on_terminal "NO_COLOR=1 $HULL "$'\'\xc2\x9b31m \x9b32m \xc3\xa4\''
    assert_contains $'"?31m ?32m \xc3\xa4"'
}

@test "no colour but in messages on a terminal; none in a pipe, and none with NO_COLOR or a dumb terminal" {
    run on_terminal "$HULL help; $HULL list; true"
    refute_contains $'\e'
    run on_terminal "NO_COLOR=1 $HULL state $ID; TERM=dumb $HULL state $ID"
    refute_contains $'\e'
    run on_terminal "$HULL state $ID 2>&1 | cat; $HULL --log-format json state $ID"
    refute_contains $'\e'
    assert_matches '^time="[^"]*" level=error msg="container does not exist'
    assert_matches '^.."level":"error","msg":"container does not exist' || assert_contains '{"level":"error"'
}

@test "output that can't be written is an error" {
    run bash -c "'$HULL' help > /dev/full"
    assert_failure 1
    assert_contains "write to standard output: no space left on device"
}

# --- the log --------------------------------------------------------------------------------------------------------------

@test "errors are logged as text to standard error" {
    run --separate-stderr hull state "$ID"
    assert_equal "$status:$output" "1:"
    [[ $stderr =~ ^time=\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(Z|[+-][0-9]{2}:[0-9]{2})\"\ level=error\ msg=\"container\ does\ not\ exist:\ $ID\ in\ the\ state\ root\ $ROOT\"$ ]] ||
        fail "$stderr"
}

@test "a JSON log: one object a line, appended; the last one of level error is the message; standard error has it too" {
    log=$BATS_TEST_TMPDIR/log.json
    for count in 1 2; do
        run --separate-stderr hull --log "$log" --log-format json state "$ID"
        assert_equal "$status:$output:$stderr" "1::container does not exist: $ID in the state root $ROOT"
        assert_equal "$(wc -l < "$log")" "$count"
    done
    assert_equal "$(tail -n 1 "$log" | jq -r '[.level, .msg] | join(": ")')" "error: container does not exist: $ID in the state root $ROOT"
    assert_equal "$(tail -n 1 "$log" | jq -r '.time | fromdateiso8601 | . > 0')" true
    hull --log="file:$log" state "$ID" 2>/dev/null || true
    assert_equal "$(tail -n 1 "$log" | grep -c '^time=')" 1
}

@test "--debug logs more than --log-level error, and on standard error only" {
    setup_bundle
    set_args true
    run --separate-stderr hull --debug run "$ID"
    assert_success
    assert_output ""
    [[ $stderr == *level=debug* ]] || fail "no debug line: $stderr"
    run --separate-stderr hull --log-level error run "$ID"
    assert_success
    assert_equal "$stderr" ""
}

# receive SOCKET TARGET: what `hull --log TARGET state` sends to a socket in the place of the system's
receive() {
    unshare --mount --propagation private python3 - "$@" "${HULL_CMD[@]}" <<'PYTHON'
import os, socket, subprocess, sys
path, target, *hull = sys.argv[1:]
for place in "/dev", "/run":
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
os.makedirs(os.path.dirname(path), exist_ok=True)
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind(path)
subprocess.run([*hull, "--log", target, "state", "nobody"], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
print(sock.recv(65536, socket.MSG_DONTWAIT).replace(bytes(1), b"").decode())
PYTHON
}

@test "--log syslog:NAME and journald:NAME: the daemons' own protocols" {
    requires root:files command:python3
    run -0 receive /dev/log syslog:box
    assert_matches "^<11>.*box(\\[[0-9]+\\])?: container does not exist"
    run -0 receive /run/systemd/journal/socket journald:box
    assert_matches "MESSAGE.*container does not exist"    # with its length between, as lines may be in it
    assert_contains "PRIORITY=3"
    assert_contains "SYSLOG_IDENTIFIER=box"
    run hull --log journald:box state "$ID"
    [ -S /run/systemd/journal/socket ] || assert_contains "/run/systemd/journal/socket"
    assert_failure 1
}

@test "a log that can't be opened is an error" {
    run "$HULL" --log /nonexistent/log list
    assert_failure 1
    assert_contains "/nonexistent/log"
}

# --- the root directory ---------------------------------------------------------------------------------------------------

@test "--root: relative to the working directory, never /, and there when it is given for list" {
    for root in / // /.. /tmp/..; do
        run "$HULL" --root $root list
        assert_failure 1
        assert_contains "option --root argument should not be set to /"
    done
    run "$HULL" --root "$BATS_TEST_TMPDIR/missing" list
    assert_failure 1
    assert_contains "it doesn't exist"
    mkdir there
    run -0 "$HULL" --root there list -f json
    assert_output null
    setup_bundle
    set_args true
    cd "$BATS_TEST_TMPDIR"
    absolute=("${HULL_CMD[@]}")
    HULL_CMD+=(--root "${ROOT##*/}/../${ROOT##*/}")
    run_hull create --bundle "$BUNDLE" "$ID"
    HULL_CMD=("${absolute[@]}")
    assert_success
    assert_equal "$("$HULL" --root "$ROOT" list -q)" "$ID"
}

@test "--root: what has to be made of it is its maker's alone" {
    setup_bundle
    set_args true
    "${HULL_CMD[@]}" --root "$BATS_TEST_TMPDIR/above/root" create --bundle "$BUNDLE" "$ID" < /dev/null > /dev/null 2>&1 3>&-
    assert_equal "$(stat -c %a "$BATS_TEST_TMPDIR"/above{,/root})" "700
700"
    "$HULL" --root "$BATS_TEST_TMPDIR/above/root" delete --force "$ID"
}

# list warns about a container whose state is unreadable.
@test "XDG_RUNTIME_DIR is the place of the state for who isn't root on the host" {
    requires userns
    mkdir -p "xdg/hull/$ID"
    : > "xdg/hull/$ID/state.json"
    for user in -uUSER USER=nobody; do
        run env "$user" XDG_RUNTIME_DIR="$PWD/xdg" unshare --user --map-root-user "$HULL" list
        assert_contains "$ID"
    done
    # USER=root in a user namespace, and root of the host: root's own state root
    run env USER=root XDG_RUNTIME_DIR="$PWD/xdg" unshare --user --map-root-user "$HULL" list
    refute_contains "$ID"
    run env -uUSER XDG_RUNTIME_DIR="$PWD/xdg" "$HULL" list
    if rootless; then assert_contains "$ID"; else refute_contains "$ID"; fi
}

# --- ids ------------------------------------------------------------------------------------------------------------------

@test "ids: letters, digits and _ + - . only" {
    setup_bundle
    for id in '' . .. a/b ../a a/../b 'a b' 'a$' 'ä' $'a\n' '@x'; do
        for words in create run "state" "delete --force" "kill"; do
            # shellcheck disable=SC2086
            run hull $words -- "$id"
            assert_failure 1
            assert_matches "container (ID|id)"
        done
    done
    run_hull create "$ID+a.b_c-D9"
    assert_success
    run_hull delete "$ID+a.b_c-D9"
    assert_success
}

# --- what engines read ----------------------------------------------------------------------------------------------------

@test "state: members, their order, two spaces" {
    setup_bundle
    update_config '.annotations = {"some.key": "with \"quotes\""}'
    start_container
    run -0 hull state "$ID"
    assert_equal "$(jq -r 'keys_unsorted | join(" ")' <<<"$output")" \
        "ociVersion id pid status bundle rootfs created annotations owner"
    assert_equal "$(sed -n 1,3p <<<"$output")" $'{\n  "ociVersion": "'"$(jq -r .ociVersion config.json)"$'",\n  "id": "'"$ID"'",'
    assert_equal "$(jq -c '[.id, .status, .bundle, .rootfs, .annotations, .owner]' <<<"$output")" \
        "[\"$ID\",\"running\",\"$BUNDLE\",\"$BUNDLE/rootfs\",{\"some.key\":\"with \\\"quotes\\\"\"},\"\"]"
    [[ $(jq -r .created <<<"$output") =~ ^20[0-9-]{8}T[0-9:]{8}\.[0-9]{1,9}Z$ ]] || fail "$output"
    assert_equal "$(cat "/proc/$(jq .pid <<<"$output")/comm")" sleep
    hull kill "$ID" KILL
    wait_for_status "$ID" stopped
    run -0 hull state "$ID"
    assert_equal "$(jq -c '[.pid, .status]' <<<"$output")" '[0,"stopped"]'
    update_config 'del(.annotations)'
    hull delete "$ID"
    create_container
    run -0 hull state "$ID"
    assert_equal "$(jq -c '[.status, has("annotations")]' <<<"$output")" '["created",false]'
}

@test "list: a table, JSON, ids" {
    run -0 hull list
    assert_output "ID          PID         STATUS      BUNDLE      CREATED     OWNER"
    run -0 hull list --format json
    assert_output null
    run -0 hull list --quiet
    assert_output ""
    setup_bundle
    for i in b a; do create_container "$ID-$i"; done
    owner=$(id -un)
    run -0 hull list
    assert_equal "${#lines[@]}" 3
    pid=$(container_pid "$ID-a")
    created=$(container_state "$ID-a" .created)
    width=$((${#ID} + 5))
    assert_equal "${lines[1]}" "$(printf '%-*s%-12s%-12s%-*s%-*s%s' $width "$ID-a" "$pid" created $((${#BUNDLE} + 3)) "$BUNDLE" \
        33 "$created" "$owner")"
    run -0 hull list -q
    assert_output "$ID-a"$'\n'"$ID-b"
    run -0 hull list -f json
    assert_equal "${#lines[@]}" 1
    assert_equal "$(jq -c "map([.id, .status, .owner])" <<<"$output")" \
        "[[\"$ID-a\",\"created\",\"$owner\"],[\"$ID-b\",\"created\",\"$owner\"]]"
    hull state "$ID-a" > state.json
    assert_equal "$(jq -c '.[0] | .owner = ""' <<<"$output")" "$(jq -c . state.json)"
}

output_is() { [ "$(container_output)" = "$1" ]; }

@test "kill: numbers, names in any case, TERM by default; unknown ones are refused" {
    setup_bundle
    set_args sh -c 'for s in HUP TERM USR1 WINCH; do trap "echo $s" $s; done; echo ready; while :; do sleep 0.05; done'
    start_container
    wait_until 20 grep -q ready "$LOGS/$ID.out"
    expected=ready
    for signal in 1:HUP hup:HUP SIGUSR1:USR1 sigwinch:WINCH :TERM 15:TERM; do
        # shellcheck disable=SC2086
        run_hull kill "$ID" ${signal%:*}
        assert_success
        expected+=$'\n'${signal#*:}
        wait_until 20 output_is "$expected"
    done
    for signal in NOPE SIG -9 65 4294967305 '' 9x; do
        run_hull kill "$ID" "$signal"
        assert_failure 1
        assert_contains "unknown signal \\\"$signal\\\""
    done
    assert_equal "$(container_status)" running
    run_hull kill "$ID" KILL
    assert_success
    wait_for_status "$ID" stopped
    run_hull kill "$ID"
    assert_failure 1
    assert_contains "container not running"
    run_hull kill --all "$ID" 9
    assert_success
}

@test "delete: of what isn't there, of what runs, by force, with the option behind the id" {
    run_hull delete "$ID"
    assert_failure 1
    assert_contains "container does not exist"
    run_hull delete --force "$ID"
    assert_success
    assert_output ""
    setup_bundle
    start_container
    run_hull delete "$ID"
    assert_failure 1
    assert_contains "cannot delete container $ID that is not stopped: running"
    run_hull start "$ID"
    assert_failure 1
    assert_contains "cannot start an already running container"
    run_hull delete "$ID" --force
    assert_success
    run_hull create "$ID"
    assert_success
    run_hull create "$ID"
    assert_failure 1
    assert_contains "hull create failed: container with given ID already exists"
    run_hull delete "$ID"
    assert_success
}

@test "delete --regex and kill --regex: every container that matches, and no other" {
    setup_bundle
    for i in a1 a2 b1; do start_container "$ID-$i"; done
    run_hull kill --regex "^$ID-a[0-9]\$" KILL
    assert_success
    wait_for_status "$ID-a1" stopped
    wait_for_status "$ID-a2" stopped
    assert_equal "$(container_status "$ID-b1")" running
    run_hull delete --regex "$ID-(a|b)"
    assert_failure 1
    assert_contains "$ID-b1: cannot delete"
    assert_equal "$(hull list -q)" "$ID-b1"
    run_hull delete -r 'nothing-[xyz]'
    assert_success
    run_hull delete -r '('
    assert_failure 1
    assert_contains "regular expression"
    run_hull delete --force --regex .
    assert_success
    assert_equal "$(hull list -q)" ""
}

@test "--pid-file is relative to the caller's directory, and has no newline; --config stands for the bundle's config.json" {
    setup_bundle
    mv config.json ../other.json
    mkdir ../caller
    cd ../caller
    run_hull create --bundle "$BUNDLE" "$ID"
    assert_failure 1
    assert_contains "config.json"
    run_hull create -b "$BUNDLE" -f ../other.json --pid-file pid "$ID"
    assert_success
    assert_equal "$(od -c pid | head -n 1)" "$(printf %s "$(container_pid)" | od -c | head -n 1)"
    assert_equal "$(ls -A)" pid
}

@test "--pid-file writes to a pipe or a device, and doesn't put a file in its place" {
    setup_bundle
    mkfifo "$BATS_TEST_TMPDIR/pipe"
    cat "$BATS_TEST_TMPDIR/pipe" > pid 3>&- &
    local reader=$!
    run_hull create --pid-file "$BATS_TEST_TMPDIR/pipe" "$ID"
    assert_success
    wait "$reader"
    assert_equal "$(cat pid)" "$(container_pid)"
    [ -p "$BATS_TEST_TMPDIR/pipe" ] || fail "the pipe is gone"
}

@test "standard descriptors that are closed are taken by nothing else" {
    setup_bundle
    set_args sh -c 'for i in 0 1 2; do [ "$(readlink /proc/$$/fd/$i)" = /dev/null ] || exit $((i + 10)); done'
    "${HULL_CMD[@]}" run "$ID" <&- >&- 2>&- 3>&- 4>&- || fail "exit status $?"
}

@test "spec doesn't replace a config.json" {
    mkdir bundle
    run_hull spec --bundle bundle
    assert_success
    jq -e .ociVersion bundle/config.json
    echo mine > bundle/config.json
    run_hull spec -b bundle
    assert_failure 1
    assert_contains "File bundle/config.json exists. Remove it first"
    assert_equal "$(cat bundle/config.json)" mine
    run_hull spec -b /nonexistent
    assert_failure 1
    assert_contains "/nonexistent/config.json: it doesn't exist"
    run_hull spec -b bundle --file other.json
    assert_success
    jq -e .ociVersion bundle/other.json
    run jq '.linux.namespaces | any(.type == "cgroup")' bundle/other.json    # as runc: where /sys/fs/cgroup is cgroup v2
    assert_output "$(on_v2 && echo true || echo false)"
}

# --- manual pages and completions: as the tables are ----------------------------------------------------------------------

man_options() { sed -n 's/^\.It Fl \([a-z]\) , Fl -\([a-z0-9-]*\).*/-\1,\2/p; s/^\.It Fl -\([a-z0-9-]*\).*/\1/p' "$1" | sort; }

@test "every command has a manual page, with exactly the options that it has" {
    assert_equal "$(man_options "$REPO/man/hull.8")" "$(help_options)" "hull.8"
    for command in $(command_names); do
        [ "$command" != help ] || continue
        page=$REPO/man/hull-$command.8
        [ -f "$page" ] || fail "no $page"
        assert_equal "$(man_options "$page")" "$(help_options "$command")" "$page"
        grep -q "Xr hull-$command 8" "$REPO/man/hull.8" || fail "hull.8 doesn't name hull-$command"
    done
    for page in "$REPO"/man/hull-*.8; do
        command=${page##*/hull-}
        { command_names; echo node; } | grep -qx "${command%.8}" || fail "$page is about no command"
    done
}

@test "hull-node has a manual page, with exactly the options that it has" {
    options=$(sh "$REPO/contrib/node/hull-node" --help | sed -n 's/^  --\([a-z-]*\) .*/\1/p; s/.*hull-node --undo.*/undo/p' | sort)
    assert_equal "$(man_options "$REPO/man/hull-node.8")" "$options"
    grep -q "Xr hull-node 8" "$REPO/man/hull.8" || fail "hull.8 doesn't name hull-node"
}

@test "the manual pages are clean mdoc" {
    command -v mandoc >/dev/null || skip "no mandoc"
    # left out: warnings about pages that aren't installed here
    run grep -v "referenced manual not found" <(mandoc -T lint "$REPO"/man/*.[78] 2>/dev/null)
    assert_output ""
}

@test "contrib/completions has what hull completion prints" {
    for shell in bash zsh fish; do
        run -0 diff -u "$REPO/contrib/completions/$shell" <("$HULL" completion $shell)
    done
    run_hull completion tcsh
    assert_failure 1
}

words() { "$HULL" --root "$ROOT" completion words "$@" | cut -f1; }

@test "completion: commands, options, choices, ids, files and directories" {
    assert_equal "$(words '')" "$(command_names)"
    assert_equal "$(words --debug cr)" create
    assert_equal "$(words --log-f)" --log-format
    assert_equal "$(words --log-format '' | xargs)" "text json"
    assert_equal "$(words list --format = j)" json
    assert_equal "$(words list --format=j)" --format=json
    for command in $(command_names); do
        assert_equal "$(words "$command" -- | sed -n 's/^--//p' | grep -v '^help$' | sort)" \
            "$(help_options "$command" | sed 's/.*,//' | sort)" "$command"
    done
    assert_equal "$(words create --bundle '')" :directories
    assert_equal "$(words create --pid-file '')" :files
    setup_bundle
    create_container
    assert_equal "$("$HULL" completion words --root "$ROOT" start '')" "$ID"$'\t'created
    assert_equal "$("$HULL" completion words --root "$ROOT" start nope)" ""
}

@test "the completions for zsh and fish are scripts of these shells" {
    command -v zsh >/dev/null && command -v fish >/dev/null || skip "no zsh or no fish"
    zsh -n "$REPO/contrib/completions/zsh"
    fish -n "$REPO/contrib/completions/fish"
    mkdir bin
    ln -s "$HULL" bin/hull
    PATH=$PWD/bin:$PATH run -0 fish -c "source $REPO/contrib/completions/fish; complete -C 'hull list --format '"
    assert_output $'json\ntable'
}

@test "completion in bash" {
    complete_line() {
        bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; _hull; printf "%s\n" "${COMPREPLY[@]}"' \
            bash "$REPO/contrib/completions/bash" "$@"
    }
    assert_equal "$(complete_line "$HULL" comp)" completion
    assert_equal "$(complete_line "$HULL" list --format = t)" table
    assert_equal "$(complete_line "$HULL" list --format =)" $'table\njson'
    mkdir complete && cd complete
    touch 'a file' b
    assert_equal "$(complete_line "$HULL" run --pid-file a)" "a file"
    mkdir d
    assert_equal "$(complete_line "$HULL" run --bundle '')" d
}
