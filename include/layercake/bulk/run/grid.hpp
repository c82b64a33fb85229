// Runs a range of the points of a grid: turns the outer loops, fills the lanes of the innermost, and hands each block of
// results on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <layercake/bulk/keep/tally.hpp>
#include <layercake/bulk/run/plan.hpp>
#include <layercake/bulk/tape/runner.hpp>
#include <memory>
#include <utility>
#include <vector>

namespace layercake::bulk {

namespace detail {

// Runs a range of points of one variant. `sink(results of every output, n, ...)` sees each block; `tally` counts.
template <real S>
class grid_runner {
public:
  grid_runner(const sweep_plan<S>& plan, std::shared_ptr<const nested_program<S>> p)
      : plan_(plan), program_(std::move(p)), run_(*program_->code) {
    const auto& nest = program_->nest;
    inner_size_ = 1;
    for (const unsigned a : nest.back())
      inner_size_ *= plan_.dims[a].size;
    at_.assign(nest.size(), 0);
    for (const dimension& d : plan_.dims)
      parts_ = d.parts > parts_ ? d.parts : parts_;
    wide_.resize(static_cast<std::size_t>(parts_ + 1) * program_->code->block());
    if (nest.back().size() > 1) {  // the numbers of the points of merged axes
      offsets_.resize(static_cast<std::size_t>(inner_size_));
      for (std::size_t v = 0; v < offsets_.size(); ++v) {
        std::uint64_t left = v, offset = 0;
        for (std::size_t k = nest.back().size(); k-- > 0;) {
          const unsigned a = nest.back()[k];
          offset += left % plan_.dims[a].size * plan_.stride[a];
          left /= plan_.dims[a].size;
        }
        offsets_[v] = offset;
      }
    }
    const std::size_t block = program_->code->block();
    for (std::uint64_t begin = 0; program_->code->tabulates() && begin < inner_size_; begin += block) {
      const std::size_t n = static_cast<std::size_t>(inner_size_ - begin < block ? inner_size_ - begin : block);
      if (offsets_.empty()) {
        fill_lanes(begin, n);
      } else {
        fill_merged_lanes(begin, n);
      }
      run_.tabulate(static_cast<std::size_t>(begin), n);
    }
  }

  template <class Sink>
  void range(std::uint64_t first, std::uint64_t last, std::uint64_t base, tally_state& tally, Sink&& sink) {
    const std::size_t outer = at_.size() - 1;
    for (std::uint64_t at = first; at < last;) {
      const std::uint64_t row = at / inner_size_, begin = at % inner_size_;
      std::uint64_t n = inner_size_ - begin < last - at ? inner_size_ - begin : last - at;
      std::uint64_t left = row;
      for (std::size_t l = outer; l-- > 0;) {
        const std::uint64_t size = plan_.dims[program_->nest[l][0]].size, i = left % size;
        left /= size;
        if (at_[l] != i) at_[l] = i, valid_ = l < valid_ ? l : valid_;
      }
      if (failing_ < 0 || failing_loop_ >= valid_) {
        failing_ = -1;
        while (valid_ < outer && failing_ < 0) {
          set_inputs(valid_);
          run_.turn(valid_);
          failing_ = run_.failing(valid_);
          failing_loop_ = valid_++;
        }
      }
      if (failing_ >= 0) {  // and so does every row until that loop turns
        std::uint64_t rows = 1;
        for (std::size_t l = failing_loop_ + 1; l < outer; ++l)
          rows *= plan_.dims[program_->nest[l][0]].size;
        const std::uint64_t next = (row / rows + 1) * rows * inner_size_;
        n = (next < last ? next : last) - at;
        tally.failed[reason(static_cast<std::size_t>(failing_))] += static_cast<double>(n);
      } else {
        run_row(begin, n, base, tally, sink);
      }
      tally.points += static_cast<double>(n);
      at += n;
    }
  }

private:
  const sweep_plan<S>& plan_;
  std::shared_ptr<const nested_program<S>> program_;
  runner<S> run_;
  std::vector<double> wide_;
  std::vector<std::uint64_t> offsets_;
  std::vector<std::uint64_t> at_;
  std::uint64_t inner_size_ = 1;
  unsigned parts_ = 1;
  std::size_t valid_ = 0;  // loops whose values are those of at_
  int failing_ = -1;       // condition that fails in loop failing_loop_
  std::size_t failing_loop_ = 0;

  std::size_t reason(std::size_t condition) const { return program_->formula.reasons[condition]; }

  double single(const tape_input& in, std::uint64_t i) {
    std::vector<double>& v = wide_;
    std::vector<double*> out(plan_.dims[in.axis].parts);
    for (std::size_t k = 0; k < out.size(); ++k)
      out[k] = v.data() + k;
    plan_.dims[in.axis].values->fill(i, 1, out.data());
    return v[in.part];
  }
  void set_inputs(std::size_t l) {
    const unsigned axis = program_->nest[l][0];
    const dimension& d = plan_.dims[axis];
    std::vector<double*>& out = pointers_;
    out.resize(d.parts);
    for (std::size_t k = 0; k < out.size(); ++k)
      out[k] = wide_.data() + k;
    d.values->fill(at_[l], 1, out.data());
    for (std::size_t i = 0; i < program_->formula.ends.inputs.size(); ++i) {
      const auto& in = program_->formula.ends.inputs[i];
      if (in.axis == axis) run_.set(i, static_cast<S>(wide_[in.part]));
    }
  }
  std::vector<double*> pointers_;

  void fill_lanes(std::uint64_t begin, std::size_t n) {
    const std::size_t block = program_->code->block();
    const unsigned axis = program_->nest.back()[0];
    const dimension& d = plan_.dims[axis];
    if (d.parts == 0) return;
    pointers_.resize(d.parts);
    for (std::size_t k = 0; k < d.parts; ++k)
      pointers_[k] = wide_.data() + k * block;
    d.values->fill(begin, n, pointers_.data());
    for (std::size_t i = 0; i < program_->formula.ends.inputs.size(); ++i) {
      const auto& in = program_->formula.ends.inputs[i];
      S* const to = in.axis == axis ? run_.lanes_of(i) : nullptr;
      if (!to) continue;
      for (std::size_t j = 0; j < n; ++j)
        to[j] = static_cast<S>(pointers_[in.part][j]);
      pad(to, n, block);
    }
  }
  void fill_merged_lanes(std::uint64_t begin, std::size_t n) {
    const auto& axes = program_->nest.back();
    for (std::size_t i = 0; i < program_->formula.ends.inputs.size(); ++i) {
      const auto& in = program_->formula.ends.inputs[i];
      S* const to = run_.lanes_of(i);
      if (!to) continue;
      std::uint64_t below = 1;
      for (std::size_t k = axes.size(); k-- > 0 && axes[k] != in.axis;)
        below *= plan_.dims[axes[k]].size;
      for (std::size_t j = 0; j < n; ++j)
        to[j] = static_cast<S>(single(in, (begin + j) / below % plan_.dims[in.axis].size));
      pad(to, n, program_->code->block());
    }
  }
  // The rest of the last vector repeats the last lane, so that it computes nothing unheard of.
  static void pad(S* lane, std::size_t n, std::size_t block) {
    constexpr std::size_t widest = 64 / sizeof(float);
    for (std::size_t j = n; j < block && j < n + widest; ++j)
      lane[j] = lane[n - 1];
  }

  template <class Sink>
  void run_row(std::uint64_t begin, std::uint64_t n, std::uint64_t base, tally_state& tally, Sink& sink) {
    run_.begin_row();
    std::uint64_t first = base;
    for (std::size_t l = 0; l + 1 < at_.size(); ++l)
      first += at_[l] * plan_.stride[program_->nest[l][0]];
    const std::uint64_t step = plan_.stride[program_->nest.back().back()];
    const std::size_t block = program_->code->block();
    for (std::uint64_t done = 0; done < n; done += block) {
      const std::size_t m = static_cast<std::size_t>(n - done < block ? n - done : block);
      if (program_->code->tabulates()) {
        run_.move_to(static_cast<std::size_t>(begin + done));
      } else {
        fill_lanes(begin + done, m);
      }
      const std::size_t feasible = run_.block(
          m, [&](std::size_t k, std::size_t lanes) { tally.failed[reason(k)] += static_cast<double>(lanes); });
      if (feasible == 0) continue;
      if (offsets_.empty()) {
        sink(run_, m, first + (begin + done) * step, step, static_cast<const std::uint64_t*>(nullptr));
      } else {
        sink(run_, m, first, std::uint64_t(0), offsets_.data() + begin + done);
      }
    }
  }
};

}  // namespace detail

}  // namespace layercake::bulk
