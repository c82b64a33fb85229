// Tables of the documents, and numbers in them.
#pragma once

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace accuracy {

inline std::string percent(double x, bool sign = false) {
  if (!std::isfinite(x)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, sign ? "%+.1f" : "%.1f", 100 * x);
  return text;
}
inline std::string number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", x);
  return text;
}
inline std::string row(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (const std::string& c : cells)
    line += " " + c + " |";
  return line + "\n";
}
// The first `left` columns are texts.
inline std::string head(const std::vector<std::string>& names, std::size_t left) {
  std::string line = row(names) + "|";
  for (std::size_t i = 0; i < names.size(); ++i)
    line += i < left ? "---|" : "---:|";
  return line + "\n";
}

}  // namespace accuracy
