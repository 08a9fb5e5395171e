#include "share/statement.hpp"

#include <gtest/gtest.h>

#include "base/ed25519.hpp"
#include "support/must.hpp"

namespace larder::share {
namespace {

using test::must;

class StatementTest : public ::testing::Test {
 protected:
  StatementTest() {
    manifest_.config = {std::string(64, '1'), 10};
    manifest_.index = {std::string(64, '2'), 20};
    manifest_.source = Blob{std::string(64, '3'), 30};
    manifest_.packs = {{std::string(64, '4'), 40}, {std::string(64, '5'), 50}};
    manifest_.volume = "app";
    said_ = {"ghcr.io/org/cache", "app-1", "feature/ü x", "app", "shared-1", "abc1234", 7, 1'700'000'000, ""};
    sign();
  }

  void sign() {
    said_.content = content_of(manifest_);
    manifest_.statement = format_statement(said_);
    manifest_.signer = key_.public_key();
    manifest_.signature = key_.sign(manifest_.statement);
  }

  std::string refusal() const {
    const auto checked = check_signed(manifest_, place_, keys_);
    return checked ? "" : checked.error().message + ": " + checked.error().cause;
  }

  SigningKey key_ = SigningKey::make();
  std::vector<std::string> keys_ = {SigningKey::make().public_key(), key_.public_key()};
  Manifest manifest_;
  Statement said_;
  Place place_{"ghcr.io/org/cache", "app-1", "feature/ü x"};
};

TEST_F(StatementTest, IsReadAsItWasWritten) {
  EXPECT_EQ(must(parse_statement(format_statement(said_))), said_);
  EXPECT_EQ(must(check_signed(manifest_, place_, keys_)), said_);
  EXPECT_EQ(must(parse_manifest(format_manifest(manifest_))), manifest_);
}

TEST_F(StatementTest, EachByteOfItIsSigned) {
  const std::string good = manifest_.statement;
  for (size_t i = 0; i < good.size(); ++i) {
    manifest_.statement = good;
    manifest_.statement[i] = static_cast<char>(manifest_.statement[i] ^ 1);
    EXPECT_EQ(refusal(),
              "app in ghcr.io/org/cache was altered after it was signed: the signature is of another statement")
        << i;
  }
}

TEST_F(StatementTest, AllThatTheManifestNamesIsSigned) {
  const Manifest good = manifest_;
  const auto altered =
      "app in ghcr.io/org/cache was altered after it was signed: the manifest names other contents than were signed";
  const std::vector<std::function<void()>> changes = {
      [&] { manifest_.config.digest[0] = 'f'; },   [&] { ++manifest_.config.bytes; },
      [&] { manifest_.index.digest[0] = 'f'; },    [&] { ++manifest_.index.bytes; },
      [&] { manifest_.source->digest[0] = 'f'; },  [&] { manifest_.source.reset(); },
      [&] { manifest_.packs[1].digest[0] = 'f'; }, [&] { ++manifest_.packs[1].bytes; },
      [&] { manifest_.packs.pop_back(); },         [&] { std::swap(manifest_.packs[0], manifest_.packs[1]); }};
  for (size_t i = 0; i < changes.size(); ++i) {
    manifest_ = good;
    changes[i]();
    EXPECT_EQ(refusal(), altered) << i;
  }
}

TEST_F(StatementTest, AnotherKeyIsNamed) {
  keys_.pop_back();
  EXPECT_EQ(refusal(), "app in ghcr.io/org/cache is signed by a key that is not among yours: " + key_.public_key());
  manifest_.signer = keys_.front();  // a lie about who it was
  EXPECT_EQ(refusal(),
            "app in ghcr.io/org/cache was altered after it was signed: the signature is of another statement");
  manifest_.signature.clear();
  EXPECT_EQ(refusal(),
            "app in ghcr.io/org/cache is not signed: public keys are configured, so nothing unsigned is used");
}

TEST_F(StatementTest, OfAnotherPlaceIsNamed) {
  const Place here = place_;
  place_.repository = "ghcr.io/org/other";
  EXPECT_EQ(refusal(),
            "app in ghcr.io/org/cache is signed for something else: its repository is ghcr.io/org/cache instead of "
            "ghcr.io/org/other");
  place_ = here;
  place_.project = "app-2";
  EXPECT_NE(refusal().find("its project is app-1 instead of app-2"), std::string::npos);
  place_ = here;
  place_.branch = "main";
  EXPECT_NE(refusal().find("instead of main"), std::string::npos);
  EXPECT_TRUE(check_volume(said_, "app", "shared-1"));
  EXPECT_FALSE(check_volume(said_, "other", "shared-1"));
  EXPECT_FALSE(check_volume(said_, "app", "shared-2"));
}

TEST_F(StatementTest, WhatIsNoStatementIsDamage) {
  const std::string good = format_statement(said_);
  for (const std::string& text : {std::string(), good + "x", good.substr(0, good.size() - 1), good.substr(1),
                                  "larder-statement-2" + good.substr(18)}) {
    const auto refused = parse_statement(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::damage);
  }
  said_.sequence = sequence_max + 1;
  EXPECT_FALSE(parse_statement(format_statement(said_)));
  said_.sequence = 1;
  said_.seconds = -1;
  EXPECT_FALSE(parse_statement(format_statement(said_)));
}

TEST(Repository, IsTheSameWhateverItsHostsSpelling) {
  EXPECT_EQ(normal_repository("GHCR.io/org/cache"), "ghcr.io/org/cache");
}

}  // namespace
}  // namespace larder::share
