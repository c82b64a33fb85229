// What the software that serves a model adds to its kernels: work on the host between steps, launches outside captured graphs, limits on
// batches and memory.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/units/named.hpp>
#include <tuple>

namespace layercake {

// Defaults: an engine whose scheduler is in a scripting language, fitted (serving_constants below); token budget, largest batch and memory are
// vLLM's and TensorRT-LLM's usual settings, assumed. The other engines: software_of.
template <class T = double>
struct basic_serving_software {
  const char* name = "scripted engine";
  quantity<unit::second, T> per_step = number_cast<T>(1.07e-3) * units::second;  // on the host, beside the chip's work
  quantity<unit::second, T> per_sequence =
      number_cast<T>(46e-6) * units::second;  // of that, for each sequence of the step
  quantity<unit::second, T> per_request =
      number_cast<T>(6.1e-3) * units::second;  // tokenising, admission, return of the first token
  quantity<unit::second, T> launch =
      number_cast<T>(21e-6) * units::second;  // of an operation outside a captured graph: it takes at least this
  T captured_sequences = T(512);              // largest decode batch with a captured graph; 0: none is captured
  T kernel_share = T(1);                      // speed of kernels in a running model over that measured alone
  T cache_share = T(1);                       // speed of decode attention over the chip's law
  T score_passes = T(0);      // over the matrix of attention scores, by software without fused attention; 0: fused
  T token_budget = T(8192);   // tokens in one step, prompts and answers together
  T largest_batch = T(2048);  // sequences in flight in one replica
  quantity<unit::byte, T> reserved = T(1) * units::gigabyte;  // of a chip's memory for activations and libraries
  T wave_loss = number_cast<T>(
      0.075);  // of throughput: slots that stand empty between the end of one request and the start of the next

  template <class U>
  using with_number = basic_serving_software<U>;
  static constexpr auto fields() {
    using X = basic_serving_software;
    return std::tuple{
        label(&X::name),
        field("per_step", &X::per_step, nonnegative, "host time of a step"),
        field("per_sequence", &X::per_sequence, nonnegative, "host time of a step per sequence in it"),
        field("per_request", &X::per_request, nonnegative, "host time of a request before its first token"),
        field("launch", &X::launch, nonnegative, "least time of a kernel that is launched one by one"),
        field("captured_sequences", &X::captured_sequences, nonnegative,
              "largest batch whose kernels are replayed as a graph"),
        field("kernel_share", &X::kernel_share, domain{0.05, 2},
              "speed of kernels in a running model over that measured alone"),
        field("score_passes", &X::score_passes, domain{0, 100},
              "passes over attention scores in memory, 0 for fused attention"),
        field("cache_share", &X::cache_share, domain{0.05, 2}, "speed of decode attention over the chip's law"),
        field("token_budget", &X::token_budget, at_least_one, "tokens in one step"),
        field("largest_batch", &X::largest_batch, at_least_one, "sequences in flight in one replica"),
        field("reserved", &X::reserved, nonnegative, "memory of a chip that neither weights nor cache can have"),
        field("wave_loss", &X::wave_loss, domain{0, 1}, "throughput lost to slots between two requests")};
  }
};
using serving_software = basic_serving_software<>;

enum class serving_engine : unsigned char {
  tensorrt_llm,
  vllm,
  sglang,
  fastertransformer,
  gpt_fast,
  llama_cpp,
  lmdeploy,
  neuronx,
  jax,
  in_house,
  other
};

// Fitted on the published serving measurements in benchmarks/accuracy/data by benchmarks/accuracy/fit_measurements.cpp
// (./dev accuracy --fit), all together.
struct serving_constants {
  double compiled_step = 0.000256, scripted_step = 0.001292;  // s, host time of a step by the engine's language
  double compiled_sequence = 3.446e-06, scripted_sequence = 4.507e-05;  // s, of it per sequence
  double request = 0.005822;                                            // s
  double launch = 2.202e-05;  // s, least time of an operation that the host launches
  double wave_loss = 0.07549;
  double run = 486.4;              // requests of a benchmark that sends a data set
  double spread = 0.3417;          // variance of answers' lengths over the squared mean, in chat data
  double neuron_compute = 0.1898;  // NeuronX on Trainium: share of the peak,
  double neuron_cache = 0.3362;    // and speed of decode attention over the chip's law
};
inline constexpr serving_constants fitted_serving{};

// The software of an engine. Engines whose scheduler is compiled: TensorRT-LLM, FasterTransformer, gpt-fast (a compiled graph and
// no scheduler), llama.cpp, NeuronX; the others are scripted. FasterTransformer and NeuronX have no fused attention, FasterTransformer no
// captured graphs.
constexpr serving_software software_of(serving_engine engine, const serving_constants& k = fitted_serving) {
  const bool compiled = engine == serving_engine::tensorrt_llm || engine == serving_engine::fastertransformer ||
                        engine == serving_engine::gpt_fast || engine == serving_engine::llama_cpp ||
                        engine == serving_engine::neuronx;
  serving_software s;
  s.name = compiled ? "compiled engine" : "scripted engine";
  s.per_step = (compiled ? k.compiled_step : k.scripted_step) * units::second;
  s.per_sequence = (compiled ? k.compiled_sequence : k.scripted_sequence) * units::second;
  s.per_request = k.request * units::second;
  s.launch = k.launch * units::second;
  s.captured_sequences = engine == serving_engine::fastertransformer ? 0 : 512;
  // Scores are written, read and written by the softmax, and read.
  s.score_passes = engine == serving_engine::fastertransformer ? 4 : 0;
  s.cache_share = engine == serving_engine::neuronx ? k.neuron_cache : 1;
  s.wave_loss = k.wave_loss;
  return s;
}

}  // namespace layercake
