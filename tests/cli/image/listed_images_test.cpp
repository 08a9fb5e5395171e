#include "cli/image/listed_images.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/cache_kit.hpp"
#include "support/image_kit.hpp"

namespace larder::cli {
namespace {

using test::now;

ListedImage listed(const image::StepRecord& record, uint64_t disk_bytes, uint64_t own_bytes) {
  ListedImage image;
  image.stored.record = record;
  image.stored.key = test::must(image::image_key("debian", record.digest));
  image.stored.generation.created_seconds = now - 7200;
  image.disk_bytes = disk_bytes;
  image.own_bytes = own_bytes;
  return image;
}

std::vector<ListedImage> two_images() {
  const auto base = test::make_image_record({image::StepKind::base, {"debian:bookworm"}});
  const auto tools = test::make_image_record({image::StepKind::packages, {"gcc"}}, base.digest, {"gcc:amd64=1"});
  std::vector<ListedImage> images = {listed(base, 200'000'000, 0), listed(tools, 300'000'000, 100'000'000)};
  images[1].depth = 1;
  images[1].projects = {"app", "shelf"};
  images[1].last_used_seconds = now - 60;
  return images;
}

TEST(ListedImages, JsonHasStableNames) {
  const nlohmann::json list = images_to_json(two_images());
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[1]["disk_bytes"], 300'000'000);
  EXPECT_EQ(list[1]["own_bytes"], 100'000'000);
  EXPECT_EQ(list[1]["created_at"], "2001-09-08T23:46:40Z");
  EXPECT_EQ(list[1]["last_used_at"], "2001-09-09T01:45:40Z");
  EXPECT_TRUE(list[0]["last_used_at"].is_null()) << "nothing has used it";
  EXPECT_EQ(list[1]["projects"], (std::vector<std::string>{"app", "shelf"}));
  std::vector<std::string> names;
  for (const auto& [name, value] : list[0].items()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"created_at", "digest", "disk_bytes", "env", "from", "kind",
                                             "last_used_at", "loader", "machine", "own_bytes", "packages", "path",
                                             "projects", "request", "source", "volume"}));
}

TEST(ListedImages, AreShownBelowWhatTheyAreMadeFrom) {
  const auto images = two_images();
  EXPECT_EQ(format_images(images, now).find("IMAGE"), 0U);
  EXPECT_NE(format_images(images, now).find("\n  + 1 package"), std::string::npos) << format_images(images, now);
}

TEST(ListedImages, AreUnusedWhereNoProjectHasCompiledOnThemOrTheirChildren) {
  auto images = two_images();
  EXPECT_TRUE(unused_images(images).empty());
  images[1].projects.clear();
  EXPECT_EQ(unused_images(images).size(), 2U);
  images[0].projects = {"app"};
  ASSERT_EQ(unused_images(images).size(), 1U);
  EXPECT_EQ(unused_images(images)[0].stored.record.digest, images[1].stored.record.digest);
}

TEST(ListedImages, AreChosenByTheBeginningOfTheirDigests) {
  const auto images = two_images();
  const std::string digest = images[1].stored.record.digest;
  for (const std::string& text : {digest, short_digest(digest), digest.substr(0, 7 + 12)}) {
    const auto chosen = choose_image(images, text);
    ASSERT_TRUE(chosen) << text;
    EXPECT_EQ(chosen->stored.record.digest, digest);
  }
  for (const char* text : {"", "sha256:", "none"}) EXPECT_EQ(choose_image(images, text).error().code, ErrorCode::usage);
}

}  // namespace
}  // namespace larder::cli
