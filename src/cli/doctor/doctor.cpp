#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "builds/plan/workspace.hpp"
#include "cli/commands.hpp"
#include "cli/doctor/checks.hpp"
#include "cli/offers.hpp"
#include "cli/output.hpp"
#include "cli/view/screen.hpp"

namespace larder::cli {
namespace {

struct DoctorOptions {
  std::string folder = ".";
  bool json = false;
};

/// The project whose recipe decides; no recipe outside of any project.
struct Subject {
  std::string folder;
  image::Reference image;
  config::Project project;
  std::optional<config::Recipe> recipe;
};

Result<Subject> find_subject(const std::string& start) {
  TRY(builds::check_folder(start));
  Subject subject;
  subject.folder = builds::find_project_folder(start);
  TRY_ASSIGN(subject.project, config::load_project(subject.folder));
  TRY_ASSIGN(subject.image, image::parse_reference(config::chosen_image(subject.project), subject.folder));
  return subject;
}

/// Finds by which recipe the subject is built, and looks whether there are the targets that it names.
Status find_recipe(const config::RecipeTable& recipes, const config::TargetTable& targets, Subject& subject) {
  for (const std::string& name : subject.project.targets) TRY(targets.find(name));
  if (!subject.project.recipe.empty()) {
    TRY_ASSIGN(subject.recipe, recipes.find(subject.project.recipe));
  } else if (auto detected = recipes.detect(subject.folder)) {
    subject.recipe = std::move(*detected);
  }
  return {};
}

/// Images other than the machine's own root bring their toolchains.
bool uses_host(const Subject& subject) { return subject.image.source == image::Source::host; }

/// The recipes that do not decide, in a line each.
Check summarize(const Toolchains& toolchains, const config::Recipe& recipe) {
  const std::string ready = toolchains.ready.empty() ? "no target" : join_words(toolchains.ready);
  return {Mark::note, recipe.name, toolchains.section.title + ": ready for " + ready, ""};
}

struct Verdict {
  bool can_prepare = false;  ///< the image that the project is built on
  std::vector<std::string> ready;
  std::vector<std::string> lacking;
};

std::string verdict_text(const Subject& subject, bool works, const Verdict& verdict) {
  if (!works) return "No build can run here: the sandbox or the store does not work.";
  if (!uses_host(subject))
    return verdict.can_prepare ? fmt::format("Builds can run here, on {}.", subject.image.text)
                               : fmt::format("No build can run here: {} cannot be prepared.", subject.image.text);
  if (verdict.ready.empty()) return "No build can run here: every toolchain lacks something.";
  if (!subject.recipe) return "Builds can run here.";
  std::string text = fmt::format("This project can be built for {}", join_words(verdict.ready));
  if (!verdict.lacking.empty()) text += fmt::format(", not yet for {}", join_words(verdict.lacking));
  return text + ".";
}

Result<Verdict> add_toolchains(const Subject& subject, const config::RecipeTable& recipes,
                               const config::TargetTable& targets, Diagnosis& diagnosis) {
  Verdict verdict;
  Section others{"Other recipes", {}};
  for (const config::Recipe& recipe : recipes.all()) {
    const bool decides = !subject.recipe || subject.recipe->name == recipe.name;
    const config::Project& project = decides ? subject.project : config::Project{};
    TRY_ASSIGN(Toolchains toolchains, examine_toolchains(recipe, targets, project, subject.folder,
                                                         uses_host(subject) ? Weight::wanted : Weight::optional));
    if (!decides) {
      others.checks.push_back(summarize(toolchains, recipe));
      continue;
    }
    verdict.ready.insert(verdict.ready.end(), toolchains.ready.begin(), toolchains.ready.end());
    verdict.lacking.insert(verdict.lacking.end(), toolchains.lacking.begin(), toolchains.lacking.end());
    toolchains.section.title = "Toolchains: " + toolchains.section.title;
    diagnosis.sections.push_back(std::move(toolchains.section));
  }
  if (!others.checks.empty()) diagnosis.sections.push_back(std::move(others));
  return verdict;
}

Result<Diagnosis> examine(const DoctorOptions& options) {
  const std::string user_dir = config::user_config_dir();
  TRY_ASSIGN(const config::TargetTable targets, config::load_targets(user_dir));
  TRY_ASSIGN(Subject subject, find_subject(options.folder));
  TRY_ASSIGN(const config::RecipeTable recipes,
             config::load_recipes(user_dir, subject.folder, subject.project.own_recipe));
  TRY(find_recipe(recipes, targets, subject));
  TRY_ASSIGN(const std::string path, store::default_store_path());
  Os os;
  const Result<store::Store> store = store::Store::open(os, path);
  Diagnosis diagnosis;
  const Section sandbox = examine_sandbox(store ? &*store : nullptr);
  diagnosis.sections.push_back(sandbox);
  diagnosis.sections.push_back(examine_store(path, store));
  const bool works = !sandbox.has_failed() && !diagnosis.sections.back().has_failed();
  diagnosis.sections.push_back(examine_images(subject.image));
  const bool can_prepare = !diagnosis.sections.back().has_failed();
  TRY_ASSIGN(Verdict verdict, add_toolchains(subject, recipes, targets, diagnosis));
  verdict.can_prepare = can_prepare;
  diagnosis.sections.push_back(examine_engines(sandbox, path));
  diagnosis.can_build = works && (uses_host(subject) ? !verdict.ready.empty() : can_prepare);
  diagnosis.verdict = verdict_text(subject, works, verdict);
  return diagnosis;
}

Result<int> run_doctor(const DoctorOptions& options) {
  TRY_ASSIGN(const Diagnosis diagnosis, examine(options));
  const Screen screen = detect_screen(STDOUT_FILENO);
  if (options.json)
    print_json(to_json(diagnosis));
  else
    print(format_diagnosis(diagnosis, {screen.colour, screen.unicode}));
  return diagnosis.can_build ? 0 : static_cast<int>(ErrorCode::environment);
}

}  // namespace

void add_doctor_command(const Command& larder) {
  const Command command = larder.add_command("doctor", "Check what builds need, and say what mends it");
  if (!command.is_asked_for()) return;
  const auto options = std::make_shared<DoctorOptions>();
  command.add_option("-C,--project", options->folder, "The project's folder").value_name("DIR").offers(offer_folders());
  command.add_flag("--json", options->json, "Print the result as JSON");
  command.set_footer("Exit code 3 when no build can run here.");
  command.set_action([options] { return run_doctor(*options); });
}

}  // namespace larder::cli
