// Catalogs, texts and stacks may be used before main, after it and in any thread: constants are initialised by the compiler.
#include <doctest/doctest.h>

#include <cstdlib>
#include <layercake/layercake.hpp>
#include <layercake/units/parse.hpp>
#include <thread>

namespace lc = layercake;
using namespace lc::units;

namespace {
double price() {
  const lc::stack s{lc::energy::catalog::find_grid("grid_ercot"), lc::chips::catalog::find("h100"),
                    lc::infrastructure::site{}, lc::models::catalog::find("llama-3.1-70b").at(lc::precision::fp8),
                    lc::applications::catalog::chat};
  return lc::in<usd_per_hour>(s.pull().cost());
}

struct early {
  double cost = price();
  double power = lc::in<watt>(lc::parse<lc::quantity<lc::unit::watt>>("2 MW"));
  std::string text = to_string(lc::chips::catalog::h100_sxm.thermal_design_power);
  // What is asked at exit, when what was made later is gone.
  ~early() {
    if (price() != cost || lc::parse<double>("35 %") != 0.35) std::abort();
  }
};
early in_this_file;
thread_local early in_this_thread;

// Needs no code to run at all.
constinit const double draw = lc::in<watt>(lc::chips::catalog::h100_sxm.thermal_design_power);
constinit const lc::energy::grid texas = lc::energy::catalog::grid_ercot;
constinit const lc::infrastructure::site hall{};
constinit const auto model = lc::models::catalog::llama_3_1_70b.at(lc::precision::fp8);
constinit const lc::applications::workload chat = lc::applications::catalog::chat;
}  // namespace

TEST_CASE("what is asked before main is what is asked later") {
  CHECK(in_this_file.cost == price());
  CHECK(in_this_file.cost == in_this_thread.cost);
  CHECK(in_this_file.power == 2e6);
  CHECK(in_this_file.text == to_string(lc::chips::catalog::h100_sxm.thermal_design_power));
  double elsewhere = 0;
  std::thread([&] { elsewhere = in_this_thread.cost; }).join();
  CHECK(elsewhere == in_this_file.cost);
  CHECK(draw == lc::in<watt>(lc::chips::catalog::find("h100").thermal_design_power));
  CHECK(lc::in<usd_per_hour>(lc::stack{texas, lc::chips::catalog::h100_sxm, hall, model, chat}.pull().cost()) ==
        in_this_file.cost);
}
