# The tests of the builds with sanitizers, run by this build's ctest, so that one run and one summary cover everything.
# scripts/test.sh makes those builds and says where they are.
set(MUCBRIDGE_SANITIZED "" CACHE PATH "A build with MUCBRIDGE_SANITIZE whose tests are run as sanitized.*")
set(MUCBRIDGE_THREAD_SANITIZED "" CACHE PATH "A build with MUCBRIDGE_THREAD_SANITIZE whose tests are run as threads.*")

# The tests of all folders whose names match, as PREFIX.NAME, each by a ctest of its own in the other build.
function(mucbridge_again prefix build pattern)
  foreach(folder . scenes bench fuzz live/broker)
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/CMakeLists.txt)
      continue()
    endif()
    get_property(tests DIRECTORY ${folder} PROPERTY TESTS)
    foreach(test ${tests})
      if(test MATCHES "${pattern}")
        add_test(NAME ${prefix}.${test} COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${build} -R "^${test}$" --output-on-failure --no-tests=error)
        if(test MATCHES "^live")
          set_tests_properties(${prefix}.${test} PROPERTIES LABELS live TIMEOUT 900)
        else()
          set_tests_properties(${prefix}.${test} PROPERTIES LABELS fast TIMEOUT 600)
        endif()
      endif()
    endforeach()
  endforeach()
endfunction()

if(MUCBRIDGE_SANITIZED)
  mucbridge_again(sanitized ${MUCBRIDGE_SANITIZED} "^(unit|scene|live|fuzz[.]replay)")
endif()
if(MUCBRIDGE_THREAD_SANITIZED)
  mucbridge_again(threads ${MUCBRIDGE_THREAD_SANITIZED} "^(unit[.](broker|gateway|xmpp)|live[.]ground)$")
endif()

# What has threads, for the build with ThreadSanitizer.
add_custom_target(under_threads)
foreach(target mucbridge test_broker test_gateway test_xmpp live_ground)
  if(TARGET ${target})
    add_dependencies(under_threads ${target})
  endif()
endforeach()
