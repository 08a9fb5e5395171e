/// toml++'s implementation, which its headers only declare where TOML_HEADER_ONLY is 0. What it asserts depends on the
/// text, which may be a stranger's: so that is an exception, and checked with NDEBUG, too.
#include "config/broken_toml.hpp"

#undef NDEBUG
#define TOML_ASSERT(condition) ((condition) ? static_cast<void>(0) : larder::config::throw_broken_toml())
#define TOML_IMPLEMENTATION
#include <toml++/toml.h>

namespace larder::config {

void throw_broken_toml() { throw BrokenToml(); }

}  // namespace larder::config
