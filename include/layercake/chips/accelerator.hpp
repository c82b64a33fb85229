// An accelerator as its data sheet gives it, and the time and power of a piece of work on it.
#pragma once

#include <layercake/chips/family.hpp>
#include <layercake/chips/kernels.hpp>
#include <layercake/chips/power.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/core/operations.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace layercake::chips {

// Exponentials that a multiprocessor evaluates per clock: the special-function units of NVIDIA's chips (CUDA C++
// Programming Guide, throughput of native arithmetic instructions).
inline constexpr double exponentials_per_clock = 16;

// Dense peak rates by number format (no structured sparsity). A format that the chip has no units for is left unknown.
template <number T = double>
struct basic_peak_rates {
  using rate_type = quantity<unit::flop_per_second, T>;
  rate_type fp32 = unknown<>;
  rate_type tf32 = unknown<>;
  rate_type fp16 = unknown<>;
  rate_type bf16 = unknown<>;
  rate_type fp8 = unknown<>;
  rate_type fp4 = unknown<>;
  rate_type int8 = unknown<>;

  template <number Other>
  using with_number = basic_peak_rates<Other>;
  static constexpr auto fields() {
    using X = basic_peak_rates;
    constexpr domain rate = positive.or_unknown();
    return std::tuple{field("fp32", &X::fp32, rate, "dense peak in single precision, unknown if the chip has none"),
                      field("tf32", &X::tf32, rate, "dense peak in TF32, unknown if the chip has none"),
                      field("fp16", &X::fp16, rate, "dense peak in FP16, unknown if the chip has none"),
                      field("bf16", &X::bf16, rate, "dense peak in BF16, unknown if the chip has none"),
                      field("fp8", &X::fp8, rate, "dense peak in FP8, unknown if the chip has none"),
                      field("fp4", &X::fp4, rate, "dense peak in FP4, unknown if the chip has none"),
                      field("int8", &X::int8, rate, "dense peak in INT8, unknown if the chip has none")};
  }
  void rules(findings& f) const {
    if constexpr (real<T>) {
      f.require(is_known(half()) || is_known(single()), "bf16", std::string_view("unknown"),
                "at least one of bf16, fp16, tf32 and fp32 known",
                "Give the dense peak of a 16-bit or 32-bit format; narrower formats fall back to it.");
    }
  }

  // The peak at which numbers of format p are multiplied: in the narrowest units of the chip that hold them. FP4 falls
  // back to FP8, that to 16 bit; BF16 and FP16 stand in for each other; weight-only INT4 is multiplied in 16 bit; a
  // matrix unit without FP32 splits it into BF16 pieces, three products for TF32's accuracy and six for FP32's (Henry,
  // Tang, Heinecke, ARITH 2019).
  constexpr rate_type rate(precision p) const {
    switch (p) {
    case precision::fp32:
      return single();
    case precision::tf32:
      return first(tf32, first(fp32, first(bf16, fp16) / T(3)));
    case precision::fp16:
      return first(fp16, half());
    case precision::bf16:
    case precision::int4:
      return half();
    case precision::int8:
      return first(int8, half());
    case precision::fp8:
    case precision::mxfp8:
      return eighth();
    case precision::fp4:
    case precision::mxfp4:
    case precision::nvfp4:
      return first(fp4, eighth());
    }
    return half();
  }

  // Whether the chip has units for products of format p. Formats of 8 and 4 bit need a rate of their own; of the wider ones BF16 and
  // FP16 stand in for each other and FP32 is made of pieces, as rate() has it, and INT4 is for weights alone. A mask where the
  // numbers are lanes.
  constexpr auto multiplies(precision p) const {
    switch (p) {
    case precision::int8:
      return is_known(int8);
    case precision::fp8:
    case precision::mxfp8:
      return is_known(fp8);
    case precision::fp4:
    case precision::mxfp4:
    case precision::nvfp4:
      return is_known(fp4);
    default:
      return is_known(rate(p));
    }
  }

  // The FLOP of 16 bit that one of format p is worth, in the units that rate(p) names: by its width, a half for 8 bit.
  // Worked number: FP8 on a chip that has units for it 0.5, on one that has none 1.
  constexpr T sixteen_bit_worth(precision p) const {
    const auto by = [](const rate_type& peak, double width, const T& instead) {
      return where(is_known(peak), number_cast<T>(width), instead);
    };
    const T single = by(fp32, 2, T(6)), half = by(bf16, 1, by(fp16, 1, T(2))), eighth = by(fp8, 0.5, half);
    switch (p) {
    case precision::fp32:
      return single;
    case precision::tf32:
      return by(tf32, 2, by(fp32, 2, T(3)));
    case precision::int8:
      return by(int8, 0.5, half);
    case precision::fp8:
    case precision::mxfp8:
      return eighth;
    case precision::fp4:
    case precision::mxfp4:
    case precision::nvfp4:
      return by(fp4, 0.25, eighth);
    default:
      return half;
    }
  }

  // The 16-bit peak with sums in 16 bit (fp16) over that with sums in 32 bit (bf16): 2 on GeForce cards (NVIDIA Ada whitepaper, 2022, appendix
  // A), where fp16 is above 1.5 times bf16; 1 on others.
  constexpr T narrow_sums() const { return where(fp16 > bf16 * number_cast<T>(1.5), T(2), T(1)); }

private:
  static constexpr rate_type first(const rate_type& a, const rate_type& b) { return where(is_known(a), a, b); }
  constexpr rate_type single() const { return first(fp32, first(bf16, fp16) / T(6)); }
  constexpr rate_type half() const { return first(bf16, first(fp16, first(tf32, fp32))); }
  constexpr rate_type eighth() const { return first(fp8, half()); }
};
using peak_rates = basic_peak_rates<>;

// The power of a chip that waits: its own idle_power where somebody gives one, else idle_share of its thermal design power [W];
// unknown where neither is known.
// Worked number: 700 W and no idle power given: 84 W.
template <class Chip>
constexpr auto idle_power_of(const Chip& c) {
  using T = typename std::remove_cvref_t<decltype(c.thermal_design_power)>::number_type;
  return where(is_known(c.idle_power), c.idle_power, number_cast<T>(idle_share) * c.thermal_design_power);
}

// A chip as its data sheet gives it. What has no default in the physics is unknown until it is set, and validation asks for it; a
// chip without a thermal design power or a price is asked for them where they are needed. Five figures follow from others where
// nobody gives them, in whatever order they are set, and are asked by functions: idle_power by idle_power_of, exponential_rate by
// exponentials, compute_efficiency and memory_efficiency by sustained_compute and sustained_memory, and what the driver reports of
// the memory by reported_memory (memory.hpp).
template <number T = double>
struct basic_accelerator {
  const char* name = "";
  chips::family family = chips::family::other;
  basic_peak_rates<T> peak;
  quantity<unit::byte, T> memory = unknown<>;
  T reported_over_nominal = unknown<>;  // of that memory, as the driver counts it; unknown: reported_memory
  quantity<unit::byte_per_second, T> memory_bandwidth = unknown<>;
  quantity<unit::byte_per_second, T> scale_up_bandwidth = unknown<>;  // per direction and chip
  T scale_up_domain = T(1);                                           // chips in one scale-up fabric
  T torus_axes = T(0);                                                // where that is a torus; 0: it is not
  T torus_wraps_from = T(0);                                          // chips of a side from which it is a ring
  quantity<unit::watt, T> thermal_design_power = unknown<>;
  quantity<unit::watt, T> idle_power = unknown<>;  // unknown: idle_power_of
  quantity<unit::usd, T> price = unknown<>;
  quantity<unit::square_metre, T> die_area = unknown<>;  // of all compute dies
  T dies = T(1);
  T multiprocessors = unknown<>;                      // SM, compute units, cores
  quantity<unit::per_second, T> clock = unknown<>;    // boost
  quantity<unit::byte, T> on_chip_cache = unknown<>;  // shared by all of them: L2, last level
  quantity<unit::per_second, T> exponential_rate =
      unknown<>;                     // of the units that softmax runs on; unknown: exponentials
  T compute_efficiency = unknown<>;  // sustained share of the peak; unknown: sustained_compute
  T memory_efficiency = unknown<>;   // unknown: sustained_memory
  const char* launch = "";           // date
  provenance origin{};

  template <number Other>
  using with_number = basic_accelerator<Other>;
  static constexpr auto fields() {
    using X = basic_accelerator;
    return std::tuple{
        label("name", &X::name),
        label("family", &X::family),
        label("launch", &X::launch),
        label("origin", &X::origin),
        part("peak", &X::peak),
        field("memory", &X::memory, positive, "the memory of one chip, as its data sheet names it"),
        field("reported_over_nominal", &X::reported_over_nominal, domain{0.8, 1.1}.or_unknown(),
              "bytes of memory that the driver reports over those of the data sheet, unknown for the usual ratio"),
        field("memory_bandwidth", &X::memory_bandwidth, positive, "the peak rate of that memory"),
        field("scale_up_bandwidth", &X::scale_up_bandwidth, nonnegative.or_unknown(),
              "into and out of a chip, each, inside its fabric"),
        field("scale_up_domain", &X::scale_up_domain, positive_count, "the number of chips in one scale-up fabric"),
        field("torus_axes", &X::torus_axes, domain{0, 8}, "axes of the torus that the fabric is, 0 where it is none"),
        field("torus_wraps_from", &X::torus_wraps_from, count, "chips of a side of that torus from which it is a ring"),
        field("thermal_design_power", &X::thermal_design_power, positive.or_unknown(), "the power limit of one chip"),
        field("idle_power", &X::idle_power, nonnegative.or_unknown(),
              "the power of a chip that waits, unknown for the usual share of the thermal design power"),
        field("price", &X::price, nonnegative.or_unknown(), "the price of one chip"),
        field("die_area", &X::die_area, positive.or_unknown(), "the silicon of all compute dies of one chip"),
        field("dies", &X::dies, positive_count.or_unknown(), "the number of compute dies"),
        field("multiprocessors", &X::multiprocessors, positive_count.or_unknown(),
              "streaming multiprocessors, compute units or cores"),
        field("clock", &X::clock, positive.or_unknown(), "the boost clock"),
        field("on_chip_cache", &X::on_chip_cache, positive.or_unknown(), "the last-level cache on the chip"),
        field("exponential_rate", &X::exponential_rate, positive.or_unknown(),
              "exponentials per second, unknown for 16 per multiprocessor and clock"),
        field("compute_efficiency", &X::compute_efficiency, positive_share.or_unknown(),
              "the share of the peak rate that large products sustain, unknown for the family's; the kernel laws of "
              "measured families have their own"),
        field("memory_efficiency", &X::memory_efficiency, positive_share.or_unknown(),
              "the share of the memory rate that streaming sustains, unknown for the family's; the kernel laws of "
              "measured families have their own")};
  }
  void rules(findings& f) const {
    if constexpr (real<T>) {
      f.check_at_most("idle_power", idle_power, "thermal_design_power", thermal_design_power,
                      "Lower idle_power or raise thermal_design_power.");
      const bool without_rate = !is_known(scale_up_bandwidth) || scale_up_bandwidth == decltype(scale_up_bandwidth)();
      f.require(!(scale_up_domain > T(1) && without_rate), "scale_up_bandwidth",
                is_known(scale_up_bandwidth) ? to_string(scale_up_bandwidth) : std::string("unknown"),
                "above 0 where scale_up_domain is above 1",
                "Give the rate into and out of a chip, each, or set scale_up_domain = 1 for a chip without a fabric.");
    }
  }

  // Exponentials per second of the units that softmax runs on: exponential_rate where it is known, else
  //   exponentials_per_clock * multiprocessors * clock   [1/s],
  // unknown where one of these is.
  // Worked number: 132 multiprocessors at 1.83 GHz: 3.865e12 a second.
  constexpr quantity<unit::per_second, T> exponentials() const {
    return where(is_known(exponential_rate), exponential_rate,
                 number_cast<T>(exponentials_per_clock) * multiprocessors * clock);
  }
  // Shares of the peak rate and of the memory rate that are sustained: the chip's own where they are known, else the family's
  // (family.hpp: sustained).
  constexpr T sustained_compute() const {
    return where(is_known(compute_efficiency), compute_efficiency, number_cast<T>(sustained(family).compute));
  }
  constexpr T sustained_memory() const {
    return where(is_known(memory_efficiency), memory_efficiency, number_cast<T>(sustained(family).memory));
  }

  // Roofline: the longer of multiplying and moving,
  //   t = max(flop / (peak(math) * sustained_compute), bytes / (memory_bandwidth * sustained_memory))  [s].
  // No launch latency, no shape: for operations use time_of(chip, operation). Source: Williams, Waterman, Patterson,
  // CACM 52(4), 2009. Worked number: 1 PFLOP in BF16 and 1 TB on an H100 at efficiencies of 1 take max(1.0107 s, 0.2985
  // s).
  template <number N>
  constexpr auto time(const work<N>& w) const {
    return max(w.flop / (peak.rate(w.math) * sustained_compute()), w.bytes / (memory_bandwidth * sustained_memory()));
  }

  // The kernel laws of this chip; build them once for many operations. Multiprocessors, cache and exponentials that are
  // not known are usual_chip's.
  constexpr basic_kernel_law<T> timing(const family_constants& constants) const {
    using namespace units;
    const auto half = peak.rate(precision::bf16);
    const auto known = [](const auto& q, const auto& guess) { return where(is_known(q), q, guess); };
    const T cores = known(multiprocessors,
                          max(T(half / teraflop_per_second / number_cast<T>(usual_chip::per_multiprocessor)), T(1)));
    const auto per_second = known(exponentials(), half / (number_cast<T>(usual_chip::per_exponential) * flop));
    return {basic_kernel_chip<T>{.single = peak.rate(precision::fp32),
                                 .tf32 = peak.rate(precision::tf32),
                                 .half = half,
                                 .eighth = peak.rate(precision::fp8),
                                 .quarter = peak.fp4,
                                 .int8 = peak.rate(precision::int8),
                                 .vector = is_vector_peak(family) ? peak.rate(precision::fp32) : no_vector_units<T>(),
                                 .memory_bandwidth = memory_bandwidth,
                                 .eighth_worth = peak.sixteen_bit_worth(precision::fp8),
                                 .int8_worth = peak.sixteen_bit_worth(precision::int8),
                                 .multiprocessors = multiprocessors,
                                 .narrow_sums = peak.narrow_sums(),
                                 .clock = known(clock, per_second / (number_cast<T>(exponentials_per_clock) * cores)),
                                 .exponential_rate = per_second,
                                 .on_chip_cache =
                                     known(on_chip_cache, number_cast<T>(usual_chip::on_chip_cache) * megabyte),
                                 .power_limit = thermal_design_power,
                                 .compute_efficiency = sustained_compute(),
                                 .memory_efficiency = sustained_memory()},
            constants};
  }
  constexpr basic_kernel_law<T> timing() const { return timing(kernel_constants(family)); }

  // Time of one operation, see kernels.hpp.
  template <number N>
  constexpr auto time(const matrix_product<N>& op) const {
    return timing().time(op);
  }
  template <number N>
  constexpr auto time(const attention_product<N>& op) const {
    return timing().time(op);
  }
  template <number N>
  constexpr auto time(const expert_product<N>& op) const {
    return timing().time(op);
  }
  template <number N>
  constexpr auto time(const memory_traffic<N>& op) const {
    return timing().time(op);
  }
  template <number N>
  constexpr auto time(const narrow_traffic<N>& op) const {
    return timing().time(op);
  }

  // Electrical power at what it is doing, below its design power or a lower cap; see power_at in power.hpp.
  template <number N>
  constexpr auto power(const basic_use<N>& doing) const {
    const basic_power_chip<T> limits{idle_power_of(*this), thermal_design_power, peak.rate(precision::bf16),
                                     memory_bandwidth};
    return power_at(power_law(family), limits, doing);
  }
  template <number N, number C>
  constexpr auto power(const basic_use<N>& doing, const quantity<unit::watt, C>& cap) const {
    return min(power(doing), max(cap, idle_power_of(*this)));
  }
};
using accelerator = basic_accelerator<>;

}  // namespace layercake::chips
