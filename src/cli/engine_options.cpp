#include "cli/engine_options.hpp"

#include "cli/offers.hpp"
#include "cli/output.hpp"
#include "config/engines.hpp"

namespace larder::cli {

void add_env_option(const Command& command, builds::Request& request) {
  command.add_option("-e,--env", request.env, "A variable for the build: NAME from your environment, or NAME=VALUE")
      .value_name("NAME[=VALUE]");
}

void add_engine_options(const Command& command, builds::Request& request) {
  command.add_option("--engine", request.engine, "What builds run in: auto, native, docker or podman")
      .one_of(config::engine_choices());
  command
      .add_option("--image", request.image,
                  "The image to build on: NAME[:TAG] or NAME@DIGEST; host: this machine's root")
      .value_name("IMAGE")
      .offers(offer_image_names());
  command.add_option("--pull", request.pull, "When to ask the registry for the image: always, missing or never")
      .one_of({"always", "missing", "never"});
  command.add_option("--cpus", request.cpus, "How many processors a container may use, such as 1.5").value_name("N");
  command.add_option("--memory", request.memory, "How much memory a container may use, such as 4GB").value_name("SIZE");
}

void tell_engine(const builds::Plan& plan, const builds::OpenEngine& opened) {
  if (!plan.engine.traits().is_container_engine) return;
  if (plan.project.engine == config::auto_engine) say("engine: " + plan.engine.name() + ", " + plan.engine.reason);
  std::string note = plan.engine.note;
  if (opened.plain) note += (note.empty() ? "" : "; ") + opened.plain->note;
  if (!note.empty()) say("note: " + note);
}

}  // namespace larder::cli
