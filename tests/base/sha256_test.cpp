#include "base/sha256.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace larder {
namespace {

// The examples of FIPS 180-4's companion (NIST, "SHA256.pdf") and of the CAVP.
TEST(Sha256, GivesTheStandardsDigests) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex("\xbd"), "68325720aabd7c82f30f554b313d0570c95accbb7dc4b5aae11204c08ffe732b");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, StartsAnewAfterFinish) {
  Sha256 hash;
  hash.update("first");
  (void)hash.finish();
  hash.update("abc");
  EXPECT_EQ(hash.finish(), sha256_hex("abc"));
}

TEST(Sha256, FieldsCannotBeMistaken) {
  Sha256 first;
  first.field("ab");
  first.field("c");
  Sha256 second;
  second.field("a");
  second.field("bc");
  EXPECT_NE(first.finish(), second.finish());
}

RC_GTEST_PROP(Sha256, PiecesMakeNoDifference, (const std::vector<std::string>& pieces)) {
  Sha256 hash;
  std::string all;
  for (const std::string& piece : pieces) {
    hash.update(piece);
    all += piece;
  }
  RC_ASSERT(hash.finish() == sha256_hex(all));
}

}  // namespace
}  // namespace larder
