include(CMakeFindDependencyMacro)
find_dependency(layercake CONFIG)
include("${CMAKE_CURRENT_LIST_DIR}/dependent-targets.cmake")
