// What the compiler has to offer. Included first by every header that includes nothing else of ours, so that it is read before any
// other line of the library: a compiler that cannot read those says so in one error, not in thousands.
#pragma once

#if !defined(__cpp_concepts) || __cpp_concepts < 201907L ||                                                            \
    (__cplusplus < 202002L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 202002L))
#error "layercake needs C++20: compile with -std=c++20 or later, by gcc 12, clang 14 or newer"
#include <layercake needs C++20>  // not there: a missing header is the one error at which every compiler stops
#endif

// An unknown figure is NaN, what cannot be served costs infinity: a compiler that takes neither to exist gives wrong numbers.
#if (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || defined(_M_FP_FAST)
#error "layercake needs NaN and infinity: compile without -ffast-math, -ffinite-math-only, -Ofast and /fp:fast"
#endif
