// The wires between chips: what software reaches of the fast fabric inside a domain and of the network across nodes.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/number/number.hpp>
#include <layercake/units/named.hpp>
#include <tuple>

namespace layercake::infrastructure {

// The fast fabric inside a domain. Efficiencies are shares of the fabric's bandwidth per chip and direction; "pipelining" weighs the term
// sqrt(latency * transfer) that cutting a message into chunks costs: 0 none, 2 the worst.
//
// Links that lead to one chip each carry nothing for a group that this chip is not in: of a fabric of `peers` links a
// group of g has min(1, (g-1)/peers).
//
// A reduction in the switch works on a chunk of every chip at once, and the last of these rounds ends one round after
// its bytes have passed: `switch_chunk` bytes a chip, all of the message where it is shorter. First guess: 128 KiB
// (NCCL_NVLS_CHUNKSIZE) on 16 to 32 channels, 2 to 4 MB.
//
// The defaults belong to a fabric of which only the data sheet is known. `launch`, `step` and `direct_launch` depend on the generation
// (catalog: nvlink_ampere, nvlink_hopper, nvlink_blackwell, pcie); all else was fitted jointly to 2,147 measured collectives of 2 to 8 chips
// (A100, H100, H200, B200, L40S and others; NCCL and three engines' own all-reduce), mean error of held-out curves 13.6 %, of an unseen
// generation 14 to 27 %, where the latencies are the error. The four constants of reductions in the switch (latency,
// chunk, and an efficiency for Hopper and for Blackwell) were fitted to six of these curves of 4 and 8 chips and to
// three published tables of 5 to 72 (benchmarks/accuracy/data/micro.csv: nccl-nvls, nccl-h200-node,
// nccl-coreweave-gb200), each counting alike; without the 72 chips they are predicted 4 % off in the median.
template <number T = double>
struct basic_scale_up_law {
  const char* name = "generic";
  quantity<unit::second, T> launch = number_cast<T>(7.3) * units::microsecond;
  quantity<unit::second, T> step = number_cast<T>(0.92) * units::microsecond;  // of a ring, to the neighbour
  T efficiency = number_cast<T>(0.8603);                                       // of a ring
  T pipelining = number_cast<T>(0.9483);
  T reduce_copy = number_cast<T>(0.2977);  // copies of a chip's own shard in an all-reduce
  T gather_copy = number_cast<T>(0.5323);  // in an all-gather or reduce-scatter
  T bridge_share = T(0);                   // slow-down per chip past the second where all share one host bridge
  T peers = T(0);  // that links lead to, none to a switch: 7 where eight chips are joined directly

  T exchange_efficiency = number_cast<T>(0.7744);  // all-to-all and point-to-point
  T exchange_pipelining = number_cast<T>(1.322);
  T exchange_step = number_cast<T>(0.418);  // steps per peer
  quantity<unit::byte_per_second, T> channel_bandwidth =
      number_cast<T>(940.8) * units::gigabyte_per_second;  // of copies on the chip

  bool reduces_in_switch = false;  // NVLink SHARP, from four chips on
  quantity<unit::second, T> switch_latency = number_cast<T>(18.03) * units::microsecond;
  T switch_efficiency = number_cast<T>(0.6911);
  quantity<unit::byte, T> switch_chunk = number_cast<T>(3.218e6) * units::byte;  // of each chip

  bool reads_directly = true;  // the all-reduce of serving engines over peer memory
  quantity<unit::second, T> direct_launch = number_cast<T>(3.3) * units::microsecond;
  quantity<unit::second, T> direct_step = number_cast<T>(0.1198) * units::microsecond;
  T one_shot_efficiency = number_cast<T>(0.6416);
  T one_shot_pipelining = number_cast<T>(0.1396);
  T two_shot_launches = number_cast<T>(2.594);
  T two_shot_efficiency = number_cast<T>(0.6492);

  template <number Other>
  using with_number = basic_scale_up_law<Other>;

  static constexpr auto fields() {
    using X = basic_scale_up_law;
    constexpr domain weight{0, 2};
    return std::tuple{
        label("name", &X::name),
        label("reduces_in_switch", &X::reduces_in_switch),
        label("reads_directly", &X::reads_directly),
        field("launch", &X::launch, positive, "the time to start a collective"),
        field("step", &X::step, positive, "the latency of one step of a ring"),
        field("efficiency", &X::efficiency, positive_share, "the share of the bandwidth that a ring reaches"),
        field("pipelining", &X::pipelining, weight, "the cost of cutting a ring's message into chunks"),
        field("reduce_copy", &X::reduce_copy, weight, "copies of the own shard in an all-reduce"),
        field("gather_copy", &X::gather_copy, weight, "copies of the own shard in an all-gather or reduce-scatter"),
        field("bridge_share", &X::bridge_share, domain{0, 10},
              "slow-down per chip past the second on a shared host bridge"),
        field("peers", &X::peers, domain{0, 1e6, false, false, true},
              "the number of chips that a chip's links lead to, 0 where they lead to a switch"),
        field("exchange_efficiency", &X::exchange_efficiency, positive_share,
              "the share of the bandwidth that an all-to-all reaches"),
        field("exchange_pipelining", &X::exchange_pipelining, weight,
              "the cost of cutting an all-to-all's message into chunks"),
        field("exchange_step", &X::exchange_step, weight, "steps per peer of an all-to-all"),
        field("channel_bandwidth", &X::channel_bandwidth, positive, "bandwidth of an all-to-all's copies on the chip"),
        field("switch_latency", &X::switch_latency, positive, "latency of a reduction in the switch"),
        field("switch_efficiency", &X::switch_efficiency, positive_share,
              "share of the bandwidth that a reduction in the switch reaches"),
        field("switch_chunk", &X::switch_chunk, nonnegative,
              "bytes of each chip that a round of a reduction in the switch takes"),
        field("direct_launch", &X::direct_launch, positive, "the time to start a direct all-reduce"),
        field("direct_step", &X::direct_step, nonnegative, "latency per peer of a direct all-reduce"),
        field("one_shot_efficiency", &X::one_shot_efficiency, positive_share,
              "share of the bandwidth that a one-shot all-reduce reaches"),
        field("one_shot_pipelining", &X::one_shot_pipelining, weight, "the cost of chunks in a one-shot all-reduce"),
        field("two_shot_launches", &X::two_shot_launches, domain{1, 10}, "launches that a two-shot all-reduce takes"),
        field("two_shot_efficiency", &X::two_shot_efficiency, positive_share,
              "share of the bandwidth that a two-shot all-reduce reaches")};
  }
};
using scale_up_law = basic_scale_up_law<>;

// The network across nodes. Small messages are sent with their flags, in one step; those in bulk wait for room at the
// receiver, go through a thread of the host and are flushed into the chip's memory (NCCL's protocols LL and Simple):
//   step = small + bulk_step M/(M + bulk_message)
// Not fitted: efficiency 46 to 48 of 50 GB/s (NCCL maintainers, nccl-tests issue 290), small latencies of a ring step and
// a tree level from NCCL's tuning table (src/graph/tuning.cc, LL128), of an exchange from DeepEP; `switch_efficiency` is
// assumed. `bulk_step` and `bulk_message` were fitted to three published tables of 2 and 4 nodes, over EFA (two) and
// InfiniBand, each counting alike (benchmarks/accuracy/data/micro.csv: nccl-aws-p5, nccl-b200-4nodes,
// nccl-issue-1244-h20); without one of them they are 28 to 41 us and 3 to 11 kB. First guess: 34 us, of which 14 is NCCL's
// own for the network with its protocol Simple and 20 a message over EFA (aws-ofi-nccl, src/tuner/nccl_ofi_model.c);
// 16 KiB, from which NCCL sends point to point in bulk (NCCL_P2P_LL_THRESHOLD).
template <number T = double>
struct basic_scale_out_law {
  T efficiency = number_cast<T>(0.94);
  quantity<unit::second, T> ring_step = T(4) * units::microsecond;
  quantity<unit::second, T> tree_level = number_cast<T>(8.5) * units::microsecond;
  quantity<unit::second, T> bulk_step = number_cast<T>(34.13) * units::microsecond;
  quantity<unit::byte, T> bulk_message = number_cast<T>(5767) * units::byte;  // that pays half of it
  quantity<unit::second, T> exchange_level = number_cast<T>(4.1) * units::microsecond;
  bool reduces_in_switch = false;  // InfiniBand SHARP
  T switch_efficiency = number_cast<T>(0.9);

  template <number Other>
  using with_number = basic_scale_out_law<Other>;

  static constexpr auto fields() {
    using X = basic_scale_out_law;
    return std::tuple{
        label("reduces_in_switch", &X::reduces_in_switch),
        field("efficiency", &X::efficiency, positive_share,
              "the share of the network's bandwidth that a collective reaches"),
        field("ring_step", &X::ring_step, positive, "latency of a step of a ring across nodes, of small messages"),
        field("tree_level", &X::tree_level, positive, "latency of a level of a tree across nodes, of small messages"),
        field("bulk_step", &X::bulk_step, nonnegative, "what a step or a level takes more in bulk"),
        field("bulk_message", &X::bulk_message, positive, "bytes of a message that pays half of bulk_step"),
        field("exchange_level", &X::exchange_level, positive, "latency per doubling of the nodes of an all-to-all"),
        field("switch_efficiency", &X::switch_efficiency, positive_share,
              "share of the bandwidth that a reduction in the network reaches")};
  }
};
using scale_out_law = basic_scale_out_law<>;

// How the calling software exchanges: serving engines use their own all-reduce where it is faster and replay captured graphs;
// launching every call from the host costs some 20 us more.
struct communication_library {
  bool direct_all_reduce = false;
  quantity<unit::second> overhead{};
};

}  // namespace layercake::infrastructure
