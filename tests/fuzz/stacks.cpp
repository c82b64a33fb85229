// Random stacks: whatever composes has a bill without a figure that is not one, whose sums are sums; whatever does not says why.
#include <doctest/doctest.h>

#include <chrono>

#include "../property/stack/sign_table.hpp"
#include "random_stack.hpp"

using namespace fuzz;
using namespace layercake::units;

namespace {

constexpr double rounding = 1e-9;

bool near(double a, double b, double tolerance = rounding) {
  return a == b || std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b));
}

// The words of a reason: what is not enough.
bool names_a_constraint(const std::string& text) {
  for (const char* word : {"memory", "positions of input", "time per output token", "time to first token", "split",
                           "heads", "connection", "ports", "multiplies"}) {
    if (text.find(word) != text.npos) return true;
  }
  return false;
}

// A figure of a bill that is not finite; per token only where there are some.
std::string figure_that_is_none(const lc::bill& b) {
  std::string none;
  const bool tokens =
      plain(b.serving.output_tokens) > 0 * token_per_second && plain(b.serving.input_tokens) > 0 * token_per_second;
  const auto look = [&](const auto& f) {
    const auto value = f.read(b);
    using Value = std::remove_cvref_t<decltype(value)>;
    constexpr bool of_a_token = std::same_as<Value, lc::quantity<lc::unit::usd_per_token>> ||
                                std::same_as<Value, lc::quantity<lc::unit::joule_per_token>>;
    const double x = static_cast<double>(lc::base_value(value));
    if (!none.empty() || std::isfinite(x) || (of_a_token && !tokens)) return;
    none = std::string(std::isnan(x) ? "not a number: " : "infinite, of a finite bill: ") + f.name;
  };
  std::apply([&](const auto&... f) { (look(f), ...); }, lc::bill_figures());
  return none;
}

// The lines of the cost add up to it, and the watts of the way to the plant to those of the next place.
std::string wrong_sum(const lc::bill& b, double delivered) {
  double lines = 0;
  std::apply(
      [&](const auto&... f) {
        ((f.line ? void(lines += static_cast<double>(lc::base_value(f.read(b)))) : void()), ...);
      },
      lc::bill_figures());
  if (!near(lines, lc::base_value(b.cost()))) return "lines of the cost: do not add up to it";
  for (const bool peak : {false, true}) {
    const auto sum = [&](const auto& c, double it, double meter, double plant) -> std::string {
      const double servers = in<watt>(plain(c.chips)) + in<watt>(c.hosts) + in<watt>(c.power_supplies);
      if (!near(servers + in<watt>(c.network), it)) return "chips, hosts, losses and network: are not the IT power";
      if (!near(it + in<watt>(c.building), meter)) return "IT power and building: are not the meter's";
      if (!near(plant * delivered, meter)) return "the plant's power less the line's loss: is not the meter's";
      return "";
    };
    const std::string wrong = peak ? sum(b.built.peak, in<watt>(plain(b.built.it_power.peak)),
                                         in<watt>(plain(b.built.power.peak)), in<watt>(plain(b.supplied.plant.peak)))
                                   : sum(b.built.mean, in<watt>(plain(b.built.it_power.mean)),
                                         in<watt>(plain(b.built.power.mean)), in<watt>(plain(b.supplied.plant.mean)));
    if (!wrong.empty()) return wrong;
  }
  return "";
}

std::string mean_above_peak(const lc::bill& b) {
  const auto above = [](const auto& mean, const auto& peak) {
    return in<watt>(plain(mean)) > in<watt>(plain(peak)) * (1 + rounding);
  };
  if (above(b.built.mean.chips, b.built.peak.chips)) return "mean above peak: chips";
  if (above(b.built.it_power.mean, b.built.it_power.peak)) return "mean above peak: IT";
  if (above(b.built.power.mean, b.built.power.peak)) return "mean above peak: meter";
  if (above(b.supplied.plant.mean, b.supplied.plant.peak)) return "mean above peak: plant";
  if (b.serving.load > 1) return "load: above 1";
  return "";
}

std::string whole_below_smooth(const lc::bill& whole, const lc::bill& smooth) {
  const auto below = [](double w, double s) { return w < s * (1 - rounding); };
  if (below(plain(whole.built.chips), plain(smooth.built.chips))) return "whole below smooth: chips";
  if (below(plain(whole.built.nodes), plain(smooth.built.nodes))) return "whole below smooth: nodes";
  if (below(lc::base_value(whole.built.chip_cost), lc::base_value(smooth.built.chip_cost)))
    return "whole below smooth: cost of chips";
  if (below(lc::base_value(whole.cost()), lc::base_value(smooth.cost()))) return "whole below smooth: cost";
  return "";
}

std::string objective_missed(const layers_of_stack& x, const lc::bill& b) {
  const auto missed = [](const auto& time, const auto& objective) {
    return lc::is_known(objective) && time > objective * lc::objective_tolerance;
  };
  if (missed(b.serving.time_to_first_token, x.application.time_to_first_token)) return "objective: time to first token";
  if (missed(b.serving.time_per_output_token, x.application.time_per_output_token))
    return "objective: time per output token";
  return "";
}

// What is granted as much as is needed allows what there is.
std::string not_reversible(const any_stack& s, const lc::bill& smooth) {
  lc::grant granted;
  granted.plant_power = smooth.supplied.plant.peak;
  granted.site_power = smooth.built.power.peak;
  granted.chips = smooth.built.chips;
  granted.capital = smooth.built.capex();
  const auto ceiling = s.push(granted);
  if (!near(in<hertz>(ceiling.calls), in<hertz>(smooth.serving.calls), 1e-6))
    return "push(pull): " + to_string(ceiling.calls) + " and not " + to_string(smooth.serving.calls);
  return "";
}

// Empty, or what is wrong with how a stack of these layers composes and what it answers, its kind before a colon.
std::string broken(const layers_of_stack& x, int* composed = nullptr) {
  const auto found = lc::check(x);
  try {
    const any_stack s = x.composed();
    if (composed != nullptr) ++*composed;
    if (!found.empty()) return "accepted: " + lc::text_of(found);
    const auto whole = s.pull(), smooth = s.pull(lc::counting::smooth);
    if (std::isinf(static_cast<double>(lc::base_value(whole.cost()))))
      return names_a_constraint(lc::why_not(s)) ? "" : "infinite without a reason: " + lc::why_not(s);
    std::string wrong = figure_that_is_none(whole);
    if (!wrong.empty()) return wrong;
    wrong = wrong_sum(whole, 1 - s.energy.transmission_loss);
    if (wrong.empty()) wrong = wrong_sum(smooth, 1 - s.energy.transmission_loss);
    if (wrong.empty()) wrong = mean_above_peak(whole);
    if (wrong.empty()) wrong = mean_above_peak(smooth);
    if (wrong.empty()) wrong = whole_below_smooth(whole, s.with(s.plan).pull(lc::counting::smooth));
    if (wrong.empty() && whole.cost() < smooth.cost() * (1 - rounding)) wrong = "whole below smooth: cost of own plans";
    if (wrong.empty()) wrong = objective_missed(x, whole);
    if (wrong.empty()) wrong = not_reversible(s, smooth);
    return wrong;
  } catch (const lc::invalid_value& e) {
    if (found.empty()) return std::string("refused: ") + e.what();
    if (std::string(e.what()).find(found.front().path) == std::string::npos) return std::string("unnamed: ") + e.what();
  } catch (const lc::infeasible& e) {
    if (!names_a_constraint(e.what())) return std::string("no reason: ") + e.what();
  } catch (const lc::missing_value& e) {
    if (std::string(e.what()).find("chip.") == std::string::npos) return std::string("unnamed: ") + e.what();
  } catch (const std::exception& e) {
    return std::string("of another kind: ") + e.what();
  }
  return "";
}

template <class Broken>
void look(faults& all, const random_stack& s, const Broken& wrong) {
  all.look(
      s.changes, [&](const std::vector<change>& c) { return wrong(changed(s.base, c)); }, s.code);
}

}  // namespace

TEST_CASE("random stacks answer without a fault, or say why they do not") {
  generator random(1);
  faults all;
  int composed = 0;
  double slowest = 0;
  for (int i = 0; i < times(4000); ++i) {
    const random_stack s = draw_stack(random, 12);
    const auto start = std::chrono::steady_clock::now();
    const std::string wrong = broken(s.layers(), &composed);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    slowest = std::max(slowest, took.count());
    if (!wrong.empty()) look(all, s, [](const layers_of_stack& x) { return broken(x); });
  }
  INFO(all.text());
  CHECK(all.none());
  CHECK(composed > times(4000) / 4);
  CHECK(slowest < 10);  // a call takes milliseconds: a guard against what never ends
}

TEST_CASE("what lies outside a domain is refused by its path") {
  generator random(2);
  faults all;
  for (int i = 0; i < times(3000); ++i) {
    random_stack s = draw_stack(random, 3);
    const auto fields = fields_of(s.base);
    const std::size_t k = random.below(fields.size());
    const auto refused = outside(fields[k].allowed);
    s.changes = {{static_cast<int>(k), fields[k].path, random.one_of(refused)}};
    s.base.planned = of_plan(fields[k].path);
    const auto accepted = [&](const layers_of_stack& x) -> std::string {
      try {
        x.composed();
        return "accepted: " + fields[k].path;
      } catch (const lc::invalid_value& e) {
        const std::string text = e.what();
        return text.find(fields[k].path + " is ") == text.npos || text.find("; allowed: ") == text.npos
                   ? "unnamed: " + text
                   : "";
      } catch (const std::exception& e) {
        return std::string("of another kind: ") + e.what();
      }
    };
    look(all, s, accepted);
  }
  INFO(all.text());
  CHECK(all.none());
}

TEST_CASE("at the far ends of the domains: a reason, or a bill of numbers") {
  generator random(3);
  constexpr double least = 1e-30;  // above an end at 0 that is excluded: the inverse of the largest that is sensible
  faults all;
  const auto not_numbers = [](const layers_of_stack& x) -> std::string {
    try {
      const auto bill = x.composed().pull();
      std::string none;
      std::apply(
          [&](const auto&... f) {
            ((std::isnan(static_cast<double>(lc::base_value(f.read(bill)))) ? void(none = f.name) : void()), ...);
          },
          lc::bill_figures());
      return none.empty() ? "" : "not a number: " + none;
    } catch (const lc::error&) {
      return "";
    }
  };
  for (int i = 0; i < times(1000); ++i) {
    random_stack s = draw_stack(random, 2);
    const auto fields = fields_of(s.base);
    for (int n = 0; n < 2; ++n) {
      const std::size_t k = random.below(fields.size());
      const lc::domain& d = fields[k].allowed;
      double end = random.one_in(2) ? d.high : d.low;
      if (!d.contains(end)) end = end > d.low ? std::nextafter(end, d.low) : end + least;
      if (!of_plan(fields[k].path)) s.changes.push_back({static_cast<int>(k), fields[k].path, end});
    }
    look(all, s, not_numbers);
  }
  INFO(all.text());
  CHECK(all.none());
}

TEST_CASE("random stacks keep the signs of docs/signs.md") {
  generator random(4);
  const auto table = signs::table();
  std::map<std::string, std::string> first;  // by input
  std::map<std::string, int> wrong;
  for (int i = 0; i < times(3000); ++i) {
    random_stack s = draw_stack(random, 6);
    const auto fields = fields_of(s.layers());
    const std::size_t k = random.below(fields.size());
    const auto row = table.find(fields[k].path);
    if (of_plan(fields[k].path) || row == table.end() || s.base.model.architecture.chunked) continue;
    const double factor = random.between(1.01, 2);
    const double raised = fields[k].allowed.whole ? std::ceil(fields[k].base * factor) : fields[k].base * factor;
    if (!(raised > fields[k].base) || !fields[k].allowed.contains(raised)) continue;
    const auto cost = [](const layers_of_stack& x) {
      try {
        return lc::base_value(x.composed().pull(lc::counting::smooth).cost());
      } catch (const lc::infeasible&) {
        return std::numeric_limits<double>::infinity();
      }
    };
    const auto wrong_way = [&](const layers_of_stack& x) -> std::string {
      try {
        const double before = cost(x), after = cost(changed(x, {{static_cast<int>(k), "", raised}}));
        if (!std::isfinite(before)) return "";
        const double by = signs::wrong_way(row->second[0], before, after);
        return by > 1e-6 ? "the wrong way: by " + std::to_string(100 * by) + " %" : "";
      } catch (const lc::error&) {  // rules between fields
        return "";
      }
    };
    if (wrong_way(s.layers()).empty()) continue;
    if (wrong[fields[k].path]++ == 0) {
      const auto changes = shrunk(s.changes, [&](const auto& c) { return wrong_way(changed(s.base, c)); });
      first[fields[k].path] = wrong_way(changed(s.base, changes)) + "\n  " + s.code + code_of("x", changes) +
                              " and then" + code_of("x", {{0, fields[k].path, raised}});
    }
  }
  for (const auto& [path, text] : first)
    FAIL_CHECK(path << ", cost, in " << wrong[path] << ": " << text);
}
