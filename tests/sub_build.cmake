# Configures, builds and runs another tree, as one test.
#
#   cmake -D SOURCE=dir -D BINARY=dir [-D NAME=value ...] -P sub_build.cmake -- [configure options]
#
#   FRESH=ON         remove BINARY first
#   GENERATOR        as for cmake -G
#   JOBS             compilers at once
#   TARGETS          what to build (a list); everything if not given
#   RUN              a program in BINARY to run
#   EXPECT           text that the program must print
#   CTEST=ON         run ctest in BINARY
#   INSTALL          install to this folder
#   MUST_FAIL        configuring must fail, and say this (a regular expression)

set(options "")
set(seen FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(seen)
    list(APPEND options "${CMAKE_ARGV${i}}")
  elseif(CMAKE_ARGV${i} STREQUAL "--")
    set(seen TRUE)
  endif()
endforeach()

if(FRESH)
  file(REMOVE_RECURSE "${BINARY}")
endif()
file(MAKE_DIRECTORY "${BINARY}")
if(NOT JOBS)
  set(JOBS 1)
endif()
set(generator "")
if(GENERATOR)
  set(generator -G "${GENERATOR}")
endif()

function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  message(STATUS "${what}: ${ARGN}\n${text}")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${what} failed (${result})")
  endif()
  set(output "${text}" PARENT_SCOPE)
endfunction()

if(MUST_FAIL)
  execute_process(COMMAND "${CMAKE_COMMAND}" ${generator} -S "${SOURCE}" -B "${BINARY}" ${options}
    RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  message(STATUS "${text}")
  if(result EQUAL 0)
    message(FATAL_ERROR "configuring succeeded, but it must fail")
  endif()
  string(REGEX REPLACE "[ \n]+" " " text "${text}")  # CMake breaks long lines
  if(NOT text MATCHES "${MUST_FAIL}")
    message(FATAL_ERROR "configuring failed, as it must, but did not say: ${MUST_FAIL}")
  endif()
  return()
endif()

run(configure "${CMAKE_COMMAND}" ${generator} -S "${SOURCE}" -B "${BINARY}" ${options})
set(targets "")
if(TARGETS)
  set(targets --target ${TARGETS})
endif()
run(build "${CMAKE_COMMAND}" --build "${BINARY}" --config Release --parallel ${JOBS} ${targets})
if(INSTALL)
  run(install "${CMAKE_COMMAND}" --install "${BINARY}" --config Release --prefix "${INSTALL}")
endif()
if(RUN)
  set(program "${BINARY}/${RUN}")
  if(NOT EXISTS "${program}" AND EXISTS "${BINARY}/Release/${RUN}")
    set(program "${BINARY}/Release/${RUN}")
  endif()
  run(run "${program}")
  if(EXPECT AND NOT output MATCHES "${EXPECT}")
    message(FATAL_ERROR "the program did not print: ${EXPECT}")
  endif()
endif()
if(CTEST)
  run(test "${CMAKE_CTEST_COMMAND}" --test-dir "${BINARY}" -C Release --parallel ${JOBS} --output-on-failure --no-tests=error)
endif()
