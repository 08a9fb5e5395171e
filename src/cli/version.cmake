# Writes the source with the program's version, commit and day, at each build, and only where they are others:
#
#   cmake -DOUT=FILE -DSOURCE=FOLDER -DVERSION=0.1.0 [-DCOMMIT=HASH] [-DTIME=SECONDS] -P version.cmake
#
# The first of these that knows the commit says it: COMMIT; git, where SOURCE is a work tree's top; src/cli/commit.txt, which
# `git archive` fills. The time is the commit's, in seconds since 1970: TIME or git's or the file's, else SOURCE_DATE_EPOCH's.
# Never the clock: the same source gives the same program.

# Asks git about SOURCE; empty where it does not know. The work tree may be another user's, as root's builds have it.
function(ask_git result)
  execute_process(
    COMMAND git -c safe.directory=* --no-optional-locks -C "${SOURCE}" ${ARGN}
    OUTPUT_VARIABLE said OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    set(said "")
  endif()
  set(${result} "${said}" PARENT_SCOPE)
endfunction()

set(commit "${COMMIT}")
set(seconds "${TIME}")
set(changes "")
if(NOT commit AND EXISTS "${SOURCE}/.git")
  ask_git(said log -1 "--format=%H %ct")
  ask_git(changes status --porcelain --untracked-files=no)
elseif(NOT commit AND EXISTS "${SOURCE}/src/cli/commit.txt")
  file(READ "${SOURCE}/src/cli/commit.txt" said)
endif()
if(said MATCHES "^([0-9a-f]+) ([0-9]+)")
  set(commit ${CMAKE_MATCH_1})
  set(seconds ${CMAKE_MATCH_2})
endif()
if(NOT seconds MATCHES "^[0-9]+$")
  set(seconds "$ENV{SOURCE_DATE_EPOCH}")
endif()

set(known "")
if(commit MATCHES "^[0-9a-f]+$")
  string(SUBSTRING "${commit}" 0 12 commit)
  if(changes)
    string(APPEND commit "+changes")
  endif()
  list(APPEND known ${commit})
endif()
if(seconds MATCHES "^[0-9]+$")
  set(ENV{SOURCE_DATE_EPOCH} ${seconds})
  string(TIMESTAMP day "%Y-%m-%d" UTC)
  list(APPEND known ${day})
endif()
set(text "larder ${VERSION}")
if(known)
  list(JOIN known " " known)
  string(APPEND text " (${known})")
endif()

set(source "// Made by src/cli/version.cmake.
#include \"cli/version.hpp\"

namespace larder::cli {

const char* version_text() { return \"${text}\"; }

}  // namespace larder::cli
")
set(old "")
if(EXISTS "${OUT}")
  file(READ "${OUT}" old)
endif()
if(NOT old STREQUAL source)
  file(WRITE "${OUT}" "${source}")
endif()
