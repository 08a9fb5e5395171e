#!/usr/bin/env bash
# Content decides, for cargo: programs must be those of the project as it is, and what has not changed in content is not
# compiled again.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_cargo
need_program git

build() { good "$larder" build "$own_target" -C "$1"; }
prints() { expect_equal "$("$(program "$1" tiny)")" "$2" "the program of $1"; }
compiles_nothing() { expect_equal "$(compiled "$work/stderr")" 0 "crates compiled again in $1"; }

# Makes the folder a repository with one commit: committed FOLDER
committed() {
    printf '/target\n' >"$1/.gitignore"
    git -C "$1" init -q -b main
    git -C "$1" remote add origin "https://example.org/ann/$1.git"
    git -C "$1" add .
    git -C "$1" commit -qm one
}

say 'releases unpacked at one place, each with its own times'
for release in one two; do
    cargo_project "releases/$release" "$release"
done
find releases/one -exec touch -d 2026-01-10 {} +
find releases/two -exec touch -d 2026-02-10 {} +
for release in one two one; do
    rm -rf unpacked
    cp -a "releases/$release" unpacked
    build unpacked
    prints unpacked "$release"
done

say 'a folder that is replaced by an older one'
cargo_project replaced old
tar -cf old.tar replaced
sleep 0.05
sed -i 's/"old"/"new"/' replaced/src/main.rs
build replaced
prints replaced new
rm -r replaced
tar -xf old.tar
build replaced
prints replaced old

say 'a link of sources that leads elsewhere'
cargo_project turned one
mv turned/src turned/one
cp -r turned/one turned/two
sed -i 's/"one"/"two"/' turned/two/main.rs
for release in one two one; do
    ln -sfn "$release" turned/src
    build turned
    prints turned "$release"
done

say 'a header of what a build script has compiled, and a folder that it reads, of which it tells nothing'
cargo_project native
cat >native/build.rs <<'END_OF_TEXT'
use std::process::Command;
fn main() {
    let out = std::env::var("OUT_DIR").unwrap();
    let object = format!("{out}/number.o");
    assert!(Command::new("cc").args(["-c", "number.c", "-o", &object]).status().unwrap().success());
    let archive = format!("{out}/libnumber.a");
    assert!(Command::new("ar").args(["rcs", &archive, &object]).status().unwrap().success());
    let words = std::path::Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("words");
    println!("cargo:rustc-env=WORDS={}", std::fs::read_dir(words).unwrap().count());
    println!("cargo:rustc-link-search={out}\ncargo:rustc-link-lib=static=number\ncargo:rerun-if-changed=number.c");
}
END_OF_TEXT
mkdir native/words
touch native/words/one
printf '#include "number.h"\nint number(void) { return NUMBER; }\n' >native/number.c
printf '#define NUMBER 1\n' >native/number.h
printf 'extern "C" {\n    fn number() -> i32;\n}\nfn main() {\n    println!("{} {}", unsafe { number() }, env!("WORDS"));\n}\n' >native/src/main.rs
build native
prints native '1 1'
printf '#define NUMBER 2\n' >native/number.h
build native
prints native '2 1'
touch native/words/two
build native
prints native '2 2'

say 'a build script that asks git whether files differ'
cargo_project dirt
cat >dirt/build.rs <<'END_OF_TEXT'
fn main() {
    let asked = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty=-dirty"])
        .output()
        .unwrap();
    println!("cargo:rustc-env=DIRT={}", String::from_utf8(asked.stdout).unwrap().trim().contains("-dirty"));
    println!("cargo:rerun-if-changed=build.rs");
}
END_OF_TEXT
printf 'fn main() {\n    println!("{}", env!("DIRT"));\n}\n' >dirt/src/main.rs
committed dirt
build dirt
prints dirt false
echo one >dirt/notes
git -C dirt add notes
build dirt
prints dirt true
git -C dirt commit -qm two
build dirt
prints dirt false

say 'a folder that a macro reads, and tells nobody'
cargo_project told
mkdir -p told/macro/src told/assets
printf '\n[dependencies]\nlist = { path = "macro" }\n' >>told/Cargo.toml
printf '[package]\nname = "list"\nversion = "0.1.0"\nedition = "2021"\n[lib]\nproc-macro = true\n' >told/macro/Cargo.toml
cat >told/macro/src/lib.rs <<'END_OF_TEXT'
#[proc_macro]
pub fn count(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap() + "/assets";
    format!("\"{}\"", std::fs::read_dir(folder).unwrap().count()).parse().unwrap()
}
END_OF_TEXT
printf 'fn main() {\n    println!("{}", list::count!());\n}\n' >told/src/main.rs
rm -f told/Cargo.lock
touch told/assets/a
build told
prints told 1
touch told/assets/b
build told
prints told 2
touch told/unnamed
build told
compiles_nothing told
rm told/assets/{a,b}
touch told/assets/c
build told
prints told 1

say 'a folder of which a build script is told'
cargo_project counted
mkdir counted/data
touch counted/data/{a,b}
printf 'fn main() {\n    println!("{}", env!("COUNT"));\n}\n' >counted/src/main.rs
cat >counted/build.rs <<'END_OF_TEXT'
fn main() {
    println!("cargo:rerun-if-changed=data");
    println!("cargo:rustc-env=COUNT={}", std::fs::read_dir("data").unwrap().count());
}
END_OF_TEXT
touch -d 2024-01-01 counted/data/* counted/data
build counted
prints counted 2
rm counted/data/b
touch -d 2024-01-01 counted/data
build counted
prints counted 1

say 'a source folder named target'
cargo_project nested
mkdir nested/src/target
printf 'pub const WORD: &str = "one";\n' >nested/src/target/mod.rs
printf 'mod target;\nfn main() {\n    println!("{}", target::WORD);\n}\n' >nested/src/main.rs
build nested
prints nested one
printf 'pub const WORD: &str = "two";\n' >nested/src/target/mod.rs
touch -d 2024-01-01 nested/src/target/mod.rs
build nested
prints nested two

say 'what cannot be read, or must not be'
cargo_project strange here
mkfifo strange/pipe
mkdir -m 0 strange/closed
install -m 0 /dev/null strange/secret
good timeout 60 "$larder" build "$own_target" -C strange
prints strange here
chmod 700 strange/closed

# clone FOLDER NEW: of the same project, as its remote tells
clone() {
    git clone -q "$1" "$2"
    git -C "$2" remote set-url origin "https://example.org/ann/$1.git"
}

say 'worktrees in turn'
cargo_project turns main
committed turns
git -C turns worktree add -q ../turns-other
sed -i 's/"main"/"other"/' turns-other/src/main.rs
build turns-other
prints turns-other other
build turns
prints turns main
for folder in turns-other turns; do
    build "$folder"
    compiles_nothing "$folder"
done
prints turns-other other
prints turns main

say 'a clone, and a branch there and back'
clone turns clone
build clone
compiles_nothing clone
prints clone main
git -C clone checkout -q -b branch
sed -i 's/"main"/"branch"/' clone/src/main.rs
git -C clone commit -qam two
build clone
prints clone branch
git -C clone checkout -q main
build clone
compiles_nothing clone
prints clone main
git -C clone checkout -q branch
build clone
compiles_nothing clone
prints clone branch

say 'git in a clone is told the truth'
cargo_project asked
cat >asked/build.rs <<'END_OF_TEXT'
fn main() {
    let clean = std::process::Command::new("git").args(["diff-index", "--quiet", "HEAD"]).status().unwrap().success();
    println!("cargo:rerun-if-changed=always");
    println!("cargo:rustc-env=STATE={}", if clean { "clean" } else { "dirty" });
}
END_OF_TEXT
printf 'fn main() {\n    println!("{}", env!("STATE"));\n}\n' >asked/src/main.rs
committed asked
sleep 1.1 # git trusts no stamp of the index's own second
git -C asked update-index -q --refresh
build asked
prints asked clean
clone asked asked-clone
sleep 1.1
git -C asked-clone update-index -q --refresh
build asked-clone
prints asked-clone clean
printf '//\n' >>asked-clone/src/main.rs
build asked-clone
prints asked-clone dirty

say 'a build script that renames a folder of the source tree'
cargo_project renames
cat >renames/build.rs <<'END_OF_TEXT'
use std::fs;

fn main() {
    let _ = fs::remove_dir_all("gen.old");
    if fs::metadata("gen").is_ok() {
        fs::rename("gen", "gen.old").expect("rename");
    }
    fs::create_dir("gen").unwrap();
    fs::write("gen/word.rs", "pub const WORD: &str = \"made\";").unwrap();
}
END_OF_TEXT
printf 'include!("../gen/word.rs");\nfn main() {\n    println!("{}", WORD);\n}\n' >renames/src/main.rs
build renames
printf '// 2\n' >>renames/src/main.rs
build renames
prints renames made
printf '// 3\n' >>renames/src/main.rs
build renames
prints renames made

say 'git is asked by a build script of another name, by what one uses, by a script, and by a macro'
cargo_project hashes
mkdir -p hashes/macros/src hashes/used/src hashes/tools
rm hashes/Cargo.toml
printf '[package]\nname = "tiny"\nversion = "0.1.0"\nedition = "2021"\nbuild = "tools/build.rs"\n[dependencies]\nmacros = { path = "macros" }\n[build-dependencies]\nused = { path = "used" }\n' >hashes/Cargo.toml
printf '[package]\nname = "macros"\nversion = "0.1.0"\nedition = "2021"\n[lib]\nproc-macro = true\n' >hashes/macros/Cargo.toml
printf '[package]\nname = "used"\nversion = "0.1.0"\nedition = "2021"\n' >hashes/used/Cargo.toml
commit='std::process::Command::new("git").args(["rev-parse", "HEAD"]).output().unwrap().stdout'
cat >hashes/macros/src/lib.rs <<END_OF_TEXT
#[proc_macro]
pub fn commit(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    format!("{:?}", String::from_utf8($commit).unwrap().trim()).parse().unwrap()
}
END_OF_TEXT
printf 'pub fn commit() -> String {\n    String::from_utf8(%s).unwrap()\n}\n' "$commit" >hashes/used/src/lib.rs
echo 'git rev-parse HEAD' >hashes/tools/commit.sh
cat >hashes/tools/build.rs <<'END_OF_TEXT'
fn main() {
    println!("cargo:rerun-if-changed=tools/build.rs");
    println!("cargo:rustc-env=USED={}", used::commit().trim());
    let said = std::process::Command::new("sh").arg("tools/commit.sh").output().unwrap().stdout;
    println!("cargo:rustc-env=SAID={}", String::from_utf8(said).unwrap().trim());
}
END_OF_TEXT
printf 'fn main() {\n    println!("{} {} {}", env!("USED"), env!("SAID"), macros::commit!());\n}\n' >hashes/src/main.rs
(cd hashes && cargo generate-lockfile --offline --quiet)
committed hashes
for _ in one two; do
    build hashes
    head=$(git -C hashes rev-parse HEAD)
    prints hashes "$head $head $head"
    git -C hashes commit -q --allow-empty -m more
done

say 'a source that a build script reads, and the second place of a module'
cargo_project read one
mkdir read/parts
echo '// 1' >read/parts/a.rs
cat >read/build.rs <<'END_OF_TEXT'
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let folder = format!("{}/par{}", env!("CARGO_MANIFEST_DIR"), "ts");
    let bytes: u64 = std::fs::read_dir(folder).unwrap().map(|e| std::fs::read(e.unwrap().path()).unwrap().len() as u64).sum();
    println!("cargo:rustc-env=BYTES={}", bytes);
}
END_OF_TEXT
printf 'mod word;\nfn main() {\n    println!("{} {}", env!("BYTES"), word::WORD);\n}\n' >read/src/main.rs
printf 'pub const WORD: &str = "one";\n' >read/src/word.rs
build read
prints read '5 one'
echo '// 12345' >read/parts/a.rs
build read
prints read '9 one'
mkdir read/src/word
cp read/src/word.rs read/src/word/mod.rs
run "$larder" build "$own_target" -C read
expect_status 1
expect_err E0761

say 'what a build script makes no longer'
cargo_project packed
mkdir packed/assets
touch packed/assets/a packed/assets/b
cat >packed/build.rs <<'END_OF_TEXT'
use std::fs;
fn main() {
    println!("cargo:rerun-if-changed=assets");
    let out = std::env::var("OUT_DIR").unwrap();
    for entry in fs::read_dir("assets").unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), format!("{out}/{}", entry.file_name().to_str().unwrap())).unwrap();
    }
    let mut names: Vec<_> = fs::read_dir(&out).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    println!("cargo:rustc-env=NAMES={}", names.join(" "));
}
END_OF_TEXT
printf 'fn main() {\n    println!("{}", env!("NAMES"));\n}\n' >packed/src/main.rs
build packed
prints packed 'a b'
rm packed/assets/b
build packed
prints packed a
echo '// more' >>packed/src/main.rs
build packed
refuse_err 'starts from nothing'

say 'a source that a build script writes, other for each target'
need_other_target
[[ -d /usr/lib/rustlib/$other_triple ]] || skip "there is no Rust standard library for $other_triple in /usr"
cargo_project written
printf 'mod word;\nfn main() {\n    println!("{}", word::WORD);\n}\n' >written/src/main.rs
cat >written/build.rs <<'END_OF_TEXT'
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let text = format!("pub const WORD: &str = {:?};\n", std::env::var("TARGET").unwrap());
    std::fs::write("src/word.rs", text).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500)); // both have written before either goes on
}
END_OF_TEXT
each_has_its_own() {
    prints written "$own_triple"
    expect_equal "$("$(other_program written tiny)")" "$other_triple" 'the other program'
    [[ ! -e written/src/word.rs ]] || fail 'a build has written into the project'
}
good "$larder" build "$own_target" "$other_target" -C written
each_has_its_own
expect_err 'src/word.rs'
printf '// 2\n' >>written/src/main.rs
good "$larder" build "$own_target" "$other_target" -C written
each_has_its_own
build written
good "$larder" build "$other_target" -C written
each_has_its_own
