// The memory of a chip that a model may take.
#pragma once

#include <concepts>
#include <layercake/chips/family.hpp>
#include <layercake/number/number.hpp>
#include <layercake/units/named.hpp>

namespace layercake::chips {

// Bytes that drivers report over the 10^9 a GB of data sheets, of HBM: parts hold the number in GiB (1.074), some of which the
// driver keeps. nvidia-smi shows 81,559 MiB on an H100 of 80 GB (1.069), 143,771 on an H200 of 141 (1.069), 81,920 on an A100 of
// 80 (1.074).
inline constexpr double reported_hbm = 1.068;
// Chips of a known family whose memory is slower have GDDR, whose error correction takes what the GiB give (L40S: 46,068 MiB of 48
// GB, 1.006). Assumed.
inline constexpr double slowest_hbm = 0.8e12;  // B/s

// The memory of one chip as its driver reports it: of a chip out of a data sheet, whose family says that it has HBM, more than the
// nominal figure; of any other what it says.
// Worked number: an H100 of 80 GB: 85.44e9 bytes.
template <number T = double, class Chip>
constexpr quantity<unit::byte, T> reported_memory(const Chip& c) {
  const quantity<unit::byte, T> nominal = over_number<T>(c.memory);
  if constexpr (requires {
                  { c.family } -> std::convertible_to<chips::family>;
                  c.memory_bandwidth;
                }) {
    if (c.family == family::other || c.family == family::ada || c.family == family::wafer_scale) return nominal;
    const quantity<unit::byte_per_second, T> bandwidth = over_number<T>(c.memory_bandwidth);
    const auto hbm = bandwidth > number_cast<T>(slowest_hbm) * (units::byte / units::second);
    return nominal * where(hbm, number_cast<T>(reported_hbm), T(1));
  } else {
    return nominal;
  }
}

// The memory of one chip that is left for a model:
//   usable = reported * share - kept
// share  of what the driver reports that the software may use, 0 to 1;  kept  bytes that the software itself takes of that:
// contexts, libraries, buffers of the network. The same for serving and training; share and kept are inputs of each.
// Negative where software takes more than there is. Leaves out: memory of the host.
// Worked number: an H100 of 80 GB, 0.9 of it, less 1 GB: 85.44 * 0.9 - 1 = 75.90 GB.
template <number T = double, class Chip>
constexpr quantity<unit::byte, T> usable_memory(const Chip& c, const T& share, const quantity<unit::byte, T>& kept) {
  return reported_memory<T>(c) * share - kept;
}

}  // namespace layercake::chips
