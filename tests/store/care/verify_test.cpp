#include "store/care/verify.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

#include "store/care/upkeep.hpp"
#include "store/layer/manifest.hpp"
#include "support/fault_os.hpp"
#include "support/property.hpp"
#include "support/store_kit.hpp"

namespace larder::store {

void PrintTo(const Damage& damage, std::ostream* out) {
  *out << damage.layer << ":" << damage.path << ": " << to_string(damage.harm);
}

namespace {

using namespace test;

using Damages = std::vector<Damage>;

class VerifyTest : public ::testing::Test {
 protected:
  const Store& store() const { return temp_.store; }

  Verification verified(const std::vector<VolumeKey>& keys = {}) {
    return must(verify(store(), {keys, "larder cache verify", workers_}));
  }

  /// One settled layer with every kind of entry.
  void commit_all_kinds() {
    Transaction transaction = begin(store(), spec_);
    fill(store(), transaction, {{"d/file", "content"}, {"d/other", "content"}, {"top", ""}});
    const std::string root = upper(transaction) + "/";
    put_link(store().dir(), root + "link", "d/file");
    put_whiteout(store().dir(), root + "d/gone");
    put_opaque_dir(store().dir(), root + "opaque");
    put_dir(store().dir(), root + "plain/empty");
    put_attribute(store().dir(), root + "d/file", "user.a", "1");
    put_attribute(store().dir(), root + "opaque", "user.b", "2");
    must(store().os().mknod(store().dir(), root + "pipe", S_IFIFO | 0600, 0));
    must(transaction.seal(Outcome::success));
    must(settle(store(), spec_.key));
    layer_ = current_layers(store(), spec_.key).front();
  }

  std::string path(const std::string& path) const { return "layers/" + layer_ + "/tree/" + path; }

  /// Does something to an entry, and puts its time and those of the directories above back.
  void harm(const std::string& name, const std::function<void(const std::string& path)>& change) {
    Os os;
    std::vector<std::pair<std::string, struct stat>> times;
    for (size_t end = name.size(); end != std::string::npos;
         end = end == 0 ? std::string::npos : name.rfind('/', end - 1)) {
      const std::string part = path(name.substr(0, end));
      times.emplace_back(part, must(os.stat(store().dir(), part)).value());
    }
    change(path(name));
    for (const auto& [part, status] : times)
      if (exists(store().dir(), part)) must(os.utimens(store().dir(), part, {status.st_atim, status.st_mtim}));
  }

  void expect_only(const std::string& name, Harm what) {
    EXPECT_EQ(verified().damage, Damages({{layer_, name, what}}));
  }

  TempStore temp_;
  const VolumeSpec spec_ = compiled("pantry-x64");
  std::string layer_;
  unsigned workers_ = 2;
};

TEST_F(VerifyTest, OfNothingFindsNothing) {
  const Verification found = verified();
  EXPECT_TRUE(found.damage.empty());
  EXPECT_EQ(found.volumes, 0U);
}

TEST_F(VerifyTest, FindsNoDamageWhereThereIsNone) {
  commit_all_kinds();
  const Verification found = verified();
  EXPECT_EQ(found.damage, Damages());
  EXPECT_TRUE(found.affected.empty());
  EXPECT_EQ(found.volumes, 1U);
  EXPECT_EQ(found.generations, 1U);
  EXPECT_EQ(found.layers, 1U);
  EXPECT_EQ(found.unsettled, 0U);
  EXPECT_EQ(found.files, 3U);
  EXPECT_EQ(found.bytes, 14U);
}

TEST_F(VerifyTest, FindsNothingButWhatIsDamaged) {
  struct Case {
    const char* path;
    Harm harm;
    std::function<void(const std::string&)> change;
  };
  const int dir = store().dir();
  Os os;
  const std::vector<Case> cases = {
      {"d/file", Harm::content, [&](auto& at) { put_file(dir, at, "cOntent"); }},
      {"d/file", Harm::size, [&](auto& at) { put_file(dir, at, "content and more"); }},
      {"d/file", Harm::mode, [&](auto& at) { must(os.chmod(dir, at, 0600)); }},
      {"plain", Harm::mode, [&](auto& at) { must(os.chmod(dir, at, 0700)); }},
      {"d/file", Harm::missing, [&](auto& at) { must(os.unlink(dir, at)); }},
      {"d", Harm::missing, [&](auto& at) { must(remove_tree(os, dir, at)); }},
      {"d/gone", Harm::missing, [&](auto& at) { must(os.unlink(dir, at)); }},
      {"opaque", Harm::opaque, [&](auto& at) { must(os.remove_xattr(dir, at, "user.overlay.opaque")); }},
      {"plain", Harm::opaque, [&](auto& at) { must(os.set_xattr(dir, at, "user.overlay.opaque", "y")); }},
      {"d/file", Harm::xattr, [&](auto& at) { put_attribute(dir, at, "user.a", "2"); }},
      {"d/file", Harm::xattr, [&](auto& at) { must(os.remove_xattr(dir, at, "user.a")); }},
      {"d/other", Harm::xattr, [&](auto& at) { put_attribute(dir, at, "user.a", "1"); }},
      {"opaque", Harm::xattr, [&](auto& at) { put_attribute(dir, at, "user.c", ""); }},
      {"link", Harm::link, [&](auto& at) { must(os.unlink(dir, at)), put_link(dir, at, "d/fild"); }},
      {"link", Harm::type, [&](auto& at) { must(os.unlink(dir, at)), put_file(dir, at, ""); }},
      {"d/file", Harm::type, [&](auto& at) { must(os.unlink(dir, at)), put_dir(dir, at); }},
      {"d/file", Harm::type, [&](auto& at) { must(os.unlink(dir, at)), put_link(dir, at, "other"); }},
      {"d", Harm::type,
       [&](auto& at) {
         must(remove_tree(os, dir, at));
         put_link(dir, at, "plain");
       }},
      {"pipe", Harm::type, [&](auto& at) { must(os.unlink(dir, at)), put_file(dir, at, ""); }},
      {"d/gone", Harm::type, [&](auto& at) { must(os.unlink(dir, at)), put_file(dir, at, ""); }},
      {"top", Harm::type, [&](auto& at) { must(os.unlink(dir, at)), put_whiteout(dir, at); }},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(std::string(one.path) + ": " + to_string(one.harm));
    must(clean(store(), {spec_.key}));
    commit_all_kinds();
    harm(one.path, one.change);
    expect_only(one.path, one.harm);
  }
}

TEST_F(VerifyTest, FindsATimeThatIsANanosecondOff) {
  for (const char* name : {"d/file", "d", "plain/empty", "link", "d/gone", "opaque"}) {
    SCOPED_TRACE(name);
    must(clean(store(), {spec_.key}));
    commit_all_kinds();
    const auto status = must(store().os().stat(store().dir(), path(name))).value();
    set_mtime(store().dir(), path(name), status.st_mtim.tv_sec, status.st_mtim.tv_nsec ^ 1);
    expect_only(name, Harm::mtime);
  }
}

TEST_F(VerifyTest, FindsWhatDoesNotBelongThere) {
  commit_all_kinds();
  put_file(store().dir(), path("plain/new/file"), "x");
  put_file(store().dir(), path("Top"), "x");
  EXPECT_EQ(verified().damage, Damages({{layer_, "Top", Harm::extra}, {layer_, "plain/new", Harm::extra}}));
}

TEST_F(VerifyTest, FindsEveryFlippedBit) {
  const std::string content = "content";
  commit_all_kinds();
  for (size_t bit = 0; bit < content.size() * 8; ++bit) {
    std::string altered = content;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << bit % 8));
    harm("d/file", [&](const std::string& at) { put_file(store().dir(), at, altered); });
    expect_only("d/file", Harm::content);
  }
}

TEST_F(VerifyTest, FindsAllOfSeveralDamages) {
  commit_all_kinds();
  put_file(store().dir(), path("d/file"), "CONTENT", 0600);
  EXPECT_EQ(
      verified().damage,
      Damages({{layer_, "d/file", Harm::content}, {layer_, "d/file", Harm::mode}, {layer_, "d/file", Harm::mtime}}));
}

TEST_F(VerifyTest, FindsTornManifestsAndMissingLayers) {
  commit_all_kinds();
  const std::string manifest = "layers/" + layer_ + "/manifest";
  const std::string text = get_file(store().dir(), manifest);
  put_file(store().dir(), manifest, text.substr(0, text.size() - 1));
  expect_only("", Harm::torn);
  must(store().os().unlink(store().dir(), manifest));
  expect_only("", Harm::torn);
  must(remove_tree(store().os(), store().dir(), "layers/" + layer_));
  expect_only("", Harm::missing);
}

TEST_F(VerifyTest, FindsTornRefsAndGenerations) {
  commit(store(), spec_, {{"a", "1"}});
  commit(store(), spec_, {{"a", "22"}});
  commit(store(), spec_, {{"a", "333"}});
  must(settle(store(), spec_.key));
  const auto all = must(history(store(), spec_.key));
  must(write_ref(store(), spec_.key, RefName::oldest, all[1].id, Durability::none));
  const std::string refs = ref_dir(spec_.key) + "/";
  for (const std::string& file :
       {refs + "current", refs + "settled", refs + "oldest", "generations/" + all[0].id, "generations/" + all[1].id}) {
    const std::string before = get_file(store().dir(), file);
    put_file(store().dir(), file, before.substr(0, before.size() / 2));
    EXPECT_EQ(verified().damage, Damages({{"", file, Harm::torn}}));
    put_file(store().dir(), file, before);
  }
  EXPECT_EQ(verified().damage, Damages());
}

TEST_F(VerifyTest, TellsWhomItConcerns) {
  commit(store(), spec_, {{"a", "1"}});
  commit(store(), spec_, {{"a", "22"}});
  const VolumeSpec other = compiled("other-x64");
  commit(store(), other, {{"a", "1"}});
  must(settle_all(store()));
  const Generation fork = must(fork_volume(store(), spec_.key, "copy"));
  const auto all = must(history(store(), spec_.key));
  layer_ = all[0].layers[1];
  put_file(store().dir(), path("a"), "!");
  const Verification found = verified({spec_.key});
  EXPECT_EQ(found.volumes, 1U);
  EXPECT_EQ(found.generations, 2U);
  ASSERT_EQ(found.affected.size(), 2U);
  EXPECT_EQ(found.affected[0].key, fork.spec.key);
  EXPECT_EQ(found.affected[0].generations, std::vector<std::string>({fork.id}));
  EXPECT_EQ(found.affected[1].key, spec_.key);
  EXPECT_EQ(found.affected[1].generations, std::vector<std::string>({all[0].id}));
  EXPECT_EQ(verified({other.key}).damage, Damages());
}

TEST_F(VerifyTest, LeavesOutWhatIsNotSettled) {
  commit_all_kinds();
  commit(store(), spec_, {{"new", "x"}});
  const Verification found = verified();
  EXPECT_EQ(found.damage, Damages());
  EXPECT_EQ(found.layers, 1U);
  EXPECT_EQ(found.unsettled, 1U);
  EXPECT_EQ(found.generations, 2U);
}

/// What a power cut tore is not what builds go on from.
TEST_F(VerifyTest, LeavesOutWhatAPowerCutTore) {
  commit_all_kinds();
  commit(store(), spec_, {{"new", "x"}});
  const auto all = must(history(store(), spec_.key));
  for (const Generation& generation : all) move_to_another_boot(store(), generation.id);
  must(remove_tree(store().os(), store().dir(), "layers/" + all[0].layers[1]));
  EXPECT_EQ(verified().damage, Damages());
}

TEST_F(VerifyTest, ReadsAFileWithSeveralLinksOnceAndNamesAll) {
  for (int i = 0; i < 10; ++i) commit(store(), spec_, {{"f" + std::to_string(i), "0123456789"}});
  must(settle(store(), spec_.key));
  must(flatten(store(), spec_.key));
  must(settle(store(), spec_.key));
  const auto all = must(history(store(), spec_.key));
  ASSERT_EQ(all[0].layers.size(), 1U);
  Verification found = verified();
  EXPECT_EQ(found.damage, Damages());
  EXPECT_EQ(found.layers, 11U);
  EXPECT_EQ(found.files, 10U);
  EXPECT_EQ(found.bytes, 100U);
  layer_ = all[0].layers[0];
  harm("f3", [&](const std::string& at) { put_file(store().dir(), at, "012345678X"); });
  Damages expected = {{layer_, "f3", Harm::content}, {all[1].layers[3], "f3", Harm::content}};
  std::sort(expected.begin(), expected.end());
  found = verified();
  EXPECT_EQ(found.damage, expected);
  EXPECT_EQ(found.affected.at(0).generations.size(), 8U);  // but those of before the file
}

TEST_F(VerifyTest, TellsHowFarItIs) {
  commit(store(), spec_, {{"a", std::string(1 << 20, 'a')}, {"b", std::string(1 << 20, 'b')}});
  must(settle(store(), spec_.key));
  uint64_t last = 0;
  const auto progress = [&](uint64_t done_bytes, uint64_t all_bytes) {
    EXPECT_GT(done_bytes, last);
    EXPECT_EQ(all_bytes, 2U << 20);
    last = done_bytes;
  };
  must(verify(store(), {{}, "larder cache verify", 2, progress}));
  EXPECT_EQ(last, 2U << 20);
}

TEST_F(VerifyTest, KeepsTheCollectorAwayAndLetsBuildsCommit) {
  commit(store(), spec_, {{"a", std::string(1 << 20, 'a')}});
  must(settle(store(), spec_.key));
  bool done = false;
  const auto progress = [&](uint64_t, uint64_t) {
    if (done) return;
    done = true;
    must(clean(store(), {spec_.key}));
    must(collect(store()));
    commit(store(), spec_, {{"b", "b"}});
  };
  EXPECT_EQ(must(verify(store(), {{}, "larder cache verify", 1, progress})).damage, Damages());
  EXPECT_TRUE(done);
  must(collect(store()));
  EXPECT_EQ(names_in(store(), "layers"), current_layers(store(), spec_.key));
}

TEST_F(VerifyTest, BesideBuildsAndUpkeepFindsNoDamage) {
  std::atomic<bool> ended = false;
  std::thread builds([&] {
    for (int i = 0; i < 20; ++i) {
      commit(store(), spec_, {{"a", std::to_string(i)}, {"f" + std::to_string(i % 4), "x"}});
      must(upkeep(store()));
    }
    ended = true;
  });
  while (!ended) {
    EXPECT_EQ(verified().damage, Damages());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // it must not fill trash/ faster than upkeep empties it
  }
  builds.join();
}

TEST_F(VerifyTest, OneRefusalOfTheDiskIsNoDamage) {
  commit_all_kinds();
  int failures = 0;
  for (int k = 1;; ++k) {
    FaultOs os;
    const Store faulty = must(Store::open(os, store().path()));
    os.fail_at(k, EIO);
    const auto found = verify(faulty, {{}, "larder cache verify"});
    if (!os.failed()) break;
    EXPECT_EQ(found ? found->damage : Damages(), Damages()) << os.failed_call() << " " << k;
    if (!found) ++failures;
  }
  EXPECT_GT(failures, 0);
}

TEST_F(VerifyTest, ADiskThatGoesOnRefusingIsDamage) {
  commit_all_kinds();
  DenyOs os;
  const Store faulty = must(Store::open(os, store().path()));
  os.deny("readlink", EIO);
  EXPECT_EQ(must(verify(faulty, {{}, "larder cache verify"})).damage, Damages({{layer_, "link", Harm::unreadable}}));
  os.deny("readlink", EMFILE);
  EXPECT_EQ(verify(faulty, {{}, "larder cache verify"}).error().sys_errno, EMFILE);
}

TEST_F(VerifyTest, ReadsPathsThatAreLongerThanTheKernelTakes) {
  Transaction transaction = begin(store(), spec_);
  UniqueFd dir = must(store().os().open_dir(store().dir(), upper(transaction)));
  std::string deep;
  const std::string name(200, 'x');
  for (int i = 0; i < 50; ++i) {
    must(store().os().mkdir(dir.get(), name));
    dir = must(store().os().open_dir(dir.get(), name));
    deep += name + "/";
  }
  put_file(dir.get(), "file", "content");
  must(transaction.seal(Outcome::success));
  must(settle(store(), spec_.key));
  layer_ = current_layers(store(), spec_.key).front();
  EXPECT_EQ(verified().damage, Damages());
  put_file(dir.get(), "file", "cOntent");
  EXPECT_EQ(verified().damage, Damages({{layer_, deep + "file", Harm::content}, {layer_, deep + "file", Harm::mtime}}));
}

}  // namespace
}  // namespace larder::store
