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
say "the user's GOPROXY is where modules come from"
rm -r go/vendor
GOPROXY=http://127.0.0.1:9 run "$larder" build "$own_target" -C go
expect_status 1
expect_err 127.0.0.1:9
