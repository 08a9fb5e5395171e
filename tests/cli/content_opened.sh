#!/usr/bin/env bash
# What a build reads without its tool's knowing is seen by what it opens: make, CMake and cargo would call up to date what was made of
# another content. An ordinary edit compiles no more than the tool would.
# shellcheck disable=SC2016 # these are texts for make, CMake and the shell inside
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program gcc cmake

build() { good "$larder" build "$own_target" -C "$1"; }
prints() { expect_prints "$1" prog "$2"; }
from_nothing() { expect_err "$1 has changed, which a build has read without the tool's knowing, starts from nothing"; }
goes_on() { refuse_err 'starts from nothing'; }

# library FOLDER WORD: a static library with a function that gives the word, where the project keeps what others have built.
library() {
    mkdir -p "$1/vendor"
    printf 'const char *word(void) { return "%s"; }\n' "$2" >word.c
    gcc -c word.c -o word.o
    rm -f "$1/vendor/libword.a"
    ar rcs "$1/vendor/libword.a" word.o
}

tracked() {
    git -C "$1" init -q -b main
    git -C "$1" add -A
    git -C "$1" commit -qm one
}

printf '#include <stdio.h>\nconst char *word(void);\nint main(void) { puts(word()); return 0; }\n' >main.c

say 'make: a library that a rule names by -l alone'
mkdir by-name
library by-name one
cp main.c by-name
printf 'target\nprog\n' >by-name/.gitignore
printf 'prog: main.c\n\t$(CC) -o $@ main.c -Lvendor -lword\n' >by-name/Makefile
echo text >by-name/README.md
tracked by-name
build by-name
prints by-name one
library by-name two
build by-name
prints by-name two
from_nothing vendor/libword.a
echo more >>by-name/README.md
printf '// edited\n' >>by-name/main.c
build by-name
goes_on
prints by-name two

say 'make: a rule that lists a folder, one that runs another make, and a prerequisite by the same name'
mkdir -p lists/src lists/part lists/other lists/own
printf 'int one;\n' >lists/src/a.c
printf 'const char *part(void) { return "1"; }\n' >lists/part/part.c
printf 'part.o: part.c\n\t$(CC) -c part.c\n' >lists/part/Makefile
echo 1 >lists/other/data.txt
cp lists/other/data.txt lists/own/data.txt
printf '#include <stdio.h>\n#include "names.h"\nconst char *part(void);\nint main(void) { printf("%%s %%s\\n", NAMES, part()); return 0; }\n' >lists/main.c
printf 'prog: main.c names.h part/part.o\n\t$(CC) -o $@ main.c part/part.o\nnames.h: own/data.txt\n\t(printf "#define NAMES \\""; find src -name "*.c" | xargs sed s,int,,| tr -d "\\n"; cat other/data.txt | tr -d "\\n"; echo "\\"") >$@\npart/part.o:\n\t$(MAKE) -C part\n' >lists/Makefile
build lists
prints lists ' one;1 1'
printf 'int two;\n' >lists/src/a.c
build lists
prints lists ' two;1 1'
echo 2 >lists/other/data.txt
build lists
prints lists ' two;2 1'
sed -i s/1/2/ lists/part/part.c
build lists
prints lists ' two;2 2'

say 'make: a header that an option names, found earlier in the path'
mkdir -p option/second
c_source '' >option/main.c
printf '#include CONFIG\n%s\n' "$(c_source '' | sed '/define WORD/d')" >option/main.c
printf '#define WORD "second"\n' >option/second/conf.h
printf 'prog: main.c\n\t$(CC) -Ifirst -Isecond -DCONFIG="<conf.h>" -o $@ main.c\n' >option/Makefile
build option
prints option second
mkdir option/first
printf '#define WORD "first"\n' >option/first/conf.h
build option
prints option first

say 'CMake: options of the compiler in a file, a library by -l'
mkdir -p options
library options one
printf '#include <stdio.h>\nconst char *word(void);\n#ifdef WORD\n#define word() WORD\n#endif\nint main(void) { puts(word()); return 0; }\n' >options/main.c
echo '-DUNUSED' >options/flags
printf 'cmake_minimum_required(VERSION 3.16)\nproject(p C)\nadd_executable(prog main.c)\ntarget_compile_options(prog PRIVATE @${CMAKE_SOURCE_DIR}/flags)\ntarget_link_directories(prog PRIVATE vendor)\ntarget_link_libraries(prog word)\n' >options/CMakeLists.txt
printf 'target\n' >options/.gitignore
tracked options
build options
prints options one
library options two
build options
prints options two
echo '-DWORD=\"flags\"' >options/flags
build options
prints options flags
from_nothing flags
printf '// edited\n' >>options/main.c
build options
goes_on

say 'cargo: what the linker reads, a folder that a build script lists'
need_cargo
cargo_project links
printf '[build]\nrustflags = ["-Clink-arg=-Wl,-Tvalues.ld", "-Crelocation-model=static"]\n' >links/.cargo-config
mkdir -p links/.cargo links/pages
mv links/.cargo-config links/.cargo/config.toml
echo 'VALUE = 3; INSERT AFTER .data;' >links/values.ld
echo a >links/pages/a
cat >links/build.rs <<'END_OF_TEXT'
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let folder = std::env::args().count().to_string().replace('1', "pages");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let text: String = names.iter().map(|n| std::fs::read_to_string(n).unwrap().trim().to_string()).collect();
    println!("cargo:rustc-env=PAGES={text}");
}
END_OF_TEXT
cat >links/src/main.rs <<'END_OF_TEXT'
extern "C" {
    static VALUE: u8;
}
fn main() {
    println!("{} {}", std::ptr::addr_of!(VALUE) as usize, env!("PAGES"));
}
END_OF_TEXT
build links
expect_prints links tiny '3 a'
echo 'VALUE = 4; INSERT AFTER .data;' >links/values.ld
build links
expect_prints links tiny '4 a'
echo b >links/pages/a
build links
expect_prints links tiny '4 b'
echo c >links/pages/c
build links
expect_prints links tiny '4 bc'
echo more >links/notes.txt
build links
expect_equal "$(compiled "$work/stderr")" 0 'crates compiled again for a file that nothing reads'
