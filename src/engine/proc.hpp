#pragma once

#include <string>

#include "base/result.hpp"

namespace larder::engine {

/// Mounts the /proc of the calling process's pid namespace at /proc, and once more in the sandbox's root directory
/// `root`, where a folder `proc` must be. There, what runc masks or makes read-only by default is so: a process with
/// the files' owner's number, as root's is, could change or read the whole machine by it. So is what would show or open
/// the first process. The caller is in namespaces
/// of its own. With our own calls, since bubblewrap reads the list of all mounts for each mount that it makes.
Status mount_proc(const std::string& root);

}  // namespace larder::engine
