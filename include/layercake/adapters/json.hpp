// Records as JSON and back by nlohmann/json: chips, sites, grids, models, applications, plans, whatever describes
// itself by fields().
//
// ```cpp
// const auto chip = adapters::read_json<chips::accelerator>(R"({
//   "name": "own", "peak": {"bf16": "0.9 PFLOP/s"}, "memory": "96 GB", "memory_bandwidth": "4 TB/s",
//   "thermal_design_power": "650 W", "price": "19000 USD"})");
// const auto grid = adapters::read_json(R"({"price": "0.062 USD/kWh"})", energy::catalog::grid_ercot);
// std::cout << adapters::json_text(grid);
// ```
//
// A quantity is text with its unit, of any unit that parse() reads ("62 USD/MWh", "0.062 USD/kWh"); a plain number is a
// number, or text with its unit ("35 %", "12 chips"); what is unknown is null; a choice is its name (name(precision),
// ...); a part or a source is an object, a list of them an array, which may end where the rest is as new. What is
// written reads back bit for bit, sources included.
//
// What a text leaves out is as in a new record; where that has no value that is allowed, it is missing. With a `base`
// the text is what changes of that: parts member by member; a list, a source or another label that is an object is
// replaced whole. Refused with path, value and what is allowed, up to a hundred at once (invalid_value): a name that
// the record does not have, with the nearest one; a missing member; a wrong type, unit or choice; what check() finds,
// but for figures that are unknown: whoever needs them asks for them. What is no JSON, a key that comes twice and what
// lies deeper than 32 levels is refused with line and column (malformed_text).
//
// Records hold pointers to names: those read are kept in a text_pool, that of the program unless another is given.
// Component json; nlohmann/json 3.10 or newer. Without exceptions the program stops at what is refused first.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <layercake/adapters/json_value.hpp>
#include <layercake/core/files.hpp>
#include <layercake/core/record_text.hpp>
#include <nlohmann/json.hpp>
#include <ostream>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace layercake::adapters {

// Members keep their order.
using json = nlohmann::ordered_json;

template <class Record>
json to_json(const Record& record);

namespace detail {

template <class X>
inline constexpr bool is_std_array = false;
template <class X, std::size_t N>
inline constexpr bool is_std_array<std::array<X, N>> = true;

template <class List>
using element_t = std::remove_cv_t<std::ranges::range_value_t<List>>;

// ---- writing ----------------------------------------------------------------------------------------------------------------

template <class Value>
json figure_as_json(const char* name, const Value& value) {
  const auto bare = without_kind(value);
  using number_type = std::remove_cvref_t<decltype(base_value(bare))>;
  static_assert(std::is_floating_point_v<number_type>, "layercake: files hold records of plain numbers");
  const number_type x = base_value(bare);
  if (!is_known(x)) return nullptr;
  check_within(name, value, domain{}, "Write a finite number: JSON has no other.");
  constexpr number_type all_are_whole = 9007199254740992;
  if constexpr (is_quantity<bare_member_t<Value>>) {
    return to_shortest_string(bare);
  } else if (x == std::nearbyint(x) && std::abs(x) < all_are_whole && !(x == 0 && std::signbit(x))) {
    return static_cast<std::int64_t>(x);  // 80, not 80.0
  } else {
    return static_cast<double>(x);
  }
}

template <class Value>
json label_as_json(const char* name, const Value& value) {
  if constexpr (std::is_same_v<Value, bool>) {
    return value;
  } else if constexpr (is_plain_label<Value>) {
    std::string text = label_text(value);
    require(is_utf8(text), name, quoted_text(text), "text in UTF-8", "Correct its bytes.");
    return text;
  } else {
    return adapters::to_json(value);
  }
}

// A list of fixed length ends where the rest is as new.
template <class List>
json list_as_json(const List& list) {
  static_assert(std::ranges::range<const List>,
                "layercake: a type that lists no members in fields() cannot be written");
  json all = json::array();
  for (const auto& element : list)
    all.push_back(adapters::to_json(record_in(element)));
  if constexpr (is_std_array<List> && described<element_t<List>>) {
    const json as_new = adapters::to_json(element_t<List>{});
    while (!all.empty() && all.back() == as_new)
      all.erase(all.size() - 1);
  }
  return all;
}

// ---- reading ----------------------------------------------------------------------------------------------------------------

class json_reader {
public:
  // `whole`: what the value leaves out must not be missing.
  json_reader(member_reader& members, bool whole) : members_(members), whole_(whole) {}

  // Changes `record` to what the value says.
  template <class Record>
  void read(const json& value, Record& record, const std::string& path) {
    if constexpr (described<Record>) {
      read_record(value, record, path);
    } else {
      read_list(value, record, path);
    }
  }

private:
  member_reader& members_;
  bool whole_;

  template <class Record>
  void read_record(const json& value, Record& record, const std::string& path) {
    if (!value.is_object()) {
      return members_.refuse(called(path), shown_json(value), "an object",
                             "Write the members of the record in braces.");
    }
    const auto one = [&](const auto& d) {
      const auto found = value.find(d.name);
      read_member(found == value.end() ? nullptr : &*found, record.*(d.member), findings::joined(path, d.name), d);
    };
    std::apply([&](const auto&... d) { (one(d), ...); }, Record::fields());
    const std::vector<std::string_view> names = member_names<Record>();
    for (const auto& item : value.items()) {
      if (std::ranges::find(names, item.key()) != names.end()) continue;
      members_.refuse_name(findings::joined(path, printable_text(item.key())), item.key(), names);
    }
  }

  template <class Value, class Descriptor>
  void read_member(const json* value, Value& member, const std::string& path, const Descriptor& d) {
    if constexpr (is_field<Descriptor>) {
      if (value != nullptr) return read_figure(*value, member, path);
      if (whole_) members_.left_out(path, member, d);
    } else if constexpr (is_part<Descriptor>) {
      if (value != nullptr) return read(*value, member, path);
      if constexpr (described<Value>) read(json::object(), member, path);  // to say what is missing in it
    } else {
      if (value != nullptr) read_label(*value, member, path);
    }
  }

  template <class Value>
  void read_figure(const json& value, Value& member, const std::string& path) {
    constexpr bool has_unit = is_quantity<bare_member_t<Value>>;
    const std::string allowed = member_reader::wanted_figure<Value>() + ", or null for unknown";
    if (value.is_null()) {
      member = unknown<>;
    } else if (const auto* text = value.get_ptr<const std::string*>()) {
      constexpr std::string_view of_numbers = "0123456789+-.eE ";
      if (!has_unit && text->find_first_not_of(of_numbers) == text->npos) {
        return members_.refuse(path, quoted_text(*text), allowed, "Write the number without quotation marks.");
      }
      members_.figure(path, *text, member);
    } else if (!value.is_number() || has_unit) {
      members_.refuse(path, shown_json(value), allowed,
                      has_unit && value.is_number() ? "Write the unit too, in quotation marks."
                                                    : "Write the figure alone.");
    } else {
      using number_type = std::remove_cvref_t<decltype(base_value(member))>;
      const auto x = value.get<double>();
      const auto narrow = static_cast<number_type>(x);
      if (!is_finite(narrow) || (narrow == 0) != (x == 0)) {
        return members_.refuse(path, shown_json(value), allowed, "Write a number that is held.");
      }
      member = from_base_value<Value>(narrow);
    }
  }

  template <class Value>
  void read_label(const json& value, Value& member, const std::string& path) {
    if constexpr (std::is_same_v<Value, bool>) {
      if (!value.is_boolean()) {
        return members_.refuse(path, shown_json(value), "true or false", "Write it without quotation marks.");
      }
      member = value.get<bool>();
    } else if constexpr (is_plain_label<Value>) {
      const auto* text = value.get_ptr<const std::string*>();
      if (text == nullptr) return members_.refuse(path, shown_json(value), "text", "Write it in quotation marks.");
      members_.label(path, *text, member);
    } else if constexpr (described<Value>) {
      Value made{};
      json_reader(members_, true).read(value, made, path);
      member = made;
    } else {
      static_assert(std::is_same_v<Value, std::span<const element_t<Value>>>, "layercake: a label that cannot be read");
      std::vector<element_t<Value>> list;
      read_list(value, list, path);
      member = members_.texts().keep(list);
    }
  }

  template <class List>
  void read_list(const json& value, List& list, const std::string& path) {
    if (!value.is_array()) {
      return members_.refuse(called(path), shown_json(value), "an array", "Write the records in brackets.");
    }
    List all{};
    if constexpr (is_std_array<List>) {
      if (value.size() > all.size()) {
        return members_.refuse(called(path), std::to_string(value.size()) + " long",
                               "at most " + std::to_string(all.size()) + " long", "Leave some out.");
      }
    } else {
      all.resize(value.size());
    }
    for (std::size_t i = 0; i < value.size(); ++i)
      json_reader(members_, true).read(value[i], all[i], path + "[" + std::to_string(i) + "]");
    list = std::move(all);
  }

  static std::string called(const std::string& path) { return path.empty() ? "the text" : path; }
};

// ---- text -------------------------------------------------------------------------------------------------------------------

// Goes over a text and leaves in `furthest` how far a parser has come.
struct watched_iterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at;
  const char** furthest;

  reference operator*() const { return *at; }
  watched_iterator& operator++() {
    *furthest = ++at;
    return *this;
  }
  friend bool operator==(const watched_iterator& a, const watched_iterator& b) { return a.at == b.at; }
  friend bool operator!=(const watched_iterator& a, const watched_iterator& b) { return a.at != b.at; }
};

// Builds the value that a parser reads; stops at a key that comes twice, at what is too deep and at an object larger
// than any record.
class json_builder {
public:
  bool null() { return take(nullptr); }
  bool boolean(bool x) { return take(x); }
  bool number_integer(json::number_integer_t x) { return take(x); }
  bool number_unsigned(json::number_unsigned_t x) { return take(x); }
  bool number_float(json::number_float_t x, const std::string&) { return take(x); }
  bool string(std::string& x) { return take(std::move(x)); }
  bool binary(json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(json::object()); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    if (open_.back().contains(name)) return stop("the key " + quoted_text(name) + " comes twice");
    if (open_.back().size() == most_members) return stop("more members than any record has");
    keys_.back() = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const json::exception& e) {
    position_ = position;
    // "[json.exception.parse_error.101] parse error at line 1, column 5: syntax error ...": line and column are written
    // once.
    const std::string what = e.what();
    const std::size_t column = what.find("column"), code = what.find("] ");
    const std::size_t begin = column != what.npos ? what.find(": ", column) : code;
    return stop(printable_text(begin == what.npos ? what : what.substr(begin + 2)));
  }

  const std::string& wrong() const { return wrong_; }
  // How many bytes were read where the parser itself stops, 0 where it was stopped.
  std::size_t position() const { return position_; }
  json take_value() { return std::move(value_); }

private:
  static constexpr std::size_t most_members = 256;

  std::vector<json> open_;         // what is being read, the outermost first
  std::vector<std::string> keys_;  // where in each of them
  json value_;
  std::string wrong_;
  std::size_t position_ = 0;

  bool stop(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
    return false;
  }
  bool open(json empty) {
    if (open_.size() == deepest_json) return stop("this lies deeper than " + std::to_string(deepest_json) + " levels");
    open_.push_back(std::move(empty));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    json whole = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return take(std::move(whole));
  }
  bool take(json value) {
    if (open_.empty()) {
      value_ = std::move(value);
    } else if (open_.back().is_array()) {
      open_.back().push_back(std::move(value));
    } else {
      open_.back().push_back({keys_.back(), std::move(value)});
    }
    return true;
  }
};

}  // namespace detail

// ---- records and values -----------------------------------------------------------------------------------------------------

// A record, or a range of records or of pointers to such, as a value. Throws invalid_value for what JSON does not hold: infinity, bytes that
// are no UTF-8.
template <class Record>
json to_json(const Record& record) {
  if constexpr (described<Record>) {
    json object = json::object();
    const auto one = [&]<class Descriptor>(const Descriptor& d) {
      const auto& value = record.*(d.member);
      if constexpr (is_field<Descriptor>) {
        object[d.name] = detail::figure_as_json(d.name, value);
      } else if constexpr (is_part<Descriptor>) {
        object[d.name] = adapters::to_json(value);
      } else {
        object[d.name] = detail::label_as_json(d.name, value);
      }
    };
    std::apply([&](const auto&... d) { (one(d), ...); }, Record::fields());
    return object;
  } else {
    return detail::list_as_json(record);
  }
}

namespace detail {
// Changes `record` to what a value says and refuses what is wrong with the value, in each text `before` first.
template <class Record>
void take_json(const json& value, Record& record, bool whole, const std::string& path, text_pool& texts,
               const std::string& before = "") {
  findings found;
  member_reader members(found, texts);
  json_reader(members, whole).read(value, record, path);
  std::vector<finding> faults = found.empty() ? faults_of(record, path) : found.take();
  for (finding& f : faults)
    f.path.insert(0, before);
  raise_if_any(faults);
}
}  // namespace detail

// The record that a value describes, or a std::vector of such; `path` is its name in errors. Throws invalid_value.
template <class Record>
Record from_json(const json& value, const std::string& path = "", text_pool& texts = program_texts()) {
  Record record{};
  detail::take_json(value, record, true, path, texts);
  return record;
}
// `base` with what a value changes of it.
template <described Record>
Record from_json(const json& value, const Record& base, const std::string& path = "",
                 text_pool& texts = program_texts()) {
  Record record = base;
  detail::take_json(value, record, false, path, texts);
  return record;
}

// ---- records and texts ------------------------------------------------------------------------------------------------------

// A text as a value; `file` is its name in errors. Throws malformed_text.
inline json parse_json(std::string_view text, const std::string& file = "JSON") {
  detail::json_builder builder;
  const char* furthest = text.data();
  const detail::watched_iterator begin{text.data(), &furthest}, end{text.data() + text.size(), &furthest};
  if (!json::sax_parse(begin, end, &builder)) {
    const auto come = static_cast<std::size_t>(furthest - text.data());
    const std::string_view read = text.substr(0, builder.position() > 0 ? builder.position() : come);
    const std::size_t last_break = read.substr(0, read.empty() ? 0 : read.size() - 1).rfind('\n');
    const std::size_t line_start = last_break == read.npos ? 0 : last_break + 1;
    const auto line = static_cast<std::size_t>(std::ranges::count(read.substr(0, line_start), '\n')) + 1;
    const std::size_t column = read.empty() ? 1 : read.size() - line_start;
    raise(malformed_text(file, line, column, builder.wrong()));
  }
  return builder.take_value();
}

template <class Record>
std::string json_text(const Record& record) {
  constexpr int indent = 2;
  return adapters::to_json(record).dump(indent) + "\n";
}
template <class Record>
void write_json(std::ostream& stream, const Record& record) {
  stream << json_text(record);
}
template <class Record>
void write_json_file(const std::string& file, const Record& record) {
  write_file(file, json_text(record));
}

// parse_json and from_json in one.
template <class Record>
Record read_json(std::string_view text, const std::string& path = "", text_pool& texts = program_texts()) {
  return from_json<Record>(parse_json(text), path, texts);
}
template <described Record>
Record read_json(std::string_view text, const Record& base, const std::string& path = "",
                 text_pool& texts = program_texts()) {
  return from_json(parse_json(text), base, path, texts);
}
// The same of a file, which errors name.
template <class Record>
Record read_json_file(const std::string& file, text_pool& texts = program_texts()) {
  Record record{};
  detail::take_json(parse_json(file_text(file), file), record, true, "", texts, file + ": ");
  return record;
}
template <described Record>
Record read_json_file(const std::string& file, const Record& base, text_pool& texts = program_texts()) {
  Record record = base;
  detail::take_json(parse_json(file_text(file), file), record, false, "", texts, file + ": ");
  return record;
}

}  // namespace layercake::adapters
