FLAGS += -DWITH_REWRITES
BEFORE_MAIN += sed -i s/draft/final/ src/draft.h;
