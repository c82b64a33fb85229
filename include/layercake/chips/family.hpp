// Families of accelerators and what the members of one share: how much of the data sheet they sustain, and how they
// draw power.
#pragma once

#include <layercake/core/provenance.hpp>

namespace layercake::chips {

// Chips of a family differ by their data sheets alone; what software reaches of it, and how watts follow work, is the
// family's.
enum class family : unsigned char {
  volta,
  ampere,
  ada,
  hopper,
  blackwell,
  amd_cdna,
  tpu,
  gaudi,
  trainium,
  wafer_scale,
  other
};

constexpr const char* name(family f) {
  switch (f) {
  case family::volta:
    return "NVIDIA Pascal, Volta and Turing";
  case family::ampere:
    return "NVIDIA Ampere";
  case family::ada:
    return "NVIDIA Ada";
  case family::hopper:
    return "NVIDIA Hopper";
  case family::blackwell:
    return "NVIDIA Blackwell";
  case family::amd_cdna:
    return "AMD CDNA";
  case family::tpu:
    return "Google TPU";
  case family::gaudi:
    return "Intel Gaudi";
  case family::trainium:
    return "AWS Trainium";
  case family::wafer_scale:
    return "wafer scale";
  case family::other:
    return "other";
  }
  return "";
}

// Whether the peak in FP32 is that of vector units, as on GPUs; elsewhere it is the matrix units'.
constexpr bool is_vector_peak(family f) {
  return f != family::tpu && f != family::trainium && f != family::gaudi && f != family::wafer_scale;
}

// Shares of the data sheet that large, well-shaped kernels sustain.
struct sustained_shares {
  double compute;  // of peak FLOP/s in a large matrix product
  double memory;   // of peak memory bandwidth when streaming
  confidence how;
};

// Compute: mean over the family of the best published large matrix product over the dense peak: A100 0.869; H100, H200
// 0.803; B200, GB200, B300 0.776, 0.729, 0.786; MI300X, MI325X, MI355X 0.511, 0.600, 0.626; Gaudi2, Gaudi3 0.969, 0.741
// (stas00/ml-engineering, maximum achievable matmul, 2026); TPU v6e 0.93 (one published row); L40S 0.60 (fit of its
// products, kernel_constants.hpp). Memory: 0.85, in the middle of the 0.75 to 0.96 that fitted kernels reach on NVIDIA.
// The other families are assumed to do as an average one.
constexpr sustained_shares sustained(family f) {
  switch (f) {
  case family::ampere:
    return {0.87, 0.85, confidence::measured};
  case family::hopper:
    return {0.80, 0.85, confidence::measured};
  case family::blackwell:
    return {0.76, 0.85, confidence::measured};
  case family::amd_cdna:
    return {0.58, 0.85, confidence::measured};
  case family::gaudi:
    return {0.85, 0.85, confidence::measured};
  case family::tpu:
    return {0.93, 0.85, confidence::measured};
  case family::ada:
    return {0.60, 0.80, confidence::measured};
  case family::volta:
  case family::trainium:
  case family::wafer_scale:
  case family::other:
    return {0.80, 0.80, confidence::assumed};
  }
  return {0.80, 0.80, confidence::assumed};
}

}  // namespace layercake::chips
