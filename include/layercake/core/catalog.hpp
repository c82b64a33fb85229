// What catalogs share: data that may be unknown, and looking a record up by its name.
#pragma once

#include <array>
#include <cstddef>
#include <layercake/core/fields.hpp>
#include <layercake/units/named.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layercake {

// In a row of a catalog: no source gives the figure, or the thing does not exist.
inline constexpr double na = unknown<double>();

// x in `Unit`; unknown where x is NaN, which a constant expression must not compute with.
template <auto Unit>
constexpr auto datum(double x) {
  using Q = measured_in<Unit>;
  return is_known(x) ? Q(x * Unit) : unknown<>;
}

namespace detail {
// A name as it is compared: small letters and digits, without what separates them.
inline std::string compared_name(std::string_view name) {
  std::string s;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      s += static_cast<char>(c - 'A' + 'a');
    } else if (c != '-' && c != '_' && c != ' ' && c != '.' && c != '/') {
      s += c;
    }
  }
  return s;
}

// Levenshtein's distance: insertions, deletions and substitutions that turn `a` into a beginning of `b`, since people leave out
// the end of a name. Names beyond 63 letters are cut.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  constexpr std::size_t longest = 63;
  std::array<std::size_t, longest + 1> row{};
  const std::size_t width = b.size() < longest ? b.size() : longest;
  for (std::size_t j = 0; j <= width; ++j)
    row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < width; ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      const std::size_t shifted = 1 + (row[j] < row[j + 1] ? row[j] : row[j + 1]);
      row[j + 1] = substituted < shifted ? substituted : shifted;
    }
  }
  std::size_t least = row[0];
  for (std::size_t j = 1; j <= width; ++j)
    least = row[j] < least ? row[j] : least;
  return least;
}

inline constexpr std::size_t far_away = static_cast<std::size_t>(-1);

// How far a name of the catalog is from what was asked for: by the letters to change, the first counted twice, among equals by how long
// they begin alike. A name that contains what was asked for needs none, however long it is; one that is a part of it one; more than
// every third letter is far away. Both as compared_name gives them.
inline std::size_t name_distance(std::string_view asked, std::string_view candidate) {
  constexpr std::size_t longest = 63, shortest_part = 2;
  std::size_t alike = 0;
  while (alike < longest && alike < asked.size() && alike < candidate.size() && asked[alike] == candidate[alike])
    ++alike;
  const auto has = [&](std::string_view whole, std::string_view part) {
    return part.size() >= shortest_part && whole.find(part) != whole.npos;
  };
  std::size_t changes = 0;
  if (has(asked, candidate)) {
    changes = candidate.size() < asked.size() ? 1 : 0;
  } else if (!has(candidate, asked)) {
    changes = edit_distance(asked, candidate) + (alike == 0 ? 1 : 0);
    if (changes > (asked.size() + 1) / 3) return far_away;
  }
  return changes * (longest + 1) + (longest - alike);
}

// The same of a name as it was written; its first word may be that of its maker, "NVIDIA H100", and then counts for two letters.
inline std::size_t written_distance(std::string_view asked, const std::string& candidate) {
  constexpr std::size_t first_word = 2 * 64;
  const std::size_t whole = name_distance(compared_name(asked), candidate);
  const std::size_t end = asked.find_first_of("-_ ./");
  if (end == asked.npos) return whole;
  const std::size_t rest = name_distance(compared_name(asked.substr(end)), candidate);
  return rest == far_away || whole < rest + first_word ? whole : rest + first_word;
}
}  // namespace detail

// The three of `names` that are nearest to what was asked for, the nearest first; empty ones at the end where fewer are near.
template <class Names>
std::array<std::string_view, 3> nearest_names(const Names& names, std::string_view asked) {
  std::array<std::string_view, 3> nearest;
  std::array<std::size_t, 3> distance;
  distance.fill(detail::far_away);
  for (std::string_view candidate : names) {
    std::size_t d = detail::written_distance(asked, detail::compared_name(candidate));
    for (std::size_t i = 0; i < nearest.size(); ++i) {
      if (d < distance[i]) {
        std::swap(d, distance[i]);
        std::swap(candidate, nearest[i]);
      }
    }
  }
  return nearest;
}

namespace detail {
template <class Range>
[[noreturn]] void refuse_name(const Range& all, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto* record : all)
    names.emplace_back(record->name);
  const auto nearest = nearest_names(names, name);
  std::string text = "no \"" + std::string(name) + "\" in the catalog";
  text.append(nearest[0].empty() ? ", and no name near it" : "; nearest:");
  for (std::string_view n : nearest) {
    if (!n.empty()) text.append(1, ' ').append(n);
  }
  raise(missing_value(text));
}
}  // namespace detail

// The record called `name` among `all`, a range of pointers to records. Throws `missing_value` with the three nearest names, fewer where
// fewer are near.
template <class Range>
constexpr const auto& find_by_name(const Range& all, std::string_view name) {
  for (const auto* record : all) {
    if (name == record->name) return *record;
  }
  detail::refuse_name(all, name);
}

}  // namespace layercake
