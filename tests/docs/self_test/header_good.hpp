// driver-says: 5 snippets, 0 problems
#pragma once

// What the samples of a header may do. A formula is none:
//
//   a(r, n) = r / (1 - (1 + r)^-n);
//
// ```cpp global
// #include <array>
// struct pair_of {
//   std::array<double, 2> values;
// };
// ```
// ```cpp
// const pair_of p{{1, 2}};
// std::cout << p.values[0] << '\n';
// ```
// ```text
// 1
// ```

namespace layercake::self_test {
// Names of the header's folder need no prefix.
//
// ```cpp continue
// std::cout << in<kilowatt>(p.values[1] * megawatt * doubled) << '\n';
// ```
// ```text
// 4000
// ```
inline constexpr double doubled = 2;

// ```cpp continue error
// auto wrong = 5 * watt + p.values[0] * second;
// ```
// ```text
// watt
// ```
//
// ```cpp
// const int p = 0;  // no `continue`: a scope of its own
// ```
}  // namespace layercake::self_test
