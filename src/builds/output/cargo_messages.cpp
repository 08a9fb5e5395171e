#include "builds/output/cargo_messages.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.hpp"
#include "builds/output/result_path.hpp"

namespace larder::builds {
namespace {

using nlohmann::json;

constexpr size_t files_max = 100'000;  ///< far more than any project has; a flood of forged ones ends there

bool is_plain_path(const std::string& path) {
  if (path.empty() || path.front() != '/' || path.size() > path_bytes_max) return false;
  if (has_controls(path)) return false;
  const std::vector<std::string> parts = split(std::string_view(path).substr(1), '/');
  return std::none_of(parts.begin(), parts.end(),
                      [](const std::string& part) { return part.empty() || part == "." || part == ".."; });
}

bool has_kind(const json& target, std::initializer_list<const char*> kinds) {
  const json& list = target.at("kind");
  return std::any_of(list.begin(), list.end(), [&](const json& kind) {
    return std::any_of(kinds.begin(), kinds.end(), [&](const char* one) { return kind == one; });
  });
}

bool is_for_rust_alone(const std::string& path) { return path.ends_with(".rlib") || path.ends_with(".rmeta"); }

/// What cargo leaves in `deps` under a name with a hash is a dependency's, but for tests and benchmarks.
bool is_dependency(const std::string& path) {
  const size_t name = path.rfind('/');
  return std::string_view(path).substr(0, name).ends_with("/deps");
}

std::vector<std::string> results_of(const json& message) {
  std::vector<std::string> files;
  if (message.at("reason") != "compiler-artifact" || has_kind(message.at("target"), {"custom-build", "proc-macro"}))
    return files;
  const bool test = message.at("profile").at("test").get<bool>();
  for (const json& file : message.at("filenames")) {
    std::string path = file.get<std::string>();
    if (is_plain_path(path) && !is_for_rust_alone(path) && (test || !is_dependency(path)))
      files.push_back(std::move(path));
  }
  return files;
}

}  // namespace

bool CargoMessages::take(const std::string& line) {
  if (!may_be(line) || line.size() > line_bytes_max) return false;
  const json message = json::parse(line, nullptr, false);
  if (!message.is_object()) return false;
  any_ = true;
  try {
    for (std::string& file : results_of(message))
      if (files_.size() < files_max) files_.insert(std::move(file));
  } catch (const json::exception&) {
    return true;  // it names nothing that can be understood
  }
  return true;
}

}  // namespace larder::builds
