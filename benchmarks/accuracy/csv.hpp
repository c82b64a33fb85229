// Tables of comma-separated values with one header line. What is malformed is refused with file, line and column.
#pragma once

#include <charconv>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <layercake/core/csv.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "files.hpp"

namespace accuracy {

using layercake::csv_field;
using layercake::csv_text;
using layercake::parse_csv;
using malformed = layercake::malformed_text;

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
      : file_(file), records_(layercake::parse_csv_table(text, file)) {
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
    return csv_table(path, file_text(path), required, numbers);
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

}  // namespace accuracy
