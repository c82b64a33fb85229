// Whole files as text: read or written, or refused with path and reason.
#pragma once

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <layercake/number/error.hpp>
#include <string>
#include <string_view>
#include <system_error>

namespace layercake {

// All of a file. Throws `error` if it cannot be read.
inline std::string file_text(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::error_code none;
  if (!file || std::filesystem::is_directory(path, none)) {
    raise(error("cannot read " + path + ": " + std::strerror(errno != 0 ? errno : EISDIR)));
  }
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

namespace detail {
[[noreturn]] inline void refuse_to_write(const std::string& path) {
  raise(error("cannot write " + path + ": " + (errno != 0 ? std::strerror(errno) : "no reason was given") +
              "; name a file in a folder that is there, on a disk with room"));
}
inline std::ofstream file_to_write(const std::string& path, std::ios::openmode how) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | how);
  if (!file) refuse_to_write(path);
  return file;
}
}  // namespace detail

// Makes a file of a text. Throws `error` if not all of it could be written.
inline void write_file(const std::string& path, std::string_view text) {
  std::ofstream file = detail::file_to_write(path, std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) detail::refuse_to_write(path);
}
// Throws `error` where a file cannot be written, before the work that it is for is done.
inline void check_can_write(const std::string& path) { detail::file_to_write(path, std::ios::app); }

}  // namespace layercake
