#include "builds/run/surroundings.hpp"

#include <gtest/gtest.h>

#include "builds/run/includes.hpp"
#include "builds/support.hpp"

namespace larder::builds {
namespace {

/// A project in a folder of the repository `kit.dir()`, which is shown around it.
class Around : public ::testing::Test {
 protected:
  Around() {
    kit_.plan.workspace.place = "/workspace/project";
    kit_.plan.workspace.around = {{kit_.dir().path() + "/repository", "/workspace"}};
    kit_.plan.triples = {"x86_64-unknown-linux-gnu"};
    put("README.md", "one");
  }
  void put(const std::string& path, const std::string& content) {
    test::put_file(kit_.dir().fd(), "repository/" + path, content);
    Kit::pass_a_tick();
  }
  void set_time(const std::string& path, time_t seconds) {
    const timespec time{seconds, 0};
    must(kit_.os().utimens(kit_.dir().fd(), "repository/" + path, {time, time}));
  }
  Surroundings look() { return must(look_around(kit_.os(), kit_.plan, {}, kit_.store().path())); }
  /// With all that was built made at this time.
  std::string hidden(const Surroundings& before, time_t newest) {
    const auto marks = decode_marks(encode_marks(before.marks));
    const auto time = [newest]() -> Result<int64_t> { return newest * source::one_second; };
    const auto is_named = [this](const std::string& path) -> Result<bool> { return path != unnamed_; };
    const auto unnoticed = [&](const std::string& path) -> Result<std::string> {
      return unnoticed_ == path ? path + " is read" : std::string();
    };
    return must(hidden_around(kit_.plan, marks, look(), time, is_named, unnoticed));
  }

  Kit kit_;
  std::string unnamed_;    ///< by all that the tool has read
  std::string unnoticed_;  ///< is read, and the tool does not know
};

constexpr time_t past = 1000;
constexpr time_t future = time_t{1} << 33;

TEST_F(Around, IsTheSameWhileNothingChanges) {
  const Surroundings before = look();
  EXPECT_EQ(before.digest, look().digest);
  EXPECT_EQ(hidden(before, future), "");
}

TEST_F(Around, AChangeThatTheToolSeesByItsTimeHidesNothing) {
  const Surroundings before = look();
  put("README.md", "two");
  EXPECT_NE(before.digest, look().digest);
  EXPECT_EQ(hidden(before, past), "");
}

TEST_F(Around, AChangeThatTheToolDoesNotSeeHidesAllTheSame) {
  put("VERSION", "1");
  const Surroundings before = look();
  put("VERSION", "2");
  unnoticed_ = "VERSION";
  EXPECT_EQ(hidden(before, past), "/workspace/VERSION is read");
  EXPECT_EQ(changed_around(before.marks, look()), std::vector<std::string>{"VERSION"});
}

TEST_F(Around, WhatTheToolNeverLooksAtHidesNothing) {
  kit_.plan.recipe.workspace = "Cargo.toml";
  put("tools/build.log", "one");
  unnamed_ = "tools/build.log";
  for (const auto& [manifest, script, hides] :
       std::vector<std::tuple<std::string, std::string, bool>>{{"", "", false},
                                                               {"tools/Cargo.toml", "", false},
                                                               {"tools/Cargo.toml", "build.rs", false},
                                                               {"tools/Cargo.toml", "tools/build.rs", true}}) {
    for (const std::string& name : {manifest, script})
      if (!name.empty()) put(name, "");
    const Surroundings before = look();
    put("tools/build.log", manifest + script);
    set_time("tools/build.log", past);
    EXPECT_EQ(hidden(before, past + 1) != "", hides) << manifest << " " << script;
  }
}

TEST_F(Around, AnOlderFileInThePlaceOfAnotherIsHidden) {
  const Surroundings before = look();
  put("README.md", "two");
  set_time("README.md", past);
  EXPECT_NE(hidden(before, past + 1), "");
}

TEST_F(Around, WhatIsNewAndOlderIsHidden) {
  const Surroundings before = look();
  put("old.txt", "new here");
  EXPECT_EQ(hidden(before, past), "");
  set_time("old.txt", past);
  EXPECT_EQ(hidden(before, past + 1), "/workspace/old.txt is new, and is older than what was built");
}

TEST_F(Around, ANewHeaderMayStandInAnothersWay) {
  const std::vector<std::string> patterns = {"**/*.h", "**/*.c"};
  put("src/a.c", "#include \"x.h\"\n");
  put("src/b.c", "int b;\n");
  const Surroundings before = look();
  put("first/x.h", "");
  put("src/b.c", "int c;\n");
  const FilesAround files = files_around(before.marks, look(), patterns);
  EXPECT_EQ(files.added, std::vector<std::string>{"first/x.h"});
  EXPECT_EQ(files.unchanged, std::vector<std::string>{kit_.dir().path() + "/repository/src/a.c"});
  kit_.plan.recipe.blind.includes = patterns;
  const std::string named = new_file_that_is_named(kit_.os(), kit_.plan, {}, {}, files);
  EXPECT_EQ(named, "x.h is new, and " + files.unchanged.front() + " may have meant another file by that name");
  EXPECT_EQ(new_file_that_is_named(kit_.os(), kit_.plan, {}, {}, {{"y.h"}, files.unchanged}), "");
}

TEST_F(Around, WhatTheToolDoesNotNoticeCountsAlways) {
  kit_.plan.recipe.blind = {{"**/*.mk"}, {"**/*.c"}};
  put("common.mk", "one");
  put("a.c", "");
  const Surroundings before = look();
  EXPECT_EQ(hidden(before, past), "");
  put("common.mk", "two");
  EXPECT_NE(hidden(before, past), "");
  const Surroundings next = look();
  must(::unlinkat(kit_.dir().fd(), "repository/a.c", 0) == 0, "unlink");
  EXPECT_NE(hidden(next, past), "");
}

TEST_F(Around, ResultsAndCachesGoByTheirTimeAlone) {
  put("other/target/x86_64-unknown-linux-gnu/release/app", "1");
  put("rust/target/CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55");
  put("rust/target/debug/app", "1");
  const Surroundings before = look();
  for (const char* path : {"other/target/x86_64-unknown-linux-gnu/release/app", "rust/target/debug/app"}) {
    put(path, "2");
    set_time(path, past);
  }
  EXPECT_EQ(hidden(before, future), "");
  EXPECT_NE(look().digest, before.digest) << "a build may have taken them in";
}

TEST_F(Around, AnythingNewIsAnotherState) {
  const Surroundings before = look();
  must(::mkdirat(kit_.dir().fd(), "repository/empty", 0700) == 0, "mkdir");
  const Surroundings with_folder = look();
  EXPECT_NE(with_folder.digest, before.digest);
  put("empty/x", "");
  EXPECT_NE(look().digest, with_folder.digest);
}

TEST_F(Around, ASingleFileMayBeShown) {
  kit_.plan.workspace.around = {{kit_.dir().path() + "/repository/README.md", "/workspace/README.md"}};
  const Surroundings before = look();
  EXPECT_EQ(hidden(before, future), "");
  put("README.md", "two");
  set_time("README.md", past);
  EXPECT_NE(hidden(before, past + 1), "");
}

TEST_F(Around, NothingIsThereWhereNothingIsShown) {
  kit_.plan.workspace.around.clear();
  EXPECT_EQ(look().digest, "");
  EXPECT_EQ(encode_marks(look().marks), "");
}

}  // namespace
}  // namespace larder::builds
