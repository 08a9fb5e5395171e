#include "source/links_out.hpp"

#include <gtest/gtest.h>

#include "source/kit.hpp"

namespace larder::source {
namespace {

using namespace test;

class LinksOut : public ::testing::Test {
 protected:
  LinksOut() {
    put_file(dir_.fd(), "project/src/main.c", "1");
    put_file(dir_.fd(), "shared/word.h", "1");
  }
  /// As "link -> target" each, with ROOT for the folder around the project.
  std::vector<std::string> found(const std::vector<std::string>& shown = {}) {
    Os os;
    std::vector<std::string> texts;
    for (const LinkOut& link : links_out_of(os, must(walk(os, dir_.path() + "/project", {}, 1)), shown)) {
      must(link.target.starts_with(dir_.path()), "another target: " + link.target);
      texts.push_back(link.path + " -> ROOT" + link.target.substr(dir_.path().size()));
    }
    return texts;
  }
  using Texts = std::vector<std::string>;
  TempDir dir_{Place::memory};
};

TEST_F(LinksOut, AreThoseThatLeaveTheProject) {
  put_link(dir_.fd(), "project/src/word.h", "../../shared/word.h");
  put_link(dir_.fd(), "project/absolute", dir_.path() + "/shared");
  EXPECT_EQ(found(), (Texts{"absolute -> ROOT/shared", "src/word.h -> ROOT/shared/word.h"}));
}

TEST_F(LinksOut, AreNotThoseThatStayInIt) {
  put_link(dir_.fd(), "project/src/near", "main.c");
  put_link(dir_.fd(), "project/up", "src/../src/main.c");
  put_link(dir_.fd(), "project/itself", ".");
  EXPECT_EQ(found(), Texts());
}

TEST_F(LinksOut, AnAbsoluteWayIntoTheProjectIsOne) {
  put_link(dir_.fd(), "project/main", dir_.path() + "/project/src/main.c");
  EXPECT_EQ(found(), Texts{"main -> ROOT/project/src/main.c"});
}

TEST_F(LinksOut, WhatLeadsNowhereOrIsShownAtTheSamePlaceIsNone) {
  put_link(dir_.fd(), "project/gone", "../shared/gone");
  put_link(dir_.fd(), "project/word.h", "../shared/word.h");
  put_link(dir_.fd(), "project/.git/link", "../../shared/word.h");
  EXPECT_EQ(found({dir_.path() + "/shared"}), Texts());
  EXPECT_EQ(found({dir_.path() + "/share"}), Texts{"word.h -> ROOT/shared/word.h"});
}

}  // namespace
}  // namespace larder::source
