#include "base/binary.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <random>

#include "support/binary_kit.hpp"

namespace larder {
namespace {

namespace fs = std::filesystem;

using test::BinaryTest;
using test::Elf;
using test::make_pe;

TEST_F(BinaryTest, NamesEveryMachine) {
  EXPECT_EQ(described(Elf{}.bytes()), "ELF x86_64, static");
  EXPECT_EQ(described(Elf{.machine = EM_X86_64, .wide = false}.bytes()), "ELF x32, static");
  EXPECT_EQ(described(Elf{.machine = EM_386, .wide = false}.bytes()), "ELF i686, static");
  EXPECT_EQ(described(Elf{.machine = EM_AARCH64}.bytes()), "ELF aarch64, static");
  EXPECT_EQ(described(Elf{.machine = EM_AARCH64, .big_endian = true}.bytes()), "ELF aarch64_be, static");
  EXPECT_EQ(described(Elf{.machine = EM_ARM, .wide = false}.bytes()), "ELF armv7l, static");
  EXPECT_EQ(described(Elf{.machine = EM_PPC64}.bytes()), "ELF ppc64le, static");
  EXPECT_EQ(described(Elf{.machine = EM_PPC64, .big_endian = true}.bytes()), "ELF ppc64, static");
  EXPECT_EQ(described(Elf{.machine = EM_S390, .big_endian = true}.bytes()), "ELF s390x, static");
  EXPECT_EQ(described(Elf{.machine = EM_RISCV}.bytes()), "ELF riscv64, static");
  EXPECT_EQ(described(Elf{.machine = EM_RISCV, .wide = false}.bytes()), "ELF unknown (243), static");
  EXPECT_EQ(described(Elf{.machine = 4711}.bytes()), "ELF unknown (4711), static");
}

TEST_F(BinaryTest, ReadsTheInterpreter) {
  const std::string path("/lib/ld-musl-s390x.so.1\0", 24);
  const auto binary =
      identify(Elf{.machine = EM_S390, .big_endian = true, .type = ET_DYN, .interpreter = path}.bytes());
  ASSERT_TRUE(binary);
  EXPECT_EQ(binary->interpreter, "/lib/ld-musl-s390x.so.1");
  EXPECT_TRUE(binary->executable);
  EXPECT_EQ(describe(*binary), "ELF s390x, dynamic");
}

TEST_F(BinaryTest, TakesNoOtherFiles) {
  EXPECT_EQ(described(Elf{.type = ET_REL}.bytes()), "nothing");
  EXPECT_EQ(described(Elf{.type = ET_CORE}.bytes()), "nothing");
  EXPECT_EQ(described("#!/bin/sh\nexit 0\n"), "nothing");
  EXPECT_EQ(described("!<arch>\n"), "nothing");
  EXPECT_EQ(described(""), "nothing");
  EXPECT_EQ(described("MZ"), "nothing");
  EXPECT_EQ(described("\x7f"
                      "ELF"),
            "nothing");
  EXPECT_EQ(described(Elf{.load_bytes = 4096}.bytes()), "nothing") << "truncated";
  EXPECT_EQ(described(Elf{.load_bytes = UINT64_MAX}.bytes()), "nothing");
  EXPECT_EQ(described(Elf{.load_bytes = 0}.bytes()), "nothing");
  EXPECT_EQ(described(Elf{.interpreter = "/no/end"}.bytes()), "nothing");
  EXPECT_EQ(described(Elf{.interpreter = std::string("/a\0", 3), .interpreter_bytes = 1 << 30}.bytes()), "nothing");
}

/// A static library's member: its header and its bytes, an even number.
std::string member(const std::string& name, std::string bytes) {
  if (bytes.size() % 2 != 0) bytes += '\n';
  std::string header = name;
  header.resize(48, ' ');
  header += std::to_string(bytes.size());
  header.resize(58, ' ');
  return header + "`\n" + bytes;
}

TEST_F(BinaryTest, AStaticLibrarysMachineIsThatOfItsFirstObject) {
  const auto archive = [this](const std::string& bytes) {
    write("lib.a", bytes);
    const auto binary = identify_archive(os_, dir_.get(), "lib.a");
    EXPECT_TRUE(binary);
    return binary && *binary ? describe(**binary) : "nothing";
  };
  const std::string object = Elf{.machine = EM_AARCH64, .type = ET_REL}.bytes();
  EXPECT_EQ(archive("!<arch>\n" + member("x.o/", object)), "ELF aarch64, static library");
  EXPECT_EQ(archive("!<arch>\n" + member("lib.rmeta/", "no object") + member("x.o/", object)),
            "ELF aarch64, static library");
  EXPECT_EQ(archive("!<arch>\n"), "static library");
  EXPECT_EQ(archive("!<arch>\n" + member("bitcode/", "BC")), "static library");
  EXPECT_EQ(archive(object), "nothing");
  EXPECT_EQ(archive("text"), "nothing");
  const std::string whole = "!<arch>\n" + member("a/", "text") + member("x.o/", object);
  for (size_t size = 0; size < whole.size(); ++size) archive(whole.substr(0, size));  // ends, and reads nothing beyond
}

TEST_F(BinaryTest, TakesRegularFilesOnly) {
  write("program", Elf{}.bytes());
  ASSERT_EQ(symlinkat("program", dir_.get(), "link"), 0);
  ASSERT_EQ(mkfifoat(dir_.get(), "fifo", 0600), 0);
  const UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (dir_path_ / "socket").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(identify_file("program"));
  EXPECT_FALSE(identify_file("link"));
  EXPECT_FALSE(identify_file("fifo"));
  EXPECT_FALSE(identify_file("socket"));
  EXPECT_EQ(identify_binary(os_, dir_.get(), "missing").error().sys_errno, ENOENT);
  ASSERT_EQ(mkdirat(dir_.get(), "folder", 0700), 0);
  EXPECT_FALSE(identify_file("folder"));
}

TEST_F(BinaryTest, ReadsPeHeaders) {
  EXPECT_EQ(described(make_pe(0x8664, 0x0022)), "PE x86_64");
  EXPECT_EQ(described(make_pe(0x8664, 0x2022)), "PE x86_64, DLL");
  EXPECT_EQ(described(make_pe(0x14c, 0x0002)), "PE i686");
  EXPECT_EQ(described(make_pe(0xaa64, 0x0002)), "PE aarch64");
  EXPECT_EQ(described(make_pe(0x1234, 0x0002)), "PE unknown (4660)");
  EXPECT_EQ(described(make_pe(0x8664, 0x0000)), "nothing") << "an object";
  EXPECT_EQ(described(make_pe(0x8664, 0x0002, 17)), "nothing") << "a section beyond the end";
  std::string far_away = make_pe(0x8664, 0x0002);
  far_away.replace(0x3c, 4, "\xff\xff\xff\xff");
  EXPECT_EQ(described(far_away), "nothing");
}

/// A file with all that the readers look at: the machine's own compiler's, else a hand-made one.
class HostileBinaryTest : public BinaryTest {
 protected:
  std::vector<std::string> samples() {
    const std::string interpreter("/lib64/ld-linux-x86-64.so.2\0", 28);
    std::vector<std::string> files = {Elf{.interpreter = interpreter}.bytes(), make_pe(0x8664, 0x22)};
    if (compile("gcc -s")) files.push_back(read("out.bin"));
    if (compile("s390x-linux-gnu-gcc -s")) files.push_back(read("out.bin"));
    return files;
  }
  void try_bytes(const std::string& bytes) {
    if (const auto binary = identify(bytes)) {
      EXPECT_FALSE(describe(*binary).empty());
      EXPECT_LT(binary->interpreter.size(), 4096U);
    }
  }
};

TEST_F(HostileBinaryTest, Truncated) {
  for (const std::string& sample : samples()) {
    for (size_t size = 0; size < sample.size(); size += size < 1200 ? 1 : 97) try_bytes(sample.substr(0, size));
  }
}

TEST_F(HostileBinaryTest, BitsFlipped) {
  std::mt19937 random(4711);
  for (const std::string& sample : samples()) {
    for (int round = 0; round < 1500; ++round) {
      std::string bytes = sample;
      // Headers are at both ends; a flip between them says little.
      const size_t span = std::min<size_t>(bytes.size(), round % 3 == 2 ? bytes.size() : 2400);
      for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
        const size_t at = round % 3 == 1 ? bytes.size() - 1 - random() % span : random() % span;
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
      }
      try_bytes(bytes);
    }
  }
}

TEST_F(HostileBinaryTest, FieldsAtTheirLimits) {
  for (const std::string& sample : samples()) {
    for (size_t at = 4; at + 8 <= std::min<size_t>(sample.size(), 1000); ++at) {
      for (const char value : {'\x00', '\x7f', '\xff'}) {
        std::string bytes = sample;
        bytes.replace(at, at % 2 == 0 ? 8 : 2, at % 2 == 0 ? 8 : 2, value);
        try_bytes(bytes);
      }
    }
  }
}

}  // namespace
}  // namespace larder
