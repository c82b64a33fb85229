// SPDX-License-Identifier: BSL-1.0
#pragma once

/// \file
/// The version of record: CMake, pkg-config, Conan and vcpkg all read or are checked against these three lines.

#define LAYERCAKE_VERSION_MAJOR 0
#define LAYERCAKE_VERSION_MINOR 2
#define LAYERCAKE_VERSION_PATCH 0

/// One number to compare in `#if`: 1.2.3 is 10203.
#define LAYERCAKE_VERSION (LAYERCAKE_VERSION_MAJOR * 10000 + LAYERCAKE_VERSION_MINOR * 100 + LAYERCAKE_VERSION_PATCH)

#define LAYERCAKE_DETAIL_TEXT_OF(x) #x
#define LAYERCAKE_DETAIL_TEXT(x) LAYERCAKE_DETAIL_TEXT_OF(x)

/// The same as text: "1.2.3".
#define LAYERCAKE_VERSION_TEXT                                                                                         \
  LAYERCAKE_DETAIL_TEXT(LAYERCAKE_VERSION_MAJOR)                                                                       \
  "." LAYERCAKE_DETAIL_TEXT(LAYERCAKE_VERSION_MINOR) "." LAYERCAKE_DETAIL_TEXT(LAYERCAKE_VERSION_PATCH)

namespace layercake {

/// The version of these headers, for a program that reports what it was built with.
struct version {
  int major_part = LAYERCAKE_VERSION_MAJOR;
  int minor_part = LAYERCAKE_VERSION_MINOR;
  int patch_part = LAYERCAKE_VERSION_PATCH;
  const char* text = LAYERCAKE_VERSION_TEXT;
};

inline constexpr version library_version{};

}  // namespace layercake
