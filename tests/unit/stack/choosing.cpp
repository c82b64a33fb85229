// The plan of a stack: chosen by its bill, anew where a layer is assigned to.
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "service.hpp"

using namespace layercake_test;

namespace {

template <class Bill>
double cost(const Bill& b) {
  return static_cast<double>(lc::base_value(b.cost()));
}

// A chip of somebody else's, that does not describe its fields.
struct own_chip {
  lc::quantity<lc::unit::byte> memory = 200 * gigabyte;
  lc::quantity<lc::unit::byte_per_second> scale_up_bandwidth = 450 * gigabyte / second;
  double scale_up_domain = 8;
  lc::quantity<lc::unit::watt> thermal_design_power = 700 * watt, idle_power = 80 * watt;
  lc::quantity<lc::unit::usd> price = 30000 * usd;
  double speed = 1;

  template <class N>
  auto time(const lc::work<N>& w) const {
    return lc::max(w.flop / (speed * petaflop_per_second), w.bytes / (speed * 3 * terabyte_per_second));
  }
};

}  // namespace

TEST_CASE("no other plan that the search names has a smaller bill") {
  const auto s = service();
  int tried = 0;
  for (const double tensor : {1., 2., 4., 8.}) {
    for (const double pipeline : {1., 2., 4., 8., 16.}) {
      try {
        const auto other = s.with(lc::serving_plan{.tensor = tensor, .pipeline = pipeline});
        ++tried;
        CHECK(cost(other.pull()) >= cost(s.pull()));
        CHECK(cost(other.pull(lc::counting::smooth)) >= cost(s.pull(lc::counting::smooth)));
      } catch (const lc::infeasible&) {
      }
    }
  }
  CHECK(tried > 10);
  CHECK(cost(s.with(s.plan).pull()) == cost(s.pull()));
}

TEST_CASE("one person's service has few chips, a service at scale the plan that is best at scale") {
  auto one = service();
  one.model = lc::models::catalog::find("deepseek-v3").at(lc::precision::fp8);
  one.application.daily_users = 1;
  const auto few = one.composed();
  const auto& whole = few.plan_of(lc::counting::whole);
  const auto& scale = few.plan_of(lc::counting::smooth);
  CHECK(whole.chips() * whole.expert < scale.chips() * scale.expert);
  CHECK(few.plan.expert == whole.expert);
  CHECK(plain(few.pull().built.chips) == whole.chips() * whole.expert);
  // What is granted is made under the plan at scale.
  CHECK(lc::in<token_per_second>(few.push({.site_power = 1 * gigawatt}).output_tokens) >
        lc::in<token_per_second>(few.with(whole).push({.site_power = 1 * gigawatt}).output_tokens));
}

TEST_CASE("a layer that is assigned to is answered for as if it had been there when the stack was composed") {
  const auto s = service();
  const auto check_same = [&](auto&& change) {
    auto assigned = s;
    change(assigned);
    const auto composed = assigned.with(assigned.energy);
    CHECK(cost(assigned.pull()) == cost(composed.pull()));
    CHECK(cost(assigned.pull(lc::counting::smooth)) == cost(composed.pull(lc::counting::smooth)));
    CHECK(lc::base_value(assigned.push({.chips = 1e4}).calls) == lc::base_value(composed.push({.chips = 1e4}).calls));
    CHECK(cost(assigned.template over<float>().pull()) == doctest::Approx(cost(composed.pull())).epsilon(1e-3));
    CHECK(lc::gradient(assigned)[0].elasticity == lc::gradient(composed)[0].elasticity);
    CHECK(lc::explain(assigned)[0].value == lc::explain(composed)[0].value);
  };
  check_same([](auto& x) { x.energy.price = 100 * usd / megawatt_hour; });
  check_same([](auto& x) { x.chip = lc::chips::catalog::h200_sxm; });
  check_same([](auto& x) { x.model.architecture.layers *= 4; });
  check_same([](auto& x) { x.application.daily_users = 10; });
  check_same([](auto& x) { x.application.time_per_output_token = 12 * millisecond / token; });
  check_same([](auto& x) { x.model.formats = lc::models::formats::at(lc::precision::bf16); });
}

TEST_CASE("a layer that is assigned to is validated") {
  auto s = service();
  s.infrastructure.power_usage_effectiveness = 0.5;
  CHECK_THROWS_WITH_AS(s.pull(), doctest::Contains("infrastructure.power_usage_effectiveness is 0.5; allowed:"),
                       lc::invalid_value);
  CHECK_THROWS_AS(s.push({.chips = 100}), lc::invalid_value);
  CHECK_THROWS_AS((void)s.over<float>(), lc::invalid_value);
  s = service();
  s.chip.price = lc::unknown<>;
  CHECK_THROWS_WITH_AS(s.pull(), doctest::Contains("chip.price"), lc::missing_value);
  s = service();
  s.application.time_per_output_token = 1 * microsecond / token;
  CHECK_THROWS_WITH_AS(s.pull(), doctest::Contains("a token takes"), lc::infeasible);
}

TEST_CASE("a plan that is assigned is the caller's") {
  auto s = service();
  CHECK(!s.has_own_plan());
  s.plan.tensor = 8;
  CHECK(s.has_own_plan());
  CHECK(cost(s.pull()) == cost(service().with(lc::serving_plan{.tensor = 8}).pull()));
  s.application.daily_users *= 2;
  CHECK(s.plan_of(lc::counting::smooth).tensor == 8);
  s.plan.tensor = 7;
  CHECK_THROWS_WITH_AS(s.pull(), doctest::Contains("plan.tensor is 7"), lc::invalid_value);
}

TEST_CASE("a chip that describes nothing is compared by its bytes") {
  const auto with_speed = [](double speed) {
    const auto s = service();
    own_chip chip;
    chip.speed = speed;
    return lc::stack{s.energy, chip, s.infrastructure, s.model, s.application};
  };
  auto s = with_speed(1);
  s.chip.speed = 2;
  CHECK(cost(s.pull()) == cost(with_speed(2).pull()));
  CHECK(lc::same(with_speed(1).chip, with_speed(1).chip));
  CHECK_FALSE(lc::same(with_speed(1).chip, with_speed(2).chip));
}

TEST_CASE("a search names what is tried: software, speculation, chips of their own for prompts") {
  auto s = service();
  s.application.input = 8000 * token;
  const lc::serving_software slow = lc::software_of(lc::serving_engine::fastertransformer);
  CHECK(s.with(lc::serving_search{.software = slow}).plan.software.score_passes == slow.score_passes);
  CHECK(cost(s.with(lc::serving_search{.software = slow}).pull()) > cost(s.pull()));
  // Drafts that are always accepted and cost nothing, and drafts that never are.
  const auto drafting = [&](double acceptance) {
    return s.with(lc::serving_search{.speculation = {.drafted = 4, .acceptance = acceptance, .draft_cost = 0.1}});
  };
  CHECK(drafting(0.9).plan.speculation.drafted == 4);
  CHECK(cost(drafting(0.9).pull()) < cost(s.pull()));
  CHECK(drafting(0).plan.speculation.drafted == 0);
  CHECK(cost(drafting(0).pull()) == cost(s.pull()));
  // What more is tried never costs more.
  const auto apart = s.with(lc::serving_search{.reading = lc::every_reading_pool(8)});
  CHECK(cost(apart.pull()) <= cost(s.pull()));
  CHECK(apart.plan.disaggregated());
  // A search goes with the stack.
  CHECK(apart.with(lc::chips::catalog::h200_sxm).search().reading.size() == lc::every_reading_pool(8).size());
  CHECK_THROWS_WITH_AS(s.with(lc::serving_search{.tensor = {3}, .pipeline = {1}}),
                       doctest::Contains("Name other ranks"), lc::infeasible);
  CHECK_THROWS_WITH_AS(s.with(lc::serving_search{.tensor = {2.5}}), doctest::Contains("search.tensor"),
                       lc::invalid_value);
  CHECK_THROWS_WITH_AS(s.with(lc::serving_search{.memory_share = 2}), doctest::Contains("search.memory_share is 2"),
                       lc::invalid_value);
}

TEST_CASE("two pools: the bill has the chips of both, each as many as its own work takes") {
  auto s = service();
  s.application.input = 8000 * token;
  const lc::serving_plan plan{.tensor = 4, .reading = {.tensor = 2}};
  const auto b = s.with(plan).pull(lc::counting::smooth);
  const lc::serving_task task(s.chip, s.infrastructure, s.model, s.application.pull());
  const auto f = task.figures(plan);
  // Replicas by hand: calls at the busiest hour over what one answers of the 87 % that are sold and the 99.6 % that work.
  const double busiest = lc::in<hertz>(b.serving.calls) * 3 / (0.87 * 0.996);
  CHECK(plain(b.serving.replicas) == doctest::Approx(busiest / lc::in<hertz>(f.writing.calls)));
  CHECK(plain(b.serving.reading_replicas) == doctest::Approx(busiest / lc::in<hertz>(f.reading.calls)));
  CHECK(plain(b.built.chips) == doctest::Approx(4 * plain(b.serving.replicas) + 2 * plain(b.serving.reading_replicas)));
  // Prices of what is read and written add up to the cost.
  CHECK(lc::base_value(b.input_price() * plain(b.serving.input_tokens) +
                       b.output_price() * plain(b.serving.output_tokens)) == doctest::Approx(cost(b)));
  // Those that write read nothing: a token takes what it takes where every prompt is cached.
  auto cached = s.application.pull();
  cached.cached_share = 1;
  cached.time_to_first_token = lc::unknown<>;
  const auto alone =
      lc::serve<double>(s.chip, s.infrastructure, s.model, lc::serving_plan{.tensor = 4}, lc::widened<double>(cached));
  CHECK(lc::base_value(f.writing.calls) == lc::base_value(alone.calls));
  // Whole replicas of each.
  const auto whole = s.with(plan).pull();
  CHECK(plain(whole.serving.replicas) == std::ceil(plain(b.serving.replicas)));
  CHECK(plain(whole.serving.reading_replicas) == std::ceil(plain(b.serving.reading_replicas)));
  // The first token waits for the cache: 8,000 positions of 160 kB in fp8, a quarter on each chip, at 50 GB/s a chip.
  CHECK(lc::in<second>(f.time_to_first_token - f.reading.time_to_first_token) > 8000 * 163840. / 4 / 50e9);
  CHECK(lc::in<second>(f.time_to_first_token) <= 1 * 1.001);
  // Neither pool may be too small for the model, or too slow.
  const auto wide = s.with(lc::models::catalog::llama_3_1_70b.at(lc::precision::bf16));
  CHECK_THROWS_WITH_AS(wide.with(lc::serving_plan{.tensor = 4, .reading = {.tensor = 1}}),
                       doctest::Contains("do not fit"), lc::infeasible);
  const auto roomy = s.with(lc::chips::catalog::h200_sxm);  // one H100 has no room for a prompt beside the weights
  CHECK_THROWS_WITH_AS(roomy.with(lc::serving_plan{.tensor = 4, .reading = {.tensor = 1}}),
                       doctest::Contains("time to first token"), lc::infeasible);
  CHECK_THROWS_WITH_AS(s.with(lc::serving_plan{.tensor = 4, .reading = {.tensor = 7}}), doctest::Contains("allowed:"),
                       lc::invalid_value);
}

TEST_CASE("attention that is data-parallel holds a call's cache on one group") {
  const auto model = lc::models::catalog::find("deepseek-v3").at(lc::precision::fp8);
  const auto of = [](double tensor, double groups) {
    return lc::serving_plan{.tensor = tensor, .attention_data = groups}.split();
  };
  const auto cache = [&](double tensor, double groups) {
    return lc::in<byte>(model.cache(1000 * token, of(tensor, groups)));
  };
  // Latents are on every tensor rank: eight groups hold an eighth of them each on average, one group all.
  CHECK(cache(8, 1) == cache(1, 1));
  CHECK(cache(8, 8) == doctest::Approx(cache(1, 1) / 8));
  // Eight key heads over eight ranks are held once already.
  const auto llama = lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8);
  CHECK(lc::in<byte>(llama.cache(1000 * token, of(8, 8))) == lc::in<byte>(llama.cache(1000 * token, of(8, 1))));
  // Weights: attention is repeated, all else is not. 61 layers of 187,105,280 values, by 1 byte (see models/parameters.hpp).
  const double repeated = lc::in<byte>(model.weights(of(8, 8))) - lc::in<byte>(model.weights(of(8, 1)));
  const double down = 7168. * (1536 + 512 + 64), all = 187105280;
  CHECK(repeated == doctest::Approx(61 * (all - ((all - down) / 8 + down))));
  // FLOP of a chip: down-projections, which every tensor rank repeats, are done once for each token; all else as before.
  const auto done = [&](double groups) {
    lc::models::totals<double> sum{};
    model.operations(lc::models::pass<double>{lc::models::phase::prefill, 8, 100, 100}, of(8, groups), sum);
    return lc::in<lc::units::flop>(sum.flop);
  };
  CHECK(done(1) - done(8) == doctest::Approx(61 * 2 * 800. * down * (1 - 1. / 8)));
}
