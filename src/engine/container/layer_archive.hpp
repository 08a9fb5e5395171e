#pragma once

#include <string>

#include "base/tar_writer.hpp"
#include "store/store.hpp"

namespace larder::engine {

/// Writes what the layer has below `root`, a folder of its tree, as a layer of a container image: the OCI image
/// format's "layer.md", with deletions as files `.wh.NAME` and opaque folders as `.wh..wh..opq`. Everything is root's.
/// The same layer gives the same bytes. The caller holds the layer. ErrorCode::damage where the layer is not as its
/// manifest says.
Status write_layer(const store::Store& store, const std::string& layer, const std::string& root, TarWriter& archive);

}  // namespace larder::engine
