/// Compiles the rules to BPF while Larder is built, since libseccomp takes longer for it than a sandbox does to start.
/// A program of its own, for the machine that builds.
///
/// Usage: compile PROCESSOR FILE    PROCESSOR: x86_64, aarch64; FILE: the C++ source to write
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "engine/seccomp/rules.hpp"

namespace {

using larder::engine::seccomp::allowed;
using larder::engine::seccomp::of_namespaces;
using larder::engine::seccomp::refused;

constexpr uint64_t namespace_flags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                     CLONE_NEWPID | CLONE_NEWNET | 0x80U;  // CLONE_NEWTIME

/// An architecture, and the 32-bit one whose programs its processors run.
struct Processor {
  const char* name;
  uint32_t own;
  uint32_t smaller;
};
constexpr Processor processors[] = {{"x86_64", SCMP_ARCH_X86_64, SCMP_ARCH_X86},
                                    {"aarch64", SCMP_ARCH_AARCH64, SCMP_ARCH_ARM}};

void check(int result, const char* what) {
  if (result == 0) return;
  std::fprintf(stderr, "seccomp rules: %s: %s\n", what, std::strerror(-result));
  std::exit(1);
}

/// A condition on an argument: its value or, for SCMP_CMP_MASKED_EQ, a mask and the value of what it leaves.
scmp_arg_cmp compare(unsigned argument, scmp_compare how, uint64_t value, uint64_t masked_value = 0) {
  return {argument, how, value, masked_value};
}

class Filter {
 public:
  Filter(const Processor& processor, bool with_namespaces)
      : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS))), with_namespaces_(with_namespaces) {
    if (context_ == nullptr) check(-ENOMEM, "begin");
    check(seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)), "other architectures");
    check(seccomp_attr_set(context_, SCMP_FLTATR_CTL_OPTIMIZE, 2), "a tree");
    if (processor.own != seccomp_arch_native()) {
      check(seccomp_arch_add(context_, processor.own), processor.name);
      check(seccomp_arch_remove(context_, SCMP_ARCH_NATIVE), "remove this machine's");
    }
    check(seccomp_arch_add(context_, processor.smaller), "32 bit");
    add_all();
  }
  ~Filter() { seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  std::vector<unsigned char> compile() const {
    std::FILE* file = std::tmpfile();
    if (file == nullptr) check(-errno, "a temporary file");
    check(seccomp_export_bpf(context_, fileno(file)), "compile");
    std::vector<unsigned char> program(static_cast<size_t>(::lseek(fileno(file), 0, SEEK_END)));
    if (::pread(fileno(file), program.data(), program.size(), 0) != static_cast<ssize_t>(program.size()))
      check(-EIO, "read");
    std::fclose(file);
    return program;
  }

 private:
  void add(uint32_t action, const char* name, const std::vector<scmp_arg_cmp>& conditions = {}) {
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) return;  // newer than this libseccomp
    check(seccomp_rule_add_array(context_, action, number, static_cast<unsigned>(conditions.size()), conditions.data()),
          name);
  }

  void add_all() {
    for (const char* name : allowed) add(SCMP_ACT_ALLOW, name);
    if (with_namespaces_)
      for (const char* name : of_namespaces) add(SCMP_ACT_ALLOW, name);
    for (const char* name : refused)
      if (!with_namespaces_ || !is_of_namespaces(name)) add(SCMP_ACT_ERRNO(EPERM), name);
    add_clone();
    add_ioctl();
    add_personality();
    add_tracing();
    add(SCMP_ACT_ALLOW, "socket", {compare(0, SCMP_CMP_LT, AF_VSOCK)});  // a virtual machine's way to its host
    add(SCMP_ACT_ALLOW, "socket", {compare(0, SCMP_CMP_GT, AF_VSOCK)});
    add(SCMP_ACT_ERRNO(EPERM), "socket", {compare(0, SCMP_CMP_EQ, AF_VSOCK)});
  }

  /// Of all processes but the first, which is bubblewrap's: it tells larder how the command has ended.
  /// AddressSanitizer's look for leaks is a ptrace.
  void add_tracing() {
    constexpr uint64_t first = 1;
    add(SCMP_ACT_ALLOW, "ptrace", {compare(1, SCMP_CMP_NE, first)});
    add(SCMP_ACT_ERRNO(EPERM), "ptrace", {compare(1, SCMP_CMP_EQ, first)});
    for (const char* name : {"process_vm_readv", "process_vm_writev"}) {
      add(SCMP_ACT_ALLOW, name, {compare(0, SCMP_CMP_NE, first)});
      add(SCMP_ACT_ERRNO(EPERM), name, {compare(0, SCMP_CMP_EQ, first)});
    }
  }

  static bool is_of_namespaces(const std::string& name) {
    return std::find(std::begin(of_namespaces), std::end(of_namespaces), name) != std::end(of_namespaces);
  }

  void add_clone() {
    if (with_namespaces_) return add(SCMP_ACT_ALLOW, "clone");
    add(SCMP_ACT_ALLOW, "clone", {compare(0, SCMP_CMP_MASKED_EQ, namespace_flags & ~uint64_t{0x80}, 0)});
  }

  /// All but what types into the terminal of whoever has called Larder (TIOCSTI; TIOCLINUX, by its selection).
  void add_ioctl() {
    const std::vector<uint64_t> types = {TIOCSTI, TIOCLINUX};
    for (const uint64_t request : types)
      add(SCMP_ACT_ERRNO(EPERM), "ioctl", {compare(1, SCMP_CMP_MASKED_EQ, ioctl_mask, request)});
    allow_ioctl_but(types, 32, 0);
  }

  /// Allows what begins with the bits `prefix`, above the lowest `bits`, and is none of `values`. libseccomp takes
  /// rules for one call as alternatives, and no rule that compares an argument twice; so what is not there is said by
  /// prefixes.
  void allow_ioctl_but(const std::vector<uint64_t>& values, unsigned bits, uint64_t prefix) {
    const uint64_t lower = (uint64_t{1} << bits) - 1;
    std::vector<uint64_t> here;
    for (const uint64_t value : values)
      if ((value & ~lower) == prefix) here.push_back(value);
    if (here.empty())
      return add(SCMP_ACT_ALLOW, "ioctl", {compare(1, SCMP_CMP_MASKED_EQ, ioctl_mask & ~lower, prefix)});
    if (bits == 0) return;
    allow_ioctl_but(here, bits - 1, prefix);
    allow_ioctl_but(here, bits - 1, prefix | uint64_t{1} << (bits - 1));
  }

  /// As Docker, and addresses that are not random, which debuggers and ThreadSanitizer ask for.
  void add_personality() {
    for (const uint64_t value : {0x0UL, 0x8UL, 0x20000UL, 0x20008UL, 0xffffffffUL, 0x40000UL, 0x40008UL})
      add(SCMP_ACT_ALLOW, "personality", {compare(0, SCMP_CMP_EQ, value)});
  }

  static constexpr uint64_t ioctl_mask = 0xffffffff;  // the kernel looks at no more
  scmp_filter_ctx context_;
  bool with_namespaces_;
};

void write_program(std::ofstream& out, const char* name, const std::vector<unsigned char>& program) {
  out << "constexpr unsigned char " << name << "[] = {";
  for (size_t i = 0; i < program.size(); ++i) out << (i % 32 == 0 ? "\n    " : "") << unsigned{program[i]} << ",";
  out << "};\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::string wanted = argc == 3 ? argv[1] : "";
  const auto* const processor = std::find_if(std::begin(processors), std::end(processors),
                                             [&](const Processor& one) { return wanted == one.name; });
  if (processor == std::end(processors)) {
    std::fprintf(stderr, "usage: compile x86_64|aarch64 FILE\n");
    return 2;
  }
  std::ofstream out(argv[2]);
  out << "#include \"engine/seccomp_filter.hpp\"\n\nnamespace larder::engine {\nnamespace {\n\n";
  write_program(out, "for_builds", Filter(*processor, false).compile());
  write_program(out, "with_namespaces", Filter(*processor, true).compile());
  out << "\n}  // namespace\n\nstd::span<const unsigned char> seccomp_filter(Namespaces namespaces) {\n"
         "  if (namespaces == Namespaces::own) return with_namespaces;\n  return for_builds;\n}\n\n"
         "}  // namespace larder::engine\n";
  return out.flush() ? 0 : 1;
}
