// The software of a serving engine: what stands by default is what was fitted.
#include <layercake/serving/search.hpp>

#include <doctest/doctest.h>

#include "../../approx.hpp"

namespace lc = layercake;
using namespace layercake::units;

namespace {
// Every number of a record, by its path.
template <class X>
std::vector<std::pair<std::string, double>> numbers(const X& x) {
  std::vector<std::pair<std::string, double>> all;
  lc::for_each_field(x, "", [&](const std::string& path, const auto& value, const auto&) {
    all.emplace_back(path, lc::base_value(value));
  });
  return all;
}
}  // namespace

TEST_CASE("by default an engine is the scripted one of the fitted constants, wherever software is asked for") {
  const lc::serving_constants& k = lc::fitted_serving;
  const lc::serving_software software{};
  CHECK(lc::in<second>(software.per_step) == k.scripted_step);
  CHECK(lc::in<second>(software.per_sequence) == k.scripted_sequence);
  CHECK(lc::in<second>(software.per_request) == k.request);
  CHECK(lc::in<second>(software.launch) == k.launch);
  CHECK(software.wave_loss == k.wave_loss);
  CHECK(numbers(lc::software_of(lc::serving_engine::other)) == numbers(software));
  CHECK(numbers(lc::software_of(lc::serving_engine::vllm, "0.11.1")) == numbers(software));
  CHECK(numbers(lc::serving_plan{}.software) == numbers(software));
  CHECK(numbers(lc::serving_search{}.software) == numbers(software));
  CHECK(lc::serving_search{}.memory_share == lc::serving_plan{}.memory_share);
  CHECK(lc::serving_search{}.utilisation == lc::infrastructure::site{}.utilisation);
}

TEST_CASE("compiled engines spend less on the host, and old ones attend without fusion") {
  const auto compiled = lc::software_of(lc::serving_engine::tensorrt_llm);
  CHECK(lc::in<second>(compiled.per_step) == lc::fitted_serving.compiled_step);
  CHECK(compiled.per_step < lc::serving_software{}.per_step);
  CHECK(compiled.per_sequence < lc::serving_software{}.per_sequence);
  const auto old = lc::software_of(lc::serving_engine::fastertransformer);
  CHECK(old.score_passes == 4);
  CHECK(old.captured_sequences == 0);
  CHECK(lc::software_of(lc::serving_engine::neuronx).cache_share == lc::fitted_serving.neuron_cache);
  // Another fit is another engine.
  const lc::serving_constants slow{.compiled_step = 1};
  CHECK(lc::software_of(lc::serving_engine::llama_cpp, {}, lc::unknown<>, slow).per_step == 1 * second);
}

TEST_CASE("slots between two requests") {
  const lc::serving_software software{.wave_loss = 0.08};
  CHECK(software.filled(0.0) == 1);  // a single stream has none to lose
  // worked: serving/software.hpp#filled
  CHECK(software.filled(16.0) == approx(0.96));                // half of the loss
  CHECK(software.filled(1e12) == approx(0.92).epsilon(1e-9));  // all of it
}
