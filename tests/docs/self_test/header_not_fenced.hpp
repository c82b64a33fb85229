// driver-says: header_not_fenced.hpp:7: looks like a sample
#pragma once

namespace layercake {
struct nothing {
  // A sample that nobody compiles:
  //   auto price = 62 * usd / megawatt_hour;
};
}  // namespace layercake
