# What layercake's own tests, examples and benchmarks are compiled with. None of it reaches a user of the library.

find_package(Threads REQUIRED)
set(CMAKE_CXX_EXTENSIONS OFF)

# The whole library: the core, and the components whose dependency is here.
add_library(layercake_everything INTERFACE)
target_link_libraries(layercake_everything INTERFACE layercake::layercake Threads::Threads)
foreach(component IN LISTS layercake_all_components)
  if(TARGET layercake::${component})
    target_link_libraries(layercake_everything INTERFACE layercake::${component})
  endif()
endforeach()

add_library(layercake_developer INTERFACE)
target_link_libraries(layercake_developer INTERFACE layercake_everything)

set(layercake_warnings "")
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang" AND NOT CMAKE_CXX_COMPILER_FRONTEND_VARIANT STREQUAL "MSVC")
  set(layercake_warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wundef)
  if(LAYERCAKE_WARNINGS_AS_ERRORS)
    list(APPEND layercake_warnings -Werror)
  endif()
endif()
target_compile_options(layercake_developer INTERFACE ${layercake_warnings})

include(ProcessorCount)
ProcessorCount(layercake_processors)
if(layercake_processors EQUAL 0)
  set(layercake_processors 1)
endif()
set(LAYERCAKE_JOBS ${layercake_processors} CACHE STRING "Compilers that a test which builds another tree may start at once")
