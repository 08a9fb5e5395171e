#include "image/scripts.hpp"

#include "base/result.hpp"

namespace larder::image {

std::string script_text(std::string_view name) {
  for (const auto& [known, text] : embedded_scripts())
    if (known == name) return std::string(text);
  INVARIANT(false && "no such script");
  return {};
}

}  // namespace larder::image
