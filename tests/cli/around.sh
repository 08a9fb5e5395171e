#!/usr/bin/env bash
# The project is what the tool takes for it: the repository around it, a workspace's member, submodules, what lies outside.
# shellcheck source=tests/e2e/lib.sh disable=SC2016 # texts of larder's
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_cargo
need_make
need_program git cmake

out() { "$1/target/$own_triple/release/$2"; }

# A program below the repository's top that includes a file above it, and tells what git says and what settings above set.
mkdir -p top/.cargo
printf '[env]\nABOVE = "set above"\n' >top/.cargo/config.toml
printf 'target\n' >top/.gitignore
printf 'one\n' >top/TEXT
cargo_project top/rust
cat >top/rust/build.rs <<'END'
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let out = std::process::Command::new("git").args(["describe", "--tags"]).output().unwrap();
    println!("cargo:rustc-env=DESCRIBED={}", String::from_utf8(out.stdout).unwrap().trim());
}
END
cat >top/rust/src/main.rs <<'END'
fn main() {
    println!("{} {} {}", include_str!("../../TEXT").trim(), env!("DESCRIBED"), env!("ABOVE"));
}
END
git init -q top
git -C top add -A
git -C top commit -qm one
git -C top tag v1

say 'a subfolder of a repository'
good "$larder" build "$own_target" -C top/rust
expect_equal "$(out top/rust tiny)" 'one v1 set above'
good "$larder" build "$own_target" -C top/rust
expect_equal "$(compiled "$work/stderr")" 0 'crates compiled again'

say 'a change above, also by a file that is older'
printf 'two\n' >top/TEXT
good "$larder" build "$own_target" -C top/rust
expect_equal "$(out top/rust tiny)" 'two v1 set above'
printf 'old\n' >older
touch -d '2001-02-03' older
mv older top/TEXT
good "$larder" build "$own_target" -C top/rust
expect_equal "$(out top/rust tiny)" 'old v1 set above'
git -C top commit -qam two
git -C top tag v2
good "$larder" build "$own_target" -C top/rust
expect_equal "$(out top/rust tiny)" 'old v2 set above'

say 'a file above that no source names, older than what was built'
printf 'one\n' >top/build.log
good "$larder" build "$own_target" -C top/rust
printf 'two\n' >top/build.log
touch -d 2001-02-03 top/build.log
good "$larder" build "$own_target" -C top/rust
expect_equal "$(compiled "$work/stderr")" 0 'crates compiled again for a log'

say 'what is read above, and nobody tells the tool'
mkdir -p untold/make untold/data
git init -q untold
printf 'target\n' >untold/.gitignore
echo 1 >untold/VERSION
echo 1 >untold/data/a.txt
printf '#include <stdio.h>\nint main(void) { printf("%%d %%d\\n", V, D); return 0; }\n' >untold/make/main.c
printf '%s\n' 'V := $(shell cat ../VERSION)' 'prog: main.c' '	$(CC) -DV=$(V) -DD=$$(cat ../data/*.txt) -o $@ main.c' >untold/make/Makefile
cargo_project untold/rust
cat >untold/rust/build.rs <<'END'
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=V={}", std::fs::read_to_string("../VERSION").unwrap().trim());
}
END
printf 'fn main() {\n    println!("{}", env!("V"));\n}\n' >untold/rust/src/main.rs
git -C untold add -A
git -C untold commit -qm one
both() {
    good "$larder" build "$own_target" -C untold/make
    expect_equal "$(out untold/make prog)" "$1" 'the program that make made'
    good "$larder" build "$own_target" -C untold/rust
    expect_equal "$(out untold/rust tiny)" "$2" 'the program that cargo made'
}
both '1 1' 1
echo 2 >untold/VERSION
both '2 1' 2
echo 2 >untold/data/a.txt
both '2 2' 2

say 'nothing above can be written to, and nothing outside be seen'
printf 'secret\n' >secret
cat >top/rust/build.rs <<'END'
fn main() {
    println!("cargo:rustc-env=DESCRIBED={}{}", std::fs::write("../TEXT", "x").is_err(),
        std::fs::read("../../secret").is_err());
}
END
good "$larder" build "$own_target" -C top/rust
expect_equal "$(out top/rust tiny)" 'old truetrue set above'
expect_equal "$(cat top/TEXT)" old

say 'what is new around the project and stands in the way of another file'
mkdir -p c/{first,second,make,cmake}
printf '#define WORD "second"\n' >c/second/word.h
printf '#include <stdio.h>\n#include "word.h"\nint main(void) { return puts(WORD) < 0; }\n' >c/cmake/main.c
printf '#include <stdio.h>\n#include "word.h"\nint text(void);\nint main(void) { return printf("%%s%%d\\n", WORD, text()) < 0; }\n' >c/make/main.c
printf 'CPPFLAGS = -I../first -I../second -MMD\nVPATH = ../first:../second\napp: main.o text.o\n\t$(CC) -o $@ $^\n-include main.d\n' >c/make/Makefile
printf 'cmake_minimum_required(VERSION 3.16)\nproject(app C)\nadd_executable(app main.c)\ntarget_include_directories(app PRIVATE ../first ../second)\n' >c/cmake/CMakeLists.txt
printf 'int text(void) { return 2; }\n' >c/second/text.c
git init -q c
built() { # built WORD OF_MAKE
    local tool
    for tool in make cmake; do good "$larder" build "$own_target" -C c/$tool; done
    expect_equal "$(out c/cmake app) $(out c/make app)" "$1 $2"
}
built second second2
printf '#define WORD "first"\n' >c/first/word.h
built first first2
printf 'int text(void) { return 1; }\n' >c/first/text.c
touch -d 2001-02-03 c/first/text.c
built first first1

say 'results of another project, which this one takes in'
printf 'three\n' >word
mkdir -p taking/made/target/"$own_triple"/release
mv word taking/made/target/"$own_triple"/release/
cargo_project taking/rust
printf 'fn main() { print!("{}", include_str!("../../made/target/%s/release/word")); }\n' "$own_triple" >taking/rust/src/main.rs
git init -q taking
good "$larder" build "$own_target" -C taking/rust
expect_equal "$(out taking/rust tiny)" three
printf 'four\n' >taking/made/target/"$own_triple"/release/word
good "$larder" build "$own_target" -C taking/rust
expect_equal "$(out taking/rust tiny)" four

say 'a submodule'
cp -r top flat
(cd flat && git checkout -q v1 -- rust/build.rs && rm -rf rust/target)
git -C flat commit -qam three --allow-empty
git -C flat tag v3
git init -q super
git -C super -c protocol.file.allow=always submodule --quiet add ../flat deps/flat
git -C super commit -qm x
good "$larder" build "$own_target" -C super/deps/flat/rust
expect_equal "$(out super/deps/flat/rust tiny)" 'old v3 set above'

say 'a member of a workspace'
mkdir -p ws/app/src ws/lib/src
cat >ws/Cargo.toml <<'END'
[workspace]
members = ["app", "lib"]
resolver = "2"
[profile.release]
panic = "abort"
END
printf '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nlib = { path = "../lib" }\n' >ws/app/Cargo.toml
printf '[package]\nname = "lib"\nversion = "0.1.0"\nedition = "2021"\n' >ws/lib/Cargo.toml
printf 'fn main() { println!("{} {}", lib::word(), cfg!(panic = "abort")); }\n' >ws/app/src/main.rs
printf 'pub fn word() -> &%sstatic str { "lib" }\n' "'" >ws/lib/src/lib.rs
(cd ws/app && good "$larder" build "$own_target")
expect_equal "$(out ws app)" 'lib true'
[[ -f ws/Cargo.lock && ! -e ws/app/Cargo.lock && ! -e ws/app/target ]] || fail 'the member has a lock file or results of its own'
(cd ws/lib && good "$larder" build "$own_target")
expect_equal "$(compiled "$work/stderr")" 0 'crates compiled again for another member'

say 'the arguments name the project, and the tool starts where its caller is'
mkdir -p named/deep
mv ws named/deep/ws
printf '[alias]\nmine = "build"\n[env]\nHERE = "named"\n' >named/config
mkdir named/.cargo && mv named/config named/.cargo/config.toml
sed -i 's/lib::word()/option_env!("HERE").unwrap_or("none")/' named/deep/ws/app/src/main.rs
(cd named && good "$larder" build "$own_target" -- --manifest-path deep/ws/Cargo.toml)
expect_equal "$(out named/deep/ws app)" 'named true'
git init -q named
(cd named/deep && good "$larder" build "$own_target" -- --manifest-path=ws/lib/Cargo.toml -p app)
expect_equal "$(out named/deep/ws app)" 'named true'
(cd named/deep/ws/lib && good "$larder" build "$own_target" -- --manifest-path ../app/Cargo.toml)
(cd named/deep/ws && run "$larder" build "$own_target" -- --target-dir ../x && expect_status 2)
expect_err 'names a folder outside of the project'
(cd named/deep/ws && run "$larder" build "$own_target" -- --target wasm32-unknown-unknown && expect_status 2)
expect_err "is Larder's to say"
run "$larder" build "$own_target" -C named
expect_status 2
mkdir -p named/hand/src
printf 'app: src/main.c\n\t$(CC) -o $@ $<\n' | tee named/hand/Makefile >named/hand/other.mk
printf 'int main(void) { return 0; }\n' >named/hand/src/main.c
for arguments in '-C hand' '-Chand' '--directory=hand' '--directory hand app'; do
    # shellcheck disable=SC2086 # these are words
    (cd named && good "$larder" build "$own_target" -- $arguments)
    expect "$(program named app)"
done
rm named/hand/Makefile
(cd named/hand && good "$larder" build "$own_target" -- -f other.mk)
expect "$(program named/hand app)"
mv named/deep/ws ws
printf 'fn main() { println!("{} {}", lib::word(), cfg!(panic = "abort")); }\n' >ws/app/src/main.rs

say 'a build script of a package around the project reads a file of which it tells nothing'
mkdir -p scripted/app/src scripted/dep/src
git init -q scripted
printf '[package]\nname = "app"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\ndep = { path = "../dep" }\n[workspace]\n' >scripted/app/Cargo.toml
printf '[package]\nname = "dep"\nversion = "0.1.0"\nedition = "2021"\n' >scripted/dep/Cargo.toml
printf 'fn main() {\n    println!("{}", dep::WORD);\n}\n' >scripted/app/src/main.rs
printf 'pub const WORD: &str = env!("WORD");\n' >scripted/dep/src/lib.rs
cat >scripted/dep/build.rs <<'END_OF_TEXT'
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-env=WORD={}", std::fs::read_to_string("word.dat").unwrap());
}
END_OF_TEXT
printf one >scripted/dep/word.dat
good "$larder" build "$own_target" -C scripted/app
expect_equal "$(out scripted/app app)" one
printf two >scripted/dep/word.dat
good "$larder" build "$own_target" -C scripted/app
expect_equal "$(out scripted/app app)" two

say 'a library in a folder around the project, a link of the project that leads there'
need_program cmake
mkdir -p linked/sub linked/vendor linked/data
git init -q linked
word() { printf 'int word(void) { return %s; }\n' "$1" >word.c && cc -c word.c && ar rcs linked/vendor/libword.a word.o; }
cat >linked/sub/CMakeLists.txt <<'END_OF_TEXT'
cmake_minimum_required(VERSION 3.13)
project(p C)
add_custom_command(OUTPUT data.h COMMAND sh ${CMAKE_SOURCE_DIR}/gen.sh ${CMAKE_SOURCE_DIR}/d >data.h DEPENDS gen.sh)
add_executable(prog main.c data.h)
target_include_directories(prog PRIVATE ${CMAKE_BINARY_DIR})
target_link_libraries(prog PRIVATE -L${CMAKE_SOURCE_DIR}/../vendor word)
END_OF_TEXT
ln -s ../data linked/sub/d
echo 'cat "$1"/*' >linked/sub/gen.sh
printf '#include <stdio.h>\n#include "data.h"\nint word(void);\nint main(void) { printf("%%d %%d\\n", word(), DATA); }\n' >linked/sub/main.c
echo '#define DATA 1' >linked/data/x
word 1
good "$larder" build "$own_target" -C linked/sub
expect_equal "$(out linked/sub prog)" '1 1'
word 2
good "$larder" build "$own_target" -C linked/sub
expect_equal "$(out linked/sub prog)" '2 1'
rm linked/data/x
echo '#define DATA 3' >linked/data/y
good "$larder" build "$own_target" -C linked/sub
expect_equal "$(out linked/sub prog)" '2 3'
printf 'nothing\n' >linked/README.md
good "$larder" build "$own_target" -C linked/sub
refuse_err 'starts from nothing'

say 'what lies outside is named by the hint, and shown where larder.toml names it'
mkdir -p alone/app/src alone/dep/src alone/.cargo
cp ws/app/src/main.rs alone/app/src/
sed 's,\.\./lib,../dep,' ws/app/Cargo.toml >alone/app/Cargo.toml
cp ws/lib/Cargo.toml alone/dep/
cp ws/lib/src/lib.rs alone/dep/src/
printf '[env]\nABOVE = "x"\n' >alone/.cargo/config.toml
run "$larder" build "$own_target" -C alone/app
expect_status 1
expect_err '`[workspace] include = ["../dep"]` in '
expect_err 'include = ["../.cargo/config.toml"]'
printf '[workspace]\ninclude = ["../dep", "../.cargo/config.toml"]\n' >alone/app/larder.toml
good "$larder" build "$own_target" -C alone/app --trust
expect_equal "$(out alone/app app)" 'lib false'
sed -i 's/"lib"/"changed"/' alone/dep/src/lib.rs
good "$larder" build "$own_target" -C alone/app
expect_equal "$(out alone/app app)" 'changed false'
printf '[workspace]\ninclude = ["/etc"]\n' >alone/app/larder.toml
run "$larder" build "$own_target" -C alone/app
expect_status 2
printf '[workspace]\ninclude = ["../absent"]\n' >alone/app/larder.toml
run "$larder" build "$own_target" -C alone/app
expect_status 2

say 'a home folder that is a repository is not shown'
git init -q "$HOME"
cargo_project "$HOME/app"
printf 'secret\n' >"$HOME/.secret"
printf 'fn main() { println!("{}", option_env!("X").is_none()); let _ = include_str!("../../.secret"); }\n' >"$HOME/app/src/main.rs"
run "$larder" build "$own_target" -C "$HOME/app"
expect_status 1
expect_err 'include = ["../.secret"]'
