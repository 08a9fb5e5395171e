#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace larder::image {

enum class StepKind {
  base,      ///< a root filesystem by its reference
  packages,  ///< Debian packages installed on it
  commands,  ///< texts for sh, run as root in it
  rust,      ///< a toolchain of rustup's distribution, or one more target's library for it
  zig        ///< zig, from Python's index
};

/// One step in the making of an image. The same step on the same parent makes the same image.
struct Step {
  StepKind kind = StepKind::base;
  std::vector<std::string> request;  ///< the reference; the packages' names, sorted; the texts, in order; of `rust` and
                                     ///< `zig` the words of the script of that name in src/image/scripts

  /// What a step is told apart by: the request itself, or the hash of its texts.
  std::string key() const;
  /// The step for people: "debian:bookworm", "5 packages: cargo-web, gcc, …", "`make install`".
  std::string describe() const;

  bool operator==(const Step&) const = default;
};

const char* to_string(StepKind kind);

/// What a step has made: an entry of larder.lock, and in whole the image's own image.json.
struct StepRecord {
  std::string digest;                 ///< "sha256:…", see digest_of
  std::string from;                   ///< the parent's digest; empty for a base
  std::string machine;                ///< Debian's name for the build machine's architecture
  Step step;                          ///< from a lock: `commands` holds their hash alone
  std::vector<std::string> packages;  ///< what it has added or changed, as apt takes it: "gcc:amd64=4:12.2.0-3"; sorted
  std::string source = {};            ///< of a registry's image: the digest it was fetched by; of a Rust toolchain its
                                      ///< manifest's, of zig its wheel's
  std::string path = {};              ///< PATH, where the image says so
  std::map<std::string, std::string> env = {};  ///< the image's other variables
  std::string loader = {};  ///< of a stranger's image: what its shell starts with, "/lib/ld-musl-x86_64.so.1"
};

/// Whether the record is of this step on this parent.
bool is_same_step(const StepRecord& record, const std::string& from, const Step& step, const std::string& machine);

/// The digest of an image: of a base from a registry its `source`, of everything else the hash of machine, parent,
/// step, packages and source. So it is the same on every machine that prepares the same from the same lock.
std::string digest_of(const StepRecord& record);

nlohmann::json to_json(const StepRecord& record);
/// Reads the text of an image.json; ErrorCode::damage where it is none.
Result<StepRecord> parse_step_record(const std::string& text);

/// The places in a layer of an image, relative to the layer's tree: the root filesystem and its record.
inline constexpr const char* rootfs_folder = "rootfs";
inline constexpr const char* record_file = "image.json";

}  // namespace larder::image
