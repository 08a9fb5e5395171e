#include "builds/plan/take_consent.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/environment.hpp"
#include "base/text.hpp"
#include "builds/plan/named_servers.hpp"
#include "config/trust.hpp"

namespace larder::builds {
namespace {

namespace fs = std::filesystem;

/// The text in one line, whole, so that no two texts look the same.
std::string in_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\')
      line += "\\\\";
    else if (byte < 0x20 || byte == 0x7f)
      line += fmt::format("\\x{:02x}", byte);
    else
      line += c;
  }
  return line;
}

/// The path, and where it leads, if that is elsewhere: a link may change after the user has agreed.
std::string with_real(const std::string& named, const std::string& path) {
  std::error_code ignored;
  const std::string real = fs::weakly_canonical(path, ignored).string();
  return real.empty() || real == named ? named : named + ", which is " + real;
}

class Asked {
 public:
  void add(Reach reach, const std::string& text) {
    const AskedLine line{in_one_line(text), reach};
    if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
  }

  std::vector<AskedLine> lines;
};

void ask_for_files(const Plan& plan, Asked& asked) {
  for (const Bind& mount : plan.project.mounts)
    asked.add(Reach::machine,
              fmt::format("[[build.mount]] {} at {}", with_real(mount.source, mount.source), mount.path));
  for (const Included& included : plan.workspace.included)
    asked.add(Reach::machine, "[workspace] include " + with_real(included.named, included.path));
  if (plan.project.ssh_agent) asked.add(Reach::machine, "[fetch] ssh_agent = true");
}

/// What decides over the programs that are built, and who gets what was compiled.
void ask_for_remote(const config::RemoteSettings& remote, Asked& asked) {
  if (!remote.repository.empty()) asked.add(Reach::machine, "[cache] remote " + remote.repository);
  if (!remote.push.empty() && remote.push != "never") asked.add(Reach::machine, "[cache] push " + remote.push);
  for (const std::string& key : remote.public_keys) asked.add(Reach::machine, "[remote] public_keys " + key);
}

void ask_for_network(const Plan& plan, const std::vector<std::string>& own, Asked& asked) {
  if (plan.project.network) asked.add(Reach::network, "[build] network = true");
  for (const std::string& name : plan.project.build_pass_env)
    if (!contains(own, name)) asked.add(Reach::network, "[build] pass_env " + name);
  for (const std::string& name : plan.project.pass_env)
    if (!contains(own, name)) asked.add(Reach::network, "[fetch] pass_env " + name);
}

bool has_netrc() { return ::access((environment("HOME") + "/.netrc").c_str(), R_OK) == 0; }

/// What a recipe of the project's own may read of the user's home.
std::string users_files(const config::UserSettings& user) {
  std::vector<std::string> names = user.files;
  names.insert(names.end(), user.credentials.begin(), user.credentials.end());
  std::string text = fmt::format("{} in ~/{}", names.empty() ? "files" : join_words(names), user.home);
  if (!user.home_variable.empty()) text += fmt::format(" or ${}", user.home_variable);
  if (!user.paths.empty()) text += ", what its " + join_words(user.paths) + " name";
  if (!user.variables.empty()) text += ", variables " + join_words(user.variables);
  return text;
}

void ask_for_secrets(const Plan& plan, Asked& asked) {
  for (const NamedServer& server : named_servers(plan)) asked.add(Reach::machine, server.text);
}

/// The project's settings count, but what the user has not agreed to sees no secret.
void keep_secrets_back(Plan& plan) {
  for (const NamedServer& server : named_servers(plan)) {
    if (server.table.empty()) plan.kept_back.all = true;
    plan.kept_back.tables.push_back(server.table);
  }
}

/// Larder's own recipes and the user's are trusted; one of the project's is the project's word.
void ask_for_recipe(const config::Recipe& recipe, Asked& asked) {
  if (!recipe.of_project) return;
  const std::string of_it = fmt::format(" of the project's recipe {}: ", recipe.name);
  for (const std::string& toolchain : recipe.toolchains)
    if (toolchain != "/usr") asked.add(Reach::machine, "toolchains" + of_it + with_real(toolchain, toolchain));
  if (!recipe.settings.user.home.empty())
    asked.add(Reach::machine, "[settings.user]" + of_it + users_files(recipe.settings.user));
  if (!recipe.fetch) return;
  std::vector<std::string> words;
  for (const std::string& word : recipe.fetch->command) words.push_back(shell_quote(word));
  asked.add(Reach::network, "[fetch]" + of_it + join(words, " "));
  if (has_netrc()) asked.add(Reach::machine, "[fetch]" + of_it + "your ~/.netrc");
}

bool is_others(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_uid != 0 && status.st_uid != ::geteuid();
}

/// Whether another user decides what is asked for.
bool is_of_others(const Plan& plan) {
  const fs::path settings = plan.workspace.settings;
  return is_others(settings / "larder.toml") || (plan.recipe.of_project && is_others(settings / "larder" / "recipes"));
}

bool has_all(const std::vector<std::string>& texts, const std::vector<AskedLine>& lines) {
  return std::all_of(lines.begin(), lines.end(), [&](const AskedLine& line) { return contains(texts, line.text); });
}

/// What the user has said earlier; `nobody`: nothing that fits. A yes to more is a yes, and a no is one to the same
/// lines.
Result<ConsentBy> recorded_answer(const Consent& consent) {
  Os os;
  TRY_ASSIGN(const auto record, config::find_trust(os, consent.folder));
  if (!record) return ConsentBy::nobody;
  if (has_all(record->lines, consent.lines)) return ConsentBy::record;
  const bool refused = record->refused.size() == consent.lines.size() && has_all(record->refused, consent.lines);
  return refused ? ConsentBy::kept_refusal : ConsentBy::nobody;
}

/// A recipe of the project's own without what it has not been given.
void withhold_of_recipe(const Consent& consent, config::Recipe& recipe) {
  if (!recipe.of_project) return;
  std::erase_if(recipe.toolchains, [](const std::string& toolchain) { return toolchain != "/usr"; });
  recipe.settings.user = {};
  if (consent.is_refused() || consent.others) recipe.fetch.reset();
}

}  // namespace

std::vector<AskedLine> asked_lines(const Plan& plan, const std::vector<std::string>& own) {
  Asked asked;
  ask_for_files(plan, asked);
  ask_for_remote(plan.project.remote, asked);
  ask_for_network(plan, own, asked);
  ask_for_recipe(plan.recipe, asked);
  ask_for_secrets(plan, asked);
  return asked.lines;
}

Result<Consent> find_consent(const Plan& plan, const std::vector<std::string>& own, const ConsentMeans& means) {
  Consent consent{plan.workspace.settings, asked_lines(plan, own), ConsentBy::none, is_of_others(plan)};
  if (consent.lines.empty()) return consent;
  if (means.option || (is_ci() && !means.is_strangers)) {
    consent.by = means.option ? ConsentBy::option : ConsentBy::ci;
    return consent;
  }
  TRY_ASSIGN(consent.by, recorded_answer(consent));
  if (consent.by == ConsentBy::nobody && means.ask)
    consent.by = means.ask(consent) ? ConsentBy::answer : ConsentBy::refusal;
  return consent;
}

bool withhold(Plan& plan) {
  const Consent& consent = plan.consent;
  if (consent.is_given()) return false;
  config::Project& project = plan.project;
  project.mounts.clear();
  project.ssh_agent = false;
  const std::string pull = project.remote.pull;
  project.remote = {};
  project.remote.pull = pull;
  if (consent.is_refused() || consent.others) {
    project.network = false;
    project.build_pass_env.clear();
    project.pass_env.clear();
  }
  withhold_of_recipe(consent, plan.recipe);
  keep_secrets_back(plan);
  plan.users_keys = !plan.recipe.of_project && !plan.kept_back.all;
  for (const Included& included : plan.workspace.included) std::erase(project.include, included.named);
  return !plan.workspace.included.empty();
}

}  // namespace larder::builds
