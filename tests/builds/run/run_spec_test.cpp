#include "builds/run/run_spec.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "builds/plan/target_plan.hpp"
#include "builds/run/fork_requests.hpp"
#include "builds/support.hpp"

namespace larder::builds {
namespace {

using engine::Network;
using engine::Spec;
using store::Access;

class Sandbox : public ::testing::Test {
 protected:
  store::Transaction begin(Access downloads = Access::read) {
    auto requests = input_requests(kit_.plan, kit_.target(), downloads);
    requests.push_back(must(compiled_request(kit_.store(), kit_.plan, kit_.target())));
    view_.emplace(kit_.plan, kit_.store(), must(look_at_project(kit_.plan, kit_.store())));
    requests.back().choose = view_->chooser(kit_.target());
    store::Transaction transaction = test::begin(kit_.store(), std::move(requests));
    must(must(view_->prepare(transaction.forks().back())), "the project has changed");
    return transaction;
  }
  Spec spec(const store::Transaction& transaction, Phase phase = Phase::build) {
    const TargetView* view = phase == Phase::hand ? nullptr : &*view_;
    return must(make_spec(kit_.plan, kit_.target(), kit_.store(), transaction, phase, view));
  }
  Spec spec(Phase phase = Phase::build) { return spec(begin(), phase); }

  Kit kit_;
  std::optional<TargetView> view_;

 private:
  ScopedVariable home_{"HOME", kit_.dir().path() + "/nowhere"};
  ScopedVariable certificates_{"SSL_CERT_FILE", std::nullopt};
  ScopedVariable proxies_[8] = {{"http_proxy", std::nullopt}, {"https_proxy", std::nullopt},
                                {"all_proxy", std::nullopt},  {"no_proxy", std::nullopt},
                                {"HTTP_PROXY", std::nullopt}, {"HTTPS_PROXY", std::nullopt},
                                {"ALL_PROXY", std::nullopt},  {"NO_PROXY", std::nullopt}};
};

bool holds(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

TEST_F(Sandbox, ShowsTheImageAndTheStore) {
  const Spec made = spec();
  EXPECT_EQ(made.store_path, kit_.store().path());
  EXPECT_EQ(made.root, (std::vector<Bind>{{"/usr", "/usr"}}));
  EXPECT_EQ(made.links, (std::vector<Link>{{"usr/bin", "/bin"}}));
  EXPECT_EQ(made.empty_dirs, std::vector<std::string>{"/home/larder"});
  EXPECT_TRUE(made.extra.empty());
}

TEST_F(Sandbox, RecipesFilesAreShownButInTheWorkspaceWhereTheyAreWritten) {
  kit_.plan.targets[0].files = {{"/.larder/tools.mk", "1"}, {"/workspace/target/cross.ini", "2"}};
  const Spec made = spec();
  ASSERT_EQ(made.files.size(), 1U);
  EXPECT_EQ(made.files[0].path, "/.larder/tools.mk");
  EXPECT_EQ(made.files[0].text, "1");
  const config::Command written = with_files(kit_.plan.targets[0].files, {"make", "all"});
  ASSERT_EQ(written.size(), 8U);
  EXPECT_EQ(config::Command(written.begin() + 3, written.end()),
            (config::Command{"1", "/workspace/target/cross.ini", "2", "make", "all"}));
  EXPECT_EQ(with_files({{"/.larder/tools.mk", "1"}}, {"make"}), config::Command{"make"});
}

TEST_F(Sandbox, GivesTheTransactionsLeaseAndRoot) {
  const store::Transaction transaction = begin();
  const Spec made = spec(transaction);
  EXPECT_EQ(made.lease_fd, transaction.lease_fd());
  EXPECT_EQ(made.root_dir, transaction.root_dir());
}

TEST_F(Sandbox, MountsTheVolumesWithTheirLayers) {
  test::commit(kit_.store(), kit_.target().downloads[0], {{"crate", "1"}});
  kit_.commit(kit_.target().compiled, {{"target/a", "1"}});
  kit_.commit(kit_.target().compiled, {{"target/b", "1"}});
  const store::Transaction transaction = begin();
  const auto volumes = spec(transaction).volumes;
  ASSERT_EQ(volumes.size(), 2U);
  EXPECT_EQ(volumes[0].path, "/cache");
  EXPECT_EQ(volumes[0].lowers, store::layer_roots(test::current_layers(kit_.store(), kit_.target().downloads[0].key)));
  EXPECT_EQ(volumes[0].upper, "");
  EXPECT_EQ(volumes[0].work, "");
  EXPECT_EQ(volumes[0].lowest_folder, "");
  EXPECT_EQ(volumes[1].path, "/workspace");
  EXPECT_EQ(volumes[1].lowers, store::layer_roots(test::current_layers(kit_.store(), kit_.target().compiled.key)));
  EXPECT_EQ(volumes[1].lowers.size(), 2U);
  EXPECT_EQ(volumes[1].upper, transaction.forks()[1].dir + "/upper");
  EXPECT_EQ(volumes[1].work, transaction.forks()[1].dir + "/work");
  EXPECT_NE(spec(begin(Access::write)).volumes[0].upper, "");
}

TEST_F(Sandbox, BuildsSeeTheProjectBelowTheVolume) {
  for (const char* output : {"target", ""}) {
    kit_.plan.recipe.output = output;
    const Spec made = spec();
    EXPECT_EQ(made.workspace, "");
    EXPECT_EQ(made.volumes[1].lowest_folder, kit_.plan.workspace.folder);
    EXPECT_FALSE(test::exists(kit_.dir().fd(), "project/target"));
  }
}

TEST_F(Sandbox, BuildsAndTheFetchSeeNothingInTheHostsTargetFolder) {
  kit_.put("target/mine", "1");
  for (const Phase phase : {Phase::fetch, Phase::build}) {
    const auto volume = spec(phase).volumes[1];
    ASSERT_EQ(volume.lowers.size(), 1U);
    const std::string folder = volume.lowers[0] + "/target";
    EXPECT_EQ(must(kit_.os().get_xattr(kit_.store().dir(), folder, "user.overlay.opaque")).value_or(""), "y");
    EXPECT_TRUE(must(kit_.os().list(kit_.store().dir(), folder)).empty());
  }
  EXPECT_TRUE(test::exists(kit_.dir().fd(), "project/target/mine"));
}

TEST_F(Sandbox, WhereTheEngineKeepsTheVolumesTheFetchSeesAnEmptyFolder) {
  const VolumeHome home(kit_.store(), PlainVolumes{"tcp://builder:2376", {}, ""});
  const auto made = [&](Phase phase) {
    return must(make_spec(kit_.plan, kit_.target(), home, begin(), phase, nullptr));
  };
  const Spec fetch = made(Phase::fetch);
  EXPECT_EQ(fetch.workspace, kit_.plan.workspace.folder);
  EXPECT_TRUE(holds(fetch.empty_dirs, "/workspace/target"));
  EXPECT_FALSE(holds(made(Phase::build).empty_dirs, "/workspace/target"));
}

TEST_F(Sandbox, TheUsersHandWorksInTheProjectItself) {
  kit_.commit(kit_.target().compiled, {{"target/a", "1"}});
  kit_.commit(kit_.target().compiled, {{"notes", "1"}});
  kit_.put("target/mine", "1");
  const Spec made = spec(Phase::hand);
  EXPECT_EQ(made.workspace, kit_.plan.workspace.folder);
  ASSERT_EQ(made.volumes.size(), 2U);
  EXPECT_EQ(made.volumes[1].path, "/workspace/target");
  EXPECT_EQ(made.volumes[1].lowest_folder, "");
  const auto layers = test::current_layers(kit_.store(), kit_.target().compiled.key);
  EXPECT_EQ(made.volumes[1].lowers, std::vector<std::string>{"layers/" + layers[0] + "/tree/target"});
  EXPECT_EQ(made.env, kit_.target().build_env);
  EXPECT_TRUE(test::exists(kit_.dir().fd(), "project/target/mine"));
}

TEST_F(Sandbox, TheUsersHandMakesTheFolderOfResults) {
  spec(Phase::hand);
  EXPECT_TRUE(test::exists(kit_.dir().fd(), "project/target"));
}

TEST_F(Sandbox, TheUsersHandSeesNoObjectsOfTheSourceTree) {
  kit_.plan.recipe.output = "";
  const Spec made = spec(Phase::hand);
  EXPECT_EQ(made.workspace, kit_.plan.workspace.folder);
  ASSERT_EQ(made.volumes.size(), 1U);
  EXPECT_EQ(made.volumes[0].path, "/cache");
  EXPECT_FALSE(test::exists(kit_.dir().fd(), "project/target"));
}

TEST_F(Sandbox, TheUsersHandCannotWriteWhatGitAndToolsObey) {
  for (const char* path : {".git/config", ".envrc", "larder.toml", "main.c"}) kit_.put(path, "1");
  test::put_link(kit_.dir().fd(), "project/larder.lock", "elsewhere");
  const std::string folder = kit_.plan.workspace.folder;
  EXPECT_EQ(spec(Phase::hand).extra, (std::vector<Bind>{{folder + "/.envrc", "/workspace/.envrc"},
                                                        {folder + "/.git", "/workspace/.git"},
                                                        {folder + "/larder.toml", "/workspace/larder.toml"}}));
  EXPECT_TRUE(spec(Phase::build).extra.empty()) << "they write to no project";
}

TEST_F(Sandbox, AProjectThatCannotBeWrittenToIsAnError) {
  const store::Transaction transaction = begin();
  kit_.plan.workspace.folder = kit_.dir().path() + "/absent";
  EXPECT_FALSE(make_spec(kit_.plan, kit_.target(), kit_.store(), transaction, Phase::hand, nullptr));
  EXPECT_FALSE(make_target_folder(kit_.plan));
}

TEST_F(Sandbox, TheFolderOfResultsIsAFolder) {
  must(::symlink("elsewhere", (kit_.plan.workspace.folder + "/target").c_str()) == 0, "cannot link");
  const Status made = make_target_folder(kit_.plan);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::usage);
  EXPECT_EQ(made.error().cause, "it is a symbolic link");
}

TEST_F(Sandbox, OnlyTheFetchHasTheNetwork) {
  EXPECT_EQ(spec(Phase::fetch).network, Network::on);
  EXPECT_EQ(spec(Phase::build).network, Network::off);
  kit_.plan.project.network = true;
  EXPECT_EQ(spec(Phase::build).network, Network::on);
}

TEST_F(Sandbox, EachPhaseHasItsEnvironment) {
  kit_.plan.targets[0].fetch_env = {{"A", "1"}};
  kit_.plan.targets[0].build_env = {{"A", "1"}, {"OFFLINE", "true"}};
  EXPECT_EQ(spec(Phase::fetch).env, (config::Environment{{"A", "1"}}));
  EXPECT_EQ(spec(Phase::build).env, (config::Environment{{"A", "1"}, {"OFFLINE", "true"}}));
}

TEST_F(Sandbox, NamedVariablesReachTheFetchOnly) {
  const ScopedVariable token("LARDER_TEST_TOKEN", "secret");
  const ScopedVariable other("LARDER_TEST_OTHER", "secret");
  kit_.plan.project.pass_env = {"LARDER_TEST_TOKEN", "LARDER_TEST_UNSET"};
  EXPECT_EQ(spec(Phase::build).env, kit_.target().build_env);
  config::Environment wanted = kit_.target().env;
  wanted["LARDER_TEST_TOKEN"] = "secret";
  EXPECT_EQ(spec(Phase::fetch).env, wanted);
}

TEST_F(Sandbox, ProxiesReachEveryPhaseWithTheNetworkAndNoArgument) {
  const ScopedVariable proxy("https_proxy", "http://ann:secret@proxy.example");
  for (const Phase phase : {Phase::fetch, Phase::build}) {
    kit_.plan.project.network = true;
    const engine::Spec with = spec(phase);
    EXPECT_EQ(with.env.at("https_proxy"), "http://ann:secret@proxy.example");
    EXPECT_EQ(with.secret_env.count("https_proxy"), 1U);
  }
  kit_.plan.project.network = false;
  EXPECT_EQ(spec(Phase::build).env.count("https_proxy"), 0U);
  kit_.plan.offline = true;
  EXPECT_EQ(spec(Phase::fetch).env.count("https_proxy"), 0U);
}

TEST_F(Sandbox, CertificatesThatTheCallerNamesAreShown) {
  test::put_file(kit_.dir().fd(), "own.pem", "");
  const ScopedVariable file("SSL_CERT_FILE", kit_.dir().path() + "/own.pem");
  EXPECT_EQ(spec(Phase::fetch).env.at("SSL_CERT_FILE"), "/run/larder/certificates.pem");
  EXPECT_EQ(spec(Phase::fetch).extra,
            (std::vector<Bind>{{kit_.dir().path() + "/own.pem", "/run/larder/certificates.pem"}}));
  EXPECT_EQ(spec(Phase::build).env.count("SSL_CERT_FILE"), 0U);
}

TEST_F(Sandbox, TheUsersTokensReachTheFetchOnly) {
  const ScopedVariable home("HOME", kit_.dir().path() + "/home");
  const ScopedVariable token("LARDER_TEST_OURS_TOKEN", "secret");
  test::put_file(kit_.dir().fd(), "home/.tool/credentials.toml", "");
  test::put_file(kit_.dir().fd(), "home/.netrc", "");
  config::UserSettings& user = kit_.plan.recipe.settings.user;
  user.home = ".tool";
  user.credentials = {"credentials.toml"};
  user.credentials_path = "/tool";
  user.variables = {"LARDER_TEST_OURS_*"};
  const engine::Spec fetch = spec(Phase::fetch);
  EXPECT_EQ(fetch.env.at("LARDER_TEST_OURS_TOKEN"), "secret");
  EXPECT_EQ(fetch.secret_env.count("LARDER_TEST_OURS_TOKEN"), 1U);
  EXPECT_EQ(fetch.extra,
            (std::vector<Bind>{{kit_.dir().path() + "/home/.tool/credentials.toml", "/tool/credentials.toml"},
                               {kit_.dir().path() + "/home/.netrc", "/home/larder/.netrc"}}));
  const engine::Spec build = spec(Phase::build);
  EXPECT_EQ(build.env, kit_.target().build_env);
  EXPECT_TRUE(build.extra.empty());
}

TEST_F(Sandbox, TheCallersVariablesAreTold) {
  kit_.plan.passed = {{"TOKEN", "secret"}};
  for (const Phase phase : {Phase::fetch, Phase::build}) EXPECT_EQ(spec(phase).secret_env.count("TOKEN"), 1U);
}

TEST_F(Sandbox, TheGeneratedSettingsAreThePhases) {
  kit_.plan.recipe.settings.path = "/settings.toml";
  kit_.plan.targets[0].fetch_settings.text = "fetch";
  kit_.plan.targets[0].build_settings = {"build", {"/opt"}};
  ASSERT_EQ(spec(Phase::fetch).files.size(), 1U);
  EXPECT_EQ(spec(Phase::fetch).files[0].text, "fetch");
  EXPECT_EQ(spec(Phase::build).files[0].path, "/settings.toml");
  EXPECT_EQ(spec(Phase::build).files[0].text, "build");
  EXPECT_EQ(spec(Phase::build).extra, (std::vector<Bind>{{"/opt", "/opt"}}));
}

TEST_F(Sandbox, TheSshAgentReachesTheFetchOnlyAndWhenAskedFor) {
  test::put_file(kit_.dir().fd(), "home/.ssh/known_hosts", "host key");
  const ScopedVariable home("HOME", kit_.dir().path() + "/home");
  const ScopedVariable agent("SSH_AUTH_SOCK", kit_.dir().path() + "/agent");
  EXPECT_TRUE(spec(Phase::fetch).extra.empty());
  kit_.plan.project.ssh_agent = true;
  EXPECT_TRUE(spec(Phase::build).extra.empty());
  EXPECT_EQ(spec(Phase::build).env.count("SSH_AUTH_SOCK"), 0U);
  const Spec fetch = spec(Phase::fetch);
  EXPECT_EQ(fetch.extra,
            (std::vector<Bind>{{kit_.dir().path() + "/agent", "/run/ssh-agent"},
                               {kit_.dir().path() + "/home/.ssh/known_hosts", "/home/larder/.ssh/known_hosts"}}));
  EXPECT_EQ(fetch.env.at("SSH_AUTH_SOCK"), "/run/ssh-agent");
}

TEST_F(Sandbox, WithoutAnAgentThereIsNothingToPass) {
  const ScopedVariable home("HOME", kit_.dir().path() + "/home");
  const ScopedVariable agent("SSH_AUTH_SOCK", std::nullopt);
  kit_.plan.project.ssh_agent = true;
  const Spec fetch = spec(Phase::fetch);
  EXPECT_TRUE(fetch.extra.empty());
  EXPECT_EQ(fetch.env.count("SSH_AUTH_SOCK"), 0U);
}

TEST_F(Sandbox, AWorktreesRepositoryIsShownUnderItsOwnPath) {
  const std::vector<Bind> wanted = {{"/srv/repository/.git", "/srv/repository/.git"}};
  kit_.plan.workspace.git_binds = wanted;
  EXPECT_EQ(spec(Phase::build).extra, wanted);
  EXPECT_EQ(spec(Phase::fetch).extra, wanted);
}

TEST(Chain, OneCommandStaysAsItIs) { EXPECT_EQ(chain({{"make", "CC=a b"}}), (config::Command{"make", "CC=a b"})); }

TEST(Chain, SeveralStopAtTheFirstThatFails) {
  EXPECT_EQ(chain({{"cmake", "-G", "Unix Makefiles"}, {"make"}}),
            (config::Command{"sh", "-c", "cmake -G 'Unix Makefiles' && make"}));
}

TEST_F(Sandbox, AnImagesShellIsRootsWithTheNetworkAndTheImagesVariables) {
  TargetPlan target = kit_.target();
  target.image.env = {{"FROM_IMAGE", "1"}};
  const store::Transaction transaction = test::begin(kit_.store(), std::vector<store::ForkRequest>{});
  const Spec made = must(make_image_spec(kit_.plan, target, kit_.store(), transaction, {"bash"}));
  EXPECT_EQ(made.identity, Identity::root);
  EXPECT_EQ(made.network, Network::on);
  EXPECT_EQ(made.command, std::vector<std::string>{"bash"});
  EXPECT_EQ(made.workspace, kit_.plan.workspace.folder);
  EXPECT_EQ(made.env, (std::map<std::string, std::string>{
                          {"FROM_IMAGE", "1"}, {"HOME", "/root"}, {"LANG", "C.UTF-8"}, {"PATH", "/usr/bin:/bin"}}));
}

TEST_F(Sandbox, AnEnginesOwnCompiledVolumeHasItsVariantInItsName) {
  const store::Transaction transaction = begin();
  const VolumeHome home(kit_.store(), PlainVolumes{"tcp://builder:2376", {}, ""});
  const Spec made = must(make_spec(kit_.plan, kit_.target(), home, transaction, Phase::build, nullptr));
  EXPECT_EQ(made.volumes[0].name, "cache-one");
  EXPECT_EQ(made.volumes[1].name, "target-pantry-one-v1");
  EXPECT_EQ(made.volumes[1].path, "/workspace/target");
  EXPECT_TRUE(made.container.output.starts_with(kit_.plan.workspace.folder + "/target/.larder-"));
  EXPECT_EQ(spec().volumes[1].name, "target-pantry-one");
}

}  // namespace
}  // namespace larder::builds
