#include "builds/output/check_binary.hpp"

#include <gtest/gtest.h>

#include "support/binary_kit.hpp"

namespace larder::builds {
namespace {

using test::BinaryTest;

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
  EXPECT_EQ(binary->glibc_symbol, "__libc_start_main");
  config::Target old = x64;
  for (const char* version : {"2.34", "2.100", "3.0"}) {
    old.glibc = version;
    EXPECT_EQ(to_text(check_binary(*binary, old, "app")), "fits") << version;
  }
  old.glibc = "2.4";
  EXPECT_TRUE(to_text(check_binary(*binary, old, "app"))
                  .starts_with("`app` is not a program for x64\n"
                               "it needs GLIBC 2.34 (__libc_start_main); `glibc` in larder.toml allows 2.4\nzig's"));
  old.toolchain = config::Toolchain::zig;
  EXPECT_NE(to_text(check_binary(*binary, old, "app")).find("was not linked by $CC"), std::string::npos);
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

TEST(CheckBinary, AStaticLibraryMustBeForTheMachine) {
  Binary library;
  library.archive = true;
  library.executable = false;
  EXPECT_EQ(to_text(check_binary(library, x64, "libx.a")), "fits") << "nothing in it tells the machine";
  library.machine = "aarch64";
  EXPECT_EQ(to_text(check_binary(library, arm64, "libx.a")), "fits");
  EXPECT_TRUE(to_text(check_binary(library, x64, "libx.a"))
                  .starts_with("`libx.a` is not a static library for x64\n"
                               "it is ELF aarch64, static library; the target needs ELF x86_64\n"));
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

TEST(CheckBinary, TakesWhateverTheReaderMayGive) {
  for (const char* machine : {"", "i", "arm", "armv", "unknown (65535)"})
    for (const auto format : {Binary::Format::elf, Binary::Format::pe})
      for (const char* interpreter : {"", "\xff", "/lib/x"})
        EXPECT_FALSE(check_binary({format, machine, false, interpreter, "2"}, x64, ""));
}

}  // namespace
}  // namespace larder::builds
