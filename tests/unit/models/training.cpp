#include <cmath>
#include <doctest/doctest.h>
#include <layercake/models/models.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
double per_token(const transformer& x, double sequence, attention_flop how = attention_flop::causal) {
  return in<units::flop / units::token>(training_flop_per_token(x, sequence, how));
}
double flop(const quantity<unit::flop_per_token>& f) { return in<units::flop / units::token>(f); }
// What a query sees on average in a causal pass over s positions, one by one: its own block of `window` positions where
// they are fixed, the last `window` where they slide.
double mean_seen(int s, int window, bool fixed) {
  double sum = 0;
  for (int i = 0; i < s; ++i)
    sum += fixed ? i % window + 1 : std::fmin(i + 1, window);
  return sum / s;
}
}  // namespace

TEST_CASE("FLOP of training") {
  CHECK(in<units::flop>(training_flop(70e9, 1.4e12 * units::token)) == approx(5.88e23));
  const double weights = 96.0 * 12 * 12288 * 12288 + 51200.0 * 12288, attention = 4.0 * 96 * 12288 * 2049 / 2;
  CHECK(per_token(catalog::gpt3_175b, 2048) == approx(3 * (2 * weights + attention)).epsilon(1e-12));
  CHECK(per_token(catalog::gpt3_175b, 2048) == approx(1.0620e12).epsilon(1e-4));
  const auto forward = count_training_flop(catalog::gpt3_175b, 2048.0);
  CHECK(flop(forward.head) == approx(2 * 51200.0 * 12288).epsilon(1e-12));
  // recomputing attention alone, and whole layers without the output matrix
  CHECK(flop(forward.hardware(attention_flop::causal, 0.0, 1.0)) - per_token(catalog::gpt3_175b, 2048) ==
        approx(attention).epsilon(1e-9));
  CHECK(flop(forward.hardware(attention_flop::causal, 1.0, 1.0)) - per_token(catalog::gpt3_175b, 2048) ==
        approx(2 * 96.0 * 12 * 12288 * 12288 + attention).epsilon(1e-9));
  // a tied table is multiplied with once; an untied one too
  transformer untied = catalog::gpt3_175b;
  untied.tied = false;
  CHECK(per_token(untied, 2048) == per_token(catalog::gpt3_175b, 2048));
  // long sequences approach what attention alone costs; short ones 6 N
  CHECK(per_token(catalog::gpt3_175b, 1) == approx(6 * weights).epsilon(1e-4));
}

// Narayanan et al. 2021 (Megatron-LM on GPU clusters), equation 3: 96 B s l h^2 (1 + s/(6 h) + V/(16 l h)) FLOP of an
// iteration with full recomputation, 72 without, attention counted in full.
TEST_CASE("FLOP of GPT models are those of Megatron's formula") {
  for (const transformer* x :
       {&catalog::megatron_22b, &catalog::gpt3_175b, &catalog::mt_nlg_530b, &catalog::megatron_1t}) {
    const double s = 2048, l = x->layers, h = x->width, v = x->vocabulary;
    const auto f = count_training_flop(*x, s);
    CHECK(flop(f.model(attention_flop::full)) ==
          approx(72 * l * h * h * (1 + s / (6 * h) + v / (12 * l * h))).epsilon(1e-12));
    CHECK(flop(f.hardware(attention_flop::full, 1.0, 1.0)) ==
          approx(96 * l * h * h * (1 + s / (6 * h) + v / (16 * l * h))).epsilon(1e-12));
  }
}

// Chowdhery et al. (PaLM) 2022, appendix B: 6 N + 12 L H Q T FLOP a token.
TEST_CASE("FLOP of a dense model are those of PaLM's formula") {
  const transformer& x = catalog::llama_3_1_70b;
  const double n = parameters(x).total() - 128256.0 * 8192;  // the look-up is no product
  CHECK(per_token(x, 8192, attention_flop::full) == approx(6 * n + 12.0 * 80 * 64 * 128 * 8192).epsilon(1e-12));
}

TEST_CASE("windows and blocks of positions are counted as they are computed") {
  transformer x = catalog::llama_3_1_8b;
  x.sliding_window = 1024, x.sliding_layers = 24;
  const double products = 6 * (parameters(x).total() - 128256.0 * 4096), position = 12.0 * 32 * 128;
  for (const bool fixed : {false, true}) {
    x.chunked = fixed;
    const double seen = 8 * mean_seen(8192, 8192, false) + 24 * mean_seen(8192, 1024, fixed);
    CHECK(per_token(x, 8192) == approx(products + position * seen).epsilon(1e-12));
    CHECK(per_token(x, 8192, attention_flop::full) ==
          approx(products + position * (8 * 8192.0 + 24 * 1024.0)).epsilon(1e-12));
  }
}

TEST_CASE("mixtures count the experts that a token visits, latent attention its expanded heads") {
  const transformer& x = catalog::deepseek_v3;
  const double attention = 187105280, expert = 3 * 7168.0 * 2048, h = 7168;
  const double products = 61 * attention + 3 * 3 * h * 18432 + 58 * (9 * expert + h * 256) + 129280 * h;
  CHECK(per_token(x, 4096) == approx(6 * products + 6 * 61 * 128 * (192.0 + 128) * 4097 / 2).epsilon(1e-12));
}

TEST_CASE("the compute-optimal size of a fitted scaling law, and what more compute leaves of the loss") {
  // G = (0.34 406.4 / (0.28 410.7))^(1/0.62) = 1.3447, N = G (C / 6)^(0.28/0.62), D = C / (6 N)
  const scaling_law law;
  const auto best = optimal(law, 5.76e23 * units::flop);
  const double n = 1.3447 * std::pow(5.76e23 / 6, 0.28 / 0.62);
  CHECK(best.parameters == approx(n).epsilon(1e-4));
  CHECK(best.parameters == approx(3.219e10).epsilon(1e-3));
  CHECK(law.loss(best.parameters, best.tokens) ==
        approx(1.69 + 406.4 / std::pow(n, 0.34) + 410.7 / std::pow(5.76e23 / (6 * n), 0.28)).epsilon(1e-6));
  CHECK(law.loss(best.parameters, best.tokens) == approx(1.93075).epsilon(1e-5));
  CHECK(law.reducible_loss_left(10.0) == approx(std::pow(10, -0.34 * 0.28 / 0.62)));
  CHECK(law.reducible_loss_left(10.0) == approx(0.702).epsilon(1e-3));
  CHECK(value_growth_to_break_even(10.0, 5.0, 1.0 * units::year) == approx(2));
}
