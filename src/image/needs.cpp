#include "image/needs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/os.hpp"
#include "base/text.hpp"

namespace larder::image {
namespace {

using Words = std::vector<std::string>;

void add_once(Words& words, const std::string& word) {
  if (!word.empty() && !contains(words, word)) words.push_back(word);
}

/// Architectures of packages such as libc6:arm64 that dpkg has still to be told of.
Words new_architectures(const Words& packages, const AptFacts& apt) {
  Words architectures;
  for (const std::string& package : packages) {
    const size_t colon = package.find(':');
    if (colon == std::string::npos) continue;
    const std::string architecture = package.substr(colon + 1);
    if (apt.architectures.count(architecture) == 0) add_once(architectures, architecture);
  }
  return architectures;
}

}  // namespace

Words missing_of(const std::vector<CheckedNeed>& needs) {
  Words missing;
  for (const CheckedNeed& need : needs)
    if (need.found.empty()) add_once(missing, need.what);
  return missing;
}

AptFacts apt_facts(const config::Target& machine) {
  Os os;
  AptFacts apt;
  apt.present = ::access("/usr/bin/apt-get", X_OK) == 0;
  const std::string known = read_file(os, AT_FDCWD, "/var/lib/dpkg/arch", 65536).value_or("");
  for (const std::string& architecture : split(known, '\n')) apt.architectures.insert(architecture);
  apt.architectures.insert(machine.debian_arch);
  return apt;
}

std::string install_command(const std::vector<CheckedNeed>& needs, const AptFacts& apt) {
  Words packages;
  Words commands;
  for (const CheckedNeed& need : needs) {
    if (!need.found.empty()) continue;
    if (need.package.empty()) add_once(commands, need.command);
    for (const std::string& package : split(need.package, ' ')) add_once(packages, package);
  }
  if (!packages.empty() && !apt.present) return "install what Debian calls " + join_words(packages);
  if (!packages.empty()) commands.insert(commands.begin(), "sudo apt install " + join(packages, " "));
  const Words architectures = new_architectures(packages, apt);
  if (!architectures.empty()) commands.insert(commands.begin(), "sudo apt update");
  for (const std::string& architecture : architectures)
    commands.insert(commands.begin(), "sudo dpkg --add-architecture " + architecture);
  return join(commands, " && ");
}

}  // namespace larder::image
