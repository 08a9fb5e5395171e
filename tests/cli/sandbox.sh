#!/usr/bin/env bash
# What a build can see and do inside: `larder run` and `larder shell`.
# shellcheck disable=SC2016 # these are texts for make and for the shell inside
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program python3

make_project project
cd project
inside() { run "$larder" run "$own_target" -- "$@"; }

say 'the command, its code and its output'
inside sh -c 'exit 7'
expect_status 7
inside sh -c 'echo out; echo err >&2'
expect_status 0
expect_equal "$(<"$work/stdout")" out
expect_equal "$(<"$work/stderr")" err
inside printf '[%s]' 'two words' '' "it's" '$HOME' --flag
expect_equal "$(<"$work/stdout")" "[two words][][it's][\$HOME][--flag]"
inside no-such-program
expect_status 127
expect_err no-such-program
refuse_err 'larder doctor'
run "$larder" run "$own_target" echo -n without dashes -- --too
expect_equal "$(<"$work/stdout")" 'without dashes -- --too'
run "$larder" run "$own_target" --netwrok echo
expect_status 2
expect_err "did you mean '--network'?"
inside sh -c 'kill -TERM $$'
expect_status 143
status=0
echo input | "$larder" run "$own_target" -- cat >"$work/stdout" || status=$?
expect_equal "$(<"$work/stdout")" input

say 'who and where'
inside id -u
expect_equal "$(<"$work/stdout")" "$(id -u)" 'the uid inside'
inside id -g
expect_equal "$(<"$work/stdout")" "$(id -g)" 'the gid inside'
inside pwd
expect_equal "$(<"$work/stdout")" /workspace
inside hostname
expect_equal "$(<"$work/stdout")" larder
inside cat hello.c
expect diff hello.c "$work/stdout"

say 'of the host nothing else is there'
echo secret >"$HOME/.token"
echo secret >"$TMPDIR/token"
export LARDER_TEST_SECRET=secret GITHUB_TOKEN=secret
inside sh -c 'ls -A "$HOME" /tmp /root /home/* /var /srv /mnt /media /run /etc/shadow /etc/ssh 2>/dev/null | grep -v :; env'
refuse_out token
refuse_out secret
refuse_out shadow
inside sh -c 'ls -A "$HOME" /tmp | grep -v : | grep .'
expect_equal "$(<"$work/stdout")" '' 'content of HOME and /tmp'
inside test -e "$work"
expect_status 1
inside sh -c 'ls -d /proc/[0-9]* | wc -l'
(($(<"$work/stdout") < 8)) || fail 'processes of the host are seen'
inside sh -c 'touch /usr/x || touch /etc/x || touch /lib/x || touch /bin/x'
[[ $status != 0 ]] || fail 'the system can be written'
inside sh -c 'touch "$HOME/x" /tmp/x && mkdir /tmp/d'
expect_status 0
inside sh -c 'grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status'
expect grep -qE 'CapEff:[[:space:]]0+$' "$work/stdout"
expect grep -qE 'NoNewPrivs:[[:space:]]1$' "$work/stdout"
inside sh -c 'mount -t tmpfs x /tmp || mknod /tmp/n b 8 0'
[[ $status != 0 ]] || fail 'mounts or devices can be made'
inside sh -c 'ls /proc/self/fd | wc -l'
(($(<"$work/stdout") <= 6)) || fail 'open files of larder are seen inside'

say 'the network'
inside python3 -c 'import socket; print([name for _, name in socket.if_nameindex()])'
expect_equal "$(<"$work/stdout")" "['lo']"
inside python3 -c '
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
print("loopback works")'
expect_out 'loopback works'
python3 -u -m http.server --bind 127.0.0.1 0 >"$work/server" 2>&1 &
until_true 20 grep -q 'port' "$work/server"
port=$(sed -nE 's/.* port ([0-9]+).*/\1/p' "$work/server")
connect="import socket; socket.create_connection(('127.0.0.1', $port), 5); print('connected')"
inside python3 -c "$connect"
refuse_out connected
good "$larder" run "$own_target" --network -- python3 -c "$connect"
expect_out connected
printf '[build]\nnetwork = true\n' >larder.toml
inside python3 -c "$connect"
expect_out connected
rm larder.toml
printf 'all:\n\t@python3 -c "%s"\n' "$connect" >Makefile
run "$larder" build "$own_target"
expect_status 1
kill %1

say 'what a run changes in the caches is thrown away'
mkdir -p "$HOME/.config/larder/recipes" own
cat >"$HOME/.config/larder/recipes/own.toml" <<'END'
name = "own"
title = "Tools with a folder of their own"
detect = ["own.sh"]
output = "target"

[volumes]
compiled = "own-{project}-{target}"

[build]
commands = [["sh", "own.sh"]]

[artifacts]
include = ["target/none"]
END
printf 'test -e target/object || echo made >target/object\n' >own/own.sh
touch own/{README,NEWS} # so that most of it is the same
touch -d '1 hour ago' own/* own
good "$larder" build "$own_target" -C own
run "$larder" run "$own_target" -C own -- sh -c 'cat target/object && rm target/object && touch mine'
expect_status 0
expect_out made
expect test -e own/mine # the folder is the real one
expect_equal "$(ls own/target)" '' "the project's own folder of results"
rm own/mine
touch -d '1 hour ago' own
run "$larder" run "$own_target" -C own -- ls target/object
expect_status 0
printf ':\n' >>own/own.sh
run "$larder" run "$own_target" -C own -- ls target/object
expect_status 0 # that file is newer than what was built, and is seen to be
touch -d '2 hours ago' own/own.sh
run "$larder" run "$own_target" -C own -- ls target
expect_status 0
refuse_out object
expect_err "the project's own times would hide changes from what was built, starts from nothing"

say 'what is built in the source tree is not in the user'"'"'s'
make_project .
good "$larder" build "$own_target"
inside sh -c '! ls hello 2>/dev/null && ! make -q'
expect_status 0
wait_for_upkeep
expect_empty "$LARDER_STORE/transactions"

say 'a shell on a terminal'
# Talks to a command on a pseudo-terminal: waits for each prompt, types each line.
cat >"$work/talk.py" <<'END'
import os, pty, select, sys, time

def read_until(master, text, what):
    seen = b""
    limit = time.monotonic() + 60
    while text not in seen:
        if time.monotonic() > limit or not select.select([master], [], [], 60)[0]:
            sys.exit(f"no {what}: {seen!r}")
        try:
            data = os.read(master, 65536)
        except OSError:
            data = b""
        if not data:
            sys.exit(f"ended before {what}: {seen!r}")
        seen += data

pid, master = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], sys.argv[1:])
typed = [
    (b"PS1='ready''>'; tty\n", b"ready>"),
    (b"test -t 0 && test -t 1 && test -t 2 && echo ter'minal'\n", b"terminal"),
    (b"stty size >/dev/null && echo si'ze'\n", b"size"),
    (b"echo $TERM\n", b"xterm"),
    (b"make -q; echo code''$?\n", b"code1"),
    (b"sleep 600\n", None),
]
for line, answer in typed:
    os.write(master, line)
    if answer:
        read_until(master, answer, line.decode())
time.sleep(0.3)
os.write(master, b"\x03")  # Ctrl-C ends the sleep and not the shell
read_until(master, b"ready>", "prompt after Ctrl-C")
os.write(master, b"sleep 600 & \n")
read_until(master, b"ready>", "prompt with a job")
os.write(master, b"jo''bs\n")
read_until(master, b"Running", "job control")
os.write(master, b"exit 9\n")
while True:
    try:
        if not os.read(master, 65536):
            break
    except OSError:
        break
_, status = os.waitpid(pid, 0)
sys.exit(0 if os.waitstatus_to_exitcode(status) == 9 else f"ended with {status}")
END
good python3 "$work/talk.py" "$larder" shell "$own_target"
wait_for_upkeep
expect_empty "$LARDER_STORE/transactions"

say 'a live view on a terminal'
cat >"$work/watch.py" <<'END'
import os, pty, sys
output = []
status = pty.spawn(sys.argv[1:], lambda fd: output.append(os.read(fd, 65536)) or output[-1])
sys.exit(os.waitstatus_to_exitcode(status))
END
good env TERM=xterm python3 "$work/watch.py" "$larder" build "$own_target"
expect_out 'ok'
good env TERM=xterm NO_COLOR=1 python3 "$work/watch.py" "$larder" build "$own_target" --verbose
expect_out 'up to date'
run env TERM=xterm NO_COLOR=1 python3 "$work/watch.py" "$larder" build nowhere
expect_status 2
expect_out "error: unknown target 'nowhere'"
run env TERM=xterm python3 "$work/watch.py" "$larder" build nowhere
expect grep -q $'\033\[1;31merror:\033\[0m unknown target' "$work/stdout"
