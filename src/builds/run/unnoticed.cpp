#include "builds/run/unnoticed.hpp"

#include <map>
#include <optional>
#include <set>

#include "base/glob.hpp"
#include "base/text.hpp"
#include "builds/run/source_text.hpp"

namespace larder::builds {
namespace {

/// Where each file that is included by name is so: by the preprocessor, or by an assembler's .incbin.
using Includers = std::map<std::string, std::string, std::less<>>;

void add_includes(const std::string& text, const std::string& path, Includers& includers) {
  for (const std::string& line : split(text, '\n')) {
    const size_t start = line.find_first_not_of(" \t");
    if (start == std::string::npos || (line[start] != '#' && line.find("incbin") == std::string::npos)) continue;
    for (const std::string_view name : file_names_in(line)) includers.emplace(name, path);
  }
}

class Judge {
 public:
  Judge(Os& os, const Plan& plan, const source::Entries& entries, const ReadNotes& read_notes)
      : os_(os), plan_(plan), entries_(entries), read_notes_(read_notes) {
    const MakeRules rules = read_rules();
    named_ = rules.named();
    prerequisites_ = rules.prerequisites();
    included_ = rules.included();
  }

  Result<std::string> look_at(const std::string& path) {
    const config::BlindSpots& blind = plan_.recipe.blind;
    if (matches_any(blind.documents, path) || matches_any(blind.changed, path)) return std::string();
    if (included_.have(path)) return path + " has changed, which a makefile includes";
    const bool is_named = named_.have(path);
    if (prerequisites_.have(path) || (!is_named && !matches_any(blind.includes, path))) return std::string();
    if (!notes_) {
      TRY_ASSIGN(notes_, read_notes_());
    }
    if (notes_->have(path)) return std::string();
    if (is_named) return path + " has changed, which is no prerequisite of what a makefile makes of it";
    const std::string includer = includer_of(path);
    if (includer.empty()) return std::string();
    return path + " has changed, and nothing tells make that " + includer + " includes it";
  }

 private:
  /// What cannot be read names nothing that could be known.
  Result<std::string> text_of(const std::string& path) const {
    return source_text(os_, plan_.workspace.folder + "/" + path);
  }

  /// Those of the project's makefiles, of what these include, and of compilers' notes that lie in the project.
  MakeRules read_rules() const {
    const config::BlindSpots& blind = plan_.recipe.blind;
    MakeRules rules;
    std::set<std::string> taken;
    for (bool more = true; more;) {
      const size_t before = taken.size();
      const NamedFiles included = rules.included();
      for (const source::Entry& entry : entries_) {
        if (entry.kind != source::Kind::file || taken.count(entry.path) > 0) continue;
        const bool is_one = matches_any(blind.changed, entry.path) || matches_any(blind.notes, entry.path);
        if (!is_one && !included.have(entry.path)) continue;
        taken.insert(entry.path);
        if (const auto text = text_of(entry.path)) rules.add(*text);
      }
      more = taken.size() > before;
    }
    return rules;
  }

  std::string includer_of(const std::string& path) {
    if (!includers_) {
      includers_.emplace();
      for (const source::Entry& entry : entries_) {
        if (entry.kind != source::Kind::file || !matches_any(plan_.recipe.blind.includes, entry.path)) continue;
        if (const auto text = text_of(entry.path)) add_includes(*text, entry.path, *includers_);
      }
    }
    const auto found = includers_->find(file_name(path));
    return found == includers_->end() ? "" : found->second;
  }

  Os& os_;
  const Plan& plan_;
  const source::Entries& entries_;
  const ReadNotes& read_notes_;
  NamedFiles named_;
  NamedFiles prerequisites_;
  NamedFiles included_;
  std::optional<NamedFiles> notes_;
  std::optional<Includers> includers_;
};

}  // namespace

Result<std::string> unnoticed_change(Os& os, const Plan& plan, const source::Entries& entries,
                                     const source::Difference& difference, const ReadNotes& read_notes) {
  if (plan.recipe.blind.notes.empty() || difference.count() == 0) return std::string();
  Judge judge(os, plan, entries, read_notes);
  for (const auto* paths : {&difference.changed, &difference.added, &difference.removed})
    for (const std::string& path : *paths) {
      TRY_ASSIGN(std::string why, judge.look_at(path));
      if (!why.empty()) return why;
    }
  return std::string();
}

}  // namespace larder::builds
