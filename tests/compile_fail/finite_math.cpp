// A compiler that is told that NaN and infinity do not exist says that they are needed.
// flags: -ffinite-math-only
// first-error: layercake needs NaN and infinity: compile without -ffast-math
#include <layercake/number/domain.hpp>
