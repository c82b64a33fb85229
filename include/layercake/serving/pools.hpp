// What is to be served, and what the chips that a plan lays out for it do: one pool that reads prompts and writes answers, or
// two, each with replicas of its own.
#pragma once

#include <layercake/serving/serve.hpp>

namespace layercake {

namespace detail {
template <number T, class Chip, class Model>
auto ranks_can_be_laid_out(const Chip& chip, const Model& model, const basic_serving_plan<T>& plan) {
  const auto in_a_domain = plan.tensor <= number_cast<T>(chip.scale_up_domain);
  if constexpr (requires { model.allows(plan.split()); }) {
    return in_a_domain && model.allows(plan.split());
  } else {
    return in_a_domain && plan.expert <= T(1) && plan.attention_data <= T(1);
  }
}
}  // namespace detail

// Whether a model can be split so and tensor ranks share a chip's fabric, where it is written and where it is read; a mask
// where the numbers are lanes.
template <number T, class Chip, class Model>
auto can_be_laid_out(const Chip& chip, const Model& model, const basic_serving_plan<T>& plan) {
  const auto writing = detail::ranks_can_be_laid_out(chip, model, plan);
  if (!may_hold(plan.disaggregated())) return writing;
  if constexpr (models::generates_tokens<Model>()) {
    return writing && detail::ranks_can_be_laid_out(chip, model, plan.of_reading());
  } else {
    return writing && !plan.disaggregated();  // what only reads has no second pool
  }
}

// The figures of a plan's pools, one replica of each.
template <number T = double>
struct pool_figures {
  serving_figures<T> writing;                     // the one pool where prompts are read there too
  serving_figures<T> reading;                     // answers no calls where there is no such pool
  quantity<unit::second, T> time_to_first_token;  // with the way of the cache from pool to pool
};

// The calls of a demand by a model on chips inside an infrastructure.
template <number T, class Chip, class Infrastructure, class Model>
struct serving_task {
  const Chip& chip;
  const Infrastructure& infrastructure;
  const Model& model;
  call_demand<T> demand;

  constexpr serving_task(const Chip& on, const Infrastructure& inside, const Model& of, const call_demand<T>& asked)
      : chip(on), infrastructure(inside), model(of), demand(widened<T>(asked)) {}

  // What is asked of the chips that write: all of it or, where others read, to go on from a cache that is there.
  call_demand<T> of_writing(const basic_serving_plan<T>& plan) const {
    const auto apart = plan.disaggregated();
    call_demand<T> d = demand;
    d.cached_share = where(apart, T(1), d.cached_share);
    d.time_to_first_token =
        where(apart, objective_or_none(quantity<unit::second, T>(unknown<>)), d.time_to_first_token);
    return d;
  }
  // What is asked of the chips that read: the first token, before the cache goes on its way.
  call_demand<T> of_reading(const basic_serving_plan<T>& plan) const {
    constexpr double least = 1e-9;  // of the objective, where the way takes all of it
    call_demand<T> d = demand;
    d.output = T(1) * units::token;
    d.time_to_first_token =
        max(d.time_to_first_token - way_of_cache(plan), d.time_to_first_token * number_cast<T>(least));
    d.time_per_output_token = objective_or_none(quantity<unit::second_per_token, T>(unknown<>));
    return d;
  }
  // The plan of the chips that read: as many prompts in a step as its tokens allow.
  basic_serving_plan<T> plan_of_reading(const basic_serving_plan<T>& plan) const {
    basic_serving_plan<T> p = plan.of_reading();
    const T own = in<units::token>(demand.input) - in<units::token>(demand.shared_prefix);
    const T fresh = max(own * (T(1) - demand.cached_share), T(1));
    p.software.largest_batch = max(p.software.token_budget / (fresh + T(1)), T(1));
    return p;
  }

  // Of one replica of each pool; under a plan that cannot be laid out none answers calls.
  //   one pool:   serve() of the demand
  //               caches of sessions that wait are not followed from pool to pool: such demands have one pool alone
  //   two pools:  serve() of answers whose prompts are cached, and of prompts with one token each; the first token comes once
  //               the cache has crossed the network from chip to chip
  pool_figures<T> figures(const basic_serving_plan<T>& plan) const {
    pool_figures<T> f;
    f.writing = serve<T>(chip, infrastructure, model, plan, of_writing(plan));
    f.time_to_first_token = f.writing.time_to_first_token;
    const auto apart = plan.disaggregated();
    const quantity<unit::per_second, T> none{};
    if (may_hold(apart)) {
      f.reading = serve<T>(chip, infrastructure, model, plan_of_reading(plan), of_reading(plan));
      f.writing.calls = where(!apart || f.reading.calls > none, f.writing.calls, none);
      f.reading.calls = where(apart && f.writing.calls > none, f.reading.calls, none);
      f.time_to_first_token = where(apart, f.reading.time_to_first_token + way_of_cache(plan), f.time_to_first_token);
    }
    const auto covered = !apart || !(demand.waiting_time > quantity<unit::second, T>());
    f.writing.calls = where(can_be_laid_out(chip, model, plan) && covered, f.writing.calls, none);
    return f;
  }

private:
  // The time in which the cache of a prompt goes from the chips that read to those that write, each of which takes its part.
  quantity<unit::second, T> way_of_cache(const basic_serving_plan<T>& plan) const {
    const auto exchanges = serving_exchanges<T>(chip, infrastructure);
    const quantity<unit::byte, T> of_a_chip =
        model.cache(quantity<unit::token, T>(plain(demand.input)), plan.split()) * plan.attention_data;
    return exchanges.time(collective<T>{.kind = exchange::point_to_point,
                                        .bytes = of_a_chip,
                                        .ranks = T(2),
                                        .stride = number_cast<T>(chip.scale_up_domain)});
  }
};

}  // namespace layercake
