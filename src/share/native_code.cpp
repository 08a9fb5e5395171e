#include "share/native_code.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/glob.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::share {
namespace {

namespace fs = std::filesystem;

/// Compilers' options that choose instructions; `-mtune` chooses none.
constexpr std::array options = {"-march=native", "-mcpu=native", "target-cpu=native"};

constexpr off_t note_bytes_max = 256 * 1024;  ///< of any file: what tools note of a single file
constexpr off_t list_bytes_max = off_t{64} << 20U;
const std::vector<std::string> lists = {"**/build.ninja", "**/compile_commands.json", "**/CMakeCache.txt"};

Result<bool> file_says_native(Os& os, int dir, const std::string& name, off_t size) {
  TRY_ASSIGN(const std::string text, read_file(os, dir, name, static_cast<size_t>(size) + 1));
  return says_native(text);
}

Result<std::string> in_volume(const store::Store& store, const store::Generation& generation) {
  TRY_ASSIGN(const auto tree, store::MergedTree::open(store, store::layer_roots(generation.layers)));
  std::string found;
  TRY(tree.walk([&](const store::MergedEntry& entry) -> Status {
    const off_t size = entry.status.st_size;
    if (!found.empty() || !S_ISREG(entry.status.st_mode) || size == 0) return {};
    if (size > note_bytes_max && (size > list_bytes_max || !matches_any(lists, entry.path))) return {};
    TRY_ASSIGN(const bool native, file_says_native(store.os(), entry.dir, entry.name, size));
    if (native) found = entry.path;
    return {};
  }));
  return found;
}

/// A makefile, or what one may include or run.
bool is_makefile(const fs::path& path) {
  constexpr std::array endings = {".mk", ".mak", ".make", ".inc", ".conf", ".config", ".sh"};
  const std::string name = path.filename().string();
  return name.find("akefile") != std::string::npos ||
         std::find(endings.begin(), endings.end(), path.extension()) != endings.end();
}

/// make notes nothing of the options that it has called compilers with.
std::string in_makefiles(Os& os, const std::string& folder) {
  constexpr int entries_max = 20'000;
  std::error_code error;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  for (int i = 0; !error && i < entries_max && at != fs::recursive_directory_iterator(); at.increment(error), ++i) {
    if (at->path().filename() == ".git") at.disable_recursion_pending();
    if (!is_makefile(at->path()) || !at->is_regular_file(error) || at->is_symlink(error)) continue;
    const auto text = read_file(os, AT_FDCWD, at->path(), note_bytes_max);
    if (text && says_native(*text)) return at->path().string();
  }
  return {};
}

}  // namespace

bool says_native(const std::string& text) {
  return std::any_of(options.begin(), options.end(),
                     [&](const char* option) { return text.find(option) != std::string::npos; });
}

Result<std::string> names_native(const store::Store& store, const store::Generation& generation) {
  if (generation.spec.volume_class != store::VolumeClass::compiled) return std::string();
  if (generation.spec.recipe.find(native_suffix) != std::string::npos) return std::string("a setting of the build");
  TRY_ASSIGN(std::string found, in_volume(store, generation));
  const std::string recipe = generation.spec.recipe.substr(0, generation.spec.recipe.find(' '));
  const bool notes_nothing = recipe == "make" || recipe == "command";
  if (found.empty() && notes_nothing && !generation.spec.workspace.empty())
    found = in_makefiles(store.os(), generation.spec.workspace);
  return found;
}

}  // namespace larder::share
