# shellcheck shell=bash
# What the installing scripts share: errors with a hint, root rights, and a quiet command with its log.

fail() {
    printf 'error: %s\n' "$1" >&2
    [[ -z ${2-} ]] || printf 'hint: %s\n' "$2" >&2
    exit 3
}

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

# logged TEXT COMMAND...: one line of progress, all else in the log; the log's end is shown on failure. The command is a
# job of its own, so that `set -e` holds in it, and Ctrl-C ends all of it.
logged() {
    local text=$1 start=$SECONDS status=0 pid
    shift
    set -m
    "$@" </dev/null >>"$log" 2>&1 &
    pid=$!
    set +m
    # shellcheck disable=SC2064 # this pid
    trap "kill -- -$pid 2>/dev/null; exit 130" INT TERM
    if [[ -t 1 ]]; then
        while kill -0 "$pid" 2>/dev/null; do
            printf '\r%s … %d s' "$text" $((SECONDS - start))
            sleep 0.2
        done
        printf '\r\e[K'
    else
        say "$text …"
    fi
    wait "$pid" || status=$?
    trap - INT TERM
    if ((status)); then
        tail --lines=20 "$log" | sed 's/^/    /' >&2
        fail "$text: failed" "all of it is in $log"
    fi
    say "$text: $((SECONDS - start)) s"
}
