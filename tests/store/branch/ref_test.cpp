#include "store/branch/ref.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/fault_os.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

const VolumeKey cache_key = volume_key("cargo-cache-x64");

/// Makes a generation and lets the volume's ref name it.
std::string put_generation(const Store& store, RefName name, const std::string& layer = "00000000000000aa") {
  put_dir(store.dir(), "layers/" + layer + "/tree");
  Generation generation = must(new_generation(store, download(cache_key.name()), Outcome::success));
  generation.layers = {layer};
  must(write_generation(store, generation));
  const FileLock lock = must(lock_ref(store, cache_key));
  must(write_ref(store, cache_key, name, generation.id, Durability::none));
  return generation.id;
}

std::string current_path() { return ref_dir(cache_key) + "/current"; }

TEST(Ref, ComesBackAsItWas) {
  const TempStore temp;
  EXPECT_EQ(must(read_ref(temp.store, cache_key, RefName::current)), std::nullopt);
  const FileLock lock = must(lock_ref(temp.store, cache_key));
  must(write_ref(temp.store, cache_key, RefName::current, "00000000000000aa", Durability::none));
  must(write_ref(temp.store, cache_key, RefName::settled, "00000000000000bb", Durability::disk));
  EXPECT_EQ(must(read_ref(temp.store, cache_key, RefName::current)), "00000000000000aa");
  EXPECT_EQ(must(read_ref(temp.store, cache_key, RefName::settled)), "00000000000000bb");
}

TEST(Ref, EveryTornOrAlteredLineIsDamage) {
  const TempStore temp;
  put_generation(temp.store, RefName::current);
  const std::string line = get_file(temp.store.dir(), current_path());
  for (size_t size = 0; size < line.size(); ++size) {
    put_file(temp.store.dir(), current_path(), line.substr(0, size));
    EXPECT_EQ(read_ref(temp.store, cache_key, RefName::current).error().code, ErrorCode::damage) << size;
  }
  for (size_t at = 0; at < line.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string altered = line;
      altered[at] = static_cast<char>(altered[at] ^ (1 << bit));
      put_file(temp.store.dir(), current_path(), altered);
      EXPECT_EQ(read_ref(temp.store, cache_key, RefName::current).error().code, ErrorCode::damage) << at << " " << bit;
    }
  }
  for (const std::string& text : {line + "x", line + line, std::string(line.size(), '\0'), std::string(5000, 'x')}) {
    put_file(temp.store.dir(), current_path(), text);
    EXPECT_EQ(read_ref(temp.store, cache_key, RefName::current).error().code, ErrorCode::damage);
  }
}

TEST(Ref, AnotherVolumesLineIsDamage) {
  const TempStore temp;
  put_generation(temp.store, RefName::current);
  const VolumeKey other = volume_key("cargo-cache-arm64");
  must(lock_ref(temp.store, other));
  put_file(temp.store.dir(), ref_dir(other) + "/current", get_file(temp.store.dir(), current_path()));
  EXPECT_EQ(read_ref(temp.store, other, RefName::current).error().code, ErrorCode::damage);
}

TEST(Ref, NamesThatLeaveTheFolderDoNotReachTheKernel) {
  using namespace std::string_literals;
  const TempStore temp;
  FaultOs os;
  const Store store = must(Store::open(os, temp.store.path()));
  std::vector<std::string> names = {"a\0b"s, std::string(10'000, 'x')};
  for (const char* bad : {"", "..", ".", "/etc", "a/b", "../any", "a/../../b", "a\n", "\x1b[31m", "\xff"})
    names.emplace_back(bad);
  os.fail_at(0, 0);
  for (const std::string& bad : names) {
    EXPECT_EQ(VolumeKey::make(bad).error().code, ErrorCode::usage);
    EXPECT_EQ(VolumeKey::make("a", bad).error().code, ErrorCode::usage);
    EXPECT_EQ(fork_volume(store, cache_key, bad).error().code, ErrorCode::usage);
    EXPECT_EQ(read_generation(store, bad).error().code, ErrorCode::usage);
  }
  EXPECT_EQ(os.calls(), 0);
}

TEST(Ref, AKeyThatNamesNoVolumeIsABrokenInvariant) { EXPECT_DEATH((void)ref_dir(VolumeKey()), ""); }

TEST(CurrentGeneration, OfThisBootNeedsNoSettling) {
  const TempStore temp;
  EXPECT_EQ(must(current_generation(temp.store, cache_key)), std::nullopt);
  const std::string id = put_generation(temp.store, RefName::current);
  EXPECT_EQ(must(current_generation(temp.store, cache_key))->id, id);
}

TEST(CurrentGeneration, AfterAPowerCutFallsBackToSettled) {
  const TempStore temp;
  const std::string old = put_generation(temp.store, RefName::settled);
  const std::string torn = put_generation(temp.store, RefName::current);
  EXPECT_EQ(must(current_generation(temp.store, cache_key))->id, torn);
  move_to_another_boot(temp.store, old);
  move_to_another_boot(temp.store, torn);
  EXPECT_EQ(must(current_generation(temp.store, cache_key))->id, old);
  must(write_ref(temp.store, cache_key, RefName::settled, torn, Durability::none));
  EXPECT_EQ(must(current_generation(temp.store, cache_key))->id, torn);
}

TEST(CurrentGeneration, AfterAPowerCutAVolumeNeverSettledDoesNotExist) {
  const TempStore temp;
  move_to_another_boot(temp.store, put_generation(temp.store, RefName::current));
  EXPECT_EQ(must(current_generation(temp.store, cache_key)), std::nullopt);
}

TEST(CurrentGeneration, DamageFallsBackToSettled) {
  const TempStore temp;
  const std::string old = put_generation(temp.store, RefName::settled);
  const std::string id = put_generation(temp.store, RefName::current);
  put_file(temp.store.dir(), "generations/" + id, "");
  EXPECT_EQ(must(current_generation(temp.store, cache_key))->id, old);
  put_file(temp.store.dir(), current_path(), "");
  EXPECT_EQ(must(current_generation(temp.store, cache_key))->id, old);
}

TEST(CurrentGeneration, AVolumeTornBeforeItWasEverSettledDoesNotExist) {
  const TempStore temp;
  const std::string id = put_generation(temp.store, RefName::current);
  put_file(temp.store.dir(), "generations/" + id, "");
  EXPECT_EQ(must(current_generation(temp.store, cache_key)), std::nullopt);
  put_file(temp.store.dir(), current_path(), "");
  EXPECT_EQ(must(current_generation(temp.store, cache_key)), std::nullopt);
}

TEST(CurrentGeneration, DamageToWhatWasSettledIsTold) {
  const TempStore temp;
  put_generation(temp.store, RefName::current);
  put_generation(temp.store, RefName::settled);
  put_file(temp.store.dir(), current_path(), "");
  put_file(temp.store.dir(), ref_dir(cache_key) + "/settled", "");
  const auto read = current_generation(temp.store, cache_key);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::damage);
  EXPECT_NE(read.error().hint.find(cache_key.name()), std::string::npos);
}

TEST(ListVolumes, GivesThoseWithARefSorted) {
  const TempStore temp;
  EXPECT_TRUE(must(list_volumes(temp.store)).empty());
  const std::vector<VolumeKey> keys = {volume_key("a", "v1"), volume_key("a", "v2"), volume_key("b"),
                                       volume_key("a", "v1", Trust::untrusted)};
  for (const VolumeKey& each : {keys[3], keys[2], keys[1], keys[0]}) {
    const FileLock lock = must(lock_ref(temp.store, each));
    must(write_ref(temp.store, each, RefName::current, "00000000000000aa", Durability::none));
  }
  must(lock_ref(temp.store, volume_key("only-locked")));
  EXPECT_EQ(must(list_volumes(temp.store)), keys);
}

TEST(ListVolumes, RefusesAFolderThatIsNoVolumes) {
  for (const char* folder : {"refs/others/a/any", "refs/trusted/-a/any", "refs/trusted/a/.any"}) {
    const TempStore temp;
    put_file(temp.store.dir(), std::string(folder) + "/current", "");
    EXPECT_FALSE(list_volumes(temp.store)) << folder;
  }
}

TEST(ListVariants, GivesTheLastUsedOneFirst) {
  const TempStore temp;
  int64_t seconds = 1000;
  for (const char* variant : {"v1", "v3", "v2"}) {
    put_file(temp.store.dir(), ref_path(volume_key("a", variant), RefName::current), "");
    set_mtime(temp.store.dir(), ref_path(volume_key("a", variant), RefName::current), ++seconds, 0);
  }
  put_file(temp.store.dir(), ref_path(cache_key, RefName::current), "");
  const std::vector<VolumeKey> wanted = {volume_key("a", "v2"), volume_key("a", "v3"), volume_key("a", "v1")};
  EXPECT_EQ(must(list_variants(temp.store, "a")), wanted);
  EXPECT_TRUE(must(list_variants(temp.store, "b")).empty());
}

TEST(MarkUsed, MovesTheTimeButNotTheRef) {
  const TempStore temp;
  EXPECT_EQ(must(last_used_seconds(temp.store, cache_key)), 0);
  const std::string id = put_generation(temp.store, RefName::current);
  set_mtime(temp.store.dir(), current_path(), 1000, 0);
  EXPECT_EQ(must(last_used_seconds(temp.store, cache_key)), 1000);
  must(mark_used(temp.store, cache_key));
  EXPECT_GT(must(last_used_seconds(temp.store, cache_key)), 1000);
  EXPECT_EQ(current_id(temp.store, cache_key), id);
}

}  // namespace
}  // namespace larder::store
