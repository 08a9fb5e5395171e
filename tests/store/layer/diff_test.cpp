#include "store/layer/diff.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/property.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

using Layers = std::vector<std::string>;

class DiffTest : public ::testing::Test {
 protected:
  int dir() const { return temp_.store.dir(); }
  static std::string tree(const std::string& layer, const std::string& path) {
    return "layers/" + layer + "/tree/" + path;
  }

  void settle_layer(const std::string& layer) {
    must(write_manifest(temp_.store, layer, must(scan_layer(temp_.store, layer))));
  }

  Layers paths(const Layers& layers) {
    ContentReader reader(temp_.store);
    Layers all;
    for (const auto& [path, entry] : must(reader.content(layers))) all.emplace_back(path);
    return all;
  }

  std::vector<FileChange> diff(const Layers& from, const Layers& to) {
    return must(diff_layers(temp_.store, from, to));
  }

  TempStore temp_;
};

TEST_F(DiffTest, TellsWhatWasAddedRemovedAndChanged) {
  put_file(dir(), tree("low", "a/gone"), "12345");
  put_file(dir(), tree("low", "a/same"), "1");
  put_file(dir(), tree("low", "b"), "12");
  put_whiteout(dir(), tree("up", "a/gone"));
  put_file(dir(), tree("up", "a/new"), "123");
  put_file(dir(), tree("up", "b"), "1234");
  using enum Change;
  EXPECT_EQ(diff({"low"}, {"low", "up"}),
            (std::vector<FileChange>{{"a/gone", removed, 5, 0}, {"a/new", added, 0, 3}, {"b", changed, 2, 4}}));
  EXPECT_EQ(diff({"low", "up"}, {"low"}),
            (std::vector<FileChange>{{"a/gone", added, 0, 5}, {"a/new", removed, 3, 0}, {"b", changed, 4, 2}}));
  EXPECT_TRUE(diff({"low", "up"}, {"low", "up"}).empty());
  EXPECT_EQ(diff({}, {"low"}).size(), 3U);
}

TEST_F(DiffTest, ATimeAloneIsNoChange) {
  put_file(dir(), tree("low", "file"), "1");
  put_file(dir(), tree("up", "file"), "1");
  set_mtime(dir(), tree("up", "file"), 5, 7);
  EXPECT_TRUE(diff({"low"}, {"up"}).empty());
}

TEST_F(DiffTest, ContentModeTypeLinkTargetAndAttributesAreChanges) {
  for (const char* layer : {"low", "up"}) put_file(dir(), tree(layer, "attribute"), "1");
  put_attribute(dir(), tree("up", "attribute"), "user.a", "1");
  put_file(dir(), tree("low", "content"), "1");
  put_file(dir(), tree("low", "mode"), "1");
  put_file(dir(), tree("low", "type"), "");
  put_link(dir(), tree("low", "link"), "content");
  put_link(dir(), tree("low", "same"), "content");
  put_file(dir(), tree("up", "content"), "2");
  put_file(dir(), tree("up", "mode"), "1", 0755);
  put_link(dir(), tree("up", "type"), "content");
  put_link(dir(), tree("up", "link"), "mode");
  put_link(dir(), tree("up", "same"), "content");
  Layers changed;
  for (const FileChange& change : diff({"low"}, {"low", "up"})) {
    EXPECT_EQ(change.change, Change::changed);
    changed.push_back(change.path);
  }
  EXPECT_EQ(changed, Layers({"attribute", "content", "link", "mode", "type"}));
}

TEST_F(DiffTest, LayersFollowTheOverlaysRules) {
  put_file(dir(), tree("low", "d/old"), "");
  put_file(dir(), tree("low", "d/e/old"), "");
  put_file(dir(), tree("low", "d-"), "");
  put_file(dir(), tree("low", "d0"), "");
  put_file(dir(), tree("low", "file"), "");
  put_whiteout(dir(), tree("deleted", "d"));
  put_file(dir(), tree("replaced", "d"), "a file");
  put_opaque_dir(dir(), tree("opaque", "d"));
  put_file(dir(), tree("opaque", "d/e/new"), "");
  put_file(dir(), tree("merged", "d/e/new"), "");
  put_file(dir(), tree("merged", "file/below"), "");
  EXPECT_EQ(paths({"low", "deleted"}), Layers({"d-", "d0", "file"}));
  EXPECT_EQ(paths({"low", "deleted", "merged"}), Layers({"d-", "d/e/new", "d0", "file/below"}));
  EXPECT_EQ(paths({"low", "replaced"}), Layers({"d", "d-", "d0", "file"}));
  EXPECT_EQ(paths({"low", "replaced", "merged"}), Layers({"d-", "d/e/new", "d0", "file/below"}));
  EXPECT_EQ(paths({"low", "opaque"}), Layers({"d-", "d/e/new", "d0", "file"}));
  EXPECT_EQ(paths({"low", "merged"}), Layers({"d-", "d/e/new", "d/e/old", "d/old", "d0", "file/below"}));
}

TEST_F(DiffTest, ReadsTheManifestWhereThereIsOne) {
  put_file(dir(), tree("low", "file"), "1");
  settle_layer("low");
  put_file(dir(), tree("low", "file"), "not looked at");
  ContentReader reader(temp_.store);
  EXPECT_EQ(must(reader.content({"low"})).at("file")->size_bytes, 1U);
}

TEST_F(DiffTest, TellsAMissingLayerAndADamagedManifest) {
  ContentReader reader(temp_.store);
  EXPECT_EQ(reader.layer("none").error().code, ErrorCode::damage);
  put_file(dir(), tree("low", "file"), "1");
  put_file(dir(), "layers/low/manifest", "torn");
  EXPECT_EQ(reader.content({"low"}).error().code, ErrorCode::damage);
}

const Layers& places() {
  static const Layers all = {"a", "b", "a-", "a/a", "a/b", "b/a", "a/a/a", "a/a/b", "a/b/a"};
  return all;
}

/// What a layer has at places()[place], where what lies above it there is a directory.
struct Mark {
  int kind;
  size_t place;
  int content;
};

void put(const TempStore& temp, const std::string& root, const Mark& mark) {
  const int dir = temp.store.dir();
  const std::string path = root + places()[mark.place];
  for (size_t end = path.find('/', root.size()); end != std::string::npos; end = path.find('/', end + 1)) {
    Os os;
    const auto status = must(os.stat(dir, path.substr(0, end)));
    if (status && !S_ISDIR(status->st_mode)) return;
    if (!status) break;
  }
  if (exists(dir, path)) return;
  const std::string content(static_cast<size_t>(mark.content), 'x');
  if (mark.kind == 0) put_whiteout(dir, path);
  if (mark.kind == 1) put_opaque_dir(dir, path);
  if (mark.kind == 2) put_dir(dir, path);
  if (mark.kind == 3) put_link(dir, path, "to " + content);
  if (mark.kind >= 4) put_file(dir, path, content, mark.kind == 4 ? 0755 : 0644);
}

/// The files that a MergedTree shows, by all that can make them differ.
Snapshot viewed_files(const Store& store, const Layers& layers) {
  Snapshot files;
  must(must(MergedTree::open(store, layer_roots(layers))).walk([&](const MergedEntry& entry) -> Status {
    struct stat status = entry.status;
    status.st_mtim = {};
    if (!S_ISDIR(status.st_mode)) files[entry.path] = describe_entry(entry.dir, entry.name, status, DirTimes::kept);
    return {};
  }));
  return files;
}

std::map<std::string, Change> expected_changes(const Snapshot& from, const Snapshot& to) {
  std::map<std::string, Change> changes;
  for (const auto& [path, what] : from) {
    const auto now = to.find(path);
    if (now == to.end())
      changes[path] = Change::removed;
    else if (now->second != what)
      changes[path] = Change::changed;
  }
  for (const auto& [path, what] : to)
    if (from.count(path) == 0) changes[path] = Change::added;
  return changes;
}

TEST(DiffProperty, SeesWhatAViewShows) {
  check_property(60, [] {
    using namespace rc;
    const auto mark =
        gen::construct<Mark>(gen::inRange(0, 7), gen::inRange<size_t>(0, places().size()), gen::inRange(0, 3));
    const auto layers = *gen::container<std::vector<std::vector<Mark>>>(4, gen::container<std::vector<Mark>>(mark));
    const TempStore temp;
    Layers names;
    for (const auto& marks : layers) {
      names.push_back("layer" + std::to_string(names.size()));
      put_dir(temp.store.dir(), "layers/" + names.back() + "/tree");
      for (const Mark& each : marks) put(temp, "layers/" + names.back() + "/tree/", each);
      if (names.size() % 2 == 0)
        must(write_manifest(temp.store, names.back(), must(scan_layer(temp.store, names.back()))));
    }
    const Layers from(names.begin(), names.begin() + 2);
    std::map<std::string, Change> changes;
    for (const FileChange& change : must(diff_layers(temp.store, from, names))) changes[change.path] = change.change;
    RC_ASSERT(changes == expected_changes(viewed_files(temp.store, from), viewed_files(temp.store, names)));
    const Layers reordered = {names[3], names[0]};
    changes.clear();
    for (const FileChange& change : must(diff_layers(temp.store, names, reordered)))
      changes[change.path] = change.change;
    RC_ASSERT(changes == expected_changes(viewed_files(temp.store, names), viewed_files(temp.store, reordered)));
  });
}

}  // namespace
}  // namespace larder::store
