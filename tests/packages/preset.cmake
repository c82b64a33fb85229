# A preset configures: cmake -D SOURCE=checkout -D BINARY=dir -D PRESET=name -P preset.cmake
file(REMOVE_RECURSE "${BINARY}")
unset(ENV{CMAKE_GENERATOR})
unset(ENV{CXX})
if(PRESET STREQUAL "clang")
  find_program(clang clang++)
  if(NOT clang)
    message("skipped: there is no clang++ on this machine")
    return()
  endif()
endif()
execute_process(COMMAND "${CMAKE_COMMAND}" --preset ${PRESET} -B "${BINARY}" WORKING_DIRECTORY "${SOURCE}"
  COMMAND_ERROR_IS_FATAL ANY)
