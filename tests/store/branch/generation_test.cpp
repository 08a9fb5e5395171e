#include "store/branch/generation.hpp"

#include <gtest/gtest.h>

#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

Generation sample(const Store& store) {
  Generation generation = must(new_generation(store, compiled("pantry-x64"), Outcome::interrupted));
  generation.parent = "00000000000000aa";
  generation.layers = {"00000000000000ab", "00000000000000ac"};
  generation.same_content_as = "00000000000000ad";
  return generation;
}

TEST(Generation, ComesBackAsItWas) {
  const TempStore temp;
  for (const Outcome outcome :
       {Outcome::success, Outcome::failed, Outcome::interrupted, Outcome::cleaned, Outcome::flattened}) {
    Generation written = sample(temp.store);
    written.outcome = outcome;
    must(write_generation(temp.store, written));
    const Generation read = must(read_generation(temp.store, written.id));
    EXPECT_EQ(read.id, written.id);
    EXPECT_EQ(read.parent, written.parent);
    EXPECT_EQ(read.layers, written.layers);
    EXPECT_EQ(read.spec.key, written.spec.key);
    EXPECT_EQ(read.spec.volume_class, written.spec.volume_class);
    EXPECT_EQ(read.spec.target, written.spec.target);
    EXPECT_EQ(read.spec.mount_path, written.spec.mount_path);
    EXPECT_EQ(read.spec.project, written.spec.project);
    EXPECT_EQ(read.spec.workspace, written.spec.workspace);
    EXPECT_EQ(read.spec.image, written.spec.image);
    EXPECT_EQ(read.spec.recipe, written.spec.recipe);
    EXPECT_EQ(read.outcome, written.outcome);
    EXPECT_EQ(read.created_seconds, written.created_seconds);
    EXPECT_EQ(read.era, must(boot_id(temp.store.os())));
    EXPECT_EQ(read.same_content_as, written.same_content_as);
  }
}

TEST(Generation, BytesThatAreNotUtf8DoNotStopIt) {
  const TempStore temp;
  Generation written = sample(temp.store);
  written.spec.workspace = "/home/\xff\xfe/pantry";
  must(write_generation(temp.store, written));
  EXPECT_EQ(must(read_generation(temp.store, written.id)).spec.target, "x64");
}

void expect_damage(const Store& store, const std::string& id) {
  const auto read = read_generation(store, id);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::damage);
  EXPECT_NE(read.error().hint.find("larder cache clean"), std::string::npos);
}

void expect_damage(const Store& store, const std::string& id, const std::string& text) {
  SCOPED_TRACE(text.substr(0, 4096));
  put_file(store.dir(), "generations/" + id, text);
  expect_damage(store, id);
}

TEST(Generation, EveryCutOffFileIsDamage) {
  const TempStore temp;
  const Generation written = sample(temp.store);
  must(write_generation(temp.store, written));
  const std::string text = get_file(temp.store.dir(), "generations/" + written.id);
  for (size_t size = 0; size < text.size(); ++size) expect_damage(temp.store, written.id, text.substr(0, size));
}

TEST(Generation, EveryFlippedBitIsDamage) {
  const TempStore temp;
  const Generation written = sample(temp.store);
  must(write_generation(temp.store, written));
  const std::string text = get_file(temp.store.dir(), "generations/" + written.id);
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string altered = text;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << bit % 8));
    expect_damage(temp.store, written.id, altered);
  }
}

/// Files whose last line is right, as somebody may write who means harm.
TEST(Generation, OtherDamageIsToldToo) {
  const TempStore temp;
  const Generation written = sample(temp.store);
  must(write_generation(temp.store, written));
  const std::string text = record_of(temp.store, written.id);
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    return changed.replace(changed.find(from), from.size(), to);
  };
  for (const std::string& damaged :
       {std::string(text.size(), '\0'), std::string("[]"), std::string("null"), std::string("{}"),
        std::string(100'000, '['), std::string((1 << 20) + 1, ' '), replaced(written.id, "00000000000000ff"),
        replaced("00000000000000ab", "../../../../etc"), replaced("interrupted", "splendid"),
        replaced("\"pantry\"", "7"), replaced("[\n", "[7,\n")}) {
    SCOPED_TRACE(damaged.substr(0, 4096));
    put_record(temp.store, written.id, damaged);
    expect_damage(temp.store, written.id);
  }
}

TEST(Generation, AMissingOneIsDamage) {
  const TempStore temp;
  EXPECT_EQ(read_generation(temp.store, "0123456789abcdef").error().code, ErrorCode::damage);
}

TEST(Generation, AnIdThatLeavesTheFolderIsRefused) {
  const TempStore temp;
  EXPECT_EQ(read_generation(temp.store, "../format").error().code, ErrorCode::usage);
}

}  // namespace
}  // namespace larder::store
