#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/space/usage.hpp"
#include "support/store_kit.hpp"

namespace larder::test {

/// The time at which the texts about caches are made, in seconds since 1970: 2001-09-09T01:46:40Z.
inline constexpr int64_t now = 1'000'000'000;

/// A generation of a compiled volume, made `age` seconds ago.
inline Generation generation(const std::string& id, Outcome outcome, int64_t age) {
  Generation made;
  made.id = id;
  made.spec = compiled("cargo-target-app-x64", "0123456789abcdef");
  made.outcome = outcome;
  made.created_seconds = now - age;
  return made;
}

/// A generation that a build has made, with an escape sequence in the build's folder.
inline Generation built(const std::string& id, Outcome outcome, int64_t age) {
  Generation made = generation(id, outcome, age);
  made.build = "larder build x64 in /home/ann/app\x1b[2J, process 4711";
  made.seconds = 61;
  return made;
}

/// A download volume with 3 files, last used two hours ago.
inline store::VolumeUsage usage(const std::string& name, const std::string& target, uint64_t disk_bytes,
                                uint64_t shared_bytes, std::vector<std::string> shared_with = {}) {
  store::VolumeUsage volume;
  volume.generation.spec = download(name);
  volume.generation.spec.target = target;
  if (disk_bytes > 0) volume.generation.layers = {"layer"};
  volume.files = 3;
  volume.logical_bytes = disk_bytes / 2;
  volume.disk_bytes = disk_bytes;
  volume.shared_bytes = shared_bytes;
  volume.shared_with = std::move(shared_with);
  volume.last_used_seconds = now - 7200;
  return volume;
}

/// Two volumes that share content, of which one is in use, and an empty one.
inline std::vector<store::VolumeUsage> three_volumes() {
  std::vector<store::VolumeUsage> volumes = {
      usage("cargo-cache-arm64", "arm64", 12'300'000, 12'300'000, {"cargo-cache-x64"}),
      usage("cargo-cache-x64", "x64", 24'600'000, 12'300'000,
            {"cargo-cache-arm64", "cargo-cache-musl-arm64", "cargo-cache-musl-x64"}),
      usage("cargo-git-cache-x64", "x64", 0, 0)};
  volumes[0].used_by = "larder build arm64\x1b[2J, process 4711";
  return volumes;
}

}  // namespace larder::test
