// The memory of a chip that a model may take.
#pragma once

#include <concepts>
#include <layercake/chips/family.hpp>
#include <layercake/core/unknown.hpp>
#include <layercake/number/number.hpp>
#include <layercake/units/named.hpp>

namespace layercake::chips {

// Bytes that drivers report over the 10^9 a GB of data sheets, of HBM: parts hold the number in GiB (1.074), some of which the
// driver keeps. nvidia-smi shows 81,559 MiB on an H100 of 80 GB (1.069), 143,771 on an H200 of 141 (1.069), 81,920 on an A100 of
// 80 (1.074). Taken where a chip does not say.
inline constexpr double reported_hbm = 1.068;
// Chips of a known family whose memory is slower have GDDR, whose error correction takes what the GiB give (L40S: 46,068 MiB of 48
// GB, 1.006). Assumed.
inline constexpr double slowest_hbm = 0.8e12;  // B/s

// Of what the driver reports, what programs can have: page tables and the driver's own are the rest. An H100's 81,559 MiB are
// 79.2 GiB to a program (0.994), an A100's 81,920 are 79.2 (0.990), an RTX 3090's 24,576 are 23.6 (0.983; logs of engines, 2023 to
// 2025). The least of these.
inline constexpr double given_out = 0.983;

// What a process takes of a chip before it computes anything, in bytes: its context with kernels and libraries, and buffers of the
// libraries that exchange where it does so with others. Fitted to engines' logs, of serving, by
// benchmarks/accuracy/fit_measurements.cpp (./dev accuracy --fit); training software takes the same.
struct process_memory {
  double context = 4.517e8, communication = 1.282e9;
};
inline constexpr process_memory fitted_process{};

namespace detail {
// A chip out of a data sheet, whose nominal memory is not what programs find.
template <class Chip>
concept by_data_sheet = requires(const Chip& c) {
  { c.family } -> std::convertible_to<chips::family>;
  c.memory_bandwidth;
  c.reported_over_nominal;
};
}  // namespace detail

// The memory of one chip as its driver reports it: memory * reported_over_nominal where the chip says it; of a chip out of a data
// sheet, whose family says that it has HBM, reported_hbm times the nominal figure; of any other the nominal figure.
// Worked number: an H100 of 80 GB, 81,559 MiB: 85.52e9 bytes; one that does not say: 85.44e9.
template <number T = double, class Chip>
constexpr quantity<unit::byte, T> reported_memory(const Chip& c) {
  const quantity<unit::byte, T> nominal = over_number<T>(c.memory);
  if constexpr (detail::by_data_sheet<Chip>) {
    T usual(1);
    if (c.family != family::other && c.family != family::ada && c.family != family::wafer_scale) {
      const quantity<unit::byte_per_second, T> bandwidth = over_number<T>(c.memory_bandwidth);
      const auto hbm = bandwidth > number_cast<T>(slowest_hbm) * (units::byte / units::second);
      usual = where(hbm, number_cast<T>(reported_hbm), T(1));
    }
    return nominal * where(is_known(c.reported_over_nominal), number_cast<T>(c.reported_over_nominal), usual);
  } else {
    return nominal;
  }
}

// Of it, what programs can have: given_out of a chip out of a data sheet; a chip of one's own says what it has.
// Worked number: an H100 of 80 GB: 85.52 * 0.983 = 84.07 GB.
template <number T = double, class Chip>
constexpr quantity<unit::byte, T> visible_memory(const Chip& c) {
  return reported_memory<T>(c) * number_cast<T>(detail::by_data_sheet<Chip> ? given_out : 1.0);
}

// The memory of one chip that is left for a model:
//   usable = visible * share - kept
// share  of what programs can have that the software may use, 0 to 1;  kept  bytes that the software itself takes of that:
// contexts, libraries, buffers of the network, activations. The same for serving and training; share and kept are inputs of each.
// Negative where software takes more than there is. Leaves out: memory of the host.
// Worked number: an H100 of 80 GB, 0.9 of it, less 1 GB: 84.07 * 0.9 - 1 = 74.66 GB.
template <number T = double, class Chip>
constexpr quantity<unit::byte, T> usable_memory(const Chip& c, const T& share, const quantity<unit::byte, T>& kept) {
  return visible_memory<T>(c) * share - kept;
}

}  // namespace layercake::chips
