#pragma once

#include <string>

#include "base/file_lock.hpp"
#include "cli/cache/volume.hpp"
#include "cli/command_line.hpp"
#include "store/branch/history.hpp"
#include "store/store.hpp"

namespace larder::cli {

/// A volume with its history. What the volume has stays in the store as long as this lives.
struct OpenVolume {
  store::Store store;
  FileLock lock;
  ChosenVolume chosen;
  store::History history;
};

/// Opens the volume that was named on the command line, and says on stderr which variant it is where there are
/// several. ErrorCode::usage for an unknown one.
Result<OpenVolume> open_volume(Os& os, const std::string& name);

/// The volumes that were named on the command line to go to others: chosen as `open_volume` does, but that what
/// untrusted builds have left is meant only where it is named with its variant, or there is nothing else.
Result<std::vector<store::VolumeKey>> choose_volumes(const store::Store& store, const std::vector<std::string>& names);

/// The generation whose id begins with `text`, or the current one where `text` is empty. ErrorCode::usage where there
/// is none.
Result<store::Generation> choose_generation(const OpenVolume& volume, const std::string& text);

/// Adds a command about one volume, whose name is the command's first word.
Command add_volume_command(const Command& cache, const std::string& name, const std::string& description,
                           std::string& volume);

/// Adds a word that names a generation. `what` says more about it than that in the command's help.
Option add_generation(const Command& command, const char* name, std::string& generation, const char* what = "");

}  // namespace larder::cli
