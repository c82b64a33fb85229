// Between which bills what will be measured lies.
#pragma once

#include <cmath>
#include <concepts>
#include <layercake/bulk/space/random.hpp>
#include <layercake/number/check.hpp>
#include <layercake/stack/expected.hpp>
#include <string_view>
#include <type_traits>

namespace layercake::planning {

// Two bills of one service under one plan: the one whose costs, energy, chips and times are low, and the one where they are high.
template <class Bill>
struct bill_interval {
  Bill low, high;
};

namespace detail {
// A plan whose predictions of serving are all off by `normal` deviations, to the dear side where that is above 0.
template <class Stack>
auto plan_off_by(const Stack& service, const basic_serving_plan<double>& plan, double normal) {
  const auto times = [&](std::string_view group) {
    const expected_error* e = error_of(service, group);
    return e == nullptr ? 1.0 : std::exp(normal * e->deviation());
  };
  basic_serving_plan<double> p = plan;
  p.correction.throughput /= times("serving_throughput");
  p.correction.energy *= times("energy");
  p.correction.time_to_first_token *= times("ttft");
  p.correction.time_per_output_token *= times("serving_latency");
  return p;
}
}  // namespace detail

// The bills between which a figure of `service` lies with `probability`, as far as the laws of serving are off and nothing else:
//   throughput of a replica  q = q0 exp(-s z);  energy of a call  e = e0 exp(t z);  times likewise;  z = -z0 and z0, the (1 + probability)/2 normal quantile
// s, t: expected_error::deviation of serving_throughput and energy in the regime of the service. Chips and what is bought with them go as 1/q, the
// chips' energy as e, what follows neither (royalties, the application) stays; each bill is made by the formulas of billing, so that whole replicas,
// hosts, demand charges and buildings follow. All errors are taken to go together, dear with dear: what is slow draws power for longer. Each cost is
// then a rising function of the one variate z, whose quantiles are those of z; were the errors independent, the interval would hold more
// (comonotonic sums: Dhaene et al., Insurance: Mathematics and Economics 31, 2002). Leaves out: prices, demand and all else that is not predicted
// (bulk::log_normal on plan.correction beside them does a Monte Carlo of both). Errors of sources left out tell of published benchmarks, in the mean.
// Throws invalid_value for a probability that is not between 0 and 1, and what pull throws. Worked number: a deviation of 0.2 and a probability of
// 0.9: 1.39 times the chips, or 0.72 times.
template <class... Layer>
  requires std::same_as < typename stack<Layer...>::number_type,
double > auto interval_of(const stack<Layer...>& service, double probability, counting how = counting::whole) {
  check_within("probability", probability, domain{0, 1, true, true},
               "Give the probability of lying between two bills.");
  const double normal = bulk::normal_quantile((1 + probability) / 2);
  const auto s = service.composed();
  const auto at = [&](double z) { return s.with(detail::plan_off_by(s, s.plan_of(how), z)).pull(how); };
  const auto low = at(-normal);
  return bill_interval<std::remove_const_t<decltype(low)>>{low, at(normal)};
}

}  // namespace layercake::planning
