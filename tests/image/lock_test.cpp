#include "image/lock.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/image_kit.hpp"
#include "support/property.hpp"

namespace larder::image {
namespace {

using test::make_image_record;
using test::must;

const Step base = {StepKind::base, {"debian:bookworm"}};

/// What a lock holds of a record: of commands only their hash, and nothing of PATH and variables.
std::string pinned(const StepRecord& record) {
  StepRecord known = record;
  if (known.step.kind == StepKind::commands) known.step.request = {known.step.key()};
  known.path.clear();
  known.env.clear();
  return to_json(known).dump();
}

Lock parse(const std::string& text) { return must(Lock::parse(text, "larder.lock")); }

Error mistake(const std::string& text) {
  const auto lock = Lock::parse(text, "larder.lock");
  if (lock) throw std::runtime_error("was taken: " + text);
  return lock.error();
}

TEST(Lock, WhereThereIsNoFileItIsEmpty) {
  const test::TempDir dir;
  EXPECT_TRUE(must(Lock::load(dir.path())).records().empty());
}

TEST(Lock, IsReadBackAsWritten) {
  const StepRecord first = make_image_record(base, "", {"bash:amd64=5.2"});
  const StepRecord second = make_image_record({StepKind::packages, {"gcc", "jq"}}, first.digest, {"jq:amd64=1.6-2.1"});
  const StepRecord third = make_image_record({StepKind::commands, {"echo one", "echo two"}}, second.digest);
  Lock lock;
  for (const StepRecord& record : {first, second, third}) lock.put(record);
  EXPECT_TRUE(lock.changed());
  const Lock read = parse(lock.text());
  ASSERT_EQ(read.records().size(), 3U);
  EXPECT_FALSE(read.changed());
  EXPECT_EQ(read.text(), lock.text());
  for (const StepRecord& record : {first, second, third}) {
    const StepRecord* found = read.find(record.from, record.step, "amd64");
    ASSERT_NE(found, nullptr) << record.step.describe();
    EXPECT_EQ(pinned(*found), pinned(record));
  }
}

TEST(Lock, IsSavedToTheProjectsFolder) {
  const test::TempDir dir;
  Lock lock;
  lock.put(make_image_record(base));
  must(lock.save(dir.path()));
  EXPECT_EQ(test::get_file(dir.fd(), "larder.lock"), lock.text());
  EXPECT_EQ(must(Lock::load(dir.path())).text(), lock.text());
}

TEST(Lock, AnOciFolderInTheProjectMovesWithIt) {
  const test::TempDir first;
  const test::TempDir second;
  Lock lock = must(Lock::load(first.path()));
  lock.put(make_image_record({StepKind::base, {"oci:" + first.path() + "/images/tools:1"}}));
  lock.put(make_image_record({StepKind::base, {"oci:/srv/tools"}}));
  EXPECT_NE(lock.text().find("\"oci:images/tools:1\""), std::string::npos);
  must(lock.save(second.path()));
  const Lock moved = must(Lock::load(second.path()));
  EXPECT_NE(moved.find("", {StepKind::base, {"oci:" + second.path() + "/images/tools:1"}}, "amd64"), nullptr);
  EXPECT_NE(moved.find("", {StepKind::base, {"oci:/srv/tools"}}, "amd64"), nullptr);
  EXPECT_EQ(moved.text(), lock.text());
}

TEST(Lock, PinsAStepOnItsParentForOneMachine) {
  const StepRecord record = make_image_record(base);
  Lock lock;
  lock.put(record);
  EXPECT_NE(lock.find("", base, "amd64"), nullptr);
  EXPECT_EQ(lock.find("", base, "arm64"), nullptr);
  EXPECT_EQ(lock.find(record.digest, base, "amd64"), nullptr);
  EXPECT_EQ(lock.find("", {StepKind::base, {"debian:trixie"}}, "amd64"), nullptr);
  EXPECT_EQ(lock.find("", {StepKind::packages, {"debian:bookworm"}}, "amd64"), nullptr);
}

TEST(Lock, ANewRecordReplacesTheOneOfTheSameStep) {
  Lock lock;
  lock.put(make_image_record(base, "", {"bash:amd64=5.2"}));
  lock.put(make_image_record({StepKind::packages, {"jq"}}, "sha256:1"));
  const StepRecord newer = make_image_record(base, "", {"bash:amd64=5.3"});
  lock.put(newer);
  ASSERT_EQ(lock.records().size(), 2U);
  EXPECT_EQ(lock.find("", base, "amd64")->digest, newer.digest);
}

TEST(Lock, MistakesAreToldWithTheirPlace) {
  const std::string digest = "digest = \"sha256:" + std::string(64, 'a') + "\"\n";
  const std::string image = "version = 1\n[[image]]\nmachine = \"amd64\"\n";
  EXPECT_NE(mistake("version = 2\n").message.find("larder.lock:1:"), std::string::npos);
  EXPECT_NE(mistake("").message.find("version"), std::string::npos);
  EXPECT_NE(mistake(image + "base = \"x\"\n").message.find("digest"), std::string::npos);
  EXPECT_NE(mistake(image + digest).message.find("'base', 'install', 'run' and 'rust'"), std::string::npos);
  EXPECT_NE(mistake(image + digest + "base = \"x\"\ninstall = []\n").message.find("'install'"), std::string::npos);
  EXPECT_NE(mistake(image + digest + "install = [\"x\"]\n").message.find("'from'"), std::string::npos);
  EXPECT_NE(mistake(image + digest + "base = \"x\"\nfrom = \"sha256:1\"\n").message.find("64 digits"),
            std::string::npos);
  EXPECT_NE(mistake(image + "base = \"x\"\ndigest = \"../../etc\"\n").message.find("64 digits"), std::string::npos);
  EXPECT_NE(mistake("version = 1\nimages = 3\n").message.find("images"), std::string::npos);
}

/// They become arguments of apt.
TEST(Lock, HostilePackagesAndMachinesAreRefused) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  const std::string record = "version = 1\n[[image]]\ndigest = \"" + digest + "\"\nfrom = \"" + digest + "\"\n";
  const std::string step = "install = [\"x\"]\n";
  EXPECT_TRUE(
      Lock::parse(record + "machine = \"amd64\"\n" + step + "packages = [\"g++:amd64=4:12.2.0-3+b1~x\"]\n", "f"));
  for (const char* package :
       {"", "-x", "--allow-unauthenticated", "../x.deb", "/x.deb", "a b", "a\\nb", "a;b", "a\\u001b"})
    EXPECT_NE(mistake(record + "machine = \"amd64\"\n" + step + "packages = [\"" + package + "\"]\n")
                  .message.find("no package with its version"),
              std::string::npos)
        << package;
  for (const char* machine : {"-x", "a\\nb"})
    EXPECT_NE(mistake(record + "machine = \"" + machine + "\"\n" + step).message.find("machine"), std::string::npos);
}

std::string any_digest() {
  const auto digits = *rc::gen::container<std::string>(64, rc::gen::elementOf(std::string("0123456789abcdef")));
  return "sha256:" + digits;
}

/// With the characters that have to be escaped.
std::string any_text() {
  return *rc::gen::nonEmpty(rc::gen::container<std::string>(
      rc::gen::map(rc::gen::inRange(1, 128), [](int c) { return static_cast<char>(c); })));
}

/// Begins with a letter.
std::string any_word(const std::string& characters) {
  return "x" + *rc::gen::container<std::string>(rc::gen::elementOf(characters));
}

StepRecord any_record() {
  StepRecord record;
  const auto kind = static_cast<StepKind>(*rc::gen::inRange(0, 4));
  record.digest = any_digest();
  record.machine = any_word("abcdefghijklmnopqrstuvwxyz0123456789-");
  if (kind != StepKind::base) record.from = any_digest();
  const bool has_source = kind == StepKind::base || kind == StepKind::rust;
  if (has_source && *rc::gen::arbitrary<bool>()) record.source = any_digest();
  const int count = kind == StepKind::base ? 1 : *rc::gen::inRange(1, 4);
  record.step.kind = kind;
  for (int i = 0; i < count; ++i) record.step.request.push_back(any_text());
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) record.packages.push_back(any_word("abcXYZ019+.-:~="));
  return record;
}

TEST(Lock, WhateverItHoldsItIsReadBackTheSame) {
  test::check_property(100, [] {
    Lock lock;
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i) lock.put(any_record());
    const auto read = Lock::parse(lock.text(), "larder.lock");
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->records().size() == lock.records().size());
    for (size_t i = 0; i < lock.records().size(); ++i)
      RC_ASSERT(pinned(read->records()[i]) == pinned(lock.records()[i]));
    RC_ASSERT(read->text() == lock.text());
  });
}

}  // namespace
}  // namespace larder::image
