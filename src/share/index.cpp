#include "share/index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/field.hpp"
#include "base/text.hpp"

namespace larder::share {
namespace {

constexpr const char* first_line = "larder-index-1";
constexpr uint32_t mode_max = 01777;

auto inserter(std::string& text) { return std::back_inserter(text); }

std::string format_attributes(const UserAttributes& attributes) {
  std::string text;
  for (const auto& [name, value] : attributes) text += (text.empty() ? "" : ",") + to_hex(name) + "=" + to_hex(value);
  return text.empty() ? "-" : text;
}

/// Where a content lies: pack and place in it.
using Places = std::map<std::string_view, std::pair<size_t, size_t>>;

Places places_of(const std::vector<Pack>& packs) {
  Places places;
  for (size_t i = 0; i < packs.size(); ++i)
    for (size_t place = 0; place < packs[i].contents.size(); ++place)
      places.emplace(packs[i].contents[place].digest, std::pair(i, place));
  return places;
}

std::string format_value(const Entry& entry, const Places& places) {
  if (entry.type == 'l' || entry.type == 'h') return escape_field(entry.target);
  if (entry.type != 'f' || entry.content.bytes == 0) return "-";
  const auto& [pack, place] = places.at(entry.content.digest);
  return fmt::format("{}:{}", pack, place);
}

tl::unexpected<Error> malformed(const std::string& cause) {
  return fail(ErrorCode::damage, "a shared volume's index is malformed", cause,
              "get it once more; nothing has changed here");
}

/// Reads lines one by one, each a list of fields.
class Lines {
 public:
  explicit Lines(const std::string& text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }

  /// No value where there is no line, or it has not this many fields.
  std::optional<std::vector<std::string>> next(size_t fields) {
    const size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    auto line = split(std::string(rest_.substr(0, end)), ' ');
    rest_.remove_prefix(end + 1);
    ++number_;
    if (line.size() != fields) return std::nullopt;
    return line;
  }

  tl::unexpected<Error> wrong() const { return malformed(fmt::format("line {}", number_)); }

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

/// "packs 3": a word and a number of at most `max`.
Result<size_t> read_count(Lines& lines, const std::string& word, size_t max) {
  const auto line = lines.next(2);
  size_t count = 0;
  if (!line || (*line)[0] != word || !parse_number((*line)[1], count) || count > max) return lines.wrong();
  return count;
}

Result<Content> read_content(Lines& lines) {
  const auto line = lines.next(2);
  Content content;
  if (!line || !is_digest((*line)[0]) || !parse_number((*line)[1], content.bytes) || content.bytes == 0 ||
      content.bytes > content_bytes_max)
    return lines.wrong();
  content.digest = (*line)[0];
  return content;
}

Result<Pack> read_pack(Lines& lines) {
  const auto line = lines.next(3);
  Pack pack;
  size_t count = 0;
  if (!line || !is_digest((*line)[0]) || !parse_number((*line)[1], pack.bytes) || !parse_number((*line)[2], count) ||
      count == 0 || count > entries_max)
    return lines.wrong();
  pack.digest = (*line)[0];
  for (size_t i = 0; i < count; ++i) {
    TRY_ASSIGN(Content content, read_content(lines));
    pack.contents.push_back(std::move(content));
  }
  return pack;
}

Result<std::vector<Pack>> read_packs(Lines& lines) {
  TRY_ASSIGN(const size_t count, read_count(lines, "packs", packs_max));
  std::vector<Pack> packs;
  uint64_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    TRY_ASSIGN(Pack pack, read_pack(lines));
    for (const Content& content : pack.contents) total += content.bytes;
    if (total > content_bytes_max) return malformed("it has more content than can be");
    packs.push_back(std::move(pack));
  }
  return packs;
}

Status read_hides(Lines& lines, Index& index) {
  const auto line = lines.next(2);
  size_t count = 0;
  if (!line || (*line)[0] != "hides") return lines.wrong();
  index.hides_known = (*line)[1] != "unknown";
  if (!index.hides_known) return {};
  if (!parse_number((*line)[1], count) || count > entries_max) return lines.wrong();
  for (size_t i = 0; i < count; ++i) {
    const auto one = lines.next(1);
    const auto path = one ? unescape_field(one->front()) : std::nullopt;
    if (!path || !is_path_inside(*path)) return lines.wrong();
    index.hides.push_back(*path);
  }
  return {};
}

bool read_attributes(const std::string& field, UserAttributes& attributes) {
  if (field == "-") return true;
  for (const std::string& one : split(field, ',')) {
    const size_t equals = one.find('=');
    if (equals == std::string::npos) return false;
    const auto name = from_hex(one.substr(0, equals));
    const auto value = from_hex(one.substr(equals + 1));
    if (!name || !value || !name->starts_with("user.") || name->starts_with("user.overlay.") ||
        name->find('\0') != std::string::npos || !attributes.emplace(*name, *value).second)
      return false;
  }
  return true;
}

bool find_content(const std::string& field, const std::vector<Pack>& packs, Content& content) {
  if (field == "-") return true;
  const size_t colon = field.find(':');
  size_t pack = 0;
  size_t place = 0;
  if (colon == std::string::npos || !parse_number(std::string_view(field).substr(0, colon), pack) ||
      !parse_number(std::string_view(field).substr(colon + 1), place) || pack >= packs.size() ||
      place >= packs[pack].contents.size())
    return false;
  content = packs[pack].contents[place];
  return true;
}

/// What the field `value` says of an entry of this type.
bool take_value(const std::string& value, const std::vector<Pack>& packs, Entry& entry) {
  switch (entry.type) {
    case 'f':
      return find_content(value, packs, entry.content);
    case 'l':
    case 'h': {
      const auto text = unescape_field(value);
      if (!text || text->empty() || text->size() > path_bytes_max || text->find('\0') != std::string::npos)
        return false;
      entry.target = *text;
      return true;
    }
    case 'd':
    case 'o':
    case 'x':
      return value == "-";
    default:
      return false;
  }
}

Result<Entry> read_entry(Lines& lines, const std::vector<Pack>& packs) {
  constexpr int64_t nanoseconds_max = 999'999'999;
  const auto line = lines.next(7);
  if (!line || (*line)[0].size() != 1) return lines.wrong();
  const auto& fields = *line;
  Entry entry;
  entry.type = fields[0][0];
  const auto path = unescape_field(fields[6]);
  const bool sound = path && is_path_inside(*path) && path->size() <= path_bytes_max &&
                     parse_number(fields[1], entry.mode, 8) && entry.mode <= mode_max &&
                     parse_number(fields[2], entry.mtime_seconds) && parse_number(fields[3], entry.mtime_nanoseconds) &&
                     entry.mtime_nanoseconds >= 0 && entry.mtime_nanoseconds <= nanoseconds_max &&
                     take_value(fields[4], packs, entry) && read_attributes(fields[5], entry.attributes);
  if (!sound) return lines.wrong();
  entry.path = *path;
  return entry;
}

/// Checks that entries can be made one after another below an empty folder, and nowhere else.
class Confinement {
 public:
  bool take(const Entry& entry) {
    if (!seen_.emplace(entry.path, entry.type).second) return false;
    const size_t slash = entry.path.rfind('/');
    if (slash != std::string::npos && !is_directory(entry.path.substr(0, slash))) return false;
    if (static_cast<size_t>(std::count(entry.path.begin(), entry.path.end(), '/')) >= depth_max) return false;
    return entry.type != 'h' || is_file(entry.target);
  }

 private:
  bool is_directory(const std::string& path) const {
    const auto found = seen_.find(path);
    return found != seen_.end() && (found->second == 'd' || found->second == 'o');
  }
  bool is_file(const std::string& path) const {
    const auto found = seen_.find(path);
    return found != seen_.end() && found->second == 'f';
  }

  std::map<std::string, char> seen_;
};

Status read_entries(Lines& lines, Index& index) {
  TRY_ASSIGN(const size_t count, read_count(lines, "entries", entries_max));
  Confinement confinement;
  uint64_t total = 0;
  for (size_t i = 0; i < count; ++i) {
    TRY_ASSIGN(Entry entry, read_entry(lines, index.packs));
    if (!confinement.take(entry)) return lines.wrong();
    total += entry.content.bytes;
    if (total > content_bytes_max) return malformed("it has more content than can be");
    index.entries.push_back(std::move(entry));
  }
  return {};
}

}  // namespace

uint64_t Pack::content_bytes() const {
  uint64_t total = 0;
  for (const Content& content : contents) total += content.bytes;
  return total;
}

bool is_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string format_index(const Index& index) {
  std::string text = fmt::format("{}\npacks {}\n", first_line, index.packs.size());
  for (const Pack& pack : index.packs) {
    fmt::format_to(inserter(text), "{} {} {}\n", pack.digest, pack.bytes, pack.contents.size());
    for (const Content& content : pack.contents)
      fmt::format_to(inserter(text), "{} {}\n", content.digest, content.bytes);
  }
  text += index.hides_known ? fmt::format("hides {}\n", index.hides.size()) : "hides unknown\n";
  for (const std::string& path : index.hides) text += escape_field(path) + "\n";
  fmt::format_to(inserter(text), "entries {}\n", index.entries.size());
  const Places places = places_of(index.packs);
  for (const Entry& entry : index.entries)
    fmt::format_to(inserter(text), "{} {:o} {} {} {} {} {}\n", entry.type, entry.mode, entry.mtime_seconds,
                   entry.mtime_nanoseconds, format_value(entry, places), format_attributes(entry.attributes),
                   escape_field(entry.path));
  return text;
}

Result<Index> parse_index(const std::string& text) {
  Lines lines(text);
  const auto first = lines.next(1);
  if (!first || first->front() != first_line)
    return fail(ErrorCode::damage, "this is no index of a shared volume that this Larder knows", {},
                "use the Larder that made it, or a newer one");
  Index index;
  TRY_ASSIGN(index.packs, read_packs(lines));
  TRY(read_hides(lines, index));
  TRY(read_entries(lines, index));
  if (!lines.at_end()) return malformed("something follows its end");
  return index;
}

}  // namespace larder::share
