// What is wrong with a question about training.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/infrastructure/site.hpp>
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
  f.check_at_most("pipeline", p.pipeline, "model.layers / virtual_stages",
                  static_cast<T>(models::layers_of(x)) / p.virtual_stages, "Every stage and chunk needs a layer.");
  if constexpr (requires { x.tables(x.width); }) {
    using N = number_of_t<Model>;
    N heads = N(0), key_heads = N(0);  // of the layers looked at before
    x.each_mixer([&](const models::basic_mixer<N>& m, const N& times) {
      if (!(times > N(0)) || (m.heads == heads && m.key_heads == key_heads)) return;
      heads = m.heads, key_heads = m.key_heads;
      f.check_divides("tensor", p.tensor, "model.heads", m.heads, "Every tensor-parallel rank takes whole heads.");
      f.require(findings::divides(p.tensor, m.key_heads) || findings::divides(m.key_heads, p.tensor), "tensor",
                p.tensor, "a divisor or a multiple of model.key_heads, " + to_string(m.key_heads),
                "Key heads are split or copied evenly.");
    });
    if (x.mixture_layers() > N(0)) {
      x.each_feed_forward([&](const models::basic_feed_forward<N>& b, const N& times) {
        if (!(times > N(0)) || b.kind != models::feed_forward_kind::mixture) return;
        f.check_divides("expert", p.expert, "model.experts", b.experts,
                        "Every expert-parallel rank takes whole experts.");
      });
    } else {
      f.check_equal("expert", p.expert, "a model without experts has", T(1),
                    "Every expert-parallel rank takes whole experts.");
    }
  }
  return f.take();
}

// Products that the chip has no units for, asked for by the field at `path`.
template <class Chip>
std::vector<finding> check_math(const Chip& chip, precision math, const std::string& path = "plan.math") {
  return chips::not_multiplied(chip, math, path, "Set " + path + " = precision::bf16.");
}

// What is wrong with a training step: fields of the model, the chip, the network and the plan outside their domains, products that
// the chip has no units for, and what contradicts between model and plan. Empty if nothing is.
template <class Model, class Chip, class Network, real T>
std::vector<finding> check_training(const Model& model, const Chip& chip, const Network& network,
                                    const basic_training_plan<T>& plan) {
  findings found;
  if constexpr (described<Model>) found.add(check(model, "model"));
  if constexpr (described<Chip>) found.add(check(chip, "chip"));
  if constexpr (described<Network>)  // a site has its network inside
    found.add(check(network, infrastructure::infrastructure<Network> ? "site" : "network"));
  found.add(check(plan, "plan"));
  using R = promote_all_t<number_of_t<Model>, T>;
  if (found.empty()) found.add(check_math(chip, plan.math));
  if (found.empty()) found.add(check_plan(layercake::with_number<R>(model), layercake::with_number<R>(plan), "plan"));
  return found.take();
}

}  // namespace layercake
