// Random histories of a volume against a model of it in memory.

#include "support/property.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <set>

#include "store/manifest.hpp"
#include "store/upkeep.hpp"
#include "support/overlay.hpp"

namespace larder::store {
namespace {

using namespace test;

/// The operations that a build makes, on the model or on a real directory.
class Tree {
 public:
  virtual ~Tree() = default;
  /// 'f', 'd', 'l', or 0 where there is nothing.
  virtual char kind(const std::string& path) const = 0;
  virtual void make_dir(const std::string& path) = 0;
  virtual void write(const std::string& path, const std::string& content, mode_t mode, timespec mtime) = 0;
  virtual void make_link(const std::string& path, const std::string& text, timespec mtime) = 0;
  virtual void set_mode(const std::string& path, mode_t mode) = 0;
  virtual void remove(const std::string& path) = 0;
  virtual void move(const std::string& from, const std::string& to) = 0;

  void make_room(const std::string& path) {
    for (size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
      const std::string parent = path.substr(0, end);
      if (kind(parent) == 'd') continue;
      if (kind(parent) != 0) remove(parent);
      make_dir(parent);
    }
  }
  void make_free(const std::string& path) {
    make_room(path);
    if (kind(path) != 0) remove(path);
  }
};

class Model final : public Tree {
 public:
  char kind(const std::string& path) const override {
    const auto node = nodes_.find(path);
    return node == nodes_.end() ? '\0' : node->second[0];
  }
  void make_dir(const std::string& path) override { nodes_[path] = "d 755"; }
  void write(const std::string& path, const std::string& content, mode_t mode, timespec mtime) override {
    nodes_[path] = fmt::format("f {:o} {}.{:09} {}", mode, mtime.tv_sec, mtime.tv_nsec, content);
  }
  void make_link(const std::string& path, const std::string& text, timespec mtime) override {
    nodes_[path] = fmt::format("l 777 {}.{:09} {}", mtime.tv_sec, mtime.tv_nsec, text);
  }
  void set_mode(const std::string& path, mode_t mode) override {
    std::string& node = nodes_.at(path);
    const size_t end = node.find(' ', 2);
    node = node.substr(0, 2) + fmt::format("{:o}", mode) + (end == std::string::npos ? "" : node.substr(end));
  }
  void remove(const std::string& path) override { take(path); }
  void move(const std::string& from, const std::string& to) override {
    for (const auto& [below, node] : take(from)) nodes_[to + below] = node;
  }

  const Snapshot& nodes() const { return nodes_; }

 private:
  /// Removes the entry and all below it; gives them by what follows `path` in theirs.
  Snapshot take(const std::string& path) {
    Snapshot taken;
    for (auto node = nodes_.begin(); node != nodes_.end();) {
      const bool inside = node->first == path || node->first.starts_with(path + "/");
      if (inside) taken[node->first.substr(path.size())] = node->second;
      node = inside ? nodes_.erase(node) : std::next(node);
    }
    return taken;
  }

  Snapshot nodes_;
};

class Real final : public Tree {
 public:
  explicit Real(int dir) : dir_(dir) {}

  char kind(const std::string& path) const override {
    Os os;
    const auto found = os.stat(dir_, path);
    if (!found && found.error().sys_errno == ENOTDIR) return '\0';
    const auto status = must(found);
    if (!status) return '\0';
    return S_ISDIR(status->st_mode) ? 'd' : S_ISLNK(status->st_mode) ? 'l' : 'f';
  }
  void make_dir(const std::string& path) override { put_dir(dir_, path); }
  void write(const std::string& path, const std::string& content, mode_t mode, timespec mtime) override {
    put_file(dir_, path, content, mode);
    set_mtime(dir_, path, mtime.tv_sec, mtime.tv_nsec);
  }
  void make_link(const std::string& path, const std::string& text, timespec mtime) override {
    put_link(dir_, path, text);
    set_mtime(dir_, path, mtime.tv_sec, mtime.tv_nsec);
  }
  void set_mode(const std::string& path, mode_t mode) override { must(os_.chmod(dir_, path, mode)); }
  void remove(const std::string& path) override { must(remove_tree(os_, dir_, path)); }

  /// As mv does it: a directory of a lower layer cannot be renamed in a user namespace, so it is made again.
  void move(const std::string& from, const std::string& to) override {
    const Status renamed = os_.rename(dir_, from, dir_, to);
    if (renamed) return;
    must(renamed.error().sys_errno == EXDEV, describe(renamed.error()));
    const mode_t mode = must(os_.stat(dir_, from))->st_mode & 07777U;
    must(os_.mkdir(dir_, to, 0700));
    for (const DirEntry& entry : must(os_.list(dir_, from))) move(from + "/" + entry.name, to + "/" + entry.name);
    must(os_.rmdir(dir_, from));
    must(os_.chmod(dir_, to, mode));
  }

 private:
  int dir_;
  Os os_;
};

enum class Kind { write, rewrite, remove, move, make_dir, make_link, set_mode };
constexpr int kinds = 7;

struct Operation {
  int kind;
  size_t path;
  size_t other;
  int content;
};

const std::vector<std::string>& paths() {
  static const std::vector<std::string> all = [] {
    const std::vector<std::string> names = {"a", "b", "\xff\xfe", std::string(255, 'n'), " \n%"};
    std::vector<std::string> made = names;
    for (const std::string& first : names)
      for (const std::string& second : {names[0], names[1], names[2]}) made.push_back(first + "/" + second);
    for (const char* deep : {"a/a/a", "a/a/b", "a/b/a", "b/a/a"}) made.push_back(deep);
    return made;
  }();
  return all;
}

void apply(const Operation& operation, Tree& tree) {
  const std::string& path = paths()[operation.path];
  const std::string& other = paths()[operation.other];
  const timespec mtime{1'000'000'000 + operation.content, 123'456'789 - operation.content};
  const std::string content =
      operation.content % 4 == 0 ? "" : std::string(10, 'x') + std::to_string(operation.content);
  switch (static_cast<Kind>(operation.kind)) {
    case Kind::write:
      tree.make_free(path);
      return tree.write(path, content, operation.content % 2 == 0 ? 0644 : 0755, mtime);
    case Kind::rewrite:  // in place: the overlay copies the file up
      if (tree.kind(path) == 'f') tree.write(path, content, 0600, mtime);
      return;
    case Kind::remove:
      if (tree.kind(path) != 0) tree.remove(path);
      return;
    case Kind::move:
      if (tree.kind(path) == 0 || (other + "/").starts_with(path + "/") || (path + "/").starts_with(other + "/"))
        return;
      tree.make_free(other);
      return tree.move(path, other);
    case Kind::make_dir:
      tree.make_free(path);
      return tree.make_dir(path);
    case Kind::make_link:
      tree.make_free(path);
      return tree.make_link(path, "nowhere/" + other, mtime);
    case Kind::set_mode:
      if (const char kind = tree.kind(path); kind == 'f' || kind == 'd')
        tree.set_mode(path, kind == 'd' ? 0700 + static_cast<mode_t>(operation.content) % 64 : 0640);
      return;
  }
}

enum class Ending { commit, discard };
enum class Afterwards { nothing, settle, flatten, collect, upkeep, power_cut };

struct Step {
  std::vector<Operation> operations;
  Ending ending;
  Afterwards afterwards;
};

std::ostream& operator<<(std::ostream& out, const Operation& operation) {
  const char* names[] = {"write", "rewrite", "remove", "move", "mkdir", "symlink", "chmod"};
  return out << names[operation.kind] << "(" << operation.path << ", " << operation.other << ", " << operation.content
             << ")";
}

std::ostream& operator<<(std::ostream& out, const Step& step) {
  const char* names[] = {"", ", settle", ", flatten", ", collect", ", upkeep", ", power cut"};
  for (const Operation& operation : step.operations) out << operation << " ";
  return out << (step.ending == Ending::commit ? "commit" : "discard") << names[static_cast<int>(step.afterwards)];
}

rc::Gen<Operation> any_operation() {
  using namespace rc;
  return gen::construct<Operation>(gen::inRange(0, kinds), gen::inRange<size_t>(0, paths().size()),
                                   gen::inRange<size_t>(0, paths().size()), gen::inRange(0, 100));
}

rc::Gen<Step> any_step() {
  using namespace rc;
  const auto operations = gen::mapcat(gen::inRange<size_t>(1, 6), [](size_t count) {
    return gen::container<std::vector<Operation>>(count, any_operation());
  });
  return gen::construct<Step>(operations, gen::weightedElement<Ending>({{5, Ending::commit}, {1, Ending::discard}}),
                              gen::weightedElement<Afterwards>({{8, Afterwards::nothing},
                                                                {2, Afterwards::settle},
                                                                {3, Afterwards::flatten},
                                                                {2, Afterwards::collect},
                                                                {1, Afterwards::upkeep},
                                                                {1, Afterwards::power_cut}}));
}

/// One volume, its model, and the model as it was when it was last settled.
class History {
 public:
  void run(const Step& step) {
    {
      Transaction transaction = begin(temp_.store, spec_);
      Model next = model_;
      for (const Operation& operation : step.operations) apply(operation, next);
      in_overlay(temp_.store, transaction.forks()[0], [&](int dir) {
        Real real(dir);
        for (const Operation& operation : step.operations) apply(operation, real);
        must(directory_snapshot(dir, DirTimes::ignored) == next.nodes(), "the overlay is not what the model says");
      });
      if (step.ending == Ending::commit) {
        must(transaction.seal(Outcome::success));
        model_ = next;
      }
    }
    afterwards(step.afterwards);
    RC_ASSERT(volume_snapshot(temp_.store, spec_.key, DirTimes::ignored) == model_.nodes());
  }

 private:
  void afterwards(Afterwards what) {
    const Store& store = temp_.store;
    if (what == Afterwards::settle) must(settle(store, spec_.key));
    if (what == Afterwards::flatten) must(flatten(store, spec_.key));
    if (what == Afterwards::collect) must(collect(store));
    if (what == Afterwards::upkeep) must(upkeep(store));
    if (what == Afterwards::upkeep) RC_ASSERT(names_in(store, "generations") == kept_ids());
    if (what == Afterwards::power_cut) cut_power();
    if (settled_id(store, spec_.key) == current_id(store, spec_.key)) settled_ = model_;
  }

  /// The history, and what `current` names even where a power cut tore it.
  std::vector<std::string> kept_ids() {
    std::set<std::string> ids;
    for (const Generation& generation : must(history(temp_.store, spec_.key))) ids.insert(generation.id);
    const std::string current = current_id(temp_.store, spec_.key);
    if (!current.empty()) ids.insert(current);
    return {ids.begin(), ids.end()};
  }

  /// Of what is not settled, anything may be torn.
  void cut_power() {
    const Store& store = temp_.store;
    for (const std::string& id : names_in(store, "generations"))
      if (read_generation(store, id)) move_to_another_boot(store, id);  // the others were torn by an earlier one
    for (const std::string& layer : names_in(store, "layers"))
      if (!must(has_manifest(store, layer))) put_file(store.dir(), "layers/" + layer + "/tree/torn", "");
    const std::string current = current_id(store, spec_.key);
    if (current != settled_id(store, spec_.key)) put_file(store.dir(), "generations/" + current, "");
    model_ = settled_;
  }

  TempStore temp_;
  const VolumeSpec spec_ = compiled("pantry-x64");
  Model model_;
  Model settled_;
};

TEST(StoreProperty, AVolumeIsWhatItsBuildsMadeOfIt) {
  {
    const TempStore temp;
    const std::string refusal = overlay_refusal(temp.store);
    if (!refusal.empty()) GTEST_SKIP() << refusal;
  }
  check_property(20, [] {
    const auto steps = *rc::gen::mapcat(rc::gen::inRange<size_t>(1, 16), [](size_t count) {
      return rc::gen::container<std::vector<Step>>(count, any_step());
    });
    History history;
    for (const Step& step : steps) history.run(step);
  });
}

/// What concurrent builds may do to a download volume; files of equal names have equal content there.
enum class Event { begin, fill, commit, discard, settle, flatten, collect, upkeep };

class Crowd {
 public:
  void run(int event, size_t build, int file) {
    std::unique_ptr<Build>& slot = builds_[build];
    const Store& store = temp_.store;
    switch (static_cast<Event>(event)) {
      case Event::begin:
        if (!slot)
          slot = std::make_unique<Build>(Build{begin(store, writing(spec_of(build), siblings(), also(build))), {}});
        break;
      case Event::fill:
        if (slot) slot->files["d/" + std::to_string(file)] = "content of " + std::to_string(file);
        if (slot) fill(store, slot->transaction, slot->files);
        break;
      case Event::commit:
        if (slot) commit(build, *slot);
        slot.reset();
        break;
      case Event::discard:
        slot.reset();
        break;
      case Event::settle:
        must(settle(store, spec_of(build).key));
        break;
      case Event::flatten:
        must(flatten(store, spec_of(build).key));
        break;
      case Event::collect:
        must(collect(store));
        break;
      case Event::upkeep:
        must(upkeep(store));
        break;
    }
    check();
  }

 private:
  struct Build {
    Transaction transaction;
    Files files;
  };

  static VolumeSpec spec_of(size_t build) { return download(build % 2 == 0 ? "even" : "odd"); }
  static std::vector<VolumeKey> siblings() { return {{"even"}, {"odd"}}; }
  /// The first two builds fetch for both volumes.
  static std::vector<VolumeSpec> also(size_t build) {
    return build < 2 ? std::vector<VolumeSpec>{spec_of(build + 1)} : std::vector<VolumeSpec>{};
  }

  void commit(size_t build, Build& done) {
    Files whole = files_of(temp_.store, done.transaction.forks()[0].base.layers);
    whole.insert(done.files.begin(), done.files.end());
    must(done.transaction.seal(Outcome::success));
    expected_[build % 2].insert(whole.begin(), whole.end());
    if (build < 2) expected_[1 - build % 2].insert(whole.begin(), whole.end());
  }

  void check() {
    for (size_t i : {0U, 1U}) RC_ASSERT(files_of(temp_.store, spec_of(i).key) == expected_[i]);
    for (const auto& build : builds_)
      if (build)
        for (const std::string& root : layer_roots(build->transaction.forks()[0].base.layers))
          RC_ASSERT(exists(temp_.store.dir(), root));
  }

  TempStore temp_;
  std::array<Files, 2> expected_;
  std::array<std::unique_ptr<Build>, 4> builds_;
};

TEST(StoreProperty, ConcurrentDownloadsLoseNothing) {
  check_property(30, [] {
    const auto steps = *rc::gen::mapcat(rc::gen::inRange<size_t>(1, 80), [](size_t count) {
      const auto event =
          rc::gen::weightedElement<int>({{4, 0}, {6, 1}, {6, 2}, {1, 3}, {1, 4}, {2, 5}, {1, 6}, {1, 7}});
      return rc::gen::container<std::vector<std::tuple<int, size_t, int>>>(
          count, rc::gen::tuple(event, rc::gen::inRange<size_t>(0, 4), rc::gen::inRange(0, 50)));
    });
    Crowd crowd;
    for (const auto& [event, build, file] : steps) crowd.run(event, build, file);
  });
}

}  // namespace
}  // namespace larder::store
