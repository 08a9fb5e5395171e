// Random lives of a project and of a volumes above it: what each build is shown against a model of what it should be.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <map>
#include <ostream>
#include <set>

#include "source/kit.hpp"
#include "support/property.hpp"
#include "support/random_tree.hpp"

namespace larder::source {
namespace {

using namespace test;

enum class What { write, touch, set_mode, remove, move, make_dir, make_link };

/// The numbers choose paths, contents and times.
struct Change {
  What what;
  size_t path;
  size_t other;
  int content;
  int time;
};

const std::vector<std::string>& all_paths() {
  static const std::vector<std::string> all = {"a", "d", "d/x", "d/y", "d/e", "d/e/z", "f", "f/x", "l", "o"};
  return all;
}

std::ostream& operator<<(std::ostream& out, const Change& change) {
  const char* names[] = {"write", "touch", "chmod", "rm", "mv", "mkdir", "ln"};
  out << names[static_cast<int>(change.what)] << " " << all_paths()[change.path];
  if (change.what == What::move || change.what == What::make_link) out << " " << all_paths()[change.other];
  return out << " (" << change.content << ", " << change.time << ")";
}

/// One round: what the user does, then what a build does, and the user while it runs.
struct Round {
  std::vector<Change> user;
  std::vector<Change> build;
  std::vector<Change> meanwhile;
  size_t target;
};

std::ostream& operator<<(std::ostream& out, const Round& round) {
  out << "\n  user:";
  for (const Change& change : round.user) out << " " << change << ";";
  out << "\n  build " << round.target << ":";
  for (const Change& change : round.build) out << " " << change << ";";
  out << "\n  meanwhile:";
  for (const Change& change : round.meanwhile) out << " " << change << ";";
  return out;
}

rc::Gen<Change> any_change() {
  using namespace rc;
  const auto what = gen::weightedElement<What>({{5, What::write},
                                                {1, What::touch},
                                                {2, What::set_mode},
                                                {3, What::remove},
                                                {2, What::move},
                                                {2, What::make_dir},
                                                {1, What::make_link}});
  const auto path = gen::inRange<size_t>(0, all_paths().size());
  return gen::construct<Change>(what, path, path, gen::inRange(0, 4), gen::inRange(0, 12));
}

rc::Gen<Round> any_round() {
  using namespace rc;
  const auto changes = [](size_t most) {
    return gen::mapcat(gen::inRange<size_t>(0, most),
                       [](size_t count) { return gen::container<std::vector<Change>>(count, any_change()); });
  };
  const auto none = gen::just(std::vector<Change>());
  return gen::construct<Round>(changes(4), changes(5),
                               gen::weightedOneOf<std::vector<Change>>({{3, none}, {1, changes(3)}}),
                               gen::weightedElement<size_t>({{3, 0}, {1, 1}}));
}

/// Mostly the clock's; else long ago, or an hour ahead. No two paths have one time, as the same time says that nobody
/// has written.
void set_any_time(int dir, const std::string& path, int time) {
  const auto place = std::find(all_paths().begin(), all_paths().end(), path) - all_paths().begin();
  if (time >= 6 && time < 11) set_mtime(dir, path, 1'000'000'000 + time, place);
  if (time == 11) set_time(dir, path, clock_now() + 3600 * one_second);
}

/// Not where links lead in a circle.
bool can_be_examined(int dir, const std::string& path) {
  Os os;
  const auto status = os.stat(dir, path);
  return status || status.error().sys_errno == ENOTDIR;
}

void apply(const Change& change, int dir) {
  RealTree tree(dir);
  if (!can_be_examined(dir, all_paths()[change.path]) || !can_be_examined(dir, all_paths()[change.other])) return;
  const std::string& path = all_paths()[change.path];
  const std::string& other = all_paths()[change.other];
  const char kind = tree.kind(path);
  const mode_t modes[] = {0644, 0755, 0600, 0640};
  switch (change.what) {
    case What::write:
      tree.make_room(path);
      if (kind == 'd' || kind == 'l') tree.remove(path);
      put_file(dir, path, std::string(8, static_cast<char>('a' + change.content)), modes[change.content == 3 ? 1 : 0]);
      return set_any_time(dir, path, change.time);
    case What::touch:
      if (kind != 0) set_any_time(dir, path, std::max(change.time, 6));
      return;
    case What::set_mode:
      if (kind == 'f' || kind == 'd') tree.set_mode(path, modes[change.content] | (kind == 'd' ? 0700U : 0U));
      return;
    case What::remove:
      if (kind != 0) tree.remove(path);
      return;
    case What::move:
      if (kind == 0 || (other + "/").starts_with(path + "/") || (path + "/").starts_with(other + "/")) return;
      tree.make_free(other);
      return tree.move(path, other);
    case What::make_dir:
      tree.make_free(path);
      tree.make_dir(path);
      return set_any_time(dir, path, change.time);
    case What::make_link:
      if (path == other) return;
      tree.make_free(path);
      put_link(dir, path, other);
      return set_any_time(dir, path, change.time);
  }
}

struct PathBefore {
  bool operator()(const std::string& a, const std::string& b) const { return path_before(a, b); }
};
using Tree = std::map<std::string, Entry, PathBefore>;

Tree tree_of(const Entries& entries) {
  Tree tree;
  for (const Entry& entry : entries)
    if (!entry.path.empty()) tree.emplace(entry.path, entry);
  return tree;
}

const Entry* at(const Tree& tree, const std::string& path) {
  const auto found = tree.find(path);
  return found == tree.end() ? nullptr : &found->second;
}

bool is_same(const Entry* a, const Entry* b) {
  const bool none_a = a == nullptr || a->kind == Kind::none;
  const bool none_b = b == nullptr || b->kind == Kind::none;
  if (none_a || none_b) return none_a && none_b;
  return same_content(*a, *b);
}

/// What a build has made of a path.
struct Written {
  Entry entry;
  Entry replaced;
  bool overruled = false;
};

/// Knows what builds have written, and says what the next one is to see.
class ViewModel {
 public:
  /// Which own writes stand, now that the project is this.
  void begin(Tree project) {
    project_ = std::move(project);
    judge_writes();
    overrule_around_users();
  }

  /// Whether the project's entry is what is seen.
  bool is_users(const std::string& path) const {
    const Entry* mine = at(project_, path);
    const auto own = own_.find(path);
    if (mine == nullptr) return false;
    return own == own_.end() || own->second.overruled || is_merged(own->second, mine);
  }

  /// Kind, mode and content of what is to be seen; nullptr: nothing.
  const Entry* expected(const std::string& path) const {
    const auto own = own_.find(path);
    if (is_users(path)) return at(project_, path);
    if (own == own_.end() || own->second.overruled || own->second.entry.kind == Kind::none) return nullptr;
    return &own->second.entry;
  }

  /// The entry as the build before has seen and left it; nullptr where it is new to builds.
  const Entry* left(const std::string& path) const {
    const Entry* before = at(project_before_, path);
    if (before == nullptr || users_before_.count(path) == 0 || !is_same(before, at(project_, path))) return nullptr;
    return at(left_, path);
  }

  bool is_first() const { return first_; }

  bool has_turned_links() const {
    for (const auto& [path, entry] : project_)
      if (entry.kind == Kind::link && !is_same(&entry, at(project_before_, path))) return true;
    return false;
  }

  std::set<std::string> paths() const {
    std::set<std::string> all;
    for (const auto& [path, entry] : project_) all.insert(path);
    for (const auto& [path, write] : own_) all.insert(path);
    return all;
  }

  /// A build has found `before` and left `after`; what it saw of the paths in `changed` nobody can say.
  void end(const Tree& before, const Tree& after, const std::set<std::string>& changed) {
    for (const std::string& path : changed)
      if (project_.count(path) > 0) project_.at(path).content = {};
    for (const auto& [path, entry] : before)
      if (const Entry* now = at(after, path); now == nullptr || now->kind != Kind::folder) forget_below(path);
    for (const auto& [path, entry] : after)
      if (const Entry* old = at(before, path);
          old == nullptr || !is_same(old, &entry) || (old->time != entry.time || old->mode != entry.mode))
        note(path, entry);
    for (const auto& [path, entry] : after)
      if (entry.kind == Kind::folder && holds_writes(path)) note(path, entry);
    for (const auto& [path, entry] : before)
      if (at(after, path) == nullptr) note(path, Entry{path, Kind::none, 0, {}, 0});
    project_before_ = project_;
    left_ = after;
    users_before_.clear();
    for (const auto& [path, entry] : project_)
      if (is_users(path)) users_before_.insert(path);
    first_ = false;
  }

 private:
  static bool is_merged(const Written& write, const Entry* mine) {
    return write.entry.kind == Kind::folder && mine->kind == Kind::folder;
  }

  void judge_writes() {
    std::string dead = "/";
    for (auto& [path, write] : own_) {
      const Entry* mine = at(project_, path);
      if (mine != nullptr && is_merged(write, mine)) continue;
      if (mine == nullptr && write.entry.kind == Kind::none) continue;
      const bool is_dead = mine == nullptr && is_below(path, dead);
      const bool replaced = is_same(&write.replaced, mine);
      const bool as_written = mine != nullptr && mine->kind != Kind::folder && is_same(&write.entry, mine);
      if (!write.overruled && !is_dead && (replaced || as_written)) continue;
      write.overruled = true;
      if (!is_dead) dead = path;
    }
  }

  /// Something of the user's in a folder that the build has deleted, or replaced: the folder is the user's, too.
  void overrule_around_users() {
    for (const auto& [path, entry] : project_) {
      if (!is_users(path)) continue;
      for (auto& [around, write] : own_)
        if (is_below(path, around) && write.entry.kind != Kind::folder) write.overruled = true;
    }
  }

  void note(const std::string& path, const Entry& entry) {
    const Entry* mine = at(project_, path);
    own_[path] = {entry, mine == nullptr ? Entry{} : *mine, false};
  }

  /// Whether something is written in a folder that an earlier build had deleted: then the build has written that, too.
  bool holds_writes(const std::string& folder) const {
    const auto own = own_.find(folder);
    if (own == own_.end() || own->second.entry.kind == Kind::folder) return false;
    return std::any_of(own_.begin(), own_.end(), [&](const auto& inner) {
      return is_below(inner.first, folder) && inner.second.entry.kind != Kind::none;
    });
  }

  void forget_below(const std::string& path) {
    std::erase_if(own_, [&](const auto& own) { return is_below(own.first, path); });
    for (const auto& [inner, entry] : project_)
      if (is_below(inner, path)) note(inner, Entry{inner, Kind::none, 0, {}, 0});
  }

  Tree project_;
  Tree project_before_;
  Tree left_;
  std::set<std::string> users_before_;
  std::map<std::string, Written, PathBefore> own_;
  bool first_ = true;
};

/// Plays the rounds, and looks before each build.
class Life {
 public:
  explicit Life(bool hides) {
    put_file(work_.project(), "a", "one");
    put_file(work_.project(), "d/x", "two");
    put_file(work_.project(), "d/e/z", "three");
    put_file(work_.project(), "f/x", "four");
    put_link(work_.project(), "l", "d");
    for (const char* path : {"a", "d/x", "d/e/z", "f/x", "l"}) set_any_time(work_.project(), path, 10);
    if (hides) work_.hide({"o"});
    hides_ = hides;
  }

  void play(const Round& round) {
    for (const Change& change : round.user) apply(change, work_.project());
    work_.turn_to(round.target);
    target_ = round.target;
    const std::string trace = trace_of(work_.path());
    const Start start = work_.start();
    build(start, {}, {});
    const Start again = work_.start();
    RC_ASSERT(again.shown.corrections == start.shown.corrections);
    RC_ASSERT(again.shown.changed == 0U);
    RC_ASSERT(trace_of(work_.path()) == trace);
    build(again, round.build, round.meanwhile);
    RC_ASSERT(!round.meanwhile.empty() || trace_of(work_.path()) == trace);
  }

 private:
  void build(const Start& start, const std::vector<Change>& changes, const std::vector<Change>& meanwhile) {
    Tree project = tree_of(entries_in(work_.project()));
    if (hides_) std::erase_if(project, [](const auto& own) { return own.first == "o" || is_below(own.first, "o"); });
    model().begin(std::move(project));
    const auto body = [&](int dir) {
      work_.keep("before", entries_in(dir));
      for (const Change& change : changes) apply(change, dir);
      work_.keep("after", entries_in(dir));
    };
    work_.build(start, body, [&] {
      for (const Change& change : meanwhile) apply(change, work_.project());
    });
    const Tree before = tree_of(work_.kept("before"));
    check(start, before);
    model().end(before, tree_of(work_.kept("after")), changed_since(start.walk));
  }

  std::set<std::string> changed_since(const Walk& walk) const {
    std::map<std::string, Seen> now;
    for (const Seen& seen : look(work_.path()).seen) now[seen.entry.path] = seen;
    std::set<std::string> changed;
    for (const Seen& seen : walk.seen) {
      const auto found = now.find(seen.entry.path);
      const bool same = found != now.end() && found->second.stamp == seen.stamp;
      if (!same) changed.insert(seen.entry.path);
    }
    return changed;
  }

  ViewModel& model() { return models_.at(target_); }

  void check(const Start& start, const Tree& seen) {
    std::set<std::string> paths = model().paths();
    for (const auto& [path, entry] : seen) paths.insert(path);
    for (const std::string& path : paths) {
      const Entry* is = at(seen, path);
      const Entry* should = model().expected(path);
      const Entry* left = model().is_users(path) ? model().left(path) : nullptr;
      if (should != nullptr && should->kind == Kind::folder && left != nullptr) should = left;
      if (look_of(is) != look_of(should)) RC_FAIL(path + " is " + look_of(is) + ", and should be " + look_of(should));
      if (is != nullptr) check_time(start, *is, *should, left);
    }
  }

  void check_time(const Start& start, const Entry& is, const Entry& should, const Entry* left) {
    const bool newer = is.time > start.newest && (is.time <= start.now || start.newest >= start.now);
    bool good = is.time == should.time;
    if (model().is_users(is.path)) {
      good = left != nullptr ? is.time == left->time || (newer && model().has_turned_links()) : newer;
      if (model().is_first()) good = is.time == std::min(should.time, start.now);
    }
    if (!good)
      RC_FAIL(fmt::format("{} has the time {}, should have {}; left {}, newest {}, now {}", is.path, is.time,
                          should.time, left == nullptr ? 0 : left->time, start.newest, start.now));
  }

  Workspace work_;
  std::array<ViewModel, 2> models_;
  size_t target_ = 0;
  bool hides_ = false;
};

class ViewProperty : public ::testing::Test {
 protected:
  void SetUp() override {
    const TempStore temp;
    const std::string refusal = overlay_refusal(temp.store);
    if (!refusal.empty()) GTEST_SKIP() << refusal;
  }
};

TEST_F(ViewProperty, EachBuildIsShownTheProjectAndWhatStandsOfItsOwn) {
  check_property(60, [] {
    const auto count = *rc::gen::inRange<size_t>(1, 7);
    const auto rounds = *rc::gen::container<std::vector<Round>>(count, any_round());
    Life life(*rc::gen::inRange(0, 3) == 0);
    for (const Round& round : rounds) life.play(round);
  });
}

}  // namespace
}  // namespace larder::source
