# A header in the source tree that depends on the compiler: each target needs its own.
add_custom_command(
  OUTPUT ${CMAKE_SOURCE_DIR}/src/compiler.h
  COMMAND sh ${CMAKE_SOURCE_DIR}/compiler.sh ${CMAKE_C_COMPILER} ${CMAKE_SOURCE_DIR}/src/compiler.h
  DEPENDS compiler.sh)
target_sources(prog PRIVATE ${CMAKE_SOURCE_DIR}/src/compiler.h)
target_compile_definitions(prog PRIVATE WITH_COMPILER)
