#!/usr/bin/env bash
# make: the tools are the target's, what a makefile says beside their names stays, and generators are for the build machine.
# shellcheck disable=SC2016 # these are texts for make
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_targets

say 'words after a program, a makefile below with others, launchers, conditions'
mkdir -p words/sub
cat >words/Makefile <<'END'
CC = gcc -std=gnu11 -DNAME=\"top\"
FLAGS = rcu
AR = ar $(FLAGS)
prog: main.o libx.a sub/liby.a
	$(CC) -o prog main.o libx.a sub/liby.a
libx.a: x.o
	$(AR) $@ x.o
sub/liby.a:
	$(MAKE) -C sub
END
cat >words/sub/Makefile <<'END'
ifeq ($(DEBUG),1)
CC := gcc -DNAME=\"debug\"
else
CC := gcc -DNAME=\"sub\"
endif
AR = gcc-ar
LD = gcc
liby.a: y.o
	$(LD) -r -nostdlib -o z.o y.o
	$(AR) rcs $@ z.o
END
printf '#include <stdio.h>\nconst char *x(void), *y(void);\nint main(void) { printf("%%s %%s %%s\\n", NAME, x(), y()); return 0; }\n' >words/main.c
printf 'const char *x(void) { return NAME; }\n' >words/x.c
printf 'const char *y(void) { return NAME; }\n' >words/sub/y.c
good "$larder" build "${targets[@]}" -C words
expect_equal "$("$(program words prog)")" 'top top sub'
good "$larder" build "${targets[@]}" -C words -- DEBUG=1
expect_equal "$("$(program words prog)")" 'top top debug'
expect_equal "$(cd words && make -s DEBUG=1 && ./prog)" 'top top debug' 'plain make'

say 'generators, however they are called'
for variable in HOSTCC CC_FOR_BUILD BUILD_CC; do
    mkdir "$variable"
    printf '%s ?= $(CC)\nprog: t.c\n\t$(CC) -o $@ t.c\nt.c: gen\n\t./gen >$@\ngen: gen.c\n\t$(%s) -o $@ gen.c\n' \
        "$variable" "$variable" >"$variable/Makefile"
    printf '#include <stdio.h>\nint main(void) { puts("int main(void) { return 0; }"); return 0; }\n' >"$variable/gen.c"
    good "$larder" build "${targets[@]}" -C "$variable"
done

say "a variable of the project's goes before the recipe's"
mkdir env
cp HOSTCC/gen.c env
sed 's/HOSTCC ?= .*/HOSTCC ?= false/' HOSTCC/Makefile >env/Makefile
printf '[build.env]\nHOSTCC = "gcc -DGIVEN"\n' >env/larder.toml
printf '#ifndef GIVEN\n#error not given\n#endif\n' >>env/gen.c
good "$larder" build "$other_target" -C env

say "the project's MAKEFLAGS, beside the jobs"
mkdir flags
printf 'WORD = plain\nprog: main.c\n\t$(CC) -DWORD=$(WORD) -o $@ main.c\n' >flags/Makefile
printf '#include <stdio.h>\n#define TEXT(x) #x\n#define SAID(x) TEXT(x)\nint main(void) { puts(SAID(WORD)); return 0; }\n' >flags/main.c
for flags in WORD=given 'k -- WORD=given' '-j3 WORD=given' 'e' 'ek'; do
    printf '[build.env]\nMAKEFLAGS = "%s"\nWORD = "given"\n' "$flags" >flags/larder.toml
    good "$larder" build "${targets[@]}" -C flags
    expect_equal "$("$(program flags prog)")" given "with MAKEFLAGS=$flags"
    refuse_err warning
done
good "$larder" build "$other_target" -C env --env 'HOSTCC=gcc -DGIVEN'

say 'a configure of a bundled library is told of the target'
mkdir -p bundled/lib
printf 'lib/part.h:\n\tcd lib && ./configure\nprog: lib/part.h main.c\n\t$(CC) -o $@ main.c\n.DEFAULT_GOAL := prog\n' >bundled/Makefile
printf '#include "lib/part.h"\nint main(void) { return PART; }\n' >bundled/main.c
# As Autoconf's: it reads the site's file, and runs what it has compiled where it does not cross-compile.
cat >bundled/lib/configure <<'END'
#!/bin/sh
cross_compiling=no host_alias=
. "$CONFIG_SITE"
printf 'int main(void) { return 0; }\n' >try.c
${CC-gcc} -o try try.c || exit 1
[ "$cross_compiling" = yes ] || ./try || exit 1
echo '#define PART 0' >part.h
END
chmod +x bundled/lib/configure
good "$larder" build "${targets[@]}" -C bundled

say 'the way to the makefile is as without Larder'
mkdir first
printf 'here := $(dir $(abspath $(firstword $(MAKEFILE_LIST))))\nprog: main.c\n\t$(CC) -o $@ $(here)main.c\n' >first/Makefile
printf 'int main(void) { return 0; }\n' >first/main.c
good "$larder" build "${targets[@]}" -C first

say 'what starts a compiler stays, and an assembler is the target'\''s'
mkdir launched
printf '#!/bin/sh\nexec "$@" -DGIVEN=2\n' >launched/wrap
chmod +x launched/wrap
printf 'int part(void);\nint main(void) { return GIVEN - 2 + part(); }\n' >launched/main.c
printf '\t.globl part\npart:\n\t.skip 16\n' >launched/part.s
for cc in './wrap gcc' 'env FOO=1 gcc -DGIVEN=2' 'ccache gcc -DGIVEN=2'; do
    [[ $cc != ccache* ]] || command -v ccache >/dev/null || continue
    printf 'CC = %s\nAS = as\nprog: main.c part.o\n\t$(CC) -o $@ main.c part.o\npart.o: part.s\n\t$(AS) -o $@ part.s\n' "$cc" >launched/Makefile
    good "$larder" build "${targets[@]}" -C launched
done

say 'a program whose library lies in another folder'
mkdir -p rpath
printf 'all: bin/prog\nbin/prog: main.c lib/libword.so\n\tmkdir -p bin\n\t$(CC) -o $@ main.c -Llib -lword '\''-Wl,-rpath,$$ORIGIN/../lib'\''\nlib/libword.so: word.c\n\tmkdir -p lib\n\t$(CC) -shared -fPIC -o $@ word.c\n' >rpath/Makefile
printf 'const char* word(void) { return "shared"; }\n' >rpath/word.c
printf '#include <stdio.h>\nconst char* word(void);\nint main(void) { puts(word()); return 0; }\n' >rpath/main.c
good "$larder" build "$own_target" -C rpath
expect_prints rpath bin/prog shared

say 'several goals are made one after another, and what was made too late is named'
mkdir turns
cat >turns/Makefile <<'END'
all: prog
prog: main.o
	$(CC) -o $@ main.o
main.o: main.c
	$(CC) -c main.c
clean:
	sleep 0.5; rm -f *.o prog
broken: made.h late
made.h:
	sleep 0.5; echo '#define MADE 1' >$@
late: late.c
	$(CC) -o $@ late.c
END
printf 'int main(void) { return 0; }\n' >turns/main.c
printf '#include "made.h"\nint main(void) { return 1 - MADE; }\n' >turns/late.c
good "$larder" build "$own_target" -C turns -- clean all
expect "$(program turns prog)"
printf '[build]\njobs = 2\n' >turns/larder.toml
run "$larder" build "$own_target" -C turns -- broken
expect_status 1
expect_err 'made.h was missing when it was needed, and has been made since'
expect_err '`jobs = 1` in [build]'
printf '[build]\njobs = 1\n' >turns/larder.toml
good "$larder" build "$own_target" -C turns -- broken
expect "$(program turns late)"

say "a makefile's own default for pkg-config, where nothing has to be replaced"
mkdir defaults
printf 'PKG_CONFIG ?= sh ./own\nprog: main.c\n\t$(CC) $(shell $(PKG_CONFIG)) -o $@ main.c\n' >defaults/Makefile
echo 'echo -DVALUE=0' >defaults/own
printf 'int main(void) { return VALUE; }\n' >defaults/main.c
good "$larder" build "$own_target" -C defaults
expect "$(program defaults prog)"

say 'tests are run by check, else by test, or by the goal that the user names'
mkdir tested
printf 'prog: main.c\n\t$(CC) -o $@ main.c\ntest: prog\n\t@echo tested $(EMULATOR)\nmore:\n\t@echo more\n.PHONY: test more\n' >tested/Makefile
printf 'int main(void) { return 0; }\n' >tested/main.c
good "$larder" test "$own_target" -C tested
expect_err '| tested'
good "$larder" test "$own_target" -C tested -- more V=1
expect_err '| more'
refuse_err '| tested'
printf 'check: prog\n\t@echo checked\n' >>tested/Makefile
good "$larder" test "$own_target" -C tested
expect_err '| checked'
mkdir tested/test
printf 'prog: main.c\n\t$(CC) -o $@ main.c\n' >tested/Makefile
run "$larder" test "$own_target" -C tested
expect_status 1
expect_err "No rule to make target 'check'"
