AFTER_LINK += touch src/common.h;
