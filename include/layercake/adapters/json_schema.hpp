// What adapters::read_json takes, as a JSON Schema (draft 2020-12), by fields() alone: for editors, forms and checkers.
//
// ```cpp
// std::cout << adapters::json_schema<energy::grid>().dump(2);
// ```
//
// Of every member: its meaning, its type, its range where it is a plain number, its unit ("unit", a word of ours) where
// it has one, its choices, what a new record has in its place ("default"); and which have to be given ("required"). A
// schema sees types and names; units and rules between members are seen by reading.
#pragma once

#include <array>
#include <layercake/adapters/json.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace layercake::adapters {

template <class Record>
json schema_of(const Record& as_new);

namespace detail {

inline void add_range(json& schema, const domain& allowed) {
  if (allowed.low > -largest_sensible) schema[allowed.low_excluded ? "exclusiveMinimum" : "minimum"] = allowed.low;
  if (allowed.high < largest_sensible) schema[allowed.high_excluded ? "exclusiveMaximum" : "maximum"] = allowed.high;
  if (allowed.whole) schema["multipleOf"] = 1;
}

template <class Value, class Descriptor>
json figure_schema(const Value& as_new, const Descriptor& d) {
  json schema = json::object();
  schema["description"] = d.meaning;
  const std::vector<std::string>& units = member_units<Value>();
  if (units.empty()) {
    schema["type"] = {"number", "string", "null"};  // text: "35 %"
    add_range(schema, d.allowed);
  } else {
    schema["type"] = {"string", "null"};
    schema["unit"] = units.front();
  }
  if (allows(d.allowed, as_new)) schema["default"] = figure_as_json(d.name, as_new);
  return schema;
}

template <class Value>
json label_schema(const char* name, const Value& as_new) {
  if constexpr (is_plain_label<Value>) {
    json schema = json::object();
    schema["type"] = std::is_same_v<Value, bool> ? "boolean" : "string";
    if constexpr (named_enumeration<Value>) {
      for (const std::string_view choice : names_of<Value>())
        schema["enum"].push_back(std::string(choice));
    }
    schema["default"] = label_as_json(name, as_new);
    return schema;
  } else {
    return schema_of(as_new);
  }
}

}  // namespace detail

// The schema of a record as it lies in another, and of a list of records.
template <class Record>
json schema_of(const Record& as_new) {
  json schema = json::object();
  if constexpr (described<Record>) {
    schema["type"] = "object";
    json members = json::object(), required = json::array();
    const auto one = [&]<class Descriptor>(const Descriptor& d) {
      const auto& value = as_new.*(d.member);
      if constexpr (is_field<Descriptor>) {
        members[d.name] = detail::figure_schema(value, d);
        if (!allows(d.allowed, value)) required.push_back(d.name);
      } else if constexpr (is_part<Descriptor>) {
        members[d.name] = schema_of(value);
        if (members[d.name].contains("required")) required.push_back(d.name);
      } else {
        members[d.name] = detail::label_schema(d.name, value);
      }
    };
    std::apply([&](const auto&... d) { (one(d), ...); }, Record::fields());
    schema["properties"] = std::move(members);
    if (!required.empty()) schema["required"] = std::move(required);
    schema["additionalProperties"] = false;
  } else {
    schema["type"] = "array";
    schema["items"] = schema_of(detail::element_t<Record>{});
    if constexpr (detail::is_std_array<Record>) schema["maxItems"] = as_new.size();
  }
  return schema;
}

// The schema of a document that holds one record, or a std::vector of records.
template <class Record>
json json_schema() {
  json schema = json::object();
  schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  schema.update(schema_of(Record{}));
  return schema;
}

}  // namespace layercake::adapters
