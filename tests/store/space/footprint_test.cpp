#include "store/space/footprint.hpp"

#include <gtest/gtest.h>

#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

TEST(MeasureLayers, TellsTheLayersOwnBytesFromThoseLinkedElsewhere) {
  TempStore temp;
  put_file(temp.store.dir(), "layers/a/tree/own", std::string(100'000, 'x'));
  put_file(temp.store.dir(), "layers/a/tree/shared", std::string(200'000, 'x'));
  put_dir(temp.store.dir(), "layers/b/tree");
  must(temp.os.link(temp.store.dir(), "layers/a/tree/shared", temp.store.dir(), "layers/b/tree/shared"));
  const LayersSize one = must(measure_layers(temp.store, {"a"}));
  const LayersSize both = must(measure_layers(temp.store, {"a", "b", "missing"}));
  EXPECT_GE(one.disk_bytes, one.own_bytes + 200'000);
  EXPECT_GE(one.own_bytes, 100'000U);
  EXPECT_LT(one.own_bytes, 200'000U);
  EXPECT_EQ(both.disk_bytes, both.own_bytes);
  EXPECT_LT(both.disk_bytes, one.disk_bytes + 100'000);
}

}  // namespace
}  // namespace larder::store
