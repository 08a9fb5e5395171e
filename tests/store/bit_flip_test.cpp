// Single bits of a store become others, as on a disk that rots, and times stay as they are: `verify` must find each
// one, wherever it lies in what the store's volumes need.
//
// LARDER_SEED chooses the bits; with LARDER_TEST_LONG set there are 10,000 of them.

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <iostream>
#include <random>

#include "store/care/verify.hpp"
#include "store/layer/manifest.hpp"
#include "support/seed.hpp"
#include "support/store_kit.hpp"

namespace larder::store {
namespace {

using namespace test;

/// A file of the store whose every bit means something.
struct Spot {
  std::string path;   ///< in the store
  std::string layer;  ///< of a file in a layer
  std::string file;   ///< its path in it
  uint64_t size_bytes = 0;
};

class BitFlip : public ::testing::Test {
 protected:
  BitFlip() {
    for (int i = 0; i < 3; ++i) {
      commit_all_kinds(cache_, i, {other_});
      commit_all_kinds(target_, i, {});
    }
    for (int i = 0; i < 9; ++i) commit(store(), flat_, {{"d/" + std::to_string(i), std::string(100, 'f')}});
    must(settle_all(store()));
    must(flatten(store(), flat_.key));
    must(fork_volume(store(), target_.key, "fork"));
    must(settle_all(store()));
    must(trim_history(store(), target_.key, {2, 0}, std::time(nullptr) + 3600));
    must(collect(store()));
    for (const VolumeKey& key : must(list_volumes(store()))) add_volume(key);
    std::sort(spots_.begin(), spots_.end(), [](const Spot& a, const Spot& b) { return a.path < b.path; });
  }

  const Store& store() const { return temp_.store; }

  void commit_all_kinds(const VolumeSpec& spec, int number, const std::vector<VolumeSpec>& also) {
    Transaction transaction = begin(store(), writing(spec, {}, also));
    const std::string root = upper(transaction) + "/";
    const std::string name = std::to_string(number);
    fill(store(), transaction,
         {{"d/" + name, std::string(2000, 'x') + name}, {"all", name + std::string(300, '\0')}, {"empty-" + name, ""}});
    must(store().os().link(store().dir(), root + "all", store().dir(), root + "d/linked"));
    put_link(store().dir(), root + "link-" + name, "d/" + name);
    put_opaque_dir(store().dir(), root + "opaque");
    put_whiteout(store().dir(), root + "gone");
    put_attribute(store().dir(), root + "d", "user.a", name);
    must(store().os().mknod(store().dir(), root + "pipe-" + name, S_IFIFO | 0600, 0));
    must(transaction.seal(Outcome::success));
  }

  void add_volume(const VolumeKey& key) {
    for (const RefName name : {RefName::current, RefName::settled, RefName::oldest}) add({ref_path(key, name), "", ""});
    for (const Generation& generation : must(history(store(), key))) {
      add({"generations/" + generation.id, "", ""});
      for (const std::string& layer : generation.layers) add_layer(layer);
    }
  }

  void add_layer(const std::string& layer) {
    add({"layers/" + layer + "/manifest", "", ""});
    for (const ManifestEntry& entry : must(read_manifest(store(), layer)))
      if (entry.type == 'f') add({"layers/" + layer + "/tree/" + entry.path, layer, entry.path});
  }

  void add(Spot spot) {
    const auto status = must(store().os().stat(store().dir(), spot.path));
    const bool known =
        std::any_of(spots_.begin(), spots_.end(), [&](const Spot& one) { return one.path == spot.path; });
    if (!status || status->st_size == 0 || known) return;
    spot.size_bytes = static_cast<uint64_t>(status->st_size);
    bits_ += spot.size_bytes * 8;
    spots_.push_back(std::move(spot));
  }

  void flip(const Spot& spot, uint64_t bit) {
    Os os;
    const auto status = must(os.stat(store().dir(), spot.path)).value();
    const UniqueFd fd = must(os.open(store().dir(), spot.path, O_RDWR));
    const auto at = static_cast<off_t>(bit / 8);
    unsigned char byte = 0;
    must(::pread(fd.get(), &byte, 1, at) == 1, "pread");
    byte = static_cast<unsigned char>(byte ^ (1U << bit % 8));
    must(::pwrite(fd.get(), &byte, 1, at) == 1, "pwrite");
    must(os.futimens(fd.get(), {status.st_atim, status.st_mtim}));
  }

  /// A file with several names is reported by all of them, a record by its own, a manifest by its layer.
  void expect_found(const Spot& spot, uint64_t bit) {
    SCOPED_TRACE(fmt::format("bit {} of {}", bit, spot.path));
    flip(spot, bit);
    const auto damage = must(verify(store(), {{}, "the test"})).damage;
    flip(spot, bit);
    const bool is_manifest = spot.path.ends_with("/manifest");
    const std::string layer = is_manifest ? spot.path.substr(7, 16) : spot.layer;
    const std::string path = is_manifest ? "" : spot.layer.empty() ? spot.path : spot.file;
    const Harm harm = spot.layer.empty() ? Harm::torn : Harm::content;
    EXPECT_EQ(std::count(damage.begin(), damage.end(), Damage{layer, path, harm}), 1);
  }

  /// The bit of that number, counted over all spots.
  void expect_found(uint64_t number) {
    for (const Spot& spot : spots_) {
      if (number < spot.size_bytes * 8) return expect_found(spot, number);
      number -= spot.size_bytes * 8;
    }
  }

  TempStore temp_;
  const VolumeSpec cache_ = download("cargo-cache-x64");
  const VolumeSpec other_ = download("cargo-cache-arm64");
  const VolumeSpec target_ = compiled("pantry-x64");
  const VolumeSpec flat_ = compiled("flat-x64");
  std::vector<Spot> spots_;
  uint64_t bits_ = 0;
};

TEST_F(BitFlip, IsFoundWhereverItIs) {
  const uint64_t seed = number_from("LARDER_SEED", 1);
  const int count = long_test() ? 10'000 : 300;
  std::cout << "LARDER_SEED=" << seed << ": " << count << " of " << bits_ << " bits in " << spots_.size() << " files\n";
  ASSERT_TRUE(must(verify(store(), {{}, "the test"})).damage.empty());
  std::mt19937_64 random(seed);
  for (const Spot& spot : spots_) expect_found(spot, random() % (spot.size_bytes * 8));
  for (int i = 0; i < count && !HasFailure(); ++i) expect_found(random() % bits_);
  EXPECT_TRUE(must(verify(store(), {{}, "the test"})).damage.empty());
}

TEST_F(BitFlip, OfARefIsFoundWhereverItIs) {
  int found = 0;
  for (const Spot& spot : spots_) {
    if (!spot.path.starts_with(ref_dir(target_.key) + "/")) continue;
    for (uint64_t bit = 0; bit < spot.size_bytes * 8 && !HasFailure(); ++bit) expect_found(spot, bit);
    ++found;
  }
  EXPECT_EQ(found, 3);  // current, settled and oldest
}

TEST_F(BitFlip, OfTheFormatIsRefused) {
  const Spot spot{"format", "", "", 15};
  for (uint64_t bit = 0; bit < spot.size_bytes * 8; ++bit) {
    flip(spot, bit);
    EXPECT_FALSE(Store::open(temp_.os, store().path())) << bit;
    flip(spot, bit);
  }
  must(Store::open(temp_.os, store().path()));
}

}  // namespace
}  // namespace larder::store
