#include "cli/consent.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/confirm.hpp"
#include "cli/output.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

using builds::AskedLine;
using builds::Consent;
using builds::ConsentBy;

bool ask_user(const Consent& consent) {
  say(clean_lines(fmt::format("{} asks for more than builds get by themselves:\n{}", printable(consent.folder),
                              asked_text(consent))));
  if (consent.others) say("These lines are another user's.");
  return confirm("Shall this count, in this folder, until a line changes?");
}

std::vector<std::string> texts_of(const Consent& consent, bool counts) {
  std::vector<std::string> texts;
  for (const AskedLine& line : consent.lines)
    if (consent.counts(line) == counts) texts.push_back(line.text);
  return texts;
}

std::string trust_command(const Consent& consent) { return "larder trust " + shell_quote(consent.folder); }

void say_clean(const std::string& text) { say(clean_line(text, {})); }

}  // namespace

void add_trust_option(const Command& command, builds::ConsentMeans& means) {
  command.add_flag("--trust", means.option, "Agree to what larder.toml asks for, now and until it asks for more");
  if (can_ask()) means.ask = ask_user;
}

void tell_consent(const Consent& consent, bool quiet) {
  if (consent.lines.empty()) return;
  if (consent.by == ConsentBy::answer || consent.by == ConsentBy::option || consent.by == ConsentBy::refusal)
    if (const Status kept = builds::keep_consent(consent); !kept)
      say_clean("note: your answer could not be kept: " + kept.error().message);
  if (consent.is_given()) return;
  if (const auto vain = texts_of(consent, false); !vain.empty())
    say_clean(fmt::format("note: without your consent this does not count: {}; `{}` gives it, or `--trust`",
                          join(vain, "; "), trust_command(consent)));
  if (consent.by == ConsentBy::refusal)
    say_clean(fmt::format("note: builds ask again when one of these lines changes, or after `larder trust --revoke {}`",
                          shell_quote(consent.folder)));
  if (const auto given = texts_of(consent, true); !given.empty() && !quiet)
    say_clean(fmt::format("note: nobody could be asked, and this counts: {}; `{}` agrees to it", join(given, "; "),
                          trust_command(consent)));
}

std::string asked_text(const Consent& consent) {
  std::string text;
  for (const AskedLine& line : consent.lines) text += "  " + line.text + "\n";
  return text;
}

std::string verdict(const Consent& consent, const AskedLine& line) {
  switch (consent.by) {
    case ConsentBy::option:
      return "counts: --trust";
    case ConsentBy::ci:
      return "counts: CI is set";
    case ConsentBy::record:
    case ConsentBy::answer:
      return "counts: agreed to";
    case ConsentBy::refusal:
    case ConsentBy::kept_refusal:
      return "does not count: you have refused it; `larder trust` agrees";
    case ConsentBy::none:
    case ConsentBy::nobody:
      break;
  }
  return consent.counts(line) ? "a build asks, and without a terminal it counts"
                              : "does not count until you agree: a build asks, or --trust";
}

nlohmann::json to_json(const Consent& consent) {
  nlohmann::json lines = nlohmann::json::array();
  for (const AskedLine& line : consent.lines)
    lines.push_back({{"text", line.text},
                     {"reach", line.reach == builds::Reach::network ? "network" : "machine"},
                     {"counts", consent.counts(line)}});
  return {{"by", to_string(consent.by)}, {"lines", lines}};
}

}  // namespace larder::cli
