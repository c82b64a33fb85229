// A sweep laid out: the numbering of its points, its chunks, and the program of each combination of its choices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <layercake/bulk/run/nest.hpp>
#include <layercake/bulk/run/schedule.hpp>
#include <layercake/bulk/space/values.hpp>
#include <layercake/bulk/tape/program.hpp>
#include <layercake/bulk/tape/recorded.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace layercake::bulk {

namespace detail {

// A formula written down for one combination of choices.
template <real S>
struct recorded_formula {
  tape<S> code;
  tape_ends ends;
  std::vector<std::size_t> reasons;  // number of each condition among those of the sweep
  bool infeasible = false;           // no point of this combination is feasible, because of
  std::size_t infeasible_reason = 0;
};

// A program with its loops and the numbering of its points.
template <real S>
struct nested_program {
  recorded_formula<S> formula;
  loop_nest nest;
  std::unique_ptr<program<S>> code;
};

// Everything about a sweep that does not depend on the types of its inputs.
template <real S>
struct sweep_plan {
  std::vector<dimension> dims;
  std::vector<std::uint64_t> stride;       // of each axis in the numbering of points
  std::vector<unsigned> choices, numbers;  // axes that choose, axes that run
  std::uint64_t total = 1, variants = 1, per_variant = 1, chunk = 1;
  division how = division::ieee;
  std::vector<std::string> reasons;
  std::function<void(const std::vector<std::uint64_t>&, recorded_formula<S>&)>
      record;  // for these indices of the choices

  void lay_out() {
    double n = 1;
    for (const dimension& d : dims)
      n *= static_cast<double>(d.size);
    require_axis(n < 0x1p63,
                 "the sweep has " + to_string(n) + " points, more than can be counted (2^63); shorten an axis");
    require_axis(dims.size() <= 63, "the sweep has more than 63 axes; zip some");
    stride.assign(dims.size(), 1);
    for (std::size_t i = dims.size(); i-- > 0;) {
      stride[i] = total;
      total *= dims[i].size;
    }
    for (unsigned i = 0; i < dims.size(); ++i) {
      (dims[i].values ? numbers : choices).push_back(i);
      (dims[i].values ? per_variant : variants) *= dims[i].size;
    }
    if (numbers.empty()) {  // choices alone: one point each
      dims.push_back({"", 1, std::make_shared<list_source>(std::vector<double>{0}), 0});
      stride.push_back(0);
      numbers.push_back(static_cast<unsigned>(dims.size() - 1));
    }
    chunk = chunk_of(per_variant);
  }
  std::uint64_t chunks_per_variant() const { return (per_variant + chunk - 1) / chunk; }
  // The indices of the choices of a variant, the other axes at 0.
  std::vector<std::uint64_t> chosen(std::uint64_t variant) const {
    std::vector<std::uint64_t> indices(dims.size(), 0);
    for (std::size_t i = choices.size(); i-- > 0;) {
      indices[choices[i]] = variant % dims[choices[i]].size;
      variant /= dims[choices[i]].size;
    }
    return indices;
  }

  std::shared_ptr<const nested_program<S>> make(std::uint64_t variant) const {
    auto p = std::make_shared<nested_program<S>>();
    record(chosen(variant), p->formula);
    if (p->formula.infeasible) return p;
    std::vector<place> wanted = p->formula.ends.conditions;
    wanted.insert(wanted.end(), p->formula.ends.outputs.begin(), p->formula.ends.outputs.end());
    p->nest = nest_search(dims, numbers, dependences(p->formula.code, p->formula.ends.inputs, wanted)).best();
    std::vector<loop> loops;
    for (const auto& axes : p->nest) {
      loop l;
      for (const unsigned a : axes)
        l.size *= dims[a].size, l.axes |= std::uint64_t(1) << a;
      loops.push_back(l);
    }
    p->code = std::make_unique<program<S>>(p->formula.code, p->formula.ends, loops, how);
    p->formula.code = tape<S>();
    return p;
  }
};

// Recently used programs, shared by all workers.
template <real S>
class program_cache {
public:
  explicit program_cache(const sweep_plan<S>& p) : plan_(p) {}
  std::shared_ptr<const nested_program<S>> get(std::uint64_t variant) {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& e : recent_) {
        if (e.first == variant) return e.second;
      }
    }
    auto made = plan_.make(variant);
    const std::lock_guard lock(mutex_);
    if (recent_.size() < most_kept) {
      recent_.emplace_back(variant, made);
    } else {
      recent_[turn_++ % most_kept] = {variant, made};
    }
    return made;
  }

private:
  static constexpr std::size_t most_kept = 32;  // of some hundred kilobytes each
  const sweep_plan<S>& plan_;
  std::mutex mutex_;
  std::vector<std::pair<std::uint64_t, std::shared_ptr<const nested_program<S>>>> recent_;
  std::size_t turn_ = 0;
};

}  // namespace detail

}  // namespace layercake::bulk
