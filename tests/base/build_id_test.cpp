#include "base/build_id.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "base/text.hpp"

namespace larder {
namespace {

TEST(BuildId, IsTheOneInTheProgramsFile) {
  const auto id = from_hex(own_build_id());
  ASSERT_TRUE(id);
  ASSERT_EQ(id->size(), 20U) << "bytes of SHA-1";
  std::ifstream program("/proc/self/exe", std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(program), {}};
  const std::string note = std::string("\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0", 16) + *id;  // sizes, type, name; elf(5)
  EXPECT_NE(content.find(note), std::string::npos);
}

}  // namespace
}  // namespace larder
