#include "image/dpkg.hpp"

#include <gtest/gtest.h>

namespace larder::image {
namespace {

using Words = std::vector<std::string>;

constexpr const char* status = R"(Package: zlib1g
Status: install ok installed
Architecture: arm64
Description: a library
 Version: not this one
Version: 1:1.2.13

Package: gcc
Status: install ok installed
Architecture: amd64
Version: 4:12.2.0-3

Package: removed
Status: deinstall ok config-files
Architecture: amd64
Version: 1

Package: half
Status: install ok half-installed
Architecture: amd64
Version: 1
)";

TEST(Dpkg, ListsWhatIsInstalled) {
  EXPECT_EQ(installed_packages(status), (Words{"gcc:amd64=4:12.2.0-3", "zlib1g:arm64=1:1.2.13"}));
}

TEST(Dpkg, AnEmptyStatusHasNone) {
  EXPECT_EQ(installed_packages(""), Words());
  EXPECT_EQ(installed_packages("\n\n\n"), Words());
  EXPECT_EQ(installed_packages("no field\nat all"), Words());
}

TEST(Dpkg, APackagesVersionIsAfterTheFirstEqualsSign) {
  EXPECT_EQ(parse_package("gcc:amd64=4:12.2.0-3").name, "gcc:amd64");
  EXPECT_EQ(parse_package("gcc:amd64=4:12.2.0-3").version, "4:12.2.0-3");
  EXPECT_EQ(parse_package("gcc").name, "gcc");
  EXPECT_EQ(parse_package("gcc").version, "");
}

TEST(Dpkg, TellsWhatHasChanged) {
  EXPECT_EQ(package_changes({"gcc=1", "nano=7", "same=1"}, {"gcc=2", "jq=1.6", "same=1"}),
            (Words{"gcc 1 → 2", "+ jq 1.6", "- nano 7"}));
  EXPECT_EQ(package_changes({"gcc=1"}, {"gcc=1"}), Words());
}

}  // namespace
}  // namespace larder::image
