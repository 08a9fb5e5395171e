#pragma once

#include "builds/run/unnoticed.hpp"

namespace larder::builds {

/// Whether one of the files that are other ones now may have gone into what was built without the tool's knowing:
/// macros and build scripts read files and folders (migrations, templates, assets), and what they do not tell of is in
/// no note. It may where it is in no note and was `opened` by an earlier build (sorted paths), or is new or gone in a
/// folder that was, or a string of a source
/// (`[content.embedded]` of the recipe), or a word of a script that such a string names, names it or a folder that it
/// lies in; and where it is the second place of a Rust module.
Result<bool> may_be_embedded(Os& os, const Plan& plan, const source::Entries& entries,
                             const source::Difference& difference, const std::vector<std::string>& opened,
                             const VolumeReader& volume);

/// Whether a macro of the project's own reads files, or asks for variables: it may read any, and tells nobody.
bool a_macro_reads(Os& os, const Plan& plan, const source::Entries& entries);

}  // namespace larder::builds
