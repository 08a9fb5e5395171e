#include "engine/opened_files.hpp"

#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.hpp"

namespace larder::engine {
namespace {

/// What stands in place of a path where some may be missing.
constexpr std::string_view incomplete_mark = "/";

void write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno != EINTR) return;  // a file in memory: then there is none, and the run fails for itself
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace

OpenedFiles::OpenedFiles(const std::string& root, const Watched& watched)
    : file_(watched.file), events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  for (const std::string& folder : watched.folders) {
    const std::string prefix = folder.empty() ? "" : folder + "/";
    const std::string path = root + watched.path + "/" + prefix;
    const int number = ::inotify_add_watch(events_.get(), path.c_str(), IN_OPEN | IN_ONLYDIR | IN_DONT_FOLLOW);
    if (number < 0) continue;
    const auto place = static_cast<size_t>(number);
    if (folders_.size() <= place) {
      folders_.resize(place + 1);
      names_.resize(place + 1);
    }
    folders_[place] = prefix;
  }
}

void OpenedFiles::take() {
  alignas(inotify_event) std::array<char, 65536> buffer{};
  ssize_t count = 0;
  while (events_ && ((count = ::read(events_.get(), buffer.data(), buffer.size())) > 0 || errno == EINTR))
    if (count > 0) take_events(buffer.data(), static_cast<size_t>(count));
}

void OpenedFiles::take_events(const char* bytes, size_t count) {
  for (size_t at = 0; at + sizeof(inotify_event) <= count;) {
    inotify_event event{};
    std::memcpy(&event, bytes + at, sizeof event);
    const char* name = bytes + at + sizeof event;
    at += sizeof event + event.len;
    if ((event.mask & IN_Q_OVERFLOW) != 0 || count_ >= names_max) complete_ = false;
    const bool has_name = (event.mask & IN_OPEN) != 0 && event.len > 0;  // else it is the folder itself
    if (!has_name || count_ >= names_max || static_cast<size_t>(event.wd) >= names_.size()) continue;
    if (names_[static_cast<size_t>(event.wd)].emplace(name).second) ++count_;
  }
}

void OpenedFiles::tell() const {
  std::string text;
  if (!complete_) text.append(incomplete_mark).push_back('\0');
  for (size_t i = 0; i < names_.size(); ++i)
    for (const std::string& name : names_[i]) text.append(folders_[i]).append(name).push_back('\0');
  write_all(file_, text);
}

Result<Opened> read_opened(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return fail_sys(errno, "cannot read which files a build has opened");
  std::string text(static_cast<size_t>(status.st_size), '\0');
  for (size_t at = 0; at < text.size();) {
    const ssize_t count = ::pread(file, text.data() + at, text.size() - at, static_cast<off_t>(at));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return fail_sys(count < 0 ? errno : EIO, "cannot read which files a build has opened");
    at += static_cast<size_t>(count);
  }
  Opened opened;
  for (std::string& path : split(text, '\0')) {
    if (path == incomplete_mark)
      opened.complete = false;
    else if (!path.empty())
      opened.paths.push_back(std::move(path));
  }
  return opened;
}

}  // namespace larder::engine
