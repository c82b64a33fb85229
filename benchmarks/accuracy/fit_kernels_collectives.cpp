#include "fit_kernels_common.hpp"

namespace accuracy {

// All generations at once: what they share, and for each the time to start and of a step.
void fit_collectives(const std::string& folder, fit_report& report) {
  const csv_table table =
      kernel_table(folder, "collectives.csv", {"ranks", "ranks_per_node", "message_bytes", "time_s"});
  if (table.rows() == 0) return;
  namespace fabrics = lc::infrastructure::catalog;
  struct exchange_row {
    lc::collective<> what;
    lc::scale_up_fabric<> fabric;
    std::size_t generation;
    double measured;
    std::string curve;
  };
  std::vector<exchange_row> rows;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const csv_record row = table[i];
    const lc::chips::accelerator* chip = lc::chips::catalog::find_if_any(row.cell("chip"));
    const std::string_view op = row.cell("op");
    if (chip == nullptr || op == "all_reduce_custom" || row.cell("precision") == "int8") continue;
    exchange_row e;
    e.what.kind = op == "all_reduce"       ? lc::exchange::all_reduce
                  : op == "all_gather"     ? lc::exchange::all_gather
                  : op == "reduce_scatter" ? lc::exchange::reduce_scatter
                                           : lc::exchange::all_to_all;
    e.what.bytes = row.number("message_bytes", 1) * lc::units::byte;
    e.what.ranks = row.number("ranks", 2);
    e.fabric.bandwidth = chip->scale_up_bandwidth, e.fabric.domain = e.what.ranks;
    e.generation = chip->family == lc::chips::family::ampere      ? 0
                   : chip->family == lc::chips::family::hopper    ? 1
                   : chip->family == lc::chips::family::blackwell ? 2
                                                                  : 3;
    e.measured = row.number("time_s", 0);
    e.curve = key_of(row, {"chip", "op", "ranks"});
    rows.push_back(std::move(e));
  }
  std::array<lc::infrastructure::scale_up_law, 4> law{fabrics::nvlink_ampere, fabrics::nvlink_hopper,
                                                      fabrics::nvlink_blackwell, fabrics::pcie};
  // Times in microseconds and shares that all generations have in common.
  struct shared_law {
    double efficiency, pipelining, reduce_copy, gather_copy, exchange_efficiency, exchange_pipelining, exchange_step,
        channel, switch_latency, switch_efficiency, switch_pipelining, bridge_share;
  } s{};
  const lc::infrastructure::scale_up_law generic{};
  using namespace lc::units;
  s = {generic.efficiency,
       generic.pipelining,
       generic.reduce_copy,
       generic.gather_copy,
       generic.exchange_efficiency,
       generic.exchange_pipelining,
       generic.exchange_step,
       lc::in<gigabyte_per_second>(generic.channel_bandwidth),
       lc::in<microsecond>(generic.switch_latency),
       generic.switch_efficiency,
       generic.switch_pipelining,
       fabrics::pcie.bridge_share};
  std::array<double, 4> launch, step;
  for (std::size_t g = 0; g < 4; ++g)
    launch[g] = lc::in<microsecond>(law[g].launch), step[g] = lc::in<microsecond>(law[g].step);
  std::vector<named> list{{"efficiency", &s.efficiency, 0.3, 0.95, true},
                          {"pipelining", &s.pipelining, 0.01, 2, true},
                          {"reduce_copy", &s.reduce_copy, 0.01, 2, true},
                          {"gather_copy", &s.gather_copy, 0.01, 2, true},
                          {"exchange_efficiency", &s.exchange_efficiency, 0.3, 0.95, true},
                          {"exchange_pipelining", &s.exchange_pipelining, 0.01, 2, true},
                          {"exchange_step", &s.exchange_step, 0.05, 2, true},
                          {"channel_bandwidth", &s.channel, 200, 5000, true},
                          {"switch_latency", &s.switch_latency, 1, 60, true},
                          {"switch_efficiency", &s.switch_efficiency, 0.3, 0.95, true},
                          {"switch_pipelining", &s.switch_pipelining, 0.01, 2, true},
                          {"bridge_share", &s.bridge_share, 0.1, 4, true}};
  const char* launches[] = {"ampere launch", "hopper launch", "blackwell launch", "pcie launch"};
  const char* steps[] = {"ampere step", "hopper step", "blackwell step", "pcie step"};
  for (std::size_t g = 0; g < 4; ++g)
    list.push_back({launches[g], &launch[g], 1, 40, true}), list.push_back({steps[g], &step[g], 0.1, 5, true});
  const auto errors = [&] {
    for (std::size_t g = 0; g < 4; ++g) {
      lc::infrastructure::scale_up_law& l = law[g];
      l.launch = launch[g] * microsecond, l.step = step[g] * microsecond;
      l.efficiency = s.efficiency, l.pipelining = s.pipelining, l.reduce_copy = s.reduce_copy,
      l.gather_copy = s.gather_copy;
      l.exchange_efficiency = s.exchange_efficiency, l.exchange_pipelining = s.exchange_pipelining,
      l.exchange_step = s.exchange_step;
      l.switch_latency = s.switch_latency * microsecond, l.switch_efficiency = s.switch_efficiency,
      l.switch_pipelining = s.switch_pipelining;
      if (g < 3)
        l.channel_bandwidth = s.channel * gigabyte_per_second;
      else
        l.bridge_share = s.bridge_share;
    }
    std::vector<double> e;
    const lc::infrastructure::scale_out_law out{};
    for (const exchange_row& r : rows) {
      e.push_back(std::log(lc::in<second>(lc::infrastructure::time(r.what, r.fabric, law[r.generation], out,
                                                                   50 * gigabyte_per_second, 1.0)) /
                           r.measured));
    }
    return e;
  };
  std::vector<int> halves;
  for (const exchange_row& r : rows)
    halves.push_back(half_of(r.curve));
  std::printf("\nCollectives: median, mean, 90th percentile and bias in %%\n");
  fit_joint(report, "all generations", list, halves, errors);
}

}  // namespace accuracy
