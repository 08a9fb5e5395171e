#include "builds/image/outdated.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "builds/image/image_step.hpp"
#include "store/space/collect.hpp"

namespace larder::builds {
namespace {

using image::Newer;
using image::StepKind;
using image::StepRecord;
using Answers = std::vector<Newer>;

/// The names of the packages that `larder image update` would move by itself.
std::set<std::string> own_packages(const AskedImage& image) {
  std::set<std::string> names;
  for (const StepRecord& record : image.pinned.records) {
    const bool of_packages = record.step.kind == StepKind::base && record.source.empty();
    if (!of_packages && record.step.kind != StepKind::packages) continue;
    for (const std::string& package : record.packages) {
      names.insert(package.substr(0, package.find('=')));
      names.insert(package.substr(0, package.find(':')));
    }
  }
  return names;
}

/// A name with a digest means always the same, and what is made of packages has none.
bool can_move(const AskedImage& image) {
  return !image.pinned.records.front().source.empty() && image.chain.reference.name.find('@') == std::string::npos;
}

class Questions {
 public:
  Questions(const store::Store& store, const std::string& machine, Progress& progress, Signals& signals)
      : store_(store), machine_(machine), progress_(progress), signals_(signals) {}

  Status ask_for(const AskedImage& image) {
    if (can_move(image)) TRY(ask_for_base(image));
    const std::set<std::string> names = own_packages(image);
    return names.empty() ? Status() : ask_for_packages(image, names);
  }

  std::vector<Outdated> take() { return std::move(found_); }

 private:
  Status ask_for_base(const AskedImage& image) {
    const StepRecord& base = image.pinned.records.front();
    const auto known = bases_.find(image.chain.reference.text);
    if (known == bases_.end()) {
      TRY_ASSIGN(const image::Preparation question, image::question_for_base(image.chain.reference, base));
      TRY_ASSIGN(bases_[image.chain.reference.text], ask(image, {}, question));
    }
    for (const Newer& answer : bases_.at(image.chain.reference.text))
      if (answer.newest != base.source) add({true, base.step.request.front(), base.source, answer.newest, {}}, image);
    return {};
  }

  Status ask_for_packages(const AskedImage& image, const std::set<std::string>& names) {
    const std::string& digest = image.pinned.records.back().digest;
    if (!packages_.contains(digest)) {
      TRY_ASSIGN(const auto stored, image::find_image(store_, image.chain.reference.volume_name(), digest));
      if (!stored) return fail(ErrorCode::environment, "an image went away while it was looked at", {}, "try again");
      TRY_ASSIGN(const image::Preparation question, image::question_for_packages(image.chain.reference));
      TRY_ASSIGN(packages_[digest], ask(image, stored, question));
    }
    for (const Newer& answer : packages_.at(digest))
      if (names.contains(answer.name)) add({false, answer.name, answer.pinned, answer.newest, {}}, image);
    return {};
  }

  Result<Answers> ask(const AskedImage& image, const std::optional<image::Stored>& parent,
                      const image::Preparation& question) {
    const image::Step named{StepKind::commands, {parent ? "which packages are newer" : "which digest is the newest"}};
    ImageStep step(store_, {image.chain.reference, named, parent, {}, machine_});
    Supervisor supervisor(progress_, signals_);
    Answers answers;
    const MessageFilter filter{[](std::string_view) { return false; },
                               [&](const std::string& line) {
                                 const auto answer = image::parse_newer(line);
                                 if (answer) answers.push_back(*answer);
                                 return answer.has_value();
                               }};
    TRY_ASSIGN(Log log, step.open_log());
    TRY_ASSIGN(auto process, step.ask(question));
    progress_.started(image.target);
    progress_.line(image.target, parent ? "looking for newer packages" : "looking at " + image.chain.reference.text);
    supervisor.add(image.target, std::move(process), std::move(log), filter);
    std::vector<Ended> ended;
    while (ended.empty()) {
      TRY_ASSIGN(ended, supervisor.step());
    }
    if (supervisor.interrupted()) return fail(ErrorCode::interrupted, "interrupted");
    if (ended.front().ending.exit_code != 0)
      return fail(image::preparation_error(parent ? image::Step{StepKind::packages, {}} : image.chain.steps.front(),
                                           ended.front().last_lines));
    return answers;
  }

  void add(Outdated newer, const AskedImage& image) {
    const auto known = std::find_if(found_.begin(), found_.end(), [&](const Outdated& other) {
      return other.is_base == newer.is_base && other.name == newer.name && other.pinned == newer.pinned;
    });
    if (known != found_.end()) return known->targets.push_back(image.target);
    newer.targets = {image.target};
    found_.push_back(std::move(newer));
  }

  const store::Store& store_;
  const std::string& machine_;
  Progress& progress_;
  Signals& signals_;
  std::map<std::string, Answers> bases_;     ///< by the reference
  std::map<std::string, Answers> packages_;  ///< by the image's digest
  std::vector<Outdated> found_;
};

}  // namespace

Result<std::vector<Outdated>> find_outdated(const store::Store& store, const std::vector<AskedImage>& images,
                                            const std::string& machine, Progress& progress) {
  TRY_ASSIGN(Signals signals, Signals::block());
  Questions questions(store, machine, progress, signals);
  Status asked;
  for (const AskedImage& image : images)
    if (asked) asked = questions.ask_for(image);
  (void)store::collect(store);  // what they have left; an error here would hide the one that counts
  TRY(std::move(asked));
  std::vector<Outdated> found = questions.take();
  std::stable_sort(found.begin(), found.end(), [](const Outdated& a, const Outdated& b) {
    return a.is_base != b.is_base ? a.is_base : a.name < b.name;
  });
  return found;
}

}  // namespace larder::builds
