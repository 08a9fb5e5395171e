#pragma once

#include <string>

namespace larder::fuzz {

/// A reader of what others have written, by the name that `scripts/fuzz NAME` calls it and that its folder of seeds in
/// corpus/ has.
struct Target {
  using Run = void (*)(const std::string& input);
  Target(const char* name, Run run);
};

/// Ends the process, as a finding, where something does not hold that the reader promises.
void must(bool holds);

}  // namespace larder::fuzz

/// Defines a target; its body reads `input`.
#define FUZZ_TARGET(name)                                               \
  static void fuzz_##name(const std::string& input);                    \
  static const larder::fuzz::Target target_##name(#name, &fuzz_##name); \
  static void fuzz_##name(const std::string& input)
