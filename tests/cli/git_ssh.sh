#!/usr/bin/env bash
# Git over ssh, by a server on loopback: with the agent that the project asks for and the user's known hosts, by cargo's own git and by
# the program; without them, an error whose hint is true. The key itself is nowhere to be seen. In containers, if a second argument names docker.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/engine/engines.sh
source "$tests/engine/engines.sh"
need_cargo
need_program git ssh ssh-agent ssh-keygen ssh-add
sshd=$(command -v sshd) || skip 'there is no sshd (openssh-server)'
mkdir -p /run/sshd 2>/dev/null || true
agent=
on_exit() {
    [[ -z $agent ]] || kill "$agent"
    stop_engines
}
use_engine "${2-native}"

say 'a server, a key in an agent, a library'
# OpenSSH finds the caller's home by the list of users, not by HOME, and so does the server.
user=$(id -un)
mkdir -m 700 "$work/ssh"
ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/host"
ssh-keygen -q -t ed25519 -N '' -f "$work/ssh/key"
cp "$work/ssh/key.pub" "$work/ssh/authorized"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$work/ssh/config" <<END_OF_FILE
Port $port
ListenAddress 127.0.0.1
HostKey $work/ssh/host
AuthorizedKeysFile $work/ssh/authorized
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PermitRootLogin yes
PidFile none
END_OF_FILE
"$sshd" -D -e -f "$work/ssh/config" 2>"$work/ssh/log" &
until_true 20 grep -q 'Server listening' "$work/ssh/log"
agent=$(ssh-agent -a "$work/ssh/agent" -D >/dev/null & echo $!)
until_true 20 test -S "$work/ssh/agent"
export SSH_AUTH_SOCK=$work/ssh/agent
ssh-add -q "$work/ssh/key"
rm "$work/ssh/key"

mkdir -p kept/src
printf '[package]\nname = "ours-kept"\nversion = "1.0.0"\nedition = "2021"\n' >kept/Cargo.toml
printf 'pub fn word() -> &%sstatic str { "kept" }\n' "'" >kept/src/lib.rs
git -C kept init -q
git -C kept add .
git -C kept commit -qm one
git clone -q --bare kept kept.git
cargo_project app
rm app/Cargo.lock
printf '[dependencies]\nours-kept = { git = "ssh://%s@127.0.0.1:%s%s/kept.git" }\n' "$user" "$port" "$work" >>app/Cargo.toml
printf 'fn main() { println!("{}", ours_kept::word()); }\n' >app/src/main.rs
build() { "$larder" build "$own_target" -C app "$@"; }
known_host() { printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d ' ' -f 1,2 "$work/ssh/host.pub")"; }
anew() {
    forget_store
    rm -f app/Cargo.lock
}

for way in own program; do
    say "cargo's git: $way"
    mkdir -p "$HOME/.cargo"
    printf '[net]\nretry = 0\n' >"$HOME/.cargo/config.toml"
    [[ $way == own ]] || printf 'git-fetch-with-cli = true\n' >>"$HOME/.cargo/config.toml"
    rm -rf "$HOME/.ssh"
    printf '%s' "$engine_settings" >app/larder.toml
    run build
    expect_status 1
    expect_err 'ssh_agent = true'
    printf '[fetch]\nssh_agent = true\n%s' "$engine_settings" >app/larder.toml
    run build --trust
    expect_status 1
    expect_err 'known_hosts'
    mkdir -p "$HOME/.ssh"
    known_host >"$HOME/.ssh/known_hosts"
    good build --trust
    expect_equal "$("$(program app tiny)")" kept 'what the program says'
    anew
done

say "a host's name of the user's own settings, for the program"
sed -i "s,ssh://$user@127.0.0.1:$port,ssh://ours," app/Cargo.toml
printf 'Host ours\n  HostName 127.0.0.1\n  Include %s\n  IdentityFile /nowhere\n  IdentitiesOnly yes\n' "$work/ssh/more" >"$HOME/.ssh/config"
printf '  Port %s\n  User %s\n' "$port" "$user" >"$work/ssh/more"
good build --trust
expect_equal "$("$(program app tiny)")" kept 'what the program says'
anew
ssh-add -q -D
run build --trust
expect_status 1
expect_err 'hint: '
