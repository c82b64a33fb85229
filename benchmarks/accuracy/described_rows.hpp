// A chip or a model that the catalogs lack, from its row of chips.csv or models.csv.
#pragma once

#include <charconv>
#include <cmath>
#include <layercake/chips/chips.hpp>
#include <layercake/models/models.hpp>
#include <string_view>

namespace accuracy {

namespace lc = layercake;

// What joins a chip to others and to its host; see described_chip.
struct wires {
  double network = 0, host_link = 0;
  bool direct = false;
};

// Chips of a torus beyond which it has three axes and is built of cubes of 4 x 4 x 4; below, two axes, rings where they go through all of it: as
// Google's are. Assumed of others.
inline constexpr double largest_flat_torus = 1024;

// The family by vendor and by the formats that the chip multiplies.
inline lc::chips::family family_of(std::string_view vendor, const lc::chips::peak_rates& peak,
                                   double memory_bytes_per_s) {
  using lc::chips::family;
  const auto has = [&](std::string_view word) {
    for (std::size_t i = 0; i + word.size() <= vendor.size(); ++i) {
      bool same = true;
      for (std::size_t j = 0; j < word.size(); ++j)
        same = same && (vendor[i + j] | 32) == word[j];
      if (same) return true;
    }
    return false;
  };
  if (has("nvidia")) {
    if (lc::is_known(peak.fp4)) return memory_bytes_per_s > 2e12 ? family::blackwell : family::ada;
    if (lc::is_known(peak.fp8)) return memory_bytes_per_s > 1.2e12 ? family::hopper : family::ada;
    return lc::is_known(peak.bf16) ? family::ampere : family::volta;
  }
  if (has("amd")) return family::amd_cdna;
  if (has("google")) return family::tpu;
  if (has("intel") || has("habana")) return family::gaudi;
  if (has("amazon") || has("aws")) return family::trainium;
  if (has("cerebras")) return family::wafer_scale;
  return family::other;
}

template <class Row>
lc::chips::accelerator chip_of(const Row& row) {
  using namespace lc::units;
  const auto cell = [&](std::string_view column) {
    const std::string_view text = row.cell(column);
    double x = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), x);
    return text.empty() || end.ec != std::errc() ? lc::unknown<double>() : x;
  };
  const auto rate = [&](std::string_view column) { return cell(column) * flop / second; };
  lc::chips::accelerator c;
  c.peak = {rate("peak_fp32_flops"), rate("peak_tf32_flops"), rate("peak_fp16_flops"), rate("peak_bf16_flops"),
            rate("peak_fp8_flops"),  rate("peak_fp4_flops"),  rate("peak_int8_ops")};
  c.memory = cell("memory_bytes") * byte;
  c.reported_over_nominal = cell("memory_bytes_reported") / cell("memory_bytes");
  c.memory_bandwidth = cell("memory_bytes_per_s") * (byte / second);
  c.scale_up_bandwidth = cell("scale_up_bytes_per_s") * (byte / second);
  const double domain = cell("scale_up_domain");
  c.scale_up_domain = lc::is_known(domain) ? domain : 1;
  if (row.cell("scale_up_kind") == "torus") {
    c.torus_axes = domain > largest_flat_torus ? 3 : 2;
    c.torus_wraps_from = domain > largest_flat_torus ? 4 : std::sqrt(domain);
  }
  c.thermal_design_power = cell("tdp_w") * watt;
  c.family = family_of(row.cell("vendor"), c.peak, cell("memory_bytes_per_s"));
  return c;
}

template <class Row>
lc::models::transformer model_of(const Row& row) {
  const auto cell = [&](std::string_view column) {
    const std::string_view text = row.cell(column);
    double x = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), x);
    return text.empty() || end.ec != std::errc() ? 0 : x;
  };
  lc::models::transformer m;
  m.layers = cell("layers"), m.width = cell("d_model"), m.heads = cell("heads"), m.key_heads = cell("kv_heads");
  m.head_width = cell("head_dim"), m.feed_forward = cell("ffn"), m.vocabulary = cell("vocab");
  m.gated = row.cell("gated") != "0", m.tied = row.cell("tied") == "1";
  m.experts = cell("experts"), m.active_experts = cell("active_experts"), m.shared_experts = cell("shared_experts");
  m.expert_width = cell("expert_ffn"), m.shared_expert_width = cell("shared_expert_ffn"),
  m.dense_layers = cell("dense_layers");
  if (row.cell("attention") == "mla") m.kind = lc::models::attention::latent;
  m.query_rank = cell("q_lora_rank"), m.latent_rank = cell("kv_lora_rank"), m.plain_width = cell("qk_nope_head_dim");
  m.rotary_width = cell("qk_rope_head_dim"), m.value_width = cell("v_head_dim");
  m.sliding_window = cell("sliding_window"), m.sliding_layers = cell("sliding_window_layers");
  if (!(m.key_heads > 0)) m.key_heads = m.heads;
  if (!(m.head_width > 0) && m.heads > 0) m.head_width = m.width / m.heads;
  return m;
}

}  // namespace accuracy
