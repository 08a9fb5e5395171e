#!/usr/bin/env bash
# The example project for all targets, with a real registry: what is downloaded, what is compiled, what comes out, and
# what the caches remember. In containers, if a second argument names an engine: docker or podman. LARDER_TEST_IMAGES is then a
# folder in which the image is kept for the next time.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
# shellcheck source=tests/engine/engines.sh
source "$tests/engine/engines.sh"
engine=${2-native}
need_cargo
need_program python3 git curl file readelf
[[ $own_target == x64 ]] || skip 'the targets of this test are named as seen from x86_64'
targets=(x64 arm64 musl-x64 musl-arm64)
declare -A triple=([x64]=x86_64-unknown-linux-gnu [arm64]=aarch64-unknown-linux-gnu
    [musl-x64]=x86_64-unknown-linux-musl [musl-arm64]=aarch64-unknown-linux-musl)
for target in "${targets[@]}"; do
    [[ -d /usr/lib/rustlib/${triple[$target]}/lib ]] || skip "there is no Rust standard library for $target"
done
need_program aarch64-linux-gnu-gcc x86_64-linux-musl-gcc aarch64-linux-musl-gcc qemu-aarch64-static
[[ -d /usr/share/cargo/registry ]] || skip 'there are no crates in /usr/share/cargo/registry'

on_exit() {
    "$repository/examples/stop" "$work/pantry" 2>/dev/null || true
    stop_engines
}
case $engine in
    native) ;;
    # What compiles for a target is the same in a container, so two of them are enough there: own and foreign, glibc and musl.
    docker | podman) need_image "$engine" && targets=(x64 musl-arm64) ;;
    *) fail "no such engine: $engine" ;;
esac
"$repository/examples/start" "$work/pantry" >started || fail 'the package server does not start'
eval "$(<started)"
# shellcheck disable=SC2154 # both are what `start` printed
project=$workspace url=http://127.0.0.1:$port
cd "$project"
# Speed is not what is tested here.
[[ $engine == native ]] ||
    printf '[build]\nengine = "%s"\nimage = "larder-test:toolchains"\nfetch_network = "host"\n' "$engine" >larder.toml
printf '[build.env]\nCARGO_PROFILE_RELEASE_OPT_LEVEL = "0"\n' >>larder.toml
crates=$(grep -c '^source = "registry' Cargo.lock)

reset_stats() { curl -sSf -X POST "$url/stats/reset" >/dev/null; }
stats() { curl -sSf "$url/stats" >"$work/stats"; }
requests() {
    stats
    json 'data["requests"]' "$work/stats"
}
cold() {
    stats
    expect_equal "$(json 'max(data["crates"].values())' "$work/stats")" 1 'downloads of one crate'
    # A few in the lock file are for other systems only.
    local downloaded
    downloaded=$(json 'data["crate_downloads"]' "$work/stats")
    ((downloaded > crates * 3 / 4 && downloaded <= crates)) || fail "$downloaded of $crates crates were downloaded"
    ((10#$(json 'data["git_requests"]' "$work/stats") > 0)) || fail 'the git dependency was not fetched'
}
binary() { printf '%s/target/%s/release/pantry' "$project" "${triple[$1]}"; }
emulated() {
    case $1 in
        arm64) qemu-aarch64-static -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH=/usr/aarch64-linux-gnu/lib "$(binary "$1")" ;;
        musl-arm64) qemu-aarch64-static "$(binary "$1")" ;;
        *) "$(binary "$1")" ;;
    esac
}
# expect_compiled CRATE...: exactly these, once for each target.
expect_compiled() {
    local target
    for target in "${targets[@]}"; do
        expect_equal "$(sed -n 's/^ *Compiling \([^ ]*\) .*/\1/p' "$(log_of "$target")" | sort | xargs)" "$*" "crates compiled for $target"
    done
}

say 'cold'
good "$larder" build "${targets[@]}"
expect_err 'starts from nothing'
cold
for target in "${targets[@]}"; do
    expect test -x "$(binary "$target")"
    expect_equal "$(stat -c %u "$(binary "$target")")" "$EUID" "the owner of the binary for $target"
    expect_out "target/${triple[$target]}/release/pantry"
    emulated "$target" >"$work/said" || fail "the program for $target ended with $?"
    expect grep -qF "${triple[$target]}" "$work/said"
    grep -vF "${triple[$target]%%-*}" "$work/said" >"$work/said.$target"
    machine='Advanced Micro Devices X86-64'
    [[ $target != *arm64 ]] || machine=AArch64
    expect_equal "$(readelf -h "$(binary "$target")" | sed -n 's/.*Machine: *//p')" "$machine"
    if [[ $target == musl-* ]]; then
        expect grep -qE 'statically linked|static-pie linked' <(file "$(binary "$target")")
    else
        expect grep -qF 'dynamically linked' <(file "$(binary "$target")")
    fi
done
[[ -s $work/said.x64 ]] || fail 'it printed nothing'
expect_equal "$(find "$project" ! -user "$EUID")" '' 'files of others in the project'
expect_equal "$(find "$project" -path "$project/target/*" -type f | wc -l)" "${#targets[@]}" 'files in target/'

say 'warm: nothing is asked for, nothing is compiled'
reset_stats
good "$larder" build "${targets[@]}"
expect_equal "$(requests)" 0 'requests of a warm build'
good "$larder" build "${targets[@]}" --force # also where nothing has changed, and the tool would not be started
expect_equal "$(requests)" 0 'requests of a warm build whose tool is started'
expect_compiled ''
refuse_err 'starts from nothing'

say 'the downloads are stored once'
wait_for_upkeep
good "$larder" cache list --json
expect_equal "$(json 'len([v for v in data["volumes"] if v["name"].startswith("cargo-cache-")])')" "${#targets[@]}" 'download volumes'
cp "$work/stdout" "$work/cache"
one=$(json 'max(v["size_bytes"] for v in data["volumes"] if v["name"].startswith("cargo-cache-"))' "$work/cache")
disk=$(du -s --block-size=1 "$LARDER_STORE/layers" | cut -f1)
compiled_size=$(json 'sum(v["size_bytes"] for v in data["volumes"] if v["class"] == "compiled")' "$work/cache")
((disk < compiled_size + 2 * one)) || fail "the download volumes take $disk - $compiled_size, one alone $one"

say 'an edit in a library: it and what depends on it is compiled'
reset_stats
sed -i '0,/^pub fn /s//#[allow(dead_code)]\nfn edited() {}\n\npub fn /' tally/src/lib.rs
expect grep -q 'fn edited' tally/src/lib.rs
good "$larder" build "${targets[@]}"
expect_compiled pantry tally
expect_equal "$(requests)" 0 'requests after an edit'

say 'a compile error keeps what compiled'
printf 'fn broken( {}\n' >>tally/src/lib.rs
printf '\n// edited\n' >>shelf/src/lib.rs
run "$larder" build "${targets[@]}" --quiet
expect_status 1
for target in "${targets[@]}"; do
    expect_err "the build for $target failed with exit code 101"
    expect_err "$(log_of "$target")"
done
expect_err 'fn broken('
sed -i '$d' tally/src/lib.rs
good "$larder" build "${targets[@]}"
expect_compiled pantry tally # and not shelf

say 'cleaning is forgetting, and the only way to it'
good "$larder" cache clean --all --yes
expect_out 'Removed'
reset_stats
good "$larder" build x64
expect_err 'cargo-cache-x64: empty, starts from nothing'
expect_err 'starts from nothing'
cold

say 'another target brings its own compiled crates, and downloads nothing'
reset_stats
good "$larder" build "${targets[-1]}"
expect_equal "$(requests)" 0 "requests of another target's first build"
