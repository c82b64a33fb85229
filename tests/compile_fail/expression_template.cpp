// A scalar whose product is an unevaluated expression that refers to its operands.
// must-contain: must be a floating-point value type
// must-contain: expression template
// max-bytes: 2500
#include <layercake/units/units.hpp>

struct lazy {
  double value;
  lazy(double v) : value(v) {}
};
struct lazy_product {
  const lazy &a, &b;
  operator lazy() const { return lazy(a.value * b.value); }
};
inline lazy_product operator*(const lazy& a, const lazy& b) { return {a, b}; }
inline lazy operator+(const lazy& a, const lazy& b) { return a.value + b.value; }
inline lazy operator-(const lazy& a, const lazy& b) { return a.value - b.value; }
inline lazy operator/(const lazy& a, const lazy& b) { return a.value / b.value; }
inline lazy operator-(const lazy& a) { return -a.value; }
inline bool operator<(const lazy& a, const lazy& b) { return a.value < b.value; }
#ifdef GOOD
static_assert(!layercake::number<lazy>);
#else
using refused = layercake::quantity<layercake::unit::watt, lazy>;
refused wrong;
#endif
