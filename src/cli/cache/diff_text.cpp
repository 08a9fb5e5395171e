#include "cli/cache/diff_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/cache/text.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;
using store::Change;
using store::FileChange;

std::string size_text(const FileChange& change) {
  const std::string before = format_bytes(change.bytes_before);
  const std::string after = format_bytes(change.bytes_after);
  if (change.change == Change::removed) return before;
  return change.change == Change::added || before == after ? after : before + " to " + after;
}

const char* sign(Change change) {
  switch (change) {
    case Change::added:
      return "+";
    case Change::removed:
      return "-";
    case Change::changed:
      return "~";
  }
  INVARIANT(false);
  return "";
}

struct Totals {
  size_t added = 0;
  size_t changed = 0;
  size_t removed = 0;
  uint64_t bytes_before = 0;
  uint64_t bytes_after = 0;

  explicit Totals(const std::vector<FileChange>& changes) {
    for (const FileChange& change : changes) {
      ++(change.change == Change::added ? added : change.change == Change::changed ? changed : removed);
      bytes_before += change.bytes_before;
      bytes_after += change.bytes_after;
    }
  }

  std::string text() const {
    const bool less = bytes_after < bytes_before;
    return fmt::format("{} added, {} changed, {} removed, {}{}", added, changed, removed, less ? "-" : "+",
                       format_bytes(less ? bytes_before - bytes_after : bytes_after - bytes_before));
  }
};

}  // namespace

std::string format_diff(const std::vector<FileChange>& changes) {
  Rows rows;
  for (const FileChange& change : changes)
    rows.push_back({sign(change.change), size_text(change), clean_line(change.path, {})});
  align_right(rows, 1);
  return format_table(rows) + Totals(changes).text() + "\n";
}

json diff_to_json(const std::vector<FileChange>& changes) {
  json files = json::array();
  for (const FileChange& change : changes)
    files.push_back({{"path", change.path},
                     {"change", to_string(change.change)},
                     {"before_bytes", change.bytes_before},
                     {"after_bytes", change.bytes_after}});
  const Totals totals(changes);
  return {{"files", files},
          {"added", totals.added},
          {"changed", totals.changed},
          {"removed", totals.removed},
          {"before_bytes", totals.bytes_before},
          {"after_bytes", totals.bytes_after}};
}

}  // namespace larder::cli
