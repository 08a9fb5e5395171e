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
  std::string digest;  ///< of all that is there, by its stamps; empty: nothing is shown around the project
};

/// Looks at all that the plan's workspace shows around the project's folder, but for the store, results and caches:
/// what lies in folders of other targets' results, or beside a CACHEDIR.TAG (https://bford.info/cachedir/).
Result<Surroundings> look_around(Os& os, const Plan& plan, const std::string& store);

/// The marks as a source record keeps them, and back; empty where the text is none.
std::string encode_marks(const std::vector<Surroundings::Mark>& marks);
std::vector<Surroundings::Mark> decode_marks(const std::string& text);

/// Why what was built with the surroundings `before` is of no use with those of now; empty: the tool sees for itself
/// what has changed. A file that is another one must be newer than `newest`, the newest time in what was built; it is
/// asked at most once. What is new counts only where the tool would not notice its change.
Result<std::string> hidden_around(const Plan& plan, const std::vector<Surroundings::Mark>& before,
                                  const Surroundings& now, const std::function<Result<int64_t>()>& newest);

/// Whether the stamps of all files are those of `before`.
bool is_same_around(const std::vector<Surroundings::Mark>& before, const Surroundings& now);

/// Digest of the stamps of those files whose names `is_input` takes: paths below the folder that is shown.
std::string digest_of_inputs(const Surroundings& now, const std::function<bool(const std::string&)>& is_input);

}  // namespace larder::builds
