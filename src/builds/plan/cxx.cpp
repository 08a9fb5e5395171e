#include "builds/plan/cxx.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/glob.hpp"
#include "base/os.hpp"
#include "base/text.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

constexpr size_t file_bytes_max = 4 << 20;

class CxxSearch {
 public:
  CxxSearch(const std::string& folder, const config::CxxSigns& signs, const std::string& left_out)
      : folder_(folder), signs_(signs), left_out_(left_out), has_word_(signs.words.empty()) {}

  std::string find() {
    std::error_code error;
    const auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator at(folder_, options, error), end; !error && at != end; at.increment(error)) {
      if (is_left_out(*at, at.depth())) {
        at.disable_recursion_pending();
        continue;
      }
      if (std::error_code ignored; at->is_regular_file(ignored)) look_at(at->path());
      if (!named_.empty()) return named_;
      if (has_word_ && !source_.empty()) return source_;
    }
    return {};
  }

 private:
  bool is_left_out(const fs::directory_entry& entry, int depth) const {
    std::error_code ignored;
    const std::string name = entry.path().filename().string();
    return entry.is_directory(ignored) && (name.starts_with('.') || (depth == 0 && name == left_out_));
  }

  void look_at(const fs::path& file) {
    const std::string path = file.native().substr(folder_.native().size() + 1);
    if (source_.empty() && matches_any(signs_.sources, path)) source_ = path;
    if (!matches_any(signs_.files, path)) return;
    const std::string text = read_file(os_, AT_FDCWD, file.string(), file_bytes_max).value_or("");
    has_word_ = has_word_ || !word_in(text, signs_.words).empty();
    if (const std::string name = word_in(text, signs_.names); !name.empty()) named_ = name + " in " + path;
  }

  static std::string word_in(const std::string& text, const std::vector<std::string>& words) {
    const auto found = std::find_if(words.begin(), words.end(),
                                    [&](const std::string& word) { return text.find(word) != std::string::npos; });
    return found == words.end() ? "" : *found;
  }

  Os os_;
  const fs::path folder_;
  const config::CxxSigns& signs_;
  const std::string& left_out_;
  bool has_word_;
  std::string source_;
  std::string named_;
};

}  // namespace

std::string find_cxx(const std::string& folder, const config::CxxSigns& signs, const std::string& left_out) {
  return signs.sources.empty() ? "" : CxxSearch(folder, signs, left_out).find();
}

}  // namespace larder::builds
