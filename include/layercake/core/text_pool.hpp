// Storage for the names and sources of records that are read from a text: a record holds pointers, as those of the
// catalogs do.
#pragma once

#include <algorithm>
#include <functional>
#include <layercake/core/provenance.hpp>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace layercake {

// What it keeps lives as long as the pool does, once for each text: reading the same again takes no more memory. Any
// number of threads may keep texts at a time.
class text_pool {
public:
  text_pool() = default;
  text_pool(const text_pool&) = delete;
  text_pool& operator=(const text_pool&) = delete;

  const char* keep(std::string_view text) {
    const std::lock_guard lock(mutex_);
    const auto found = texts_.find(text);
    return (found != texts_.end() ? found : texts_.emplace(text).first)->c_str();
  }
  // Of sources whose texts the pool keeps.
  std::span<const field_source> keep(const std::vector<field_source>& sources) {
    if (sources.empty()) return {};
    const std::lock_guard lock(mutex_);
    return *sources_.insert(sources).first;
  }

private:
  struct by_pointers {
    bool operator()(const std::vector<field_source>& a, const std::vector<field_source>& b) const {
      const auto before = [](const field_source& x, const field_source& y) {
        const std::less<const char*> less;
        if (x.field != y.field) return less(x.field, y.field);
        if (x.source != y.source) return less(x.source, y.source);
        return x.how < y.how;
      };
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), before);
    }
  };

  std::mutex mutex_;
  std::set<std::string, std::less<>> texts_;
  std::set<std::vector<field_source>, by_pointers> sources_;
};

// The pool of whoever names none: it lives as long as the program.
inline text_pool& program_texts() {
  static text_pool* const pool = new text_pool;  // never destroyed: records outlive static objects
  return *pool;
}

}  // namespace layercake
