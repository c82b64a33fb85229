# The real client on the real recipe: cmake -D CONAN=conan -D SOURCE=checkout -D WORK=dir -D EXPECT=text -P run.cmake
file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
set(ENV{CONAN_HOME} "${WORK}/home")
foreach(variable IN ITEMS CMAKE_GENERATOR CXXFLAGS CFLAGS LDFLAGS)
  unset(ENV{${variable}})
endforeach()

# A copy, because conan writes the build of the test beside it.
foreach(name IN ITEMS conanfile.py LICENSE include tests/packages/conan tests/packages/consumer.cpp)
  get_filename_component(folder "${WORK}/source/${name}" DIRECTORY)
  file(COPY "${SOURCE}/${name}" DESTINATION "${folder}")
endforeach()
file(COPY "${SOURCE}/tests/packages/consumer.cpp" DESTINATION "${WORK}/source/tests/packages/conan")

execute_process(COMMAND "${CONAN}" profile detect COMMAND_ERROR_IS_FATAL ANY)
foreach(options IN ITEMS "" "-o;&:with_simd=True;-o;&:with_eigen=True")
  execute_process(COMMAND "${CONAN}" create . --no-remote -pr:a "${SOURCE}/tests/packages/conan/profile" ${options}
    WORKING_DIRECTORY "${WORK}/source" RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  message(STATUS "${text}")
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "conan create ${options} failed")
  endif()
  if(NOT text MATCHES "${EXPECT}")
    message(FATAL_ERROR "the test of the package did not print: ${EXPECT}")
  endif()
endforeach()
