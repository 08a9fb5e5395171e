#pragma once

#include "builds/plan/plan.hpp"
#include "builds/run/target_view.hpp"
#include "builds/run/volume_home.hpp"
#include "engine/engine.hpp"
#include "store/branch/transaction.hpp"

namespace larder::builds {

enum class Phase {
  fetch,       ///< with the network, and the user's secrets for it: nothing of the project's runs
  tree_fetch,  ///< with the network, in the build tree: the project's own code runs
  build,
  hand  ///< the user's own command, which works in the project's real folder
};

/// What the engine needs to run something for this target with the transaction's volumes: the recipe's environment,
/// the workspace and the phase's network. The caller sets `command` and `stdio`. `view` is what the last fork, the
/// compiled volume, shows of the project; null in the phase `hand`, and where the engine keeps the volumes itself.
Result<engine::Spec> make_spec(const Plan& plan, const TargetPlan& target, const VolumeHome& home,
                               const store::Transaction& transaction, Phase phase, const TargetView* view);

/// For a second run on the uppers of one transaction: gives it an empty root, and each upper a new work folder, since
/// overlayfs refuses one that it has used without syncing.
Status renew_folders(const store::Store& store, engine::Spec& spec);

/// Makes the folder in the project that finished binaries go to. ErrorCode::usage where there is something else.
Status make_target_folder(const Plan& plan);

/// The same, and the folder that the tool builds in: where the workspace is the project's own folder, something is
/// mounted there.
Status make_output_folders(const Plan& plan);

/// What the native engine needs to run a command as root in the target's image, with the network and the project's
/// folder: a place to try packages and commands in. The transaction holds the image alone.
Result<engine::Spec> make_image_spec(const Plan& plan, const TargetPlan& target, const store::Store& store,
                                     const store::Transaction& transaction, const config::Command& command);

/// Whether no folder of PATH has the program that the command begins with. An image made here can be looked into; of
/// the machine's own root the sandbox shows these folders at the same paths. What cannot be known may be there.
bool lacks_program(const store::Store& store, const engine::Spec& spec);

/// One command that runs all of these, stopping at the first that fails.
config::Command chain(const std::vector<config::Command>& commands);

/// The command, once the recipe's files in the workspace are there: each is written where it has another text, so that
/// a tool that compares times sees nothing new in one that is as before. `make_spec` shows the others.
config::Command with_files(const std::vector<config::BuildFile>& files, const config::Command& command);

}  // namespace larder::builds
