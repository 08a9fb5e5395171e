#!/usr/bin/env bash
# What hostile code in a sandbox tries (probes.py has the table), in a build and by hand, on this machine's own root. As root also for
# an ordinary user, in containers of docker and podman, and on an image that Larder has unpacked.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/engine/engines.sh
source "$tests/engine/engines.sh"
need_make
need_program python3
on_exit() { stop_engines; }

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
          "abstract": "larder-probe-%d" % os.getpid(), "shm": key, "phase": sys.argv[4], "engine": sys.argv[6], "image": sys.argv[7]}
with open(sys.argv[5], "w") as file:
    json.dump(config, file)
status = subprocess.call(sys.argv[8:])
libc.shmctl(shm, 0, None)
sys.exit(status)
END

engine=native image=host
total=0
# probe PHASE FOLDER STORE COMMAND...: the command begins with what makes the caller, then the program; the table lies in FOLDER.
probe() {
    local phase=$1 folder=$2 store=$3 count engines
    shift 3
    local caller=("${@:1:$#-1}") program=${*: -1}
    local home=$work/user/home larder_command=("$program" "$phase" "$own_target" --engine "$engine" --image "$image" -C "$folder")
    [[ ${#caller[@]} != 0 ]] || home=$HOME
    # shellcheck disable=SC2016 # for the shell inside
    [[ $phase != run ]] || larder_command+=(-- sh -c 'exec python3 probes.py "$(cat config.json)"')
    status=0
    "${caller[@]}" python3 "$folder.outside.py" "$home" "$store" "$folder.other" "$phase" "$folder/config.json" \
        "$engine" "$image" "${larder_command[@]}" >"$work/stdout" 2>"$work/stderr" </dev/null || status=$?
    last_command="the probes: $engine, $phase"
    [[ $phase == run ]] || cp "$store"/logs/*-"$own_target.log" "$work/stdout"
    ! grep -a '^OPEN ' "$work/stdout" || fail "$folder, $engine, $phase: open"
    count=$(grep -ac '^refused ' "$work/stdout") || fail "no probe ran: $engine, $phase"
    engines=$(grep -ac "^engine's " "$work/stdout") || true
    ((count + engines > 120)) || fail "only $count probes ran"
    expect_status 0
    printf '   %s refused' "$count"
    ((engines == 0)) || printf ", %s are the engine's business" "$engines"
    printf '\n'
    total=$((total + count))
}

# prepare FOLDER USER_HOME
prepare() {
    mkdir -p "$1/.git/hooks" "$1.other"
    cp "$tests/hostile/probes.py" "$1"
    cp "$work/outside.py" "$1.outside.py"
    touch "$1/larder.toml" "$1/.git/config"
    echo "version = 1" >"$1/larder.lock"
    # shellcheck disable=SC2016 # for make
    printf 'all:\n\t@python3 probes.py "$$(cat config.json)"\n' >"$1/Makefile"
}

# Both phases for root, or whoever calls this: probe_here
probe_here() {
    probe run "$me" "$LARDER_STORE" "$larder"
    probe build "$me" "$LARDER_STORE" "$larder"
}
probe_user() {
    local settings
    mapfile -t settings < <(engine_environment "${1-native}")
    for phase in run build; do
        probe "$phase" "$them" "$work/user/store" as_user env "${settings[@]}" "$work/larder"
    done
}

export LARDER_PROBE_SECRET=larder-probe-secret GITHUB_TOKEN=larder-probe-secret
me=$work/project
prepare "$me"
say 'native'
probe_here

if ((EUID == 0)); then
    need_user
    prepare "$work/user/project"
    chown -R larder-test: "$work/user"
    them=$work/user/project
    say 'native, for an ordinary user'
    probe_user
fi

# start KIND: an engine with the image larder-test:probes.
start() {
    local why
    why=$(start_engine "$1")
    [[ -z $why ]] || { say "$1: skipped, $why" && return 1; }
    case $1 in
        docker) start_dockerd ;;
        podman) podman_settings "$work/podman" ;;
        podman-user) podman_settings "$work/user/podman" && chown -R larder-test: "$work/user/podman" ;;
    esac
    engine "$1" import - larder-test:probes <"$work/probes.tar" >/dev/null 2>&1
}

if ((EUID == 0)) && "$tests/engine/toolchain-image" "$work/probes.tar" python3-minimal libpython3.11-stdlib make dash coreutils \
    linux-libc-dev libc-bin; then
    if start docker; then
        image=docker-daemon:larder-test:probes
        say 'native, on an image'
        probe_here
        engine=docker image=larder-test:probes
        say 'docker'
        probe_here
        say 'docker, for an ordinary user'
        probe_user docker
    fi
    engine=podman image=larder-test:probes
    if start podman; then
        say 'podman'
        mapfile -t settings < <(engine_environment podman)
        export "${settings[@]}"
        probe_here
        unset CONTAINERS_CONF CONTAINERS_STORAGE_CONF
    fi
    if start podman-user; then
        say 'podman, rootless'
        probe_user podman-user
    fi
fi
printf '%s probes refused\n' "$total"
