// Training software: what it takes of the host, what it fuses and what it hides; by stack and release.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/training/constants.hpp>
#include <layercake/units/named.hpp>
#include <string_view>
#include <tuple>

namespace layercake {

// Generations of fused attention.
//   flash_1  Triton's version of FlashAttention (Dao et al. 2022), as PyTorch's models brought it along until 2023
//   flash_2  FlashAttention-2 (Dao 2023), PyTorch's own attention since: written for Ampere, at whose pace it runs on later chips
//   newest   written for the chip: cuDNN, FlashAttention-3, Pallas
enum class attention_kernel : unsigned char { flash_1, flash_2, newest };

constexpr const char* name(attention_kernel k) {
  switch (k) {
  case attention_kernel::flash_1:
    return "flash_1";
  case attention_kernel::flash_2:
    return "flash_2";
  case attention_kernel::newest:
    return "newest";
  }
  return "";
}

// How operands of fewer than 16 bit are scaled (training/narrow_operands.hpp). Formats with scales of their own, MXFP8 and FP4, have no choice.
//   delayed     a scale for a tensor, from the largest values of steps before: Transformer Engine's first recipe, and its default
//   tensorwise  a scale for a tensor, from its own largest value: current scaling
//   rowwise     a scale for a row of each operand of each product: an operand of two products has rows of its own in both
//   blockwise   a scale for 128 values, of weights for 128 x 128
enum class scaling_recipe : unsigned char { delayed, tensorwise, rowwise, blockwise };

constexpr const char* name(scaling_recipe r) {
  switch (r) {
  case scaling_recipe::delayed:
    return "delayed";
  case scaling_recipe::tensorwise:
    return "tensorwise";
  case scaling_recipe::rowwise:
    return "rowwise";
  case scaling_recipe::blockwise:
    return "blockwise";
  }
  return "";
}

// Software as the law of a step needs it (training/law.hpp). The defaults are Megatron Core's since 2024; others: software_of, or a record of
// your own.
template <number T = double>
struct basic_training_software {
  const char* name = "Megatron Core";
  // The host launches the operations of a layer one by one and runs ahead of the chip: a pass takes the longer of both.
  quantity<unit::second, T> launch = number_cast<T>(training_constants{}.launch) * units::second;
  T operations = number_cast<T>(training_counts::scripted_operations);        // of a layer's forward pass
  T expert_operations = number_cast<T>(training_counts::mixture_operations);  // more where it has experts
  T rack_scale_launches = T(1);  // share of the launches left on rack-scale systems, where steps are replayed as graphs
  // Memory traffic: of element-wise operations over the least, of a logit each way, of a parameter to add a micro-batch's gradient to those before.
  T traffic = number_cast<T>(training_constants{}.traffic);
  T logit = number_cast<T>(training_counts::logit_fused);
  T accumulated = T(0);
  // Shares of exchanges that run under computation: between tensor ranks; of gradients and of gathers of sharded weights. Of messages between
  // stages what is exposed.
  T hidden_tensor = number_cast<T>(training_constants{}.hidden_tensor);
  T hidden_data = number_cast<T>(training_constants{}.hidden_data);
  T exposed_pipeline = number_cast<T>(training_constants{}.exposed_pipeline);
  // Bytes of a gradient between ranks, where weights are sharded and where they are not, and of a logit while its gradient is taken.
  T sharded_gradient = number_cast<T>(training_counts::gradient_narrow);
  T gradient = number_cast<T>(training_counts::gradient_narrow);
  T logit_kept = number_cast<T>(training_counts::logit_kept_fused);
  attention_kernel attention = attention_kernel::newest;
  scaling_recipe scaling = scaling_recipe::delayed;  // of operands of 8 bit
  bool recasts_weights =
      false;  // they are made narrow in every pass, not once a step; sharded ones before they are gathered, if a tensor has one scale
  bool dropout = false;       // masks are made and kept
  bool flat_gathers = false;  // of sharded weights, in one ring that takes no notice of the fast fabric

  // Megatron-LM of these years.
  static const basic_training_software year_2021, year_2022, year_2023, year_2024, year_2025;

  template <class N>
  using with_number = basic_training_software<N>;
  static constexpr auto fields() {
    using X = basic_training_software;
    return std::tuple{
        label("name", &X::name),
        label("attention", &X::attention),
        label("scaling", &X::scaling),
        label("recasts_weights", &X::recasts_weights),
        label("dropout", &X::dropout),
        label("flat_gathers", &X::flat_gathers),
        field("launch", &X::launch, nonnegative, "host time of an operation that is launched"),
        field("operations", &X::operations, nonnegative, "operations launched in a layer's forward pass"),
        field("expert_operations", &X::expert_operations, nonnegative, "operations more in a layer of experts"),
        field("rack_scale_launches", &X::rack_scale_launches, share, "share of launches left on rack-scale systems"),
        field("traffic", &X::traffic, domain{0.1, 10}, "traffic of element-wise operations over the least"),
        field("logit", &X::logit, domain{0, 100}, "bytes of traffic of a logit, each way"),
        field("accumulated", &X::accumulated, domain{0, 100},
              "bytes of traffic of a parameter to add its gradient to those of micro-batches before"),
        field("hidden_tensor", &X::hidden_tensor, share, "hidden share of exchanges between tensor ranks"),
        field("hidden_data", &X::hidden_data, share, "hidden share of gradient exchanges and weight gathers"),
        field("exposed_pipeline", &X::exposed_pipeline, share, "exposed share of messages between stages"),
        field("sharded_gradient", &X::sharded_gradient, positive,
              "bytes of a gradient of sharded weights between ranks"),
        field("gradient", &X::gradient, positive, "bytes of a gradient, kept and between ranks"),
        field("logit_kept", &X::logit_kept, nonnegative, "bytes of a logit while its gradient is taken")};
  }
};
using training_software = basic_training_software<>;

enum class training_stack : unsigned char {
  megatron_lm,
  megatron_deepspeed,
  megatron_bridge,
  nemo,
  deepspeed,
  pytorch,   // its FSDP, and models as they are written: torchtitan, torchtune, IBM's, nanotron, LitGPT
  composer,  // MosaicML's, of norms and activations that are kernels of PyTorch
  xla,       // MaxText, Pax, Levanter
  neuronx,
  native,  // compiled C++
  other
};

// A stack from a release on, until its next row: what its source code does. Whatever is not said is as in the fastest.
struct training_release {
  training_stack stack;
  double date;  // the year of that release, with its months
  const char* name;
  attention_kernel attention = attention_kernel::newest;
  bool fused_attention = true;  // otherwise scores are written to memory; plans say so by themselves
  bool fused_element_wise = true;
  bool fused_loss = true;           // logits are not copied to 32 bit
  bool fused_accumulation = true;   // products add weights' gradients to those before
  bool graphs = false;              // on rack-scale systems
  bool program = false;             // the host starts a compiled program
  bool scatters_in_32_bit = false;  // gradients of sharded weights
  bool narrow_gradients = true;     // summed in 16 bit
  bool dropout = false, flat_gathers = false;
  scaling_recipe scaling = scaling_recipe::delayed;
  bool recasts_weights = false;
  double tensor_overlap =
      0;  // 1: products and exchanges of tensor ranks run piece by piece beside each other; between: some
  bool pipeline_overlap = true;  // messages between stages beside computation
  bool data_overlap = true;      // gradients beside the backward pass
  provenance origin{};
};

namespace detail {
inline constexpr provenance megatron_origin{"NVIDIA, Megatron-LM, source code and release notes, 2.0 to Core 0.14", "",
                                            confidence::recalled};
inline constexpr provenance nemo_origin{"NVIDIA, NeMo and Megatron-Bridge, source code and performance guides", "",
                                        confidence::recalled};
inline constexpr provenance deepspeed_origin{"Microsoft, DeepSpeed, source code of ZeRO and of the pipeline engine", "",
                                             confidence::recalled};
inline constexpr provenance torch_origin{"PyTorch, source code of FSDP and of scaled_dot_product_attention", "",
                                         confidence::recalled};
inline constexpr provenance compiled_origin{"its documentation: whole steps are compiled", "", confidence::recalled};
}  // namespace detail

// Assumed: who publishes turns on what overlaps; of Megatron 2023 half of the exchanges between tensor ranks can.
inline constexpr training_release training_releases[] = {
    {.stack = training_stack::megatron_lm,
     .date = 2019.7,
     .name = "Megatron-LM 2021",
     .fused_attention = false,
     .fused_loss = false,
     .fused_accumulation = false,
     .narrow_gradients = false,
     .dropout = true,
     .flat_gathers = true,
     .data_overlap = false,
     .origin = detail::megatron_origin},
    {.stack = training_stack::megatron_lm,
     .date = 2022.0,
     .name = "Megatron-LM 2022",
     .fused_attention = false,
     .fused_loss = false,
     .narrow_gradients = false,
     .dropout = true,
     .data_overlap = false,
     .origin = detail::megatron_origin},
    {.stack = training_stack::megatron_lm,
     .date = 2023.0,
     .name = "Megatron-LM 2023",
     .attention = attention_kernel::flash_2,
     .fused_loss = false,
     .narrow_gradients = false,
     .tensor_overlap = 0.5,
     .origin = detail::megatron_origin},
    {.stack = training_stack::megatron_lm,
     .date = 2024.0,
     .name = "Megatron Core",
     .tensor_overlap = 1,
     .origin = detail::megatron_origin},
    {.stack = training_stack::megatron_deepspeed,
     .date = 2021.0,
     .name = "Megatron-DeepSpeed 2021",
     .fused_attention = false,
     .fused_loss = false,
     .fused_accumulation = false,
     .narrow_gradients = false,
     .dropout = true,
     .pipeline_overlap = false,
     .data_overlap = false,
     .origin = detail::deepspeed_origin},
    {.stack = training_stack::megatron_deepspeed,
     .date = 2023.5,
     .name = "Megatron-DeepSpeed",
     .attention = attention_kernel::flash_2,
     .fused_loss = false,
     .fused_accumulation = false,
     .narrow_gradients = false,
     .pipeline_overlap = false,
     .data_overlap = false,
     .origin = detail::deepspeed_origin},
    {.stack = training_stack::nemo,
     .date = 2022.7,
     .name = "NeMo 2023",
     .fused_loss = false,
     .narrow_gradients = false,
     .tensor_overlap = 1,
     .origin = detail::nemo_origin},
    {.stack = training_stack::nemo, .date = 2024.0, .name = "NeMo", .tensor_overlap = 1, .origin = detail::nemo_origin},
    {.stack = training_stack::megatron_bridge,
     .date = 2025.4,
     .name = "Megatron-Bridge",
     .graphs = true,
     .scaling = scaling_recipe::tensorwise,
     .tensor_overlap = 1,
     .origin = detail::nemo_origin},
    {.stack = training_stack::deepspeed,
     .date = 2020.2,
     .name = "DeepSpeed 2021",
     .fused_attention = false,
     .fused_loss = false,
     .fused_accumulation = false,
     .narrow_gradients = false,
     .dropout = true,
     .flat_gathers = true,
     .origin = detail::deepspeed_origin},
    {.stack = training_stack::deepspeed,
     .date = 2022.0,
     .name = "DeepSpeed 2022",
     .fused_attention = false,
     .fused_loss = false,
     .fused_accumulation = false,
     .narrow_gradients = false,
     .dropout = true,
     .origin = detail::deepspeed_origin},
    {.stack = training_stack::deepspeed,
     .date = 2023.5,
     .name = "DeepSpeed",
     .attention = attention_kernel::flash_2,
     .fused_element_wise = false,
     .fused_loss = false,
     .fused_accumulation = false,
     .narrow_gradients = false,
     .origin = detail::deepspeed_origin},
    {.stack = training_stack::pytorch,
     .date = 2021.5,
     .name = "PyTorch 1",
     .fused_attention = false,
     .fused_element_wise = false,
     .fused_loss = false,
     .fused_accumulation = false,
     .narrow_gradients = false,
     .pipeline_overlap = false,
     .origin = detail::torch_origin},
    {.stack = training_stack::pytorch,
     .date = 2023.0,
     .name = "PyTorch 2.0",
     .attention = attention_kernel::flash_1,
     .fused_element_wise = false,
     .fused_loss = false,
     .fused_accumulation = false,
     .narrow_gradients = false,
     .pipeline_overlap = false,
     .origin = detail::torch_origin},
    {.stack = training_stack::pytorch,
     .date = 2023.8,
     .name = "PyTorch",
     .attention = attention_kernel::flash_2,
     .fused_element_wise = false,
     .fused_loss = false,
     .fused_accumulation = false,
     .scatters_in_32_bit = true,
     .narrow_gradients = false,
     .scaling = scaling_recipe::tensorwise,
     .recasts_weights = true,
     .pipeline_overlap = false,
     .origin = detail::torch_origin},
    {.stack = training_stack::composer,
     .date = 2022.0,
     .name = "Composer",
     .attention = attention_kernel::flash_1,
     .fused_loss = false,
     .narrow_gradients = true,
     .pipeline_overlap = false,
     .origin = detail::torch_origin},
    {.stack = training_stack::xla,
     .date = 2021.0,
     .name = "XLA",
     .program = true,
     .tensor_overlap = 1,
     .origin = detail::compiled_origin},
    {.stack = training_stack::neuronx,
     .date = 2021.9,
     .name = "NeuronX",
     .fused_loss = false,
     .program = true,
     .narrow_gradients = false,
     .origin = detail::compiled_origin},
    {.stack = training_stack::native,
     .date = 2025.0,
     .name = "native",
     .program = true,
     .origin = detail::compiled_origin},
};

namespace detail {
// "24.07" and "2022-02" as years with their months; unknown where a text does not begin like that.
constexpr double date_in(std::string_view version) {
  double part[2] = {0, 0};
  std::size_t at = 0, digits = 0;
  for (const char c : version) {
    if (c >= '0' && c <= '9' && digits < 4) {
      part[at] = part[at] * 10 + (c - '0'), ++digits;
    } else if ((c == '.' || c == '-') && at == 0) {
      at = 1, digits = 0;
    } else {
      break;
    }
  }
  const double from = part[0] < 100 ? 2000 + part[0] : part[0];
  const bool dated = at == 1 && digits == 2 && part[1] >= 1 && part[1] <= 12;
  return dated && from > 2018 && from < 2100 ? from + (part[1] - 0.5) / 12 : unknown<>;
}
}  // namespace detail

// The release of a stack by the date that its version is named after ("24.07", "2022-02"), or else by the year that it was used in; the first one if
// that is before all, the newest if both are unknown. A stack that is not in the table is Megatron-LM: what is published is mostly well tuned,
// assumed.
constexpr const training_release& release_of(training_stack stack, std::string_view version = {},
                                             double year = unknown<>) {
  const double dated = detail::date_in(version), date = is_known(dated) ? dated : year;
  const training_release* found = nullptr;
  for (const training_release& r : training_releases) {
    if (r.stack == stack && (found == nullptr || !is_known(date) || date >= r.date)) found = &r;
  }
  return found != nullptr ? *found : release_of(training_stack::megatron_lm, version, year);
}

// What a release does, in quantities. Unfused attention launches more operations.
constexpr training_software software_of(const training_release& r, const training_constants& k = {}) {
  using namespace training_counts;
  training_software s;
  s.name = r.name;
  s.launch = k.launch * units::second;
  s.operations = r.program ? program_operations : scripted_operations + (r.fused_attention ? 0 : unfused_operations);
  s.expert_operations = r.program ? program_operations : mixture_operations;
  s.rack_scale_launches = r.graphs ? graph_launches : 1;
  s.traffic = r.fused_element_wise ? k.traffic : eager_traffic;
  s.logit = r.fused_loss ? logit_fused : r.fused_element_wise ? training_counts::logit : logit_eager;
  s.accumulated = r.fused_accumulation ? 0 : training_counts::accumulated;
  s.hidden_tensor = k.hidden_tensor * r.tensor_overlap;
  s.hidden_data = r.data_overlap ? k.hidden_data : 0;
  s.exposed_pipeline = r.pipeline_overlap ? k.exposed_pipeline : 1;
  s.sharded_gradient = r.scatters_in_32_bit ? training_counts::gradient : gradient_narrow;
  s.gradient = r.narrow_gradients ? gradient_narrow : training_counts::gradient;
  s.logit_kept = r.fused_loss ? logit_kept_fused : training_counts::logit_kept;
  s.attention = r.attention;
  s.scaling = r.scaling;
  s.recasts_weights = r.recasts_weights;
  s.dropout = r.dropout;
  s.flat_gathers = r.flat_gathers;
  return s;
}
// Worked number: PyTorch 2024 on an H100 launches 60 operations in a layer's forward pass, 0.7 ms at 11.5 us each.
constexpr training_software software_of(training_stack stack, std::string_view version = {}, double year = unknown<>,
                                        const training_constants& k = {}) {
  return software_of(release_of(stack, version, year), k);
}
constexpr training_software training_software_of(double year) {
  return software_of(training_stack::megatron_lm, {}, year);
}

// The same with the model compiled by PyTorch: element-wise operations are fused, and fewer are launched.
constexpr training_software compiled(training_software s, const training_constants& k = {}) {
  s.traffic = min(s.traffic, k.traffic);
  s.operations = min(s.operations, training_counts::compiled_operations);
  s.logit = min(s.logit, training_counts::logit);
  return s;
}

template <number T>
inline constexpr basic_training_software<T>
    basic_training_software<T>::year_2021 = layercake::with_number<T>(training_software_of(2021));
template <number T>
inline constexpr basic_training_software<T>
    basic_training_software<T>::year_2022 = layercake::with_number<T>(training_software_of(2022));
template <number T>
inline constexpr basic_training_software<T>
    basic_training_software<T>::year_2023 = layercake::with_number<T>(training_software_of(2023));
template <number T>
inline constexpr basic_training_software<T>
    basic_training_software<T>::year_2024 = layercake::with_number<T>(training_software_of(2024));
template <number T>
inline constexpr basic_training_software<T>
    basic_training_software<T>::year_2025 = layercake::with_number<T>(training_software_of(2025));

}  // namespace layercake
