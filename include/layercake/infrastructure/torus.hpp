// Chips in a torus: how many links a group of them has, how far its messages go.
#pragma once

#include <layercake/core/demand.hpp>
#include <layercake/number/number.hpp>
#include <numbers>

namespace layercake::infrastructure {

namespace detail {
template <number T>
constexpr T log2(const T& x) {
  return log(max(x, T(1))) * number_cast<T>(std::numbers::log2e);
}
inline constexpr double nearly_whole = 1e-6;  // of a power of two, lost in rounding
}  // namespace detail

// What a group of g chips of a torus has.
template <number T>
struct torus_group {
  T slower;    // rings and lines over all of its axes: bandwidth of a chip over that of the links that the group has
  T hops;      // of a gather or a scatter along all axes one after the other
  T exchange;  // all-to-all: bandwidth of a chip over the rate at which the most loaded links let its bytes pass
  T message;   // bandwidth of a chip over that of one link
};

// A torus of `axes` axes; a chip has two links on each, and the bandwidth B of a chip and direction is the sum of all: b = B/(2 axes) a link.
// `domain` chips of it, a slice, are a box whose sides are powers of two as near to each other as they can be (Google Cloud, TPU v5p and v5e, tables of
// topologies: 4x4x8, 8x16), fractions of them where the domain is none. A side of `wraps_from` chips and more that goes through the whole box is a
// ring, a shorter one a line.
//
// A group of g of these chips is a smaller box over as many axes as its share of the box's doublings is nearest to, and as many as it takes for
// none of its sides to be longer than the box:
//   k = max(round(axes log2 g / log2 domain), log2 g / longest side of the box, rounded up);  sides n_i as above
// so that it has whole sides of the box where it can, as compilers lay groups along them. Assumed, as is that groups of other strides do as well.
//
//   gather, scatter   bytes are split among the axes, each a bidirectional ring:  slower = 2 axes / sum of (2 in a ring, 1 in a line)
//                     hops = sum of (n_i/2 in a ring, n_i - 1 in a line)
//   all-to-all        half of the chips send half of their bytes m across the middle of a side, over its links:
//                     m n/(8 b) in a ring, m n/(4 b) in a line; the longest side, and never faster than the links of a chip
//   message           one link
//
// Leaves out: twisted tori, rings in the cubes of 3D tori only from 64 chips on, failed links, routes of groups that share links.
// Sources: Chan et al., Collective communication, 2007, section 4; Jouppi et al., TPU v4, ISCA 2023, section 2.9 (bisection); Austin et al., How to
// Scale Your Model, 2025, "TPUs" and "Sharded matrices".
// Worked number: 16 of 256 chips of a 2D torus: one ring of 16, half of the links, 8 hops; all-to-all 16 (4 / 8) = 8 times as long as at full rate.
template <number T = double>
class basic_torus {
public:
  basic_torus() = default;
  constexpr explicit basic_torus(const scale_up_fabric<T>& f) : axes_(f.axes) {
    const T doublings = detail::log2(f.domain);
    per_doubling_ = f.axes / max(doublings, T(1));
    const T mean = doublings / max(f.axes, T(1));
    whole_ = max(detail::log2(f.wraps_from), floor(mean + nearly()));
    longest_ = max(floor(mean + T(1) - nearly()), T(1));
  }

  constexpr torus_group<T> group(const T& g) const {
    const T one(1), half = number_cast<T>(0.5);
    const T doublings = detail::log2(g);
    const T fitting = floor(doublings / longest_ + one - nearly());
    const T k = clamp(max(floor(doublings * per_doubling_ + half), fitting), one, max(axes_, one));
    const T shorter = floor(doublings / k + nearly()),
            longer = doublings - k * shorter;  // doublings of a side, how many have one more
    const T n = exp(shorter * number_cast<T>(std::numbers::ln2));
    const side a = of(n, shorter), b = of(n + n, shorter + one);
    torus_group<T> x;
    const T ends = (k - longer) * a.links + longer * b.links;
    x.message = axes_ + axes_;
    x.slower = x.message / ends;
    x.hops = (k - longer) * a.hops + longer * b.hops;
    x.exchange = max(x.slower, x.message * where(longer > nearly(), max(a.crossing, b.crossing), a.crossing));
    return x;
  }

private:
  struct side {
    T links, hops, crossing;  // of a chip; of a message; time of a byte of each chip over that of a link
  };
  static constexpr T nearly() { return number_cast<T>(detail::nearly_whole); }
  constexpr side of(const T& n, const T& doublings) const {
    const auto ring = doublings >= whole_;
    return {where(ring, T(2), T(1)), where(ring, n * number_cast<T>(0.5), n - T(1)),
            n * where(ring, number_cast<T>(0.125), number_cast<T>(0.25))};
  }
  T axes_ = T(0), per_doubling_ = T(0);
  T whole_ = T(0), longest_ = T(1);  // doublings of a side that is a ring, of the longest side
};
using torus = basic_torus<>;

}  // namespace layercake::infrastructure
