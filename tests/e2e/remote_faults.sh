#!/usr/bin/env bash
# What goes wrong between a machine and its registry: one clear outcome, nothing is lost, and builds go on without it.
# remote_faults.sh LARDER [KILLS]: how many times each side is killed at a random moment (default: 12).
# shellcheck disable=SC2016 # texts
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
export LARDER_IMAGE=host XDG_RUNTIME_DIR=$work/run # where skopeo looks for credentials
mkdir run
kills=${2-12}
need_make
need_program skopeo python3
start_registry
mkdir proxy
fault() { printf '%s\n' "$*" >proxy/fault.new && mv proxy/fault.new proxy/fault; }
start_proxy() {
    rm -f proxy/port
    python3 "$tests/support/fault_proxy.py" "$registry" proxy &
    until_true 20 test -e proxy/port
    remote=127.0.0.1:$(<proxy/port)/team/cache
}
fault none
start_proxy

# Its results are 36 MB that pack badly: several packs.
make_project app
printf '[project]\nname = "app"\n' >app/larder.toml
{
    printf 'all: hello'
    printf ' obj/%s.bin' {1..12}
    printf '\nhello: hello.o\n\tgcc -o $@ $^\nobj/%%.bin:\n\tmkdir -p obj && head -c 3000000 /dev/urandom >$@\n'
} >app/Makefile
config=$HOME/.config/larder/config.toml
mkdir -p "${config%/*}"
configure() { printf '[cache]\nremote = "%s"\n' "$remote" >"$config"; }
configure
machine() { export LARDER_STORE=$work/store-$1; }
# What a failed pull may leave is nothing that anything uses.
expect_clean_store() {
    [[ ! -d $LARDER_STORE ]] || expect_empty "$LARDER_STORE/layers"
    [[ ! -d $LARDER_STORE ]] || expect_empty "$LARDER_STORE/transactions"
}
whole_packs() { find "$LARDER_STORE/remotes/incoming" -type f -size +1M -exec du -k {} + 2>/dev/null | awk '$1 > 1000' | wc -l; }

machine one
good "$larder" build "$own_target" -C app --cache-pull never
good "$larder" cache push -C app

say 'each fault is one error of a pull, and leaves nothing'
machine empty
for name in drop garbage 401 403 429 500 truncate flip; do
    fault "$name"
    run timeout 300 "$larder" cache pull -C app
    [[ $status == [34] ]] || fail "exit code $status for $name"
    expect_equal "$(grep -c '^error:' "$work/stderr")" 1 "errors for $name"
    expect_equal "$(grep -c '^hint:' "$work/stderr")" 1 "hints for $name"
    expect_clean_store
done

say 'a build goes on without it, with one note, and asks no more for a while'
count=0
for name in down drop garbage 401 429 500 truncate flip slow; do
    machine "build-$((++count))"
    fault "$name"
    [[ $name != down ]] || LARDER_REMOTE=127.0.0.1:1/team/cache
    [[ $name != down ]] || export LARDER_REMOTE
    run timeout 120 "$larder" build "$own_target" -C app
    unset LARDER_REMOTE
    expect_status 0
    expect_equal "$(grep -c '^note: built without' "$work/stderr")" 1 "notes for $name"
    refuse_err 'error:'
    case $name in
        down | drop | 500 | truncate | slow) expect_err '`skopeo list-tags' ;;
        401) expect_err '`skopeo login' ;;
        429) expect_err 'wait a while' ;;
        *) expect_err 'nothing has changed here' ;;
    esac
    before=$(wc -l <proxy/log)
    good "$larder" build "$own_target" -C app
    refuse_err 'built without'
    [[ $name == down ]] || expect_equal "$(wc -l <proxy/log)" "$before" "requests after $name"
    forget_store
done
fault none

say 'Ctrl-C while a build waits for the registry ends both'
machine interrupted
fault slow
: >proxy/log
# In a script of its own: a shell has its background processes ignore SIGINT.
python3 - "$larder" build "$own_target" -C app <<'END' || fail 'Ctrl-C did not end the build'
import pathlib, signal, subprocess, sys, time

signal.signal(signal.SIGINT, signal.SIG_DFL)
build = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
while "slow" not in pathlib.Path("proxy/log").read_text():
    time.sleep(0.02)
begin = time.monotonic()
build.send_signal(signal.SIGINT)
_, errors = build.communicate()
print("ended with", build.returncode, "after", round(time.monotonic() - begin, 1), "s")
sys.exit(build.returncode != 130 or time.monotonic() - begin > 8 or "built without" in errors)
END
fault none

say 'a pull that is interrupted goes on with the packs that it has'
machine resumed
done=0
for after in 10 12 14 16 18 20 22 24; do
    fault "drop $after"
    run "$larder" cache pull -C app
    ((status != 0)) || break
    done=$(whole_packs)
    ((done == 0)) || break
done
((done > 0)) || fail 'no pull was interrupted between two packs'
fault none
: >proxy/log
good "$larder" cache pull -C app
expect_out ': pulled '
fetched=$(grep -c 'GET .*/blobs/' proxy/log)
machine whole
: >proxy/log
good "$larder" cache pull -C app
all=$(grep -c 'GET .*/blobs/' proxy/log)
printf 'an interrupted pull had %s packs, and fetched %s blobs of %s\n' "$done" "$fetched" "$all"
((fetched < all)) || fail 'nothing of the interrupted pull was used'
expect_equal "$(find "$LARDER_STORE/remotes/incoming" -mindepth 1 -type d)" '' 'what a whole pull has left'

say 'a login that ends in the middle of a push: an error, and the next push completes it'
machine one
printf '// edited\n' >>app/hello.c
rm -rf app/obj
good "$larder" build "$own_target" -C app --cache-pull never
for after in 4 8 12; do
    fault "401 $after"
    run "$larder" cache push -C app
    expect_status 3
    expect_equal "$(grep -c '^error:' "$work/stderr")" 1
done
fault none
good "$larder" cache push -C app
machine after-push
good "$larder" cache pull -C app
wait_for_upkeep
good "$larder" cache verify

say 'a size that lies'
tag=$(skopeo list-tags --tls-verify=false "docker://$remote" | grep -o '"p[^"]*"' | tr -d '"' | head -n 1)
skopeo inspect --raw --tls-verify=false "docker://$remote:$tag" >manifest.json
python3 - "$registry" team/cache "$tag" <<'END'
import json, sys, urllib.request
host, repository, tag = sys.argv[1:]
data = json.load(open("manifest.json"))
data["layers"][-1]["size"] -= 1
request = urllib.request.Request(f"http://{host}/v2/{repository}/manifests/lie-{tag}"[:160], json.dumps(data).encode(), method="PUT",
                                 headers={"Content-Type": "application/vnd.oci.image.manifest.v1+json"})
request.full_url = f"http://{host}/v2/{repository}/manifests/{tag}"
urllib.request.urlopen(request)
END
machine lied-to
run "$larder" cache pull -C app
[[ $status == [34] ]] || fail "exit code $status"
expect_clean_store
machine one
good "$larder" cache push -C app

say 'two pushers at once: each is whole, one is the last'
cp -r app other
printf '// the other\n' >>other/hello.c
machine other
good "$larder" build "$own_target" -C other --cache-pull never
LARDER_STORE=$work/store-one "$larder" cache push -C app >one.out 2>&1 &
first=$!
LARDER_STORE=$work/store-other "$larder" cache push -C other >other.out 2>&1 &
second=$!
wait "$first" || fail "$(<one.out)"
wait "$second" || fail "$(<other.out)"
machine after-two
good "$larder" cache pull -C app
wait_for_upkeep
good "$larder" cache verify

say "killed at $kills random moments: who pulls"
pause() { sleep "$((RANDOM % 2)).$(printf '%03d' $((RANDOM % 1000)))"; }
machine killed-pull
for ((i = 0; i < kills; ++i)); do
    "$larder" cache pull -C app >killed.out 2>&1 &
    victim=$!
    pause
    kill -KILL "$victim" 2>/dev/null || true
    wait "$victim" 2>/dev/null || true
done
good "$larder" cache pull -C app
wait_for_upkeep
good "$larder" cache verify
machine one
expect_equal "$("$larder" cache list --json | grep -c '"name"')" 1 volumes
say 'who pushes'
for ((i = 0; i < kills; ++i)); do
    printf '// edit %s\n' "$i" >>app/hello.c
    rm -rf app/obj
    good "$larder" build "$own_target" -C app --cache-pull never
    "$larder" cache push -C app >killed.out 2>&1 &
    victim=$!
    pause
    kill -KILL "$victim" 2>/dev/null || true
    wait "$victim" 2>/dev/null || true
    machine reader
    good "$larder" cache pull -C app
    machine one
done
good "$larder" cache push -C app
say 'the registry'
for ((i = 0; i < kills; ++i)); do
    printf '// again %s\n' "$i" >>app/hello.c
    good "$larder" build "$own_target" -C app --cache-pull never
    "$larder" cache push -C app >killed.out 2>&1 &
    victim=$!
    pause
    kill -KILL "$registry_pid"
    wait "$registry_pid" 2>/dev/null || true
    wait "$victim" || grep -q '^error:' killed.out || fail "$(<killed.out)"
    start_registry
    remote=$registry/team/cache
    configure
    good "$larder" cache push -C app
done
machine last
good "$larder" cache pull -C app
good "$larder" build "$own_target" -C app
wait_for_upkeep
good "$larder" cache verify

say 'what nobody has gone on with for a day goes with the upkeep'
mkdir -p "$LARDER_STORE"/remotes/incoming/{old,young}/blobs
touch -d '2 days ago' "$LARDER_STORE/remotes/incoming/old"
CI=true good "$larder" build "$own_target" -C app --force
[[ ! -e $LARDER_STORE/remotes/incoming/old ]] || fail 'an old pull is still there'
expect test -e "$LARDER_STORE/remotes/incoming/young"
