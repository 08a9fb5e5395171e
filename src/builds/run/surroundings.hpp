#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "builds/plan/plan.hpp"
#include "source/walk.hpp"

namespace larder::builds {

/// What lies around the project and is shown to builds as it is, with its own times. Its files are not read: the stamp
/// says whether one is still the same.
struct Surroundings {
  /// One file or link. Hashes, since a repository may have very many.
  struct Mark {
    uint64_t path = 0;
    uint64_t stamp = 0;  ///< 0: was written while it was looked at, so that nobody knows which state a build has seen
    bool counts_gone = false;  ///< the recipe's tool would not notice that it has gone

    bool operator==(const Mark&) const = default;
  };

  std::vector<std::pair<std::string, source::Walk>> walks;  ///< by the places where the folders are shown
  std::vector<Mark> marks;                                  ///< sorted by `path`
  std::string digest;  ///< of all that is there by its stamps, results and caches too; empty: nothing is shown
};

/// Looks at all that the plan's workspace shows around the project's folder, but for the store. No marks have results
/// and caches: what lies in folders of other targets' results, or beside a CACHEDIR.TAG (https://bford.info/cachedir/).
Result<Surroundings> look_around(Os& os, const Plan& plan, const source::Entries& entries, const std::string& store);

/// The marks as a source record keeps them, and back; empty where the text is none.
std::string encode_marks(const std::vector<Surroundings::Mark>& marks);
std::vector<Surroundings::Mark> decode_marks(const std::string& text);

/// Why what was built with the surroundings `before` is of no use with those of now; empty: the tool sees for itself
/// what has changed. A file that is another one must be newer than `newest`, the newest time in what was built; it is
/// asked at most once. So must one that is new: it may stand in another's way, or lie in a folder that is built whole.
/// Only what the tool looks at counts: what `is_named` by it, and what lies in a package with a build script, of which
/// cargo compares all times. Else a log that somebody keeps beside the project would end every build's use. Of a newer
/// one `unnoticed` says why the tool does not see it all the same; empty: it does, or nothing reads it.
Result<std::string> hidden_around(const Plan& plan, const std::vector<Surroundings::Mark>& before,
                                  const Surroundings& now, const std::function<Result<int64_t>()>& newest,
                                  const std::function<Result<bool>(const std::string& path)>& is_named,
                                  const std::function<Result<std::string>(const std::string& path)>& unnoticed);

/// The files around the project whose names match some patterns.
struct FilesAround {
  std::vector<std::string> added;      ///< not there before; paths below the folder that is shown
  std::vector<std::string> unchanged;  ///< as before; absolute
};

/// The files around the project that are new, or other ones than before: paths below the folder that is shown.
std::vector<std::string> changed_around(const std::vector<Surroundings::Mark>& before, const Surroundings& now);

FilesAround files_around(const std::vector<Surroundings::Mark>& before, const Surroundings& now,
                         const std::vector<std::string>& patterns);

/// Digest of the stamps of those files whose names `is_input` takes: paths below the folder that is shown.
std::string digest_of_inputs(const Surroundings& now, const std::function<bool(const std::string&)>& is_input);

}  // namespace larder::builds
