#!/usr/bin/env bash
# Volumes that go from store to store by a real registry on loopback: only what is lacking moves, another store compiles nothing,
# and a registry that fails loses nothing.
# shellcheck disable=SC2016 # texts
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
export LARDER_IMAGE=host XDG_RUNTIME_DIR=$work/run # where skopeo looks for credentials
need_cargo
need_program git skopeo
start_registry

# Two crates, so that a change of one leaves the other's results as they are; the second has 1.5 MB that packs badly.
mkdir origin
cargo_project origin/app
mkdir -p origin/app/asset/src
head -c 1500000 /dev/urandom >origin/app/asset/src/asset.bin
printf '[package]\nname = "asset"\nversion = "0.1.0"\nedition = "2021"\n' >origin/app/asset/Cargo.toml
printf 'pub static ASSET: &[u8] = include_bytes!("asset.bin");\npub fn answer() -> u32 {\n    42\n}\n' >origin/app/asset/src/lib.rs
printf '[dependencies]\nasset = { path = "asset" }\n' >>origin/app/Cargo.toml
printf 'fn main() {\n    println!("{}", asset::answer());\n}\n' >origin/app/src/main.rs
(cd origin/app && cargo generate-lockfile --offline --quiet)
git -C origin/app init -q -b main
printf '/target\n' >origin/app/.gitignore
git -C origin/app remote add origin https://ann:secret@example.org:443/org/app.git
git -C origin/app add -A
git -C origin/app commit -qm one
clone() {
    git clone -q origin/app "$1"
    git -C "$1" remote set-url origin git@example.org:org/app
}
expect_compiled() {
    expect_equal "$(grep -c Compiling "$work/stderr" || true)" "$1" "how many crates were compiled by: $last_command"
}
registry_bytes() { du -sb "$work/registry" | cut -f 1; }
remote=$registry/team/cache

say 'a push, and the same again'
good "$larder" build "$own_target" -C origin/app
expect_compiled 2
before=0
good "$larder" cache push --to "$remote" -C origin/app
expect_out ": pushed "
expect_out "to $remote:p"
first=$(($(registry_bytes) - before))
((first > 1500000)) || fail "the first push moved $first bytes"
before=$(registry_bytes)
good "$larder" cache push --to "$remote" -C origin/app
expect_out 'the registry has this state already'
expect_equal "$(registry_bytes)" "$before" 'bytes of the registry after a push of nothing new'

say 'another store, in another folder, by the remote of config.toml: nothing is compiled'
mkdir -p "$HOME/.config/larder" other-place
printf '[cache]\nremote = "%s"\n' "$remote" >"$HOME/.config/larder/config.toml"
clone other-place/elsewhere
export LARDER_STORE=$work/second-store
good "$larder" cache pull -C other-place/elsewhere
expect_out ': pulled '
good "$larder" build "$own_target" -C other-place/elsewhere
expect_compiled 0
expect cmp "$(program origin/app tiny)" "$(program other-place/elsewhere tiny)"
good "$larder" cache pull -C other-place/elsewhere
expect_out 'has all of it already'

say 'a second push after a change of one file, and its pull, move little'
sed -i 's/{}/the answer is {}/' origin/app/src/main.rs
git -C origin/app commit -qam two
good env LARDER_STORE="$work/store" "$larder" build "$own_target" -C origin/app
expect_compiled 1
before=$(registry_bytes)
good env LARDER_STORE="$work/store" "$larder" cache push -C origin/app
second=$(($(registry_bytes) - before))
printf 'first push: %s bytes, second: %s bytes\n%s\n' "$first" "$second" "$(<"$work/stdout")"
((second * 3 < first)) || fail "the second push moved $second bytes, the first one $first"
good "$larder" cache pull -C other-place/elsewhere
printf '%s\n' "$(<"$work/stdout")"
git -C other-place/elsewhere pull -q "$work/origin/app" main
good "$larder" build "$own_target" -C other-place/elsewhere
expect_compiled 0
wait_for_upkeep
good "$larder" cache verify

say 'a machine that has built the same cold pushes what differs'
clone third
export LARDER_STORE=$work/third-store
good "$larder" build "$own_target" -C third --cache-pull never
expect_compiled 2
before=$(registry_bytes)
good "$larder" cache push -C third
cold=$(($(registry_bytes) - before))
printf 'the push of what was built cold elsewhere: %s bytes\n' "$cold"
((cold * 3 < first)) || fail "it moved $cold bytes, the first one $first"

say 'branches: of their own, else the default one; names that look alike are two'
git -C third switch -qc feature/x
export LARDER_STORE=$work/fourth-store
good "$larder" cache pull -C third
expect_out ': pulled '
good env LARDER_STORE="$work/third-store" "$larder" cache push -C third
good env LARDER_STORE="$work/third-store" LARDER_BRANCH=feature-x "$larder" cache push -C third
expect_equal "$(skopeo list-tags --tls-verify=false "docker://$remote" | grep -c '"p')" 3 'tags'
git -C third checkout -q --detach
run "$larder" cache push -C third
expect_status 2
expect_err 'hint: LARDER_BRANCH=NAME'

say 'branches of all names that git takes'
for branch in '#12-fix' fix__it _wip größe 功能 a/-b $'caf\xe9'; do
    git -C third checkout -q -B "$branch"
    good env LARDER_STORE="$work/third-store" "$larder" cache push -C third
    good "$larder" cache pull -C third
done
git -C third checkout -q main

say 'what untrusted builds leave goes nowhere'
export LARDER_STORE=$work/untrusted-store
git clone -q origin/app strange
printf '[project]\nname = "strange"\n' >strange/larder.toml
good "$larder" build "$own_target" -C strange --cache-pull never
printf 'fn main() {\n    println!("evil");\n}\n' >strange/src/main.rs
good "$larder" build "$own_target" -C strange --untrusted
good "$larder" cache list --json
volume=$(json '[v["name"] for v in data["volumes"] if v["class"] == "compiled"][0]')
for what in '' "$volume" --all "--target $own_target"; do
    # shellcheck disable=SC2086 # words
    good "$larder" cache push $what -C strange
done
run "$larder" cache push "$volume@untrusted-" -C strange
expect_status 2
expect_err 'builds of untrusted code have written it'
good "$larder" cache export "$volume" -o trusted.tar
good "$larder" cache export "$volume@untrusted-" -o untrusted.tar
run env LARDER_TRUST=untrusted LARDER_BRANCH=other "$larder" cache remote prune --keep 0 -C strange
expect_status 2
expect_err 'nothing is removed from here'
export LARDER_STORE=$work/honest-store
good "$larder" cache pull -C strange
good "$larder" cache import trusted.tar
good "$larder" cache list --json
expect_equal "$(json 'sorted({v["trust"] for v in data["volumes"]})')" trusted 'trust of what has come'
if grep -rlq evil "$LARDER_STORE/layers"; then fail 'what an untrusted build has compiled came to another store'; fi
good "$larder" cache import untrusted.tar
good env LARDER_TRUST=untrusted LARDER_STORE="$work/wary-store" "$larder" cache import trusted.tar
good env LARDER_STORE="$work/wary-store" "$larder" cache list --json
expect_equal "$(json 'sorted({v["trust"] for v in data["volumes"]})')" untrusted 'trust of what an untrusted caller takes'
export LARDER_STORE=$work/fourth-store

say 'usage'
rm "$HOME/.config/larder/config.toml"
run "$larder" cache push -C third
expect_status 2
expect_err 'hint: --to REGISTRY/REPO'
run "$larder" cache pull --from org/cache -C third
expect_status 2
run "$larder" cache push --to "$remote" -C third --key ''
expect_status 2
run "$larder" cache pull no-such-volume --from "$remote" -C third
expect_status 2
expect_err "called 'no-such-volume'"
run "$larder" cache pull --target x46 --from "$remote" -C third
expect_status 2
expect_err "unknown target 'x46'"
run "$larder" cache push --all --target "$own_target" --to "$remote" -C third
expect_status 2
good "$larder" cache pull --from "$registry/nothing/here" -C third
expect_out 'has nothing of '

say 'blobs that are altered in the registry are refused, and leave nothing'
export LARDER_STORE=$work/fifth-store
cp -r registry registry.good
find registry -name data -size +100k | while read -r blob; do
    printf X | dd of="$blob" bs=1 seek=5000 conv=notrunc status=none
done
run "$larder" cache pull --from "$remote" -C third
[[ $status == 3 || $status == 4 ]] || fail "exit code $status"
expect_empty "$LARDER_STORE/layers"
expect_empty "$LARDER_STORE/transactions"
rm -r registry
mv registry.good registry
good "$larder" cache pull --from "$remote" -C third

say 'a blob that the registry has thrown away is sent again'
export LARDER_STORE=$work/store
find registry/docker/registry/v2/blobs -name data -size +100k -execdir rm {} +
find registry/docker/registry/v2/repositories -path '*_layers*' -name link -delete
stop_registry
start_registry
remote=$registry/team/cache
printf '// edited again\n' >>origin/app/src/main.rs
good "$larder" build "$own_target" -C origin/app
good "$larder" cache push --to "$remote" -C origin/app
LARDER_STORE=$work/sixth-store good "$larder" cache pull --from "$remote" -C origin/app

say 'a registry that is down, and one that wants a login: a clear error, and nothing is lost'
stop_registry
for command in "push --to" "pull --from"; do
    # shellcheck disable=SC2086 # two words
    run "$larder" cache $command "$remote" -C origin/app
    expect_status 3
    expect_equal "$(grep -c '^error:' "$work/stderr")" 1
    expect_err 'connection refused'
    expect_err 'hint: `skopeo list-tags'
done
python3 -W ignore -c 'import crypt; print("ann:" + crypt.crypt("secret", crypt.mksalt(crypt.METHOD_BLOWFISH)))' >htpasswd
start_registry "auth: {htpasswd: {realm: larder, path: $work/htpasswd}}"
run "$larder" cache push --to "$registry/team/cache" -C origin/app
expect_status 3
expect_err "hint: \`skopeo login $registry\`"
expect_empty "$LARDER_STORE/transactions"
good "$larder" build "$own_target" -C origin/app
