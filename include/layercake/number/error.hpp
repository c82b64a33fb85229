// What the library throws.
//
// Composing (a stack, a plan, a sweep) validates and throws a child of `layercake::error` whose text names the field's path, its value with
// unit, the allowed range and what to change. `check(x)` returns the same findings as a list. Formulas do not validate.
#pragma once

#include <layercake/config.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace layercake {

// The root of everything the library throws.
struct error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A value outside its domain, or values that contradict each other.
struct invalid_value : error {
  using error::error;
};

// A figure that no source gives (a chip without a published price) was needed.
struct missing_value : error {
  using error::error;
};

// No plan, batch or fleet satisfies what was asked.
struct infeasible : error {
  using error::error;
};

// A text that is not in its format: at this line and column of it, which count from 1, the column in bytes.
struct malformed_text : error {
  std::string file;
  std::size_t line, column;
  malformed_text(const std::string& in, std::size_t at_line, std::size_t at_column, const std::string& what)
      : error(in + ":" + std::to_string(at_line) + ":" + std::to_string(at_column) + ": " + what),
        file(in),
        line(at_line),
        column(at_column) {}
};

// The one place that throws. Built without exceptions the text goes to standard error and the program stops.
template <class E>
[[noreturn]] inline void raise(const E& e) {
#if defined(__cpp_exceptions)
  throw e;
#else
  std::fputs(e.what(), stderr);
  std::fputc('\n', stderr);
  std::abort();
#endif
}

}  // namespace layercake
