#include "builds/plan/consent.hpp"

#include "config/trust.hpp"

namespace larder::builds {

bool Consent::is_given() const {
  return by == ConsentBy::none || by == ConsentBy::option || by == ConsentBy::ci || by == ConsentBy::record ||
         by == ConsentBy::answer;
}

bool Consent::counts(const AskedLine& line) const {
  return is_given() || (by == ConsentBy::nobody && !others && line.reach == Reach::network);
}

Status keep_consent(const Consent& consent) {
  config::TrustRecord record{consent.folder, {}};
  Os os;
  if (consent.is_refused()) {
    TRY_ASSIGN(auto earlier, config::find_trust(os, consent.folder));
    if (earlier) record.lines = std::move(earlier->lines);
  }
  std::vector<std::string>& lines = consent.is_refused() ? record.refused : record.lines;
  for (const AskedLine& line : consent.lines) lines.push_back(line.text);
  return config::save_trust(os, record);
}

const char* to_string(ConsentBy by) {
  switch (by) {
    case ConsentBy::none:
      return "none";
    case ConsentBy::option:
      return "option";
    case ConsentBy::ci:
      return "ci";
    case ConsentBy::record:
      return "record";
    case ConsentBy::answer:
      return "answer";
    case ConsentBy::refusal:
      return "refusal";
    case ConsentBy::kept_refusal:
      return "kept refusal";
    case ConsentBy::nobody:
      return "nobody";
  }
  return "";
}

}  // namespace larder::builds
