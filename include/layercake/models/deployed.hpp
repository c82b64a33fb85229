// A model in the formats that it runs in: what the stack composes. Any type with the members of `basic_deployed` can stand in its place.
#pragma once

#include <layercake/models/operations.hpp>

namespace layercake::models {

// An architecture in given formats: basic_transformer, or a list of groups of layers.
template <class Architecture>
struct in_formats {
  using T = number_of_t<Architecture>;
  Architecture architecture;
  models::formats formats{};
  quantity<unit::usd_per_token, T> royalty{};  // paid to the model's owner per output token; 0 for open weights

  template <class N>
  using with_number = in_formats<typename Architecture::template with_number<N>>;

  static constexpr auto fields() {
    using X = in_formats;
    return std::tuple{part("architecture", &X::architecture), label("formats", &X::formats),
                      field("royalty", &X::royalty, nonnegative, "what the model's owner is paid per output token")};
  }

  constexpr const char* name() const { return architecture.name; }

  // The same with a cache in another format than 16 bit.
  constexpr in_formats cache(precision p) const {
    in_formats m = *this;
    m.formats.cache_bits = bits(p);
    return m;
  }

  // The longest call that the model was made for, in positions; unknown if nobody says.
  constexpr T most_positions() const { return architecture.positions; }
  // Positions that the images and sound of a call take beside its tokens.
  constexpr T item_positions() const {
    T sum = T(0);
    if constexpr (requires { architecture.towers; }) {
      for (const auto& t : architecture.towers)
        sum += t.items * t.tokens;
    }
    return sum;
  }
  // Whether a call goes on after its prompt: 1, or 0 for an encoder that gives its vectors away.
  constexpr T writes() const { return where(architecture.output_width() > T(0), T(1), T(0)); }

  // Whether the model can be cut so: heads divide over the tensor ranks that share attention, key heads divide or are replicated evenly, stages have
  // layers, expert ranks have experts. Another layout of weights needs dense layers with attention, and no heads. A mask where the numbers are lanes.
  template <number N = T>
  constexpr auto allows(const split<N>& s) const {
    using P = promote_t<T, N>;
    const auto in = [](const auto& x) { return number_cast<P>(x); };
    const auto divides = [](const P& whole, const P& parts) {
      const P each = whole / parts;
      return each == floor(each);
    };
    const P tensor = in(s.attention_tensor()), expert = in(s.expert);
    const bool plain = s.layout == weight_layout::tensor;
    auto fits = divides(in(s.tensor), in(s.attention_data)) && (in(s.pipeline) <= in(layers_of(architecture)));
    architecture.each_mixer([&](const basic_mixer<T>& m, const T& times) {
      const P key_heads = in(m.key_heads);
      const auto whole = divides(in(m.heads), tensor) && (divides(key_heads, tensor) || divides(tensor, key_heads));
      const auto none = !(in(times) > P(0));
      if (plain)
        fits = fits && (whole || none);
      else if (m.kind == mixing::attention)
        fits = fits && (in(s.attention_data) == P(1) || none);
      else
        fits = fits && none;
    });
    auto spread = expert == P(1);
    architecture.each_feed_forward([&](const basic_feed_forward<T>& f, const T& times) {
      if (f.kind != feed_forward_kind::mixture) return;
      if (!plain) fits = fits && !(in(times) > P(0));
      const P experts = in(f.experts);
      spread = spread || ((in(times) > P(0)) && (experts > P(0)) && divides(experts, expert));
    });
    return fits && spread;
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
    const N groups = s.cache_groups();
    return cache_bytes(with<N>(), formats, quantity<unit::token, P>(tokens), number_cast<P>(s.tensor / groups)) /
           number_cast<P>(s.pipeline * s.context * groups);
  }
  // The operations of a pass on one chip of a split; see models::operations.
  template <number N, class Visit>
  constexpr void operations(const pass<N>& p, const split<N>& s, Visit&& visit) const {
    detail::operations_of(architecture, formats, p, s, visit);
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
template <number T = double>
using basic_deployed = in_formats<basic_transformer<T>>;
using deployed = basic_deployed<>;

template <number T>
constexpr in_formats<basic_transformer<T>> basic_transformer<T>::at(const formats& f) const {
  return {*this, f, {}};
}
template <number T>
constexpr in_formats<basic_transformer<T>> basic_transformer<T>::at(precision p) const {
  return at(formats::at(p));
}
template <number T>
constexpr in_formats<basic_transformer<T>> basic_transformer<T>::as_published() const {
  return at(stored);
}
template <number T>
constexpr in_formats<basic_layered<T>> basic_layered<T>::at(const formats& f) const {
  return {*this, f, {}};
}
template <number T>
constexpr in_formats<basic_layered<T>> basic_layered<T>::at(precision p) const {
  return at(formats::at(p));
}
template <number T>
constexpr in_formats<basic_layered<T>> basic_layered<T>::as_published() const {
  return at(stored);
}

}  // namespace layercake::models
