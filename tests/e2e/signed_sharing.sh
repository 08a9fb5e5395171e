#!/usr/bin/env bash
# Signed volumes by a real registry on loopback: nothing that is unsigned, altered, another's or older than what was seen is taken.
# shellcheck disable=SC2016 # texts
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
export LARDER_IMAGE=host XDG_RUNTIME_DIR=$work/run # where skopeo looks for credentials
mkdir run
need_make
need_program skopeo python3
start_registry
remote=$registry/team/cache

make_project app
printf '[project]\nname = "app"\n' >app/larder.toml
config=$HOME/.config/larder/config.toml
# Another machine: machine NAME [LINE-OF-REMOTE...]. Each has the same key file, and its own store.
machine() {
    export LARDER_STORE=$work/store-$1
    shift
    mkdir -p "${config%/*}"
    printf '[cache]\nremote = "%s"\n[remote]\n' "$remote" >"$config"
    (($# == 0)) || printf '%s\n' "$@" >>"$config"
}
tag() { skopeo list-tags --tls-verify=false "docker://$remote" | grep -o '"p[^"]*"' | tr -d '"' | head -n 1; }
# The registry's own file for the tag: what it says is the manifest's digest. So a test can put an old state back.
tag_link() { printf '%s' "$work/registry/docker/registry/v2/repositories/team/cache/_manifests/tags/$(tag)/current/link"; }
refused() {
    run "$larder" cache pull -C app
    expect_status 3
    expect_equal "$(grep -c '^error:' "$work/stderr")" 1
    expect_err "$1"
    expect_equal "$(grep -c '^hint:' "$work/stderr")" 1
    [[ ! -d $LARDER_STORE/layers ]] || expect_empty "$LARDER_STORE/layers"
    expect_empty "$LARDER_STORE/transactions"
}

say 'a key: private for its owner alone, public for configuration files'
umask 022
good "$larder" key new team.key
public=$(head -n 1 "$work/stdout")
[[ $public =~ ^ed25519:[0-9a-f]{64}$ ]] || fail "no public key: $public"
expect_equal "$(stat -c %a team.key)" 600
secret=$(<team.key)
refuse_out "${secret#*:}"
good "$larder" key show team.key
expect_equal "$(<"$work/stdout")" "$public"
run "$larder" key new team.key
expect_status 2
expect_equal "$(<team.key)" "$secret" 'the key after a second `key new`'
good "$larder" key new
expect_equal "$(stat -c %a "$HOME/.config/larder/signing.key")" 600
good "$larder" key new other.key
other=$(head -n 1 "$work/stdout")

say 'signed and taken: by a file, an open file, the environment, the configuration'
machine one "public_keys = [\"$public\"]"
good "$larder" build "$own_target" -C app
run "$larder" cache push -C app
expect_status 2
expect_err 'there is no key to sign with'
run "$larder" cache push --key other.key -C app
expect_status 2
expect_err 'your key is not among `public_keys`'
chmod 644 team.key
run "$larder" cache push --key team.key -C app
expect_status 2
expect_err 'hint: chmod 600 team.key'
chmod 600 team.key
good "$larder" cache push --key team.key -C app
expect_out ': pushed '
cp "$(tag_link)" first.link
good "$larder" cache push --key-fd 7 -C app 7<team.key
expect_out 'the registry has this state already'
good env LARDER_SIGNING_KEY="$secret" "$larder" cache push -C app
expect_out 'the registry has this state already'
machine one "public_keys = [\"$public\"]" "key = \"$work/team.key\""
printf '// two\n' >>app/hello.c
good "$larder" build "$own_target" -C app
good "$larder" cache push -C app
expect_out ': pushed '
cp "$(tag_link)" second.link

say 'the key is nowhere but in its file'
if grep -rqF "${secret#*:}" "$LARDER_STORE" "$work/registry" "$work/registry.log"; then fail 'the private key is in the store or the registry'; fi

say 'another machine takes it, and remembers it'
machine two "public_keys = [\"$other\", \"$public\"]"
good "$larder" cache pull -C app
expect_out ': pulled '
good "$larder" cache remote list -C app
expect_out 'valid'
good "$larder" cache pull -C app
expect_out 'has all of it already'

say 'an old state that somebody puts back is refused, by who has seen a newer one'
cp first.link "$(tag_link)"
run "$larder" cache pull -C app
expect_status 3
expect_err 'is older than what was seen there'
expect_err 'hint: somebody has put an old state back'
seen=$(ls "$LARDER_STORE/remotes/seen")
rm "$LARDER_STORE/remotes/seen/$seen"
good "$larder" cache pull -C app
machine one "public_keys = [\"$public\"]" "key = \"$work/team.key\""
good "$larder" cache push -C app
expect_out ': pushed '
cp "$(tag_link)" third.link

say 'a new machine takes nothing that is too old'
machine fresh "public_keys = [\"$public\"]" 'max_age = "1s"'
sleep 2
refused 'is too old for a machine that has seen none'

say 'another key, no signature, another place'
machine three "public_keys = [\"$other\"]"
refused "is signed by a key that is not among yours"
expect_err "$public"
machine plain
export LARDER_STORE=$work/store-one
LARDER_BRANCH=unsigned good "$larder" cache push -C app
machine four "public_keys = [\"$public\"]"
LARDER_BRANCH=unsigned refused 'is not signed'
[[ ! -e $LARDER_STORE/remotes/seen ]] || expect_empty "$LARDER_STORE/remotes/seen"
skopeo copy --quiet --preserve-digests --src-tls-verify=false --dest-tls-verify=false "docker://$remote:$(tag)" "docker://$registry/team/moved:$(tag)"
moved=$registry/team/moved
run "$larder" cache pull --from "$moved" -C app
expect_status 3
expect_err 'is signed for something else'
expect_err 'its repository is'

say 'each bit of the manifest that counts'
machine five "public_keys = [\"$public\"]"
digest=$(sed 's/^sha256://' third.link)
manifest=$work/registry/docker/registry/v2/blobs/sha256/${digest:0:2}/$digest/data
for change in 's/sequence [0-9]*/sequence 99/' 's/"size":\([0-9]*\)}]/"size":1\1}]/' 's/trust trusted/trust trustee/' 's/branch main/branch x/'; do
    sed "$change" "$manifest" >altered.json
    ! cmp -s "$manifest" altered.json || fail "nothing was altered by $change"
    python3 - "$registry" team/cache "$(tag)" altered.json <<'END'
import sys, urllib.request
host, repository, tag, file = sys.argv[1:]
request = urllib.request.Request(f"http://{host}/v2/{repository}/manifests/{tag}", open(file, "rb").read(), method="PUT",
                                 headers={"Content-Type": "application/vnd.oci.image.manifest.v1+json"})
try:
    urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    print("the registry itself refuses it:", error.code)
END
    [[ $(<"$(tag_link)") != "$(<third.link)" ]] || continue
    refused 'was altered after it was signed'
    cp third.link "$(tag_link)"
done
good "$larder" cache pull -C app

say 'builds go by the same rules'
machine build-one "public_keys = [\"$public\"]"
good "$larder" build "$own_target" -C app
expect_err ': pulled '
refuse_err 'built without'
machine build-two "public_keys = [\"$other\"]"
good "$larder" build "$own_target" -C app
expect_err 'note: built without'
expect_err 'is signed by a key that is not among yours'
refuse_err ': pulled '
printf '// by a build\n' >>app/hello.c
export CI=true LARDER_TRUST=trusted
good "$larder" build "$own_target" -C app --cache-push success --cache-pull never
expect_err 'is not pushed: there is no key to sign with'
machine build-one "public_keys = [\"$public\"]" "key = \"$work/team.key\""
good "$larder" build "$own_target" -C app --cache-push success
expect_err ': pushed '
unset CI LARDER_TRUST
machine build-three "public_keys = [\"$public\"]"
good "$larder" build "$own_target" -C app
expect_err ': pulled '
if grep -rqF "${secret#*:}" "$work"/store-*; then fail 'the private key is in a store'; fi

say 'keys of a project count with consent alone'
machine six
printf '[project]\nname = "app"\n[remote]\npublic_keys = ["%s"]\n' "$other" >app/larder.toml
good "$larder" cache pull -C app
expect_err 'without your consent this does not count: [remote] public_keys'
good "$larder" trust app
export LARDER_STORE=$work/store-seven
refused "is signed by a key that is not among yours"
printf '[remote]\npublic_keys = ["ed25519:1"]\n' >app/larder.toml
run "$larder" cache pull -C app
expect_status 2
expect_err 'is no public key'
