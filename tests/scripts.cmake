# Tests that are scripts: `bash FOLDER/NAME.sh LARDER [ARGUMENT]`; e2e/lib.sh says more. Exit code 77: this machine cannot run
# it. WHO is whose test it is, as CMakeLists.txt says. The label e2e is for what `check --quick` leaves out.
function(larder_script_test folder name who timeout)
  set(test ${folder}/${name}.sh)
  if(ARGN)
    set(test ${folder}/${name}.sh/${ARGN})
  endif()
  larder_check_who(${test} ${who})
  add_test(NAME ${test}
           COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/${name}.sh $<TARGET_FILE:larder> ${ARGN})
  # What may take long begins first, so that at the end no processor waits for the others.
  set_tests_properties(${test} PROPERTIES LABELS "${folder};${who}" TIMEOUT ${timeout} COST ${timeout} SKIP_RETURN_CODE 77)
endfunction()

foreach(name usage version completion schema man_pages release around names json init worktree cache history prune verify test)
  larder_script_test(cli ${name} user 180)
endforeach()
foreach(name make cmake autotools meson ninja own_recipe)
  larder_script_test(tools ${name} user 180)
endforeach()
# These compile Go's own packages again for each target, project and kind of build.
larder_script_test(tools go user 600)
larder_script_test(tools go_modules user 600)
# What content decides, and what settings do, does not depend on who builds; root's builds are those of parity/fuzz.
foreach(name settings networks git_ssh content_make content_cmake content_cargo content_scripts content_opened content_view results paths)
  larder_script_test(cli ${name} user 180)
endforeach()
foreach(name build sandbox environment trust)
  larder_script_test(cli ${name} user+root 180)
endforeach()

# The same way to servers from containers, whose daemon only root can start.
foreach(name networks git_ssh)
  larder_script_test(cli ${name} root 900 docker)
  set_tests_properties(cli/${name}.sh/docker PROPERTIES LABELS "cli;e2e;root" RESOURCE_LOCK daemons)
endforeach()

# What means harm: code in a sandbox, projects.
larder_script_test(hostile probes user+root 300)  # root's also in containers
larder_script_test(hostile projects user 120)

# Starts daemons, which only root can; with real builds in containers, as root and as an ordinary user.
larder_script_test(engine containers root 900)
larder_script_test(engine plain_volumes root 300)
larder_script_test(engine daemon_trouble root 120)
set_tests_properties(engine/containers.sh engine/plain_volumes.sh engine/daemon_trouble.sh
                     PROPERTIES LABELS "engine;e2e;root" RESOURCE_LOCK daemons)

# The image is made beside other tests, and loaded into daemons of its own.
larder_script_test(anywhere image root 600)
larder_script_test(anywhere container root 600)
set_tests_properties(anywhere/image.sh PROPERTIES FIXTURES_SETUP image-of-larder)
set_tests_properties(anywhere/container.sh PROPERTIES FIXTURES_REQUIRED image-of-larder RESOURCE_LOCK daemons)
set_tests_properties(anywhere/image.sh anywhere/container.sh PROPERTIES
                     LABELS "anywhere;e2e;root" ENVIRONMENT LARDER_TEST_IMAGE_TAR=${CMAKE_BINARY_DIR}/larder-image.tar)

# Prepare images with the sandbox: from a registry on loopback, from strangers' layers, and, with a network, from Debian.
# Inside, root is the caller or, for an ordinary user, the first of many subordinate ids.
foreach(name registry hostile layouts debian lock)
  larder_script_test(image ${name} user+root 600)
endforeach()
# How builds go on such an image does not depend on who prepared it; an ordinary user has the harder work to tidy up.
foreach(name interruption own_tools crate rust_script zig_script)
  larder_script_test(image ${name} user 600)
endforeach()
# Changes what is mounted at /etc/apt, and then is both.
larder_script_test(image apt root 300)
set_tests_properties(image/registry.sh image/hostile.sh image/lock.sh image/layouts.sh image/debian.sh
                     PROPERTIES LABELS "image;e2e;user+root")
set_tests_properties(image/debian.sh PROPERTIES RESOURCE_LOCK daemons)
set_tests_properties(image/crate.sh PROPERTIES LABELS "image;e2e;user")

larder_script_test(e2e concurrency user 300)
larder_script_test(e2e interruption user 300)
larder_script_test(e2e kill user+root 600)  # the leftovers of a killed build are removed with other rights
larder_script_test(e2e crowd user 300)
larder_script_test(e2e sharing user 300)
larder_script_test(e2e registry_sharing user 300)
larder_script_test(e2e signed_sharing user 300)
larder_script_test(e2e remote_builds user 300)
larder_script_test(e2e remote_faults user 600)
larder_script_test(e2e users root 300)  # two users at once
larder_script_test(e2e clones root 600)
larder_script_test(e2e result_matrix user+root 300)
# These build real programs, and need no other rights than those of cli's. Each of the first two fills all processors.
larder_script_test(e2e pantry root 1200)
larder_script_test(e2e pantry root 1200 docker)
set_tests_properties(e2e/pantry.sh PROPERTIES RESOURCE_LOCK pantry)
set_tests_properties(e2e/pantry.sh/docker PROPERTIES RESOURCE_LOCK "pantry;daemons")
larder_script_test(e2e self root 900)
foreach(program fd lz4 tree cmark ninja)
  larder_script_test(e2e programs root 900 ${program})
endforeach()

# Random sequences of actions, with the bare tools as the oracle; parity/fuzz says more. Its builds are small: it leaves room beside
# the longer ones.
set(parity ${CMAKE_CURRENT_SOURCE_DIR}/parity/fuzz)
add_test(NAME parity/self-test COMMAND ${parity} --self-test --steps 20)
set_tests_properties(parity/self-test PROPERTIES LABELS "parity;e2e;root" TIMEOUT 300 SKIP_RETURN_CODE 77)
add_test(NAME parity/fuzz COMMAND ${parity} --steps 300 --failures 3 --shorten 30)
set_tests_properties(parity/fuzz PROPERTIES LABELS "parity;e2e;root" TIMEOUT 1800 COST 1800 SKIP_RETURN_CODE 77
                     ENVIRONMENT LARDER=$<TARGET_FILE:larder>)
