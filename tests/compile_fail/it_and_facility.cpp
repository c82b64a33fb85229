// first-names: it facility
// max-bytes: 5000
#include <layercake/stack/bill.hpp>

inline auto overhead(const layercake::bill& bill) {
#ifdef GOOD
  return plain(bill.built.power.mean) - plain(bill.built.it_power.mean);
#else
  return bill.built.power.mean - bill.built.it_power.mean;
#endif
}
