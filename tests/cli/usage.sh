#!/usr/bin/env bash
# What Larder says to commands and settings that are wrong: each message is golden, and nothing is created.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_sandbox

# refused NAME COMMAND...: exit code and message as in golden/NAME.txt, nothing on stdout, and no store was made.
refused() {
    local name=$1
    shift
    run "$@"
    golden "$name"
    [[ ! -s $work/stdout ]] || fail 'stdout is data, and there should be none'
    [[ ! -e $LARDER_STORE ]] || fail 'a refused command made a store'
}

make_project project
cd project

say 'the command line'
good "$larder"
expect_out 'Usage: larder '
refused unknown-command "$larder" biuld
refused unknown-command-nothing-near "$larder" frobnicate
refused unknown-cache-command "$larder" cache lsit
refused unknown-option "$larder" build --relaese
refused unknown-target "$larder" build amr64
refused unknown-target-nothing-near "$larder" build zzzzzzzz
refused excluding-options "$larder" build --quiet --verbose
refused no-such-folder "$larder" build -C no/such/folder
refused run-without-target "$larder" run
refused run-without-command "$larder" run x64
refused tail-where-none-is-taken "$larder" cache list -- --all
refused shell-with-command "$larder" shell x64 -- ls
mkdir ../empty
refused clean-without-what "$larder" cache clean -C ../empty
refused log-without-volume "$larder" cache log
refused log-of-unknown-volume "$larder" cache log cargo-cache-x64
refused rollback-to-both "$larder" cache rollback cargo-cache-x64 1a2b3c4d --last-success
refused fork-without-name "$larder" cache fork cargo-cache-x64

# Each option of each command with a value that it does not take, and without one that it needs: no words of the parser's.
say 'all options with wrong values'
cat >../walk.py <<'END_OF_FILE'
import re, subprocess, sys

larder, raw = sys.argv[1], re.compile("required|expected|not in range|Could not convert|override|excludes|TEXT|FLOAT|\[Option")
tried = 0


def said(*words):
    return subprocess.run([larder, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def refused(*words):
    global tried
    tried += 1
    done = said(*words)
    line = done.stderr.partition("\n")[0]
    if done.returncode != 2 or not line.startswith("error: ") or raw.search(line):
        sys.exit(f"{' '.join(words)}: {done.returncode}: {done.stderr}")


def walk(*command):
    text = said(*command, "--help").stdout
    commands, _, _ = text.partition("Options:")[2].partition("\n\n")[2].partition("\n\n")
    if "Subcommands:" in text:
        refused(*command, "no-such-word")
        for name in re.findall(r"^  ([a-z]+) ", text.partition("Subcommands:")[2], re.M):
            walk(*command, name)
        return
    for option, value in re.findall(r"^  (?:-\w,)?(--[a-z-]+)( [A-Z](?![a-z])\S*)?", text, re.M):
        if option in ("--help", "--version"):
            continue
        if value:
            refused(*command, option)
        else:
            refused(*command, option + "=3")
    refused(*command, "--no-such-option")


walk()
if tried < 60:
    sys.exit(f"only {tried} were tried")
END_OF_FILE
python3 ../walk.py "$larder" || fail 'a message is not in our words'

say 'the store'
refused store-not-absolute env LARDER_STORE=relative/path "$larder" build "$own_target"

say 'larder.toml'
# toml TEXT: this project's settings
toml() { printf '%s\n' "$@" >larder.toml; }
toml '[project]' 'tragets = ["x64"]'
refused unknown-key "$larder" build
toml '# a comment' '[biuld]' 'profile = "dev"'
refused unknown-table "$larder" build
toml '[build]' 'jobs = "two"'
refused wrong-type "$larder" build
toml '[build]' 'args = ["--locked", 7]'
refused wrong-entry "$larder" build
toml '[build]' 'jobs = 0'
refused too-few-jobs "$larder" build
toml '[project' 'name = "x"'
refused no-toml "$larder" build
toml '[project]' 'targets = ["x64", "arm46"]'
refused unknown-project-target "$larder" build
toml '[target.arm46.env]' 'A = "b"'
refused unknown-target-table "$larder" build
toml '[project]' 'recipe = "crago"'
refused unknown-recipe "$larder" build
toml '[build]' 'image = "debian 12"'
refused no-image "$larder" build
toml '[project]' 'name = "../../etc"'
refused name-with-path "$larder" build
toml '[artifacts]' 'include = ["../../etc/*"]'
refused artifacts-elsewhere "$larder" build
rm larder.toml

say 'no recipe'
mkdir "$work/nothing"
cd "$work/nothing"
refused no-recipe "$larder" build

say "the user's own tables"
mkdir -p "$HOME/.config/larder/recipes"
cat >"$HOME/.config/larder/targets.toml" <<'END'
[vax]
triple = "vax-unknown-linux-gnu"
debian_arch = "vax"
multiarch = "vax-linux-gnu"
libc = "glibc"
system = "Linux"
processor = "vax"
cc = "vax-linux-gnu-gcc"
ar = "vax-linux-gnu-ar"
linker = "vax-linux-gnu-gcc"
[vax.packages]
cc = "gcc-vax-linux-gnu"
[vax.commands]
rust_std = "rustup target add vax-unknown-linux-gnu"
END
cd "$work/project"
refused missing-compiler "$larder" build vax
printf 'broken = true\n' >>"$HOME/.config/larder/targets.toml"
refused broken-targets "$larder" build vax
rm "$HOME/.config/larder/targets.toml"
printf 'name = "mine"\n' >"$HOME/.config/larder/recipes/mine.toml"
refused broken-recipe "$larder" build

say 'the help knows every command'
good "$larder" --help
cp "$work/stdout" "$work/help"
for command in build run shell cache init doctor; do
    good "$larder" "$command" --help
    expect grep -q "Usage: larder $command" "$work/stdout"
    expect grep -qE "^  $command " "$work/help"
done
good "$larder" --version
expect grep -qxE 'larder [0-9.]+( \([0-9a-f]{12}(\+changes)? [0-9-]{10}\))?' "$work/stdout"
cp "$work/stdout" "$work/version"
good "$larder" version
expect diff "$work/version" "$work/stdout"

say 'what somebody may have meant'
rm "$HOME/.config/larder/recipes/mine.toml"
# wrong TEXT COMMAND...: wrong usage, and the message has the text.
wrong() {
    run "${@:2}"
    expect_status 2
    expect_err "$1"
}
wrong "did you mean 'x64'" "$larder" cache push --target x46 --to 127.0.0.1:1/x
wrong "did you mean 'x64'" "$larder" cache pull --target x46 --from 127.0.0.1:1/x
wrong '--from-docker-volume' "$larder" cache import x.tar --from-docker-volume volume
wrong 'cannot honour `--locked`' "$larder" image build "$own_target" --locked
wrong 'no such project folder' "$larder" doctor -C no/such/folder
wrong "'ls' is no target" "$larder" run ls
wrong '`jobs = 4` in [build]' "$larder" build -j 4
wrong "unknown command 'lst'" "$larder" cache remote lst
for option in --image --profile --cpus --memory -C; do
    wrong 'must not be empty' "$larder" build "$option" ''
done
wrong 'must not be empty' "$larder" cache prune --max-size ''
run "$larder" key show
expect_status 3
expect_err '`larder key new` makes one'
good "$larder" key new team.key
wrong '`larder key show team.key`' "$larder" key new team.key
rm team.key
