#include "builds/run/remote_pull.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "builds/run/fork_requests.hpp"
#include "share/offer.hpp"
#include "share/remote_name.hpp"
#include "share/remote_note.hpp"
#include "source/record.hpp"
#include "store/branch/ref.hpp"

namespace larder::builds {
namespace {

constexpr double question_seconds = 10;
constexpr double copy_seconds_min = 30;

/// How much of a volume's state is as the project is.
struct Nearness {
  size_t different = 0;
  size_t same = 0;

  /// Otherwise a build starts from nothing.
  bool is_useful() const { return same * 2 >= same + different; }
};

/// No value where the record cannot be read.
std::optional<Nearness> nearness(const std::string& record, const ProjectState& project) {
  const auto decoded = source::Record::decode(record);
  if (!decoded) return std::nullopt;
  const source::Difference difference = source::compare(decoded->entries, project.entries);
  return Nearness{difference.count(), difference.same};
}

/// A state in the registry, and how near it is; none where a volume is a download's.
struct Candidate {
  share::Offer offer;
  Nearness nearness;

  int64_t seconds() const { return offer.statement ? offer.statement->seconds : offer.arrived.description.newest; }
};

bool is_nearer(const Candidate& a, const Candidate& b) {
  if (a.nearness.different != b.nearness.different) return a.nearness.different < b.nearness.different;
  return a.seconds() > b.seconds();
}

class RemotePull {
 public:
  RemotePull(BuildContext& context, PullReport& report)
      : context_(context), store_(context.home.store), remote_(*context.options.remote), report_(report) {
    share::Patience patience;
    patience.question_seconds = question_seconds;
    patience.copy_seconds = copy_seconds_min;
    patience.retries = 0;
    patience.stop = [this] {
      context_.progress.tick();
      return context_.supervisor.look_for_signals();
    };
    remote_.registry.set_patience(patience);
    patience_ = std::move(patience);
  }

  /// Those targets for which there is anything to ask.
  Result<std::vector<const TargetPlan*>> to_ask_for(const std::vector<const TargetPlan*>& targets) const {
    if (context_.plan.remote.pull == PullPolicy::newer) return targets;
    std::vector<const TargetPlan*> missing;
    for (const TargetPlan* target : targets) {
      TRY_ASSIGN(const auto here, states_here(*target));
      if (here.empty()) missing.push_back(target);
    }
    return missing;
  }

  bool is_due() const {
    const auto note = share::find_remote_note(store_, share::note_about(remote_, "pull"));
    return !note || share::may_ask_again(*note, remote_.signing.now());
  }

  Status run(const std::vector<const TargetPlan*>& targets) {
    for (const TargetPlan* target : targets) {
      context_.progress.waiting(target->target.name, "for " + remote_.registry.repository());
      TRY(pull_downloads(*target));
      TRY(pull_compiled(*target));
    }
    return {};
  }

  void note(const std::string& outcome, bool good) const {
    share::RemoteNote made = share::note_about(remote_, "pull");
    made.outcome = outcome;
    made.good = good;
    (void)share::write_remote_note(store_, made);  // without it the next build asks again
  }

 private:
  std::vector<std::string> branches() const {
    std::vector<std::string> names;
    for (const std::string& branch : {remote_.line.branch, remote_.line.default_branch})
      if (!branch.empty() && !contains(names, branch)) names.push_back(branch);
    return names;
  }

  Result<std::optional<share::Offer>> find(const std::string& branch, const store::VolumeSpec& spec) const {
    return share::find_offer(store_, remote_, branch, share::tag_of(remote_.line.project, branch, spec), holder());
  }

  std::string holder() const { return builds::holder(context_.plan, "pull"); }

  /// The generations here that the target's build could start from: its own, and its siblings' on the same image.
  Result<std::vector<store::Generation>> states_here(const TargetPlan& target) const {
    TRY_ASSIGN(const auto request, compiled_request(store_, context_.plan, target));
    std::vector<store::VolumeKey> keys = request.siblings;
    keys.push_back(target.compiled.key);
    std::vector<store::Generation> states;
    for (const store::VolumeKey& key : keys) {
      auto current = store::current_generation(store_, key);
      if (!current || !*current || (*current)->empty() || (*current)->source.record.empty()) continue;
      if ((*current)->spec.image == target.compiled.image) states.push_back(std::move(**current));
    }
    return states;
  }

  /// How many entries differ in the nearest state here; no value where there is none of use.
  Result<std::optional<size_t>> nearest_here(const TargetPlan& target, const ProjectState& project) const {
    TRY_ASSIGN(const auto states, states_here(target));
    std::optional<size_t> least;
    for (const store::Generation& state : states) {
      const auto record = store::read_source(store_, state.source.record);
      const auto found = record ? nearness(*record, project) : std::nullopt;
      if (found && found->is_useful() && (!least || found->different < *least)) least = found->different;
    }
    return least;
  }

  Status pull_compiled(const TargetPlan& target) {
    TRY_ASSIGN(const auto project, context_.project.state());
    TRY_ASSIGN(const auto here, nearest_here(target, *project));
    if (here && *here == 0) return {};
    std::vector<Candidate> candidates;
    for (const std::string& branch : branches()) {
      TRY_ASSIGN(auto offer, find(branch, target.compiled));
      if (!offer) continue;
      const auto found = nearness(offer->arrived.source, *project);
      if (found && found->is_useful()) candidates.push_back({std::move(*offer), *found});
    }
    const auto best = std::min_element(candidates.begin(), candidates.end(), is_nearer);
    if (best == candidates.end() || (here && *here <= best->nearness.different)) return {};
    return take(best->offer);
  }

  /// What all targets' builds fetch, unless a project says from where: other projects read it, too. Where one of them
  /// has it here, the others get it from that one.
  Status pull_downloads(const TargetPlan& target) {
    if (remote_.is_projects) return {};
    const size_t fetched = std::min(target.downloads.size(), context_.plan.recipe.downloads.size());
    for (size_t i = 0; i < fetched; ++i) {
      bool is_here = false;
      for (const store::VolumeKey& key : context_.plan.siblings[i]) {
        const auto current = store::current_generation(store_, key);
        is_here = is_here || !current || (*current && !(*current)->empty());
      }
      if (is_here) continue;
      for (const std::string& branch : branches()) {
        TRY_ASSIGN(const auto offer, find(branch, target.downloads[i]));
        if (!offer) continue;
        TRY(take(*offer));
        break;
      }
    }
    return {};
  }

  /// To fetch it must not take longer than to build it.
  Status take(const share::Offer& offer) {
    share::Patience patience = patience_;
    patience.copy_seconds = std::max(copy_seconds_min, offer.arrived.description.seconds);
    share::Remote patient = remote_;
    patient.registry.set_patience(std::move(patience));
    TRY_ASSIGN(const share::Pulled pulled, share::take_offer(store_, patient, offer, holder()));
    if (!pulled.taken.changed) return {};
    report_.volumes.push_back(
        {pulled.volume, pulled.pulled_bytes, pulled.all_bytes, pulled.statement ? pulled.statement->commit : ""});
    return {};
  }

  BuildContext& context_;
  const store::Store& store_;
  share::Remote remote_;
  share::Patience patience_;
  PullReport& report_;
};

std::string in_words(const Error& error) { return error.message + (error.cause.empty() ? "" : ": " + error.cause); }

std::string outcome_of(const PullReport& report) {
  std::vector<std::string> parts;
  for (const PulledVolume& one : report.volumes)
    parts.push_back(
        fmt::format("{}: {} of {}", one.volume, format_bytes(one.pulled_bytes), format_bytes(one.all_bytes)));
  return parts.empty() ? "nothing that is nearer than what is here" : join(parts, ", ");
}

}  // namespace

PullReport pull_for_builds(BuildContext& context, const std::vector<const TargetPlan*>& targets) {
  PullReport report;
  if (context.options.remote == nullptr) return report;
  if (context.home.plain) {
    report.note = context.plan.engine.name() + " keeps the caches itself: nothing is pulled or pushed";
    return report;
  }
  if (context.plan.remote.pull == PullPolicy::never) return report;
  RemotePull pull(context, report);
  const auto wanted = pull.to_ask_for(targets);
  if (!wanted || wanted->empty() || !pull.is_due()) return report;  // a damaged store is an error where it is used
  pull.note("begun, and not ended", false);
  const Status done = pull.run(*wanted);
  context.project.forget();  // it may have changed meanwhile
  if (!done && done.error().code != ErrorCode::interrupted)
    report.note = fmt::format("built without {}: {}", context.options.remote->registry.repository(),
                              in_words(done.error()) + (done.error().hint.empty() ? "" : "; " + done.error().hint));
  pull.note(done ? outcome_of(report) : in_words(done.error()), done.has_value());
  return report;
}

}  // namespace larder::builds
