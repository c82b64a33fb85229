// How long the kernels of a neural network take: closed forms over shape, chip and number format, fitted on measured
// kernels.
//
// A law is built once from a chip and then evaluated for many operations. Only + - * / sqrt, min, max and one ceil: it
// runs over batches and differentiates. More work never takes less time.
#pragma once

#include <layercake/chips/attention_kernels.hpp>
#include <layercake/chips/expert_kernels.hpp>
#include <layercake/chips/product_kernels.hpp>

namespace layercake::chips {

// Share of the 16-bit peak that chunks of a recurrence are multiplied at: small tiles between element-wise steps. Assumed.
inline constexpr double state_scan_compute = 0.3;

// Values that a multiprocessor handles per clock in element-wise kernels without wide loads. Measured with PyTorch 2.11, November 2026, 16-bit values
// times a vector that repeats: 337 to 360e9 values/s on an H100, 350 to 375e9 on an H200, whose memory is 1.4 times as fast; 132 multiprocessors at
// 1.98 GHz.
inline constexpr double narrow_values_per_clock = 1.36;

// The laws on one chip. T is the number type of the chip's figures, N that of the operation's; times are of
// promote_t<T, N>.
template <number T = double>
class basic_kernel_law {
public:
  basic_kernel_law() = default;
  constexpr basic_kernel_law(const basic_kernel_chip<T>& chip, const family_constants& constants)
      : basic_kernel_law(detail::kernel_source<T>{chip, constants}) {}

  // See the headers of products, attention and experts.
  template <number N>
  constexpr auto time(const matrix_product<N>& op, const measurement& how = in_a_running_model) const {
    return products_.start(op, how).time();
  }
  template <number N>
  constexpr auto start(const matrix_product<N>& op, const measurement& how = in_a_running_model) const {
    return products_.start(op, how);
  }
  template <number N>
  constexpr auto time(const attention_product<N>& op, const measurement& how = in_a_running_model) const {
    return attention_.time(op, how);
  }
  template <number N>
  constexpr auto prefill(const attention_product<N>& op) const {
    return attention_.prefill(op);
  }
  template <number N>
  constexpr auto decode(const attention_product<N>& op, const measurement& how = in_a_running_model) const {
    return attention_.decode(op, how);
  }
  template <number N>
  constexpr auto time(const expert_product<N>& op, const measurement& how = in_a_running_model) const {
    return experts_.time(op, how);
  }

  // Element-wise kernels: t = sqrt((n l)^2 + y^2 + 2 r n l y), n launches of l, y = bytes / (e bandwidth).
  template <number N>
  constexpr auto time(const memory_traffic<N>& op, const measurement& = in_a_running_model) const {
    using namespace units;
    using R = promote_t<T, N>;
    const R launches = op.kernels * stream_launch_ / second, moving = op.moved * stream_per_byte_ / second;
    return sqrt(launches * (launches + number_cast<R>(stream_overlap_) * moving) + moving * moving) * second;
  }

  // Element-wise kernels without wide loads: t = values / (1.36 multiprocessors clock), but no less than their bytes take.
  template <number N>
  constexpr auto time(const narrow_traffic<N>& op, const measurement& = in_a_running_model) const {
    using R = promote_t<T, N>;
    const quantity<unit::second, R> moving = op.bytes() * stream_per_byte_;
    return max(quantity<unit::second, R>(op.values * narrow_value_), moving);
  }

  // A recurrence: its bytes as an element-wise kernel moves them, and its products, of which neither hides the other.
  template <number N>
  constexpr auto time(const state_scan<N>& op, const measurement& how = in_a_running_model) const {
    return time(memory_traffic<promote_t<T, N>>{.moved = op.bytes()}, how) + op.flop() / scan_rate_;
  }

private:
  constexpr explicit basic_kernel_law(const detail::kernel_source<T>& from)
      : products_(from),
        attention_(from),
        experts_(from),
        stream_launch_(number_cast<T>(from.constants.stream.launch) * units::second),
        stream_per_byte_(from.per_byte() * number_cast<T>(1 / from.constants.stream.memory)),
        stream_overlap_(number_cast<T>(2 * from.constants.stream.overlap)),
        narrow_value_(T(1) / (number_cast<T>(narrow_values_per_clock) * from.multiprocessors(0) * from.chip.clock)),
        scan_rate_(from.chip.half * from.share(number_cast<T>(state_scan_compute))) {}

  basic_product_law<T> products_;
  basic_attention_law<T> attention_;
  basic_expert_law<T> experts_;
  quantity<unit::second, T> stream_launch_{};
  quantity<unit::second_per_byte, T> stream_per_byte_{};
  T stream_overlap_ = T(0);
  quantity<unit::second, T> narrow_value_{};
  quantity<unit::flop_per_second, T> scan_rate_{};
};

}  // namespace layercake::chips
