// Whether a chip has units for the products that a model is deployed with.
#pragma once

#include <cmath>
#include <concepts>
#include <layercake/chips/chips.hpp>
#include <layercake/models/models.hpp>
#include <string>
#include <type_traits>
#include <vector>

namespace layercake {

namespace detail {
template <class Model>
concept has_formats = requires(const Model& m) {
  m.formats.math_of(models::storage{});
  m.formats.parts();
};
template <class Model>
concept has_math = requires(const Model& m) {
  requires std::same_as<std::remove_cvref_t<decltype(m.math)>, precision>;
};
// Calls visit(format, record of the model, field of it) for what the model's products are multiplied in, as far as it says so: in
// its formats, part by part, or in its one precision.
template <class Model, class Visit>
constexpr void each_multiplied(const Model& model, Visit&& visit) {
  if constexpr (has_formats<Model>) {
    const precision math = model.formats.math;
    visit(math, "formats", "math");
    for (const auto& [part, stored] : model.formats.parts()) {
      if (model.formats.math_of(stored) != math) visit(model.formats.math_of(stored), "formats", part);
    }
  } else if constexpr (has_math<Model>) {
    visit(model.math, "", "math");
  }
}
}  // namespace detail

// Whether the chip has units for all products of the model; a mask where the numbers are lanes. A model that does not say what it
// multiplies in, or a chip that does not say what it can, is not asked.
template <class Chip, class Model>
constexpr auto multiplies(const Chip& chip, const Model& model) {
  auto all = chips::multiplies(chip, precision::bf16);
  detail::each_multiplied(
      model, [&](precision math, const char*, const char*) { all = all && chips::multiplies(chip, math); });
  return all;
}

// The fields of the model that ask the chip for products that it has no units for; empty where none does.
// Example: "model.formats.math is fp8; allowed: what A100-SXM4-80GB multiplies: fp32, tf32, fp16, bf16, int8. Take the model
// .at(precision::bf16), or its weights alone in 8 bit: .at(models::formats::weights_at(precision::fp8))."
template <class Chip, class Model>
std::vector<finding> check_multiplied(const Chip& chip, const Model& model) {
  findings found;
  detail::each_multiplied(model, [&](precision math, const char* record, const char* field) {
    std::string remedy = "Take the model .at(precision::bf16)";
    if (detail::has_formats<Model>)
      remedy += ", or its weights alone in " + to_string(std::floor(bits(math))) +
                " bit: .at(models::formats::weights_at(precision::" + name(math) + "))";
    found.add(
        chips::not_multiplied(chip, math, findings::joined(findings::joined("model", record), field), remedy + "."));
  });
  return found.take();
}

}  // namespace layercake
