// Sweeps on all cores by oneTBB: `space.run_on(adapters::tbb_threads{}, control{}, reductions...)`.
#pragma once

#include <layercake/bulk/run/schedule.hpp>
#include <memory>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>
#include <utility>

namespace layercake::adapters {

// Chunks are done by `threads` threads (0: as many as the arena of the caller has) and combined in order, so that the result has the bits of
// the serial one. At most four chunks a thread are in flight, which bounds the memory.
struct tbb_threads {
  int threads = 0;

  void operator()(bulk::collector& c) const {
    oneapi::tbb::task_arena arena(threads > 0 ? threads : oneapi::tbb::task_arena::automatic);
    arena.execute([&] { run(c); });
  }
  static constexpr bool owns_result() { return true; }

private:
  using done = std::pair<std::uint64_t, std::shared_ptr<std::unique_ptr<bulk::chunk_result>>>;

  static void run(bulk::collector& c) {
    namespace t = oneapi::tbb;
    t::enumerable_thread_specific<std::unique_ptr<bulk::chunk_worker>> workers;
    std::uint64_t next = c.first();
    const std::uint64_t chunks = c.job().chunks();
    const std::size_t in_flight = 4 * static_cast<std::size_t>(t::this_task_arena::max_concurrency());
    t::parallel_pipeline(
        in_flight, t::make_filter<void, std::uint64_t>(t::filter_mode::serial_in_order,
                                                       [&](t::flow_control& flow) -> std::uint64_t {
                                                         if (next == chunks || c.stop_reason()) {
                                                           flow.stop();
                                                           return 0;
                                                         }
                                                         return next++;
                                                       }) &
                       t::make_filter<std::uint64_t, done>(
                           t::filter_mode::parallel,
                           [&](std::uint64_t chunk) {
                             auto& w = workers.local();
                             if (!w) w = c.job().make_worker();
                             auto p = c.job().make_partial();
                             w->run(chunk, *p);
                             return done{chunk, std::make_shared<std::unique_ptr<bulk::chunk_result>>(std::move(p))};
                           }) &
                       t::make_filter<done, void>(t::filter_mode::serial_in_order,
                                                  [&](const done& d) { c.take(d.first, std::move(*d.second)); }));
    if (!c.complete()) c.check();
  }
};

}  // namespace layercake::adapters
