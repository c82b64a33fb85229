// Constants of the law of a training step (training/law.hpp): what training software reaches of what kernels and networks can do.
#pragma once

#include <layercake/core/fields.hpp>
#include <tuple>

namespace layercake {

// What is not fitted: counts that follow from the algorithms, and what is assumed.
namespace training_counts {

// ---- the optimiser: Adam with 32-bit weights and moments (Rajbhandari et al. 2020, section 3.1), bytes per parameter
inline constexpr double optimizer_traffic = 28;  // 12 of states read and 12 written, 4 of gradient read
inline constexpr double weight_traffic = 2;      // the weight for the next step, written in 16 bit

// ---- the host's part of it, bytes of host memory per parameter (Ren et al. 2021, section 4)
inline constexpr double host_update = 32;     // optimizer_traffic with a 16-bit gradient written and read, and a 16-bit
                                              // weight written and read, each once by the link
inline constexpr double host_addition = 12;   // a 16-bit gradient written and read, added to one of 32 bit
inline constexpr double offloaded_reads = 2;  // of a weight by a micro-batch: forward and backward

// ---- bytes of a value on its way between ranks, or kept
inline constexpr double weight = 2;            // as computed with
inline constexpr double gradient = 4;          // summed in 32 bit
inline constexpr double gradient_narrow = 2;   // in 16 bit
inline constexpr double logit_kept = 6;        // 16 bit and a copy in 32, while the gradient is taken
inline constexpr double logit_kept_fused = 4;  // by a fused loss; assumed

// ---- the backward pass over the forward pass
// FLOP of fused attention: five products instead of two, as scores are computed again (Dao et al. 2022, appendix B).
inline constexpr double attention_backward = 2.5;
inline constexpr double recomputed_operators =
    0.5;  // of the products, every second one (torchtitan, selective activation checkpointing)
inline constexpr double element_backward = 1.5;  // traffic: a gradient and a kept input read, a gradient written
inline constexpr double host_backward = 1.5;     // launches of a layer; assumed
// With sequence parallelism the input of a block is gathered once more, half an all-reduce (Korthikanti et al. 2022, section 4.2.2).
inline constexpr double gathered_again = 0.5;

// ---- fused attention; figures of the papers as recalled
// The chip's law of attention was measured in serving engines; FlashAttention-2 in training is 1.35 times as fast on an A100, where the law
// has 143 TFLOP/s: 196, heads of 128, causal, 8192 positions (Dao 2023, figure 5).
inline constexpr double ampere_flash = 1.35;
inline constexpr double triton_flash_1 =
    0.71;  // of FlashAttention-2, which is 1.3 to 1.5 times as fast (Dao 2023, section 4.1)
// Rate of the backward pass over the forward pass: FlashAttention-2 (Dao 2023, figures 4 to 6: 170 of 200 TFLOP/s); kernels written for the chip,
// FlashAttention-3 and cuDNN on Hopper (Shah et al. 2024, figures 5 and 6: 550 of 750), cuDNN on Blackwell.
inline constexpr double backward_rate_flash_2 = 0.85, backward_rate = 0.73, backward_rate_blackwell = 0.84;

// ---- bytes of element-wise work
inline constexpr double scores_forward = 6;   // of an unfused score in 16 bit: written, read and written by the softmax
inline constexpr double scores_backward = 8;  // its gradient the same, and the score read
inline constexpr double scores_dropout = 3;   // a mask of one byte, the score written once more
inline constexpr double permutation = 8;      // of a value on its way to an expert and back: twice read and written
// Of a logit, each way: by a fused loss; 16 bit, and a copy in 32 bit; assumed. One operation after the other: 2 bytes read and 4 written by the copy, 4
// and 4 by the softmax, 2 of its picked values and their sum.
inline constexpr double logit_fused = 4, logit = 8, logit_eager = 16;
// Eager models, over the least that models/operations.hpp counts. A norm of root mean squares and the sum in front of it, in 32 bit: 40 bytes of a
// value instead of 8. Rotary embedding: 20 instead of 4. A gated activation: 10 instead of 6. Some of these have kernels of their own: half of the
// mean is left. Derived.
inline constexpr double eager_traffic = 2.5;
inline constexpr double accumulated = 6;  // a parameter, of a 16-bit gradient: two read, one written
inline constexpr double head_input = 6;   // of a value in front of the output matrix, at the last norm; assumed

// ---- shapes
// Time of products with the output matrix whose columns are no multiple of 8 a rank, over those with a few more: GPT-2 with a vocabulary of 50257
// trains in 1.25 times the time that it takes with 50304 (A. Karpathy, February 2023), of which the output matrix is a third.
inline constexpr double unaligned = 1.75, aligned_columns = 8, whole_columns = 1e-4;
inline constexpr double expert_padding = 64;     // rows that an expert's products are padded by: half a tile of 128
inline constexpr double rack_scale_domain = 72;  // chips on one fast fabric in a rack-scale system (GB200 NVL72)
inline constexpr double server_chips = 8;        // below these nothing waits for stragglers; assumed

// ---- pipelines
inline constexpr double cut_by_hand =
    0.25;  // layers of the longest stage beyond the mean, if they do not divide; assumed
inline constexpr double whole_layers = 1e-4;  // layers a stage this near to a whole number are whole

// ---- host: operations that a framework launches for a layer, forward
// A dense layer of Megatron has some 25 kernels, as many views and transpositions that the framework dispatches, and a dozen modules. Counted in its
// source.
inline constexpr double scripted_operations = 60;
inline constexpr double unfused_operations =
    25;  // more of attention whose scores are written: views, products, softmax, dropout
inline constexpr double compiled_operations = 30;  // kernels are left, and guards
inline constexpr double program_operations = 6;    // the tenth of it, where the host starts a program; assumed
inline constexpr double mixture_operations =
    180;  // more with experts: router, permutation and exchange are three layers' worth; assumed
inline constexpr double graph_launches = 0.3;  // of them left where steps are replayed as graphs; assumed
inline constexpr double layer_tensors = 12;    // of a layer of GPT, each launched once by the optimiser
inline constexpr double host_of_step = 2e-3;   // s that the host takes of every optimiser step; assumed
inline constexpr double ring_smoothing = 0.1;  // of an exchange: the edge where it no longer hides under attention

}  // namespace training_counts

// What cannot be counted. Of these, eight are fitted to 1,228 published training speeds of 38 sources (2020 to 2026; V100 to GB300, TPUs, Trainium, GeForce)
// by benchmarks/accuracy/fit_measurements.cpp (./dev accuracy --fit); the others are assumed. Plain numbers in SI units.
//
// Why training runs below the kernels' own law: that law was measured on single kernels, and its framework picks kernels that are not the best.
// `products` is that ratio on chips whose kernels were measured; `maturity` what is missing while software is younger than the chip. The two cannot be
// told apart from the outside. That the chip never rests is in the law (chips/kernels.hpp: in_long_passes).
struct training_constants {
  // Fitted.
  double products = 0.9252;     // speed of matrix products over the chip's own law
  double tpu_products = 1.387;  // the same for TPUs at a machine balance of 0; of the peak at most chips::largest_share
  double maturity = 0.1576;     // loss with software of the chip's first year, falls as 1/(1 + age)
  double eighth = 1.014;        // 8-bit products, beside `products`
  double attention = 0.911;     // fused attention over the chip's own law
  double launch = 1.149e-05;  // s of the host for an operation, its share of modules and of the backward graph included
  double inside = 0.7967;     // speed of collectives in a training step over the network's own law
  double hidden_tensor = 0.4979;  // share of exchanges between tensor ranks that is hidden, where they overlap
  // Assumed.
  double tpu_balance =
      0.0012;  // loss per FLOP/B of machine balance on TPUs (the kernels of GPUs fall alike): 1/(1 + this * balance)
  double quarter = 1.0;           // 4-bit products
  double grouped = 0.75;          // products of experts, uneven load included
  double scores = 0.5;            // share of an unfused attention's score traffic that reaches memory
  double traffic = 0.7;           // element-wise traffic over the least where it is fused: the rest is found in caches
  double quantise = 1.0;          // traffic of making narrow operands, over the least
  double expert_exchange = 0.75;  // speed of the exchange between experts over the network's law
  double hidden_data =
      0.7;  // share of gradient exchanges and of gathers of sharded weights that is hidden, where they overlap
  double hidden_expert = 0.1;      // of exchanges between experts inside a domain
  double hidden_expert_out = 0.5;  // across domains
  double hidden_context = 0.8;     // of the ring of keys and values, under attention
  double taken = 0.15;  // of the multiprocessors, by an exchange under computation (infrastructure/overlap.hpp)
  double exposed_pipeline = 0.3;  // of the messages between stages, where they overlap
  double straggling = 0.004;      // slow-down per doubling of the chips above eight
  double custom_recompute = 0.6;  // share of a forward pass that a custom policy repeats
  double automatic_recompute =
      0.4;  // of the layers that must be recomputed to fit, the share that is (the rest is found elsewhere)

  static constexpr auto fields() {
    using X = training_constants;
    return std::tuple{
        field("products", &X::products, domain{0.6, 1.15}, "matrix products over the chip's law"),
        field("tpu_products", &X::tpu_products, domain{0.8, 1.8}, "the same on TPUs"),
        field("tpu_balance", &X::tpu_balance, domain{0, 3e-3}, "loss per FLOP/B of balance on TPUs"),
        field("maturity", &X::maturity, domain{0, 0.6}, "loss with software of the chip's first year"),
        field("eighth", &X::eighth, domain{0.4, 1.2}, "8-bit products"),
        field("quarter", &X::quarter, domain{0.3, 1.3}, "4-bit products"),
        field("grouped", &X::grouped, domain{0.3, 1.2}, "products of experts"),
        field("attention", &X::attention, domain{0.3, 1.6}, "fused attention over the chip's law"),
        field("scores", &X::scores, domain{0.3, 1.5}, "share of score traffic that reaches memory"),
        field("traffic", &X::traffic, domain{0.2, 4}, "element-wise traffic where it is fused"),
        field("launch", &X::launch, domain{1e-6, 1e-4}, "host time of an operation"),
        field("quantise", &X::quantise, domain{0.1, 3}, "traffic of making narrow operands"),
        field("inside", &X::inside, domain{0.3, 1.3}, "collectives over the network's law"),
        field("expert_exchange", &X::expert_exchange, domain{0.1, 1.3}, "exchange between experts"),
        field("hidden_tensor", &X::hidden_tensor, share, "hidden share of tensor-parallel exchanges"),
        field("hidden_data", &X::hidden_data, share, "hidden share of gradient exchanges"),
        field("hidden_expert", &X::hidden_expert, share, "hidden share of expert exchanges"),
        field("hidden_expert_out", &X::hidden_expert_out, share, "across domains"),
        field("hidden_context", &X::hidden_context, share, "hidden share of the ring of keys"),
        field("taken", &X::taken, share, "share of a chip that hidden exchanges take"),
        field("exposed_pipeline", &X::exposed_pipeline, share, "exposed share of messages between stages"),
        field("straggling", &X::straggling, domain{0.0002, 0.03}, "slow-down per doubling of chips"),
        field("custom_recompute", &X::custom_recompute, share, "repeated share of a forward pass"),
        field("automatic_recompute", &X::automatic_recompute, share, "share of layers recomputed to fit")};
  }
};

}  // namespace layercake
