// A compiler that is told that NaN and infinity do not exist says that they are needed.
// flags: -ffast-math
// first-error: layercake needs NaN and infinity: compile without -ffast-math
#include <layercake/number/domain.hpp>
