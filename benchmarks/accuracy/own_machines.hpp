// What `./dev measure` has found on machines that were at hand, beside what was predicted.
#pragma once

#include <string>

namespace accuracy {

// A section of the document for each folder of `folder`: about.md, rows by the schema, predictions.csv, made before they were measured, and the loads
// of one software (own_calibration.hpp). Nothing is fitted to them, and no score counts them.
std::string own_machines(const std::string& folder);

}  // namespace accuracy
