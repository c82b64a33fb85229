// Fits the constants of the library's laws again and prints them as the headers have them. The laws are the library's own.
#pragma once

#include <string>

namespace accuracy {

// Training and serving (stack/training_constants.hpp, stack/serving_software.hpp) from the measurements in `folder`; writes the errors of every
// source when it was left out of the fit to `held_out`, unless that is empty.
void fit_measurements(const std::string& folder, const std::string& held_out);

// Matrix products and attention (chips/kernel_constants.hpp) and exchanges (infrastructure/catalog.hpp) from kernel times: a folder with
// gemm.csv, attention_prefill.csv, attention_decode.csv, mla_prefill.csv, mla_decode.csv, collectives.csv.
void fit_kernels(const std::string& folder);

}  // namespace accuracy
