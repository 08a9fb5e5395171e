#include "share/file.hpp"

#include <gtest/gtest.h>

#include <filesystem>

#include "share/kit.hpp"
#include "share/native_code.hpp"
#include "store/care/upkeep.hpp"
#include "store/care/verify.hpp"
#include "store/key_of_trust.hpp"
#include "store/layer/manifest.hpp"
#include "support/overlay.hpp"
#include "support/property.hpp"
#include "support/random_tree.hpp"

namespace larder::share {
namespace {

using namespace test;

/// The volume that the import of a compiled one has made.
VolumeKey only_key(const Store& store) {
  const auto keys = must(store::list_volumes(store));
  must(keys.size() == 1, "not one volume");
  return keys.front();
}

VolumeKey key_named(const Store& store, const std::string& name) {
  for (const VolumeKey& key : must(store::list_volumes(store)))
    if (key.name() == name) return key;
  throw std::runtime_error("no volume " + name);
}

void expect_nothing(const Store& store) {
  EXPECT_TRUE(must(store::list_volumes(store)).empty());
  EXPECT_TRUE(names_in(store, "layers").empty());
  EXPECT_TRUE(names_in(store, "generations").empty());
  EXPECT_TRUE(names_in(store, "transactions").empty());
}

TEST(ShareFile, ACompiledVolumeArrivesAsItWas) {
  TempStore here;
  commit_compiled(here.store, compiled("app"),
                  {{"target/a", "one"}, {"target/b", std::string(3'000'000, 'x')}, {"target/empty", ""}});
  set_mtime(here.store.dir(), "layers/" + current_layers(here.store, compiled("app").key)[0] + "/tree/target/a",
            1'700'000'000, 987'654'321);
  TempStore there;
  const auto taken = must(import_text(there.store, export_to_text(here.store, {compiled("app").key})));
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_TRUE(taken[0].changed);
  EXPECT_EQ(volume_snapshot(there.store, taken[0].key), volume_snapshot(here.store, compiled("app").key));
  const auto generation = must(store::current_generation(there.store, taken[0].key)).value();
  EXPECT_EQ(generation.outcome, Outcome::success);
  EXPECT_EQ(generation.spec.workspace, "");
  EXPECT_EQ(generation.spec.image, "sha256:1");
  EXPECT_EQ(generation.spec.project, "pantry");
  EXPECT_EQ(generation.rebuild_seconds, 7);
  EXPECT_EQ(must(store::read_source(there.store, generation.source.record)), "record of app");
  EXPECT_EQ(generation.source.content, sha256_hex("record of app"));
  must(store::upkeep(there.store));
  EXPECT_TRUE(must(store::verify(there.store, {{}, "the test"})).damage.empty());
}

TEST(ShareFile, TheSameGenerationIsTakenInOnce) {
  TempStore here;
  commit_compiled(here.store, compiled("app"), {{"a", "one"}});
  const std::string first = export_to_text(here.store, {compiled("app").key});
  TempStore there;
  EXPECT_TRUE(must(import_text(there.store, first))[0].changed);
  const std::string id = current_id(there.store, only_key(there.store));
  EXPECT_FALSE(must(import_text(there.store, first))[0].changed);
  EXPECT_EQ(current_id(there.store, only_key(there.store)), id);
  commit_compiled(here.store, compiled("app"), {{"a", "two"}});
  EXPECT_TRUE(must(import_text(there.store, export_to_text(here.store, {compiled("app").key})))[0].changed);
  EXPECT_EQ(files_of(there.store, only_key(there.store)), (Files{{"a", "two"}}));
  EXPECT_TRUE(must(import_text(there.store, first))[0].changed) << "what is no longer the newest comes back";
}

TEST(ShareFile, TwoArchivesOfOneStateAreTheSameBytes) {
  TempStore here;
  commit_compiled(here.store, compiled("app"), {{"a", "one"}, {"b/c", "two"}});
  EXPECT_EQ(export_to_text(here.store, {compiled("app").key}), export_to_text(here.store, {compiled("app").key}));
}

TEST(ShareFile, DownloadVolumesMerge) {
  TempStore here;
  commit(here.store, download("cargo-cache-x64"), {{"cache/new", "new"}, {"cache/both", "same"}, {"index/a", "newer"}});
  TempStore there;
  commit(there.store, download("cargo-cache-x64"),
         {{"cache/old", "old"}, {"cache/both", "same"}, {"index/a", "older"}});
  const auto old = [](const Store& store, const char* path, int64_t seconds) {
    set_mtime(store.dir(), "layers/" + current_layers(store, volume_key("cargo-cache-x64"))[0] + "/tree/" + path,
              seconds, 0);
  };
  old(here.store, "index/a", 2000);
  old(there.store, "index/a", 1000);
  old(here.store, "cache/both", 1000);
  old(there.store, "cache/both", 1000);
  const std::string archive = export_to_text(here.store, {volume_key("cargo-cache-x64")});
  EXPECT_TRUE(must(import_text(there.store, archive))[0].changed);
  EXPECT_EQ(files_of(there.store, volume_key("cargo-cache-x64")),
            (Files{{"cache/new", "new"}, {"cache/old", "old"}, {"cache/both", "same"}, {"index/a", "newer"}}));
  EXPECT_FALSE(exists(there.store.dir(), "layers/" + current_layers(there.store, volume_key("cargo-cache-x64")).back() +
                                             "/tree/cache/both"));
  EXPECT_FALSE(must(import_text(there.store, archive))[0].changed);
}

TEST(ShareFile, SeveralVolumesInOneFile) {
  TempStore here;
  commit(here.store, download("cargo-cache-x64"), {{"a", "one"}});
  commit_compiled(here.store, compiled("app"), {{"a", "one"}, {"b", "two"}});
  TempStore there;
  EXPECT_EQ(
      must(import_text(there.store, export_to_text(here.store, {volume_key("cargo-cache-x64"), compiled("app").key})))
          .size(),
      2U);
  EXPECT_EQ(files_of(there.store, volume_key("cargo-cache-x64")), (Files{{"a", "one"}}));
  EXPECT_EQ(files_of(there.store, key_named(there.store, "app")), (Files{{"a", "one"}, {"b", "two"}}));
}

TEST(ShareFile, WhatARecipeKeepsStays) {
  const config::RecipeTable recipes(
      {must(config::parse_recipe("name = \"cargo\"\ntitle = \"t\"\n[volumes]\ncompiled = \"c-{project}-{target}\"\n"
                                 "not_shared = [\"target/**/incremental\"]\n"
                                 "[[volumes.download]]\nname = \"d-{target}\"\npath = \"/usr/local/cargo/registry\"\n"
                                 "not_shared = [\"src\"]\n"
                                 "[build]\ncommands = [[\"true\"]]\n[artifacts]\ninclude = []\n",
                                 "cargo.toml"))});
  TempStore here;
  commit_compiled(here.store, compiled("app"),
                  {{"target/debug/incremental/x/y", "1"}, {"target/incremental", "2"}, {"target/a", "3"}});
  commit(here.store, download("cache"), {{"src/x", "1"}, {"cache/x", "2"}});
  TempStore there;
  must(import_text(there.store, export_to_text(here.store, {compiled("app").key, volume_key("cache")}, recipes)));
  EXPECT_EQ(files_of(there.store, key_named(there.store, "app")), (Files{{"target/a", "3"}}));
  EXPECT_EQ(files_of(there.store, volume_key("cache")), (Files{{"cache/x", "2"}}));
}

TEST(ShareFile, MarksOverTheProjectArrive) {
  TempStore here;
  Transaction transaction = begin(here.store, compiled("app"));
  const std::string top = upper(transaction);
  put_whiteout(here.store.dir(), top + "/src/gone");
  put_whiteout(here.store.dir(), top + "/src/unrelated");
  put_opaque_dir(here.store.dir(), top + "/made/anew");
  put_opaque_dir(here.store.dir(), top + "/made/anew/inside");
  put_file(here.store.dir(), top + "/made/anew/inside/file", "x");
  must(transaction.seal(Outcome::success, 1, store::NewSource{"record", sha256_hex("x"), {"src/gone"}}));
  TempStore there;
  const VolumeKey key = must(import_text(there.store, export_to_text(here.store, {compiled("app").key})))[0].key;
  const auto generation = must(store::current_generation(there.store, key)).value();
  EXPECT_EQ(generation.source.hides, std::vector<std::string>{"src/gone"});
  std::string marks;
  for (const auto& entry : must(store::scan_layer(there.store, generation.layers.at(0))))
    marks += std::string(1, entry.type) + " " + entry.path + "\n";
  EXPECT_EQ(marks, "d made\no made/anew\nd made/anew/inside\nf made/anew/inside/file\nd src\nx src/gone\n");
}

TEST(ShareFile, ImagesAndEmptyVolumesAreNotExported) {
  TempStore here;
  VolumeSpec image = download("image-debian");
  image.volume_class = VolumeClass::image;
  commit(here.store, image, {{"a", "b"}});
  const UniqueFd file = file_of("");
  const auto refused = export_volumes(here.store, {image.key}, no_recipes(), file.get(), "the test");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::usage);
  EXPECT_FALSE(export_volumes(here.store, {volume_key("unknown")}, no_recipes(), file.get(), "the test"));
}

TEST(ShareFile, CodeForThisVeryProcessorStaysHere) {
  TempStore here;
  const auto exported = [&](const VolumeSpec& spec) {
    const UniqueFd file = file_of("");
    return export_volumes(here.store, {spec.key}, no_recipes(), file.get(), "the test").has_value();
  };
  const std::vector<Files> native = {
      {{"target/.fingerprint/a/lib-a.json", R"({"rustflags":["-C","target-cpu=native"]})"}},
      {{"build/build.ninja", std::string(300'000, '#') + "\nFLAGS = -O2 -march=native\n"}},
      {{"build/CMakeFiles/a.dir/flags.make", "C_FLAGS = -mcpu=native"}}};
  for (size_t i = 0; i < native.size(); ++i) {
    const VolumeSpec spec = compiled("native-" + std::to_string(i));
    commit_compiled(here.store, spec, native[i]);
    EXPECT_FALSE(exported(spec)) << i;
  }
  const VolumeSpec other = compiled("other");
  commit_compiled(here.store, other, {{"a", "-march=x86-64-v3 -mtune=native"}});
  EXPECT_TRUE(exported(other));
}

TEST(ShareFile, OfMakeTheMakefilesSayForWhichProcessor) {
  TempStore here;
  const TempDir project;
  VolumeSpec spec = compiled("app");
  spec.recipe = "make 1";
  spec.workspace = project.path();
  commit_compiled(here.store, spec, {{"a.o", "x"}});
  put_file(project.fd(), "Makefile", "CFLAGS = -O2\n");
  const UniqueFd file = file_of("");
  EXPECT_TRUE(export_volumes(here.store, {spec.key}, no_recipes(), file.get(), "the test"));
  for (const char* name : {"src/rules.mk", "make.inc", "config.mak", "Makefile.common", "build.sh"}) {
    put_file(project.fd(), name, "CFLAGS += -march=native\n");
    const auto refused = export_volumes(here.store, {spec.key}, no_recipes(), file.get(), "the test");
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code, ErrorCode::usage);
    put_file(project.fd(), name, "CFLAGS += -O2\n");
  }
}

TEST(ShareFile, WhatASettingOfTheBuildSaysStaysHereToo) {
  TempStore here;
  VolumeSpec spec = compiled("app");
  spec.recipe = "cargo 1" + std::string(native_suffix);
  commit_compiled(here.store, spec, {{"a.o", "x"}});
  const UniqueFd file = file_of("");
  EXPECT_FALSE(export_volumes(here.store, {spec.key}, no_recipes(), file.get(), "the test"));
}

TEST(ShareFile, WhatUntrustedBuildsHaveWrittenStaysUntrusted) {
  TempStore here;
  VolumeSpec spec = compiled("app");
  commit_compiled(here.store, spec, {{"a.o", "x"}});
  const std::string trusted = export_to_text(here.store, {spec.key});
  spec.key = must(store::key_of_trust("app", "v", store::Trust::untrusted));
  commit_compiled(here.store, spec, {{"a.o", "evil"}});
  TempStore there;
  const auto taken = must(import_text(there.store, export_to_text(here.store, {spec.key})));
  EXPECT_EQ(taken.front().key.trust(), store::Trust::untrusted);
  const UniqueFd file = file_of(trusted);
  const auto by_untrusted =
      must(import_volumes(there.store, UniqueFd(::dup(file.get())), "the test", store::Trust::untrusted));
  EXPECT_EQ(by_untrusted.front().key.trust(), store::Trust::untrusted);
  EXPECT_EQ(must(import_text(there.store, trusted)).front().key.trust(), store::Trust::trusted);
}

TEST(ShareFile, AVolumeThatIsUsedOtherwiseIsNotTouched) {
  TempStore here;
  commit(here.store, download("one"), {{"a", "1"}});
  TempStore there;
  VolumeSpec other = download("one");
  other.mount_path = "/elsewhere";
  commit(there.store, other, {{"b", "2"}});
  const auto refused = import_text(there.store, export_to_text(here.store, {volume_key("one")}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::usage);
  EXPECT_EQ(files_of(there.store, volume_key("one")), (Files{{"b", "2"}}));
}

TEST(ShareFile, APipeIsReadToo) {
  TempStore here;
  commit_compiled(here.store, compiled("app"), {{"a", "one"}});
  const std::string archive = export_to_text(here.store, {compiled("app").key});
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  UniqueFd read(ends[0]);
  {
    const UniqueFd write(ends[1]);
    ASSERT_LT(archive.size(), 60'000U);
    ASSERT_EQ(::write(write.get(), archive.data(), archive.size()), static_cast<ssize_t>(archive.size()));
  }
  TempStore there;
  EXPECT_EQ(must(import_volumes(there.store, std::move(read), "the test")).size(), 1U);
  EXPECT_EQ(files_of(there.store, only_key(there.store)), (Files{{"a", "one"}}));
}

TEST(ShareFile, ATornArchiveIsRefusedAndLeavesNothing) {
  TempStore here;
  commit_compiled(here.store, compiled("app"), {{"a", "one"}, {"b/c", "two"}});
  const std::string archive = export_to_text(here.store, {compiled("app").key});
  TempStore there;
  for (size_t size = 0; size < archive.size() - 1024; size += 97) {
    const auto read = import_text(there.store, archive.substr(0, size));
    ASSERT_FALSE(read) << size;
    EXPECT_TRUE(read.error().code == ErrorCode::damage || read.error().code == ErrorCode::usage) << size;
  }
  expect_nothing(there.store);
}

/// Of an archive's bytes those that say nothing are the padding of tar and the tags.
TEST(ShareFile, EachByteThatCountsIsChecked) {
  TempStore here;
  commit_compiled(here.store, compiled("app"), {{"a", "one"}, {"b/c", "two"}});
  const std::string archive = export_to_text(here.store, {compiled("app").key});
  const Snapshot good = volume_snapshot(here.store, compiled("app").key);
  const size_t after_index = archive.find("blobs/");
  size_t refused = 0;
  TempStore there;
  for (size_t i = 0; i < archive.size(); ++i) {
    if (archive[i] == 0 && i % 61 != 0) continue;  // most are padding
    std::string altered = archive;
    altered[i] = static_cast<char>(altered[i] ^ (1 << (i % 8)));
    const auto read = import_text(there.store, altered);
    if (!read) {
      ++refused;
      continue;
    }
    ASSERT_TRUE(archive[i] == 0 || i < after_index) << i;
    EXPECT_EQ(volume_snapshot(there.store, only_key(there.store)), good) << i;
    must(store::remove_refs(there.store, only_key(there.store)));
  }
  EXPECT_GT(refused, 1500U);
}

/// What a hostile archive says in its own index, with all digests right.
std::string with_index(const std::string& archive, const std::function<void(Index&)>& change) {
  Os os;
  TempDir dir(Place::memory);
  const Layout layout = must(open_tar(os, file_of(archive)));
  Arrived arrived = arrived_of(archive);
  change(arrived.index);
  const BlobWriter writer = must(BlobWriter::make(os, dir.fd(), "layout"));
  arrived.manifest.index = must(writer.put(zstd_compress(format_index(arrived.index))));
  must(writer.put(must(layout.blobs.read(arrived.manifest.config, manifest_bytes_max))));
  must(writer.put(must(layout.blobs.read(*arrived.manifest.source, manifest_bytes_max))));
  for (const Blob& pack : arrived.manifest.packs) must(writer.put(must(layout.blobs.read(pack, 1 << 30))));
  const Blob manifest = must(writer.put(format_manifest(arrived.manifest)));
  must(writer.finish({{manifest, "x"}}));
  const UniqueFd file = file_of("");
  must(write_tar(os, writer, file.get()));
  return bytes_of(file.get());
}

TEST(ShareFile, LiesAboutContentsAreFoundOut) {
  TempStore here;
  commit_compiled(here.store, compiled("app"), {{"a", "one"}, {"b", "twotwo"}});
  const std::string archive = export_to_text(here.store, {compiled("app").key});
  const std::vector<std::function<void(Index&)>> lies = {
      [](Index& index) {
        index.packs[0].contents[0].digest = std::string(64, 'a'), index.entries[0].content = index.packs[0].contents[0];
      },
      [](Index& index) { std::swap(index.packs[0].contents[0], index.packs[0].contents[1]); },
      [](Index& index) { index.packs[0].contents.pop_back(), index.entries.pop_back(); },
      [](Index& index) {
        index.packs[0].contents.push_back({std::string(64, 'a'), 10});
      },
      [](Index& index) { index.packs[0].bytes += 1; },
      [](Index& index) { index.packs[0].digest = std::string(64, 'a'); },
      [](Index& index) { index.packs.clear(), index.entries.clear(); },
  };
  TempStore there;
  for (size_t i = 0; i < lies.size(); ++i) {
    if (i == 3) continue;  // what nobody wants of a pack's end is not read
    const auto read = import_text(there.store, with_index(archive, lies[i]));
    ASSERT_FALSE(read) << i;
    EXPECT_EQ(read.error().code, ErrorCode::damage) << i;
  }
  expect_nothing(there.store);
  EXPECT_TRUE(import_text(there.store, with_index(archive, [](Index&) {})));
}

/// Several builds by a real overlay, so that there are deletions, links and other names in the layers.
void build_at_random(const Store& store, const VolumeSpec& spec,
                     const std::vector<std::vector<TreeOperation>>& builds) {
  int number = 0;
  for (const auto& operations : builds) {
    Transaction transaction = begin(store, spec);
    in_overlay(store, transaction.forks()[0], [&](int dir) {
      RealTree real(dir);
      for (const TreeOperation& operation : operations) apply(operation, real);
      put_file(dir, "build-" + std::to_string(number++), "x");
    });
    must(transaction.seal(Outcome::success, 3, store::NewSource{"record", sha256_hex("c"), {"a"}}));
  }
}

TEST(ShareProperty, ATreeIsTheSameWhereverAndHoweverItsLayersAre) {
  TempStore probe;
  if (const std::string refusal = overlay_refusal(probe.store); !refusal.empty()) GTEST_SKIP() << refusal;
  check_property(15, [] {
    using namespace rc;
    const auto operations = gen::container<std::vector<TreeOperation>>(any_tree_operation());
    const auto builds = *gen::container<std::vector<std::vector<TreeOperation>>>(9, operations);
    TempStore here;
    const VolumeSpec spec = compiled("app");
    build_at_random(here.store, spec, builds);
    RC_ASSERT(current_layers(here.store, spec.key).size() == 9U);
    const std::string layered = export_to_text(here.store, {spec.key});
    must(store::flatten(here.store, spec.key));
    RC_ASSERT(current_layers(here.store, spec.key).size() == 1U);
    RC_ASSERT(export_to_text(here.store, {spec.key}) == layered);
    TempStore there;
    const VolumeKey key = must(import_text(there.store, layered))[0].key;
    RC_ASSERT(volume_snapshot(there.store, key) == volume_snapshot(here.store, spec.key));
    RC_ASSERT(named_snapshot(there.store, key) == named_snapshot(here.store, spec.key));
    const Arrived first = arrived_of(layered);
    const Arrived second = arrived_of(export_to_text(there.store, {key}));
    RC_ASSERT(first.index == second.index);
  });
}

}  // namespace
}  // namespace larder::share
