// A program at work: the memory of one worker, the values of its outer loops and the lanes of the innermost.
#pragma once

#include <cstddef>
#include <layercake/bulk/tape/code.hpp>
#include <layercake/bulk/tape/program.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <vector>

namespace layercake::bulk {

// The memory of one worker, and the loops.
template <real S = double, class Arch = xsimd::default_arch>
class runner {
public:
  explicit runner(const program<S, Arch>& of) : runner(of.code()) {}
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;

  // The value of an input that changes with loop `l` < innermost.
  void set(std::size_t input, S value) { value_[detail::index_of(program_->inputs[input].at)] = value; }
  // Runs what loop `l` computes after its inputs changed.
  void turn(std::size_t l) {
    for (const detail::scalar_code& c : program_->scalar[l]) {
      const auto get = [&](place p) { return p == nowhere ? S(0) : value_[detail::index_of(p)]; };
      value_[detail::index_of(c.out)] = apply<S>(c.op, get(c.a), get(c.b), get(c.c));
    }
  }
  // The first condition that fails in loop `l`, or -1.
  int failing(std::size_t l) const {
    for (std::size_t k = 0; k < program_->conditions.size(); ++k) {
      if (program_->condition_in[k].in == detail::kept_in::single && program_->condition_loop[k] == l &&
          value_[detail::index_of(program_->conditions[k])] == S(0))
        return static_cast<int>(k);
    }
    return -1;
  }

  // Takes the lanes of the inputs for points `begin` to `begin + n` of the innermost loop into the tables.
  void tabulate(std::size_t begin, std::size_t n) {
    for (const detail::instruction<S>& i : once_)
      i.run(i, padded(n));
    for (std::size_t k = 0; k < program_->table_slot.size(); ++k) {
      const S* const from = lane(program_->table_slot[k]);
      S* const to = tables_.data() + k * length_ + begin;
      // What follows the last value repeats it; elsewhere the next block comes over it.
      for (std::size_t j = 0; j < n + group; ++j)
        to[j] = from[j < n ? j : n - 1];
    }
  }
  // Reads the tables from here on.
  void move_to(std::size_t begin) {
    for (const moving& m : moving_)
      *m.pointer = m.table + begin;
  }

  // Begins a row of the innermost loop.
  void begin_row() {
    for (const detail::reciprocal& r : program_->reciprocals)
      value_[detail::index_of(r.out)] = S(1) / value_[detail::index_of(r.of)];
    for (std::size_t k = 0; k < program_->outputs.size(); ++k) {
      if (program_->output_in[k].in != detail::kept_in::single) continue;
      const S v = value_[detail::index_of(program_->outputs[k])];
      for (std::size_t i = 0; i < program_->block; ++i)
        constant_lane(k)[i] = v;
    }
  }
  // Where the lanes of an input of the innermost loop belong; nullptr for inputs of other loops.
  S* lanes_of(std::size_t input) {
    return program_->input_slot[input] == nowhere ? nullptr : lane(program_->input_slot[input]);
  }

  // Computes `n` lanes; those that fail a condition give NaN. failed(k, m): condition k is the first that fails in m
  // lanes. Returns in how many none fails; if in none, the rest was not computed.
  template <class Failed>
  std::size_t block(std::size_t n, const Failed& failed) {
    using K = detail::kernels<S, Arch>;
    const std::size_t whole = padded(n);
    S* const alive = lane(static_cast<place>(program_->slots + 2 * output_.size()));
    std::size_t i = 0, left = n;
    bool looked = false;
    for (std::size_t k = 0; k < condition_.size(); ++k) {
      if (!condition_[k]) continue;
      for (; i < program_->condition_end[k]; ++i)
        code_[i].run(code_[i], whole);
      if (!looked) {
        looked = true;
        for (std::size_t j = 0; j < whole; ++j)
          alive[j] = S(j < n);
      }
      const std::size_t holding = K::keep(alive, condition_[k], whole);
      if (holding < left) failed(k, left - holding);
      left = holding;
      if (left == 0) return 0;
    }
    for (; i < code_.size(); ++i)
      code_[i].run(code_[i], whole);
    for (std::size_t k = 0; k < output_.size(); ++k) {
      result_[k] = output_[k];
      if (left < n) K::blank(blanked_lane(k), output_[k], alive, whole), result_[k] = blanked_lane(k);
    }
    return left;
  }
  const S* output(std::size_t k) const { return result_[k]; }

private:
  using code = detail::program_code<S, Arch>;

  explicit runner(const code& p)
      : program_(&p),
        value_(p.start),
        lanes_((p.slots + 2 * p.outputs.size() + 1) * p.block),
        length_(static_cast<std::size_t>(p.inner_size) + group),
        tables_(p.table_slot.size() * length_),
        condition_(p.conditions.size()),
        output_(p.outputs.size()),
        result_(p.outputs.size()) {
    place_code(p.once, once_);
    place_code(p.vector, code_);
    for (std::size_t k = 0; k < p.conditions.size(); ++k)
      place_value(p.condition_in[k], condition_[k], nullptr);
    for (std::size_t k = 0; k < p.outputs.size(); ++k)
      place_value(p.output_in[k], output_[k], constant_lane(k));
  }

  static constexpr std::size_t group = detail::kernels<S, Arch>::group * lanes<S, Arch>;
  static std::size_t padded(std::size_t n) { return (n + group - 1) / group * group; }

  S* lane(place slot) const { return lanes_.data() + detail::index_of(slot) * program_->block; }
  // Of output k where it is one value for all lanes, and where points of a block fail. Behind them: what fails nothing.
  S* constant_lane(std::size_t k) const { return lane(static_cast<place>(program_->slots + k)); }
  S* blanked_lane(std::size_t k) const { return lane(static_cast<place>(program_->slots + output_.size() + k)); }

  // A pointer into a table, which moves along it.
  struct moving {
    const S** pointer;
    const S* table;
  };
  void place_value(const detail::location& l, const S*& pointer, const S* single) {
    pointer = single;
    if (l.in == detail::kept_in::lanes) pointer = lane(l.at);
    if (l.in == detail::kept_in::table)
      moving_.push_back({&pointer, pointer = tables_.data() + detail::index_of(l.at) * length_});
  }
  void place_code(const std::vector<detail::vector_code<S, Arch>>& from, std::vector<detail::instruction<S>>& to) {
    to.resize(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      const auto operand = [&](const detail::location& l, const S*& pointer) {
        place_value(l, pointer,
                    l.at == nowhere              ? nullptr
                    : l.at == detail::zero_place ? &value_.back()
                                                 : &value_[detail::index_of(l.at)]);
      };
      to[i].run = from[i].run;
      operand(from[i].from[0], to[i].a);
      operand(from[i].from[1], to[i].b);
      operand(from[i].from[2], to[i].c);
      operand(from[i].from[3], to[i].d);
      to[i].out = lane(from[i].out);
    }
  }

  const code* program_;
  std::vector<S> value_;  // single values, by place
  detail::lane_store<S> lanes_;
  std::size_t length_;  // of a table
  std::vector<S> tables_;
  std::vector<moving> moving_;
  std::vector<detail::instruction<S>> once_, code_;
  std::vector<const S*> condition_, output_, result_;  // nullptr: a condition of another loop
};

}  // namespace layercake::bulk
