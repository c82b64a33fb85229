// The training step once more, as plain double arithmetic: what one would write for one machine without a library. Grouped-query attention (fused), dense or
// mixture of experts, bf16, distributed optimiser, automatic recomputation, software of 2025, an eight-chip domain; same formulas, same constants.
#pragma once

#include <algorithm>
#include <cmath>
#include <layercake/training/law.hpp>

namespace plain_training {

struct chip {
  double peak, bandwidth, memory, fabric, domain, multiprocessors, exponentials, cache;
  layercake::chips::product_constants product;
  layercake::chips::prefill_constants prefill;
  layercake::chips::stream_constants stream;
  double droop;  // of this chip: watts short
};
struct network {
  double launch, step, pipelining, reduce_copy, gather_copy, exchange_pipelining, exchange_efficiency, exchange_step,
      channel, ring, switch_latency, switch_efficiency, switch_pipelining;
  bool switch_reduces;
  double out_efficiency, ring_step, tree_level, exchange_level, bandwidth;
};
struct model {
  double L, d, H, KV, hd, ffn, V, E, k, ef, S, sf, dense;  // S shared experts of width sf
};
struct plan {
  double tp, pp, dp, ep, vp, mb, gb, seq, age;
};
struct result {
  double time, memory;
};

inline double smax(double x, double y) {
  const double a = std::max(x, y), q = std::min(x, y) / (a > 0 ? a : 1);
  return a * std::sqrt(std::sqrt(1 + q * q * q * q));
}

inline double product(const chip& c, double m, double n, double k, double b = 1) {
  const auto& p = c.product;
  const double u = p.chain * 2 * 128 * 128 * c.multiprocessors / c.peak * k, chain = u / (1 + u * p.chain_limit);
  const double rows = m + p.edge + p.rounding * (128 * std::ceil(m / 128) - m);
  const double x =
      b * rows * (n + p.edge) * (k * 2 / (c.peak * p.compute) + p.epilogue * 2 / c.bandwidth) + (1 - p.exposed) * chain;
  const double compute = x * (1 + c.droop * (x / (x + 1.5e-3)));
  const double weights = b * n * k * 2, activations = b * m * (k * 2 + n * 2),
               spilled = activations * (activations / (activations + 0.5 * c.cache));
  const double memory = (weights + spilled + (activations - spilled) / 4) / (c.bandwidth * p.memory);
  return smax(compute, memory) + p.exposed * chain + p.launch;
}
inline double traffic(const chip& c, double bytes) {
  const double y = bytes / (c.bandwidth * c.stream.memory), l = c.stream.launch;
  return std::sqrt(l * l + y * y + 2 * c.stream.overlap * l * y);
}
inline double attention(const chip& c, double b, double h, double kv, double hd, double s) {
  const auto& p = c.prefill;
  const double width = 2 * hd, tiles = std::sqrt(1 + s / p.tile * (s / p.tile)), window = 1e18;
  const auto cut = [](double x, double y) { return x * y / std::sqrt(x * x + y * y); };
  const double keys = cut(0.5 * (s + p.tile), window), longest = cut(s, window);
  const double each = width * 2 / (c.peak * p.compute) + 1 / (c.exponentials * p.exponential);
  const double bytes = b * s * (2 * h * width * p.passes + kv * width * 4), limit = p.cache_share * c.cache;
  const double above = 0.5 * (bytes - limit + std::sqrt((bytes - limit) * (bytes - limit) + 0.01 * limit * limit));
  return p.launch + p.tile * (b * h * tiles * keys + p.longest * c.multiprocessors * longest) * each +
         b * h * tiles * p.tile_start / c.multiprocessors +
         (above * (1 - p.cached_cost) + p.cached_cost * bytes) / (c.bandwidth * 0.85);
}
inline double chunked(double latency, double transfer, double w) {
  return latency + transfer + w * std::sqrt(std::max(latency * transfer, 2.2250738585072014e-308));
}
inline double collective(const chip& c, const network& n, char kind, double M, double R, double stride) {
  if (!(R > 1)) return 0;
  const double g = std::min(R, std::max(1.0, c.domain / stride)), N = R / g, B = c.fabric;
  const double levels = std::log2(std::max(N, 1.0));
  if (kind == 'p') {
    return N > 1 ? chunked(n.launch + n.ring_step, M / (n.out_efficiency * n.bandwidth), n.pipelining)
                 : chunked(n.launch + n.step, M / (n.exchange_efficiency * B), n.pipelining);
  }
  if (kind == 'x') {
    const double in = smax(M * (g - 1) / R / (n.exchange_efficiency * B), M / N / n.channel),
                 out = M * (R - g) / R / (n.out_efficiency * n.bandwidth);
    const double latency = n.launch + (g > 1 ? n.step * (1 + n.exchange_step * (g - 1)) : 0) +
                           (N > 1 ? n.exchange_level * (1 + levels) : 0);
    return chunked(latency, std::sqrt(in * in + out * out), n.exchange_pipelining);
  }
  const double two = kind == 'r' ? 2 : 1, copy = kind == 'r' ? n.reduce_copy : n.gather_copy;
  const double across = two * M / g * (N - 1) / N / (n.out_efficiency * n.bandwidth);
  const double inside = g > 1 ? two * M * (g - 1 + copy) / g / (n.ring * B) : 0;
  double t = chunked(n.launch + n.step * two * (g - 1) + two * std::min((N - 1) * n.ring_step, levels * n.tree_level),
                     smax(inside, across), n.pipelining);
  if (kind == 'r' && n.switch_reduces && N <= 1 && g >= 4) {
    t = std::min(
        t, chunked(n.launch + n.switch_latency, M * (1 + 1 / g) / (n.switch_efficiency * B), n.switch_pipelining));
  }
  return t;
}

inline result step(const chip& c, const network& n, const model& m, const plan& p,
                   const layercake::training_constants& k) {
  const double T = p.mb * p.seq, H = m.H / p.tp, KV = std::max(m.KV / p.tp, 1.0), d = m.d, M = p.gb / (p.dp * p.mb);
  const double slow = (1 + k.maturity / (1 + p.age)) / k.products, row = T * d / p.tp, replicas = p.dp;
  const double Lm = m.E > 0 ? m.L - m.dense : 0, Ld = m.L - Lm;
  // Memory of the first and the last stage, and the share of layers to recompute.
  const double table = m.V * d / p.tp * 2;
  const double in_stage =
      (m.L * 2 * d * m.hd * (H + KV) + Ld * 3 * d * m.ffn / p.tp + Lm * d * m.E + Lm * m.S * 3 * d * m.sf / p.tp) /
      p.pp;
  const double everywhere = in_stage + table / p.pp;
  const double routed = Lm * m.E * 3 * d * m.ef / (p.ep * p.pp);
  const double key = std::max(m.KV, p.tp);
  const auto kept = [&](double feed_forward) {
    return T * (8 * d / p.tp + (2 * (m.H + key) * m.hd + 2 * (key + m.H) * m.hd) / p.tp + 4 * H + feed_forward / p.tp);
  };
  const double dense_kept = kept(6 * m.ffn), mixture_kept = kept(m.k * (2 * d + 6 * m.ef) + m.S * 6 * m.sf);
  const double dense_passing = T * (4 * m.ffn / p.tp + 4 * d), mixture_passing = T * m.k * (4 * m.ef + 4 * d) / p.tp;
  const double held = in_stage + table / 2 * (p.pp > 1 ? 1 : 2);
  const double sharded = held / replicas + routed * p.ep / p.tp / replicas;
  const double states = 4 * (held + routed) + 12 * sharded;
  const auto flight = [&](double ahead) {
    return std::min(M, p.vp > 1 ? ((p.vp - 1) * p.pp + 2 * ahead - 1) / p.vp : ahead);
  };
  const auto fullest = [&](bool again) {
    const double whole = again ? m.L * 2 * row / p.pp : (Ld * dense_kept + Lm * mixture_kept) / p.pp;
    const double passing = std::max(Ld > 0 ? dense_passing + (again ? dense_kept : 0) : 0,
                                    Lm > 0 ? mixture_passing + (again ? mixture_kept : 0) : 0);
    const double last = whole * flight(1) + 4 * row + std::max(passing, T * (m.V / p.tp * 4 + 4 * d));
    return std::max(p.pp > 1 ? whole * flight(p.pp) + passing : 0, last);
  };
  const double fixed = states + (p.tp * p.pp * p.dp > 1 ? 3e9 : 1.5e9), all = fullest(false), least = fullest(true);
  const double share = std::clamp((fixed + all - c.memory * 1.05) / std::max(all - least, 1.0), 0.0, 1.0);
  const double again = k.automatic_recompute * share;

  // A layer.
  double f_products = 0, b_products = 0;
  const auto linear = [&](double rows, double out, double in, double s, double batch = 1) {
    f_products += product(c, rows, out, in, batch) * s;
    b_products += (product(c, rows, in, out, batch) + product(c, in, out, rows, batch)) * s;
  };
  linear(T, (H + 2 * KV) * m.hd, d, slow);
  linear(T, d, H * m.hd, slow);
  const double least_attention = (row * 10 + T * (H + KV) * m.hd * 4) * k.traffic_2025;
  const double af = attention(c, p.mb, H, KV, m.hd, p.seq) * slow / k.attention, ab = af * 2.5 / k.attention_backward;
  const double reduce =
      collective(c, n, 'r', T * d * 2, p.tp, 1) * 2 * (1 - k.hidden_tensor * (1 - k.taken)) / k.inside;
  const double shared_f = f_products + traffic(c, least_attention) + af + reduce,
               shared_b = b_products + traffic(c, least_attention * 1.5) + ab + reduce * 1.25;
  double work = 0;
  for (int mixture = 0; mixture < 2; ++mixture) {
    const double layers = mixture ? Lm : Ld;
    if (!(layers > 0)) continue;
    f_products = b_products = 0;
    double moved, exchange = 0;
    if (mixture) {
      const double rows = T * m.k / p.tp, local = m.E / p.ep, each = rows / local + 64, inner = m.S * m.sf / p.tp;
      linear(each, 2 * m.ef, d, slow / k.grouped, local);
      linear(each, d, m.ef, slow / k.grouped, local);
      if (m.S > 0) linear(T, 2 * inner, d, slow), linear(T, d, inner, slow);
      moved = rows * (8 * d + 6 * m.ef) + T * 6 * inner + T / p.tp * (12 * m.E + 4 * d);
      const double near = std::min(p.ep, std::max(c.domain / p.tp, 1.0)),
                   domains = std::max(p.ep * p.tp / c.domain, 1.0);
      const double reached = m.k * domains / (m.k + domains - 1);
      exchange = 2 * std::max(collective(c, n, 'x', rows * d * 2 * near / p.ep, near, p.tp) *
                                  (1 - k.hidden_expert * (1 - k.taken)) / k.expert_exchange,
                              collective(c, n, 'x', T / p.tp * d * 2 * reached, domains, c.domain) *
                                  (1 - k.hidden_expert_out * (1 - k.taken)) / k.expert_exchange);
    } else {
      linear(T, 2 * m.ffn / p.tp, d, slow);
      linear(T, d, m.ffn / p.tp, slow);
      moved = T * 6 * m.ffn / p.tp;
    }
    moved = (moved + row * 10) * k.traffic_2025;
    const double host = k.host + (mixture ? k.host_mixture : 0);
    const double forward = shared_f + f_products + traffic(c, moved) + exchange;
    const double backward = shared_b + b_products + traffic(c, moved * 1.5) + exchange + again * forward;
    work += layers * (smax(forward, host) + smax(backward, host * (1.5 + again)));
  }
  const double v = m.V / p.tp;
  const double head =
      (product(c, T, v, d) + product(c, T, d, v) + product(c, d, v, T)) * slow + traffic(c, T * (v * 4 + d * 6) * 2);

  // The pipeline and the gradients.
  const double w = work / p.pp, uneven = std::fabs(m.L / p.pp - std::floor(m.L / p.pp + 0.5));
  const double stage = !(p.pp > 1)     ? w + head
                       : uneven > 1e-4 ? w + head / p.pp + w * p.pp / m.L * 0.25
                                       : std::sqrt((w + head * 0.5) * (w + head));
  const double bubble = w * (p.pp - 1) / p.vp;
  const double chips = p.tp * p.pp * p.dp;
  const double message = p.pp > 1 ? collective(c, n, 'p', T * d * 2 / p.tp, p.pp, chips / p.pp) : 0;
  const double messages = message * (M * p.vp * 2 * k.exposed_pipeline + 2 * (p.pp - 1));
  const double expert_replicas = std::max(replicas * p.tp / p.ep, 1.0), stride = std::max(p.tp, p.ep);
  double gradients = 2 * collective(c, n, 'g', everywhere * 2, replicas, p.tp);
  if (Lm > 0) gradients += 2 * collective(c, n, 'g', routed * 2, expert_replicas, stride);
  gradients /= k.gradients;
  const double under = gradients * k.hidden_data;
  const double data = gradients - under + std::max(under * k.taken, under - stage);
  const double body = (stage * M + bubble + messages + data) * (1 + k.straggling * std::log2(std::max(chips / 8, 1.0)));
  return {body + traffic(c, (everywhere + routed) * (28 / replicas + 2)) + 2e-3,
          fixed + all - share * std::max(all - least, 1.0)};
}

// The figures of library types as plain numbers.
inline chip plain(const layercake::chips::accelerator& a) {
  using namespace layercake;
  using namespace layercake::units;
  const auto& k = chips::kernel_constants(a.family);
  const double peak = in<flop / second>(a.peak.rate(precision::bf16));
  const double watts = in<watt>(a.thermal_design_power) / (peak * 1e-12);
  return {peak,
          in<byte / second>(a.memory_bandwidth),
          in<byte>(a.memory),
          in<byte / second>(a.scale_up_bandwidth),
          a.scale_up_domain,
          a.multiprocessors,
          in<hertz>(a.exponential_rate),
          in<byte>(a.on_chip_cache),
          k.product[0],
          k.prefill[0],
          k.stream,
          k.product[0].droop * std::max(k.shared.droop_from - watts, 0.0)};
}
inline network plain(const layercake::infrastructure::network& n) {
  using namespace layercake::units;
  const auto& u = n.scale_up;
  const auto& o = n.scale_out;
  return {in<second>(u.launch),
          in<second>(u.step),
          u.pipelining,
          u.reduce_copy,
          u.gather_copy,
          u.exchange_pipelining,
          u.exchange_efficiency,
          u.exchange_step,
          in<byte / second>(u.channel_bandwidth),
          u.efficiency,
          in<second>(u.switch_latency),
          u.switch_efficiency,
          u.switch_pipelining,
          u.reduces_in_switch,
          o.efficiency,
          in<second>(o.ring_step),
          in<second>(o.tree_level),
          in<second>(o.exchange_level),
          in<byte / second>(n.bandwidth)};
}
inline model plain(const layercake::models::transformer& x) {
  return {x.layers,      x.width,   x.heads,          x.key_heads,    x.head_width,     x.feed_forward,
          x.vocabulary,  x.experts, x.active_experts, x.expert_width, x.shared_experts, x.shared_expert_width,
          x.dense_layers};
}
inline plan plain(const layercake::training_plan& p) {
  return {p.tensor,      p.pipeline,     p.data,     p.expert,      p.virtual_stages,
          p.micro_batch, p.global_batch, p.sequence, p.software_age};
}

}  // namespace plain_training
