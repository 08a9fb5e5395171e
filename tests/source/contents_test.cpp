#include "source/contents.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>

#include "source/kit.hpp"
#include "support/fault_os.hpp"

namespace larder::source {
namespace {

using namespace test;

constexpr off_t large_bytes = (off_t{64} << 20) + 1;

class ContentsTest : public ::testing::Test {
 protected:
  int root() const { return dir_.fd(); }
  Walk walk_only() { return must(walk(os_, dir_.path(), {}, 2)); }
  const Entry& entry(const Walk& walk, const std::string& path) { return seen_at(walk, path).entry; }

  /// The same walk three seconds later.
  static Walk later(Walk walk) {
    walk.began += 3 * one_second;
    return walk;
  }

  void put_large(const std::string& path) {
    const UniqueFd fd = must(os_.open(root(), path, O_WRONLY | O_CREAT, 0600));
    must(::ftruncate(fd.get(), large_bytes) == 0, "ftruncate");
  }

  TempDir dir_{Place::memory};
  Os os_;
};

/// Counts what is read.
class CountingOs : public Os {
 public:
  std::atomic<int> reads = 0;

 protected:
  int before(const char* call) override {
    if (std::string_view(call) == "read") ++reads;
    return 0;
  }
};

TEST_F(ContentsTest, AreTheSha256OfTheBytes) {
  put_file(root(), "a", "text");
  put_file(root(), "empty", "");
  put_file(root(), "d/long", std::string(1'000'000, 'x'));
  const Walk walk = look(dir_.path());
  EXPECT_EQ(entry(walk, "a").content, digest("text"));
  EXPECT_EQ(entry(walk, "empty").content, digest(""));
  EXPECT_EQ(entry(walk, "d/long").content, digest(std::string(1'000'000, 'x')));
}

TEST_F(ContentsTest, AreNotReadAgainWhileTheStampStays) {
  put_file(root(), "a", "text");
  put_file(root(), "b", "text");
  const KnownContents known = known_of(later(look(dir_.path())));
  ASSERT_EQ(known.files.size(), 2U);
  put_file(root(), "b", "more");
  Walk walk = walk_only();
  CountingOs os;
  must(read_contents(os, walk, known, 2));
  EXPECT_EQ(os.reads, 2);  // of `b` the text and its end
  EXPECT_EQ(entry(walk, "a").content, digest("text"));
  EXPECT_EQ(entry(walk, "b").content, digest("more"));
}

TEST_F(ContentsTest, OfTheSameSizeAndTimeAreReadAgain) {
  put_file(root(), "a", "text");
  set_mtime(root(), "a", 1, 1);
  const KnownContents known = known_of(later(look(dir_.path())));
  put_file(root(), "a", "mean");
  set_mtime(root(), "a", 1, 1);
  Walk walk = walk_only();
  must(read_contents(os_, walk, known, 1));
  EXPECT_EQ(entry(walk, "a").content, digest("mean"));
}

TEST_F(ContentsTest, OfAFileChangedJustBeforeTheWalkAreNotKept) {
  put_file(root(), "a", "text");
  EXPECT_TRUE(known_of(look(dir_.path())).files.empty());
}

TEST_F(ContentsTest, SurviveBeingWrittenDown) {
  put_file(root(), "a", "text");
  put_file(root(), "o",
           "\x7f"
           "ELF");
  const KnownContents known = known_of(later(look(dir_.path())));
  const KnownContents read = KnownContents::decode(known.encode());
  ASSERT_EQ(read.files.size(), 2U);
  EXPECT_EQ(read.files[0].path, "a");
  EXPECT_EQ(read.files[0].stamp, known.files[0].stamp);
  EXPECT_EQ(read.files[0].content, digest("text"));
  EXPECT_FALSE(read.files[0].is_object);
  EXPECT_TRUE(read.files[1].is_object);
}

TEST_F(ContentsTest, ThatAreTornCountAsNone) {
  put_file(root(), "a", "text");
  const std::string text = known_of(later(look(dir_.path()))).encode();
  for (size_t size = 0; size < text.size(); ++size)
    EXPECT_TRUE(KnownContents::decode(text.substr(0, size)).files.empty());
  for (size_t at = 0; at < text.size(); ++at) {
    std::string altered = text;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    EXPECT_TRUE(KnownContents::decode(altered).files.empty()) << at;
  }
}

TEST_F(ContentsTest, OfLargeFilesAreTheirStamp) {
  put_large("large");
  const auto content = [&] {
    Walk walk = later(walk_only());
    CountingOs os;
    must(read_contents(os, walk, {}, 1));
    EXPECT_EQ(os.reads, 1);
    return entry(walk, "large").content;
  };
  const Digest before = content();
  EXPECT_TRUE(is_known(before));
  EXPECT_EQ(content(), before);
  set_mtime(root(), "large", 1, 1);
  EXPECT_NE(content(), before);
}

TEST_F(ContentsTest, OfALargeFileChangedJustNowAreNotKnown) {
  put_large("large");
  EXPECT_FALSE(is_known(entry(look(dir_.path()), "large").content));
}

TEST_F(ContentsTest, TellWhatACompilerHasMade) {
  put_file(root(), "elf.o",
           std::string("\x7f"
                       "ELF\2\1\1",
                       7));
  put_file(root(), "lib.a", "!<arch>\nx");
  put_file(root(), "thin.a", "!<thin>\nx");
  put_file(root(), "code.wasm", std::string("\0asm\1\0\0\0", 8));
  put_file(root(), "text.c", "ELF !<arch>");
  put_file(root(), "short", "!<arch");
  put_file(root(), "empty", "");
  const Walk walk = look(dir_.path());
  for (const char* path : {"elf.o", "lib.a", "thin.a", "code.wasm"}) EXPECT_TRUE(seen_at(walk, path).is_object) << path;
  for (const char* path : {"text.c", "short", "empty"}) EXPECT_FALSE(seen_at(walk, path).is_object) << path;
}

TEST_F(ContentsTest, OfWhatChangedSinceTheWalkAreNotKnown) {
  put_file(root(), "a", "text");
  put_file(root(), "pipe", "text");
  put_file(root(), "gone", "text");
  put_file(root(), "link", "text");
  Walk walk = walk_only();
  put_file(root(), "a", "more");
  for (const char* path : {"pipe", "gone", "link"}) must(os_.unlink(root(), path));
  must(::mkfifoat(root(), "pipe", 0600) == 0, "mkfifo");
  put_link(root(), "link", "a");
  must(read_contents(os_, walk, {}, 2));
  for (const char* path : {"a", "pipe", "gone", "link"}) EXPECT_FALSE(is_known(entry(walk, path).content)) << path;
}

TEST_F(ContentsTest, AreRightOrUnknownAtEveryFailingCall) {
  put_file(root(), "a", "text");
  const Walk before = walk_only();
  for (int k = 1;; ++k) {
    FaultOs os;
    os.fail_at(k, EIO);
    Walk walk = before;
    const int fds = open_fds();
    const auto read = read_contents(os, walk, {}, 1);
    EXPECT_EQ(open_fds(), fds);
    if (!os.failed()) break;
    const Digest& content = entry(walk, "a").content;
    EXPECT_TRUE(!is_known(content) || content == digest("text")) << os.failed_call();
  }
}

}  // namespace
}  // namespace larder::source
