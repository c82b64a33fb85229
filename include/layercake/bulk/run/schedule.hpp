// How a sweep is carried out: cut into chunks that depend on the sweep alone, done in any order by anybody, combined in order. Progress,
// cancellation, a deadline, checkpoints.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <layercake/bulk/keep/checkpoint.hpp>
#include <layercake/bulk/keep/file_lock.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <layercake/number/check.hpp>
#include <layercake/number/error.hpp>
#include <layercake/units/print.hpp>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace layercake::bulk {

// The sweep was stopped before its end: by its owner, or by its deadline. Nothing of it is returned; columns hold NaN.
struct stopped : error {
  using error::error;
};

struct progress_report {
  double points, total;      // done, and of the sweep
  double seconds;            // since the sweep or its resumption began
  double rate;               // points per second
  double remaining_seconds;  // at that rate
};

// What the owner of a long sweep wants. Cancellation and deadline are looked at between chunks, which take milliseconds
// each; a sweep that they end throws `stopped`. Times below 0 and NaN are refused (invalid_value).
//
// The checkpoint holds the combined results of all chunks up to some point. A sweep that finds one goes on behind it:
// no chunk is lost or counted twice, and the result has the bits of a sweep that was never stopped. A file that is
// damaged, or of another question (other axes, values, formula, conditions or reductions), is refused, and so is one that
// another sweep is using. How a question is known, and what that costs:
// - a recorded formula (function, sweep) by what it wrote down, for every combination of the choices: each is recorded once
//   more before the sweep begins;
// - a compiled one by the code and constants of the program, or shared library, that it is of, and by the bytes that it
//   captured. So a program that was built anew begins anew, and so does a formula that captured an address, which the next run
//   has elsewhere. What lies behind such an address within one run, and what other libraries compute, is known by the results
//   at 61 points alone. A formula that holds more than its bytes (a vector) is refused unless it has describe(writer&).
// - values that were listed or observed, each of them; an axis or a distribution by rule, by 262,144 of its values.
struct control {
  void (*progress)(const progress_report&, void*) = nullptr;
  void* context = nullptr;  // handed to progress
  double progress_seconds = 1;
  const std::atomic<bool>* cancel = nullptr;
  double deadline_seconds = 0;  // 0: none
  std::string checkpoint{};     // file; read if it is there, removed at the end. Empty: none
  double checkpoint_seconds = 60;
};

namespace detail {

// Times that are none are refused: a deadline of NaN would never come.
inline void check_control(const control& c) {
  constexpr domain never_negative{0, std::numeric_limits<double>::infinity()};
  check_within("control.progress_seconds", c.progress_seconds, never_negative,
               "Set seconds between two reports; 0: all.");
  check_within("control.deadline_seconds", c.deadline_seconds, never_negative, "Set seconds; 0: no deadline.");
  check_within("control.checkpoint_seconds", c.checkpoint_seconds, never_negative,
               "Set seconds between two checkpoints; 0: after each chunk.");
}

// Points in a chunk: some milliseconds each, a few thousand chunks in a large sweep. Depends on the sweep alone.
inline std::uint64_t chunk_of(std::uint64_t points) {
  constexpr std::uint64_t least = std::uint64_t(1) << 16, most = std::uint64_t(1) << 22, chunks_in_a_sweep = 4096;
  const std::uint64_t n = (points / chunks_in_a_sweep + largest_block) / largest_block * largest_block;
  return n < least ? least : n > most ? most : n;
}

}  // namespace detail

// One who computes chunks, with memory of its own.
struct chunk_worker {
  chunk_worker() = default;
  chunk_worker(const chunk_worker&) = delete;
  chunk_worker& operator=(const chunk_worker&) = delete;
  virtual ~chunk_worker() = default;
  virtual void run(std::uint64_t chunk, chunk_result& into) = 0;
};

// A sweep as a schedule sees it.
struct job {
  job() = default;
  job(const job&) = delete;
  job& operator=(const job&) = delete;
  virtual ~job() = default;
  virtual std::uint64_t chunks() const = 0;
  virtual double points() const = 0;
  virtual double points_of(std::uint64_t chunk) const = 0;
  virtual std::uint64_t fingerprint() const = 0;  // of the question: a checkpoint of another one is refused
  virtual std::unique_ptr<chunk_worker> make_worker() const = 0;
  virtual std::unique_ptr<chunk_result> make_partial() const = 0;
};

// Takes the partial results of a job in any order and combines them in the order of their chunks. Safe to call from many threads.
class collector {
public:
  collector(const bulk::job& j, chunk_result& total, const control& c)
      : job_(j),
        total_(total),
        control_(c),
        file_(c.checkpoint),
        begin_(clock::now()),
        reported_(begin_),
        saved_(begin_) {}

  // Begins: reads the checkpoint, if there is one. The number of the first chunk to do; those before it were done
  // before. Called once, by whoever owns the result.
  std::uint64_t first() {
    if (file_.used()) {
      lock_.take(control_.checkpoint);
      fingerprint_ = job_.fingerprint();
      const checkpoint_head done = file_.load(fingerprint_, total_);
      next_ = done.chunks;
      points_ = done.points;
    }
    resumed_points_ = points_taken_ = points_;
    return next_;
  }
  const bulk::job& job() const { return job_; }

  // Why to stop now, or nullptr. Once there is a reason it stays.
  const char* stop_reason() {
    if (control_.cancel && control_.cancel->load(std::memory_order_relaxed)) stopped_by_ = "cancelled";
    if (control_.deadline_seconds > 0 && seconds_since(begin_) > control_.deadline_seconds)
      stopped_by_ = "past its deadline";
    return stopped_by_;
  }
  // Throws `stopped`, with how far the sweep was; writes a checkpoint first.
  void check() {
    const char* const why = stop_reason();
    if (!why) return;
    const std::lock_guard lock(mutex_);
    if (file_.used()) save();
    raise(stopped(std::string("bulk: the sweep was stopped (") + why + ") after " + to_string(points_) + " of " +
                  to_string(job_.points()) + " points" +
                  (control_.checkpoint.empty()
                       ? ""
                       : "; " + control_.checkpoint + " holds what was done: run it again to go on")));
  }

  void take(std::uint64_t chunk, std::unique_ptr<chunk_result> p) {
    const std::lock_guard lock(mutex_);
    if (chunk < next_) return;  // done before, by a rank given up too early
    for (const auto& w : waiting_) {
      if (w.first == chunk) return;
    }
    points_taken_ += job_.points_of(chunk);
    if (chunk == next_) {
      fold(*p);
      for (bool more = true; more;) {
        more = false;
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
          if (waiting_[i].first != next_) continue;
          const std::unique_ptr<chunk_result> q = std::move(waiting_[i].second);
          waiting_[i] = std::move(waiting_.back());
          waiting_.pop_back();
          fold(*q);
          more = true;
          break;
        }
      }
    } else {
      waiting_.emplace_back(chunk, std::move(p));
    }
    tell();
  }
  bool complete() const { return next_ == job_.chunks(); }
  std::uint64_t done() const { return next_; }

  // Writes what was done so far, if there is a checkpoint file.
  void save_now() {
    const std::lock_guard lock(mutex_);
    if (file_.used()) save();
  }
  void finish() const { file_.remove(); }

private:
  using clock = std::chrono::steady_clock;
  const bulk::job& job_;
  chunk_result& total_;
  const control& control_;
  checkpoint_file file_;
  file_lock lock_;
  clock::time_point begin_, reported_, saved_;
  std::uint64_t next_ = 0;
  double points_ = 0, points_taken_ = 0, resumed_points_ = 0;  // combined; combined or waiting; done before
  std::atomic<const char*> stopped_by_{nullptr};
  std::uint64_t fingerprint_ = 0;
  std::vector<std::pair<std::uint64_t, std::unique_ptr<chunk_result>>> waiting_;
  std::mutex mutex_;

  static double seconds_since(clock::time_point t) { return std::chrono::duration<double>(clock::now() - t).count(); }

  void fold(const chunk_result& p) {
    total_.merge(p);
    points_ += job_.points_of(next_);
    ++next_;
  }
  void tell() {
    if (control_.progress && (complete() || seconds_since(reported_) >= control_.progress_seconds)) {
      reported_ = clock::now();
      const double s = seconds_since(begin_), rate = s > 0 ? (points_taken_ - resumed_points_) / s : 0;
      control_.progress({points_taken_, job_.points(), s, rate, rate > 0 ? (job_.points() - points_taken_) / rate : 0},
                        control_.context);
    }
    if (file_.used() && !complete() && seconds_since(saved_) >= control_.checkpoint_seconds) save();
  }
  void save() {
    saved_ = clock::now();
    file_.save({fingerprint_, next_, points_}, total_);
  }
};

// One after the other, on the calling thread.
struct serial {
  void operator()(collector& c) const {
    const auto w = c.job().make_worker();
    for (std::uint64_t i = c.first(); i < c.job().chunks(); ++i) {
      c.check();
      auto p = c.job().make_partial();
      w->run(i, *p);
      c.take(i, std::move(p));
    }
  }
  // Whether this process holds the result: not on the other ranks of a cluster.
  static constexpr bool owns_result() { return true; }
};

}  // namespace layercake::bulk
