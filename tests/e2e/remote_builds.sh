#!/usr/bin/env bash
# Builds that pull before they begin and push when they are good: what moves, when they ask, and who may push.
# shellcheck disable=SC2016 # texts
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
export LARDER_IMAGE=host XDG_RUNTIME_DIR=$work/run # where skopeo looks for credentials
mkdir run
need_cargo
need_program git skopeo python3
start_registry
mkdir proxy
printf 'none\n' >proxy/fault
python3 "$tests/support/fault_proxy.py" "$registry" proxy &
until_true 20 test -e proxy/port
remote=127.0.0.1:$(<proxy/port)/team/cache
asked() { wc -l <proxy/log; }

mkdir origin
cargo_project origin/app
for name in one two three four five; do printf 'pub fn f() -> u32 {\n    1\n}\n' >"origin/app/src/$name.rs"; done
git -C origin/app init -q -b main
printf '/target\n' >origin/app/.gitignore
git -C origin/app remote add origin https://example.org/org/app.git
git -C origin/app add -A
git -C origin/app commit -qm one
config=$HOME/.config/larder/config.toml
mkdir -p "${config%/*}"
configure() { printf '[cache]\nremote = "%s"\n%s\n' "$remote" "${1-}" >"$config"; }
machine() { export LARDER_STORE=$work/store-$1; }
clone() {
    git clone -q -b main origin/app "$1"
    git -C "$1" remote set-head origin main
    git -C "$1" remote set-url origin https://example.org/org/app
}
expect_compiled() {
    expect_equal "$(grep -c Compiling "$work/stderr" || true)" "$1" "how many crates were compiled by: $last_command"
}
tags() { skopeo list-tags --tls-verify=false "docker://$registry/team/cache" 2>/dev/null | grep -c '"p' || true; }
last_push() { "$larder" cache remote status -C "$1" --json | python3 -c 'import json, sys; print(*[d["outcome"] for d in json.load(sys.stdin)["done"] if d["action"] == "push"])'; }
push_is_over() { [[ $(last_push "$1") == *pushed* ]]; }

say 'nothing is pushed unless it is said'
configure
machine one
good "$larder" build "$own_target" -C origin/app
expect_compiled 1
expect_equal "$(tags)" 0 tags

say 'in the background, by a process that outlives the command'
configure 'push = "success"'
good "$larder" build "$own_target" -C origin/app --force
printf '// more\n' >>origin/app/src/main.rs
git -C origin/app commit -qam two
good "$larder" build "$own_target" -C origin/app
until_true 60 push_is_over origin/app
expect_equal "$(tags)" 1 tags
expect_equal "$(last_push origin/app | grep -c 'pushed ')" 1
good "$larder" cache remote status -C origin/app
expect_out 'last push'
expect_out 'success'

say 'another machine: a build pulls what it has not, and says so'
clone elsewhere
configure
machine two
good "$larder" build "$own_target" -C elsewhere
expect_compiled 0
expect_err ': pulled '
expect_err "generation of commit $(git -C origin/app rev-parse HEAD | head -c 7)"
good "$larder" cache remote status -C elsewhere
expect_out 'last pull'
for command in list status 'prune --keep 1 --dry-run'; do
    # shellcheck disable=SC2086 # words
    good "$larder" cache remote $command -C elsewhere --json
    python3 "$tests/cli/json_names.py" "$work/stdout" || fail "--json of cache remote $command"
done

say 'where the store has the volume nobody is asked, nor where nothing has changed'
before=$(asked)
printf '// here\n' >>elsewhere/src/main.rs
good "$larder" build "$own_target" -C elsewhere
good "$larder" build "$own_target" -C elsewhere
expect_equal "$(asked)" "$before" 'requests'

say 'newer: at most every ten minutes, and only what is nearer'
configure 'pull = "newer"'
good "$larder" build "$own_target" -C elsewhere --force
expect_equal "$(asked)" "$before" 'requests within ten minutes'
later() { # What is noted is made older than ten minutes.
    python3 - "$LARDER_STORE" <<'END'
import json, pathlib, sys
for file in pathlib.Path(sys.argv[1], "remotes/notes").iterdir():
    data = json.loads(file.read_text())
    data["seconds"] -= 601
    file.write_text(json.dumps(data))
END
}
later
printf '// here, too\n' >>elsewhere/src/one.rs
good "$larder" build "$own_target" -C elsewhere
(($(asked) > before)) || fail 'nobody was asked after ten minutes'
refuse_err ': pulled '
git -C elsewhere checkout -q .
printf '// three\n' >>origin/app/src/main.rs
printf '// three\n' >>origin/app/src/two.rs
printf '// three\n' >>origin/app/src/three.rs
git -C origin/app commit -qam three
machine one
configure 'push = "success"'
CI=true LARDER_TRUST=trusted good "$larder" build "$own_target" -C origin/app
expect_err ': pushed '
machine two
configure 'pull = "newer"'
git -C elsewhere pull -q "$work/origin/app" main
later
good "$larder" build "$own_target" -C elsewhere
expect_err ': pulled '
expect_compiled 0

say 'a branch: its own state or the default one, whichever is nearer'
git -C origin/app switch -qc feature
printf '// far away\n' >>origin/app/src/main.rs
for name in one two three; do printf '// far away\n' >>"origin/app/src/$name.rs"; done
machine one
configure 'push = "success"'
CI=true LARDER_TRUST=trusted good "$larder" build "$own_target" -C origin/app
expect_equal "$(tags)" 2 tags
clone third
git -C third switch -qc feature
configure
machine three
good "$larder" build "$own_target" -C third
expect_err "generation of commit $(git -C origin/app rev-parse main | head -c 7)"
expect_compiled 0

say 'default-branch: others do not push'
machine one
configure 'push = "default-branch"'
printf '// more\n' >>origin/app/src/main.rs
CI=true LARDER_TRUST=trusted good "$larder" build "$own_target" -C origin/app
refuse_err pushed

say "a stranger's code reads, pushes nothing, and leaves nothing for others"
configure 'push = "success"'
machine four
clone stranger
export CI=true GITHUB_EVENT_NAME=pull_request_target GITHUB_REF_PROTECTED=true
good "$larder" build "$own_target" -C stranger
expect_err ': pulled '
expect_compiled 0
expect_err 'note: nothing is pushed: the event pull_request_target may be a stranger'
printf '// evil\n' >>stranger/src/main.rs
good "$larder" build "$own_target" -C stranger
[[ ! -e $LARDER_STORE/refs/trusted ]] || [[ -z $(find "$LARDER_STORE/refs/trusted" -name current) ]] || fail 'a trusted volume was written'
run "$larder" cache push -C stranger
expect_status 2
expect_err 'hint: LARDER_TRUST=trusted'
export GITHUB_EVENT_NAME=push GITHUB_REF_PROTECTED=false
printf '// more evil\n' >>stranger/src/main.rs
good "$larder" build "$own_target" -C stranger
expect_err 'GITHUB_REF_PROTECTED is not true'
export GITHUB_REF_PROTECTED=true
good "$larder" build "$own_target" -C stranger
expect_err ': pulled '
expect_compiled 1
expect_err ': pushed '
unset CI GITHUB_EVENT_NAME GITHUB_REF_PROTECTED
expect_equal "$(LARDER_TRUST=untrusted "$larder" build "$own_target" -C stranger --force 2>&1 | grep -c pushed)" 1 'notes that nothing is pushed'

say 'flags, the variable, and --offline'
configure
machine five
before=$(asked)
good "$larder" build "$own_target" -C third --cache-pull never
good "$larder" build "$own_target" -C third --offline
expect_equal "$(asked)" "$before" 'requests'
rm "$config"
machine six
LARDER_REMOTE=$remote good "$larder" build "$own_target" -C third
expect_err ': pulled '
LARDER_REMOTE=cache run "$larder" build "$own_target" -C third
expect_status 2

say 'the registry is thinned out'
good env LARDER_REMOTE="$remote" "$larder" cache remote list -C third
expect_out feature
before=$(tags)
good env LARDER_REMOTE="$remote" LARDER_BRANCH=other "$larder" cache remote prune --keep 0 --dry-run -C third
expect_out 'would be removed'
expect_equal "$(tags)" "$before" tags
run env LARDER_REMOTE="$remote" LARDER_BRANCH=other "$larder" cache remote prune --keep 0 -C third
expect_status 2
expect_err 'removes nothing'
expect_err 'hint: a registry of your own wants'
stop_registry
sed -i 's|^storage:.*|storage: {filesystem: {rootdirectory: '"$work"'/registry}, delete: {enabled: true}}|' "$work/registry.yml"
: >"$work/registry.log"
docker-registry serve "$work/registry.yml" >>"$work/registry.log" 2>&1 </dev/null &
registry_pid=$!
until_true 20 grep -qE 'listening on [0-9.]+:[0-9]+' "$work/registry.log"
remote=$(sed -nE 's/.*listening on ([0-9.]+:[0-9]+).*/\1/p' "$work/registry.log" | head -n 1)/team/cache
good env LARDER_REMOTE="$remote" LARDER_BRANCH=other "$larder" cache remote prune --keep 0 -C third
expect_out 'are removed'
good env LARDER_REMOTE="$remote" "$larder" cache remote list -C third --json
expect_equal "$(json '[s["branch"] for s in data["states"]]')" main
good env LARDER_REMOTE="$remote" "$larder" cache remote prune --keep 5 --max-age 30d -C third
expect_out 'nothing to remove'
