#include "engine/container/known_image.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "engine/container/facts.hpp"
#include "engine/support.hpp"

namespace larder::engine {
namespace {

using test::get_file;
using test::must;
using test::put_file;
using test::TempStore;

/// podman as a script that has one image, and writes down when it is asked for it.
class KnownImage : public ::testing::Test {
 protected:
  KnownImage() {
    const std::string folder = kit_.dir.path();
    put_file(kit_.dir.fd(), "podman",
             fmt::format("#!/bin/sh\ncase \"$1\" in\n"
                         "info) echo '{{\"store\":{{\"graphRoot\":\"{0}/storage\"}}}}';;\n"
                         "image) echo asked >>{0}/asked; cat {0}/image;;\nesac\n",
                         folder));
    must(::chmod((folder + "/podman").c_str(), 0755) == 0, "cannot make the client executable");
    client_ = {Dialect::podman, folder + "/podman"};
    set_image("1a");
  }

  void set_image(const std::string& id) {
    put_file(kit_.dir.fd(), "image",
             fmt::format(R"([{{"Id":"{}","Architecture":"amd64","Os":"linux","Config":{{"Env":["A=b"]}}}}])", id));
    put_file(kit_.dir.fd(), "storage/overlay-images/images.json", fmt::format(R"([{{"id":"{}"}}])", id));
  }
  ImageFacts find() { return must(known_image(client_, kit_.store.path(), "rust:1")).value(); }
  size_t times_asked() const { return get_file(kit_.dir.fd(), "asked").size() / std::string("asked\n").size(); }

  TempStore kit_;
  Client client_;
};

TEST_F(KnownImage, IsNotedOnceTheEngineIsKnown) {
  find();
  find();
  EXPECT_EQ(times_asked(), 2U) << "where podman keeps its images is not known yet";
  must(known_facts(client_, kit_.store.path(), ""));
  find();
  const ImageFacts noted = find();
  EXPECT_EQ(times_asked(), 3U);
  EXPECT_EQ(noted.id, "sha256:1a");
  EXPECT_EQ(noted.architecture, "amd64");
  EXPECT_EQ(noted.env.at("A"), "b");
}

TEST_F(KnownImage, IsAskedForAgainWhenTheListOfImagesHasChanged) {
  must(known_facts(client_, kit_.store.path(), ""));
  find();
  set_image("22b");
  EXPECT_EQ(find().id, "sha256:22b");
  EXPECT_EQ(times_asked(), 2U);
}

TEST_F(KnownImage, OfAnotherStorageIsNotNoted) {
  must(known_facts(client_, kit_.store.path(), ""));
  put_file(kit_.dir.fd(), "storage/overlay-images/images.json", "[]");
  find();
  find();
  EXPECT_EQ(times_asked(), 2U);
}

}  // namespace
}  // namespace larder::engine
