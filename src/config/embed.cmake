# Writes the C++ source that holds the data files: cmake -DOUT=… -DTARGETS=… -DHINTS=… -DINDEX=… -DRECIPES_DIR=… -DIMAGE_SCRIPTS_DIR=… -DCOMPLETIONS_DIR=…
# -DSCHEMA=… -DHELPERS=… -P embed.cmake
#
# A raw string literal takes a file's text as it is. Its delimiter is one that no data file has any reason to contain; should
# one contain it nevertheless, this stops.

foreach(variable OUT TARGETS HINTS INDEX RECIPES_DIR IMAGE_SCRIPTS_DIR COMPLETIONS_DIR SCHEMA HELPERS)
  if(NOT DEFINED ${variable})
    message(FATAL_ERROR "embed.cmake needs -D${variable}=…")
  endif()
endforeach()

set(delimiter "larder_data")

function(read_literal file result)
  file(READ "${file}" text)
  string(FIND "${text}" ")${delimiter}\"" position)
  if(NOT position EQUAL -1)
    message(FATAL_ERROR "${file} contains )${delimiter}\"")
  endif()
  set(${result} "R\"${delimiter}(${text})${delimiter}\"" PARENT_SCOPE)
endfunction()

read_literal("${TARGETS}" targets)
read_literal("${HINTS}" hints)
read_literal("${INDEX}" index)
read_literal("${SCHEMA}" schema)
read_literal("${HELPERS}" helpers)

function(read_literals pattern result)
  file(GLOB files "${pattern}")
  list(SORT files)
  set(literals "")
  foreach(file IN LISTS files)
    get_filename_component(name "${file}" NAME)
    read_literal("${file}" literal)
    string(APPEND literals "      {\"${name}\", ${literal}},\n")
  endforeach()
  set(${result} "${literals}" PARENT_SCOPE)
endfunction()

read_literals("${RECIPES_DIR}/*.toml" recipes)
read_literals("${RECIPES_DIR}/scripts/*" scripts)
read_literals("${IMAGE_SCRIPTS_DIR}/*" image_scripts)
read_literals("${COMPLETIONS_DIR}/*" completions)

file(WRITE "${OUT}" "// Made by src/config/embed.cmake from targets.toml, hints.toml, helpers.toml, debian-index.txt, recipes/, src/image/scripts/,
// src/cli/completions/ and docs/larder.schema.json.
#include \"cli/completion_scripts.hpp\"
#include \"config/embedded.hpp\"
#include \"image/scripts.hpp\"

namespace larder::config {

std::string_view embedded_targets() {
  return ${targets};
}

std::string_view embedded_hints() {
  return ${hints};
}

std::string_view embedded_debian_index() {
  return ${index};
}

std::string_view embedded_helpers() {
  return ${helpers};
}

std::string_view embedded_schema() {
  return ${schema};
}

std::vector<std::pair<std::string, std::string_view>> embedded_recipes() {
  return {
${recipes}  };
}

std::vector<std::pair<std::string, std::string_view>> embedded_scripts() {
  return {
${scripts}  };
}

}  // namespace larder::config

namespace larder::image {

std::vector<std::pair<std::string, std::string_view>> embedded_scripts() {
  return {
${image_scripts}  };
}

}  // namespace larder::image

namespace larder::cli {

std::vector<std::pair<std::string, std::string_view>> embedded_completions() {
  return {
${completions}  };
}

}  // namespace larder::cli
")
