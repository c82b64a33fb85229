// How a model is laid out over the chips that serve it, and the software that runs it.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/models/models.hpp>
#include <layercake/serving/software.hpp>
#include <layercake/serving/speculation.hpp>
#include <tuple>

namespace layercake {

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
  bool whole_experts = false;  // inside a tensor group, experts are spread whole and not cut
  basic_serving_software<T> software{};
  basic_speculation<T> speculation{};

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
        label(&X::whole_experts),
        part("software", &X::software),
        part("speculation", &X::speculation)};
  }
  T chips() const { return tensor * pipeline; }
  models::split<T> split() const { return {tensor, pipeline, expert, T(1), attention_data}; }
};
using serving_plan = basic_serving_plan<>;

}  // namespace layercake
