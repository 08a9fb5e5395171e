#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "config/tables.hpp"
#include "share/file.hpp"
#include "share/tar.hpp"
#include "support/store_kit.hpp"

namespace larder::share::test {

using namespace larder::test;

inline config::RecipeTable no_recipes() { return config::RecipeTable({}); }

/// The bytes of an open file, from its beginning.
inline std::string bytes_of(int file) {
  std::string text(static_cast<size_t>(::lseek(file, 0, SEEK_END)), '\0');
  must(::pread(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()), "pread");
  return text;
}

/// A file without a name that has these bytes.
inline UniqueFd file_of(const std::string& bytes) {
  UniqueFd file(::memfd_create("share-test", MFD_CLOEXEC));
  Os os;
  must(os.write_all(file.get(), bytes));
  return file;
}

inline std::string export_to_text(const Store& store, const std::vector<VolumeKey>& keys,
                                  const config::RecipeTable& recipes = no_recipes()) {
  const UniqueFd file = file_of("");
  must(export_volumes(store, keys, recipes, file.get(), "the test"));
  return bytes_of(file.get());
}

inline Result<std::vector<TakenIn>> import_text(const Store& store, const std::string& bytes) {
  return import_volumes(store, file_of(bytes), "the test");
}

/// The only manifest of an archive, with what it names.
inline Arrived arrived_of(const std::string& bytes) {
  Os os;
  const Layout layout = must(open_tar(os, file_of(bytes)));
  must(layout.manifests.size() == 1, "not one manifest");
  return must(read_arrived(layout.blobs, layout.manifests.front().manifest));
}

/// A compiled volume with these files, as a build makes one.
inline void commit_compiled(const Store& store, const VolumeSpec& spec, const Files& files,
                            const std::vector<std::string>& hides = {}) {
  Transaction transaction = begin(store, spec);
  fill(store, transaction, files);
  const std::string record = "record of " + spec.key.name();
  must(transaction.seal(Outcome::success, 7, store::NewSource{record, sha256_hex(record), hides}));
}

}  // namespace larder::share::test
