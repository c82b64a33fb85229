// Every worked number of the headers of chips/, each with the calculation by hand that gives it.
#include <doctest/doctest.h>

#include <layercake/chips/chips.hpp>

#include "../../worked.hpp"

using namespace layercake;
using namespace layercake::units;
using layercake_test::check_stated;

namespace {
const auto h100_die = 814 * square_millimetre;
constexpr double x = 0.8954;  // 0.11 defects per cm^2 x 8.14 cm^2
}  // namespace

TEST_CASE("worked numbers: roofline and power") {
  // worked: chips/accelerator.hpp#time
  // 1e15 / 989.4e12; 1e12 / 3.35e12
  chips::accelerator h100 = chips::catalog::h100_sxm;
  h100.compute_efficiency = h100.memory_efficiency = 1;
  check_stated(in<second>(h100.time(work<>{.flop = 1 * petaflop, .bytes = 1 * terabyte})), "1.0107");
  check_stated(in<second>(h100.time(work<>{.flop = 0 * petaflop, .bytes = 1 * terabyte})), "0.2985");

  // worked: chips/power.hpp#power_at
  // 0.4307 + sqrt(0.4742 pJ x 989.5 TFLOP/s x 0.6 / 700 W) + 31.89 pJ x 3.35 TB/s x 0.3 / 700 W
  //   = 0.4307 + sqrt(0.402189) + 0.045785 = 1.110669;  / (1 + 1.521733)^(1/4) = 0.881373, times 700 W
  const chips::basic_power_chip<> chip{84 * watt, 700 * watt, 989.5 * teraflop_per_second, 3.35 * terabyte_per_second};
  check_stated(in<watt>(chips::power_at(chips::measured_power, chip, chips::use{1, 0.6, 0.3})), "636.3");
}

TEST_CASE("worked numbers: silicon") {
  // worked: chips/silicon.hpp#gross_dies
  // side sqrt(814) + 0.2 = 28.7307 mm; 290 / 28.7307 = 10.0937; pi/4 x 101.884 - pi/sqrt(2) x 10.0937 = 80.019 - 22.422
  check_stated(chips::gross_dies(300 * millimetre, h100_die), "57.60");

  // worked: chips/silicon.hpp#poisson_yield
  // e^-0.8954; the other yields: ((1 - 0.40844) / 0.8954)^2, 1 / 1.8954, 1.08954^-10
  check_stated(chips::poisson_yield(x), "0.4084");
  check_stated(chips::murphy_yield(x), "0.4365");
  check_stated(chips::seeds_yield(x), "0.5276");
  check_stated(chips::negative_binomial_yield(x, 10.0), "0.4242");

  // worked: chips/silicon.hpp#harvested_yield
  // With spares without end (1 + 0.3 x / 10)^-10 = 1.026862^-10 = 0.76718; 12 leave out 3e-5.
  check_stated(chips::harvested_yield(x, 10.0, 0.7, 12), "0.7671");

  // worked: chips/silicon.hpp#die_cost
  // 16,988 / (57.5965 x 0.424198)
  const auto& n5 = chips::catalog::process_n5;
  check_stated(in<usd>(chips::die_cost(n5, h100_die, chips::yield(n5, h100_die))), "695");

  // worked: chips/silicon.hpp#units_to_repay
  // 542e6 / 24,680
  check_stated(chips::units_to_repay(542e6 * usd, 28000 * usd, 3320 * usd), "21,961");

  // worked: chips/silicon.hpp#heat_flux
  // 700 / 8.14
  check_stated(in<watt / square_centimetre>(chips::heat_flux(700 * watt, h100_die)), "86");

  // worked: chips/silicon.hpp#coolant_flow
  // 120 kJ/s / (4.18 kJ/(kg K) x 10 K) = 2.8708 kg/s, / 0.997 kg/L
  check_stated(in<litre / second>(chips::coolant_flow(120 * kilowatt, 997 * kilogram / cubic_metre,
                                                      4180 * joule / (kilogram * kelvin), 10 * kelvin)),
               "2.88");
}

// From the equations in kernels.hpp with the row of Hopper in kernel_constants.hpp and the H100's data sheet: 989.4
// TFLOP/s, 3.35 TB/s, 132 multiprocessors, 1.83 GHz, 50 MB, 700 W.
TEST_CASE("worked numbers: kernels") {
  const auto h100 = chips::catalog::h100_sxm.timing();

  // worked: chips/product_kernels.hpp#time
  // a = 2 / (989.4e12 x 0.898) = 2.2510e-15 s, b = 0.952 x 2 / 3.35e12 = 5.684e-13 s; L = u / (1 + u 1.261e5) with
  // u = 8192 x 0.365 x 2 x 128^2 x 132 / 989.4e12 = 13.072 us: 4.936 us;
  // x = (64 + 14.9 + 0.302 x 64)(8192 + 14.9)(8192 a + b) + L = 20.260 us, with droop 20.327 us;
  // y = (2 x 8192^2 + A/4 + 3/4 A^2 / (A + 25 MB), A = 2.097 MB) / (0.795 x 3.35 TB/s) = 50.639 us;
  // (x'^4 + y^4)^(1/4) + 2.61 us
  check_stated(in<microsecond>(h100.time(matrix_product<>{.m = 64, .n = 8192, .k = 8192})), "53.6");

  // worked: chips/attention_kernels.hpp#prefill
  // u = 256 x 2 / (989.4e12 x 0.7892) + 1 / (1.2 x 3.865e12) = 8.7132e-13 s; 32 sqrt(1 + (8192/96)^2) x 96 x 4144 u =
  // 946.60 us; longest tile 132 x 96 x 8192 u = 90.45 us; starts 56.00 us; bytes 98.02 us; launch 14.89 us
  const attention_product<> prompt{.sequences = 1,
                                   .queries = 8192,
                                   .context = 8192,
                                   .heads = 32,
                                   .key_heads = 8,
                                   .key_width = 128,
                                   .value_width = 128};
  check_stated(in<millisecond>(h100.time(prompt)), "1.21");

  // worked: chips/attention_kernels.hpp#decode
  // 2.1475 GB / (0.96 x 3.35 TB/s) = 668.40 us, compute 512 x sqrt(8^2 + 16^2) x 8192 x 256 x 2 / (989.4e12 x 0.5) =
  // 77.65 us, streams 16.15 us: root of squares 673.09 us; 8.39 us launch, ramp 18.45 us, split 9.56 us
  const attention_product<> step{.sequences = 64,
                                 .queries = 1,
                                 .context = 8192,
                                 .heads = 64,
                                 .key_heads = 8,
                                 .key_width = 128,
                                 .value_width = 128};
  check_stated(in<millisecond>(h100.time(step)), "0.71");
}
