#!/usr/bin/env bash
# Git worktrees and clones of one project: git works inside, and each gets its own program whatever its files' times.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_cargo
need_program git

cargo_project main-tree from-main
cat >main-tree/build.rs <<'END'
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let output = Command::new("git").args(["describe", "--tags", "--always"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    println!("cargo:rustc-env=DESCRIBED={}", text.trim());
}
END
printf 'fn main() {\n    println!("main {}", env!("DESCRIBED"));\n}\n' >main-tree/src/main.rs
printf '/target\n' >main-tree/.gitignore
cd main-tree
git init -q -b main .
git remote add origin https://example.org/ann/tiny.git
git add .
git commit -qm one
git tag v1
git checkout -q -b other
sed -i 's/"main /"other /' src/main.rs
git commit -qam two
git tag v2
git checkout -q main
cd ..

say 'the repository itself'
good "$larder" build "$own_target" -C main-tree
expect_equal "$("$(program main-tree tiny)")" 'main v1'
expect_equal "$(git -C main-tree status --porcelain)" '' 'git status after a build'

say 'a worktree whose files are older'
git -C main-tree worktree add -q ../work-tree other
find work-tree -exec touch -h -d '2001-02-03 04:05:06' {} +
good "$larder" build "$own_target" -C work-tree
expect_equal "$("$(program work-tree tiny)")" 'other v2'
good "$larder" cache list --json
expect_equal "$(json 'len({v["name"] for v in data["volumes"] if "cargo-target" in v["name"]})')" 1 "names of the worktrees' volumes"

say 'each keeps its own'
good "$larder" build "$own_target" -C main-tree
expect_equal "$(compiled "$work/stderr")" 0 'crates compiled again'
expect_equal "$("$(program main-tree tiny)")" 'main v1'
good "$larder" build "$own_target" -C work-tree
expect_equal "$(compiled "$work/stderr")" 0 'crates compiled again'
expect_equal "$("$(program work-tree tiny)")" 'other v2'

say 'a clone elsewhere, with older files too'
git clone -q main-tree clone
git -C clone remote set-url origin https://example.org/ann/tiny.git
sed -i 's/"main /"clone /' clone/src/main.rs
find clone -exec touch -h -d '2001-02-03 04:05:06' {} +
good "$larder" build "$own_target" -C clone
expect_equal "$("$(program clone tiny)")" 'clone v1'

say 'a copy of the folder that takes the place of the old one'
mv main-tree moved
git -C moved worktree repair ../work-tree 2>/dev/null
cp -a moved main-tree
sed -i 's/"main /"copy /' main-tree/src/main.rs
good "$larder" build "$own_target" -C main-tree
expect_equal "$("$(program main-tree tiny)")" 'copy v1'

say 'make in two worktrees'
make_project make-tree one
cd make-tree
git init -q -b main .
git add .
git commit -qm one
git worktree add -q -b second ../make-second
sed -i 's/"one"/"two"/' ../make-second/hello.c
find ../make-second -exec touch -h -d '2001-02-03 04:05:06' {} +
cd ..
good "$larder" build "$own_target" -C make-tree
good "$larder" build "$own_target" -C make-second
expect_equal "$("$(program make-tree hello)")" one
expect_equal "$("$(program make-second hello)")" two
