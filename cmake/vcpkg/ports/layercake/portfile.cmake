# Overlay port: vcpkg install layercake --overlay-ports=<checkout>/cmake/vcpkg/ports
# It takes the sources from the checkout that it lies in. In a registry, vcpkg_from_github takes the place of these lines.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)

set(VCPKG_BUILD_TYPE release)  # headers only

# Every component is installed whatever was found, so the features add dependencies and change no file.
vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    -DLAYERCAKE_INSTALL=ON
    -DLAYERCAKE_TESTS=OFF
    -DLAYERCAKE_EXAMPLES=OFF
    -DLAYERCAKE_BENCHMARKS=OFF
    -DLAYERCAKE_COMPONENTS=)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH share/layercake)
vcpkg_fixup_pkgconfig()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/lib" "${CURRENT_PACKAGES_DIR}/share/doc")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
