#include "image/chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "image/rust_toolchain.hpp"
#include "image/zig.hpp"

namespace larder::image {
namespace {

constexpr std::string_view target_prefix = "target:";

using Words = std::vector<std::string>;

/// Each step is a layer, and kernels before 6.7 mount about a hundred.
constexpr size_t own_lines_max = 40;

class Builder {
 public:
  Builder(const config::Recipe& recipe, const config::Target& target, const config::Target& machine,
          const config::Placeholders& placeholders, const std::optional<RustPin>& rust)
      : recipe_(recipe), target_(target), machine_(machine), placeholders_(placeholders), rust_(rust) {}

  Status add_toolchain() {
    TRY(check_needs());
    Words common = recipe_.image.packages;
    Words own;
    for (const config::Need& need : recipe_.needs) {
      if (rust_ && !need.component.empty()) continue;
      if (!need.package.starts_with(target_prefix))
        add_words(common, need.package);
      else if (!is_images_own(need.package.substr(target_prefix.size())))
        add_words(own, target_package(need.package));
    }
    for (const std::string& key : recipe_.image.target_packages)
      if (!is_images_own(key)) add_words(own, target_.package(key, machine_));
    if (rust_) add_all(common, rust_tools());
    TRY(add_zig());
    TRY(add_packages(common));
    TRY(add_rust());
    TRY(add_scripts(""));
    TRY(add_packages(own));
    return add_scripts(target_.libc);
  }

  /// What the project adds: Debian builds its libraries for glibc, so one for a target with another libc would be found
  /// by nothing, or be wrong.
  Status add_project_packages(const Words& packages) {
    for (const std::string& word : packages) {
      if (!word.ends_with(":target")) continue;
      if (target_.toolchain == config::Toolchain::zig && !target_.glibc.empty()) return fail(too_new(word));
      if (has_package_for_libc(word)) continue;
      return fail(ErrorCode::usage,
                  fmt::format("{} cannot be had for {}", word.substr(0, word.rfind(':')), target_.name),
                  fmt::format("Debian builds it for glibc; there is no {} build of it in Debian", target_.libc),
                  other_libc_hint());
    }
    return add_packages(packages);
  }

  Status add_packages(const Words& packages) {
    std::set<std::string> wanted;
    for (const std::string& word : packages) {
      TRY_ASSIGN(const std::string name, config::expand(word, placeholders_));
      wanted.insert(for_architecture(name));
    }
    for (const std::string& known : installed_) wanted.erase(known);
    if (wanted.empty()) return {};
    installed_.insert(wanted.begin(), wanted.end());
    steps_.push_back({StepKind::packages, {wanted.begin(), wanted.end()}});
    return {};
  }

  void add_commands(const Words& commands) {
    if (!commands.empty()) steps_.push_back({StepKind::commands, commands});
  }

  /// Each a step of its own, which stays while what stands above it is the same; of many the rest is one.
  void add_lines(const Words& lines) {
    const size_t own = std::min(lines.size(), own_lines_max);
    const auto rest = lines.begin() + static_cast<std::ptrdiff_t>(own);
    for (auto line = lines.begin(); line != rest; ++line) add_commands({*line});
    add_commands({rest, lines.end()});
  }

  Words missing() const { return missing_; }
  std::vector<Step> take_steps() { return std::move(steps_); }

 private:
  static void add_all(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

  /// Right on the base, since its libraries take minutes: so they are the same for all recipes.
  Status add_zig() {
    if (target_.toolchain != config::Toolchain::zig) return {};
    TRY(add_packages(zig_tools()));
    steps_.push_back(zig_step());
    steps_.push_back(zig_target_step(target_));
    return {};
  }

  /// What is for all targets, and the library of this one, which the next build may have others than.
  Status add_rust() {
    if (!rust_) return {};
    TRY_ASSIGN(Step step, rust_step(*rust_, machine_.triple));
    steps_.push_back(std::move(step));
    const bool is_there = target_.triple == machine_.triple || contains(rust_->targets, target_.triple);
    if (!is_there) steps_.push_back(rust_target_step(target_.triple));
    return {};
  }

  /// Whether what gives this key is there by the project's doing.
  bool is_images_own(const std::string& key) const {
    return target_.toolchain == config::Toolchain::image && contains(Words{"cc", "cxx", "linker"}, key);
  }

  static void add_words(Words& words, const std::string& packages) {
    for (const std::string& package : split(packages, ' '))
      if (!package.empty()) words.push_back(package);
  }

  /// The libc itself, and the kernel's headers, which are for any.
  bool has_package_for_libc(const std::string& word) const {
    return target_.libc == "glibc" || word.starts_with(target_.libc) || word == "linux-libc-dev:target";
  }

  /// Zig links with stubs of the old glibc, and no Debian that is to be had is as old.
  Error too_new(const std::string& word) const {
    const std::string name = word.substr(0, word.rfind(':'));
    return {ErrorCode::usage, fmt::format("{} cannot be had for {} with glibc {}", name, target_.name, target_.glibc),
            "Debian's library needs the glibc of its own release, which is newer",
            "let the project build its own (crates often have a feature `vendored` or `bundled`), or take `glibc` out "
            "of larder.toml",
            0};
  }

  std::string other_libc_hint() const {
    const std::string own = "let the project build its own (crates often have a feature `vendored` or `bundled`)";
    const std::string others = "; a package that other targets need belongs in their [target.NAME]";
    if (target_.libc != "musl") return own + others;
    return fmt::format(
        "{}, or take it from an image of musl's: image = \"docker.io/library/alpine:3\" and prepare = "
        "[\"apk add …\"] in [target.{}] of larder.toml{}",
        own, target_.name, others);
  }

  std::string target_package(const std::string& package) const {
    return target_.package(package.substr(target_prefix.size()), machine_);
  }

  /// "libfuse-dev:target"; what is for the machine itself needs no architecture.
  std::string for_architecture(const std::string& name) const {
    std::string full = name;
    if (full.ends_with(":target")) full = full.substr(0, full.size() - 6) + target_.debian_arch;
    const std::string own = ":" + machine_.debian_arch;
    return full.ends_with(own) ? full.substr(0, full.size() - own.size()) : full;
  }

  bool has_script() const {
    return std::any_of(recipe_.image.scripts.begin(), recipe_.image.scripts.end(),
                       [&](const config::ImageScript& script) { return script.libc == target_.libc; });
  }

  /// What no package gives, a script for the target's libc is there for.
  Status check_needs() {
    for (const config::Need& need : recipe_.needs) {
      if (rust_ && !need.component.empty()) continue;
      const bool given = !need.package.starts_with(target_prefix) || !target_package(need.package).empty();
      if (given || has_script() || is_images_own(need.package.substr(target_prefix.size()))) continue;
      TRY_ASSIGN(const std::string what, config::expand(need.what, placeholders_));
      missing_.push_back(what);
    }
    return {};
  }

  Status add_scripts(const std::string& libc) {
    Words texts;
    for (const config::ImageScript& script : recipe_.image.scripts) {
      const bool has_package = script.package.empty() || installed_.contains(script.package);
      if (script.libc != libc || !has_package) continue;
      TRY_ASSIGN(const Words arguments, config::expand_all(script.arguments, placeholders_));
      Words quoted;
      for (const std::string& argument : arguments) quoted.push_back(shell_quote(argument));
      texts.push_back(fmt::format("set -- {}\n{}", join(quoted, " "), script.text));
    }
    add_commands(texts);
    return {};
  }

  const config::Recipe& recipe_;
  const config::Target& target_;
  const config::Target& machine_;
  config::Placeholders placeholders_;
  const std::optional<RustPin>& rust_;
  std::vector<Step> steps_;
  std::set<std::string> installed_;
  Words missing_;
};

Words joined(Words all, const Words& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

Result<Chain> chain_for(const Reference& reference, const config::Recipe& recipe, const config::Target& target,
                        const config::Target& machine, const config::Placeholders& placeholders,
                        const config::Project& project, const std::optional<RustPin>& rust) {
  config::Placeholders values = placeholders;
  values["toolchain"] = rust ? rust_folder : "/usr";
  values["rustup"] = "";
  Builder builder(recipe, target, machine, values, rust);
  if (reference.source == Source::debian) TRY(builder.add_toolchain());
  if (const Words missing = builder.missing(); !missing.empty())
    return fail(ErrorCode::environment, fmt::format("{} cannot build for {}", reference.text, target.name),
                "Debian has no package with " + join_words(missing),
                "take an image that has it, or this machine's own tools: `--image host`");
  const auto found = project.of_target.find(target.name);
  const config::ProjectTarget own = found == project.of_target.end() ? config::ProjectTarget() : found->second;
  TRY(builder.add_project_packages(joined(project.packages, own.packages)));
  builder.add_lines(joined(project.prepare, own.prepare));
  Chain chain{reference, {{StepKind::base, {reference.text}}}};
  for (Step& step : builder.take_steps()) chain.steps.push_back(std::move(step));
  return chain;
}

}  // namespace larder::image
