#!/usr/bin/env bash
# What cargo's build scripts and macros read, make and leave: after each change the program is the one that cargo makes of
# a clean copy, or both fail.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_cargo
need_program git
triple=$(uname -m)-unknown-linux-gnu

# package FOLDER NAME [LINE...]: a manifest, with more lines of it
package() {
    mkdir -p "$1/src"
    printf '%s\n' '[package]' "name = \"$2\"" 'version = "0.1.0"' 'edition = "2021"' "${@:3}" >"$1/Cargo.toml"
}

# same FOLDER PROGRAM [ARGUMENT...]: Larder's program says what bare cargo's does, made of a copy without results.
same() {
    local folder=$1 name=$2 ours=error bare=error
    shift 2
    if "$larder" build "$own_target" -C "$folder" "$@" >"$work/stdout" 2>"$work/stderr"; then
        ours=$("$folder/target/$triple/release/$name")
    fi
    rm -rf "$work/clean"
    mkdir "$work/clean"
    tar -C "$folder" -c --exclude=./target . | tar -C "$work/clean" -x
    shift $(($# ? 1 : 0)) # after `--`
    if (cd "$work/clean" && cargo build -q --release --target "$triple" "$@") >"$work/bare.log" 2>&1; then
        bare=$("$work/clean/target/$triple/release/$name")
    fi
    [[ $ours != error || $bare == error ]] || cat "$work/stderr"
    expect_equal "$ours" "$bare" "what Larder's program says"
}

says_variable='fn main() { println!("{}", env!("SAID")); }'
# A script that tells cargo of itself alone, and hands on what an expression has.
script_that_says() {
    printf 'fn main() { println!("cargo:rerun-if-changed=build.rs"); let said: String = %s; println!("cargo:rustc-env=SAID={}", said.trim()); }\n' "$1"
}

say 'a build script reads what another crate has noted, and a source of another crate'
printf '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n' | (mkdir read && cat >read/Cargo.toml)
package read/a a
package read/b b
echo 'fn main() { println!("{}", include_str!("../../data.txt")); }' >read/a/src/main.rs
script_that_says 'std::fs::read_to_string("../data.txt").unwrap() + &std::fs::read_to_string("../a/src/main.rs").unwrap()[..40]' >read/b/build.rs
sed -i 's/said.trim()/said.replace("\\n", " ")/' read/b/build.rs
echo "$says_variable" >read/b/src/main.rs
echo one >read/data.txt
same read b
echo two >read/data.txt
same read b
same read a
sed -i '1s/^/\/* other *\/ /' read/a/src/main.rs
same read b

say 'a build script of another name, in a folder of its own'
package named app 'build = "build/main.rs"'
mkdir named/build
script_that_says 'std::fs::read_to_string("data.txt").unwrap()' | sed 's/build.rs/build\/main.rs/' >named/build/main.rs
echo "$says_variable" >named/src/main.rs
echo one >named/data.txt
same named app
echo two >named/data.txt
same named app

say 'what a script has written beside sources goes when it runs again'
package writes app
mkdir writes/defs
cat >writes/build.rs <<'RS'
use std::fs;
fn main() {
    println!("cargo:rerun-if-changed=defs");
    for entry in fs::read_dir("defs").unwrap() {
        let path = entry.unwrap().path();
        let text = format!("pub const N: &str = {:?};", fs::read_to_string(&path).unwrap().trim());
        fs::write(format!("src/{}.rs", path.file_stem().unwrap().to_str().unwrap()), text).unwrap();
    }
}
RS
echo 'mod a; mod b; fn main() { println!("{} {}", a::N, b::N); }' >writes/src/main.rs
echo A >writes/defs/a.def
echo B >writes/defs/b.def
same writes app
echo C >writes/defs/b.def
same writes app
rm writes/defs/b.def
same writes app
sed -i 's/mod b; //; s/, b::N/, ""/' writes/src/main.rs
same writes app

say 'of two packages each keeps what its own script has written'
printf '[workspace]\nmembers = ["a", "b"]\nresolver = "2"\n' | (mkdir two && cat >two/Cargo.toml)
for name in a b; do
    package "two/$name" "$name"
    printf 'fn main() { println!("cargo:rerun-if-changed=build.rs"); std::fs::write("src/made.rs", "pub const N: u8 = 1;").unwrap(); }\n' >"two/$name/build.rs"
    echo 'mod made; fn main() { println!("{}", made::N); }' >"two/$name/src/main.rs"
done
same two b
sed -i 's/u8 = 1/u8 = 2/' two/a/build.rs
same two a
same two b

say 'what a script made in OUT_DIR goes with a variable, a dependency of the script, and what it links'
package out app '[build-dependencies]' 'helper = { path = "helper" }' '[dependencies]' 'base = { path = "base" }'
package out/helper helper
package out/base base 'links = "base"'
sed -i '/^links/d; s/^edition.*/&\nlinks = "base"/' out/base/Cargo.toml
echo 'pub fn name() -> &'"'static"' str { "old" }' >out/helper/src/lib.rs
: >out/base/src/lib.rs
echo 'fn main() { println!("cargo:rerun-if-changed=key.txt"); println!("cargo:key={}", std::fs::read_to_string("key.txt").unwrap().trim()); }' >out/base/build.rs
echo first >out/base/key.txt
cat >out/build.rs <<'RS'
use std::{env, fs};
fn main() {
    println!("cargo:rerun-if-changed=build.rs\ncargo:rerun-if-env-changed=EXTRA");
    let out = env::var("OUT_DIR").unwrap();
    for name in [helper::name().to_string(), env::var("DEP_BASE_KEY").unwrap(), env::var("EXTRA").unwrap_or("none".into())] {
        fs::write(format!("{out}/{name}"), "").unwrap();
    }
    let mut names: Vec<_> = fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    println!("cargo:rustc-env=SAID={}", names.join(","));
}
RS
echo "$says_variable" >out/src/main.rs
same out app
sed -i 's/old/new/' out/helper/src/lib.rs
same out app
echo second >out/base/key.txt
same out app
printf '[build.env]\nEXTRA = "more"\n' >out/larder.toml
EXTRA='more' same out app

say 'metadata of the manifest, and a lock, by whatever names'
package manifest app '[package.metadata.app]' 'title="one"'
script_that_says 'std::fs::read_to_string(std::env::var("CARGO_MANIFEST_PATH").unwrap()).unwrap().lines().filter(|l| l.starts_with("title")).collect()' >manifest/build.rs
echo "$says_variable" >manifest/src/main.rs
same manifest app
sed -i 's/one/two/' manifest/Cargo.toml
same manifest app

say 'a macro of the project reads the manifest, a folder that it names, and a variable'
package macro app '[dependencies]' 'm = { path = "m" }' '[package.metadata.m]' 'folder="lang"'
package macro/m m '[lib]' 'proc-macro = true'
cat >macro/m/src/lib.rs <<'RS'
use proc_macro::TokenStream;
fn walk(folder: &std::path::Path, texts: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, texts) } else { texts.push(std::fs::read_to_string(&path).unwrap().trim().to_string()) }
    }
}
#[proc_macro]
pub fn all(_: TokenStream) -> TokenStream {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let manifest = std::fs::read_to_string(format!("{here}/Cargo.toml")).unwrap();
    let folder = manifest.lines().find_map(|l| l.strip_prefix("folder=")).unwrap().trim_matches('"').to_string();
    let mut texts = vec![std::env::var("TAG").unwrap_or_default()];
    walk(&std::path::Path::new(&here).join(folder), &mut texts);
    texts.sort();
    format!("{:?}", texts.join(",")).parse().unwrap()
}
RS
echo 'fn main() { println!("{}", m::all!()); }' >macro/src/main.rs
mkdir macro/lang
echo en >macro/lang/en
same macro app
mkdir macro/lang/more
echo fr >macro/lang/more/fr
same macro app
printf '[build.env]\nTAG = "two"\n' >macro/larder.toml
TAG='two' same macro app
mkdir macro/other
echo de >macro/other/de
sed -i 's/folder="lang"/folder="other"/' macro/Cargo.toml
TAG='two' same macro app

say 'a variable by --config'
package config app
script_that_says 'std::env::var("TAG").unwrap_or_default()' >config/build.rs
echo "$says_variable" >config/src/main.rs
same config app -- --config 'env.TAG="one"'
same config app -- --config 'env.TAG="two"'

say 'a vendored crate that is patched'
package vendored app '[dependencies]' 'foo = "1"'
package vendored/vendor/foo foo
sed -i 's/0.1.0/1.0.0/' vendored/vendor/foo/Cargo.toml
mkdir vendored/.cargo
printf '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "vendor"\n' >vendored/.cargo/config.toml
echo '{"files":{},"package":"0000000000000000000000000000000000000000000000000000000000000000"}' >vendored/vendor/foo/.cargo-checksum.json
echo 'pub fn f() -> &'"'static"' str { "one" }' >vendored/vendor/foo/src/lib.rs
echo 'fn main() { println!("{}", foo::f()); }' >vendored/src/main.rs
same vendored app
sed -i 's/one/two/' vendored/vendor/foo/src/lib.rs
same vendored app

say 'a file around the project that a script lists has gone; a submodule is at another commit'
mkdir around
git -C around init -q -b main
package around/app app
mkdir around/shared
echo 1 | tee around/shared/a around/shared/b >/dev/null
script_that_says '{ let mut names: Vec<String> = std::fs::read_dir("../shared").unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect(); names.sort(); names.join(",") }' >around/app/build.rs
echo "$says_variable" >around/app/src/main.rs
good "$larder" build "$own_target" -C around/app
expect_equal "$("around/app/target/$triple/release/app")" a,b
rm around/shared/b
good "$larder" build "$own_target" -C around/app
expect_equal "$("around/app/target/$triple/release/app")" a

say 'tests find nothing that tests have written'
package tests app
echo 'fn main() {}' >tests/src/main.rs
mkdir tests/tests
cat >tests/tests/once.rs <<'RS'
#[test]
fn once() {
    std::fs::OpenOptions::new().write(true).create_new(true).open("made-by-a-test").unwrap();
}
RS
good "$larder" test "$own_target" -C tests
sed -i 's/fn once/fn twice/' tests/tests/once.rs
good "$larder" test "$own_target" -C tests

say 'a C compiler that the project names for its build scripts'
package compiler app
script_that_says 'std::env::var("CC_x86_64_unknown_linux_gnu").or(std::env::var("CC_aarch64_unknown_linux_gnu")).or(std::env::var("CC")).unwrap()' >compiler/build.rs
echo "$says_variable" >compiler/src/main.rs
printf '[build.env]\nCC = "my-cc"\n' >compiler/larder.toml
CC='my-cc' same compiler app
rm compiler/larder.toml
mkdir compiler/.cargo
printf '[env]\nCC = "its-cc"\n' >compiler/.cargo/config.toml
same compiler app

say 'a program that two kinds of build have made, under another name'
package renamed app
echo 'fn main() { println!("1"); }' >renamed/src/main.rs
same renamed app
same renamed app -- --bin app
sed -i 's/name = "app"/name = "other"/' renamed/Cargo.toml
same renamed other
expect_equal "$(ls renamed/target/"$triple"/release)" other
