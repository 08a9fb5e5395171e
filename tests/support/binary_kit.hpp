#pragma once

#include <elf.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/binary.hpp"

namespace larder::test {

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

inline std::string little(uint64_t value, size_t size) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i) & 0xFF);
  return text;
}

inline std::string make_pe(unsigned machine, unsigned flags, unsigned section_bytes = 16) {
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
    std::string pattern = (std::filesystem::temp_directory_path() / "larder-binary-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir_path_ = pattern;
    auto dir = os_.open_dir(AT_FDCWD, pattern);
    ASSERT_TRUE(dir);
    dir_ = std::move(*dir);
  }
  void TearDown() override { std::filesystem::remove_all(dir_path_); }

  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::remove(dir_path_ /
                            name);  // ext4 writes a file to disk at once when it is truncated and written anew
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
  std::filesystem::path dir_path_;
};

#define COMPILE_OR_SKIP(...) \
  if (!compile(__VA_ARGS__)) GTEST_SKIP() << "this machine has no such compiler: " << #__VA_ARGS__

}  // namespace larder::test
