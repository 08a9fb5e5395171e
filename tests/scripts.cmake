# Tests that are shell scripts: `bash FOLDER/NAME.sh LARDER [ARGUMENT]`; e2e/lib.sh says more. Exit code 77: this machine
# cannot run it.
function(larder_script_test folder name timeout)
  set(test ${folder}/${name}.sh)
  if(ARGN)
    set(test ${folder}/${name}.sh/${ARGN})
  endif()
  add_test(NAME ${test}
           COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/${name}.sh $<TARGET_FILE:larder> ${ARGN})
  set_tests_properties(${test} PROPERTIES LABELS ${folder} TIMEOUT ${timeout} SKIP_RETURN_CODE 77)
endfunction()

foreach(name usage names build test paths worktree content_make content_cmake content_cargo content_view sandbox environment cache history
             prune verify json init)
  larder_script_test(cli ${name} 180)
endforeach()

# These fill all processors by themselves: never two at once.
function(larder_heavy_test name timeout)
  larder_script_test(e2e ${name} ${timeout} ${ARGN})
  set(test e2e/${name}.sh)
  if(ARGN)
    set(test e2e/${name}.sh/${ARGN})
  endif()
  set_tests_properties(${test} PROPERTIES RESOURCE_LOCK heavy)
endfunction()

# Starts daemons; with real builds in containers.
larder_script_test(engine containers 900)
larder_script_test(engine plain_volumes 300)
larder_script_test(engine daemon_trouble 120)
set_tests_properties(engine/containers.sh engine/plain_volumes.sh engine/daemon_trouble.sh PROPERTIES LABELS "engine;e2e" RESOURCE_LOCK heavy)

# Prepare images with the sandbox: from a registry on loopback, from strangers' layers, and, with a network, from Debian.
foreach(name registry own_tools interruption hostile debian crate)
  larder_script_test(image ${name} 600)
endforeach()
set_tests_properties(image/registry.sh image/hostile.sh image/debian.sh image/crate.sh PROPERTIES LABELS "image;e2e")

larder_script_test(e2e concurrency 300)
larder_script_test(e2e users 300)
larder_script_test(e2e interruption 300)
larder_script_test(e2e kill 600)
larder_script_test(e2e crowd 300)
larder_heavy_test(pantry 1200)
larder_heavy_test(pantry 1200 docker)
larder_heavy_test(self 900)
foreach(program fd lz4 tree cmark ninja)
  larder_heavy_test(programs 900 ${program})
endforeach()

# Random sequences of actions, with the bare tools as the oracle; parity/fuzz says more.
set(parity ${CMAKE_CURRENT_SOURCE_DIR}/parity/fuzz)
add_test(NAME parity/self-test COMMAND ${parity} --self-test --steps 20)
add_test(NAME parity/fuzz COMMAND ${parity} --steps 300 --failures 3 --shorten 30)
set_tests_properties(parity/self-test PROPERTIES LABELS "parity;e2e" TIMEOUT 300 SKIP_RETURN_CODE 77)
set_tests_properties(parity/fuzz PROPERTIES LABELS "parity;e2e" TIMEOUT 1800 SKIP_RETURN_CODE 77
                     RESOURCE_LOCK heavy ENVIRONMENT LARDER=$<TARGET_FILE:larder>)
