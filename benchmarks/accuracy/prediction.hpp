// A row and what is said of it.
#pragma once

#include <cmath>
#include <string>

namespace accuracy {

struct prediction {
  std::string id, source, file, metric, group, regime, chip, model;
  double measured = 0, predicted = 0, baseline = 0;
  bool scored = false;  // marked predictable
  const char* confidence = "";
  std::string reason;  // why there is no prediction, empty if there is one
  // Of a figure that is yes or no (1 or 0): ln(what is needed / what there is), by the library and by the rule of thumb.
  bool yes_or_no = false;
  double needed = 0, baseline_needed = 0;

  bool answered() const { return reason.empty(); }
  bool comparable() const { return yes_or_no || measured > 0; }
  // |ln(predicted / measured)| with its sign; of a yes or no 0 where it is right, and by how much it misses otherwise.
  double error() const { return yes_or_no ? missed(needed) : std::log(predicted / measured); }
  double baseline_error() const { return yes_or_no ? missed(baseline_needed) : std::log(baseline / measured); }

private:
  double missed(double over) const { return (over <= 0) == (measured == 1) ? 0 : over; }
};

}  // namespace accuracy
