#include "source/corrections.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>

#include "source/kit.hpp"
#include "support/fault_os.hpp"

namespace larder::source {
namespace {

using namespace test;
using Correct = Correction::What;

/// A small project and its layers.
class Layers {
 public:
  Layers() {
    put_file(work_.project(), "a", "1", 0751);
    put_file(work_.project(), "d/x", "2");
    put_file(work_.project(), "d/e/y", "3");
    put_link(work_.project(), "l", "a");
    take_walk();
  }

  const Store& store() const { return work_.store(); }
  void take_walk() { walk_ = look(work_.path()); }

  Correction copy_of(const std::string& path, int64_t time) const {
    const Entry& entry = seen_at(walk_, path).entry;
    const auto what = entry.kind == Kind::folder ? Correct::folder : Correct::copy;
    return {path, what, entry.kind, entry.mode, time, entry.content};
  }
  static Correction gone(const std::string& path) { return {path, Correct::gone, Kind::none, 0, 0, {}}; }

  /// With the folders around it.
  Shown shown(std::vector<Correction> corrections) const {
    Shown shown;
    shown.entries = entries_of(walk_);
    shown.corrections = std::move(corrections);
    add_folders_around(shown);
    return shown;
  }
  CorrectionsLayer provide(std::vector<Correction> corrections) const {
    return must(provide_corrections(store(), walk_, shown(std::move(corrections)))).value();
  }

  /// The layers as one above the project.
  Entries seen_through(const CorrectionsLayer& layer) {
    Start start;
    start.walk = walk_;
    start.shown.entries = entries_of(walk_);
    start.corrections.trees = layer.trees;
    return work_.view(start);
  }
  std::string tree(const CorrectionsLayer& layer) const { return layer.trees.back(); }

  Workspace work_;
  Walk walk_;
  Os os_;
};

class CorrectionsTest : public ::testing::Test, public Layers {};

TEST_F(CorrectionsTest, NoneNeedNoLayer) { EXPECT_TRUE(provide({}).trees.empty()); }

TEST_F(CorrectionsTest, ShowCopiesWithOtherTimes) {
  const CorrectionsLayer layer =
      provide({copy_of("a", 7 * one_second), copy_of("l", 8 * one_second), copy_of("d/x", 9)});
  ASSERT_EQ(layer.trees.size(), 1U);
  Entries entries = entries_in(must(os_.open_dir(store().dir(), tree(layer))).get());
  ASSERT_EQ(entries.size(), 5U);
  EXPECT_EQ(find(entries, "a")->time, 7 * one_second);
  EXPECT_EQ(find(entries, "a")->mode, 0751);
  EXPECT_EQ(find(entries, "a")->content, digest("1"));
  EXPECT_EQ(find(entries, "l")->time, 8 * one_second);
  EXPECT_EQ(find(entries, "l")->content, digest("a"));
  EXPECT_EQ(find(entries, "d/x")->time, 9);
  EXPECT_EQ(find(entries, "d")->time, seen_at(walk_, "d").entry.time);
}

TEST_F(CorrectionsTest, HideWhatIsGone) {
  const Entries entries = seen_through(provide({gone("d/e"), gone("a")}));
  EXPECT_EQ(find(entries, "a"), nullptr);
  EXPECT_EQ(find(entries, "d/e"), nullptr);
  EXPECT_NE(find(entries, "d/x"), nullptr);
}

TEST_F(CorrectionsTest, KeepTheUsersAttributes) {
  put_attribute(work_.project(), "a", "user.mine", "value");
  take_walk();
  const CorrectionsLayer layer = provide({copy_of("a", 1)});
  EXPECT_EQ(must(os_.get_xattr(store().dir(), tree(layer) + "/a", "user.mine")), "value");
}

TEST_F(CorrectionsTest, ThatAgreeShareOneLayer) {
  const CorrectionsLayer one = provide({copy_of("a", 7)});
  const CorrectionsLayer two = provide({copy_of("a", 7)});
  EXPECT_EQ(one.trees, two.trees);
  EXPECT_NE(one.trees, provide({copy_of("a", 8)}).trees);
}

TEST_F(CorrectionsTest, OfManyAFewMoreCostASmallLayerAbove) {
  const CorrectionsLayer one = provide({copy_of("a", 7), copy_of("d/x", 7)});
  const CorrectionsLayer two = provide({copy_of("a", 7), copy_of("d/x", 7), copy_of("d/e/y", 7)});
  ASSERT_EQ(two.trees.size(), 2U);
  EXPECT_EQ(two.trees[0], one.trees[0]);
  EXPECT_FALSE(exists(store().dir(), tree(two) + "/a"));
  EXPECT_TRUE(exists(store().dir(), tree(two) + "/d/e/y"));
}

TEST_F(CorrectionsTest, ThatAreNeededNoMoreAreUndoneAbove) {
  (void)provide({copy_of("a", 7), copy_of("d/x", 7)});
  const CorrectionsLayer layer = provide({copy_of("d/x", 7)});
  ASSERT_EQ(layer.trees.size(), 2U);
  EXPECT_EQ(find(seen_through(layer), "a")->time, seen_at(walk_, "a").entry.time);
}

TEST_F(CorrectionsTest, ThatUndoOthersAreNotKeptForAnotherProject) {
  (void)provide({copy_of("a", 7), copy_of("d/x", 7)});
  ASSERT_EQ(provide({copy_of("d/x", 7)}).trees.size(), 2U);  // has a copy of `a` as it lies there
  put_file(work_.project(), "a", "edited");
  take_walk();
  EXPECT_EQ(look_of(find(seen_through(provide({copy_of("d/x", 7)})), "a")), look_of(&seen_at(walk_, "a").entry));
}

/// Whatever layer the folder had before, the next shows the same as one of its own.
TEST_F(CorrectionsTest, AboveOthersShowTheSameAsAlone) {
  using Change = std::function<std::vector<Correction>(Layers&)>;
  const Change all = [](Layers& test) {
    return std::vector{test.copy_of("a", 7), test.copy_of("d", 3), test.copy_of("d/x", 7), test.copy_of("d/e/y", 7)};
  };
  const auto replace = [](const std::string& path, auto put) -> Change {
    return [=](Layers& test) {
      must(remove_tree(test.os_, test.work_.project(), path));
      put(test.work_.project(), path);
      test.take_walk();
      return std::vector{test.copy_of("l", 4), test.copy_of(path, 5)};
    };
  };
  const std::vector<Change> nexts = {
      replace("d", [](int dir, const std::string& path) { put_file(dir, path, "now a file"); }),
      replace("d", [](int dir, const std::string& path) { put_link(dir, path, "a"); }),
      replace("d/e", [](int dir, const std::string& path) { put_file(dir, path, "now a file"); }),
      replace("a", [](int dir, const std::string& path) { put_file(dir, path + "/in", "now in a folder"); }),
      replace("d", [](int dir, const std::string& path) { put_file(dir, path + "/other", "another folder"); }),
      [](Layers& test) {
        return std::vector{test.copy_of("l", 4), Layers::gone("d")};
      },
      [](Layers& test) {
        must(remove_tree(test.os_, test.work_.project(), "d"));
        put_file(test.work_.project(), "d", "a file that needs no correction");
        test.take_walk();
        return std::vector{test.copy_of("l", 4)};
      },
      [](Layers& test) {
        must(remove_tree(test.os_, test.work_.project(), "a"));
        put_file(test.work_.project(), "a/in", "a folder that needs no correction");
        test.take_walk();
        return std::vector{test.copy_of("l", 4)};
      },
  };
  for (size_t i = 0; i < nexts.size(); ++i) {
    SCOPED_TRACE(i);
    Layers one;
    Layers two;
    (void)two.provide(all(two));
    const Entries alone = one.seen_through(one.provide(nexts[i](one)));
    const Entries above = two.seen_through(two.provide(nexts[i](two)));
    ASSERT_EQ(alone.size(), above.size());
    for (size_t at = 0; at < alone.size(); ++at) {
      EXPECT_EQ(alone[at].path, above[at].path);
      EXPECT_EQ(look_of(&alone[at]), look_of(&above[at])) << alone[at].path;
    }
  }
}

TEST_F(CorrectionsTest, OfWhatChangedSinceTheWalkAreNotMade) {
  put_file(work_.project(), "a", "edited");
  const auto none = must(provide_corrections(store(), walk_, shown({copy_of("a", 7)})));
  EXPECT_FALSE(none.has_value());
  must(os_.unlink(work_.project(), "a"));
  EXPECT_FALSE(must(provide_corrections(store(), walk_, shown({copy_of("a", 7)}))).has_value());
}

TEST_F(CorrectionsTest, OfUnknownContentAreNotTakenForOthers) {
  const auto unknown = [&](const char* content) {
    put_file(work_.project(), "a", content);
    set_time(work_.project(), "a", 5 * one_second);
    take_walk();
    Correction one = copy_of("a", 7);
    one.content = {};
    return get_file(store().dir(), tree(provide({one})) + "/a");
  };
  EXPECT_EQ(unknown("one"), "one");
  EXPECT_EQ(unknown("two"), "two");
}

TEST_F(CorrectionsTest, AreMadeAnewWhereTheLayerIsDamaged) {
  const CorrectionsLayer layer = provide({copy_of("a", 7)});
  const std::string folder = tree(layer).substr(0, tree(layer).rfind('/'));
  put_file(store().dir(), folder + "/spec", "torn");
  EXPECT_EQ(provide({copy_of("a", 7)}).trees, layer.trees);
  EXPECT_NE(get_file(store().dir(), folder + "/spec"), "torn");
}

TEST_F(CorrectionsTest, AreMadeAnewWhereTheLayerBelowIsGone) {
  const CorrectionsLayer one = provide({copy_of("a", 7)});
  const CorrectionsLayer two = provide({copy_of("a", 7), copy_of("d/x", 7)});
  ASSERT_EQ(two.trees.size(), 2U);
  must(remove_tree(os_, store().dir(), tree(one).substr(0, tree(one).rfind('/'))));
  const CorrectionsLayer again = provide({copy_of("a", 7), copy_of("d/x", 7)});
  ASSERT_EQ(again.trees.size(), 1U);
  EXPECT_EQ(get_file(store().dir(), tree(again) + "/a"), "1");
}

TEST_F(CorrectionsTest, AMaskHidesWhatItNames) {
  const CorrectionsLayer mask = must(provide_mask(store(), walk_, "", {"a", "d/e"}));
  const Entries entries = seen_through(mask);
  EXPECT_EQ(find(entries, "a"), nullptr);
  EXPECT_EQ(find(entries, "d/e"), nullptr);
  EXPECT_NE(find(entries, "d/x"), nullptr);
  EXPECT_EQ(find(entries, "d")->time, seen_at(walk_, "d").entry.time);
}

TEST_F(CorrectionsTest, AMaskShowsAnEmptyFolderForACoveredOne) {
  for (const char* covered : {"d", "a", "l"}) {
    const Entries entries = seen_through(must(provide_mask(store(), walk_, covered, {})));
    ASSERT_NE(find(entries, covered), nullptr);
    EXPECT_EQ(find(entries, covered)->kind, Kind::folder);
    EXPECT_EQ(find(entries, std::string(covered) + "/x"), nullptr);
  }
}

TEST_F(CorrectionsTest, NoMaskIsNoLayer) { EXPECT_TRUE(must(provide_mask(store(), walk_, "", {})).trees.empty()); }

/// One copy at a time, since a failing call is counted, and copies are made on several threads.
class CorrectionsFault : public CorrectionsTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void expect_sound(const CorrectionsLayer& layer) {
    const Entries entries = seen_through(layer);
    EXPECT_EQ(find(entries, GetParam())->time, 7 * one_second);
    EXPECT_EQ(look_of(find(entries, GetParam())), look_of(&seen_at(walk_, GetParam()).entry));
    EXPECT_EQ(find(entries, "d/e"), nullptr);
  }
};

TEST_P(CorrectionsFault, LeavesNoHalfMadeLayerInUse) {
  put_file(work_.project(), ".git/index", "no index");
  take_walk();
  const std::string trace = trace_of(work_.path());
  const std::vector<Correction> wanted = {copy_of(GetParam(), 7 * one_second), gone("d/e")};
  for (const bool above : {false, true})
    for (int k = 1;; ++k) {
      must(remove_tree(os_, store().dir(), "corrections"));
      put_dir(store().dir(), "corrections");
      if (above) (void)provide({gone("d/e")});
      FaultOs os;
      os.limit_writes(3);
      const Store faulty = must(Store::open(os, store().path()));
      const int fds = open_fds();
      os.fail_at(k, EIO);
      {
        const auto layer = provide_corrections(faulty, walk_, shown(wanted));
        if (layer && *layer) expect_sound(**layer);
        EXPECT_TRUE(!layer || layer->has_value()) << os.failed_call();  // nothing of the project has changed
      }
      EXPECT_EQ(open_fds(), fds);
      expect_sound(provide(wanted));
      if (!os.failed()) break;
    }
  EXPECT_EQ(trace_of(work_.path()), trace);
}

INSTANTIATE_TEST_SUITE_P(Of, CorrectionsFault, ::testing::Values("a", "l", "d/x"));

}  // namespace
}  // namespace larder::source
