// What happens when memory runs out: an error that says what asked for how much, and what to change.
#pragma once

#include <layercake/number/error.hpp>
#include <layercake/units/named.hpp>
#include <layercake/units/print.hpp>
#include <new>
#include <stdexcept>
#include <string>

namespace layercake::bulk {

// More memory was asked for than there is. Nothing of the sweep is returned; its columns hold what they held before it
// began, or NaN.
struct out_of_memory : error {
  using error::error;
};

// So many bytes as a person reads them.
inline std::string bytes_text(double n) { return to_string(n * units::byte); }

// Calls f. If memory runs out meanwhile, throws out_of_memory with what text() says.
template <class F, class Text>
decltype(auto) with_memory(F&& f, Text&& text) {
#if defined(__cpp_exceptions)
  try {
    return f();
  } catch (const std::bad_alloc&) {
    raise(out_of_memory(text()));
  } catch (const std::length_error&) {  // more than a container can ever hold
    raise(out_of_memory(text()));
  }
#else
  static_cast<void>(text);
  return f();
#endif
}

}  // namespace layercake::bulk
