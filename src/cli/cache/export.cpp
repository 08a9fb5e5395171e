#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

#include "base/random_id.hpp"
#include "base/text.hpp"
#include "cli/cache/cache_commands.hpp"
#include "cli/cache/open_volume.hpp"
#include "cli/cache/volume_offers.hpp"
#include "cli/existing_store.hpp"
#include "cli/offers.hpp"
#include "cli/output.hpp"
#include "config/tables.hpp"
#include "share/file.hpp"

namespace larder::cli {
namespace {

struct ExportOptions {
  std::vector<std::string> volumes;
  std::string output;
};

using Write = std::function<Result<std::vector<share::Packed>>(int file)>;

/// A pipe, a device, a descriptor's name: what is written to, and never replaced.
bool is_stream(const std::string& name) {
  std::error_code ignored;
  const std::filesystem::file_status found = std::filesystem::status(name, ignored);
  return std::filesystem::is_other(found);
}

/// Where links lead to, also where there is nothing yet.
std::string without_links(const std::string& name) {
  namespace fs = std::filesystem;
  std::error_code error;
  fs::path path = name;
  for (int links = 0; links < 40 && fs::is_symlink(fs::symlink_status(path, error)); ++links)
    path = path.parent_path() / fs::read_symlink(path, error);
  return path.string();
}

/// A file appears under its name, where a link leads to, when it is whole.
Result<std::vector<share::Packed>> write_file(Os& os, const std::string& name, const Write& write) {
  const std::string path = without_links(name);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return fail(ErrorCode::usage, printable(name) + " is a folder", {}, "name a file: `-o FILE`, or `-o -`");
  const std::string temporary = path + ".new-" + random_id();
  auto file = os.open(AT_FDCWD, temporary, O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (!file) {
    file.error().message = fmt::format("cannot make a file beside {}", printable(path));
    if (file.error().hint.empty()) file.error().hint = "name another folder, or `-o - > FILE`";
    return fail(std::move(file.error()));
  }
  auto written = write(file->get());
  const Status renamed = written ? os.rename(AT_FDCWD, temporary, AT_FDCWD, path) : Status();
  if (written && renamed) return written;
  (void)os.unlink(AT_FDCWD, temporary);  // the first error is the one to report
  return written ? fail(renamed.error()) : std::move(written);
}

Result<std::vector<share::Packed>> write_to(Os& os, const std::string& name, const Write& write) {
  if (name == "-") return write(STDOUT_FILENO);
  if (!is_stream(name)) return write_file(os, name, write);
  TRY_ASSIGN(const UniqueFd stream, os.open(AT_FDCWD, name, O_WRONLY | O_NOCTTY));
  return write(stream.get());
}

void tell(const std::vector<share::Packed>& written, const std::string& name) {
  for (const share::Packed& one : written) {
    const std::string line =
        fmt::format("{}: {} files, {}, packed to {}.", one.description.volume, one.description.files,
                    format_bytes(one.description.bytes), format_bytes(one.all_bytes));
    if (name == "-")
      say(line);
    else
      print(line + "\n");
  }
}

Result<int> run_export(const ExportOptions& options) {
  if (options.output == "-" && ::isatty(STDOUT_FILENO) == 1)
    return fail(ErrorCode::usage, "an archive is not written to a terminal", {}, "-o FILE, or `-o - | …`");
  Os os;
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(const auto store, open_existing_store(os, path));
  if (!store) return fail(check_known("volume", options.volumes, {}).error());
  TRY_ASSIGN(const auto keys, choose_volumes(*store, options.volumes));
  TRY_ASSIGN(const config::RecipeTable recipes, config::load_recipes(config::user_config_dir()));
  const std::string holder = fmt::format("larder cache export, process {}", ::getpid());
  const auto write = [&](int file) { return share::export_volumes(*store, keys, recipes, file, holder); };
  TRY_ASSIGN(const auto written, write_to(os, options.output, write));
  tell(written, options.output);
  return 0;
}

}  // namespace

void add_cache_export_command(const Command& cache) {
  const auto options = std::make_shared<ExportOptions>();
  const Command command = cache.add_command("export", "Write volumes to a file, for `larder cache import` elsewhere");
  command.add_option("volume", options->volumes, "Volumes by the names that `larder cache list` shows")
      .required()
      .offers(offer_volumes());
  command.add_option("-o,--output", options->output, "The file; - for standard output")
      .value_name("FILE")
      .offers(offer_files())
      .required();
  command.set_footer(
      "What a volume holds becomes readable for whoever gets the file: in compiled code that may be sources, paths "
      "and\n"
      "the values of variables that were built in.");
  command.set_action([options] { return run_export(*options); });
}

}  // namespace larder::cli
