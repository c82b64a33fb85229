// What is wrong with a search for the best training plan, and why it found none.
#pragma once

#include <array>
#include <cstddef>
#include <layercake/training/check.hpp>
#include <layercake/training/search_screen.hpp>
#include <limits>
#include <string>
#include <vector>

namespace layercake::detail {

inline constexpr domain searched_count{1, 1e9, false, false, true};
// Of a list in a space, and plans that are kept: every layout and every plan is compared with each of them. Assumed.
inline constexpr std::size_t longest_list = 1000, most_kept = 1000;

// Counts that are listed, and at least one way to do each thing.
inline findings check_space(const training_space& space) {
  findings f("space");
  const auto counts = [&](const char* name, const std::vector<double>& list) {
    f.check_each(name, list, searched_count, "Correct it, or leave the list empty for every value.");
    f.require(list.size() <= longest_list, name, std::to_string(list.size()) + " values",
              "at most " + std::to_string(longest_list), "Name fewer.");
  };
  counts("tensor", space.tensor);
  counts("pipeline", space.pipeline);
  counts("context", space.context);
  counts("data", space.data);
  counts("expert", space.expert);
  counts("virtual_stages", space.virtual_stages);
  counts("micro_batch", space.micro_batch);
  counts("global_batch", space.global_batch);
  const char* way = "Name one, or leave the list as it is by default.";
  f.check_not_empty("sequence_parallel", space.sequence_parallel, way);
  f.check_not_empty("recompute", space.recompute, way);
  f.check_not_empty("sharding", space.sharding, way);
  f.check_not_empty("schedule", space.schedule, way);
  return f;
}

inline void check_options(const training_search_options& options) {
  findings f("options");
  f.check_within("keep", options.keep, domain{1, most_kept, false, false, true}, "Set the plans to return.");
  f.check_within("most_plans", options.most_plans, at_least_one, "Set the plans that a search may have.");
  raise_if_any(f);
}

// A fleet that can be cut up in too many ways to look at all.
inline void check_combinations(const training_layouts& layouts, std::size_t fleet, double chips) {
  require(!layouts.too_many(), "fleets[" + std::to_string(fleet) + "].chips", chips,
          "a number that with the batch and the positions gives at most " + to_string(most_combinations) +
              " combinations of ranks and micro-batches",
          "Name the ranks to try in space.tensor, space.pipeline, space.context and space.micro_batch, or take numbers "
          "with fewer divisors.");
}

// The fields of the base plan. The rules between them do not hold until a search has set its counts.
inline std::vector<finding> check_base(const training_plan& base) {
  findings f;
  for_each_field(base, "base", [&](const std::string& path, const auto& value, const auto& of) {
    f.check_within(path, value, of.allowed, std::string("Set ") + path + ": " + of.meaning + ".");
  });
  const char* cut = "A search cuts stages evenly: leave it at 0, and try uneven stages with train_step.";
  f.check_equal("base.first_stage_layers", base.first_stage_layers, "a search has", 0.0, cut);
  f.check_equal("base.last_stage_layers", base.last_stage_layers, "a search has", 0.0, cut);
  check_hosts(f, base.offload, base.host, "base.host");
  return f.take();
}

template <class Fleet>
void check_question(const models::transformer& model, const std::vector<Fleet>& fleets, const training_run& run,
                    const training_plan& base) {
  findings all;
  all.add(check(model, "model"));
  all.add(check(run, "run"));
  all.add(check_base(base));
  const char* searched = "Their divisors are searched one by one.";
  all.check_at_most("model.layers", model.layers, "", searched_count.high, searched);
  all.check_at_most("model.experts", model.experts, "", searched_count.high, searched);
  all.check_at_most("base.global_batch", base.global_batch, "", searched_count.high, searched);
  all.check_not_empty("fleets", fleets, "Give chips to train on.");
  for (std::size_t i = 0; i < fleets.size(); ++i) {
    const Fleet& f = fleets[i];
    const std::string path = "fleets[" + std::to_string(i) + "]";
    all.check_within(path + ".chips", f.chips, searched_count, "Set the chips that train.");
    if constexpr (described<decltype(f.chip)>) all.add(check(f.chip, path + ".chip"));
    if constexpr (described<decltype(f.site)>) all.add(check(f.site, path + ".site"));
    if constexpr (described<decltype(f.energy)>) all.add(check(f.energy, path + ".energy"));
  }
  raise_if_any(all);
  for (std::size_t i = 0; i < fleets.size(); ++i)
    raise_if_missing(chips::missing_in_bill(fleets[i].chip, "fleets[" + std::to_string(i) + "].chip"));
}

// Nothing divides.
template <class Fleet>
[[noreturn]] void no_layout(const std::vector<Fleet>& fleets, const models::transformer& model,
                            const training_plan& base, const training_search_counts& n) {
  std::string chips;
  for (const Fleet& f : fleets) {
    if (!chips.empty()) chips += ", ";
    chips += to_exact_string(f.chips);
  }
  std::string text = "no plan divides " + chips + " chips: ";
  if (n.splits == 0) {
    text += "no product of the tensor, pipeline, context and data ranks allowed by the space is that number. "
            "Allow other ranks, or take a number of chips that they multiply to.";
  } else {
    text += "of " + to_exact_string(n.splits) + " splits into tensor, pipeline, context and data ranks " +
            to_exact_string(n.against_model) + " do not suit the model (" + to_exact_string(model.heads) + " heads, " +
            to_exact_string(model.layers) + " layers" +
            (model.experts > 0 ? ", " + to_exact_string(model.experts) + " experts" : std::string()) +
            ", sequences of " + to_exact_string(base.sequence) + ") and " + to_exact_string(n.against_batch) +
            " do not divide the batch (" + to_exact_string(base.global_batch) +
            " sequences). Take a number of chips and a batch with more divisors in common with them.";
  }
  raise(infeasible(text));
}

// The plan that needs least of its chip's memory, over some searches.
template <class Search>
struct closest_plan {
  double share = std::numeric_limits<double>::infinity();  // of the memory that there is
  std::size_t search = 0;
  training_plan plan{};
  training_step_memory<double> memory{};

  explicit closest_plan(const std::vector<Search>& searches) {
    for (std::size_t i = 0; i < searches.size(); ++i) {
      for (const training_branch& b : searches[i].layouts().branches) {
        for (const training_way& w : searches[i].ways()) {
          if (w.offers(b)) look(searches[i], i, b, w);
        }
      }
    }
  }

private:
  // States shrink with stages and with data ranks, so look at both ends.
  void look(const Search& s, std::size_t number, const training_branch& b, const training_way& w) {
    const auto& leaves = s.layouts().leaves;
    std::array<std::size_t, 2> ends{b.last, b.last};
    for (std::size_t l = b.first; l < b.last; ++l) {
      if (!w.offers(b, leaves[l])) continue;
      if (ends[0] == b.last) ends = {l, l};
      if (leaves[l].pipeline > leaves[ends[1]].pipeline) ends[1] = l;
    }
    for (const std::size_t at : ends) {
      if (at == b.last) continue;
      const training_plan p = s.plan_of(w, b, leaves[at]);
      const auto m = s.figures(p).memory;
      const double needed = m.share();
      if (needed < share) share = needed, search = number, plan = p, memory = m;
    }
  }
};

// Everything is too large: the plan that needs least for its chip, and what it lacks. Or that plan fits, and the failures,
// the network or the supply of its fleet do not let its run end: why.
template <class Search, class Fleet>
[[noreturn]] void nothing_fits(const std::vector<Search>& searches, const std::vector<Fleet>& fleets,
                               const training_run& run, double plans) {
  const closest_plan<Search> closest(searches);
  const training_plan& p = closest.plan;
  const Fleet& f = fleets[closest.search];
  if (closest.memory.fits()) {
    const std::string reason = checked_why_not(searches[closest.search].figures(p), run, f.chip, f.site, f.energy);
    raise(infeasible("no plan's run ends at a finite cost. With the plan that needs least memory: " +
                     (reason.empty() ? std::string("a price that the cost is made of is unknown.") : reason)));
  }
  raise(infeasible("none of " + to_exact_string(plans) + " plans fits in memory. The closest, on " +
                   to_exact_string(f.chips) + " " + chips::name_of(f.chip) + " (tensor " + to_exact_string(p.tensor) +
                   ", pipeline " + to_exact_string(p.pipeline) + ", context " + to_exact_string(p.context) + ", data " +
                   to_exact_string(p.data) + ", expert " + to_exact_string(p.expert) + ", micro-batch " +
                   to_exact_string(p.micro_batch) + "), needs " + layercake::to_string(closest.share) +
                   " times what a chip has: " + how_to_fit(closest.memory, p) +
                   " If the space allows no more of that, take more chips, or chips with more memory."));
}

}  // namespace layercake::detail
