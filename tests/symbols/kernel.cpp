// The kernels of a bill and of a sweep's inner loop, alone in an object file: symbols.kernel looks at what it calls.
#include <layercake/layercake.hpp>
#include <xsimd/xsimd.hpp>

namespace lc = layercake;

namespace kernels {

using grid = lc::energy::grid;
using chip = lc::chips::accelerator;
using site = lc::infrastructure::site;
using model = lc::models::deployed;
using application = lc::applications::workload;

lc::bill kernel(const grid& e, const chip& c, const site& i, const model& m, const application& a,
                const lc::serving_plan& p) {
  return lc::bill_of<double>(lc::layers{e, c, i, m, a}, p, lc::counting::whole);
}

using lanes = xsimd::batch<double>;
lc::quantity<lc::unit::usd_per_second, lanes> kernel(const lc::energy::basic_grid<lanes>& e,
                                                     const lc::basic_bill<double>& b) {
  return e.pull(b.built.power).cost();
}

}  // namespace kernels
