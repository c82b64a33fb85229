// must-contain: layercake: a chip needs `template <class N> auto time(const work<N>&) const`
// max-bytes: 2500
#include <layercake/chips/chips.hpp>

namespace lc = layercake;
using namespace lc::units;

struct my_chip {
  lc::quantity<lc::unit::byte> memory = 64 * gigabyte;
  lc::quantity<lc::unit::byte_per_second> scale_up_bandwidth = 100 * gigabyte_per_second;
  double scale_up_domain = 8;
  lc::quantity<lc::unit::watt> thermal_design_power = 300 * watt, idle_power = 30 * watt;
  lc::quantity<lc::unit::usd> price = 5000 * usd;
#ifdef GOOD
  template <class N>
  auto time(const lc::work<N>& w) const {
    return w.flop / (200 * teraflop_per_second);
  }
#endif
};
auto need = lc::chips::pull(my_chip{}, lc::chips::basic_calls<>{.rate = 1 / second, .chip_time = 1 * second});
