// Sweeps on all cores by oneTBB: `space.run_on(adapters::tbb_threads{}, control{}, reductions...)`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <layercake/bulk/run/schedule.hpp>
#include <layercake/number/check.hpp>
#include <memory>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>
#include <utility>
#include <vector>

namespace layercake::adapters {

// Chunks are done by `threads` threads (0: as many as the arena of the caller has) and combined in order, so that the result has the bits of
// the serial one. At most four chunks a thread are in flight, which bounds the memory. Throws invalid_value for fewer threads than 0.
struct tbb_threads {
  int threads = 0;

  void operator()(bulk::collector& c) const {
    check_at_least("tbb_threads.threads", threads, "", 0, "Set 0 for as many as there are, or a number of threads.");
    oneapi::tbb::task_arena arena(threads > 0 ? threads : oneapi::tbb::task_arena::automatic);
    arena.execute([&] { run(c); });
  }
  static constexpr bool owns_result() { return true; }

private:
  static void run(bulk::collector& c) {
    namespace t = oneapi::tbb;
    t::enumerable_thread_specific<std::unique_ptr<bulk::chunk_worker>> workers;
    std::uint64_t next = c.first();
    const std::uint64_t chunks = c.job().chunks();
    // What is done waits in a place of its own until its turn: the chunks in flight are a range of at most so many. A run that is cut short
    // leaves nothing with the pipeline.
    const std::size_t in_flight = 4 * static_cast<std::size_t>(t::this_task_arena::max_concurrency());
    std::vector<std::unique_ptr<bulk::chunk_result>> done(in_flight);
    const auto start = [&](t::flow_control& flow) -> std::uint64_t {
      if (next == chunks || c.stop_reason()) {
        flow.stop();
        return 0;
      }
      return next++;
    };
    const auto work = [&](std::uint64_t chunk) {
      auto& w = workers.local();
      if (!w) w = c.job().make_worker();
      auto result = c.job().make_partial();
      w->run(chunk, *result);
      done[chunk % in_flight] = std::move(result);
      return chunk;
    };
    const auto take = [&](std::uint64_t chunk) { c.take(chunk, std::move(done[chunk % in_flight])); };
    t::parallel_pipeline(in_flight, t::make_filter<void, std::uint64_t>(t::filter_mode::serial_in_order, start) &
                                        t::make_filter<std::uint64_t, std::uint64_t>(t::filter_mode::parallel, work) &
                                        t::make_filter<std::uint64_t, void>(t::filter_mode::serial_in_order, take));
    if (!c.complete()) c.check();
  }
};

}  // namespace layercake::adapters
