#!/usr/bin/env bash
# Go: with C, what is built and under which name, workspaces, vendor/, and where modules come from.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
[[ -x /usr/local/go/bin/go ]] || need_program go
need_targets

say 'with C'
mkdir go
printf 'module example.org/prog\n\ngo 1.19\n' >go/go.mod
printf 'package main\n\n// #include <stdio.h>\n// static void say(void) { puts("go"); fflush(stdout); }\nimport "C"\n\nfunc main() { C.say() }\n' >go/main.go
good "$larder" build "${targets[@]}" -C go
expect_prints go prog go
sed -i 's/"go"/WORD/; s,// #include.*,&\n// #include "word.txt",' go/main.go
for word in first other; do
    printf '#define WORD "%s"\n' "$word" >go/word.txt
    good "$larder" build "$own_target" -C go
    expect_prints go prog "$word"
done
mkdir -p go/cmd/{one,two}
printf 'package main\n\nvar word = "plain"\n\nfunc main() { println(word) }\n' | tee go/cmd/one/main.go >go/cmd/two/main.go
good "$larder" build "$own_target" -C go -- -ldflags '-X main.word=given' ./cmd/one
expect_prints go one given
[[ ! -e $(program go two) ]] || fail "a Go program that nobody has named"
good "$larder" build "$own_target" -C go -- -o named ./cmd/two
expect_prints go named plain
[[ ! -e $(program go two) ]] || fail "a Go program by another name than was asked for"
good "$larder" build "$own_target" -C go -- -o=bin/ ./cmd/two
expect_prints go two plain
say 'a workspace of Go modules, whose root is none'
mkdir -p goes/app goes/part
printf 'go 1.19\n\nuse (\n\t./app\n\t./part\n)\n' >goes/go.work
for module in app part; do printf 'module example.org/%s\n\ngo 1.19\n' "$module" >"goes/$module/go.mod"; done
printf 'package part\n\nconst Word = "workspace"\n' >goes/part/part.go
printf 'package main\n\nimport "example.org/part"\n\nfunc main() { println(part.Word) }\n' >goes/app/main.go
good "$larder" build "$own_target" -C goes
expect_prints goes app workspace
say 'Go modules in vendor/ are not fetched'
mkdir -p go/vendor/example.org/part
printf '# example.org/part v1.0.0\n## explicit; go 1.19\nexample.org/part\n' >go/vendor/modules.txt
printf '\nrequire example.org/part v1.0.0\n' >>go/go.mod
printf 'package part\n\nconst Word = "vendored"\n' >go/vendor/example.org/part/part.go
printf 'package main\n\nimport "example.org/part"\n\nfunc main() { println(part.Word) }\n' >go/main.go
GOPROXY=http://127.0.0.1:9 good "$larder" build "$own_target" -C go
expect_prints go prog vendored
say 'commands by one name, the option -C, a header beside a library for C'
mkdir -p many/{a,b}/server many/lib
printf 'module example.org/many\n\ngo 1.19\n' >many/go.mod
for part in a b; do printf 'package main\n\nfunc main() { println("%s") }\n' "$part" >"many/$part/server/main.go"; done
printf 'package main\n\nimport "C"\n\n//export Add\nfunc Add(a, b C.int) C.int { return a + b }\n\nfunc main() {}\n' >many/lib/lib.go
good "$larder" build "$own_target" -C many
expect_prints many a/server/server a
expect_prints many b/server/server b
[[ ! -e $(program many server) ]] || fail 'which of two commands is this?'
good "$larder" build "$own_target" -C many -- -C b/server .
expect_prints many server b
good "$larder" build "$own_target" -C many -- -buildmode=c-archive -o libadd.a ./lib
[[ -s $(program many libadd.a) && -s $(program many libadd.h) ]] || fail 'a library for C without its header'

say 'go.work above the project, and GOWORK'
mkdir -p goes/app/inner
printf 'module example.org/part\n\ngo 1.19\n' >goes/app/inner/go.mod
printf 'package part\n\nconst Word = "inner"\n' >goes/app/inner/part.go
printf '\nrequire example.org/part v1.0.0\n\nreplace example.org/part => ./inner\n' >>goes/app/go.mod
good "$larder" build "$own_target" -C goes/app
expect_prints goes/app app workspace
GOWORK=off good "$larder" build "$own_target" -C goes/app
expect_err 'GOWORK of your environment has no effect'
GOWORK=off good "$larder" build "$own_target" -C goes/app --env GOWORK
expect_prints goes/app app inner

say 'a repository is not modified because it is built'
rm -r many/target
git -C many init -q
git -C many add .
git -C many commit -qm one
good "$larder" build "$own_target" -C many -- ./a/server
/usr/bin/env PATH="$PATH:/usr/local/go/bin" go version -m "$(program many server)" >"$work/stdout"
expect_out vcs.modified=false

say "the user's GOPROXY is where modules come from"
rm -r go/vendor
GOPROXY=http://127.0.0.1:9 run "$larder" build "$own_target" -C go
expect_status 1
expect_err 127.0.0.1:9
mkdir -p "$HOME/.config/go"
printf 'GOPROXY=http://127.0.0.1:9\nGOFLAGS=-tags=ours\n' >"$HOME/.config/go/env"
run "$larder" build "$own_target" -C go
expect_status 1
expect_err 127.0.0.1:9
expect_err 'your own settings in '
