#include "base/ed25519.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"
#include "support/must.hpp"

namespace larder {
namespace {

using test::must;

// RFC 8032, 7.1, "TEST 3".
const std::string secret = "ed25519-private:c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
const std::string public_key = "ed25519:fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
const std::string message = "\xaf\x82";
const std::string signature =
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc"
    "027beceea1ec40a";

TEST(Ed25519, SignsAsTheStandardSays) {
  const SigningKey key = must(SigningKey::parse(secret + "\n"));
  EXPECT_EQ(key.public_key(), public_key);
  EXPECT_EQ(key.secret(), secret);
  EXPECT_EQ(key.sign(message), signature);
  EXPECT_TRUE(is_signed_by(public_key, message, signature));
}

TEST(Ed25519, OneBitThatDiffersIsNoSignature) {
  const std::string bytes = from_hex(signature).value();
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string other = bytes;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(is_signed_by(public_key, message, to_hex(other))) << bit;
  }
  EXPECT_FALSE(is_signed_by(public_key, message + " ", signature));
  EXPECT_FALSE(is_signed_by(SigningKey::make().public_key(), message, signature));
}

TEST(Ed25519, NewKeysAreAllDifferent) {
  EXPECT_NE(SigningKey::make().secret(), SigningKey::make().secret());
  const SigningKey key = SigningKey::make();
  EXPECT_TRUE(is_signed_by(key.public_key(), "text", key.sign("text")));
  EXPECT_EQ(must(SigningKey::parse(key.secret())).public_key(), key.public_key());
}

TEST(Ed25519, WhatIsNoKeyIsRefusedWithoutItsText) {
  for (const std::string& text : {std::string(), public_key, secret.substr(0, 70), secret + "0", std::string("x"),
                                  "ed25519-private:" + std::string(64, 'g')}) {
    const auto refused = SigningKey::parse(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, ErrorCode::usage);
    const std::string told = refused.error().message + refused.error().cause;
    EXPECT_TRUE(text.size() < 2 || told.find(text) == std::string::npos) << told;
  }
  EXPECT_FALSE(is_public_key(secret));
  EXPECT_FALSE(is_public_key(public_key.substr(0, 71)));
  EXPECT_FALSE(is_signed_by("", message, signature));
  EXPECT_FALSE(is_signed_by(public_key, message, ""));
}

TEST(Ed25519, WhatIsWipedIsGone) {
  std::string text = secret;
  wipe(text);
  EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace larder
