#include "image/apt_view.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>

#include "support/files.hpp"
#include "support/temp_dir.hpp"

namespace larder::image {
namespace {

using test::must;

/// With settings of a machine of the test's own.
class AptViews : public ::testing::Test {
 protected:
  AptViews() {
    places_ = {dir_.path() + "/apt", dir_.path() + "/keyrings", dir_.path() + "/ca.pem"};
    put("keyrings/debian-archive-keyring.gpg", "key");
  }

  void put(const std::string& name, const std::string& text, mode_t mode = 0644) {
    test::put_file(dir_.fd(), name, text, mode);
  }

  std::map<std::string, std::string> debian(AptSecrets secrets = AptSecrets::shown) {
    return files_of(must(view_of_debian(places_, "bookworm", secrets)));
  }

  std::map<std::string, std::string> files_of(const AptView& view) {
    binds_.clear();
    for (const Bind& bind : view.binds) binds_[bind.path.substr(prefix_)] = bind.source;
    std::map<std::string, std::string> files;
    for (const TextFile& file : view.files) files[file.path.substr(prefix_)] = file.text;
    return files;
  }

  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  size_t prefix_ = std::string(apt_view_folder).size() + 1;
  test::TempDir dir_;
  AptPlaces places_;
  std::map<std::string, std::string> binds_;
};

TEST_F(AptViews, SourcesAreThoseOfTheSuiteEachInAFileWithDebiansKey) {
  put("apt/sources.list", "deb http://a.example/debian bookworm main\ndeb http://a.example/debian jessie main\n");
  put("apt/sources.list.d/b.sources",
      "Types: deb\nURIs: https://b.example\nSuites: bookworm\nComponents: stable\nSigned-By: "
      "/etc/apt/keyrings/b.gpg\n");
  put("apt/sources.list.d/c.list.off", "deb http://c.example/debian bookworm main\n");
  const auto files = debian();
  EXPECT_EQ(files.at("machine/00.sources"),
            "Types: deb\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\nSigned-By: "
            "/run/larder/apt/keyring.gpg\n");
  EXPECT_TRUE(has(files.at("machine/01.stranger.sources"), "URIs: https://b.example\n"));
  EXPECT_EQ(files.count("machine/02.sources"), 0U);
  EXPECT_EQ(files.count("default/00.sources"), 0U);
  EXPECT_EQ(binds_.at("keyring.gpg"), places_.keyrings + "/debian-archive-keyring.gpg");
}

TEST_F(AptViews, AMirrorOfTheUsersGoesBeforeThem) {
  put("apt/sources.list", "deb http://a.example/debian bookworm main\n");
  places_.mirror = "https://u:p@m.example/debian/";
  const auto files = debian();
  EXPECT_EQ(files.count("machine/00.sources"), 0U);
  EXPECT_TRUE(has(files.at("default/00.sources"), "URIs: https://m.example/debian\n"));
  EXPECT_TRUE(
      has(files.at("default/02.sources"), "URIs: https://m.example/debian-security\nSuites: bookworm-security\n"));
  EXPECT_TRUE(has(files.at("auth.conf"), "machine https://m.example/debian login u password p\n"));
}

TEST_F(AptViews, CredentialsAreInAuthConfAloneAndOnlyWhereAptRunsAlone) {
  put("apt/sources.list", "deb http://bob:hunter2@a.example/debian bookworm main\n");
  put("apt/auth.conf.d/b.conf", "machine b.example login x password hunter3\n");
  places_.settings = "Acquire::http::Proxy \"http://eve:hunter4@proxy:1\";\nAcquire::https::SslKey \"" + dir_.path() +
                     "/keyrings\";\n";
  auto files = debian();
  EXPECT_EQ(files.at("auth.conf"),
            "machine http://a.example/debian login bob password hunter2\nmachine b.example login x password "
            "hunter3\n\n");
  EXPECT_TRUE(has(files.at("settings"), "Acquire::http::Proxy \"http://eve:hunter4@proxy:1\";\n"));
  EXPECT_TRUE(has(files.at("settings"), "SslKey"));
  files.erase("auth.conf");
  files.erase("settings");
  for (const auto& [name, text] : files) EXPECT_FALSE(has(text, "hunter")) << name;
  for (const auto& [name, text] : debian(AptSecrets::hidden)) EXPECT_FALSE(has(text, "hunter")) << name;
  files = debian(AptSecrets::hidden);
  EXPECT_TRUE(has(files.at("settings"), "Acquire::http::Proxy \"http://proxy:1\";\n"));
  EXPECT_FALSE(has(files.at("settings"), "SslKey"));
}

TEST_F(AptViews, SettingsAreThoseThatSayHowAMirrorIsReached) {
  put("ca.pem", "own");
  put("corp.pem", "corp");
  places_.settings =
      "APT::Install-Recommends \"1\";\nAcquire \"\";\nAcquire::Retries \"7\";\nAcquire::Check-Valid-Until \"false\";\n"
      "acquire::HTTPS::m.example::CaInfo \"" +
      dir_.path() +
      "/corp.pem\";\nAcquire::AllowInsecureRepositories \"1\";\n"
      "Acquire::Languages:: \"de\";\nAcquire::IndexTargets::deb::Contents-deb::MetaKey \"x\";\n";
  const auto files = files_of(view_of_settings(places_, AptSecrets::hidden));
  EXPECT_EQ(files.at("settings"),
            "Acquire::https::CaInfo \"/run/larder/apt/files/0\";\nAcquire::Retries \"7\";\n"
            "Acquire::Check-Valid-Until \"false\";\nacquire::HTTPS::m.example::CaInfo \"/run/larder/apt/files/1\";\n");
  EXPECT_EQ(binds_.at("files/1"), dir_.path() + "/corp.pem");
  EXPECT_EQ(files.size(), 1U);
}

TEST_F(AptViews, LocalListsAndRepositoriesAreShown) {
  put("mirrors/debian.list", "http://a.example/debian\n");
  put("apt/sources.list", "deb mirror+file://" + dir_.path() + "/mirrors/debian.list bookworm main\n" +
                              "deb file:" + dir_.path() + "/mirrors bookworm main\n");
  put("apt/preferences.d/pins", "Package: x\n");
  const auto files = debian();
  EXPECT_TRUE(has(files.at("machine/00.sources"), "URIs: mirror+file:/run/larder/apt/mirrors/0\n"));
  EXPECT_EQ(files.at("mirrors/0"), "http://a.example/debian\n");
  EXPECT_TRUE(has(files.at("machine/01.sources"), "URIs: copy:/run/larder/apt/files/1\n"));
  EXPECT_EQ(files.at("preferences"), "Package: x\n\n\n");
}

TEST_F(AptViews, AListThatNamesItselfHasAnEnd) {
  const std::string list = "mirror+file:" + dir_.path() + "/mirrors/debian.list";
  put("mirrors/debian.list", list + "\n");
  put("apt/sources.list", "deb " + list + " bookworm main\n");
  EXPECT_EQ(debian().at("mirrors/0"), list + "\n");
}

TEST_F(AptViews, LoginsOfAMirrorListAreShownToAptAlone) {
  put("mirrors/debian.list", "http://bob:secret@a.example/debian\tpriority:1\nhttps://b.example/debian\n");
  put("apt/sources.list", "deb mirror+file:" + dir_.path() + "/mirrors/debian.list bookworm main\n");
  const auto shown = debian();
  EXPECT_EQ(shown.at("mirrors/0"), "http://a.example/debian\tpriority:1\nhttps://b.example/debian\n");
  EXPECT_EQ(shown.at("auth.conf"), "machine http://a.example/debian login bob password secret\n");
  const auto view = view_of_debian(places_, "bookworm", AptSecrets::hidden);
  ASSERT_TRUE(view);
  for (const TextFile& file : view->files) EXPECT_FALSE(has(file.text, "secret")) << file.path;
}

TEST_F(AptViews, WithoutAKeyringOfTheMachinesTheImagesOwnCounts) {
  places_.keyrings = dir_.path() + "/none";
  put("apt/sources.list", "deb http://a.example/debian bookworm main\n");
  EXPECT_TRUE(has(debian().at("machine/00.sources"), "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"));
  EXPECT_EQ(binds_.count("keyring.gpg"), 0U);
}

TEST_F(AptViews, SourcesThatTheUserMustNotReadAreAnErrorWhereThereAreNoOthers) {
  put("apt/sources.list.d/a.list", "deb http://u:p@a.example/debian bookworm main\n", 0000);
  if (::access((places_.etc + "/sources.list.d/a.list").c_str(), R_OK) == 0) GTEST_SKIP() << "root reads everything";
  const auto refused = view_of_debian(places_, "bookworm", AptSecrets::shown);
  ASSERT_FALSE(refused);
  EXPECT_TRUE(has(refused.error().cause, "sources.list.d/a.list is closed"));
  put("apt/sources.list", "deb http://b.example/debian bookworm main\n");
  EXPECT_TRUE(has(debian().at("closed"), "sources.list.d/a.list\n"));
}

}  // namespace
}  // namespace larder::image
