#include "base/user_attributes.hpp"

#include <cerrno>

#include "base/sha256.hpp"

namespace larder {
namespace {

bool is_users(const std::string& name) { return name.starts_with("user.") && !name.starts_with("user.overlay."); }

}  // namespace

Result<UserAttributes> read_user_attributes(Os& os, int dir, const std::string& path) {
  UserAttributes attributes;
  TRY_ASSIGN(const auto names, os.list_xattrs(dir, path));
  for (const std::string& name : names) {
    if (!is_users(name)) continue;
    TRY_ASSIGN(auto value, os.get_xattr(dir, path, name.c_str()));
    if (value) attributes.emplace(name, std::move(*value));
  }
  return attributes;
}

Status copy_user_attributes(Os& os, int from_dir, const std::string& from, int to_dir, const std::string& to) {
  TRY_ASSIGN(const UserAttributes attributes, read_user_attributes(os, from_dir, from));
  for (const auto& [name, value] : attributes) {
    const Status set = os.set_xattr(to_dir, to, name.c_str(), value);
    if (!set && set.error().sys_errno == ENOTSUP) return {};
    TRY(set);
  }
  return {};
}

std::string hash_user_attributes(const UserAttributes& attributes) {
  if (attributes.empty()) return {};
  Sha256 hash;
  for (const auto& [name, value] : attributes) {
    hash.field(name);
    hash.field(value);
  }
  return hash.finish();
}

}  // namespace larder
