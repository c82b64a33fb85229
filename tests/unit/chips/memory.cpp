// What is left of a chip's memory for a model.
#include <doctest/doctest.h>

#include <layercake/chips/chips.hpp>
#include <layercake/number/dual.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::units;

namespace {
double reported(const chips::accelerator& chip) { return in<gigabyte>(chips::reported_memory(chip)); }
struct plain {
  quantity<unit::byte> memory = 80 * gigabyte;
};
}  // namespace

// nvidia-smi: H100 81,559 MiB, A100 81,920 and 40,960, H200 143,771, L40S 46,068, B300 275,040; rocm-smi: MI300X 196,592. A MiB is
// 1.048576 MB.
TEST_CASE("reported memory is what drivers report") {
  CHECK(reported(chips::catalog::a100_sxm_80gb) == approx(81920 * 1.048576e-3));
  CHECK(reported(chips::catalog::a100_sxm_40gb) == approx(42.949672960));
  CHECK(reported(chips::catalog::h200_sxm) == approx(150.754820096));
  CHECK(reported(chips::catalog::l40s) == approx(48.305799168));
  CHECK(reported(chips::catalog::b300_sxm) == approx(288.400343040));
  CHECK(reported(chips::catalog::mi300x) == approx(206.141652992));
  // worked: chips/memory.hpp#reported_memory
  CHECK(reported(chips::catalog::h100_sxm) == approx(85.520809984));
  chips::accelerator silent = chips::catalog::h100_sxm;
  silent.reported_over_nominal = unknown<>;
  CHECK(reported(silent) == approx(85.44));
  silent.memory_bandwidth = 0.7 * terabyte_per_second;  // GDDR
  CHECK(reported(silent) == approx(80));
  // Twice the memory is reported as twice as much; a chip of one's own says what it has.
  chips::accelerator twice = chips::catalog::h100_sxm;
  twice.memory = 160 * gigabyte;
  CHECK(reported(twice) == approx(2 * 85.520809984));
  CHECK(in<gigabyte>(chips::reported_memory(plain{})) == 80);
  CHECK(in<gigabyte>(chips::visible_memory(plain{})) == 80);
  // worked: chips/memory.hpp#visible_memory
  CHECK(in<gigabyte>(chips::visible_memory(chips::catalog::h100_sxm)) == approx(84.07).epsilon(1e-4));
}

TEST_CASE("usable memory is a share of what programs can have, less what software keeps") {
  const auto usable = [](const auto& c) { return in<gigabyte>(chips::usable_memory(c, 0.9, 1.0 * gigabyte)); };
  // worked: chips/memory.hpp#usable_memory
  CHECK(usable(chips::catalog::h100_sxm) == approx(85.520809984 * 0.983 * 0.9 - 1));
  CHECK(usable(chips::catalog::h100_sxm) == approx(74.66).epsilon(1e-4));
  CHECK(usable(plain{}) == approx(71));
  using slope = dual<double, 1>;
  auto chip = with_number<slope>(chips::catalog::h100_sxm);
  chip.memory = slope::variable(80, 0) * gigabyte;
  const auto more = chips::usable_memory<slope>(chip, slope(0.9), slope(1) * gigabyte);
  CHECK((more / gigabyte).slope[0] == approx(0.9 * 0.983 * 85.520809984 / 80));
}
