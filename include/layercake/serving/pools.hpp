// The calls to be served, and the pools of chips that serve them under a plan: one pool that reads prompts and writes answers,
// or one pool that reads and another that writes, each with replicas of its own.
#pragma once

#include <layercake/serving/multiplied.hpp>
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

// Whether a plan can be laid out, in both of its pools where it has two: the model's heads, layers and experts divide over the
// ranks, and the tensor ranks fit in one scale-up domain. A mask where the numbers are lanes.
template <number T, class Chip, class Model>
auto can_be_laid_out(const Chip& chip, const Model& model, const basic_serving_plan<T>& plan) {
  const auto writing = detail::ranks_can_be_laid_out(chip, model, plan);
  if (!may_hold(plan.disaggregated())) return writing;
  if constexpr (models::generates_tokens<Model>()) {
    return writing && detail::ranks_can_be_laid_out(chip, model, plan.of_reading());
  } else {
    return writing && !plan.disaggregated();  // a model that writes no tokens has one pool
  }
}

// What one replica of each pool of a plan does.
template <number T = double>
struct pool_figures {
  serving_figures<T> writing;                     // of the pool that writes; where it is the only one, it reads too
  serving_figures<T> reading;                     // of the pool that only reads; its calls are 0 where there is none
  quantity<unit::second, T> time_to_first_token;  // includes sending the cache from pool to pool
};

// A demand for calls, the model that answers them, and the chips and the infrastructure that it runs on.
template <number T, class Chip, class Infrastructure, class Model>
struct serving_task {
  const Chip& chip;
  const Infrastructure& infrastructure;
  const Model& model;
  call_demand<T> demand;
  T spread = T(0);  // of the answers' lengths: variance over squared mean

  constexpr serving_task(const Chip& on, const Infrastructure& inside, const Model& of, const call_demand<T>& asked)
      : chip(on), infrastructure(inside), model(of), demand(widened<T>(asked)) {}

  // The demand on the pool that writes: the whole of it or, where another pool reads, calls whose whole input is cached
  // already and whose first token has no objective.
  call_demand<T> of_writing(const basic_serving_plan<T>& plan) const {
    const auto apart = plan.disaggregated();
    call_demand<T> d = demand;
    d.cached_share = where(apart, T(1), d.cached_share);
    d.time_to_first_token =
        where(apart, objective_or_none(quantity<unit::second, T>(unknown<>)), d.time_to_first_token);
    return d;
  }
  // The demand on the pool that reads: the first token of each call, in the time that its objective leaves for it once the
  // cache has been sent.
  call_demand<T> of_reading(const basic_serving_plan<T>& plan) const {
    constexpr double least = 1e-9;  // of the objective, kept where sending takes all of it: an objective is above 0
    call_demand<T> d = demand;
    d.output = T(1) * units::token;
    d.time_to_first_token =
        max(d.time_to_first_token - cache_transfer_time(plan), d.time_to_first_token * number_cast<T>(least));
    d.time_per_output_token = objective_or_none(quantity<unit::second_per_token, T>(unknown<>));
    return d;
  }
  // The plan of the pool that reads. A step holds as many prompts as its token budget does.
  basic_serving_plan<T> plan_of_reading(const basic_serving_plan<T>& plan) const {
    basic_serving_plan<T> p = plan.of_reading();
    p.software.largest_batch = max(p.software.token_budget / (replica_under(p, demand).fresh() + T(1)), T(1));
    return p;
  }

  // Whether a plan has a place for the caches of sessions that wait: they are not followed from pool to pool.
  auto follows_sessions(const basic_serving_plan<T>& plan) const {
    return !plan.disaggregated() || !(demand.waiting_time > quantity<unit::second, T>());
  }

  // The figures of one replica of each pool. Under a plan that cannot be laid out or does not follow sessions that wait, or of
  // calls that the model was not made for, or on a chip without units for the model's products, no pool answers calls.
  //   one pool:   serve() of the demand
  //   two pools:  serve() of of_writing(plan), and of of_reading(plan) under plan_of_reading(plan); the first token comes when
  //               it is computed and the cache has been sent
  pool_figures<T> figures(const basic_serving_plan<T>& plan) const {
    pool_figures<T> f;
    f.writing = serve(replica_under(plan, of_writing(plan)));
    f.time_to_first_token = f.writing.time_to_first_token;
    const auto apart = plan.disaggregated();
    const quantity<unit::per_second, T> none{};
    if (may_hold(apart)) {
      f.reading = serve(replica_under(plan_of_reading(plan), of_reading(plan)));
      f.writing.calls = where(!apart || f.reading.calls > none, f.writing.calls, none);
      f.reading.calls = where(apart && f.writing.calls > none, f.reading.calls, none);
      f.time_to_first_token =
          where(apart, f.reading.time_to_first_token + cache_transfer_time(plan), f.time_to_first_token);
    }
    const auto possible = can_be_laid_out(chip, model, plan) && multiplies(chip, model) && is_made_for(model, demand) &&
                          follows_sessions(plan);
    f.writing.calls = where(possible, f.writing.calls, none);
    return f;
  }

private:
  replica<T, Chip, Infrastructure, Model> replica_under(const basic_serving_plan<T>& plan,
                                                        const call_demand<T>& asked) const {
    auto r = replica_of<T>(chip, infrastructure, model, plan, asked);
    r.spread = spread;
    return r;
  }
  // The time to send the cache of a prompt from the pool that reads to the one that writes. Each chip that writes receives what
  // it holds of the cache, all at the same time.
  quantity<unit::second, T> cache_transfer_time(const basic_serving_plan<T>& plan) const {
    const auto exchanges = serving_exchanges<T>(chip, infrastructure, plan.software.direct_all_reduce);
    const quantity<unit::byte, T> of_a_chip =
        model.cache(prompt_positions(model, demand) * units::token, plan.split()) * plan.attention_data;
    return exchanges.time(collective<T>{.kind = exchange::point_to_point,
                                        .bytes = of_a_chip,
                                        .ranks = T(2),
                                        .stride = number_cast<T>(chip.scale_up_domain)});
  }
};

}  // namespace layercake
