// Records as JSON and back: bit for bit, in any unit, and refused with path, value and what is allowed.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../../xorshift.hpp"
#include "catalogs.hpp"

#if __has_include(<nlohmann/json.hpp>)
#include <layercake/adapters/json.hpp>
#include <layercake/adapters/json_schema.hpp>

#include <cstdio>
#include <limits>
#include <sstream>

namespace lc = layercake;
namespace adapters = layercake::adapters;
using namespace layercake::units;
using layercake_test::identical;

namespace {

template <class Function>
std::string said(Function f) {
  try {
    f();
  } catch (const lc::error& e) {
    return e.what();
  }
  return "";
}
std::string grid_refused(const std::string& text) {
  return said([&] { adapters::read_json<lc::energy::grid>(text, "grid"); });
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

// A chip of which only what has no default is given, and `more` besides.
std::string own_chip(const std::string& more) {
  return R"({"peak": {"bf16": "0.9 PFLOP/s"}, "memory": "96 GB", "memory_bandwidth": "4 TB/s")" + more + "}";
}
std::string chip_refused(const std::string& more) {
  return said([&] { adapters::read_json<lc::chips::accelerator>(own_chip(more), "chip"); });
}

}  // namespace

TEST_CASE("JSON: every record of every catalog and of every type reads back bit for bit") {
  std::size_t records = 0;
  const auto there_and_back = [&]<class Record>(const char* name, const std::vector<Record>& all) {
    CAPTURE(name);
    for (const Record& record : all) {
      const std::string text = adapters::json_text(record);
      CAPTURE(text);
      const auto read = adapters::read_json<Record>(text);
      REQUIRE(identical(record, read));
      REQUIRE(adapters::json_text(read) == text);
      ++records;
    }
    const auto read = adapters::read_json<std::vector<Record>>(adapters::json_text(all));
    REQUIRE(identical(all, read));
  };
  layercake_test::for_each_catalog(there_and_back);
  layercake_test::for_each_other_type(there_and_back);
  CHECK(records > 300);
}

TEST_CASE("JSON: what is written is what a person would write") {
  const lc::energy::grid grid{
      .name = "north", .price = 62 * usd / megawatt_hour, .carbon = 0.12 * kilogram_co2e / kilowatt_hour};
  CHECK(adapters::json_text(grid) == R"({
  "name": "north",
  "price": "62 USD/MWh",
  "demand_charge": "0 USD/MWh",
  "carbon": "120 gCO2e/kWh",
  "water": null,
  "connection": null,
  "transmission_loss": 0.05,
  "origin": {
    "source": "given by the caller",
    "date": "",
    "confidence": "given by the caller",
    "by_field": [
      {
        "field": "transmission_loss",
        "source": "5 %, unless set: losses of transmission and distribution in a rich country, general knowledge",
        "confidence": "recalled"
      },
      {
        "field": "demand_charge",
        "source": "0, unless set: the price is taken to be all-in",
        "confidence": "assumed"
      },
      {
        "field": "connection",
        "source": "unlimited, unless set",
        "confidence": "assumed"
      }
    ]
  }
}
)");
  std::ostringstream stream;
  adapters::write_json(stream, grid);
  CHECK(stream.str() == adapters::json_text(grid));
  const auto chip = adapters::to_json(lc::chips::catalog::h100_sxm);
  CHECK(chip["memory"] == "80 GB");
  CHECK(chip["peak"]["bf16"] == "989.4 TFLOP/s");
  CHECK(chip["dies"].dump() == "1");
  CHECK(chip["family"] == "NVIDIA Hopper");
  CHECK(adapters::to_json(lc::energy::catalog::legacy_ac)["stages"].size() == 7);  // of ten, three are as new
}

TEST_CASE("JSON: a quantity is read in any unit of its dimension") {
  const auto price = [](const char* text) {
    return adapters::read_json<lc::energy::grid>(std::string(R"({"price": ")") + text + "\"}").price;
  };
  const auto wanted = 62 * usd / megawatt_hour;
  CHECK(price("62 USD/MWh") == wanted);
  CHECK(price("0.062 USD/kWh") == wanted);
  CHECK(price("$62/MWh") == wanted);
  CHECK(price("62000 USD/GWh") == wanted);
  const auto chip =
      adapters::read_json<lc::chips::accelerator>(own_chip(R"(, "dies": "2 dies", "memory_efficiency": "85 %")"));
  CHECK(chip.dies == 2);
  CHECK(chip.memory_efficiency == 0.85);
  CHECK(chip.memory == 96e9 * byte);
  CHECK_FALSE(lc::is_known(chip.price));
}

TEST_CASE("JSON: what a text leaves out is as in a new record, or as in the one that it changes") {
  const auto chip = adapters::read_json<lc::chips::accelerator>(own_chip(""));
  CHECK(chip.scale_up_domain == 1);
  CHECK(chip.family == lc::chips::family::other);
  CHECK(std::string(chip.origin.source) == "given by the caller");

  const lc::infrastructure::site& base = lc::infrastructure::catalog::texas;
  const auto changed = adapters::read_json(R"({"node": {"price_per_chip": "9000 USD"}, "it_life": "6 yr"})", base);
  lc::infrastructure::site wanted = base;
  wanted.node.price_per_chip = 9000 * usd;
  wanted.it_life = 6 * year;
  CHECK(identical(changed, wanted));
  CHECK(identical(adapters::read_json("{}", base), base));

  // A source is replaced whole: those of the base's fields are not the new one's.
  const auto own =
      adapters::read_json(R"({"origin": {"source": "contract", "date": "2026-11", "confidence": "measured"}})", base);
  CHECK(std::string(own.origin.source) == "contract");
  CHECK(own.origin.by_field.empty());
  CHECK(std::string(own.node.origin.source) == base.node.origin.source);

  // A grid of which nobody publishes the price is one of the catalog's, and may be changed.
  const lc::energy::grid& unknown_price = lc::energy::catalog::grid_world_average;
  CHECK(adapters::read_json(R"({"transmission_loss": 0.1})", unknown_price).transmission_loss == 0.1);
}

TEST_CASE("JSON: names that the record does not have, missing members, wrong types and units are all named at once") {
  CHECK(said([] { adapters::read_json<lc::chips::accelerator>("{}", "chip"); }) ==
        "chip.memory is missing; allowed: above 0 B. Set chip.memory: the memory of one chip, as its data sheet names "
        "it.\n"
        "chip.memory_bandwidth is missing; allowed: above 0 B/s. Set chip.memory_bandwidth: the peak rate of that "
        "memory.");
  CHECK(chip_refused(R"(, "memory_bandwith": "4 TB/s")") == "chip.memory_bandwith is no field of the record; allowed: "
                                                            "the names of its fields. Did you mean memory_bandwidth?");
  CHECK(has(chip_refused(R"(, "colour": "red")"),
            "chip.colour is no field of the record; allowed: one of name, family, launch, origin, peak, memory,"));
  CHECK(
      said([] {
        adapters::read_json<lc::chips::accelerator>(
            R"({"peak": {"bf16": 900e12, "fp16x": null}, "memory": "96 W", "memory_bandwidth": "4", "dies": "2", "name": 7})",
            "chip");
      }) ==
      "chip.name is 7; allowed: text. Write it in quotation marks.\n"
      "chip.peak.bf16 is 900000000000000.0; allowed: a number with a unit, such as 1 FLOP/s, or null for unknown. "
      "Write the unit too, "
      "in quotation marks.\n"
      "chip.peak.fp16x is no field of the record; allowed: the names of its fields. Did you mean fp16?\n"
      "chip.memory is \"96 W\"; allowed: a number with a unit, such as 1 B. Column 4: found \"W\", which is in W; "
      "expected a unit of B.\n"
      "chip.memory_bandwidth is \"4\"; allowed: a number with a unit, such as 1 B/s. Column 2: found no unit; expected "
      "a unit of B/s.\n"
      "chip.dies is \"2\"; allowed: a plain number, or null for unknown. Write the number without quotation marks.");
  CHECK(grid_refused(R"({"price": "62 USD/MW"})") == "grid.price is \"62 USD/MW\"; allowed: a number with a unit, such "
                                                     "as 1 USD/MWh. Column 4: found \"USD/MW\", which is in USD/W; "
                                                     "expected a unit of USD/J, such as $/MWh.");
  CHECK(grid_refused(R"({"price": true})") == "grid.price is true; allowed: a number with a unit, such as 1 USD/MWh, "
                                              "or null for unknown. Write the figure alone.");
  CHECK(grid_refused(R"({"price": "NaN USD/MWh"})") ==
        "grid.price is \"NaN USD/MWh\"; allowed: a number with a unit, such as 1 USD/MWh. Column 1: found \"NaN "
        "USD/MWh\"; expected a finite number.");
  CHECK(grid_refused("[]") == "grid is an array; allowed: an object. Write the members of the record in braces.");
  CHECK(said([] { adapters::read_json<lc::energy::grid>("7"); }) ==
        "the text is 7; allowed: an object. Write the members of the record in braces.");
  CHECK(said([] {
          adapters::read_json<std::vector<lc::energy::grid>>(R"([{"price": "62 USD/MWh"}, {"price": "-1 USD/MWh"}])");
        }) == "[1].price is -$1/MWh; allowed: above $0/MWh. Set [1].price: price of energy at the meter.");
  CHECK(said([] { adapters::read_json<std::vector<lc::energy::grid>>("{}"); }) ==
        "the text is an object; allowed: an array. Write the records in brackets.");
}

TEST_CASE("JSON: choices, texts and lists") {
  CHECK(chip_refused(R"(, "family": "hopper")") ==
        "chip.family is \"hopper\"; allowed: one of NVIDIA Pascal, Volta and Turing, NVIDIA Ampere, NVIDIA Ada, NVIDIA "
        "Hopper, NVIDIA Blackwell, "
        "AMD CDNA, Google TPU, Intel Gaudi, AWS Trainium, wafer scale, other. Did you mean NVIDIA Hopper?");
  CHECK(chip_refused(R"(, "family": 3)") == "chip.family is 3; allowed: text. Write it in quotation marks.");
  CHECK(chip_refused(R"(, "name": "a\u0000b")") ==
        "chip.name is \"a?b\"; allowed: text in UTF-8 without zero bytes. Correct its bytes.");
  CHECK(chip_refused(R"(, "origin": {"source": "x", "by_field": [{"field": "price", "sauce": "y"}]})") ==
        "chip.origin.by_field[0].sauce is no field of the record; allowed: the names of its fields. Did you mean "
        "source?");
  const auto plan = [](const std::string& text) {
    return said([&] { adapters::read_json<lc::training_plan>(text, "plan"); });
  };
  CHECK(plan(R"({"math": "nvfp"})") ==
        "plan.math is \"nvfp\"; allowed: one of fp32, tf32, fp16, bf16, fp8, mxfp8, int8, fp4, mxfp4, nvfp4, int4. "
        "Did you mean nvfp4?");
  CHECK(plan(R"({"sequence_parallel": "true"})") ==
        "plan.sequence_parallel is \"true\"; allowed: true or false. Write it without quotation marks.");
  const auto chain = [](const std::string& stages) {
    return said([&] { adapters::read_json<lc::energy::conversion_chain>("{\"stages\": [" + stages + "]}", "chain"); });
  };
  CHECK(chain("{}, {\"efficiency\": 1.5}") == "chain.stages[1].efficiency is 1.5; allowed: above 0 to 1. Set "
                                              "chain.stages[1].efficiency: power out over power in.");
  std::string eleven = "{}";
  for (int i = 1; i < 11; ++i)
    eleven += ", {}";
  CHECK(chain(eleven) == "chain.stages is 11 long; allowed: at most 10 long. Leave some out.");
}

TEST_CASE("JSON: a value outside its domain is refused as composing refuses it, an unknown one is left to composing") {
  CHECK(chip_refused(R"(, "dies": 1.5)") ==
        "chip.dies is 1.5; allowed: a whole number, at least 1. Set chip.dies: the number of compute dies.");
  CHECK(chip_refused(R"(, "thermal_design_power": "100 W", "idle_power": "200 W")") ==
        "chip.idle_power is 200 W; allowed: at most thermal_design_power, 100 W. Lower idle_power or raise "
        "thermal_design_power.");
  CHECK(chip_refused(R"(, "dies": 1e30)") == "");
  CHECK(has(chip_refused(R"(, "dies": 1e31)"), "chip.dies is 1e31; allowed: a whole number, from 1 to 1e30."));
  const auto grid = adapters::read_json<lc::energy::grid>(R"({"price": null})");
  CHECK_FALSE(lc::is_known(grid.price));
  CHECK_THROWS_AS(lc::validate(grid), lc::invalid_value);
  const auto model = [](const std::string& formats) {
    return said([&] {
      adapters::read_json(R"({"formats": )" + formats + "}", lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
                          "model");
    });
  };
  CHECK(model(R"({"math": "fp8", "dense": {"values": "int4", "bits": 4.5}})") == "");
  CHECK(model(R"({"dense": {"bits": 0}})") ==
        "model.formats.dense.bits is 0; allowed: above 0 to 64. Set model.formats.dense.bits: the stored "
        "bits of a value, scales included.");
}

TEST_CASE("JSON: what is no JSON is refused with line and column") {
  CHECK(grid_refused("") ==
        "JSON:1:1: syntax error while parsing value - unexpected end of input; expected '[', '{', or a literal");
  CHECK(has(grid_refused("{\"price\":\n  NaN}"), "JSON:2:3: syntax error while parsing value - invalid literal"));
  CHECK(has(grid_refused(R"({"transmission_loss": Infinity})"), "JSON:1:23: syntax error"));
  CHECK(has(grid_refused(R"({"transmission_loss": 1e999})"), "JSON:1:"));
  CHECK(has(grid_refused(R"({"transmission_loss": 1e999})"), "number overflow parsing '1e999'"));
  CHECK(has(grid_refused("{} x"), "JSON:1:4: syntax error while parsing value - invalid literal"));
  CHECK(has(grid_refused("{\"name\": \"\xFF\"}"), "invalid string: ill-formed UTF-8 byte"));
  CHECK(grid_refused("{\n\"name\": \"a\",\n\"name\": \"b\"}") == "JSON:3:6: the key \"name\" comes twice");
  CHECK(grid_refused(std::string(100000, '[')) == "JSON:1:33: this lies deeper than 32 levels");
  CHECK(has(grid_refused("{\"origin\":" + std::string(100000, '{')), "JSON:1:12: syntax error"));
  std::string many = "{";
  for (int i = 0; i < 1000; ++i)
    many += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":0";
  CHECK(has(grid_refused(many + "}"), "more members than any record has"));
  CHECK(has(grid_refused("{\"transmission_loss\": 1e-400}"),
            "grid.price is missing"));  // so small that it is 0, as in any JSON reader
  try {
    adapters::parse_json("[1,\n 2 3]", "list.json");
    FAIL("not refused");
  } catch (const lc::malformed_text& e) {
    CHECK(e.file == "list.json");
    CHECK(e.line == 2);
    CHECK(e.column == 4);
  }
  CHECK(adapters::parse_json("\xEF\xBB\xBF{\"a\": [1, -2, 2.5, true, null, \"x\"]}").dump() ==
        R"({"a":[1,-2,2.5,true,null,"x"]})");
}

TEST_CASE("JSON: a value that was not read from a text, and what JSON does not hold") {
  adapters::json value = adapters::json::object();
  value["price"] = "62 USD/MWh";
  value["transmission_loss"] = std::numeric_limits<double>::quiet_NaN();
  CHECK(has(said([&] { adapters::from_json<lc::energy::grid>(value, "grid"); }), "grid.transmission_loss is null"));
  value["transmission_loss"] = adapters::json::binary({1, 2});
  CHECK(has(said([&] { adapters::from_json<lc::energy::grid>(value, "grid"); }),
            "grid.transmission_loss is binary; allowed: a plain number"));
  lc::energy::grid grid = lc::energy::catalog::grid_ercot;
  grid.transmission_loss = std::numeric_limits<double>::infinity();
  CHECK(has(said([&] { adapters::to_json(grid); }), "transmission_loss is inf; allowed:"));
  grid = lc::energy::catalog::grid_ercot;
  grid.name = "\xC3\x28";
  CHECK(said([&] { adapters::to_json(grid); }) == "name is \"?(\"; allowed: text in UTF-8. Correct its bytes.");
}

TEST_CASE("JSON: a catalog as a list, a composed stack as the record of its layers") {
  CHECK(adapters::to_json(lc::energy::catalog::grids).size() == lc::energy::catalog::grids.size());
  const lc::stack service{
      lc::energy::catalog::grid_ercot, lc::chips::catalog::h100_sxm, lc::infrastructure::site{},
      lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8),
      lc::applications::assistant{
          .daily_users = 1e6, .tasks_per_user = 12 / day, .input = 1200 * token, .output = 300 * token}};
  CHECK(adapters::to_json(service)["chip"]["memory"] == "80 GB");
  auto dearer = service;
  dearer.energy.price = 0.1 * usd / kilowatt_hour;
  const auto read = adapters::read_json(R"({"energy": {"price": "0.1 USD/kWh"}})", service);
  CHECK(read.pull().cost() == dearer.pull().cost());
  CHECK(has(said([&] { adapters::read_json(R"({"chip": {"memory": "-1 B"}})", service, "stack"); }),
            "stack.chip.memory is -1 B"));
}

TEST_CASE("JSON: single precision reads back too, and refuses what it cannot hold") {
  using grid = lc::energy::basic_grid<float>;
  const auto north = lc::with_number<float>(lc::energy::catalog::grid_france);
  const auto read = adapters::read_json<grid>(adapters::json_text(north));
  CHECK(read.price == north.price);
  CHECK(read.carbon == north.carbon);
  CHECK(read.transmission_loss == north.transmission_loss);
  CHECK(has(said([] { adapters::read_json<grid>(R"({"price": "62 USD/MWh", "transmission_loss": 1e300})", "grid"); }),
            "grid.transmission_loss is 1e+300; allowed: a plain number"));
}

TEST_CASE("JSON: files") {
  const std::string file = "layercake_json_test.json";
  adapters::write_json_file(file, lc::energy::catalog::grid_france);
  CHECK(identical(adapters::read_json_file<lc::energy::grid>(file), lc::energy::catalog::grid_france));
  lc::write_file(file, R"({"price": "0 USD/MWh"})");
  CHECK(said([&] { adapters::read_json_file<lc::energy::grid>(file); }) ==
        file + ": price is $0/MWh; allowed: above $0/MWh. Set price: price of energy at the meter.");
  CHECK(
      has(said([&] { adapters::read_json_file(file, lc::energy::catalog::grid_france); }), file + ": price is $0/MWh"));
  lc::write_file(file, "{");
  CHECK(has(said([&] { adapters::read_json_file<lc::energy::grid>(file); }), file + ":1:1: "));
  std::remove(file.c_str());
  CHECK(said([&] { adapters::read_json_file<lc::energy::grid>(file); }) ==
        "cannot read " + file + ": No such file or directory");
}

TEST_CASE("JSON: names are kept once, in the pool that is given") {
  lc::text_pool pool;
  const std::string text = adapters::json_text(lc::chips::catalog::h100_sxm);
  const auto a = adapters::read_json<lc::chips::accelerator>(text, "", pool);
  const auto b = adapters::read_json<lc::chips::accelerator>(text, "", pool);
  CHECK(a.name == b.name);
  CHECK(a.origin.by_field.data() == b.origin.by_field.data());
  CHECK(lc::same(a, b));
}

TEST_CASE("JSON: a text with bytes changed is read or refused, and what is read is in order") {
  const std::string texts[] = {adapters::json_text(lc::chips::catalog::h100_sxm),
                               adapters::json_text(lc::energy::catalog::legacy_ac),
                               adapters::json_text(lc::models::catalog::deepseek_v3)};
  const std::string bytes = "\"{}[]:,.-+eE0123456789 \\nultrafs\xC3\xA9\xFF\n$%/";
  layercake_test::xorshift random{20261126};
  lc::text_pool pool;
  std::size_t read = 0, refused = 0;
  const auto read_changed = [&]<class Record>(const std::string& text, const Record&) {
    try {
      const auto record = adapters::read_json<Record>(text, "x", pool);
      CHECK(lc::faults_of(record).empty());
      CHECK(identical(record, adapters::read_json<Record>(adapters::json_text(record), "x", pool)));
      ++read;
    } catch (const lc::error& e) {
      CHECK(std::string(e.what()).size() > 10);
      ++refused;
    }
  };
  for (int i = 0; i < 3000; ++i) {
    const std::size_t which = random.below(3);
    std::string text = texts[which];
    for (std::size_t k = random.below(3) + 1; k > 0; --k) {
      const std::size_t at = random.below(text.size());
      switch (random.below(4)) {
      case 0:
        text[at] = bytes[random.below(bytes.size())];
        break;
      case 1:
        text.erase(at, random.below(20));
        break;
      case 2:
        text.insert(at, text.substr(random.below(text.size()), random.below(40)));
        break;
      default:
        text.insert(at, 1, bytes[random.below(bytes.size())]);
      }
      if (text.empty()) text = " ";
    }
    if (which == 0) read_changed(text, lc::chips::accelerator{});
    if (which == 1) read_changed(text, lc::energy::conversion_chain{});
    if (which == 2) read_changed(text, lc::models::transformer{});
  }
  CHECK(read > 100);
  CHECK(refused > 1000);
}

TEST_CASE("JSON Schema: names, units, ranges, choices and what has to be given come from fields()") {
  const auto schema = adapters::json_schema<lc::chips::accelerator>();
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema["type"] == "object");
  CHECK(schema["additionalProperties"] == false);
  CHECK(schema["required"].dump() == R"(["memory","memory_bandwidth"])");
  CHECK(schema["properties"].size() == 23);
  CHECK(schema["properties"]["memory"].dump() ==
        R"({"description":"the memory of one chip, as its data sheet names it","type":["string","null"],"unit":"B"})");
  CHECK(
      schema["properties"]["dies"].dump() ==
      R"({"description":"the number of compute dies","type":["number","string","null"],"minimum":1.0,"multipleOf":1,"default":1})");
  CHECK(schema["properties"]["family"]["enum"].size() == 11);
  CHECK(schema["properties"]["peak"]["properties"]["bf16"]["unit"] == "FLOP/s");
  CHECK(schema["properties"]["origin"]["properties"]["by_field"]["items"]["properties"].contains("confidence"));
  CHECK(adapters::json_schema<lc::energy::conversion_chain>()["properties"]["stages"]["maxItems"] == 10);
  CHECK(adapters::json_schema<std::vector<lc::energy::grid>>()["items"]["required"].dump() == R"(["price"])");
}
#endif
