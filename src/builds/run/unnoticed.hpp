#pragma once

#include <functional>
#include <string>

#include "base/os.hpp"
#include "builds/plan/plan.hpp"
#include "builds/run/make_rules.hpp"
#include "source/entry.hpp"
#include "source/record.hpp"

namespace larder::builds {

/// Reads what the files of a volume that match `[content] notes` of the recipe name.
using ReadNotes = std::function<Result<NamedFiles>()>;

/// Of the project's files that are other ones now, gives in words the first that takes part in the build while its tool
/// was never told to look at it, so that it would call up to date what was made of the old one: a header that is in no
/// makefile's prerequisites and no compiler's notes, a file that a makefile reads by `$(shell cat …)`. Empty: none.
Result<std::string> unnoticed_change(Os& os, const Plan& plan, const source::Entries& entries,
                                     const source::Difference& difference, const ReadNotes& read_notes);

}  // namespace larder::builds
