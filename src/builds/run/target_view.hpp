#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "builds/run/project_state.hpp"
#include "builds/run/told_runs.hpp"
#include "builds/run/unnoticed.hpp"
#include "engine/engine.hpp"
#include "engine/opened_files.hpp"
#include "source/corrections.hpp"
#include "source/record.hpp"
#include "source/shown.hpp"
#include "store/branch/transaction.hpp"

namespace larder::builds {

/// What one target's build sees at /workspace: the project, what earlier builds of the target have left, and between
/// and above them what makes tools that compare times see content (source/shown.hpp).
class TargetView {
 public:
  TargetView(const Plan& plan, const store::Store& store, std::shared_ptr<const ProjectState> project)
      : plan_(plan), store_(store), project_(std::move(project)), unnoticed_(store.os(), plan, project_->entries) {}

  /// Chooses, for the fork of the compiled volume, the generation whose source record differs least from the project,
  /// and decides what is shown above it. None where less than half is the same, or where the recipe's tool could not
  /// see a change that was made. Of a generation that was made on another image than this only what is of use on it
  /// (builds/run/other_image.hpp). The view and the target must outlive the function.
  store::ChooseBase chooser(const TargetPlan& target);

  /// The same, but only a generation that needs no view: whose tools see the truth in the project's own folder.
  store::ChooseBase plain_chooser();
  /// For a fork that starts from nothing, whatever there is.
  store::ChooseBase empty_chooser();

  /// Why the build starts from nothing although there is a volume; else empty.
  const std::string& reason() const { return reason_; }
  const source::Shown& shown() const { return shown_; }
  /// Whether the build starts from a part of what was made on another image.
  bool leaves_out_of_image() const { return !of_image_.empty(); }

  /// Whether the chosen generation's build renames folders of the source tree.
  bool renames_folders() const { return renames_folders_; }
  void set_renames_folders() { renames_folders_ = true; }

  /// Makes the layers that the view needs beside those of the fork. False where the project has changed since it was
  /// looked at: then a new view is needed.
  Result<bool> prepare(const store::Fork& fork);
  /// Puts the view's layers around the volume's own in `mount`, and into `spec` what is shown in it besides.
  void complete(engine::Spec& spec, engine::VolumeMount& mount) const;
  /// What to watch of the project, so that `file` tells which of its files the build opens. No value where the build
  /// would open all of them.
  std::optional<engine::Watched> watched(int file) const;

  /// For the commit, once the tool has ended: looks again at the project and into the upper of the transaction's last
  /// fork, and gives the source record of what was built. None where the tool has changed nothing of what was built
  /// from just this: then the record that there is still says what it was built from, whatever has changed meanwhile.
  /// `opened` is what the engine has seen the build open.
  Result<std::optional<store::NewSource>> record(store::Transaction& transaction, const engine::Opened& opened);
  /// After `record`: the files of the source tree that this build has written. Where the tool builds in the source
  /// tree, what it has made there is no such file, unless the project wants it back.
  const std::vector<std::string>& new_writes() const { return new_writes_; }
  /// The project's links that lead to what builds are not shown, but for those that the chosen generation's build had,
  /// too.
  std::vector<source::LinkOut> new_links_out() const;
  const source::Walk& walk() const { return project_->walk; }
  const ProjectState& state() const { return *project_; }

 private:
  struct Candidate {
    size_t place = 0;
    source::Record record;
    source::Difference difference;
  };

  Result<std::optional<size_t>> choose(const std::vector<store::Generation>& candidates);
  const std::optional<std::vector<std::string>>& folders_to_leave_out(const store::Generation& generation);
  Result<std::optional<size_t>> choose_among(const std::vector<store::Generation>& generations,
                                             const std::vector<size_t>& places);
  Result<std::vector<Candidate>> read_candidates(const std::vector<store::Generation>& generations,
                                                 const std::vector<size_t>& places);
  Result<std::optional<Candidate>> read_candidate(const std::vector<store::Generation>& generations,
                                                  size_t place) const;
  std::vector<std::string> differing(const Candidate& candidate) const;
  Result<RunsAgain> runs_of(const Candidate& candidate, const store::Generation& generation) const;
  bool writes_again(const Candidate& candidate, const std::string& path) const;
  source::Record base_of(const Candidate& candidate) const;
  Result<bool> decide_above(const Candidate& candidate, const store::Generation& generation);
  bool differs_at_all(const Candidate& candidate) const;
  bool configures_anew(const Candidate& candidate) const;
  Result<std::string> result_in_doubt(const Candidate& candidate, const store::Generation& generation) const;
  Result<std::set<std::string>> files_to_forget(const Candidate& candidate, const store::Generation& generation);
  std::string blind_spot(const source::Difference& difference) const;
  std::string new_name_in_text(const Candidate& candidate) const;
  VolumeReader reader_of(const store::Generation& generation) const;
  Result<std::string> blind_in_texts(const Candidate& candidate);
  void start_from_nothing();
  bool needs_no_view() const;
  void note_new_writes(const source::Record& record);
  void forget_writes_of_tests(source::Record& record) const;
  std::vector<std::string> all_opened(const engine::Opened& opened) const;

  const Plan& plan_;
  const store::Store& store_;
  std::shared_ptr<const ProjectState> project_;
  Unnoticed unnoticed_;
  source::Shown shown_;
  source::Entries built_from_;              ///< as the chosen generation's build has seen the project
  std::vector<std::string> opened_before_;  ///< by the builds of the chosen generation; sorted
  std::set<std::string> ever_opened_;       ///< also by those of generations that were passed over
  const TargetPlan* target_ = nullptr;
  /// Of other images, by their digests: the folders without which their generations are of use; no value: they are not.
  std::map<std::string, std::optional<std::vector<std::string>>> other_images_;
  std::vector<std::string> of_image_;  ///< folders that the chosen generation has of another image
  RunsAgain runs_;                     ///< of the candidate that is looked at
  std::set<std::string> forgotten_;    ///< files of the chosen generation that may not be as they would be made now
  bool chosen_ = false;
  bool is_as_recorded_ = false;  ///< the project is in all as the chosen generation's build has seen it
  bool renames_folders_ = false;
  bool counts_anew_ = false;  ///< sources count as changed that are not, since something that they read has
  std::string reason_;
  std::vector<std::string> new_writes_;
  source::CorrectionsLayer checkout_;
  source::CorrectionsLayer mask_;
  source::CorrectionsLayer corrections_;
};

}  // namespace larder::builds
