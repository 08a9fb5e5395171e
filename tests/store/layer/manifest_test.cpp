#include "store/layer/manifest.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

ManifestEntry entry(const std::string& path, char type = 'f', const std::string& content = "") {
  return {path, type, 0644, 3, -7, 999'999'999, content};
}

TEST(Manifest, ComesBackAsItWas) {
  using namespace std::string_literals;
  const Manifest manifest = {entry("-"),
                             entry("%"),
                             entry("a b\n\tc"),
                             entry("\xff\xfe"),
                             entry(std::string(255, 'x')),
                             entry("link", 'l', " target\n%20"),
                             entry("empty", 'l', "-"),
                             entry("d/e/f", 'o'),
                             {"d/g", 'f', 0644, 0, 0, 0, "", sha256_hex("")}};
  EXPECT_EQ(must(parse_manifest(format_manifest(manifest))), manifest);
  EXPECT_EQ(must(parse_manifest(format_manifest({}))), Manifest());
}

TEST(Manifest, IsReadable) {
  EXPECT_EQ(format_manifest({entry("a b", 'x')}).substr(0, 54),
            "larder-manifest-2\nx 644 3 -7 999999999 - - a%20b\nend 1");
}

TEST(Manifest, EveryCutAndEveryBitIsNoticed) {
  const std::string text = format_manifest({entry("a"), entry("link", 'l', "b")});
  for (size_t size = 0; size < text.size(); ++size) EXPECT_FALSE(parse_manifest(text.substr(0, size))) << size;
  for (size_t at = 0; at < text.size(); ++at) {
    std::string altered = text;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    EXPECT_FALSE(parse_manifest(altered)) << at;
  }
  EXPECT_EQ(parse_manifest(text + "x").error().code, ErrorCode::damage);
}

/// A manifest with a correct last line, as somebody may send who means harm.
std::string closed(const std::string& lines, size_t count) {
  const std::string before = "larder-manifest-2\n" + lines;
  return before + "end " + std::to_string(count) + " " + sha256_hex(before) + "\n";
}

TEST(Manifest, RefusesWhatLeavesTheLayer) {
  ASSERT_TRUE(parse_manifest(closed("f 644 0 0 0 - - a/b\n", 1)));
  for (const char* path : {"..", "../a", "a/../b", "/a", "a/", "a//b", ".", "./a", "a/..", "-", "%2e%2e", "a%00b"})
    EXPECT_FALSE(parse_manifest(closed(std::string("f 644 0 0 0 - - ") + path + "\n", 1))) << path;
}

TEST(Manifest, RefusesLinesThatAreNone) {
  for (const char* line :
       {"", "f", "z 644 0 0 0 - - a", "f 888 0 0 0 - - a", "f 644 -1 0 0 - - a", "f 644 x 0 0 - - a",
        "f 644 0 0 0 - - %4", "f 644 0 0 0 - - %", "f 644 0 0 0 - - %zz", "f 644 0 0 0 - %zz a", "f 644 0 0 0 - - a b",
        "f 644 0 0 0 - a", "ff 644 0 0 0 - - a", "f 644 99999999999999999999 0 0 - - a"})
    EXPECT_FALSE(parse_manifest(closed(line + std::string("\n"), 1))) << line;
  EXPECT_FALSE(parse_manifest(closed("f 644 0 0 0 - - a\n", 2)));
}

RC_GTEST_PROP(Manifest, AnyContentComesBack, (const std::vector<std::string>& contents)) {
  Manifest manifest;
  for (size_t i = 0; i < contents.size(); ++i) manifest.push_back(entry("x" + std::to_string(i), 'l', contents[i]));
  RC_ASSERT(parse_manifest(format_manifest(manifest)).value() == manifest);
}

RC_GTEST_PROP(Manifest, NoTextCrashesTheParser, (const std::string& text)) {
  (void)parse_manifest(text);
  (void)parse_manifest(closed(text + "\n", 1));
}

class ScanTest : public ::testing::Test {
 protected:
  int dir() const { return temp_.store.dir(); }
  std::string tree(const std::string& path) const { return "layers/one/tree/" + path; }
  TempStore temp_;
};

TEST_F(ScanTest, TellsEveryKindOfEntry) {
  put_file(dir(), tree("d/file"), "abc", 0755);
  put_link(dir(), tree("link"), "d/file");
  put_whiteout(dir(), tree("gone"));
  put_opaque_dir(dir(), tree("opaque"));
  must(temp_.os.mknod(dir(), tree("pipe"), S_IFIFO | 0600, 0));
  set_mtime(dir(), tree("d/file"), 1'153'704'088, 123'456'789);
  const Manifest manifest = must(scan_layer(temp_.store, "one"));
  std::string types;
  for (const ManifestEntry& each : manifest) types += each.type;
  EXPECT_EQ(types, "dfxlop");
  EXPECT_EQ(manifest[1], (ManifestEntry{"d/file", 'f', 0755, 3, 1'153'704'088, 123'456'789, sha256_hex("abc")}));
  EXPECT_EQ(manifest[3].content, "d/file");
}

TEST_F(ScanTest, TellsTheAttributesOfFilesAndDirectories) {
  put_file(dir(), tree("d/file"), "abc");
  put_file(dir(), tree("plain"), "abc");
  put_link(dir(), tree("link"), "d/file");
  put_attribute(dir(), tree("d"), "user.a", "1");
  put_attribute(dir(), tree("d/file"), "user.b", "");
  put_attribute(dir(), tree("plain"), "user.overlay.origin", "overlayfs's own");
  const Manifest manifest = must(scan_layer(temp_.store, "one"));
  ASSERT_EQ(manifest.size(), 4U);
  EXPECT_EQ(manifest[0].attributes, sha256_hex("6:user.a1:1"));
  EXPECT_EQ(manifest[1].attributes, sha256_hex("6:user.b0:"));
  EXPECT_EQ(manifest[2].attributes, "");
  EXPECT_EQ(manifest[3].attributes, "");
}

TEST_F(ScanTest, HashesLargeFilesInPieces) {
  std::string text(1'000'000, 'a');
  put_file(dir(), tree("file"), text);
  EXPECT_EQ(must(scan_layer(temp_.store, "one"))[0].content, sha256_hex(text));
}

/// A tool that leaves what its own user cannot read must not keep the volume from ever settling.
TEST_F(ScanTest, MakesReadableWhatIsNot) {
  put_file(dir(), tree("closed/secret"), "abc", 0000);
  put_file(dir(), tree("script"), "abc", 0111);
  must(temp_.os.chmod(dir(), tree("closed"), 0000));
  const Manifest manifest = must(scan_layer(temp_.store, "one"));
  ASSERT_EQ(manifest.size(), 3U);
  EXPECT_EQ(manifest[0].mode, 0500U);
  EXPECT_EQ(manifest[1].mode, 0400U);
  EXPECT_EQ(manifest[1].content, sha256_hex("abc"));
  EXPECT_EQ(manifest[2].mode, 0511U);
  EXPECT_EQ(must(temp_.os.stat(dir(), tree("closed")))->st_mode & 07777U, 0500U);
}

TEST_F(ScanTest, IsWrittenBesideTheTree) {
  put_file(dir(), tree("file"), "abc");
  EXPECT_FALSE(must(has_manifest(temp_.store, "one")));
  const Manifest manifest = must(scan_layer(temp_.store, "one"));
  must(write_manifest(temp_.store, "one", manifest));
  EXPECT_TRUE(must(has_manifest(temp_.store, "one")));
  EXPECT_EQ(must(parse_manifest(get_file(dir(), "layers/one/manifest"))), manifest);
  EXPECT_EQ(must(scan_layer(temp_.store, "one")), manifest);
}

TEST_F(ScanTest, AMissingLayerIsAnError) { EXPECT_FALSE(scan_layer(temp_.store, "none")); }

}  // namespace
}  // namespace larder::store
