// Configuration files with something changed: each gives a model in order, or is refused in words.
#include <cmath>
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "../unit/adapters/configs.hpp"
#include "generator.hpp"

using configs::json;

namespace {

// A value that may stand anywhere in such a file, or should not.
json odd_value(fuzz::generator& random) {
  static const std::vector<json> values{nullptr,
                                        true,
                                        false,
                                        0,
                                        1,
                                        -1,
                                        2,
                                        3,
                                        7,
                                        128,
                                        4096,
                                        4097,
                                        1e8,
                                        1e9,
                                        1e18,
                                        1e308,
                                        -1e18,
                                        0.5,
                                        1.5,
                                        "",
                                        "x",
                                        "re:(a|b",
                                        "full_attention",
                                        json::array(),
                                        json::object(),
                                        json::array({0, 1, 2}),
                                        json::array({nullptr}),
                                        json::array({"sliding_attention"}),
                                        json{{"model_type", "llama"}},
                                        std::string(1, '\xff'),
                                        std::string(2000, 'a')};
  return random.one_of(values);
}

// Changes one thing, at any depth.
void change(json& value, fuzz::generator& random) {
  if (!value.is_structured() || value.empty() || random.one_in(6)) {
    value = odd_value(random);
    return;
  }
  auto at = value.begin();
  std::advance(at, static_cast<std::ptrdiff_t>(random.below(value.size())));
  if (value.is_object() && random.one_in(10)) {
    value.erase(at);
  } else if (value.is_object() && random.one_in(20)) {
    value["gizmo"] = odd_value(random);
  } else if (value.is_array() && random.one_in(5)) {
    value.erase(at);
  } else if (at->is_number() && random.one_in(3)) {
    *at = at->get<double>() * random.power_of_two(8);
  } else {
    change(*at, random);
  }
}

std::string broken(const json& file) {
  try {
    const auto x = layercake::models::from_config(file, {.accept_unknown = {"*"}});
    if (const auto found = layercake::check(x); !found.empty()) return "not in order: " + layercake::text_of(found);
    const double total = layercake::models::parameters(x).total();
    if (!std::isfinite(total) || !(total > 0)) return "parameters are " + layercake::to_exact_string(total);
    const double bytes =
        layercake::in<layercake::units::byte>(x.as_published().weights(layercake::models::split<double>{}));
    if (!std::isfinite(bytes) || !(bytes > 0)) return "weights are " + layercake::to_exact_string(bytes);
  } catch (const layercake::invalid_value& e) {
    const std::string text = e.what();
    if (text.find("; allowed: ") == std::string::npos || text.find("nan") != std::string::npos)
      return "it says: " + text;
  }
  return "";
}

}  // namespace

TEST_CASE("changed configuration files are read or refused in words") {
  std::vector<json> files;
  for (const configs::model& m : configs::all)
    files.push_back(configs::file(m.name));
  fuzz::generator random(77);
  const int trials = fuzz::times(4000);
  for (int i = 0; i < trials; ++i) {
    json file = random.one_of(files);
    for (std::size_t changes = 1 + random.below(3); changes > 0; --changes)
      change(file, random);
    const std::string fault = broken(file);
    CHECK_MESSAGE(fault.empty(), fault << " " << file.dump(-1, ' ', true, json::error_handler_t::replace));
  }
}

TEST_CASE("texts that are no configuration are refused in words") {
  fuzz::generator random(78);
  const std::string whole = configs::file("gemma-3-27b").dump();
  for (int i = 0; i < fuzz::times(500); ++i) {
    std::string text = whole.substr(0, random.below(whole.size()));
    if (!text.empty()) text[random.below(text.size())] = static_cast<char>(random.below(256));
    const auto parsed = json::parse(layercake::adapters::hugging_face::without_python_numbers(text), nullptr, false);
    const std::string fault = parsed.is_discarded() ? "" : broken(parsed);
    CHECK_MESSAGE(fault.empty(), fault);
  }
}
