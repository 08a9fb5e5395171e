// docs/format.md by the byte: a store written by hand is understood, and what the store writes is what the page says.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "source/record.hpp"
#include "store/layer/manifest.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

constexpr const char* generation_id = "1a2b3c4d5e6f7a8b";
constexpr const char* layer_id = "00112233445566aa";

/// The number's bytes as the machine has them.
template <typename Number>
std::string bytes(Number number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

std::string text_of(const std::string& text) { return bytes(static_cast<uint32_t>(text.size())) + text; }

std::string source_entry(const std::string& path, uint8_t kind, uint16_t mode, int64_t time, char content) {
  return text_of(path) + bytes(kind) + bytes(mode) + bytes(time) + std::string(32, content);
}

/// A project with a file, in which a build has made a folder and deleted the file.
std::string source_text() {
  std::string text = "larder-source-1\n";
  text += bytes<uint64_t>(2);
  text += source_entry("", 2, 0755, 1'700'000'000'000'000'000, 'F');
  text += source_entry("main.c", 1, 0644, 1'700'000'000'500'000'000, 'c');
  text += bytes<uint64_t>(2);
  text += text_of("gen") + bytes<uint8_t>(2) + bytes<uint16_t>(0700) + bytes<int64_t>(5) + std::string("\1\0\1", 3) +
          source_entry("", 0, 0, 0, '\0');
  text += text_of("main.c") + bytes<uint8_t>(0) + bytes<uint16_t>(0) + bytes<int64_t>(0) + std::string("\0\1\0", 3) +
          source_entry("", 1, 0644, 7, 'c');
  text += text_of("d1e2");
  text += bytes<uint8_t>(1);
  const auto digest = [&] {
    Sha256 hash;
    hash.update(text);
    return hash.finish_bytes();
  }();
  return text + std::string(digest.begin(), digest.end());
}

std::string source_name() { return sha256_hex(source_text()); }

std::string json(const std::string& boot) {
  return R"({"id": "1a2b3c4d5e6f7a8b", "parent": "", "layers": ["00112233445566aa"], "volume": "cargo-cache-x64",
"variant": "any", "trust": "trusted", "class": "download", "target": "x64", "mount_path": "/usr/local/cargo/registry",
"project": "", "workspace": "", "image": "", "recipe": "cargo 1", "outcome": "success", "created": 1700000000,
"era": ")" +
         boot +
         R"(", "same_content_as": "", "build": "by hand", "seconds": 1.5, "rebuild_seconds": 60, "last_success":
"1a2b3c4d5e6f7a8b", "source": ")" +
         source_name() + R"(", "source_content": "c0ffee", "unknown key": 1}
)";
}

std::string closed(const std::string& text) { return text + "end " + sha256_hex(text) + "\n"; }

std::string ref_line() {
  const std::string fields = "7:trusted15:cargo-cache-x643:any16:1a2b3c4d5e6f7a8b";
  return "larder-ref-1 1a2b3c4d5e6f7a8b " + sha256_hex(fields).substr(0, 16) + "\n";
}

std::string manifest_text() {
  const std::string entries =
      "larder-manifest-2\n"
      "d 755 0 1700000000 0 - " +
      sha256_hex("10:user.build2:42") +
      " index\n"
      "f 644 5 1700000001 500000000 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 - index/a%20b\n";
  return entries + "end 2 " + sha256_hex(entries) + "\n";
}

class FormatTest : public ::testing::Test {
 protected:
  FormatTest() : dir_(Place::memory), path_(dir_.path() + "/store") {
    put("format", "larder-store 2\n");
    put("layers/" + std::string(layer_id) + "/tree/index/a b", "hello");
    put("layers/" + std::string(layer_id) + "/manifest", manifest_text());
    put_attribute(AT_FDCWD, tree() + "/index", "user.build", "42");
    set_mtime(AT_FDCWD, tree() + "/index/a b", 1700000001, 500000000);
    set_mtime(AT_FDCWD, tree() + "/index", 1700000000, 0);
    put("generations/" + std::string(generation_id), closed(json("00000000-0000-0000-0000-000000000000")));
    put("sources/" + source_name(), source_text());
    for (const char* name : {"current", "settled"})
      put("refs/trusted/cargo-cache-x64/any/" + std::string(name), ref_line());
  }

  void put(const std::string& name, const std::string& content) { put_file(AT_FDCWD, path_ + "/" + name, content); }
  std::string tree() const { return path_ + "/layers/" + layer_id + "/tree"; }

  TempDir dir_;
  std::string path_;
  Os os_;
  const VolumeKey key_ = volume_key("cargo-cache-x64");
};

TEST_F(FormatTest, AStoreWrittenByHandIsUnderstood) {
  const Store store = must(Store::open(os_, path_));
  const Generation generation = must(current_generation(store, key_)).value();
  EXPECT_EQ(generation.id, generation_id);
  EXPECT_EQ(generation.build, "by hand");
  EXPECT_EQ(generation.seconds, 1.5);
  EXPECT_EQ(generation.rebuild_seconds, 60);
  EXPECT_EQ(generation.last_success, generation_id);
  EXPECT_EQ(generation.created_seconds, 1700000000);
  EXPECT_EQ(generation.source, (SourceRef{source_name(), "c0ffee"}));
  EXPECT_EQ(must(read_source(store, generation.source.record)), source_text());
  EXPECT_EQ(files_of(store, key_), Files({{"index/a b", "hello"}}));
  EXPECT_EQ(format_manifest(must(scan_layer(store, layer_id))), manifest_text());
  must(collect(store));
  EXPECT_EQ(files_of(store, key_), Files({{"index/a b", "hello"}}));
  EXPECT_TRUE(exists(store.dir(), "sources/" + source_name()));
}

TEST_F(FormatTest, ASourceRecordWrittenByHandIsUnderstood) {
  const auto record = source::Record::decode(source_text());
  ASSERT_TRUE(record);
  ASSERT_EQ(record->entries.size(), 2U);
  EXPECT_EQ(record->entries[0].kind, source::Kind::folder);
  EXPECT_EQ(record->entries[1].path, "main.c");
  EXPECT_EQ(record->entries[1].mode, 0644);
  EXPECT_EQ(record->entries[1].time, 1'700'000'000'500'000'000);
  EXPECT_EQ(record->entries[1].content[31], 'c');
  EXPECT_EQ(record->git, "d1e2");
  ASSERT_EQ(record->own.size(), 2U);
  EXPECT_EQ(record->own[0].path, "gen");
  EXPECT_EQ(record->own[0].kind, source::Kind::folder);
  EXPECT_EQ(record->own[0].mode, 0700);
  EXPECT_TRUE(record->own[0].alone && !record->own[0].overruled && record->own[0].users_mode);
  EXPECT_EQ(record->own[0].replaced.kind, source::Kind::none);
  EXPECT_EQ(record->own[1].kind, source::Kind::none);
  EXPECT_TRUE(!record->own[1].alone && record->own[1].overruled && !record->own[1].users_mode);
  EXPECT_EQ(record->own[1].replaced.kind, source::Kind::file);
  EXPECT_EQ(record->own[1].replaced.mode, 0644);
  EXPECT_TRUE(record->renames_folders);
  EXPECT_EQ(record->encode(), source_text());
}

TEST_F(FormatTest, AGenerationOfAnOlderLarderHasNoSourceRecord) {
  const Store store = must(Store::open(os_, path_));
  std::string text = json("x");
  for (const char* key : {"\"source\"", "\"source_content\""})
    text.replace(text.find(key), std::string(key).size(), "\"other\"");
  put("generations/" + std::string(generation_id), closed(text));
  EXPECT_EQ(must(read_generation(store, generation_id)).source, SourceRef());
}

TEST_F(FormatTest, WhatIsWrittenIsWhatThePageSays) {
  const Store store = must(Store::open(os_, path_));
  put("refs/trusted/cargo-cache-x64/any/current", "");
  must(write_ref(store, key_, RefName::current, generation_id, Durability::none));
  EXPECT_EQ(get_file(store.dir(), "refs/trusted/cargo-cache-x64/any/current"), ref_line());
  const TempStore fresh;
  EXPECT_EQ(get_file(fresh.store.dir(), "format"), "larder-store 2\n");
}

TEST_F(FormatTest, AWrittenRecordIsJsonAndALineWithItsChecksum) {
  const Store store = must(Store::open(os_, path_));
  must(write_generation(store, must(read_generation(store, generation_id))));
  const std::string text = get_file(store.dir(), "generations/" + std::string(generation_id));
  const size_t end = text.find("}\n") + 2;
  EXPECT_EQ(text, closed(text.substr(0, end)));
}

TEST_F(FormatTest, ARecordWithAnotherLastLineIsDamage) {
  const Store store = must(Store::open(os_, path_));
  const std::string text = json("x");
  for (const std::string& other :
       {text, text + "end\n", text + "end " + sha256_hex("") + "\n", closed(text) + "\n", text + closed("")}) {
    put("generations/" + std::string(generation_id), other);
    EXPECT_EQ(read_generation(store, generation_id).error().code, ErrorCode::damage) << other;
  }
}

TEST_F(FormatTest, AnotherFormatIsRefused) {
  for (const char* other : {"larder-store 1", "larder-store 3"}) {
    put("format", other + std::string("\n"));
    const auto store = Store::open(os_, path_);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::environment);
    EXPECT_NE(store.error().cause.find(other), std::string::npos);
  }
}

TEST_F(FormatTest, EveryKeyOfARecordIsWanted) {
  const Store store = must(Store::open(os_, path_));
  for (const char* key : {"parent", "layers", "class", "outcome", "era", "build", "last_success", "rebuild_seconds"}) {
    std::string text = json("x");
    text.replace(text.find("\"" + std::string(key) + "\""), 2 + std::string(key).size(), "\"other\"");
    put("generations/" + std::string(generation_id), closed(text));
    EXPECT_EQ(read_generation(store, generation_id).error().code, ErrorCode::damage) << key;
  }
}

TEST_F(FormatTest, ARefOfAnotherVolumeIsDamage) {
  const Store store = must(Store::open(os_, path_));
  put("refs/trusted/cargo-cache-arm64/any/current", ref_line());
  EXPECT_EQ(read_ref(store, volume_key("cargo-cache-arm64"), RefName::current).error().code, ErrorCode::damage);
}

}  // namespace
}  // namespace larder::store
