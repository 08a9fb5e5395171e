#!/usr/bin/env bash
# 32 builds of four projects at once, eight of each, while the store is pruned, verified and listed all the time: all are
# good, every later build finds what they have compiled, and nothing is left behind.
# shellcheck disable=SC2119
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make

projects=(one two three four)
for project in "${projects[@]}"; do make_project "$project" "word-$project"; done

builds=()
for ((number = 0; number < 32; ++number)); do
    project=${projects[number % 4]}
    options=()
    ((number % 8 < 4)) || options=(--private)
    "$larder" build "$own_target" -C "$project" "${options[@]}" >"$work/$number.out" 2>"$work/$number.err" </dev/null &
    builds+=($!)
done

keep_store() {
    while [[ ! -e $work/end ]]; do
        "$larder" cache prune --keep 1 --max-age 30d
        "$larder" cache verify
        "$larder" cache list
        "$larder" cache stats
    done
}
keep_store >"$work/keeper.out" 2>"$work/keeper.err" &
keeper=$!

for number in "${!builds[@]}"; do
    status=0
    wait "${builds[number]}" || status=$?
    [[ $status == 0 ]] || fail "build $number ended with $status: $(cat "$work/$number.err")"
done
touch "$work/end"
status=0
wait $keeper || status=$?
[[ $status == 0 ]] || fail "a command beside the builds failed: $(cat "$work/keeper.err")"

for project in "${projects[@]}"; do
    expect_equal "$("$(program "$project" hello)")" "word-$project"
    good "$larder" build "$own_target" -C "$project"
    refuse_err ' -c '
done
wait_for_upkeep
expect_empty "$LARDER_STORE/transactions"
good "$larder" cache verify
