// The reader of comma-separated values: RFC 4180, and what is malformed refused with file, line and column.
#include "../../benchmarks/accuracy/csv.hpp"

#include <doctest/doctest.h>

using namespace accuracy;

namespace {
csv_table table(std::string_view text) { return csv_table("runs.csv", text, {"id"}, {"value"}); }

// What is thrown, "" if nothing is.
std::string refused(std::string_view text) {
  try {
    table(text);
  } catch (const malformed& e) {
    return e.what();
  }
  return "";
}
}  // namespace

TEST_CASE("fields, quotes, both line ends, a last line without one") {
  const csv_table t = table("id,value,note\r\na,1.5e3,\"one, \"\"two\"\"\r\nlines\"\nb,,\r\nc,0,x");
  REQUIRE(t.rows() == 3);
  CHECK(t[0].cell("id") == "a");
  CHECK(t[0].cell("note") == "one, \"two\"\r\nlines");
  CHECK(t[0].number("value", -1) == 1500);
  CHECK(t[1].cell("value") == "");
  CHECK(t[1].number("value", -1) == -1);
  CHECK(t[1].line() == 4);
  CHECK(t[2].cell("note") == "x");
  CHECK(t[2].number("value", -1) == 0);
  CHECK(t[0].cell("no such column") == "");
}

TEST_CASE("a byte order mark is skipped, columns may be in any order and more than are known") {
  CHECK(table("\xEF\xBB\xBFid,value\n1,2\n")[0].cell("id") == "1");
  const csv_table t = table("colour,value,id\nred,7,z\n");
  CHECK(t[0].cell("id") == "z");
  CHECK(t[0].number("value", 0) == 7);
}

TEST_CASE("writing and reading a field gives the field") {
  for (const char* text : {"plain", "", "with, comma", "\"quoted\"", "two\r\nlines", " blanks "}) {
    const csv_table t = table("id,note\n1," + csv_text(text) + "\n");
    CHECK(t[0].cell("note") == text);
  }
}

TEST_CASE("what is malformed is refused with file, line and column") {
  CHECK(refused("") == "runs.csv:1:1: there is no header line");
  CHECK(refused("value,id\n1\n") == "runs.csv:2:1: 1 fields where the header has 2");
  CHECK(refused("value,id\r\n1,a\r\n2,b,c\r\n") == "runs.csv:3:5: 3 fields where the header has 2");
  CHECK(refused("id,value\na,1\n\nb,2\n") == "runs.csv:3:1: 1 fields where the header has 2");
  CHECK(refused("id,value\na,\"1\n\n") == "runs.csv:2:3: this quote is never closed");
  CHECK(refused("id,note\na,\"x\"y\n") == "runs.csv:2:6: a comma or the end of the line must follow a closing quote");
  CHECK(refused("id,note\na,x\"y\n") == "runs.csv:2:4: a quote inside a field that does not begin with one");
  CHECK(refused("id,note\na,x\ry\n") == "runs.csv:2:4: a carriage return without a line feed");
  CHECK(refused("id,id\n1,2\n") == "runs.csv:1:4: the column id comes twice");
  CHECK(refused("id,,value\n1,2,3\n") == "runs.csv:1:4: a column without a name");
  CHECK(refused("name,value\nx,1\n") == "runs.csv:1:1: there is no column id");
  // A quoted field of two lines does not upset the count.
  CHECK(refused("id,note,value\na,\"x\ny\",1\nb,z,one\n") ==
        "runs.csv:4:5: \"one\" under value is not a number of at least 0, such as 16 or 2.5e12");
  for (const char* bad : {"-1", "nan", "inf", "1,000", " 1", "1 ", "0x10", "1e999", "12 GB", "+3"}) {
    const std::string text = refused("id,value\na," + csv_text(bad) + "\n");
    CHECK_MESSAGE(text.substr(0, 14) == "runs.csv:2:3: ", bad, " gives ", text);
  }
  try {
    table("id,value\na,oops\n");
    FAIL("not refused");
  } catch (const malformed& e) {
    CHECK(e.file == "runs.csv");
    CHECK(e.line == 2);
    CHECK(e.column == 3);
  }
}
