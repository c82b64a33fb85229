// What keeping states on the hosts adds to the time of a training step.
//
//   weights    read over the link before each pass, under the computation:  a micro-batch max(compute, read)
//   gradients  to the host in 16 bit, under the backward pass but for the last layer's; of every micro-batch where they are
//              sharded, where the host adds them up, otherwise of their sum
//   update     after the step: the longer of the host's Adam by the rate of its memory and the new weights' way back, which
//              it overlaps; with delayed_update what is longer than the next step's work
//
// Both directions of the link at once. Sources: Ren et al. 2021 (ZeRO-Offload), sections 4 and 5; Rajbhandari et al. 2021
// (ZeRO-Infinity), sections 4 and 6. Assumed: every layer's weights are read again for every micro-batch, and gradients
// hide like the weights do under all of the next micro-batch. Leaves out: what transfers take of the chip's memory, of
// multiprocessors and of a link that several chips share beyond its rate per chip; reads from disks.
#pragma once

#include <layercake/training/memory.hpp>
#include <layercake/training/plan.hpp>

namespace layercake::detail {

template <number T>
struct offload_times {
  quantity<unit::second, T> exposed{}, update{};
};

// What a rank has and does between transfers.
template <number T>
struct offloading_rank {
  models::rank_parameters<T> stage;    // parameters of a stage
  models::rank_parameters<T> held;     // and of all stages that the rank holds
  T layers;                            // of a stage
  quantity<unit::second, T> compute;   // of a micro-batch, both passes
  quantity<unit::second, T> backward;  // of it
};

template <number T>
constexpr offload_times<T> offload_times_of(const basic_training_plan<T>& p, const basic_training_layout<T>& l,
                                            const offloading_rank<T>& rank) {
  using seconds = quantity<unit::second, T>;
  using rate = quantity<unit::byte_per_second, T>;
  const auto& o = p.offload;
  const auto taking = [](const T& parameters, double bytes,
                         const rate& r) {  // an unknown rate is not asked for nothing
    return where(parameters > T(0), parameters * number_cast<T>(bytes) * units::byte / r, seconds());
  };
  const T updated = held_parameters(rank.held, l, sharding::optimizer) * o.optimizer;
  const T read = held_parameters(rank.stage.scaled(o.weights, o.of_experts()), l, sharding::full);
  const seconds reads = taking(read, training_counts::weight * training_counts::offloaded_reads, p.host.link);
  const seconds gradients = taking(updated, training_counts::gradient_narrow, p.host.link);
  seconds busy = reads;  // link and host, while a micro-batch computes
  if (p.sharding >= sharding::gradients)
    busy = max(busy, max(gradients, taking(updated, training_counts::host_addition, p.host.memory_bandwidth)));

  const T each = T(1) / rank.layers;
  const seconds first =
      reads * (each / T(training_counts::offloaded_reads));  // layer of the step: nothing to hide under
  const seconds last = max(max(reads - rank.compute, gradients - rank.backward), gradients * each);
  const seconds between = max(busy - rank.compute, seconds());
  offload_times<T> t;
  t.exposed = first + between * (p.micro_batches() - T(1)) + last;

  const T returned = held_parameters(rank.held.scaled(abs(o.optimizer - o.weights), abs(o.optimizer - o.of_experts())),
                                     l, sharding::optimizer);
  t.update = max(taking(updated, training_counts::host_update, p.host.memory_bandwidth),
                 taking(returned, training_counts::weight, p.host.link));
  if (p.delayed_update) t.update = max(t.update - rank.compute * p.micro_batches(), seconds());
  return t;
}

}  // namespace layercake::detail
