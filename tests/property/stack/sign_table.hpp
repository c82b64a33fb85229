// The table of docs/signs.md: what more of an input does to cost, chips, energy and tokens.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>

namespace signs {

enum class sign : unsigned char { up, down, same, either };

constexpr std::array<const char*, 4> columns{"cost", "chips", "energy", "tokens"};
using row = std::array<sign, columns.size()>;

inline sign sign_of(const std::string& word) {
  if (word == "up") return sign::up;
  if (word == "down") return sign::down;
  if (word == "same") return sign::same;
  if (word == "either") return sign::either;
  throw std::runtime_error("docs/signs.md: a sign is up, down, same or either, not \"" + word + "\"");
}

// The page of the checkout in which the program runs, in whichever folder of it.
inline std::string page() {
  const char* below = "docs/signs.md";
  std::filesystem::path folder = std::filesystem::current_path();
  while (!std::filesystem::exists(folder / below) && folder != folder.root_path())
    folder = folder.parent_path();
  return (folder / below).string();
}

// Every row that begins with a name in code letters; several names in the first cell share the row.
inline std::map<std::string, row> table() {
  std::ifstream file(page());
  if (!file) throw std::runtime_error("no docs/signs.md here or above: run it inside the checkout");
  std::map<std::string, row> all;
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, 3, "| `") != 0) continue;
    std::istringstream cells(line.substr(1));
    std::string names, cell;
    std::getline(cells, names, '|');
    row signs{};
    for (sign& s : signs) {
      std::getline(cells, cell, '|');
      const std::size_t from = cell.find_first_not_of(' ');
      s = sign_of(from == cell.npos ? cell : cell.substr(from, cell.find_last_not_of(' ') - from + 1));
    }
    for (std::size_t from = names.find('`'); from != names.npos;) {
      const std::size_t to = names.find('`', from + 1);
      if (!all.emplace(names.substr(from + 1, to - from - 1), signs).second)
        throw std::runtime_error("docs/signs.md lists twice " + names.substr(from + 1, to - from - 1));
      from = names.find('`', to + 1);
    }
  }
  return all;
}

// By how much `after` goes the wrong way of `before`, relative; 0 where it does not. Both are at least 0, or infinite.
inline double wrong_way(sign s, double before, double after) {
  if (s == sign::either || before == after) return 0;
  const double change = after / before - 1;
  switch (s) {
  case sign::up:
    return change < 0 ? -change : 0;
  case sign::down:
    return change > 0 ? change : 0;
  default:
    return change < 0 ? -change : change;
  }
}

}  // namespace signs
