#include <doctest/doctest.h>

#include <layercake/applications/applications.hpp>
#include <limits>
#include <string>
#include <vector>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

namespace lc = layercake;
namespace catalog = lc::applications::catalog;
using namespace lc::units;

namespace {

// Ten lines of a user's own.
struct nightly_batch {
  lc::call_demand<> pull() const {
    return {.calls = 2e6 / day,
            .input = 900 * token,
            .output = 60 * token,
            .time_to_first_token = 60 * second,
            .time_per_output_token = 1 * second / token};
  }
  template <class N>
  auto push(const lc::quantity<lc::unit::per_second, N>& calls) const {
    return lc::applications::basic_usage<N>{
        .tasks = calls, .users = lc::number_cast<N>(1), .value = calls * (0.002 * usd)};
  }
};
static_assert(lc::applications::application<nightly_batch>);
static_assert(lc::applications::application<nightly_batch, lc::dual<double, 3>>);
static_assert(lc::applications::application<lc::applications::assistant>);
static_assert(lc::applications::application<lc::applications::basic_workload<lc::dual<double, 1>>>);
static_assert(
    lc::applications::application<lc::applications::basic_workload<xsimd::batch<double>>, xsimd::batch<double>>);
static_assert(!lc::applications::application<lc::applications::usage>);

const lc::applications::assistant service{
    .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token};
const lc::applications::workload agent{.name = "agent",
                                       .daily_users = 5e4,
                                       .tasks_per_user = 2 / day,
                                       .calls_per_task = 50,
                                       .input = 20000 * token,
                                       .output = 800 * token,
                                       .cached_share = 0.9,
                                       .peak_to_mean = 4,
                                       .time_to_first_token = 5 * second,
                                       .time_per_output_token = 20 * millisecond / token,
                                       .value_per_task = 75 * usd,
                                       .cost_per_task = 1 * usd,
                                       .human_time_replaced = 1 * hour};

}  // namespace

TEST_CASE("application: users to calls and back") {
  const auto calls = service.pull();
  CHECK(in<hertz>(calls.calls) == approx(12e6 / 86400));
  CHECK(calls.peak_to_mean == 3);
  CHECK(in<token>(calls.input) == 1200);
  CHECK(in<token>(calls.output) == 300);
  CHECK(in<second>(calls.time_to_first_token) == 1);
  CHECK(in<millisecond / token>(calls.time_per_output_token) == approx(50));
  CHECK_FALSE(lc::is_known(service.push(calls.calls).value));

  // 5e4 users, 2 tasks of 50 calls a day each: 5e6 calls a day. All that an agent's call carries arrives below.
  const auto steps = agent.pull();
  CHECK(in<hertz>(steps.calls) == approx(5e6 / 86400));
  CHECK(steps.peak_to_mean == 4);
  CHECK(steps.cached_share == 0.9);
  CHECK(in<second>(steps.time_to_first_token) == 5);
  CHECK(in<millisecond / token>(steps.time_per_output_token) == approx(20));

  // 100 calls a second are 2 tasks a second, 172,800 a day, of 2 a user; 75 $ each.
  const auto made = agent.push(100 * hertz);
  CHECK(in<hertz>(made.tasks) == approx(2));
  CHECK(made.users == approx(86400));
  CHECK(in<usd / second>(made.value) == approx(150));
  // Nothing asked makes nothing, and every figure is in proportion to the calls.
  CHECK(agent.push(0 * hertz).users == 0);
  CHECK(agent.push(50 * hertz).users == approx(43200));

  for (const auto& w : {service, agent}) {
    const auto back = w.push(w.pull().calls);
    CHECK(back.users == approx(w.daily_users).epsilon(1e-14));
    CHECK(in<hertz>(back.tasks) * 86400 == approx(w.daily_users * in<hertz>(w.tasks_per_user) * 86400).epsilon(1e-14));
  }
}

TEST_CASE("application: float, batch, dual and double are one formula") {
  using batch = xsimd::batch<double>;
  auto many = lc::with_number<batch>(agent);
  alignas(64) double users[batch::size], value[batch::size];
  for (std::size_t i = 0; i < batch::size; ++i)
    users[i] = 1e4 * (1.0 + static_cast<double>(i));
  many.daily_users = batch::load_aligned(users);
  in<usd / day>(many.push(many.pull().calls).value).store_aligned(value);
  for (std::size_t i = 0; i < batch::size; ++i)
    CHECK(value[i] == approx(users[i] * 2 * 75));

  const lc::applications::basic_workload<float> f{
      .daily_users = 1e6f, .tasks_per_user = 12.0f / day, .input = 1200.0f * token, .output = 300.0f * token};
  CHECK(in<hertz>(f.pull().calls) == approx(12e6 / 86400).epsilon(1e-6));
  // The other types' defaults are the same, unknown ones included.
  const lc::applications::basic_workload<lc::dual<double, 1>> d{};
  CHECK_FALSE(lc::is_known(d.value_per_task));
  CHECK(d.peak_to_mean.value == 3);

  layercake_test::check_gradient(agent, [](const auto& w) { return w.pull().calls; });
  layercake_test::check_gradient(agent, [](const auto& w) { return w.push(10 * hertz).value; });
  layercake_test::check_gradient(agent, [](const auto& w) { return w.push(10 * hertz).users; });
}

TEST_CASE("application: bad input") {
  layercake_test::check_bad_input(agent);
  layercake_test::check_bad_input(service);
}

TEST_CASE("application: what has no default is asked for") {
  const auto found = lc::check(lc::applications::assistant{}, "application");
  REQUIRE(found.size() == 4);
  CHECK(found[0].path == "application.daily_users");
  CHECK(found[1].path == "application.tasks_per_user");
  CHECK(found[1].remedy == "Set application.tasks_per_user: tasks of an active user per time, such as 12 / day.");
  CHECK(found[2].path == "application.input");
  CHECK(found[3].path == "application.output");
}

TEST_CASE("application catalog: every row has a source; rows that lack a figure of their demand are refused until it "
          "is set") {
  CHECK(catalog::all.size() == 17);
  CHECK(catalog::references.size() == 17);
  std::string incomplete;
  for (const auto* w : catalog::all) {
    INFO(w->name);
    CHECK(std::string(w->origin.source).size() > 3);
    CHECK(w->origin.how != lc::confidence::given);
    CHECK(w->daily_users == 1);
    CHECK(&catalog::find(w->name) == w);
    const auto found = lc::check(*w);
    if (!found.empty()) incomplete += std::string(w->name) + ":";
    for (const auto& f : found)
      incomplete += f.path + " ";
  }
  CHECK(incomplete ==
        "chat_long_context:tasks_per_user chat_gemini:tasks_per_user input output tool_agent:tasks_per_user "
        "reasoning:tasks_per_user ");
  auto set = catalog::reasoning;
  set.tasks_per_user = 1 / day;
  CHECK(lc::check(set).empty());
}

TEST_CASE("application catalog: every datum has one source, its own") {
  for (const auto* w : catalog::all) {
    CAPTURE(w->name);
    layercake_test::check_sources(*w);
    for (const char* field : {"daily_users", "cost_per_task", "peak_to_mean"})
      CHECK(w->origin.of(field).how == lc::confidence::assumed);
  }
  layercake_test::check_sources(lc::applications::workload{});
}

TEST_CASE("application: an endless grant of tasks that are worth nothing is worth nothing") {
  auto idle = agent;
  idle.value_per_task = 0 * usd;
  const auto made = idle.push(std::numeric_limits<double>::infinity() * hertz);
  CHECK(made.value == 0 * usd / second);
  CHECK(made.users > 1e300);
  CHECK_FALSE(lc::is_known(service.push(std::numeric_limits<double>::infinity() * hertz).value));  // unknown stays so
}

TEST_CASE("application: no nan at the ends of any field's domain, with no calls and with calls without end") {
  layercake_test::check_edges(agent, [](const auto& w) {
    std::vector<double> figures{in<hertz>(w.pull().calls)};
    for (const double calls : {0.0, 1.0, 1e300, std::numeric_limits<double>::infinity()}) {
      const auto made = w.push(calls * hertz);
      for (const double x : {in<hertz>(made.tasks), made.users, in<usd / second>(made.value)})
        figures.push_back(x);
    }
    return figures;
  });
}

TEST_CASE("application: figures set later, in any order, give what figures set at once give") {
  layercake_test::check_set_later(
      service, {"daily_users", "tasks_per_user", "input", "output"}, [](auto&) {},
      [](const lc::applications::workload& w) {
        const auto calls = w.pull();
        return std::vector<double>{in<hertz>(calls.calls), calls.peak_to_mean, in<token>(calls.input),
                                   in<token>(calls.output), w.push(10 * hertz).users};
      });
}

TEST_CASE("application catalog: values") {
  // 1,000,000 tokens in 50 turns.
  CHECK(in<token>(catalog::coding_agent.input) == approx(20000));
  CHECK(in<token>(catalog::coding_agent.output) == approx(800));
  CHECK(in<token>(catalog::coding_agent.pull().input) * catalog::coding_agent.calls_per_task == approx(1e6));
  CHECK(in<token>(catalog::self_driving.pull().input) == 0);
  // 36 frames a second for an hour a day.
  CHECK(in<hertz>(catalog::self_driving.pull().calls) * 24 == approx(36));
  CHECK(in<minute>(catalog::customer_service.human_time_replaced) == approx(11));
  CHECK(catalog::chat.origin.of("value_per_task").how == lc::confidence::assumed);
  CHECK(catalog::chat.origin.of("input").how == lc::confidence::published);
  CHECK(catalog::legal_copilot.origin.of("input").how == lc::confidence::assumed);
  CHECK(catalog::chat.with_users(1e6).daily_users == 1e6);
  for (const auto& r : catalog::references) {
    if (r.of == &catalog::image_generation) CHECK(in<joule>(r.energy_per_task) == approx(6679).epsilon(0.001));
    if (r.of == &catalog::video_generation) CHECK(in<megajoule>(r.energy_per_task) == approx(1.16).epsilon(0.001));
  }
}
