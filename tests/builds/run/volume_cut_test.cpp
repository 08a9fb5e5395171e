#include "builds/run/volume_cut.hpp"

#include <gtest/gtest.h>

#include "builds/support.hpp"
#include "store/layer/merged_tree.hpp"

namespace larder::builds {
namespace {

TEST(VolumeCut, WhatIsCutIsGoneAndOnePathMayLieBelowAnother) {
  Kit kit;
  kit.commit(kit.target().compiled,
             {{"target/unit/a", "1"}, {"target/unit/sub/b", "2"}, {"target/unit-c", "3"}, {"target/kept", "4"}});
  auto transaction = must(store::Transaction::begin(kit.store(), {{kit.target().compiled, store::Access::write}}, ""));
  const store::Fork& fork = transaction.forks()[0];
  must(cut_from_volume(kit.store(), fork.base, fork.dir + "/upper",
                       {"target/unit", "target/unit-c", "target/unit/a", "target/unit/sub/b"}));
  std::vector<std::string> roots = store::layer_roots(fork.base.layers);
  roots.push_back(fork.dir + "/upper");
  const auto volume = must(store::MergedTree::open(kit.store(), roots));
  for (const char* path : {"target/unit", "target/unit/a", "target/unit/sub/b", "target/unit-c"})
    EXPECT_FALSE(must(volume.find(path))) << path;
  EXPECT_TRUE(must(volume.find("target/kept")));
}

}  // namespace
}  // namespace larder::builds
