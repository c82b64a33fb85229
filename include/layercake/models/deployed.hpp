// A model in the formats that it runs in: what the stack composes. Any type with the members of `basic_deployed` can stand in its place.
#pragma once

#include <layercake/models/operations.hpp>

namespace layercake::models {

// A transformer in given formats.
template <number T = double>
struct basic_deployed {
  basic_transformer<T> architecture;
  models::formats formats{};
  quantity<unit::usd_per_token, T> royalty{};  // paid to the model's owner per output token; 0 for open weights

  template <class N>
  using with_number = basic_deployed<N>;

  static constexpr auto fields() {
    using X = basic_deployed;
    return std::tuple{part("architecture", &X::architecture), label(&X::formats),
                      field("royalty", &X::royalty, nonnegative, "what the model's owner is paid per output token")};
  }

  void rules(findings& f) const requires real<T> {
    constexpr domain stored{0, 64, true};
    const char* remedy = "Set the stored bits of one value, scales included.";
    f.check_within("formats.weight_bits", formats.weight_bits, stored, remedy);
    f.check_within("formats.expert_weight_bits", formats.expert_weight_bits, stored, remedy);
    f.check_within("formats.activation_bits", formats.activation_bits, stored, remedy);
    f.check_within("formats.cache_bits", formats.cache_bits, stored, remedy);
    f.check_within("formats.embedding_bits", formats.embedding_bits, stored, remedy);
  }

  constexpr const char* name() const { return architecture.name; }

  // Whether the model can be cut so: heads divide over the tensor ranks that share attention, key heads divide or are replicated evenly, stages have
  // layers, expert ranks have experts. A mask where the numbers are lanes.
  template <number N = T>
  constexpr auto allows(const split<N>& s) const {
    using P = promote_t<T, N>;
    const auto in = [](const auto& x) { return number_cast<P>(x); };
    const auto divides = [&](const P& whole, const P& parts) {
      const P each = whole / parts;
      return each == floor(each);
    };
    const basic_transformer<T>& x = architecture;
    const P tensor = in(s.attention_tensor()), key_heads = in(x.key_heads);
    const P experts = in(x.experts), expert = in(s.expert);
    return divides(in(s.tensor), in(s.attention_data)) && divides(in(x.heads), tensor) &&
           (divides(key_heads, tensor) || divides(tensor, key_heads)) && (in(s.pipeline) <= in(x.layers)) &&
           ((experts > P(0) && divides(experts, expert)) || expert == P(1));
  }

  // Bytes of weights on one chip of a split.
  template <number N>
  constexpr auto weights(const split<N>& s) const {
    using P = promote_t<T, N>;
    return weight_bytes(with<N>(), formats, layercake::with_number<P>(s));
  }
  // Bytes of cache that a sequence of `tokens` positions takes on one chip of a split, on average over the groups that attend to sequences of
  // their own.
  template <number N>
  constexpr auto cache(const quantity<unit::token, N>& tokens, const split<N>& s) const {
    using P = promote_t<T, N>;
    return cache_bytes(with<N>(), formats, quantity<unit::token, P>(tokens), number_cast<P>(s.attention_tensor())) /
           number_cast<P>(s.pipeline * s.context * s.attention_data);
  }
  // The operations of a pass on one chip of a split; see models::operations.
  template <number N, class Visit>
  constexpr void operations(const pass<N>& p, const split<N>& s, Visit&& visit) const {
    using P = promote_t<T, N>;
    if constexpr (std::same_as<P, N>) {  // a step of an engine is over before copies would have been written and read
      models::operations(with<N>(), formats, p, s, visit);
    } else {
      models::operations(with<N>(), formats, layercake::with_number<P>(p), layercake::with_number<P>(s), visit);
    }
  }
  // Whether a call is a pass over the prompt and one for every output token after the first.
  static constexpr bool generates_tokens = true;

private:
  template <number N>
  constexpr decltype(auto) with() const {
    if constexpr (std::same_as<promote_t<T, N>, T>) {
      return (architecture);
    } else {
      return layercake::with_number<promote_t<T, N>>(architecture);
    }
  }
};
using deployed = basic_deployed<>;

template <number T>
constexpr basic_deployed<T> basic_transformer<T>::at(precision p) const {
  return {*this, formats::at(p), {}};
}
template <number T>
constexpr basic_deployed<T> basic_transformer<T>::as_published() const {
  return {*this, stored, {}};
}

}  // namespace layercake::models
