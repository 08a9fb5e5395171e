#include "builds/run/failure_hint.hpp"

#include <gtest/gtest.h>

#include "config/tables.hpp"
#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder::builds {
namespace {

config::Target target(const std::string& name) { return *config::load_targets("")->find(name); }

std::string hint_of(const config::Target& target, const std::vector<std::string>& lines,
                    const std::string& phase = "build", const std::string& image = "debian") {
  return failure_hint({phase, image, target, *config::load_targets("")->find("x64")}, lines);
}

constexpr const char* arm64_cc_hint =
    "the image has no aarch64-linux-gnu-gcc; `cc = \"…\"` in [target.arm64] of larder.toml tells what it is called "
    "there";

TEST(FailureHint, NamesTheToolThatIsNotThere) {
  EXPECT_EQ(hint_of(target("arm64"), {"make: aarch64-linux-gnu-gcc: No such file or directory"}), arm64_cc_hint);
  EXPECT_EQ(hint_of(target("arm64"), {"sh: 1: aarch64-linux-gnu-gcc: not found", "make: *** [all] Error 127"}),
            arm64_cc_hint);
  EXPECT_EQ(
      hint_of(target("x64"), {"error: linker `x86_64-linux-gnu-gcc` not found"}),
      "the image has no x86_64-linux-gnu-gcc; `cc = \"…\"` in [target.x64] of larder.toml tells what it is called "
      "there");
  EXPECT_EQ(
      hint_of(target("arm64"), {"  aarch64-linux-gnu-g++", "", "is not a full path and was not found in the PATH."}),
      "the image has no aarch64-linux-gnu-g++; `cxx = \"…\"` in [target.arm64] of larder.toml tells what it is called "
      "there");
}

TEST(FailureHint, DebianHasNoCxxForMusl) {
  const config::Target musl = target("musl-x64");
  ASSERT_NE(musl.no_cxx, "");
  EXPECT_EQ(hint_of(musl, {"Failed to find tool. Is `musl-g++` installed?"}), musl.no_cxx);
  EXPECT_NE(musl.no_cxx.find("[target.musl-x64]"), std::string::npos);
}

TEST(FailureHint, SaysSoToGo) {
  const config::Target musl = target("musl-x64");
  EXPECT_EQ(hint_of(musl, {"cgo: exec: \"x86_64-linux-musl-g++\": executable file not found in $PATH"}), musl.no_cxx);
}

TEST(FailureHint, NamesTheFortranCompilerOfTheTarget) {
  const char* line = "  No CMAKE_Fortran_COMPILER could be found.";
  EXPECT_EQ(hint_of(target("x64"), {line}, "build", "host"),
            "the image has no Fortran compiler: sudo apt install gfortran");
  EXPECT_EQ(hint_of(target("arm64"), {line}),
            "the image has no Fortran compiler for arm64: packages = [\"gfortran-aarch64-linux-gnu\"] in [build] of "
            "larder.toml; and FC = \"aarch64-linux-gnu-gfortran\" in [target.arm64.env] of larder.toml");
  EXPECT_EQ(hint_of(target("windows-x64"), {line}), "");
}

TEST(FailureHint, SaysNothingOfOtherFailures) {
  EXPECT_EQ(hint_of(target("x64"), {}), "");
  EXPECT_EQ(hint_of(target("x64"), {"main.c:3: fatal error: parts/engine.h: No such file or directory"}), "");
  EXPECT_EQ(hint_of(target("x64"), {"-- Could NOT find OpenSSL", "main.c:1: error: expected ';'"}), "");
  EXPECT_EQ(hint_of(target("x64"), {"sh: 1: our-generator: not found"}), "");
  EXPECT_EQ(hint_of(target("x64"), {"error[E0425]: cannot find value `x` in this scope", "Killed"}), "");
  EXPECT_EQ(hint_of(target("x64"), {"x86_64-linux-gnu-gcc: error: app.c: No such file or directory"}), "");
  EXPECT_EQ(hint_of(target("x64"), {"x86_64-linux-gnu-gcc -o app main.c", "main.c:1: error: expected ';'"}), "");
}

/// Lines of real logs, and what the hint must hold.
struct LogOf {
  std::vector<std::string> lines;
  const char* hint;
  const char* phase = "build";
};

TEST(FailureHint, RealLogs) {
  const std::vector<LogOf> logs = {
      // openssl-sys, alsa-sys, system-deps
      {{"  Package openssl was not found in the pkg-config search path.",
        "  Perhaps you should add the directory containing `openssl.pc'"},
       "packages = [\"libssl-dev:target\"]"},
      {{"  Package 'alsa', required by 'virtual:world', not found"}, "packages = [\"libasound2-dev:target\"]"},
      {{"  The system library `libudev` required by crate `libudev-sys` was not found."}, "libudev-dev:target"},
      {{"  pkg-config exited with status code 1", "  Package 'ours', required by 'virtual:world', not found"},
       "ours.pc"},
      // CMake
      {{"CMake Error at /usr/share/cmake-3.25/Modules/FindPackageHandleStandardArgs.cmake:230 (message):",
        "  Could NOT find OpenSSL, try to set the path to OpenSSL root folder in the",
        "  system variable OPENSSL_ROOT_DIR (missing: OPENSSL_CRYPTO_LIBRARY)"},
       "libssl-dev:target"},
      {{"  Could not find a package configuration file provided by \"fmt\" with any of"}, "libfmt-dev:target"},
      {{"CMake Error: TRY_RUN() invoked in cross-compiling mode, please set the following cache variables "
        "appropriately:"},
       "-DNAME=VALUE"},
      // gcc, clang, ld, lld
      {{"src/db.c:1:10: fatal error: sqlite3.h: No such file or directory"}, "libsqlite3-dev:target"},
      {{"./wrapper.h:1:10: fatal error: 'zlib.h' file not found"}, "zlib1g-dev:target"},
      {{"/usr/bin/ld: cannot find -lssl: No such file or directory"}, "libssl-dev:target"},
      {{"          /usr/bin/ld: cannot find -lpq"}, "libpq-dev:target"},
      {{"ld.lld: error: unable to find library -lz"}, "zlib1g-dev:target"},
      // programs of the build machine
      {{"CMake Error: CMake was unable to find a build program corresponding to \"Unix Makefiles\".  "
        "CMAKE_MAKE_PROGRAM is not set."},
       "packages = [\"make\"]"},
      {{"  failed to execute command: No such file or directory (os error 2)", "  is `cmake` not installed?"},
       "packages = [\"cmake\", \"make\"]"},
      {{"  Error: Custom { kind: NotFound, error: \"Could not find `protoc`. If `protoc` is installed, try setting\" "
        "}"},
       "packages = [\"protobuf-compiler\"]"},
      {{"  called `Result::unwrap()` on an `Err` value: \"couldn't find any valid shared libraries matching: "
        "['libclang.so', "
        "'libclang-*.so'], set the `LIBCLANG_PATH` environment variable\""},
       "libclang-dev"},
      {{"  Unable to find libclang: \"couldn't find any valid shared libraries matching: ['libclang.so', ...\""},
       "packages = [\"libclang-dev\"]"},
      {{"  error: could not find git for clone of json-populate"}, "packages = [\"git\"]"},
      {{"/bin/sh: 1: flex: not found", "make: *** [Makefile:4: lexer.c] Error 127"}, "packages = [\"flex\"]"},
      {{"bash: line 1: nasm: command not found"}, "packages = [\"nasm\"]"},
      {{"make: bison: No such file or directory"}, "packages = [\"bison\"]"},
      // cargo's settings
      {{"error: could not execute process `sccache /usr/bin/rustc -vV` (never executed)"}, "packages = [\"sccache\"]"},
      {{"error: could not execute process `our-wrapper rustc -vV` (never executed)"}, "RUSTC_WRAPPER = \"\""},
      {{"error: linker `our-ld` not found"}, "the linker our-ld"},
      // Rust
      {{"error[E0554]: `#![feature]` may not be used on the stable release channel"}, "nightly"},
      {{"error: rustc 1.63.0 is not supported by the following package:"}, "older than a package wants"},
      // the network
      {{"  Caused by: failed to lookup address information: Temporary failure in name resolution"}, "network = true"},
      {{"  curl: (6) Could not resolve host: example.org"}, "network = true"},
      {{"error: no token found for `ours`, please run `cargo login --registry ours`"},
       "CARGO_REGISTRIES_NAME_TOKEN",
       "fetch"},
      {{"  git@git.example: Permission denied (publickey)."}, "ssh_agent = true", "fetch"},
      {{"  [60] SSL peer certificate (SSL certificate problem: unable to get local issuer certificate)"},
       "SSL_CERT_FILE",
       "fetch"},
      {{"warning: spurious network error: [6] Couldn't resolve host name"}, "reaches no server", "fetch"},
      // programs of the target
      {{"  called `Result::unwrap()`: Os { code: 8, kind: Uncategorized, message: \"Exec format error\" }"},
       "for arm64"},
      {{"/bin/sh: 1: ./mkdata: Exec format error"}, "for arm64"},
  };
  for (const LogOf& log : logs) {
    const std::string hint = hint_of(target("arm64"), log.lines, log.phase);
    EXPECT_NE(hint.find(log.hint), std::string::npos) << log.lines.front() << "\n  gives: " << hint;
    EXPECT_EQ(hint.find('{'), std::string::npos) << hint;
  }
}

TEST(FailureHint, RealLogsOfToolsAndModules) {
  const std::vector<LogOf> logs = {
      {{"-- Configuring incomplete, errors occurred!", "  Could NOT find PkgConfig (missing: PKG_CONFIG_EXECUTABLE)"},
       "packages = [\"pkg-config\"]"},
      {{"  Could NOT find Python3 (missing: Python3_EXECUTABLE Interpreter)"}, "packages = [\"python3\"]"},
      {{"CMake Error: CMake was unable to find a build program corresponding to \"Ninja\".  CMAKE_MAKE_PROGRAM is not "
        "set."},
       "packages = [\"ninja-build\"]"},
      {{"  No CMAKE_ASM_NASM_COMPILER could be found."}, "packages = [\"nasm\"]"},
      {{"meson.build:4:0: ERROR: Program(s) ['flex'] not found or not executable"}, "packages = [\"flex\"]"},
      {{"meson.build:4:0: ERROR: Program 'glib-compile-resources' not found or not executable"}, "libglib2.0-dev-bin"},
      {{"meson.build:6:0: ERROR: Dependency \"ours\" not found, tried pkgconfig and cmake"}, "ours.pc"},
      {{"meson.build:6:0: ERROR: C shared or static library 'readline' not found"}, "libreadline-dev:target"},
      {{"configure: error: Package requirements (ours >= 1.0) were not met:", "", "No package 'ours' found"},
       "ours.pc"},
      {{"/usr/bin/env: ‘python3’: No such file or directory"}, "packages = [\"python3\"]"},
      {{"/usr/bin/env: 'perl': No such file or directory"}, "packages = [\"perl\"]"},
      {{"Can't exec \"libtoolize\": No such file or directory at /usr/share/autoconf/Autom4te/FileUtils.pm line 293."},
       "packages = [\"libtool\"]"},
      {{"WARNING: 'makeinfo' is missing on your system."}, "packages = [\"texinfo\"]"},
      {{"configure.ac:9: error: possibly undefined macro: PKG_CHECK_MODULES"}, "packages = [\"pkg-config\"]"},
      {{"Can't locate FindBin.pm in @INC (you may need to install the FindBin module) (@INC contains: /etc/perl)"},
       "packages = [\"perl\"]"},
      {{"ModuleNotFoundError: No module named 'jinja2'"}, "packages = [\"python3-jinja2\"]"},
      {{"  Could not find openssl via pkg-config:", "  The pkg-config command could not be found."},
       "packages = [\"pkg-config\"]"},
      {{"  Could not find directory of OpenSSL installation, and this `-sys` crate cannot"}, "libssl-dev:target"},
      {{"/usr/include/stdio.h:33:10: fatal error: 'stddef.h' file not found"}, "packages = [\"clang\"]"},
      {{"  Unable to find libclang: \"couldn't find any valid shared libraries matching: ['libclang.so', "
        "'libclang-*.so']\""},
       "libclang-dev"},
      {{"  error occurred in cc-rs: failed to find tool \"aarch64-linux-gnu-gcc\": No such file or directory (os error "
        "2)"},
       "[target.arm64]"},
  };
  for (const LogOf& log : logs) {
    const std::string hint = hint_of(target("arm64"), log.lines);
    EXPECT_NE(hint.find(log.hint), std::string::npos) << log.lines.front() << "\n  gives: " << hint;
  }
}

TEST(FailureHint, WhatNoTableHasIsLookedUpInDebiansIndex) {
  const std::vector<LogOf> logs = {
      {{"Package gtk4-layer-shell-0 was not found in the pkg-config search path.",
        "Package libpipewire-0.3 was not found in the pkg-config search path."},
       "libpipewire-0.3-dev:target"},
      {{"No package 'enchant-2' found"}, "libenchant-2-dev:target"},
      {{"meson.build:6:0: ERROR: Dependency \"libwacom\" not found, tried pkgconfig and cmake"}, "libwacom-dev:target"},
      {{"  Could not find a package configuration file provided by \"KF5Archive\" with any of"},
       "libkf5archive-dev:target"},
      {{"fatal error: mpg123.h: No such file or directory"}, "libmpg123-dev:target"},
      {{"fatal error: librdkafka/rdkafka.h: No such file or directory"}, "librdkafka-dev:target"},
      {{"/usr/bin/ld: cannot find -ltesseract: No such file or directory"}, "libtesseract-dev:target"},
  };
  for (const LogOf& log : logs) {
    const std::string hint = hint_of(target("arm64"), log.lines);
    EXPECT_NE(hint.find(log.hint), std::string::npos) << log.lines.front() << "\n  gives: " << hint;
  }
}

TEST(FailureHint, RealLogsOfVersionsVariablesAndServers) {
  const std::vector<LogOf> logs = {
      {{"error[E0463]: can't find crate for `std`",
        "  = note: the `aarch64-unknown-linux-gnu` target may not be installed"},
       "rustup target add aarch64-unknown-linux-gnu"},
      {{"  feature `edition2024` is required", "  The package requires the Cargo feature called `edition2024`"},
       "older than a package wants"},
      {{"error: failed to parse lock file at: /workspace/Cargo.lock", "Caused by:",
        "  lock file version `4` was found, but this version of Cargo does not understand this lock file, perhaps "
        "Cargo "
        "needs to be updated?"},
       "older than a package wants"},
      {{"go: go.mod requires go >= 1.99 (running go 1.19; GOTOOLCHAIN=local)"}, "Go 1.99", "fetch"},
      {{"  CMake 3.28 or higher is required.  You are running version 3.25.1"}, "debian:trixie"},
      {{"meson.build:1:0: ERROR: Meson version is 1.0.1 but project requires >= 1.4.0"}, "debian:trixie"},
      {{"./protoc: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by ./protoc)"},
       "wants GLIBC_2.38"},
      {{"error: environment variable `APP_VERSION` not defined at compile time"}, "pass_env = [\"APP_VERSION\"]"},
      {{"error: set `DATABASE_URL` to use query macros online, or run `cargo sqlx prepare` to update the query cache"},
       "cargo sqlx prepare"},
      {{"  called `Result::unwrap()` on an `Err` value: NotPresent"}, "pass_env"},
      {{"main.go:3:8: cannot find module providing package x: module lookup disabled by GOPROXY=off"},
       "network = true"},
      {{"npm ERR! request to https://packages.example/x failed, reason: getaddrinfo EAI_AGAIN packages.example"},
       "network = true"},
      {{"wget: unable to resolve host address ‘example.org’"}, "network = true"},
      {{"fatal: could not read Username for 'https://git.example': terminal prompts disabled"}, "pass_env", "fetch"},
      {{"Host key verification failed."}, "known_hosts", "fetch"},
      {{"  tls: failed to verify certificate: x509: certificate signed by unknown authority"},
       "SSL_CERT_FILE",
       "fetch"},
      {{"configure: error: cannot run test program while cross compiling"}, "[build.env]"},
      {{"make: *** No targets specified and no makefile found.  Stop."}, "[recipe.build]"},
  };
  for (const LogOf& log : logs) {
    const std::string hint = hint_of(target("arm64"), log.lines, log.phase);
    EXPECT_NE(hint.find(log.hint), std::string::npos) << log.lines.front() << "\n  gives: " << hint;
    EXPECT_EQ(hint.find('{'), std::string::npos) << hint;
  }
}

TEST(FailureHint, IsForTheImage) {
  const std::vector<std::string> log = {"Package openssl was not found in the pkg-config search path."};
  EXPECT_NE(hint_of(target("arm64"), log, "build", "host").find("sudo apt install libssl-dev:arm64"),
            std::string::npos);
  EXPECT_NE(hint_of(target("x64"), log, "build", "host").find("sudo apt install libssl-dev"), std::string::npos);
  EXPECT_EQ(hint_of(target("x64"), log, "build", "host").find("dpkg"), std::string::npos);
  EXPECT_NE(hint_of(target("musl-arm64"), log).find("glibc alone"), std::string::npos);
  EXPECT_NE(hint_of(target("arm64"), {"rustc 1.63.0 is not supported by the following package"}, "build", "host")
                .find("rustup update"),
            std::string::npos);
  EXPECT_NE(hint_of(target("arm64"), {"  CMake 3.28 or higher is required.  You are running version 3.25.1"}, "build",
                    "debian")
                .find("trixie"),
            std::string::npos);
}

TEST(FailureHint, PackagesAreForImagesOfLardersAlone) {
  for (const char* line :
       {"error: could not execute process `our-wrapper rustc -vV` (never executed)", "error: linker `our-ld` not found",
        "Package 'ours', required by 'virtual:world', not found"})
    EXPECT_NE(hint_of(target("x64"), {line}, "build", "host").find("install"), std::string::npos) << line;
}

TEST(FailureHint, AnEnginesImageIsItsUsers) {
  const std::string hint =
      hint_of(target("arm64"), {"fatal error: zlib.h: No such file or directory"}, "build", "container");
  EXPECT_NE(hint.find("add what Debian calls zlib1g-dev:arm64 to the image"), std::string::npos) << hint;
}

TEST(FailureHint, TheLikeliestAndNoOther) {
  EXPECT_NE(hint_of(target("arm64"), {"Could not resolve host: a", "fatal error: zlib.h: No such file or directory"})
                .find("zlib1g-dev"),
            std::string::npos);
}

TEST(FailureHint, KnowsMakesOwnWordForTheCompiler) {
  EXPECT_NE(hint_of(target("x64"), {"cc -o program", "make: cc: No such file or directory"})
                .find("the image has no cc; `cc ="),
            std::string::npos);
  EXPECT_EQ(hint_of(target("x64"), {"sh: 1: protocc: not found"}).find("has no cc"), std::string::npos);
}

TEST(EndOfLog, IsItsLastPart) {
  const test::TempDir dir;
  std::string text(200000, 'a');
  text.append("\none\ntwo\n");
  test::put_file(dir.fd(), "log", text);
  const auto lines = end_of_log(dir.path() + "/log");
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[2], "two");
  EXPECT_LE(lines[0].size(), 131072U);
  EXPECT_TRUE(end_of_log(dir.path() + "/absent").empty());
}

}  // namespace
}  // namespace larder::builds
