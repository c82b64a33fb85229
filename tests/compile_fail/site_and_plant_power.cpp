// What is granted at the meter is not what is granted at the plant: the line loses some between them.
// first-names: facility plant
// max-bytes: 3500
#include <layercake/stack/grant.hpp>

inline layercake::grant as_much_as(const layercake::bill& bill) {
#ifdef GOOD
  layercake::grant g{.plant_power = bill.supplied.plant.peak};
#else
  layercake::grant g{.plant_power = bill.built.power.peak};
#endif
  return g;
}
