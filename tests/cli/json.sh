#!/usr/bin/env bash
# `--json` of every command that has it: a time is called ..._at and is RFC 3339 in UTC, a size ..._bytes, a duration
# ..._seconds, and any other number is a known count.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program python3
export CI=true # so that upkeep has been done when a build returns

# commands [COMMAND...]: every command below it that has --json, a line each.
commands() {
    local help name
    help=$("$larder" "$@" --help)
    if [[ $help == *$'\n  --json '* ]]; then printf '%s\n' "$*"; fi
    while read -r name; do
        [[ -z $name ]] || commands "$@" "$name"
    done < <(sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$help")
}

# checked STATUS COMMAND...: runs it with --json, expects the exit code, and checks the names in what it prints.
checked() {
    local expected=$1
    shift
    run "$larder" "$@" --json
    expect_status "$expected"
    python3 "$tests/cli/json_names.py" "$work/stdout" || fail "--json of larder $*"
    printf '%s\n' "$*" >>"$work/checked"
}

say 'the rule is checked at all'
printf '{"a_at": "2026-11-25T18:22:51Z", "b_at": null, "c_bytes": 1, "d_seconds": 0.5, "files": 3}' >"$work/good"
expect python3 "$tests/cli/json_names.py" "$work/good"
for wrong in '"made_at": 5' '"made_at": "2026-11-25 18:22:51"' '"made": "2026-11-25T18:22:51Z"' '"size": 1' '"bytes": 1' '"seconds": 1' \
    '"x": [{"created_unix_seconds": 1700000000}]' '"x_bytes": "1 KB"'; do
    printf '{%s}' "$wrong" >"$work/wrong"
    ! python3 "$tests/cli/json_names.py" "$work/wrong" >"$work/said" || fail "nothing was found wrong with $wrong"
done

say 'builds and images'
make_project app
printf 'check: hello\n\t./hello\n' >>app/Makefile
checked 0 build "$own_target" -C app --dry-run
checked 0 build "$own_target" -C app
printf 'int more;\n' >>app/hello.c
checked 0 build "$own_target" -C app
checked 0 test "$own_target" -C app
make_project broken
printf 'not C\n' >broken/hello.c
checked 1 build "$own_target" -C broken
for command in show build update outdated; do
    checked 0 image $command "$own_target" -C app
done
checked 0 image list
checked 0 image prune --yes

say 'caches'
checked 0 cache list
volume=$(json '[v["name"] for v in data["volumes"] if "app" in v["name"]][0]')
checked 0 cache stats
checked 0 cache log "$volume"
first=$(json 'data["generations"][-1]["id"]')
checked 0 cache show "$volume"
checked 0 cache diff "$volume" "$first"
checked 0 cache prune --dry-run
checked 0 cache verify
find "$LARDER_STORE/layers" -name hello -type f -exec sh -c 'chmod u+w "$1" && echo >>"$1"' sh {} \;
checked 4 cache verify
checked 4 cache verify --repair
make_project other
good "$larder" build "$own_target" -C other
checked 3 cache prune --max-size 1B
make_project last
good "$larder" build "$own_target" -C last
checked 0 cache clean --all --yes

say 'consent'
printf '[build]\nnetwork = true\n' >app/larder.toml
checked 0 trust app
checked 0 trust --list
checked 0 build "$own_target" -C app --dry-run

say 'the machine'
run "$larder" doctor
checked "$status" doctor -C app

say 'no command is missing'
while read -r command; do
    [[ $command != 'cache remote'* ]] || continue # wants a registry: e2e/remote_builds.sh
    [[ $command != 'image rm' ]] || continue # prints what `image prune` prints, and needs an image to remove
    grep -qE "^$command( |$)" "$work/checked" || fail "larder $command has --json, and is not checked here"
done < <(commands)
