#pragma once

#include <string>
#include <vector>

#include "builds/plan/plan.hpp"

namespace larder::builds {

/// What the project asks for, by its larder.toml, its own recipe and its settings of the tool. The names of variables
/// in `own`, as `--env` has them, are the caller's own wish. The plan has its project, recipe and workspace.
std::vector<AskedLine> asked_lines(const Plan& plan, const std::vector<std::string>& own);

/// Decides what counts: by the option, by CI, by what is recorded, else by asking. Nothing is recorded.
Result<Consent> find_consent(const Plan& plan, const std::vector<std::string>& own, const ConsentMeans& means);

/// Takes out of the plan what does not count. Gives whether folders that were shown have gone with it, so that the
/// workspace must be opened anew.
bool withhold(Plan& plan);

}  // namespace larder::builds
