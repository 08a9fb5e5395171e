#include "image/catalog.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "image/reference.hpp"
#include "support/image_kit.hpp"

namespace larder::image {
namespace {

using test::debian_base;
using test::make_image_record;
using test::must;
using test::put_image;

constexpr const char* volume = "image-debian-bookworm";

class Catalog : public ::testing::Test {
 protected:
  const store::Store& store() const { return kit_.store; }

  test::TempStore kit_;
};

TEST_F(Catalog, AnImageIsFoundByItsDigest) {
  const StepRecord record = make_image_record(debian_base);
  put_image(store(), volume, record, {{"etc/name", "x"}});
  const auto found = must(find_image(store(), volume, record.digest));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->record.step, debian_base);
  EXPECT_EQ(found->key, must(image_key(volume, record.digest)));
}

TEST_F(Catalog, WhatIsNotThereIsNotFound) {
  put_image(store(), volume, make_image_record(debian_base), {});
  EXPECT_FALSE(must(find_image(store(), volume, "sha256:" + std::string(64, '0'))));
  EXPECT_FALSE(must(find_image(store(), "image-other", make_image_record(debian_base).digest)));
}

TEST_F(Catalog, AnImageWhoseDigestOnlyBeginsTheSameIsAnother) {
  const StepRecord record = make_image_record(debian_base);
  put_image(store(), volume, record, {});
  std::string other = record.digest;
  other.back() = other.back() == '0' ? '1' : '0';
  EXPECT_FALSE(must(find_image(store(), volume, other)));
}

TEST_F(Catalog, AListHasImagesAndNoOtherVolumes) {
  put_image(store(), volume, make_image_record(debian_base), {});
  put_image(store(), "image-two", make_image_record({StepKind::base, {"two"}}), {});
  test::commit(store(), test::download("cargo-cache-x64"), {{"a", "1"}});
  test::commit(store(), test::download("image-of-somebody"), {{"a", "1"}});
  EXPECT_EQ(must(list_images(store())).size(), 2U);
}

TEST_F(Catalog, ADamagedImageIsLeftOutOfTheListAndAnErrorByItsDigest) {
  const StepRecord record = make_image_record(debian_base);
  const Stored stored = put_image(store(), volume, record, {});
  test::put_file(store().dir(), "layers/" + stored.generation.layers.back() + "/tree/" + record_file, "torn");
  EXPECT_TRUE(must(list_images(store())).empty());
  const auto found = find_image(store(), volume, record.digest);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::damage);
}

TEST_F(Catalog, TheNewestThatAStepHasMadeIsFound) {
  put_image(store(), volume, make_image_record(debian_base, "", {"bash:amd64=5.1"}), {});
  const StepRecord newer = make_image_record(debian_base, "", {"bash:amd64=5.2"});
  Stored stored = put_image(store(), volume, newer, {});
  stored.generation.created_seconds += 10;
  must(store::write_generation(store(), stored.generation));
  const auto found = must(find_made(store(), "", debian_base, "amd64"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->record.digest, newer.digest);
  EXPECT_FALSE(must(find_made(store(), "", debian_base, "arm64")));
  EXPECT_FALSE(must(find_made(store(), newer.digest, debian_base, "amd64")));
  EXPECT_FALSE(must(find_made(store(), "", {StepKind::base, {"debian:trixie"}}, "amd64")));
}

TEST_F(Catalog, ABaseIsWhatItsSourcesHaveGiven) {
  const Stored stored = put_image(store(), volume, make_image_record(debian_base), {});
  const auto is_made_of = [&](const std::string& sources) {
    return must(find_made(store(), "", debian_base, "amd64", sources)).has_value();
  };
  EXPECT_TRUE(is_made_of("any")) << "earlier versions of Larder noted nothing";
  must(note_sources(store(), stored.key, "office"));
  EXPECT_TRUE(is_made_of("office"));
  EXPECT_TRUE(is_made_of(""));
  EXPECT_FALSE(is_made_of("home"));
  must(note_sources(store(), stored.key, "home"));
  EXPECT_TRUE(is_made_of("home"));
  EXPECT_TRUE(is_made_of("office"));
}

TEST_F(Catalog, AFileIsReadFromTheUppermostLayerThatHasIt) {
  const StepRecord first = make_image_record(debian_base);
  const Stored parent = put_image(store(), volume, first, {{"etc/name", "lower"}, {"etc/other", "stays"}});
  const StepRecord second = make_image_record({StepKind::commands, {"x"}}, first.digest);
  const Stored image = put_image(store(), volume, second, {{"etc/name", "upper"}}, &parent);
  ASSERT_EQ(image.generation.layers.size(), 2U);
  const auto folders = rootfs_layers(image.generation);
  EXPECT_EQ(must(read_from_image(store(), folders, "etc/name")), "upper");
  EXPECT_EQ(must(read_from_image(store(), folders, "etc/other")), "stays");
  EXPECT_EQ(must(read_from_image(store(), folders, "etc/none")), "");
  EXPECT_EQ(must(read_from_image(store(), rootfs_layers(parent.generation), "etc/name")), "lower");
}

TEST_F(Catalog, ALinkInAnImageIsNotFollowed) {
  test::put_file(kit_.dir.fd(), "secret", "secret");
  const Stored image = put_image(store(), volume, make_image_record(debian_base), {{"etc/name", "x"}});
  const std::string tree = store().path() + "/" + rootfs_layers(image.generation).front();
  std::filesystem::create_symlink(kit_.dir.path(), tree + "/var");
  std::filesystem::create_symlink(kit_.dir.path() + "/secret", tree + "/etc/link");
  EXPECT_EQ(read_from_image(store(), rootfs_layers(image.generation), "var/secret").value_or(""), "");
  EXPECT_EQ(read_from_image(store(), rootfs_layers(image.generation), "etc/link").value_or(""), "");
}

}  // namespace
}  // namespace larder::image
