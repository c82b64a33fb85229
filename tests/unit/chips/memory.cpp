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

// nvidia-smi: H100 81,559 MiB = 85.52e9 bytes, A100 81,920 MiB = 85.90e9, H200 143,771 MiB = 150.76e9, L40S 46,068 MiB = 48.31e9; rocm-smi:
// MI300X 206.14e9.
TEST_CASE("reported memory is within 1 % of what drivers report") {
  CHECK(reported(chips::catalog::h100_sxm) == approx(85.52).epsilon(0.01));
  CHECK(reported(chips::catalog::a100_sxm_80gb) == approx(85.90).epsilon(0.01));
  CHECK(reported(chips::catalog::h200_sxm) == approx(150.76).epsilon(0.01));
  CHECK(reported(chips::catalog::l40s) == approx(48.31).epsilon(0.01));
  CHECK(reported(chips::catalog::mi300x) == approx(206.14).epsilon(0.01));
  // worked: chips/memory.hpp#reported_memory
  CHECK(reported(chips::catalog::h100_sxm) == approx(85.44));
  // A chip of one's own says what it has.
  CHECK(in<gigabyte>(chips::reported_memory(plain{})) == 80);
}

TEST_CASE("usable memory is a share of what is reported, less what software keeps") {
  const auto usable = [](const auto& c) { return in<gigabyte>(chips::usable_memory(c, 0.9, 1.0 * gigabyte)); };
  // worked: chips/memory.hpp#usable_memory
  CHECK(usable(chips::catalog::h100_sxm) == approx(85.44 * 0.9 - 1));
  CHECK(usable(chips::catalog::h100_sxm) == approx(75.90).epsilon(1e-4));
  CHECK(usable(plain{}) == approx(71));
  using slope = dual<double, 1>;
  auto chip = with_number<slope>(chips::catalog::h100_sxm);
  chip.memory = slope::variable(80, 0) * gigabyte;
  const auto more = chips::usable_memory<slope>(chip, slope(0.9), slope(1) * gigabyte);
  CHECK((more / gigabyte).slope[0] == approx(0.9 * 1.068));
}
