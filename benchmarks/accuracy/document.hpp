// docs/accuracy.md, from predictions, the errors of sources that were left out, and notes.
#pragma once

#include <string>
#include <vector>

#include "predictions.hpp"

namespace accuracy {

// The text of the document. `held_out`, `kernels`: what fit_measurements and fit_kernels wrote; `notes`: what a person
// has to say.
std::string document(const std::vector<prediction>& all, const std::string& held_out, const std::string& kernels,
                     const std::string& notes);

}  // namespace accuracy
