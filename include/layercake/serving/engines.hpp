// Serving engines by release: who schedules, and what that takes of the host.
#pragma once

#include <layercake/chips/family.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/serving/software.hpp>
#include <string_view>

namespace layercake {

enum class serving_engine : unsigned char {
  tensorrt_llm,
  vllm,
  sglang,
  fastertransformer,
  gpt_fast,
  pytorch,
  llama_cpp,
  lmdeploy,
  neuronx,
  jax,
  mlc_llm,
  optimum_habana,
  in_house,
  other
};

// Who decides what the next step does, while the chips wait or not:
//   compiled    a compiled program
//   early       a script in one process with the server, which builds every step's inputs anew
//   scripted    a script in a process of its own
//   overlapped  that script, one step ahead of the chips
//   none        nobody: a loop over the steps of one batch, in a script
enum class serving_scheduler : unsigned char { compiled, early, scripted, overlapped, none };

// How an engine cuts its prompts, and which kernels it has.
struct engine_habits {
  bool narrows_apart =
      true;  // inputs of narrow products are made narrow in kernels of their own, not by those that write them
  bool cuts_prompts = true;  // to what a step's token budget leaves; one at a time (serving_software::partial_prompts)
  double key_group = 0;      // as in serving_software
  bool widens_weights = false, direct_all_reduce = true, reads_together = true;  // likewise
};

// An engine from a release on, until its next row. `date`: the year of that release, with its months.
struct serving_release {
  serving_engine engine;
  double version;  // major + minor / 1000
  double date;
  serving_scheduler scheduler;
  provenance origin{};
  engine_habits habits{};
};

namespace detail {
// Of a step of Llama 3 8B on an H100 the chip worked 38 %, 29 % scheduled and 33 % were the server's, before 0.6 took the
// server into a process of its own.
inline constexpr provenance vllm_0_6{"vLLM blog, vLLM v0.6.0: 2.7x throughput improvement and 5x latency reduction",
                                     "2024-09-05", confidence::recalled};
// Its second engine, then the default: a step's budget goes to requests under way, the one in part read among them, then to those that wait,
// the last of which is cut to what is left. Before, chunked prefill was an option (max_num_partial_prefills 1).
inline constexpr provenance vllm_0_8{"vLLM, V1 user guide of 0.8.4; vllm/v1/core/sched/scheduler.py, schedule()",
                                     "2025-04", confidence::published};
inline constexpr provenance sglang_0_4{"LMSYS blog, SGLang v0.4: zero-overhead batch scheduler", "2024-12-04",
                                       confidence::recalled};
// Element-wise steps of a layer of Llama that nobody compiles (Hugging Face transformers, models/llama/modeling_llama.py), as kernels, and bytes
// of 16 bit for each value:
//   norm, twice              a cast to 32 bit (6), a square (8), a mean (4), a sum and a root (0), a product (8), a cast back (6), a product with
//                            weights (4): 8 kernels, 36 bytes; and the sum with the stream (6)
//   rotation, q and k each   a product (4), a sign and a join of halves (2 + 4), a product (4), a sum (6): 5 kernels, 20 bytes
//   cache, k and v each      a copy (4);  result of attention: a copy (4);  activation (4) and product with the gate (6)
// That is 33 kernels in place of the laws' four, and at the widths of Llama 3 8B (4096; 1024 of keys; 14336) 150 bytes for each value of the
// stream in place of 43.
inline constexpr double eager_kernels = 33.0 / 4, eager_traffic = 150.0 / 43;
inline constexpr provenance source_code{"the engine's source code is compiled", "", confidence::recalled};
// The masked multi-head attention of FasterTransformer is a block of threads for each query head. XQA came with kernels for groups of eight (Llama 2
// 70B); those for any size are compiled when an engine is built (June 2024: XQA's JIT path).
inline constexpr provenance xqa{
    "TensorRT-LLM, docs/source/blogs/XQA-kernel.md, docs/source/gpt_attention.md; pull request 1793",
    "2024-02 to 2024-06"};
// Engines were built with NCCL's unless somebody asked for others, which the commands of the performance overviews do not
// (docs/source/performance.md, 0.6.1); from 0.10 on its own are the default.
inline constexpr provenance own_all_reduce{"TensorRT-LLM, tensorrt_llm/plugin/plugin.py: use_custom_all_reduce",
                                           "2024-05"};
}  // namespace detail

// Prompts of attention-data-parallel replicas are read when they come: a balanced mode, in which they wait for each other's, is an option (TensorRT-LLM,
// docs/source/blogs/tech_blog/blog10_ADP_Balance_Strategy.md, 2025: 25,664 tokens a second without it and 39,552 with).
// What is not here is scripted. Versions and dates of an engine rise. TensorRT-LLM cuts prompts where enable_chunked_prefill is set, which it is
// not by default (TensorRT-LLM, documentation, "Long Sequences", 2025); SGLang by chunked_prefill_size, one at a time (PrefillAdder, chunked_req).
inline constexpr serving_release serving_releases[] = {
    {serving_engine::vllm, 0, 2023.46, serving_scheduler::early, detail::vllm_0_6, {.cuts_prompts = false}},
    {serving_engine::vllm, 0.006, 2024.68, serving_scheduler::scripted, detail::vllm_0_6, {.cuts_prompts = false}},
    {serving_engine::vllm, 0.008, 2025.22, serving_scheduler::scripted, detail::vllm_0_8},
    {serving_engine::vllm,
     0.009,
     2025.37,
     serving_scheduler::scripted,
     {"vLLM, design documents: fusion of RMSNorm and SiLU with the quantisation behind them", "2025",
      confidence::recalled},
     {.narrows_apart = false}},
    {serving_engine::vllm,
     0.014,
     2026.05,
     serving_scheduler::overlapped,
     {"vLLM, release notes of 0.14.0: asynchronous scheduling by default", "2026-01", confidence::recalled},
     {.narrows_apart = false}},
    {serving_engine::sglang, 0, 2024.05, serving_scheduler::scripted, detail::sglang_0_4, {.widens_weights = true}},
    {serving_engine::sglang,
     0.004,
     2024.92,
     serving_scheduler::overlapped,
     detail::sglang_0_4,
     {.widens_weights = true}},
    {serving_engine::sglang,
     0.005,
     2025.65,
     serving_scheduler::overlapped,
     {"SGLang, python/sglang/srt/layers/quantization/awq.py: AWQLinearMethod unpacks weights to 16 bit and multiplies "
      "those, AWQMarlinLinearMethod, its own since 0.5, does not",
      "2025", confidence::recalled}},
    {serving_engine::tensorrt_llm,
     0,
     2023.8,
     serving_scheduler::compiled,
     detail::source_code,
     {.narrows_apart = false, .cuts_prompts = false, .key_group = 1, .direct_all_reduce = false}},
    {serving_engine::tensorrt_llm,
     0.008,
     2024.16,
     serving_scheduler::compiled,
     detail::xqa,
     {.narrows_apart = false, .cuts_prompts = false, .key_group = 8, .direct_all_reduce = false}},
    {serving_engine::tensorrt_llm,
     0.010,
     2024.43,
     serving_scheduler::compiled,
     detail::own_all_reduce,
     {.narrows_apart = false, .cuts_prompts = false, .key_group = 8}},
    {serving_engine::tensorrt_llm,
     0.011,
     2024.54,
     serving_scheduler::compiled,
     detail::xqa,
     {.narrows_apart = false, .cuts_prompts = false, .reads_together = false}},
    {serving_engine::fastertransformer,
     0,
     2019.6,
     serving_scheduler::compiled,
     {"FasterTransformer's source code is compiled; GLM-130B, docs/inference-with-fastertransformer.md: 512 tokens in "
      "18.77 s in 16 bit, in 17.7 s in 4",
      "2022"},
     {.narrows_apart = false, .cuts_prompts = false, .key_group = 1, .widens_weights = true}},
    {serving_engine::gpt_fast, 0, 2023.9, serving_scheduler::compiled, detail::source_code, {.narrows_apart = false}},
    {serving_engine::pytorch,
     0,
     2018.9,
     serving_scheduler::none,
     {"Hugging Face transformers, models/llama/modeling_llama.py: each operation is a kernel", "2025",
      confidence::recalled}},
    {serving_engine::llama_cpp, 0, 2023.2, serving_scheduler::compiled, detail::source_code, {.narrows_apart = false}},
    {serving_engine::mlc_llm, 0, 2023.4, serving_scheduler::compiled, detail::source_code, {.narrows_apart = false}},
    {serving_engine::optimum_habana,
     0,
     2023,
     serving_scheduler::overlapped,
     {"Intel Gaudi, PyTorch user guide: HPU graphs, of which the host starts one after another without waiting for "
      "their results",
      "2023", confidence::recalled}},
    {serving_engine::neuronx, 0, 2021.9, serving_scheduler::compiled, detail::source_code, {.narrows_apart = false}},
};

// What an engine lacked of its kernels on a family of chips until a release.
struct serving_port {
  serving_engine engine;
  chips::family family;
  double version, date;  // of the release that has them
  bool direct_all_reduce;
  double half_product_share;
  provenance origin{};
};

// Products of weights in 16 bit were those of a library without kernels for the chip, until PyTorch took hipBLASLt's; in 8 bit they always were hipBLASLt's.
// Tuned to the shapes of a model they were up to 7.2 times as fast: a share of 1/sqrt(7.2) is assumed.
inline constexpr serving_port serving_ports[] = {
    {serving_engine::vllm,
     chips::family::amd_cdna,
     0.007,
     2025.07,
     false,
     0.37,
     {"PyTorch, pull request 120480: hipBLAS is bad on the MI300; Nscale, MI300X with GEMM tuning, 2024; vLLM, pull "
      "request 14125",
      "2024"}},
};

namespace detail {
// "0.11.1" as 0.011; unknown where a text does not begin with two numbers.
constexpr double version_number(std::string_view text) {
  double part[2] = {0, 0};
  int at = 0;
  bool digits = false;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      part[at] = part[at] * 10 + (c - '0');
      digits = true;
    } else if (c == '.' && at == 0 && digits) {
      at = 1, digits = false;
    } else {
      break;
    }
  }
  return at == 1 && digits ? part[0] + part[1] / 1000 : unknown<>;
}
// Whether software is of a release or a later one: by its version, or where that says nothing by the end of the year that its runs were published in;
// the newest where both are unknown.
constexpr bool is_from(double version, double date, std::string_view own_version, double published) {
  const double number = version_number(own_version);
  return is_known(number) ? number >= version : !is_known(published) || published + 1 > date;
}
}  // namespace detail

// The release of an engine by its version ("0.11.1"), or where that says nothing by the year of its runs, of which the end is meant; the newest
// where both are unknown. An engine that is not in the table, or older than its first row, is scripted.
constexpr serving_release release_of(serving_engine engine, std::string_view version = {}, double year = unknown<>) {
  serving_release found{engine, 0, 0, serving_scheduler::scripted};
  for (const serving_release& r : serving_releases) {
    if (r.engine == engine && detail::is_from(r.version, r.date, version, year)) found = r;
  }
  return found;
}

namespace detail {
constexpr void add_port(serving_software& s, serving_engine engine, chips::family family, std::string_view version,
                        double published) {
  for (const serving_port& p : serving_ports) {
    if (p.engine != engine || p.family != family || is_from(p.version, p.date, version, published)) continue;
    s.direct_all_reduce = p.direct_all_reduce;
    s.half_product_share = p.half_product_share;
  }
}
}  // namespace detail

// The software of an engine, on a family of chips. FasterTransformer and NeuronX have no fused attention, FasterTransformer no captured graphs. A
// loop that is not compiled has none either, and no work on the host but its launches.
constexpr serving_software software_of(serving_engine engine, std::string_view version = {}, double year = unknown<>,
                                       const serving_constants& k = fitted_serving,
                                       chips::family family = chips::family::other) {
  const serving_release release = release_of(engine, version, year);
  const serving_scheduler scheduler = release.scheduler;
  const bool compiled = scheduler == serving_scheduler::compiled, early = scheduler == serving_scheduler::early;
  serving_software s;
  if (compiled) s.name = "compiled engine";
  s.per_step = (compiled ? k.compiled_step : early ? k.early_step : k.scripted_step) * units::second;
  s.per_sequence = (compiled ? k.compiled_sequence : early ? k.early_sequence : k.scripted_sequence) * units::second;
  if (early) s.per_rank = k.early_rank * units::second;
  s.hidden = scheduler == serving_scheduler::overlapped ? 1 : 0;
  s.per_request = (compiled ? k.compiled_request : k.request) * units::second;
  s.launch = (compiled ? k.compiled_launch : k.launch) * units::second;
  s.wave_loss = k.wave_loss;
  s.key_group = release.habits.key_group;
  if (release.habits.key_group > 0) s.single_head_share = k.single_head;
  s.widens_weights = release.habits.widens_weights;
  s.direct_all_reduce = release.habits.direct_all_reduce;
  s.reads_together = release.habits.reads_together;
  detail::add_port(s, engine, family, version, year);
  s.partial_prompts = release.habits.cuts_prompts ? 1 : 0;
  s.context = k.context * units::byte;
  s.communication = k.communication * units::byte;
  s.sampled_logit = (compiled ? compiled_logit : k.scripted_logit) * units::byte;
  if (scheduler == serving_scheduler::none) {
    s.name = "eager loop";
    s.per_step = s.per_sequence = s.per_request = 0.0 * units::second;
    s.captured_sequences = 0;
    s.element_wise_kernels = detail::eager_kernels, s.element_wise_traffic = detail::eager_traffic;
  }
  if (engine == serving_engine::fastertransformer) {
    s.captured_sequences = 0;
    s.score_passes = 4;  // scores are written, read and written by the softmax, and read
  }
  // Its default policy, guaranteed_no_evict, begins a call only where all of it fits (TensorRT-LLM, documentation of the capacity scheduler,
  // 2024).
  if (engine == serving_engine::tensorrt_llm) s.reserved_answer = 1;
  // Messages go out when the count of tokens is a multiple of the interval (SGLang, scheduler, stream_output). TensorRT-LLM returns the token of the
  // prompt at once by its source code since pull request 5836 (July 2025), but published runs after that are nearer to holding it back; vLLM never has.
  s.holds_first_token = engine == serving_engine::sglang || engine == serving_engine::tensorrt_llm;
  if (engine == serving_engine::neuronx) s.cache_share = k.neuron_cache;
  return s;
}

}  // namespace layercake
