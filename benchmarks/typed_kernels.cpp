// The same formula on quantities and on bare numbers, for double and for batches. performance.py counts the instructions of each function
// with callgrind: types must cost nothing, so the ratio of each pair is 1.00.
#include <cstddef>
#include <cstdio>
#include <layercake/units/units.hpp>
#include <vector>
#include <xsimd/xsimd.hpp>

using namespace layercake::units;
using layercake::in;
using layercake::max;
using layercake::sqrt;
using layercake::where;

namespace {

// Price of a million tokens of a chip by roofline: the longer of computing and moving, its power between idle and peak, energy at a price, and an
// annuity of the chip.
template <class T>
struct bare_input {
  T flop_per_token, bytes_per_token, peak, bandwidth, idle, limit, effectiveness, price, chip, annuity;
};

template <class T>
T bare_price(const bare_input<T>& x) {
  const T compute = x.flop_per_token / x.peak, memory = x.bytes_per_token / x.bandwidth;
  const T time = max(compute, memory);
  const T use = sqrt(compute / time);
  const T power = x.idle + (x.limit - x.idle) * use;
  const T energy = power * time * x.effectiveness;
  const T cost = energy * x.price + x.chip * x.annuity * time;
  return where(time < T(1e-3), cost, T(2) * cost) * T(1e6);
}

template <class T>
T typed_price(const bare_input<T>& x) {
  const auto flop_per_token = x.flop_per_token * (flop / token);
  const auto bytes_per_token = x.bytes_per_token * (byte / token);
  const auto compute = flop_per_token / (x.peak * (flop / second)),
             memory = bytes_per_token / (x.bandwidth * (byte / second));
  const auto time = max(compute, memory);
  const T use = sqrt(compute / time);
  const auto power = x.idle * watt + (x.limit * watt - x.idle * watt) * use;
  const auto energy = power * time * x.effectiveness;
  const auto cost = energy * (x.price * (usd / joule)) + x.chip * usd * (x.annuity / second) * time;
  return in<usd_per_million_tokens>(where(time < T(1e-3) * (second / token), cost, T(2) * cost));
}

constexpr std::size_t count = 4096;
constexpr int inputs = 10;
using columns = std::vector<std::vector<double>>;

template <class T, class Load>
bare_input<T> row(const columns& c, std::size_t i, Load load) {
  return {load(&c[0][i]), load(&c[1][i]), load(&c[2][i]), load(&c[3][i]), load(&c[4][i]),
          load(&c[5][i]), load(&c[6][i]), load(&c[7][i]), load(&c[8][i]), load(&c[9][i])};
}
using batch = xsimd::batch<double>;
const auto one = [](const double* p) { return *p; };
const auto many = [](const double* p) { return batch::load_unaligned(p); };

}  // namespace

// C linkage, so that their names are plain in the profile.
extern "C" {
__attribute__((noinline)) void bare_double(const columns& c, double* out) {
  for (std::size_t i = 0; i < count; ++i)
    out[i] = bare_price(row<double>(c, i, one));
}
__attribute__((noinline)) void typed_double(const columns& c, double* out) {
  for (std::size_t i = 0; i < count; ++i)
    out[i] = typed_price(row<double>(c, i, one));
}
__attribute__((noinline)) void bare_batch(const columns& c, double* out) {
  for (std::size_t i = 0; i < count; i += batch::size)
    bare_price(row<batch>(c, i, many)).store_unaligned(out + i);
}
__attribute__((noinline)) void typed_batch(const columns& c, double* out) {
  for (std::size_t i = 0; i < count; i += batch::size)
    typed_price(row<batch>(c, i, many)).store_unaligned(out + i);
}
}

int main() {
  const double base[inputs] = {140e9, 70e9, 989e12, 3.35e12, 80, 700, 1.25, 62 / 3.6e9, 30000, 7.7e-9};
  columns c(inputs, std::vector<double>(count));
  for (int k = 0; k < inputs; ++k) {
    for (std::size_t i = 0; i < count; ++i)
      c[static_cast<std::size_t>(k)][i] =
          base[k] * (0.5 + static_cast<double>((i * (7 + static_cast<std::size_t>(k))) % 101) / 100.0);
  }
  std::vector<double> results[4] = {std::vector<double>(count), std::vector<double>(count), std::vector<double>(count),
                                    std::vector<double>(count)};
  bare_double(c, results[0].data());
  typed_double(c, results[1].data());
  bare_batch(c, results[2].data());
  typed_batch(c, results[3].data());
  for (int k = 1; k < 4; ++k) {
    for (std::size_t i = 0; i < count; ++i) {
      const double error = results[k][i] / results[0][i] - 1;
      if (!(error < 1e-12 && error > -1e-12)) {
        std::printf("result %zu of kernel %d differs: %g, %g\n", i, k, results[k][i], results[0][i]);
        return 1;
      }
    }
  }
}
