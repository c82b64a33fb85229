// What the kernel laws take from a chip and from the constants of its family.
#pragma once

#include <array>
#include <cstddef>
#include <layercake/chips/kernel_constants.hpp>
#include <layercake/core/unknown.hpp>
#include <layercake/number/precision.hpp>
#include <layercake/units/named.hpp>
#include <limits>

namespace layercake::chips {

// How tokens choose their experts: each draws them uniformly; every expert gets equally many tokens; they are drawn by a power
// law of exponent 1.01 or 1.2, timed on the busiest rank.
enum class expert_routing : unsigned char { uniform, balanced, power_law_1_01, power_law_1_2 };

// How a kernel was measured, where that differs from a running model, in which it does not.
struct measurement {
  // Copies of the weights that a benchmark rotates over; a part of few copies stays in the on-chip cache.
  double weight_copies = std::numeric_limits<double>::infinity();
  bool warm_cache = false;  // decode attention finds a part of the key-value cache on the chip
  bool keys_alone = false;  // its cache has room for keys, and values are read from the same bytes once more
  expert_routing routing = expert_routing::uniform;
  bool varying_rows = false;  // rows of products are a mean over steps, of which each has its own
  bool without_rest =
      false;  // the chip works on and on: its clock is down at what the power limit leaves in the long run
};
inline constexpr measurement in_a_running_model{};
// In passes of seconds, one after the other.
inline constexpr measurement in_long_passes{.without_rest = true};
// In an engine whose calls come and go.
inline constexpr measurement over_many_steps{.varying_rows = true};

// Formats wider than 16 bit take the shape of 16 bit, at their own peak: 1 for TF32, 2 for FP32, 0 for all others.
constexpr std::size_t wide_format(precision math) {
  return math == precision::fp32 ? 2 : math == precision::tf32 ? 1 : 0;
}

// What stands for figures of a chip that nobody gives, near those of the measured chips; assumed.
struct usual_chip {
  static constexpr double per_multiprocessor = 5;  // TFLOP/s of the 16-bit peak, twice that of 8 bit
  static constexpr double per_exponential = 220;   // 16-bit FLOP for one exponential
  static constexpr double on_chip_cache = 40;      // MB
};

// Of the peak: no measured product reaches more (kernel_constants.hpp).
inline constexpr double largest_share = 0.97;

// The share of the peak that kernels reach on units whose sums in 32 bit have 1/narrow_sums of the rate, where with whole rates they reach `share`:
// what else limits them does so less, but no kernel reaches more than largest_share.
template <number T>
constexpr T share_of_sums(const T& share, const T& narrow_sums) {
  return min(share * narrow_sums, max(share, number_cast<T>(largest_share)));
}

// The rate of vector units of a chip that has none to speak of.
template <number T>
constexpr quantity<unit::flop_per_second, T> no_vector_units() {
  return T(1) * (units::flop / units::second);
}

// What the laws need of a chip.
template <number T = double>
struct basic_kernel_chip {
  // Peak rates of 32, 19, 16, 8 and 4 bit, and of integers. `quarter` is unknown on a chip without FP4 units: there FP4
  // products have 4-bit weights that are multiplied in 16 bit, as any weight-only product.
  quantity<unit::flop_per_second, T> single{}, tf32{}, half{}, eighth{}, quarter{}, int8{};
  quantity<unit::flop_per_second, T> vector = no_vector_units<T>();  // of 32 bit, by vector units
  quantity<unit::byte_per_second, T> memory_bandwidth{};
  T eighth_worth = number_cast<T>(0.5),
    int8_worth = number_cast<T>(0.5);  // 16-bit FLOP that one at these rates is worth
  T multiprocessors{};                 // may be unknown
  T narrow_sums = T(1);  // 16-bit peak with sums in 16 bit over that with sums in 32 bit: 2 on GeForce cards
  quantity<unit::per_second, T> clock{}, exponential_rate{};
  quantity<unit::byte, T> on_chip_cache{};
  quantity<unit::watt, T> power_limit{};        // may be unknown
  T compute_efficiency{}, memory_efficiency{};  // sustained shares, for chips whose family was not measured
};

namespace detail {

template <number T>
constexpr T square(const T& x) {
  return x * x;
}
// max(x, 0) rounded over a tenth of `scale`: 0.5 (x + sqrt(x^2 + (scale / 10)^2)).
template <number T>
constexpr auto smooth_ramp(const quantity<unit::byte, T>& x, const quantity<unit::byte, T>& scale) {
  using namespace units;
  return T(0.5) * (x + sqrt(square(T(x / byte)) + square(number_cast<T>(0.1) * T(scale / byte))) * byte);
}
// min(x, y) rounded: x y / sqrt(x^2 + y^2).
template <number T>
constexpr T smooth_min(const T& x, const T& y) {
  return x * y / sqrt(x * x + y * y);
}

// A chip and the constants of its family, while a law is prepared from them.
template <number T>
struct kernel_source {
  const basic_kernel_chip<T>& chip;
  const family_constants& constants;

  constexpr quantity<unit::second_per_byte, T> per_byte() const { return T(1) / chip.memory_bandwidth; }
  // By how much slower wide_format(math) multiplies than 16 bit.
  constexpr std::array<T, 3> slower() const { return {T(1), chip.half / chip.tf32, chip.half / chip.single}; }
  // A share of the peak that was fitted, or where nothing was measured the chip's own.
  constexpr T own(const T& fitted, const T& of_chip) const { return constants.measured ? fitted : of_chip; }
  // What a chip of no measured family sustains of its 16-bit peak, over what the constants say of a large product.
  constexpr T sustained() const {
    return constants.measured ? T(1) : chip.compute_efficiency / number_cast<T>(constants.product[0].compute);
  }
  // Share of the peak that kernels sustain of which `fitted` was measured.
  constexpr T share(const T& fitted) const { return share_of_sums(T(fitted * sustained()), chip.narrow_sums); }
  // The peak at which row `i` of the products' table is multiplied. Row 3 is FP4, row 5 its stand-in.
  constexpr quantity<unit::flop_per_second, T> rate(std::size_t i) const {
    const std::array<quantity<unit::flop_per_second, T>, 6> rates{
        chip.half, chip.eighth, chip.eighth, where(is_known(chip.quarter), chip.quarter, chip.half),
        chip.int8, chip.half};
    return rates[i];
  }
  // That peak in FLOP of 16 bit: what a format that is not multiplied has of peak changes nothing.
  constexpr quantity<unit::flop_per_second, T> sixteen_bit_rate(std::size_t i) const {
    const std::array<T, 6> worth{T(1),
                                 chip.eighth_worth,
                                 chip.eighth_worth,
                                 where(is_known(chip.quarter), number_cast<T>(0.25), T(1)),
                                 chip.int8_worth,
                                 T(1)};
    return rate(i) * worth[i];
  }
  // Multiprocessors; where nobody says how many, as many usual ones as make up the peak of row `i`.
  constexpr T multiprocessors(std::size_t i) const {
    const auto usual = number_cast<T>(usual_chip::per_multiprocessor) * units::teraflop_per_second;
    return where(is_known(chip.multiprocessors), chip.multiprocessors, max(T(sixteen_bit_rate(i) / usual), T(1)));
  }
  constexpr T in_units(std::size_t i, const T& x, const T& instead) const {
    return i == 3 ? where(is_known(chip.quarter), x, instead) : x;
  }
  // Constant `member` of row `i` of a table in which row 5 stands in for FP4.
  template <class Row, std::size_t Rows>
  constexpr T constant(const std::array<Row, Rows>& table, std::size_t i, double Row::*member) const {
    return in_units(i, number_cast<T>(table[i].*member), number_cast<T>(table[5].*member));
  }
};

}  // namespace detail

}  // namespace layercake::chips
