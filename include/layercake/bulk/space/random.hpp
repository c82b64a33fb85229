// Random numbers that are a function of where they are used: draw i of input k under a seed is the same number for any number of threads, any
// order, any restart.
#pragma once

#include <layercake/config.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>

namespace layercake::bulk {

struct random_words {
  std::uint64_t a, b;
};

namespace detail {
// Of Threefry-2x64: its rounds, its rotations, and the parity of its key schedule (Salmon et al. 2011, tables 2 and 3).
inline constexpr int threefry_rounds = 20;
inline constexpr int threefry_rotation[8] = {16, 42, 12, 31, 16, 32, 24, 21};
inline constexpr std::uint64_t threefry_parity = 0x1BD11BDAA9FC1A22u;
}  // namespace detail

// Threefry-2x64 with 20 rounds: 128 random bits for a counter of 128 bits under a key of 128 bits, by additions, rotations and exclusive ors of
// 64-bit words. Passes BigCrush (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, table 2).
constexpr random_words threefry(random_words counter, random_words key) {
  using namespace detail;
  const std::uint64_t schedule[3] = {key.a, key.b, threefry_parity ^ key.a ^ key.b};
  std::uint64_t x = counter.a + schedule[0], y = counter.b + schedule[1];
  for (int round = 0; round < threefry_rounds; ++round) {
    const int r = threefry_rotation[round % 8];
    x += y;
    y = (y << r) | (y >> (64 - r));
    y ^= x;
    if (round % 4 == 3) {
      const int s = round / 4 + 1;
      x += schedule[s % 3];
      y += schedule[(s + 1) % 3] + static_cast<std::uint64_t>(s);
    }
  }
  return {x, y};
}

// 64 random bits as a number above 0 and below 1: the middle of one of 2^52 equal cells.
constexpr double unit_interval(std::uint64_t bits) { return (static_cast<double>(bits >> 12) + 0.5) * 0x1p-52; }

// Draws 2 j and 2 j + 1 are the two words of counter j. Fills out[i] = draw first + i of `stream` under `seed`, on (0, 1).
inline void uniform_draws(std::uint64_t seed, std::uint64_t stream, std::uint64_t first, std::size_t n, double* out) {
  using namespace detail;
  constexpr std::size_t group = 32;
  const std::uint64_t schedule[3] = {seed, 0, threefry_parity ^ seed};
  for (std::uint64_t done = 0, j = first / 2; done < n + (first & 1); done += 2 * group, j += group) {
    std::uint64_t x[group], y[group];  // lane by lane what threefry() does, in loops that compilers turn into vectors
    for (std::size_t k = 0; k < group; ++k)
      x[k] = j + k + schedule[0], y[k] = stream + schedule[1];
    for (int round = 0; round < threefry_rounds; ++round) {
      const int r = threefry_rotation[round % 8];
      for (std::size_t k = 0; k < group; ++k) {
        x[k] += y[k];
        y[k] = ((y[k] << r) | (y[k] >> (64 - r))) ^ x[k];
      }
      if (round % 4 == 3) {
        const int s = round / 4 + 1;
        const std::uint64_t add_x = schedule[s % 3], add_y = schedule[(s + 1) % 3] + static_cast<std::uint64_t>(s);
        for (std::size_t k = 0; k < group; ++k)
          x[k] += add_x, y[k] += add_y;
      }
    }
    const std::uint64_t skip = first & 1;
    for (std::size_t k = 0; k < group; ++k) {
      const std::uint64_t i = done + 2 * k;  // index of x[k], counted from the even draw
      if (i >= skip && i - skip < n) out[i - skip] = unit_interval(x[k]);
      if (i + 1 >= skip && i + 1 - skip < n) out[i + 1 - skip] = unit_interval(y[k]);
    }
  }
}

namespace detail {
// A quotient of two polynomials of the seventh degree, by Horner's rule; coefficients from the highest power down.
struct rational {
  static constexpr std::size_t size = 8;
  double above[size], below[size];

  static constexpr double polynomial(const double (&coefficient)[size], double r) {
    double sum = coefficient[0];
    for (std::size_t k = 1; k < size; ++k)
      sum = sum * r + coefficient[k];
    return sum;
  }
  constexpr double operator()(double r) const { return polynomial(above, r) / polynomial(below, r); }
};
}  // namespace detail

// The normal variate below which a share u of the standard normal distribution lies, 0 < u < 1, to 1e-15 relative.
// Source: Wichura, algorithm AS 241 (PPND16), Applied Statistics 37(3), 1988: coefficients, and where the approximations
// of the middle, the sides and the tails meet. Worked number: u = 0.975 gives 1.959963984540054.
inline double normal_quantile(double u) {
  using detail::rational;
  constexpr rational middle{
      {2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
       1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0},
      {5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
       5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0}};
  constexpr rational side{
      {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
       3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0},
      {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
       6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0}};
  constexpr rational tail{
      {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
       2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0},
      {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
       1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0}};
  const double q = u - 0.5;
  if (std::fabs(q) <= 0.425) {
    const double r = 0.180625 - q * q;
    return q * rational::polynomial(middle.above, r) / rational::polynomial(middle.below, r);
  }
  const double r = std::sqrt(-std::log(q < 0 ? u : 1 - u));
  const double x = r <= 5 ? side(r - 1.6) : tail(r - 5);
  return q < 0 ? -x : x;
}

}  // namespace layercake::bulk
