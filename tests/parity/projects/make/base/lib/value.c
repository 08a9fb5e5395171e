#include "value.h"

int lib_makefile(void) { return LIB_MAKEFILE_VALUE; }
int lib_header(void) { return LIB_HEADER_VALUE; }
int lib_source(void) { return 1003; }
