#!/usr/bin/env bash
# `larder build`: what it prints in each of its ways, what it passes on, and how failures look.
# shellcheck disable=SC2016 # these are texts for make and for the shell inside
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make

say '--dry-run changes nothing'
make_project project
listing project >before
good "$larder" build "$own_target" -C project --dry-run
expect_out "build      make   (network off)"
expect_out "$work/project/target/$own_triple/release"
good "$larder" build "$own_target" -C project --dry-run --json -- V=1 'two words'
expect_equal "$(json 'list(data)')" "$(printf '%s\n' consent engine fetch folder passed profile project recipe targets)" 'keys of the plan'
expect_equal "$(json 'data["targets"][0]["build"][-1][-2:]')" $'V=1\ntwo words' 'arguments after --'
expect_equal "$(json '[v["class"] for v in data["targets"][0]["volumes"]]')" compiled
[[ ! -e $LARDER_STORE && ! -e project/target ]] || fail '--dry-run made something'

say 'a first build, and the same again'
good "$larder" build "$own_target" -C project
expect_err 'empty, starts from nothing'
expect_out "ok"
expect_out "target/$own_triple/release/hello"
expect_equal "$("$(program project hello)")" hello
listing project >after
expect diff -u before after
good "$larder" build "$own_target" -C project
refuse_err 'starts from nothing'
expect_err "is up to date"

say 'the target may be left out: it is the machine itself'
good "$larder" build -C project
expect_out "$own_target"
(cd project && good "$larder" build)

say 'an edit'
sed -i 's/"hello"/"hello again"/' project/hello.c
good "$larder" build "$own_target" -C project
expect_equal "$("$(program project hello)")" 'hello again'

say '--quiet'
good "$larder" build "$own_target" -C project --quiet
[[ ! -s $work/stdout && ! -s $work/stderr ]] || fail '--quiet is not quiet'

say '--verbose, on a pipe, is the same as without'
good "$larder" build "$own_target" -C project --verbose
expect_err "$own_target | make: 'hello' is up to date."

say '--json'
good "$larder" build "$own_target" -C project --json
expect_equal "$(json 'list(data)')" $'consent\nfetch\ninterrupted\nremote\ntargets' 'keys of the result'
expect_equal "$(json 'list(data["targets"][0])')" "$(printf '%s\n' artifacts cache_changed duration_seconds exit_code hint log notes outcome target triple unchanged)" 'keys of a target'
expect_equal "$(json '[data["interrupted"], data["targets"][0]["outcome"], data["targets"][0]["exit_code"]]')" $'False\nok\n0'
expect_equal "$(json '[a["path"] for a in data["targets"][0]["artifacts"]]')" "$(program "$work/project" hello)"
[[ ! -s $work/stderr ]] || fail '--json with messages'
expect test -f "$(json 'data["targets"][0]["log"]')"

say 'how a build ends does not depend on who reads what it says'
mkdir broken
printf 'all:\n\tfalse\n' >broken/Makefile
for options in '' --json; do
    run bash -c "\"$larder\" build $own_target -C broken $options 2>&1 | true; exit \${PIPESTATUS[0]}"
    expect_status 1
    run bash -c "\"$larder\" build $own_target -C project $options 2>&1 | true; exit \${PIPESTATUS[0]}"
    expect_status 0
    run bash -c "\"$larder\" build $own_target -C project $options --force <&- >&- 2>&-"
    expect_status 0
    run bash -c "\"$larder\" build $own_target -C project $options >/dev/full"
    expect_status 3
    expect_err 'error: the output cannot be written'
done

say 'arguments after -- go to the tool'
printf 'hello: hello.o\n\t$(CC) -o $@ $^\n\t@echo "word is <$(WORD)>"\n' >project/Makefile
good "$larder" build "$own_target" -C project -- "WORD=a;  b 'c' \\\"" -B
expect_err "word is <a;  b 'c' \">"
good "$larder" build "$own_target" -C project -- WORD=--json -B
expect_err 'word is <--json>'
refuse_out '{'

say 'a failing build'
make_project failing
printf 'all:\n\t@for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; do echo line $$i; done; exit 9\n' >failing/Makefile
run "$larder" build "$own_target" -C failing --quiet
golden build-fails
expect_status 1
log=$(log_of "$own_target" | grep failing)
expect grep -qx 'line 1' "$log"
run "$larder" build "$own_target" -C failing --json
expect_status 1
expect_equal "$(json '[data["targets"][0]["outcome"], data["targets"][0]["exit_code"]]')" $'failed\n2'
printf 'all:\n\t@kill -SEGV $$$$\n' >failing/Makefile
run "$larder" build "$own_target" -C failing --quiet
expect_status 1

say 'a tool that is killed'
cat >failing/larder.toml <<'END'
[project]
recipe = "make"
[build]
args = ["--eval=$(shell kill -KILL $$PPID)"]
END
run "$larder" build "$own_target" -C failing --quiet
golden build-killed
expect_status 1

say 'a linker error and what compiled before it'
make_project half
printf 'all: a.o b.o\na.o: a.c\nb.o: b.c\n' >half/Makefile
echo 'int a;' >half/a.c
echo 'int b = ;' >half/b.c
run "$larder" build "$own_target" -C half
expect_status 1
expect_err 'b.c:1:9: error'
echo 'int b;' >half/b.c
good "$larder" build "$own_target" -C half
expect_err 'b.o b.c'
refuse_err 'a.o a.c'

say 'the terminal gets no control sequences from a build'
printf 'all:\n\t@printf "a\\033]0;title\\007b\\033[2Jc\\rd\\n"\n' >failing/Makefile
rm failing/larder.toml
good "$larder" build "$own_target" -C failing
if grep -q $'[\033\a]' "$work/stderr"; then fail 'a control sequence came through'; fi

say 'a program for the wrong machine'
if command -v aarch64-linux-gnu-gcc >/dev/null && [[ $own_target == x64 ]]; then
    make_project wrong
    printf 'hello: hello.c\n\tgcc -o $@ $<\n' >wrong/Makefile
    run "$larder" build arm64 -C wrong --quiet
    golden wrong-machine
    expect_status 1
    [[ ! -e wrong/target/aarch64-unknown-linux-gnu ]] || fail 'a program for another machine was delivered'
    printf 'override CC := musl-gcc\nhello: hello.c\n\t$(CC) -o $@ $<\n' >wrong/Makefile
else
    say '  no aarch64-linux-gnu-gcc: left out'
fi

say 'what the settings say reaches the tool'
make_project settings
printf 'all:\n\t@echo "A=$$A B=$$B C=$$C"\n\t@echo word=$(WORD)\n' >settings/Makefile
printf '[build]\nargs = ["WORD=given"]\n[build.env]\nA = "one two"\nB = "all"\n[target.%s.env]\nB = "own"\n[target.riscv64.env]\nC = "other"\n' "$own_target" >settings/larder.toml
good env C=outside "$larder" build "$own_target" -C settings
expect_err '| A=one two B=own C='
expect_err '| word=given'
refuse_err outside
mkdir settings/sub
(cd settings/sub && good "$larder" build "$own_target" && expect_err '| word=given')
