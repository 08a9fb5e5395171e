#include "engine/container/handed_image.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "engine/support.hpp"
#include "support/store_kit.hpp"

namespace larder::engine {
namespace {

using namespace test;
using nlohmann::json;

constexpr const char* digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// docker as a script that keeps what it is told to load, unpacked.
class HandedImageTest : public ::testing::Test {
 protected:
  HandedImageTest() {
    std::signal(SIGPIPE, SIG_IGN);  // as larder itself does
    client(
        "#!/bin/sh\ncase \"$1 $2\" in\n"
        "'load --quiet') mkdir {0}/loaded && exec tar -x -C {0}/loaded;;\n"
        "'image inspect') [ -d {0}/loaded ] || {{ echo 'Error: No such image' >&2; exit 1; }}\n"
        "  echo '[{{\"Id\":\"sha256:1a\",\"Architecture\":\"amd64\",\"Os\":\"linux\",\"Config\":{{}}}}]';;\n"
        "'image rm') echo \"$4\" >{0}/removed; [ -d {0}/loaded ];;\nesac\n");
    add_layer([](int tree) {
      put_file(tree, "rootfs/bin/tool", "first", 0755);
      put_file(tree, "rootfs/etc/old", "old");
      put_file(tree, "rootfs/opt/a/one", "1");
      put_file(tree, "image.json", "{}");
    });
    add_layer([](int tree) {
      put_file(tree, "rootfs/bin/tool", "second", 0755);
      put_link(tree, "rootfs/bin/link", "tool");
      make_parents(tree, "rootfs/etc/old");
      put_whiteout(tree, "rootfs/etc/old");
      put_opaque_dir(tree, "rootfs/opt/a");
      put_file(tree, "rootfs/opt/a/two", "2");
    });
    image_ = {digest, current_layers(kit_.store, spec_.key), "rootfs", "amd64"};
  }

  void client(const std::string& script) {
    put_file(kit_.dir.fd(), "docker", fmt::format(fmt::runtime(script), kit_.dir.path()));
    must(::chmod((kit_.dir.path() + "/docker").c_str(), 0755) == 0, "cannot make the client executable");
    client_ = {Dialect::docker, kit_.dir.path() + "/docker"};
  }

  void add_layer(const std::function<void(int tree)>& fill) {
    Transaction transaction = begin(kit_.store, spec_);
    const UniqueFd tree = must(kit_.os.open_dir(kit_.store.dir(), upper(transaction)));
    fill(tree.get());
    must(transaction.seal(store::Outcome::success));
  }

  json loaded_json(const std::string& path) { return json::parse(get_file(kit_.dir.fd(), "loaded/" + path)); }

  /// What tar(1) lists of a layer, sorted.
  std::vector<std::string> listed(const std::string& layer) {
    const auto done = must(run_program({find_in_path("tar"), "-tf", kit_.dir.path() + "/loaded/" + layer}, 60));
    EXPECT_EQ(done.exit_code, 0) << done.errors;
    auto names = split(done.output, '\n');
    std::erase(names, "");
    std::sort(names.begin(), names.end());
    return names;
  }

  using Transaction = store::Transaction;
  TempStore kit_;
  store::VolumeSpec spec_ = download("image");
  HandedImage image_;
  Client client_;
};

TEST_F(HandedImageTest, TheEngineGetsLayersWithDeletionsAsItKnowsThem) {
  EXPECT_FALSE(must(find_handed(client_, kit_.store.path(), digest)));
  EXPECT_EQ(must(hand_over(client_, kit_.store, image_)).id, "sha256:1a");
  const json manifest = loaded_json("manifest.json").at(0);
  EXPECT_EQ(manifest.at("RepoTags"), json::array({"localhost/larder:0123456789abcdef"}));
  ASSERT_EQ(manifest.at("Layers").size(), 2U);
  EXPECT_EQ(listed(manifest["Layers"][0]),
            (std::vector<std::string>{"bin/", "bin/tool", "etc/", "etc/old", "opt/", "opt/a/", "opt/a/one"}));
  EXPECT_EQ(listed(manifest["Layers"][1]),
            (std::vector<std::string>{"bin/", "bin/link", "bin/tool", "etc/", "etc/.wh.old", "opt/", "opt/a/",
                                      "opt/a/.wh..wh..opq", "opt/a/two"}));
}

TEST_F(HandedImageTest, TheConfigurationNamesLayersByTheirDigests) {
  must(hand_over(client_, kit_.store, image_));
  const json manifest = loaded_json("manifest.json").at(0);
  const std::string path = manifest.at("Config");
  EXPECT_EQ(path, sha256_hex(get_file(kit_.dir.fd(), "loaded/" + path)) + ".json");
  const json config = loaded_json(path);
  EXPECT_EQ(config.at("architecture"), "amd64");
  EXPECT_EQ(config.at("os"), "linux");
  for (size_t i = 0; i < 2; ++i) {
    const std::string layer = get_file(kit_.dir.fd(), "loaded/" + manifest["Layers"][i].get<std::string>());
    EXPECT_EQ(config.at("rootfs").at("diff_ids").at(i), "sha256:" + sha256_hex(layer));
  }
}

TEST_F(HandedImageTest, WhatTheEngineHasIsNotGivenAgain) {
  must(hand_over(client_, kit_.store, image_));
  client_.program = kit_.dir.path() + "/docker";
  must(hand_over(client_, kit_.store, image_));  // mkdir would fail
}

TEST_F(HandedImageTest, AnEngineThatTakesNothingIsAnError) {
  client(
      "#!/bin/sh\ncase \"$1\" in load) echo 'no space left on device' >&2; exit 1;; esac\n"
      "echo 'Error: No such image' >&2; exit 1\n");
  const auto handed = hand_over(client_, kit_.store, image_);
  ASSERT_FALSE(handed);
  EXPECT_NE((handed.error().message + handed.error().cause).find("no space left"), std::string::npos);
}

TEST_F(HandedImageTest, IsRemovedByItsName) {
  EXPECT_FALSE(remove_handed(client_, kit_.store, digest));
  EXPECT_FALSE(exists(kit_.dir.fd(), "removed")) << "nothing was given, so nobody is asked";
  must(hand_over(client_, kit_.store, image_));
  EXPECT_TRUE(remove_handed(client_, kit_.store, digest));
  EXPECT_EQ(get_file(kit_.dir.fd(), "removed"), "localhost/larder:0123456789abcdef\n");
  EXPECT_FALSE(remove_handed(client_, kit_.store, digest));
}

}  // namespace
}  // namespace larder::engine
