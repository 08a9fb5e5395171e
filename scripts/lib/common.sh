# shellcheck shell=bash
# What the installing scripts share: errors with a hint, root rights, and a quiet command with its log.

fail() {
    printf 'error: %s\n' "$1" >&2
    [[ -z ${2-} ]] || printf 'hint: %s\n' "$2" >&2
    exit 3
}

: "${HOME:=$(getent passwd "$EUID" | cut -d: -f6)}"
export HOME

# Where logs and temporary folders go.
scratch=${XDG_CACHE_HOME:-$HOME/.cache}/larder

# start_log NAME: an empty file for the noise of what follows, as $log.
start_log() {
    log=$scratch/$1.log
    mkdir -p "$scratch"
    : >"$log"
}

say() { printf '%s\n' "$*"; }

# The version of an installed package, or nothing.
version_of() {
    dpkg-query --show --showformat='${db:Status-Status} ${Version}' "$1" 2>/dev/null | sed -n 's/^installed //p' || true
}

# Ask for root rights now, not in the middle of the work.
need_root() {
    ((EUID)) || return 0
    command -v sudo >/dev/null || fail 'installing packages needs root, and there is no sudo' "run as root: $0 $*"
    local ask=--validate
    [[ -t 0 ]] || ask='--non-interactive true'
    # shellcheck disable=SC2086 # two words
    sudo $ask || fail 'sudo does not grant root rights' "run as root: $0 $*"
}

as_root() {
    if ((EUID)); then sudo --non-interactive "$@"; else "$@"; fi
}

# apt without questions, that waits for another apt to end.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get --yes -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@"
}

# What `logged` shows while a command runs; a caller may define its own.
progress() { tail --bytes=4096 "$log" | tr '\r' '\n' | sed '/^[[:space:]]*$/d; s/\x1b\[[0-9;]*[a-zA-Z]//g' | tail --lines=1; }

# logged TEXT COMMAND...: progress in one line, or without a terminal in a line now and then; all else is in the log. Its
# end is shown on failure. The command is a job of its own, so that `set -e` holds in it, and Ctrl-C ends all of it.
logged() {
    local text=$1 start=$SECONDS status=0 pid next=30 detail columns
    shift
    set -m
    "$@" </dev/null >>"$log" 2>&1 &
    pid=$!
    set +m
    # shellcheck disable=SC2064 # this pid
    trap "kill -- -$pid 2>/dev/null; exit 130" INT TERM
    [[ -t 1 ]] || say "$text …"
    columns=$(tput cols 2>/dev/null) || columns=80
    while kill -0 "$pid" 2>/dev/null; do
        if [[ -t 1 ]]; then
            detail="$text … $((SECONDS - start)) s  $(progress || true)"
            printf '\r\e[K%s' "${detail:0:columns-1}"
        elif ((SECONDS - start >= next)); then
            detail=$(progress || true)
            say "    $next s  ${detail:0:100}"
            next=$((next + 30))
        fi
        sleep 0.2
    done
    [[ ! -t 1 ]] || printf '\r\e[K'
    wait "$pid" || status=$?
    trap - INT TERM
    if ((status)); then
        tail --lines=20 "$log" | sed 's/^/    /' >&2
        fail "$text: failed" "${hint:-all of it is in $log}"
    fi
    say "$text: $((SECONDS - start)) s"
}

# packages_of PROGRAM...: Debian's names for what Larder starts, as `larder doctor` has them, with commas between.
packages_of() {
    python3 -c '
import sys, tomllib
with open(sys.argv[1], "rb") as file:
    programs = tomllib.load(file)["program"]
print(", ".join(programs[name]["packages"]["apt"] for name in sys.argv[2:]))' "$(dirname "${BASH_SOURCE[0]}")/../../helpers.toml" "$@"
}
