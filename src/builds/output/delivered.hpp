#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "builds/watch/progress.hpp"
#include "store/store.hpp"

namespace larder::builds {

/// Stands between a recipe's name and the rest in a kind of build.
constexpr char kind_mark = ':';

/// What Larder has put into one folder of results, and for which kind of build: kept in the store, so that what a
/// project no longer makes can be taken away again. Cheap to lose: then it stays.
class Delivered {
 public:
  /// Reads what is known of the folder, whose path is absolute and lies below the project's; nothing where that cannot
  /// be read.
  static Result<Delivered> read(const store::Store& store, const std::string& project, const std::string& folder);

  /// Removes from the folder what builds of this kind, or by another recipe, have put there and `names` lack, with the
  /// folders that get empty; but not what somebody has changed since. No link is followed.
  Status remove_others(const std::string& kind, const std::vector<std::string>& names);

  /// Writes down that a build of this kind has put these there.
  Status keep(const std::string& kind, const std::vector<Artifact>& artifacts);

 private:
  struct Entry {
    std::string mark;             ///< SHA-256 of the file; of a link "-> " and its text
    std::set<std::string> kinds;  ///< of builds that have put it there
  };
  Delivered(const store::Store& store, std::string project, std::string folder)
      : store_(&store), project_(std::move(project)), folder_(std::move(folder)) {}

  Result<UniqueFd> open_folder() const;
  Status remove(int folder, const std::string& name, const Entry& entry) const;
  std::string path() const;

  const store::Store* store_;
  std::string project_;
  std::string folder_;
  std::string text_;                      ///< as it was read
  std::map<std::string, Entry> entries_;  ///< by path below the folder
};

}  // namespace larder::builds
