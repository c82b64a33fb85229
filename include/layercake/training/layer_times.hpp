// The times of a micro-batch on a rank of a training step: a visitor over the operations of a model's forward pass.
//
//   product    forward as it is, backward one for the input's gradient and one for the weights', on a chip that never rests
//              (chips/kernels.hpp: in_long_passes)
//   attention  the chip's law of many queries, by the generation of the kernel; backward 2.5 times the FLOP; unfused: two products and the scores' way
//              through memory
//   recurrence by the roofline, backward twice
//   traffic    the least bytes, times what the software needs of that; backward 1.5 times as many
//   experts    two grouped products, their activation, and the permutation there and back; sliced ones are sent to all of their ranks and summed
//   narrow     operands of products below 16 bit are made first
//   exchanges  what is not hidden of them, backward as forward (all, where DualPipe hides them: training/law.hpp); of tensor ranks half as much more with sequence
//              parallelism; of context ranks twice as much, in a ring under attention
//   head       products in 16 bit or wider, as attention, and the loss
//
// Where not everything learns (models/learning.hpp) the backward pass is what is left of this:
//   frozen     no gradient of the weights, and below the first thing that learns none at all; weights that are stored below 16 bit are read and
//              written in 16 bit before each product, forward and backward, as bitsandbytes does for QLoRA (Dettmers et al. 2023, section 3)
//   adapters   products in 16 bit or wider; the host's time for a layer stays that of one without
#pragma once

#include <layercake/training/exchanges.hpp>
#include <layercake/training/figures.hpp>
#include <layercake/training/stages.hpp>

namespace layercake::detail {

template <number T>
struct both_passes {
  pass_time<T> forward{}, backward{};
  quantity<unit::second, T> weight_gradient{};  // a part of backward.products
  friend constexpr both_passes operator+(const both_passes& a, const both_passes& b) {
    return {a.forward + b.forward, a.backward + b.backward, a.weight_gradient + b.weight_gradient};
  }
  friend constexpr both_passes operator*(const both_passes& a, const T& n) {
    return {a.forward * n, a.backward * n, a.weight_gradient * n};
  }
};

template <number T, class Chip, class Kernels, class Network, class Learned>
class training_timer {
public:
  using seconds = quantity<unit::second, T>;
  // Sums over all layers; `outside` is the embedding and the output matrix.
  both_passes<T> layer{}, dense{}, mixture{}, outside{};
  both_passes<T> embedding{};  // apart from `outside` where the first and the last stage are told apart
  collective<T> message{};     // from a stage to the next, if there is one

  // wide: one for each member that it refers to.
  training_timer(const Chip& chip, const Kernels& kernels, const training_exchanges<T, Network>& exchanges,
                 const training_constants& constants, const training_rates<T>& rates,
                 const basic_training_plan<T>& plan, const Learned& learned)
      : chip_(chip),
        kernels_(kernels),
        exchanges_(exchanges),
        c_(constants),
        r_(rates),
        p_(plan),
        learned_(learned),
        whole_(plan.sequence_parallel ? T(1) / plan.tensor : T(1)),
        whole_experts_(plan.tensor / plan.expert_slices()),
        ends_apart_(cut_unevenly(plan)) {}

  template <number S, class Times>
  void operator()(const matrix_product<S>& op, const Times& times) {
    const T n = number_cast<T>(times);
    if (!any_positive(n)) return;
    const matrix_product<T> x{.m = number_cast<T>(op.m),
                              .n = number_cast<T>(op.n),
                              .k = number_cast<T>(op.k),
                              .batch = number_cast<T>(op.batch)};
    both_passes<T>& to = of(op.part);
    const gradients made = learned_.of(op.part);
    if (op.part == block::adapter) return linear(to, x, r_.wide, r_.slow_wide, n, made);
    if (op.part == block::head) {
      linear(to, x, r_.wide, r_.slow_wide * aligned(x.n), n, made);
      const seconds loss = traffic(x.m * (x.n * p_.software.logit + x.k * as(training_counts::head_input)), T(1)) * n;
      to.forward.element_wise += loss;
      to.backward.element_wise += loss * made.passed;
      return;
    }
    linear(to, x, r_.math, r_.slow, n, made);
    if (r_.narrow.any) make_narrow(to, {x.batch * x.m * x.k, x.batch * x.m * x.n, x.batch * x.k * x.n}, n, made);
    unpack(to, op, x.batch * x.k * x.n, n, made);
  }

  template <number S, class Times>
  void operator()(const attention_product<S>& op, const Times& times) {
    const T n = number_cast<T>(times);
    if (!any_positive(n)) return;
    if (p_.fused_attention) {
      attention_product<S> core = op;
      if (bits(p_.math) > bits(core.math)) core.math = p_.math;
      core.ported = r_.ported;
      seconds once;
      if constexpr (requires { kernels_.prefill(core); }) {
        once = kernels_.prefill(core);
      } else {
        once = chips::time_of(kernels_, core);
      }
      core_forward_ = once * r_.attention;
      core_backward_ = core_forward_ * r_.attention_backward;
    } else {
      const T batch = number_cast<T>(op.sequences) * number_cast<T>(op.heads), queries = number_cast<T>(op.queries),
              context = number_cast<T>(op.context);
      const seconds both =
          time(r_.wide, {.m = queries, .n = context, .k = number_cast<T>(op.key_width), .batch = batch}) +
          time(r_.wide, {.m = queries, .n = number_cast<T>(op.value_width), .k = context, .batch = batch});
      const T scores = batch * queries * context * as(c_.scores);
      const double dropout = p_.software.dropout ? training_counts::scores_dropout : 0.0;
      core_forward_ = both * r_.slow_wide + traffic(scores * as(training_counts::scores_forward + dropout), T(1));
      core_backward_ =
          both * (r_.slow_wide * T(2)) + traffic(scores * as(training_counts::scores_backward + dropout), T(1));
    }
    layer.forward.attention += core_forward_ * n;
    layer.backward.attention += core_backward_ * (n * passed(block::layer));
  }

  // A recurrence, whose backward pass multiplies twice as much.
  template <number S, class Times>
  void operator()(const state_scan<S>& op, const Times& times) {
    const T n = number_cast<T>(times);
    if (!any_positive(n)) return;
    const seconds once = over_number<T>(chips::time_of(kernels_, op)) * (r_.slow_wide * n);
    const T back = T(2) * passed(block::layer);
    layer.forward.products += once;
    layer.backward.products += once * back;
    layer.forward.moved += over_number<T>(op.bytes()) * n;
    layer.backward.moved += over_number<T>(op.bytes()) * (n * back);
  }

  // Experts take the place of tensor ranks: whole ones lie on as many of these as there are expert ranks.
  template <number S, class Times>
  void operator()(const expert_product<S>& op, const Times& times) {
    const T n = number_cast<T>(times);
    if (!any_positive(n)) return;
    const T ranks = number_cast<T>(op.ranks) * whole_experts_, width = number_cast<T>(op.width) * whole_experts_,
            hidden = number_cast<T>(op.hidden), matrices = number_cast<T>(op.matrices);
    const T local = max(number_cast<T>(op.experts) / ranks, T(1));  // a lane without experts has none to divide by
    const T rows = number_cast<T>(op.tokens) * number_cast<T>(op.active) / ranks;
    const T each = rows / local + as(training_counts::expert_padding);
    const gradients made = learned_.of(block::mixture);
    linear(mixture, {.m = each, .n = (matrices - T(1)) * width, .k = hidden, .batch = local}, r_.math, r_.slow_grouped,
           n, made);
    linear(mixture, {.m = each, .n = hidden, .k = width, .batch = local}, r_.math, r_.slow_grouped, n, made);
    const T weights = local * matrices * hidden * width;
    if (r_.narrow.any)
      make_narrow(mixture, {rows * (hidden + width), T(2) * rows * (hidden + width), weights}, n, made);
    unpack(mixture, op, weights, n, made);
    slices_exchange(rows * hidden, n);
    element_wise(mixture, rows * (as(training_counts::permutation) * hidden + T(2) * matrices * width), T(1), n,
                 made.passed);
  }

  template <number S, class Times>
  void operator()(const memory_traffic<S>& op, const Times& times) {
    const T n = number_cast<T>(times);
    if (!any_positive(n)) return;
    const T moved = number_cast<T>(op.moved / units::byte);
    element_wise(of(op.part), op.replicated ? moved * whole_ : moved, number_cast<T>(op.kernels), n, passed(op.part));
  }

  template <number S, class Times>
  void operator()(const collective<S>& op, const Times& times) {
    const T n = number_cast<T>(times);
    if (!any_positive(n)) return;
    const collective<T> x{op.kind,
                          over_number<T>(op.bytes),
                          number_cast<T>(op.ranks),
                          number_cast<T>(op.stride),
                          op.group,
                          number_cast<T>(op.copies),
                          op.part};
    switch (op.group) {
    case communicator::tensor:
      return tensor(of(op.part), x, n);
    case communicator::context:
      return context(of(op.part), x, n);
    case communicator::expert:
      return expert(of(op.part), x, n);
    case communicator::pipeline:
      message = x;
      message.bytes = x.bytes * whole_;
    }
  }

  // Work that is known by its totals alone.
  template <number S, class Times>
  void operator()(const work<S>& op, const Times& times) {
    const T n = number_cast<T>(times);
    const seconds once =
        chip_.time(work<T>{over_number<T>(op.flop), over_number<T>(op.bytes), r_.math}) / number_cast<T>(op.sustained);
    const T back = T(2) * passed(block::layer);
    layer.forward.products += once * (r_.slow * n);
    layer.backward.products += once * (r_.slow * n * back);
    layer.weight_gradient += once * (r_.slow * n * passed(block::layer));
    layer.forward.moved += over_number<T>(op.bytes) * n;
    layer.backward.moved += over_number<T>(op.bytes) * (n * back);
  }

private:
  const Chip& chip_;
  const Kernels& kernels_;
  const training_exchanges<T, Network>& exchanges_;
  const training_constants& c_;
  const training_rates<T>& r_;
  const basic_training_plan<T>& p_;
  const Learned& learned_;
  T whole_;          // of what lies between the blocks, on one tensor-parallel rank
  T whole_experts_;  // tensor ranks over which whole experts are spread in place of slices
  bool ends_apart_;
  seconds core_forward_{}, core_backward_{};  // of the attention of this layer
  collective<T> last_{};                      // both exchanges of a layer are the same
  seconds last_time_{};

  using gradients = models::gradients_made<T>;

  static constexpr T as(double x) { return number_cast<T>(x); }
  T passed(block part) const { return learned_.of(part).passed; }

  both_passes<T>& of(block part) {
    switch (part) {
    case block::layer:
    case block::adapter:
      return layer;
    case block::dense:
      return dense;
    case block::mixture:
      return mixture;
    case block::encoder:
    case block::embedding:
      return ends_apart_ ? embedding : outside;
    case block::head:
      return outside;
    }
    return layer;
  }

  // Time of products with so many columns over that with whole groups of columns.
  static T aligned(const T& columns) {
    const T groups = columns * as(1 / training_counts::aligned_columns);
    const auto whole = abs(groups - floor(groups + as(0.5))) < as(training_counts::whole_columns);
    return where(whole, T(1), as(training_counts::unaligned));
  }

  seconds time(precision math, matrix_product<T> x) const {
    x.math = x.weights = math;
    x.weight_bytes = x.input_bytes = bytes_per_value(math) > 2 ? 2 : bytes_per_value(math);
    if constexpr (requires { kernels_.time(x, chips::in_long_passes); }) {
      return kernels_.time(x, chips::in_long_passes);
    } else {
      return chips::time_of(kernels_, x);
    }
  }
  // A linear layer, both directions.
  void linear(both_passes<T>& to, const matrix_product<T>& x, precision math, const T& slower, const T& times,
              const gradients& made) const {
    const T slow = slower * times;
    const seconds inputs = time(math, {.m = x.m, .n = x.k, .k = x.n, .batch = x.batch}) * made.inputs,
                  weights = time(math, {.m = x.k, .n = x.n, .k = x.m, .batch = x.batch}) * made.weights;
    to.forward.moved += x.bytes() * times;
    to.backward.moved += x.bytes() * (times * (made.inputs + made.weights));
    to.forward.products += time(math, x) * slow;
    to.backward.products += (inputs + weights) * slow;
    to.weight_gradient += weights * slow;
  }
  // Frozen weights that are stored below 16 bit are read and written in 16 bit, for the product and for its input's gradient.
  template <class Operation>
  void unpack(both_passes<T>& to, const Operation& op, const T& weights, const T& times, const gradients& made) const {
    if constexpr (!Learned::whole) {
      if (op.weight_bytes >= training_counts::weight) return;
      const T moved = weights * as(op.weight_bytes + training_counts::weight);
      const T forward = times * (T(1) - made.weights), backward = times * (made.inputs - made.weights);
      const seconds once = traffic(moved, T(1));
      to.forward.element_wise += once * forward;
      to.backward.element_wise += once * backward;
      to.forward.moved += moved * forward * units::byte;
      to.backward.moved += moved * backward * units::byte;
    }
  }
  seconds traffic(const T& moved, const T& kernels) const {
    return chips::time_of(kernels_, memory_traffic<T>{.moved = moved * units::byte, .kernels = kernels});
  }
  void element_wise(both_passes<T>& to, const T& least, const T& kernels, const T& times, const T& passed) const {
    const T moved = least * p_.software.traffic;
    const T back = moved * as(training_counts::element_backward);
    to.forward.element_wise += traffic(moved, kernels) * times;
    to.backward.element_wise += traffic(back, kernels) * (times * passed);
    to.forward.moved += moved * times * units::byte;
    to.backward.moved += back * (times * passed) * units::byte;
  }
  struct operand_values {
    T inputs, gradients, weights;
  };
  // Operands of so many values made narrow: inputs and weights forward, gradients backward, whose products give as many values as there are inputs
  // and weights.
  void make_narrow(both_passes<T>& to, const operand_values& x, const T& times, const gradients& made) const {
    const T factor = as(c_.quantise), forward = x.inputs * r_.narrow.operand + x.weights * r_.narrow.weight;
    to.forward.element_wise += traffic(forward * factor, T(1)) * times;
    const T backward = x.gradients * r_.narrow.operand + (x.inputs + x.weights) * r_.narrow.result;
    to.backward.element_wise += traffic(backward * factor, T(1)) * (times * made.passed);
  }

  void tensor(both_passes<T>& to, const collective<T>& x, const T& times) {
    if (!same(x)) last_ = x, last_time_ = exchanges_.time(x);
    to.forward.tensor_exchange += last_time_ * (r_.tensor_forward * times);
    to.backward.tensor_exchange += last_time_ * (r_.tensor_backward * times * passed(x.part));
  }
  bool same(const collective<T>& c) const {
    if constexpr (real<T>)
      return c.kind == last_.kind && c.bytes == last_.bytes && c.ranks == last_.ranks && c.stride == last_.stride;
    return false;
  }

  // Keys and values go round a ring, hidden under a share of attention.
  void context(both_passes<T>& to, const collective<T>& x, const T& times) const {
    const auto ringed = x.ranks > T(1);
    const collective<T> step{exchange::point_to_point, x.bytes / x.ranks, x.ranks, x.stride};
    const seconds ring = where(ringed, exchanges_.time(step) * (x.ranks - T(1)), seconds(T(1) * units::nanosecond));
    const auto exposed = [&](const seconds& all, const seconds& under) {
      const seconds room = under * as(c_.hidden_context);
      const T over = (all - room) / units::second, edge = all / units::second * as(training_counts::ring_smoothing);
      const seconds beyond = (over + sqrt(over * over + edge * edge)) * as(0.5) * units::second;
      return where(ringed, beyond + min(all, room) * as(r_.taken), seconds());
    };
    to.forward.context_exchange += exposed(ring, core_forward_) * times;
    to.backward.context_exchange += exposed(ring * T(2), core_backward_) * (times * passed(x.part));
  }

  // What goes to a sliced expert goes to all of its ranks, and their results are summed: so many values, both ways.
  void slices_exchange(const T& values, const T& times) {
    if (!any_positive(p_.expert_tensor - T(1))) return;
    const collective<T> all{exchange::all_gather, values * as(training_counts::weight) * units::byte,
                            max(p_.expert_tensor, T(1)), T(1)};
    const seconds t = exchanges_.time(all) * (as(2 / c_.inside) * times);
    mixture.forward.expert_exchange += t;
    mixture.backward.expert_exchange += t * passed(block::mixture);
  }

  // Inside a domain a token goes to every expert; to another domain only once.
  void expert(both_passes<T>& to, const collective<T>& x, const T& times) const {
    const T& domain = exchanges_.fabric.domain;
    const T within = min(x.ranks, max(domain / x.stride, T(1)));
    const T domains = max(x.ranks * x.stride / domain, T(1));
    const T reached = x.copies * domains / max(x.copies + domains - T(1), T(1));
    const seconds inside = exchanges_.time({x.kind, x.bytes * (within / x.ranks), within, x.stride});
    const seconds across = exchanges_.time({x.kind, x.bytes * (reached / x.copies), domains, domain});
    const double here = p_.schedule == pipeline_schedule::dual_pipe ? 0.0 : 1.0;  // the other direction hides it all
    const auto left = [&](double hidden) { return as(left_of_exchange(hidden * here, r_.taken) / c_.expert_exchange); };
    const seconds t = max(inside * left(c_.hidden_expert), across * left(c_.hidden_expert_out)) * times;
    to.forward.expert_exchange += t;
    to.backward.expert_exchange += t * passed(x.part);
  }
};

}  // namespace layercake::detail
