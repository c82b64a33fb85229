#include <doctest/doctest.h>
#include <layercake/models/models.hpp>
#include <xsimd/xsimd.hpp>

#include "../../approx.hpp"
#include "../record_checks.hpp"

using namespace layercake;
using namespace layercake::models;

static_assert(require_model<structure_prediction>());
static_assert(!generates_tokens<structure_prediction>());

namespace {
double flop_of(const structure_prediction& x, double complexes = 1) {
  return in<units::flop>(pass_totals(x, pass<>{phase::prefill, complexes, 1, 1}).flop);
}
}  // namespace

// Protenix, a reproduction at the same scale, states 368 million (README, table of models, 2026).
TEST_CASE("parameters of AlphaFold 3's architecture") {
  CHECK(catalog::alphafold_3.parameters() == approx(368e6).epsilon(0.005));
  CHECK(check(catalog::alphafold_3).empty());
  CHECK(catalog::alphafold_3.origin.of("sustained").how == confidence::assumed);
}

TEST_CASE("work by tokens, passes, samples and steps") {
  const structure_prediction x = catalog::alphafold_3;
  CHECK(flop_of(x, 3) == approx(3 * flop_of(x)));
  // The denoiser's: for each step and sample 24 blocks, 2 n (768^2 x 11 + 6 x 384 x 768) + 4 n^2 x 768; atoms, 8 a token, 6 blocks of
  // 2 x 19 x 128^2 and 4 x 128 x 128.
  const double n = 1024;
  const double blocks = 24 * (2 * n * (768.0 * 768 * 11 + 6 * 384.0 * 768) + 4 * n * n * 768);
  const double atoms = 8 * n * 6 * (2 * 19 * 128.0 * 128 + 4 * 128 * 128);
  // Judged by four blocks of the trunk, each as its worked number says, and 2 n 384^2 x 17 + 4 n^2 x 384 for the tokens.
  const double judged = 4 * (2.8196e12 + 2 * n * 384.0 * 384 * 17 + 4 * n * n * 384);
  structure_prediction more = x;
  more.samples = 6;
  CHECK(flop_of(more) - flop_of(x) == approx(200 * (blocks + atoms) + judged).epsilon(1e-3));
  // A step for all samples conditions the pairs once: 2 n^2 (2 x 128^2 + 2 x 6 x 128^2 + 128 x 16 x 24).
  more = x, more.steps = 201;
  CHECK(flop_of(more) - flop_of(x) ==
        approx(5 * (blocks + atoms) + 2 * n * n * (14 * 128.0 * 128 + 128 * 16 * 24)).epsilon(1e-3));
  // Twice the tokens: between four and eight times the work.
  more = x, more.tokens = 2048;
  CHECK(flop_of(more) > 4 * flop_of(x));
  CHECK(flop_of(more) < 8 * flop_of(x));
}

TEST_CASE("software that is not compiled moves more and reaches less") {
  structure_prediction eager = catalog::alphafold_3;
  eager.software = execution::eager;
  const auto bytes = [](const auto& x) { return in<units::byte>(pass_totals(x, pass<>{}).bytes); };
  CHECK(bytes(eager) > 1.2 * bytes(catalog::alphafold_3));
  CHECK(flop_of(eager) == flop_of(catalog::alphafold_3));
  CHECK(eager.kernel_share() == sustained_share(execution::eager));
  eager.sustained = 0.7;
  CHECK(kernel_share_of<double>(eager) == 0.7);
  CHECK(kernel_share_of<double>(catalog::flux_1_dev) == 1);
}

TEST_CASE("every number type") {
  const structure_prediction x = catalog::alphafold_3;
  using batch = xsimd::batch<double>;
  const auto many = pass_totals(x, pass<batch>{phase::prefill, batch(2.0), batch(1.0), batch(1.0)});
  CHECK(in<units::flop>(many.flop).get(0) == approx(flop_of(x, 2)));
  structure_prediction at = x;
  at.published_parameters = na, at.sustained = 0.6;
  layercake_test::check_gradient(at, [](const auto& z) {
    using T = std::remove_cvref_t<decltype(z.tokens)>;
    const auto t = pass_totals(z, pass<T>{});
    return t.flop * (T(1e-12) / units::flop) + t.bytes * (T(1e-9) / units::byte);
  });
}

TEST_CASE("what is wrong with it is named") {
  structure_prediction x = catalog::alphafold_3;
  x.pair_heads = 3;
  const auto found = check(x, "model");
  REQUIRE(found.size() == 2);  // of pairs and of templates
  CHECK(found[0].text().find("model.pair_heads is 3") != std::string::npos);
  CHECK_FALSE(x.allows(split<>{.tensor = 2}));
  CHECK(x.allows(split<>{}));
}
