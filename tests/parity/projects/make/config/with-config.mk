# As many programs have it: the user's own config.h, else one that is made of the default.
FLAGS += -DWITH_CONFIG
src/main.o: config.h
config.h: config.def.h
	if grep -qsv generated $@; then touch $@; else sed 's,$$, /* generated */,' $< >$@; fi
