#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/os.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace larder::builds {

/// The file with a tool's output. Of a long one it keeps the first and the last `part_bytes_max`, in whole lines, and
/// says between them how much is not there: a tool that prints for ever fills neither disk nor memory. Beyond the first
/// part the file is complete only once the object has gone.
class Log {
 public:
  static constexpr size_t part_bytes_max = size_t{4} << 20U;

  /// Empties the file, or creates it for its owner alone.
  static Result<Log> open(Os& os, const std::string& path);
  /// Writes behind what the file has.
  static Result<Log> append(Os& os, const std::string& path);

  explicit Log(UniqueFd file) : file_(std::move(file)) {}
  Log(Log&&) noexcept = default;
  Log& operator=(Log&&) = delete;
  ~Log();

  /// Takes any bytes. What a full disk does not take is lost: it must not end a build that could still go on.
  void write(std::string_view text);

 private:
  void shorten_tail();

  UniqueFd file_;
  bool head_is_full_ = false;
  size_t head_bytes_ = 0;
  std::string tail_;
  uint64_t left_out_ = 0;
};

}  // namespace larder::builds
