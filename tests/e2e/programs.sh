#!/usr/bin/env bash
# Real programs out of Debian's sources, built as they are for several targets; each runs and does its work.
# programs.sh LARDER [NAME]: one line of programs/programs.tsv, or all. LARDER_TEST_FULL=1: for all targets of the table.
# shellcheck disable=SC2119
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
[[ $own_target == x64 ]] || skip 'the targets of this test are named as seen from x86_64'
need_program dpkg-source apt-get

only=${2-}
# Kept from one run to the next; nothing else is in there.
export LARDER_TEST_SOURCES=${LARDER_TEST_SOURCES:-${caller_home:-$work}/.cache/larder-test-sources}

# The tools that the data table names for a target: entry TARGET KEY
entry() { sed -n "/^\[$1\]/,/^\[/s/^$2 = \"\(.*\)\"/\1/p" "$repository/targets.toml"; }

has_tools() {
    local compiler
    compiler=$(entry "$2" cc)
    [[ $1 != ninja ]] || compiler=$(entry "$2" cxx)
    command -v "$compiler" >/dev/null || return 1
    [[ $1 != fd || -d /usr/lib/rustlib/$(entry "$2" triple)/lib ]]
}

# Without LARDER_TEST_FULL: fd for two targets, C programs for the usual four and one more, ninja for two.
wanted() {
    [[ ${LARDER_TEST_FULL-} != 1 ]] || return 0
    case $1 in
        fd) [[ $2 == x64 || $2 == musl-arm64 ]] ;;
        ninja) [[ $2 == arm64 || $2 == riscv64 ]] ;;
        *) [[ $2 == x64 || $2 == arm64 || $2 == musl-* || $2 == riscv64 ]] ;;
    esac
}

# executed TARGET FOLDER PROGRAM ARGUMENT...: natively or by the target's emulator, in the folder. Sets $said.
executed() {
    local target=$1 folder=$2 command=() emulator
    shift 2
    case $(entry "$target" processor) in
        x86_64) ;;
        *)
            read -ra emulator <<<"$(entry "$target" emulator)"
            command -v "${emulator[0]}" >/dev/null || return 2
            command=("${emulator[@]}")
            ;;
    esac
    if [[ $target == musl-* ]] && readelf -l "$1" | grep -q INTERP; then
        # Dynamic: its loader is the libc itself, which Debian keeps beside the development files.
        local loader
        loader=/usr/lib/$(entry "$target" multiarch)/libc.so
        [[ -e $loader ]] || return 2
        command+=("$loader")
    fi
    [[ $target != windows-* ]] || return 2
    said=$(cd "$folder" && "${command[@]}" "$@" 2>&1)
}

build_program() {
    local name=$1 for_targets=$2 binaries=$3 run=$4 prints=$5 target binary said status
    local folder=$work/$name chosen=()
    local -a words
    for target in ${for_targets//,/ }; do
        if wanted "$name" "$target" && has_tools "$name" "$target"; then chosen+=("$target"); fi
    done
    ((${#chosen[@]} > 0)) || return 0
    say "$name for ${chosen[*]}"
    "$tests/e2e/programs/fetch-source" "$name" "$folder" 2>"$work/fetch" ||
        skip "the source of $name cannot be had: $(tail -n 1 "$work/fetch")"
    if [[ $name == fd ]]; then
        serve_crates "$folder"
        printf '[build.env]\nCARGO_PROFILE_RELEASE_OPT_LEVEL = "0"\n' >"$folder/larder.toml"
    fi
    listing "$folder" >"$work/before"
    good "$larder" build "${chosen[@]}" -C "$folder"
    listing "$folder" | grep -vE ' \./Cargo\.lock ?$|  \./Cargo\.lock$' >"$work/after"
    diff -u <(grep -v 'Cargo\.lock' "$work/before") "$work/after" || fail "the build of $name has changed its source"
    for target in "${chosen[@]}"; do
        for binary in ${binaries//,/ }; do
            binary=$folder/target/$(entry "$target" triple)/release/$binary
            [[ -x $binary ]] || fail "there is no $binary"
            expect_equal "$(stat -c %u "$binary")" "$EUID" "the owner of $binary"
        done
        read -ra words <<<"$run"
        binary=$folder/target/$(entry "$target" triple)/release/${words[0]}
        status=0
        executed "$target" "$folder" "$binary" "${words[@]:1}" || status=$?
        case $status in
            0) [[ $said == *"$prints"* ]] || fail "$name for $target printed: $said" ;;
            2) say "  $target: nothing here runs it" ;;
            *) fail "$name for $target ended with $status: $said" ;;
        esac
    done
    good "$larder" build "${chosen[@]}" -C "$folder"
    refuse_err 'starts from nothing'
    wait_for_upkeep
    # From here on nothing is new; CMake has completed its own cache in the second run.
    good "$larder" build "${chosen[@]}" -C "$folder" --json
    # lz4's Makefile links its programs again each time.
    [[ $name == lz4 ]] || expect_equal "$(json '[one["target"] for one in data["targets"] if one["cache_changed"]]')" '' \
        "what a build of $name without a change has changed"
    wait_for_upkeep
}

while IFS=$'\t' read -r name recipe for_targets binaries command prints; do
    [[ $name != \#* && -n $recipe ]] || continue
    [[ -z $only || $name == "$only" ]] || continue
    [[ $recipe != cmake ]] || need_program cmake
    [[ $recipe != cargo ]] || need_cargo
    build_program "$name" "$for_targets" "$binaries" "$command" "$prints"
done <"$tests/e2e/programs/programs.tsv"
