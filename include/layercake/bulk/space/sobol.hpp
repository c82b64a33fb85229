// Sobol points: a sample that fills the space more evenly than random numbers, so that means converge like 1/n instead of 1/sqrt(n).
#pragma once

#include <boost/random/sobol.hpp>
#include <cstddef>
#include <cstdint>
#include <layercake/bulk/space/random.hpp>
#include <layercake/bulk/space/samples.hpp>
#include <memory>
#include <string>
#include <vector>

namespace layercake::bulk {

namespace detail {
// Point i is the exclusive or of the direction numbers at the bits of gray(i + 1), with a random digital shift per input. The direction numbers
// are read off Boost's generator (Joe and Kuo, SIAM J. Sci. Comput. 30, 2008), so that any point can be computed by itself.
struct sobol_source final : point_source {
  std::size_t inputs;
  std::vector<std::uint64_t> direction;  // [input][bit]
  std::vector<std::uint64_t> shift;

  sobol_source(std::uint64_t seed, std::size_t n) : inputs(n), direction(n * bits), shift(n, 0) {
    boost::random::sobol points(n);
    for (std::size_t bit = 0; bit < bits; ++bit) {
      // Boost leaves out the point 0: its point j is x(j + 1). gray(2^(bit+1) - 1) has that bit alone.
      boost::random::sobol at = points;
      at.seed((std::uint64_t(2) << bit) - 2);
      for (std::size_t k = 0; k < n; ++k)
        direction[k * bits + bit] = at();
    }
    if (seed != 0) {
      for (std::size_t k = 0; k < n; ++k)
        shift[k] = threefry({k, 0}, {seed, 0x736f626f6c /* "sobol" */}).a;
    }
  }
  void fill(std::uint64_t first, std::size_t n, double* const* out) const override {
    for (std::size_t k = 0; k < inputs; ++k) {
      const std::uint64_t* const v = direction.data() + k * bits;
      const std::uint64_t at = first + 1;
      const std::uint64_t gray = at ^ (at >> 1);
      std::uint64_t x = shift[k];
      for (std::size_t bit = 0; bit < bits; ++bit)
        x ^= ((gray >> bit) & 1) != 0 ? v[bit] : 0;
      for (std::size_t i = 0; i < n; ++i) {
        out[k][i] = unit_interval(x);
        x ^= v[__builtin_ctzll(at + i + 1)];
      }
    }
  }
  bool listed() const override { return false; }

private:
  static constexpr std::size_t bits = 48;  // 2.8e14 points
};
}  // namespace detail

// `points` Sobol points, best a power of two, shifted at random by `seed`; 0: the points themselves. At most 2^47 points, 3,667 inputs.
inline sample sobol(double points, std::uint64_t seed = 1) {
  require_axis(points <= 0x1p47, "a Sobol sample has more than 2^47 points");
  return {detail::require_points(points, "a Sobol sample"), seed,
          [](std::uint64_t s, std::size_t n) -> std::shared_ptr<const point_source> {
            require_axis(n <= boost::random::default_sobol_table::max_dimension,
                         "Sobol points for " + std::to_string(n) + " inputs; allowed: to " +
                             std::to_string(boost::random::default_sobol_table::max_dimension));
            return std::make_shared<detail::sobol_source>(s, n);
          }};
}

}  // namespace layercake::bulk
