// What the law of a training step asks of a chip beside the times of its operations.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/training/constants.hpp>

namespace layercake::detail {

// Whether x > 0 in any lane: what is 0 in all of them need not be computed.
template <number T>
constexpr bool any_positive(const T& x) {
  return may_hold(x > T(0));
}

// Peak rate of a chip: by its data sheet, or as its time(work) has it.
template <number T, class Chip>
constexpr quantity<unit::flop_per_second, T> peak_of(const Chip& c, precision p) {
  if constexpr (requires { c.peak.rate(p); }) {
    return c.peak.rate(p);
  } else {
    const quantity<unit::flop, T> much = T(1) * units::petaflop;
    return much / c.time(work<T>{much, T(0) * units::byte, p});
  }
}
// The family of a chip that has one.
template <class Chip>
constexpr chips::family family_of(const Chip& c) {
  if constexpr (requires {
                  { c.family } -> std::convertible_to<chips::family>;
                }) {
    return c.family;
  } else {
    return chips::family::other;
  }
}

// What sums in 16 bit are faster than in 32 by; 1 where a chip does not say.
template <number T, class Chip>
constexpr T narrow_sums_of(const Chip& c) {
  if constexpr (requires { c.peak.narrow_sums(); }) {
    return number_cast<T>(c.peak.narrow_sums());
  } else {
    return T(1);
  }
}
// The least time of a 16-bit product over that of the chip's own law, at which the largest sustain chips::largest_share of the peak; 1 where
// time(work) is the peak.
template <number T, class Chip>
constexpr T least_of_law(const Chip& c) {
  if constexpr (requires { c.sustained_compute(); }) {
    const chips::family_constants& constants = chips::kernel_constants(family_of(c));
    const T share =
        constants.measured ? number_cast<T>(constants.product[0].compute) : number_cast<T>(c.sustained_compute());
    return chips::share_of_sums(share, narrow_sums_of<T>(c)) * number_cast<T>(1 / chips::largest_share);
  } else {
    return T(1);
  }
}

// What training software treats differently.
template <number T = double>
struct trained_chip {
  bool tpu = false;         // programs are compiled; networks have copy engines of their own
  bool ported = false;      // FlashAttention-2 was written for the generation before (Hopper and later)
  bool half_rate = false;   // sums in 32 bit halve the rate of 16-bit products: what then limits them is not the power
  bool either_way = false;  // multiplies FP8 along either dimension of its operands, so that none is transposed
  double flash = 1;         // speed of fused attention over the chip's law
  bool rack_scale = false;  // steps may be replayed as graphs
  double attention_backward =
      training_counts::backward_rate;  // rate of the newest attention's backward pass over the forward pass
  T balance{};                         // FLOP/B at which 16-bit products and memory take equally long
  T least = T(0);                      // time of a 16-bit product over the chip's law: least_of_law
};
// Sums in 32 bit that are slower by this much halve the rate.
inline constexpr double halving = 1.5;

template <number T, class Chip>
constexpr trained_chip<T> trained_chip_of(const Chip& c) {
  const chips::family family = family_of(c);
  const bool half_rate = any_positive(narrow_sums_of<T>(c) - number_cast<T>(halving));
  return {.tpu = family == chips::family::tpu,
          .ported = family == chips::family::hopper || family == chips::family::blackwell,
          .half_rate = half_rate,
          .either_way = family == chips::family::blackwell && !half_rate,  // not GeForce (Transformer Engine)
          .flash = family == chips::family::ampere ? training_counts::ampere_flash : 1.0,
          .rack_scale = any_positive(c.scale_up_domain - number_cast<std::remove_cvref_t<decltype(c.scale_up_domain)>>(
                                                             training_counts::rack_scale_domain - 1)),
          .attention_backward = family == chips::family::blackwell ? training_counts::backward_rate_blackwell
                                                                   : training_counts::backward_rate,
          .balance = peak_of<T>(c, precision::bf16) / units::flop / (chips::memory_bandwidth_of<T>(c) / units::byte),
          .least = least_of_law<T>(c)};
}

}  // namespace layercake::detail
