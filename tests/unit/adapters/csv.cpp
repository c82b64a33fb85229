// Records as tables of comma-separated values and back: bit for bit, in any unit, and refused with file, line and
// column.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <layercake/adapters/csv.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "../../xorshift.hpp"
#include "catalogs.hpp"

namespace lc = layercake;
namespace adapters = layercake::adapters;
using namespace layercake::units;
using layercake_test::identical;

namespace {

using grid = lc::energy::grid;

std::string refused(const std::string& text) {
  try {
    adapters::read_csv<grid>(text, "grids.csv");
  } catch (const lc::error& e) {
    return e.what();
  }
  return "";
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

}  // namespace

TEST_CASE("CSV: every catalog and records of every type read back bit for bit, sources included") {
  std::size_t records = 0;
  const auto there_and_back = [&]<class Record>(const char* name, const std::vector<Record>& all) {
    CAPTURE(name);
    const std::string text = adapters::csv_table(all);
    CAPTURE(text);
    const auto read = adapters::read_csv<Record>(text);
    REQUIRE(identical(all, read));
    REQUIRE(adapters::csv_table(read) == text);
    records += all.size();
  };
  layercake_test::for_each_catalog(there_and_back);
  layercake_test::for_each_other_type(there_and_back);
  CHECK(records > 300);
}

TEST_CASE("CSV: the header has the unit in which a column is shortest, or every cell its own") {
  const auto read = adapters::read_csv<grid>("name,price [USD/MWh],carbon [gCO2e/kWh],connection\r\n"
                                             "north,41.5,120,0.1 GW\r\n"
                                             "\"south, \"\"old\"\"\",62,380,\r\n");
  REQUIRE(read.size() == 2);
  CHECK(std::string(read[1].name) == "south, \"old\"");
  CHECK(read[0].price == 41.5 * usd / megawatt_hour);
  CHECK(read[0].connection == 100 * megawatt);
  CHECK_FALSE(lc::is_known(read[1].connection));
  CHECK(read[1].transmission_loss == grid{}.transmission_loss);
  std::vector<lc::service_level> levels(2);
  levels[0].first_token = 250 * millisecond;
  levels[1].output_token = 30 * millisecond;
  CHECK(adapters::csv_table(levels) == "first_token [s],output_token [ms],share\n0.25,200,0.99\n2,30,0.99\n");
  CHECK(adapters::csv_table(std::vector<lc::service_level>{}) == "first_token [s],output_token [s],share\n");
  CHECK(adapters::read_csv<lc::service_level>("first_token,output_token [ms],share [%]\n250 ms,30,99\n")[0].share ==
        0.99);
  std::ostringstream stream;
  adapters::write_csv(stream, levels);
  CHECK(stream.str() == adapters::csv_table(levels));
}

TEST_CASE("CSV: parts and lists by their path") {
  const auto site = adapters::read_csv<lc::infrastructure::site>("node.price_per_chip [USD],name\n9000,own\n")[0];
  CHECK(site.node.price_per_chip == 9000 * usd);
  CHECK(site.network.ports == lc::infrastructure::site{}.network.ports);
  const auto chain =
      adapters::read_csv<lc::energy::conversion_chain>("stages[0].efficiency,stages[2].efficiency\n0.99,95 %\n")[0];
  CHECK(chain.efficiency() == doctest::Approx(0.99 * 0.95));
}

TEST_CASE("CSV: rows that change a record") {
  const grid& base = lc::energy::catalog::grid_france;
  const auto read = adapters::read_csv("price [USD/MWh]\n100\n120\n", base);
  REQUIRE(read.size() == 2);
  CHECK(read[1].price == 120 * usd / megawatt_hour);
  CHECK(read[1].carbon == base.carbon);
  CHECK(std::string(read[1].name) == base.name);
}

TEST_CASE("CSV: what is wrong is named with file, line and column") {
  CHECK(refused("") == "grids.csv:1:1: there is no header line");
  CHECK(refused("name,price\na\n") == "grids.csv:2:1: 1 fields where the header has 2");
  CHECK(refused("name,price\na,\"62 USD/MWh\n") == "grids.csv:2:3: this quote is never closed");
  CHECK(refused("name,carbn\na,1\n") ==
        "grids.csv:1:6: carbn is no field of the record; allowed: the names of its fields. Did you mean carbon?\n"
        "grids.csv:1: price is missing; allowed: above $0/MWh. Set price: price of energy at the meter.");
  CHECK(refused("price,price\n1 USD/MWh,1 USD/MWh\n") ==
        "grids.csv:1:7: price is there twice; allowed: one column for each member. Leave one out.");
  CHECK(refused("name,price [USD/MWh]\na,62\nb,62 USD/MWh\n") ==
        "grids.csv:3:3: price is \"62 USD/MWh\"; allowed: a number in USD/MWh. Write the number alone: the header has "
        "its unit.");
  CHECK(refused("name,price\na,62\n") ==
        "grids.csv:2:3: price is \"62\"; allowed: a number with a unit, such as 1 USD/MWh. Column 3: found no "
        "unit; expected a unit of USD/J, such as $/MWh.");
  CHECK(refused("name,price [W]\na,62\n") ==
        "grids.csv:2:3: price is \"62 W\"; allowed: a number with a unit, such as 1 USD/MWh. Column 4: found "
        "\"W\", which is in W; expected a unit of USD/J, such as $/MWh.");
  CHECK(refused("name,price [USD/MWh]\na,-62\n") ==
        "grids.csv:2:3: price is -$62/MWh; allowed: above $0/MWh. Set price: price of energy at the meter.");
  CHECK(has(refused("name,price [USD/MWh],origin.confidence\na,62,sure\n"),
            "grids.csv:2:6: origin.confidence is \"sure\"; allowed: one of given by the caller, measured,"));
  CHECK(refused("name,price [USD/MWh]\n\xC3\x28,62\n") ==
        "grids.csv:2:1: name is \"?(\"; allowed: text in UTF-8 without zero bytes. Correct its bytes.");
  CHECK(has(refused("price [USD/MWh],origin.by_field\n62,\"field,sauce\nprice,me\"\n"),
            "grids.csv:2:4: origin.by_field:1:7: sauce is no field of the record"));
  CHECK(has(refused("price [USD/MWh],transmission_loss\n62,nan\n"),
            "grids.csv:2:4: transmission_loss is \"nan\"; allowed: a plain number"));
  CHECK(has(refused("price [USD/MWh]\n1e999\n"), "grids.csv:2:1: price is \"1e999 USD/MWh\""));
  CHECK(refused("name [W],price [USD/MWh]\na,62\n") ==
        "grids.csv:2:1: name is in W; allowed: text without a unit. Take it out of the header.");
  // However much is wrong, a hundred of it is said.
  std::string wide = "price [USD/MWh]", row = "62";
  for (int i = 0; i < 20000; ++i)
    wide += ",colour" + std::to_string(i), row += ",";
  const std::string hundred = refused(wide + "\n" + row + "\n");
  CHECK(std::count(hundred.begin(), hundred.end(), '\n') == 99);
  // A rule between members is said where the member that it names stands.
  try {
    adapters::read_csv<lc::energy::stage>("name,efficiency,efficiency_low\na,0.9,0.95\n");
    FAIL("not refused");
  } catch (const lc::invalid_value& e) {
    CHECK(std::string(e.what()) == "CSV:2:7: efficiency_low is 0.95; allowed: at most efficiency, 0.9. Lower it.");
  }
}

TEST_CASE("CSV: files") {
  const std::string file = "layercake_csv_test.csv";
  adapters::write_csv_file(file, lc::energy::catalog::grids);
  const auto read = adapters::read_csv_file<grid>(file);
  REQUIRE(read.size() == lc::energy::catalog::grids.size());
  CHECK(identical(read[3], *lc::energy::catalog::grids[3]));
  std::remove(file.c_str());
}

TEST_CASE("CSV: a table with bytes changed is read or refused") {
  const std::string base =
      adapters::csv_table(std::vector{lc::energy::catalog::grid_france, lc::energy::catalog::grid_ercot});
  const std::string bytes = "\",\n\r[]0123456789.-+eE nUSD/%\xC3\xFF";
  layercake_test::xorshift random{20261127};
  lc::text_pool pool;
  std::size_t read = 0, refused = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = base;
    for (std::size_t k = random.below(3) + 1; k > 0; --k) {
      const std::size_t at = random.below(text.size());
      if (random.below(2) == 0) {
        text[at] = bytes[random.below(bytes.size())];
      } else {
        text.insert(at, text.substr(random.below(text.size()), random.below(30)));
      }
    }
    try {
      const auto grids = adapters::read_csv<grid>(text, "x", pool);
      CHECK(identical(grids, adapters::read_csv<grid>(adapters::csv_table(grids), "x", pool)));
      ++read;
    } catch (const lc::error&) {
      ++refused;
    }
  }
  CHECK(read > 100);
  CHECK(refused > 100);
}
