// Speculative decoding: a cheap draft proposes tokens, one pass of the model accepts a run of them.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/unknown.hpp>
#include <layercake/units/named.hpp>
#include <tuple>

namespace layercake {

// No drafting by default.
template <number T = double>
struct basic_speculation {
  T drafted = T(0);     // tokens proposed per pass
  T acceptance = T(0);  // probability that the next drafted token is accepted
  T draft_cost = T(0);  // time of drafting one token over a pass of the model for one token a sequence
  quantity<unit::byte, T> draft_weights = unknown<>;  // of the draft, on one chip; unknown: draft_memory

  template <number Other>
  using with_number = basic_speculation<Other>;
  static constexpr auto fields() {
    using X = basic_speculation;
    return std::tuple{
        field("drafted", &X::drafted, domain{0, 64}, "tokens that the draft proposes per pass of the model"),
        field("acceptance", &X::acceptance, domain{0, 1, false, true}, "probability that a drafted token is accepted"),
        field("draft_cost", &X::draft_cost, domain{0, 10}, "time of drafting a token over that of a pass of the model"),
        field("draft_weights", &X::draft_weights, nonnegative.or_unknown(),
              "weights of the draft on one chip, unknown for the share of the model's that draft_cost says")};
  }

  // Weights of the draft on a chip that holds `weights` of the model; none where nothing is drafted. A pass that writes few tokens takes as
  // long as its weights take to read, so that a draft is taken to hold draft_cost of the model's. Assumed. Leaves out: the draft's cache.
  // Worked number: a draft_cost of 0.03 beside 70 GB: 2.1 GB.
  constexpr quantity<unit::byte, T> draft_memory(const quantity<unit::byte, T>& weights) const {
    const quantity<unit::byte, T> held = where(is_known(draft_weights), draft_weights, weights * draft_cost);
    return where(drafted > T(0), held, quantity<unit::byte, T>());
  }

  // Tokens that one pass writes: 1 + a + ... + a^g = (1 - a^(g+1)) / (1 - a), acceptances taken as independent.
  // Source: Leviathan, Kalman, Matias, "Fast Inference from Transformers via Speculative Decoding", ICML 2023, equation 1.
  // Worked number: a = 0.8, g = 4: 3.3616 tokens.
  constexpr T tokens_per_pass() const {
    const T a = max(acceptance, number_cast<T>(1e-12));
    return (T(1) - exp((drafted + T(1)) * log(a))) / (T(1) - a);
  }
};
using speculation = basic_speculation<>;

}  // namespace layercake
