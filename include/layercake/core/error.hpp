// Errors and the domain of a value.
//
// Composing (a stack, a plan, a sweep) validates and throws a child of `layercake::error` whose text names the field's path, its value with
// unit, the allowed range and what to change. `check(x)` returns the same findings as a list. Formulas do not validate.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace layercake {

// The root of everything the library throws.
struct error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A value outside its domain, or values that contradict each other.
struct invalid_value : error {
  using error::error;
};

// A figure that no source gives (a chip without a published price) was needed.
struct missing_value : error {
  using error::error;
};

// No plan, batch or fleet satisfies what was asked.
struct infeasible : error {
  using error::error;
};

// The one place that throws. Built without exceptions the text goes to standard error and the program stops.
template <class E>
[[noreturn]] inline void raise(const E& e) {
#if defined(__cpp_exceptions)
  throw e;
#else
  std::fputs(e.what(), stderr);
  std::fputc('\n', stderr);
  std::abort();
#endif
}

// What is wrong with one field.
struct finding {
  std::string path;     // stack.energy.price
  std::string value;    // -62 USD/MWh
  std::string allowed;  // above 0
  std::string remedy;   // what to change

  std::string text() const { return path + " is " + value + "; allowed: " + allowed + ". " + remedy; }
};

// The values that a field may take, in base units. NaN is outside every domain, infinity too.
struct domain {
  double low = -(std::numeric_limits<double>::max)();
  double high = (std::numeric_limits<double>::max)();
  bool low_excluded = false;
  bool high_excluded = false;
  bool whole = false;     // counts
  bool optional = false;  // may be unknown: not_given

  constexpr bool contains(double x) const {
    return (low_excluded ? x > low : x >= low) && (high_excluded ? x < high : x <= high) && (!whole || is_whole(x));
  }
  constexpr domain or_unknown() const {
    domain d = *this;
    d.optional = true;
    return d;
  }

private:
  static constexpr bool is_whole(double x) {
    return x >= 9e15 || x <= -9e15 || x == static_cast<double>(static_cast<long long>(x));
  }
};

// Upper ends are 1e30 base units: far above anything physical here, far below overflow of a product of a few.
inline constexpr double largest_sensible = 1e30;
inline constexpr domain positive{0, largest_sensible, true};
inline constexpr domain nonnegative{0, largest_sensible};
inline constexpr domain any_finite{-largest_sensible, largest_sensible};
inline constexpr domain share{0, 1};                 // 0 to 1
inline constexpr domain positive_share{0, 1, true};  // above 0, to 1: an efficiency
inline constexpr domain at_least_one{1, largest_sensible};
inline constexpr domain count{0, largest_sensible, false, false, true};
inline constexpr domain positive_count{1, largest_sensible, false, false, true};

}  // namespace layercake
