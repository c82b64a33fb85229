// A pipeline played operation by operation, in the published order of its schedule.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <layercake/training/schedules.hpp>
#include <map>
#include <tuple>
#include <vector>

namespace layercake_test {

using layercake::pipeline_schedule;

// A forward pass, the input's gradient, the weights' gradient, and both gradients at once.
enum class does { forward, input, weights, backward };
struct operation {
  does what;
  int end;  // from which the micro-batch came: 0 the first stage, 1 the last
  int micro_batch;
};
using slot = std::vector<operation>;  // what runs at once
struct rank_order {
  std::vector<slot> slots;
};
struct pass_times {
  double forward, input, weights, overlapped;  // of a mean stage; overlapped: a forward and a backward pass
  std::vector<double> stage{};                 // over the mean, by stage; empty: 1 each
};
struct played {
  double makespan = 0;
  std::vector<int> in_flight{};  // the most, by rank
};

class player {
public:
  std::vector<rank_order> ranks;
  pass_times times;

  played play() {
    played all;
    const std::size_t n = ranks.size();
    std::vector<std::size_t> at(n, 0);
    std::vector<double> free(n, 0);
    std::vector<int> flight(n, 0);
    all.in_flight.assign(n, 0);
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t r = 0; r < n; ++r) {
        while (at[r] < ranks[r].slots.size() && ready(r, ranks[r].slots[at[r]])) {
          const slot& s = ranks[r].slots[at[r]++];
          for (const operation& o : s)
            free[r] = std::max(free[r], begins(r, o));
          free[r] += takes(r, s);
          for (const operation& o : s)
            flight[r] += o.what == does::forward ? 1 : 0;
          all.in_flight[r] = std::max(all.in_flight[r], flight[r]);
          for (const operation& o : s) {
            flight[r] -= o.what == does::weights || o.what == does::backward ? 1 : 0;
            done[key(r, o.what == does::backward ? does::input : o.what, o)] = free[r];
            if (o.what == does::backward) done[key(r, does::backward, o)] = free[r];
          }
          moved = true;
        }
      }
    }
    for (std::size_t r = 0; r < n; ++r) {
      REQUIRE(at[r] == ranks[r].slots.size());  // nothing waits for ever
      all.makespan = std::max(all.makespan, free[r]);
    }
    return all;
  }

private:
  std::map<std::tuple<std::size_t, does, int, int>, double> done;

  static std::tuple<std::size_t, does, int, int> key(std::size_t rank, does what, const operation& o) {
    return {rank, what, o.end, o.micro_batch};
  }
  // What an operation waits for: a forward pass for the stage before, a gradient for the stage after.
  std::vector<std::tuple<std::size_t, does, int, int>> needs(std::size_t r, const operation& o) const {
    const bool up = o.end == 0, first = r == 0, last = r + 1 == ranks.size();
    std::vector<std::tuple<std::size_t, does, int, int>> list;
    if (o.what == does::forward) {
      if (!(up ? first : last)) list.push_back(key(up ? r - 1 : r + 1, does::forward, o));
    } else if (o.what == does::weights) {
      list.push_back(key(r, does::input, o));
    } else {
      list.push_back(key(r, does::forward, o));
      if (!(up ? last : first)) list.push_back(key(up ? r + 1 : r - 1, does::input, o));
    }
    return list;
  }
  bool ready(std::size_t r, const slot& s) const {
    for (const operation& o : s) {
      for (const auto& k : needs(r, o)) {
        if (!done.contains(k)) return false;
      }
    }
    return true;
  }
  double begins(std::size_t r, const operation& o) const {
    double t = 0;
    for (const auto& k : needs(r, o))
      t = std::max(t, done.at(k));
    return t;
  }
  double takes(std::size_t r, const slot& s) const {
    const double over = times.stage.empty() ? 1 : times.stage[r];
    if (s.size() == 2) return over * times.overlapped;
    switch (s[0].what) {
    case does::forward:
      return over * times.forward;
    case does::input:
      return over * times.input;
    case does::weights:
      return over * times.weights;
    case does::backward:
      return over * (times.input + times.weights);
    }
    return 0;
  }
};

// One forward, one backward after as many forward passes as there are stages to the end (Narayanan et al. 2021, figure 4).
inline rank_order one_forward_one_backward(int p, int m, int r) {
  rank_order o;
  const int before = std::min(m, p - r);
  for (int k = 0; k < before; ++k)
    o.slots.push_back({{does::forward, 0, k}});
  for (int k = 0; k < m; ++k) {
    o.slots.push_back({{does::backward, 0, k}});
    if (k + before < m) o.slots.push_back({{does::forward, 0, k + before}});
  }
  return o;
}
// The same, weight gradients as many micro-batches late as there are stages before (Qi et al. 2023, ZB-H1).
inline rank_order zero_bubble(int p, int m, int r) {
  rank_order o;
  const int before = std::min(m, p - r);
  for (int k = 0; k < before; ++k)
    o.slots.push_back({{does::forward, 0, k}});
  for (int k = 0; k < m; ++k) {
    o.slots.push_back({{does::input, 0, k}});
    if (k >= r) o.slots.push_back({{does::weights, 0, k - r}});
    if (k + before < m) o.slots.push_back({{does::forward, 0, k + before}});
  }
  for (int k = std::max(0, m - r); k < m; ++k)
    o.slots.push_back({{does::weights, 0, k}});
  return o;
}
inline rank_order all_forward(int, int m, int) {
  rank_order o;
  for (int k = 0; k < m; ++k)
    o.slots.push_back({{does::forward, 0, k}});
  for (int k = 0; k < m; ++k)
    o.slots.push_back({{does::backward, 0, k}});
  return o;
}
// DualPipe's eight phases (DeepSeek-AI 2025, DualPipe's step). Near and far are the ends by their distance.
class dual_pipe_order {
public:
  static rank_order of(int p, int m, int r) { return dual_pipe_order(p, m, r).order_; }

private:
  rank_order order_;
  int next_[2][2] = {{0, 0}, {0, 0}};  // forward and backward passes begun, by near and far
  std::vector<operation> late_;        // weight gradients
  std::size_t given_ = 0;
  bool second_half_;

  operation forward(int far) { return {does::forward, far ^ (second_half_ ? 1 : 0), next_[0][far]++}; }
  operation backward(int far) { return {does::backward, far ^ (second_half_ ? 1 : 0), next_[1][far]++}; }
  void put(const slot& s) { order_.slots.push_back(s); }
  void gradient(int far, bool weights_later) {
    operation o = backward(far);
    if (weights_later) {
      o.what = does::input;
      late_.push_back({does::weights, o.end, o.micro_batch});
    }
    put({o});
  }
  void weights() { put({late_[given_++]}); }
  void both(int forward_far, int backward_far) {
    const operation f = forward(forward_far);
    put({f, backward(backward_far)});
  }
  dual_pipe_order(int p, int m, int r) : second_half_(r >= p / 2) {
    const int near = std::min(r, p - 1 - r), inner = p / 2 - near - 1;
    for (int i = 0; i < 2 * inner; ++i)
      put({forward(0)});
    for (int i = 0; i <= near; ++i)
      put({forward(0)}), put({forward(1)});
    for (int i = 0; i < inner; ++i)
      gradient(1, true), weights(), put({forward(1)});
    for (int i = 0; i < m / 2 - p + near + 1; ++i) {
      if (i == 0 && inner == 0) {
        put({forward(0)}), gradient(1, false);
      } else {
        both(0, 1);
      }
      both(1, 0);
    }
    for (int i = 0; i < inner; ++i)
      gradient(1, false), both(1, 0);
    bool later = false;
    for (int i = 0; i <= near; ++i) {
      later = later || (i == (near + 1) / 2 && near % 2 == 1);
      gradient(1, later);
      later = later || (i == (near + 1) / 2 && near % 2 == 0);
      gradient(0, later);
    }
    for (int i = 0; i < inner; ++i)
      weights(), gradient(0, true);
    while (given_ < late_.size())
      weights();
  }
};

inline played play(pipeline_schedule s, int p, int m, const pass_times& times) {
  player all;
  all.times = times;
  for (int r = 0; r < p; ++r) {
    all.ranks.push_back(s == pipeline_schedule::one_forward_one_backward ? one_forward_one_backward(p, m, r)
                        : s == pipeline_schedule::zero_bubble            ? zero_bubble(p, m, r)
                        : s == pipeline_schedule::dual_pipe              ? dual_pipe_order::of(p, m, r)
                                                                         : all_forward(p, m, r));
  }
  return all.play();
}

}  // namespace layercake_test
