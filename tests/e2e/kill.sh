#!/usr/bin/env bash
# kill -9 at random moments of real builds and of the upkeep behind them: no cache is damaged, no committed generation is
# lost, and the next start leaves nothing of what was killed.
#
# LARDER_TEST_KILLS is how many builds are killed (16); LARDER_TEST_SEED chooses the moments.
# shellcheck disable=SC2016,SC2119
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_cargo
need_make

kills=${LARDER_TEST_KILLS:-16}
seed=${LARDER_TEST_SEED:-$$}
RANDOM=$seed
say "$kills kills, LARDER_TEST_SEED=$seed"

# By this the sandbox's processes are known.
mark=mark-$$-$RANDOM
nobody_inside() { ! grep -qslF "LARDER_TEST_MARK=$mark" /proc/[0-9]*/environ; }

make_projects() {
    local project
    cargo_project rust
    mkdir c
    printf 'CC = gcc\nparts = $(patsubst %%.c,%%.o,$(wildcard *.c))\nhello: $(parts)\n\t$(CC) -o $@ $^\n' >c/Makefile
    for part in 1 2 3 4 5 6; do printf 'int part%s(void) { return %s; }\n' $part $part >c/part$part.c; done
    for project in rust c; do printf '[build.env]\nLARDER_TEST_MARK = "%s"\n' "$mark" >$project/larder.toml; done
}

# edit PROJECT EDITION: the next build has something to compile, and its program prints the edition.
edit() {
    if [[ $1 == rust ]]; then
        printf 'fn main() { println!("edition %s"); }\n' "$2" >rust/src/main.rs
    else
        printf '#include <stdio.h>\nint main(void) { puts("edition %s"); return 0; }\n' "$2" >c/hello.c
        touch c/part$((1 + $2 % 6)).c
    fi
}

build() { good "$larder" build "$own_target" -C "$1"; }
program_of() { if [[ $1 == rust ]]; then program rust tiny; else program c hello; fi; }

# Every volume of the store, with the generations that its history keeps, newest first, a line each.
committed() {
    local volume
    good "$larder" cache list --json
    for volume in $(json '[v["name"] + "@" + v["variant"] for v in data["volumes"]]'); do
        good "$larder" cache log "$volume" --json
        json '" ".join(["'"$volume"'"] + [one["id"] for one in data["generations"]])'
    done
}

# What was newest before is in the history still.
expect_kept() {
    local volume newest rest
    while read -r volume newest rest; do
        grep -q "^$volume .*$newest" "$2" || fail "$volume has lost $newest, and had ${rest:-no other}; now: $(cat "$2")"
    done <"$1"
}

# kill_at MS PROJECT: a build, killed so long after its start; every third time with all upkeep.
kill_at() {
    local pid victims=$((RANDOM % 3))
    "$larder" build "$own_target" -C "$2" >"$work/stdout" 2>"$work/stderr" </dev/null &
    pid=$!
    last_command="larder build of $2, killed after $1 ms"
    sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
    if ((victims)); then echo $pid; else larders_of "$LARDER_STORE"; fi | xargs --no-run-if-empty kill -KILL 2>/dev/null || true
    status=0
    { wait $pid || status=$?; } 2>/dev/null
    [[ $status == 0 || $status == 137 ]] || fail "exit code $status of a killed build"
    ((!status)) || ((++died))
}

check_caches() {
    local project
    for project in rust c; do
        build $project
        expect_equal "$("$(program_of $project)")" "edition ${editions[$project]}"
    done
    wait_for_upkeep
    expect_empty "$LARDER_STORE/transactions"
    good "$larder" cache verify
}

make_projects
declare -A lasts editions=([rust]=0 [c]=0)
died=0
for project in rust c; do
    edit $project 0
    build $project
    wait_for_upkeep
    # Moments are drawn from the time that a build and its upkeep take undisturbed.
    begin=${EPOCHREALTIME/[.,]/}
    edit $project 0
    build $project
    wait_for_upkeep
    lasts[$project]=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
done

for ((number = 1; died < kills; ++number)); do
    project=c
    ((number % 4)) || project=rust
    editions[$project]=$number
    committed >before
    edit $project $number
    kill_at $((RANDOM % (lasts[$project] + 1))) $project
    until_true 20 nobody_inside
    ! grep -qF "$work" /proc/self/mountinfo || fail 'a mount was left behind'
    committed >after
    expect_kept before after
    ((number % 8 && died < kills)) || check_caches
done
say "$((number - 1)) builds, of which $died were killed; the others had ended before, some with their upkeep killed"
