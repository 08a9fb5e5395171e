#include "base/tar_writer.hpp"

#include <gtest/gtest.h>

#include "base/os.hpp"
#include "base/subprocess.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder {
namespace {

using namespace test;

struct Member {
  TarEntry entry;
  std::string content = {};
};

std::string archive_of(const std::vector<Member>& members) {
  std::string bytes;
  TarWriter archive([&](std::string_view piece) -> Status {
    bytes += piece;
    return {};
  });
  for (Member member : members) {
    member.entry.size_bytes = member.content.size();
    must(archive.add(member.entry));
    const size_t half = member.content.size() / 2;
    must(archive.content(member.content.substr(0, half)));
    must(archive.content(member.content.substr(half)));
  }
  must(archive.finish());
  return bytes;
}

/// What tar(1) makes of it, in the folder `out`.
void unpack(const TempDir& dir, const std::vector<Member>& members) {
  put_file(dir.fd(), "archive.tar", archive_of(members));
  put_dir(dir.fd(), "out");
  const auto done = must(run_program(
      {find_in_path("tar"), "--warning=no-timestamp", "-xpf", dir.path() + "/archive.tar", "-C", dir.path() + "/out"},
      60));
  ASSERT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_EQ(done.errors, "");
}

TEST(TarWriter, TarReadsFilesWithModeAndTimeToTheNanosecond) {
  const TempDir dir;
  unpack(dir, {{{"d", TarEntry::Kind::folder, 0750, 0, 1'000'000'000, 5}},
               {{"d/a", TarEntry::Kind::file, 0644, 0, 1'153'704'088, 123'456'789}, std::string(100'000, 'x')},
               {{"d/empty", TarEntry::Kind::file, 0400, 0, -7, 0}},
               {{"d/block", TarEntry::Kind::file, 0755, 0, 12, 0}, std::string(512, 'y')}});
  Os os;
  EXPECT_EQ(get_file(dir.fd(), "out/d/a"), std::string(100'000, 'x'));
  EXPECT_EQ(get_file(dir.fd(), "out/d/block"), std::string(512, 'y'));
  const auto file = must(os.stat(dir.fd(), "out/d/a"));
  EXPECT_EQ(file->st_mtim.tv_sec, 1'153'704'088);
  EXPECT_EQ(file->st_mtim.tv_nsec, 123'456'789);
  EXPECT_EQ(must(os.stat(dir.fd(), "out/d/empty"))->st_mtim.tv_sec, -7);
  EXPECT_EQ(must(os.stat(dir.fd(), "out/d/empty"))->st_mode & 07777U, 0400U);
  EXPECT_EQ(must(os.stat(dir.fd(), "out/d"))->st_mode & 07777U, 0750U);
  EXPECT_EQ(must(os.stat(dir.fd(), "out/d"))->st_mtim.tv_nsec, 5);
}

TEST(TarWriter, TarReadsNamesAndLinksOfAnyLength) {
  const TempDir dir;
  std::vector<Member> members;
  for (const size_t length : {99U, 100U, 101U, 155U, 255U}) {
    const std::string name(length, 'n');
    members.push_back({{name, TarEntry::Kind::file}, name});
    members.push_back({{"l" + std::to_string(length), TarEntry::Kind::link, 0777, 0, 1, 0, std::string(length, 't')}});
    members.push_back({{name.substr(1) + "d", TarEntry::Kind::folder, 0755}});
    members.push_back({{name.substr(1) + "d/" + name, TarEntry::Kind::file}, "deep"});
  }
  members.push_back({{"späße\n\xff", TarEntry::Kind::file}, "bytes"});
  unpack(dir, members);
  Os os;
  for (const Member& member : members) {
    const std::string path = "out/" + member.entry.path;
    switch (member.entry.kind) {
      case TarEntry::Kind::file:
        EXPECT_EQ(get_file(dir.fd(), path), member.content) << path;
        break;
      case TarEntry::Kind::link:
        EXPECT_EQ(must(os.read_link(dir.fd(), path)), member.entry.link);
        break;
      default:
        EXPECT_TRUE(exists(dir.fd(), path)) << path;
    }
  }
}

TEST(TarWriter, SizesThatDoNotFitAreInBase256) {
  std::string bytes;
  TarWriter archive([&](std::string_view piece) -> Status {
    bytes += piece;
    return {};
  });
  must(archive.add({"large", TarEntry::Kind::file, 0644, uint64_t{8} << 30U}));
  ASSERT_EQ(bytes.size(), 512U);
  EXPECT_EQ(bytes.substr(124, 12), std::string("\x80\0\0\0\0\0\0\2\0\0\0\0", 12));
}

TEST(TarWriter, TheFirstErrorOfTheSinkIsTheWritersOwn) {
  TarWriter archive([](std::string_view) -> Status { return fail(ErrorCode::environment, "full"); });
  EXPECT_EQ(archive.add({"a"}).error().message, "full");
}

}  // namespace
}  // namespace larder
