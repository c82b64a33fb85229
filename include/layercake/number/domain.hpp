// The values that a field may take.
#pragma once

#include <layercake/config.hpp>

#include <limits>

namespace layercake {

// The values that a field may take, in base units. NaN is outside every domain, infinity too.
struct domain {
  double low = -(std::numeric_limits<double>::max)();
  double high = (std::numeric_limits<double>::max)();
  bool low_excluded = false;
  bool high_excluded = false;
  bool whole = false;     // counts
  bool optional = false;  // may be unknown

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
    constexpr double all_are_whole = 9007199254740992;  // 2^53: from here on a double has no fraction
    return x >= all_are_whole || x <= -all_are_whole || x == static_cast<double>(static_cast<long long>(x));
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
