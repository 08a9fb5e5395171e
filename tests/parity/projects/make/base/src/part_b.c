#include "part_b.h"
#include "common.h"

__attribute__((constructor)) static void add(void) {
#ifdef HOST
    add_part("/host", 0);
#endif
    add_part(__FILE__, PART_VALUE + COMMON_VALUE);
    add_part(__FILE__, 1007);
}
