// A chip of your own in ten lines, under the library's models, sites and grids: as one stack, as a batch of stacks, and with gradients.
#include <iostream>
#include <layercake/layercake.hpp>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;
using namespace lc::units;

template <class T = double>
struct photonic_chip {
  lc::quantity<lc::unit::flop_per_second, T> peak = T(3e15) * (flop / second);
  lc::quantity<lc::unit::byte, T> memory = T(256e9) * byte;
  lc::quantity<lc::unit::byte_per_second, T> memory_bandwidth = T(4e12) * (byte / second),
                                             scale_up_bandwidth = T(2e12) * (byte / second);
  T scale_up_domain = T(64);
  lc::quantity<lc::unit::watt, T> thermal_design_power = T(400) * watt, idle_power = T(150) * watt;
  lc::quantity<lc::unit::usd, T> price = T(12000) * usd;

  template <class N>
  auto time(const lc::work<N>& w) const {
    return w.flop / peak + w.bytes / memory_bandwidth;  // nothing overlaps
  }

  // Only for gradients and sweeps: which members are inputs, and where they may lie.
  template <class U>
  using with_number = photonic_chip<U>;
  static constexpr auto fields() {
    using X = photonic_chip;
    return std::tuple{lc::field("peak", &X::peak, lc::positive, "peak rate"),
                      lc::field("memory", &X::memory, lc::positive, "memory"),
                      lc::field("memory_bandwidth", &X::memory_bandwidth, lc::positive, "rate of the memory"),
                      lc::field("scale_up_bandwidth", &X::scale_up_bandwidth, lc::positive, "rate of the fabric"),
                      lc::field("scale_up_domain", &X::scale_up_domain, lc::positive_count, "chips in one fabric"),
                      lc::field("thermal_design_power", &X::thermal_design_power, lc::positive, "power limit"),
                      lc::field("idle_power", &X::idle_power, lc::nonnegative, "idle power"),
                      lc::field("price", &X::price, lc::nonnegative, "price")};
  }
};

int main() {
  const auto service =
      lc::stack{lc::energy::catalog::grid_ercot, photonic_chip<>{}, lc::infrastructure::site{},
                lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
                lc::applications::assistant{
                    .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
  std::cout << "one stack: " << service.pull().price_of_tokens() << "\n";

  using lanes = xsimd::batch<double>;  // as many stacks at once as the processor has lanes
  auto many = service.over<lanes>();
  many.chip.price = many.chip.price * lanes(2.0);
  std::cout << "at twice the chip's price: " << many.pull(lc::counting::smooth).price_of_tokens() << "\n";

  for (const auto& s : lc::gradient(service)) {
    if (s.input.starts_with("chip.")) std::cout << s.input << ": " << lc::to_string(s.elasticity) << "\n";
  }
}
