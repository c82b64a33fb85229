// Tables of comma-separated values by RFC 4180: quoted fields, lines that end in CRLF or LF, one header line. What is malformed is
// refused with file, line and column; the column counts bytes from 1.
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <layercake/number/error.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "files.hpp"

namespace accuracy {

struct malformed : layercake::error {
  std::string file;
  std::size_t line, column;
  malformed(const std::string& in, std::size_t at_line, std::size_t at_column, const std::string& what)
      : layercake::error(in + ":" + std::to_string(at_line) + ":" + std::to_string(at_column) + ": " + what),
        file(in),
        line(at_line),
        column(at_column) {}
};

struct csv_field {
  std::string text;
  std::size_t line = 1, column = 1;  // where it begins
};

// All records of `text`; `file` is its name in errors.
inline std::vector<std::vector<csv_field>> parse_csv(std::string_view text, const std::string& file) {
  if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);  // byte order mark
  std::vector<std::vector<csv_field>> records;
  std::size_t at = 0, line = 1, line_start = 0;
  const auto fail = [&](std::size_t where, const char* what) {
    throw malformed(file, line, where - line_start + 1, what);
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
          if (at >= text.size()) throw malformed(file, open_line, open_column, "this quote is never closed");
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

// A plain decimal number, which may have an exponent: no sign, no blanks, no infinity.
inline bool parse_number(std::string_view text, double& value) {
  if (text.empty() || !((text[0] >= '0' && text[0] <= '9') || text[0] == '.')) return false;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && std::isfinite(value);
}

class csv_table;

class csv_record {
public:
  csv_record(const csv_table& table, const std::vector<csv_field>& fields) : table_(&table), fields_(&fields) {}
  // Empty where the cell is, or where there is no such column.
  std::string_view cell(std::string_view column) const;
  double number(std::string_view column, double otherwise) const {
    double value = otherwise;
    return parse_number(cell(column), value) ? value : otherwise;
  }
  std::size_t line() const { return (*fields_)[0].line; }

private:
  const csv_table* table_;
  const std::vector<csv_field>* fields_;
};

// A table with a header. `required` columns must be there, cells in `numbers` must be empty or a number, other columns may be anything.
class csv_table {
public:
  csv_table() = default;
  csv_table(const std::string& file, std::string_view text, const std::vector<std::string_view>& required,
            const std::vector<std::string_view>& numbers)
      : file_(file), records_(parse_csv(text, file)) {
    if (records_.empty()) throw malformed(file, 1, 1, "there is no header line");
    const std::vector<csv_field>& header = records_[0];
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (header[i].text.empty()) throw malformed(file, header[i].line, header[i].column, "a column without a name");
      if (column(header[i].text) < i)
        throw malformed(file, header[i].line, header[i].column, "the column " + header[i].text + " comes twice");
    }
    for (std::string_view name : required) {
      if (column(name) == header.size()) throw malformed(file, 1, 1, "there is no column " + std::string(name));
    }
    for (std::size_t r = 1; r < records_.size(); ++r) {
      const std::vector<csv_field>& record = records_[r];
      if (record.size() != header.size()) {
        const csv_field& there = record.size() > header.size() ? record[header.size()] : record.back();
        throw malformed(file, there.line, there.column,
                        std::to_string(record.size()) + " fields where the header has " +
                            std::to_string(header.size()));
      }
      for (std::string_view name : numbers) {
        const std::size_t i = column(name);
        double value;
        if (i < header.size() && !record[i].text.empty() && !parse_number(record[i].text, value)) {
          throw malformed(file, record[i].line, record[i].column,
                          "\"" + record[i].text + "\" under " + std::string(name) +
                              " is not a number of at least 0, such as 16 or 2.5e12");
        }
      }
    }
  }

  static csv_table read(const std::string& folder, const std::string& name,
                        const std::vector<std::string_view>& required, const std::vector<std::string_view>& numbers) {
    const std::string path = folder + "/" + name;
    std::error_code none;
    if (!std::filesystem::exists(path, none)) return {};  // a folder need not have every file
    return csv_table(path, text_of(path), required, numbers);
  }

  std::size_t rows() const { return records_.empty() ? 0 : records_.size() - 1; }
  csv_record operator[](std::size_t i) const { return {*this, records_[i + 1]}; }
  const std::string& file() const { return file_; }
  // The place of a column, or how many there are.
  std::size_t column(std::string_view name) const {
    if (records_.empty()) return 0;
    const std::vector<csv_field>& header = records_[0];
    std::size_t i = 0;
    while (i < header.size() && header[i].text != name)
      ++i;
    return i;
  }

private:
  std::string file_;
  std::vector<std::vector<csv_field>> records_;
};

inline std::string_view csv_record::cell(std::string_view column) const {
  const std::size_t i = table_->column(column);
  return i < fields_->size() ? std::string_view((*fields_)[i].text) : std::string_view();
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

}  // namespace accuracy
