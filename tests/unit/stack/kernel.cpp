// What runs millions of times allocates nothing.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "service.hpp"

using namespace layercake_test;

namespace {
long allocations = 0;
}

// Counts every allocation of this program.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

TEST_CASE("a bill and a ceiling allocate nothing") {
  const auto s = service();
  const lc::layers on{s.energy, s.chip, s.infrastructure, s.model, s.application};
  const auto whole = lc::bill_of<double>(on, s.plan, lc::counting::whole);
  const long before = allocations;
  const lc::billing<double, decltype(on)> law(on, s.plan);
  const auto bill = law(lc::counting::smooth);
  const auto ceiling =
      lc::ceiling_of(lc::grant{.chips = 1000}, [&](double scale) { return law(lc::counting::smooth, scale); });
  const long after = allocations;
  CHECK(after == before);
  CHECK(bill.cost() <= whole.cost());
  CHECK(ceiling.of(&lc::grant::chips).calls == ceiling.calls);
  // the counter counts
  const std::string text = lc::to_string(bill);
  CHECK(allocations > after);
}
