#include "base/registry_name.hpp"

#include <gtest/gtest.h>

namespace larder {
namespace {

TEST(RegistryName, BeginsWithTheHost) { EXPECT_EQ(registry_host("127.0.0.1:5000/rust:1"), "127.0.0.1:5000"); }

TEST(RegistryName, OnlyThisMachineIsSpokenToWithoutTls) {
  for (const char* host : {"localhost", "localhost:5000", "127.0.0.1:5000", "127.8.8.8", "[::1]:5000"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (const char* host :
       {"docker.io", "10.0.0.1:5000", "localhost.example.org", "127.example.org", "127.0.0.1.example.org"})
    EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(RegistryName, WhatIsLoggedIsTheMessage) {
  EXPECT_EQ(logged_message("time=\"2026\" level=fatal msg=\"a \\\"b\\\" c\""), "a \"b\" c");
  EXPECT_EQ(logged_message("msg=\"1 error:\\n\\t* a\""), "1 error:  * a");
  EXPECT_EQ(logged_message("plain"), "plain");
  EXPECT_EQ(logged_message("msg=\"torn"), "torn");
}

}  // namespace
}  // namespace larder
