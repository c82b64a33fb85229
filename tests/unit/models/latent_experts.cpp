// Experts that read and write a width of their own.
#include <doctest/doctest.h>
#include <layercake/models/models.hpp>

#include "../../approx.hpp"

using namespace layercake;
using namespace layercake::models;

namespace {
constexpr double width = 4096, inner = 2688, experts = 512, active = 22, latent = 1024, shared_inner = 5376;

layered one_mixture(double experts_read) {
  layered x;
  x.width = width, x.output = output_matrix::none;
  layer_group g{.count = 1, .mixer = {}, .feed_forward = {.kind = feed_forward_kind::mixture}};
  g.feed_forward.gated = false, g.feed_forward.width = inner, g.feed_forward.latent = experts_read;
  g.feed_forward.experts = experts, g.feed_forward.active = active;
  g.feed_forward.shared = 1, g.feed_forward.shared_width = shared_inner;
  x.groups.push_back(g);
  return x;
}
}  // namespace

TEST_CASE("experts in a latent width: every matrix is counted once and multiplied once") {
  const parameter_count<double> p = parameters(one_mixture(latent));
  CHECK(p.router == width * experts + 2 * width * latent);  // and the projections to and fro
  CHECK(p.experts == experts * 2 * latent * inner);
  CHECK(p.active_experts == active * 2 * latent * inner);
  CHECK(p.shared_experts == 2 * width * shared_inner);
  const double multiplied = p.router + p.active_experts + p.shared_experts;
  const pass<double> run{phase::prefill, 1, 128, 128};
  CHECK(in<units::flop>(pass_totals(one_mixture(latent), formats{}, run).flop) == approx(2 * 128 * multiplied));
}

TEST_CASE("experts in a latent width: what is sent to them is as wide") {
  const auto sent = [](double experts_read) {
    double bytes = 0;
    operations(one_mixture(experts_read), formats{}, pass<double>{phase::decode, 64, 1, 1000},
               split<double>{.expert = 8}, [&]<class Operation>(const Operation& o, double times) {
                 if constexpr (requires { o.ranks, o.kind; }) {
                   if (o.kind == exchange::all_to_all) bytes += in<units::byte>(o.bytes) * times;
                 }
               });
    return bytes;
  };
  CHECK(sent(latent) == approx(sent(0) * latent / width));
}

TEST_CASE("a block without a router has no latent width") {
  layered x = one_mixture(latent);
  x.groups[0].feed_forward.kind = feed_forward_kind::dense;
  x.groups[0].feed_forward.experts = x.groups[0].feed_forward.shared = 0;
  const auto found = check(x);
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "groups[0].feed_forward.latent");
}
