// What is wrong with a question about training.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/infrastructure/site.hpp>
#include <layercake/training/model.hpp>
#include <layercake/training/plan.hpp>
#include <string>
#include <vector>

namespace layercake {

namespace detail {
// Where the first or the last stage has layers of its own, whole ones are left for every other stage.
template <real T>
void check_stages(findings& f, const T& layers, const basic_training_plan<T>& p) {
  const T first = p.first_stage_layers, last = p.last_stage_layers, rest = layers - first - last;
  if (!(first > T(0) || last > T(0))) return;
  const T others = p.pipeline - T(first > T(0) ? 1 : 0) - T(last > T(0) ? 1 : 0);
  f.require(others > T(0) ? rest >= others && findings::divides(others, rest) : rest == T(0),
            first > T(0) ? "first_stage_layers" : "last_stage_layers", first > T(0) ? first : last,
            "such that of model.layers, " + to_string(layers) + ", with " + to_string(first) +
                " on the first stage and " + to_string(last) + " on the last (0: as the others) the other " +
                to_string(others) + " stages take equally many whole ones",
            "Change it, the other one or pipeline.");
}
}  // namespace detail

// What contradicts between a model and a plan: widths that do not divide over ranks, stages without layers. Beside
// check(model) and check(plan). Of a model that is not a transformer the layers alone are known.
template <class Model, real T>
std::vector<finding> check_plan(const Model& x, const basic_training_plan<T>& p, const std::string& path = "plan") {
  findings f(path);
  f.check_at_most("pipeline", p.pipeline, "model.layers / virtual_stages",
                  static_cast<T>(models::layers_of(x)) / p.virtual_stages, "Every stage and chunk needs a layer.");
  detail::check_stages(f, static_cast<T>(models::layers_of(x)), p);
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

// The same of a model of which not everything learns, and whether a training step of it learns anything.
template <class Architecture, real T>
std::vector<finding> check_plan(const models::learner<Architecture>& x, const basic_training_plan<T>& p,
                                const std::string& path = "plan") {
  findings f(path);
  f.add(check_plan(x.architecture, p, path));
  const auto frozen = x.frozen_share();
  if (p.pipeline > T(1)) {
    f.require(!(frozen > 0 && frozen < 1), "pipeline", p.pipeline,
              "1 where some of the layers are frozen, " + to_string(x.learning.frozen_layers),
              "Stages would take unequal times: freeze all layers or none, or take tensor and data ranks.");
  }
  findings of_model("model");
  of_model.require(x.learned_parameters(models::split<T>{}).total() > 0, "learning", std::string_view("of nothing"),
                   "a part that learns",
                   "Give adapters a rank, or let the embedding, the output matrix or a layer learn.");
  f.add(of_model.take());
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
