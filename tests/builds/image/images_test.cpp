#include "builds/image/images.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/user_namespace.hpp"
#include "builds/support.hpp"
#include "support/child.hpp"
#include "support/image_kit.hpp"
#include "support/overlay.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

using image::Chain;
using image::Step;
using image::StepKind;
using image::StepRecord;
using image::Stored;
using test::make_image_record;
using test::put_image;
using Texts = std::vector<std::string>;

/// Writes down what is prepared.
class Notebook final : public Progress {
 public:
  Notebook(Texts& lines, int& ends) : lines_(lines), ends_(ends) {}

  void begin(const Texts&) override {}
  void waiting(const std::string&, const std::string&) override {}
  void started(const std::string& name) override { lines_.push_back(name + " started"); }
  void line(const std::string&, const std::string& text) override { lines_.push_back(text); }
  void note(const std::string&, const std::string&) override {}
  void finished(const std::string& name, TargetOutcome outcome, double) override {
    const char* texts[] = {" finished", " failed", " interrupted", " skipped"};
    lines_.push_back(name + texts[static_cast<int>(outcome)]);
  }
  void tick() override {}
  void end() override { ++ends_; }

 private:
  Texts& lines_;
  int& ends_;
};

/// Images made by hand, and a project's folder with its lock.
class ProjectImage : public ::testing::Test {
 protected:
  ProjectImage() { test::put_dir(kit_.dir.fd(), "project"); }

  std::string folder() const { return kit_.dir.path() + "/project"; }
  std::string lock() const { return test::get_file(kit_.dir.fd(), "project/larder.lock"); }
  bool has_lock() const { return fs::exists(folder() + "/larder.lock"); }

  Chain chain(const Texts& commands = {}) const {
    Chain made{test::must(image::parse_reference("oci:/srv/tools", "/")), {}};
    made.steps.push_back({StepKind::base, {made.reference.text}});
    for (const std::string& line : commands) made.steps.push_back({StepKind::commands, {line}});
    return made;
  }

  Stored put(const StepRecord& record, const test::Files& files = {}, const Stored* parent = nullptr) {
    return put_image(kit_.store, chain().reference.volume_name(), record, files, parent);
  }

  Stored put_base(const test::Files& files = {}) { return put(make_image_record(chain().steps[0]), files); }

  StoreImages images(ProvideOptions options = {}) {
    return {kit_.store, options, [this] { return std::make_unique<Notebook>(lines_, ends_); }};
  }

  Result<image::Image> provide(const Chain& wanted, ProvideOptions options = {}) {
    StoreImages with_options = images(options);
    TRY_ASSIGN(const auto provided, with_options.provide({{"x64", wanted}}, "amd64", folder()));
    return provided.front();
  }

  Result<std::vector<image::Image>> provide_all(const std::vector<WantedImage>& wanted) {
    StoreImages all = images();
    return all.provide(wanted, "amd64", folder());
  }

  test::TempStore kit_{test::Place::disk};
  Texts lines_;
  int ends_ = 0;
};

TEST_F(ProjectImage, WhatTheStoreHasIsPinned) {
  StepRecord record = make_image_record(chain().steps[0]);
  record.path = "/opt/bin";
  record.env = {{"NAME", "value"}};
  const Stored base = put(record);
  const image::Image found = test::must(provide(chain()));
  EXPECT_EQ(found.digest, base.record.digest);
  EXPECT_EQ(found.path, "/opt/bin");
  EXPECT_EQ(found.env, record.env);
  EXPECT_NE(lock().find(base.record.digest), std::string::npos);
  EXPECT_TRUE(lines_.empty());
}

TEST_F(ProjectImage, APinnedOneIsTakenAlsoIfTheStoreHasANewerOne) {
  const Stored base = put_base();
  test::must(provide(chain()));
  put(make_image_record(chain().steps[0], "", {"newer:amd64=2"}));
  EXPECT_EQ(test::must(provide(chain())).digest, base.record.digest);
}

TEST_F(ProjectImage, ALookWritesNothing) {
  const image::Image nothing = test::must(provide(chain(), {.look_only = true}));
  EXPECT_EQ(nothing.digest, "");
  put_base();
  EXPECT_NE(test::must(provide(chain(), {.look_only = true})).digest, "");
  EXPECT_FALSE(has_lock());
}

TEST_F(ProjectImage, LockedItTakesOnlyWhatIsPinned) {
  const Stored base = put_base();
  const auto refused = provide(chain(), {.locked = true});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("larder.lock does not pin"), std::string::npos);
  EXPECT_FALSE(has_lock());
  test::must(provide(chain()));
  EXPECT_EQ(test::must(provide(chain(), {.locked = true})).digest, base.record.digest);
}

TEST_F(ProjectImage, OfflineItTakesWhatIsThereAndPinsIt) {
  const auto refused = provide(chain(), {.offline = true});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("not all here"), std::string::npos);
  EXPECT_TRUE(refused.error().cause.starts_with("missing: ")) << refused.error().cause;
  EXPECT_TRUE(refused.error().needs_network);
  put_base();
  EXPECT_TRUE(provide(chain(), {.offline = true}));
  EXPECT_TRUE(has_lock());
}

TEST_F(ProjectImage, ATornLockIsAnErrorAndStaysAsItIs) {
  put_base();
  test::put_file(kit_.dir.fd(), "project/larder.lock", "version = 1\n[[image");
  EXPECT_FALSE(provide(chain()));
  EXPECT_EQ(lock(), "version = 1\n[[image");
}

TEST_F(ProjectImage, TwoTargetsOfOneProjectShareItsLock) {
  const Stored base = put_base();
  const Chain other = chain({"echo one"});
  put(make_image_record(other.steps[1], base.record.digest), {}, &base);
  const auto both = test::must(provide_all({{"x64", other}, {"arm64", chain()}}));
  EXPECT_EQ(both.at(1).digest, base.record.digest);
  EXPECT_NE(both.at(0).digest, base.record.digest);
  const image::Lock read = test::must(image::Lock::load(folder()));
  EXPECT_EQ(read.records().size(), 2U);
}

TEST_F(ProjectImage, WhatNoTargetNeedsAnyMoreGoesWhenTheLockIsWritten) {
  const Stored base = put_base();
  const Chain old = chain({"echo old"});
  const Chain now = chain({"echo now"});
  const Chain others = chain({"echo of another target"});
  for (const Chain& made : {old, now, others}) put(make_image_record(made.steps[1], base.record.digest), {}, &base);
  test::must(provide_all({{"x64", old}, {"arm64", others}}));
  StoreImages next = images();
  next.need([&] { return std::vector<Chain>{now, others}; });
  test::must(next.provide({{"x64", now}}, "amd64", folder()));
  const image::Lock read = test::must(image::Lock::load(folder()));
  EXPECT_EQ(read.records().size(), 3U);
  EXPECT_FALSE(read.pinned(old, "amd64").is_whole());
  EXPECT_TRUE(read.pinned(others, "amd64").is_whole()) << "it is not built now";
  StoreImages locked = images({.locked = true});
  locked.need([&] { return std::vector<Chain>{now}; });
  test::must(locked.provide({{"x64", now}}, "amd64", folder()));
  EXPECT_EQ(test::must(image::Lock::load(folder())).records().size(), 3U);
}

TEST_F(ProjectImage, ABrokenLockIsMendedWhereThatIsAskedFor) {
  const Stored base = put_base();
  test::must(provide(chain()));
  const std::string whole = lock();
  put(make_image_record(chain().steps[0], "", {"newer:amd64=2"}));
  test::put_file(kit_.dir.fd(), "project/larder.lock",
                 "<<<<<<< HEAD\n" + whole + "=======\n" + whole + ">>>>>>> other\n");
  EXPECT_FALSE(provide(chain()));
  StoreImages mending = images({.repair = true});
  EXPECT_EQ(test::must(mending.provide({{"x64", chain()}}, "amd64", folder())).front().digest, base.record.digest);
  EXPECT_EQ(mending.salvaged_entries(), 1U);
  EXPECT_TRUE(lock() == whole);
}

/// Steps that really run, in an image whose programs are those of this machine's busybox.
class PreparedImage : public ProjectImage {
 protected:
  void SetUp() override {
    if (const std::string refusal = test::overlay_refusal(kit_.store); !refusal.empty()) GTEST_SKIP() << refusal;
    const Status possible = test::run_in_child([] { test::must(enter_user_namespace(Identity::root)); });
    if (!possible) GTEST_SKIP() << possible.error().message;
    if (!fs::exists("/bin/busybox")) GTEST_SKIP() << "there is no busybox";
    base_ = put_base({{"etc/name", "base"}});
    const fs::path root = fs::path(kit_.store.path()) / image::rootfs_layers(base_->generation).front();
    fs::create_directories(root / "bin");
    fs::copy_file("/bin/busybox", root / "bin/busybox");
    for (const char* name : {"sh", "cat", "chmod", "chown", "id", "mkdir", "mkfifo", "rm", "touch"})
      fs::create_symlink("busybox", root / "bin" / name);
  }

  std::string file(const image::Image& found, const std::string& path) {
    const Stored stored =
        test::must(image::find_image(kit_.store, chain().reference.volume_name(), found.digest)).value();
    return test::must(image::read_from_image(kit_.store, image::rootfs_layers(stored.generation), path));
  }

  int prepared() const {
    return static_cast<int>(std::count_if(lines_.begin(), lines_.end(),
                                          [](const std::string& line) { return line.starts_with("preparing "); }));
  }

  std::optional<Stored> base_;
};

TEST_F(PreparedImage, CommandsRunAsRootInIt) {
  const image::Image made = test::must(provide(chain({"cat /etc/name >/etc/copy; id -u >/etc/id"})));
  EXPECT_EQ(file(made, "etc/copy"), "base");
  EXPECT_EQ(file(made, "etc/id"), "0\n");
  EXPECT_EQ(prepared(), 1);
  EXPECT_EQ(ends_, 1);
}

TEST_F(PreparedImage, TheSameCommandsAreRunOnce) {
  const image::Image made = test::must(provide(chain({"echo one >/etc/one"})));
  EXPECT_EQ(test::must(provide(chain({"echo one >/etc/one"}))).digest, made.digest);
  fs::remove(folder() + "/larder.lock");
  EXPECT_EQ(test::must(provide(chain({"echo one >/etc/one"}))).digest, made.digest);
  EXPECT_EQ(prepared(), 1);
}

TEST_F(PreparedImage, OtherCommandsStartFromTheBaseAgain) {
  const image::Image one = test::must(provide(chain({"echo one >/etc/one"})));
  const image::Image two = test::must(provide(chain({"echo two >/etc/two"})));
  EXPECT_NE(one.digest, two.digest);
  EXPECT_EQ(file(two, "etc/one"), "");
  EXPECT_EQ(test::must(provide(chain({"echo one >/etc/one"}))).digest, one.digest);
  EXPECT_EQ(prepared(), 2);
}

TEST_F(PreparedImage, EachLineIsKeptWhileWhatStandsAboveItIsTheSame) {
  test::must(provide(chain({"echo one >/tmp/fetched", "cat /tmp/fetched >/etc/one"})));
  EXPECT_EQ(prepared(), 2);
  const image::Image changed = test::must(provide(chain({"echo one >/tmp/fetched", "cat /tmp/fetched >/etc/two"})));
  EXPECT_EQ(prepared(), 3);
  EXPECT_EQ(file(changed, "etc/two"), "one\n");
  EXPECT_EQ(file(changed, "etc/one"), "");
  EXPECT_EQ(lines_.at(lines_.size() - 2), "preparing `cat /tmp/fetched >/etc/two`");
}

TEST_F(PreparedImage, AFailingLineIsNamedAndTheLinesAboveItStay) {
  const auto failed = provide(chain({"echo one >/etc/one", "false"}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "an image cannot be prepared: `false` failed with exit code 1");
  EXPECT_EQ(failed.error().cause, "it has printed nothing");
  test::must(provide(chain({"echo one >/etc/one"})));
  EXPECT_EQ(prepared(), 2);
}

TEST_F(PreparedImage, ALostImageIsMadeAgainAsPinned) {
  const image::Image made = test::must(provide(chain({"echo one >/etc/one"})));
  test::must(store::clean(kit_.store, {made.volume->key}));
  EXPECT_EQ(test::must(provide(chain({"echo one >/etc/one"}), {.locked = true})).digest, made.digest);
  EXPECT_EQ(prepared(), 2);
}

TEST_F(PreparedImage, ImagesOfSeveralTargetsAreMadeSideBySide) {
  const auto made =
      test::must(provide_all({{"x64", chain({"echo one >/etc/one"})}, {"arm64", chain({"echo two >/etc/two"})}}));
  EXPECT_EQ(file(made.at(0), "etc/one"), "one\n");
  EXPECT_EQ(file(made.at(1), "etc/two"), "two\n");
  const auto at = [&](const std::string& line) { return std::find(lines_.begin(), lines_.end(), line); };
  EXPECT_LT(at("arm64 started"), at("x64 finished"));
  EXPECT_LT(at("x64 started"), at("arm64 finished"));
  EXPECT_EQ(ends_, 1);
}

TEST_F(PreparedImage, AStepThatSeveralTargetsShareIsMadeOnce) {
  Chain both[] = {chain({"echo shared >/etc/shared"}), chain({"echo shared >/etc/shared"})};
  both[0].steps.push_back({StepKind::commands, {"echo one >/etc/one"}});
  both[1].steps.push_back({StepKind::commands, {"echo two >/etc/two"}});
  const auto made = test::must(provide_all({{"x64", both[0]}, {"arm64", both[1]}}));
  EXPECT_EQ(file(made.at(0), "etc/shared"), "shared\n");
  EXPECT_EQ(file(made.at(1), "etc/two"), "two\n");
  EXPECT_EQ(prepared(), 3);
  EXPECT_EQ(test::must(image::Lock::load(folder())).records().size(), 4U);
}

TEST_F(PreparedImage, WhereOneFailsTheOthersAreEnded) {
  // The other one could go on for ever.
  const auto failed = provide_all({{"x64", chain({"mkfifo /etc/fifo; cat /etc/fifo"})}, {"arm64", chain({"exit 3"})}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(lines_.at(lines_.size() - 2), "arm64 failed");
  EXPECT_EQ(lines_.back(), "x64 interrupted");
  EXPECT_FALSE(has_lock());
  EXPECT_TRUE(test::names_in(kit_.store, "transactions").empty());
  EXPECT_TRUE(test::names_in(kit_.store, "trash").empty());
  EXPECT_EQ(ends_, 1);
}

TEST_F(PreparedImage, AFailedCommandLeavesNothing) {
  const auto failed = provide(chain({"echo one >/etc/one; echo no such thing; exit 3"}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::environment);
  EXPECT_EQ(failed.error().cause, "no such thing");
  EXPECT_FALSE(has_lock());
  EXPECT_EQ(test::must(image::list_images(kit_.store)).size(), 1U);
  EXPECT_TRUE(test::names_in(kit_.store, "transactions").empty());
  EXPECT_TRUE(test::names_in(kit_.store, "trash").empty());
  EXPECT_EQ(ends_, 1);
}

TEST_F(PreparedImage, AFailedOneOfSubordinateIdsLeavesNothingToo) {
  EXPECT_FALSE(
      provide(chain({"mkdir /closed; touch /closed/file; chown 7:8 /closed /closed/file; chmod 0 /closed; exit 1"})));
  EXPECT_TRUE(test::names_in(kit_.store, "trash").empty());
}

TEST_F(PreparedImage, WhatItLeavesIsTheCallersWithoutSetUserId) {
  const image::Image made = test::must(provide(chain({"echo x >/etc/own; chown 7:8 /etc/own; chmod 6711 /etc/own"})));
  const std::string tree =
      image::rootfs_layers(
          test::must(image::find_image(kit_.store, chain().reference.volume_name(), made.digest))->generation)
          .back();
  struct stat status = test::must(kit_.os.stat(kit_.store.dir(), tree + "/etc/own")).value();
  EXPECT_EQ(status.st_uid, ::geteuid());
  EXPECT_EQ(status.st_gid, ::getegid());
  EXPECT_EQ(status.st_mode & 07777, 0711U);
}

TEST_F(PreparedImage, ARenewalThatFailsLeavesAllAsItWas) {
  // The base is a folder that is not there.
  const image::Image made = test::must(provide(chain({"echo one >/etc/one"})));
  const std::string before = lock();
  StoreImages renewing = images();
  EXPECT_FALSE(renewing.renew({{"x64", chain({"echo one >/etc/one"})}}, "amd64", folder()));
  EXPECT_EQ(lock(), before);
  EXPECT_EQ(test::must(provide(chain({"echo one >/etc/one"}))).digest, made.digest);
}

}  // namespace
}  // namespace larder::builds
