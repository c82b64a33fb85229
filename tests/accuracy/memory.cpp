// The memory of engines that serve, and of training, against what was logged. Hand calculations of the law are in
// tests/unit/serving/memory.cpp; here are the scores, and how rows are read.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "../../benchmarks/accuracy/files.hpp"
#include "../../benchmarks/accuracy/predictions.hpp"
#include "../approx.hpp"

using namespace accuracy;

namespace {
const std::vector<prediction>& predictions() {
  static const std::vector<prediction> all = predict(directory(own_folder() + "data"));
  return all;
}
const prediction& of(std::string_view id) {
  for (const prediction& p : predictions())
    if (p.id == id) return p;
  throw std::runtime_error("no row " + std::string(id));
}

// A folder with one row of memory.csv and nothing else but chips and models that no catalog has.
prediction one_row(const std::string& cells) {
  const auto path = std::filesystem::temp_directory_path() / "layercake_accuracy_engine";
  std::filesystem::create_directories(path);
  const auto write = [&](const char* name, const std::string& text) {
    output_file file((path / name).string());
    file.text() << text;
    file.close();
  };
  write("chips.csv", "chip,vendor,peak_fp16_flops,peak_bf16_flops,peak_fp8_flops,memory_bytes,memory_bytes_per_s,"
                     "memory_bytes_reported\nflux-9,NVIDIA,989e12,989e12,1979e12,100e9,4.8e12,107e9\n");
  write("models.csv", "model,layers,d_model,heads,kv_heads,head_dim,ffn,gated,vocab,tied,attention\n"
                      "toy-8b,32,4096,32,8,128,14336,1,128256,0,gqa\nriddle,32,4096,32,8,128,14336,1,128256,0,other\n");
  write("memory.csv", "id,source,model,chip,tp,pp,dp,workload,software,software_version,weight_bits,kv_bits,gpu_memory_"
                      "utilization,max_model_len,micro_batch,seq_len,sharding,recompute,metric,value,predictable\n" +
                          cells + "\n");
  const directory data(path.string());
  CHECK_FALSE(data.empty());
  const auto out = predict(data);
  std::filesystem::remove_all(path);
  REQUIRE(out.size() == 1);
  return out[0];
}
const double toy_weights = 2 * (32 * (2 * 4096.0 * 128 * 40 + 3 * 4096.0 * 14336) + 2 * 128256.0 * 4096);
}  // namespace

TEST_CASE("weights within 3 %, cache tokens within 12 %, whatever fits or does not") {
  std::size_t weights = 0, tokens = 0, fits = 0;
  for (const prediction& p : predictions()) {
    if (!p.scored || p.group != "serving_memory") continue;
    CAPTURE(p.id);
    REQUIRE(p.answered());
    const double allowed = p.metric.substr(0, 7) == "weights" ? 0.03
                           : p.metric == "kv_tokens"          ? 0.065
                           : p.metric == "fits"               ? 0.05
                                                              : 0.15;
    CHECK(std::fabs(p.error()) < allowed);
    weights += p.metric.substr(0, 7) == "weights" ? 1 : 0, tokens += p.metric == "kv_tokens" ? 1 : 0;
    fits += p.metric == "fits" ? 1 : 0;
  }
  CHECK(weights == 9);
  CHECK(tokens == 6);
  CHECK(fits == 0);  // those of one batch are not complete
  CHECK(of("qwen-v1-readme-017").predicted == 0);
}

TEST_CASE("training that fits or does not: one of 21 is wrong, a pipeline whose schedule is not known") {
  std::size_t rows = 0, wrong = 0;
  for (const prediction& p : predictions()) {
    if (!p.scored || p.group != "training_memory" || !p.yes_or_no) continue;
    ++rows, wrong += std::fabs(p.error()) > 0.05 ? 1 : 0;
  }
  CHECK(rows == 21);
  CHECK(wrong <= 1);
}

TEST_CASE("a folder that holds only these files is scored, from its own chips and models") {
  // 107e9 bytes are reported, 0.983 given out, 0.9 of that used; version 0.6 runs all of 20,000 tokens in one step.
  const lc::serving_constants& k = lc::fitted_serving;
  const prediction old = one_row("a,s,toy-8b,flux-9,1,1,,serving,vllm,0.6,16,16,0.9,20000,,,,,kv_bytes_per_rank,1e9,1");
  const double visible = 107e9 * 0.983, layers = 110592.0 * 20000;
  CHECK(old.group == "serving_memory");
  CHECK(old.scored);
  CHECK(old.predicted == approx(visible * 0.9 - toy_weights - k.context - layers));
  // Version 0.10 reads chunks and samples 1024 sequences on so large a chip: their logits are more than a chunk's activations.
  const prediction recent =
      one_row("a,s,toy-8b,flux-9,2,1,,serving,vllm,0.10.1,16,16,0.9,20000,,,,,kv_bytes_per_rank,1e9,1");
  CHECK(recent.predicted ==
        approx(visible * 0.9 - toy_weights / 2 - k.context - k.communication - k.scripted_logit * 1024 * 128256));
  // The share of SGLang holds weights and cache.
  const prediction apart =
      one_row("a,s,toy-8b,flux-9,1,1,,serving,sglang,,16,16,0.9,20000,,,,,kv_bytes_per_rank,1e9,1");
  CHECK(apart.predicted == approx((visible - k.context) * 0.9 - toy_weights));
  // A cache of 131,072 B a token.
  CHECK(one_row("a,s,toy-8b,flux-9,1,1,,serving,vllm,0.6,16,16,0.9,20000,,,,,kv_tokens,1e9,1").predicted ==
        approx(old.predicted / 131072));
  CHECK(one_row("a,s,toy-8b,,2,1,,serving,vllm,,16,,,,,,,,weights_bytes_per_rank,8e9,1").predicted ==
        approx(toy_weights / 2));
  // One batch: what the allocator gives out, and the old cache beside the new in transformers.
  const double batch = toy_weights + 131072.0 * 2048 + 110592.0 * 2048;
  CHECK(one_row("a,s,toy-8b,flux-9,1,1,,inference,exllama,,16,16,,,1,2048,,,peak_memory,1e9,1").predicted ==
        approx(batch));
  CHECK(one_row("a,s,toy-8b,flux-9,1,1,,inference,transformers,,16,16,,,1,2048,,,peak_memory,1e9,1").predicted ==
        approx(batch + 131072.0 * 2048));
}

TEST_CASE("a yes or no is right, or wrong by what is needed over what there is") {
  const auto row = [](const char* batch, const char* measured) {
    return one_row(std::string("a,s,toy-8b,flux-9,1,1,,inference,exllama,,16,16,,,") + batch + ",2048,,,fits," +
                   measured + ",1");
  };
  CHECK(row("1", "1").predicted == 1);
  CHECK(row("1", "1").error() == 0);
  CHECK(row("1000", "0").predicted == 0);
  CHECK(row("1000", "0").error() == 0);
  const double needed = toy_weights + 1000 * 2048 * (131072.0 + 110592.0) + lc::fitted_serving.context;
  CHECK(row("1000", "1").error() == approx(std::log(needed / (107e9 * 0.983))));
  CHECK(row("1", "0").error() < 0);
  CHECK(row("1", "0").comparable());
}

TEST_CASE("training rows: states and peaks by the software's own layout") {
  const double parameters = toy_weights / 2;
  const prediction p = one_row(
      "a,s,toy-8b,flux-9,1,1,4,training,megatron-bridge,,16,,,,1,4096,optimizer,none,allocated_after_step,1e9,1");
  CHECK(p.group == "training_memory");
  CHECK(p.predicted == approx(parameters * (2 + 4 + 12.0 / 4)));
  CHECK(one_row("a,s,toy-8b,flux-9,1,1,4,training,torchtitan,,,,,,1,4096,full,none,allocated_after_step,1e9,1")
            .predicted == approx(parameters * (4 + 4 + 8) / 4));
}

// Lightning AI's litgpt on one A100, LoRA of rank 8 in 16 and in 4 bit.
TEST_CASE("LoRA and QLoRA of Llama 2 within 12 %, one sequence more within 10 %") {
  std::size_t peaks = 0;
  for (const prediction& p : predictions()) {
    if (!p.scored || p.source != "litgpt-resources" || p.yes_or_no) continue;
    CAPTURE(p.id);
    ++peaks;
    CHECK(std::fabs(p.error()) < 0.12);
  }
  CHECK(peaks == 7);
}

TEST_CASE("a row of LoRA: 16 bit throughout, nothing fused, inputs of 4-bit layers kept") {
  const double n = 1000, h = 4096, f = 14336, layers = 32, table = 128256 * h, learned = 3407872;
  // a token and layer: norms in 32 bit 8 h; queries, keys, values, the result; 4 bytes a head; a gated block's halves and the activated one 6 f; two
  // adapters with their own input and mask, and what lies between their products
  const double each = 8 * h + 2 * 128 * (2 * 32 + 2 * 8) + 4 * 32 + 6 * f + 2 * (3 * h + 2 * 8);
  const double kept = n * (layers * each + 2 * h), logits = n * (4 * 128256 + 4 * h);
  const prediction wide = one_row("a,s,toy-8b,flux-9,1,1,1,lora,litgpt,,16,,,,1,1000,,,peak_memory,1e10,1");
  CHECK(wide.group == "training_memory");
  CHECK(wide.predicted == approx(toy_weights + learned * (2 + 2 + 4) + kept + logits));
  const prediction narrow = one_row("a,s,toy-8b,flux-9,1,1,1,lora,litgpt,,4.5,,,,1,1000,,,peak_memory,1e10,1");
  const double frozen = (toy_weights - 4 * table) * (4.5 / 16) + 4 * table, inputs = n * layers * (4 * h + 2 * f);
  CHECK(narrow.predicted == approx(frozen + learned * (2 + 2 + 4) + kept + inputs + logits + 2 * h * f));
}

TEST_CASE("what the laws do not cover is refused by name") {
  const auto reason = [](const std::string& cells) { return one_row("a,s," + cells).reason; };
  const auto has = [](const std::string& text, const char* part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  has(reason("toy-8b,flux-9,1,1,,serving,vllm,,,16,0.9,,,,,,kv_tokens,1,1"), "weight_bits is not given");
  has(reason("toy-8b,flux-9,1,1,,serving,llama.cpp,,4.85,16,0.9,,,,,,weights_bytes_per_rank,1,1"), "mix formats");
  has(reason("toy-8b,,1,1,,serving,vllm,,16,16,0.9,,,,,,kv_tokens,1,1"), "no chip is given");
  has(reason("toy-8b,flux-8,1,1,,serving,vllm,,16,16,0.9,,,,,,kv_tokens,1,1"), "has the chip flux-8");
  has(reason("toy-9b,flux-9,1,1,,serving,vllm,,16,16,0.9,,,,,,kv_tokens,1,1"), "has the model toy-9b");
  has(reason("riddle,flux-9,1,1,,serving,vllm,,16,16,0.9,,,,,,kv_tokens,1,1"), "not described");
  has(reason("toy-8b,flux-9,1,1,,serving,vllm,,16,16,0.9,,,,,,colour,1,1"), "the metric colour is not known");
  has(reason("toy-8b,flux-9,1,1,,baking,vllm,,16,16,0.9,,,,,,kv_tokens,1,1"), "the workload baking is not known");
  has(reason("toy-8b,flux-9,1,1,,lora,mine,,16,,,,1,1024,,,peak_memory,1,1"), "the software mine");
  has(reason("toy-8b,flux-9,1,1,1,training,megatron-core,,16,,,,1,1024,,other,peak_memory,1,1"), "(other)");
  has(reason("toy-8b,flux-9,1,1,1,training,mine,,16,,,,1,1024,,none,peak_memory,1,1"), "the software mine");
  CHECK_THROWS_AS(one_row("a,s,toy-8b,flux-9,one,1,,serving,vllm,,16,16,0.9,,,,,,kv_tokens,1,1"), malformed);
}
