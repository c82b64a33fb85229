// How a model is laid out over the chips that serve it, and the software that runs it.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/models/models.hpp>
#include <layercake/serving/correction.hpp>
#include <layercake/serving/engines.hpp>
#include <layercake/serving/speculation.hpp>
#include <tuple>

namespace layercake {

// Chips of their own that read the prompts, and how they share the model; none where tensor is 0. The cache goes on to the
// chips that write (Zhong et al., DistServe, OSDI 2024).
template <number T = double>
struct basic_reading_pool {
  T tensor = T(0);
  T pipeline = T(1);
  T expert = T(1);

  template <number Other>
  using with_number = basic_reading_pool<Other>;
  static constexpr auto fields() {
    using X = basic_reading_pool;
    return std::tuple{
        field("tensor", &X::tensor, count,
              "chips that share every layer of a replica that reads, 0 where those that write read too"),
        field("pipeline", &X::pipeline, positive_count, "stages of a replica that reads"),
        field("expert", &X::expert, positive_count, "replicas that read over which the experts are spread")};
  }
};
using reading_pool = basic_reading_pool<>;

// How a model is laid out for serving. Zero concurrency: as many calls in flight as memory and objectives allow.
template <number T = double>
struct basic_serving_plan {
  T tensor = T(1);
  T pipeline = T(1);
  T expert = T(1);  // replicas that share their experts: attention is data-parallel over them
  // Groups of the tensor ranks, each of which attends to calls of its own; what they would otherwise repeat of the cache is
  // held once (SGLang, "data-parallel attention", 2024).
  T attention_data = T(1);
  T concurrency = T(0);
  // Of a chip's memory for weights and cache; vLLM's default gpu_memory_utilization (engine arguments, 2025).
  T memory_share = T(0.9);
  models::weight_layout layout = models::weight_layout::tensor;  // of weights over the tensor ranks
  bool whole_experts = false;  // inside a tensor group, experts are spread whole and not cut
  basic_serving_software<T> software{};
  basic_speculation<T> speculation{};
  basic_reading_pool<T> reading{};
  basic_correction<T> correction{};  // of bills

  template <number Other>
  using with_number = basic_serving_plan<Other>;
  static constexpr auto fields() {
    using X = basic_serving_plan;
    return std::tuple{
        field("tensor", &X::tensor, positive_count, "chips that share every layer of one replica"),
        field("pipeline", &X::pipeline, positive_count, "stages that the layers of one replica are cut into"),
        field("expert", &X::expert, positive_count, "replicas that the experts are spread over"),
        field("attention_data", &X::attention_data, positive_count,
              "groups of the tensor ranks that attend to calls of their own"),
        field("concurrency", &X::concurrency, nonnegative, "calls in flight in one replica, 0 for as many as possible"),
        field("memory_share", &X::memory_share, positive_share, "share of a chip's memory for weights and cache"),
        label("layout", &X::layout),
        label("whole_experts", &X::whole_experts),
        part("software", &X::software),
        part("speculation", &X::speculation),
        part("reading", &X::reading),
        part("correction", &X::correction)};
  }
  T chips() const { return tensor * pipeline; }  // of a replica that writes
  // Whether prompts are read on chips of their own; a mask where the numbers are lanes.
  auto disaggregated() const { return reading.tensor > T(0); }
  // The plan of those chips.
  basic_serving_plan of_reading() const {
    basic_serving_plan p = *this;
    p.tensor = max(reading.tensor, T(1));
    p.pipeline = reading.pipeline;
    p.expert = reading.expert;
    p.attention_data = T(1);
    p.layout = models::weight_layout::tensor;
    p.concurrency = T(0);
    p.speculation = {};
    p.reading = {};
    return p;
  }
  models::split<T> split() const { return {tensor, pipeline, expert, T(1), attention_data, layout}; }
};
using serving_plan = basic_serving_plan<>;

}  // namespace layercake
