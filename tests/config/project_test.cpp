#include "config/project.hpp"

#include "support.hpp"

namespace larder::config {
namespace {

std::string mistake_in_project(const std::string& text) { return usage_error(parse_project(text, "larder.toml")); }

TEST(Project, NothingGivenIsTheDefaults) {
  const Result<Project> project = parse_project("", "larder.toml");
  ASSERT_TRUE(project);
  EXPECT_EQ(project->image, "");
  EXPECT_EQ(project->profile, "release");
  EXPECT_FALSE(project->network);
  EXPECT_FALSE(project->jobs);
  EXPECT_FALSE(project->skip_unchanged) << "as the recipe says";
  EXPECT_TRUE(project->show.empty() && project->bring_back.empty());
}

TEST(Project, ReadsWhatContainersNeed) {
  const Result<Project> project = parse_project(R"(
[build]
engine = "podman"
image = "rust:1"
pull = "always"
fetch_network = "host"
cpus = "1.5"
memory = "4GB"
[[build.mount]]
source = "/opt/sdk"
path = "/sdk"
)",
                                                "larder.toml");
  ASSERT_TRUE(project) << told(project.error());
  EXPECT_EQ(project->engine, "podman");
  EXPECT_EQ(project->pull, "always");
  EXPECT_EQ(project->fetch_network, "host");
  EXPECT_EQ(project->cpus, "1.5");
  EXPECT_EQ(project->memory, "4GB");
  EXPECT_EQ(project->mounts, (std::vector<Bind>{{"/opt/sdk", "/sdk"}}));
}

TEST(Project, ContainersAreNotGivenNonsense) {
  EXPECT_EQ(mistake_in_project("[build]\nengine = \"dock\"\n"),
            "larder.toml:2:10: 'engine' must be auto or native or docker or podman, not 'dock' | did you mean "
            "'docker'?");
  EXPECT_NE(mistake_in_project("[build]\npull = \"often\"\n"), "");
  EXPECT_NE(mistake_in_project("[build]\ncpus = \"0\"\n"), "");
  EXPECT_NE(mistake_in_project("[build]\ncpus = \"two\"\n"), "");
  EXPECT_NE(mistake_in_project("[build]\ncpus = \"0.001\"\n"), "");
  EXPECT_EQ(mistake_in_project("[build]\nmemory = \"4MB\"\n"),
            "larder.toml:2:10: 'memory': '4MB' is less memory than a container can have | 6 MiB is the least, and a "
            "compiler needs some hundred: such as 2GiB");
  EXPECT_NE(mistake_in_project("[build]\nmemory = \"much\"\n"), "");
  EXPECT_NE(mistake_in_project("[[build.mount]]\nsource = \"sdk\"\npath = \"/sdk\"\n"), "");
}

TEST(Project, AVariableIsNoLongerThanTheKernelTakes) {
  const auto said = [](size_t bytes) {
    return mistake_in_project("[build.env]\nA = \"" + std::string(bytes, 'x') + "\"\n");
  };
  EXPECT_EQ(said(128 * 1024 - 3), "no error");
  EXPECT_EQ(
      said(128 * 1024 - 2),
      "larder.toml:2:5: 'A' is longer than the kernel lets a variable be | 128 KiB is the most; a file of the project "
      "can hold it");
}

TEST(Project, ReadsEverything) {
  const Result<Project> project = parse_project(R"(
[project]
name = "shelf-2"
recipe = "cargo"
targets = ["x64", "musl-arm64"]
[build]
image = "debian:12"
profile = "dev"
network = true
user_namespaces = true
args = ["--locked", "--workspace"]
jobs = 3
skip_unchanged = false
[build.env]
RUSTFLAGS = "-C target-cpu=native"
EMPTY = ""
[fetch]
pass_env = ["TOKEN"]
ssh_agent = true
[artifacts]
include = ["target/*/shelf"]
exclude = ["**/*.d"]
[workspace]
show = ["firmware/*.o"]
bring_back = ["src/generated/**"]
[cache]
max_size = "20GB"
max_age = "30d"
keep = 5
keep_for = "12h"
[target.x64.env]
SPEED = "1"
[target.arm64]
env = {SPEED = "2", "dotted.name" = "3"}
)",
                                                "larder.toml");
  ASSERT_TRUE(project) << told(project.error());
  EXPECT_EQ(project->name, "shelf-2");
  EXPECT_EQ(project->recipe, "cargo");
  EXPECT_EQ(project->targets, (std::vector<std::string>{"x64", "musl-arm64"}));
  EXPECT_EQ(project->image, "debian:12");
  EXPECT_EQ(project->profile, "dev");
  EXPECT_TRUE(project->network);
  EXPECT_TRUE(project->user_namespaces);
  EXPECT_EQ(project->args, (std::vector<std::string>{"--locked", "--workspace"}));
  EXPECT_EQ(project->jobs, 3);
  EXPECT_EQ(project->env, (Environment{{"EMPTY", ""}, {"RUSTFLAGS", "-C target-cpu=native"}}));
  EXPECT_EQ(project->pass_env, std::vector<std::string>{"TOKEN"});
  EXPECT_TRUE(project->ssh_agent);
  EXPECT_EQ(project->artifacts, std::vector<std::string>{"target/*/shelf"});
  EXPECT_EQ(project->artifacts_not, std::vector<std::string>{"**/*.d"});
  EXPECT_EQ(project->show, std::vector<std::string>{"firmware/*.o"});
  EXPECT_EQ(project->bring_back, std::vector<std::string>{"src/generated/**"});
  EXPECT_EQ(project->skip_unchanged, false);
  EXPECT_EQ(project->cache, (CacheLimits{20'000'000'000, 30 * 86400, 5, 12 * 3600}));
  EXPECT_EQ(project->of_target.at("x64").env, (Environment{{"SPEED", "1"}}));
  EXPECT_EQ(project->of_target.at("arm64").env, (Environment{{"SPEED", "2"}, {"dotted.name", "3"}}));
}

TEST(Project, TellsOfUnknownKeys) {
  EXPECT_EQ(mistake_in_project("[build]\nprofle = 'dev'\n"),
            "larder.toml:2:1: unknown key 'profle' in [build] | did you mean 'profile'? [build] knows: engine, image, "
            "packages, prepare, pull, fetch_network, cpus, memory, mount, profile, network, "
            "user_namespaces, args, env, jobs, pass_env, rust and skip_unchanged");
  EXPECT_EQ(
      mistake_in_project("\n  [projet]\n  name = 'x'\n"),
      "larder.toml:2:4: unknown key 'projet' | did you mean 'project'? the top level knows: project, build, fetch, "
      "artifacts, workspace, cache, remote, target and recipe");
  EXPECT_EQ(mistake_in_project("[target.x64]\nenvironment = {}\n"),
            "larder.toml:2:1: unknown key 'environment' in [target.x64] | [target.x64] knows: env, image, packages, "
            "prepare, cc, cxx, ar, linker, toolchain and glibc");
  for (const char* wrong : {"2", "2.x", ".17", "2.17-1", ""})
    EXPECT_NE(mistake_in_project("[target.x64]\nglibc = '" + std::string(wrong) + "'\n").find("must be a version"),
              std::string::npos)
        << wrong;
  EXPECT_EQ(mistake_in_project("[target.x64]\ntoolchain = 'clang'\n"),
            "larder.toml:2:13: 'toolchain' must be zig or debian or image, not 'clang'");
}

TEST(Project, ATargetsToolsMayHaveOtherNames) {
  const auto project = parse_project("[target.arm64]\ncc = 'clang'\nlinker = 'lld'\n", "larder.toml");
  ASSERT_TRUE(project) << told(project.error());
  Target target;
  target.name = "arm64";
  target.cc = target.linker = "gcc";
  target.ar = "ar";
  const Target told = with_own_tools(target, *project);
  EXPECT_EQ(told.cc + " " + told.linker + " " + told.ar + told.cxx, "clang lld ar");
  target.name = "x64";
  EXPECT_EQ(with_own_tools(target, *project).cc, "gcc");
}

TEST(Project, TellsOfWrongTypes) {
  EXPECT_EQ(mistake_in_project("[project]\ntargets = 3\n"),
            "larder.toml:2:11: 'targets' must be a list of strings, not a number");
  EXPECT_EQ(mistake_in_project("[project]\ntargets = ['x64', true]\n"),
            "larder.toml:2:19: 'targets' must be a list of strings, but entry 2 is true or false");
  EXPECT_EQ(mistake_in_project("[project]\nname = ['x']\n"), "larder.toml:2:8: 'name' must be a string, not a list");
  EXPECT_EQ(mistake_in_project("[build]\nnetwork = 'yes'\n"),
            "larder.toml:2:11: 'network' must be true or false, not a string");
  EXPECT_EQ(mistake_in_project("[build]\njobs = 1.5\n"),
            "larder.toml:2:8: 'jobs' must be a whole number, not a fractional number");
  EXPECT_EQ(mistake_in_project("[build]\nenv = 2020-01-01\n"),
            "larder.toml:2:7: 'env' must be a table, not a date or time");
  EXPECT_EQ(mistake_in_project("[build.env]\nSPEED = 1\n"), "larder.toml:2:9: 'SPEED' must be a string, not a number");
  EXPECT_EQ(mistake_in_project("build = 'x'\n"), "larder.toml:1:9: 'build' must be a table, not a string");
  EXPECT_EQ(mistake_in_project("[target]\nx64 = 'x'\n"), "larder.toml:2:7: 'x64' must be a table, not a string");
}

TEST(Project, TellsTheFirstOfSeveralMistakes) {
  EXPECT_EQ(mistake_in_project("[project]\ntargets = 3\nname = 4\n"),
            "larder.toml:2:11: 'targets' must be a list of strings, not a number");
}

TEST(Project, TellsOfSyntaxErrors) {
  EXPECT_EQ(mistake_in_project("[build]\njobs = \n"), "larder.toml:2:8: expected value, saw '\\n'");
  EXPECT_EQ(mistake_in_project("[build\n"), "larder.toml:1:7: expected ']', saw '\\n'");
  EXPECT_EQ(mistake_in_project("a = 1\na = 2\n"), "larder.toml:2:5: cannot redefine existing integer 'a'");
}

TEST(Project, TellsOfNamesThatCannotBe) {
  const std::string hint = " | use up to 64 letters, digits, '.', '_' and '-', with a letter or digit first";
  EXPECT_EQ(mistake_in_project("[project]\nname = '../../etc'\n"),
            "larder.toml:2:8: '../../etc' is not a valid name" + hint);
  EXPECT_EQ(mistake_in_project("[project]\nname = ''\n"), "larder.toml:2:8: '' is not a valid name" + hint);
  const std::string longest(64, 'x');
  EXPECT_EQ(parse_project("[project]\nname = '" + longest + "'", "f")->name, longest);
  EXPECT_EQ(mistake_in_project("[project]\nname = '" + longest + "x'"),
            "larder.toml:2:8: '" + longest + "x' is not a valid name" + hint);
}

TEST(Project, TellsOfValuesThatCannotBe) {
  EXPECT_EQ(mistake_in_project("[project]\ntargets = ['x64', 'arm64', 'x64']\n"),
            "larder.toml:2:11: 'targets' names 'x64' twice");
  EXPECT_EQ(mistake_in_project("[build]\njobs = 0\n"), "larder.toml:2:8: 'jobs' must be between 1 and 1024");
  EXPECT_EQ(mistake_in_project("[build]\njobs = 99999999999\n"), "larder.toml:2:8: 'jobs' must be between 1 and 1024");
  EXPECT_EQ(mistake_in_project("[build]\njobs = 1025\n"), "larder.toml:2:8: 'jobs' must be between 1 and 1024");
  EXPECT_EQ(mistake_in_project("[build]\nprofile = ''\n"),
            "larder.toml:2:11: 'profile' must not be empty | leave it out for the default");
  EXPECT_EQ(mistake_in_project("[build.env]\n'A=B' = 'x'\n"), "larder.toml:2:1: 'A=B' cannot be a variable's name");
  EXPECT_EQ(mistake_in_project("[build.env]\nA = \"x\\u0000y\"\n"), "larder.toml:2:5: 'A' holds a zero byte");
  EXPECT_EQ(mistake_in_project("[fetch]\npass_env = ['TOKEN=1']\n"),
            "larder.toml:2:12: 'TOKEN=1' in 'pass_env' cannot be a variable's name | give the name alone; the value is "
            "taken from the environment");
}

/// Each field whose value becomes a path, a name or an argument, and a value for it that means harm.
TEST(Project, HostileValuesAreRefused) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> fields = {
      {"[project]\nname = ", {"-x", "..", "../x", "a/b", "a\\nb", "a\\u001b[2Jb", "/etc"}},
      {"[project]\nrecipe = ", {"-x", "a\\nb", "\\u001b]0;x"}},
      {"[build]\nimage = ", {"-v/:/host", "--privileged", "a\\nb", "\\u007f"}},
      {"[build]\nprofile = ", {"-x", "..", "../../x", "a/b", "/etc", "a\\nb", ".x"}},
      {"[build]\nfetch_network = ", {"-x", "--privileged", "a\\nb"}},
      {"[build]\nengine = ", {"-x", "../x", "a\\nb"}},
      {"[build]\npull = ", {"-x", "a\\nb"}},
      {"[build]\ncpus = ", {"-1", "1\\n", "x"}},
      {"[build]\nmemory = ", {"-1g", "1g\\n", "--x"}},
      {"[target.x64]\nimage = ", {"-x", "a\\nb"}},
      {"[target.x64]\ncc = ", {"-x", "a\\nb"}},
      {"[target.x64]\ncxx = ", {"-x", "a\\nb"}},
      {"[target.x64]\nar = ", {"-x", "a\\nb"}},
      {"[target.x64]\nlinker = ", {"-x", "a\\u0007b"}},
      {"[[build.mount]]\nsource = '/x'\npath = ", {"x", "/..", "/a/../etc", "/a/..", "/a\\nb", "-x"}},
      {"[[build.mount]]\npath = '/x'\nsource = ", {"x", "../x", "/a/../etc", "/a\\nb", "-x"}},
      {"[cache]\nmax_size = ", {"-1GB", "1GB\\n"}},
      {"[cache]\nmax_age = ", {"-1d", "1d\\n"}},
  };
  for (const auto& [field, values] : fields)
    for (const std::string& value : values) {
      const auto project = parse_project(field + '"' + value + "\"\n", "larder.toml");
      EXPECT_FALSE(project) << field << value;
      if (project) continue;
      for (const char c : project.error().message) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << field << value;
    }
}

/// The same for lists and for the names of variables.
TEST(Project, HostileEntriesAreRefused) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> lists = {
      {"[build]\npackages = ",
       {"-x", "../x", "a b", "a\\nb", "/x.deb", "gcc-", "make+", "x", "gcc:", "--x", "a=b c", "jq=1.6", "jq/sid", "?a",
        "make-:amd64"}},
      {"[target.x64]\npackages = ", {"-oDir::Etc=x", "a;b", "a\\nb"}},
      {"[fetch]\npass_env = ", {"-x", "A=B", "A\\nB", ""}},
      {"[artifacts]\ninclude = ", {"/etc/*", "../x", "a\\nb"}},
      {"[artifacts]\nexclude = ", {"/etc/*", "../x", "a\\nb"}},
      {"[workspace]\nshow = ", {"/etc/*", "a/..", "a\\nb"}},
      {"[workspace]\nbring_back = ", {"/etc/*", "../x", "a\\nb"}},
  };
  for (const auto& [field, values] : lists)
    for (const std::string& value : values)
      EXPECT_FALSE(parse_project(field + "[\"" + value + "\"]\n", "f")) << field << value;
  for (const char* name : {"", "A=B", "A\\nB", "A\\u0000", "A\\u001b"})
    for (const char* table : {"[build.env]", "[target.x64.env]"})
      EXPECT_FALSE(parse_project(std::string(table) + "\n\"" + name + "\" = 'x'\n", "f")) << table << name;
}

TEST(Project, ArtifactsStayInTheProject) {
  const std::string hint =
      "' in 'include' does not lie in the project | give paths relative to the project's folder, "
      "without '..'";
  for (const std::string pattern : {"", "/etc/*", "../x", "a/../../x", "a/.."})
    EXPECT_EQ(mistake_in_project("[artifacts]\ninclude = ['" + pattern + "']\n"),
              "larder.toml:2:11: '" + pattern + hint);
  EXPECT_TRUE(parse_project("[artifacts]\ninclude = ['a..b/**', '..c']\n", "f"));
  EXPECT_EQ(parse_project("[artifacts]\ninclude = [\n  'a',\n  'b']\n", "f")->include_at,
            (std::vector<std::string>{"f:3:3", "f:4:3"}));
  EXPECT_TRUE(
      mistake_in_project("[artifacts]\ninclude = []\n").starts_with("larder.toml:2:11: 'include' must not be empty"));
}

TEST(Project, LoadsTheFoldersFile) {
  TempFolder folder;
  EXPECT_EQ(load_project(folder.path())->profile, "release");
  folder.write("larder.toml", "[build]\nprofile = 'dev'\n");
  EXPECT_EQ(load_project(folder.path())->profile, "dev");
  folder.write("larder.toml", "[build]\nprofile = 1\n");
  EXPECT_EQ(usage_error(load_project(folder.path())),
            folder.path() + "/larder.toml:2:11: 'profile' must be a string, not a number");
}

TEST(Project, CallsTheFileByItsNameAloneInTheCurrentFolder) {
  TempFolder folder;
  folder.write("larder.toml", "x = 1\n");
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const Result<Project> project = load_project(".");
  std::filesystem::current_path(before);
  EXPECT_EQ(usage_error(project),
            "larder.toml:1:1: unknown key 'x' | the top level knows: project, build, fetch, artifacts, workspace, "
            "cache, remote, target and recipe");
}

TEST(Project, AFileThatCannotBeReadIsNotTakenForNone) {
  TempFolder folder;
  folder.write("larder.toml/x", "");
  EXPECT_FALSE(load_project(folder.path()));
}

TEST(Project, MayHaveItsOwnRecipe) {
  const auto project = parse_project(
      "[recipe]\noutput = 'target'\n[recipe.build]\ncommands = [['sh', 'build.sh']]\n[recipe.artifacts]\ninclude = "
      "['target/out/*']\n",
      "larder.toml");
  ASSERT_TRUE(project) << told(project.error());
  EXPECT_EQ(project->recipe, "command");
  ASSERT_TRUE(project->own_recipe);
  EXPECT_EQ(project->own_recipe->output, "target");
  EXPECT_EQ(project->own_recipe->compiled_name, "command-{project}-{target}");
  EXPECT_EQ(parse_project("[recipe]\nname = 'x'\n", "larder.toml").error().message,
            "larder.toml:1:1: [recipe] needs 'build'");
}

}  // namespace
}  // namespace larder::config
