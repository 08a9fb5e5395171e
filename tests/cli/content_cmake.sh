#!/usr/bin/env bash
# Content decides, for CMake: programs must be those of the project as it is, whatever the times of its files.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program cmake git

# A program that prints the WORD of word.h; more lines for CMake come from stdin: cmake_project FOLDER WORD
cmake_project() {
    mkdir -p "$1"
    {
        printf 'cmake_minimum_required(VERSION 3.10)\nproject(prog C)\nadd_executable(prog main.c)\n'
        cat
    } >"$1/CMakeLists.txt"
    printf '#include <stdio.h>\n#include "word.h"\nint main(void) { puts(WORD); return 0; }\n' >"$1/main.c"
    printf '#define WORD "%s"\n' "$2" >"$1/word.h"
}

build() { good "$larder" build "$own_target" -C "$1"; }
prints() { expect_equal "$("$(program "$1" prog)")" "$2" "the program of $1"; }

say 'a folder that is replaced by an older one'
cmake_project replaced old </dev/null
tar -cf old.tar replaced
sleep 0.05
printf '#define WORD "new"\n' >replaced/word.h
build replaced
prints replaced new
rm -r replaced
tar -xf old.tar
build replaced
prints replaced old

say 'a commit without a change'
cmake_project committed '' <<'END_OF_TEXT'
execute_process(COMMAND git rev-parse --short HEAD WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE hash
    OUTPUT_STRIP_TRAILING_WHITESPACE)
target_compile_definitions(prog PRIVATE WORD="${hash}")
END_OF_TEXT
: >committed/word.h
printf 'target\n' >committed/.gitignore
git -C committed init -q
git -C committed add .
git -C committed commit -qm one
build committed
prints committed "$(git -C committed rev-parse --short HEAD)"
build committed
git -C committed commit -q --allow-empty -m two
build committed
prints committed "$(git -C committed rev-parse --short HEAD)"

say 'other settings'
cmake_project settings plain </dev/null
printf '#ifdef FAST\n#define WORD "fast"\n#else\n#define WORD "plain"\n#endif\n' >settings/word.h
for flags in -O1 -DFAST -O1; do
    printf '[build.env]\nCFLAGS = "%s"\n' "$flags" >settings/larder.toml
    build settings
    prints settings "$([[ $flags == -DFAST ]] && printf fast || printf plain)"
done
refuse_err 'starts from nothing' # with the first ones it was built before

say 'a header that configuring writes into the source tree, side by side'
need_other_target
cmake_project header '' <<'END_OF_TEXT'
configure_file(word.h.in ${CMAKE_SOURCE_DIR}/word.h)
execute_process(COMMAND sleep 0.5) # further checks, as real projects have
END_OF_TEXT
rm header/word.h
printf '#define WORD "@CMAKE_C_COMPILER@"\n' >header/word.h.in
good "$larder" build "$own_target" "$other_target" -C header
prints header "/usr/bin/$(uname -m)-linux-gnu-gcc"
expect_equal "$("$(other_program header prog)" 2>/dev/null || strings "$(other_program header prog)" | grep -- -musl-gcc)" \
    "/usr/bin/$(uname -m)-linux-musl-gcc"
[[ ! -e header/word.h ]] || fail 'a build has written into the project'

say 'a header that a rule makes, one target after the other'
cmake_project made '' <<'END_OF_TEXT'
add_custom_command(OUTPUT ${CMAKE_SOURCE_DIR}/word.h COMMAND sh ${CMAKE_SOURCE_DIR}/word.sh ${CMAKE_C_COMPILER}
    ${CMAKE_SOURCE_DIR}/word.h DEPENDS ${CMAKE_SOURCE_DIR}/word.sh)
target_sources(prog PRIVATE ${CMAKE_SOURCE_DIR}/word.h)
END_OF_TEXT
rm made/word.h
printf 'echo "#define WORD \\"$1\\"" >$2\n' >made/word.sh
build made
good "$larder" build "$other_target" -C made
expect grep -q -- "$(uname -m)-linux-musl-gcc" "$(other_program made prog)"
expect grep -q -- "$(uname -m)-linux-gnu-gcc" "$(program made prog)"

say 'what commands of rules read without depending on it'
cmake_project reads '' <<'END_OF_TEXT'
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/word.h COMMAND sh ${CMAKE_SOURCE_DIR}/word.sh > ${CMAKE_BINARY_DIR}/word.h
    DEPENDS ${CMAKE_SOURCE_DIR}/word.sh)
target_sources(prog PRIVATE ${CMAKE_BINARY_DIR}/word.h)
target_include_directories(prog PRIVATE ${CMAKE_BINARY_DIR})
END_OF_TEXT
rm reads/word.h
# shellcheck disable=SC2016 # for the script
printf 'echo "#define WORD \\"$(cat "${0%%/*}/word.txt") $(git -C "${0%%/*}" log -1 --format=%%s)\\""\n' >reads/word.sh
echo one >reads/word.txt
git -C reads init -q
git -C reads add .
git -C reads commit -qm first
build reads
prints reads 'one first'
echo two >reads/word.txt
build reads
prints reads 'two first'
expect_err 'word.txt has changed, which word.sh may read'
git -C reads commit -q --allow-empty -m second
build reads
prints reads 'two second'
printf '\n' >>reads/main.c
build reads
refuse_err 'starts from nothing' # an ordinary edit

say 'what CMake notes when it configures is as in a clean copy: defaults, files that were found, checks'
cmake_project noted '' <<'END_OF_TEXT'
option(LOUD "" OFF)
find_file(NAMED name.txt PATHS ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/other NO_DEFAULT_PATH)
file(READ ${NAMED} NAME)
string(STRIP "${NAME}" NAME)
target_compile_definitions(prog PRIVATE WORD="${NAME}${LOUD}")
END_OF_TEXT
printf '#include <stdio.h>\nint main(void) { puts(WORD); return 0; }\n' >noted/main.c
mkdir noted/other
echo one >noted/other/name.txt
build noted
prints noted oneOFF
sed -i 's/LOUD "" OFF/LOUD "" ON/' noted/CMakeLists.txt
build noted
prints noted oneON
echo two >noted/name.txt
build noted
prints noted twoON
rm noted/name.txt
build noted
prints noted oneON
refuse_err 'starts from nothing'

say 'a header that is made no longer'
mkdir -p left/default
echo '#define WORD "made"' >left/word.h.in
echo '#define WORD "own"' >left/default/word.h
cmake_project left '' <<'END_OF_TEXT'
configure_file(word.h.in word.h)
target_include_directories(prog PRIVATE ${CMAKE_BINARY_DIR} default)
END_OF_TEXT
rm left/word.h
build left
prints left made
sed -i '/configure_file/d' left/CMakeLists.txt
build left
prints left own

say 'a project that is built within'
mkdir -p within/lib
printf 'const char *word(void) { return "one"; }\n' >within/lib/word.c
printf 'cmake_minimum_required(VERSION 3.10)\nproject(word C)\nadd_library(word STATIC word.c)\n' >within/lib/CMakeLists.txt
cmake_project within '' <<'END_OF_TEXT'
include(ExternalProject)
ExternalProject_Add(word SOURCE_DIR ${CMAKE_SOURCE_DIR}/lib BINARY_DIR ${CMAKE_BINARY_DIR}/lib INSTALL_COMMAND "")
add_dependencies(prog word)
target_link_libraries(prog ${CMAKE_BINARY_DIR}/lib/libword.a)
END_OF_TEXT
printf '#include <stdio.h>\nconst char *word(void);\nint main(void) { puts(word()); return 0; }\n' >within/main.c
build within
prints within one
sed -i s/one/two/ within/lib/word.c
build within
prints within two
