# Installs the build into a scratch prefix, moves the prefix, and looks through what lies there.
#   cmake -D BINARY=build -D SOURCE=checkout -D PREFIX=dir -P install.cmake
set(first "${PREFIX}.before-it-was-moved")
file(REMOVE_RECURSE "${PREFIX}" "${first}")
execute_process(COMMAND "${CMAKE_COMMAND}" --install "${BINARY}" --prefix "${first}" OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME "${first}" "${PREFIX}")

file(GLOB_RECURSE files LIST_DIRECTORIES FALSE RELATIVE "${PREFIX}" "${PREFIX}/*")
list(LENGTH files count)
set(problems "")
foreach(file IN LISTS files)
  if(NOT file MATCHES "^(include/layercake/.*[.]hpp|share/layercake/.*[.]cmake|share/pkgconfig/.*[.]pc|share/doc/layercake/LICENSE)$")
    string(APPEND problems "\n  ${file} is not expected in the package")
  endif()
  file(READ "${PREFIX}/${file}" text)
  foreach(path IN ITEMS "${first}" "${BINARY}" "${SOURCE}")
    string(FIND "${text}" "${path}" place)
    if(NOT place EQUAL -1)
      string(APPEND problems "\n  ${file} names ${path}")
    endif()
  endforeach()
endforeach()
foreach(file IN ITEMS include/layercake/version.hpp include/layercake/layercake.hpp share/doc/layercake/LICENSE
    share/layercake/layercake-config.cmake share/layercake/layercake-config-version.cmake
    share/layercake/layercake-targets.cmake share/layercake/layercake-simd-targets.cmake
    share/layercake/layercake-linalg-targets.cmake share/pkgconfig/layercake.pc)
  if(NOT EXISTS "${PREFIX}/${file}")
    string(APPEND problems "\n  ${file} is missing")
  endif()
endforeach()
message(STATUS "${count} files installed")
if(problems)
  message(FATAL_ERROR "the installed package:${problems}")
endif()
