// Where a datum comes from.
#pragma once

#include <layercake/core/fields.hpp>
#include <span>
#include <tuple>

namespace layercake {

enum class confidence : unsigned char {
  given,      // by the caller
  measured,   // published measurement
  published,  // data sheet, price list, register
  estimated,  // a third party's estimate
  recalled,   // general knowledge, not looked up
  assumed,    // chosen to have a number
};

constexpr const char* name(confidence c) {
  switch (c) {
  case confidence::given:
    return "given by the caller";
  case confidence::measured:
    return "measured";
  case confidence::published:
    return "published";
  case confidence::estimated:
    return "estimated";
  case confidence::recalled:
    return "recalled";
  case confidence::assumed:
    return "assumed";
  }
  return "";
}

// The source of one field, where it differs from that of its record.
struct field_source {
  const char* field = "";
  const char* source = "";
  confidence how = confidence::published;

  static constexpr auto fields() {
    using X = field_source;
    return std::tuple{label("field", &X::field), label("source", &X::source), label("confidence", &X::how)};
  }
};

// The source of a record: who says so, when, how sure.
struct provenance {
  const char* source = "given by the caller";
  const char* date = "";
  confidence how = confidence::given;
  std::span<const field_source> by_field = {};

  static constexpr auto fields() {
    using X = provenance;
    return std::tuple{label("source", &X::source), label("date", &X::date), label("confidence", &X::how),
                      label("by_field", &X::by_field)};
  }

  // The source of the field called `name`, such as "scale_up.step"; an entry "scale_up" is that of all in that part that
  // no entry before it names.
  constexpr field_source of(const char* name) const {
    for (const field_source& f : by_field) {
      const char *a = f.field, *b = name;
      while (*a != '\0' && *a == *b)
        ++a, ++b;
      if (*a == '\0' && (*b == '\0' || *b == '.')) return f;
    }
    return {name, source, how};
  }
};

}  // namespace layercake
