#include "base/tar_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace larder {
namespace {

constexpr size_t block_bytes = 512;
constexpr uint64_t octal_size_end = uint64_t{1} << 33U;  ///< eleven octal digits
constexpr char extended = 'x';

/// The header of an entry: "ustar Interchange Format" in pax(1).
struct Header {
  std::array<char, 100> name{};
  std::array<char, 8> mode{};
  std::array<char, 8> uid{};
  std::array<char, 8> gid{};
  std::array<char, 12> size{};
  std::array<char, 12> mtime{};
  std::array<char, 8> checksum{};
  char type = 0;
  std::array<char, 100> link{};
  std::array<char, 6> magic = {'u', 's', 't', 'a', 'r', 0};
  std::array<char, 2> version = {'0', '0'};
  std::array<char, 247> rest{};
};
static_assert(sizeof(Header) == block_bytes);

/// As much of the text as there is room for: a pax record has all of it.
template <size_t size>
void put_text(std::array<char, size>& field, std::string_view text) {
  std::copy_n(text.begin(), std::min(text.size(), size), field.begin());
}

template <size_t size>
void put_octal(std::array<char, size>& field, uint64_t value) {
  put_text(field, fmt::format("{:0{}o}", value, size - 1));
}

template <size_t size>
void put_size(std::array<char, size>& field, uint64_t bytes) {
  if (bytes < octal_size_end) return put_octal(field, bytes);
  field.front() = static_cast<char>(0x80);
  for (size_t i = 0; i < sizeof bytes; ++i) field[size - 1 - i] = static_cast<char>(bytes >> (8U * i));
}

/// "LENGTH key=value\n", where LENGTH counts its own digits, too.
std::string pax_record(std::string_view key, std::string_view value) {
  const size_t rest = key.size() + value.size() + 3;
  size_t length = rest + 1;
  while (fmt::formatted_size("{}", length) + rest != length) length = fmt::formatted_size("{}", length) + rest;
  return fmt::format("{} {}={}\n", length, key, value);
}

std::string pax_records(const TarEntry& entry, const std::string& path) {
  std::string records;
  if (path.size() > sizeof(Header::name)) records += pax_record("path", path);
  if (entry.link.size() > sizeof(Header::link)) records += pax_record("linkpath", entry.link);
  if (entry.mtime_seconds < 0)
    records += pax_record("mtime", std::to_string(entry.mtime_seconds));
  else if (entry.mtime_nanoseconds != 0)
    records += pax_record("mtime", fmt::format("{}.{:09}", entry.mtime_seconds, entry.mtime_nanoseconds));
  return records;
}

}  // namespace

Status TarWriter::header(const TarEntry& entry, const std::string& path, char type, uint64_t size_bytes) {
  Header header;
  put_text(header.name, path);
  put_octal(header.mode, entry.mode & 07777U);
  put_octal(header.uid, 0);
  put_octal(header.gid, 0);
  put_size(header.size, size_bytes);
  put_octal(header.mtime, static_cast<uint64_t>(std::max<int64_t>(entry.mtime_seconds, 0)));
  header.type = type;
  if (type != extended) put_text(header.link, entry.link);
  header.checksum.fill(' ');  // as which the field counts in its own sum
  std::array<unsigned char, block_bytes> bytes{};
  std::memcpy(bytes.data(), &header, block_bytes);
  unsigned sum = 0;
  for (const unsigned char byte : bytes) sum += byte;
  put_text(header.checksum, fmt::format("{:06o}", sum) + '\0');
  std::memcpy(bytes.data(), &header, block_bytes);
  return sink_({reinterpret_cast<const char*>(bytes.data()), block_bytes});
}

Status TarWriter::fill_block() {
  INVARIANT(left_ == 0);
  static constexpr std::array<char, block_bytes> zeros{};
  const size_t over = written_ % block_bytes;
  written_ = 0;
  return over == 0 ? Status() : sink_({zeros.data(), block_bytes - over});
}

Status TarWriter::add(const TarEntry& entry) {
  TRY(fill_block());
  const std::string path = entry.path + (entry.kind == TarEntry::Kind::folder ? "/" : "");
  if (const std::string records = pax_records(entry, path); !records.empty()) {
    TRY(header(entry, "pax", extended, records.size()));
    left_ = records.size();
    TRY(content(records));
    TRY(fill_block());
  }
  const uint64_t size = entry.kind == TarEntry::Kind::file ? entry.size_bytes : 0;
  TRY(header(entry, path, static_cast<char>(entry.kind), size));
  left_ = size;
  return {};
}

Status TarWriter::content(std::string_view bytes) {
  INVARIANT(bytes.size() <= left_);
  left_ -= bytes.size();
  written_ += bytes.size();
  return bytes.empty() ? Status() : sink_(bytes);
}

Status TarWriter::finish() {
  TRY(fill_block());
  static constexpr std::array<char, 2 * block_bytes> zeros{};
  return sink_({zeros.data(), zeros.size()});
}

}  // namespace larder
