// Turns a tape into the code of a loop nest: which operation belongs into which loop, what of the innermost is computed
// once and kept in tables, and in which memory its lanes lie.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <layercake/bulk/tape/code.hpp>
#include <layercake/bulk/tape/dependences.hpp>
#include <layercake/bulk/tape/kernels.hpp>
#include <vector>

namespace layercake::bulk::detail {

// Memory for lanes, reused once nothing reads them any more.
class slot_pool {
public:
  explicit slot_pool(std::size_t values) : of_(values, nowhere) {}
  place of(place value) const { return of_[index_of(value)]; }
  std::size_t count() const { return count_; }
  place take(place value) {
    place s = static_cast<place>(count_);
    if (free_.empty()) {
      ++count_;
    } else {
      s = free_.back();
      free_.pop_back();
    }
    return of_[index_of(value)] = s;
  }
  void give(place value) {
    free_.push_back(of(value));
    of_[index_of(value)] = nowhere;
  }

private:
  std::vector<place> of_, free_;  // slot of each value
  std::size_t count_ = 0;
};

template <real S, class Arch>
class compiler {
public:
  // Fills `out`, whose inputs, conditions and outputs are set.
  compiler(const tape<S>& t, const std::vector<loop>& nest, division how, program_code<S, Arch>& out)
      : tape_(t),
        nest_(nest),
        how_(how),
        out_(out),
        innermost_(static_cast<unsigned>(nest.size()) - 1),
        axes_(axes_of(t, out.inputs)),
        wanted_(out.conditions),
        inverse_(t.size(), nowhere),
        kept_at_(t.size()) {
    wanted_.insert(wanted_.end(), out.outputs.begin(), out.outputs.end());
    needed_ = needed_for(t, wanted_);
  }

  void run() {
    place_in_loops();
    const std::vector<step> steps = innermost_steps();
    choose_tables(steps);
    emit_all(steps);
    out_.start.push_back(S(0));  // at zero_place
    // The lanes of a block stay in the first-level cache, of 32 KiB and more, and leave room in it.
    constexpr std::size_t share_of_cache = 24 * 1024;
    const std::size_t fitting = share_of_cache / (sizeof(S) * (out_.slots + 1));
    out_.block = largest_block;
    while (out_.block > smallest_block && out_.block > fitting)
      out_.block /= 2;
  }

private:
  // An operation of the innermost loop.
  struct step {
    place p;
    std::array<place, 4> from;
    unsigned count;     // of operands
    operation compare;  // that selects
  };

  const tape<S>& tape_;
  const std::vector<loop>& nest_;
  division how_;
  program_code<S, Arch>& out_;
  unsigned innermost_;
  std::vector<std::uint64_t> axes_;
  std::vector<place> wanted_;
  std::vector<bool> needed_;
  std::vector<place> inverse_;     // place of the reciprocal of each single divisor
  std::vector<place> kept_;        // values in tables
  std::vector<location> kept_at_;  // by place
  bool keeps_operations_ = false;  // in tables, not inputs alone

  // Values along the innermost loop in one table, and in all tables of operations: half of a second-level cache.
  static constexpr std::uint64_t largest_table = 1u << 14, largest_tables = 1u << 15;

  const auto& entry(place p) const { return tape_.entries()[index_of(p)]; }
  bool inner(place p) const { return p != nowhere && (axes_[index_of(p)] & nest_[innermost_].axes) != 0; }
  unsigned loop_of(std::size_t p) const {
    unsigned deepest = 0;
    for (unsigned l = 0; l < nest_.size(); ++l) {
      if (axes_[p] & nest_[l].axes) deepest = l;
    }
    return deepest;
  }

  void place_in_loops() {
    const auto& entries = tape_.entries();
    out_.start.resize(entries.size());
    out_.scalar.resize(innermost_);
    for (std::size_t p = 0; p < entries.size(); ++p) {
      const auto& e = entries[p];
      out_.start[p] = e.value;
      if (!needed_[p] || axes_[p] == 0 || e.op == operation::input || inner(static_cast<place>(p))) continue;
      out_.scalar[loop_of(p)].push_back({e.op, e.a, e.b, e.c, static_cast<place>(p)});
    }
    for (const tape_input& i : out_.inputs)
      out_.input_loop.push_back(loop_of(index_of(i.at)));
    for (const place p : out_.conditions)
      out_.condition_loop.push_back(axes_[index_of(p)] == 0 ? 0 : loop_of(index_of(p)));
  }

  // The operations of the innermost loop, in order. A comparison that only selects is done where it selects.
  std::vector<step> innermost_steps() const {
    const auto& entries = tape_.entries();
    std::vector<int> uses(entries.size(), 0), selecting(entries.size(), 0);
    std::vector<place> code;
    for (std::size_t p = 0; p < entries.size(); ++p) {
      const auto& e = entries[p];
      if (!needed_[p] || !inner(static_cast<place>(p)) || e.op == operation::input) continue;
      code.push_back(static_cast<place>(p));
      for (const place q : {e.a, e.b, e.c}) {
        if (q != nowhere) ++uses[index_of(q)];
      }
      if (e.op == operation::select) ++selecting[index_of(e.a)];
    }
    for (const place p : wanted_)
      ++uses[index_of(p)];
    const auto folded = [&](place p) {
      return is_comparison(entry(p).op) && uses[index_of(p)] == selecting[index_of(p)] && inner(p);
    };

    std::vector<step> steps;
    for (const place p : code) {
      if (folded(p)) continue;
      const auto& e = entry(p);
      step s{p, {e.a, e.b, e.c, nowhere}, e.c != nowhere ? 3u : e.b != nowhere ? 2u : 1u, operation::constant};
      if (e.op == operation::select) {
        if (folded(e.a)) {
          const auto& m = entry(e.a);
          s = {p, {m.a, m.b, e.b, e.c}, 4, m.op};
        } else {  // mask == 0 ? c : b
          s = {p, {e.a, zero_place, e.c, e.b}, 4, operation::equal};
        }
      }
      steps.push_back(s);
    }
    return steps;
  }

  // What is the same in every row: the inputs of the innermost loop, and what follows from them alone.
  bool repeats(place p) const {
    return out_.tabulates && inner(p) &&
           (entry(p).op == operation::input ||
            (keeps_operations_ && (axes_[index_of(p)] & ~nest_[innermost_].axes) == 0));
  }

  // What repeats itself in every row is kept in tables, as long as they are short.
  void choose_tables(const std::vector<step>& steps) {
    out_.inner_size = nest_[innermost_].size;
    const bool merged = (nest_[innermost_].axes & (nest_[innermost_].axes - 1)) != 0;
    out_.tabulates = merged || out_.inner_size <= largest_table;
    keeps_operations_ = out_.tabulates && innermost_ > 0;
    find_kept(steps);
    if (keeps_operations_ && kept_.size() * out_.inner_size > largest_tables) {
      keeps_operations_ = false;
      kept_.clear();
      kept_at_.assign(tape_.size(), location{});
      find_kept(steps);
    }
  }
  void find_kept(const std::vector<step>& steps) {
    const auto keep = [&](place p) {
      if (p < 0 || !repeats(p) || kept_at_[index_of(p)].at != nowhere) return;
      kept_at_[index_of(p)] = {static_cast<place>(kept_.size()), kept_in::table};
      kept_.push_back(p);
    };
    for (const step& s : steps) {
      if (repeats(s.p)) continue;
      for (unsigned k = 0; k < s.count; ++k)
        keep(s.from[k]);
    }
    for (const place p : wanted_)
      keep(p);
  }

  // The first condition that needs each operation; their number where none does.
  std::vector<std::size_t> first_conditions() const {
    std::vector<std::size_t> first(tape_.size(), out_.conditions.size());
    const auto lower = [&](place p, std::size_t k) {
      first[index_of(p)] = k < first[index_of(p)] ? k : first[index_of(p)];
    };
    for (std::size_t k = 0; k < out_.conditions.size(); ++k)
      lower(out_.conditions[k], k);
    for (std::size_t p = tape_.size(); p-- > 0;) {
      const auto& e = tape_.entries()[p];
      for (const place q : {e.a, e.b, e.c}) {
        if (q != nowhere) lower(q, first[p]);
      }
    }
    return first;
  }

  void emit_all(const std::vector<step>& steps) {
    std::vector<step> once;
    std::vector<std::vector<step>> by_condition(out_.conditions.size() + 1);  // what each needs; then the rest
    const std::vector<std::size_t> first_for = first_conditions();
    for (const step& s : steps)
      (repeats(s.p) ? once : by_condition[first_for[index_of(s.p)]]).push_back(s);

    const auto inputs_to_slots = [&](slot_pool& in) {
      for (const tape_input& i : out_.inputs)
        out_.input_slot.push_back(inner(i.at) ? in.take(i.at) : nowhere);
    };
    if (out_.tabulates) {
      slot_pool in(tape_.size());
      inputs_to_slots(in);
      emit(once, kept_, std::vector<location>(tape_.size()), in, out_.once);
      for (const place p : kept_)
        out_.table_slot.push_back(in.of(p));
      out_.slots = in.count();
    }
    slot_pool in(tape_.size());
    if (!out_.tabulates) inputs_to_slots(in);
    std::vector<step> every;
    for (std::size_t k = 0; k <= out_.conditions.size(); ++k) {
      every.insert(every.end(), by_condition[k].begin(), by_condition[k].end());
      if (k < out_.conditions.size()) out_.condition_end.push_back(every.size());
    }
    emit(every, wanted_, kept_at_, in, out_.vector);
    out_.slots = out_.slots > in.count() ? out_.slots : in.count();
    const auto location_of = [&](place p) {
      if (kept_at_[index_of(p)].in == kept_in::table || !inner(p)) return kept_at_[index_of(p)];
      return location{in.of(p), kept_in::lanes};
    };
    for (const place p : out_.conditions)
      out_.condition_in.push_back(location_of(p));
    for (const place p : out_.outputs)
      out_.output_in.push_back(location_of(p));
  }

  // Code for the steps. `tables`: the values that are there already; `wanted`: those that are read afterwards.
  void emit(const std::vector<step>& steps, const std::vector<place>& wanted, const std::vector<location>& tables,
            slot_pool& in, std::vector<vector_code<S, Arch>>& code) {
    const auto in_slot = [&](place q) { return q >= 0 && inner(q) && tables[index_of(q)].at == nowhere; };
    std::vector<std::size_t> last(tape_.size(), 0);
    for (std::size_t i = 0; i < steps.size(); ++i) {
      for (unsigned k = 0; k < steps[i].count; ++k) {
        if (in_slot(steps[i].from[k])) last[index_of(steps[i].from[k])] = i;
      }
    }
    for (const place p : wanted)
      last[index_of(p)] = steps.size();
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const step& s = steps[i];
      vector_code<S, Arch> v;
      std::array<bool, 4> single{};
      for (unsigned k = 0; k < s.count; ++k) {
        const place q = s.from[k];
        single[k] = q < 0 || !inner(q);
        v.from[k] = single[k]    ? location{q, kept_in::single}
                    : in_slot(q) ? location{in.of(q), kept_in::lanes}
                                 : tables[index_of(q)];
      }
      choose_kernel(s, single, v);
      for (unsigned k = 0; k < s.count; ++k) {  // an operand read twice is freed once
        const place q = s.from[k];
        if (in_slot(q) && last[index_of(q)] == i && in.of(q) != nowhere) in.give(q);
      }
      v.out = in.take(s.p);
      code.push_back(v);
    }
  }

  void choose_kernel(const step& s, const std::array<bool, 4>& single, vector_code<S, Arch>& v) {
    using kernel = kernels<S, Arch>;
    const operation op = entry(s.p).op;
    if (s.compare != operation::constant) {
      v.run = kernel::find_chosen(s.compare, single.data());
    } else if (op == operation::divide && how_ == division::reciprocal && single[1]) {
      v.from[1].at = reciprocal_of(s.from[1]);
      v.run = kernel::find(operation::multiply, single.data());
    } else if (op == operation::divide && how_ == division::reciprocal && !single[0]) {
      v.run = &kernel::by_reciprocal;
    } else {
      v.run = kernel::find(op, single.data());
    }
  }
  place reciprocal_of(place divisor) {
    place& at = inverse_[index_of(divisor)];
    if (at == nowhere) {
      at = static_cast<place>(out_.start.size());
      out_.start.push_back(S(1) / out_.start[index_of(divisor)]);
      out_.reciprocals.push_back({divisor, at});
    }
    return at;
  }
};

}  // namespace layercake::bulk::detail
