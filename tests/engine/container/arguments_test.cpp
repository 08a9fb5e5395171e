#include "engine/container/arguments.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/text.hpp"
#include "support/must.hpp"

namespace larder::engine {
namespace {

using test::must;
using Words = std::vector<std::string>;

constexpr Caller ann{1000, 100, false};

Spec make_spec() {
  Spec spec;
  spec.store_path = "/home/ann/store";
  spec.root_dir = "transactions/0123456789abcdef/root";
  spec.workspace = "/home/ann/app";
  spec.empty_dirs = {"/home/larder"};
  spec.env = {{"HOME", "/home/larder"}, {"TOKEN", "hidden"}};
  spec.secret_env = {"TOKEN"};
  spec.command = {"cargo", "build", "$HOME; 'x'"};
  spec.container.image = "sha256:1";
  spec.container.project = "app";
  spec.container.target = "x64";
  return spec;
}

VolumeMount mount() {
  return {"/cache", {"layers/a/tree", "layers/b/tree"}, "t/0/upper", "t/0/work", "", "cache-x64", "download"};
}

TEST(HandedOver, SecretsButWhatTheClientItselfObeys) {
  Spec some = make_spec();
  some.env["DOCKER_HOST"] = some.env["PATH"] = "/elsewhere";
  some.secret_env = {"TOKEN", "DOCKER_HOST", "PATH"};
  EXPECT_EQ(handed_over(some), (std::map<std::string, std::string>{{"TOKEN", "hidden"}}));
}

class Arguments : public ::testing::Test {
 protected:
  Words make(Dialect dialect = Dialect::docker) { return run_arguments(dialect, facts_, ann, spec_, volumes_); }

  /// The words after each occurrence of `option`.
  static Words values(const Words& arguments, const std::string& option) {
    Words found;
    for (size_t i = 0; i + 1 < arguments.size(); ++i)
      if (arguments[i] == option) found.push_back(arguments[i + 1]);
    return found;
  }
  static bool has(const Words& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  }

  Spec spec_ = make_spec();
  Facts facts_;
  std::vector<EngineVolume> volumes_;
};

TEST_F(Arguments, TheCommandComesLastAndAsItIs) {
  const Words arguments = make();
  const Words end(arguments.end() - 5, arguments.end());
  EXPECT_EQ(end, (Words{"", "sha256:1", "cargo", "build", "$HOME; 'x'"}));
  EXPECT_EQ(*(arguments.end() - 6), "--entrypoint");
}

TEST_F(Arguments, TheContainerIsTheCallers) {
  EXPECT_EQ(values(make(), "--user"), Words{"1000:100"});
  EXPECT_TRUE(values(make(), "--userns").empty());
  facts_.rootless = true;
  EXPECT_EQ(values(make(), "--user"), Words{"0:0"}) << "a rootless docker's root is the caller";
  EXPECT_EQ(values(make(Dialect::podman), "--user"), Words{"1000:100"});
  EXPECT_EQ(values(make(Dialect::podman), "--userns"), Words{"keep-id"});
  facts_.rootless = false;
  facts_.remaps_users = true;
  EXPECT_EQ(values(make(), "--userns"), Words{"host"});
}

TEST_F(Arguments, OnlyDockersContainerGoesByItself) {
  const auto goes = [&](Dialect dialect) {
    const Words arguments = make(dialect);
    return std::count(arguments.begin(), arguments.end(), "--rm") == 1;
  };
  EXPECT_TRUE(goes(Dialect::docker));
  EXPECT_FALSE(goes(Dialect::podman));
}

TEST_F(Arguments, SecretsAreNamedAndNotSaid) {
  const Words arguments = make();
  EXPECT_TRUE(has(values(arguments, "--env"), "TOKEN"));
  EXPECT_TRUE(has(values(arguments, "--env"), "HOME=/home/larder"));
  EXPECT_EQ(join(arguments, " ").find("hidden"), std::string::npos);
}

TEST_F(Arguments, TheNetworkIsOffUnlessThePhaseHasIt) {
  EXPECT_EQ(values(make(), "--network"), Words{"none"});
  spec_.network = Network::on;
  EXPECT_TRUE(values(make(), "--network").empty()) << "the engine's own default";
  facts_.has_bridge = false;
  EXPECT_EQ(values(make(), "--network"), Words{"host"});
  spec_.container.network = "lan";
  EXPECT_EQ(values(make(), "--network"), Words{"lan"});
}

TEST_F(Arguments, LabelsSayWhoseItIs) {
  const Words labels = values(make(), "--label");
  EXPECT_TRUE(has(labels, "larder.store=/home/ann/store"));
  EXPECT_TRUE(has(labels, "larder.transaction=0123456789abcdef"));
  EXPECT_TRUE(has(labels, "larder.project=app"));
  EXPECT_TRUE(has(labels, "larder.target=x64"));
  EXPECT_EQ(values(make(), "--name"), Words{"larder-0123456789abcdef"});
}

TEST_F(Arguments, PathsWithCommasAndQuotesAreQuotedAsCsv) {
  spec_.workspace = "/home/ann/a,b\"c";
  EXPECT_TRUE(has(values(make(), "--mount"), "type=bind,\"source=/home/ann/a,b\"\"c\",target=/workspace"));
}

TEST_F(Arguments, DockerMakesTheVolumeByItsMount) {
  volumes_.push_back(must(transactional_volume(spec_, mount())));
  const std::string text = values(make(), "--mount").back();
  EXPECT_NE(text.find("type=volume,source=cache-x64,target=/cache,volume-driver=local,volume-nocopy"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("volume-label=larder.class=download"), std::string::npos);
  EXPECT_NE(text.find("\"volume-opt=o=lowerdir=/home/ann/store/layers/b/tree:/home/ann/store/layers/a/tree:"
                      "/home/ann/store/empty,userxattr,index=off,nosuid,nodev,upperdir=/home/ann/store/t/0/upper,"
                      "workdir=/home/ann/store/t/0/work\""),
            std::string::npos)
      << text;
}

TEST_F(Arguments, PodmanFindsItMade) {
  volumes_.push_back(must(transactional_volume(spec_, mount())));
  EXPECT_EQ(values(make(Dialect::podman), "--mount").back(), "type=volume,source=cache-x64,target=/cache");
  const Words made = create_arguments(volumes_.front());
  EXPECT_EQ(made.back(), "cache-x64");
  EXPECT_TRUE(has(values(made, "--opt"), "type=overlay"));
  EXPECT_TRUE(has(values(made, "--label"), "larder.target=x64"));
}

TEST_F(Arguments, AVolumeWithoutUpperIsReadOnly) {
  VolumeMount only_read = mount();
  only_read.upper.clear();
  volumes_.push_back(must(transactional_volume(spec_, only_read)));
  EXPECT_EQ(volumes_.front().options.find("upperdir"), std::string::npos);
  EXPECT_NE(values(make(), "--mount").back().find(",readonly"), std::string::npos);
  only_read.lowers.clear();
  EXPECT_EQ(must(transactional_volume(spec_, only_read)).type, "tmpfs");
}

TEST_F(Arguments, PathsThatMountOptionsCannotHoldAreRefused) {
  for (const char* path : {"/home/a,b", "/home/a:b", "/home/a\\b"}) {
    spec_.store_path = path;
    const auto volume = transactional_volume(spec_, mount());
    ASSERT_FALSE(volume);
    EXPECT_EQ(volume.error().code, ErrorCode::usage);
  }
  spec_.store_path = "/store";
  VolumeMount tree = mount();
  tree.lowest_folder = "/home/a,b";
  EXPECT_FALSE(transactional_volume(spec_, tree));
  tree.lowest_folder = "/home/ann/app";
  EXPECT_NE(must(transactional_volume(spec_, tree)).options.find(":/home/ann/app,userxattr"), std::string::npos);
}

TEST_F(Arguments, OptionsLongerThanAPageAreRefused) {
  VolumeMount deep = mount();
  deep.lowers.assign(100, "layers/0123456789abcdef/tree");
  EXPECT_FALSE(transactional_volume(spec_, deep));
}

TEST_F(Arguments, AJobserverIsOpenedInside) {
  spec_.container.jobserver = "/home/ann/store/transactions/j/jobs";
  const Words arguments = make();
  EXPECT_TRUE(has(arguments, "exec 3<>/run/larder-jobs && exec \"$@\""));
  EXPECT_EQ(arguments.back(), "$HOME; 'x'");
}

TEST_F(Arguments, NoKeysDetachTheClient) {
  spec_.stdio = Stdio::terminal;
  EXPECT_TRUE(values(make(), "--detach-keys").front().starts_with("ctrl-_,"));
  EXPECT_EQ(values(make(Dialect::podman), "--detach-keys"), Words{""});
}

TEST_F(Arguments, PodmansContainerHasTheClientsStreamsWhereItCan) {
  facts_.passes_streams = true;
  for (const Stdio stdio : {Stdio::captured, Stdio::inherited}) {
    spec_.stdio = stdio;
    EXPECT_EQ(values(make(Dialect::podman), "--log-driver"), Words{"passthrough"});
    EXPECT_FALSE(has(make(Dialect::podman), "--interactive"));
    EXPECT_TRUE(values(make(), "--log-driver").empty());
  }
  spec_.stdio = Stdio::terminal;
  EXPECT_EQ(values(make(Dialect::podman), "--log-driver"), Words{"k8s-file"});
  facts_.passes_streams = false;
  spec_.stdio = Stdio::captured;
  EXPECT_EQ(values(make(Dialect::podman), "--log-driver"), Words{"k8s-file"});
}

TEST_F(Arguments, LimitsAndPlatformAreSaidWhereTheyAreSet) {
  const Words without = make();
  for (const char* option :
       {"--cpus", "--memory", "--platform", "--tty", "--interactive", "--detach-keys", "--pids-limit"})
    EXPECT_FALSE(has(without, option)) << option;
  spec_.container.cpus = "1.5";
  spec_.container.memory = "4000000000";
  facts_.limits_processes = true;
  spec_.container.platform = "linux/arm64";
  spec_.stdio = Stdio::terminal;
  const Words arguments = make();
  EXPECT_EQ(values(arguments, "--cpus"), Words{"1.5"});
  EXPECT_EQ(values(arguments, "--memory"), Words{"4000000000"});
  EXPECT_EQ(values(arguments, "--pids-limit"), Words{"32768"});
  EXPECT_EQ(values(arguments, "--platform"), Words{"linux/arm64"});
  EXPECT_TRUE(has(arguments, "--tty"));
}

}  // namespace
}  // namespace larder::engine
