// Where the program's own data lie, and files that are written: whole or refused with path and reason.
#pragma once

#include <filesystem>
#include <layercake/core/files.hpp>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

namespace accuracy {

using layercake::file_text;

// The repository's benchmarks/accuracy/, from any working directory inside of it. Throws where there is none.
inline std::string own_folder() {
  const std::filesystem::path wanted = std::filesystem::path("benchmarks") / "accuracy";
  std::error_code unreadable;
  const std::filesystem::path here = std::filesystem::current_path();
  for (std::filesystem::path above = here;; above = above.parent_path()) {
    if (std::filesystem::is_directory(above / wanted / "data", unreadable))
      return (above == here ? wanted : above / wanted).string() + "/";
    if (above == above.parent_path()) break;
  }
  throw std::runtime_error("neither " + here.string() + " nor a folder above it has " + wanted.string() +
                           "/data; run this inside the repository, or name a folder of measurements");
}

// A file to write, all at once and at the end: a program that fails leaves the old one as it was. Throws with path and reason
// at once if it cannot be written, or, by close(), if not all of it was.
class output_file {
public:
  explicit output_file(std::string path) : path_(std::move(path)) { layercake::check_can_write(path_); }
  std::ostream& text() { return text_; }
  void close() { layercake::write_file(path_, text_.str()); }

private:
  std::string path_;
  std::ostringstream text_;
};

// Throws if `path` is a file that lies in `folder` and is there already: one that the program may be about to read.
inline void keep_out_of(const std::string& folder, const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code none;
  if (!fs::exists(path, none)) return;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, none)) {
    if (fs::equivalent(entry.path(), path, none)) {
      throw std::runtime_error(path + " is a file of " + folder +
                               ", whose measurements are read; name another file for what is written");
    }
  }
}

}  // namespace accuracy
