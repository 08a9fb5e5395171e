#include "source/record.hpp"

#include <algorithm>

#include "base/field.hpp"
#include "source/codec.hpp"

namespace larder::source {
namespace {

constexpr std::string_view record_line = "larder-source-1\n";

/// Stands beside an entry's kind where builds have opened it.
constexpr uint8_t opened_bit = 0x80;

/// What an entry takes beside the bytes of its path.
constexpr size_t entry_bytes_min =
    sizeof(uint32_t) + sizeof(uint8_t) + sizeof(uint16_t) + sizeof(int64_t) + sizeof(Digest);

void write_entry(Writer& writer, const Entry& entry, bool opened = false) {
  writer.text(entry.path);
  writer.number(static_cast<uint8_t>(static_cast<uint8_t>(entry.kind) | (opened ? opened_bit : 0U)));
  writer.number(entry.mode);
  writer.number(entry.time);
  writer.bytes(entry.content.data(), entry.content.size());
}

Entry read_entry(Reader& reader, bool* opened = nullptr) {
  Entry entry;
  entry.path = reader.text();
  auto kind = reader.number<uint8_t>();
  if (opened != nullptr) {
    *opened = (kind & opened_bit) != 0;
    kind &= static_cast<uint8_t>(~opened_bit);
  }
  entry.kind = static_cast<Kind>(kind);
  entry.mode = reader.number<uint16_t>();
  entry.time = reader.number<int64_t>();
  reader.bytes(entry.content.data(), entry.content.size());
  return entry;
}

/// Records come from other machines, too: no path of theirs may lead out of where it is joined to, and what is searched
/// by path must be sorted.
template <typename Item>
bool is_sound(const std::vector<Item>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (!items[i].path.empty() && !is_path_inside(items[i].path)) return false;
    if (i > 0 && !path_before(items[i - 1].path, items[i].path)) return false;
  }
  return true;
}

template <typename Item>
bool has_sound_kinds(const std::vector<Item>& items) {
  return std::all_of(items.begin(), items.end(), [](const Item& item) { return item.kind <= Kind::other; });
}

bool counts(const Entry& entry) { return entry.kind != Kind::folder && !is_gits_own(entry.path); }

}  // namespace

std::string Record::encode() const {
  Writer writer(record_line);
  writer.number(static_cast<uint64_t>(entries.size()));
  for (const Entry& entry : entries)
    write_entry(writer, entry, std::binary_search(opened.begin(), opened.end(), entry.path));
  writer.number(static_cast<uint64_t>(own.size()));
  for (const OwnWrite& write : own) {
    writer.text(write.path);
    writer.number(static_cast<uint8_t>(write.kind));
    writer.number(write.mode);
    writer.number(write.time);
    writer.number(static_cast<uint8_t>(write.alone));
    writer.number(static_cast<uint8_t>(write.overruled));
    writer.number(static_cast<uint8_t>(write.users_mode));
    Entry replaced = write.replaced;
    replaced.path.clear();
    write_entry(writer, replaced);
  }
  writer.text(git);
  writer.number(static_cast<uint8_t>(renames_folders));
  if (!around.empty() || !links.empty()) writer.text(around);
  for (const Link& link : links) {
    writer.text(link.path);
    writer.text(link.text);
  }
  return writer.finish();
}

std::optional<Record> Record::decode(const std::string& text) {
  auto reader = Reader::open(text, record_line);
  if (!reader) return std::nullopt;
  Record record;
  const size_t entries = reader->count(entry_bytes_min);
  record.entries.reserve(entries);
  for (size_t i = 0; i < entries && !reader->failed(); ++i) {
    bool opened = false;
    record.entries.push_back(read_entry(*reader, &opened));
    if (opened) record.opened.push_back(record.entries.back().path);
  }
  std::sort(record.opened.begin(), record.opened.end());
  const size_t own = reader->count(entry_bytes_min);
  for (size_t i = 0; i < own && !reader->failed(); ++i) {
    OwnWrite write;
    write.path = reader->text();
    write.kind = static_cast<Kind>(reader->number<uint8_t>());
    write.mode = reader->number<uint16_t>();
    write.time = reader->number<int64_t>();
    write.alone = reader->number<uint8_t>() != 0;
    write.overruled = reader->number<uint8_t>() != 0;
    write.users_mode = reader->number<uint8_t>() != 0;
    write.replaced = read_entry(*reader);
    record.own.push_back(std::move(write));
  }
  record.git = reader->text();
  record.renames_folders = reader->number<uint8_t>() != 0;
  if (!reader->failed() && !reader->at_end()) record.around = reader->text();
  while (!reader->failed() && !reader->at_end()) {
    Link link;
    link.path = reader->text();
    link.text = reader->text();
    record.links.push_back(std::move(link));
  }
  const bool read = !reader->failed() && reader->at_end();
  const bool sound = is_sound(record.entries) && is_sound(record.own) && is_sound(record.links);
  if (!read || !sound || !has_sound_kinds(record.entries) || !has_sound_kinds(record.own)) return std::nullopt;
  return record;
}

Difference compare(const Entries& before, const Entries& after) {
  Difference difference;
  auto old = before.begin();
  auto now = after.begin();
  while (old != before.end() || now != after.end()) {
    if (now == after.end() || (old != before.end() && path_before(old->path, now->path))) {
      if (counts(*old)) difference.removed.push_back(old->path);
      ++old;
    } else if (old == before.end() || path_before(now->path, old->path)) {
      if (counts(*now)) difference.added.push_back(now->path);
      ++now;
    } else {
      if (counts(*now) || counts(*old)) {
        if (same_content(*old, *now))
          ++difference.same;
        else
          difference.changed.push_back(now->path);
      }
      ++old;
      ++now;
    }
  }
  return difference;
}

}  // namespace larder::source
