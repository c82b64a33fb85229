// What of a model learns: parameters of adapters as published, the operations and FLOP of a step, and what is refused.
#include <doctest/doctest.h>

#include <layercake/models/models.hpp>
#include <layercake/number/dual.hpp>
#include <string>

#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
double flop(const quantity<unit::flop_per_token>& x) { return x / (units::flop / units::token); }
template <class Model>
double model_flop_per_token(const Model& x, double sequence) {
  return flop(count_training_flop(x, sequence).model(attention_flop::causal));
}

template <class Model>
bool refused(const Model& x, const std::string& path) {
  for (const finding& f : check(x)) {
    if (f.path == path && !f.value.empty() && !f.allowed.empty() && !f.remedy.empty()) return true;
  }
  return false;
}
}  // namespace

// Counts that Hugging Face PEFT prints ("trainable params"), and the table of Lightning AI's litgpt (tutorials/resource-tables.md).
TEST_CASE("adapters have as many parameters as published") {
  using namespace catalog;
  static_assert(with_adapters(llama_2_7b, {.rank = 8}).adapter_parameters() == 4194304);
  CHECK(with_adapters(llama_2_13b, {.rank = 8}).adapter_parameters() == 6553600);
  CHECK(with_adapters(llama_3_1_8b, {.rank = 8}).adapter_parameters() == 3407872);
  CHECK(with_adapters(llama_3_1_8b, low_rank_adapters::all_linear(16)).adapter_parameters() == 41943040);
  CHECK(with_adapters(mistral_7b, low_rank_adapters::all_linear(64)).adapter_parameters() == 167772160);
  // worked: models/learning.hpp#learner
  const auto all = with_adapters(llama_2_7b, low_rank_adapters::all_linear(16));
  CHECK(all.adapter_parameters() == 39976960);
  CHECK(all.adapter_parameters() / parameters(llama_2_7b).total() == doctest::Approx(0.006).epsilon(0.02));
  CHECK(with_adapters(as_layered(llama_2_7b), low_rank_adapters::all_linear(16)).adapter_parameters() == 39976960);
}

TEST_CASE("parameters of a rank: what is held, what learns, what it takes as stored") {
  const transformer& x = catalog::llama_2_7b;
  const double layers = 32 * (4 * 4096.0 * 4096 + 3 * 4096.0 * 11008), table = 32000.0 * 4096;
  const auto lora = with_adapters(x, {.rank = 8}, stored::nf4);
  const split<> one{};
  CHECK(lora.parameters(one).total() == layers + 2 * table + 4194304);
  CHECK(lora.learned_parameters(one).total() == 4194304);
  CHECK(2 * lora.stored_parameters(one).total() ==
        approx(layers * (4 + 8.0 / 64 + 32.0 / 16384) / 8 + 2 * (2 * table + 4194304)));
  // over two tensor ranks [4096, 8] is on both and [8, 4096] is split
  const split<> two{.tensor = 2};
  CHECK(lora.learned_parameters(two).total() == 32 * 2 * (4096 * 8 + 8 * 2048));
  CHECK(lora.parameters(two).total() == (layers + 2 * table) / 2 + 32 * 2 * (4096 * 8 + 8 * 2048));

  CHECK(frozen(x).learned_parameters(one).total() == 0);
  CHECK(output_alone(x).learned_parameters(one).total() == table);
  CHECK(learner{x, {}}.learned_parameters(one).total() == parameters(x).total());
  CHECK(learner{x, {.frozen_layers = 24, .embedding = false}}.learned_parameters(one).total() == layers / 4 + table);
  CHECK(learner{x, {.frozen_layers = 24, .embedding = false}}.learned_parameters(split<>{.pipeline = 2}).total() ==
        layers / 8 + table);
  // the embedding of a tied model is its output matrix
  const transformer tied = catalog::gpt3_175b;
  CHECK(output_alone(tied).learned_parameters(one).total() == 0);
  CHECK(refused(output_alone(tied), "learning.output_matrix"));
  CHECK(learner{tied, {.frozen_layers = 96}}.learned_parameters(one).total() == 51200.0 * 12288);
  // experts learn or are frozen with their layers
  const transformer& moe = catalog::mixtral_8x7b;
  const auto shared_out = learner{moe, {.frozen_layers = 16}}.learned_parameters(split<>{.expert = 8});
  CHECK(shared_out.routed == 16 * 3 * 4096.0 * 14336);
  // and in 4 bit take a quarter
  CHECK(frozen(moe, storage(precision::int4)).stored_parameters(split<>{.expert = 8}).routed ==
        approx(32 * 3 * 4096.0 * 14336 / 4));
}

TEST_CASE("adapters lie where the model has the matrix: gates, shared keys, hybrids, shared experts") {
  // two matrices of a block, which is not gated: 4 h^2 of attention and 2 h 4h
  const auto gpt =
      with_adapters(catalog::gpt3_175b, {.rank = 4, .query = false, .value = false, .up = true, .down = true});
  CHECK(gpt.adapter_parameters() == 96 * 2 * 4 * (12288.0 + 4 * 12288));
  CHECK(check(gpt).empty());
  CHECK(refused(with_adapters(catalog::gpt3_175b, {.rank = 4, .gate = true}), "learning.adapters.gate"));
  // one shared expert of 2048 beside 256 routed ones in 58 layers, three dense layers of 18432
  const auto deepseek = with_adapters(catalog::deepseek_v3, {.rank = 2, .query = false, .value = false, .up = true});
  CHECK(deepseek.adapter_parameters() == 2 * (58 * (7168.0 + 2048) + 3 * (7168.0 + 18432)));
  CHECK(refused(with_adapters(catalog::deepseek_v3, {.rank = 2}), "learning.adapters.query"));
  CHECK(refused(with_adapters(catalog::mixtral_8x7b, low_rank_adapters::all_linear(2)), "learning.adapters.down"));
  // half of the layers have attention, the others a recurrence, which has no adapters
  mixer wide{.kind = mixing::attention, .heads = 8, .key_heads = 2, .key_width = 64, .value_width = 64, .gate = 64};
  mixer state{.kind = mixing::linear, .heads = 8, .key_heads = 8, .key_width = 64, .value_width = 64, .chunk = 64};
  layered x{.name = "both", .width = 512, .vocabulary = 1000};
  x.groups = {{.count = 6, .mixer = wide}, {.count = 6, .mixer = state}};
  CHECK(with_adapters(x, {.rank = 3}).adapter_parameters() == 6 * 3 * ((512.0 + 8 * 128) + (512.0 + 2 * 64)));
  x.groups[0].mixer.shared_value = true;
  CHECK(with_adapters(x, {.rank = 3}).adapter_parameters() == 6 * 3 * (512.0 + 8 * 128));
  CHECK(refused(with_adapters(x, {.rank = 3}), "learning.adapters.value"));
  x.groups = {{.count = 6, .mixer = state}};
  CHECK(refused(with_adapters(x, {.rank = 3, .value = false}), "learning.adapters.query"));
}

TEST_CASE("the operations of an adapter: two narrow products beside each matrix") {
  const transformer& x = catalog::llama_3_1_8b;
  const auto lora = with_adapters(x, low_rank_adapters::all_linear(16));
  double narrow = 0, adapted = 0, other = 0;
  const auto sum = [&](const auto& op, double times) {
    if constexpr (requires { op.k; }) {
      (op.part == block::adapter ? narrow : other) += in<units::flop>(op.flop()) * times;
      if (op.part == block::adapter) adapted += times;
      if (op.part != block::adapter) CHECK(op.weight_bytes == 2);
    }
  };
  const pass<> p{phase::training, 2, 1000, 1000};
  lora.operations(p, split<>{}, sum);
  CHECK(narrow == approx(2 * 2000.0 * 41943040));
  CHECK(adapted == 32 * 7 * 2);
  double plain = 0;
  x.operations(p, split<>{}, [&](const auto& op, double times) {
    if constexpr (requires { op.k; }) plain += in<units::flop>(op.flop()) * times;
  });
  CHECK(other == plain);
  // frozen layers tell their format, the output matrix is not one of them
  with_adapters(x, {.rank = 16}, stored::nf4).operations(p, split<>{}, [&](const auto& op, double) {
    if constexpr (requires { op.k; })
      CHECK(op.weight_bytes == (op.part == block::head || op.part == block::adapter ? 2 : stored::nf4.bits / 8));
  });
}

// Of a product with N weights 2 N FLOP a token forward, 2 N for the gradient of its input and 2 N for that of the weights; of attention twice the
// forward pass. N of the layers 6 979 321 856, of the output matrix 525 336 576.
TEST_CASE("FLOP of a step: gradients are made where something learns") {
  const transformer& x = catalog::llama_3_1_8b;
  const double s = 4096, n = 32 * (4096.0 * 4096 * 2 + 2 * 4096.0 * 1024 + 3 * 4096.0 * 14336), head = 128256.0 * 4096;
  const double attention = 4 * 32 * 4096.0 * (s + 1) / 2, a = 41943040;
  CHECK(model_flop_per_token(x, s) == approx(6 * (n + head) + 3 * attention).epsilon(1e-12));
  CHECK(model_flop_per_token(learner{x, {}}, s) == approx(6 * (n + head) + 3 * attention).epsilon(1e-12));
  const auto lora = with_adapters(x, low_rank_adapters::all_linear(16));
  CHECK(model_flop_per_token(lora, s) == approx(4 * (n + head) + 6 * a + 3 * attention).epsilon(1e-12));
  CHECK(model_flop_per_token(frozen(x), s) == approx(2 * (n + head) + attention).epsilon(1e-12));
  CHECK(model_flop_per_token(output_alone(x), s) == approx(2 * n + 4 * head + attention).epsilon(1e-12));
  // 24 of 32 layers frozen: 8 have a backward pass, unless the embedding learns
  CHECK(model_flop_per_token(learner{x, {.frozen_layers = 24, .embedding = false}}, s) ==
        approx((2 + 4.0 / 4) * n + 6 * head + attention * (1 + 2.0 / 4)).epsilon(1e-12));
  CHECK(model_flop_per_token(learner{x, {.frozen_layers = 24}}, s) ==
        approx((4 + 2.0 / 4) * n + 6 * head + 3 * attention).epsilon(1e-12));
  // what is computed again comes on top
  const auto counted = count_training_flop(lora, s);
  CHECK(flop(counted.hardware(attention_flop::causal, 1.0, 1.0)) - flop(counted.model(attention_flop::causal)) ==
        approx(2 * (n + a) + attention).epsilon(1e-9));
  // experts: two of eight
  const transformer& moe = catalog::mixtral_8x7b;
  const double products = model_flop_per_token(frozen(moe), s);
  const double core = 4 * 32 * 4096.0 * (s + 1) / 2;
  CHECK(model_flop_per_token(with_adapters(moe, {.rank = 8}), s) ==
        approx(2 * (products - core) + 3 * core + 6 * 3407872).epsilon(1e-12));
}

TEST_CASE("what cannot be is refused by name") {
  const transformer& x = catalog::llama_3_1_8b;
  layercake_test::check_bad_input(with_adapters(x, low_rank_adapters::all_linear(16)));
  layercake_test::check_bad_input(with_adapters(as_layered(catalog::gpt_oss_120b), {.rank = 8}));
  CHECK(refused(with_adapters(x, {.rank = 1025}), "learning.adapters.rank"));  // values are 1024 wide
  CHECK(check(with_adapters(x, {.rank = 1025, .value = false})).empty());
  CHECK(refused(with_adapters(x, {.rank = 8, .query = false, .value = false}), "learning.adapters.rank"));
  CHECK(refused(learner{x, {.frozen_layers = 33}}, "learning.frozen_layers"));
  CHECK(refused(learner{x, {.adapters = {.rank = 8}}}, "learning.frozen_layers"));
  CHECK(refused(learner{x, {.frozen = storage(precision::int4, -1)}}, "learning.frozen.bits"));
  CHECK(check(frozen(x)).empty());
}

TEST_CASE("the rank is a number like any other") {
  using D = dual<double, 1>;
  auto x = layercake::with_number<D>(with_adapters(catalog::llama_2_7b, {.rank = 8}));
  x.learning.adapters.rank = D::variable(8.0, 0);
  const D learned = x.adapter_parameters();
  CHECK(learned.value == 4194304);
  CHECK(learned.slope[0] == 4194304 / 8);
}
