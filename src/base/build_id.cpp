#include "base/build_id.hpp"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <string_view>

#include "base/text.hpp"

namespace larder {
namespace {

size_t padded(size_t bytes) { return (bytes + 3) / 4 * 4; }

/// The GNU build ID among the notes of one segment; see elf(5).
std::string build_id_in(std::string_view notes) {
  constexpr std::string_view gnu("GNU\0", 4);
  ElfW(Nhdr) header;
  while (notes.size() >= sizeof header) {
    std::memcpy(&header, notes.data(), sizeof header);
    notes.remove_prefix(sizeof header);
    const size_t length = padded(header.n_namesz) + padded(header.n_descsz);
    if (notes.size() < length) return {};
    if (header.n_type == NT_GNU_BUILD_ID && notes.substr(0, header.n_namesz) == gnu)
      return to_hex(notes.substr(padded(header.n_namesz), header.n_descsz));
    notes.remove_prefix(length);
  }
  return {};
}

/// The program itself is the first object; see dl_iterate_phdr(3).
int read_first(dl_phdr_info* object, size_t, void* found) {
  for (size_t i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    const auto* start = reinterpret_cast<const char*>(object->dlpi_addr + segment.p_vaddr);  // NOLINT(*-int-to-ptr)
    const std::string id = build_id_in({start, segment.p_memsz});
    if (id.empty()) continue;
    *static_cast<std::string*>(found) = id;
    break;
  }
  return 1;
}

}  // namespace

std::string own_build_id() {
  std::string id;
  ::dl_iterate_phdr(read_first, &id);
  return id;
}

}  // namespace larder
