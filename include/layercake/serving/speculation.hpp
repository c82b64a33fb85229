// Speculative decoding: a cheap draft proposes tokens, one pass of the model accepts a run of them.
#pragma once

#include <layercake/core/fields.hpp>
#include <tuple>

namespace layercake {

// No drafting by default.
template <number T = double>
struct basic_speculation {
  T drafted = T(0);     // tokens proposed per pass
  T acceptance = T(0);  // probability that the next drafted token is accepted
  T draft_cost = T(0);  // time of drafting one token over a pass of the model for one token a sequence

  template <number Other>
  using with_number = basic_speculation<Other>;
  static constexpr auto fields() {
    using X = basic_speculation;
    return std::tuple{
        field("drafted", &X::drafted, domain{0, 64}, "tokens that the draft proposes per pass of the model"),
        field("acceptance", &X::acceptance, domain{0, 1, false, true}, "probability that a drafted token is accepted"),
        field("draft_cost", &X::draft_cost, domain{0, 10},
              "time of drafting a token over that of a pass of the model")};
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
