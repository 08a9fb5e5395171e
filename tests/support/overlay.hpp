#pragma once

#include <unistd.h>

#include <functional>

#include "engine/namespaces.hpp"
#include "support/child.hpp"
#include "support/store_kit.hpp"

namespace larder::test {

/// Why this machine cannot mount an overlay as the calling user; empty where it can.
inline std::string overlay_refusal(const Store& store) {
  const Status probed = engine::probe_overlay(store.path());
  return probed ? "" : describe(probed.error());
}

/// Mounts the fork in a child with namespaces of its own and runs `body` there with the merged directory's fd.
inline void in_overlay(const Store& store, const Fork& fork, const std::function<void(int)>& body) {
  must(run_in_child([&] {
    must(engine::enter_namespaces());
    must(::chdir(store.path().c_str()) == 0, "cannot enter the store");
    const bool writable = fork.writable();
    const std::string merged = fork.dir + "/merged";
    Os os;
    must(os.mkdir(AT_FDCWD, merged, 0700));
    must(engine::mount_volume({"/test", store::layer_roots(fork.base.layers), writable ? fork.dir + "/upper" : "",
                               writable ? fork.dir + "/work" : "", ""},
                              merged));
    body(must(os.open_dir(AT_FDCWD, merged)).get());
  }));
}

}  // namespace larder::test
