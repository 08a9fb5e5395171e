#include "store/care/damage.hpp"

#include <array>

namespace larder::store {
namespace {

constexpr std::array harm_names = {"content", "size", "mode",    "mtime", "link",       "opaque",
                                   "xattr",   "type", "missing", "extra", "unreadable", "torn"};

}  // namespace

const char* to_string(Harm harm) { return harm_names[static_cast<size_t>(harm)]; }

}  // namespace larder::store
