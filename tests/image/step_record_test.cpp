#include "image/step_record.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/image_kit.hpp"

namespace larder::image {
namespace {

using test::debian_base;
using test::make_image_record;
using test::must;

TEST(StepRecord, IsReadBackAsWritten) {
  StepRecord record =
      make_image_record({StepKind::commands, {"echo \"one\"\n", "echo tw\xc3\xb6"}}, "sha256:1", {"jq:amd64=1.6"});
  record.source = "sha256:2";
  record.path = "/usr/bin";
  record.env = {{"NAME", "a \"b\" $c"}};
  record.loader = "/lib/ld-musl-x86_64.so.1";
  const StepRecord read = must(parse_step_record(to_json(record).dump()));
  EXPECT_EQ(to_json(read), to_json(record));
  EXPECT_EQ(read.step, record.step);
}

TEST(StepRecord, AnOlderOneTellsNoLoader) {
  auto older = to_json(make_image_record(debian_base));
  older.erase("loader");
  EXPECT_EQ(must(parse_step_record(older.dump())).loader, "");
}

TEST(StepRecord, WhatIsNoRecordIsDamage) {
  const std::string whole = to_json(make_image_record(debian_base)).dump();
  for (const std::string& text : {std::string(), std::string("[]"), whole.substr(0, whole.size() / 2),
                                  std::string(R"({"digest": 7})"), std::string("null")}) {
    const auto read = parse_step_record(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, ErrorCode::damage) << text;
  }
  auto other_kind = nlohmann::json::parse(whole);
  other_kind["kind"] = "magic";
  EXPECT_FALSE(parse_step_record(other_kind.dump()));
}

TEST(StepRecord, ItsDigestIsThatOfAllThatMakesTheImage) {
  const StepRecord record = make_image_record(debian_base, "", {"jq:amd64=1.6"});
  EXPECT_EQ(record.digest.size(), 71U);
  EXPECT_EQ(digest_of(record), record.digest);
  StepRecord other = record;
  other.machine = "arm64";
  EXPECT_NE(digest_of(other), record.digest);
  other = record;
  other.packages = {"jq:amd64=1.7"};
  EXPECT_NE(digest_of(other), record.digest);
  other = record;
  other.from = record.digest;
  EXPECT_NE(digest_of(other), record.digest);
  other = record;
  other.step.kind = StepKind::packages;
  EXPECT_NE(digest_of(other), record.digest);
}

TEST(StepRecord, ARegistrysImageHasTheRegistrysDigest) {
  StepRecord record = make_image_record(debian_base);
  record.source = "sha256:12";
  EXPECT_EQ(digest_of(record), "sha256:12");
}

TEST(Step, CommandsAreToldApartByTheirTexts) {
  const Step step = {StepKind::commands, {"echo a", "echo b"}};
  EXPECT_EQ(step.key().substr(0, 7), "sha256:");
  EXPECT_EQ(step.key(), Step(step).key());
  EXPECT_NE(step.key(), (Step{StepKind::commands, {"echo aecho b"}}).key());
  EXPECT_NE(step.key(), (Step{StepKind::commands, {"echo b", "echo a"}}).key());
  EXPECT_EQ((Step{StepKind::commands, {step.key()}}).key(), step.key()) << "as a lock holds it";
}

TEST(Step, IsDescribedInAFewWords) {
  EXPECT_EQ(debian_base.describe(), "debian:bookworm");
  EXPECT_EQ((Step{StepKind::commands, {"make install"}}).describe(), "`make install`");
  EXPECT_EQ((Step{StepKind::commands, {"set -- 'a'\n#!/bin/sh\n# Make it.\n#\nset -eu\n"}}).describe(), "`Make it. …`");
  EXPECT_EQ((Step{StepKind::commands, {std::string(59, 'a') + "\u00e4 and more"}}).describe(),
            "`" + std::string(59, 'a') + " …`");
  EXPECT_EQ((Step{StepKind::commands, {"a", "b"}}).describe(), "2 commands");
  EXPECT_EQ((Step{StepKind::commands, {"sha256:12"}}).describe(), "1 command") << "as a lock has it";
  EXPECT_EQ((Step{StepKind::packages, {"jq"}}).describe(), "1 package: jq");
  EXPECT_EQ((Step{StepKind::packages, {"a", "b", "c", "d"}}).describe(), "4 packages: a, b, c, …");
}

}  // namespace
}  // namespace larder::image
