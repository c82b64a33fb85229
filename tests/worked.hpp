// Worked numbers: a figure that a header's comment states, held to the digits that it states.
//
// A test that asserts one carries the line `// worked: <header below include/layercake>#<function or record>`; the test
// layout.worked_numbers compares those lines with what the headers say.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <string>

namespace layercake_test {

// `value` is `stated`, to half a unit of its last digit. `stated` is the figure as the header writes it: "37.28",
// "187 105 280", "35,000", "5.88e23", "-15.9".
inline void check_stated(double value, const std::string& stated) {
  std::string digits;
  int decimals = 0, exponent = 0;
  bool fraction = false;
  for (std::size_t i = 0; i < stated.size(); ++i) {
    const char c = stated[i];
    if (c == 'e') {
      exponent = std::stoi(stated.substr(i + 1));
      break;
    }
    if (c == ' ' || c == ',') continue;
    if (c == '.') {
      fraction = true;
    } else if (fraction) {
      ++decimals;
    }
    digits += c;
  }
  const double scale = std::pow(10.0, exponent), half = 0.5 * std::pow(10.0, exponent - decimals);
  INFO("stated " << stated << ", found " << value);
  CHECK(std::abs(value - std::stod(digits) * scale) <= half * (1 + 1e-9));
}

}  // namespace layercake_test
