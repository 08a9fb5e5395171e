#!/usr/bin/env bash
# The manual pages, and what else is installed beside the program: made of docs/ and the program's own tables.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_program python3 mandoc

good "$repository/scripts/install-files" "$larder" installed
[[ ! -s $work/stderr ]] || fail 'it says something'

say 'every command has a page, and every page is in order'
"$larder" __describe >tree.json
mapfile -t commands < <(json '[command["name"] for command in data["commands"]]' tree.json)
((${#commands[@]} >= 9)) || fail 'there are no commands'
for command in "${commands[@]}"; do
    expect test -s "installed/share/man/man1/larder-$command.1"
done
for page in installed/share/man/man?/*; do
    run mandoc -T lint -W warning "$page"
    [[ $status == 0 ]] || fail "mandoc does not like $page"
done

# The text of a page without its line breaks.
text() { mandoc -T utf8 -O width=100 "installed/share/man/$1" | col -bx | tr -s ' \n' ' '; }
# has PAGE TEXT
has() { [[ $(text "$1") == *"$2"* ]] || fail "$1 does not say: $2"; }

say 'the text is that of docs/, the options are those of the parser'
has man1/larder.1 'larder-build(1) Build the project for one or more targets.'
has man1/larder.1 'Exit codes: 0 good'
has man1/larder-build.1 'larder build [OPTION…] [TARGET…] [-- ARGUMENT…]'
has man1/larder-build.1 'puts the finished binaries into target/<triple>/<profile>/'
has man1/larder-build.1 'EXIT CODES 0 good; 1 a build failed or made a wrong binary'
has man1/larder-build.1 '-q, --quiet Errors only'
has man1/larder-build.1 '--engine auto|native|docker|podman'
has man1/larder-run.1 'larder-run, larder-shell - run a command'
has man1/larder-cache.1 'larder cache rollback [OPTION…] VOLUME [GENERATION]'
has man1/larder-trust.1 'Some lines ask for more than builds get by themselves.'
has man5/larder.toml.5 'engine What builds run in, see larder-engines(7) (a string: auto, native, docker, podman; default: "auto"; such as "docker").'
cmp installed/share/man/man1/larder-shell.1 installed/share/man/man1/larder-run.1 || fail 'larder-shell(1) is another page'

# Every option of every command is in its page.
cat >options.py <<'END_OF_FILE'
import json, sys

for command in json.load(open("tree.json"))["commands"]:
    page = open(f"installed/share/man/man1/larder-{command['name']}.1", encoding="utf-8").read().replace("\\-", "-")
    for inner in command["commands"] or [command]:
        for option in inner["options"]:
            for name in option["names"]:
                if name not in ("-h", "--help") and (name.upper() if option["is_word"] else f"\\fB{name}\\fR") not in page:
                    sys.exit(f"{command['name']} {inner['name']}: {name}")
END_OF_FILE
python3 options.py || fail 'an option is missing'

say 'a page of docs/ that cannot be said is refused, and the same is made twice'
good "$repository/scripts/install-files" "$larder" again
expect diff -r installed again
mkdir copy
cp -r "$repository"/{docs,README.md,scripts} copy/
printf '\n<table>no</table>\n' >>copy/docs/commands/test.md
run copy/scripts/man-pages "$larder" refused
expect_status 1
expect_err 'docs/commands/test.md:'

say 'what else is installed'
for file in bash-completion/completions/larder zsh/site-functions/_larder fish/vendor_completions.d/larder.fish \
    larder/larder.schema.json larder/config.schema.json larder/apparmor.d/larder doc/larder/LICENSE; do
    expect test -s "installed/share/$file"
done
