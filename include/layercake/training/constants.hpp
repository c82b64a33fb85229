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
inline constexpr double weight = 2;           // as computed with
inline constexpr double gradient = 4;         // summed in 32 bit, as Megatron does
inline constexpr double gradient_2024 = 2;    // in 16 bit since
inline constexpr double logit_kept = 6;       // 16 bit and a copy in 32, while the gradient is taken
inline constexpr double logit_kept_2024 = 4;  // since the loss is fused; assumed

// ---- exchanges of a layer whose weights are sharded: gathered forward and backward, gradients scattered
inline constexpr double sharded_exchanges = 3;

// ---- the backward pass over the forward pass
// FLOP of fused attention: five products instead of two, as scores are computed again (Dao et al. 2022, appendix B).
inline constexpr double attention_backward = 2.5;
inline constexpr double element_backward = 1.5;  // traffic: a gradient and a kept input read, a gradient written
inline constexpr double host_backward = 1.5;     // launches of a layer; assumed
// With sequence parallelism the input of a block is gathered once more (Korthikanti et al. 2022, section 4.2.2), half an
// all-reduce, of which half is taken to hide under the products; assumed.
inline constexpr double gathered_again = 0.25;

// ---- bytes of element-wise work
inline constexpr double scores_forward = 6;   // of an unfused score in 16 bit: written, read and written by the softmax
inline constexpr double scores_backward = 8;  // its gradient the same, and the score read
inline constexpr double scores_dropout = 3;   // a mask of one byte, the score written once more
inline constexpr double permutation = 8;      // of a value on its way to an expert and back: twice read and written
// Of making a narrow operand: 16 bit read, one byte written as it is and one transposed (Transformer Engine, fp8 primer).
inline constexpr double narrow_operand = 4;
inline constexpr double logit = 8;       // of a logit each way: 16 bit, and a copy in 32 bit; assumed
inline constexpr double logit_2024 = 4;  // since the loss is fused; assumed
inline constexpr double head_input = 6;  // of a value in front of the output matrix, at the last norm; assumed

// ---- products
// Of the peak that 16-bit products sustain: what no measured kernel exceeds (chips/kernel_constants.hpp: product_constants).
inline constexpr double largest_share = 0.97;

// ---- shapes
inline constexpr double expert_padding = 64;     // rows that an expert's products are padded by: half a tile of 128
inline constexpr double rack_scale_domain = 72;  // chips on one fast fabric in a rack-scale system (GB200 NVL72)
inline constexpr double server_chips = 8;        // below these nothing waits for stragglers; assumed

// ---- pipelines
inline constexpr double cut_by_hand =
    0.25;  // layers of the longest stage beyond the mean, if they do not divide; assumed
inline constexpr double whole_layers = 1e-4;  // layers a stage this near to a whole number are whole

// ---- host
inline constexpr double host_of_step = 2e-3;   // s that the host takes of every optimiser step; assumed
inline constexpr double ring_smoothing = 0.1;  // of an exchange: the edge where it no longer hides under attention

}  // namespace training_counts

// Fitted to 553 published training speeds of 13 sources (2020 to 2026; V100, A100, H100, B200, B300, GB200, GB300, TPU
// v4, v5e, v6e) by benchmarks/accuracy/fit_measurements.cpp (./dev accuracy --fit), which prints this list. Plain
// numbers in SI units.
//
// Why training runs below the kernels' own law: that law was measured on single kernels, repeated for milliseconds on
// an idle chip. A training step keeps every part of the chip busy for hours, so that the power limit lowers the clock,
// and its framework picks kernels that are not the best. `products` is that ratio on chips whose kernels were measured;
// `maturity` what is missing while software is younger than the chip. The two cannot be told apart from the outside.
struct training_constants {
  double products = 0.9425;    // speed of matrix products over the chip's own law
  double tpu_products = 1.38;  // the same for TPUs at a machine balance of 0; of the peak at most largest_share
  double tpu_balance =
      0.001205;  // loss per FLOP/B of machine balance on TPUs (the kernels of GPUs fall alike): 1/(1 + this * balance)
  double maturity = 0.1417;        // loss with software of the chip's first year, falls as 1/(1 + age)
  double eighth = 0.9683;          // 8-bit products, beside `products`
  double quarter = 1.003;          // 4-bit products
  double grouped = 0.7351;         // products of experts
  double attention_2023 = 0.8954;  // fused attention over the chip's own law, until 2023
  double attention = 0.9435;       // since, and on TPUs
  double attention_ported =
      0.6108;  // 2023's attention on Hopper and later: instructions of the generation before (Shah et al. 2024)
  double attention_backward = 0.7333;  // rate of the backward pass over the forward pass
  double scores = 0.5185;              // share of an unfused attention's score traffic that reaches memory
  double traffic_2022 = 1.046;         // element-wise traffic over the least, until 2022 (Megatron's fused kernels)
  double traffic_2023 = 1.503;         // in 2023
  double traffic_2024 = 1.137;         // in 2024, and on TPUs
  double traffic_2025 = 0.4678;        // since 2025: products write their results once, little else is left
  double quantise = 0.9211;            // traffic of making narrow operands, over the least
  double host = 0.00035;               // s per layer and forward pass that the host needs to launch it
  double host_mixture = 0.003758;      // s more in a layer of experts
  double host_graph = 0.3;             // of it left where steps are replayed as graphs: rack-scale systems since 2025
  double host_tpu = 0.1;               // and of compiled programs
  double inside = 0.9189;              // speed of collectives in a training step over the network's own law
  double gradients = 1;                // of gradient exchanges
  double flat = 0.7632;                // of sharded gathers in one flat ring, 2021
  double expert_exchange = 0.7526;     // of the exchange between experts
  double hidden_tensor = 0.5805;       // share of tensor-parallel exchanges that is hidden, since 2024
  double hidden_tensor_2023 = 0.2767;  // in 2023
  double hidden_data = 0.7016;         // of gradient exchanges, since 2023
  double hidden_sharding = 0.7212;     // of gathers of sharded weights
  double hidden_expert = 0.1;          // of exchanges between experts inside a domain
  double hidden_expert_out = 0.5;      // across domains
  double hidden_context = 0.8;         // of the ring of keys and values, under attention
  double taken = 0.15;  // of the multiprocessors, by an exchange under computation (infrastructure/overlap.hpp)
  double exposed_pipeline = 0.3;     // of the messages between stages
  double straggling = 0.003807;      // slow-down per doubling of the chips above eight
  double custom_recompute = 0.5925;  // share of a forward pass that a custom policy repeats
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
        field("attention_2023", &X::attention_2023, domain{0.2, 1.6}, "fused attention until 2023"),
        field("attention", &X::attention, domain{0.3, 1.6}, "fused attention since"),
        field("attention_ported", &X::attention_ported, domain{0.4, 1}, "2023's attention on Hopper and later"),
        field("attention_backward", &X::attention_backward, domain{0.4, 1.1}, "backward over forward rate"),
        field("scores", &X::scores, domain{0.3, 1.5}, "share of score traffic that reaches memory"),
        field("traffic_2022", &X::traffic_2022, domain{0.2, 4}, "element-wise traffic until 2022"),
        field("traffic_2023", &X::traffic_2023, domain{0.2, 4}, "in 2023"),
        field("traffic_2024", &X::traffic_2024, domain{0.2, 4}, "in 2024"),
        field("traffic_2025", &X::traffic_2025, domain{0.1, 4}, "since 2025"),
        field("quantise", &X::quantise, domain{0.1, 3}, "traffic of making narrow operands"),
        field("host", &X::host, domain{3e-5, 2e-3}, "host time per layer"),
        field("host_mixture", &X::host_mixture, domain{2e-4, 1e-2}, "host time more per layer of experts"),
        field("host_graph", &X::host_graph, domain{0.05, 1}, "host time left with graphs"),
        field("host_tpu", &X::host_tpu, domain{0, 1}, "host time left in compiled programs"),
        field("inside", &X::inside, domain{0.3, 1.3}, "collectives over the network's law"),
        field("gradients", &X::gradients, domain{0.3, 1.3}, "gradient exchanges"),
        field("flat", &X::flat, domain{0.3, 1.3}, "flat sharded gathers"),
        field("expert_exchange", &X::expert_exchange, domain{0.1, 1.3}, "exchange between experts"),
        field("hidden_tensor", &X::hidden_tensor, share, "hidden share of tensor-parallel exchanges"),
        field("hidden_tensor_2023", &X::hidden_tensor_2023, share, "in 2023"),
        field("hidden_data", &X::hidden_data, share, "hidden share of gradient exchanges"),
        field("hidden_sharding", &X::hidden_sharding, share, "hidden share of weight gathers"),
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
