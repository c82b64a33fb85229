#include <algorithm>
#include <array>
#include <layercake/infrastructure/catalog.hpp>
#include <map>

#include "fit_kernels_common.hpp"

namespace accuracy {
namespace {

namespace fabrics = lc::infrastructure::catalog;
using lc::chips::family;
using lc::infrastructure::scale_out_law;
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

// NCCL in all generations at once: what they share, and for each the time to start and of a step. Reductions in the
// switch as shipped; see fit_switch.
// long: the constants by name, and where each goes
void fit_library(const csv_table& table, fit_report& report) {
  const std::vector<exchange_row> rows = exchange_rows(table, false);
  std::array<scale_up_law, 4> law{fabrics::nvlink_ampere, fabrics::nvlink_hopper, fabrics::nvlink_blackwell,
                                  fabrics::pcie};
  // Times in microseconds and shares that all generations have in common.
  const scale_up_law generic{};
  scale_up_law s = generic;
  double channel = lc::in<gigabyte_per_second>(generic.channel_bandwidth), bridge_share = fabrics::pcie.bridge_share;
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

// Published all-reduces of chips that the catalog has: by source, whose rows count as much as those of another.
struct published_exchanges {
  std::vector<detail::described_exchange> what;
  std::vector<family> chips;
  std::vector<double> measured;
  left_out leave;

  void add(const detail::described_exchange& e, family chip, double time, const std::string& curve, int source) {
    what.push_back(e), chips.push_back(chip), measured.push_back(time);
    leave.half.push_back(half_of(curve)), leave.other.push_back(source);
  }
  // Sources count alike, those that are never left out by their curves.
  void weigh(const std::vector<std::string>& of) {
    std::map<std::string, double> count;
    for (const std::string& source : of)
      count[source] += 1;
    for (const std::string& source : of)
      leave.weight.push_back(1 / std::sqrt(static_cast<double>(count.size()) * count.at(source)));
  }
};

// All-reduces of a folder of measurements inside one fabric that may reduce in its switch, or across several.
void add_published(const std::string& measurements, bool across, published_exchanges& rows,
                   std::vector<std::string>& sources) {
  const directory data(measurements);
  std::map<std::string, int> sources_so_far;
  for (std::size_t i = 0; i < data.micro.rows(); ++i) {
    const csv_record row = data.micro[i];
    const auto chip = data.chip(row.cell("chip"));
    const std::string source(row.cell("source"));
    // Tables of kernels of one laboratory, of which the other half is what constants are fitted to.
    if (row.cell("op") != "all_reduce" || row.number("predictable", 0) != 1 || !chip || source.substr(0, 4) == "aic-")
      continue;
    const detail::micro_row<csv_record> r{row, chip->chip, chip->joined(), {}};
    const detail::described_exchange e = detail::exchange_of(r);
    if (!e.reason.empty() || !e.up.reduces_in_switch || (e.what.ranks > e.fabric.domain) != across) continue;
    const int number = sources_so_far.emplace(source, static_cast<int>(sources_so_far.size())).first->second;
    const double value = row.number("value", 0), ranks = e.what.ranks, bytes = lc::in<byte>(e.what.bytes);
    const bool time = row.cell("metric") == "time";
    rows.add(e, chip->chip.family, time ? value : 2 * (ranks - 1) / ranks * bytes / value,
             key_of(row, {"chip", "ranks", "message_bytes"}), number);
    sources.push_back(source);
  }
}

// Reductions in the switch: kernel times of four chips and more, and published tables of other numbers of chips.
void fit_switch(const csv_table& table, const std::string& measurements, fit_report& report) {
  published_exchanges rows;
  std::vector<std::string> sources;
  add_published(measurements, false, rows, sources);
  for (const exchange_row& r : exchange_rows(table, false)) {
    if (r.generation < 1 || r.generation > 2 || r.what.kind != lc::exchange::all_reduce || r.what.ranks < 4) continue;
    const bool hopper = r.generation == 1;
    rows.add({r.what,
              r.fabric,
              hopper ? fabrics::nvlink_hopper : fabrics::nvlink_blackwell,
              50 * gigabyte_per_second,
              {},
              {}},
             hopper ? family::hopper : family::blackwell, r.measured, r.curve, -1);
    sources.push_back(r.curve);
  }
  rows.weigh(sources);
  rows.leave.others = "other sources";
  double latency = lc::in<microsecond>(scale_up_law{}.switch_latency),
         chunk = lc::in<byte>(scale_up_law{}.switch_chunk), hopper = fabrics::nvlink_hopper.switch_efficiency,
         blackwell = fabrics::nvlink_blackwell.switch_efficiency;
  const auto errors = [&] {
    std::vector<double> e;
    for (std::size_t i = 0; i < rows.what.size(); ++i) {
      scale_up_law law = rows.what[i].up;
      law.switch_latency = latency * microsecond, law.switch_chunk = chunk * byte;
      law.switch_efficiency = rows.chips[i] == family::hopper ? hopper : blackwell;
      e.push_back(std::log(rows.what[i].time(law, {}) / rows.measured[i]));
    }
    return e;
  };
  std::printf("\nReductions in the switch: median, mean, 90th percentile and bias in %%\n");
  const fit_errors e = fit_and_leave_out({{"switch_latency", &latency, 1, 60, true},
                                          {"switch_chunk", &chunk, 1e5, 3e7, true},
                                          {"hopper switch_efficiency", &hopper, 0.3, 0.95, true},
                                          {"blackwell switch_efficiency", &blackwell, 0.3, 0.95, true}},
                                         rows.leave, errors);
  print_fit(report, "reduction in the switch", rows.leave.others, e);
  std::printf("  switch_latency = %.4g us, switch_chunk = %.4g, switch_efficiency = %.4g of nvlink_hopper, %.4g of "
              "nvlink_blackwell\n",
              latency, chunk, hopper, blackwell);
}

// What messages in bulk take longer across nodes.
void fit_network(const std::string& measurements, fit_report& report) {
  published_exchanges rows;
  std::vector<std::string> sources;
  add_published(measurements, true, rows, sources);
  rows.weigh(sources);
  rows.leave.others = "other sources";
  double step = lc::in<microsecond>(scale_out_law{}.bulk_step), message = lc::in<byte>(scale_out_law{}.bulk_message);
  const auto errors = [&] {
    scale_out_law law;
    law.bulk_step = step * microsecond, law.bulk_message = message * byte;
    std::vector<double> e;
    for (std::size_t i = 0; i < rows.what.size(); ++i)
      e.push_back(std::log(rows.what[i].time(rows.what[i].up, law) / rows.measured[i]));
    return e;
  };
  std::printf("\nAcross nodes: median, mean, 90th percentile and bias in %%\n");
  const fit_errors e = fit_and_leave_out(
      {{"bulk_step", &step, 1, 300, true}, {"bulk_message", &message, 1e2, 1e6, true}}, rows.leave, errors);
  print_fit(report, "across nodes", rows.leave.others, e);
  std::printf("  bulk_step = %.4g us, bulk_message = %.4g\n", step, message);
}

}  // namespace

void fit_collectives(const std::string& folder, const std::string& measurements, fit_report& report) {
  const csv_table table =
      kernel_table(folder, "collectives.csv", {"ranks", "ranks_per_node", "message_bytes", "time_s"});
  if (table.rows() == 0) return;
  fit_library(table, report);
  fit_direct(table, report);
  fit_switch(table, measurements, report);
  fit_network(measurements, report);
}

}  // namespace accuracy
