#include "engine/overlay.hpp"

#include <fcntl.h>
#include <sys/mount.h>

#include <cerrno>

#include "base/unique_fd.hpp"

namespace larder::engine {
namespace {

// `userxattr`: marks that an ordinary user may write. `volatile`: durability is the settling's business, and copying up
// is eight times faster without the kernel's own syncs. `index` off: layers may be merged and moved.

bool set_text(const UniqueFd& context, const char* key, const std::string& value) {
  return ::fsconfig(context.get(), FSCONFIG_SET_STRING, key, value.c_str(), 0) == 0;
}

bool set_flag(const UniqueFd& context, const char* key) {
  return ::fsconfig(context.get(), FSCONFIG_SET_FLAG, key, nullptr, 0) == 0;
}

/// False with the errno of what the kernel refused.
bool configure(const UniqueFd& context, const Overlay& overlay) {
  for (auto lower = overlay.lowers.rbegin(); lower != overlay.lowers.rend(); ++lower)
    if (!set_text(context, "lowerdir+", *lower)) return false;
  if (!set_flag(context, "userxattr") || !set_text(context, "index", "off")) return false;
  if (overlay.upper.empty()) return true;
  return set_flag(context, "volatile") && set_text(context, "upperdir", overlay.upper) &&
         set_text(context, "workdir", overlay.work);
}

/// What the kernel says of its refusal, for people: "e overlay: …".
std::string reason(const UniqueFd& context) {
  std::string text(1024, '\0');
  const ssize_t size = ::read(context.get(), text.data(), text.size());
  if (size <= 2) return {};
  text.resize(static_cast<size_t>(size));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(2);
}

Status refused(int number, const UniqueFd& context) {
  Error error = sys_error(number, "cannot mount an overlay");
  if (const std::string why = reason(context); !why.empty()) error.cause += " (" + why + ")";
  return fail(std::move(error));
}

Status mount_by_layer(const Overlay& overlay, const std::string& where) {
  const UniqueFd context(::fsopen("overlay", FSOPEN_CLOEXEC));
  if (!context) return fail_sys(errno, "cannot mount an overlay");
  if (!configure(context, overlay) || ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return refused(errno, context);
  const unsigned attributes =
      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (overlay.upper.empty() ? static_cast<unsigned>(MOUNT_ATTR_RDONLY) : 0U);
  const UniqueFd mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, attributes));
  if (!mount) return refused(errno, context);
  if (::move_mount(mount.get(), "", AT_FDCWD, where.c_str(), MOVE_MOUNT_F_EMPTY_PATH) == 0) return {};
  return fail_sys(errno, "cannot mount an overlay on " + where);
}

bool fits_into_options(const std::string& path) { return path.find_first_of(",:\\") == std::string::npos; }

Status mount_by_options(const Overlay& overlay, const std::string& where) {
  std::string options = "lowerdir=";
  for (auto lower = overlay.lowers.rbegin(); lower != overlay.lowers.rend(); ++lower) {
    if (!fits_into_options(*lower))
      return fail(ErrorCode::environment, "cannot mount an overlay over " + *lower,
                  "this kernel takes no comma, colon or backslash in the name", "use a folder with a plainer name");
    options += (lower == overlay.lowers.rbegin() ? "" : ":") + *lower;
  }
  options += ",userxattr,index=off";
  if (!overlay.upper.empty()) options += ",volatile,upperdir=" + overlay.upper + ",workdir=" + overlay.work;
  const unsigned long flags =
      MS_NOSUID | MS_NODEV | (overlay.upper.empty() ? static_cast<unsigned long>(MS_RDONLY) : 0UL);
  if (::mount("overlay", where.c_str(), "overlay", flags, options.c_str()) == 0) return {};
  return fail_sys(errno, "cannot mount an overlay on " + where);
}

/// Asked once: kernels before 6.7 do not know the option.
bool takes_layers_one_by_one() {
  static const bool takes = [] {
    const UniqueFd context(::fsopen("overlay", FSOPEN_CLOEXEC));
    return context && set_text(context, "lowerdir+", ".");
  }();
  return takes;
}

}  // namespace

Status mount_overlay(const Overlay& overlay, const std::string& where) {
  return takes_layers_one_by_one() ? mount_by_layer(overlay, where) : mount_by_options(overlay, where);
}

}  // namespace larder::engine
