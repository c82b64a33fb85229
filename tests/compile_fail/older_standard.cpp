// A compiler that is not told to read C++20 says so, and nothing else: everything.
// standard: c++17
// first-error: layercake needs C++20
// max-bytes: 1000
#include <layercake/layercake.hpp>
