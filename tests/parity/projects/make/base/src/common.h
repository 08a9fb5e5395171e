#define COMMON_VALUE 1006

void add_part(const char *file, int value);
