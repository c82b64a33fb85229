// How long an exchange between chips takes: rings, reductions in the switch and direct reads inside a fast fabric, and a hierarchy
// of both across nodes.
#pragma once

#include <layercake/core/demand.hpp>
#include <layercake/core/operations.hpp>
#include <layercake/infrastructure/fabric.hpp>
#include <layercake/infrastructure/torus.hpp>
#include <limits>

namespace layercake::infrastructure {

namespace detail {
// c sqrt(latency * transfer): what chunks cost; the slope in a transfer of nothing is taken as 0.
template <number T>
constexpr quantity<unit::second, T> chunked(const quantity<unit::second, T>& latency,
                                            const quantity<unit::second, T>& transfer, const T& c) {
  const T product = latency / units::second * (transfer / units::second);
  const T smallest = number_cast<T>((std::numeric_limits<scalar_of_t<T>>::min)());
  return c * sqrt(max(product, smallest)) * units::second;
}
template <number T>
constexpr quantity<unit::second, T> pipelined(const quantity<unit::second, T>& latency,
                                              const quantity<unit::second, T>& transfer, const T& c) {
  return latency + transfer + chunked(latency, transfer, c);
}
}  // namespace detail

// The law of the exchanges between chips that fast fabrics of `fabric.domain` chips and a network of `bandwidth` per
// chip join. Build it once for many exchanges: rates are kept as their reciprocals.
//
//   M bytes as nccl-tests counts them, R ranks, of which g share a fabric; N = R/g groups; B the fabric's bandwidth, Bn
//   the network's
//   ring            latency launch + step s,  s = 2(g-1) all-reduce | g-1 all-gather, reduce-scatter | 1 +
//                   exchange_step (g-1) all-to-all;  transfer two M ((g-1)/g + copy/g)/(e B),  two = 2 for an
//                   all-reduce
//   all-to-all      transfer (a^4 + b^4)^(1/4),  a = M (g-1)/R/(e B), b = M/N/channel_bandwidth
//   in the switch   launch + switch_latency + M (1 + 1/g)/(e B) (1 + C/(M + C)),  C = g switch_chunk;  g >= 4
//   one shot        direct_launch + direct_step (g-1);  M (g-1)/(e B)
//   two shots       k direct_launch + direct_step (g-1);  2 M (g-1)/g/(e B), not pipelined
//   inside          B (1 + bridge_share (g-2))^-1 min(1, (g-1)/peers) in place of B, if links lead to chips
//   in a torus      rings over all axes of a group: their links in place of B, their hops in place of g-1 (torus.hpp)
//   across          transfer (M/g) s/(e Bn): one ring over all ranks s = two (R-1)/R; an all-reduce by two trees over
//                   the nodes, each of half the bytes, s = N/2: what the node sends most that has two children in one
//                   of them and is a leaf of the other; the less of both, which is the ring from 4 nodes on
//                   + two min((N-1) (ring_step + bulk), levels (tree_level + bulk)): a node serves two children one
//                   after the other, levels = max(log2 N, 2 log2 N - 1);  bulk = bulk_step M/(M + bulk_message)
//                   reduced in the network: transfer (M/g)/(e Bn), + 2 tree_level + bulk
//   time            latency + transfer + c sqrt(latency transfer), the least of the algorithms; tiers mix by the 4-norm
//                   (all-to-all: 2-norm); in the switch the latency of the root is that across alone
//
// Domain: bytes >= 0, ranks >= 1 (1 takes no time), oversubscription >= 1; a fabric of one chip needs no bandwidth. Never falls as bytes grow. Leaves out:
// congestion, stragglers, compute slowed by the exchange. One ring: gathers over 2
// nodes of 8 H100 reach a bus bandwidth of 100 GB/s where an all-reduce reaches 216 (NVIDIA/nccl issue 2409). Trees: Sanders,
// Speck, Traeff, Parallel Computing 35 (2009), section 3, which NCCL builds (src/graph/trees.cc). The exchange between experts is an all-to-all: DeepEP's kernels for few
// tokens take what it says, 12 % off in the median on Hopper and 18 to 24 % on Blackwell, inside a fabric; those for
// many tokens take 1.8 to 2.5 times as long (aiconfigurator's tables, commit 095f58a5, none of which is fitted here).
// Worked number: all-reduce of 16 MiB over 4 H100 (450 GB/s), 106.39 us.
template <number T = double>
class basic_collective_law {
  using seconds = quantity<unit::second, T>;
  using per_byte = quantity<unit::second_per_byte, T>;

public:
  constexpr basic_collective_law(const scale_up_fabric<T>& fabric, const basic_scale_up_law<T>& up,
                                 const basic_scale_out_law<T>& out, const quantity<unit::byte_per_second, T>& bandwidth,
                                 const T& oversubscription, const communication_library& library = {})
      : up_(up),
        out_(out),
        domain_(fabric.domain),
        overhead_(number_cast<T>(in<units::second>(library.overhead)) * units::second),
        in_torus_(may_hold(fabric.axes > T(0))),
        direct_(library.direct_all_reduce && up.reads_directly && !in_torus_),
        in_switch_(up.reduces_in_switch && !in_torus_) {
    if (in_torus_) torus_ = basic_torus<T>(fabric);
    const per_byte wire = T(1) / fabric.bandwidth;
    const per_byte network = oversubscription / bandwidth;
    ring_ = wire / up.efficiency;
    exchange_ = wire / up.exchange_efficiency;
    switch_ = wire / up.switch_efficiency;
    one_shot_ = wire / up.one_shot_efficiency;
    two_shot_ = wire / up.two_shot_efficiency;
    channel_ = T(1) / up.channel_bandwidth;
    network_ = network / out.efficiency;
    network_switch_ = network / out.switch_efficiency;
  }

  constexpr seconds time(const collective<T>& c) const {
    const T one(1);
    const T& R = c.ranks;
    if constexpr (real<T>) {  // plain numbers need not evaluate what they do not take
      if (!(R > one)) return {};
    }
    const T g = min(R, max(one, domain_ / c.stride));
    const T share = one / g;
    group x{.M = c.bytes, .R = R, .g = g, .N = max(R * share, one), .share = share};
    x.slower = (one + up_.bridge_share * max(g - T(2), T(0))) * max(one, up_.peers / max(g - one, one));
    x.steps = g - one, x.rounds = up_.exchange_step * (g - one), x.exchange = x.message = x.slower;
    if (in_torus_) lay_out(x);
    const auto across = x.N > one;
    seconds t;
    switch (c.kind) {
    case exchange::point_to_point:
      t = detail::pipelined(up_.launch + where(across, out_.ring_step + bulk(x), up_.step),
                            x.M * where(across, network_, exchange_ * x.message), up_.pipelining);
      break;
    case exchange::all_to_all:
      t = all_to_all(x);
      break;
    case exchange::all_reduce:
      t = ring(x, true);
      if (in_switch_ && may_hold(g >= T(4))) t = where(g < T(4), t, min(t, in_switch(x)));
      if (direct_) t = where(across, t, min(t, direct(x)));
      break;
    case exchange::all_gather:
    case exchange::reduce_scatter:
      t = ring(x, false);
    }
    return where(R > one, t + overhead_, seconds());
  }

private:
  struct group {
    quantity<unit::byte, T> M;
    T R, g, N, share;         // share: 1/g
    T slower{};               // on a shared host bridge, or by links to chips of other groups
    T rounds{}, steps{};      // of a ring
    T exchange{}, message{};  // as slower, of an all-to-all and of a message to one chip
  };
  static constexpr double no_time = 1e-30;  // s, below any exchange: keeps a quotient finite
  // What a torus has in place of one ring.
  constexpr void lay_out(group& x) const {
    const torus_group<T> box = torus_.group(x.g);
    x.slower = box.slower, x.steps = x.rounds = box.hops, x.exchange = box.exchange, x.message = box.message;
  }

  constexpr seconds all_to_all(const group& x) const {
    const T one(1);
    const seconds none{};
    const T part = one / x.R;
    const seconds on_the_chip = x.M * (x.g * part) * channel_;
    const seconds inside =
        where(x.g > one, smooth_max(x.M * ((x.g - one) * part) * (exchange_ * x.exchange), on_the_chip), on_the_chip);
    const seconds across = x.M * ((x.R - x.g) * part) * network_;
    const seconds latency = up_.launch + where(x.g > one, up_.step * (one + x.rounds), none) +
                            where(x.N > one, out_.exchange_level * (one + detail::log2(x.N)), none);
    const T ratio = min(inside, across) / max(inside, max(across, seconds(number_cast<T>(no_time) * units::second)));
    return detail::pipelined(latency, max(inside, across) * sqrt(one + ratio * ratio), up_.exchange_pipelining);
  }
  constexpr seconds ring(const group& x, bool reduce) const {
    const T one(1);
    const seconds none{};
    const T two = reduce ? T(2) : one;
    const T& copy = reduce ? up_.reduce_copy : up_.gather_copy;
    const seconds inside = where(x.g > one, x.M * (two * (x.g - one + copy) * x.share) * (ring_ * x.slower), none);
    const seconds latency = up_.launch + up_.step * (two * x.steps);
    if constexpr (real<T>) {
      if (!(x.N > one)) return detail::pipelined(latency, inside, up_.pipelining);
    }
    return detail::pipelined(latency + levels(x, reduce), smooth_max(inside, between(x, reduce)), up_.pipelining);
  }
  constexpr seconds in_switch(const group& x) const {
    const T one(1);
    const quantity<unit::byte, T> round = up_.switch_chunk * x.g;
    const T rounds = one + round / max(x.M + round, quantity<unit::byte, T>(T(1) * units::byte));
    const seconds inside = x.M * ((one + x.share) * rounds) * (switch_ * x.slower);
    const seconds latency = up_.launch + up_.switch_latency;
    if constexpr (real<T>) {
      if (!(x.N > one)) return latency + inside;
    }
    const seconds network = between(x, true), waits = levels(x, true);
    return latency + waits + smooth_max(inside, network) + detail::chunked(waits, network, up_.pipelining);
  }
  // Across nodes: the transfer, and the latency of all steps or levels.
  constexpr seconds between(const group& x, bool reduce) const {
    const T one(1);
    const quantity<unit::byte, T> part = x.M * x.share;
    if (reduce && out_.reduces_in_switch) return where(x.N > one, part * network_switch_, seconds());
    const T ring = (x.R - one) / x.R;
    const T sent = reduce ? min(T(2) * ring, T(0.5) * x.N) : ring;
    return where(x.N > one, part * sent * network_, seconds());
  }
  constexpr seconds levels(const group& x, bool reduce) const {
    const T one(1);
    const seconds none{};
    if (reduce && out_.reduces_in_switch) return where(x.N > one, T(2) * out_.tree_level + bulk(x), none);
    const T doublings = detail::log2(x.N);
    const seconds steps = (x.N - one) * (out_.ring_step + bulk(x));
    const seconds tree = max(doublings, T(2) * doublings - one) * (out_.tree_level + bulk(x));
    return T(reduce ? 2 : 1) * min(steps, tree);
  }
  // What a step across nodes takes more in bulk.
  constexpr seconds bulk(const group& x) const { return out_.bulk_step * (x.M / (x.M + out_.bulk_message)); }
  constexpr seconds direct(const group& x) const {
    const T others = x.g - T(1);
    const seconds peers = up_.direct_step * others;
    const seconds one_shot =
        detail::pipelined(up_.direct_launch + peers, x.M * others * (one_shot_ * x.slower), up_.one_shot_pipelining);
    const seconds two_shot =
        up_.direct_launch * up_.two_shot_launches + peers + x.M * (T(2) * others * x.share) * (two_shot_ * x.slower);
    return min(one_shot, two_shot);
  }

  basic_scale_up_law<T> up_;
  basic_scale_out_law<T> out_;
  T domain_;
  seconds overhead_;
  bool in_torus_, direct_, in_switch_;
  basic_torus<T> torus_{};
  per_byte ring_, exchange_, switch_, one_shot_, two_shot_, channel_, network_, network_switch_;
};
using collective_law = basic_collective_law<>;

}  // namespace layercake::infrastructure
