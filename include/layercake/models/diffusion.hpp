// Diffusion transformers, which make images and video: parameters, memory and the stream of operations from their architecture and from what
// is asked of them (pixels, frames, steps, guidance).
//
// An autoencoder makes pixels of a latent that is smaller by a factor in each direction; a transformer denoises the latent in steps, all its
// patches at once, without a causal mask (Peebles, Xie, "Scalable diffusion models with transformers", ICCV 2023). Text comes from an encoder and
// meets the patches in one of three kinds of block:
//   joint   text and patches have weights of their own and attend to all (MM-DiT: Esser et al., ICML 2024)
//   single  text and patches go through the same weights, attention and feed-forward side by side (FLUX, HunyuanVideo)
//   cross   patches attend to each other, then to the text (PixArt, Wan)
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/models/execution.hpp>
#include <layercake/models/operations.hpp>
#include <tuple>

namespace layercake::models {

// FLOP of a denoising step of one image, n patches and t tokens of text, g guidance passes, a = heads x head_width, m = 2 matrices of a feed-forward
// block (3 gated), d and f the widths:
//   joint, single   2 g (n + t) (4 d a + m d f) + 4 g (n + t)^2 a
//   cross           2 g n (6 d a + m d f) + 4 g t d a + 4 g n (n + t) a
// and 2 g a parameter of what makes scales, shifts and gates. Every element-wise step is memory traffic (execution.hpp).
// Software is an input: `software` says whether element-wise steps are kernels of their own, `ported_attention` whose attention runs. Against
// published times on H100 and B200 (docs/accuracy.md): FLUX.1-dev, 28 steps, H100 SXM: 6.84 s eager (6.27 to 6.71 measured), 4.17 s compiled
// (3.88 to 4.30).
// Leaves out: reuse of results from one step to the next, fixed-size tiles of the decoder, what the host does between steps.
// Worked number: FLUX.1-dev at 1024 x 1024: 4096 patches and 512 tokens of text, 74.43 TFLOP a step, 11.898e9 parameters.
template <number T = double>
struct basic_diffusion {
  const char* name = "";
  // What is asked for.
  T image_width = unknown<>;   // pixels
  T image_height = unknown<>;  // pixels
  T frames = T(1);
  T steps = unknown<>;
  T guidance_passes = T(
      1);  // of the transformer a step: 2 for classifier-free guidance, 1 without or where it is distilled into the weights
  T text_tokens = unknown<>;
  // The latent.
  T spatial_factor = unknown<>;  // pixels of the image over those of the latent, in each direction
  T temporal_factor = T(1);      // frames after the first over those of the latent
  T patch = unknown<>;           // side of a patch of the latent
  // The transformer.
  T width = unknown<>;
  T heads = unknown<>;
  T head_width = unknown<>;
  T feed_forward = unknown<>;  // inner width
  T joint_blocks = T(0);
  T single_blocks = T(0);
  T cross_blocks = T(0);
  bool gated = false;          // three matrices a feed-forward block, otherwise two
  bool query_key_norm = true;  // queries and keys are normalised
  bool rotary = true;          // and rotated by their position
  bool shared_modulation =
      false;  // one product makes scales, shifts and gates of all blocks from the time, otherwise each block has its own
  T outer_parameters = unknown<>;  // beside the blocks: embedders of patches, text and time, refiners of text, output
  // Around it.
  T encoder_parameters = unknown<>;                  // of all text encoders
  T decoder_parameters = unknown<>;                  // of the autoencoder, its decoding half
  quantity<unit::flop, T> decoder_work = unknown<>;  // per pixel and frame that it makes
  T outer_share = unknown<>;  // of the roofline that encoders and decoder reach; unknown: share_around
  // How it is run.
  precision math = precision::bf16;
  execution software = execution::eager;
  bool ported_attention = true;  // FlashAttention-2, as frameworks bring it along; otherwise the chip's own kernel

  T published_parameters = unknown<>;  // of the transformer, as its makers count them
  provenance origin{};

  template <class N>
  using with_number = basic_diffusion<N>;

  static constexpr auto fields() {
    using X = basic_diffusion;
    return std::tuple{
        label("name", &X::name),
        label("gated", &X::gated),
        label("query_key_norm", &X::query_key_norm),
        label("rotary", &X::rotary),
        label("shared_modulation", &X::shared_modulation),
        label("math", &X::math),
        label("software", &X::software),
        label("ported_attention", &X::ported_attention),
        label("origin", &X::origin),
        field("image_width", &X::image_width, positive_count, "pixels of a row of the image"),
        field("image_height", &X::image_height, positive_count, "rows of the image"),
        field("frames", &X::frames, positive_count, "frames of the video, 1 for an image"),
        field("steps", &X::steps, positive_count, "denoising steps"),
        field(
            "guidance_passes", &X::guidance_passes, domain{1, 2, false, false, true},
            "passes of the transformer a step: 2 for classifier-free guidance, 1 without it or where it is distilled"),
        field("text_tokens", &X::text_tokens, positive_count,
              "tokens of text that the transformer sees, padding included"),
        field("spatial_factor", &X::spatial_factor, positive_count,
              "pixels of the image over pixels of the latent, in each direction"),
        field("temporal_factor", &X::temporal_factor, positive_count,
              "frames over frames of the latent, the first not counted"),
        field("patch", &X::patch, positive_count, "pixels of the latent along one side of a patch"),
        field("width", &X::width, positive_count, "the width of the residual stream"),
        field("heads", &X::heads, positive_count, "attention heads"),
        field("head_width", &X::head_width, positive_count, "the width of one head"),
        field("feed_forward", &X::feed_forward, positive_count, "the inner width of feed-forward blocks"),
        field("joint_blocks", &X::joint_blocks, count, "blocks in which text and patches have weights of their own"),
        field("single_blocks", &X::single_blocks, count, "blocks in which text and patches share all weights"),
        field("cross_blocks", &X::cross_blocks, count, "blocks in which patches attend to the text apart"),
        field("outer_parameters", &X::outer_parameters, nonnegative,
              "parameters beside the blocks: embedders, refiners of text, output"),
        field("encoder_parameters", &X::encoder_parameters, nonnegative, "parameters of the text encoders"),
        field("decoder_parameters", &X::decoder_parameters, nonnegative, "parameters of the decoder of the latent"),
        field("decoder_work", &X::decoder_work, nonnegative, "FLOP of the decoder per pixel and frame that it makes"),
        field(
            "outer_share", &X::outer_share, positive_share.or_unknown(),
            "share of the chip's roofline that text encoders and decoder reach, unknown for the software's usual one"),
        field("published_parameters", &X::published_parameters, positive.or_unknown(),
              "the total that the makers state")};
  }

  void rules(findings& f) const requires real<T> {
    const auto whole = [](const T& x) { return x == floor(x); };
    const auto side = [&](const char* field, const T& pixels) {
      const T one = spatial_factor * patch;
      f.require(!(one >= T(1)) || !(pixels >= T(1)) || whole(pixels / one), field, pixels,
                "a multiple of spatial_factor times patch, " + layercake::to_string(one),
                "Round it up to the next multiple, as pipelines do.");
    };
    side("image_width", image_width);
    side("image_height", image_height);
    f.require(!(temporal_factor >= T(1)) || !(frames >= T(1)) || whole((frames - T(1)) / temporal_factor), "frames",
              frames, "1 more than a multiple of temporal_factor",
              "Take the next number of frames that the latent can hold.");
    f.require(!is_known(width) || !(joint_blocks + single_blocks + cross_blocks == T(0)), "joint_blocks", joint_blocks,
              "a number of blocks above 0, of one kind at least",
              "Give the blocks of the transformer: joint_blocks, single_blocks or cross_blocks.");
  }

  // Patches of the latent that the transformer sees of one image or video:
  //   width/(s p) x height/(s p) x ((frames - 1)/f + 1)      s, f: factors of the latent, p: patch
  // Worked number: 1280 x 720 at 129 frames, s = 8, f = 4, p = 2: 80 x 45 x 33 = 118 800.
  constexpr T patches() const {
    const T one = spatial_factor * patch;
    return (image_width / one) * (image_height / one) * ((frames - T(1)) / temporal_factor + T(1));
  }
  // Parameters of a feed-forward block, of the matrices of attention, and of one block of each kind, on one chip of a tensor-parallel group.
  constexpr T feed_forward_parameters(const T& tensor = T(1)) const {
    return T(gated ? 3 : 2) * width * feed_forward / tensor;
  }
  constexpr T attention_parameters(const T& tensor = T(1)) const { return T(4) * width * heads * head_width / tensor; }
  constexpr T modulation_parameters(const T& vectors) const {
    return shared_modulation ? T(0) : vectors * width * width;
  }
  constexpr T joint_parameters(const T& tensor = T(1)) const {
    return T(2) * (attention_parameters(tensor) + feed_forward_parameters(tensor) + modulation_parameters(T(6)));
  }
  constexpr T single_parameters(const T& tensor = T(1)) const {
    return attention_parameters(tensor) + feed_forward_parameters(tensor) + modulation_parameters(T(3));
  }
  constexpr T cross_parameters(const T& tensor = T(1)) const {
    return T(2) * attention_parameters(tensor) + feed_forward_parameters(tensor) + modulation_parameters(T(6));
  }
  // Of the transformer, biases and norms (below 0.1 %) left out:
  //   joint 2 (4 d a + m d f + 6 d^2) + single (4 d a + m d f + 3 d^2) + cross (8 d a + m d f + 6 d^2) + outer
  // d width, a heads x head width, f inner width, m matrices of a feed-forward block; the d^2 make scales, shifts and gates.
  constexpr T parameters(const T& tensor = T(1)) const {
    return joint_blocks * joint_parameters(tensor) + single_blocks * single_parameters(tensor) +
           cross_blocks * cross_parameters(tensor) + outer_parameters;
  }

  // Share of the roofline that encoders and decoder reach: outer_share where it is known, else that of the software (execution.hpp).
  constexpr T share_around() const {
    return where(is_known(outer_share), outer_share, number_cast<T>(sustained_share(software)));
  }

  // The same in another format of weights and products; what is between them stays at 16 bit, as does all that is around the transformer.
  constexpr basic_diffusion at(precision p) const {
    basic_diffusion m = *this;
    m.math = p;
    return m;
  }

  // Bytes of weights on one chip of a split: the transformer's over tensor ranks and stages, what is around it on every chip.
  template <number N>
  constexpr auto weights(const split<N>& s) const {
    using P = promote_t<T, N>;
    const auto x = layercake::with_number<P>(*this);
    const P denoiser =
        x.parameters(number_cast<P>(s.tensor)) * stored_bytes<P>(bits(math)) / number_cast<P>(s.pipeline);
    return (denoiser + (x.encoder_parameters + x.decoder_parameters) * P(2)) * units::byte;
  }
  // What an image in flight holds on one chip: the stream, queries, keys, values and results of attention and the inner layer of one block, in 16
  // bit. The number of tokens does not matter. Leaves out the decoder's, which comes after them and may be made in tiles.
  template <number N>
  constexpr auto cache(const quantity<unit::token, N>&, const split<N>& s) const {
    using P = promote_t<T, N>;
    const auto x = layercake::with_number<P>(*this);
    const P tokens = x.guidance_passes * (x.patches() + x.text_tokens) / number_cast<P>(s.context);
    const P values = P(2) * x.width + (P(4) * x.heads * x.head_width + x.feed_forward) / number_cast<P>(s.tensor);
    return tokens * values * P(2) * units::byte;
  }
  // Whether it can be cut so: heads over tensor and context ranks, inner widths over tensor ranks; no experts.
  template <number N = T>
  constexpr auto allows(const split<N>& s) const {
    using P = promote_t<T, N>;
    const auto divides = [](const P& whole, const P& parts) { return whole / parts == floor(whole / parts); };
    const P tensor = number_cast<P>(s.tensor), blocks = number_cast<P>(joint_blocks + single_blocks + cross_blocks);
    return divides(number_cast<P>(heads), tensor * number_cast<P>(s.context)) &&
           divides(number_cast<P>(feed_forward), tensor) && (number_cast<P>(s.pipeline) <= blocks) &&
           (number_cast<P>(s.expert) == P(1)) && (number_cast<P>(s.attention_data) == P(1));
  }
  // The operations of `pass::sequences` images at once on one chip of a split, from text to pixels. Queries, context and phase do not matter.
  template <number N, class Visit>
  constexpr void operations(const pass<N>& p, const split<N>& s, Visit&& visit) const;

  static constexpr bool generates_tokens = false;
};
using diffusion = basic_diffusion<>;

namespace detail {
// What one chip has of a denoising step.
template <number T>
struct denoising {
  const basic_diffusion<T>& model;
  const split<T>& cut;
  formats format;   // of all products
  T rows;           // images times guidance passes
  T patches, text;  // tokens of all rows, on this chip
  T heads, inner;   // heads and inner width, on this chip
  element_wise_steps steps;
  element_wise head, mean;  // of queries and keys: per value, per head

  constexpr denoising(const basic_diffusion<T>& x, const T& images, const split<T>& s)
      : model(x),
        cut(s),
        format{.math = x.math},
        rows(images * x.guidance_passes),
        patches(rows * x.patches() / s.context),
        text(rows * x.text_tokens / s.context),
        heads(x.heads / s.tensor),
        inner(x.feed_forward / s.tensor),
        steps(steps_of(x.software)),
        head(head_steps(x.software, x.query_key_norm, x.rotary)),
        mean(x.query_key_norm ? steps.head_mean : element_wise{0, 0}) {}

  constexpr T head_values() const { return heads * model.head_width; }  // queries of a token, keys or values

  constexpr matrix_product<T> product(const T& m, const T& k, const T& n) const {
    return detail::product(format, storage(model.math), block::layer, m, k, n);
  }
  // Element-wise steps, each on so many values.
  struct step {
    T values;
    element_wise each;
  };
  template <class Visit, class... Steps>
  constexpr void go(const T& times, Visit&& visit, const Steps&... on) const {
    visit(memory_traffic<T>{.moved = ((on.values * number_cast<T>(on.each.bytes)) + ...) * units::byte,
                            .kernels = number_cast<T>((on.each.kernels + ...))},
          times);
    if ((on.each.narrow + ...) > 0)
      visit(narrow_traffic<T>{((on.values * number_cast<T>(on.each.narrow)) + ...)}, times);
  }
  // Of queries and keys of some tokens.
  constexpr step heads_of(const T& tokens) const { return {tokens * head_values(), 2 * head}; }
  constexpr step means_of(const T& tokens) const { return {tokens * heads, 2 * mean}; }
  // `queries` tokens of a row attend to `seen`. Ranks of a context group have all tokens of their share of the heads (Ulysses).
  constexpr attention_product<T> attention(const T& queries, const T& seen) const {
    const T own = heads / cut.context;
    return {.sequences = rows,
            .queries = queries,
            .context = seen,
            .heads = own,
            .key_heads = own,
            .key_width = model.head_width,
            .value_width = model.head_width,
            .causal = false,
            .ported = model.ported_attention,
            .math = attention_math(format)};
  }
  // Scales, shifts and gates of a block: one row an image, from the time.
  template <class Visit>
  constexpr void modulation(const T& vectors, const T& times, Visit&& visit) const {
    visit(product(rows, model.width, vectors * model.width), model.shared_modulation ? T(0) : times);
  }
  // Norm, queries, keys and values of some tokens; `joined`: copied behind another stream's.
  template <class Visit>
  constexpr void before_attention(const T& tokens, bool joined, const T& times, Visit&& visit) const {
    const T values = head_values();
    visit(product(tokens, model.width, T(3) * values), times);
    go(times, visit, step{tokens * model.width, steps.norm}, heads_of(tokens), means_of(tokens),
       step{tokens * values, (joined ? 3.0 : 0.0) * steps.join_heads});
  }
  template <class Visit>
  constexpr void sum_over_ranks(const T& tokens, const T& times, Visit&& visit) const {
    visit(sum_of_block(tokens, model.width, cut.tensor, block::layer), where(cut.tensor > T(1), times, T(0)));
  }
  // Tokens change place with heads before attention and back behind it.
  template <class Visit>
  constexpr void change_places(const T& tokens, const T& times, Visit&& visit) const {
    visit(collective<T>{.kind = exchange::all_to_all,
                        .bytes = tokens * head_values() * T(4 * 2) * units::byte,
                        .ranks = cut.context,
                        .stride = cut.tensor,
                        .group = communicator::context},
          where(cut.context > T(1), times, T(0)));
  }
  template <class Visit>
  constexpr void after_attention(const T& tokens, const element_wise& residual, const T& times, Visit&& visit) const {
    visit(product(tokens, head_values(), model.width), times);
    sum_over_ranks(tokens, times, visit);
    go(times, visit, step{tokens * model.width, residual});
  }
  template <class Visit>
  constexpr void feed_forward(const T& tokens, const T& times, Visit&& visit) const {
    const T up = T(model.gated ? 2 : 1) * inner;
    visit(product(tokens, model.width, up), times);
    visit(product(tokens, inner, model.width), times);
    sum_over_ranks(tokens, times, visit);
    go(times, visit, step{tokens * model.width, steps.norm + steps.gated_residual},
       step{tokens * up, steps.activation});
  }

  template <class Visit>
  constexpr void joint_block(const T& times, Visit&& visit) const {
    for (const T& tokens : {patches, text}) {
      modulation(T(6), times, visit);
      before_attention(tokens, true, times, visit);
    }
    change_places(patches + text, times, visit);
    const T all = model.patches() + model.text_tokens;
    visit(attention(all, all), times);
    for (const T& tokens : {patches, text}) {
      after_attention(tokens, steps.gated_residual, times, visit);
      feed_forward(tokens, times, visit);
    }
  }
  template <class Visit>
  constexpr void single_block(const T& times, Visit&& visit) const {
    const T tokens = patches + text, all = model.patches() + model.text_tokens, values = head_values();
    const T up = T(model.gated ? 2 : 1) * inner;
    modulation(T(3), times, visit);
    visit(product(tokens, model.width, T(3) * values + up), times);
    change_places(tokens, times, visit);
    visit(attention(all, all), times);
    visit(product(tokens, values + inner, model.width), times);
    sum_over_ranks(tokens, times, visit);
    go(times, visit, step{tokens * model.width, steps.norm + steps.gated_residual}, heads_of(tokens), means_of(tokens),
       step{tokens * up, steps.activation}, step{tokens * (values + joined_inner()), steps.join_results});
  }
  // Of the inner layer's results what is copied beside those of attention.
  constexpr T joined_inner() const { return model.software == execution::compiled ? T(0) : inner; }

  template <class Visit>
  constexpr void cross_block(const T& times, Visit&& visit) const {
    modulation(T(6), times, visit);
    before_attention(patches, false, times, visit);
    change_places(patches, times, visit);
    visit(attention(model.patches(), model.patches()), times);
    after_attention(patches, steps.gated_residual, times, visit);
    const T values = head_values();
    const element_wise norm = head_steps(model.software, model.query_key_norm, false);
    visit(product(patches, model.width, values), times);
    visit(product(text, model.width, T(2) * values), times);
    go(times, visit, step{patches * model.width, steps.norm}, step{(patches + text) * values, norm},
       step{(patches + text) * heads, mean});
    visit(attention(model.patches(), model.text_tokens), times);
    after_attention(patches, steps.residual, times, visit);
    feed_forward(patches, times, visit);
  }
  // A piece of work around the transformer, in 16 bit: all images' FLOP, the weights once.
  constexpr work<T> around(const T& flop, const T& parameters) const {
    return {flop * units::flop, parameters * T(2) * units::byte, precision::bf16, model.share_around()};
  }
};
}  // namespace detail

// Encoders: 2 FLOP a parameter, token and guidance pass. Decoder: its work a pixel and frame. What is beside the blocks is taken as applied to the
// text (refiners are, embedders are less): below 1 % of a step.
template <number T>
template <number N, class Visit>
constexpr void basic_diffusion<T>::operations(const pass<N>& p, const split<N>& s, Visit&& visit) const {
  using P = promote_t<T, N>;
  const basic_diffusion<P> x = layercake::with_number<P>(*this);
  const split<P> cut = layercake::with_number<P>(s);
  const P images = number_cast<P>(p.sequences);
  const detail::denoising<P> step(x, images, cut);
  const P read = images * x.guidance_passes * x.text_tokens,
          pixels = images * x.frames * x.image_width * x.image_height;
  visit(step.around(P(2) * x.encoder_parameters * read, x.encoder_parameters), P(1));
  if (!absent(x.joint_blocks)) step.joint_block(x.joint_blocks * x.steps, visit);
  if (!absent(x.single_blocks)) step.single_block(x.single_blocks * x.steps, visit);
  if (!absent(x.cross_blocks)) step.cross_block(x.cross_blocks * x.steps, visit);
  visit(step.product(step.text, x.width, x.outer_parameters / x.width), x.steps);
  visit(step.around(pixels * (x.decoder_work / units::flop), x.decoder_parameters), P(1));
}

}  // namespace layercake::models
