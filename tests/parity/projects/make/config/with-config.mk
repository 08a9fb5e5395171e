# As many programs have it: the user's own config.h, else a copy of the default.
FLAGS += -DWITH_CONFIG
src/main.o: config.h
config.h:
	cp config.def.h $@
