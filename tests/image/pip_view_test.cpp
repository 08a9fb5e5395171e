#include "image/pip_view.hpp"

#include <gtest/gtest.h>

#include "support/files.hpp"
#include "support/scoped_variable.hpp"
#include "support/temp_dir.hpp"

namespace larder::image {
namespace {

using test::ScopedVariable;
using Settings = std::map<std::string, std::string>;

/// A machine whose user has no settings of pip's but what a test writes.
class PipSettings : public ::testing::Test {
 protected:
  void put(const std::string& path, const std::string& text) { test::put_file(dir_.fd(), path, text); }

  test::TempDir dir_;
  ScopedVariable home_{"HOME", dir_.path()};
  ScopedVariable user_{"XDG_CONFIG_HOME", std::nullopt};
  ScopedVariable all_{"XDG_CONFIG_DIRS", dir_.path() + "/all"};
  ScopedVariable file_{"PIP_CONFIG_FILE", dir_.path() + "/named.conf"};
  ScopedVariable index_{"PIP_INDEX_URL", std::nullopt};
  ScopedVariable links_{"PIP_FIND_LINKS", std::nullopt};
  ScopedVariable cert_{"PIP_CERT", std::nullopt};
  ScopedVariable timeout_{"PIP_DEFAULT_TIMEOUT", std::nullopt};
  ScopedVariable bundle_{"REQUESTS_CA_BUNDLE", std::nullopt};
  ScopedVariable netrc_{"NETRC", std::nullopt};
};

TEST_F(PipSettings, AreReadAsPipReadsThem) {
  EXPECT_EQ(parse_pip_settings("# mine\n[global]\nindex_url = https://one.example/simple\nCert: /a b\nquiet = 3\n"
                               "extra-index-url =\n    https://two.example\n    https://three.example\n"
                               "[install]\nno-index = yes\n[download]\nindex-url=https://four.example\n"),
            (Settings{{"index-url", "https://four.example"},
                      {"cert", "/a b"},
                      {"extra-index-url", "https://two.example https://three.example"}}));
  EXPECT_EQ(parse_pip_settings("no section\n  x\n[\n=\n"), Settings());
}

TEST_F(PipSettings, LaterFilesAndThenVariablesCount) {
  put("all/pip/pip.conf", "[global]\nindex-url = https://all.example\nproxy = http://all.example\ntimeout = 1\n");
  put(".config/pip/pip.conf", "[global]\nindex-url = https://user.example\nproxy = http://user.example\n");
  put("named.conf", "[global]\nindex-url = https://named.example\n");
  EXPECT_EQ(pip_view().env["PIP_INDEX_URL"], "https://named.example");
  const ScopedVariable variable("PIP_INDEX_URL", "https://variable.example");
  Settings env = pip_view().env;
  EXPECT_EQ(env["PIP_INDEX_URL"], "https://variable.example");
  EXPECT_EQ(env["PIP_PROXY"], "http://user.example");
  EXPECT_EQ(env["PIP_TIMEOUT"], "1");
  const ScopedVariable none("PIP_CONFIG_FILE", "/dev/null");
  EXPECT_FALSE(pip_view().env.contains("PIP_PROXY")) << "pip then reads no file either";
}

TEST_F(PipSettings, WhatTheyNameIsShown) {
  put("wheels/x.whl", "");
  put("company.pem", "");
  put(".netrc", "machine a login b password c\n");
  put("named.conf", "[global]\nfind-links = " + dir_.path() + "/wheels\n    https://links.example\n    /gone\n");
  const ScopedVariable certificates("PIP_CERT", dir_.path() + "/company.pem");
  const PipView view = pip_view();
  ASSERT_EQ(view.files.size(), 3U);
  EXPECT_EQ(view.files[0].source, dir_.path() + "/company.pem");
  EXPECT_EQ(view.env.at("PIP_CERT"), view.files[0].path);
  EXPECT_EQ(view.env.at("PIP_FIND_LINKS"), view.files[1].path + " https://links.example");
  EXPECT_EQ(view.env.at("NETRC"), view.files[2].path);
  for (const Bind& file : view.files) EXPECT_TRUE(file.path.starts_with("/run/larder/")) << file.path;
}

}  // namespace
}  // namespace larder::image
