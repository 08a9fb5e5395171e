#include "builds/output/binary.hpp"

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

config::Target make_target(const std::string& name, const std::string& processor, const std::string& libc,
                           const std::string& interpreter) {
  config::Target target;
  target.name = name;
  target.processor = processor;
  target.libc = libc;
  target.system = libc == "mingw" ? "Windows" : "Linux";
  target.elf_interpreter = interpreter;
  target.cc = name + "-gcc";
  return target;
}

const config::Target x64 = make_target("x64", "x86_64", "glibc", "/lib64/ld-linux-x86-64.so.2");
const config::Target arm64 = make_target("arm64", "aarch64", "glibc", "/lib/ld-linux-aarch64.so.1");
const config::Target musl_x64 = make_target("musl-x64", "x86_64", "musl", "/lib/ld-musl-x86_64.so.1");
const config::Target windows_x64 = make_target("windows-x64", "x86_64", "mingw", "");

std::string to_text(const Status& status) {
  if (status) return "fits";
  return status.error().message + "\n" + status.error().cause + "\n" + status.error().hint;
}

/// An ELF file of segments only, for any machine.
struct Elf {
  unsigned machine = EM_X86_64;
  bool wide = true;  ///< 64 bits
  bool big_endian = false;
  unsigned type = ET_EXEC;
  std::string interpreter = {};  ///< with its NUL; empty: no PT_INTERP
  uint64_t load_bytes = 64;
  uint64_t interpreter_bytes = 0;  ///< that the header claims; 0: the true ones

  std::string bytes() const {
    const size_t header_bytes = wide ? 64 : 52;
    const size_t segment_bytes = wide ? 56 : 32;
    const unsigned count = interpreter.empty() ? 1 : 2;
    std::string file =
        "\x7f"
        "ELF";
    file += {static_cast<char>(wide ? 2 : 1), static_cast<char>(big_endian ? 2 : 1), 1};
    file.resize(EI_NIDENT);
    put(file, type, 2);
    put(file, machine, 2);
    put(file, 1, 4);                  // version
    put(file, 0, word());             // entry
    put(file, header_bytes, word());  // program headers
    put(file, 0, word());             // section headers
    put(file, 0, 4);                  // flags
    put(file, header_bytes, 2);
    put(file, segment_bytes, 2);
    put(file, count, 2);
    for (int i = 0; i < 3; ++i) put(file, 0, 2);
    const uint64_t end = header_bytes + count * segment_bytes;
    put_segment(file, PT_LOAD, 0, load_bytes);
    if (count == 2) put_segment(file, PT_INTERP, end, interpreter_bytes != 0 ? interpreter_bytes : interpreter.size());
    file += interpreter;
    return file;
  }

 private:
  size_t word() const { return wide ? 8 : 4; }
  void put(std::string& file, uint64_t value, size_t size) const {
    for (size_t i = 0; i < size; ++i) file += static_cast<char>(value >> (8 * (big_endian ? size - 1 - i : i)) & 0xFF);
  }
  void put_segment(std::string& file, uint64_t kind, uint64_t offset, uint64_t size) const {
    put(file, kind, 4);
    if (wide) put(file, 5, 4);
    put(file, offset, word());
    put(file, 0, word());
    put(file, 0, word());
    put(file, size, word());
    put(file, size, word());
    if (!wide) put(file, 5, 4);
    put(file, 0, word());
  }
};

std::string little(uint64_t value, size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

std::string make_pe(unsigned machine, unsigned flags, unsigned section_bytes = 16) {
  std::string file = "MZ";
  file.resize(0x3c);
  file += little(0x40, 4) + little(0x4550, 4) + little(machine, 2) + little(1, 2) + std::string(12, '\0');
  file += little(0x70, 2) + little(flags, 2) + little(0x20b, 2) + std::string(0x6e, '\0');
  const size_t end = file.size() + 40;
  file += std::string(16, '\0') + little(section_bytes, 4) + little(end, 4) + std::string(16, '\0');
  return file + std::string(16, 'x');
}

class BinaryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "larder-binary-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir_path_ = pattern;
    auto dir = os_.open_dir(AT_FDCWD, pattern);
    ASSERT_TRUE(dir);
    dir_ = std::move(*dir);
  }
  void TearDown() override { fs::remove_all(dir_path_); }

  void write(const std::string& name, const std::string& bytes) const {
    fs::remove(dir_path_ / name);  // ext4 writes a file to disk at once when it is truncated and written anew
    std::ofstream(dir_path_ / name, std::ios::binary) << bytes;
  }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(dir_path_ / name, std::ios::binary).rdbuf();
    return text.str();
  }
  std::optional<Binary> identify_file(const std::string& name) {
    auto binary = identify_binary(os_, dir_.get(), name);
    EXPECT_TRUE(binary) << binary.error().message;
    return binary ? *binary : std::nullopt;
  }
  std::optional<Binary> identify(const std::string& bytes) {
    write("file", bytes);
    return identify_file("file");
  }
  std::string described(const std::string& bytes) {
    const auto binary = identify(bytes);
    return binary ? describe(*binary) : "nothing";
  }
  /// Runs a compiler in the test's directory; false where the machine has none.
  bool compile(const std::string& command, const std::string& source = "int main(void){return 0;}") const {
    const std::string program = command.substr(0, command.find(' '));
    if (std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) != 0) return false;
    write("source.c", source);
    const std::string line = "cd '" + dir_path_.string() + "' && " + command + " source.c -o out.bin 2>errors";
    EXPECT_EQ(std::system(line.c_str()), 0) << line << "\n" << read("errors");
    return true;
  }

  Os os_;
  UniqueFd dir_;
  fs::path dir_path_;
};

#define COMPILE_OR_SKIP(...) \
  if (!compile(__VA_ARGS__)) GTEST_SKIP() << "this machine has no such compiler: " << #__VA_ARGS__

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

TEST_F(BinaryTest, GccDynamic) {
  COMPILE_OR_SKIP("x86_64-linux-gnu-gcc", "#include <stdio.h>\nint main(void){return printf(\"x\") < 0;}");
  const auto binary = identify_file("out.bin");
  ASSERT_TRUE(binary);
  EXPECT_EQ(binary->machine, "x86_64");
  EXPECT_TRUE(binary->executable);
  EXPECT_EQ(binary->interpreter, "/lib64/ld-linux-x86-64.so.2");
  EXPECT_EQ(binary->newest_glibc, "2.34");
  EXPECT_EQ(describe(*binary), "ELF x86_64, dynamic, needs GLIBC 2.34");
  EXPECT_EQ(to_text(check_binary(*binary, x64, "app")), "fits");
}

TEST_F(BinaryTest, GccStatic) {
  COMPILE_OR_SKIP("x86_64-linux-gnu-gcc -static");
  const auto binary = identify_file("out.bin");
  ASSERT_TRUE(binary);
  EXPECT_EQ(describe(*binary), "ELF x86_64, static");
  EXPECT_EQ(to_text(check_binary(*binary, x64, "app")), "fits");
  EXPECT_EQ(to_text(check_binary(*binary, musl_x64, "app")), "fits") << "static programs run everywhere";
}

TEST_F(BinaryTest, GccStaticPieIsNoLibrary) {
  COMPILE_OR_SKIP("x86_64-linux-gnu-gcc -static-pie");
  const auto binary = identify_file("out.bin");
  ASSERT_TRUE(binary);
  EXPECT_TRUE(binary->executable);
  EXPECT_EQ(describe(*binary), "ELF x86_64, static");
}

TEST_F(BinaryTest, GccSharedLibrary) {
  COMPILE_OR_SKIP("x86_64-linux-gnu-gcc -shared -fPIC",
                  "#include <string.h>\nvoid*f(void*a,void*b,int n){return memcpy(a,b,n);}");
  const auto binary = identify_file("out.bin");
  ASSERT_TRUE(binary);
  EXPECT_FALSE(binary->executable);
  EXPECT_EQ(describe(*binary), "ELF x86_64, shared library, needs GLIBC 2.14");
  EXPECT_EQ(to_text(check_binary(*binary, x64, "lib/libf.so")), "fits");
  EXPECT_EQ(to_text(check_binary(*binary, musl_x64, "lib/libf.so")),
            "`lib/libf.so` is not a shared library for musl-x64\n"
            "it needs GLIBC 2.14; the target's C library is musl\n"
            "the build must compile and link with $CC (musl-x64-gcc), not with a compiler by another name");
}

TEST_F(BinaryTest, GccObject) {
  COMPILE_OR_SKIP("x86_64-linux-gnu-gcc -c");
  EXPECT_FALSE(identify_file("out.bin"));
}

TEST_F(BinaryTest, SeparateDebugFile) {
  COMPILE_OR_SKIP("x86_64-linux-gnu-gcc -g");
  const std::string in_dir = "cd '" + dir_path_.string() + "' && ";
  if (std::system((in_dir + "x86_64-linux-gnu-objcopy --only-keep-debug out.bin out.debug").c_str()) != 0)
    GTEST_SKIP() << "no objcopy";
  EXPECT_FALSE(identify_file("out.debug"));
}

TEST_F(BinaryTest, GccForArm64) {
  COMPILE_OR_SKIP("aarch64-linux-gnu-gcc");
  const auto binary = identify_file("out.bin");
  ASSERT_TRUE(binary);
  EXPECT_EQ(describe(*binary), "ELF aarch64, dynamic, needs GLIBC 2.34");
  EXPECT_EQ(to_text(check_binary(*binary, arm64, "app")), "fits");
  EXPECT_FALSE(check_binary(*binary, x64, "app"));
}

TEST_F(BinaryTest, MuslDynamic) {
  COMPILE_OR_SKIP("x86_64-linux-musl-gcc");
  const auto binary = identify_file("out.bin");
  ASSERT_TRUE(binary);
  EXPECT_EQ(describe(*binary), "ELF x86_64, dynamic");
  EXPECT_EQ(to_text(check_binary(*binary, musl_x64, "app")), "fits");
  EXPECT_FALSE(check_binary(*binary, x64, "app"));
}

TEST_F(BinaryTest, MuslForArm64Static) {
  COMPILE_OR_SKIP("aarch64-linux-musl-gcc -static");
  const auto binary = identify_file("out.bin");
  ASSERT_TRUE(binary);
  EXPECT_EQ(describe(*binary), "ELF aarch64, static");
}

TEST_F(BinaryTest, Mingw) {
  COMPILE_OR_SKIP("x86_64-w64-mingw32-gcc -g");
  const auto binary = identify_file("out.bin");
  ASSERT_TRUE(binary);
  EXPECT_EQ(describe(*binary), "PE x86_64");
  EXPECT_EQ(to_text(check_binary(*binary, windows_x64, "app.exe")), "fits");
  EXPECT_FALSE(check_binary(*binary, x64, "app.exe"));
}

TEST_F(BinaryTest, OtherCompilers) {
  const std::vector<std::pair<std::string, config::Target>> compilers = {
      {"arm-linux-gnueabihf-gcc", make_target("armhf", "armv7l", "glibc", "/lib/ld-linux-armhf.so.3")},
      {"i686-linux-gnu-gcc", make_target("i686", "i686", "glibc", "/lib/ld-linux.so.2")},
      {"powerpc64le-linux-gnu-gcc", make_target("ppc64el", "ppc64le", "glibc", "/lib64/ld64.so.2")},
      {"s390x-linux-gnu-gcc", make_target("s390x", "s390x", "glibc", "/lib/ld64.so.1")},
      {"riscv64-linux-gnu-gcc", make_target("riscv64", "riscv64", "glibc", "/lib/ld-linux-riscv64-lp64d.so.1")}};
  size_t checked = 0;
  for (const auto& [compiler, target] : compilers) {
    if (!compile(compiler)) continue;
    const auto binary = identify_file("out.bin");
    ASSERT_TRUE(binary) << compiler;
    EXPECT_EQ(describe(*binary), "ELF " + target.processor + ", dynamic, needs GLIBC 2.34");
    EXPECT_EQ(to_text(check_binary(*binary, target, "app")), "fits");
    ++checked;
  }
  if (checked == 0) GTEST_SKIP() << "this machine has none of the other cross compilers";
}

TEST(CheckBinary, SaysWhichMachineIsWrong) {
  const Binary binary{Binary::Format::elf, "x86_64", true, "/lib64/ld-linux-x86-64.so.2", "2.34"};
  EXPECT_EQ(to_text(check_binary(binary, arm64, "app")),
            "`app` is not a program for arm64\n"
            "it is ELF x86_64, dynamic; the target needs ELF aarch64\n"
            "remove what another machine's build left in the source tree (with make: `make clean` there), and let the "
            "build call $CC, not a compiler by name");
  EXPECT_EQ(check_binary(binary, arm64, "app").error().code, ErrorCode::build_failed);
}

TEST(CheckBinary, SaysWhichFormatIsWrong) {
  const Binary elf{Binary::Format::elf, "x86_64", true, "", ""};
  EXPECT_EQ(check_binary(elf, windows_x64, "app").error().cause,
            "it is ELF x86_64, static; the target needs PE x86_64");
  const Binary pe{Binary::Format::pe, "x86_64", true, "", ""};
  EXPECT_EQ(check_binary(pe, x64, "app").error().cause, "it is PE x86_64; the target needs ELF x86_64");
}

TEST(CheckBinary, SaysWhichLoaderIsWrong) {
  const Binary binary{Binary::Format::elf, "x86_64", true, "/lib64/ld-linux-x86-64.so.2", "2.34"};
  EXPECT_EQ(to_text(check_binary(binary, musl_x64, "app")),
            "`app` is not a program for musl-x64\n"
            "it starts with the loader /lib64/ld-linux-x86-64.so.2; the target needs /lib/ld-musl-x86_64.so.1, or a "
            "static program\n"
            "the build must compile and link with $CC (musl-x64-gcc), not with a compiler by another name");
  config::Target only_static = musl_x64;
  only_static.elf_interpreter.clear();
  EXPECT_EQ(check_binary(binary, only_static, "app").error().cause,
            "it starts with the loader /lib64/ld-linux-x86-64.so.2; the target needs a static program");
}

TEST(CheckBinary, SaysWhereCxxIsWhereDebianHasNone) {
  const Binary binary{Binary::Format::elf, "x86_64", true, "/lib64/ld-linux-x86-64.so.2", "2.34"};
  config::Target target = musl_x64;
  target.no_cxx = "take another image";
  EXPECT_TRUE(check_binary(binary, target, "app").error().hint.ends_with("; is it C++? take another image"));
  target.cxx = "musl-g++";
  EXPECT_EQ(check_binary(binary, target, "app").error().hint.find("C++"), std::string::npos);
}

TEST(CheckBinary, TakesRelatedMachinesAsOne) {
  EXPECT_TRUE(check_binary({Binary::Format::elf, "i686", true, "", ""}, make_target("i386", "i386", "glibc", ""), "a"));
  EXPECT_TRUE(check_binary({Binary::Format::elf, "armv7l", true, "", ""}, make_target("a", "armv6l", "musl", ""), "a"));
  EXPECT_FALSE(check_binary({Binary::Format::elf, "i686", true, "", ""}, x64, "a"));
  EXPECT_FALSE(check_binary({Binary::Format::elf, "x32", true, "", ""}, x64, "a"));
}

TEST(CheckBinary, KeepsTheTerminalSafe) {
  const Binary binary{Binary::Format::elf, "x86_64", true, "/lib/\x1b[2J", ""};
  const Error error = check_binary(binary, x64, "a\x1b]0;pp\a").error();
  EXPECT_EQ(error.message, "`a?]0;pp?` is not a program for x64");
  EXPECT_EQ(error.cause.find('\x1b'), std::string::npos);
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
      (void)check_binary(*binary, x64, "file");
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
}  // namespace larder::builds
