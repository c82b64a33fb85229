// Random records out of their own fields(): values inside their domains, at the edges, outside; and what of a record that fails
// matters, as a line of C++ that makes it again.
//
// The seed is fixed, so that a test is the same everywhere. LAYERCAKE_FUZZ_SEED takes another, LAYERCAKE_FUZZ_TIMES=100 a hundred
// times as many trials.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <layercake/core/fields.hpp>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "../xorshift.hpp"

namespace fuzz {

namespace lc = layercake;

class generator : public layercake_test::xorshift {
public:
  explicit generator(std::uint64_t stream) : xorshift{seed() * 0x9E3779B97F4A7C15u + stream * 0xBF58476D1CE4E5B9u + 1} {
    for (int i = 0; i < 8; ++i)
      bits();
  }
  double between(double low, double high) { return low + (high - low) * unit(); }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class Range>
  const auto& one_of(const Range& range) {
    return range[below(std::size(range))];
  }
  double power_of_two(std::size_t most) { return std::exp2(static_cast<double>(below(most + 1))); }

private:
  static std::uint64_t seed() {
    const char* given = std::getenv("LAYERCAKE_FUZZ_SEED");
    return given == nullptr ? 2026 : std::strtoull(given, nullptr, 10);
  }
};

inline int times(int usual) {
  const char* given = std::getenv("LAYERCAKE_FUZZ_TIMES");
  return given == nullptr ? usual : usual * std::atoi(given);
}

// A field, by its number in for_each_field, and the base value that it is given.
struct change {
  int number = 0;
  std::string path;
  double value = 0;
};

struct field_info {
  std::string path;
  lc::domain allowed;
  double base = 0;
};

template <class Record>
std::vector<field_info> fields_of(const Record& x, const std::string& path = "") {
  std::vector<field_info> all;
  lc::for_each_field(x, path, [&](const std::string& p, const auto& value, const auto& d) {
    all.push_back({p, d.allowed, static_cast<double>(lc::base_value(value))});
  });
  return all;
}

template <class Record>
Record changed(Record x, const std::vector<change>& changes) {
  int k = 0;
  lc::for_each_field(x, "", [&](const std::string&, auto& value, const auto&) {
    for (const change& c : changes) {
      if (c.number == k) value = lc::from_base_value<std::remove_cvref_t<decltype(value)>>(c.value);
    }
    ++k;
  });
  return x;
}

// A value inside the domain, mostly near the one that is there.
inline double inside(generator& random, const field_info& f) {
  const lc::domain& d = f.allowed;
  const bool narrow = d.high <= 100;  // a share, a ratio
  double x = f.base;
  if (random.one_in(10)) {  // an edge
    const double low = d.low_excluded ? d.low + (narrow ? 1e-6 : 1e-9 * std::abs(f.base)) : d.low;
    x = !narrow || random.one_in(2) ? low : d.high - (d.high_excluded ? 1e-6 : 0.0);
  } else if (!(std::abs(x) > 0)) {  // 0 or unknown: nothing says of what size it is
    if (narrow) x = random.between(d.low, d.high);
  } else {
    x *= std::pow(10, random.one_in(4) ? random.between(-2, 2) : random.between(-0.4, 0.4));
  }
  if (d.whole) x = std::round(x);
  return d.contains(x) ? x : f.base;
}

// Values that the domain does not hold.
inline std::vector<double> outside(const lc::domain& d) {
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<double> all{infinity, -infinity, 1e300, -1e300, d.high * 1.5, d.low - 1};
  if (d.low_excluded) all.push_back(d.low);
  if (d.high_excluded) all.push_back(d.high);
  if (d.whole) all.push_back(std::abs(d.low) + 1.5);
  if (!d.optional) all.push_back(std::nan(""));
  std::vector<double> refused;
  for (const double x : all) {
    if (!d.contains(x)) refused.push_back(x);
  }
  return refused;
}

// So many changes of fields that `allow(path)`.
template <class Allow>
std::vector<change> inside(generator& random, const std::vector<field_info>& fields, std::size_t n, Allow&& allow) {
  std::vector<change> changes;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t k = random.below(fields.size());
    if (!allow(fields[k].path)) continue;
    changes.push_back({static_cast<int>(k), fields[k].path, inside(random, fields[k])});
  }
  return changes;
}

// Leaves out every change without which `broken` still gives a reason that begins alike.
inline std::vector<change> shrunk(std::vector<change> changes,
                                  const std::function<std::string(const std::vector<change>&)>& broken) {
  const auto kind = [](const std::string& reason) { return reason.substr(0, reason.find(':')); };
  const std::string first = kind(broken(changes));
  for (std::size_t i = changes.size(); i-- > 0;) {
    std::vector<change> fewer = changes;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
    if (kind(broken(fewer)) == first) changes = fewer;
  }
  return changes;
}

// C++ that sets the fields of `name` so.
inline std::string code_of(const std::string& name, const std::vector<change>& changes) {
  std::string code;
  for (const change& c : changes) {
    const std::string member = name + "." + c.path;
    code += " " + member + " = lc::from_base_value<std::remove_cvref_t<decltype(" + member + ")>>(" +
            (std::isnan(c.value) ? "std::nan(\"\")" : lc::to_exact_string(c.value)) + ");";
  }
  return code;
}

// What has failed, one of a kind: of many inputs that fail alike the one with the fewest changes is kept and all are counted.
class faults {
public:
  // `broken` gives the reason for a set of changes, its kind before a colon, empty where there is none; `code` makes what they change.
  void look(const std::vector<change>& changes, const std::function<std::string(const std::vector<change>&)>& broken,
            const std::string& code) {
    const std::string reason = broken(changes);
    if (reason.empty()) return;
    one& f = found_[reason.substr(0, reason.find(':'))];
    if (++f.times > most) return;
    const std::vector<change> least = shrunk(changes, broken);
    if (f.times > 1 && least.size() >= f.changes) return;
    f.changes = least.size();
    f.text = broken(least) + "\n  " + code + code_of("x", least);
  }
  bool none() const { return found_.empty(); }
  std::string text() const {
    std::string all;
    for (const auto& [kind, f] : found_)
      all += "\n" + std::to_string(f.times) + " x " + f.text;
    return all;
  }

private:
  static constexpr int most = 30;  // of a kind that are looked at closely
  struct one {
    int times = 0;
    std::size_t changes = 0;
    std::string text;
  };
  std::map<std::string, one> found_;
};

}  // namespace fuzz
