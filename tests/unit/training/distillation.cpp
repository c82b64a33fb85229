// Distillation by hand: the teacher's forward pass, its memory, logits that are stored, and what is refused.
#include <doctest/doctest.h>

#include <layercake/chips/catalog.hpp>
#include <layercake/models/catalog.hpp>
#include <layercake/training/distillation.hpp>
#include <string>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::models;
using namespace layercake::units;

namespace {
const chips::accelerator& h100 = chips::catalog::h100_sxm;
const infrastructure::site site;
const transformer &student = catalog::llama_3_1_8b, &teacher = catalog::llama_3_1_70b;
constexpr double vocabulary = 128256, large = 80 * (2 * 8192.0 * 8192 + 2 * 8192.0 * 1024 + 3 * 8192.0 * 28672);

training_plan plan() {
  return {.tensor = 8, .data = 4, .global_batch = 64, .sequence = 4096, .recompute = recomputation::none};
}
double bytes(const quantity<unit::byte>& x) { return in<byte>(x); }
double seconds(const quantity<unit::second>& x) { return in<second>(x); }
}  // namespace

TEST_CASE("the teacher adds a forward pass, its weights and its logits") {
  const auto alone = train_step(student, h100, site, plan());
  const auto f = distillation_step(student, teacher, h100, site, plan());
  CHECK(seconds(f.step.step_time()) == seconds(alone.step_time()));
  // 2 FLOP for every parameter of the layers and of the output matrix, 4 h w of attention for every position that is seen
  const double a_token = 2 * (large + vocabulary * 8192) + 4 * 80 * 8192.0 * 4097 / 2;
  CHECK(in<units::flop>(f.teacher_flop) == approx(a_token * 64 * 4096).epsilon(1e-12));
  // at the same speed 2 x 70.6 to 6 x 8.0, or 2.9; the student's narrower products are slower, and it exchanges more for them
  CHECK(f.teacher / f.step.step_time() > 1.5);
  CHECK(f.teacher / f.step.step_time() < 4.0);
  CHECK(seconds(f.step_time()) == approx(seconds(f.step.step_time()) + seconds(f.teacher) + seconds(f.loss)));
  const double weights = 2 * (large + 2 * vocabulary * 8192) / 8, logits = 4096 * vocabulary / 8 * 2;
  CHECK(bytes(f.teacher_memory) == approx(weights + logits));
  CHECK(bytes(f.step.memory.weights - alone.memory.weights) == approx(weights));
  CHECK(bytes(f.step.memory.workspace - alone.memory.workspace) == approx(logits));
  CHECK(bytes(f.step.memory.optimizer) == bytes(alone.memory.optimizer));
  CHECK(bytes(f.read) == 0);
  // of 16 micro-batches an eighth of the vocabulary, in 16 bit, forward and backward
  const auto read =
      chips::time_of(chips::timing_of(h100), memory_traffic<>{.moved = 16 * 4096 * vocabulary / 8 * 4 * byte});
  CHECK(seconds(f.loss) == approx(seconds(read)));
  // a narrower teacher
  const auto narrow = distillation_step(student, teacher, h100, site, plan(), {.teacher_weights = precision::fp8});
  CHECK(bytes(f.teacher_memory - narrow.teacher_memory) == approx(large / 8));
  CHECK(narrow.teacher > f.teacher);
}

TEST_CASE("stored logits: no teacher, but what is read") {
  const auto alone = train_step(student, h100, site, plan());
  const auto f = distillation_step(student, teacher, h100, site, plan(), {.top = 256, .stored = true});
  // worked: training/distillation.hpp#bytes_per_token
  CHECK(distillation{.top = 256}.bytes_per_token(vocabulary) == 1536);
  CHECK(distillation{}.bytes_per_token(vocabulary) == 256512);
  CHECK(bytes(f.read) == approx(64 * 4096 * 1536.0));
  CHECK(seconds(f.teacher) == 0);
  CHECK(bytes(f.step.memory.weights) == bytes(alone.memory.weights));
  CHECK(bytes(f.teacher_memory) == approx(4096 * 1536.0));
  CHECK(f.step_time() < distillation_step(student, teacher, h100, site, plan(), {.top = 256}).step_time());
  CHECK(seconds(f.step_time()) < 1.01 * seconds(alone.step_time()));
}

TEST_CASE("the student recomputes more where the teacher takes its memory, and may learn in part") {
  training_plan p = plan();
  p.tensor = 4, p.data = 2, p.micro_batch = 16, p.recompute = recomputation::automatic;
  const auto alone = train_step(student, h100, site, p);
  const auto f = distillation_step(student, teacher, h100, site, p);
  CHECK(f.step.memory.fits());
  CHECK(f.step.layers_again > alone.layers_again);
  CHECK(f.step.step_time() > alone.step_time());
  const auto lora = distillation_step(with_adapters(student, {.rank = 16}), teacher, h100, site, p);
  CHECK(lora.step.memory.optimizer < f.step.memory.optimizer);
  CHECK(seconds(lora.teacher) == seconds(f.teacher));
  // sharded over data-parallel ranks, the teacher's weights are too
  p.sharding = sharding::full;
  CHECK(distillation_step(student, teacher, h100, site, p).teacher_memory < f.teacher_memory);
}

TEST_CASE("a distillation that cannot be is refused by name") {
  const auto message = [](const auto& x, const transformer& y, const training_plan& p, const distillation& how) {
    try {
      distillation_step(x, y, h100, site, p, how);
    } catch (const invalid_value& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  const auto has = [](const std::string& text, const char* part) {
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  };
  has(message(student, catalog::llama_2_70b, plan(), {}), "teacher.vocabulary");
  has(message(student, teacher, plan(), {.top = 2e5}), "distillation.top");
  has(message(student, teacher, plan(), {.top = 0.5}), "distillation.top");
  has(message(frozen(student), teacher, plan(), {}), "model.learning");
  transformer odd = teacher;
  odd.heads = 63, odd.key_heads = 7;
  has(message(student, odd, plan(), {}), "plan.tensor");
  CHECK(message(student, odd, plan(), {.stored = true}).empty());
}
