#include "engine/container/ending.hpp"
#include "engine/container/facts.hpp"
#include "engine/container/image.hpp"
#include "engine/container/plain_volumes.hpp"
#include "engine/container/volumes.hpp"
#include "engine/container/write_lock.hpp"
#include "fuzz/fuzz.hpp"

using namespace larder;

/// What docker and podman print.
FUZZ_TARGET(engines) {
  for (const engine::Dialect dialect : {engine::Dialect::docker, engine::Dialect::podman})
    static_cast<void>(engine::parse_info(dialect, input));
  static_cast<void>(engine::parse_image(input));
  static_cast<void>(engine::parse_listing(input));
  static_cast<void>(engine::parse_disk_usage(input));
  static_cast<void>(engine::parse_lock(input));
  static_cast<void>(engine::parse_events(input));
  static_cast<void>(engine::parse_state(input));
}
