#pragma once

#include <string>

namespace larder {

/// Whether this process runs in a container, as docker, podman and systemd mark them.
bool in_container();

/// The options of `docker run` or `podman run` with which a sandbox can be made in a container, where this one is such;
/// those of both where it is not known whose it is.
std::string container_options();

/// Whether a seccomp filter, as container engines set one, may refuse system calls to this process.
bool has_seccomp_filter();

/// Whether this process's pid namespace is a container's whose first process is this one or waits for it: everything in
/// it ends soon after this process, also what it leaves in the background. False under an init system.
bool ends_with_this_process();

}  // namespace larder
