// What tasks are worth: reliability, cost of a user, acceleration of work, tokens of long conversations.
#pragma once

#include <layercake/applications/application.hpp>
#include <layercake/economics/elasticity.hpp>

namespace layercake::applications {

// ---- reliability -----------------------------------------------------------------------------------------------------------

// Success of a task of n steps that each succeed with probability p and must all succeed: p^n. Domain: 0 <= p <= 1, n >= 0. Left out:
// correlation of failures, steps that repair an earlier one. Throws nothing. Source: series reliability, any text on it.
// Worked number: 0.95^50 = 0.0769.
template <number P, class Count>
constexpr auto chain_success(const P& per_step, const Count& steps) {
  return pow(per_step, steps);
}

// Success of the best of n independent tries that a verifier without error picks from: 1 - (1 - p)^n. With `tries` of each step it is also
// the reliability of a step with retries. Domain: 0 <= p < 1, n >= 0. Left out: verifiers that err, tries that fail alike. Throws nothing.
// Source: Brown et al., Large Language Monkeys (2024), coverage.
// Worked number: p = 0.2, n = 10: 0.8926.
template <number P, class Count>
constexpr auto best_of(const P& per_try, const Count& tries) {
  using R = promote_t<P, Count>;
  return R(-expm1(number_cast<R>(tries) * log1p(-number_cast<R>(per_try))));
}

// What an attempt at a task is worth on the mean: success * value - cost [USD]. The cost is paid whether it succeeds or not.
// Worked number: 75 $ at 0.99^50 for 3.60 $: +41.78 $.
template <number S, number V, number C>
constexpr auto expected_value(const S& success, const quantity<unit::usd, V>& value,
                              const quantity<unit::usd, C>& cost) {
  return value * success - cost;
}

// The cost of an attempt above which it does not pay: success * value [USD]. Worked number: 75 $ at 0.99^50: 45.38 $.
template <number S, number V>
constexpr auto break_even_cost(const S& success, const quantity<unit::usd, V>& value) {
  return value * success;
}

// The reliability per step below which a task of n steps does not pay: (cost / value)^(1/n) [1]; above 1 if it never does. Domain: value > 0,
// n > 0. At it expected_value is 0.
// Worked number: 32.40 $ of 75 $ in 50 steps: 0.9834.
template <number V, number C, class Count>
constexpr auto break_even_reliability(const quantity<unit::usd, V>& value, const quantity<unit::usd, C>& cost,
                                      const Count& steps) {
  using R = promote_all_t<V, C, Count>;
  return pow(R(cost / value), number_cast<R>(1) / number_cast<R>(steps));
}

// ---- users and price -------------------------------------------------------------------------------------------------------

// What a daily active user (DAU) costs per time, for what a task costs: cost per task * tasks per user and time [USD/s]. `in<usd / day>` of it
// is $/DAU-day.
// Worked number: 0.005 $ a task, 12 tasks a day: 0.06 $ a day.
template <number C, number T>
constexpr auto cost_per_daily_user(const quantity<unit::usd, C>& cost_per_task,
                                   const quantity<unit::per_second, T>& tasks_per_user) {
  return cost_per_task * tasks_per_user;
}

// The cost of a daily user that revenue can bear, in the unit of the revenue: revenue per user * (1 - margin - share of revenue that is spent
// on winning users). Below 0 where the two shares pass 1.
// Worked number: 0.05 $ a day, 20 % margin, 30 % acquisition: 0.025 $ a day.
template <class Revenue, number M, number A>
constexpr auto affordable_cost_per_daily_user(const Revenue& revenue_per_user, const M& margin,
                                              const A& acquisition_share) {
  using R = promote_t<M, A>;
  return revenue_per_user * (number_cast<R>(1) - number_cast<R>(margin) - number_cast<R>(acquisition_share));
}

// ---- acceleration of work --------------------------------------------------------------------------------------------------

// Throughput of a person, over before, if a share s of the working time gets a times faster: 1 / (1 - s + s / a), at most 1 / (1 - s).
// Domain: 0 <= s <= 1, a > 0. Left out: work that is added, waiting for others. Throws nothing.
// Source: Amdahl, Validity of the single processor approach, AFIPS 30 (1967). Worked number: s = 0.36, a = 2: 1.2195.
template <number S, number A>
constexpr auto accelerated_throughput(const S& affected_share, const A& acceleration) {
  using R = promote_t<S, A>;
  const R s = number_cast<R>(affected_share);
  return R(number_cast<R>(1) / (number_cast<R>(1) - s + s / number_cast<R>(acceleration)));
}

// The acceleration of the share s that an observed throughput g (over before) implies, the inverse of accelerated_throughput:
// s / (1/g - 1 + s); infinite or negative where g is more than 1 / (1 - s) allows. Domain: 0 < s <= 1, g > 0.
// Worked number: s = 0.36, g = 1.2: 1.862.
template <number S, number G>
constexpr auto implied_acceleration(const S& affected_share, const G& throughput) {
  using R = promote_t<S, G>;
  const R s = number_cast<R>(affected_share);
  return R(s / (number_cast<R>(1) / number_cast<R>(throughput) - number_cast<R>(1) + s));
}

// People needed after over before, if each does g times as much, the gain is passed on as price, and demand answers with elasticity e:
// demand response / g = g^(-e - 1). For g > 1 jobs grow exactly if e < -1. Domain: g > 0. Left out: wages that answer, time to adjust.
// Source: the argument of Bessen, AI and jobs: the role of demand, NBER working paper 24235 (2018). Worked number: g = 1.2, e = -1.5: 1.095.
template <number G, number T>
constexpr auto labour_response(const G& throughput, const economics::price_elasticity<T>& e) {
  using R = promote_t<G, T>;
  const R g = number_cast<R>(throughput);
  return economics::demand_response(number_cast<R>(1) / g, e) / g;
}

// ---- tokens of a conversation ----------------------------------------------------------------------------------------------

// Input read over n turns if each adds t tokens and rereads everything before: n (n + 1) / 2 * t [token]. Domain: n >= 0.
// Worked number: 100 turns of 2,000: 10.1 million tokens.
template <class Count, number T>
constexpr auto conversation_input(const Count& turns, const quantity<unit::token, T>& per_turn) {
  using R = promote_t<Count, T>;
  const R n = number_cast<R>(turns);
  return per_turn * (n * (n + number_cast<R>(1)) * number_cast<R>(0.5));
}

// The same where the context is compressed to a window of W tokens: the sum over k of min(k t, W), in closed form with m = floor(W / t)
// turns before the window is full: m (m + 1) / 2 * t + (n - m) * W. Left out: the calls that compress.
// Worked number: 100 turns of 2,000 in a window of 32,000: 2.96 million tokens.
template <class Count, number T, number W>
constexpr auto conversation_input(const Count& turns, const quantity<unit::token, T>& per_turn,
                                  const quantity<unit::token, W>& window) {
  using R = promote_all_t<Count, T, W>;
  const R n = number_cast<R>(turns);
  const R growing = (min)(n, floor(number_cast<R>(window / per_turn)));
  return conversation_input(growing, per_turn) + window * (n - growing);
}

// Of conversation_input without a window, what an earlier turn has already read and a prefix cache can hold: n (n - 1) / 2 * t.
// Worked number: 100 turns of 2,000: 9.9 of 10.1 million tokens, 98 %.
template <class Count, number T>
constexpr auto reusable_input(const Count& turns, const quantity<unit::token, T>& per_turn) {
  using R = promote_t<Count, T>;
  const R n = number_cast<R>(turns);
  return per_turn * (n * (n - number_cast<R>(1)) * number_cast<R>(0.5));
}

// What tokens cost where `cached` of the `input` are charged at a share of its price:
//   (input - cached (1 - share)) * input price + output * output price   [USD].   Domain: 0 <= cached <= input.
// Worked number: 1 M in, 40 k out at 3 and 15 $/Mtok: 3.60 $; with 90 % of the input cached at a tenth: 1.17 $.
template <number A, number B, number C, class Share, number P, number Q>
constexpr auto price_of_tokens(const quantity<unit::token, A>& input, const quantity<unit::token, B>& cached,
                               const Share& cached_price_share, const quantity<unit::token, C>& output,
                               const quantity<unit::usd_per_token, P>& input_price,
                               const quantity<unit::usd_per_token, Q>& output_price) {
  using R = promote_t<Share, P>;
  return (input - cached * (number_cast<R>(1) - number_cast<R>(cached_price_share))) * input_price +
         output * output_price;
}

}  // namespace layercake::applications
