AFTER_LINK += chmod 644 src/common.h;
