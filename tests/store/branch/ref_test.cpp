#include "store/branch/ref.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "support/fault_os.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

const VolumeKey key{"cargo-cache-x64", "any", "trusted"};

/// Makes a generation and lets the volume's ref name it.
std::string put_generation(const Store& store, RefName name, const std::string& layer = "00000000000000aa") {
  put_dir(store.dir(), "layers/" + layer + "/tree");
  Generation generation = must(new_generation(store, download(key.name), Outcome::success));
  generation.layers = {layer};
  must(write_generation(store, generation));
  const FileLock lock = must(lock_ref(store, key));
  must(write_ref(store, key, name, generation.id, Durability::none));
  return generation.id;
}

std::string current_path() { return ref_dir(key) + "/current"; }

TEST(Ref, ComesBackAsItWas) {
  const TempStore temp;
  EXPECT_EQ(must(read_ref(temp.store, key, RefName::current)), std::nullopt);
  const FileLock lock = must(lock_ref(temp.store, key));
  must(write_ref(temp.store, key, RefName::current, "00000000000000aa", Durability::none));
  must(write_ref(temp.store, key, RefName::settled, "00000000000000bb", Durability::disk));
  EXPECT_EQ(must(read_ref(temp.store, key, RefName::current)), "00000000000000aa");
  EXPECT_EQ(must(read_ref(temp.store, key, RefName::settled)), "00000000000000bb");
}

TEST(Ref, EveryTornOrAlteredLineIsDamage) {
  const TempStore temp;
  put_generation(temp.store, RefName::current);
  const std::string line = get_file(temp.store.dir(), current_path());
  for (size_t size = 0; size < line.size(); ++size) {
    put_file(temp.store.dir(), current_path(), line.substr(0, size));
    EXPECT_EQ(read_ref(temp.store, key, RefName::current).error().code, ErrorCode::damage) << size;
  }
  for (size_t at = 0; at < line.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string altered = line;
      altered[at] = static_cast<char>(altered[at] ^ (1 << bit));
      put_file(temp.store.dir(), current_path(), altered);
      EXPECT_EQ(read_ref(temp.store, key, RefName::current).error().code, ErrorCode::damage) << at << " " << bit;
    }
  }
  for (const std::string& text : {line + "x", line + line, std::string(line.size(), '\0'), std::string(5000, 'x')}) {
    put_file(temp.store.dir(), current_path(), text);
    EXPECT_EQ(read_ref(temp.store, key, RefName::current).error().code, ErrorCode::damage);
  }
}

TEST(Ref, AnotherVolumesLineIsDamage) {
  const TempStore temp;
  put_generation(temp.store, RefName::current);
  const VolumeKey other{"cargo-cache-arm64", "any", "trusted"};
  must(lock_ref(temp.store, other));
  put_file(temp.store.dir(), ref_dir(other) + "/current", get_file(temp.store.dir(), current_path()));
  EXPECT_EQ(read_ref(temp.store, other, RefName::current).error().code, ErrorCode::damage);
}

TEST(Ref, NamesThatLeaveTheFolderDoNotReachTheKernel) {
  using namespace std::string_literals;
  const TempStore temp;
  FaultOs os;
  const Store store = must(Store::open(os, temp.store.path()));
  std::vector<VolumeKey> keys;
  for (const char* bad : {"", "..", ".", "/etc", "a/b", "../any", "a/../../b", "a\n", "\x1b[31m", "\xff"})
    for (const VolumeKey& one : {VolumeKey{bad}, VolumeKey{"a", bad}, VolumeKey{"a", "any", bad}}) keys.push_back(one);
  keys.push_back({"a\0b"s});
  keys.push_back({std::string(10'000, 'x')});
  os.fail_at(0, 0);
  for (const VolumeKey& bad : keys) {
    for (const Status& done :
         {Status(write_ref(store, bad, RefName::current, "00000000000000aa", Durability::none)), mark_used(store, bad),
          write_note(store, bad, "x"), remove_note(store, bad), remove_refs(store, bad)})
      EXPECT_EQ(done.error().code, ErrorCode::usage);
    EXPECT_EQ(read_ref(store, bad, RefName::current).error().code, ErrorCode::usage);
    EXPECT_EQ(read_note(store, bad).error().code, ErrorCode::usage);
    EXPECT_EQ(lock_ref(store, bad).error().code, ErrorCode::usage);
    EXPECT_EQ(current_generation(store, bad).error().code, ErrorCode::usage);
    EXPECT_EQ(last_used_seconds(store, bad).error().code, ErrorCode::usage);
    EXPECT_EQ(try_writer(store, bad, "x").error().code, ErrorCode::usage);
    EXPECT_EQ(writer_holder(store, bad).error().code, ErrorCode::usage);
    EXPECT_EQ(history(store, bad).error().code, ErrorCode::usage);
    if (bad.variant != "any" || bad.trust != "trusted") continue;
    EXPECT_EQ(fork_volume(store, key, bad.name).error().code, ErrorCode::usage);
    EXPECT_EQ(read_generation(store, bad.name).error().code, ErrorCode::usage);
  }
  EXPECT_EQ(os.calls(), 0);
}

TEST(CurrentGeneration, OfThisBootNeedsNoSettling) {
  const TempStore temp;
  EXPECT_EQ(must(current_generation(temp.store, key)), std::nullopt);
  const std::string id = put_generation(temp.store, RefName::current);
  EXPECT_EQ(must(current_generation(temp.store, key))->id, id);
}

TEST(CurrentGeneration, AfterAPowerCutFallsBackToSettled) {
  const TempStore temp;
  const std::string old = put_generation(temp.store, RefName::settled);
  const std::string torn = put_generation(temp.store, RefName::current);
  EXPECT_EQ(must(current_generation(temp.store, key))->id, torn);
  move_to_another_boot(temp.store, old);
  move_to_another_boot(temp.store, torn);
  EXPECT_EQ(must(current_generation(temp.store, key))->id, old);
  must(write_ref(temp.store, key, RefName::settled, torn, Durability::none));
  EXPECT_EQ(must(current_generation(temp.store, key))->id, torn);
}

TEST(CurrentGeneration, AfterAPowerCutAVolumeNeverSettledDoesNotExist) {
  const TempStore temp;
  move_to_another_boot(temp.store, put_generation(temp.store, RefName::current));
  EXPECT_EQ(must(current_generation(temp.store, key)), std::nullopt);
}

TEST(CurrentGeneration, DamageFallsBackToSettled) {
  const TempStore temp;
  const std::string old = put_generation(temp.store, RefName::settled);
  const std::string id = put_generation(temp.store, RefName::current);
  put_file(temp.store.dir(), "generations/" + id, "");
  EXPECT_EQ(must(current_generation(temp.store, key))->id, old);
  put_file(temp.store.dir(), current_path(), "");
  EXPECT_EQ(must(current_generation(temp.store, key))->id, old);
}

TEST(CurrentGeneration, AVolumeTornBeforeItWasEverSettledDoesNotExist) {
  const TempStore temp;
  const std::string id = put_generation(temp.store, RefName::current);
  put_file(temp.store.dir(), "generations/" + id, "");
  EXPECT_EQ(must(current_generation(temp.store, key)), std::nullopt);
  put_file(temp.store.dir(), current_path(), "");
  EXPECT_EQ(must(current_generation(temp.store, key)), std::nullopt);
}

TEST(CurrentGeneration, DamageToWhatWasSettledIsTold) {
  const TempStore temp;
  put_generation(temp.store, RefName::current);
  put_generation(temp.store, RefName::settled);
  put_file(temp.store.dir(), current_path(), "");
  put_file(temp.store.dir(), ref_dir(key) + "/settled", "");
  const auto read = current_generation(temp.store, key);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::damage);
  EXPECT_NE(read.error().hint.find(key.name), std::string::npos);
}

TEST(ListVolumes, GivesThoseWithARefSorted) {
  const TempStore temp;
  EXPECT_TRUE(must(list_volumes(temp.store)).empty());
  const std::vector<VolumeKey> keys = {
      {"a", "v1", "trusted"}, {"a", "v2", "trusted"}, {"b", "any", "trusted"}, {"a", "v1", "untrusted"}};
  for (const VolumeKey& each : {keys[3], keys[2], keys[1], keys[0]}) {
    const FileLock lock = must(lock_ref(temp.store, each));
    must(write_ref(temp.store, each, RefName::current, "00000000000000aa", Durability::none));
  }
  must(lock_ref(temp.store, {"only-locked", "any", "trusted"}));
  EXPECT_EQ(must(list_volumes(temp.store)), keys);
}

TEST(MarkUsed, MovesTheTimeButNotTheRef) {
  const TempStore temp;
  EXPECT_EQ(must(last_used_seconds(temp.store, key)), 0);
  const std::string id = put_generation(temp.store, RefName::current);
  set_mtime(temp.store.dir(), current_path(), 1000, 0);
  EXPECT_EQ(must(last_used_seconds(temp.store, key)), 1000);
  must(mark_used(temp.store, key));
  EXPECT_GT(must(last_used_seconds(temp.store, key)), 1000);
  EXPECT_EQ(current_id(temp.store, key), id);
}

}  // namespace
}  // namespace larder::store
