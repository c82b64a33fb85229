// What is wrong with a question about training.
#pragma once

#include <layercake/training/model.hpp>
#include <layercake/training/plan.hpp>
#include <string>
#include <vector>

namespace layercake {

// What contradicts between a model and a plan: widths that do not divide over ranks, stages without layers. Beside
// check(model) and check(plan). Of a model that is not a transformer the layers alone are known.
template <class Model, real T>
std::vector<finding> check_plan(const Model& x, const basic_training_plan<T>& p, const std::string& path = "plan") {
  findings f(path);
  f.check_at_most("pipeline", p.pipeline, "model.layers / virtual_stages", static_cast<T>(x.layers) / p.virtual_stages,
                  "Every stage and chunk needs a layer.");
  if constexpr (std::same_as<Model, models::basic_transformer<T>>) {
    f.check_divides("tensor", p.tensor, "model.heads", x.heads, "Every tensor-parallel rank takes whole heads.");
    f.require(findings::divides(p.tensor, x.key_heads) || findings::divides(x.key_heads, p.tensor), "tensor", p.tensor,
              "a divisor or a multiple of model.key_heads, " + to_string(x.key_heads),
              "Key heads are split or copied evenly.");
    if (x.experts > T(0)) {
      f.check_divides("expert", p.expert, "model.experts", x.experts,
                      "Every expert-parallel rank takes whole experts.");
    } else {
      f.check_equal("expert", p.expert, "a model without experts has", T(1),
                    "Every expert-parallel rank takes whole experts.");
    }
  }
  return f.take();
}

// What is wrong with a training step: fields of the model, the chip, the network and the plan outside their domains, and what
// contradicts between model and plan. Empty if nothing is.
template <class Model, class Chip, class Network, real T>
std::vector<finding> check_training(const Model& model, const Chip& chip, const Network& network,
                                    const basic_training_plan<T>& plan) {
  findings found;
  if constexpr (described<Model>) found.add(check(model, "model"));
  if constexpr (described<Chip>) found.add(check(chip, "chip"));
  if constexpr (described<Network>) found.add(check(network, "network"));
  found.add(check(plan, "plan"));
  using R = promote_all_t<number_of_t<Model>, T>;
  if (found.empty()) found.add(check_plan(layercake::with_number<R>(model), layercake::with_number<R>(plan), "plan"));
  return found.take();
}

}  // namespace layercake
