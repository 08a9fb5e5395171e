#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mount_spec.hpp"
#include "image/apt_view.hpp"
#include "image/reference.hpp"
#include "image/step_record.hpp"

namespace larder::image {

/// How a step is made: a command that runs as root in a sandbox with the network. All that it leaves in the new image's
/// root filesystem is the step's layer.
struct Preparation {
  bool on_machine = false;  ///< on the machine's own root, with the layer at /image; else on the parent image itself
  std::vector<std::string> command;
  std::map<std::string, std::string> env;
  std::vector<Bind> files;      ///< shown read-only, too
  std::vector<TextFile> texts;  ///< likewise, from memory; may be secret
  bool uses_apt = false;        ///< wants apt's cache at `apt_cache_folder`
  bool keeps_tmp = false;       ///< finds in /tmp what the step before has left there, and leaves it to the next
  std::string note = {};        ///< what the user has to know of it
  std::string hint = {};        ///< what helps where it fails, in place of what its output tells
};

/// Where preparations on an image have a folder that is gone afterwards.
inline constexpr const char* scratch_folder = "/run/larder/scratch";
inline constexpr const char* apt_cache_folder = "/var/cache/apt";

/// The preparation of a step. `pinned` is what the step has to become, from a lock; nullptr: the newest. An error where
/// the machine lacks a program that it takes.
Result<Preparation> preparation_of(const Step& step, const Reference& reference, const std::string& machine,
                                   const StepRecord* pinned);

/// A word for where a base of Debian's would be from now: the sources of its packages, or its registry. Empty for
/// another base, and where there is no way to have one.
std::string base_sources(const Reference& reference, const StepRecord* pinned);

/// How a person looks around in an image: a shell, or the command, with apt's lists in one of Debian's packages.
Result<Preparation> shell_in(const Reference& reference, const std::vector<std::string>& command);

/// What tells, in lines of its output, which packages of an image made from this one's steps a mirror has newer, or
/// which digest a base from elsewhere, pinned to this record, has now. `parse_newer` reads these lines. Nothing of it
/// is to be kept.
Result<Preparation> question_for_packages(const Reference& reference);
Result<Preparation> question_for_base(const Reference& reference, const StepRecord& pinned);

/// A package or a base of which there is a newer version.
struct Newer {
  std::string name;    ///< of a base empty
  std::string pinned;  ///< of a base empty
  std::string newest;
};

/// What a line of a question's output tells; no value: nothing.
std::optional<Newer> parse_newer(const std::string& line);

/// Why a preparation's command has failed, from the end of its output.
Error preparation_error(const Step& step, const std::vector<std::string>& last_lines);

/// Why the project's or a recipe's own commands have failed: which, with which exit code, and what they said last.
Error command_error(const Step& step, const std::vector<std::string>& last_lines, int exit_code);

/// Takes PATH and the other variables from the configuration of a registry's image (its config.json) into the record,
/// which is left as it is where that text cannot be read.
void take_configuration(const std::string& text, StepRecord& record);

/// An error where the configuration of a registry's image is for another kind of machine. `machine` is Debian's name of
/// this one.
Status check_architecture(const std::string& text, const std::string& image, const std::string& machine);

}  // namespace larder::image
