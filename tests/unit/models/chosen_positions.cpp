// Latent attention to the positions that an indexer has chosen, in its own layer or in the one before.
#include <doctest/doctest.h>
#include <layercake/models/models.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
layered one_layer(double index_heads, double index_top) {
  layered x;
  x.width = 6144, x.vocabulary = 1000;
  mixer m;
  m.kind = mixing::latent, m.heads = m.key_heads = 64;
  m.query_rank = 2048, m.latent_rank = 512, m.plain_width = 192, m.rotary_width = 64, m.value_width = 256;
  m.index_heads = index_heads, m.index_width = index_heads > 0 ? 128 : 0, m.index_top = index_top;
  x.groups.push_back({1, m, {}});
  return x;
}
double decode_flop(const layered& x, double context) {
  return in<units::flop>(pass_totals(x, formats{}, pass<double>{phase::decode, 1, 1, context}).flop);
}
}  // namespace

TEST_CASE("a layer without an indexer of its own attends to what was chosen before, and scores nothing") {
  constexpr double top = 2048, longer = 65536;
  // Beyond the chosen positions a longer context costs such a layer nothing; with an indexer it costs the scores: 2 j i of each position.
  CHECK(decode_flop(one_layer(0, top), longer) == approx(decode_flop(one_layer(0, top), top)));
  CHECK(decode_flop(one_layer(0, 0), longer) - decode_flop(one_layer(0, 0), top) ==
        approx(2 * 64 * (512 + 64 + 512) * (longer - top)));
  CHECK(decode_flop(one_layer(32, top), longer) - decode_flop(one_layer(32, top), top) ==
        approx(2 * 32 * 128 * (longer - top)));
  CHECK(parameters(one_layer(0, top)).attention == parameters(one_layer(0, 0)).attention);
}

TEST_CASE("positions are chosen for latent attention alone") {
  layered x = one_layer(0, 2048);
  x.groups[0].mixer.kind = mixing::attention;
  x.groups[0].mixer.key_width = x.groups[0].mixer.value_width = 128;
  const auto found = check(x);
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "groups[0].mixer.index_top");
}
