// One training step: published runs, memory, what must hold for every plan, number types, bad input.
#include <doctest/doctest.h>

#include <cmath>
#include <layercake/chips/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/number/dual.hpp>
#include <layercake/training/law.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"
#include "gpt.hpp"

using namespace layercake;
using namespace layercake::units;
using layercake_test::gpt;

namespace {

const models::transformer llama_70b{.name = "llama",
                                    .layers = 80,
                                    .width = 8192,
                                    .heads = 64,
                                    .key_heads = 8,
                                    .head_width = 128,
                                    .feed_forward = 28672,
                                    .gated = true,
                                    .vocabulary = 128256};
models::transformer mixture() {
  models::transformer m = llama_70b;
  m.layers = 32, m.width = 4096, m.heads = 32, m.feed_forward = 14336;
  m.experts = 64, m.active_experts = 8, m.expert_width = 2048, m.shared_experts = 1, m.shared_expert_width = 2048,
  m.dense_layers = 2;
  return m;
}
const training_plan llama_plan{.tensor = 8,
                               .pipeline = 4,
                               .data = 16,
                               .virtual_stages = 5,
                               .micro_batch = 1,
                               .global_batch = 1024,
                               .sequence = 8192};

infrastructure::site a100_site() {
  infrastructure::site s;
  s.network.bandwidth = 25 * gigabyte_per_second;
  s.network.scale_up.launch = 9.308 * microsecond;
  s.network.scale_up.step = 0.8974 * microsecond;
  return s;
}
const chips::accelerator& h100 = chips::catalog::h100_sxm;
const infrastructure::site site;

double seconds(const quantity<unit::second>& t) { return in<second>(t); }

}  // namespace

TEST_CASE("step times of Korthikanti et al. 2022, table 5 and section 6.3 (A100-80GB, DGX, 200 Gb/s)") {
  struct run {
    double layers, width, heads, pipeline, chunks, micro, batch, data;
    bool selective;
    double measured;
  };
  const run runs[] = {
      {48, 6144, 64, 1, 1, 4, 4, 1, false, 1.42},        {48, 6144, 64, 1, 1, 4, 4, 1, true, 1.10},
      {96, 12288, 96, 8, 3, 1, 64, 1, false, 18.13},     {96, 12288, 96, 8, 3, 1, 64, 1, true, 13.75},
      {105, 20480, 128, 35, 3, 1, 280, 1, false, 49.05}, {105, 20480, 128, 35, 3, 1, 280, 1, true, 37.83},
      {128, 25600, 160, 64, 1, 1, 512, 1, false, 94.42}, {128, 25600, 160, 64, 1, 1, 512, 1, true, 71.49},
      {105, 20480, 128, 35, 3, 1, 2240, 8, true, 39.15}};
  double sum = 0;
  for (const run& r : runs) {
    training_plan p{.tensor = 8,
                    .pipeline = r.pipeline,
                    .data = r.data,
                    .virtual_stages = r.chunks,
                    .micro_batch = r.micro,
                    .global_batch = r.batch,
                    .sequence = 2048,
                    .software_age = 2,
                    .sequence_parallel = r.selective,
                    .fused_attention = false,
                    .sharding = sharding::none,
                    .recompute = r.selective ? recomputation::selective : recomputation::full,
                    .math = precision::fp16,
                    .software = training_software::year_2022};
    const auto f = train_step(gpt(r.layers, r.width, r.heads), chips::catalog::a100_sxm_80gb, a100_site(), p);
    const double error = std::log(seconds(f.step_time()) / r.measured);
    CAPTURE(r.measured);
    // worked: training/law.hpp#train_step
    CHECK(std::fabs(error) < (r.measured == 13.75 ? 0.03 : 0.09));  // the worked number of train_step
    sum += std::fabs(error);
    CHECK(f.memory.fits());  // they ran
  }
  CHECK(sum / 9 < 0.045);
}

TEST_CASE("activations of Korthikanti et al. 2022, table 2 and figure 7, section 5: GB on the first stage") {
  // s b h L (34 / t) (1 + (p - 1) / (p m)) with t = 8, sequence parallel, selective recomputation; 2.7 GB of GPT-3's optimiser states left out
  const auto memory_of = [](const models::transformer& m, double pipeline, double chunks, double batch) {
    training_plan p{.tensor = 8,
                    .pipeline = pipeline,
                    .virtual_stages = chunks,
                    .micro_batch = 1,
                    .global_batch = batch,
                    .sequence = 2048,
                    .fused_attention = false,
                    .sharding = sharding::none,
                    .recompute = recomputation::selective,
                    .software = training_software::year_2022};
    return train_step(m, chips::catalog::a100_sxm_80gb, a100_site(), p).memory;
  };
  const auto expected = [](double s, double h, double layers, double p, double m) {
    return s * h * layers * 34 / 8 * (m > 1 ? 1 + (p - 1) / (p * m) : 1) * 1e-9;
  };
  CHECK(in<gigabyte>(memory_of(gpt(96, 12288, 96), 8, 3, 64).activations) ==
        approx(expected(2048, 12288, 96, 8, 3)).epsilon(1e-9));
  CHECK(in<gigabyte>(memory_of(gpt(96, 12288, 96), 8, 3, 64).activations) == approx(13.3).epsilon(0.01));
  CHECK(in<gigabyte>(memory_of(gpt(105, 20480, 128), 35, 3, 280).activations) == approx(24.8).epsilon(0.01));
  CHECK(in<gigabyte>(memory_of(gpt(128, 25600, 160), 64, 1, 512).activations) == approx(28.5).epsilon(0.01));
  // ZeRO (Rajbhandari et al. 2020, figure 1): 2 + 2 + 12 bytes a parameter
  const auto m = memory_of(gpt(96, 12288, 96), 8, 3, 64);
  const double parameters = (96 * 12.0 * 12288 * 12288 / 8 + 51200.0 * 12288) / 8;  // the first stage has the embedding
  CHECK(in<byte>(m.weights + m.gradients + m.optimizer) == approx(16 * parameters).epsilon(1e-9));
}

TEST_CASE("the parts of a step and of its memory add up") {
  for (const bool experts : {false, true}) {
    for (const auto sharding : {sharding::none, sharding::optimizer, sharding::full}) {
      training_plan p = llama_plan;
      p.sharding = sharding;
      if (experts) p.expert = 16;
      const auto f = train_step(experts ? mixture() : llama_70b, h100, site, p);
      const auto& t = f.time;
      const auto& w = t.work;
      const double parts = seconds(w.products) + seconds(w.attention) + seconds(w.element_wise) +
                           seconds(w.recomputed) + seconds(w.tensor_exchange) + seconds(w.context_exchange) +
                           seconds(w.expert_exchange) + seconds(w.host) + seconds(t.imbalance) + seconds(t.bubble) +
                           seconds(t.pipeline_exchange) + seconds(t.sharding_exchange) + seconds(t.data_exchange) +
                           seconds(t.stragglers) + seconds(t.optimizer) + seconds(t.host);
      CHECK(seconds(f.step_time()) == approx(parts).epsilon(1e-12));
      for (const auto part : {w.products, w.attention, w.element_wise, w.tensor_exchange, t.bubble, t.pipeline_exchange,
                              t.stragglers, t.optimizer}) {
        CHECK(seconds(part) > 0);
      }
      CHECK(seconds(w.host) >= 0);
      CHECK(seconds(t.imbalance) >= 0);
      CHECK((seconds(w.expert_exchange) > 0) == experts);
      const auto& m = f.memory;
      CHECK(in<byte>(m.total()) == approx(in<byte>(m.weights) + in<byte>(m.gradients) + in<byte>(m.optimizer) +
                                          in<byte>(m.activations) + in<byte>(m.workspace)));
      CHECK(in<token / second>(f.tokens_per_second_per_chip()) == approx(1024 * 8192 / seconds(f.step_time()) / 512));
    }
  }
}

TEST_CASE("FLOP conventions: causal and full, model and hardware") {
  training_plan p = llama_plan;
  p.recompute = recomputation::full;
  const auto f = train_step(llama_70b, h100, site, p);
  // 6 per parameter that multiplies, and 12 L h w s (full) or, of the positions that a query sees, (s + 1) / 2
  const double matrices = 80 * (2 * 8192.0 * 128 * (64 + 8) + 3 * 8192.0 * 28672) + 128256.0 * 8192,
               tokens = 1024 * 8192.0;
  const double attention = 12 * 80 * 64 * 128 * 8192.0, seen = attention * 8193 / 16384;
  CHECK(in<flop>(plain(f.model_flops(attention_flop::full))) == approx(tokens * (6 * matrices + attention)));
  CHECK(in<flop>(plain(f.model_flops(attention_flop::causal))) == approx(tokens * (6 * matrices + seen)));
  // full recomputation repeats everything but the output matrix
  const double repeated = 2 * (matrices - 128256.0 * 8192) + attention / 3;
  CHECK(in<flop>(plain(f.hardware_flops(attention_flop::full))) ==
        approx(tokens * (6 * matrices + attention + repeated)));
  CHECK(f.model_flop_utilisation(attention_flop::causal) < f.model_flop_utilisation(attention_flop::full));
  CHECK(f.model_flop_utilisation(attention_flop::full) < f.hardware_flop_utilisation(attention_flop::full));
  CHECK(f.hardware_flop_utilisation(attention_flop::full) < 1);
}

// MFU, power and money take one count: that of the models layer, which is the sum over the operations of a pass.
TEST_CASE("FLOP of a step are the models layer's and the sum over the operations") {
  models::transformer sliding = llama_70b, chunked = llama_70b;
  sliding.sliding_window = 1024, sliding.sliding_layers = 60;
  chunked = sliding, chunked.chunked = true;
  for (const models::transformer& m : {llama_70b, mixture(), sliding, chunked, models::catalog::deepseek_v3,
                                       models::catalog::gpt_oss_120b, models::catalog::gemma3_27b}) {
    CAPTURE(m.name);
    for (const double sequence : {2048.0, 32768.0}) {
      training_plan p{.data = 8, .global_batch = 8, .sequence = sequence};
      const auto f = training_law_of(m, h100, site)(p);
      const auto totals = models::pass_totals(m, models::formats{}, {models::phase::training, 1, sequence, sequence});
      const double per_token = in<flop / token>(models::training_flop_per_token(m, sequence));
      CHECK(in<flop>(plain(f.model_flops(attention_flop::causal))) == approx(8 * sequence * per_token).epsilon(1e-12));
      CHECK(3 * in<flop>(totals.flop) == approx(sequence * per_token).epsilon(1e-12));
      // and what the chip is busy with, for its power
      CHECK(f.use_compute == f.hardware_flop_utilisation(attention_flop::causal));
    }
  }
}

// The optimiser, the gradients on their way and the memory are of the same parameters.
TEST_CASE("time and memory agree on the parameters of a rank") {
  for (const models::transformer& m : {llama_70b, mixture(), models::catalog::gpt_oss_120b}) {
    for (const double tensor : {1.0, 2.0, 8.0}) {
      for (const double pipeline : {1.0, 4.0}) {
        for (const double expert : {1.0, 2.0, 8.0, 32.0}) {
          if (!(m.experts > 0) && expert > 1) continue;
          training_plan p{.tensor = tensor,
                          .pipeline = pipeline,
                          .data = 32,
                          .expert = expert,
                          .global_batch = 32,
                          .sharding = sharding::none};
          const auto layout = training_layout_of(p);
          const auto rank = m.parameters(layout.split());
          CHECK(in<byte>(training_law_of(m, h100, site)(p).memory.weights) == approx(2 * rank.total()).epsilon(1e-12));
          // by hand: experts lie whole on expert ranks, which take the place of tensor ranks first; where they are fewer
          // than these, an expert is cut over the rest
          const auto all = models::parameters(m);
          const double cut = tensor > expert ? tensor : expert;
          CHECK(rank.routed == approx(all.experts / (cut * pipeline)).epsilon(1e-12));
        }
      }
    }
  }
}

TEST_CASE("more work is never faster") {
  const auto time = [](const models::transformer& m, const training_plan& p) {
    return seconds(training_law_of(m, h100, site)(p).step_time());
  };
  for (const bool experts : {false, true}) {
    const models::transformer base = experts ? mixture() : llama_70b;
    training_plan p = llama_plan;
    if (experts) p.expert = 16;
    for (const auto sharding : {sharding::optimizer, sharding::full}) {
      p.sharding = sharding;
      for (const double factor : {1.001, 1.1, 2.0, 4.0}) {
        const double t = time(base, p);
        const auto slower = [&](auto member) {
          auto m = base;
          m.*member *= factor;
          CHECK(time(m, p) >= t);
        };
        slower(&models::transformer::width);
        slower(&models::transformer::heads);
        slower(&models::transformer::vocabulary);
        slower(&models::transformer::head_width);
        if (experts) slower(&models::transformer::expert_width);
        if (!experts) slower(&models::transformer::feed_forward);
        training_plan q = p;
        q.sequence *= factor;
        CHECK(time(base, q) >= t);
        q = p;
        q.global_batch *= factor;
        CHECK(time(base, q) >= t);
        q = p;  // a wider machine at the same work a chip waits for more
        q.data *= factor, q.global_batch *= factor;
        CHECK(time(base, q) >= t);
      }
    }
  }
}

TEST_CASE("more chips for the same work: no slower, no more than proportionally faster") {
  for (const double ranks : {2.0, 4.0, 8.0}) {
    training_plan p = llama_plan, q = llama_plan;
    q.data = p.data * ranks;
    const auto law = training_law_of(llama_70b, h100, site);
    const double one = seconds(law(p).step_time()), many = seconds(law(q).step_time());
    CHECK(many < one);
    CHECK(many > one / ranks);
  }
}

TEST_CASE("what software hides and recomputation repeats") {
  const auto law = training_law_of(llama_70b, h100, site);
  training_plan p = llama_plan;
  p.recompute = recomputation::none;
  const auto none = law(p);
  p.recompute = recomputation::full;
  const auto full = law(p);
  CHECK(seconds(full.step_time()) > seconds(none.step_time()));
  CHECK(in<byte>(full.memory.activations) < in<byte>(none.memory.activations));
  p.recompute = recomputation::automatic;
  const auto automatic = law(p);
  CHECK(seconds(automatic.step_time()) <= seconds(full.step_time()));
  CHECK(seconds(automatic.step_time()) >= seconds(none.step_time()));
  CHECK(automatic.memory.fits());
  p.schedule = pipeline_schedule::zero_bubble;  // weight gradients are less than a third of a layer
  CHECK(seconds(law(p).time.bubble) < seconds(automatic.time.bubble));
  CHECK(seconds(law(p).time.bubble) > seconds(automatic.time.bubble) / 3);
  p = llama_plan;
  p.software_age = 0;
  CHECK(seconds(law(p).step_time()) > seconds(law(llama_plan).step_time()));
}

TEST_CASE("a step that does not fit is marked and explained, not thrown") {
  training_plan p = llama_plan;
  p.tensor = 1, p.pipeline = 1, p.virtual_stages = 1, p.data = 512, p.sharding = sharding::none,
  p.recompute = recomputation::none;
  const auto f = train_step(llama_70b, h100, site, p);
  CHECK_FALSE(f.memory.fits());
  CHECK(in<byte>(f.memory.left()) < 0);
  CHECK(std::isinf(seconds(f.feasible_step_time())));
  CHECK(std::isfinite(seconds(f.step_time())));
  CHECK(how_to_fit(f.memory, p).find("Set plan.sharding") != std::string::npos);
  CHECK(how_to_fit(train_step(llama_70b, h100, site, llama_plan).memory, llama_plan).empty());
  p.sharding = sharding::full;
  p.sequence = 131072;
  CHECK(how_to_fit(train_step(llama_70b, h100, site, p).memory, p).find("plan.recompute") != std::string::npos);
}

TEST_CASE("float, batch and dual agree with double") {
  const training_plan p = llama_plan;
  for (const bool experts : {false, true}) {
    const models::transformer m = experts ? mixture() : llama_70b;
    const double expected = seconds(train_step(m, h100, site, p).step_time());
    const auto f =
        train_step(with_number<float>(m), with_number<float>(h100), with_number<float>(site), with_number<float>(p));
    static_assert(std::is_same_v<decltype(f.step_time()), quantity<unit::second, float>>);
    CHECK(static_cast<double>(in<second>(f.step_time())) == approx(expected).epsilon(1e-4));

    using batch = xsimd::batch<double>;
    auto lanes = with_number<batch>(p);
    double counts[batch::size], times[batch::size];
    for (std::size_t i = 0; i < batch::size; ++i)
      counts[i] = static_cast<double>(1 << i);
    lanes.micro_batch = batch::load_unaligned(counts);
    const batch t = in<second>(training_law_of<batch>(m, h100, site)(lanes).step_time());
    t.store_unaligned(times);
    for (std::size_t i = 0; i < batch::size; ++i) {
      training_plan one = p;
      one.micro_batch = counts[i];
      CHECK(times[i] == approx(seconds(training_law_of(m, h100, site)(one).step_time())).epsilon(1e-12));
    }

    // Away from multiples of 128, where the rows of a product fill whole tiles and its time has a step.
    models::transformer smooth = m;
    smooth.head_width = 127;
    const auto at = [&](double head_width, double global_batch) {
      auto mm = smooth;
      auto pp = p;
      mm.head_width = head_width, pp.global_batch = global_batch;
      return seconds(training_law_of(mm, h100, site)(pp).step_time());
    };
    using d2 = dual<double, 2>;
    auto dm = with_number<d2>(smooth);
    auto dp = with_number<d2>(p);
    dm.head_width = d2::variable(127, 0);
    dp.global_batch = d2::variable(p.global_batch, 1);
    const d2 slopes = in<second>(training_law_of<d2>(dm, h100, site)(dp).step_time());
    CHECK(slopes.value == approx(at(127, p.global_batch)).epsilon(1e-12));
    CHECK(slopes.slope[0] == approx((at(127.001, p.global_batch) - at(126.999, p.global_batch)) / 0.002).epsilon(1e-4));
    CHECK(slopes.slope[1] ==
          approx((at(127, p.global_batch + 0.01) - at(127, p.global_batch - 0.01)) / 0.02).epsilon(1e-4));
  }
}

namespace {
// A chip and a network in a few lines: a roofline, and links of one speed.
struct short_chip {
  quantity<unit::byte> memory = 80 * gigabyte;
  quantity<unit::byte_per_second> scale_up_bandwidth = 450 * gigabyte_per_second;
  double scale_up_domain = 8;
  quantity<unit::watt> thermal_design_power = 700 * watt, idle_power = 80 * watt;
  quantity<unit::usd> price = 30000 * usd;
  template <class N>
  auto time(const work<N>& w) const {
    return max(w.flop / (700 * teraflop_per_second), w.bytes / (3 * terabyte_per_second));
  }
};
struct short_network {
  template <class N, class F>
  auto time(const collective<N>& c, const scale_up_fabric<F>& fabric) const {
    return c.bytes / fabric.bandwidth * (c.ranks - N(1)) / c.ranks + N(10) * microsecond;
  }
};
}  // namespace

TEST_CASE("chips and networks of a few lines will do") {
  const auto f = train_step(llama_70b, short_chip{}, short_network{}, llama_plan);
  CHECK(seconds(f.step_time()) > 0);
  CHECK(in<teraflop_per_second>(f.peak) == approx(700));
  // products: 6 FLOP per parameter and token at the chip's rate and the software's share of it
  const training_constants k;
  const double matrices = 80 * (2 * 8192.0 * 128 * (64 + 8) + 3 * 8192.0 * 28672) + 128256.0 * 8192,
               tokens = 1024 * 8192.0;
  const double expected = 6 * matrices * tokens / 512 / 700e12 * (1 + k.maturity / 2) / k.products;
  CHECK(seconds(f.time.work.products) == approx(expected).epsilon(0.02));
}

TEST_CASE("bad plans are refused with path, value, range and remedy") {
  layercake_test::check_bad_input(training_plan{.sharding_ranks = 1});
  layercake_test::check_bad_input(training_constants{});
  const auto text_of = [](const training_plan& p, const models::transformer& m = llama_70b) -> std::string {
    try {
      train_step(m, h100, site, p);
    } catch (const invalid_value& e) {
      return e.what();
    }
    return {};
  };
  CHECK(text_of(llama_plan).empty());
  const auto refuses = [&](auto change, const char* path, const char* remedy) {
    training_plan p = llama_plan;
    change(p);
    const std::string text = text_of(p);
    CAPTURE(text);
    CHECK(text.find(path) != std::string::npos);
    CHECK(text.find(remedy) != std::string::npos);
  };
  refuses(
      [](training_plan& p) {
        p.tensor = 7;
        p.data = 64;
      },
      "plan.tensor is 7", "whole heads");
  refuses([](training_plan& p) { p.pipeline = 81; }, "plan.pipeline is 81", "needs a layer");
  refuses([](training_plan& p) { p.expert = 2; }, "plan.expert is 2", "whole experts");
  refuses([](training_plan& p) { p.global_batch = 1000; }, "plan.global_batch is 1000", "whole micro-batches");
  refuses([](training_plan& p) { p.sharding_ranks = 100; }, "plan.sharding_ranks is 100", "spread over");
  refuses([](training_plan& p) { p.pipeline = 1; }, "plan.virtual_stages is 5", "interleaved");
  refuses([](training_plan& p) { p.micro_batch = std::nan(""); }, "plan.micro_batch", "pass a stage together");
  models::transformer m = llama_70b;
  m.layers = 0;
  CHECK(text_of(llama_plan, m).find("model.layers is 0") != std::string::npos);
}
