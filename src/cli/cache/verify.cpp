#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/parallel.hpp"
#include "base/time.hpp"
#include "cli/cache/cache_commands.hpp"
#include "cli/cache/clean_text.hpp"
#include "cli/cache/verify_text.hpp"
#include "cli/cache/volume_offers.hpp"
#include "cli/existing_store.hpp"
#include "cli/output.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

constexpr double seconds_between_draws = 0.1;

struct VerifyOptions {
  std::vector<std::string> volumes;
  bool repair = false;
  bool json = false;
};

/// One line that is rewritten, on terminals only; gone at its end.
class ProgressLine {
 public:
  ProgressLine() : screen_(detect_screen(STDERR_FILENO)) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() {
    if (drawn_at_ > 0) write_text(screen_.fd, "\r\x1b[K");
  }

  void draw(uint64_t done_bytes, uint64_t all_bytes) {
    if (!screen_.terminal || steady_seconds() - drawn_at_ < seconds_between_draws) return;
    drawn_at_ = steady_seconds();
    write_text(screen_.fd, "\r" + format_progress(done_bytes, all_bytes, screen_) + "\x1b[K");
  }

 private:
  Screen screen_;
  double drawn_at_ = 0;
};

Result<std::vector<store::VolumeKey>> find_volumes(const store::Store& store, const std::vector<std::string>& names) {
  std::vector<store::VolumeKey> keys;
  if (names.empty()) return keys;
  const store::CleanRequest request{.volumes = names, .targets = {}};
  TRY_ASSIGN(const auto candidates, store::read_candidates(store));
  TRY(check_names(names, candidates));
  for (const auto& candidate : store::select_candidates(candidates, request)) keys.push_back(candidate.key);
  return keys;
}

Result<store::Verification> verify(const store::Store& store, const VerifyOptions& options, const std::string& holder) {
  TRY_ASSIGN(const auto keys, find_volumes(store, options.volumes));
  if (keys.empty() && !options.volumes.empty()) return store::Verification();  // they exist, and are empty
  ProgressLine line;
  return store::verify(store, {keys, holder, worker_count(),
                               [&](uint64_t done_bytes, uint64_t all_bytes) { line.draw(done_bytes, all_bytes); }});
}

Error damaged(const store::Store& store, bool repaired) {
  Error error{ErrorCode::damage, "the store was damaged", "what could be saved is repaired",
              "the damaged layers lie in " + store.path() + "/quarantine; nothing needs them any more", 0};
  if (!repaired)
    error = {
        ErrorCode::damage, "the store is damaged", {}, "`larder cache verify --repair` goes back to what is sound", 0};
  return error;
}

Result<int> run_verify(const VerifyOptions& options) {
  Os os;
  TRY_ASSIGN(const std::string path, store::default_store_path());
  TRY_ASSIGN(const auto store, open_existing_store(os, path));
  const std::string holder = fmt::format("larder cache verify, process {}", ::getpid());
  store::Verification found;
  if (store) {
    TRY_ASSIGN(found, verify(*store, options, holder));
  }
  if (!options.json) print(format_verification(found));
  std::vector<store::Restored> restored;
  const bool repairing = options.repair && !found.damage.empty();
  if (repairing) {
    TRY_ASSIGN(restored, store::repair(*store, found, holder));
  }
  if (options.json) print_json(verification_to_json(path, found, restored));
  if (!options.json)
    for (const store::Restored& volume : restored) print(format_restored(volume, std::time(nullptr)));
  if (found.damage.empty()) return 0;
  return fail(damaged(*store, repairing));
}

}  // namespace

void add_cache_verify_command(const Command& cache) {
  const auto options = std::make_shared<VerifyOptions>();
  const Command command = cache.add_command("verify", "Compare what volumes hold with what was written down about it");
  command.add_option("volume", options->volumes, "Volumes by the names that `larder cache list` shows (default: all)")
      .offers(offer_volumes());
  command.add_flag("--repair", options->repair, "Go back to the newest sound state of volumes that are damaged");
  command.add_flag("--json", options->json, "Print what was found as JSON");
  command.set_footer("Exit code 4: there is damage, or was before it was repaired.");
  command.set_action([options] { return run_verify(*options); });
}

}  // namespace larder::cli
