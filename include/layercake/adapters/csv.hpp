// Tables of records as comma-separated values (RFC 4180) and back: one record a row, a column for every member, by
// fields() alone.
//
// ```cpp
// const auto grids = adapters::read_csv<energy::grid>("name,price [USD/MWh],carbon [gCO2e/kWh]\n"
//                                                     "north,41.5,120\n"
//                                                     "south,62,380\n");
// std::cout << adapters::csv_table(grids);
// ```
//
// A member of a part is called by its path, "node.other_power", that of a list "stages[0].efficiency". The unit stands
// in the header or in every cell; what is written has it in the header, that in which the column is shortest. An empty
// cell is an unknown figure, or an empty text. A list of sources is a table within its cell. What is written reads back
// bit for bit, sources included.
//
// A column that is not there leaves its member as in a new record; where that has no value that is allowed, it is
// missing. With a `base` each row is what changes of that. Refused with file, line and column, up to a hundred at once
// (invalid_value): a column that the record does not have, with the nearest name; a missing one; a figure, unit or
// choice that cannot be read; what check() finds, but for figures that are unknown: whoever needs them asks for them.
// What is no table is refused by malformed_text.
//
// Records hold pointers to names: those read are kept in a text_pool, that of the program unless another is given.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <layercake/core/csv.hpp>
#include <layercake/core/files.hpp>
#include <layercake/core/record_text.hpp>
#include <ostream>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace layercake::adapters {

template <std::ranges::input_range Records>
std::string csv_table(const Records& records);
template <described Record>
std::vector<Record> read_csv(std::string_view text, const std::string& file = "CSV",
                             text_pool& texts = program_texts());

namespace detail {

// Goes over the cells of a record's row: visit.figure(path, value, descriptor), visit.label(path, value) and
// visit.list(path, value) for all that lies in it, in the order of fields(), the same for every record of the type.
template <class Record, class Visit>
void visit_cells(Record& x, const std::string& path, Visit& visit) {
  using Bare = std::remove_const_t<Record>;
  if constexpr (described<Bare>) {
    const auto one = [&]<class Descriptor>(const Descriptor& d) {
      auto& value = x.*(d.member);
      using Value = std::remove_cvref_t<decltype(value)>;
      const std::string at = findings::joined(path, d.name);
      if constexpr (is_field<Descriptor>) {
        visit.figure(at, value, d);
      } else if constexpr (is_part<Descriptor> || described<Value>) {
        detail::visit_cells(value, at, visit);
      } else if constexpr (is_plain_label<Value>) {
        visit.label(at, value);
      } else {
        visit.list(at, value);
      }
    };
    std::apply([&](const auto&... d) { (one(d), ...); }, Bare::fields());
  } else {
    static_assert(
        requires { std::tuple_size<Bare>::value; }, "layercake: only a list of fixed length fits into a row");
    for (std::size_t i = 0; i < x.size(); ++i)
      detail::visit_cells(x[i], path + "[" + std::to_string(i) + "]", visit);
  }
}

// ---- writing ----------------------------------------------------------------------------------------------------------------

// A column that is being written: its cells in every unit that can say all of them.
struct csv_column {
  std::string path;
  std::vector<std::string> units;               // one, empty, of what has no unit
  std::vector<std::vector<std::string>> cells;  // for each unit; none where it cannot say all
  bool as_new = true;                           // every cell says what a new record has

  std::size_t shortest() const {
    std::size_t best = 0, least = static_cast<std::size_t>(-1);
    for (std::size_t u = 0; u < units.size(); ++u) {
      std::size_t length = 0;
      for (const std::string& cell : cells[u])
        length += cell.size();
      if (!cells[u].empty() && length < least) best = u, least = length;
    }
    return best;
  }
};

class csv_writer {
public:
  // The first record is a new one, which is no row.
  template <class Record>
  void add(const Record& record) {
    column_ = 0;
    visit_cells(record, "", *this);
    ++rows_;
  }

  template <class Value, class Descriptor>
  void figure(const std::string& path, const Value& value, const Descriptor&) {
    const auto bare = without_kind(value);
    using number_type = std::remove_cvref_t<decltype(base_value(bare))>;
    static_assert(std::is_floating_point_v<number_type>, "layercake: files hold records of plain numbers");
    const bool is_new = rows_ == 0;
    if (is_new) columns_.push_back(column_of(path, member_units<Value>()));
    csv_column& c = columns_[column_++];
    const number_type x = base_value(bare);
    if (!is_new && is_known(x)) check_within(path, value, domain{}, "Write a finite number.");
    for (std::size_t u = 0; u < c.units.size(); ++u) {
      std::string text;
      if constexpr (is_quantity<bare_member_t<Value>>) {
        if (is_known(x)) text = digits_in(c.units[u], bare);
      } else {
        if (is_known(x)) text = to_exact_string(x);
      }
      put(c, u, std::move(text), is_known(x));
    }
  }
  template <class Value>
  void label(const std::string& path, const Value& value) {
    put_text(path, label_text(value));
  }
  template <class List>
  void list(const std::string& path, const List& list) {
    std::string table = list.empty() ? "" : csv_table(list);
    if (!table.empty()) table.pop_back();
    put_text(path, std::move(table));
  }

  // A list of fixed length ends where all rows are as new.
  std::string table() const {
    std::vector<const csv_column*> written;
    for (const csv_column& c : columns_) {
      if (!c.as_new || c.path.find('[') == c.path.npos) written.push_back(&c);
    }
    std::vector<std::size_t> units;
    for (const csv_column* c : written)
      units.push_back(c->shortest());
    std::string text;
    for (std::size_t row = 0; row < rows_; ++row) {  // row 0 is that of a new record: the header
      for (std::size_t i = 0; i < written.size(); ++i) {
        const csv_column& c = *written[i];
        const std::string& unit = c.units[units[i]];
        text.append(i > 0 ? "," : "")
            .append(csv_text(row > 0 ? c.cells[units[i]][row - 1] : c.path + (unit.empty() ? "" : " [" + unit + "]")));
      }
      text += '\n';
    }
    return text;
  }

private:
  std::vector<csv_column> columns_;
  std::vector<std::vector<std::string>> new_;  // what a new record has: for each column in every unit
  std::size_t column_ = 0, rows_ = 0;

  static csv_column column_of(const std::string& path, const std::vector<std::string>& units) {
    csv_column c{path, units, {}};
    if (c.units.empty()) c.units.emplace_back();
    c.cells.resize(c.units.size());
    return c;
  }
  void put_text(const std::string& path, std::string text) {
    if (rows_ == 0) columns_.push_back(column_of(path, {}));
    put(columns_[column_++], 0, std::move(text), false);
  }
  // `must_say`: an empty text means that the unit cannot say the figure.
  void put(csv_column& c, std::size_t unit, std::string text, bool must_say) {
    const std::size_t place = column_ - 1;
    if (rows_ == 0) {
      if (place == new_.size()) new_.emplace_back(c.units.size());
      new_[place][unit] = std::move(text);
      return;
    }
    if (text != new_[place][unit]) c.as_new = false;
    std::vector<std::string>& cells = c.cells[unit];
    const bool still_says_all = cells.size() == rows_ - 1;
    if (!still_says_all || (must_say && text.empty())) {
      cells.clear();
    } else {
      cells.push_back(std::move(text));
    }
  }
};

// ---- reading ----------------------------------------------------------------------------------------------------------------

// Where the members of a record are found in a table.
struct csv_places {
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  std::vector<std::string> paths;   // of all cells of a row, in the order of visit_cells
  std::vector<std::size_t> column;  // of each
  std::vector<std::string> units;   // of each, as the header has it

  template <class Value, class Descriptor>
  void figure(const std::string& path, const Value&, const Descriptor&) {
    paths.push_back(path);
  }
  template <class Value>
  void label(const std::string& path, const Value&) {
    paths.push_back(path);
  }
  template <class Value>
  void list(const std::string& path, const Value&) {
    paths.push_back(path);
  }
  std::size_t of(std::string_view path) const {
    return static_cast<std::size_t>(std::ranges::find(paths, path) - paths.begin());
  }
};

inline std::string place_in(const std::string& file, const csv_field& field) {
  return file + ":" + std::to_string(field.line) + ":" + std::to_string(field.column) + ": ";
}

// Reads the header: which column is which member's, and in what unit.
inline void place_columns(csv_places& places, const std::vector<csv_field>& header, const std::string& file,
                          member_reader& members) {
  places.column.assign(places.paths.size(), csv_places::nowhere);
  places.units.resize(places.paths.size());
  const std::vector<std::string_view> names(places.paths.begin(), places.paths.end());
  for (std::size_t c = 0; c < header.size(); ++c) {
    std::string_view name = header[c].text, unit;
    if (const std::size_t bracket = name.find(" ["); bracket != name.npos && name.back() == ']') {
      unit = name.substr(bracket + 2, name.size() - bracket - 3);
      name = name.substr(0, bracket);
    }
    const std::string where = place_in(file, header[c]) + printable_text(name);
    const std::size_t i = places.of(name);
    if (i == places.paths.size()) {
      members.refuse_name(where, name, names);
    } else if (places.column[i] != csv_places::nowhere) {
      members.refuse(where, "there twice", "one column for each member", "Leave one out.");
    } else {
      places.column[i] = c;
      places.units[i] = unit;
    }
  }
}

// Takes a row into a record.
class csv_row_reader {
public:
  csv_row_reader(const csv_places& places, const std::vector<csv_field>& row, const std::string& file,
                 member_reader& members)
      : places_(places), row_(row), file_(file), members_(members) {}

  template <class Value, class Descriptor>
  void figure(const std::string& path, Value& value, const Descriptor&) {
    const csv_field* const cell = next();
    if (cell == nullptr) return;
    const std::string& unit = places_.units[at_ - 1];
    const std::string where = place_in(file_, *cell) + path;
    constexpr std::string_view of_numbers = "0123456789+-.eE ";
    if (cell->text.empty()) {
      value = unknown<>;
    } else if (unit.empty()) {
      members_.figure(where, cell->text, value);
    } else if (cell->text.find_first_not_of(of_numbers) != cell->text.npos) {
      members_.refuse(where, quoted_text(cell->text), "a number in " + printable_text(unit),
                      "Write the number alone: the header has its unit.");
    } else {
      members_.figure(where, joined_to_unit(cell->text, unit), value);
    }
  }
  template <class Value>
  void label(const std::string& path, Value& value) {
    const csv_field* const cell = next();
    if (cell == nullptr) return;
    const std::string where = place_in(file_, *cell) + path;
    const std::string& unit = places_.units[at_ - 1];
    if (!unit.empty()) {
      return members_.refuse(where, "in " + printable_text(unit), "text without a unit", "Take it out of the header.");
    }
    members_.label(where, cell->text, value);
  }
  template <class List>
  void list(const std::string& path, List& list) {
    using Element = std::remove_cv_t<std::ranges::range_value_t<List>>;
    static_assert(std::is_same_v<List, std::span<const Element>>, "layercake: a label that cannot be read");
    const csv_field* const cell = next();
    if (cell == nullptr) return;
    const std::string where = place_in(file_, *cell) + path;
    list = members_.texts().keep(cell->text.empty() ? std::vector<Element>{}
                                                    : read_csv<Element>(cell->text, where, members_.texts()));
  }

private:
  const csv_places& places_;
  const std::vector<csv_field>& row_;
  const std::string& file_;
  member_reader& members_;
  std::size_t at_ = 0;

  // The cell of the next member; none where no column is its.
  const csv_field* next() {
    const std::size_t column = places_.column[at_++];
    return column == csv_places::nowhere ? nullptr : &row_[column];
  }
};

// Of the members that no column is of, those that a new record has no allowed value for.
struct csv_left_out {
  const csv_places& places;
  const std::string& file;
  member_reader& members;
  std::size_t at = 0;

  template <class Value, class Descriptor>
  void figure(const std::string& path, const Value& value, const Descriptor& d) {
    if (places.column[at++] == csv_places::nowhere) members.left_out(path, value, d, file + ":1: ");
  }
  template <class Value>
  void label(const std::string&, const Value&) {
    ++at;
  }
  template <class Value>
  void list(const std::string&, const Value&) {
    ++at;
  }
};

}  // namespace detail

// A range of records, or of pointers to such, as a table with a header. Throws invalid_value for a figure that is
// infinite.
template <std::ranges::input_range Records>
std::string csv_table(const Records& records) {
  using Record = std::remove_cvref_t<decltype(record_in(*records.begin()))>;
  detail::csv_writer writer;
  writer.add(Record{});
  for (const auto& element : records)
    writer.add(record_in(element));
  return writer.table();
}
template <std::ranges::input_range Records>
void write_csv(std::ostream& stream, const Records& records) {
  stream << csv_table(records);
}
template <std::ranges::input_range Records>
void write_csv_file(const std::string& file, const Records& records) {
  write_file(file, csv_table(records));
}

namespace detail {
template <class Record>
std::vector<Record> take_csv(std::string_view text, const Record& base, bool whole, const std::string& file,
                             text_pool& texts) {
  const std::vector<std::vector<csv_field>> rows = parse_csv_table(text, file);
  findings found;
  member_reader members(found, texts);
  csv_places places;
  visit_cells(base, "", places);
  place_columns(places, rows[0], file, members);
  csv_left_out left_out{places, file, members};
  if (whole) visit_cells(base, "", left_out);

  std::vector<Record> records(rows.size() - 1, base);
  for (std::size_t i = 0; i < records.size(); ++i) {
    csv_row_reader reader(places, rows[i + 1], file, members);
    visit_cells(records[i], "", reader);
  }
  raise_if_any(found);
  for (std::size_t i = 0; i < records.size(); ++i) {
    for (const finding& f : faults_of(records[i])) {
      const std::size_t member = places.of(f.path);
      const std::size_t column = member < places.paths.size() ? places.column[member] : csv_places::nowhere;
      const csv_field& cell = rows[i + 1][column == csv_places::nowhere ? 0 : column];
      members.refuse(place_in(file, cell) + f.path, f.value, f.allowed, f.remedy);
    }
  }
  raise_if_any(found);
  return records;
}
}  // namespace detail

// The records of a table; `file` is its name in errors. Throws malformed_text and invalid_value.
template <described Record>
std::vector<Record> read_csv(std::string_view text, const std::string& file, text_pool& texts) {
  return detail::take_csv(text, Record{}, true, file, texts);
}
// `base` with what each row changes of it.
template <described Record>
std::vector<Record> read_csv(std::string_view text, const Record& base, const std::string& file = "CSV",
                             text_pool& texts = program_texts()) {
  return detail::take_csv(text, base, false, file, texts);
}

template <described Record>
std::vector<Record> read_csv_file(const std::string& file, text_pool& texts = program_texts()) {
  return read_csv<Record>(file_text(file), file, texts);
}
template <described Record>
std::vector<Record> read_csv_file(const std::string& file, const Record& base, text_pool& texts = program_texts()) {
  return read_csv(file_text(file), base, file, texts);
}

}  // namespace layercake::adapters
