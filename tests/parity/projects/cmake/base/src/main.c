#include "../lib/value.h"
#include "common.h"
#include "config.h"
#include "generated.h"
#include "variant.h"
#include <stdio.h>
#include <string.h>
#ifdef WITH_COMPILER
#include "compiler.h"
#endif

static int parts;
static const char *files[64];
static int values[64];

void add_part(const char *file, int value) {
    files[parts] = strrchr(file, '/') + 1;
    values[parts++] = value;
}

static void print(const char *name, int value) { printf("%s %d\n", name, value); }

int main(void) {
    print("main", 1005);
    print("common", COMMON_VALUE);
    print("variant", VARIANT_VALUE);
    print("config", CONFIG_VALUE);
    print("generated", GENERATED_VALUE);
    print("script", SCRIPT_VALUE);
    print("lib_makefile", lib_makefile());
    print("lib_header", lib_header());
    print("lib_source", lib_source());
    for (int part = 0; part < parts; ++part) print(files[part], values[part]);
#ifdef WITH_COMPILER
    puts(COMPILER);
    print("compiler", COMPILER_VALUE);
#endif
#ifdef SETTING
    print("setting", SETTING);
#endif
#ifdef HOST
    puts("an object of the host");
#endif
#ifndef __GLIBC__
    puts("musl");
#endif
    return 0;
}
