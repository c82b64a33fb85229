// A chip of your own in ten lines. The same formulas take it as plain numbers, as a batch and with derivatives.
#include <iostream>
#include <layercake/chips/chips.hpp>
#include <layercake/core/dual.hpp>

namespace lc = layercake;
using namespace lc::units;

template <class T>
struct photonic_chip {
  lc::quantity<lc::unit::flop_per_second, T> peak;
  lc::quantity<lc::unit::byte> memory = 256 * gigabyte;
  lc::quantity<lc::unit::byte_per_second> memory_bandwidth = 4 * terabyte / second,
                                          scale_up_bandwidth = 2 * terabyte / second;
  double scale_up_domain = 64;
  lc::quantity<lc::unit::watt> thermal_design_power = 400 * watt, idle_power = 150 * watt;
  lc::quantity<lc::unit::usd> price = 12000 * usd;
  template <class N>
  auto time(const lc::work<N>& w) const {
    return w.flop / peak + w.bytes / memory_bandwidth;  // nothing overlaps
  }
};
static_assert(lc::chips::chip<photonic_chip<double>>);

int main() {
  const lc::matrix_product<> product{.m = 512, .n = 8192, .k = 8192};
  const photonic_chip<double> chip{.peak = 3 * petaflop_per_second};
  std::cout << "one product: " << to_string(lc::chips::time_of(chip, product)) << "\n";

  using slope = lc::dual<double, 1>;  // how the time changes with the peak
  const photonic_chip<slope> varied{.peak = slope::variable(3, 0) * petaflop_per_second};
  const auto t = lc::chips::time_of(varied, product);
  std::cout << "per PFLOP/s more: " << in<microsecond>(t).slope[0] << " us\n";
}
