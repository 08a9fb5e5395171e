#include "image/lock.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/subprocess.hpp"
#include "support/child.hpp"
#include "support/fault_os.hpp"
#include "support/files.hpp"
#include "support/image_kit.hpp"
#include "support/property.hpp"

namespace larder::image {
namespace {

using test::debian_base;
using test::make_image_record;
using test::must;

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

/// A base that was taken by its digest, as those of registries and OCI folders are.
StepRecord fetched(const std::string& base_text) {
  StepRecord record = make_image_record({StepKind::base, {base_text}});
  record.source = make_image_record({StepKind::base, {std::filesystem::path(base_text).filename().string()}}).digest;
  record.digest = digest_of(record);
  return record;
}

Lock lock_of(const std::vector<StepRecord>& records) {
  Lock lock;
  for (const StepRecord& record : records) lock.put(record);
  return lock;
}

void save(Lock& lock, const std::string& folder) {
  Os os;
  must(lock.save(os, folder));
}

Chain chain_of(std::vector<Step> steps) { return {must(parse_reference("debian:bookworm", "/")), std::move(steps)}; }

Step packages(std::vector<std::string> names) { return {StepKind::packages, std::move(names)}; }
Step commands(std::vector<std::string> texts) { return {StepKind::commands, std::move(texts)}; }

TEST(Lock, WhereThereIsNoFileItIsEmpty) {
  const test::TempDir dir;
  EXPECT_TRUE(must(Lock::load(dir.path())).records().empty());
}

TEST(Lock, IsReadBackAsWritten) {
  const StepRecord first = make_image_record(debian_base, "", {"bash:amd64=5.2"});
  const StepRecord second = make_image_record({StepKind::packages, {"gcc", "jq"}}, first.digest, {"jq:amd64=1.6-2.1"});
  const StepRecord third = make_image_record({StepKind::commands, {"echo one", "echo two"}}, second.digest);
  StepRecord fourth = make_image_record({StepKind::zig, {"ziglang"}}, third.digest, {"zig=0.17.1"});
  fourth.source = first.digest;
  fourth.digest = digest_of(fourth);
  Lock lock;
  for (const StepRecord& record : {first, second, third, fourth}) lock.put(record);
  EXPECT_TRUE(lock.changed());
  const Lock read = parse(lock.text());
  ASSERT_EQ(read.records().size(), 4U);
  EXPECT_FALSE(read.changed());
  EXPECT_TRUE(read.text() == lock.text());
  for (const StepRecord& record : {first, second, third, fourth}) {
    const StepRecord* found = read.find(record.from, record.step, "amd64");
    ASSERT_NE(found, nullptr) << record.step.describe();
    EXPECT_EQ(pinned(*found), pinned(record));
  }
}

TEST(Lock, IsSavedToTheProjectsFolder) {
  const test::TempDir dir;
  Lock lock;
  lock.put(make_image_record(debian_base));
  save(lock, dir.path());
  EXPECT_TRUE(test::get_file(dir.fd(), "larder.lock") == lock.text());
  EXPECT_TRUE(must(Lock::load(dir.path())).text() == lock.text());
}

TEST(Lock, AnOciFolderInTheProjectMovesWithIt) {
  const test::TempDir first;
  const test::TempDir second;
  Lock lock = must(Lock::load(first.path()));
  lock.put(fetched("oci:" + first.path() + "/images/tools:1"));
  lock.put(fetched("oci:/srv/tools"));
  EXPECT_NE(lock.text().find("\"oci:images/tools:1\""), std::string::npos);
  save(lock, second.path());
  const Lock moved = must(Lock::load(second.path()));
  EXPECT_NE(moved.find("", {StepKind::base, {"oci:" + second.path() + "/images/tools:1"}}, "amd64"), nullptr);
  EXPECT_NE(moved.find("", {StepKind::base, {"oci:/srv/tools"}}, "amd64"), nullptr);
  EXPECT_TRUE(moved.text() == lock.text());
}

TEST(Lock, AnOciFolderBesideTheProjectIsNamedAsTheProjectDoes) {
  const test::TempDir dir;
  const std::string project = dir.path() + "/project";
  Lock lock = must(Lock::load(project));
  for (const char* said : {"oci:../images/one", "oci:/srv/two"}) {
    const Reference reference = must(parse_reference(said, project));
    lock.put(fetched(reference.text));
    lock.name_base(reference);
  }
  EXPECT_NE(lock.text().find("\"oci:../images/one\""), std::string::npos);
  EXPECT_NE(lock.text().find("\"oci:/srv/two\""), std::string::npos);
  EXPECT_TRUE(must(Lock::parse(lock.text(), "/elsewhere/project/larder.lock")).text() == lock.text());
}

TEST(Lock, PinsAStepOnItsParentForOneMachine) {
  const StepRecord record = make_image_record(debian_base);
  Lock lock;
  lock.put(record);
  EXPECT_NE(lock.find("", debian_base, "amd64"), nullptr);
  EXPECT_EQ(lock.find("", debian_base, "arm64"), nullptr);
  EXPECT_EQ(lock.find(record.digest, debian_base, "amd64"), nullptr);
  EXPECT_EQ(lock.find("", {StepKind::base, {"debian:trixie"}}, "amd64"), nullptr);
  EXPECT_EQ(lock.find("", {StepKind::packages, {"debian:bookworm"}}, "amd64"), nullptr);
}

TEST(Lock, ANewRecordReplacesTheOneOfTheSameStep) {
  Lock lock;
  lock.put(make_image_record(debian_base, "", {"bash:amd64=5.2"}));
  lock.put(make_image_record({StepKind::packages, {"jq"}}, "sha256:1"));
  const StepRecord newer = make_image_record(debian_base, "", {"bash:amd64=5.3"});
  lock.put(newer);
  ASSERT_EQ(lock.records().size(), 2U);
  EXPECT_EQ(lock.find("", debian_base, "amd64")->digest, newer.digest);
}

TEST(Lock, MistakesAreToldWithTheirPlace) {
  const std::string digest = "digest = \"sha256:" + std::string(64, 'a') + "\"\n";
  const std::string image = "version = 1\n[[image]]\nmachine = \"amd64\"\n";
  EXPECT_NE(mistake("version = 2\n").message.find("larder.lock:1:"), std::string::npos);
  EXPECT_NE(mistake("# nothing\n").message.find("version"), std::string::npos);
  EXPECT_NE(mistake(image + "base = \"x\"\n").message.find("digest"), std::string::npos);
  EXPECT_NE(mistake(image + digest).message.find("'base', 'install', 'run', 'rust' and 'zig'"), std::string::npos);
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
  const StepRecord sound = make_image_record(packages({"x"}), digest, {"g++:amd64=4:12.2.0-3+b1~x"});
  EXPECT_TRUE(Lock::parse(lock_of({sound}).text(), "f"));
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
  record.machine = any_word("abcdefghijklmnopqrstuvwxyz0123456789-");
  if (kind != StepKind::base) record.from = any_digest();
  const bool has_source = kind == StepKind::base || kind == StepKind::rust;
  record.step.kind = kind;
  if (has_source && *rc::gen::arbitrary<bool>()) record.source = any_digest();
  const int count = kind == StepKind::base ? 1 : *rc::gen::inRange(1, 4);
  record.step.kind = kind;
  for (int i = 0; i < count; ++i) record.step.request.push_back(any_text());
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) record.packages.push_back(any_word("abcXYZ019+.-:~="));
  record.digest = digest_of(record);
  return record;
}

TEST(Lock, WhateverItHoldsItIsReadBackTheSame) {
  test::check_property(100, [] {
    Lock lock;
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i) lock.put(any_record());
    const auto read = Lock::parse(lock.text(), "larder.lock");
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->records().size() == lock.records().size());
    for (const StepRecord& record : lock.records()) {
      const StepRecord* found = read->find(record.from, record.step, record.machine);
      RC_ASSERT(found != nullptr);
      RC_ASSERT(pinned(*found) == pinned(record));
    }
    RC_ASSERT(read->text() == lock.text());
  });
}

TEST(Lock, ALockOfAnOlderLarderIsRead) {
  const StepRecord first = make_image_record(debian_base, "", {"bash:amd64=5.2"});
  const std::string old = "# The images\nversion = 1\n\n[[image]]\nbase = 'debian:bookworm'\ndigest = '" +
                          first.digest + "'\nmachine = 'amd64'\npackages = [ 'bash:amd64=5.2' ]\n";
  EXPECT_EQ(pinned(*parse(old).find("", debian_base, "amd64")), pinned(first));
}

TEST(Lock, WhatAnEntrySaysIsWhatItsDigestSays) {
  const StepRecord first = make_image_record(debian_base, "", {"bash:amd64=5.2"});
  std::string text = lock_of({first}).text();
  text.replace(text.find("5.2"), 3, "5.3");
  const Error error = mistake(text);
  EXPECT_NE(error.message.find("the entry is not what its digest says"), std::string::npos);
  EXPECT_TRUE(error.message.starts_with("larder.lock:")) << error.message;
  EXPECT_NE(error.hint.find("`larder image build --all`"), std::string::npos);
  StepRecord other = make_image_record(debian_base, "", {"bash:amd64=5.4"});
  const std::string twice = lock_of({first}).text() + lock_of({other}).text().substr(lock_of({}).text().find("# 00"));
  EXPECT_NE(mistake(twice).message.find("two entries pin debian:bookworm"), std::string::npos)
      << mistake(twice).message;
}

TEST(Lock, WhatHasHappenedToABrokenFileIsSaidAndWhatMendsIt) {
  const std::string whole = lock_of({make_image_record(debian_base)}).text();
  const auto says = [](const std::string& text, const char* what) {
    const Error error = mistake(text);
    EXPECT_NE(error.message.find(what), std::string::npos) << error.message;
    EXPECT_NE(error.hint.find("`larder image build --all`"), std::string::npos) << error.message;
  };
  says("", "larder.lock:1: the file is empty");
  says(" \n\n", "the file is empty");
  says("version = 1\n<<<<<<< HEAD\n=======\n>>>>>>> A\n", "larder.lock:2: an unfinished merge");
  says("version = 1\n=======\n", "larder.lock:2: an unfinished merge");
  says(whole.substr(0, whole.find("# ff")), "the file is cut off");
  says(whole.substr(0, whole.find("# 00")), "the file is cut off");
  says(whole.substr(0, whole.find("digest") + 12), "the file is cut off");
  says("version = 1\r\n<<<<<<< HEAD\r\n=======\r\n>>>>>>> A\r\n", "larder.lock:2: an unfinished merge");
  says("version = 1\n[[image]]\npackages = [\n  'a", "larder.lock:4:5: the file is cut off");
  says("version = 1\nrubbish\n", "larder.lock:2:");
}

std::string replace_all(std::string text, const std::string& old, const std::string& by) {
  for (size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += by.size()) text.replace(at, old.size(), by);
  return text;
}

TEST(Lock, OfABrokenOneWhatIsWholeIsTaken) {
  const test::TempDir dir;
  const StepRecord first = make_image_record(debian_base);
  const StepRecord ours = make_image_record(packages({"a"}), first.digest, {"a:amd64=1"});
  const StepRecord theirs = make_image_record(packages({"b"}), first.digest, {"b:amd64=1"});
  const auto block = [](const StepRecord& record) {
    const std::string text = lock_of({record}).text();
    const size_t start = text.find("[[image]]");
    return text.substr(start, text.find("\n#", start) - start) + "\n";
  };
  const auto taken = [&](const std::string& text) {
    test::put_file(dir.fd(), "larder.lock", text);
    const Lock lock = must(Lock::load_whole_entries(dir.path()));
    EXPECT_TRUE(lock.changed());
    EXPECT_TRUE(lock.salvaged());
    return lock.records().size();
  };
  const std::string start = "version = 1\n" + block(first);
  EXPECT_EQ(taken(start + "<<<<<<< HEAD\n" + block(ours) + "=======\n" + block(theirs) + ">>>>>>> A\n"), 3U);
  EXPECT_EQ(taken(start + "<<<<<<< A\n" + block(ours) + "||||||| b\n" + block(theirs) + "=======\n>>>>>>> A\n"), 2U);
  EXPECT_EQ(taken(start + block(ours) + block(theirs).substr(0, 40)), 2U);
  EXPECT_EQ(taken(""), 0U);
  const std::string merge = start + "<<<<<<< A\n" + block(ours) + "=======\n" + block(theirs) + ">>>>>>> B\n";
  EXPECT_EQ(taken(replace_all(merge, "\n", "\r\n")), 3U) << "as git checks out on some machines";
  EXPECT_EQ(taken(replace_all(start, "version = 1", "version = 0")), 1U);
  EXPECT_EQ(taken(replace_all(start, "version = 1", "version = \"1\"")), 1U);
  test::put_file(dir.fd(), "larder.lock", start);
  EXPECT_FALSE(must(Lock::load_whole_entries(dir.path())).salvaged());
  test::put_file(dir.fd(), "larder.lock", "version = 2\n");
  EXPECT_FALSE(Lock::load_whole_entries(dir.path())) << "a newer Larder's";
}

TEST(Lock, ALinkIsWrittenThroughAndNothingElseIsTakenForAFile) {
  const test::TempDir dir;
  const std::string project = dir.path() + "/project";
  test::put_dir(dir.fd(), "project");
  test::put_dir(dir.fd(), "shared");
  test::put_link(dir.fd(), "project/larder.lock", "../shared/larder.lock");
  Lock lock = must(Lock::load(project));
  lock.put(make_image_record(debian_base));
  save(lock, project);
  EXPECT_TRUE(std::filesystem::is_symlink(project + "/larder.lock"));
  EXPECT_TRUE(test::get_file(dir.fd(), "shared/larder.lock") == lock.text());
  lock = must(Lock::load(project));
  lock.keep_only({}, "amd64");
  EXPECT_EQ(lock.records().size(), 1U) << "the file may be another project's, too";

  const auto refused = [&](const char* what) {
    const auto read = Lock::load(project);
    ASSERT_FALSE(read) << what;
    EXPECT_NE(read.error().message.find(what), std::string::npos) << read.error().message;
    std::filesystem::remove(project + "/larder.lock");
  };
  std::filesystem::remove(project + "/larder.lock");
  test::put_link(dir.fd(), "project/larder.lock", "../.bash_profile");
  refused("which is not there");
  test::put_link(dir.fd(), "project/larder.lock", "../nowhere/larder.lock");
  refused("which is not there");
  test::put_file(dir.fd(), ".bash_profile", "export A=b\n");
  test::put_link(dir.fd(), "project/larder.lock", "../.bash_profile");
  EXPECT_FALSE(Lock::load_whole_entries(project)) << "it would be written over";
  std::filesystem::remove(project + "/larder.lock");
  test::put_link(dir.fd(), "project/larder.lock", "/dev/zero");
  refused("is a device, not a file");
  test::put_dir(dir.fd(), "project/larder.lock");
  refused("is a folder, not a file");
  ASSERT_EQ(::mkfifo((project + "/larder.lock").c_str(), 0600), 0);
  refused("is a FIFO, not a file");
}

TEST(Lock, WhatAnotherProcessHasAddedStays) {
  const test::TempDir dir;
  Lock one = must(Lock::load(dir.path()));
  Lock two = must(Lock::load(dir.path()));
  one.put(make_image_record(debian_base));
  save(one, dir.path());
  two.put(make_image_record({StepKind::base, {"debian:trixie"}}));
  save(two, dir.path());
  EXPECT_EQ(must(Lock::load(dir.path())).records().size(), 2U);
}

TEST(Lock, PackagesThatWereAddedAreAStepOnWhatIsPinned) {
  const StepRecord first = make_image_record(debian_base);
  const StepRecord four = make_image_record(packages({"a", "b", "d", "e"}), first.digest);
  const StepRecord two = make_image_record(packages({"a", "b"}), first.digest);
  const Lock lock = lock_of({first, two, four});
  const auto steps = [&](const Step& wanted) { return lock.pinned(chain_of({debian_base, wanted}), "amd64").steps; };
  EXPECT_EQ(steps(packages({"a", "b", "c", "d", "e"})),
            (std::vector<Step>{debian_base, packages({"a", "b", "d", "e"}), packages({"c"})}));
  EXPECT_EQ(steps(packages({"a", "b", "d", "e"})), (std::vector<Step>{debian_base, packages({"a", "b", "d", "e"})}));
  EXPECT_EQ(steps(packages({"a", "b", "d"})), (std::vector<Step>{debian_base, packages({"a", "b"}), packages({"d"})}));
  EXPECT_EQ(steps(packages({"a", "d"})), (std::vector<Step>{debian_base, packages({"a", "d"})}));
  EXPECT_FALSE(lock.pinned(chain_of({debian_base, packages({"a", "d"})}), "amd64").is_whole());
  EXPECT_TRUE(lock.pinned(chain_of({debian_base, packages({"a", "b"})}), "amd64").is_whole());
  EXPECT_EQ(lock.pinned(chain_of({debian_base, packages({"a", "b", "c"})}), "arm64").steps.size(), 2U)
      << "another machine";
}

TEST(Lock, WhatWasAddedOneByOneIsNoLongerAStepEachAfterManyTimes) {
  std::vector<StepRecord> records = {make_image_record(debian_base)};
  Step all = packages({});
  for (int i = 100; i < 200; ++i) {
    all.request.push_back("p" + std::to_string(i));
    records.push_back(make_image_record(packages({all.request.back()}), records.back().digest));
  }
  const Lock lock = lock_of(records);
  const PinnedChain known = lock.pinned(chain_of({debian_base, all}), "amd64");
  EXPECT_EQ(known.steps.size(), 40U);
  EXPECT_EQ(known.records.size(), 39U);
}

TEST(Lock, AnEntryThatAsksForNothingIsRead) {
  const StepRecord first = make_image_record(debian_base);
  const Lock lock = lock_of({first, make_image_record(packages({}), first.digest)});
  EXPECT_EQ(parse(lock.text()).records().size(), 2U);
}

TEST(Lock, CommandsThatAnOlderLarderHasRunTogetherStayOneStep) {
  const StepRecord first = make_image_record(debian_base);
  const StepRecord both = make_image_record(commands({"one", "two"}), first.digest);
  const Lock lock = parse(lock_of({first, both}).text());
  const PinnedChain known = lock.pinned(chain_of({debian_base, commands({"one"}), commands({"two"})}), "amd64");
  EXPECT_TRUE(known.is_whole());
  EXPECT_EQ(known.records.back().digest, both.digest);
  const PinnedChain longer =
      lock.pinned(chain_of({debian_base, commands({"one"}), commands({"two"}), commands({"three"})}), "amd64");
  EXPECT_EQ(longer.steps, (std::vector<Step>{debian_base, both.step, commands({"three"})}));
  const PinnedChain changed = lock.pinned(chain_of({debian_base, commands({"one"}), commands({"three"})}), "amd64");
  EXPECT_EQ(changed.steps.size(), 3U);
  EXPECT_EQ(changed.records.size(), 1U);
}

TEST(Lock, WhatNoChainNeedsGoes) {
  const StepRecord first = make_image_record(debian_base);
  const StepRecord needed = make_image_record(packages({"a"}), first.digest);
  const StepRecord old = make_image_record(packages({"b"}), first.digest);
  StepRecord foreign = make_image_record(debian_base);
  foreign.machine = "arm64";
  foreign.digest = digest_of(foreign);
  Lock lock = parse(lock_of({first, needed, old, foreign}).text());
  lock.keep_only({chain_of({debian_base, packages({"a"}), commands({"not pinned"})}), chain_of({debian_base})},
                 "amd64");
  EXPECT_TRUE(lock.changed());
  EXPECT_EQ(lock.records().size(), 3U);
  EXPECT_EQ(lock.find(first.digest, old.step, "amd64"), nullptr);
  EXPECT_NE(lock.find("", debian_base, "arm64"), nullptr) << "builds on that machine take it away";
}

/// The file that git makes of what two branches have made of one; empty where they conflict.
std::string merge(const test::TempDir& dir, const Lock& ours, const Lock& before, const Lock& theirs) {
  test::put_file(dir.fd(), "ours", ours.text());
  test::put_file(dir.fd(), "before", before.text());
  test::put_file(dir.fd(), "theirs", theirs.text());
  const Completed done = must(run_program(
      {find_in_path("git"), "merge-file", "-p", dir.path() + "/ours", dir.path() + "/before", dir.path() + "/theirs"},
      10));
  return done.exit_code == 0 ? done.output : "";
}

TEST(Lock, GitMergesWhatTwoBranchesHaveAdded) {
  if (find_in_path("git").empty()) GTEST_SKIP() << "there is no git";
  const test::TempDir dir;
  const StepRecord first = make_image_record(debian_base);
  std::vector<StepRecord> before = {first};
  for (const char* own : {"gcc-a", "gcc-b", "gcc-c"})
    before.push_back(make_image_record(packages({own}), first.digest));
  /// The package for each target, and a command on it.
  const auto branch = [&](const std::string& name) {
    std::vector<StepRecord> all = before;
    for (const StepRecord& below : before) {
      all.push_back(make_image_record(packages({name}), below.digest, {name + ":amd64=1"}));
      all.push_back(make_image_record(commands({"echo " + name}), all.back().digest));
    }
    return lock_of(all);
  };
  int merged = 0;
  const std::vector<std::string> names = {"jq", "curl", "git", "zlib1g-dev", "libssl-dev", "cmake"};
  for (const std::string& ours : names)
    for (const std::string& theirs : names) {
      if (ours == theirs) continue;
      const std::string text = merge(dir, branch(ours), lock_of(before), branch(theirs));
      if (text.empty()) continue;
      ++merged;
      EXPECT_EQ(parse(text).records().size(), before.size() * 5);
    }
  EXPECT_GE(merged, 28) << "of 30: one pair may share a slot of the 256";
}

/// What lies in a folder.
std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

TEST(Lock, KilledAtAnyCallWhileItIsWrittenItIsTheOldOrTheNewOneAndNothingStays) {
  const StepRecord base = make_image_record(debian_base);
  const StepRecord more = make_image_record(packages({"jq"}), base.digest);
  const std::string old_text = lock_of({base}).text();
  const std::string new_text = lock_of({base, more}).text();
  bool killed = true;
  int seen_old = 0;
  for (int k = 1; killed; ++k) {
    const test::TempDir dir;
    Lock start = lock_of({base});
    save(start, dir.path());
    const int code = test::exit_code_of([&] {
      Lock lock = must(Lock::load(dir.path()));
      lock.put(more);
      test::CrashOs os;
      os.crash_at(k);
      must(lock.save(os, dir.path()));
    });
    killed = code == test::CrashOs::exit_code;
    EXPECT_TRUE(killed || code == 0) << code;
    const std::string text = must(Lock::load(dir.path())).text();
    EXPECT_TRUE(text == old_text || text == new_text) << k;
    seen_old += text == old_text ? 1 : 0;
    Lock next = must(Lock::load(dir.path()));
    next.put(more);
    save(next, dir.path());
    EXPECT_EQ(must(Lock::load(dir.path())).text(), new_text) << k;
    EXPECT_EQ(names_in(dir.path()), std::vector<std::string>{"larder.lock"}) << k;
  }
  EXPECT_GE(seen_old, 4);
}

TEST(Lock, WhatTwoProcessesAddAtOnceIsNotLost) {
  const StepRecord base = make_image_record(debian_base);
  for (int round = 0; round < 20; ++round) {
    const test::TempDir dir;
    const auto add = [&](const std::string& name) {
      Lock lock = must(Lock::load(dir.path()));
      lock.put(base);
      lock.put(make_image_record(packages({name}), base.digest));
      save(lock, dir.path());
    };
    const int code = test::exit_code_of([&] {
      const pid_t other = ::fork();
      add(other == 0 ? "jq" : "bc");
      if (other == 0) ::_exit(0);
      int status = 0;
      must(::waitpid(other, &status, 0) == other && status == 0, "the other one failed");
    });
    EXPECT_EQ(code, 0);
    EXPECT_EQ(must(Lock::load(dir.path())).records().size(), 3U);
  }
}

}  // namespace
}  // namespace larder::image
