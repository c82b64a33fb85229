// What the software that serves a model adds to its kernels: work on the host between steps, launches outside captured graphs, limits on
// batches and memory.
#pragma once

#include <layercake/chips/memory.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/serving/cache_tier.hpp>
#include <layercake/units/named.hpp>
#include <limits>
#include <tuple>

namespace layercake {

// Constants of serving software, fitted on the published serving measurements in benchmarks/accuracy/data by
// benchmarks/accuracy/fit_measurements.cpp (./dev accuracy --fit), all together. The only place where they stand: the
// defaults below and the predictions that docs/accuracy.md scores are made of them. Plain numbers, so that a fit can
// move them.
struct serving_constants {
  // s, host time of a step by the engine's scheduler (engines.hpp), and of it per sequence.
  double compiled_step = 0.0003177, scripted_step = 0.0017, early_step = 0.006707;
  double compiled_sequence = 5.878e-06, scripted_sequence = 3.077e-05, early_sequence = 0.0003359;
  double early_rank = 0.008942;  // s, of it for each further rank that an early engine's process sends its inputs to
  // s, of a request before its first token: in a compiled engine's process, through a server in a scripting language.
  double compiled_request = 0.004805, request = 0.02798;
  // s, least time of an operation that the host launches: from compiled code, from a script.
  double compiled_launch = 1.977e-05, launch = 4.956e-05;
  double wave_loss = 0.06;
  double run = 512;                // requests of a benchmark that sends a data set
  double spread = 0.3;             // variance of answers' lengths over the squared mean, in chat data
  double neuron_compute = 0.2016;  // NeuronX on Trainium: share of the peak,
  double neuron_cache = 0.3583;    // and speed of decode attention over the chip's law
  double single_head =
      1.528;  // speed of decode attention by a block of threads for each query head, over the chip's law
  // Of memory, on engines' logs: what a process takes, and bytes that a scripted engine's sampler holds for a logit.
  double context = chips::fitted_process.context, communication = chips::fitted_process.communication;
  double scripted_logit = 39.76;
};
inline constexpr serving_constants fitted_serving{};

// Bytes that a compiled engine's sampler holds for a logit: in 32 bit, and sorted with its index. Assumed.
inline constexpr double compiled_logit = 12;
// Bytes of a captured graph for an operation: 35 graphs of Llama-3.2-1B, of some 150 operations each, took 0.21 GiB (vLLM pull request
// 11349, 2024).
inline constexpr double graph_operation_bytes = 45e3;

// Requests in flight with which half of `wave_loss` is lost: a single stream has no slot to lose. Assumed.
inline constexpr double half_wave = 16;

// Defaults: an engine whose scheduler is in a scripting language, by the fitted constants above; token budget, largest
// batch and captured batch are vLLM's and TensorRT-LLM's usual settings, assumed. Other engines: engines.hpp.
template <number T = double>
struct basic_serving_software {
  const char* name = "scripted engine";
  // On the host, beside the chip's work: of a step, and of that for each sequence in it.
  quantity<unit::second, T> per_step = number_cast<T>(fitted_serving.scripted_step) * units::second;
  quantity<unit::second, T> per_sequence = number_cast<T>(fitted_serving.scripted_sequence) * units::second;
  quantity<unit::second, T> per_rank{};  // and for each further rank that its inputs are sent to
  T hidden = T(0);  // of the host's time of a step, the share that runs while the chips work on the step before
  // Tokenising, admission, return of the first token.
  quantity<unit::second, T> per_request = number_cast<T>(fitted_serving.request) * units::second;
  // Of an operation outside a captured graph: it takes at least this.
  quantity<unit::second, T> launch = number_cast<T>(fitted_serving.launch) * units::second;
  T captured_sequences = T(512);  // largest decode batch with a captured graph; 0: none is captured
  T kernel_share = T(1);          // speed of kernels in a running model over that measured alone
  T cache_share = T(1);           // speed of decode attention over the chip's law
  // Query heads whose key head decode attention reads once for all of them, by kernels that were made for groups of that size: 0 for any size. A
  // group of another size reads it for each of its heads.
  T key_group = T(0);
  T single_head_share = T(1);  // speed of decode attention that does so over the chip's law of as many key heads
  // Speed of products of weights in 16 bit over the chip's law, by a library without kernels for them.
  T half_product_share = T(1);
  bool widens_weights = false;    // stored narrower than products are made in: these take as long as if they were not
  bool direct_all_reduce = true;  // by kernels of its own, where they are faster than the library's
  T score_passes = T(0);          // over the matrix of attention scores, by software without fused attention; 0: fused
  // Of norms, rotations and activations, over one kernel each that reads and writes every value once.
  T element_wise_kernels = T(1), element_wise_traffic = T(1);
  T token_budget = T(8192);  // tokens in one step, prompts and answers together
  // Prompts that are read in part at once: 1, one is cut to what its step has room for, read on in the next, and the others wait
  // behind it; 0, a prompt waits for a step that has room for the whole of it. Where no step ever has, it is cut.
  T partial_prompts = T(1);
  bool reads_together = true;      // replicas whose experts lie on each other's chips, prompts in the same steps
  T largest_batch = T(2048);       // sequences in flight in one replica
  T stream_interval = T(1);        // tokens of a message to the client (client.hpp)
  bool holds_first_token = false;  // until its message is full
  // Of a chip's memory, beside weights and cache (memory.hpp has the law):
  quantity<unit::byte, T> context = number_cast<T>(fitted_serving.context) * units::byte;
  quantity<unit::byte, T> communication = number_cast<T>(fitted_serving.communication) * units::byte;
  T activation_copies = T(1);  // 2 where an engine overlaps two batches
  quantity<unit::byte, T> sampled_logit = number_cast<T>(fitted_serving.scripted_logit) * units::byte;
  quantity<unit::byte, T> graph_operation = number_cast<T>(graph_operation_bytes) * units::byte;
  T cache_block = T(16);  // positions that are allotted at once; vLLM's default (engine arguments, 2025)
  // Of the positions that an answer has still to write, the share whose cache is held from its beginning: 0 where a call that finds no
  // room later is put back, 1 where none ever is.
  T reserved_answer = T(0);
  basic_cache_tier<T> host_cache{}, stored_cache{};  // where caches may wait: host memory, storage
  // Of throughput: slots that stand empty between the end of one request and the start of the next.
  T wave_loss = number_cast<T>(fitted_serving.wave_loss);

  template <number Other>
  using with_number = basic_serving_software<Other>;
  static constexpr auto fields() {
    using X = basic_serving_software;
    return std::tuple{
        label("name", &X::name),
        field("per_step", &X::per_step, nonnegative, "host time of a step"),
        field("per_sequence", &X::per_sequence, nonnegative, "host time of a step per sequence in it"),
        field("per_rank", &X::per_rank, nonnegative, "host time of a step per further rank of the replica"),
        field("hidden", &X::hidden, domain{0, 1}, "share of the host time of a step that runs while the chips work"),
        field("per_request", &X::per_request, nonnegative, "host time of a request before its first token"),
        field("launch", &X::launch, nonnegative, "least time of a kernel that is launched one by one"),
        field("captured_sequences", &X::captured_sequences, nonnegative,
              "largest batch whose kernels are replayed as a graph"),
        field("kernel_share", &X::kernel_share, domain{0.05, 2},
              "speed of kernels in a running model over that measured alone"),
        field("score_passes", &X::score_passes, domain{0, 100},
              "passes over attention scores in memory, 0 for fused attention"),
        field("element_wise_kernels", &X::element_wise_kernels, domain{1, 100}, "kernels of an element-wise operation"),
        field("element_wise_traffic", &X::element_wise_traffic, domain{1, 100},
              "traffic of element-wise operations over that of fused ones"),
        field("cache_share", &X::cache_share, domain{0.05, 2}, "speed of decode attention over the chip's law"),
        field("key_group", &X::key_group, domain{0, 1e4},
              "size of groups of query heads that decode attention reads a key head for once, 0 for any"),
        field("single_head_share", &X::single_head_share, domain{0.05, 4},
              "speed of decode attention that reads a key head for each query head, over the chip's law"),
        field("half_product_share", &X::half_product_share, domain{0.05, 2},
              "speed of products of weights in 16 bit over the chip's law"),
        label("widens_weights", &X::widens_weights),
        label("direct_all_reduce", &X::direct_all_reduce),
        field("token_budget", &X::token_budget, at_least_one, "tokens in one step"),
        field("partial_prompts", &X::partial_prompts, domain{0, 1},
              "prompts that are cut to what a step has room for, at once"),
        field("largest_batch", &X::largest_batch, at_least_one, "sequences in flight in one replica"),
        field("stream_interval", &X::stream_interval, at_least_one, "tokens of a message to the client"),
        label("reads_together", &X::reads_together),
        label("holds_first_token", &X::holds_first_token),
        field("context", &X::context, nonnegative, "memory of a process: context, kernels and libraries"),
        field("communication", &X::communication, nonnegative, "memory of a rank that exchanges with others"),
        field("activation_copies", &X::activation_copies, domain{0, 16},
              "activations of a step over those of its widest block"),
        field("sampled_logit", &X::sampled_logit, nonnegative, "memory of the sampler for one logit"),
        field("graph_operation", &X::graph_operation, nonnegative, "memory of a captured graph for one operation"),
        field("cache_block", &X::cache_block, at_least_one, "positions of a cache that are allotted at once"),
        field("reserved_answer", &X::reserved_answer, domain{0, 1},
              "share of an answer's unwritten positions whose cache is held from the beginning"),
        part("host_cache", &X::host_cache),
        part("stored_cache", &X::stored_cache),
        field("wave_loss", &X::wave_loss, domain{0, 1}, "throughput lost to slots between two requests")};
  }

  // The share of `in_flight` slots that are not empty between two requests: 1 - wave_loss n / (n + half_wave).
  // Worked number: 16 in flight, a wave loss of 0.08: 0.96.
  constexpr T filled(const T& in_flight) const {
    return T(1) - wave_loss * (in_flight / (in_flight + number_cast<T>(half_wave)));
  }
  // The host's part of a step of `sequences` on `ranks` chips, beside which they work for `chips_work`:
  //   host - hidden min(host, chips' work),  host = per step + per rank (ranks - 1) + per sequence n
  // Worked number: 1 ms a step and 0.05 ms for each of 20 sequences, all hidden, beside 1.5 ms on the chips: 0.5 ms.
  constexpr quantity<unit::second, T> exposed(const T& sequences, const T& ranks,
                                              const quantity<unit::second, T>& chips_work) const {
    using seconds = quantity<unit::second, T>;
    const seconds host = per_step + per_rank * (ranks - T(1)) + per_sequence * sequences,
                  lesser = min(host, chips_work);
    const T endless = number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity());
    // Of what is infinite nothing is hidden: a lane that is not feasible stays infinite.
    return host - where(lesser < endless * units::second, lesser, seconds()) * hidden;
  }
};
using serving_software = basic_serving_software<>;

}  // namespace layercake
