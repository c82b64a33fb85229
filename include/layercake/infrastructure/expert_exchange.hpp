// The exchange of tokens between chips that hold different experts: dispatch to the experts, combine their answers.
#pragma once

#include <layercake/core/demand.hpp>
#include <layercake/core/fields.hpp>
#include <layercake/number/number.hpp>
#include <layercake/units/named.hpp>
#include <tuple>

namespace layercake::infrastructure {

// DeepEP's kernels for few tokens and for many, and TensorRT-LLM's over NVLink alone.
enum class exchange_kernel : unsigned char { low_latency, high_throughput, nvlink };

template <class T = double>
struct expert_exchange {
  bool combine = false;  // false: dispatch
  exchange_kernel kernel = exchange_kernel::low_latency;
  T tokens = T(0);  // per rank
  T width = T(0);   // of a token's vector
  T active = T(0);  // experts per token
  T experts = T(0);
  T ranks = T(1);
  T element_bytes = T(2);     // dispatch in fp8 with scales: 1.03125
  T multiprocessors = T(24);  // that the high-throughput kernel occupies
};

// Constants of one generation and direction; defaults: Hopper, dispatch; the others are in catalog.hpp. Fitted to 6,663
// measured exchanges on H100, H200, B200, B300, GB200 and GB300 (benchmarks/accuracy/fit_exchange.cpp): median error of
// held-out curves 7 % low latency, 12 % high throughput, 10 % nvlink; of the other generation left out 12 %. Two bounds
// are reached, which says that the data do not tell: `high_efficiency` 0.95, `low_network_efficiency` 0.98.
template <class T = double>
struct basic_expert_exchange_law {
  quantity<unit::second, T> low_launch = number_cast<T>(1.617) * units::microsecond;
  quantity<unit::second, T> low_per_expert = number_cast<T>(0.01323) * units::microsecond;
  quantity<unit::second, T> low_per_peer = number_cast<T>(1.049) * units::microsecond;
  quantity<unit::second, T> low_network = number_cast<T>(4.911) * units::microsecond;
  quantity<unit::second, T> low_per_doubling = number_cast<T>(4.076) * units::microsecond;  // of the nodes
  T low_efficiency = number_cast<T>(0.5541);                                                // of the fast fabric
  T low_network_efficiency = number_cast<T>(0.98);
  quantity<unit::second, T> low_per_row =
      number_cast<T>(0.1728) * units::microsecond;  // serial work per token that an expert receives
  T low_overlap = number_cast<T>(0.7098);           // 1: latency and transfer add, 0: they overlap

  quantity<unit::second, T> high_launch = number_cast<T>(32.1) * units::microsecond;
  quantity<unit::second, T> high_network = T(1) * units::microsecond;
  quantity<unit::second, T> high_per_doubling = number_cast<T>(30.91) * units::microsecond;
  quantity<unit::byte_per_second, T> high_per_multiprocessor = number_cast<T>(15.64) * units::gigabyte_per_second;
  T high_efficiency = number_cast<T>(0.95);
  T high_network_efficiency = number_cast<T>(0.7942);

  quantity<unit::second, T> nvlink_launch = number_cast<T>(13.98) * units::microsecond;
  T nvlink_efficiency = number_cast<T>(0.4747);
  quantity<unit::second, T> nvlink_per_row = number_cast<T>(0.0003154) * units::microsecond;

  template <class U>
  using with_number = basic_expert_exchange_law<U>;

  static constexpr auto fields() {
    using X = basic_expert_exchange_law;
    return std::tuple{
        field("low_launch", &X::low_launch, positive, "the time to start the low-latency kernel"),
        field("low_per_expert", &X::low_per_expert, nonnegative, "its time per expert"),
        field("low_per_peer", &X::low_per_peer, nonnegative, "its latency per peer inside the fabric"),
        field("low_network", &X::low_network, nonnegative, "its latency once it leaves the fabric"),
        field("low_per_doubling", &X::low_per_doubling, nonnegative, "its latency per doubling of the nodes"),
        field("low_efficiency", &X::low_efficiency, positive_share,
              "the share of the fabric's bandwidth that it reaches"),
        field("low_network_efficiency", &X::low_network_efficiency, positive_share,
              "the share of the network's bandwidth that it reaches"),
        field("low_per_row", &X::low_per_row, nonnegative, "its serial work per token that an expert receives"),
        field("low_overlap", &X::low_overlap, share, "0 where latency and transfer overlap, 1 where they add"),
        field("high_launch", &X::high_launch, positive, "the time to start the high-throughput kernel"),
        field("high_network", &X::high_network, nonnegative, "its latency once it leaves the fabric"),
        field("high_per_doubling", &X::high_per_doubling, nonnegative, "its latency per doubling of the nodes"),
        field("high_per_multiprocessor", &X::high_per_multiprocessor, positive,
              "bytes per second that one multiprocessor moves"),
        field("high_efficiency", &X::high_efficiency, positive_share,
              "the share of the fabric's bandwidth that it reaches"),
        field("high_network_efficiency", &X::high_network_efficiency, positive_share,
              "the share of the network's bandwidth that it reaches"),
        field("nvlink_launch", &X::nvlink_launch, positive, "the time to start the NVLink kernel"),
        field("nvlink_efficiency", &X::nvlink_efficiency, positive_share,
              "the share of the fabric's bandwidth that it reaches"),
        field("nvlink_per_row", &X::nvlink_per_row, nonnegative, "its time per token and active expert")};
  }
};
using expert_exchange_law = basic_expert_exchange_law<>;

// The time of a dispatch or combine, B the fabric's bandwidth, Bn the network's, g ranks in a fabric, N = R/g groups, v bytes of one copy.
//   distinct ranks that a token reaches: R (1 - (1 - 1/R)^k)
//   low latency      latency a = launch + experts + (g-1) + network;  y = v k ((g-1)/R/(e B) + (R-g)/R/(e Bn)), z = rows per expert (dispatch);
//                    sqrt(a^2 + y^2 + z^2 + 2 overlap a sqrt(y^2 + z^2))
//   high throughput  launch + network + sqrt((Vi/(multiprocessors b))^2 + (Vi/(e B))^2) + Vo/(e Bn), every token once per rank (Vi) and node (Vo)
//   nvlink           launch + Vi/(e B) + rows
// Domain: ranks >= 1 (1 takes no time), active <= experts. Never falls as tokens, width or active grow. Leaves out: skewed routing, the planning
// kernel before it. Worked number: dispatch of 32 tokens of 7,168 to 8 of 256 experts on 8 H100, low latency: 17.81 us.
template <class T>
constexpr quantity<unit::second, T> time(const expert_exchange<T>& x, const scale_up_fabric<T>& fabric,
                                         const basic_expert_exchange_law<T>& law,
                                         const quantity<unit::byte_per_second, T>& scale_out) {
  using seconds = quantity<unit::second, T>;
  const T one(1);
  const T R = x.ranks;
  const T g = min(R, max(fabric.domain, one));
  const T N = R / g;
  const seconds none{};
  const T doublings = log(max(N, one)) * number_cast<T>(1.4426950408889634);
  const auto copy = x.tokens * x.width * x.element_bytes * units::byte;
  // 1 - (1 - 1/n)^k; at n = 1 the logarithm is of a guard, and the result 1.
  const auto reached = [&](const T& n) { return -expm1(x.active * log1p(-min(one / n, number_cast<T>(1 - 1e-7)))); };

  seconds t{};
  if (x.kernel == exchange_kernel::low_latency) {
    const seconds latency = law.low_launch + law.low_per_expert * x.experts + law.low_per_peer * (g - one) +
                            where(N > one, law.low_network + law.low_per_doubling * doublings, none);
    const auto moved = copy * x.active;
    const T y = (moved * ((g - one) / R) / (law.low_efficiency * fabric.bandwidth) +
                 moved * ((R - g) / R) / (law.low_network_efficiency * scale_out)) /
                units::second;
    const T z = x.combine ? T(0) : (x.tokens * R * x.active / x.experts) * (law.low_per_row / units::second);
    const T a = latency / units::second;
    const T work = y * y + z * z;
    t = sqrt(a * a + work + T(2) * law.low_overlap * a * sqrt(max(work, number_cast<T>(1e-37)))) * units::second;
  } else {
    const auto inside = copy * (R * reached(R) * (one - one / R));
    if (x.kernel == exchange_kernel::high_throughput) {
      const auto outside = copy * (N * reached(N) * ((N - one) / N));
      const auto slowness = sqrt(power<2>(one / (law.high_per_multiprocessor * x.multiprocessors)) +
                                 power<2>(one / (law.high_efficiency * fabric.bandwidth)));
      t = law.high_launch + where(N > one, law.high_network + law.high_per_doubling * doublings, none) +
          inside * slowness + outside / (law.high_network_efficiency * scale_out);
    } else {
      t = law.nvlink_launch + inside / (law.nvlink_efficiency * fabric.bandwidth) +
          law.nvlink_per_row * (x.tokens * x.active);
    }
  }
  return where(R > one, t, none);
}

}  // namespace layercake::infrastructure
