#define LIB_HEADER_VALUE 1004

int lib_makefile(void);
int lib_header(void);
int lib_source(void);
