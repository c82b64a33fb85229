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
  const auto whole =
      lc::bill_of<double>(s.energy, s.chip, s.infrastructure, s.model, s.application, s.plan, lc::counting::whole);
  const long before = allocations;
  const auto bill =
      lc::bill_of<double>(s.energy, s.chip, s.infrastructure, s.model, s.application, s.plan, lc::counting::smooth);
  const auto ceiling = lc::ceiling_of(lc::grant{.chips = 1000}, [&](double scale) {
    return lc::bill_of<double>(s.energy, s.chip, s.infrastructure, s.model, s.application, s.plan, lc::counting::smooth,
                               scale);
  });
  const long after = allocations;
  CHECK(after == before);
  CHECK(bill.cost() <= whole.cost());
  CHECK(ceiling.chips.calls == ceiling.calls);
  // the counter counts
  const std::string text = lc::to_string(bill);
  CHECK(allocations > after);
}
