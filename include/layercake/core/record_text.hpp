// The members of a described record as text and back: what every file format of records does in the same way.
#pragma once

#include <layercake/core/catalog.hpp>
#include <layercake/core/enumerators.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/core/text_pool.hpp>
#include <layercake/core/utf8.hpp>
#include <layercake/number/check.hpp>
#include <layercake/units/kind.hpp>
#include <layercake/units/parse.hpp>
#include <layercake/units/shortest.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace layercake {

// What a member holds without its kind: a quantity, a number, a name, a choice.
template <class Value>
using bare_member_t = std::remove_cvref_t<decltype(without_kind(std::declval<const Value&>()))>;

// The units that a member's figure is written in, the most usual first; none of a plain number.
template <class Value>
const std::vector<std::string>& member_units() {
  if constexpr (is_quantity<bare_member_t<Value>>) {
    return units_of<typename bare_member_t<Value>::unit_type>();
  } else {
    static const std::vector<std::string> none;
    return none;
  }
}

// The names of a record's members, in their order.
template <described Record>
std::vector<std::string_view> member_names() {
  return std::apply([](const auto&... d) { return std::vector<std::string_view>{d.name...}; }, Record::fields());
}

// What an element of a range is or points to: catalogs are lists of pointers to records.
template <class Element>
const auto& record_in(const Element& element) {
  if constexpr (std::is_pointer_v<Element>) {
    return *element;
  } else {
    return element;
  }
}

// What is wrong with a record of a file: what check() finds, but for figures that are unknown. A file may hold what a
// catalog may, a grid of which nobody publishes the price; whoever needs the figure asks for it.
template <class Record>
std::vector<finding> faults_of(const Record& x, const std::string& path = "") {
  std::vector<finding> found = check(x, path);
  std::erase_if(found, [](const finding& f) { return f.value == "unknown"; });
  return found;
}

// A text as an error shows it: printable, as much as fits on two lines.
inline std::string printable_text(std::string_view text, std::size_t longest = 200) {
  std::string shown;
  for (const char c : text.substr(0, longest))
    shown += c >= ' ' && c <= '~' ? c : '?';
  return text.size() > longest ? shown + "..." : shown;
}
// In quotes and shorter.
inline std::string quoted_text(std::string_view text) { return "\"" + printable_text(text, 60) + "\""; }

// Reads members from texts and collects what is wrong with them, the first hundred; names and sources go into a pool.
class member_reader {
public:
  member_reader(findings& found, text_pool& texts) : found_(found), texts_(texts) {}

  findings& found() { return found_; }
  text_pool& texts() { return texts_; }

  void refuse(const std::string& path, std::string value, std::string allowed, const std::string& remedy) {
    if (!is_full()) found_.require(false, path, value, std::move(allowed), remedy);
  }
  // A key or column that no member has.
  void refuse_name(const std::string& path, std::string_view asked, const std::vector<std::string_view>& names) {
    if (is_full()) return;
    const std::string nearest = nearest_of(names, asked);
    refuse(path, "no field of the record", nearest.empty() ? "one of " + listed(names) : "the names of its fields",
           nearest.empty() ? "Leave it out." : "Did you mean " + nearest + "?");
  }
  // A member that the text leaves out: refused, at `place`, if what the record holds instead is not allowed.
  template <class Value, class Descriptor>
  void left_out(const std::string& path, const Value& value, const Descriptor& d, const std::string& place = "") {
    if (allows(d.allowed, value)) return;
    findings one;
    one.check_within(path, value, d.allowed, "Set " + path + ": " + d.meaning + ".");
    std::vector<finding> list = one.take();
    list.front().value = "missing";
    list.front().path.insert(0, place);
    found_.add(std::move(list));
  }

  // A figure with its unit; a plain number without one.
  template <class Value>
  void figure(const std::string& path, std::string_view text, Value& value) {
    constexpr std::size_t longest = 100;  // of what a person writes
    const std::string allowed = wanted_figure<Value>();
    if (text.size() > longest) return refuse(path, quoted_text(text), allowed, "Write at most 100 characters.");
#if defined(__cpp_exceptions)
    try {
      value = parse<Value>(text);
    } catch (const parse_error& e) {
      // "cannot read "62 W" as USD/J: column 4: found ...": what stands before is in the finding already.
      const std::string what = e.what();
      const std::string column = "column " + std::to_string(e.column);
      refuse(path, quoted_text(text), allowed, "C" + what.substr(what.rfind(column) + 1) + ".");
    }
#else
    value = parse<Value>(text);
#endif
  }
  // What figure() takes, in words.
  template <class Value>
  static std::string wanted_figure() {
    const std::vector<std::string>& units = member_units<Value>();
    return units.empty() ? "a plain number" : "a number with a unit, such as " + joined_to_unit("1", units.front());
  }

  void label(const std::string& path, std::string_view text, const char*& value) {
    if (text.find('\0') != text.npos || !is_utf8(text)) {
      return refuse(path, quoted_text(text), "text in UTF-8 without zero bytes", "Correct its bytes.");
    }
    value = texts_.keep(text);
  }
  void label(const std::string& path, std::string_view text, bool& value) {
    if (text != "true" && text != "false") {
      return refuse(path, quoted_text(text), "true or false", "Take one of the two.");
    }
    value = text == "true";
  }
  template <named_enumeration Enum>
  void label(const std::string& path, std::string_view text, Enum& value) {
    if (const std::optional<Enum> named = value_named<Enum>(text)) {
      value = *named;
      return;
    }
    if (is_full()) return;
    const std::vector<std::string_view> names = names_of<Enum>();
    const std::string nearest = nearest_of(names, text);
    refuse(path, quoted_text(text), "one of " + listed(names),
           nearest.empty() ? "Take one of them." : "Did you mean " + nearest + "?");
  }

private:
  findings& found_;
  text_pool& texts_;

  bool is_full() const {
    constexpr std::size_t most = 100;
    return found_.list().size() >= most;
  }
  static std::string listed(const std::vector<std::string_view>& names) {
    std::string all;
    for (const std::string_view n : names)
      all.append(all.empty() ? "" : ", ").append(n);
    return all;
  }
  static std::string nearest_of(const std::vector<std::string_view>& names, std::string_view asked) {
    constexpr std::size_t longest = 64;  // what is longer is no name
    return std::string(nearest_names(names, asked.substr(0, longest))[0]);
  }
};

// A choice or a name as it is written.
template <class Value>
std::string label_text(const Value& value) {
  if constexpr (std::is_same_v<Value, bool>) {
    return value ? "true" : "false";
  } else if constexpr (named_enumeration<Value>) {
    return name(value);
  } else {
    return value == nullptr ? "" : value;
  }
}

// Whether a label is written as one text: a name or a choice, and no record or list of its own.
template <class Value>
inline constexpr bool is_plain_label =
    std::is_same_v<Value, const char*> || std::is_same_v<Value, bool> || named_enumeration<Value>;

}  // namespace layercake
