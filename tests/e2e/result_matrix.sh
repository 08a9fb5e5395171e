#!/usr/bin/env bash
# Recipes by targets by kinds of results: a program, a shared and a static library. Each is delivered where cargo, CMake and make make it, and works:
# programs run, natively or emulated, and a program of the target's compiler is linked with each library and runs.
# shellcheck disable=SC2016 # texts for make
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program cmake
[[ $own_target == x64 ]] || skip 'the targets of this test are named as seen from x86_64'

# The value that the data table has for a target: entry TARGET KEY
entry() { sed -n "/^\[$1\]/,/^\[/s/^$2 = \"\(.*\)\"/\1/p" "$repository/targets.toml"; }

# runs TARGET PROGRAM: natively, or by the target's emulator; dynamic programs for musl by the loader beside its development files.
runs() {
    local target=$1 program=$2 command=() loader
    [[ $target != *arm64 ]] || read -ra command <<<"$(entry "$target" emulator)"
    if [[ $target == musl-* ]] && readelf -l "$program" | grep -q INTERP; then
        loader=/usr/lib/$(entry "$target" multiarch)/libc.so
        command+=("$loader" --library-path "$(dirname "$program"):${loader%/*}")
    fi
    "${command[@]}" "$program"
}

# works RECIPE TARGET LINKS: all three kinds are there and do what they should; the shared library has LINKS names.
works() {
    local recipe=$1 target=$2 links=$3 folder name cc
    folder=$work/$recipe/target/$(entry "$target" triple)/release
    cc=$(entry "$target" cc)
    [[ $(runs "$target" "$folder/app") == 'app 42' ]] || fail "$recipe: app for $target"
    name=$work/$recipe-$target
    "$cc" -o "$name-static" "$work/main.c" "$folder/libx.a"
    runs "$target" "$name-static" || fail "$recipe: libx.a for $target"
    if ((links == 0)); then
        [[ ! -e $folder/libx.so ]] || fail "$recipe made a shared library for $target"
        return 0
    fi
    expect_equal "$(find "$folder" -name 'libx.so*' | wc -l)" "$links" "names of the library of $recipe for $target"
    "$cc" -o "$folder/uses-libx" "$work/main.c" "-L$folder" -lx "-Wl,-rpath,$folder"
    runs "$target" "$folder/uses-libx" || fail "$recipe: libx.so for $target"
    rm "$folder/uses-libx"
}

targets=()
for target in x64 arm64 musl-x64 musl-arm64; do
    command -v "$(entry "$target" cc)" >/dev/null || continue
    [[ $target != *arm64 ]] || command -v qemu-aarch64-static >/dev/null || continue
    targets+=("$target")
done
printf 'int answer(void);\nint main(void) { return answer() == 42 ? 0 : 1; }\n' >"$work/main.c"

say "make for ${targets[*]}"
mkdir make cmake
printf 'int answer(void) { return 42; }\n' | tee make/x.c >cmake/x.c
printf '#include <stdio.h>\nint answer(void);\nint main(void) { printf("app %%d\\n", answer()); return 0; }\n' | tee make/app.c >cmake/app.c
cat >make/Makefile <<'END'
all: app libx.so.1.0 libx.a
x.o: x.c
	$(CC) -fPIC -c -o $@ $<
libx.so.1.0: x.o
	$(CC) -shared -Wl,-soname,libx.so.1 -o $@ $<
	ln -sf $@ libx.so.1
	ln -sf libx.so.1 libx.so
libx.a: x.o
	$(AR) rcs $@ $<
app: app.c libx.a
	$(CC) -o $@ $^
END
good "$larder" build "${targets[@]}" -C make
for target in "${targets[@]}"; do works make "$target" 3; done

say "CMake for ${targets[*]}"
cat >cmake/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.16)
project(matrix C)
add_library(x-shared SHARED x.c)
set_target_properties(x-shared PROPERTIES OUTPUT_NAME x VERSION 1.0 SOVERSION 1)
add_library(x-static STATIC x.c)
set_target_properties(x-static PROPERTIES OUTPUT_NAME x)
add_executable(app app.c)
target_link_libraries(app x-shared)
END
good "$larder" build "${targets[@]}" -C cmake
for target in "${targets[@]}"; do
    if [[ $target == x64 ]]; then
        works cmake "$target" 3
    else
        LD_LIBRARY_PATH='' works cmake "$target" 3
    fi
done

rust=()
for target in "${targets[@]}"; do
    [[ ! -d /usr/lib/rustlib/$(entry "$target" triple)/lib ]] || rust+=("$target")
done
((${#rust[@]} > 0)) || skip 'there is no Rust standard library in /usr'
say "cargo for ${rust[*]}"
mkdir -p cargo/{src,x}
cat >cargo/Cargo.toml <<'END'
[package]
name = "app"
version = "0.1.0"
edition = "2021"
[dependencies]
x = { path = "x" }
[workspace]
members = ["x"]
default-members = [".", "x"]
[profile.release]
panic = "abort"
END
cat >cargo/x/Cargo.toml <<'END'
[package]
name = "x"
version = "0.1.0"
edition = "2021"
[lib]
path = "lib.rs"
crate-type = ["lib", "cdylib", "staticlib"]
END
printf '#[no_mangle]\npub extern "C" fn answer() -> i32 {\n    42\n}\n' >cargo/x/lib.rs
printf 'fn main() {\n    println!("app {}", x::answer());\n}\n' >cargo/src/main.rs
(cd cargo && cargo generate-lockfile --offline --quiet)
good "$larder" build "${rust[@]}" -C cargo
for target in "${rust[@]}"; do
    # rustc makes no shared libraries for musl, which it links statically.
    if [[ $target == musl-* ]]; then works cargo "$target" 0; else works cargo "$target" 1; fi
done

say "cargo, with C that needs its compiler's arithmetic, for ${rust[*]}"
mkdir -p mixed/src
printf '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n' >mixed/Cargo.toml
cat >mixed/src/main.rs <<'END'
extern "C" {
    fn ones(of: u64) -> i32;
}
fn main() {
    println!("app {}", unsafe { ones(u64::MAX >> 22) });
}
END
printf 'int ones(unsigned long long of) { return __builtin_popcountll(of) + __builtin_parityll(of); }\n' >mixed/ones.c
cat >mixed/build.rs <<'END'
use std::{env::var, process::Command};

fn main() {
    let (target, out) = (var("TARGET").unwrap().replace('-', "_"), var("OUT_DIR").unwrap());
    let run = |tool: &str, arguments: &[&str]| {
        let program = var(format!("{tool}_{target}")).unwrap();
        assert!(Command::new(program).args(arguments).status().unwrap().success());
    };
    run("CC", &["-O0", "-fPIC", "-c", "ones.c", "-o", &format!("{out}/ones.o")]);
    run("AR", &["rcs", &format!("{out}/libones.a"), &format!("{out}/ones.o")]);
    println!("cargo:rustc-link-search={out}\ncargo:rustc-link-lib=static=ones\ncargo:rerun-if-changed=ones.c");
}
END
good "$larder" build "${rust[@]}" -C mixed
for target in "${rust[@]}"; do
    expect_equal "$(runs "$target" "$work/mixed/target/$(entry "$target" triple)/release/app")" 'app 42' "for $target"
done
