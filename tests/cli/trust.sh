#!/usr/bin/env bash
# What a project asks for beyond what builds get by themselves counts when its user has agreed to it.
# shellcheck source=tests/e2e/lib.sh disable=SC2016 # texts for make
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program python3

trusted=$HOME/.config/larder/trusted
mkdir secret shared
printf 'TOPSECRET\n' >secret/key
printf 'SHARED\n' >shared/word
make_project app
# The program does not matter; what the build could see is in its log.
printf '\t@cat /stolen/key ../shared/word; echo "said: $${WORD-nothing}"; wc -l </proc/net/dev\n.PHONY: hello\n' >>app/Makefile
mount="[[build.mount]]
source = \"$work/secret\"
path = \"/stolen\""
network='[build]
network = true
pass_env = ["WORD"]'
include='[workspace]
include = ["../shared"]'
ask_for() { printf '%s\n' "$@" >app/larder.toml; }
build() { WORD=said-word "$larder" build "$own_target" -C app --force -v "$@"; }
# answered WORD COMMAND...: the command on a terminal, where WORD is typed; all that it shows is in $work/stdout.
answered() {
    local word=$1
    shift
    run python3 -c 'import os, pty, sys
status = 0
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
os.write(terminal, sys.argv[1].encode() + b"\n")
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))' "$word" env TERM=xterm WORD=said-word "$@"
}
on_terminal() { answered "$1" "$larder" build "$own_target" -C app --force -v; }

say 'without a terminal: no files of the machine, and the build says so; the network and variables with a note'
ask_for "$network" "$mount" "$include"
run "$larder" run "$own_target" -C app -- true
golden trust-nobody
run build
refuse_err TOPSECRET
refuse_err SHARED
expect_err 'said: said-word'
good "$larder" build "$own_target" -C app --quiet
expect_err 'does not count'
refuse_err 'could be asked'
[[ ! -e $trusted ]] || fail 'something was recorded'

say '--dry-run says what is asked for and what counts, and asks nobody'
good build --dry-run
expect_out "at /stolen   (does not count until you agree"
expect_out 'network = true   (a build asks, and without a terminal it counts)'
answered y "$larder" build "$own_target" -C app --dry-run
refuse_out '[y/N]'
good build --dry-run --json
expect_equal "$(json '"".join("yn"[not line["counts"]] for line in data["consent"]["lines"])')" nnyy
good build --json
expect_equal "$(json 'data["consent"]["by"]')" nobody

say 'on a terminal all is asked together, and a no is a no to all, until a line changes or it is taken back'
on_terminal n
expect_status 0
expect_out '[y/N]'
expect_out 'does not count'
expect_out "larder trust --revoke $work/app"
refuse_out TOPSECRET
expect_out 'said: nothing'
on_terminal y
refuse_out '[y/N]'
expect_out 'does not count'
expect_out 'said: nothing'
good build
expect_err 'said: nothing'
good build --dry-run
expect_out 'you have refused it'
good "$larder" trust --list
expect_out 'refused: [build] network = true'
good "$larder" trust app
refuse_out 'refused'
good "$larder" trust --list
refuse_out 'refused'
good "$larder" trust --revoke app
on_terminal y
expect_status 0
expect_out TOPSECRET
expect_out SHARED
expect_out 'said: said-word'
expect_equal "$(find "$trusted" -type f -printf '%m\n')" 600
expect_equal "$(stat -c %a "$trusted")" 700

say 'agreed to: nobody is asked again, also where the lines are in another order'
good build
expect_err TOPSECRET
refuse_err note:
ask_for '# another order, and a comment' "$include" "$mount" "$network"
good build
expect_err TOPSECRET
good "$larder" run "$own_target" -C app -- cat /stolen/key
expect_out TOPSECRET

say 'another line is asked for again, and then nothing of the machine counts'
ask_for "$network" "$mount" '[fetch]' 'ssh_agent = true'
run build
expect_err 'does not count'
refuse_err TOPSECRET
run "$larder" run "$own_target" -C app -- cat /stolen/key
expect_status 1
on_terminal y
expect_out '[y/N]'
expect_out TOPSECRET

say 'what was agreed to is where a link led then'
ln -s "$work/shared" app/link
ask_for "${mount/$work\/secret/$work/app/link}"
good build --trust
expect_err 'cat: /stolen/key'
good build
refuse_err 'does not count'
ln -sfn "$work/secret" app/link
run build
expect_err "which is $work/secret at /stolen"
refuse_err TOPSECRET
rm app/link

say 'larder trust, --list, --revoke'
ask_for "$mount"
good "$larder" trust app
good build
expect_err TOPSECRET
good "$larder" trust --list
expect_out "$work/app"
expect_out /stolen
good "$larder" trust --list --json
expect_equal "$(json 'len(data["projects"])')" 1
good "$larder" trust --revoke app
run build
refuse_err TOPSECRET
run "$larder" trust --revoke app
expect_status 2
make_project plain
good "$larder" trust plain
expect_out 'asks for nothing'
expect_equal "$(find "$trusted" -type f)" ''

say 'CI and the command line'
for ci in true 1; do
    good env CI=$ci "$larder" build "$own_target" -C app --force -v
    expect_err TOPSECRET
done
run env CI=false "$larder" build "$own_target" -C app --force -v
refuse_err TOPSECRET
for stranger in GITHUB_EVENT_NAME=pull_request_target LARDER_TRUST=untrusted; do
    run env CI=true "$stranger" "$larder" build "$own_target" -C app --force -v
    refuse_err TOPSECRET
done
ask_for '[build]' 'pass_env = ["WORD"]'
good build --env WORD
refuse_err note:

say 'no build writes to the record'
make_project liar
printf '\t@echo try; mkdir -p "%s" && echo x >"%s/x"; mkdir -p $$HOME/.config/larder/trusted; echo x >$$HOME/.config/larder/trusted/x\n' "$trusted" "$trusted" >>liar/Makefile
printf '[workspace]\nbring_back = ["**"]\n' >liar/larder.toml
good "$larder" build "$own_target" -C liar -v
expect_err '| try'
expect_equal "$(find "$HOME/.config" -type f)" ''

say "a recipe of the project's own sees nothing of the user's, and no toolchain of its own wish"
mkdir -p own/larder/recipes "$HOME/.keys" "$HOME/bin"
printf 'MYKEY\n' >"$HOME/.keys/id"
printf 'machine example.org password MYNETRC\n' >"$HOME/.netrc"
cat >own/larder/recipes/own.toml <<END
name = "own"
title = "Own"
detect = ["build.sh"]
output = "target"
toolchains = ["$HOME"]
[volumes]
compiled = "own-{project}-{target}"
[settings.user]
home = ".keys"
files = ["config"]
credentials = ["id"]
credentials_path = "/keys"
[fetch]
command = ["sh", "fetch.sh"]
inputs = ["fetch.sh"]
[build]
commands = [["sh", "build.sh"]]
[artifacts]
include = ["target/out/*"]
END
printf 'cat /keys/id "$HOME/.netrc"; echo fetched\n' >own/fetch.sh
printf 'ls -a /toolchain; mkdir -p target/out; cp /bin/true target/out/true\n' >own/build.sh
good "$larder" build "$own_target" -C own -v
expect_err fetched
expect_err 'does not count'
for word in MYKEY MYNETRC .keys/id '| .keys'; do refuse_err "$word"; done
rm -rf "$LARDER_STORE/logs"
printf '\n' >>own/fetch.sh
good "$larder" build "$own_target" -C own -v --trust
for word in MYKEY MYNETRC '| .keys'; do expect_err "$word"; done

if ((EUID == 0)); then
    say "another user's larder.toml: nothing counts by itself"
    ask_for "$network"
    chown 1000 app/larder.toml
    run build
    expect_err 'does not count: [build] network = true'
    expect_err 'said: nothing'
    good build --trust
    expect_err 'said: said-word'
fi
