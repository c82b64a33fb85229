// Number formats of weights, activations, caches and matrix products.
#pragma once

#include <layercake/config.hpp>

namespace layercake {

enum class precision : unsigned char { fp32, tf32, fp16, bf16, fp8, mxfp8, int8, fp4, mxfp4, nvfp4, int4 };

// Stored bits of one value, scales of block formats included (mxfp: one 8-bit scale in 32 values; nvfp4: one in 16; OCP Microscaling
// v1.0, 2023; NVIDIA NVFP4, 2025).
constexpr double bits(precision p) {
  switch (p) {
  case precision::fp32:
  case precision::tf32:
    return 32;
  case precision::fp16:
  case precision::bf16:
    return 16;
  case precision::fp8:
  case precision::int8:
    return 8;
  case precision::mxfp8:
    return 8.25;
  case precision::fp4:
  case precision::int4:
    return 4;
  case precision::mxfp4:
    return 4.25;
  case precision::nvfp4:
    return 4.5;
  }
  return 0;
}
constexpr double bytes_per_value(precision p) { return bits(p) / 8; }

constexpr const char* name(precision p) {
  switch (p) {
  case precision::fp32:
    return "fp32";
  case precision::tf32:
    return "tf32";
  case precision::fp16:
    return "fp16";
  case precision::bf16:
    return "bf16";
  case precision::fp8:
    return "fp8";
  case precision::mxfp8:
    return "mxfp8";
  case precision::int8:
    return "int8";
  case precision::fp4:
    return "fp4";
  case precision::mxfp4:
    return "mxfp4";
  case precision::nvfp4:
    return "nvfp4";
  case precision::int4:
    return "int4";
  }
  return "";
}

}  // namespace layercake
