// How long the answers of many samples are, and how long the longest of them is.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <layercake/core/fields.hpp>
#include <layercake/core/unknown.hpp>
#include <layercake/units/kind.hpp>
#include <layercake/units/named.hpp>
#include <numbers>
#include <tuple>

namespace layercake {

// Lengths of the answers that a model writes if nothing stops it, lognormal, and the length at which it is stopped. An assumption:
// lengths of reasoning have a long tail (Zhou et al., APRIL, arXiv:2509.18521, 2025), of which more than a mean is seldom published.
template <number T = double>
struct basic_response_lengths {
  output_tokens<T> mean = unknown<>;
  T variation = T(0);  // standard deviation over the mean; 0: all are of one length
  output_tokens<T> longest = unknown<>;

  template <number Other>
  using with_number = basic_response_lengths<Other>;
  static constexpr auto fields() {
    using X = basic_response_lengths;
    return std::tuple{
        field("mean", &X::mean, domain{1, largest_sensible}, "tokens of an answer that nothing stops, in the mean"),
        field("variation", &X::variation, domain{0, 3}, "standard deviation of the answers' lengths over their mean"),
        field("longest", &X::longest, domain{1, largest_sensible}, "tokens at which an answer is stopped")};
  }
  void rules(findings& f) const requires real<T> {
    f.check_at_most("mean", mean, "longest", longest, "Let answers be longer, or say what they are without a limit.");
  }
};
using response_lengths = basic_response_lengths<>;

// The share of samples that are longer than a length, between nodes along which its logarithm falls evenly. Nodes stand at fixed
// shares of a distribution: a length of another number type moves them and leaves the shares, so that nothing branches.
template <number T>
struct length_curve {
  static constexpr std::size_t segments = 56;
  std::array<T, segments + 1> length{};   // from 0 on, in tokens
  std::array<T, segments + 1> longer{};   // share of samples, at each
  std::array<T, segments> half_longer{};  // and half way from each to the next

  constexpr T width(std::size_t i) const { return length[i + 1] - length[i]; }
  // The mean over a segment of a figure of the share, by Simpson's rule.
  template <class Figure>
  constexpr T over_segment(std::size_t i, Figure&& of_share) const {
    return (of_share(longer[i]) + T(4) * of_share(half_longer[i]) + of_share(longer[i + 1])) * number_cast<T>(1.0 / 6);
  }
  // The integral of a figure of the share over all lengths, in tokens.
  template <class Figure>
  constexpr T integral(Figure&& of_share) const {
    T sum(0);
    for (std::size_t i = 0; i < segments; ++i)
      sum += width(i) * over_segment(i, of_share);
    return sum;
  }
  constexpr T mean() const {
    return integral([](const T& s) { return s; });
  }
};

namespace detail {
// Normal scores of the nodes behind the first, a fifth apart: what is shorter than all but three of ten million samples, or longer than
// all but one of a thousand million, is not told apart.
inline constexpr double lowest_score = -5, highest_score = 6;
inline constexpr double most_longer = 1 - 1.0 / (1 << 22);  // a share taken for all: below 1 in every number type

// ln P(Z > z) at the nodes, Z standard normal; 0 at the first, before which there is no length.
inline const auto& log_tails() {
  static const auto tails = [] {
    std::array<double, length_curve<double>::segments + 1> t{};
    const double step = (highest_score - lowest_score) / static_cast<double>(t.size() - 2);
    for (std::size_t i = 1; i < t.size(); ++i) {
      const double score = lowest_score + step * static_cast<double>(i - 1);
      t[i] = std::log(std::erfc(score / std::numbers::sqrt2) / 2);
    }
    return t;
  }();
  return tails;
}
inline double score_of_node(std::size_t i) {
  const double step = (highest_score - lowest_score) / static_cast<double>(length_curve<double>::segments - 1);
  return lowest_score + step * static_cast<double>(i - 1);
}
}  // namespace detail

// The curve of a distribution given by its quantiles: length_at(z, ln p) is the length that the share p of samples exceeds, z the
// normal score of p. Lengths above `longest` are cut to it.
template <number T, class Quantile>
length_curve<T> length_curve_of(const T& longest, Quantile&& length_at) {
  length_curve<T> c;
  const auto& tails = detail::log_tails();
  T log_longer(0), uncut_before(0);
  c.longer[0] = T(1);
  for (std::size_t i = 0; i < c.segments; ++i) {
    const T uncut = length_at(detail::score_of_node(i + 1), tails[i + 1]);
    c.length[i + 1] = min(uncut, longest);
    const T whole = uncut - uncut_before;
    const T part = where(whole > T(0), c.width(i) / where(whole > T(0), whole, T(1)), T(1));
    const T fall = number_cast<T>(tails[i + 1] - tails[i]) * part;
    c.half_longer[i] = exp(log_longer + fall * T(0.5));
    log_longer = log_longer + fall;
    c.longer[i + 1] = exp(log_longer);
    uncut_before = uncut;
  }
  return c;
}

// Of lognormal lengths, l = exp(m + s z),  s^2 = ln(1 + variation^2),  m = ln(mean) - s^2 / 2.
// The mean of the curve and that of the longest of up to a million samples are within 0.1 % of the distribution's up to a variation of 0.7,
// 0.4 % up to 1.5, 5 % at 3. Worked number: a mean of 1000, a variation of 1, cut at 4000 tokens: 969 tokens in the mean.
template <number T>
length_curve<T> length_curve_of(const basic_response_lengths<T>& lengths) {
  constexpr double negligible = 1e-12;  // of the squared variation: ln(1 + x) is x
  const T square = lengths.variation * lengths.variation;
  const T ratio =
      where(square > number_cast<T>(negligible), log1p(square) / max(square, number_cast<T>(negligible)), T(1));
  const T sigma = lengths.variation * sqrt(ratio);
  const T m = log(in<units::token>(lengths.mean)) - sigma * sigma * T(0.5);
  return length_curve_of<T>(in<units::token>(lengths.longest),
                            [&](double score, double) { return exp(m + sigma * number_cast<T>(score)); });
}

// The probability that one sample at least of so many is longer, where the share `longer` of them is: 1 - (1 - S)^n.
template <number T>
constexpr T any_longer(const T& longer, const T& samples) {
  return -expm1(samples * log1p(-min(longer, number_cast<T>(detail::most_longer))));
}

// The mean length of the longest of so many samples: E[max] = integral of 1 - (1 - S(l))^n dl.
// Source: David, Nagaraja, Order Statistics, 2003, section 3.1. Worked number: of 64 exponential lengths with a mean of 1000 tokens:
// 1000 H_64 = 4744 tokens.
template <number T>
constexpr T longest_of(const length_curve<T>& curve, const T& samples) {
  return curve.integral([&](const T& s) { return any_longer(s, samples); });
}

}  // namespace layercake
