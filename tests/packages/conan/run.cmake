# The real client on the recipe as it is shipped, in a clean checkout, with the default profile:
#   cmake -D CONAN=conan -D GIT=git -D SOURCE=checkout -D WORK=dir -D EXPECT=text -P run.cmake
# The checkout is a scratch one that holds what git would commit of SOURCE, or, where SOURCE is no checkout, all of it but build/.
file(REMOVE_RECURSE "${WORK}")
set(checkout "${WORK}/checkout")
file(MAKE_DIRECTORY "${checkout}")
set(ENV{CONAN_HOME} "${WORK}/home")
foreach(variable IN ITEMS CMAKE_GENERATOR CXXFLAGS CFLAGS LDFLAGS)
  unset(ENV{${variable}})
endforeach()

function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY "${checkout}" RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  message(STATUS "${ARGN}\n${text}")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed (${result}): ${ARGN}")
  endif()
  set(text "${text}" PARENT_SCOPE)
endfunction()

# ---- A clean checkout -----------------------------------------------------------------------------------------------

execute_process(COMMAND "${GIT}" -C "${SOURCE}" ls-files --cached --others --exclude-standard
  RESULT_VARIABLE result OUTPUT_VARIABLE files ERROR_QUIET)
if(result EQUAL 0)
  string(REGEX MATCHALL "[^\n]+" files "${files}")
else()
  file(GLOB_RECURSE files RELATIVE "${SOURCE}" "${SOURCE}/*")
  list(FILTER files EXCLUDE REGEX "^(build|build-[^/]*)/")
endif()
foreach(file IN LISTS files)
  if(EXISTS "${SOURCE}/${file}")  # git lists what was removed and not yet committed
    get_filename_component(folder "${checkout}/${file}" DIRECTORY)
    file(COPY "${SOURCE}/${file}" DESTINATION "${folder}")
  endif()
endforeach()
run("${GIT}" init --quiet)
run("${GIT}" add --all)
run("${GIT}" -c user.name=test -c user.email=test@localhost commit --quiet --no-verify --message "as shipped")

# ---- The recipe -----------------------------------------------------------------------------------------------------

run("${CONAN}" profile detect)
foreach(options IN ITEMS "" "-o;&:with_simd=False" "-o;&:with_eigen=True" "-o;&:with_json=True")
  run("${CONAN}" create . --no-remote -pr:a "${SOURCE}/tests/packages/conan/profile" ${options})
  if(NOT text MATCHES "${EXPECT}")
    message(FATAL_ERROR "the test of the package did not print: ${EXPECT}")
  endif()
  run("${GIT}" status --porcelain)
  if(text)
    message(FATAL_ERROR "conan create ${options} left in the checkout:\n${text}")
  endif()
endforeach()
