#!/usr/bin/env bash
# Content decides, for make, which builds in the source tree and sees nothing but times: every case is one in which the
# program must be that of the project as it is. Each has a folder of its own.
# shellcheck source=tests/e2e/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
need_make
need_program git

# A program that prints the WORD of word.h: sources FOLDER WORD
sources() {
    mkdir -p "$1"
    printf '#include <stdio.h>\n#include "word.h"\nint main(void) { puts(WORD); return 0; }\n' >"$1/main.c"
    printf '#define WORD "%s"\n' "$2" >"$1/word.h"
}

# rules FOLDER LINE...: its makefile
rules() {
    local folder=$1
    shift
    printf '%s\n' "$@" >"$folder/Makefile"
}

build() { good "$larder" build "$own_target" -C "$1"; }

# The program of FOLDER prints WORD: prints FOLDER WORD
prints() { expect_equal "$("$(program "$1" prog)")" "$2" "the program of $1"; }

plain='prog: main.c word.h
	$(CC) -o $@ main.c'

say 'a file that the build writes in the source tree is still the user'"'"'s to edit'
while IFS='|' read -r name touching; do
    sources "$name" first
    rules "$name" 'prog: main.c word.h' "	$touching" '	touch $@'
    build "$name"
    prints "$name" first
    printf '#define WORD "edited"\n' >"$name/word.h"
    build "$name"
    prints "$name" edited
    expect_equal "$(<"$name/word.h")" '#define WORD "edited"' "the user's file"
done <<'END_OF_CASES'
touched|touch word.h && $(CC) -o $@ main.c
made-readable|chmod 644 word.h && $(CC) -o $@ main.c
edited-in-place|sed -i s/x/x/ word.h && $(CC) -o $@ main.c
deleted|$(CC) -o $@ main.c && rm word.h
END_OF_CASES

say 'a file of the user'"'"'s goes before the one that a build has made'
sources own-config default
mv own-config/word.h own-config/word.def.h
rules own-config 'prog: main.c word.h' '	$(CC) -o $@ main.c' 'word.h:' '	cp word.def.h $@'
build own-config
prints own-config default
[[ ! -e own-config/word.h ]] || fail 'a build has written into the project'
sed s/default/mine/ own-config/word.def.h >own-config/word.h
build own-config
prints own-config mine

say 'what the user puts into a folder that a build has made anew'
mkdir -p made-again/gen
printf 'int a = 1;\n' >made-again/gen/a.c
printf '#ifdef USERS\n#define WORD "user"\n#else\n#define WORD "build"\n#endif\n#include <stdio.h>\nint main(void) { puts(WORD); return 0; }\n' >made-again/main.c
compile='	$(CC) $(shell test -f gen/user.h && echo -DUSERS) -o $@ main.c'
rules made-again 'prog: main.c' '	rm -rf gen && mkdir gen && touch gen/made' "$compile"
build made-again
prints made-again build
expect test -e made-again/gen/a.c
printf 'int x;\n' >made-again/gen/user.h
rules made-again 'prog: main.c' "$compile"
touch made-again/main.c
build made-again
prints made-again user

say 'a folder that is replaced by an older one'
sources replaced old
rules replaced "$plain"
tar -cf old.tar replaced
sleep 0.05
sources replaced new
build replaced
prints replaced new
rm -r replaced
tar -xf old.tar
build replaced
prints replaced old

say 'programs of one size with one time'
sources clamped one
rules clamped 'prog: FORCE' '	$(CC) -o $@ main.c' '	touch -d @1700000000 $@' 'FORCE:'
build clamped
prints clamped one
printf '#define WORD "two"\n' >clamped/word.h
build clamped
prints clamped two

say 'a volume that was filled while the clock was ahead'
sources ahead before
rules ahead "$plain"
build ahead
wait_for_upkeep
find "$LARDER_STORE"/layers/*/tree -type f -exec touch -d '+2 hours' {} +
printf '#define WORD "after"\n' >ahead/word.h
build ahead
prints ahead after
expect_err "newer than this machine's clock, starts from nothing"

say 'what a compiler on the machine has left'
sources left release
rules left 'prog: main.o' '	$(CC) -o $@ main.o' 'main.o: main.c word.h' '	$(CC) $(CFLAGS) -c main.c'
(cd left && make -s CC=gcc)
expect test -x left/prog
build left
prints left release
expect_err 'what other builds have left in the project is not shown to the build: main.o and 1 more; `[workspace] show = ["main.o"]`'
build left
refuse_err 'is not shown to the build'
rm -r left/target left/prog left/main.o
printf '#ifndef WORD\n#define WORD "release"\n#endif\n' >left/word.h
(cd left && make -s CC=gcc main.o CFLAGS=-DWORD='\"debug\"')
build left
prints left release
expect test -e left/main.o

say 'and what the project wants of it'
printf '[workspace]\nshow = ["*.o"]\n' >left/larder.toml
rm -f left/target/*/*/prog
good "$larder" cache clean --all --yes
build left
prints left debug

say 'other settings'
sources settings plain
printf '#ifndef WORD\n#define WORD "plain"\n#endif\n' >settings/word.h
rules settings 'prog: main.c word.h' '	$(CC) $(CFLAGS) -o $@ main.c'
build settings
prints settings plain
printf "[build.env]\nCFLAGS = '-DWORD=\\\\\"fast\\\\\"'\n" >settings/larder.toml
build settings
prints settings fast
rm settings/larder.toml
build settings
prints settings plain
refuse_err 'starts from nothing'

say 'a new header that an old #include means now, and one that is asked for'
sources shadowed second
mkdir shadowed/{first,second}
mv shadowed/word.h shadowed/second
rules shadowed 'prog: main.c second/word.h' '	$(CC) -Ifirst -Isecond -o $@ main.c'
build shadowed
prints shadowed second
printf '#if __has_include("extra.h")\n#include "extra.h"\n#else\n#define WORD "first"\n#endif\n' >shadowed/first/word.h
build shadowed
prints shadowed first
expect_err 'word.h is new, and main.c may have meant another file by that name, starts from nothing'
printf '#define WORD "extra"\n' >shadowed/second/extra.h
build shadowed
prints shadowed extra

say 'a file goes of which a pattern rule has made another'
mkdir -p gone/defs
echo '"a"' >gone/defs/a.def
echo '"b"' >gone/defs/b.def
printf '#include <stdio.h>\nint main(void) { puts(\n#include "all.h"\n); return 0; }\n' >gone/main.c
rules gone 'GEN := $(patsubst defs/%.def,gen/%.h,$(wildcard defs/*.def))' 'prog: main.c all.h' '	$(CC) -o $@ main.c' \
    'all.h: $(GEN)' '	cat gen/*.h >$@' 'gen/%.h: defs/%.def' '	mkdir -p gen && cp $< $@'
build gone
prints gone ab
rm gone/defs/b.def
build gone
prints gone a
mv gone/defs/a.def gone/defs/c.def
build gone
prints gone a

say 'a tree that turns dirty, and clean again'
mkdir dirty
printf '#include <stdio.h>\nint main(void) { puts(WORD); return 0; }\n' >dirty/main.c
rules dirty 'WORD := $(shell git describe --always --dirty=-dirty --exclude="*" --abbrev=4 | sed "s/^[^-]*//")' 'prog: main.c notes' \
    "	\$(CC) -DWORD='\"tree\$(WORD)\"' -o \$@ main.c"
printf 'one\n' >dirty/readme
: >dirty/notes
printf 'target\n' >dirty/.gitignore
git -C dirty init -q
git -C dirty add .
git -C dirty commit -qm one
build dirty
prints dirty tree
printf 'two\n' >dirty/readme
build dirty
prints dirty tree-dirty
expect_err 'Makefile asks git, whose answer is another now'
printf 'three\n' >dirty/readme
build dirty
prints dirty tree-dirty
refuse_err 'starts from nothing'
git -C dirty checkout -q readme
build dirty
prints dirty tree

say 'a makefile is changed, and a source goes'
mkdir blind
printf '#include <stdio.h>\nint other(void);\nint main(void) { puts(WORD); return other(); }\n' >blind/main.c
printf 'int other(void) { return 0; }\n' >blind/other.c
rules blind 'prog: main.o other.o' '	$(CC) -o $@ $^' 'main.o: main.c' "	\$(CC) -DWORD='\"one\"' -c main.c"
build blind
prints blind one
sed -i 's/one/two/' blind/Makefile
touch -d '1 hour ago' blind/Makefile
build blind
prints blind two
expect_err 'Makefile has changed, starts from nothing'
rm blind/other.c
run "$larder" build "$own_target" -C blind
expect_status 1 # as from nothing: there is no rule for other.o
expect_err 'other.c has gone, starts from nothing'

say 'what make is not told to look at'
sources untold one
rules untold 'prog: main.o' '	$(CC) -o $@ main.o'
build untold
prints untold one
printf '#define WORD "two"\n' >untold/word.h
build untold
prints untold two
expect_err 'nothing tells the tool that main.c includes it, starts from nothing'
rules untold 'WORD := $(shell cat WORD)' 'prog: main.c' '	$(CC) -DWORD=\"$(WORD)\" -o $@ main.c'
sed -i /word.h/d untold/main.c
echo one >untold/WORD
build untold
echo two >untold/WORD
build untold
prints untold two
expect_err 'WORD has changed'
rules untold 'CFLAGS = -MMD' 'prog: main.o' '	$(CC) -o $@ main.o' '-include main.d'
sources untold one
build untold
printf '#define WORD "two"\n' >untold/word.h
build untold
prints untold two
refuse_err 'starts from nothing' # the compiler has noted it

say 'what git says of the project'
mkdir described
printf '#include <stdio.h>\nint main(void) { puts(WORD); return 0; }\n' >described/main.c
rules described 'prog: FORCE' '	printf '"'"'#define WORD "%s"\n'"'"' "$$(git describe --always --dirty)" >word.h' \
    '	$(CC) -include word.h -o $@ main.c' 'FORCE:'
printf 'target\nprog\nword.h\n' >described/.gitignore
git -C described init -q
git -C described add -A
git -C described commit -qm one
touch described/main.c # git has to refresh its index to know that nothing has changed
build described
prints described "$(git -C described describe --always --dirty)"
printf '//\n' >>described/main.c
build described
prints described "$(git -C described rev-parse --short HEAD)-dirty"
git -C described commit -qam two
build described
expect_equal "$(git -C described status --porcelain)" ''
prints described "$(git -C described rev-parse --short HEAD)"

say 'two targets that write one source'
need_other_target
sources both ''
rules both 'prog: FORCE' '	printf '"'"'#define WORD "%s"\n'"'"' "$(CC)" >word.h' '	$(CC) -static -o $@ main.c' 'FORCE:'
good "$larder" build "$own_target" "$other_target" -C both
prints both cc # as plain make has it
expect_equal "$("$(other_program both prog)")" "$(uname -m)-linux-musl-gcc"
expect_equal "$(<both/word.h)" '#define WORD ""' "the project's own"

say 'a commit that leaves all files as they are, where the makefile asks git'
sources described ''
rm described/word.h
rules described 'VERSION := $(shell git rev-parse HEAD)' 'prog: main.c' '	$(CC) -DWORD=\"$(VERSION)\" -o $@ main.c'
sed -i /word.h/d described/main.c
printf '/target\n' >described/.gitignore
git -C described init -q
git -C described add .
git -C described commit -qm one
build described
prints described "$(git -C described rev-parse HEAD)"
git -C described commit -q --allow-empty -m two
build described
prints described "$(git -C described rev-parse HEAD)"

say 'what a program of the project reads that a rule runs'
sources runs ''
rm runs/word.h
rules runs 'prog: main.c word.h' '	$(CC) -o $@ main.c' 'word.h: gen' '	./gen >$@' 'gen: gen.c' '	cc -o $@ $<'
printf '#include <stdio.h>\nint main(void) { char word[9]; FILE *file = fopen("word.txt", "r"); fscanf(file, "%%8s", word); return printf("#define WORD \\"%%s\\"\\n", word) < 0; }\n' >runs/gen.c
echo one >runs/word.txt
build runs
prints runs one
echo two >runs/word.txt
build runs
prints runs two
expect_err 'word.txt has changed, which gen.c may read, starts from nothing'

say 'what a script of a rule reads and asks'
sources reads ''
rm reads/word.h
rules reads 'prog: main.c word.h' '	$(CC) -o $@ main.c' 'word.h: word.sh' '	sh word.sh >$@'
# shellcheck disable=SC2016 # for the script
printf 'echo "#define WORD \\"$(cat word.txt) $(git log -1 --format=%%s)\\""\n' >reads/word.sh
echo one >reads/word.txt
printf 'prog\nword.h\ntarget\n' >reads/.gitignore
git -C reads init -q
git -C reads add .
git -C reads commit -qm first
build reads
prints reads 'one first'
echo two >reads/word.txt
build reads
prints reads 'two first'
git -C reads commit -q --allow-empty -m second
build reads
prints reads 'two second'

say 'what make reads of a folder that a variable names'
mkdir -p folders/data
sources folders ''
printf '#include <stdio.h>\nint main(void) { puts(WORD); return 0; }\n' >folders/main.c
echo 1 >folders/data/a.txt
for reads in 'cat $(D)/*' 'find $(D) -type f -exec cat {} +' 'cat da?a/a.tx?' 'cat data/$(N).txt'; do
    printf 'D := data\nN := a\nWORD := $(shell %s | tr -d "\\n")\nprog: main.c\n\t$(CC) -DWORD=\\"$(WORD)\\" -o $@ main.c\n' "$reads" >folders/Makefile
    for word in 2 3; do
        echo "$word" >folders/data/a.txt
        build folders
        prints folders "$word"
    done
done

say 'branches and what else git knows'
mkdir branches
sources branches ''
cp folders/main.c branches
printf 'target\nprog\n' >branches/.gitignore
git -C branches init -q -b main
for asks in 'git rev-parse --abbrev-ref HEAD' 'sed s,.*/,, .git/HEAD' 'git for-each-ref --format "%(refname:short)" --points-at HEAD refs/heads | sort | tail -n 1'; do
    printf 'WORD := $(shell %s)\nprog: main.c\n\t$(CC) -DWORD=\\"$(WORD)\\" -o $@ main.c\n' "$asks" >branches/Makefile
    git -C branches add .
    git -C branches commit -qm "$asks"
    build branches
    prints branches main
    git -C branches switch -q -c other
    build branches
    prints branches other
    git -C branches switch -q main
    git -C branches branch -q -D other
done

say 'a prerequisite that something else reads, too'
mkdir half
printf 'VERSION := $(shell cat VERSION)\nprog: a.o b.o\n\t$(CC) -o $@ a.o b.o\na.o: a.c word.h\nb.o: b.c\nnotes.txt: VERSION\n\tcp VERSION $@\n' >half/Makefile
sed -i 's/^prog: a.o b.o$/& c.o/; s/-o $@ a.o b.o/& c.o/; $a c.o: c.c\n\t$(CC) -DVERSION=$(VERSION) -c c.c' half/Makefile
echo '#define WORD 1' >half/word.h
echo 3 >half/VERSION
printf '#include "word.h"\nint a = WORD;\n' >half/a.c
printf 'int c = VERSION;\n' >half/c.c
printf '#include <stdio.h>\n#include "inner.h"\nextern int a, c;\nint main(void) { printf("%%d %%d %%d\\n", a, WORD, c); }\n' >half/b.c
echo '#include "word.h"' >half/inner.h
good "$larder" build "$own_target" -C half
expect_equal "$("$(program half prog)")" '1 1 3'
echo '#define WORD 2' >half/word.h
good "$larder" build "$own_target" -C half
expect_equal "$("$(program half prog)")" '2 2 3'
echo 4 >half/VERSION
good "$larder" build "$own_target" -C half
expect_equal "$("$(program half prog)")" '2 2 4'
sed -i 's/^b.o: b.c$/& inner.h word.h/' half/Makefile
good "$larder" build "$own_target" -C half
echo '#define WORD 5' >half/word.h
good "$larder" build "$own_target" -C half
expect_equal "$("$(program half prog)")" '5 5 4'
refuse_err 'starts from nothing'
