#include "cli/engine_options.hpp"

#include "cli/output.hpp"

namespace larder::cli {

void add_engine_options(const Command& command, builds::Request& request) {
  command.add_option("--engine", request.engine, "What builds run in: auto, native, docker or podman")
      .one_of({"auto", "native", "docker", "podman"});
  command
      .add_option("--image", request.image,
                  "The image to build on: NAME[:TAG] or NAME@DIGEST; host: this machine's root")
      .value_name("IMAGE");
  command.add_option("--pull", request.pull, "When to ask the registry for the image: always, missing or never")
      .one_of({"always", "missing", "never"});
  command.add_option("--cpus", request.cpus, "How many processors a container may use, such as 1.5").value_name("N");
  command.add_option("--memory", request.memory, "How much memory a container may use, such as 4GB").value_name("SIZE");
}

void tell_engine(const builds::Plan& plan) {
  if (plan.engine.kind == builds::EngineKind::native) return;
  if (plan.project.engine == "auto") say("engine: " + plan.engine.name() + ", " + plan.engine.reason);
  if (!plan.engine.note.empty()) say("note: " + plan.engine.note);
}

}  // namespace larder::cli
