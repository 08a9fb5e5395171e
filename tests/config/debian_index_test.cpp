#include "config/debian_index.hpp"

#include <gtest/gtest.h>

namespace larder::config {
namespace {

TEST(DebianIndex, FindsThePackageThatHasTheFile) {
  struct Case {
    const char* table;
    const char* word;
    const char* package;
  };
  for (const Case& known : {Case{"pkg_config", "libpq", "libpq-dev"}, Case{"pkg_config", "dbus-1", "libdbus-1-dev"},
                            Case{"cmake", "DBus1", "libdbus-1-dev"}, Case{"header", "openssl/ssl.h", "libssl-dev"},
                            Case{"header", "mpg123.h", "libmpg123-dev"}, Case{"library", "pq", "libpq-dev"}})
    EXPECT_EQ(debian_package(known.table, known.word), known.package) << known.word;
}

TEST(DebianIndex, HasNothingForOtherWords) {
  for (const char* word : {"", "no-such", "dbus", "a b", "dbus-1 p:x", "ssl\n"})
    EXPECT_EQ(debian_package("pkg_config", word), "") << word;
  EXPECT_EQ(debian_package("program", "pq"), "");
  EXPECT_EQ(debian_package("module", "pq"), "");
}

}  // namespace
}  // namespace larder::config
