#include "builds/run/scans.hpp"

#include <gtest/gtest.h>

namespace larder::builds {
namespace {

class Scans : public ::testing::Test {
 protected:
  /// Whether a rule with this command, in a project with the folders src, src/deep and defs, may read the path.
  static bool reads(const std::string& command, const std::string& path, const std::string& prerequisites = "tool.py") {
    MakeRules rules;
    rules.add("F = src\nout.h: " + prerequisites + "\n\t" + command + "\n");
    source::Entries entries;
    for (const char* folder : {"", "defs", "src", "src/deep"}) {
      source::Entry& entry = entries.emplace_back();
      entry.path = folder;
      entry.kind = source::Kind::folder;
    }
    return is_scanned(find_scans(rules, entries), path);
  }
};

TEST_F(Scans, AFolderThatAProgramIsGivenIsReadWhole) {
  for (const char* command :
       {"python3 tool.py src >$@", "./tool.py ./src/", "find src -type f | sort | xargs cat", "@sh tool.sh $(F)",
        "cd out && ../tool.py ../src", "grep -r x /workspace/src >$@", "LC_ALL=C awk -f x src"}) {
    EXPECT_TRUE(reads(command, "src/a.c")) << command;
    EXPECT_TRUE(reads(command, "src/deep/a.h")) << command;
    EXPECT_FALSE(reads(command, "defs/a")) << command;
    EXPECT_FALSE(reads(command, "srcs/a")) << command;
  }
}

TEST_F(Scans, SoAreTheFilesOfAPattern) {
  EXPECT_TRUE(reads("cat defs/*.def >$@", "defs/a.def"));
  EXPECT_FALSE(reads("cat defs/*.def >$@", "defs/a.txt"));
}

TEST_F(Scans, NotByCompilersNorByWhatReadsNoContents) {
  for (const char* command :
       {"gcc -I src -c main.c", "aarch64-linux-gnu-g++ -o src x.o", "mkdir -p src", "rm -rf src/",
        "test -d src || mkdir src", "tool.py -o src", "tool.py >src", "cd src", "echo src", "$(CC) src"})
    EXPECT_FALSE(reads(command, "src/a.c")) << command;
}

TEST_F(Scans, AMakeThatARuleRunsIsNotRunAgain) {
  for (const char* command : {"$(MAKE) -C src", "make -Csrc all", "cd src && $(MAKE) all"})
    EXPECT_TRUE(reads(command, "src/a.c")) << command;
  EXPECT_FALSE(reads("cd src && true", "src/a.c"));
  EXPECT_FALSE(reads("$(MAKE) -C src", "src/a.c", "FORCE"));
}

TEST_F(Scans, APrerequisiteIsKnown) { EXPECT_FALSE(reads("tool.py src", "src/a.c", "src/a.c src/b.c")); }

TEST_F(Scans, ARuleThatIsRunEachTimeMakesNothingOld) {
  MakeRules rules;
  rules.add(".PHONY: list\nlist:\n\tfind src\ncheck:\n\ttool.py src\n");
  source::Entries entries(1);
  entries[0].path = "src";
  entries[0].kind = source::Kind::folder;
  EXPECT_TRUE(find_scans(rules, entries).empty());
}

}  // namespace
}  // namespace larder::builds
