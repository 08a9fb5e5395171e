#!/usr/bin/env bash
# Which files a build delivers, for each recipe: what the tool says it has made, with all kinds of results.
# shellcheck disable=SC2016 # texts for make
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_cargo
need_make
need_program cmake ninja python3

# What lies in the folder of results.
results() {
    local folder=$1/target/$own_triple/release
    [[ -d $folder ]] || return 0
    (cd "$folder" && find . ! -type d -printf '%P\n' | sort)
}
kinds() { json '[a["path"].split("/release/")[1] + " " + a["kind"] for a in data["targets"][0]["artifacts"]]'; }
# The last command's JSON lists what lies there and nothing else, with true sizes and contents.
listed() {
    expect_equal "$(json 'sorted(a["path"].split("/release/")[1] for a in data["targets"][0]["artifacts"])' | sort)" "$(results "$1")" 'listed'
    python3 - "$work/stdout" <<'END' || fail 'sizes or contents are not those of the files'
import hashlib, json, sys

for artifact in json.load(open(sys.argv[1]))["targets"][0]["artifacts"]:
    content = open(artifact["path"], "rb").read()
    assert artifact["size_bytes"] == len(content), artifact
    assert artifact["sha256"] == hashlib.sha256(content).hexdigest(), artifact
END
}

say 'cargo: programs, libraries for other languages, debug files'
mkdir -p rust/{src,examples,tests,ffi/src}
cat >rust/Cargo.toml <<'END'
[package]
name = "one"
version = "0.1.0"
edition = "2021"
[[bin]]
name = "old-name"
path = "src/main.rs"
[workspace]
members = ["ffi"]
default-members = [".", "ffi"]
[profile.release]
opt-level = 0
debug = true
split-debuginfo = "packed"
END
printf 'fn main() {}\n' | tee rust/src/main.rs rust/examples/demo.rs >/dev/null
printf '#[test]\nfn works() {}\n' >rust/tests/works.rs
printf 'fn unused() {}\n#[no_mangle]\npub extern "C" fn zero() -> i32 { 0 }\n' >rust/ffi/src/lib.rs
printf '[package]\nname = "ffi"\nversion = "0.1.0"\nedition = "2021"\n[lib]\ncrate-type = ["lib", "cdylib", "staticlib"]\n' >rust/ffi/Cargo.toml
(cd rust && cargo generate-lockfile --offline --quiet)
good "$larder" build "$own_target" -C rust -v
refuse_err '"reason"'
expect_err 'function `unused` is never used'
expect_equal "$(grep -c '"reason"' "$(log_of "$own_target")")" 0 'messages in the log'
good "$larder" build "$own_target" -C rust --json
kinds >"$work/kinds"
expect_equal "$(<"$work/kinds")" "$(printf '%s\n' 'libffi.a static_library' 'libffi.so shared_library' 'libffi.so.dwp debug_info' 'old-name program' 'old-name.dwp debug_info')" 'kinds'
listed rust

say 'cargo: the arguments say what is made'
good "$larder" build "$own_target" -C rust --json -- --examples
expect_equal "$(kinds | grep program)" 'examples/demo program'
good "$larder" build "$own_target" -C rust --json -- --test works
[[ $(kinds) == *'deps/works-'*' program'* ]] || fail "no test among: $(kinds)"
good "$larder" build "$own_target" -C rust --json -- -p ffi --target-dir elsewhere
[[ $(kinds) == "libffi.a static_library"* ]] || fail "libffi.a is not the first of: $(kinds)"
good "$larder" build "$own_target" -C rust
printf '\n' >>rust/ffi/src/lib.rs
good "$larder" build "$own_target" -C rust -v -- --message-format short
expect_err 'ffi/src/lib.rs:1:4: warning: function `unused` is never used'
refuse_err '"reason"'
good "$larder" build "$own_target" -C rust -v -- --message-format json
expect_err '"reason":"build-finished"'

good "$larder" build "$own_target" -C rust --json -- --profile dev --lib -p ffi
expect_equal "$(json 'data["targets"][0]["artifacts"][0]["path"].split("/")[-2]')" debug 'the folder of the profile that the tool was told'
good "$larder" build "$own_target" -C rust --json -- --release --lib -p ffi
[[ $(kinds) == 'libffi.a static_library'* ]] || fail "no libffi.a first: $(kinds)"
run "$larder" build "$own_target" -C rust --profile dev -- --release
expect_status 2

say 'cargo: what the project no longer makes goes, but not what somebody has changed'
good "$larder" build "$own_target" -C rust
echo mine >rust/target/"$own_triple"/release/libffi.a
sed -i s/old-name/new-name/ rust/Cargo.toml
sed -i 's/, "staticlib"//' rust/ffi/Cargo.toml
good "$larder" build "$own_target" -C rust --json
expect_equal "$(kinds | grep program)" 'new-name program'
expect test ! -e "$(program rust old-name)"
expect test ! -e "$(program rust old-name.dwp)"
expect_equal "$(cat "$(program rust libffi.a)")" mine
rm -rf rust/target
good "$larder" build "$own_target" -C rust
expect test -e "$(program rust new-name)"
expect test ! -e "$(program rust old-name)"

say 'cargo: a library for Rust alone is no result, and that is said'
mkdir -p lib/src
printf 'pub fn f() {}\n' >lib/src/lib.rs
printf '[package]\nname = "lib"\nversion = "0.1.0"\n' >lib/Cargo.toml
(cd lib && cargo generate-lockfile --offline --quiet)
good "$larder" build "$own_target" -C lib
expect_err 'nothing is delivered: cargo has named no program, no cdylib and no staticlib'
printf '[artifacts]\ninclude = ["target/{triple}/release/*.rlib",\n    "target/{triple}/release/*.so"]\n' >lib/larder.toml
run "$larder" build "$own_target" -C lib --quiet
expect_status 2
golden pattern-without-match
printf '[artifacts]\ninclude = ["target/{triple}/release/*.rlib"]\n' >lib/larder.toml
good "$larder" build "$own_target" -C lib --json
expect_equal "$(kinds)" 'liblib.rlib file'
listed lib
printf '[artifacts]\ninstall = true\n' >lib/larder.toml
run "$larder" build "$own_target" -C lib
expect_status 2
golden install-without-recipe

say 'CMake: targets, with the links of libraries; no generators and no leftovers'
mkdir cmake
cat >cmake/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.16)
project(app C)
include(CheckCSourceCompiles)
check_c_source_compiles("int main(void) { return 0; }" COMPILES)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
add_library(x SHARED x.c)
set_target_properties(x PROPERTIES VERSION 1.2.3 SOVERSION 1)
add_library(y STATIC x.c)
add_executable(app main.c)
target_link_libraries(app x)
add_executable(second main.c)
target_link_libraries(second x)
install(TARGETS app x)
install(FILES x.h DESTINATION include)
END
printf 'int x(void);\n' >cmake/x.h
printf 'int x(void) { return 0; }\n' >cmake/x.c
printf 'int x(void);\nint main(void) { return x(); }\n' >cmake/main.c
good "$larder" build "$own_target" -C cmake --json
expect_equal "$(results cmake)" $'app\nlibx.so\nlibx.so.1\nlibx.so.1.2.3\nliby.a\nsecond'
listed cmake
expect "$(program cmake app)"
good "$larder" build "$own_target" -C cmake # CMake completes its own cache in its second run
good "$larder" build "$own_target" -C cmake --json
expect_equal "$(json 'data["targets"][0]["cache_changed"]')" False 'a build that changes nothing has changed the cache'
sed -i /second/d cmake/CMakeLists.txt
good "$larder" build "$own_target" -C cmake --json -- --target app
expect_equal "$(kinds | cut -d ' ' -f 1)" $'app\nlibx.so\nlibx.so.1\nlibx.so.1.2.3'
good "$larder" build "$own_target" -C cmake --json
listed cmake
echo 'add_executable(extra EXCLUDE_FROM_ALL main.c)' >>cmake/CMakeLists.txt
echo 'target_link_libraries(extra x)' >>cmake/CMakeLists.txt
good "$larder" build "$own_target" -C cmake --json -- --target extra
[[ $(kinds) == *extra* ]] || fail "no extra among: $(kinds)"
good "$larder" build "$own_target" -C cmake --json
[[ $(kinds) != *extra* ]] || fail 'what another goal has made is called a result'
rm "$(program cmake extra)" # which stays as what that goal has made
expect test ! -e "$(program cmake second)"
printf '[artifacts]\ninstall = true\n' >cmake/larder.toml
good "$larder" build "$own_target" -C cmake --json
expect_equal "$(results cmake)" $'bin/app\ninclude/x.h\nlib/libx.so\nlib/libx.so.1\nlib/libx.so.1.2.3'
listed cmake

say 'CMake: several configurations; a source folder called target'
rm -r cmake/larder.toml cmake/target
mkdir -p cmake/target/more
printf 'add_executable(more more/main.c)\n' >cmake/target/CMakeLists.txt
printf 'int main(void) { return 0; }\n' >cmake/target/more/main.c
printf 'add_subdirectory(target)\n' >>cmake/CMakeLists.txt
good "$larder" build "$own_target" -C cmake --json -- -G 'Ninja Multi-Config'
listed cmake
expect_equal "$(results cmake)" $'app\nlibx.so\nlibx.so.1\nlibx.so.1.2.3\nliby.a\nmore'
printf 'int main(void) { return 7; }\n' >cmake/target/more/main.c
good "$larder" build "$own_target" -C cmake -- -G 'Ninja Multi-Config' --config Debug
run "$(program cmake more)"
expect_status 7
expect test ! -e cmake/.larder-target

say 'make: programs and libraries for the target; names that collide keep their folders'
mkdir make
cat >make/Makefile <<'END'
PREFIX = /usr
all: libx.so.1.2 a/b c/b a-b liby.a
libx.so.1.2:
	echo 'int x(void) { return 0; }' | $(CC) -shared -fPIC -Wl,-soname,libx.so.1 -xc - -o $@
	ln -sf $@ libx.so.1
	ln -sf libx.so.1 libx.so
a/b c/b a-b:
	mkdir -p $(@D) && echo 'int main(void) { return 0; }' | $(CC) -xc - -o $@
liby.a:
	echo 'int y;' | $(CC) -c -xc - -o y.o && $(AR) rcs $@ y.o
install:
	mkdir -p $(DESTDIR)$(PREFIX)/bin && cp a-b $(DESTDIR)$(PREFIX)/bin
END
good "$larder" build "$own_target" -C make --json
expect_equal "$(results make)" $'a-b\na/b\nc/b\nlibx.so\nlibx.so.1\nlibx.so.1.2\nliby.a'
listed make
sed -i '/^all/s: a/b c/b: c/b:' make/Makefile
good "$larder" build "$own_target" -C make --json
expect_equal "$(results make)" $'a-b\nb\nlibx.so\nlibx.so.1\nlibx.so.1.2\nliby.a'
good "$larder" build "$own_target" -C make --json -- a/b
expect_equal "$(kinds)" 'b program' 'what another goal has made is called a result'
good "$larder" build "$own_target" -C make --json
[[ $(kinds) != *a/b* ]] || fail "another goal's program is called a result"
printf '[artifacts]\ninstall = true\n' >make/larder.toml
printf '\tln -s $(PREFIX)/bin/a-b $(DESTDIR)$(PREFIX)/bin/link\n' >>make/Makefile
good "$larder" build "$own_target" -C make --json -- PREFIX=/opt
expect_equal "$(kinds)" $'opt/bin/a-b program\nopt/bin/link link'
printf 'all:\n\t@true\n' >make/Makefile
rm make/larder.toml
good "$larder" build "$own_target" -C make
expect_err 'nothing is delivered: the build has left no program and no library'

say 'what another recipe has delivered goes'
mkdir turned
c_source one >turned/main.c
printf 'cmake_minimum_required(VERSION 3.13)\nproject(p C)\nadd_executable(one main.c)\n' >turned/CMakeLists.txt
printf 'two: main.c\n\t$(CC) -o $@ main.c\n' >turned/Makefile
printf '[project]\nrecipe = "make"\n' >turned/larder.toml
good "$larder" build "$own_target" -C turned
expect "$(program turned two)"
if command -v cmake >/dev/null; then
    printf '[project]\nrecipe = "cmake"\n' >turned/larder.toml
    good "$larder" build "$own_target" -C turned
    expect "$(program turned one)"
    expect [ ! -e "$(program turned two)" ]
fi
