// A compiler that is not told to read C++20 says so, and nothing else: one low header.
// standard: c++17
// first-error: layercake needs C++20
// max-bytes: 1000
#include <layercake/number/precision.hpp>
