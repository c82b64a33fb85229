// Fits the constants of the library's laws again and prints them as the headers have them. The laws are the library's own.
#pragma once

#include <string>

namespace accuracy {

// Training, serving (training/constants.hpp, serving/software.hpp), memory (chips/memory.hpp, serving/software.hpp) and power (chips/power.hpp) from the
// measurements in `folder`, from first guesses; writes the errors of every source when it was left out of the fit to
// `held_out`, unless that is empty.
void fit_measurements(const std::string& folder, const std::string& held_out);

// Matrix products, attention, experts and element-wise kernels (chips/kernel_constants.hpp: all its tables, in its
// form), collectives (infrastructure/fabric.hpp, catalog.hpp) and power (chips/power.hpp) from a folder of kernel
// times: gemm.csv, attention_prefill.csv, attention_decode.csv, mla_prefill.csv, mla_decode.csv, moe.csv, quantize.csv,
// collectives.csv, gemm_power.csv and so on; starts at the shipped constants. `measurements`: where micro.csv is, for
// decode attention on the A100. Writes the errors of shapes and of chips that were left out to `held_out`, unless that
// is empty.
void fit_kernels(const std::string& folder, const std::string& measurements, const std::string& held_out);

}  // namespace accuracy
