#include "builds/run/generators.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"

namespace larder::builds {
namespace {

using Programs = std::set<std::string, std::less<>>;

TEST(ProgramsRun, AreTheFirstWordsOfCommands) {
  EXPECT_EQ(programs_run_by("word.h: gen\n\t@./gen in >$@ && LANG=C tools/sort x; -mv a b\n\t$(CC) -o gen gen.c\n"),
            (Programs{"gen", "sort", "mv"}));
  EXPECT_EQ(programs_run_by("\t  COMMAND = cd /workspace/target && /workspace/target/gen x\n"),
            (Programs{"cd", "gen"}));
  EXPECT_EQ(programs_run_by("other = ./gen\n"), Programs{});
}

TEST(GeneratorSources, AreThoseOfTheirNamesWithTheirStrings) {
  Kit kit;
  kit.plan.recipe.blind.includes = {"**/*.c", "**/*.h"};
  kit.put("tools/gen.c", "#include \"gen.h\"\nint main(void) { fopen(\"table.txt\", \"r\"); name; }\n");
  kit.put("gen.h", "\"other.txt\"");
  kit.put("main.c", "\"main.txt\"");
  const auto project = must(look_at_project(kit.plan, kit.store()));
  const auto found =
      generator_sources(kit.os(), kit.plan, project->entries, "\t./gen >table.h\n\tgcc -o main main.c\n");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].path, "tools/gen.c");
  EXPECT_EQ(found[0].text, "table.txt\nr\n");
}

}  // namespace
}  // namespace larder::builds
