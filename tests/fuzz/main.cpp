#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string_view>

#include "fuzz/fuzz.hpp"

namespace larder::fuzz {
namespace {

std::map<std::string, Target::Run>& targets() {
  static std::map<std::string, Target::Run> all;
  return all;
}

Target::Run chosen = nullptr;

}  // namespace

Target::Target(const char* name, Run run) { targets()[name] = run; }

void must(bool holds) {
  if (!holds) std::abort();
}

/// LARDER_FUZZ names the target; without it, or with another word, all names are printed.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* name = std::getenv("LARDER_FUZZ");
  const auto found = targets().find(name == nullptr ? "" : name);
  if (found == targets().end()) {
    for (const auto& [one, run] : targets()) std::puts(one.c_str());
    std::exit(name == nullptr ? 0 : 2);
  }
  chosen = found->second;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  chosen(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}

}  // namespace larder::fuzz
