// Memory beside the chip's own in which a cache waits between the calls of a session.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/units/named.hpp>
#include <tuple>

namespace layercake {

// Host memory or storage; none by default. The link has two directions: caches come back over one of them and are stored over the
// other, each of them once. Source: Qin et al., Mooncake, FAST 2025, section 4 (a cache in tiers).
template <number T = double>
struct basic_cache_tier {
  quantity<unit::byte_per_second, T> bandwidth{};  // of one chip and direction; 0: there is no such tier
  T hit_share = T(1);                              // of what is looked for that is still there

  template <number Other>
  using with_number = basic_cache_tier<Other>;
  static constexpr auto fields() {
    using X = basic_cache_tier;
    return std::tuple{
        field("bandwidth", &X::bandwidth, nonnegative, "of one chip and direction, 0 without such a tier"),
        field("hit_share", &X::hit_share, share, "share of what is looked for that is there")};
  }
};
using cache_tier = basic_cache_tier<>;

}  // namespace layercake
