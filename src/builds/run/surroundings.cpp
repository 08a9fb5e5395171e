#include "builds/run/surroundings.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "base/glob.hpp"
#include "base/parallel.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "builds/run/packages.hpp"
#include "source/codec.hpp"

namespace larder::builds {
namespace {

constexpr std::string_view marks_line = "larder-around-1\n";
constexpr std::string_view cache_tag = "/CACHEDIR.TAG";

using Mark = Surroundings::Mark;

/// FNV-1a of 64 bits, the same on every machine.
class Hash {
 public:
  void add(const void* data, size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (size_t i = 0; i < size; ++i) value_ = (value_ ^ bytes[i]) * 0x100000001b3U;
  }
  void add(std::string_view text) { add(text.data(), text.size()); }
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325U;
};

uint64_t hash_of(std::string_view place, std::string_view path) {
  Hash hash;
  hash.add(place);
  hash.add("/");
  hash.add(path);
  return hash.value();
}

/// Never 0.
uint64_t hash_of(const source::Seen& seen) {
  Hash hash;
  for (const uint64_t number :
       {seen.stamp.size_bytes, static_cast<uint64_t>(seen.stamp.mtime), static_cast<uint64_t>(seen.stamp.ctime),
        seen.stamp.inode, seen.stamp.device, static_cast<uint64_t>(seen.entry.mode)})
    hash.add(&number, sizeof number);
  return hash.value() | 1U;
}

/// Git writes to its own folder when it is only asked.
bool is_watched(const source::Seen& seen) { return !source::is_gits_own(seen.entry.path); }

bool is_file(const source::Seen& seen) {
  return seen.entry.kind == source::Kind::file || seen.entry.kind == source::Kind::link;
}

/// Whether nothing was written to it while it was looked at, so that its stamp tells its content.
bool is_settled(const source::Seen& seen, const source::Walk& walk) { return seen.stamp.ctime < walk.began; }

/// A single file that is shown, as a walk of one entry.
Result<source::Walk> walk_file(Os& os, const std::string& path) {
  source::Walk walk;
  walk.folder = std::filesystem::path(path).parent_path().string();
  TRY_ASSIGN(const auto status, os.stat(AT_FDCWD, path));
  if (!status) return walk;
  source::Seen seen;
  seen.entry.path = std::filesystem::path(path).filename().string();
  seen.entry.kind = source::Kind::file;
  seen.entry.mode = static_cast<uint16_t>(status->st_mode & 07777U);
  seen.entry.time = source::nanoseconds(status->st_mtim);
  seen.stamp = {static_cast<uint64_t>(status->st_size), seen.entry.time, source::nanoseconds(status->st_ctim),
                status->st_ino, status->st_dev};
  walk.began = seen.stamp.ctime + 1;
  walk.seen.push_back(std::move(seen));
  return walk;
}

Result<source::Walk> look_at(Os& os, const Bind& shown, const std::vector<std::string>& not_there) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(shown.source, ignored)) return walk_file(os, shown.source);
  std::vector<std::string> left_out;
  for (const std::string& path : not_there)
    if (source::is_below(path, shown.source)) left_out.push_back(path.substr(shown.source.size() + 1));
  return source::walk(os, shown.source, left_out, worker_count());
}

/// The folders in a walk that hold what can be made again.
std::set<std::string> caches_in(const source::Walk& walk) {
  std::set<std::string> folders;
  for (const source::Seen& seen : walk.seen)
    if (seen.entry.path.ends_with(cache_tag))
      folders.insert(seen.entry.path.substr(0, seen.entry.path.size() - cache_tag.size()));
  return folders;
}

/// A digest of all that the walk has met, also of what counts as a result or a cache; but of git's own folder.
std::string digest_of_all(const std::vector<std::pair<std::string, source::Walk>>& walks) {
  Sha256 hash;
  for (const auto& [place, walk] : walks)
    for (const source::Seen& seen : walk.seen) {
      if (!is_watched(seen)) continue;
      const uint64_t path = hash_of(place, seen.entry.path);
      const uint64_t stamp = is_file(seen) ? hash_of(seen) : 1;
      hash.update(&path, sizeof path);
      hash.update(&stamp, sizeof stamp);
      if (is_file(seen) && !is_settled(seen, walk)) hash.field(std::to_string(walk.began));
    }
  return hash.finish().substr(0, 32);
}

void leave_out_results(const Plan& plan, source::Walk& walk) {
  const std::set<std::string> caches = caches_in(walk);
  const auto is_cache = [&](const std::string& path) {
    for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      if (caches.count(path.substr(0, slash)) > 0) return true;
    return false;
  };
  const auto is_result = [&](const std::string& path) {
    return std::any_of(plan.triples.begin(), plan.triples.end(), [&](const std::string& triple) {
      return path.find("target/" + triple + "/") != std::string::npos;
    });
  };
  std::erase_if(walk.seen, [&](const source::Seen& seen) {
    const std::string& path = seen.entry.path;
    return !is_file(seen) || (path.find("target/") != std::string::npos && is_result(path)) ||
           (!caches.empty() && is_cache(path));
  });
}

/// What the project's build scripts say that speak of folders above.
std::string scripts_that_look_up(Os& os, const Plan& plan, const source::Entries& entries) {
  std::string text;
  if (plan.recipe.blind.told.units.empty()) return text;
  for (const Package& package : packages_of(os, plan, entries))
    if (package.script_text.find("\"..") != std::string::npos) text += package.script_text;
  return text;
}

void add_marks(const Plan& plan, const std::string& place, const source::Walk& walk, const std::string& scripts,
               Surroundings& around) {
  const config::BlindSpots& blind = plan.recipe.blind;
  const bool all_count = lists_folders(scripts);
  const auto is_spoken_of = [&](const std::string& path) {
    return all_count || (!scripts.empty() && scripts.find(file_name(path)) != std::string::npos);
  };
  for (const source::Seen& seen : walk.seen) {
    if (!is_watched(seen)) continue;
    const std::string& path = seen.entry.path;
    around.marks.push_back(
        {hash_of(place, path), is_settled(seen, walk) ? hash_of(seen) : 0,
         matches_any(blind.removed, path) || matches_any(blind.changed, path) || is_spoken_of(path)});
  }
}

const Mark* find_mark(const std::vector<Mark>& marks, uint64_t path) {
  const auto found =
      std::lower_bound(marks.begin(), marks.end(), path, [](const Mark& a, uint64_t b) { return a.path < b; });
  return found != marks.end() && found->path == path ? &*found : nullptr;
}

/// Whether nothing at all is another file now, nor was written to while it was looked at: then there is no need to go
/// through the files one by one.
bool are_same(const std::vector<Mark>& before, const std::vector<Mark>& now) {
  return before == now && std::none_of(now.begin(), now.end(), [](const Mark& mark) { return mark.stamp == 0; });
}

/// Whether the nearest package around the path has a build script.
bool is_in_scripted_package(const config::Recipe& recipe, const source::Walk& walk, const std::string& path) {
  const auto has = [&](const std::string& folder, const std::string& name) {
    return find_seen(walk, folder.empty() ? name : folder + "/" + name) != nullptr;
  };
  if (recipe.workspace.empty()) return false;
  std::string folder = path;
  do {
    const size_t slash = folder.rfind('/');
    folder = slash == std::string::npos ? "" : folder.substr(0, slash);
    if (has(folder, recipe.workspace)) return has(folder, "build.rs");
  } while (!folder.empty());
  return false;
}

/// Whether the path lies in a package whose sources the tool takes for fixed.
bool is_in_sealed_package(const config::Recipe& recipe, const source::Walk& walk, const std::string& path) {
  const std::string& mark = recipe.blind.told.sealed;
  for (size_t slash = path.rfind('/'); !mark.empty() && slash != std::string::npos && slash > 0;
       slash = path.rfind('/', slash - 1))
    if (find_seen(walk, path.substr(0, slash + 1) + mark) != nullptr) return true;
  return false;
}

bool one_has_gone(const std::vector<Mark>& before, const Surroundings& now) {
  return std::any_of(before.begin(), before.end(),
                     [&](const Mark& mark) { return mark.counts_gone && find_mark(now.marks, mark.path) == nullptr; });
}

}  // namespace

Result<Surroundings> look_around(Os& os, const Plan& plan, const source::Entries& entries, const std::string& store) {
  Surroundings around;
  if (plan.workspace.around.empty()) return around;
  for (const Bind& shown : plan.workspace.around) {
    TRY_ASSIGN(source::Walk walk, look_at(os, shown, {plan.workspace.folder, store}));
    around.walks.emplace_back(shown.path, std::move(walk));
  }
  around.digest = digest_of_all(around.walks);
  const std::string scripts = scripts_that_look_up(os, plan, entries);
  for (auto& [place, walk] : around.walks) {
    leave_out_results(plan, walk);
    add_marks(plan, place, walk, scripts, around);
  }
  std::sort(around.marks.begin(), around.marks.end(), [](const Mark& a, const Mark& b) { return a.path < b.path; });
  return around;
}

std::string encode_marks(const std::vector<Mark>& marks) {
  if (marks.empty()) return {};
  source::Writer writer(marks_line);
  writer.number(static_cast<uint64_t>(marks.size()));
  for (const Mark& mark : marks) {
    writer.number(mark.path);
    writer.number(mark.stamp);
    writer.number(static_cast<uint8_t>(mark.counts_gone));
  }
  return writer.finish();
}

std::vector<Mark> decode_marks(const std::string& text) {
  std::vector<Mark> marks;
  auto reader = source::Reader::open(text, marks_line);
  if (!reader) return marks;
  const auto count = reader->number<uint64_t>();
  for (uint64_t i = 0; i < count && !reader->failed(); ++i) {
    Mark mark;
    mark.path = reader->number<uint64_t>();
    mark.stamp = reader->number<uint64_t>();
    mark.counts_gone = reader->number<uint8_t>() != 0;
    marks.push_back(mark);
  }
  return marks;
}

Result<std::string> hidden_around(const Plan& plan, const std::vector<Mark>& before, const Surroundings& now,
                                  const std::function<Result<int64_t>()>& newest,
                                  const std::function<Result<bool>(const std::string& path)>& is_named,
                                  const std::function<Result<std::string>(const std::string& path)>& unnoticed) {
  if (are_same(before, now.marks)) return std::string();
  const config::BlindSpots& blind = plan.recipe.blind;
  std::optional<int64_t> limit;
  for (const auto& [place, walk] : now.walks)
    for (const source::Seen& seen : walk.seen) {
      if (!is_watched(seen)) continue;
      const std::string& path = seen.entry.path;
      const Mark* known = find_mark(before, hash_of(place, path));
      if (known != nullptr && known->stamp == hash_of(seen)) continue;
      if (matches_any(blind.changed, path)) return place + "/" + path + " has changed";
      if (is_in_sealed_package(plan.recipe, walk, path))
        return place + "/" + path + " has changed, whose package the tool takes for fixed";
      if (!limit) {
        TRY_ASSIGN(limit, newest());
      }
      if (seen.stamp.mtime > *limit) {
        TRY_ASSIGN(const std::string why, unnoticed(path));
        if (!why.empty()) return place + "/" + why;
        if (matches_any(blind.known, path) || matches_any(blind.documents, path)) continue;
        if (!is_in_scripted_package(plan.recipe, walk, path)) continue;
        TRY_ASSIGN(const bool noted, is_named(path));
        if (!noted) return place + "/" + path + " has changed, in a package whose build script may read it";
        continue;
      }
      TRY_ASSIGN(const bool named, is_named(path));
      if (!named && !is_in_scripted_package(plan.recipe, walk, path)) continue;
      const char* what = known == nullptr ? " is new" : " has changed";
      return place + "/" + path + what + ", and is older than what was built";
    }
  return one_has_gone(before, now) ? "a file around the project has gone" : std::string();
}

std::vector<std::string> changed_around(const std::vector<Mark>& before, const Surroundings& now) {
  std::vector<std::string> paths;
  if (are_same(before, now.marks)) return paths;
  for (const auto& [place, walk] : now.walks)
    for (const source::Seen& seen : walk.seen) {
      if (!is_watched(seen)) continue;
      const Mark* known = find_mark(before, hash_of(place, seen.entry.path));
      if (known == nullptr || known->stamp != hash_of(seen)) paths.push_back(seen.entry.path);
    }
  return paths;
}

FilesAround files_around(const std::vector<Mark>& before, const Surroundings& now,
                         const std::vector<std::string>& patterns) {
  FilesAround files;
  for (const auto& [place, walk] : now.walks)
    for (const source::Seen& seen : walk.seen) {
      const std::string& path = seen.entry.path;
      if (!is_watched(seen) || !matches_any(patterns, path)) continue;
      const Mark* known = find_mark(before, hash_of(place, path));
      if (known == nullptr)
        files.added.push_back(path);
      else if (known->stamp == hash_of(seen))
        files.unchanged.push_back(walk.folder + "/" + path);
    }
  return files;
}

std::string digest_of_inputs(const Surroundings& now, const std::function<bool(const std::string&)>& is_input) {
  Sha256 hash;
  bool is_empty = true;
  for (const auto& [place, walk] : now.walks)
    for (const source::Seen& seen : walk.seen) {
      if (!is_watched(seen) || !is_input(seen.entry.path)) continue;
      hash.field(place + "/" + seen.entry.path + " " + std::to_string(hash_of(seen)));
      is_empty = false;
    }
  return is_empty ? std::string() : hash.finish();
}

}  // namespace larder::builds
