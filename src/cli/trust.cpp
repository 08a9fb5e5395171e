#include "config/trust.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "builds/plan/workspace.hpp"
#include "cli/commands.hpp"
#include "cli/consent.hpp"
#include "cli/offers.hpp"
#include "cli/output.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

struct TrustOptions {
  std::string folder = ".";
  bool list = false;
  bool revoke = false;
  bool json = false;
};

std::string listed(const config::TrustRecord& record) {
  std::string text = printable(record.folder) + "\n";
  for (const std::string& line : record.lines) text += "  " + line + "\n";
  for (const std::string& line : record.refused) text += "  refused: " + line + "\n";
  return text;
}

Result<int> list_records(bool as_json) {
  Os os;
  TRY_ASSIGN(const auto records, config::list_trust(os));
  nlohmann::json projects = nlohmann::json::array();
  std::string text;
  for (const config::TrustRecord& record : records) {
    projects.push_back({{"folder", record.folder}, {"lines", record.lines}, {"refused", record.refused}});
    text += listed(record);
  }
  if (as_json)
    print_json({{"projects", projects}});
  else
    print(records.empty() ? "Nothing has been agreed to.\n" : clean_lines(text));
  return 0;
}

/// A folder that has gone, too, may have been agreed to.
Result<int> revoke(const std::string& named) {
  Os os;
  std::error_code ignored;
  std::string folder = std::filesystem::weakly_canonical(named, ignored).string();
  if (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  TRY_ASSIGN(bool dropped, config::drop_trust(os, folder));
  if (!dropped) {
    folder = builds::find_project_folder(named);
    TRY_ASSIGN(dropped, config::drop_trust(os, folder));
  }
  if (!dropped)
    return fail(ErrorCode::usage, "nothing has been agreed to for " + printable(folder), {},
                "`larder trust --list` shows for which folders");
  print(fmt::format("What {} asks for counts no longer, and builds ask again.\n", printable(folder)));
  return 0;
}

Result<int> agree(const TrustOptions& options) {
  TRY_ASSIGN(builds::Consent consent, builds::consent_of(builds::find_project_folder(options.folder), options.folder));
  consent.by = builds::ConsentBy::answer;  // whatever was said before
  if (!consent.lines.empty()) TRY(builds::keep_consent(consent));
  std::vector<std::string> texts;
  for (const builds::AskedLine& line : consent.lines) texts.push_back(line.text);
  if (options.json)
    print_json({{"folder", consent.folder}, {"lines", texts}});
  else if (consent.lines.empty())
    print(fmt::format("{} asks for nothing that needs your consent.\n", printable(consent.folder)));
  else
    print(clean_lines(
        fmt::format("In {} this counts until a line changes:\n{}", printable(consent.folder), asked_text(consent))));
  return 0;
}

Result<int> run_trust(const TrustOptions& options) {
  if (options.list) return list_records(options.json);
  return options.revoke ? revoke(options.folder) : agree(options);
}

}  // namespace

void add_trust_command(const Command& larder) {
  const auto options = std::make_shared<TrustOptions>();
  const Command command =
      larder.add_command("trust", "Agree to what a project asks for: other folders, the network, variables, keys");
  if (!command.is_asked_for()) return;
  command.add_option("folder", options->folder, "The project's folder (default: the current one)")
      .offers(offer_folders());
  const Option list = command.add_flag("--list", options->list, "Print what has been agreed to, for all projects");
  command.add_flag("--revoke", options->revoke, "Take it back").excludes(list);
  command.add_flag("--json", options->json, "Print it as JSON");
  command.set_action([options] { return run_trust(*options); });
}

}  // namespace larder::cli
