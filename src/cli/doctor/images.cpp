#include <fmt/format.h>

#include "base/in_child.hpp"
#include "base/subprocess.hpp"
#include "base/text.hpp"
#include "base/user_namespace.hpp"
#include "cli/doctor/checks.hpp"
#include "config/helpers.hpp"
#include "image/debian_base.hpp"

namespace larder::cli {

Check judge_image_programs(const std::string& name, const std::vector<std::string>& missing, Weight weight) {
  if (missing.empty()) return {Mark::good, name, "can be prepared", ""};
  const std::string command = config::install_hint(missing);
  if (weight == Weight::optional) return {Mark::note, name, "not installed: " + command, ""};
  return {Mark::failed, name, "missing: " + join_words(missing), command};
}

Check judge_image_root(const Status& entered, Weight weight) {
  const std::string name = "root of a user namespace";
  if (entered) return {Mark::good, name, "works", ""};
  const Mark mark = weight == Weight::wanted ? Mark::failed : Mark::note;
  const Error& error = entered.error();
  return {mark, name, error.message + (error.cause.empty() ? "" : ": " + error.cause),
          mark == Mark::failed ? error.hint : ""};
}

Section examine_images(const image::Reference& used) {
  Section section{"Images", {}};
  const auto add = [&](const std::string& name, const std::vector<std::string>& programs, bool wanted) {
    std::vector<std::string> missing;
    for (const std::string& program : programs)
      if (find_in_path(program).empty()) missing.push_back(program);
    section.checks.push_back(judge_image_programs(name, missing, wanted ? Weight::wanted : Weight::optional));
  };
  const bool image_wanted = used.source != image::Source::host;
  section.checks.push_back(judge_image_root(in_child([] { return enter_user_namespace(Identity::root); }),
                                            image_wanted ? Weight::wanted : Weight::optional));
  const bool debian = used.source == image::Source::debian;
  const bool has_registries = !find_in_path("skopeo").empty() && !find_in_path("umoci").empty();
  add("from Debian's packages", {"mmdebstrap"}, debian && !has_registries);
  if (!find_in_path("mmdebstrap").empty() && image::debian_keyring().empty())
    section.checks.back() = {debian && !has_registries ? Mark::failed : Mark::note, section.checks.back().name,
                             image::why_not_of_packages(), "install the package debian-archive-keyring"};
  add("from registries", {"skopeo", "umoci"}, !debian && used.source != image::Source::host);
  return section;
}

}  // namespace larder::cli
