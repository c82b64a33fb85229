// No operation is done faster than its roofline at the peak: FLOP at the data sheet's rate, and the bytes that cannot be on
// the chip already at that of its memory.
#include <doctest/doctest.h>

#include <layercake/chips/catalog.hpp>
#include <layercake/chips/chips.hpp>
#include <string>

using namespace layercake;
using namespace layercake::units;

namespace {

constexpr precision formats[] = {precision::fp32,  precision::tf32,  precision::fp16, precision::bf16,
                                 precision::fp8,   precision::mxfp8, precision::int8, precision::fp4,
                                 precision::mxfp4, precision::nvfp4, precision::int4};

// How many times as fast as a chip's peaks an operation is done, the most and of which one.
struct fastest {
  const chips::accelerator& chip;
  chips::basic_kernel_law<> law = chips::timing_of(chip);
  double share = 0;
  std::string which{};

  template <class Operation>
  void look(const Operation& op, quantity<unit::flop_per_second> peak, quantity<unit::byte> cold, const char* kind) {
    const auto once = chips::time_of(law, op);
    for (const auto& least : {op.flop() / peak, cold / chip.memory_bandwidth}) {
      const double x = least / once;
      if (x <= share) continue;
      share = x;
      which = std::string(kind) + " in " + name(op.math);
    }
  }
};

void products(fastest& f, precision math, precision weights) {
  for (const double m : {1.0, 128.0, 8192.0, 1e6}) {
    for (const double n : {128.0, 8192.0, 1e5}) {
      for (const double k : {64.0, 8192.0, 1e6}) {
        for (const double batch : {1.0, 64.0}) {
          const matrix_product<> op{.m = m,
                                    .n = n,
                                    .k = k,
                                    .batch = batch,
                                    .math = math,
                                    .weights = weights,
                                    .weight_bytes = bytes_per_value(weights),
                                    .input_bytes = bytes_per_value(math)};
          f.look(op, f.chip.peak.rate(math), batch * n * k * bytes_per_value(weights) * byte, "product");
        }
      }
    }
  }
}

void experts(fastest& f, precision math, precision weights) {
  for (const double tokens : {1.0, 4096.0, 1e7}) {
    for (const double width : {512.0, 16384.0, 1e5}) {
      for (const double active : {1.0, 8.0}) {
        const expert_product<> op{.tokens = tokens,
                                  .hidden = width,
                                  .width = width,
                                  .experts = 8,
                                  .active = active,
                                  .math = math,
                                  .weights = weights,
                                  .weight_bytes = bytes_per_value(weights)};
        f.look(op, f.chip.peak.rate(math),
               op.distinct() * op.matrices * width * width * bytes_per_value(weights) * byte, "experts");
      }
    }
  }
}

// What is decoded is multiplied as the cache is stored, in 8 bit where that is.
void attention(fastest& f, precision math, attention_product<> op) {
  op.math = math;
  op.cache_bytes = bits(math) < 12 ? 1 : 2;
  auto peak = f.chip.peak.rate(math);
  if (op.cache_bytes == 1 && op.context > op.queries) peak = max(peak, f.chip.peak.rate(precision::fp8));
  const bool all = op.queries == 1 && op.window == 0;
  f.look(op, peak,
         all ? op.sequences * op.key_heads * op.context * (op.key_width + (op.latent ? 0 : op.value_width)) *
                   op.cache_bytes * byte
             : 0 * byte,
         op.latent ? "latent attention" : "attention");
}
void attentions(fastest& f, precision math) {
  for (const double queries : {1.0, 8.0, 4096.0, 1e6}) {
    for (const double before : {0.0, 8192.0, 1e7}) {
      for (const double window : {0.0, 4096.0}) {
        for (const bool causal : {false, true}) {
          for (const double heads : {8.0, 1024.0}) {
            attention_product<> op{.sequences = 64,
                                   .queries = queries,
                                   .context = before + queries,
                                   .heads = heads,
                                   .key_heads = 8,
                                   .key_width = 128,
                                   .value_width = 128,
                                   .window = window,
                                   .causal = causal};
            attention(f, math, op);
            op.key_width = 192;  // latent, expanded
            attention(f, math, op);
            op.key_heads = 1, op.key_width = 576, op.value_width = 512, op.latent = true;
            attention(f, math, op);
          }
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("roofline: nothing is faster than the peak of any chip of the catalog, whatever the format and the shape") {
  for (const auto& entry : chips::catalog::all) {
    fastest f{*entry.chip};
    for (const precision math : formats) {
      for (const precision weights : formats) {
        if (bits(weights) > bits(math)) continue;
        products(f, math, weights);
        experts(f, math, weights);
      }
      attentions(f, math);
    }
    CAPTURE(entry.name);
    CAPTURE(f.which);
    CHECK(f.share > 0.5);  // the largest products come near it
    CHECK(f.share <= 1);
  }
}
