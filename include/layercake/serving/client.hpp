// What a client sees of a serving instance whose engine sends several tokens in a message.
#pragma once

#include <layercake/serving/regimes.hpp>

namespace layercake {

// The figures of a load as its clients measure them. Where the engine holds the first token back until a message of k tokens is full
// (basic_serving_software::holds_first_token), of O tokens that a request writes:
//   first message   F' = F + (min(k, O) - 1) t,  F the time to the first token, t that per output token
//   per token       t' = (L - F') / (O - 1),  L the latency, which stays: the last message goes when the answer ends
// The same of the slow requests. Clients take the time of the first message for that of the first token, and share the rest of the latency among
// all other tokens (vLLM, benchmark_serving; SGLang, bench_serving). Where the first token is sent at once nothing changes, nor with messages of
// one token.
// output    tokens that a request writes, at least 1
// Leaves out: answers of several lengths; the host's time that larger messages save.
// Worked number: F 0.2 s, t 10 ms, 101 tokens, messages of 11: F' 0.3 s, L 1.2 s, t' 9 ms.
template <number T>
serving_result<T> seen_by_client(serving_result<T> s, const basic_serving_software<T>& software, const T& output) {
  if (!software.holds_first_token) return s;
  if constexpr (real<T>) check_within("output", output, at_least_one, "Set the tokens that a request writes.");
  const T held = min(software.stream_interval, output) - T(1), others = max(output - T(1), T(1));
  const T left = where(output > T(1), T(1) - held / others, T(1));
  s.time_to_first_token += s.time_per_output_token * held;
  s.slow_first_token += s.slow_output_token * held;
  s.time_per_output_token = s.time_per_output_token * left;
  s.slow_output_token = s.slow_output_token * left;
  return s;
}

}  // namespace layercake
