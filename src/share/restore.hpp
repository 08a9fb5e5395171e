#pragma once

#include <functional>
#include <vector>

#include "share/blobs.hpp"
#include "share/index.hpp"
#include "share/local_contents.hpp"

namespace larder::share {

/// The packs of an index that are needed to restore it beside what is here.
std::vector<Pack> needed_packs(const Index& index, const LocalContents& local);

/// Makes the tree of an index in the empty directory `root`: modes, times to the nanosecond, user attributes, links and
/// marks as in the tree that was shared. Contents are taken from `local` where they are there, else from packs; each is
/// checked. Entries for which `is_wanted` says no are left out; a directory is always made. On failure the directory
/// holds a part of the tree.
Status restore_tree(Os& os, int root, const Index& index, const Blobs& blobs, const LocalContents& local,
                    const std::function<bool(const Entry&)>& is_wanted);

}  // namespace larder::share
