#include "share/signing.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "share/kit.hpp"
#include "support/scoped_variable.hpp"

namespace larder::share {
namespace {

using namespace test;

constexpr int64_t day = 24 * 60 * 60;
constexpr int64_t today = 20'000 * day;

class SeenTest : public ::testing::Test {
 protected:
  SeenTest() {
    signing_.max_age_seconds = 30 * day;
    signing_.now = [] { return today; };
  }

  static Statement statement(uint64_t sequence, int64_t seconds = today, char content = 'a') {
    return {"ghcr.io/org/cache",     "app", "main", "cargo-app", "shared-1", "", sequence, seconds,
            std::string(64, content)};
  }

  Status take(const Statement& one, store::Trust trust = store::Trust::trusted) const {
    return accept(temp_.store, one, signing_, trust);
  }

  TempStore temp_;
  Signing signing_;
};

TEST_F(SeenTest, WhatIsOlderThanWhatWasSeenIsRefused) {
  must(take(statement(7)));
  must(take(statement(7)));
  must(take(statement(9, today + 1)));
  const Status older = take(statement(8, today + 2));
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().message, "cargo-app in ghcr.io/org/cache is older than what was seen there");
  EXPECT_NE(older.error().hint.find(temp_.store.path() + "/remotes/seen/"), std::string::npos);
  EXPECT_EQ(must(last_seen(temp_.store, statement(0)))->sequence, 9U);
}

TEST_F(SeenTest, TwoThatWerePushedAtOnceAreBothTaken) {
  must(take(statement(7, today, 'a')));
  must(take(statement(7, today - 1, 'b')));
  EXPECT_EQ(must(last_seen(temp_.store, statement(0)))->content, std::string(64, 'b'));
}

TEST_F(SeenTest, EachVolumeOfEachBranchIsSeenByItself) {
  must(take(statement(7)));
  for (const auto field :
       {&Statement::repository, &Statement::project, &Statement::branch, &Statement::volume, &Statement::variant}) {
    Statement other = statement(3);
    other.*field += "x";
    EXPECT_TRUE(take(other));
  }
}

TEST_F(SeenTest, ANewMachineTakesNothingThatIsTooOld) {
  const Statement old = statement(7, today - 31 * day);
  const Status refused = take(old);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "cargo-app in ghcr.io/org/cache is too old for a machine that has seen none");
  EXPECT_FALSE(must(last_seen(temp_.store, old)));
  must(take(statement(6, today - 29 * day)));
  EXPECT_TRUE(take(old)) << "one that has seen an older one takes it";
}

TEST_F(SeenTest, WhatUntrustedBuildsSeeIsNotRemembered) {
  must(take(statement(7)));
  must(take(statement(9), store::Trust::untrusted));
  EXPECT_EQ(must(last_seen(temp_.store, statement(0)))->sequence, 7U);
  EXPECT_FALSE(take(statement(6), store::Trust::untrusted));
}

TEST_F(SeenTest, ADamagedNoteIsNamed) {
  must(take(statement(7)));
  const std::string name = names_in(temp_.store, "remotes/seen").front();
  must(replace_file(temp_.store.os(), temp_.store.dir(), "remotes/seen/" + name, "torn", Durability::none));
  const Status refused = take(statement(8));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::damage);
  EXPECT_NE(refused.error().hint.find(name), std::string::npos);
}

TEST(SigningTest, WhoHasKeysPushesNothingThatTheyWouldRefuse) {
  Signing signing;
  EXPECT_TRUE(signing.check_pushing());
  signing.public_keys = {SigningKey::make().public_key()};
  EXPECT_EQ(signing.check_pushing().error().message, "there is no key to sign with");
  signing.key = std::make_shared<const SigningKey>(SigningKey::make());
  EXPECT_EQ(signing.check_pushing().error().message, "your key is not among `public_keys` of [remote]");
  signing.public_keys.push_back(signing.key->public_key());
  EXPECT_TRUE(signing.check_pushing());
}

class KeyFileTest : public ::testing::Test {
 protected:
  std::string write(const std::string& text, mode_t mode = 0600) {
    const std::string file = dir_.path() + "/key";
    must(replace_file(os_, AT_FDCWD, file, text, Durability::none));
    must(os_.chmod(AT_FDCWD, file, mode));
    return file;
  }

  TempDir dir_;
  Os os_;
  SigningKey key_ = SigningKey::make();
};

TEST_F(KeyFileTest, IsForItsOwnerAlone) {
  EXPECT_EQ(must(read_key_file(os_, write(key_.secret() + "\n"))).public_key(), key_.public_key());
  const auto open = read_key_file(os_, write(key_.secret(), 0640));
  ASSERT_FALSE(open);
  EXPECT_EQ(open.error().hint, "chmod 600 " + dir_.path() + "/key");
}

TEST_F(KeyFileTest, AnErrorHasNothingOfTheText) {
  const auto refused = read_key_file(os_, write("ed25519-private:secret"));
  ASSERT_FALSE(refused);
  for (const std::string& text : {refused.error().message, refused.error().cause, refused.error().hint})
    EXPECT_EQ(text.find("secret"), std::string::npos);
}

TEST_F(KeyFileTest, TheCommandLineGoesBeforeTheDefaultFile) {
  const std::string file = write(key_.secret());
  EXPECT_EQ(must(find_signing_key(os_, {}, file))->public_key(), key_.public_key());
  EXPECT_EQ(must(find_signing_key(os_, {}, "")), nullptr);
  const UniqueFd open = file_of(key_.secret());
  ::lseek(open.get(), 0, SEEK_SET);
  EXPECT_EQ(must(find_signing_key(os_, {"", std::to_string(open.get())}, "/nowhere"))->public_key(), key_.public_key());
  EXPECT_FALSE(find_signing_key(os_, {"", "x"}, ""));
  EXPECT_FALSE(find_signing_key(os_, {"", "-1"}, ""));
  EXPECT_FALSE(find_signing_key(os_, {file, "3"}, ""));
}

TEST_F(KeyFileTest, TheVariableIsTakenOutOfTheEnvironment) {
  const ScopedVariable variable(key_variable, key_.secret());
  take_key_variable();
  EXPECT_EQ(std::getenv(key_variable), nullptr);
  EXPECT_EQ(must(find_signing_key(os_, {}, "/nowhere"))->public_key(), key_.public_key());
}

}  // namespace
}  // namespace larder::share
