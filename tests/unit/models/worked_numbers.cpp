// Every worked number of the headers of models/, each with the calculation by hand that gives it.
#include <doctest/doctest.h>

#include <layercake/models/models.hpp>

#include "../../worked.hpp"

using namespace layercake;
using namespace layercake::units;
using layercake_test::check_stated;
namespace catalog = layercake::models::catalog;
using models::pass;
using models::phase;

TEST_CASE("worked numbers: parameters and memory") {
  const auto& llama = catalog::llama_3_1_70b;

  // worked: models/parameters.hpp#mixer_parameters
  // 7168 x 1536 + 1536 x 128 x 192 + 7168 x 576 + 512 x 128 x 256 + 128 x 128 x 7168
  check_stated(models::mixer_parameters(catalog::deepseek_v3.mixer(0.0), 7168.0), "187 105 280");

  // worked: models/parameters.hpp#parameters
  // 80 (2 x 8192 x 128 x 72 + 3 x 8192 x 28672) + 2 x 128256 x 8192 = 68 451 041 280 + 2 101 346 304
  check_stated(models::parameters(llama).total(), "70 552 387 584");

  // worked: models/parameters.hpp#parameters_of_rank
  // 32 (4096 x 128 x 2 (16 + 4) + 4096 x 8) + 2 x 32000 x 2048;  32 x 8 x 3 x 4096 x 7168 / 4
  const models::split<> cut{.tensor = 2, .expert = 4};
  check_stated(models::parameters_of_rank(catalog::mixtral_8x7b, cut).everywhere, "803 209 216");

  // worked: models/storage.hpp#cache_bytes
  // 2 x 80 x 8 x 128 x 2 B
  check_stated(in<byte>(models::cache_bytes(llama, models::formats{}, 1.0 * token)), "327 680");

  // worked: models/storage.hpp#weight_bytes
  // 68.451e9 x 1 B + 2.101e9 x 2 B
  check_stated(in<gigabyte>(llama.at(precision::fp8).weights(models::split<>{})), "72.7");
}

TEST_CASE("worked numbers: operations") {
  // worked: models/operations.hpp#operations
  // 2 (68 451 041 280 + 128256 x 8192) = 139.003e9; attention 4 x 80 x 8192 x 1024 = 2.684e9
  const auto& llama = catalog::llama_3_1_70b;
  const auto done = [&](double context) {
    return in<gigaflop>(models::pass_totals(llama, models::formats{}, pass<>{phase::decode, 1, 1, context}).flop);
  };
  check_stated(done(1024), "141.7");
  check_stated((done(1024) - done(512)) * 2, "2.68");

  // worked: models/inference_model.hpp#basic_inference_model
  // 30 x 11.96 = 358.8 TFLOP
  check_stated(in<teraflop>(catalog::stable_diffusion_xl.computation), "12.0");
  check_stated(in<petaflop>(models::pass_totals(catalog::stable_diffusion_xl, pass<>{}).flop), "0.359");
}

TEST_CASE("worked numbers: diffusion and recommendation") {
  // worked: models/diffusion.hpp#basic_diffusion
  // 57 blocks of 2 x 12 x 3072^2 x 4608 + 4 x 4608^2 x 3072 = 74.357e12; scales, shifts and gates 2 (19 x 12 + 38 x 3) 3072^2 =
  // 0.006e12; beside the blocks 2 x 512 x 64094208 = 0.066e12. Parameters (19 x 36 + 38 x 15) 3072^2 + 64094208 = 11 898 322 944
  models::diffusion bare = catalog::flux_1_dev;
  bare.encoder_parameters = 0, bare.decoder_work = 0 * flop, bare.steps = 1;
  check_stated(in<teraflop>(models::pass_totals(bare, pass<>{}).flop), "74.43");
  check_stated(bare.parameters() / 1e9, "11.898");
  CHECK(bare.patches() == 4096);

  // worked: models/diffusion.hpp#basic_diffusion::patches
  // 1280/16 x 720/16 x (128/4 + 1)
  check_stated(catalog::hunyuan_video.patches(), "118 800");

  // worked: models/recommendation.hpp#basic_recommendation
  // 214 x 128 x 4 B = 109.6 kB; 204 184 588 x 512 B
  models::recommendation one = catalog::dlrm_dcnv2;
  check_stated(one.lookups * one.vector_width * 4 / 1e3, "110");
  check_stated(one.rows * one.vector_width * 4 / 1e9, "104.5");
}

TEST_CASE("worked numbers: structure prediction") {
  // worked: models/structure_prediction.hpp#basic_structure_prediction
  // 2 x 1024^2 x 128^2 x 34 + 12 x 128 x 1024^3 = 2.818e12, and 2 x 1024^2 x 128 x 2 x 4 for the biases
  const auto blocks = [](double n) {
    models::structure_prediction x = catalog::alphafold_3;
    x.blocks = n, x.passes = 1;
    return in<flop>(models::pass_totals(x, pass<>{}).flop);
  };
  // less what a block does for the tokens alone: 2 n s^2 (5 + 12) + 4 n^2 s
  const double tokens = 2 * 1024.0 * 384 * 384 * 17 + 4 * 1024.0 * 1024 * 384;
  check_stated(blocks(2) - blocks(1) - tokens, "2.82e12");
}

TEST_CASE("worked numbers: training") {
  // worked: models/training.hpp#training_flop
  // 6 x 70e9 x 1.4e12
  check_stated(in<flop>(models::training_flop(70e9, 1.4e12 * token)), "5.88e23");

  // worked: models/training.hpp#training_flop_per_token
  // 96 x 12 x 12288^2 + 51200 x 12288 = 174.575e9; attention 4 x 96 x 12288 x 2049 / 2 = 4.834e9
  check_stated(in<flop / token>(models::training_flop_per_token(catalog::gpt3_175b, 2048.0)), "1.0620e12");

  // worked: models/training.hpp#reducible_loss_left
  // 10^-(0.34 x 0.28 / 0.62) = 10^-0.153548
  const models::scaling_law law;
  check_stated(law.reducible_loss_left(10.0), "0.702");

  // worked: models/training.hpp#optimal
  // G = (0.34 x 406.4 / (0.28 x 410.7))^(1 / 0.62) = 1.201572^1.612903 = 1.34471; (5.76e23 / 6)^(0.28 / 0.62) =
  // 2.39381e10; D* = 2.98229e12; 1.69 + 406.4 N*^-0.34 + 410.7 D*^-0.28
  const auto best = models::optimal(law, 5.76e23 * flop);
  check_stated(best.parameters, "3.219e10");
  check_stated(law.loss(best.parameters, best.tokens), "1.93075");

  // worked: models/training.hpp#value_growth_to_break_even
  // 10 / 5
  check_stated(models::value_growth_to_break_even(10.0, 5.0, 1.0 * year), "2");
}
