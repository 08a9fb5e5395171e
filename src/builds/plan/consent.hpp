#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder::builds {

/// How far a line of the project's reaches, by which it asks for more than builds get by themselves.
enum class Reach {
  network,  ///< the network, and variables of the caller's by their names: counts where nobody can be asked
  machine   ///< files and keys of this machine: never counts without the user's word
};

/// A line by which a project asks for more; its text is one line, and is what the user reads and what is recorded.
struct AskedLine {
  std::string text;
  Reach reach = Reach::machine;

  bool operator==(const AskedLine&) const = default;
};

/// Why the lines count, or do not.
enum class ConsentBy {
  none,          ///< the project asks for nothing
  option,        ///< `--trust`
  ci,            ///< CI is set: as the caller says
  record,        ///< agreed to earlier
  answer,        ///< the user has just said yes
  refusal,       ///< the user has just said no
  kept_refusal,  ///< the user has said no to the same lines earlier
  nobody         ///< nobody could be asked
};

/// What a project asks for, and what of it counts.
struct Consent {
  std::string folder;            ///< of larder.toml, absolute: what is agreed to belongs to it
  std::vector<AskedLine> lines;  ///< in the order of the files
  ConsentBy by = ConsentBy::none;
  bool others = false;  ///< larder.toml or the recipe is another user's: then nothing counts by itself

  /// Whether somebody has agreed to all lines.
  bool is_given() const;
  bool is_refused() const { return by == ConsentBy::refusal || by == ConsentBy::kept_refusal; }
  bool counts(const AskedLine& line) const;
};

/// How somebody may agree.
struct ConsentMeans {
  bool option = false;                              ///< `--trust`
  std::function<bool(const Consent& consent)> ask;  ///< empty: there is nobody to ask
  bool is_strangers = false;                        ///< the code is untrusted, so that CI does not vouch for it
};

/// Records that the user has agreed to the lines or, after a refusal, that these together were refused; what was agreed
/// to earlier stays so then.
Status keep_consent(const Consent& consent);

/// The word for it in JSON: "option", "ci", …
const char* to_string(ConsentBy by);

}  // namespace larder::builds
