// Claim 24: longer context makes memory demand surge. Derivation: a token leaves a key and a value in each of 8 key
// heads of 128 in each of 80 layers, 2 bytes each: 2 x 80 x 8 x 128 x 2 = 327 680 B. 131 072 of them are 42.9 GB, a
// million 328 GB. A node of 8 x 141 GB less 140 GB of weights holds floor((1128 - 140) / 42.95) = 23 sessions.
#include <cmath>
#include <doctest/doctest.h>
#include <layercake/models/models.hpp>

#include "../approx.hpp"

using namespace layercake;
using namespace layercake::units;

TEST_CASE("claim 24: cache of long contexts") {
  const models::deployed llama = models::catalog::llama_3_1_70b.at(precision::bf16);
  const auto cache = [&](double tokens) { return llama.cache(tokens * token, models::split<>{}); };
  CHECK(in<byte>(cache(1)) == 327680);
  CHECK(in<gigabyte>(cache(131072)) == approx(42.9).epsilon(0.005));
  CHECK(in<gigabyte>(cache(1e6)) == approx(328).epsilon(0.005));
  const double sessions = (8 * 141 * gigabyte - 140 * gigabyte) / cache(131072);
  CHECK(std::floor(sessions) == 23);
  // the model's own weights are 141 GB in 16 bit, which is the claim's 140
  CHECK(std::floor((8 * 141 * gigabyte - llama.weights(models::split<>{})) / cache(131072)) == 22);
  CHECK(in<gigabyte>(llama.weights(models::split<>{})) == approx(140).epsilon(0.01));
  // 8 tensor ranks hold an eighth each; 16 hold no less, because 8 key heads cannot be cut further
  CHECK(in<byte>(llama.cache(1.0 * token, models::split<>{8})) == 327680 / 8);
  CHECK(in<byte>(llama.cache(1.0 * token, models::split<>{16})) == 327680 / 8);
  // what architecture does about it: 61 x (512 + 64) x 2 in latent attention; windows bound it
  CHECK(in<byte>(models::catalog::deepseek_v3.at(precision::bf16).cache(1.0 * token, models::split<>{})) ==
        61 * 576 * 2);
  CHECK(in<byte>(models::catalog::gemma3_27b.at(precision::bf16).cache(131072.0 * token, models::split<>{})) ==
        (10.0 * 131072 + 52.0 * 1024) * 2 * 16 * 128 * 2);
}
