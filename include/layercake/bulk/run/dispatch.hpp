// Chooses among builds of one kernel for several instruction sets when the program runs; cmake/layercake-dispatch.cmake makes them. Include it
// in a file with the baseline's flags.
#pragma once

#include <cstring>
#include <initializer_list>
#include <layercake/number/error.hpp>
#include <string>

namespace layercake::bulk {

// Whether this processor runs code of an instruction set, by the name that layercake_dispatch knows it by.
inline bool runs(const char* architecture) {
  const auto is = [&](const char* name) { return std::strcmp(architecture, name) == 0; };
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();
  if (is("sse2")) return __builtin_cpu_supports("sse2");
  if (is("sse4_2")) return __builtin_cpu_supports("sse4.2");
  if (is("avx2")) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (is("avx512bw")) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl");
  }
#elif defined(__aarch64__)
  if (is("neon64")) return true;
#endif
  return false;
}

// A function built for an instruction set.
template <class F>
struct built_for {
  const char* architecture;
  F* run;
};

// The last build that this processor runs: list them from the narrowest to the widest. `pinned`, if given, is taken instead, for tests and
// comparisons. Throws an error if there is none.
template <class F>
built_for<F> best_of(std::initializer_list<built_for<F>> builds, const char* pinned = nullptr) {
  built_for<F> best{nullptr, nullptr};
  for (const built_for<F>& b : builds) {
    if (runs(b.architecture) && (!pinned || std::strcmp(pinned, b.architecture) == 0)) best = b;
  }
  if (!best.run) {
    std::string names;
    for (const built_for<F>& b : builds)
      names += std::string(names.empty() ? "" : ", ") + b.architecture;
    raise(error(std::string("bulk: this processor runs none of the builds ") + names +
                (pinned ? std::string(", or not the pinned ") + pinned : "") +
                "; build for a narrower instruction set too"));
  }
  return best;
}

}  // namespace layercake::bulk
