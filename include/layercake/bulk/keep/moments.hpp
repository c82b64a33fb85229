// Means, variances and covariances of results.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <layercake/bulk/keep/bytes.hpp>
#include <layercake/bulk/keep/results.hpp>
#include <layercake/bulk/space/values.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

namespace layercake::bulk {

namespace detail {

// Sums over a block in eight lanes, whatever the width of the machine's: lane k adds items k, k + 8, ... The item of a group of eight is given
// by f(first of the group) as a `lanes_of_eight`.
struct lanes_of_eight {
  using B = batch<double>;
  static constexpr std::size_t parts = B::size < 8 ? 8 / B::size : 1;
  std::array<B, parts> part;

  static lanes_of_eight zero() {
    lanes_of_eight x;
    for (B& b : x.part)
      b = B(0.0);
    return x;
  }
  static lanes_of_eight from(const double* p) {
    lanes_of_eight x;
    for (std::size_t k = 0; k < parts; ++k)
      x.part[k] = read_lanes<B::arch_type>(p + k * B::size);
    return x;
  }
  double total() const {
    double x[8];
    for (std::size_t k = 0; k < parts; ++k)
      write_lanes(x + k * B::size, part[k]);
    return ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]));
  }
};
static_assert(lanes_of_eight::B::size <= 8);

}  // namespace detail

// Number, means, and central second moments of N results, by Chan's pairwise update of blocks (Chan, Golub, LeVeque, 1983). Sums of a block
// run in eight fixed lanes, whatever the width of the machine's.
template <real S, std::size_t N>
struct moments_state {
  double n = 0;
  std::array<double, N> mean{};
  std::array<double, N*(N + 1) / 2> second{};  // sums of products of deviations, lower triangle

  void add(const results<S>& r) {
    using L = detail::lanes_of_eight;
    using B = L::B;
    // As doubles, in whole groups of eight; what does not count, or lies behind the end, is NaN in every column.
    const std::size_t groups = (r.n + 7) / 8;
    alignas(64) std::array<std::array<double, largest_block>, N> x;
    for (std::size_t k = 0; k < N; ++k) {
      for (std::size_t i = 0; i < r.n; ++i)
        x[k][i] = static_cast<double>(r.column[k][i]);
      for (std::size_t i = r.n; i < 8 * groups; ++i)
        x[k][i] = std::numeric_limits<double>::quiet_NaN();
    }
    const auto counted = [&](std::size_t at) {  // of B::size items
      B sum(0.0);
      for (std::size_t k = 0; k < N; ++k) {
        const B v = read_lanes<B::arch_type>(x[k].data() + at);
        sum = sum + (v - v);
      }
      return sum == B(0.0);
    };
    moments_state b;
    L number = L::zero();
    std::array<L, N> sum;
    for (L& l : sum)
      l = L::zero();
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t p = 0; p < L::parts; ++p) {
        const std::size_t at = 8 * g + p * B::size;
        const auto ok = counted(at);
        number.part[p] = number.part[p] + xsimd::select(ok, B(1.0), B(0.0));
        for (std::size_t k = 0; k < N; ++k)
          sum[k].part[p] = sum[k].part[p] + xsimd::select(ok, read_lanes<B::arch_type>(x[k].data() + at), B(0.0));
      }
    }
    b.n = number.total();
    if (b.n == 0) return;
    for (std::size_t k = 0; k < N; ++k)
      b.mean[k] = sum[k].total() / b.n;
    std::array<L, N*(N + 1) / 2> squares;
    for (L& l : squares)
      l = L::zero();
    for (std::size_t g = 0; g < groups; ++g) {
      for (std::size_t p = 0; p < L::parts; ++p) {
        const std::size_t at = 8 * g + p * B::size;
        const auto ok = counted(at);
        std::array<B, N> d;
        for (std::size_t k = 0; k < N; ++k)
          d[k] = xsimd::select(ok, read_lanes<B::arch_type>(x[k].data() + at) - B(b.mean[k]), B(0.0));
        std::size_t q = 0;
        for (std::size_t k = 0; k < N; ++k) {
          for (std::size_t l = 0; l <= k; ++l, ++q)
            squares[q].part[p] = squares[q].part[p] + d[k] * d[l];
        }
      }
    }
    for (std::size_t p = 0; p < squares.size(); ++p)
      b.second[p] = squares[p].total();
    merge(b);
  }
  void merge(const moments_state& o) {
    if (o.n == 0) return;
    if (n == 0) {
      *this = o;
      return;
    }
    const double all = n + o.n;
    std::size_t p = 0;
    std::array<double, N> d;
    for (std::size_t k = 0; k < N; ++k)
      d[k] = o.mean[k] - mean[k];
    for (std::size_t k = 0; k < N; ++k) {
      for (std::size_t l = 0; l <= k; ++l, ++p)
        second[p] += o.second[p] + d[k] * d[l] * (n * o.n / all);
    }
    for (std::size_t k = 0; k < N; ++k)
      mean[k] += d[k] * (o.n / all);
    n = all;
  }
  void save(writer& w) const { w.put(*this); }
  void load(reader& r) { r.get(*this); }
};

template <class Q, class Squared>
struct spread {
  double points = 0;  // that entered
  Q mean{};
  Squared variance{};  // of the sample: over n - 1
  Q deviation{};
  Q error_of_mean{};
};

template <class Figure>
struct moments_of {
  std::tuple<Figure> of;
  template <real S>
  moments_state<S, 1> start() const {
    return {};
  }
  void describe(writer& w) const { w.put('m'); }
  template <real S, class Unit>
  auto finish(const moments_state<S, 1>& s) const {
    using Squared = quantity_t<typename square_unit<Unit>::type, double>;
    const double v = s.n > 1 ? s.second[0] / (s.n - 1) : 0.0;
    return spread<quantity_t<Unit, double>, Squared>{
        s.n, detail::typed<Unit>(s.mean[0]), detail::typed<typename square_unit<Unit>::type>(v),
        detail::typed<Unit>(std::sqrt(v)), detail::typed<Unit>(s.n > 0 ? std::sqrt(v / s.n) : 0.0)};
  }

private:
  template <class Unit>
  struct square_unit {
    using type = unit::multiplied<Unit, Unit>;
  };
  template <class Unit>
    requires std::is_void_v<Unit>
  struct square_unit<Unit> {
    using type = void;
  };
};

// Mean, variance, deviation of f over the points where it is finite.
template <class Figure>
moments_of<Figure> moments(Figure f) {
  return {{std::move(f)}};
}

// Means and covariances of several results, and their correlations.
template <std::size_t N>
struct joint_spread {
  double points = 0;
  std::array<std::array<double, N>, N> correlation{};
  std::array<double, N> mean{};  // in base units, as is the covariance
  std::array<std::array<double, N>, N> covariance{};
};
template <class... Figure>
struct covariance_of {
  std::tuple<Figure...> of;
  static constexpr std::size_t N = sizeof...(Figure);
  template <real S>
  moments_state<S, N> start() const {
    return {};
  }
  void describe(writer& w) const { w.put('v'); }
  template <real S, class...>
  joint_spread<N> finish(const moments_state<S, N>& s) const {
    joint_spread<N> j{s.n, {}, s.mean, {}};
    std::size_t p = 0;
    for (std::size_t k = 0; k < N; ++k) {
      for (std::size_t l = 0; l <= k; ++l, ++p)
        j.covariance[k][l] = j.covariance[l][k] = s.n > 1 ? s.second[p] / (s.n - 1) : 0.0;
    }
    for (std::size_t k = 0; k < N; ++k) {
      for (std::size_t l = 0; l < N; ++l) {
        const double scale = std::sqrt(j.covariance[k][k] * j.covariance[l][l]);
        j.correlation[k][l] = k == l ? 1.0 : scale > 0 ? j.covariance[k][l] / scale : 0.0;
      }
    }
    return j;
  }
};
template <class... Figure>
covariance_of<Figure...> covariance(Figure... f) {
  return {{std::move(f)...}};
}

}  // namespace layercake::bulk
