#include "builds/watch/log.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include "base/text.hpp"

namespace larder::builds {
namespace {

constexpr size_t cut_line_bytes_max = 64 * 1024;  ///< what is lost of the tail so that it begins with a whole line

}  // namespace

Result<Log> Log::open(Os& os, const std::string& path) {
  TRY_ASSIGN(UniqueFd file, os.open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600));
  return Log(std::move(file));
}

Result<Log> Log::append(Os& os, const std::string& path) {
  TRY_ASSIGN(UniqueFd file, os.open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0600));
  return Log(std::move(file));
}

Log::~Log() {
  if (!file_) return;
  Os os;
  if (tail_.size() > part_bytes_max) shorten_tail();
  if (left_out_ > 0)
    (void)os.write_all(file_.get(),
                       fmt::format("\n[larder: {} of the output are left out here]\n\n", format_bytes(left_out_)));
  (void)os.write_all(file_.get(), tail_);
}

void Log::write(std::string_view text) {
  if (!head_is_full_) {
    head_bytes_ += text.size();
    head_is_full_ = head_bytes_ >= part_bytes_max;
    const size_t line_end = head_is_full_ ? text.rfind('\n') : std::string_view::npos;
    const std::string_view head = text.substr(0, line_end == std::string_view::npos ? text.size() : line_end + 1);
    Os os;
    (void)os.write_all(file_.get(), head);
    text.remove_prefix(head.size());
  }
  tail_ += text;
  if (tail_.size() > 2 * part_bytes_max) shorten_tail();
}

void Log::shorten_tail() {
  size_t count = tail_.size() - part_bytes_max;
  const size_t line_end = tail_.find('\n', count);
  if (line_end != std::string::npos && line_end - count < cut_line_bytes_max) count = line_end + 1;
  left_out_ += count;
  tail_.erase(0, count);
}

}  // namespace larder::builds
