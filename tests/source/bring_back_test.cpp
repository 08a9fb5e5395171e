#include "source/bring_back.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "source/kit.hpp"
#include "support/fault_os.hpp"

namespace larder::source {
namespace {

using namespace test;

class BringBackTest : public ::testing::Test {
 protected:
  BringBackTest() {
    put_file(project(), "Cargo.lock", "old");
    put_file(project(), "src/lib.rs", "lib");
    put_dir(store().dir(), "upper");
    walk_ = look(work_.path());
  }

  const Store& store() const { return work_.store(); }
  int project() const { return work_.project(); }
  void build_writes(const std::string& path, const std::string& content, mode_t mode = 0644) {
    put_file(store().dir(), "upper/" + path, content, mode);
  }
  Result<BroughtBack> try_to_bring(Os& os, const std::string& path) {
    return bring_back(os, must(store::MergedTree::open(store(), {"upper"})), walk_, path);
  }
  BroughtBack bring(const std::string& path) { return must(try_to_bring(os_, path)); }

  /// Nothing of Larder's stays in the project.
  bool is_tidy() const {
    for (const Seen& seen : look(work_.path()).seen)
      if (seen.entry.path.find(".larder-") != std::string::npos) return false;
    return true;
  }

  Workspace work_;
  Walk walk_;
  Os os_;
};

TEST_F(BringBackTest, ReplacesWhatTheWalkHasSeen) {
  build_writes("Cargo.lock", "new", 0640);
  EXPECT_EQ(bring("Cargo.lock"), BroughtBack::written);
  EXPECT_EQ(get_file(project(), "Cargo.lock"), "new");
  EXPECT_EQ(must(os_.stat(project(), "Cargo.lock"))->st_mode & 07777U, 0640U);
  EXPECT_TRUE(is_tidy());
}

TEST_F(BringBackTest, AddsWhatWasNotThereWithItsFolders) {
  build_writes("gen/deep/x.rs", "new");
  EXPECT_EQ(bring("gen/deep/x.rs"), BroughtBack::written);
  EXPECT_EQ(get_file(project(), "gen/deep/x.rs"), "new");
  EXPECT_TRUE(is_tidy());
}

TEST_F(BringBackTest, TheSameIsNotWrittenAgain) {
  build_writes("Cargo.lock", "old");
  const std::string trace = trace_of(work_.path());
  EXPECT_EQ(bring("Cargo.lock"), BroughtBack::same);
  EXPECT_EQ(trace_of(work_.path()), trace);
}

TEST_F(BringBackTest, NeverReplacesWhatTheUserHasChanged) {
  build_writes("Cargo.lock", "new");
  build_writes("made", "new");
  build_writes("src/lib.rs", "new");
  put_file(project(), "Cargo.lock", "mine");
  put_file(project(), "made", "mine");
  must(os_.unlink(project(), "src/lib.rs"));
  for (const char* path : {"Cargo.lock", "made", "src/lib.rs"}) EXPECT_EQ(bring(path), BroughtBack::changed) << path;
  EXPECT_EQ(get_file(project(), "Cargo.lock"), "mine");
  EXPECT_EQ(get_file(project(), "made"), "mine");
  EXPECT_FALSE(exists(project(), "src/lib.rs"));
}

TEST_F(BringBackTest, AChangeAtTheLastMomentIsPutBack) {
  /// Saves as editors do, just before the two files are swapped.
  class Editing : public Os {
   public:
    explicit Editing(int project) : project_(project) {}

   protected:
    int before(const char* call) override {
      if (std::string_view(call) != "rename" || ++renames_ != 1) return 0;
      Os os;
      put_file(project_, "saved", "mine");
      must(os.rename(project_, "saved", project_, "Cargo.lock"));
      return 0;
    }

   private:
    int project_;
    int renames_ = 0;
  };
  build_writes("Cargo.lock", "new");
  Editing os(project());
  EXPECT_EQ(must(try_to_bring(os, "Cargo.lock")), BroughtBack::changed);
  EXPECT_EQ(get_file(project(), "Cargo.lock"), "mine");
  EXPECT_TRUE(is_tidy());
}

TEST_F(BringBackTest, ALinkIsNeverFollowed) {
  put_dir(work_.temp.dir.fd(), "outside");
  put_link(project(), "out", "../outside");
  put_link(project(), "link", "../outside/file");
  walk_ = look(work_.path());
  build_writes("out/file", "new");
  build_writes("link", "new");
  EXPECT_EQ(bring("out/file"), BroughtBack::refused);
  EXPECT_EQ(bring("link"), BroughtBack::changed);
  EXPECT_TRUE(names_in(store(), "../outside").empty());
}

TEST_F(BringBackTest, OnlyRegularFilesComeBack) {
  put_link(store().dir(), "upper/link", "/etc/passwd");
  put_dir(store().dir(), "upper/folder");
  must(::mkfifoat(store().dir(), "upper/pipe", 0600) == 0, "mkfifo");
  put_whiteout(store().dir(), "upper/Cargo.lock");
  for (const char* path : {"link", "folder", "pipe", "Cargo.lock", "none"})
    EXPECT_EQ(bring(path), BroughtBack::protected_) << path;
  EXPECT_EQ(get_file(project(), "Cargo.lock"), "old");
}

TEST_F(BringBackTest, WhatOthersObeyIsProtectedInAnyFolder) {
  for (const char* path : {".git", ".git/config", "sub/.git/hooks/pre-commit", ".cargo/config.toml", "a/.cargo/x",
                           ".envrc", "a/.envrc", "larder.toml", "sub/larder.lock", "rust-toolchain",
                           "rust-toolchain.toml", "a/rust-toolchain.toml", "hooks/post-checkout", ".githooks/x"})
    EXPECT_TRUE(is_protected(path)) << path;
  for (const char* path : {"Cargo.lock", "src/generated/x.rs", ".gitignore", "git/x", "hooks.rs", "larder.toml.in"})
    EXPECT_FALSE(is_protected(path)) << path;
  build_writes("sub/.git/config", "new");
  EXPECT_EQ(bring("sub/.git/config"), BroughtBack::protected_);
  EXPECT_FALSE(exists(project(), "sub"));
}

TEST_F(BringBackTest, AFolderThatIsAFileNowIsRefused) {
  build_writes("Cargo.lock/x", "new");
  EXPECT_EQ(bring("Cargo.lock/x"), BroughtBack::refused);
  EXPECT_EQ(get_file(project(), "Cargo.lock"), "old");
}

/// With an edit of the user's just before the swap, or without.
class BringBackFault : public BringBackTest, public ::testing::WithParamInterface<bool> {
 protected:
  class EditingFaultOs : public FaultOs {
   public:
    EditingFaultOs(int project, bool edits) : project_(project), edits_(edits) {}
    bool has_edited() const { return edits_ && renames_ > 0; }

   protected:
    int before(const char* call) override {
      if (edits_ && std::string_view(call) == "rename" && ++renames_ == 1) {
        Os os;
        put_file(project_, "saved", "mine");
        must(os.rename(project_, "saved", project_, "Cargo.lock"));
      }
      return FaultOs::before(call);
    }

   private:
    int project_;
    bool edits_;
    int renames_ = 0;
  };

  /// Whether some file of the project's folder has this content.
  bool has(const std::string& content) const {
    for (const Seen& seen : look(work_.path()).seen)
      if (seen.entry.kind == Kind::file && seen.entry.content == digest(content)) return true;
    return false;
  }
};

TEST_P(BringBackFault, NeverLosesTheUsersFile) {
  build_writes("Cargo.lock", "new");
  for (const auto times : {FaultOs::Times::once, FaultOs::Times::for_good})
    for (int k = 1;; ++k) {
      must(remove_tree(os_, project(), "Cargo.lock"));
      put_file(project(), "Cargo.lock", "old");
      walk_ = look(work_.path());
      EditingFaultOs os(project(), GetParam());
      os.limit_writes(1);
      os.fail_at(k, EIO, times);
      const int fds = open_fds();
      const auto done = try_to_bring(os, "Cargo.lock");
      EXPECT_EQ(open_fds(), fds);
      SCOPED_TRACE(fmt::format("call {} ({})", k, os.failed_call()));
      const bool is_written = done && *done == BroughtBack::written;
      EXPECT_TRUE(!is_written || get_file(project(), "Cargo.lock") == "new");
      EXPECT_TRUE(is_written || has(os.has_edited() ? "mine" : "old"));
      EXPECT_TRUE(!is_written || !os.has_edited());
      if (!os.failed()) break;
      for (const Seen& seen : look(work_.path()).seen)
        if (seen.entry.path.find(".larder-") == 0) must(os_.unlink(project(), seen.entry.path));
    }
}

INSTANTIATE_TEST_SUITE_P(WithAnEdit, BringBackFault, ::testing::Bool());

}  // namespace
}  // namespace larder::source
