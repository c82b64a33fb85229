// Prediction of the structure of proteins and their complexes by the architecture of AlphaFold 3 (AlphaFold 3, Boltz, Chai, Protenix): parameters,
// memory and the stream of operations, from the size of the complex and from what is asked for (passes, samples, steps).
//
// A trunk refines a vector for every pair of tokens and one for every token, several times over; a diffusion transformer then denoises the
// positions of the atoms, in steps, for several samples at once. Source: Abramson et al., "Accurate structure prediction of biomolecular
// interactions with AlphaFold 3", Nature 630, 2024, supplementary methods 3; AlphaFold 3 code, model/network, 2024.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/models/execution.hpp>
#include <layercake/models/operations.hpp>
#include <tuple>

namespace layercake::models {

namespace detail {
// Bytes moved beside products and attention: per value of a pair's vector by each kind of update, the transition's per value and per
// value of its inner layer; per score of attention whose scores go through memory in 32 bit.
struct pair_traffic {
  double triangle, attention, transition, inner, score;
};
// Compiled: norm (4), both factors turned (8), norm of the product (4), gate and sum (8); norm (4), every second attention turned there and back
// (4), gate (6), sum (6); norm (4), sum (6); bias and softmax in two passes (6 and 8). Eager: a sigmoid (4), a product (6) and a mask (6) for
// each factor, gate and sum apart; activation and product of the inner layer (10); bias, softmax and cast apart (10, 8, 6).
constexpr pair_traffic pair_traffic_of(execution how) {
  if (how == execution::compiled) return {24, 20, 10, 0, 14};
  return {64, 24, 10, 10, 24};
}
}  // namespace detail

// FLOP of one block of the trunk, of n tokens, with c the width of a pair's vector and f the factor of its transition; s that of a token's:
//   pairs   2 n^2 c^2 (22 + 3 f) + 12 c n^3     two triangle multiplications, two triangle attentions, a transition
//   tokens  2 n s^2 (5 + 3 f) + 4 n^2 s
// and of a denoising step of a sample, for each block of width d and factor g: 2 n (d^2 (5 + 3 g) + 6 s d) + 4 n^2 d.
// The denoiser multiplies and keeps its values in 32 bit, as does the published code; attention with a bias of pairs puts its scores into memory.
// Reference software reaches `sustained` of the speed that kernels have alone: assumed to be that of a convolutional denoiser (execution.hpp), an
// assumption from other models. With it, times of AlphaFold 3 on one chip (its code's docs/performance.md, 2024; 1024 to 5120 tokens, A100 and
// H100, ten points) are met within 13 %.
// Leaves out: search for related sequences and templates (minutes to hours on CPUs), compilation, relaxation; chips in parallel.
// Worked number: AlphaFold 3, 1024 tokens: a block of the trunk takes 2.82e12 FLOP for its pairs.
template <number T = double>
struct basic_structure_prediction {
  const char* name = "";
  // What is asked for.
  T tokens = unknown<>;          // residues, nucleotides, and atoms of what is neither
  T alignment_rows = unknown<>;  // related sequences that are read
  T templates = unknown<>;
  T passes = unknown<>;  // of the trunk: recycles and one
  T samples = unknown<>;
  T steps = unknown<>;  // of denoising
  // The trunk.
  T pair_width = unknown<>;
  T pair_heads = unknown<>;
  T pair_factor = unknown<>;  // of a transition's inner width
  T single_width = unknown<>;
  T single_heads = unknown<>;
  T blocks = unknown<>;
  T alignment_width = unknown<>;
  T alignment_heads = unknown<>;
  T alignment_blocks = unknown<>;
  T outer_width = unknown<>;  // of the outer product of two columns of the alignment
  T template_width = unknown<>;
  T template_factor = unknown<>;
  T template_blocks = unknown<>;
  T confidence_blocks = unknown<>;
  // The denoiser.
  T denoiser_width = unknown<>;
  T denoiser_heads = unknown<>;
  T denoiser_factor = unknown<>;
  T denoiser_blocks = unknown<>;
  T atoms_per_token = unknown<>;
  T atom_width = unknown<>;
  T atom_keys = unknown<>;    // atoms that an atom attends to
  T atom_blocks = unknown<>;  // of the encoder of atoms, and again of the decoder
  T outer_parameters = unknown<>;
  // How it is run.
  precision math = precision::bf16;           // of the trunk
  precision denoiser_math = precision::tf32;  // of the denoiser
  execution software = execution::compiled;
  T sustained = unknown<>;  // of the speed of kernels alone; unknown: sustained_share(software)

  T published_parameters = unknown<>;
  provenance origin{};

  template <class N>
  using with_number = basic_structure_prediction<N>;

  static constexpr auto fields() {
    using X = basic_structure_prediction;
    return std::tuple{
        label("name", &X::name),
        label("math", &X::math),
        label("denoiser_math", &X::denoiser_math),
        label("software", &X::software),
        label("origin", &X::origin),
        field("tokens", &X::tokens, positive_count, "residues, nucleotides, and atoms of what is neither"),
        field("alignment_rows", &X::alignment_rows, positive_count, "related sequences that are read"),
        field("templates", &X::templates, count, "known structures that are read"),
        field("passes", &X::passes, positive_count, "passes of the trunk, its recycles and one"),
        field("samples", &X::samples, positive_count, "structures that are predicted"),
        field("steps", &X::steps, positive_count, "denoising steps"),
        field("pair_width", &X::pair_width, positive_count, "the width of a pair's vector"),
        field("pair_heads", &X::pair_heads, positive_count, "heads of triangle attention"),
        field("pair_factor", &X::pair_factor, positive_count, "inner width of a transition over its width"),
        field("single_width", &X::single_width, positive_count, "the width of a token's vector"),
        field("single_heads", &X::single_heads, positive_count, "heads of attention between tokens"),
        field("blocks", &X::blocks, positive_count, "blocks of the trunk"),
        field("alignment_width", &X::alignment_width, positive_count, "the width of a vector of the alignment"),
        field("alignment_heads", &X::alignment_heads, positive_count, "heads of the alignment's averaging by pairs"),
        field("alignment_blocks", &X::alignment_blocks, count, "blocks that read the alignment"),
        field("outer_width", &X::outer_width, positive_count, "the width of what the outer product multiplies"),
        field("template_width", &X::template_width, positive_count, "the width of a pair's vector of a template"),
        field("template_factor", &X::template_factor, positive_count, "pair_factor of a template's blocks"),
        field("template_blocks", &X::template_blocks, count, "blocks that read a template"),
        field("confidence_blocks", &X::confidence_blocks, count, "blocks that judge a sample"),
        field("denoiser_width", &X::denoiser_width, positive_count, "the width of a token's vector in the denoiser"),
        field("denoiser_heads", &X::denoiser_heads, positive_count, "its heads"),
        field("denoiser_factor", &X::denoiser_factor, positive_count, "inner width of its transition over its width"),
        field("denoiser_blocks", &X::denoiser_blocks, positive_count, "its blocks"),
        field("atoms_per_token", &X::atoms_per_token, positive, "atoms of a token, on average"),
        field("atom_width", &X::atom_width, positive_count, "the width of an atom's vector"),
        field("atom_keys", &X::atom_keys, positive_count, "atoms that an atom attends to"),
        field("atom_blocks", &X::atom_blocks, count, "blocks of the encoder of atoms, and again of the decoder"),
        field("outer_parameters", &X::outer_parameters, nonnegative, "parameters beside all blocks"),
        field("sustained", &X::sustained, positive_share.or_unknown(),
              "share of the speed of kernels alone that its software reaches, unknown for the software's usual one"),
        field("published_parameters", &X::published_parameters, positive.or_unknown(),
              "the total that the makers state")};
  }

  void rules(findings& f) const requires real<T> {
    const auto whole = [&](const char* heads, const T& n, const char* width, const T& of) {
      f.check_divides(heads, n, width, of, "Every head has the same width.");
    };
    whole("pair_heads", pair_heads, "pair_width", pair_width);
    whole("pair_heads", pair_heads, "template_width", template_width);
    whole("single_heads", single_heads, "single_width", single_width);
    whole("alignment_heads", alignment_heads, "alignment_width", alignment_width);
    whole("denoiser_heads", denoiser_heads, "denoiser_width", denoiser_width);
  }

  // Parameters of a block that refines pairs: two triangle multiplications of 6 c^2, two attentions of 5 c^2 + h c, a transition of 3 f c^2.
  static constexpr T pair_block(const T& c, const T& heads, const T& factor) {
    return c * (c * (T(22) + T(3) * factor) + T(2) * heads);
  }
  // Of one that refines tokens, with a bias of pairs: 5 s^2 + h c and 3 f s^2.
  constexpr T single_block() const {
    return single_width * single_width * (T(5) + T(3) * pair_factor) + single_heads * pair_width;
  }
  // Of one that reads the alignment, without its pairs: an average of 3 m^2, a transition, an outer product.
  constexpr T alignment_block() const {
    return alignment_width * (alignment_width * (T(3) + T(3) * pair_factor) + T(2) * outer_width) +
           outer_width * outer_width * pair_width + alignment_heads * pair_width;
  }
  // Of one of the denoiser: attention of 5 d^2, a transition of 3 g d^2, six products that condition d on s.
  constexpr T denoiser_block() const {
    return denoiser_width * (denoiser_width * (T(5) + T(3) * denoiser_factor) + T(6) * single_width) +
           denoiser_heads * pair_width;
  }
  // Of one of atoms: attention 5, transition 3 x 2, conditioning 8, times the square of its width.
  constexpr T atom_block() const { return T(19) * atom_width * atom_width; }
  // Of the whole: the trunk's blocks and those that judge, the alignment's, the templates', the denoiser's, and thrice the atoms' (the trunk's
  // inputs, encoder, decoder). Norms and biases are left out.
  constexpr T parameters() const {
    const T pairs = pair_block(pair_width, pair_heads, pair_factor);
    return (blocks + confidence_blocks) * (pairs + single_block()) + alignment_blocks * (pairs + alignment_block()) +
           template_blocks * pair_block(template_width, pair_heads, template_factor) +
           denoiser_blocks * denoiser_block() + T(3) * atom_blocks * atom_block() + outer_parameters;
  }

  // Share of the speed that kernels have alone, which its software reaches in all of them.
  constexpr T kernel_share() const {
    return where(is_known(sustained), sustained, number_cast<T>(sustained_share(software)));
  }

  template <number N>
  constexpr auto weights(const split<N>&) const {
    using P = promote_t<T, N>;
    return number_cast<P>(parameters()) * stored_bytes<P>(bits(math)) * units::byte;
  }
  // What a complex in work holds: eight vectors of each pair in a triangle multiplication (the stream, normalised, both factors, both turned,
  // their product, its gate), in 16 bit. Leaves out: work in slices, which published code does above 2048 tokens for the transition alone.
  template <number N>
  constexpr auto cache(const quantity<unit::token, N>&, const split<N>&) const {
    using P = promote_t<T, N>;
    return number_cast<P>(tokens * tokens * pair_width) * P(8 * 2) * units::byte;
  }
  // It is not cut over chips.
  template <number N = T>
  constexpr auto allows(const split<N>& s) const {
    using P = promote_t<T, N>;
    return number_cast<P>(s.tensor * s.pipeline * s.expert * s.context * s.attention_data) == P(1);
  }
  // The operations of `pass::sequences` complexes at once. Queries, context and phase do not matter.
  template <number N, class Visit>
  constexpr void operations(const pass<N>& p, const split<N>& s, Visit&& visit) const;

  static constexpr bool generates_tokens = false;
};
using structure_prediction = basic_structure_prediction<>;

namespace detail {
// What one chip does for so many complexes.
template <number T>
struct folding {
  const basic_structure_prediction<T>& model;
  T complexes;
  pair_traffic moved;

  constexpr T pairs() const { return complexes * model.tokens * model.tokens; }

  // In 16 bit or narrower, or in 32.
  constexpr matrix_product<T> product(precision math, const T& m, const T& k, const T& n, const T& batch = T(1)) const {
    matrix_product<T> x = detail::product(formats{.math = math}, storage(math), block::layer, m, k, n);
    x.batch = batch;
    if (bits(math) > 16) x.weight_bytes = x.input_bytes = x.output_bytes = 4;
    return x;
  }
  constexpr memory_traffic<T> traffic(const T& values, double bytes) const {
    return {.moved = values * number_cast<T>(bytes) * units::byte};
  }

  // Two triangle multiplications and two triangle attentions, rows of pairs as sequences; a transition.
  template <class Visit>
  constexpr void refine_pairs(const T& width, const T& factor, const T& times, Visit&& visit) const {
    const precision math = model.math;
    const T n = model.tokens, all = pairs(), twice = T(2) * times;
    visit(product(math, all, width, T(4) * width), twice);  // both factors and their gates
    visit(product(math, n, n, n, complexes * width), twice);
    visit(product(math, all, width, width), T(2) * twice);  // the result, and its gate
    visit(traffic(all * width, moved.triangle), twice);

    visit(product(math, all, width, T(4) * width + model.pair_heads), twice);  // queries, keys, values, gate, bias
    const T head = width / model.pair_heads;
    visit(attention_product<T>{.sequences = complexes * n,
                               .queries = n,
                               .context = n,
                               .heads = model.pair_heads,
                               .key_heads = model.pair_heads,
                               .key_width = head,
                               .value_width = head,
                               .causal = false,
                               .ported = true,
                               .math = attention_math(formats{.math = math})},
          twice);
    visit(product(math, all, width, width), twice);
    visit(traffic(all * width, moved.attention), twice);
    transition(math, all, width, factor, times, visit);
  }
  template <class Visit>
  constexpr void transition(precision math, const T& rows, const T& width, const T& factor, const T& times,
                            Visit&& visit) const {
    visit(product(math, rows, width, T(2) * factor * width), times);
    visit(product(math, rows, factor * width, width), times);
    visit(traffic(rows * width * (number_cast<T>(moved.transition) + factor * number_cast<T>(moved.inner)),
                  bits(math) > 16 ? 2 : 1),
          times);
  }
  // Attention between tokens with a bias of pairs, of so many sequences; its scores go through memory.
  template <class Visit>
  constexpr void attend(precision math, const T& sequences, const T& width, const T& heads, const T& times,
                        Visit&& visit) const {
    const T n = model.tokens, rows = sequences * n, head = width / heads;
    visit(product(math, rows, width, T(4) * width), times);
    matrix_product<T> scores = product(math, n, head, n, sequences * heads);
    scores.output_bytes = 4;
    visit(scores, times);
    visit(traffic(rows * n * heads, moved.score), times);
    visit(product(math, n, n, head, sequences * heads), times);
    visit(product(math, rows, width, width), times);
    visit(traffic(rows * width, (bits(math) > 16 ? 2 : 1) * moved.attention), times);
  }

  template <class Visit>
  constexpr void read_alignment(const T& times, Visit&& visit) const {
    const T n = model.tokens, rows = model.alignment_rows, width = model.alignment_width, outer = model.outer_width;
    const T all = complexes * rows * n;
    const precision math = model.math;
    visit(product(math, all, width, T(2) * outer), times);
    visit(product(math, n * outer, rows, n * outer, complexes), times);
    visit(product(math, pairs(), outer * outer, model.pair_width), times);
    visit(product(math, all, width, T(2) * width), times);
    visit(product(math, n, n, rows * width / model.alignment_heads, complexes * model.alignment_heads), times);
    visit(product(math, all, width, width), times);
    visit(traffic(all * width, moved.attention), times);
    transition(math, all, width, model.pair_factor, times, visit);
    refine_pairs(model.pair_width, model.pair_factor, times, visit);
  }

  // A step of all samples: conditioning of pairs and tokens, blocks of tokens, atoms there and back.
  template <class Visit>
  constexpr void denoise(const T& times, Visit&& visit) const {
    const precision math = model.denoiser_math;
    const T samples = complexes * model.samples, rows = samples * model.tokens, each = times * model.denoiser_blocks;
    const T width = model.denoiser_width, c = model.pair_width;
    visit(product(model.math, pairs(), T(2) * c, c), times);
    transition(model.math, pairs(), c, T(2), T(2) * times, visit);
    visit(product(math, pairs(), c, model.denoiser_heads * model.denoiser_blocks), times);
    attend(math, samples, width, model.denoiser_heads, each, visit);
    visit(product(math, rows, model.single_width, T(6) * width), each);
    transition(math, rows, width, model.denoiser_factor, each, visit);

    const T atoms = rows * model.atoms_per_token, wide = model.atom_width, both = T(2) * times * model.atom_blocks;
    visit(product(math, atoms, wide, T(19) * wide), both);
    visit(product(math, atoms, wide, T(2) * model.atom_keys), both);
    visit(traffic(atoms * (wide * T(2) + model.atom_keys), moved.attention), both);
  }
};
}  // namespace detail

template <number T>
template <number N, class Visit>
constexpr void basic_structure_prediction<T>::operations(const pass<N>& p, const split<N>&, Visit&& visit) const {
  using P = promote_t<T, N>;
  const auto x = layercake::with_number<P>(*this);
  const detail::folding<P> fold{x, number_cast<P>(p.sequences), detail::pair_traffic_of(software)};
  fold.refine_pairs(x.template_width, x.template_factor, x.passes * x.templates * x.template_blocks, visit);
  fold.read_alignment(x.passes * x.alignment_blocks, visit);
  const P trunk = x.passes * x.blocks + x.samples * x.confidence_blocks;
  fold.refine_pairs(x.pair_width, x.pair_factor, trunk, visit);
  fold.attend(x.math, fold.complexes, x.single_width, x.single_heads, trunk, visit);
  fold.transition(x.math, fold.complexes * x.tokens, x.single_width, x.pair_factor, trunk, visit);
  fold.denoise(x.steps, visit);
}

}  // namespace layercake::models
