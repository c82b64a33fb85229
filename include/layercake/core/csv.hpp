// Comma-separated values by RFC 4180 as text: quoted fields, lines that end in CRLF or LF, a byte order mark that is
// skipped.
#pragma once

#include <cstddef>
#include <layercake/number/error.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layercake {

struct csv_field {
  std::string text;
  std::size_t line = 1, column = 1;  // where it begins; the column counts bytes
};

// All lines of `text`, each a list of fields; `file` is its name in errors. Throws malformed_text.
inline std::vector<std::vector<csv_field>> parse_csv(std::string_view text, const std::string& file) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);  // byte order mark
  std::vector<std::vector<csv_field>> records;
  std::size_t at = 0, line = 1, line_start = 0;
  const auto fail = [&](std::size_t where, const char* what) {
    raise(malformed_text(file, line, where - line_start + 1, what));
  };
  const auto line_end = [&](std::size_t i) -> std::size_t {  // its length if a line ends here
    if (i < text.size() && text[i] == '\n') return 1;
    return i + 1 < text.size() && text[i] == '\r' && text[i + 1] == '\n' ? 2 : 0;
  };
  while (at < text.size()) {
    std::vector<csv_field> record;
    for (bool more = true; more;) {
      csv_field field{{}, line, at - line_start + 1};
      if (at < text.size() && text[at] == '"') {
        const std::size_t open_line = line, open_column = field.column;
        for (++at;; ++at) {
          if (at >= text.size()) raise(malformed_text(file, open_line, open_column, "this quote is never closed"));
          if (text[at] == '"') {
            if (at + 1 >= text.size() || text[at + 1] != '"') break;
            ++at;
          } else if (text[at] == '\n') {
            ++line, line_start = at + 1;
          }
          field.text += text[at];
        }
        ++at;
        if (at < text.size() && text[at] != ',' && line_end(at) == 0)
          fail(at, "a comma or the end of the line must follow a closing quote");
      } else {
        for (; at < text.size() && text[at] != ',' && line_end(at) == 0; ++at) {
          if (text[at] == '"') fail(at, "a quote inside a field that does not begin with one");
          if (text[at] == '\r') fail(at, "a carriage return without a line feed");
          if (text[at] == '\0') fail(at, "a zero byte");
          field.text += text[at];
        }
      }
      record.push_back(std::move(field));
      more = at < text.size() && text[at] == ',';
      if (more) ++at;
    }
    if (const std::size_t end = line_end(at); end > 0) at += end, ++line, line_start = at;
    records.push_back(std::move(record));
  }
  return records;
}

// The same of a table: a header, and lines of as many fields.
inline std::vector<std::vector<csv_field>> parse_csv_table(std::string_view text, const std::string& file) {
  std::vector<std::vector<csv_field>> lines = parse_csv(text, file);
  if (lines.empty()) raise(malformed_text(file, 1, 1, "there is no header line"));
  const std::size_t columns = lines[0].size();
  for (const std::vector<csv_field>& line : lines) {
    if (line.size() == columns) continue;
    const csv_field& there = line.size() > columns ? line[columns] : line.back();
    raise(malformed_text(file, there.line, there.column,
                         std::to_string(line.size()) + " fields where the header has " + std::to_string(columns)));
  }
  return lines;
}

// A field as it is written.
inline std::string csv_text(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == text.npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace layercake
