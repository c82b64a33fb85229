// Rows of micro.csv: single kernels, copies and collectives, and what the library predicts for them.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "described_rows.hpp"
#include "serving_rows.hpp"

namespace accuracy {

// A call that the host launches takes this much longer than one in a replayed graph. Rates of nccl-tests come from calls of the host, and so
// does what was measured before 2024, when few benchmarks replayed graphs.
struct micro_constants {
  double host_launch = 20e-6;     // s
  double host_link_share = 0.91;  // payload of a PCIe packet of 256 bytes
};

// What stands for an empty cell, assumed: a copy of 1 GB, a start of a copy to the host in 8 us, 100 Gb/s between
// nodes. A fabric of more than 16 chips joins nodes.
inline constexpr double usual_copy = 1e9, host_copy_start = 8e-6, slow_network = 12.5e9, largest_node = 16;
// Bytes of a value of 8 bit in an exchange between experts: an FP32 scale for each 128 of them.
inline constexpr double scaled_byte = 1 + 4.0 / 128;

// Bytes per second and direction of the slot that chips of a family sit in, sixteen lanes of PCIe.
constexpr double host_link(lc::chips::family f) {
  switch (f) {
  case lc::chips::family::volta:
  case lc::chips::family::tpu:
    return 15.75e9;
  case lc::chips::family::hopper:
  case lc::chips::family::blackwell:
  case lc::chips::family::amd_cdna:
    return 63e9;
  default:
    return 31.5e9;
  }
}

// Whether the cache of a row's decode attention has room for keys alone, so that values are read from the same bytes once
// more. A row may say so (keys_alone). Where it does not, it is assumed of A100s and their kin with software of 2025 and
// later: the collector of aiconfigurator for TensorRT-LLM measured so until 2026-08-03 (collector/trtllm/collect_attn.py,
// commit dec5f4cd: SELFKONLY, then SELF), and then measured all chips but those anew.
template <class Row>
bool has_keys_alone(const Row& row, lc::chips::family f) {
  const bool usual = f == lc::chips::family::ampere && number(row, "software_year", 0) >= 2025;
  return number(row, "keys_alone", usual ? 1 : 0) == 1;
}

namespace detail {
// A row with what is asked of every kind.
template <class Row>
struct micro_row {
  const Row& row;
  const lc::chips::accelerator& chip;
  const wires& joined;
  const micro_constants& k;
  std::string_view op = row.cell("op");
  lc::precision math = precision_named(row.cell("precision"), lc::precision::bf16);
  double value_bytes = lc::bytes_per_value(math);
  double m = at("m"), n = at("n"), depth = at("k"), batch = number(row, "batch", 1);

  double at(std::string_view column) const { return number(row, column, 0); }
  // Bytes per second and direction to the host.
  double to_host() const { return joined.host_link > 0 ? host_rate(joined.host_link) : host_link(chip.family); }
  // Seconds that the host's launch adds.
  double launch() const {
    const bool host = row.cell("metric") == "bus_bandwidth" || number(row, "software_year", 2023) < 2024;
    return host ? k.host_launch : 0;
  }
};

template <class Row>
answer product_time(const micro_row<Row>& r) {
  if (!(r.m > 0 && r.n > 0 && r.depth > 0)) return {0, "m, n or k is not given"};
  lc::matrix_product<> product{r.m, r.n, r.depth, r.batch, r.math, r.math, r.value_bytes, lc::max(r.value_bytes, 2.0),
                               2};
  if (r.value_bytes > 2) product.output_bytes = r.value_bytes;
  // A rate is that of the product alone; a time includes making narrow operands from 16-bit ones.
  if (r.row.cell("metric") == "achieved_flops") product.input_bytes = r.value_bytes;
  return {lc::in<lc::units::second>(lc::chips::time_of(r.chip, product)) + r.launch(), {}};
}

template <class Row>
lc::attention_product<> attention_of(const micro_row<Row>& r) {
  const double heads = r.at("heads"), width = r.at("head_dim"),
               queries = r.op == "attention_decode" ? number(r.row, "seq_q", 1) : r.at("seq_q");
  const double context = number(r.row, "seq_kv", queries);
  lc::attention_product<> attention{
      r.batch, queries, lc::max(context, queries), heads, number(r.row, "kv_heads", heads), width, width};
  // PyTorch's kernels of these generations are written for Ampere's instructions, and run on every later chip.
  const std::string_view kernel = r.row.cell("attention_kernel");
  attention.ported = kernel == "flash-1" || kernel == "flash-2";
  attention.math = r.math;
  attention.cache_bytes = lc::min(r.value_bytes, 2.0);
  return attention;
}
// The benchmark repeats the kernel, so that a part of a small cache is on the chip.
template <class Row>
lc::chips::measurement how_attention_was_measured(const micro_row<Row>& r) {
  return {.warm_cache = true, .keys_alone = has_keys_alone(r.row, r.chip.family)};
}

template <class Row>
answer attention_time(const micro_row<Row>& r) {
  const auto attention = attention_of(r);
  if (!(attention.heads > 0 && attention.key_width > 0 && attention.queries > 0 && attention.context > 0))
    return {0, "heads, head_dim or a sequence length is not given"};
  return {lc::in<lc::units::second>(r.chip.timing().time(attention, how_attention_was_measured(r))) + r.launch(), {}};
}

// Copies and element-wise kernels; `bytes`: those of the message if it is given, then those that are moved.
template <class Row>
answer traffic_time(const micro_row<Row>& r, double& bytes) {
  const auto moved = [&] {
    return lc::in<lc::units::second>(
        lc::chips::time_of(r.chip, lc::memory_traffic<>{.moved = bytes * lc::units::byte}));
  };
  if (r.op == "host_copy") {
    bytes = bytes > 0 ? bytes : usual_copy;
    return {host_copy_start + bytes / (r.k.host_link_share * r.to_host()), {}};
  }
  if (r.op == "memory_copy") {
    bytes = 2 * (bytes > 0 ? bytes : usual_copy);  // read and written
    return {moved(), {}};
  }
  if (!(r.m > 0 && r.n > 0)) return {0, "m or n is not given"};
  bytes = 2 * r.m * r.n * lc::min(r.value_bytes, 4.0);
  return {moved() + r.launch(), {}};
}

// An exchange between chips, and what it goes over.
struct described_exchange {
  lc::collective<> what;
  lc::scale_up_fabric<> fabric;
  lc::infrastructure::scale_up_law up;
  lc::quantity<lc::unit::byte_per_second> network;
  lc::infrastructure::communication_library library;
  std::string reason;  // why there is none

  double time(const lc::infrastructure::scale_up_law& inside, const lc::infrastructure::scale_out_law& across) const {
    return lc::in<lc::units::second>(
        lc::infrastructure::collective_law(fabric, inside, across, network, 1.0, library).time(what));
  }
};

// That of tokens with their experts is an all-to-all, as the models' operations count it.
template <class Row>
described_exchange exchange_of(const micro_row<Row>& r) {
  using namespace lc::units;
  described_exchange e;
  const auto none = [&](std::string why) {
    e.reason = std::move(why);
    return e;
  };
  double bytes = r.at("message_bytes");
  const double ranks = number(r.row, "ranks", number(r.row, "chips", 0));
  if (!(ranks > 0)) return none("the number of ranks is not given");
  const bool dispatch = r.op == "moe_dispatch", combine = r.op == "moe_combine";
  if (dispatch || combine) {
    const double tokens = r.m > 0 ? r.m : r.at("tokens");
    if (!(tokens > 0 && r.n > 0 && r.depth > 0)) return none("tokens, experts per token or width are not given");
    bytes = tokens * r.n * r.depth * (combine ? 2.0 : r.value_bytes == 1 ? scaled_byte : r.value_bytes);
  }
  if (r.op == "all_reduce")
    e.what.kind = lc::exchange::all_reduce;
  else if (r.op == "all_gather")
    e.what.kind = lc::exchange::all_gather;
  else if (r.op == "reduce_scatter")
    e.what.kind = lc::exchange::reduce_scatter;
  else if (r.op == "all_to_all" || dispatch || combine)
    e.what.kind = lc::exchange::all_to_all;
  else
    return none("the operation " + std::string(r.op) + " is not known");
  if (!(bytes > 0)) return none("the size of the message is not given");
  e.what.bytes = bytes * byte;
  e.what.ranks = ranks;

  // Ranks of a node share its fabric; a domain of several nodes (a rack) is one fabric.
  const double in_node = number(r.row, "ranks_per_node", ranks / number(r.row, "nodes", 1));
  const double domain = lc::max(lc::min(in_node, ranks),
                                lc::min(r.chip.scale_up_domain > largest_node ? r.chip.scale_up_domain : 1.0, ranks));
  const auto per_second = byte / second;
  e.fabric = {lc::is_known(r.chip.scale_up_bandwidth) ? r.chip.scale_up_bandwidth : slowest_pcie, domain};
  e.up = serving_fabric(r.chip);
  if (r.joined.direct) e.up.peers = r.chip.scale_up_domain - 1;
  // Pairs of cards, of which a node has several: what passes between them goes through the host.
  const bool pairs = r.joined.direct && r.chip.scale_up_domain < lc::min(in_node, ranks);
  if (pairs) e.fabric.bandwidth = r.to_host() * per_second;
  if (pairs || !(r.chip.scale_up_bandwidth > fastest_pcie)) e.up = lc::infrastructure::catalog::pcie;
  const std::string_view in_network = r.row.cell("in_network_reduction");
  if (!in_network.empty()) e.up.reduces_in_switch = e.up.reduces_in_switch && in_network == "1";
  e.network =
      number(r.row, "node_network_bytes_per_s_per_chip", r.joined.network > 0 ? r.joined.network : slow_network) *
      per_second;
  e.library = {false, r.launch() * second};
  return e;
}

template <class Row>
answer exchange_time(const micro_row<Row>& r, double& bytes) {
  const described_exchange e = exchange_of(r);
  if (!e.reason.empty()) return {0, e.reason};
  bytes = lc::in<lc::units::byte>(e.what.bytes);
  return {e.time(e.up, {}), {}};
}

template <class Row>
answer micro_time(const Row& row, const lc::chips::accelerator& chip, const wires& joined, double& bytes,
                  const micro_constants& k) {
  const micro_row<Row> r{row, chip, joined, k};
  bytes = r.at("message_bytes");
  if (r.op == "gemm") return product_time(r);
  if (r.op == "attention_prefill" || r.op == "attention_decode") return attention_time(r);
  for (const std::string_view traffic : {"softmax", "layernorm", "memory_copy", "host_copy"})
    if (r.op == traffic) return traffic_time(r, bytes);
  return exchange_time(r, bytes);
}
}  // namespace detail

// FLOP of a row as its metric counts them.
template <class Row>
double micro_flop(const Row& row) {
  const auto at = [&](std::string_view column) { return number(row, column, 0); };
  const double batch = number(row, "batch", 1);
  if (row.cell("op") == "gemm") return 2 * batch * at("m") * at("n") * at("k");
  if (row.cell("op") == "attention_prefill")
    return 2 * batch * at("heads") * at("head_dim") * at("seq_q") * at("seq_q");  // causal
  return 4 * batch * at("heads") * at("head_dim") * number(row, "seq_q", 1) * at("seq_kv");
}

// The row's metric of something that takes `time`.
template <class Row>
answer micro_figure(const Row& row, double time, double bytes) {
  const std::string_view metric = row.cell("metric"), op = row.cell("op");
  const double ranks = number(row, "ranks", number(row, "chips", 2));
  if (metric == "time") return {time, {}};
  if (metric == "achieved_flops") return {micro_flop(row) / time, {}};
  if (metric == "memory_bandwidth") return {bytes / time, {}};
  if (metric == "bus_bandwidth") return {bytes / time * (op == "all_reduce" ? 2 : 1) * (ranks - 1) / ranks, {}};
  return {0, "the metric " + std::string(metric) + " is not known"};
}

template <class Row>
answer predict_micro(const Row& row, const lc::chips::accelerator& chip, const wires& joined,
                     const micro_constants& k = {}) {
  double bytes = 0;
  const answer time = detail::micro_time(row, chip, joined, bytes, k);
  return time.reason.empty() ? micro_figure(row, time.value, bytes) : time;
}

}  // namespace accuracy
