# One kernel for several instruction sets, chosen when the program runs.
#
#   layercake_dispatch(my_app SOURCES kernel.cpp ARCHITECTURES sse2 avx2 avx512bw)
#
# compiles kernel.cpp once for each architecture, with its flags and with LAYERCAKE_ARCHITECTURE defined as its name, and links the objects into
# my_app, whose other files keep their own flags. kernel.cpp puts what it defines into a namespace of that name,
#
#   namespace LAYERCAKE_ARCHITECTURE { double run(...) { ... } }
#
# and a file with the baseline's flags chooses:
#
#   layercake::bulk::best_of<decltype(sse2::run)>({{"sse2", sse2::run}, {"avx2", avx2::run}})     (bulk/run/dispatch.hpp)
#
# Templates that two objects instantiate are shared symbols, and a linker keeps any one of them: a processor without AVX2 could then run AVX2
# code. So every object is closed after it is built: its weak symbols become local. Optimisation should be on.
# kernel.cpp has no global objects that are made when the program starts: they would be made, by the code of the wider set, on
# every processor. The build fails if it has any.

if(CMAKE_SCRIPT_MODE_FILE)  # the check of an object, run by the build
  execute_process(COMMAND "${OBJDUMP}" -h "${OBJECT}" OUTPUT_VARIABLE sections COMMAND_ERROR_IS_FATAL ANY)
  if(sections MATCHES "\\.(init_array|ctors)")
    message(FATAL_ERROR "layercake_dispatch: the sources built for ${ARCHITECTURE} have global objects that are made when the "
      "program starts, on processors too that cannot run ${ARCHITECTURE}; make them static in a function")
  endif()
  return()
endif()

set(layercake_flags_sse2 -msse2)
set(layercake_flags_sse4_2 -msse4.2)
set(layercake_flags_avx2 -mavx2 -mfma -ffp-contract=off)
set(layercake_flags_avx512bw -mavx512f -mavx512cd -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma -ffp-contract=off)
set(layercake_flags_neon64 "")
# Its header of AVX-512 warns of itself (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105593).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND layercake_flags_avx512bw -Wno-uninitialized -Wno-maybe-uninitialized)
endif()

function(layercake_dispatch target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;ARCHITECTURES")
  if(NOT arg_SOURCES OR NOT arg_ARCHITECTURES)
    message(FATAL_ERROR "layercake_dispatch(target SOURCES ... ARCHITECTURES ...): both are needed")
  endif()
  find_program(LAYERCAKE_LD NAMES "${CMAKE_LINKER}" ld REQUIRED)
  mark_as_advanced(LAYERCAKE_LD)
  foreach(architecture IN LISTS arg_ARCHITECTURES)
    if(NOT DEFINED layercake_flags_${architecture})
      message(FATAL_ERROR "layercake_dispatch knows no architecture '${architecture}'; it knows sse2, sse4_2, avx2, avx512bw, neon64")
    endif()
    set(objects ${target}_${architecture})
    add_library(${objects} OBJECT ${arg_SOURCES})
    target_link_libraries(${objects} PRIVATE $<TARGET_PROPERTY:${target},LINK_LIBRARIES>)
    target_compile_features(${objects} PRIVATE cxx_std_20)
    target_compile_definitions(${objects} PRIVATE LAYERCAKE_ARCHITECTURE=${architecture})
    target_compile_options(${objects} PRIVATE ${layercake_flags_${architecture}} -fvisibility=hidden
      $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)  # unique symbols cannot be made local
    string(LENGTH "${architecture}" length)  # names in the namespace are mangled to _ZN<length><name>...
    set(closed "${CMAKE_CURRENT_BINARY_DIR}/${objects}.closed.o")
    add_custom_command(OUTPUT "${closed}"
      # One object out of all, its groups resolved; then only the architecture's own namespace stays visible.
      COMMAND "${LAYERCAKE_LD}" -r --force-group-allocation -o "${closed}.all" "$<TARGET_OBJECTS:${objects}>"
      COMMAND "${CMAKE_COMMAND}" "-DOBJDUMP=${CMAKE_OBJDUMP}" "-DOBJECT=${closed}.all" "-DARCHITECTURE=${architecture}" -P "${CMAKE_CURRENT_FUNCTION_LIST_FILE}"
      COMMAND "${CMAKE_OBJCOPY}" --wildcard "--keep-global-symbol=_ZN${length}${architecture}*" "${closed}.all" "${closed}"
      DEPENDS ${objects} "$<TARGET_OBJECTS:${objects}>"
      COMMAND_EXPAND_LISTS VERBATIM)
    set_source_files_properties("${closed}" PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
    target_sources(${target} PRIVATE "${closed}")
  endforeach()
endfunction()
