#include "builds/run/checked_downloads.hpp"

#include <gtest/gtest.h>

#include "base/sha256.hpp"
#include "builds/support.hpp"

namespace larder::builds {
namespace {

using Names = std::vector<std::string>;

class CheckedDownloadsTest : public ::testing::Test {
 protected:
  CheckedDownloadsTest() {
    kit_.plan.recipe.fetch.emplace();
    kit_.plan.recipe.blind.checked = {"Cargo.lock", "/usr/local/cargo/registry/cache/*/*.crate",
                                      "/usr/local/cargo/registry/src/*/*"};
    lock("one", sha256_hex("good"));
  }

  void lock(const std::string& name, const std::string& checksum) {
    kit_.put("Cargo.lock", "version = 3\n[[package]]\nname = \"" + name + "\"\nversion = \"1.0.0\"\nchecksum = \"" +
                               checksum + "\"\n[[package]]\nname = \"app\"\nversion = \"0.1.0\"\n");
  }

  /// Of a volume that has these files.
  Names forged(const test::Files& files) {
    const store::VolumeSpec spec = test::download("cargo-cache-" + std::to_string(++number_));
    test::commit(kit_.store(), spec, files);
    const store::Transaction transaction = test::begin(kit_.store(), spec);
    return must(forged_downloads(kit_.plan, kit_.store(), transaction.forks().front()));
  }

  Kit kit_;
  int number_ = 0;
};

TEST_F(CheckedDownloadsTest, WhatTheLockHasAnotherChecksumForIsForged) {
  EXPECT_EQ(forged({{"cache/a/one-1.0.0.crate", "good"}, {"src/a/one-1.0.0/lib.rs", "x"}}), Names());
  EXPECT_EQ(forged({{"cache/a/one-1.0.0.crate", "evil"}}), Names{"cache/a/one-1.0.0.crate"});
  EXPECT_EQ(forged({{"cache/a/one-1.0.0.crate", "good"}, {"cache/b/one-1.0.0.crate", "evil"}}),
            Names{"cache/b/one-1.0.0.crate"});
}

TEST_F(CheckedDownloadsTest, SoIsWhatWasUnpackedFromIt) {
  EXPECT_EQ(forged({{"cache/a/one-1.0.0.crate", "evil"},
                    {"src/a/one-1.0.0/src/lib.rs", "x"},
                    {"src/a/two-1.0.0/src/lib.rs", "x"}}),
            (Names{"cache/a/one-1.0.0.crate", "src/a/one-1.0.0"}));
}

TEST_F(CheckedDownloadsTest, OfWhatTheLockDoesNotNameNobodyKnows) {
  EXPECT_EQ(forged({{"cache/a/two-1.0.0.crate", "evil"}, {"cache/a/app-0.1.0.crate", "evil"}}), Names());
  kit_.put("Cargo.lock", "no lock");
  EXPECT_EQ(forged({{"cache/a/one-1.0.0.crate", "evil"}}), Names());
}

TEST_F(CheckedDownloadsTest, ARecipeWithoutTheTableChecksNothing) {
  kit_.plan.recipe.blind.checked = {};
  EXPECT_EQ(forged({{"cache/a/one-1.0.0.crate", "evil"}}), Names());
}

}  // namespace
}  // namespace larder::builds
