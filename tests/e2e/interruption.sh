#!/usr/bin/env bash
# Interrupted and killed builds: nothing of them stays but what was committed, and the next build works.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_cargo

project=$work/project
cargo_project "$project"
# By this the sandbox's processes are known.
mark=mark-$$-$RANDOM
printf '[build.env]\nLARDER_TEST_MARK = "%s"\n' "$mark" >"$project/larder.toml"
add_gate "$project"

inside() { grep -slF "LARDER_TEST_MARK=$mark" /proc/[0-9]*/environ 2>/dev/null || true; }
sandboxes() { grep -slF "$work" /proc/[0-9]*/cmdline 2>/dev/null | xargs -r grep -slz '^bwrap$' 2>/dev/null || true; }
nobody_inside() { [[ -z $(inside) && -z $(sandboxes) ]]; }
settled_down() { wait_for_upkeep && [[ -z $(ls -A "$LARDER_STORE/transactions") ]]; }
current() { (cd "$LARDER_STORE" && grep -r '' refs --include=current | sort); }

# start_gated: a build that waits inside, at the gate; its pid is in $pid.
edition=0
start_gated() {
    close_gate "$project"
    printf '// edition %s\n' $((++edition)) >>"$project/build.rs"
    listing "$project" >before
    env --default-signal=INT "$larder" build "$own_target" -C "$project" >"$work/stdout" 2>"$work/stderr" </dev/null &
    pid=$!
    last_command="larder build, interrupted"
    until_true 60 is_at_gate "$project"
    [[ -n $(inside) && -n $(sandboxes) ]] || fail 'the test does not see the processes inside'
}

ended() {
    status=0
    wait "$pid" 2>/dev/null || status=$?
}

nothing_left() {
    nobody_inside || fail "still there: $(inside; sandboxes)"
    if grep -E "overlay|$work" /proc/self/mountinfo | grep -F "$work"; then fail 'a mount was left behind'; fi
    listing "$project" >after
    diff -u before after || fail 'the source folder has changed'
}

open_gate "$project"
good "$larder" build "$own_target" -C "$project"
wait_for_upkeep

for signal in INT TERM HUP; do
    say "SIG$signal"
    start_gated
    kill -"$signal" "$pid"
    ended
    expect_status 130
    nothing_left
    expect_out interrupted
    settled_down
    expect_empty "$LARDER_STORE/transactions"
done

say 'what an interrupted build had compiled is kept'
open_gate "$project"
good "$larder" build "$own_target" -C "$project"
expect_equal "$("$(program "$project" tiny)")" tiny

say 'in the fetch phase, by a recipe of the user'
mkdir -p "$HOME/.config/larder/recipes" fetching
cat >"$HOME/.config/larder/recipes/waiting.toml" <<'END'
name = "waiting"
title = "Waiting"
detect = ["waiting.txt"]
toolchains = ["/usr"]
[volumes]
compiled = "waiting-{project}-{target}"
[[volumes.download]]
name = "waiting-downloads-{target}"
path = "/downloads"
[fetch]
command = ["sh", "-c", "echo half >/downloads/half; echo fetching; while :; do sleep 0.05; done"]
[build]
commands = [["true"]]
[artifacts]
include = ["**"]
END
printf '[build.env]\nLARDER_TEST_MARK = "%s"\n' "$mark" >fetching/larder.toml
touch fetching/waiting.txt
listing fetching >before
old=$(current)
env --default-signal=INT "$larder" build "$own_target" -C fetching >"$work/stdout" 2>"$work/stderr" </dev/null &
pid=$!
until_true 60 grep -q '| fetching' "$work/stderr"
kill -INT "$pid"
ended
expect_status 130
expect_out skipped
project=$work/fetching nothing_left
wait_for_upkeep
expect_empty "$LARDER_STORE/transactions"
expect_equal "$(current)" "$old" 'what a recipe that is not safe to interrupt left was committed'

say 'a tool that does not listen is killed at the second signal'
mkdir stubborn
cat >stubborn/Makefile <<'END'
all:
	@trap '' INT TERM; touch half; echo deaf; while :; do sleep 0.05; done
END
printf '[build.env]\nLARDER_TEST_MARK = "%s"\n' "$mark" >stubborn/larder.toml
listing stubborn >before
env --default-signal=INT "$larder" build "$own_target" -C stubborn >"$work/stdout" 2>"$work/stderr" </dev/null &
pid=$!
until_true 60 grep -q deaf "$work/stderr"
old=$(current)
kill -INT "$pid"
sleep 0.3 # only to let it act on the first signal, which must not end it
expect kill -0 "$pid"
kill -INT "$pid"
ended
expect_status 130
project=$work/stubborn nothing_left
wait_for_upkeep
expect_empty "$LARDER_STORE/transactions"
expect_equal "$(current)" "$old" 'what a killed tool left was committed'

say 'kill -9'
open_gate "$project"
good "$larder" build "$own_target" -C "$project"
wait_for_upkeep
old=$(current)
start_gated
kill -KILL "$pid"
ended
expect_status 137
until_true 10 nobody_inside
nothing_left
expect_equal "$(current)" "$old" 'the cache after kill -9'
[[ -n $(ls -A "$LARDER_STORE/transactions") ]] || fail 'the test expects a leftover'
open_gate "$project"
good "$larder" build "$own_target" -C "$project"
until_true 20 settled_down
expect_equal "$("$(program "$project" tiny)")" tiny

say 'kill -9, and then a build that changes nothing'
cp -p "$project/build.rs" build.rs
start_gated
kill -KILL "$pid"
ended
until_true 10 nobody_inside
mv build.rs "$project/build.rs"
good "$larder" build "$own_target" -C "$project"
until_true 20 settled_down

say 'kill -9 of what runs the sandbox'
start_gated
for process in $(sandboxes | head -n 1); do kill -KILL "$(cut -d/ -f3 <<<"$process")"; done
ended
expect_status 1
until_true 10 nobody_inside
nothing_left
open_gate "$project"
good "$larder" build "$own_target" -C "$project"
expect_equal "$("$(program "$project" tiny)")" tiny
until_true 20 settled_down
