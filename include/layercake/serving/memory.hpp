// What an engine that serves takes of a chip's memory beside the weights and the cache.
#pragma once

#include <layercake/core/operations.hpp>
#include <layercake/models/models.hpp>
#include <layercake/serving/software.hpp>

namespace layercake {

// Bytes on one chip of a replica.
//   activations  the values that live at once while a step of `token_budget` tokens goes through the widest block of a layer
//   logits       of one call in flight: what the sampler holds of its vocabulary
//   graphs       captured for batches of up to `captured_sequences`
template <number T = double>
struct engine_memory {
  quantity<unit::byte, T> context, communication, activations, logits, graphs;

  // Taken whatever is in flight.
  constexpr quantity<unit::byte, T> fixed() const { return context + communication + activations; }
};

namespace detail {
inline constexpr double activation_bytes =
    2;  // of a value between kernels, which are 16 bit also where products are narrower
inline constexpr double graph_stride =
    8;  // one batch in eight has a graph of its own (vLLM's and SGLang's default sizes)

// Finds the widest moment of a pass by its operations, in order. While a product writes, there are its input and output, those of
// the product before it in the same block, and the residual, as wide as what went into the block's first product:
//   dense block:  d + (d + 2 f) + (f + d) = 3 (d + f) values a token;  attention: d + (d + q) + (h w + d)
// The routed experts of a rank hold, of every pair of token and expert, both halves of a gated block's first product, their product,
// and the result; beside them the block's input, residual and output.
template <number T>
struct widest_block {
  T values = T(0);      // of the widest moment
  T vocabulary = T(0);  // columns of the output matrix on this chip
  T operations = T(0);  // kernels of the pass
  block part = block::head;
  T stream = T(0), before = T(0);

  static T present(const T& times) { return where(times > T(0), T(1), T(0)); }

  template <number S>
  constexpr void operator()(const matrix_product<S>& op, const T& times) {
    operations += times;
    if (op.part == block::head) {
      vocabulary = max(vocabulary, T(op.n * op.batch) * present(times));
      return;
    }
    const T input = T(op.m * op.k * op.batch), output = T(op.m * op.n * op.batch);
    if (op.part != part) part = op.part, stream = input, before = T(0);
    const auto occurs = times > T(0);
    values = max(values, where(occurs, stream + before + input + output, T(0)));
    before = where(occurs, input + output, before);
  }
  template <number S>
  constexpr void operator()(const expert_product<S>& op, const T& times) {
    operations += times;
    const T pairs = T(op.tokens * op.active / op.ranks);
    const T token = T(op.tokens / op.ranks) * T(op.hidden);
    values = max(values, (pairs * (T(op.matrices) * T(op.width) + T(op.hidden)) + T(3) * token) * present(times));
  }
  template <class Operation>
  constexpr void operator()(const Operation&, const T& times) {
    operations += times;
  }
};
}  // namespace detail

// The memory of an engine with a model on one chip of a split. Activations and graphs are those of the model's own operations; what is only
// given as totals (`work`) has none, and one that makes no tokens tells with its cache what a call holds.
//   activations = activation_copies * 2 B * widest_block(pass over token_budget new tokens)
//   logits      = sampled_logit * V * (1 + drafted) / (attention_data * pipeline)   for a call: steps take a part of the calls each
//   graphs      = graph_operation * operations of a decoding pass * captured_sequences / 8
//   communication only where the replica has more than one chip
// Every rank samples over the whole vocabulary, which it gathers. Leaves out: other layouts of weights than plain tensor ranks, fragments of the allocator, scores of unfused attention,
// prefixes that latent attention expands, workspaces of single kernels.
// Source: the activations are what vLLM's profiling run holds (vllm/worker/model_runner.py: profile_run, 2024), which a log of two
// runs of Llama-3.1-8B, with 20,000 and 29,000 tokens in a step, shows: 0.92 GiB for 9,000 tokens, 6 (d + f) = 110,592 B each.
// Worked number: Llama-3.1-8B, 8192 tokens in a step: 110,592 B * 8192 = 0.906 GB of activations; 128256 * 39.7 B = 5.09 MB of logits a call.
template <number T, class Model>
constexpr engine_memory<T> memory_of_engine(const basic_serving_software<T>& software, const Model& model,
                                            const models::split<T>& s, const T& drafted) {
  engine_memory<T> m{};
  m.context = software.context;
  m.communication = where(s.tensor * s.pipeline * s.expert > T(1), software.communication, quantity<unit::byte, T>());
  if constexpr (!models::generates_tokens<Model>()) return m;
  detail::widest_block<T> step;
  models::split<T> plain = s;
  plain.layout = models::weight_layout::tensor;
  model.operations(models::pass<T>{models::phase::prefill, T(1), software.token_budget, software.token_budget}, plain,
                   step);
  m.activations = step.values * software.activation_copies * number_cast<T>(detail::activation_bytes) * units::byte;
  m.logits = software.sampled_logit * (step.vocabulary * s.tensor) * (T(1) + drafted) / (s.attention_data * s.pipeline);
  m.graphs = software.graph_operation * step.operations *
             (software.captured_sequences * number_cast<T>(1 / detail::graph_stride) / s.pipeline);
  return m;
}

}  // namespace layercake
