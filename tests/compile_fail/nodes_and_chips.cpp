// first-names: chips nodes
// max-bytes: 5000
#include <layercake/stack/bill.hpp>

inline bool whole(const layercake::bill& bill) {
#ifdef GOOD
  return plain(bill.built.nodes) * 8 == plain(bill.built.chips);
#else
  return bill.built.nodes == bill.built.chips;
#endif
}
