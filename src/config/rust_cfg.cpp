#include "config/rust_cfg.hpp"

#include <array>
#include <cctype>
#include <map>
#include <utility>

namespace larder::config {
namespace {

constexpr int depth_max = 50;

/// What the first part of a triple is called as `target_arch`, where that is another word.
constexpr std::array architectures = {std::pair("armv7", "arm"), std::pair("i686", "x86"), std::pair("i586", "x86"),
                                      std::pair("powerpc64le", "powerpc64"), std::pair("riscv64gc", "riscv64")};

std::string architecture_of(const std::string& triple) {
  const std::string first = triple.substr(0, triple.find('-'));
  for (const auto& [name, architecture] : architectures)
    if (first == name) return architecture;
  return first;
}

std::map<std::string, std::string> facts_of(const Target& target) {
  const bool windows = target.system == "Windows";
  const std::string architecture = architecture_of(target.triple);
  const bool narrow = architecture == "arm" || architecture == "x86";
  return {{"target_arch", architecture},
          {"target_os", windows ? "windows" : "linux"},
          {"target_family", windows ? "windows" : "unix"},
          {"target_env", target.libc == "musl" ? "musl" : "gnu"},
          {"target_pointer_width", narrow ? "32" : "64"},
          {"target_endian", architecture == "s390x" ? "big" : "little"},
          {"target_vendor", windows ? "pc" : "unknown"}};
}

/// A recursive descent over one expression. A part that is not known makes what depends on it unknown.
class Expression {
 public:
  Expression(std::string_view text, const Target& target) : rest_(text), facts_(facts_of(target)) {}

  std::optional<bool> whole() {
    if (word() != "cfg" || !take('(')) return std::nullopt;
    const auto value = predicate(0);
    return take(')') && well_formed_ && skip_space().empty() ? value : std::nullopt;
  }

 private:
  std::string_view skip_space() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front()))) rest_.remove_prefix(1);
    return rest_;
  }

  bool take(char wanted) {
    if (skip_space().empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string word() {
    std::string found;
    skip_space();
    while (!rest_.empty() && (std::isalnum(static_cast<unsigned char>(rest_.front())) || rest_.front() == '_')) {
      found += rest_.front();
      rest_.remove_prefix(1);
    }
    return found;
  }

  std::optional<bool> malformed() {
    well_formed_ = false;
    return std::nullopt;
  }

  std::optional<bool> predicate(int depth) {
    const std::string name = word();
    if (name.empty() || depth > depth_max) return malformed();
    if (take('(')) return list(name, depth);
    if (take('=')) return fact(name);
    if (name == "unix" || name == "windows") return facts_.at("target_family") == name;
    if (name == "true" || name == "false") return name == "true";
    return std::nullopt;
  }

  std::optional<bool> fact(const std::string& name) {
    if (!take('"')) return malformed();
    const size_t end = rest_.find('"');
    if (end == std::string_view::npos) return malformed();
    const std::string value(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    const auto known = facts_.find(name);
    return known == facts_.end() ? std::nullopt : std::optional(known->second == value);
  }

  std::optional<bool> list(const std::string& name, int depth) {
    if (name != "all" && name != "any" && name != "not") return malformed();
    const bool decides = name == "any";  // a part with this value decides an `any` or `all`
    std::optional<bool> value = !decides;
    while (!take(')')) {
      const auto part = predicate(depth + 1);
      if (!well_formed_) return std::nullopt;
      if (name == "not")
        value = part ? std::optional(!*part) : std::nullopt;
      else if (part == decides)
        value = decides;
      else if (!part && value != decides)
        value = std::nullopt;
      if (!take(',') && (skip_space().empty() || rest_.front() != ')')) return malformed();
    }
    return value;
  }

  std::string_view rest_;
  std::map<std::string, std::string> facts_;
  bool well_formed_ = true;
};

}  // namespace

std::optional<bool> fits_cfg(std::string_view text, const Target& target) { return Expression(text, target).whole(); }

}  // namespace larder::config
