#!/usr/bin/env bash
# Go: workspaces, vendor/, and where modules come from.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
[[ -x /usr/local/go/bin/go ]] || need_program go

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
printf 'module example.org/prog\n\ngo 1.19\n' >go/go.mod
printf '# example.org/part v1.0.0\n## explicit; go 1.19\nexample.org/part\n' >go/vendor/modules.txt
printf '\nrequire example.org/part v1.0.0\n' >>go/go.mod
printf 'package part\n\nconst Word = "vendored"\n' >go/vendor/example.org/part/part.go
printf 'package main\n\nimport "example.org/part"\n\nfunc main() { println(part.Word) }\n' >go/main.go
GOPROXY=http://127.0.0.1:9 good "$larder" build "$own_target" -C go
expect_prints go prog vendored
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
