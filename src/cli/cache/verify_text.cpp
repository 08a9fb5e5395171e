#include "cli/cache/verify_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "cli/cache/text.hpp"
#include "cli/json.hpp"
#include "cli/view/bar.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

using nlohmann::json;
using store::Harm;

constexpr size_t damage_lines_max = 50;

/// "3,201"
std::string format_count(uint64_t count) {
  std::string text = std::to_string(count);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

std::string count_of(uint64_t count, const char* thing) {
  return fmt::format("{} {}{}", format_count(count), thing, count == 1 ? "" : "s");
}

const char* describe(const store::Damage& damage) {
  switch (damage.harm) {
    case Harm::content:
      return "its content has changed";
    case Harm::size:
      return "its size has changed";
    case Harm::mode:
      return "its mode has changed";
    case Harm::mtime:
      return "its time has changed";
    case Harm::link:
      return "it links elsewhere";
    case Harm::opaque:
      return "overlayfs's mark on it has changed";
    case Harm::xattr:
      return "its extended attributes have changed";
    case Harm::type:
      return "it has become something else";
    case Harm::missing:
      return "it is missing";
    case Harm::extra:
      return "it does not belong there";
    case Harm::unreadable:
      return "it cannot be read";
    case Harm::torn:
      break;
  }
  return damage.layer.empty() ? "it cannot be understood" : "its manifest is missing or cannot be understood";
}

/// In the store.
std::string place_of(const store::Damage& damage) {
  if (damage.layer.empty()) return damage.path;
  return "layers/" + damage.layer + (damage.path.empty() ? "" : "/tree/" + damage.path);
}

std::string summary(const store::Verification& found) {
  std::string text =
      fmt::format("Checked {}, {}, {}, {}: ", count_volumes(found.volumes), count_of(found.generations, "generation"),
                  count_of(found.files, "file"), format_bytes(found.bytes));
  text += found.damage.empty() ? "no damage." : count_of(found.damage.size(), "damage") + ".";
  if (found.unsettled > 0)
    text += fmt::format(" {} not settled yet and could not be checked.",
                        found.unsettled == 1 ? "1 layer is" : count_of(found.unsettled, "layer") + " are");
  return text + "\n";
}

json restored_to_json(const store::Restored& restored) {
  json data = key_to_json(restored.key);
  data["builds_lost"] = restored.builds_lost;
  data["generation"] = restored.content ? json(restored.content->id) : json();
  data["created_at"] = restored.content ? time_to_json(restored.content->created_seconds) : json();
  return data;
}

}  // namespace

std::string format_verification(const store::Verification& found) {
  std::string text;
  const size_t shown = std::min(found.damage.size(), damage_lines_max);
  for (size_t i = 0; i < shown; ++i)
    text += fmt::format("{}: {}\n", clean_line(place_of(found.damage[i]), {}), describe(found.damage[i]));
  if (found.damage.size() > shown) text += fmt::format("and {} more\n", format_count(found.damage.size() - shown));
  for (const store::Affected& affected : found.affected)
    text += fmt::format("{}: {}\n", affected.key.name(),
                        affected.generations.empty()
                            ? "what is written about it is damaged"
                            : count_of(affected.generations.size(), "generation") + " of it damaged");
  return text + summary(found);
}

std::string format_restored(const store::Restored& restored, int64_t now_seconds) {
  if (!restored.content) return fmt::format("{}: nothing sound is left, it starts from nothing\n", restored.key.name());
  std::string age = format_age(restored.content->created_seconds, now_seconds);
  if (age == "now") age = "a moment ago";
  if (restored.builds_lost == 0)
    return fmt::format("{}: its state of {} (generation {}) is sound and stays\n", restored.key.name(), age,
                       restored.content->id);
  return fmt::format("{}: back to the state of {} (generation {}), {} work is lost\n", restored.key.name(), age,
                     restored.content->id,
                     restored.builds_lost == 1 ? "1 build's" : fmt::format("{} builds'", restored.builds_lost));
}

json verification_to_json(const std::string& path, const store::Verification& found,
                          const std::vector<store::Restored>& restored) {
  json damage = json::array();
  for (const store::Damage& one : found.damage)
    damage.push_back({{"layer", one.layer}, {"path", one.path}, {"what", to_string(one.harm)}});
  json affected = json::array();
  for (const store::Affected& one : found.affected) {
    affected.push_back(key_to_json(one.key));
    affected.back()["generations"] = one.generations;
  }
  json repaired = json::array();
  for (const store::Restored& one : restored) repaired.push_back(restored_to_json(one));
  return {{"store", path},
          {"volumes", found.volumes},
          {"generations", found.generations},
          {"layers", found.layers},
          {"unsettled_layers", found.unsettled},
          {"files", found.files},
          {"checked_bytes", found.bytes},
          {"damage", damage},
          {"affected", affected},
          {"repaired", repaired}};
}

std::string format_progress(uint64_t done_bytes, uint64_t all_bytes, const Screen& screen) {
  const double share = all_bytes == 0 ? 1 : static_cast<double>(done_bytes) / static_cast<double>(all_bytes);
  const std::string numbers =
      fmt::format("{:3.0f} %  {} of {}", std::min(share, 1.0) * 100, format_bytes(done_bytes), format_bytes(all_bytes));
  const std::string word = "Checking  ";
  const size_t other_columns = word.size() + numbers.size() + 3;  // a gap, and the last column stays free
  const size_t width = bar_columns(other_columns, screen);
  if (width == 0) return std::string(cut_to_columns(numbers, screen.columns > 0 ? screen.columns - 1 : 0));
  const auto full = static_cast<size_t>(std::min(share, 1.0) * static_cast<double>(width) + 0.5);
  return word + draw_bar(full, width - full, screen) + "  " + numbers;
}

}  // namespace larder::cli
