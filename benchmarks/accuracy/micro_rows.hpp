// Rows of micro.csv: single kernels, copies and collectives, and what the library predicts for them.
#pragma once

#include <layercake/chips/chips.hpp>
#include <layercake/infrastructure/catalog.hpp>
#include <string>
#include <string_view>

#include "serving_rows.hpp"

namespace accuracy {

// A call that the host launches takes this much longer than one in a replayed graph. Rates of nccl-tests come from calls of the host, and so
// does what was measured before 2024, when few benchmarks replayed graphs.
struct micro_constants {
  double host_launch = 20e-6;     // s
  double host_link_share = 0.91;  // payload of a PCIe packet of 256 bytes
};

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

namespace detail {
template <class Row>
answer micro_time(const Row& row, const lc::chips::accelerator& chip, double network_bandwidth, double& bytes,
                  const micro_constants& k) {
  using namespace lc::units;
  const std::string_view op = row.cell("op"), metric = row.cell("metric");
  const auto need = [&](std::string_view column) { return number(row, column, 0); };
  const lc::precision math = precision_named(row.cell("precision"), lc::precision::bf16);
  const double value_bytes = lc::bytes_per_value(math);
  const bool host = metric == "bus_bandwidth" || number(row, "software_year", 2023) < 2024;
  const double launch = host ? k.host_launch : 0;
  const double m = need("m"), n = need("n"), depth = need("k"), batch = number(row, "batch", 1);
  bytes = need("message_bytes");

  if (op == "gemm") {
    if (!(m > 0 && n > 0 && depth > 0)) return {0, "m, n or k is not given"};
    lc::matrix_product<> product{m, n, depth, batch, math, math, value_bytes, lc::max(value_bytes, 2.0), 2};
    if (value_bytes > 2) product.output_bytes = value_bytes;
    // A rate is that of the product alone; a time includes making narrow operands from 16-bit ones.
    if (metric == "achieved_flops") product.input_bytes = value_bytes;
    return {lc::in<second>(lc::chips::time_of(chip, product)) + launch, {}};
  }
  if (op == "attention_prefill" || op == "attention_decode") {
    const double heads = need("heads"), width = need("head_dim"),
                 queries = op == "attention_decode" ? number(row, "seq_q", 1) : need("seq_q");
    const double context = number(row, "seq_kv", queries);
    if (!(heads > 0 && width > 0 && queries > 0 && context > 0))
      return {0, "heads, head_dim or a sequence length is not given"};
    lc::attention_product<> attention{batch, queries, lc::max(context, queries), heads, number(row, "kv_heads", heads),
                                      width, width};
    attention.math = math;
    attention.cache_bytes = lc::min(value_bytes, 2.0);
    // The benchmark repeats the kernel, so that a part of a small cache is on the chip.
    return {lc::in<second>(chip.timing().time(attention, lc::chips::measurement{.warm_cache = true})) + launch, {}};
  }
  if (op == "softmax" || op == "layernorm") {
    if (!(m > 0 && n > 0)) return {0, "m or n is not given"};
    bytes = 2 * m * n * lc::min(value_bytes, 4.0);
    return {lc::in<second>(lc::chips::time_of(chip, lc::memory_traffic<>{.moved = bytes * byte})) + launch, {}};
  }
  if (op == "memory_copy") {
    bytes = 2 * (bytes > 0 ? bytes : 1e9);  // read and written
    return {lc::in<second>(lc::chips::time_of(chip, lc::memory_traffic<>{.moved = bytes * byte})), {}};
  }
  if (op == "host_copy") {
    bytes = bytes > 0 ? bytes : 1e9;
    return {8e-6 + bytes / (k.host_link_share * host_link(chip.family)), {}};
  }

  const double ranks = number(row, "ranks", number(row, "chips", 0));
  if (!(ranks > 0)) return {0, "the number of ranks is not given"};
  // Ranks of a node share its fabric; a domain of several nodes (a rack) is one fabric.
  const double domain = lc::max(lc::min(number(row, "ranks_per_node", ranks), ranks),
                                lc::min(chip.scale_up_domain > 16 ? chip.scale_up_domain : 1.0, ranks));
  lc::scale_up_fabric<> fabric{};
  fabric.bandwidth = lc::is_known(chip.scale_up_bandwidth) ? chip.scale_up_bandwidth : 16 * gigabyte_per_second;
  fabric.domain = domain;
  const auto network = (network_bandwidth > 0 ? network_bandwidth : 12.5e9) * (byte / second);
  if (op == "moe_dispatch" || op == "moe_combine") {
    namespace fabrics = lc::infrastructure::catalog;
    lc::infrastructure::expert_exchange<> x;
    x.combine = op == "moe_combine";
    x.tokens = m > 0 ? m : need("tokens"), x.active = n, x.width = depth, x.ranks = ranks;
    if (!(x.tokens > 0 && n > 0 && depth > 0)) return {0, "tokens, experts per token or width are not given"};
    x.experts = lc::max(256.0, ranks);
    x.kernel = x.tokens > 512 ? lc::infrastructure::exchange_kernel::high_throughput
                              : lc::infrastructure::exchange_kernel::low_latency;
    x.element_bytes = x.combine ? 2.0 : value_bytes * (value_bytes == 1 ? 1.03125 : 1.0);
    const bool blackwell = chip.family == lc::chips::family::blackwell;
    const auto& law = x.combine ? (blackwell ? fabrics::blackwell_combine : fabrics::hopper_combine)
                                : (blackwell ? fabrics::blackwell_dispatch : fabrics::hopper_dispatch);
    bytes = x.tokens * n * depth * x.element_bytes;
    return {lc::in<second>(lc::infrastructure::time(x, fabric, law, network)), {}};
  }

  lc::exchange kind;
  if (op == "all_reduce")
    kind = lc::exchange::all_reduce;
  else if (op == "all_gather")
    kind = lc::exchange::all_gather;
  else if (op == "reduce_scatter")
    kind = lc::exchange::reduce_scatter;
  else if (op == "all_to_all")
    kind = lc::exchange::all_to_all;
  else
    return {0, "the operation " + std::string(op) + " is not known"};
  if (!(bytes > 0)) return {0, "the size of the message is not given"};
  lc::infrastructure::scale_up_law up = serving_fabric(chip);
  if (!(chip.scale_up_bandwidth > 64 * gigabyte_per_second)) up = lc::infrastructure::catalog::pcie;
  const std::string_view in_network = row.cell("in_network_reduction");
  if (!in_network.empty()) up.reduces_in_switch = up.reduces_in_switch && in_network == "1";
  const lc::collective<> what{kind, bytes * byte, ranks};
  return {lc::in<second>(lc::infrastructure::time(what, fabric, up, lc::infrastructure::scale_out_law{}, network, 1.0,
                                                  {false, launch * second})),
          {}};
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
answer predict_micro(const Row& row, const lc::chips::accelerator& chip, double network_bandwidth,
                     const micro_constants& k = {}) {
  double bytes = 0;
  const answer time = detail::micro_time(row, chip, network_bandwidth, bytes, k);
  return time.reason.empty() ? micro_figure(row, time.value, bytes) : time;
}

}  // namespace accuracy
