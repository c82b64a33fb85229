#include <layercake/bulk/run/function.hpp>

namespace LAYERCAKE_ARCHITECTURE {
double run() {
  namespace bulk = layercake::bulk;
  const auto f = [](auto x, auto y) { return x * y / (x + y) + layercake::sqrt(x * 3.0 - y); };
  const auto x = bulk::linear(1.0, 9.0, 333), y = bulk::linear(0.5, 2.0, 77);
  return bulk::function(f, x, y).run(bulk::moments(bulk::itself)).mean +
         bulk::compiled(f, x, y).run(bulk::minimum(bulk::itself)).value;
}
const char* vectors() { return xsimd::default_arch::name(); }
}  // namespace LAYERCAKE_ARCHITECTURE
