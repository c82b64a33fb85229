// Low-rank adapters (LoRA): beside which matrices of a model they lie, and the operations of one.
#pragma once

#include <layercake/models/operations.hpp>
#include <tuple>

namespace layercake::models {

// Low-rank adapters: beside a frozen matrix [in, out] two narrow ones that learn, [in, rank] and [rank, out], whose product is added to the result.
// They lie beside the matrices of attention over keys of its own, of feed-forward blocks without a router and of shared experts; routed
// experts, latent attention, keys and values of an encoder and recurrences have none. Where a framework multiplies several matrices at once each has its own adapter.
// Source: Hu et al. 2021 (LoRA), section 4.1; targets are those of Hugging Face PEFT, whose default for Llama is query and value.
template <number T = double>
struct basic_low_rank_adapters {
  T rank = T(0);  // 0: none
  bool query = true, key = false, value = true, output = false;
  bool gate = false, up = false, down = false;
  bool dropout = false;  // of what they read: each keeps its own input and a mask

  template <class N>
  using with_number = basic_low_rank_adapters<N>;
  // Beside which matrices of a layer they lie.
  static constexpr auto targets() {
    using X = basic_low_rank_adapters;
    return std::tuple{label("query", &X::query),   label("key", &X::key),   label("value", &X::value),
                      label("output", &X::output), label("gate", &X::gate), label("up", &X::up),
                      label("down", &X::down)};
  }
  static constexpr auto fields() {
    using X = basic_low_rank_adapters;
    return std::tuple_cat(targets(), std::tuple{label("dropout", &X::dropout),
                                                field("rank", &X::rank, count,
                                                      "width of an adapter between its two matrices, 0 for none")});
  }

  // Beside every matrix of a layer, as QLoRA has it (Dettmers et al. 2023, section 4).
  static constexpr basic_low_rank_adapters all_linear(const T& rank) {
    basic_low_rank_adapters a{.rank = rank};
    std::apply([&](const auto&... target) { ((a.*(target.member) = true), ...); }, targets());
    return a;
  }
};
using low_rank_adapters = basic_low_rank_adapters<>;

// A matrix beside which an adapter lies, on one chip of a tensor-parallel group.
template <number T = double>
struct adapted_matrix {
  T in, out;
  bool by_columns;  // split so, its input is whole on every rank; else by rows
  bool kept;        // its input is kept for the backward pass by something else
};

// Calls visit(matrix) for every adapted matrix of a mixer, or of a feed-forward block.
template <number T, class Visit>
constexpr void each_adapted(const basic_low_rank_adapters<T>& a, const basic_mixer<T>& m, const T& width,
                            const T& tensor, Visit&& visit) {
  if (m.kind != mixing::attention) return;
  const T heads = m.heads / tensor, keys = m.local_key_heads(tensor);
  const auto shared = [&](bool before) { return before && !a.dropout; };
  if (a.query) visit(adapted_matrix<T>{width, heads * (m.key_width + m.gate), true, false});
  const bool own = !may_hold(m.crossed > T(0));  // keys and values
  if (a.key && own) visit(adapted_matrix<T>{width, keys * m.key_width, true, shared(a.query)});
  if (a.value && own && !m.shared_value)
    visit(adapted_matrix<T>{width, keys * m.value_width, true, shared(a.query || a.key)});
  if (a.output) visit(adapted_matrix<T>{heads * m.value_width, width, false, !a.dropout});
}
template <number T, class Visit>
constexpr void each_adapted(const basic_low_rank_adapters<T>& a, const basic_feed_forward<T>& f, const T& width,
                            const T& tensor, Visit&& visit) {
  if (f.kind == feed_forward_kind::none) return;
  const bool mixture = f.kind == feed_forward_kind::mixture;
  const T inner = (mixture ? f.shared * f.shared_width : f.width) / tensor;
  if (!may_hold(inner > T(0))) return;
  const bool gate = a.gate && f.gated;
  if (gate) visit(adapted_matrix<T>{width, inner, true, false});
  if (a.up) visit(adapted_matrix<T>{width, inner, true, gate && !a.dropout});
  if (a.down) visit(adapted_matrix<T>{inner, width, false, false});
}

namespace detail {
// Bytes of a value that an adapter reads or writes beside its products: a result is scaled (read, written) and added to the frozen one's (both
// read, the sum written); with dropout the input is read, written and its mask written.
inline constexpr double scaled_and_added = 10, dropped = 5;

template <number T, class Visit>
constexpr void adapter_operations(const basic_low_rank_adapters<T>& a, const T& rows, const adapted_matrix<T>& x,
                                  const T& times, Visit&& visit) {
  const T rank = or_one(a.rank), n = where(a.rank > T(0), times, T(0));
  visit(product(formats{}, storage{}, block::adapter, rows, x.in, rank), n);
  visit(product(formats{}, storage{}, block::adapter, rows, rank, x.out), n);
  const T moved = x.out * T(scaled_and_added) + (a.dropout ? x.in * T(dropped) : T(0));
  visit(memory_traffic<T>{.moved = rows * moved * units::byte, .kernels = T(a.dropout ? 3 : 2), .part = block::adapter},
        n);
}
}  // namespace detail

}  // namespace layercake::models
