#include "base/durable_file.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "support/fault_os.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder {
namespace {

using namespace test;

TEST(ReplaceFile, MakesAndReplaces) {
  const TempDir dir;
  Os os;
  for (const Durability durability : {Durability::none, Durability::disk}) {
    must(replace_file(os, dir.fd(), "name", "first", durability));
    EXPECT_EQ(get_file(dir.fd(), "name"), "first");
    must(replace_file(os, dir.fd(), "name", "", durability));
    EXPECT_EQ(get_file(dir.fd(), "name"), "");
  }
  EXPECT_EQ(must(os.list(dir.fd(), ".")).size(), 1U);
}

TEST(ReplaceFile, WorksBelowADirectory) {
  const TempDir dir;
  Os os;
  put_dir(dir.fd(), "a/b");
  must(replace_file(os, dir.fd(), "a/b/name", "text", Durability::disk));
  EXPECT_EQ(get_file(dir.fd(), "a/b/name"), "text");
}

TEST(ReplaceFile, AWriterOfOneByteAtATimeWritesAll) {
  const TempDir dir;
  FaultOs os;
  os.limit_writes(1);
  const std::string text(3000, 'x');
  must(replace_file(os, dir.fd(), "name", text, Durability::none));
  EXPECT_EQ(get_file(dir.fd(), "name"), text);
}

TEST(ReplaceFile, AReaderHoldsOnToWhatItOpened) {
  const TempDir dir;
  Os os;
  put_file(dir.fd(), "name", "old");
  const UniqueFd reader = must(os.open(dir.fd(), "name", O_RDONLY));
  must(replace_file(os, dir.fd(), "name", "new", Durability::none));
  std::array<char, 8> buffer{};
  EXPECT_EQ(std::string(buffer.data(), must(os.read(reader.get(), buffer.data(), buffer.size()))), "old");
}

TEST(ReplaceFile, EveryFaultBeforeTheRenameLeavesTheOldFileAlone) {
  const TempDir dir(Place::memory);
  for (const int number : {ENOSPC, EIO, EDQUOT, EMFILE}) {
    for (int k = 1;; ++k) {
      put_file(dir.fd(), "name", "old");
      FaultOs os;
      os.fail_at(k, number);
      const Status done = replace_file(os, dir.fd(), "name", "new", Durability::disk);
      if (!os.failed()) {
        EXPECT_TRUE(done);
        break;
      }
      ASSERT_FALSE(done) << k;
      EXPECT_EQ(done.error().sys_errno, number);
      EXPECT_EQ(done.error().message.find(".new-"), std::string::npos) << "nobody knows that name";
      // open, write, fsync, rename; then the directory's open and fsync, when the new name stands already.
      EXPECT_EQ(get_file(dir.fd(), "name"), k <= 4 ? "old" : "new") << os.failed_call();
      EXPECT_EQ(must(os.list(dir.fd(), ".")).size(), 1U) << os.failed_call();
    }
  }
}

}  // namespace
}  // namespace larder
