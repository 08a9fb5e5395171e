#include "cli/cache/diff_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/cache_kit.hpp"

namespace larder::cli {
namespace {

using store::Change;
using store::FileChange;

std::vector<FileChange> example_changes() {
  return {{"a/gone", Change::removed, 1500, 0},
          {"a/new\x1b[2J", Change::added, 0, 12'300'000},
          {"b", Change::changed, 1000, 1200},
          {"mode", Change::changed, 7, 7}};
}

TEST(CacheDiff, HasALinePerFileAndTheSums) {
  EXPECT_EQ("\n" + format_diff(example_changes()), R"(
-            1.5 KB  a/gone
+           12.3 MB  a/new
~  1.0 KB to 1.2 KB  b
~               7 B  mode
1 added, 2 changed, 1 removed, +12.3 MB
)");
  EXPECT_EQ(format_diff({}), "0 added, 0 changed, 0 removed, +0 B\n");
  EXPECT_EQ(format_diff({{"a", Change::removed, 1500, 0}}), "-  1.5 KB  a\n0 added, 0 changed, 1 removed, -1.5 KB\n");
}

TEST(CacheDiff, JsonSaysTheSame) {
  const nlohmann::json data = diff_to_json(example_changes());
  EXPECT_EQ(data["files"][2],
            (nlohmann::json{{"path", "b"}, {"change", "changed"}, {"before_bytes", 1000}, {"after_bytes", 1200}}));
  EXPECT_EQ(data["changed"], 2);
}

}  // namespace
}  // namespace larder::cli
