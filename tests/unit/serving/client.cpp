// What a client sees where several tokens go in a message.
#include <doctest/doctest.h>

#include "../../approx.hpp"
#include "../record_checks.hpp"
#include "plain_engine.hpp"
#include <layercake/number/dual.hpp>
#include <layercake/serving/client.hpp>

namespace lc = layercake;
using namespace lc::units;

namespace {
double s(const lc::quantity<lc::unit::second>& t) { return lc::in<second>(t); }
lc::serving_result<> measured() {
  lc::serving_result<> f;
  f.time_to_first_token = 0.2 * second, f.time_per_output_token = 0.01 * second, f.latency = 1.2 * second;
  f.slow_first_token = 0.4 * second, f.slow_output_token = 0.02 * second, f.slow_latency = 2.4 * second;
  return f;
}
lc::serving_software messages_of(double tokens, bool held) {
  lc::serving_software software;
  software.stream_interval = tokens, software.holds_first_token = held;
  return software;
}
}  // namespace

TEST_CASE("messages of several tokens, by hand") {
  // worked: serving/client.hpp#seen_by_client
  const auto f = lc::seen_by_client(measured(), messages_of(11, true), 101.0);
  CHECK(s(f.time_to_first_token) == approx(0.3));      // ten more tokens of 10 ms
  CHECK(s(f.time_per_output_token) == approx(0.009));  // (1.2 - 0.3) / 100
  CHECK(s(f.latency) == 1.2);
  CHECK(s(f.slow_first_token) == approx(0.6));
  CHECK(s(f.slow_output_token) == approx(0.018));  // (2.4 - 0.6) / 100
  // an answer shorter than a message comes whole, at its end
  const auto all = lc::seen_by_client(measured(), messages_of(500, true), 101.0);
  CHECK(s(all.time_to_first_token) == approx(1.2));
  CHECK(s(all.time_per_output_token) == approx(0).epsilon(1e-12));
  const auto one = lc::seen_by_client(measured(), messages_of(500, true), 1.0);
  CHECK(s(one.time_to_first_token) == 0.2);
  CHECK(s(one.time_per_output_token) == 0.01);
}

TEST_CASE("a first token that is sent at once, and messages of one token, change nothing") {
  for (const auto& software : {messages_of(11, false), messages_of(1, true)}) {
    const auto f = lc::seen_by_client(measured(), software, 101.0);
    CHECK(s(f.time_to_first_token) == 0.2);
    CHECK(s(f.time_per_output_token) == 0.01);
  }
}

TEST_CASE("of a replica: a prompt of 100 tokens at 1 ms each, 50 written, messages of 20") {
  lc::call_demand<> d{.calls = 1 / second, .input = 100 * token, .output = 50 * token};
  lc::serving_plan plan = layercake_test::plan_of(1);
  plan.software.stream_interval = 20, plan.software.holds_first_token = true;
  const auto r = lc::replica_of<double>(layercake_test::chip, layercake_test::site, layercake_test::model, plan, d);
  const auto f = lc::seen_by_client(lc::single_stream(r), plan.software, r.output);
  CHECK(s(f.time_to_first_token) == approx(0.100 + 19 * 0.001));
  CHECK(s(f.time_per_output_token) == approx(0.001 * 30 / 49));
  CHECK(s(f.latency) == approx(0.149));
}

TEST_CASE("engines that hold the first token back") {
  CHECK(lc::software_of(lc::serving_engine::sglang).holds_first_token);
  CHECK(lc::software_of(lc::serving_engine::tensorrt_llm).holds_first_token);
  CHECK_FALSE(lc::software_of(lc::serving_engine::vllm).holds_first_token);
  CHECK(lc::software_of(lc::serving_engine::sglang).stream_interval == 1);
}

TEST_CASE("messages: slopes, and what is refused") {
  using d1 = lc::dual<double, 1>;
  lc::serving_result<d1> f;
  f.time_to_first_token = d1(0.2) * second, f.time_per_output_token = d1(0.01) * second;
  lc::basic_serving_software<d1> software;
  software.stream_interval = d1::variable(11, 0), software.holds_first_token = true;
  const auto seen = lc::seen_by_client(f, software, d1(101));
  CHECK(lc::in<second>(seen.time_to_first_token).slope[0] == approx(0.01));
  CHECK(lc::in<second>(seen.time_per_output_token).slope[0] == approx(-0.01 / 100));
  CHECK_THROWS_AS(lc::seen_by_client(measured(), messages_of(11, true), 0.5), lc::invalid_value);
}
