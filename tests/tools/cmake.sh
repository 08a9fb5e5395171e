#!/usr/bin/env bash
# CMake can be configured, what it starts is for the target as well, and what it downloads is there before the build.
# shellcheck disable=SC2016 # these are texts for CMake
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program cmake git python3
need_other_target

# A program that prints WORD, which -DWORD=… sets; more lines for CMake come from stdin: project FOLDER
project() {
    mkdir -p "$1"
    {
        printf 'cmake_minimum_required(VERSION 3.16)\nproject(prog C)\nset(WORD plain CACHE STRING "")\n'
        cat
        printf 'add_executable(prog main.c)\ntarget_compile_definitions(prog PRIVATE WORD="${WORD}")\n'
    } >"$1/CMakeLists.txt"
    printf '#include <stdio.h>\nint main(void) { puts(WORD); return 0; }\n' >"$1/main.c"
}

prints() { expect_equal "$("$(program "$1" "${3-prog}")")" "$2" "the program of $1"; }

say 'options reach the step that configures, and only that'
project options </dev/null
good "$larder" build "$own_target" -C options -- -DWORD=given --target prog
prints options given
good "$larder" build "$own_target" -C options -- -D WORD=apart -G 'Unix Makefiles' -v
prints options apart
expect_err main.c
printf '[build]\nargs = ["-DWORD=said", "--target", "prog"]\n' >options/larder.toml
good "$larder" build "$own_target" -C options
prints options said
rm options/larder.toml
good "$larder" build "$own_target" -C options
prints options plain
run "$larder" build "$own_target" -C options -- --no-such-option
expect_status 1

say 'a preset, which goes before the profile; another one leaves nothing behind'
project preset </dev/null
cat >preset/CMakePresets.json <<'END'
{"version": 3, "configurePresets": [
  {"name": "a", "generator": "Unix Makefiles", "binaryDir": "/nowhere",
   "cacheVariables": {"WORD": "preset", "CMAKE_BUILD_TYPE": "Debug"}},
  {"name": "b", "binaryDir": "/nowhere"}]}
END
printf '#include <stdio.h>\n#ifdef NDEBUG\n#define KIND "release"\n#else\n#define KIND "debug"\n#endif\n' >preset/main.c
printf 'int main(void) { puts(WORD " " KIND); return 0; }\n' >>preset/main.c
good "$larder" build "$own_target" -C preset -- --preset a
prints preset 'preset debug'
good "$larder" build "$own_target" -C preset -- --preset b
prints preset 'plain release'

say "a toolchain file of the project's own is read in the place of Larder's"
project toolchain </dev/null
printf 'set(CMAKE_C_COMPILER gcc)\nset(CMAKE_C_FLAGS_INIT "-DOWN")\n' >toolchain/own.cmake
printf '#include <stdio.h>\n#ifdef OWN\nint main(void) { puts(WORD); return 0; }\n#endif\n' >toolchain/main.c
good "$larder" build "$own_target" -C toolchain -- -DCMAKE_TOOLCHAIN_FILE=/workspace/own.cmake
good "$larder" build "$own_target" -C toolchain -- --toolchain /workspace/own.cmake
printf '[build.env]\nCMAKE_TOOLCHAIN_FILE = "/workspace/own.cmake"\n' >toolchain/larder.toml
good "$larder" build "$own_target" -C toolchain

say "compilers that [build.env] or CMakeLists.txt name, and its own toolchain file"
project compilers </dev/null
printf '#!/bin/sh\nexec gcc -DOWN "$@"\n' >compilers/own-cc
chmod +x compilers/own-cc
printf '#include <stdio.h>\n#ifdef OWN\n#define IS "own"\n#else\n#define IS WORD\n#endif\nint main(void) { puts(IS); return 0; }\n' >compilers/main.c
printf '[build.env]\nCC = "/workspace/own-cc"\n' >compilers/larder.toml
good "$larder" build "$own_target" -C compilers
prints compilers own
rm compilers/larder.toml
sed 's/^set(CMAKE_C_COMPILER.*/set(CMAKE_C_COMPILER gcc)\nset(CMAKE_C_FLAGS_INIT -DOWN)/' toolchain/own.cmake >compilers/own.cmake
for line in 'set(CMAKE_C_COMPILER ${CMAKE_SOURCE_DIR}/own-cc)' 'set(ENV{CC} ${CMAKE_SOURCE_DIR}/own-cc)' \
    'set(CMAKE_TOOLCHAIN_FILE ${CMAKE_SOURCE_DIR}/own.cmake CACHE FILEPATH "")'; do
    sed "1a $line" preset/CMakeLists.txt >compilers/CMakeLists.txt
    # Other arguments, as CMake keeps the compiler that it has found.
    good "$larder" build "$own_target" "$other_target" -C compilers -- "-DLINE=${#line}"
    prints compilers own
    expect_equal "$("$(other_program compilers prog)")" plain 'the program for another target'
    [[ $line == *TOOLCHAIN* ]] || expect_err "in place of /workspace/own-cc"
done

if command -v ninja >/dev/null; then
    say 'a generator with several configurations'
    project several </dev/null
    good "$larder" build "$own_target" -C several -- -G 'Ninja Multi-Config' -DWORD=several
    prints several several
fi

say 'a CMake that CMake starts builds for the target, too'
project nested <<'END'
include(ExternalProject)
ExternalProject_Add(part SOURCE_DIR ${CMAKE_SOURCE_DIR}/part CMAKE_ARGS -DCMAKE_INSTALL_PREFIX=<INSTALL_DIR>)
ExternalProject_Get_Property(part INSTALL_DIR)
link_libraries(${INSTALL_DIR}/lib/libpart.a)
END
printf 'add_dependencies(prog part)\n' >>nested/CMakeLists.txt
printf '#include <stdio.h>\nconst char *part(void);\nint main(void) { puts(part()); return 0; }\n' >nested/main.c
mkdir nested/part
printf 'cmake_minimum_required(VERSION 3.16)\nproject(part C)\nadd_library(part part.c)\n' >nested/part/CMakeLists.txt
printf 'target_compile_definitions(part PRIVATE COMPILER="${CMAKE_C_COMPILER}")\n' >>nested/part/CMakeLists.txt
printf 'install(TARGETS part DESTINATION lib)\n' >>nested/part/CMakeLists.txt
printf 'const char *part(void) { return COMPILER; }\n' >nested/part/part.c
good "$larder" build "$other_target" -C nested
expect grep -q -- "$(uname -m)-linux-musl-gcc" "$(other_program nested prog)"

say 'a library beside its program is found there'
project shared <<'END'
add_library(part SHARED part.c)
link_libraries(part)
END
printf 'const char *part(void) { return "shared"; }\n' >shared/part.c
cp nested/main.c shared/main.c
printf 'add_executable(alone main.c part.c)\ntarget_link_libraries(alone PRIVATE m)\ninstall(TARGETS alone prog)\n' >>shared/CMakeLists.txt
printf 'set_target_properties(alone PROPERTIES LINK_LIBRARIES m)\n' >>shared/CMakeLists.txt
good "$larder" build "$own_target" -C shared
prints shared shared
expect grep -q 'RUNPATH.*ORIGIN' <(readelf -d "$(program shared prog)")
expect_equal "$(readelf -d "$(program shared alone)" | grep -c RUNPATH)" 0 'paths of a program without a library of its own'

say 'a static program has no path for libraries, at which glibc would end it'
for options in 'add_link_options(-static-pie)' 'set(CMAKE_EXE_LINKER_FLAGS -static-pie)' \
    'add_library(common INTERFACE)'$'\n''target_link_options(common INTERFACE -static-pie)'$'\n''link_libraries(common)'; do
    rm -rf static
    mkdir static
    printf 'int main(void) { return 7; }\n' >static/main.c
    printf 'cmake_minimum_required(VERSION 3.16)\nproject(static C)\nadd_compile_options(-fPIE)\n%s\nadd_executable(static main.c)\n' \
        "$options" >static/CMakeLists.txt
    good "$larder" build "$own_target" -C static
    status=0
    "$(program static static)" || status=$?
    expect_equal "$status" 7 "the exit code of a static program by $options"
done

say 'what FetchContent downloads is there for the build, which has no network'
mkdir served
git -c init.defaultBranch=main init -q served/part
cp shared/part.c served/part
printf 'add_library(part STATIC part.c)\n' >served/part/CMakeLists.txt
git -C served/part add .
git -C served/part commit -qm one
git -C served/part update-server-info
python3 -u -m http.server --bind 127.0.0.1 --directory served 0 >"$work/served.log" 2>&1 &
server=$!
until_true 20 grep -q 'port [0-9]' "$work/served.log"
port=$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$work/served.log")
project fetched <<END
include(FetchContent)
FetchContent_Declare(part GIT_REPOSITORY http://127.0.0.1:$port/part/.git GIT_TAG main)
FetchContent_MakeAvailable(part)
link_libraries(part)
END
cp nested/main.c fetched/main.c
good "$larder" build "$own_target" -C fetched
prints fetched shared
expect_err 'with the network'
kill "$server"
printf '\n' >>fetched/main.c
good "$larder" build "$own_target" -C fetched
refuse_err 'with the network'
printf '# another\n' >>fetched/CMakeLists.txt
run "$larder" build "$own_target" -C fetched
expect_status 1
expect_err 'reaches no server'

say 'a check that runs what it has compiled, for another machine'
if command -v aarch64-linux-gnu-gcc qemu-aarch64-static >/dev/null && [[ $own_target == x64 ]]; then
    project check <<'END'
include(CheckCSourceRuns)
check_c_source_runs("int main(void) { return sizeof(long) == 8 ? 0 : 1; }" RUNS)
if(NOT RUNS)
  message(FATAL_ERROR "it does not run")
endif()
END
    good "$larder" build arm64 -C check
else
    say '  no cross compiler or emulator here: left out'
fi

say 'what is configured by a file that CMakeLists.txt or the user names'
mkdir named
cat >named/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.16)
project(prog C)
file(STRINGS VERSION version)
set(WORD "${version}" CACHE STRING "")
add_executable(prog main.c)
target_compile_definitions(prog PRIVATE WORD="${WORD}")
END
cp options/main.c named
for word in first second; do
    echo "$word" >named/VERSION
    good "$larder" build "$own_target" -C named
    prints named "$word"
done
for word in third fourth; do
    printf 'set(WORD %s CACHE STRING "")\n' "$word" >named/settings.txt
    good "$larder" build "$own_target" -C named -- -C settings.txt
    prints named "$word"
done

say 'git takes the folder that Larder has CMake build in for none of the project'
mkdir status
cat >status/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.16)
project(prog C)
execute_process(COMMAND git status --porcelain WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE status)
add_executable(prog main.c)
target_compile_definitions(prog PRIVATE WORD="${status}.")
END
cp options/main.c status
git -C status init -q
git -C status add .
git -C status commit -qm one
for again in 1 2; do
    good "$larder" build "$own_target" -C status
    prints status .
    printf '/* %s */\n' "$again" >>status/main.c
    git -C status commit -qam "$again"
done
