#!/usr/bin/env bash
# What hostile code in a sandbox tries (probes.py has the table), in a build and by hand; as root also for an ordinary user.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program python3

# What the probes look for outside; prints their configuration when it is ready, and stays.
cat >"$work/outside.py" <<'END'
import ctypes, json, os, socket, subprocess, sys

listener = socket.create_server(("127.0.0.1", 0))
abstract = socket.socket(socket.AF_UNIX)
abstract.bind("\0larder-probe-%d" % os.getpid())
abstract.listen()
libc = ctypes.CDLL(None)
key = 0x1A2D0000 | os.getpid() & 0xFFFF
shm = libc.shmget(key, 4096, 0o1666)
for call, *arguments in ((250, 1, b"larder-probe", 0, 0, 0), (248, b"user", b"larder_probe", b"secret", 6, -3)):
    if os.uname().machine == "x86_64":
        libc.syscall(call, *arguments)  # a session keyring, and a key in it
config = {"home": sys.argv[1], "store": sys.argv[2], "other": sys.argv[3], "pid": os.getpid(), "tcp": listener.getsockname()[1],
          "abstract": "larder-probe-%d" % os.getpid(), "shm": key, "phase": sys.argv[4]}
with open(sys.argv[5], "w") as file:
    json.dump(config, file)
status = subprocess.call(sys.argv[6:])
libc.shmctl(shm, 0, None)
sys.exit(status)
END

# probe PHASE FOLDER LARDER...: the command builds or runs the project in FOLDER, which the table lies in.
total=0
probe() {
    local phase=$1 folder=$2 count
    shift 2
    status=0
    "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
    last_command="the probes: $phase"
    [[ $phase == run ]] || cp "${folder%/*}"/store/logs/*-"$own_target.log" "$work/stdout"
    ! grep -a '^OPEN ' "$work/stdout" || fail "$folder, $phase: open"
    count=$(grep -ac '^refused ' "$work/stdout") || fail "no probe ran: $phase"
    ((count > 100)) || fail "only $count probes ran"
    expect_status 0
    printf '   %s\n' "$count refused"
    total=$((total + count))
}

# prepare FOLDER USER_HOME
prepare() {
    mkdir -p "$1/.git/hooks" "$1.other"
    cp "$tests/hostile/probes.py" "$1"
    cp "$work/outside.py" "$1.outside.py"
    touch "$1/larder.toml" "$1/larder.lock" "$1/.git/config"
    # shellcheck disable=SC2016 # for make
    printf 'all:\n\t@python3 probes.py "$$(cat config.json)"\n' >"$1/Makefile"
}

export LARDER_PROBE_SECRET=larder-probe-secret GITHUB_TOKEN=larder-probe-secret
me=$work/project
prepare "$me"

say 'by hand'
# shellcheck disable=SC2016 # for the shell inside
probe run "$me" python3 "$work/outside.py" "$HOME" "$LARDER_STORE" "$me.other" run "$me/config.json" \
    "$larder" run "$own_target" -C "$me" -- sh -c 'exec python3 probes.py "$(cat config.json)"'

say 'in a build'
probe build "$me" python3 "$work/outside.py" "$HOME" "$LARDER_STORE" "$me.other" build "$me/config.json" \
    "$larder" build "$own_target" -C "$me"

if ((EUID == 0)); then
    need_user
    say 'for an ordinary user'
    prepare "$work/user/project"
    chown -R larder-test: "$work/user"
    them=$work/user/project
    # shellcheck disable=SC2016
    probe run "$them" as_user python3 "$them.outside.py" "$work/user/home" "$work/user/store" "$them.other" run "$them/config.json" \
        "$work/larder" run "$own_target" -C "$them" -- sh -c 'exec python3 probes.py "$(cat config.json)"'
    probe build "$them" as_user python3 "$them.outside.py" "$work/user/home" "$work/user/store" "$them.other" build \
        "$them/config.json" "$work/larder" build "$own_target" -C "$them"
fi
printf '%s probes refused\n' "$total"
