#include "cli/cache/verify_text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/store_kit.hpp"

namespace larder::cli {
namespace {

using store::Harm;

store::Verification checked() {
  store::Verification found;
  found.volumes = 4;
  found.generations = 12;
  found.layers = 9;
  found.files = 3201;
  found.bytes = 260'000'000;
  return found;
}

store::Restored restored(int builds_lost) {
  store::Generation generation;
  generation.id = "0123456789abcdef";
  generation.created_seconds = 1000;
  return {test::volume_key("cargo-cache-x64"), generation, builds_lost};
}

TEST(VerifyText, SaysThatThereIsNoDamage) {
  EXPECT_EQ(format_verification(checked()), "Checked 4 volumes, 12 generations, 3,201 files, 260.0 MB: no damage.\n");
}

TEST(VerifyText, SaysWhatCouldNotBeChecked) {
  store::Verification found = checked();
  found.unsettled = 1;
  EXPECT_NE(format_verification(found).find("no damage. 1 layer is not settled yet and could not be checked.\n"),
            std::string::npos);
  found.unsettled = 2;
  EXPECT_NE(format_verification(found).find("2 layers are not settled yet"), std::string::npos);
}

TEST(VerifyText, NamesEveryDamageAndWhomItConcerns) {
  store::Verification found = checked();
  found.damage = {
      {"", "refs/trusted/a/any/settled", Harm::torn}, {"l1", "", Harm::torn}, {"l2", "d/a\x1b[31mb", Harm::content}};
  found.affected = {{test::volume_key("a"), {}}, {test::volume_key("b"), {"g1", "g2"}}};
  EXPECT_EQ(format_verification(found),
            "refs/trusted/a/any/settled: it cannot be understood\n"
            "layers/l1: its manifest is missing or cannot be understood\n"
            "layers/l2/tree/d/ab: its content has changed\n"
            "a: what is written about it is damaged\n"
            "b: 2 generations of it damaged\n"
            "Checked 4 volumes, 12 generations, 3,201 files, 260.0 MB: 3 damages.\n");
}

TEST(VerifyText, EveryHarmHasAText) {
  for (int i = 0; i <= static_cast<int>(Harm::torn); ++i) {
    store::Verification found = checked();
    found.damage = {{"l", "a", static_cast<Harm>(i)}};
    const std::string text = format_verification(found);
    EXPECT_EQ(text.find("manifest") != std::string::npos, static_cast<Harm>(i) == Harm::torn) << text;
  }
}

TEST(VerifyText, NamesNoMoreThanOneReads) {
  store::Verification found = checked();
  for (int i = 0; i < 1234; ++i) found.damage.push_back({"l", std::to_string(i), Harm::missing});
  EXPECT_NE(format_verification(found).find("layers/l/tree/49: it is missing\nand 1,184 more\n"), std::string::npos);
}

TEST(VerifyText, EveryHarmHasAName) {
  for (int i = 0; i <= static_cast<int>(Harm::torn); ++i) EXPECT_NE(*to_string(static_cast<Harm>(i)), '\0');
  EXPECT_STREQ(to_string(Harm::torn), "torn");
}

TEST(VerifyText, SaysWhatIsLost) {
  EXPECT_EQ(
      format_restored(restored(1), 1000 + 7200),
      "cargo-cache-x64: back to the state of 2 hours ago (generation 0123456789abcdef), 1 build's work is lost\n");
  EXPECT_EQ(
      format_restored(restored(3), 1000),
      "cargo-cache-x64: back to the state of a moment ago (generation 0123456789abcdef), 3 builds' work is lost\n");
  EXPECT_EQ(format_restored(restored(0), 1000 + 7200),
            "cargo-cache-x64: its state of 2 hours ago (generation 0123456789abcdef) is sound and stays\n");
  store::Restored gone = restored(2);
  gone.content.reset();
  EXPECT_EQ(format_restored(gone, 1000), "cargo-cache-x64: nothing sound is left, it starts from nothing\n");
}

TEST(VerifyText, AsJson) {
  store::Verification found = checked();
  found.damage = {{"l2", "a", Harm::content}};
  found.affected = {{test::volume_key("b"), {"g1"}}};
  const auto data = verification_to_json("/store", found, {restored(1)});
  EXPECT_EQ(data["files"], 3201);
  EXPECT_EQ(data["checked_bytes"], 260'000'000);
  EXPECT_EQ(data["damage"][0], nlohmann::json({{"layer", "l2"}, {"path", "a"}, {"what", "content"}}));
  EXPECT_EQ(data["affected"][0]["generations"][0], "g1");
  EXPECT_EQ(data["repaired"][0]["generation"], "0123456789abcdef");
  EXPECT_EQ(data["repaired"][0]["created_at"], "1970-01-01T00:16:40Z");
}

TEST(VerifyText, TheBarFitsIntoTheScreen) {
  Screen screen;
  screen.unicode = false;
  screen.columns = 60;
  EXPECT_EQ(format_progress(50'000'000, 100'000'000, screen),
            "Checking  ###########..........   50 %  50.0 MB of 100.0 MB");
  for (unsigned columns = 1; columns < 200; ++columns) {
    screen.columns = columns;
    EXPECT_LT(format_progress(1, 3, screen).size(), columns + (columns == 1 ? 1 : 0)) << columns;
  }
  EXPECT_EQ(format_progress(0, 0, screen).find("nan"), std::string::npos);
}

}  // namespace
}  // namespace larder::cli
