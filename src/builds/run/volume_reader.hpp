#pragma once

#include <functional>
#include <string>
#include <vector>

#include "builds/plan/plan.hpp"
#include "builds/run/make_rules.hpp"
#include "builds/run/noted_files.hpp"
#include "source/entry.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// Reads what the files of a volume tell that match keys of `[content]` in the recipe. Each costs a walk through it.
struct VolumeReader {
  std::function<Result<NotedFiles>()> notes;  ///< `notes` and `told`: what has been read
  std::function<Result<MakeRules>()> rules;   ///< `rules` and `commands`: what the tool has decided to run
};

/// The reader of a volume with these layers, which a project with these entries has. The references must outlive it.
VolumeReader volume_reader(const store::Store& store, const Plan& plan, const source::Entries& entries,
                           const std::vector<std::string>& layers);

}  // namespace larder::builds
