#include "base/binary.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <compare>
#include <memory>
#include <string_view>

#include "base/text.hpp"

namespace larder {
namespace {

// What a real file stays far below, and a hostile one may not exceed.
constexpr size_t head_bytes_max = 16384;  // all headers of a PE file
constexpr size_t interpreter_bytes_max = 4096;
constexpr size_t dynamic_bytes_max = size_t{1} << 20;
constexpr size_t needs_bytes_max = size_t{16} << 20;
constexpr size_t names_bytes_max = size_t{256} << 20;
constexpr size_t segments_max = 4096;
constexpr size_t sections_max = 1000000;
constexpr int libraries_max = 4096;
constexpr int versions_max = 65536;
constexpr int members_max = 100000;

struct ElfEnd {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using ElfFile = std::unique_ptr<Elf, ElfEnd>;

struct ElfMachine {
  unsigned number;
  unsigned char bits;
  unsigned char order;
  const char* name;
};

constexpr std::array elf_machines = {
    ElfMachine{EM_X86_64, ELFCLASS64, ELFDATA2LSB, "x86_64"},
    ElfMachine{EM_X86_64, ELFCLASS32, ELFDATA2LSB, "x32"},
    ElfMachine{EM_386, ELFCLASS32, ELFDATA2LSB, "i686"},
    ElfMachine{EM_AARCH64, ELFCLASS64, ELFDATA2LSB, "aarch64"},
    ElfMachine{EM_AARCH64, ELFCLASS64, ELFDATA2MSB, "aarch64_be"},
    ElfMachine{EM_ARM, ELFCLASS32, ELFDATA2LSB, "armv7l"},
    ElfMachine{EM_ARM, ELFCLASS32, ELFDATA2MSB, "armv7b"},
    ElfMachine{EM_PPC64, ELFCLASS64, ELFDATA2LSB, "ppc64le"},
    ElfMachine{EM_PPC64, ELFCLASS64, ELFDATA2MSB, "ppc64"},
    ElfMachine{EM_S390, ELFCLASS64, ELFDATA2MSB, "s390x"},
    ElfMachine{EM_RISCV, ELFCLASS64, ELFDATA2LSB, "riscv64"},
    ElfMachine{EM_LOONGARCH, ELFCLASS64, ELFDATA2LSB, "loongarch64"},
};

std::string elf_machine(const GElf_Ehdr& header) {
  for (const ElfMachine& machine : elf_machines)
    if (machine.number == header.e_machine && machine.bits == header.e_ident[EI_CLASS] &&
        machine.order == header.e_ident[EI_DATA])
      return machine.name;
  return fmt::format("unknown ({})", header.e_machine);
}

bool lies_within(uint64_t offset, uint64_t size, uint64_t file_size) {
  return offset <= file_size && size <= file_size - offset;
}

/// The path in a PT_INTERP segment; no value where the kernel would refuse it.
std::optional<std::string> read_interpreter(Elf* elf, const GElf_Phdr& segment) {
  if (segment.p_filesz < 2 || segment.p_filesz > interpreter_bytes_max) return std::nullopt;
  const Elf_Data* data =
      elf_getdata_rawchunk(elf, static_cast<int64_t>(segment.p_offset), segment.p_filesz, ELF_T_BYTE);
  if (data == nullptr || data->d_buf == nullptr || data->d_size != segment.p_filesz) return std::nullopt;
  const std::string_view text(static_cast<const char*>(data->d_buf), data->d_size);
  if (text.front() == '\0' || text.back() != '\0') return std::nullopt;
  return std::string(text.substr(0, text.find('\0')));
}

/// DT_FLAGS_1 of a PT_DYNAMIC segment; 0 where there is none.
uint64_t read_flags(Elf* elf, const GElf_Phdr& segment) {
  const size_t entry_bytes = gelf_fsize(elf, ELF_T_DYN, 1, EV_CURRENT);
  if (entry_bytes == 0) return 0;
  const size_t count = std::min<size_t>(segment.p_filesz, dynamic_bytes_max) / entry_bytes;
  if (count == 0) return 0;
  Elf_Data* data = elf_getdata_rawchunk(elf, static_cast<int64_t>(segment.p_offset), count * entry_bytes, ELF_T_DYN);
  for (size_t i = 0; data != nullptr && i < count; ++i) {
    GElf_Dyn entry;
    if (gelf_getdyn(data, static_cast<int>(i), &entry) == nullptr || entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_FLAGS_1) return entry.d_un.d_val;
  }
  return 0;
}

/// What the program headers say.
struct Segments {
  bool loads = false;  ///< something of the file comes into memory
  bool pie = false;
  std::string interpreter;
};

/// No value when a segment is not in the file.
std::optional<Segments> read_segments(Elf* elf, uint64_t file_size) {
  size_t count = 0;
  if (elf_getphdrnum(elf, &count) != 0 || count > segments_max) return std::nullopt;
  Segments found;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr) return std::nullopt;
    if (segment.p_type != PT_LOAD && segment.p_type != PT_INTERP && segment.p_type != PT_DYNAMIC) continue;
    if (!lies_within(segment.p_offset, segment.p_filesz, file_size)) return std::nullopt;
    if (segment.p_type == PT_LOAD && segment.p_filesz > 0) found.loads = true;
    if (segment.p_type == PT_DYNAMIC && segment.p_filesz == 0) return std::nullopt;  // only in separate debug files
    if (segment.p_type == PT_DYNAMIC) found.pie = (read_flags(elf, segment) & DF_1_PIE) != 0;
    if (segment.p_type == PT_INTERP && found.interpreter.empty()) {
      auto interpreter = read_interpreter(elf, segment);
      if (!interpreter) return std::nullopt;
      found.interpreter = std::move(*interpreter);
    }
  }
  return found;
}

struct Version {
  std::array<unsigned, 3> parts{};
  auto operator<=>(const Version&) const = default;
};

/// "GLIBC_2.2.5"; no value for others, such as GLIBC_PRIVATE and GLIBC_ABI_DT_RELR.
std::optional<Version> parse_glibc(std::string_view name) {
  static constexpr std::string_view prefix = "GLIBC_";
  if (!name.starts_with(prefix)) return std::nullopt;
  const char* at = name.data() + prefix.size();
  const char* end = name.data() + name.size();
  Version version;
  for (unsigned& part : version.parts) {
    const auto [next, error] = std::from_chars(at, end, part);
    if (error != std::errc()) return std::nullopt;
    if (next == end) return version;
    if (*next != '.') return std::nullopt;
    at = next + 1;
  }
  return std::nullopt;
}

std::string to_text(const Version& version) {
  const auto [major, minor, patch] = version.parts;
  return patch == 0 ? fmt::format("{}.{}", major, minor) : fmt::format("{}.{}.{}", major, minor, patch);
}

/// A version that a file needs, and the number by which its symbols name it.
struct NeededVersion {
  Version version;
  unsigned number = 0;
  auto operator<=>(const NeededVersion&) const = default;
};

/// The newest glibc among the versions that one library's entry of .gnu.version_r asks for.
NeededVersion newest_of_library(Elf* elf, size_t names, Elf_Data* data, uint64_t offset) {
  NeededVersion newest;
  for (int i = 0; i < versions_max && offset < data->d_size; ++i) {
    GElf_Vernaux need;
    if (gelf_getvernaux(data, static_cast<int>(offset), &need) == nullptr) break;
    const char* name = elf_strptr(elf, names, need.vna_name);
    const auto version = name == nullptr ? std::nullopt : parse_glibc(name);
    if (version) newest = std::max(newest, NeededVersion{*version, need.vna_other});
    if (need.vna_next == 0) break;
    offset += need.vna_next;
  }
  return newest;
}

NeededVersion newest_of_section(Elf* elf, Elf_Scn* section, const GElf_Shdr& header) {
  GElf_Shdr names;
  NeededVersion newest;
  if (header.sh_size > needs_bytes_max) return newest;
  if (gelf_getshdr(elf_getscn(elf, header.sh_link), &names) == nullptr || names.sh_size > names_bytes_max)
    return newest;
  Elf_Data* data = elf_getdata(section, nullptr);
  if (data == nullptr || data->d_buf == nullptr) return newest;
  uint64_t offset = 0;
  for (int i = 0; i < libraries_max && offset < data->d_size; ++i) {
    GElf_Verneed library;
    if (gelf_getverneed(data, static_cast<int>(offset), &library) == nullptr) break;
    newest = std::max(newest, newest_of_library(elf, header.sh_link, data, offset + library.vn_aux));
    if (library.vn_next == 0) break;
    offset += library.vn_next;
  }
  return newest;
}

/// The name of the first symbol of the table `header` links to whose entry in this .gnu.version has the number.
std::string symbol_of_section(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, unsigned number) {
  GElf_Shdr table;
  GElf_Shdr names;
  Elf_Scn* const symbols = elf_getscn(elf, header.sh_link);
  if (header.sh_size > needs_bytes_max || gelf_getshdr(symbols, &table) == nullptr || table.sh_size > names_bytes_max ||
      gelf_getshdr(elf_getscn(elf, table.sh_link), &names) == nullptr || names.sh_size > names_bytes_max)
    return {};
  Elf_Data* const versions = elf_getdata(section, nullptr);
  Elf_Data* const entries = elf_getdata(symbols, nullptr);
  GElf_Versym version = 0;
  GElf_Sym symbol;
  for (int i = 0; versions != nullptr && entries != nullptr; ++i) {
    if (gelf_getversym(versions, i, &version) == nullptr || gelf_getsym(entries, i, &symbol) == nullptr) break;
    const char* name = version == number ? elf_strptr(elf, table.sh_link, symbol.st_name) : nullptr;
    if (name != nullptr) return name;
  }
  return {};
}

/// Calls `look` with each section's header.
template <typename Look>
void each_section(Elf* elf, const Look& look) {
  size_t count = 0;
  if (elf_getshdrnum(elf, &count) != 0 || count > sections_max) return;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr; section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) break;
    look(section, header);
  }
}

void read_glibc(Elf* elf, Binary& binary) {
  NeededVersion newest;
  each_section(elf, [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (header.sh_type == SHT_GNU_verneed) newest = std::max(newest, newest_of_section(elf, section, header));
  });
  if (newest.version == Version{}) return;
  binary.newest_glibc = to_text(newest.version);
  each_section(elf, [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (header.sh_type == SHT_GNU_versym && binary.glibc_symbol.empty())
      binary.glibc_symbol = symbol_of_section(elf, section, header, newest.number);
  });
}

void read_dynamic_section(Elf* elf, Elf_Scn* section, const GElf_Shdr& header, Binary& binary) {
  GElf_Shdr names;
  if (header.sh_size > dynamic_bytes_max || gelf_getshdr(elf_getscn(elf, header.sh_link), &names) == nullptr ||
      names.sh_size > names_bytes_max)
    return;
  Elf_Data* data = elf_getdata(section, nullptr);
  bool has_run_path = false;
  GElf_Dyn entry;
  for (int i = 0; data != nullptr && gelf_getdyn(data, i, &entry) != nullptr && entry.d_tag != DT_NULL; ++i) {
    const bool is_run_path = entry.d_tag == DT_RUNPATH || (entry.d_tag == DT_RPATH && !has_run_path);
    const char* text =
        is_run_path || entry.d_tag == DT_NEEDED ? elf_strptr(elf, header.sh_link, entry.d_un.d_val) : nullptr;
    if (text == nullptr) continue;
    if (is_run_path) binary.run_paths = split(text, ':');
    if (!is_run_path && binary.needed.size() < libraries_max) binary.needed.emplace_back(text);
    has_run_path = has_run_path || entry.d_tag == DT_RUNPATH;
  }
}

/// What the loader goes by besides the symbols.
void read_dynamic(Elf* elf, Binary& binary) {
  each_section(elf, [&](Elf_Scn* section, const GElf_Shdr& header) {
    if (header.sh_type == SHT_DYNAMIC) read_dynamic_section(elf, section, header, binary);
  });
}

std::optional<Binary> read_elf(int fd, uint64_t file_size) {
  elf_version(EV_CURRENT);
  const ElfFile elf(elf_begin(fd, ELF_C_READ, nullptr));
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr) return std::nullopt;
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return std::nullopt;
  auto segments = read_segments(elf.get(), file_size);
  if (!segments || !segments->loads) return std::nullopt;
  Binary binary;
  binary.machine = elf_machine(header);
  binary.executable = header.e_type == ET_EXEC || segments->pie || !segments->interpreter.empty();
  binary.interpreter = std::move(segments->interpreter);
  read_glibc(elf.get(), binary);
  read_dynamic(elf.get(), binary);
  return binary;
}

/// A static library's first object tells the machine; of members that are none (LLVM's bitcode, metadata) not more than
/// `members_max` are passed over.
std::optional<Binary> read_archive(int fd) {
  elf_version(EV_CURRENT);
  const ElfFile archive(elf_begin(fd, ELF_C_READ, nullptr));
  if (!archive || elf_kind(archive.get()) != ELF_K_AR) return std::nullopt;
  Binary binary;
  binary.archive = true;
  binary.executable = false;
  Elf_Cmd command = ELF_C_READ;
  for (int i = 0; i < members_max && command != ELF_C_NULL && binary.machine.empty(); ++i) {
    const ElfFile member(elf_begin(fd, command, archive.get()));
    if (!member) break;
    GElf_Ehdr header;
    if (elf_kind(member.get()) == ELF_K_ELF && gelf_getehdr(member.get(), &header) != nullptr)
      binary.machine = elf_machine(header);
    command = elf_next(member.get());
  }
  return binary;
}

/// Little-endian numbers at offsets of a file's beginning; 0 beyond its end.
class Head {
 public:
  explicit Head(std::string_view bytes) : bytes_(bytes) {}
  bool holds(uint64_t offset, uint64_t size) const { return lies_within(offset, size, bytes_.size()); }
  uint32_t number16(uint64_t offset) const { return number(offset, 2); }
  uint32_t number32(uint64_t offset) const { return number(offset, 4); }

 private:
  uint32_t number(uint64_t offset, unsigned size) const {
    uint32_t value = 0;
    if (!holds(offset, size)) return value;
    for (unsigned i = 0; i < size; ++i)
      value |= static_cast<uint32_t>(static_cast<unsigned char>(bytes_[offset + i])) << (8 * i);
    return value;
  }
  std::string_view bytes_;
};

std::string pe_machine(uint32_t number) {
  switch (number) {
    case 0x8664:
      return "x86_64";
    case 0x14c:
      return "i686";
    case 0xaa64:
      return "aarch64";
    case 0x1c4:
      return "armv7l";
    default:
      return fmt::format("unknown ({})", number);
  }
}

/// Offsets and values are those of Microsoft's "PE Format".
std::optional<Binary> read_pe(std::string_view bytes, uint64_t file_size) {
  constexpr uint32_t signature = 0x4550;  // "PE\0\0"
  constexpr uint32_t executable_image = 0x0002;
  constexpr uint32_t dll = 0x2000;
  const Head head(bytes);
  const uint64_t start = head.number32(0x3c);
  if (start < 0x40 || !head.holds(start, 24) || head.number32(start) != signature) return std::nullopt;
  const uint32_t flags = head.number16(start + 22);
  const uint64_t optional_bytes = head.number16(start + 20);
  const uint32_t magic = head.number16(start + 24);
  if ((flags & executable_image) == 0 || optional_bytes < 2 || (magic != 0x10b && magic != 0x20b)) return std::nullopt;
  const uint64_t sections = head.number16(start + 6);
  const uint64_t table = start + 24 + optional_bytes;
  if (sections == 0 || !head.holds(table, sections * 40)) return std::nullopt;
  for (uint64_t i = 0; i < sections; ++i) {
    const uint64_t section = table + i * 40;
    const uint32_t size = head.number32(section + 16);
    if (size > 0 && !lies_within(head.number32(section + 20), size, file_size)) return std::nullopt;
  }
  Binary binary;
  binary.format = Binary::Format::pe;
  binary.machine = pe_machine(head.number16(start + 4));
  binary.executable = (flags & dll) == 0;
  return binary;
}

Result<std::string> read_head(Os& os, int fd) {
  std::string head(head_bytes_max, '\0');
  size_t size = 0;
  while (size < head.size()) {
    TRY_ASSIGN(const size_t count, os.read(fd, head.data() + size, head.size() - size));
    if (count == 0) break;
    size += count;
  }
  head.resize(size);
  return head;
}

}  // namespace

Result<std::optional<Binary>> identify_binary(Os& os, int dir, const std::string& name) {
  const auto fd = os.open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!fd) {
    const int number = fd.error().sys_errno;
    if (number == ELOOP || number == ENXIO) return std::nullopt;  // a symbolic link, a socket
    return fail(fd.error());
  }
  return identify_binary(os, fd->get());
}

Result<std::optional<Binary>> identify_binary(Os& os, int file) {
  TRY_ASSIGN(const auto status, os.fstat(file));
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  const auto size = static_cast<uint64_t>(status.st_size);
  TRY_ASSIGN(const std::string head, read_head(os, file));
  if (head.starts_with(ELFMAG)) return read_elf(file, size);
  if (head.starts_with("MZ")) return read_pe(head, size);
  return std::nullopt;
}

Result<std::optional<Binary>> identify_archive(Os& os, int dir, const std::string& name) {
  const auto fd = os.open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!fd) {
    const int number = fd.error().sys_errno;
    if (number == ELOOP || number == ENXIO) return std::nullopt;  // a symbolic link, a socket
    return fail(fd.error());
  }
  TRY_ASSIGN(const auto status, os.fstat(fd->get()));
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return read_archive(fd->get());
}

std::optional<ElfPattern> elf_pattern(const std::string& machine) {
  const auto known = std::find_if(elf_machines.begin(), elf_machines.end(),
                                  [&](const ElfMachine& one) { return machine == one.name; });
  if (known == elf_machines.end()) return {};
  const bool little = known->order == ELFDATA2LSB;
  const auto half = [&](unsigned number) {
    const char low = static_cast<char>(number & 0xffU);
    const char high = static_cast<char>(number >> 8U);
    return little ? std::string{low, high} : std::string{high, low};
  };
  ElfPattern pattern;
  pattern.bytes = std::string(ELFMAG, SELFMAG) + static_cast<char>(known->bits) + static_cast<char>(known->order) +
                  static_cast<char>(EV_CURRENT);
  pattern.bytes.resize(EI_NIDENT, '\0');
  pattern.bytes += half(ET_EXEC) + half(known->number);
  pattern.mask.assign(EI_NIDENT, '\xff');
  pattern.mask[EI_OSABI] = '\0';
  pattern.mask += half(0xffffU & ~static_cast<unsigned>(ET_EXEC ^ ET_DYN)) + half(0xffffU);
  return pattern;
}

bool is_newer_glibc(const std::string& needed, const std::string& there) {
  const auto needed_version = parse_glibc("GLIBC_" + needed);
  const auto version = parse_glibc("GLIBC_" + there);
  return needed_version && version && *needed_version > *version;
}

const char* to_string(Binary::Format format) { return format == Binary::Format::elf ? "ELF" : "PE"; }

std::string describe_kind(const Binary& binary) {
  if (binary.archive)
    return binary.machine.empty() ? "static library" : fmt::format("ELF {}, static library", binary.machine);
  const std::string kind = fmt::format("{} {}", to_string(binary.format), binary.machine);
  if (binary.format == Binary::Format::pe) return binary.executable ? kind : kind + ", DLL";
  if (!binary.executable) return kind + ", shared library";
  return kind + (binary.interpreter.empty() ? ", static" : ", dynamic");
}

std::string describe(const Binary& binary) {
  const std::string kind = describe_kind(binary);
  return binary.newest_glibc.empty() ? kind : fmt::format("{}, needs GLIBC {}", kind, binary.newest_glibc);
}

}  // namespace larder
