# Install rules, the package files for CMake and pkg-config, and the same package files for the build tree.
# Nothing that is installed holds a path of the build, so the installed tree may be moved.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# Nothing here depends on the architecture, hence share/ and not lib/.
set(LAYERCAKE_INSTALL_CMAKEDIR "${CMAKE_INSTALL_DATADIR}/layercake" CACHE PATH "Where find_package(layercake) will look")
set(LAYERCAKE_INSTALL_PKGCONFIGDIR "${CMAKE_INSTALL_DATADIR}/pkgconfig" CACHE PATH "Where pkg-config will look")
mark_as_advanced(LAYERCAKE_INSTALL_CMAKEDIR LAYERCAKE_INSTALL_PKGCONFIGDIR)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/layercake" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
  FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/layercake")

# ---- CMake ----------------------------------------------------------------------------------------------------------

function(layercake_export target export_set)
  install(TARGETS ${target} EXPORT ${export_set} INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT ${export_set} NAMESPACE layercake:: DESTINATION "${LAYERCAKE_INSTALL_CMAKEDIR}")
  export(EXPORT ${export_set} NAMESPACE layercake:: FILE "${PROJECT_BINARY_DIR}/${export_set}.cmake")
endfunction()

layercake_export(layercake layercake-targets)
foreach(component IN LISTS layercake_all_components)
  layercake_export(layercake_${component} layercake-${component}-targets)
endforeach()

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/layercake-config.cmake.in"
  "${PROJECT_BINARY_DIR}/layercake-config.cmake"
  INSTALL_DESTINATION "${LAYERCAKE_INSTALL_CMAKEDIR}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/layercake-config-version.cmake"
  COMPATIBILITY SameMinorVersion  # SameMajorVersion from 1.0 on
  ARCH_INDEPENDENT)
configure_file("${PROJECT_SOURCE_DIR}/cmake/layercake-components.cmake"
  "${PROJECT_BINARY_DIR}/layercake-components.cmake" COPYONLY)
configure_file("${PROJECT_SOURCE_DIR}/cmake/layercake-dispatch.cmake"
  "${PROJECT_BINARY_DIR}/layercake-dispatch.cmake" COPYONLY)
install(FILES
  "${PROJECT_BINARY_DIR}/layercake-config.cmake"
  "${PROJECT_BINARY_DIR}/layercake-config-version.cmake"
  "${PROJECT_BINARY_DIR}/layercake-components.cmake"
  "${PROJECT_BINARY_DIR}/layercake-dispatch.cmake"
  DESTINATION "${LAYERCAKE_INSTALL_CMAKEDIR}")

# ---- pkg-config -----------------------------------------------------------------------------------------------------
# The core requires nothing there, because the Boost headers have no .pc file; C++20 stays the user's flag.

file(RELATIVE_PATH layercake_pc_prefix "/prefix/${LAYERCAKE_INSTALL_PKGCONFIGDIR}" "/prefix")
string(REGEX REPLACE "/$" "" layercake_pc_prefix "${layercake_pc_prefix}")
function(layercake_pkg_config suffix requires)
  set(layercake_pc_suffix "${suffix}")
  set(layercake_pc_requires "")
  if(requires)
    set(layercake_pc_requires "Requires: ${requires}\n")
  endif()
  configure_file("${PROJECT_SOURCE_DIR}/cmake/layercake.pc.in" "${PROJECT_BINARY_DIR}/layercake${suffix}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/layercake${suffix}.pc" DESTINATION "${LAYERCAKE_INSTALL_PKGCONFIGDIR}")
endfunction()

layercake_pkg_config("" "")
layercake_pkg_config("-simd" "layercake xsimd >= 8.1")
layercake_pkg_config("-linalg" "layercake eigen3 >= 3.4")
layercake_pkg_config("-json" "layercake nlohmann_json >= 3.10")

# ---- Archives -------------------------------------------------------------------------------------------------------

if(PROJECT_IS_TOP_LEVEL)
  set(CPACK_PACKAGE_NAME layercake)
  set(CPACK_PACKAGE_VENDOR "layercake")
  set(CPACK_PACKAGE_CONTACT "the layercake authors")
  set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
  set(CPACK_PACKAGE_FILE_NAME "layercake-${PROJECT_VERSION}")
  set(CPACK_GENERATOR TGZ)
  set(CPACK_DEBIAN_PACKAGE_NAME liblayercake-dev)
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE all)
  set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "libboost-dev (>= 1.74)")
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libxsimd-dev (>= 8.1), libeigen3-dev (>= 3.4), nlohmann-json3-dev (>= 3.10)")
  include(CPack)
endif()
