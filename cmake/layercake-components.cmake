# The optional components and what each needs. Used by layercake's own build and, installed, by find_package(layercake).

set(layercake_all_components simd linalg tbb mpi)

set(layercake_simd_target xsimd)
set(layercake_linalg_target Eigen3::Eigen)
set(layercake_tbb_target TBB::tbb)
set(layercake_mpi_target MPI::MPI_CXX)

# Looks for what a component needs, and sets layercake_<component>_FOUND and layercake_<component>_NOT_FOUND_MESSAGE.
#
# xsimd and Eigen are looked up without a version, which is compared afterwards: their version files accept only the same
# major version, so that a request for 8.1 would pass over a newer xsimd in the prefix and take the system's older one.
function(layercake_find_component component)
  set(at_least "")
  if(component STREQUAL "simd")
    set(package xsimd)
    set(at_least 8.1)
    find_package(xsimd CONFIG QUIET)
    # Debian's xsimd target links xtl, which its package file does not look for: the linker would then be told -lxtl.
    # xsimd needs xtl only where XSIMD_ENABLE_XTL_COMPLEX is defined, and xtl is headers.
    if(TARGET xsimd AND NOT TARGET xtl)
      get_target_property(libraries xsimd INTERFACE_LINK_LIBRARIES)
      if("xtl" IN_LIST libraries)
        find_package(xtl CONFIG QUIET)
        if(NOT TARGET xtl)
          list(REMOVE_ITEM libraries xtl)
          set_property(TARGET xsimd PROPERTY INTERFACE_LINK_LIBRARIES ${libraries})
        endif()
      endif()
    endif()
  elseif(component STREQUAL "linalg")
    set(package Eigen3)
    set(at_least 3.4)
    find_package(Eigen3 CONFIG QUIET)
  elseif(component STREQUAL "tbb")
    set(package TBB)
    find_package(TBB CONFIG QUIET)
  elseif(component STREQUAL "mpi")
    set(package MPI)
    find_package(MPI QUIET COMPONENTS CXX)
  else()
    set(layercake_${component}_FOUND FALSE PARENT_SCOPE)
    set(layercake_${component}_NOT_FOUND_MESSAGE
      "layercake has no component '${component}'; it has: ${layercake_all_components}" PARENT_SCOPE)
    return()
  endif()

  set(found TRUE)
  set(message "")
  if(NOT ${package}_FOUND OR NOT TARGET ${layercake_${component}_target})
    set(found FALSE)
    set(message "the component needs ${package} ${at_least}, which was not found (set ${package}_DIR or CMAKE_PREFIX_PATH)")
  elseif(at_least AND ${package}_VERSION VERSION_LESS at_least)
    set(found FALSE)
    set(message "the component needs ${package} ${at_least} or newer; ${${package}_DIR} has ${${package}_VERSION}")
  endif()
  set(layercake_${component}_FOUND ${found} PARENT_SCOPE)
  set(layercake_${component}_NOT_FOUND_MESSAGE "${message}" PARENT_SCOPE)
endfunction()
