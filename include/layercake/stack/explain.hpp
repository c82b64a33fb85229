// Sensitivities and explanations: how much each input moves a figure of the bill, by forward differentiation of the same formulas, and where
// every figure comes from.
#pragma once

#include <array>
#include <cmath>
#include <layercake/number/dual.hpp>
#include <layercake/stack/expected.hpp>
#include <layercake/stack/stack.hpp>
#include <string_view>
#include <vector>

namespace layercake {

// One input's influence on one figure.
struct sensitivity {
  std::string input;  // path: energy.price
  std::string value;  // as printed
  double slope;       // d figure / d input, in base units
  double elasticity;  // d ln figure / d ln input: the per cent that the figure moves for one per cent of the input
  const char* source;
  confidence how;
};

namespace detail {
struct source_visit {  // the provenance of the field at `path`, as far as its record has one
  const std::string& path;
  field_source found{"", "given by the caller", confidence::given};
  bool told = false;

  template <class Value, class Descriptor>
  void field(const std::string&, Value&, const Descriptor&) {}
  template <class Record>
  void record(const std::string& at, Record& r) {
    if constexpr (requires { r.origin.of(""); }) {
      if (path.size() > at.size() && path.compare(0, at.size(), at) == 0 && path[at.size()] == '.') {
        if (!told) found = r.origin.of(path.c_str() + at.size() + 1);
        told = true;  // records are visited after what they hold: the first that covers the path is the nearest
      }
    }
  }
};

inline bool varies(const std::string& path, const domain& allowed) {
  return !allowed.whole && path.compare(0, 5, "plan.") != 0;
}

inline void sort_by_influence(std::vector<sensitivity>& list) {
  for (std::size_t i = 1; i < list.size(); ++i) {  // insertion: a few dozen entries
    for (std::size_t j = i; j > 0 && std::abs(list[j].elasticity) > std::abs(list[j - 1].elasticity); --j)
      std::swap(list[j], list[j - 1]);
  }
}

// gradients(), in which nothing moves a figure that is infinite or unknown.
template <class... Layer, class... Figure>
std::array<std::vector<sensitivity>, sizeof...(Figure)> slopes_where_finite(const stack<Layer...>& service,
                                                                            const Figure&... figures) {
  constexpr std::size_t width = 8;
  using T = typename stack<Layer...>::number_type;
  using D = dual<T, width>;

  std::vector<sensitivity> inputs;
  std::vector<T> values;
  for_each_field(service, "", [&](const std::string& path, const auto& value, const auto& described_by) {
    if (!varies(path, described_by.allowed)) return;
    const T base = number_cast<T>(base_value(value));
    source_visit source{path};
    layercake::walk(service, "", source);
    inputs.push_back({path, is_known(base) ? to_string(value) : std::string("unknown"), 0, 0, source.found.source,
                      source.found.how});
    values.push_back(base);
  });

  std::array<std::vector<sensitivity>, sizeof...(Figure)> result;
  for (auto& r : result)
    r = inputs;
  for (std::size_t first = 0; first < inputs.size(); first += width) {
    auto varied = service.template over<D>();
    std::size_t i = 0;
    for_each_field(varied, "", [&](const std::string& path, auto& value, const auto& described_by) {
      if (!varies(path, described_by.allowed)) return;
      if constexpr (std::same_as<std::remove_cvref_t<decltype(base_value(value))>, D>) {
        if (i >= first && i < first + width) {
          using V = std::remove_cvref_t<decltype(value)>;
          const D seeded = D::variable(base_value(value).value, i - first);
          value = from_base_value<V>(seeded);
        }
      }
      ++i;
    });
    const auto billed = varied.pull(counting::smooth);
    std::size_t f = 0;
    const auto read = [&](const auto& figure) {
      const D y = base_value(figure(billed));
      for (std::size_t k = 0; k < width && first + k < inputs.size(); ++k) {
        const T slope = y.slope[k];
        sensitivity& s = result[f][first + k];
        const bool moves = is_known(y.value) && is_finite(y.value);
        s.slope = moves ? static_cast<double>(slope) : 0.0;
        s.elasticity = y.value == T(0) || !moves || !is_known(values[first + k])
                           ? 0.0
                           : static_cast<double>(slope * values[first + k] / y.value);
      }
      ++f;
    };
    (read(figures), ...);
  }
  for (auto& r : result)
    sort_by_influence(r);
  return result;
}

// What has no slopes is said, not taken for one that nothing moves.
template <class Energy, real T, class Figure>
void check_has_slopes(const Energy& supply, const basic_bill<T>& billed, const Figure& figure) {
  const auto value = figure(billed);
  const std::string why = "the figure is " + layercake::shown(value) + " and has no slopes: ";
  if (endless(value)) {
    const std::string reason = why_endless(supply, billed);
    raise(infeasible(why + (reason.empty() ? "it is one for each of what the bill has none of, such as output tokens. "
                                             "Give the service some."
                                           : reason)));
  }
  if (!is_known(without_kind(value))) {
    raise(missing_value(why + "an input of it is unknown. Give the figure that is missing (a grid's carbon or water, a "
                              "chip's die area)."));
  }
}
}  // namespace detail

// The slopes of `figures...` in every input of `service`, ranked by |elasticity| for each. Each figure is a callable on
// the bill that returns a quantity or a number. Inputs that are whole numbers by nature (layers, heads, chips of a
// replica) are left out: nobody can have one per cent more of them; so is the plan, which is chosen, not given. Fleets
// are counted smoothly. Cost: one pull for every eight inputs. Throws infeasible, with why_not's reason, for a figure that is
// infinite, and missing_value for one that is unknown.
template <class... Layer, class... Figure>
std::array<std::vector<sensitivity>, sizeof...(Figure)> gradients(const stack<Layer...>& service,
                                                                  const Figure&... figures) {
  const auto composed = service.composed();
  const auto billed = composed.pull(counting::smooth);
  (detail::check_has_slopes(composed.energy, billed, figures), ...);
  return detail::slopes_where_finite(composed, figures...);
}

// Why the bill of a stack is infinite: what the supply, the network or a layer's price does not allow, with its value, its limit and what to change.
// Empty where it is not. Throws infeasible, with the reason, where no plan answers the calls, as pull does.
template <class... Layer>
std::string why_not(const stack<Layer...>& s) requires real<typename stack<Layer...>::number_type> {
  return detail::why_endless(s.energy, s.pull());
}

// How strongly each input moves the price of an output token, or another figure, strongest first. Throws as gradients does.
template <class... Layer>
std::vector<sensitivity> gradient(const stack<Layer...>& service) {
  return gradients(service, [](const auto& b) { return b.price_of_tokens(); })[0];
}
template <class... Layer, class Figure>
std::vector<sensitivity> gradient(const stack<Layer...>& service, const Figure& figure) {
  return gradients(service, figure)[0];
}

// Where one figure of the bill comes from.
struct explanation {
  std::string figure;
  std::string value;
  std::string formula;
  std::vector<sensitivity> inputs;  // that move it, strongest first
  std::string reason;               // why it is infinite: why_not of the stack; empty where it is not
  // Of what the laws of serving add to it; nullptr where they add nothing.
  const expected_error* error = nullptr;
};

namespace detail {
// The group of predictions that a figure of the bill follows. Prices and costs follow the replicas that a rate takes.
constexpr std::string_view predicted_group(std::string_view figure) {
  for (std::string_view of_rate : {"price_of_tokens", "blended_price", "input_price", "output_price", "cost",
                                   "cost_per_task", "cost_per_user", "replicas", "nodes", "chips"})
    if (figure == of_rate) return "serving_throughput";
  for (std::string_view of_energy : {"energy_per_token", "energy_per_task", "carbon_per_task", "water_per_task"})
    if (figure == of_energy) return "energy";
  if (figure == "time_to_first_token") return "ttft";
  if (figure == "time_per_output_token") return "serving_latency";
  return {};
}
}  // namespace detail

// Every figure of the bill, its value and, where it is infinite, why; its formula, its inputs with their sources, ranked by influence. Behind them the
// formats that the model runs in.
template <class... Layer>
std::vector<explanation> explain(const stack<Layer...>& service) {
  const auto composed = service.composed();
  const auto billed = composed.pull();
  const std::string reason = why_not(composed);
  return std::apply(
      [&](const auto&... f) {
        auto slopes =
            detail::slopes_where_finite(composed.with(composed.plan), f.read...);  // under the plan of the bill
        std::vector<explanation> all{{f.name,
                                      shown(f, billed),
                                      f.formula,
                                      {},
                                      detail::endless(f.read(billed)) ? reason : std::string(),
                                      error_of(composed, detail::predicted_group(f.name))}...};
        for (std::size_t i = 0; i < all.size(); ++i) {
          for (sensitivity& s : slopes[i]) {
            if (s.elasticity != 0) all[i].inputs.push_back(std::move(s));
          }
        }
        if (billed.serving.formats)
          all.push_back(
              {"formats", to_string(*billed.serving.formats), "what model.at() and cache() say", {}, "", nullptr});
        return all;
      },
      bill_figures());
}

namespace detail {
// Of |ln(predicted / measured)|, the per cent by which the larger exceeds the smaller.
inline double percent_of(double logarithm) { return std::round(100 * (std::exp(logarithm) - 1)); }
}  // namespace detail

inline std::string to_string(const explanation& e, std::size_t inputs = 5) {
  std::string s = e.figure + " = " + e.value + "\n  = " + e.formula + "\n";
  if (!e.reason.empty()) s += "  " + e.reason + "\n";
  if (e.error != nullptr) {
    s += "  measurements of " + std::string(e.error->of) +
         (e.error->regime.empty() ? "" : " (" + std::string(e.error->regime) + ")") + " are " +
         to_string(detail::percent_of(e.error->median)) + " % away in the median, one in ten by more than " +
         to_string(detail::percent_of(e.error->ninetieth)) + " %\n";
  }
  for (std::size_t i = 0; i < e.inputs.size() && i < inputs; ++i) {
    const sensitivity& x = e.inputs[i];
    s += "  " + x.input + " = " + x.value + ", elasticity " + to_string(x.elasticity) + " (" + x.source + "; " +
         name(x.how) + ")\n";
  }
  return s;
}

}  // namespace layercake
