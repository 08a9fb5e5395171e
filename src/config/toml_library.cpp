/// toml++'s implementation, which its headers only declare where TOML_HEADER_ONLY is 0.
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>
