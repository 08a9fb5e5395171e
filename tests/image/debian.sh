#!/usr/bin/env bash
# Images made from Debian's packages, for two targets: it needs a network, or apt's own proxy.
# shellcheck disable=SC2016 # texts for make
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/image/lib.sh
source "$tests/image/lib.sh"
need_debian_images
need_program python3 readelf

mkdir app
cd app
cat >main.c <<'END_OF_FILE'
#include <sqlite3.h>
#include <stdio.h>

int main(void) { return puts(sqlite3_libversion()) < 0; }
END_OF_FILE
printf 'program: main.c\n\t$(CC) $$(pkg-config --cflags sqlite3) -o $@ $< $$(pkg-config --libs sqlite3)\n' >Makefile
project() { printf '[project]\ntargets = ["x64", "arm64"]\n[build]\npackages = ["%s"]\n' "$1" >larder.toml; }

say 'a library for each target, found by pkg-config'
project libsqlite3-dev:target
run "$larder" build
can_fetch || skip 'no mirror of Debian can be reached'
expect_status 0
machine_of() { readelf --file-header "target/$1/release/program" | sed -n 's/ *Machine: *//p'; }
expect_equal "$(machine_of x86_64-unknown-linux-gnu)" 'Advanced Micro Devices X86-64'
expect_equal "$(machine_of aarch64-unknown-linux-gnu)" AArch64
good "$larder" run x64 -- target/x86_64-unknown-linux-gnu/release/program
expect grep -qE '^3\.' "$work/stdout"

say 'larder.lock has the base, what all targets share, and what each adds'
python3 - <<'END_OF_FILE' || fail 'larder.lock has something else'
import tomllib
images = tomllib.load(open("larder.lock", "rb"))["image"]
by_digest = {image["digest"]: image for image in images}
base = next(image for image in images if "base" in image)
assert base["base"] == "debian:bookworm" and any(p.startswith("bash:amd64=") for p in base["packages"])
assert all(image["from"] in by_digest for image in images if image is not base)
shared = next(image for image in images if image.get("from") == base["digest"])
assert [image.get("from") for image in images].count(shared["digest"]) == 2
dev = [p.partition("=")[0] for image in images for p in image["packages"] if p.startswith("libsqlite3-dev:")]
assert sorted(dev) == ["libsqlite3-dev:amd64", "libsqlite3-dev:arm64"], dev
END_OF_FILE
cp larder.lock ../whole.lock

say 'all of it is there: nothing is prepared again'
good "$larder" build --locked --offline
expect_prepared 0
expect cmp larder.lock ../whole.lock

on_engines() {
    # shellcheck source=tests/engine/engines.sh
    source "$tests/engine/engines.sh"
    on_exit() { stop_engines; }
    local kind why
    for kind in docker podman; do
        say "$kind is given the same image once, and goes on with what the native engine has compiled"
        why=$(start_engine "$kind")
        [[ -z $why ]] || skip "$why"
        case $kind in
            docker) start_dockerd || skip "dockerd does not start: $(tail -n 1 "$work/docker/log")" ;;
            podman) podman_settings "$work/podman" ;;
        esac
        while IFS= read -r setting; do export "${setting?}"; done < <(engine_environment "$kind")
        good "$larder" build x64 --engine "$kind" --force
        expect_err "larder: $kind gets the image debian:bookworm, once"
        expect_err "make: 'program' is up to date."
        cp main.c ../main.c
        echo '/* more */' >>main.c
        good "$larder" build x64 --engine "$kind" --locked --offline
        refuse_err 'gets the image'
        refuse_err 'starts from nothing'
        good "$larder" run x64 --engine "$kind" -- target/x86_64-unknown-linux-gnu/release/program
        expect grep -qE '^3\.' "$work/stdout"
        cp ../main.c main.c
        expect_equal "$("$kind" image ls --quiet | wc -l)" 1
    done
    say 'an image that is removed goes from them, too'
    cp -a "$LARDER_STORE" "$work/copied-store" # the other one is still needed
    good env LARDER_STORE="$work/copied-store" "$larder" image rm --yes "$(podman image ls --format '{{.Tag}}')"
    for kind in docker podman; do expect_equal "$("$kind" image ls --quiet)" ''; done
}
if ((EUID == 0)); then on_engines; fi

say 'a package that does not exist is named'
project no-such-package
run "$larder" build x64
expect_status 3
expect_err 'error: an image cannot be prepared: 1 package: no-such-package'
expect_err 'there is no package no-such-package'
expect cmp larder.lock ../whole.lock

say 'a pinned version that no mirror has is named, with the nearest one'
project libsqlite3-dev:target
version=$(sed -nE 's/.*"libsqlite3-dev:amd64=([^"]+)".*/\1/p' larder.lock)
python3 - <<'END_OF_FILE'
import hashlib, re, tomllib
text = open("larder.lock").read()
image = next(i for i in tomllib.loads(text)["image"] if any(p.startswith("libsqlite3-dev:amd64=") for p in i.get("packages", [])))
packages = [re.sub(r"(libsqlite3-dev:amd64)=.*", r"\1=0.0.1-1", p) for p in image["packages"]]
fields = ["larder image 1", image["machine"], image["from"], "packages", " ".join(image["install"]), *packages]
digest = hashlib.sha256("".join(f"{len(field)}:{field}" for field in fields).encode()).hexdigest()
text = re.sub(r"libsqlite3-dev:amd64=[^\"']+", "libsqlite3-dev:amd64=0.0.1-1", text).replace(image["digest"], "sha256:" + digest)
open("larder.lock", "w").write(text)
END_OF_FILE
cp larder.lock ../gone.lock
run "$larder" build x64
expect_status 3
expect_err 'error: larder.lock pins libsqlite3-dev 0.0.1-1, which no mirror has any more'
expect_err "the nearest version there is: $version"
expect_err '`larder image update`'
expect_equal "$(grep -c '^error:' "$work/stderr")" 1
expect cmp larder.lock ../gone.lock

say 'what a lock pins is made again with the same digests, in another store'
cp ../whole.lock larder.lock
export LARDER_STORE=$work/other-store
good "$larder" build x64 --locked
expect cmp larder.lock ../whole.lock
wait_for_upkeep
expect_empty "$LARDER_STORE/transactions"
