#include "builds/run/noted_files.hpp"

#include <gtest/gtest.h>

namespace larder::builds {
namespace {

NotedFiles noted(const std::string& folder, const std::string& text) {
  NotedFiles files;
  files.add(folder, text);
  return files;
}

TEST(NotedFiles, AreKnownByTheirWholePaths) {
  EXPECT_TRUE(noted("", "main.o: main.c one/conf.h").have("one/conf.h"));
  EXPECT_FALSE(noted("", "main.o: main.c one/conf.h").have("two/conf.h"));
  EXPECT_TRUE(noted("", "main.o: main.c one/conf.h").have_name_of("two/conf.h"));
  EXPECT_TRUE(noted("out", "a.o: /workspace/one/conf.h /usr/include/two.h").have("one/conf.h"));
  EXPECT_FALSE(noted("out", "a.o: /workspace/one/conf.h /usr/include/two.h").have_name_of("two.h"));
}

TEST(NotedFiles, PathsGoFromTheNotesFolderOrOneAboveIt) {
  EXPECT_TRUE(noted("sub", "x.o: x.c x.h").have("sub/x.h"));
  EXPECT_TRUE(noted("sub", "sub/x.o: sub/x.c sub/x.h").have("sub/x.h"));
  EXPECT_FALSE(noted("sub", "x.o: x.c x.h").have("other/x.h"));
  EXPECT_TRUE(noted("target/build/app.dir", "x.o: ../../src/x.h").have("src/x.h"));
}

TEST(NotedFiles, ThePlaceOfTheProjectIsTakenOff) {
  NotedFiles files("/workspace/part");
  files.add("", "x.o: /workspace/part/x.h /workspace/y.h");
  EXPECT_TRUE(files.have("x.h"));
  EXPECT_FALSE(files.have("y.h"));
  EXPECT_TRUE(files.have_name_of("y.h")) << "one around the project";
}

TEST(NotedFiles, WhatIsNotedByWayOfALinkMayBeAnyOfThatName) {
  NotedFiles files("/workspace", {"include/app"});
  files.add("", "x.o: include/app/x.h include/y.h");
  EXPECT_TRUE(files.have("src/x.h"));
  EXPECT_FALSE(files.have("src/y.h"));
}

TEST(NotedFiles, CommentsAreNoNotes) { EXPECT_FALSE(noted("", "# env-dep:FILES=a.conf\n").have("a.conf")); }

TEST(NotedFiles, NinjasLogHasANumberAfterAPath) {
  EXPECT_TRUE(noted("out", std::string("../src/x.h\x7f\xff\xff\xff", 14)).have("src/x.h"));
}

TEST(NotedFiles, WhatIsToldFollowsAWord) {
  NotedFiles files;
  files.add_told("reading conf.ini\ncargo:rerun-if-changed=data/\ncargo::rerun-if-changed=../shared/a.proto\n",
                 "rerun-if-changed=");
  EXPECT_FALSE(files.have("conf.ini"));
  EXPECT_TRUE(files.have("part/data/deep/a"));
  EXPECT_TRUE(files.have("shared/a.proto"));
  EXPECT_FALSE(files.have("other/a.proto"));
  EXPECT_FALSE(files.have("mydata/a"));
}

}  // namespace
}  // namespace larder::builds
