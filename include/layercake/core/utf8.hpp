// Texts in UTF-8.
#pragma once

#include <cstddef>
#include <layercake/config.hpp>
#include <string_view>

namespace layercake {

// The bytes of the character at the head of a text, 1 to 4; 0 where there is none: no text, a stray or cut byte, an overlong form, a surrogate,
// beyond U+10FFFF. Source: Unicode 15, table 3-7; RFC 3629.
inline std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned first = byte(0);
  if (first < 0x80) return text.empty() ? 0 : 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  for (std::size_t k = 1; k < length; ++k) {
    const unsigned low = k > 1 ? 0x80 : first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = k > 1 ? 0xBF : first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (byte(k) < low || byte(k) > high) return 0;
  }
  return length;
}

// Whether all of it is.
inline bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace layercake
