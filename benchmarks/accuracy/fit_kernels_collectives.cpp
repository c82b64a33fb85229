#include <algorithm>
#include <array>
#include <layercake/infrastructure/catalog.hpp>
#include <map>

#include "fit_kernels_common.hpp"

namespace accuracy {
namespace {

namespace fabrics = lc::infrastructure::catalog;
using lc::chips::family;
using lc::infrastructure::scale_up_law;
using namespace lc::units;

struct exchange_row {
  lc::collective<> what;
  lc::scale_up_fabric<> fabric;
  std::size_t generation;
  double measured;
  std::string curve;  // chip, operation, ranks
};

// Rows of collectives.csv inside one fabric: those of NCCL by generation (PCIe: what is no other), or the engines' own
// all-reduce over peer memory, which PCIe cards do not have.
std::vector<exchange_row> exchange_rows(const csv_table& table, bool direct) {
  constexpr std::array generations{family::ampere, family::hopper, family::blackwell};
  std::vector<exchange_row> rows;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const csv_record row = table[i];
    const lc::chips::accelerator* chip = lc::chips::catalog::find_if_any(row.cell("chip"));
    const std::string_view op = row.cell("op");
    if (chip == nullptr || (op == "all_reduce_custom") != direct) continue;
    const auto generation =
        static_cast<std::size_t>(std::find(generations.begin(), generations.end(), chip->family) - generations.begin());
    if (direct ? generation == generations.size() : row.cell("precision") == "int8") continue;
    exchange_row e;
    e.what.kind = direct || op == "all_reduce" ? lc::exchange::all_reduce
                  : op == "all_gather"         ? lc::exchange::all_gather
                  : op == "reduce_scatter"     ? lc::exchange::reduce_scatter
                                               : lc::exchange::all_to_all;
    e.what.bytes = row.number("message_bytes", 1) * byte;
    e.what.ranks = row.number("ranks", 2);
    e.fabric = {chip->scale_up_bandwidth, e.what.ranks};
    e.generation = generation;
    e.measured = row.number("time_s", 0);
    e.curve = key_of(row, {"chip", "op", "ranks"});
    rows.push_back(std::move(e));
  }
  return rows;
}

// The error of a row; all ranks share the fabric, so that the network beyond it plays no part.
double error_of(const exchange_row& r, const scale_up_law& law, const lc::infrastructure::communication_library& how) {
  const auto network = 50 * gigabyte_per_second;
  const lc::infrastructure::collective_law times(r.fabric, law, {}, network, 1.0, how);
  return std::log(lc::in<second>(times.time(r.what)) / r.measured);
}

// Curves count alike: one of 138 rows is 23 sizes at six settings.
std::vector<double> alike(const std::vector<exchange_row>& rows) {
  std::map<std::string, double> count;
  for (const exchange_row& r : rows)
    count[r.curve] += 1;
  std::vector<double> out;
  for (const exchange_row& r : rows)
    out.push_back(1 / std::sqrt(static_cast<double>(count.size()) * count.at(r.curve)));
  return out;
}

// NCCL in all generations at once: what they share, and for each the time to start and of a step.
// long: the constants by name, and where each goes
void fit_library(const csv_table& table, fit_report& report) {
  const std::vector<exchange_row> rows = exchange_rows(table, false);
  std::array<scale_up_law, 4> law{fabrics::nvlink_ampere, fabrics::nvlink_hopper, fabrics::nvlink_blackwell,
                                  fabrics::pcie};
  // Times in microseconds and shares that all generations have in common.
  const scale_up_law generic{};
  scale_up_law s = generic;
  double channel = lc::in<gigabyte_per_second>(generic.channel_bandwidth),
         switch_latency = lc::in<microsecond>(generic.switch_latency), bridge_share = fabrics::pcie.bridge_share;
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
                          {"channel_bandwidth", &channel, 200, 5000, true},
                          {"switch_latency", &switch_latency, 1, 60, true},
                          {"switch_efficiency", &s.switch_efficiency, 0.3, 0.95, true},
                          {"switch_pipelining", &s.switch_pipelining, 0.01, 2, true},
                          {"bridge_share", &bridge_share, 0.1, 4, true}};
  const char* launches[] = {"ampere launch", "hopper launch", "blackwell launch", "pcie launch"};
  const char* steps[] = {"ampere step", "hopper step", "blackwell step", "pcie step"};
  for (std::size_t g = 0; g < 4; ++g)
    list.push_back({launches[g], &launch[g], 1, 40, true}), list.push_back({steps[g], &step[g], 0.1, 5, true});
  const auto errors = [&] {
    for (std::size_t g = 0; g < 4; ++g) {
      scale_up_law& l = law[g];
      l.launch = launch[g] * microsecond, l.step = step[g] * microsecond;
      l.efficiency = s.efficiency, l.pipelining = s.pipelining;
      l.reduce_copy = s.reduce_copy, l.gather_copy = s.gather_copy;
      l.exchange_efficiency = s.exchange_efficiency, l.exchange_pipelining = s.exchange_pipelining;
      l.exchange_step = s.exchange_step;
      l.switch_latency = switch_latency * microsecond, l.switch_efficiency = s.switch_efficiency;
      l.switch_pipelining = s.switch_pipelining;
      if (g < 3)
        l.channel_bandwidth = channel * gigabyte_per_second;
      else
        l.bridge_share = bridge_share;
    }
    std::vector<double> e;
    for (const exchange_row& r : rows)
      e.push_back(error_of(r, law[r.generation], {}));
    return e;
  };
  std::vector<int> halves;
  for (const exchange_row& r : rows)
    halves.push_back(half_of(r.curve));
  std::printf("\nCollectives: median, mean, 90th percentile and bias in %%\n");
  fit_joint(report, "all generations", list, halves, errors);
}

// The all-reduce over peer memory of serving engines: what generations share, and for each the time to start.
void fit_direct(const csv_table& table, fit_report& report) {
  const std::vector<exchange_row> rows = exchange_rows(table, true);
  if (rows.empty()) return;
  left_out leave;
  leave.others = "other generation";
  leave.weight = alike(rows);
  for (const exchange_row& r : rows)
    leave.half.push_back(half_of(r.curve)), leave.other.push_back(static_cast<int>(r.generation));
  std::array<scale_up_law, 3> law{fabrics::nvlink_ampere, fabrics::nvlink_hopper, fabrics::nvlink_blackwell};
  scale_up_law s{};
  double step = lc::in<microsecond>(s.direct_step);
  std::array<double, 3> launch;
  for (std::size_t g = 0; g < 3; ++g)
    launch[g] = lc::in<microsecond>(law[g].direct_launch);
  const auto errors = [&] {
    for (std::size_t g = 0; g < 3; ++g) {
      law[g].direct_launch = launch[g] * microsecond, law[g].direct_step = step * microsecond;
      law[g].one_shot_efficiency = s.one_shot_efficiency, law[g].one_shot_pipelining = s.one_shot_pipelining;
      law[g].two_shot_launches = s.two_shot_launches, law[g].two_shot_efficiency = s.two_shot_efficiency;
    }
    std::vector<double> e;
    for (const exchange_row& r : rows)
      e.push_back(error_of(r, law[r.generation], {.direct_all_reduce = true}));
    return e;
  };
  std::printf("\nDirect all-reduce: median, mean, 90th percentile and bias in %%\n");
  const fit_errors e = fit_and_leave_out({{"ampere", &launch[0], 0.5, 20, true},
                                          {"hopper", &launch[1], 0.5, 20, true},
                                          {"blackwell", &launch[2], 0.5, 20, true},
                                          {"direct_step", &step, 0.01, 2, true},
                                          {"one_shot_efficiency", &s.one_shot_efficiency, 0.2, 0.95, true},
                                          {"one_shot_pipelining", &s.one_shot_pipelining, 0.01, 2, true},
                                          {"two_shot_launches", &s.two_shot_launches, 1, 10, true},
                                          {"two_shot_efficiency", &s.two_shot_efficiency, 0.2, 0.95, true}},
                                         leave, errors);
  print_fit(report, "direct all-reduce", leave.others, e);
  std::printf("  direct_launch = %.4g, %.4g, %.4g * microsecond of nvlink_ampere, nvlink_hopper, nvlink_blackwell\n"
              "  direct_step = %.4g * microsecond, one_shot_efficiency = %.4g, one_shot_pipelining = %.4g, "
              "two_shot_launches = %.4g, two_shot_efficiency = %.4g\n",
              launch[0], launch[1], launch[2], step, s.one_shot_efficiency, s.one_shot_pipelining, s.two_shot_launches,
              s.two_shot_efficiency);
  std::fflush(stdout);
}

}  // namespace

void fit_collectives(const std::string& folder, fit_report& report) {
  const csv_table table =
      kernel_table(folder, "collectives.csv", {"ranks", "ranks_per_node", "message_bytes", "time_s"});
  if (table.rows() == 0) return;
  fit_library(table, report);
  fit_direct(table, report);
}

}  // namespace accuracy
