// How a sweep is carried out: cut into chunks that depend on the sweep alone, done in any order by anybody, combined in order. Progress,
// cancellation, a deadline, checkpoints.
#pragma once

#include <atomic>
#include <bit>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <layercake/bulk/keep/reductions.hpp>
#include <layercake/number/error.hpp>
#include <layercake/units/print.hpp>
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
// each; a sweep that they end throws `stopped`.
//
// The checkpoint holds the combined results of all chunks up to some point. A sweep that finds one goes on behind it:
// no chunk is lost or counted twice, and the result has the bits of a sweep that was never stopped. A file that is
// damaged, or of another question (other axes, values, formula, conditions or reductions), is refused.
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

// Points in a chunk: some milliseconds each, a few thousand chunks in a large sweep. Depends on the sweep alone.
inline std::uint64_t chunk_of(std::uint64_t points) {
  constexpr std::uint64_t least = std::uint64_t(1) << 16, most = std::uint64_t(1) << 22;
  const std::uint64_t n = (points / 4096 + largest_block) / largest_block * largest_block;
  return n < least ? least : n > most ? most : n;
}

// A number that another question, or a file with another content, has with a chance of 2^-64.
class digest {
public:
  void add(std::uint64_t x) {
    h_ = (h_ ^ x) * 0x9e3779b97f4a7c15u;
    h_ ^= h_ >> 32;
  }
  void add(double x) { add(std::bit_cast<std::uint64_t>(x)); }
  void add(const void* bytes, std::size_t n) {
    const auto* p = static_cast<const unsigned char*>(bytes);
    add(static_cast<std::uint64_t>(n));
    for (std::uint64_t word = 0; n > 0; word = 0) {
      const std::size_t m = n < sizeof word ? n : sizeof word;
      std::memcpy(&word, p, m);
      add(word);
      p += m, n -= m;
    }
  }
  void add(const std::string& s) { add(s.data(), s.size()); }
  std::uint64_t value() const { return h_; }

private:
  std::uint64_t h_ = 0xcbf29ce484222325u;
};

// The states of all reductions over one chunk, or over all chunks so far.
struct partial {
  partial() = default;
  partial(const partial&) = delete;
  partial& operator=(const partial&) = delete;
  virtual ~partial() = default;
  virtual void save(writer&) const = 0;
  virtual void load(reader&) = 0;
  virtual void merge(const partial& later) = 0;
};

// One who computes chunks, with memory of its own.
struct worker {
  worker() = default;
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  virtual ~worker() = default;
  virtual void run(std::uint64_t chunk, partial& into) = 0;
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
  virtual std::unique_ptr<worker> make_worker() const = 0;
  virtual std::unique_ptr<partial> make_partial() const = 0;
};

}  // namespace detail

// What a schedule of one's own (adapters/tbb.hpp, adapters/mpi.hpp) hands about: who computes chunks, and what comes out of one.
using chunk_worker = detail::worker;
using chunk_result = detail::partial;

// Takes the partial results of a job in any order and combines them in the order of their chunks. Safe to call from many threads.
class collector {
public:
  collector(const detail::job& j, detail::partial& total, const control& c)
      : job_(j), total_(total), control_(c), begin_(clock::now()), reported_(begin_), saved_(begin_) {}

  // Begins: reads the checkpoint, if there is one. The number of the first chunk to do; those before it were done
  // before. Called once, by whoever owns the result.
  std::uint64_t first() {
    if (!control_.checkpoint.empty()) resume();
    resumed_points_ = points_taken_ = points_;
    return next_;
  }
  const detail::job& job() const { return job_; }

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
    if (!control_.checkpoint.empty()) save();
    raise(stopped(std::string("bulk: the sweep was stopped (") + why + ") after " + to_string(points_) + " of " +
                  to_string(job_.points()) + " points" +
                  (control_.checkpoint.empty()
                       ? ""
                       : "; " + control_.checkpoint + " holds what was done: run it again to go on")));
  }

  void take(std::uint64_t chunk, std::unique_ptr<detail::partial> p) {
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
          const std::unique_ptr<detail::partial> q = std::move(waiting_[i].second);
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
    if (!control_.checkpoint.empty()) save();
  }
  void finish() const {
    if (!control_.checkpoint.empty()) std::remove(control_.checkpoint.c_str());
  }

private:
  using clock = std::chrono::steady_clock;
  const detail::job& job_;
  detail::partial& total_;
  const control& control_;
  clock::time_point begin_, reported_, saved_;
  std::uint64_t next_ = 0;
  double points_ = 0, points_taken_ = 0, resumed_points_ = 0;  // combined; combined or waiting; done before
  std::atomic<const char*> stopped_by_{nullptr};
  std::uint64_t fingerprint_ = 0;
  std::vector<std::pair<std::uint64_t, std::unique_ptr<detail::partial>>> waiting_;
  std::mutex mutex_;

  static double seconds_since(clock::time_point t) { return std::chrono::duration<double>(clock::now() - t).count(); }

  void fold(const detail::partial& p) {
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
    if (!control_.checkpoint.empty() && !complete() && seconds_since(saved_) >= control_.checkpoint_seconds) save();
  }

  static constexpr std::uint64_t magic = 0x32656b616372796c;  // "lyrcake2"
  // magic, fingerprint of the question, chunks done, points done, states, and a digest of all that. Written beside and
  // renamed over the old one, so that a program that dies at any time leaves a whole file.
  void save() {
    saved_ = clock::now();
    writer w;
    w.put(magic);
    w.put(fingerprint_);
    w.put(next_);
    w.put(points_);
    total_.save(w);
    detail::digest all;
    all.add(w.bytes().data(), w.bytes().size());
    w.put(all.value());
    const std::string beside = control_.checkpoint + ".new";
    std::FILE* const f = std::fopen(beside.c_str(), "wb");
    bool good = f != nullptr;
    if (good) {
      good = std::fwrite(w.bytes().data(), 1, w.bytes().size(), f) == w.bytes().size();
      good = std::fclose(f) == 0 && good;
    }
    if (!good || std::rename(beside.c_str(), control_.checkpoint.c_str()) != 0) {
      std::remove(beside.c_str());
      raise(error("bulk: the checkpoint " + control_.checkpoint +
                  " cannot be written; give a path on a writable disk with room for " +
                  std::to_string(w.bytes().size()) + " bytes"));
    }
  }
  void resume() {
    fingerprint_ = job_.fingerprint();
    std::FILE* const f = std::fopen(control_.checkpoint.c_str(), "rb");
    if (!f) {
      if (errno == ENOENT) return;
      raise(error("bulk: the checkpoint " + control_.checkpoint + " cannot be read (" + std::strerror(errno) +
                  "); allow it, or name another file"));
    }
    std::vector<unsigned char> bytes;
    unsigned char buffer[65536];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, f)) > 0;)
      bytes.insert(bytes.end(), buffer, buffer + n);
    std::fclose(f);
    constexpr std::size_t word = sizeof(std::uint64_t);
    std::uint64_t head = 0, print = 0, check = 0;
    reader r(bytes.data(), bytes.size());
    if (bytes.size() >= 2 * word) r.get(head), r.get(print);
    if (head != magic || print != fingerprint_) {
      raise(error("bulk: " + control_.checkpoint +
                  " is not a checkpoint of this sweep (its axes, formula, conditions and reductions); remove it, or "
                  "name another file"));
    }
    detail::digest all;
    all.add(bytes.data(), bytes.size() - word);
    std::memcpy(&check, bytes.data() + bytes.size() - word, word);
    if (check != all.value()) {
      raise(error("bulk: the checkpoint " + control_.checkpoint +
                  " is damaged, or was cut short while it was copied; remove it to begin anew"));
    }
    r.get(next_);
    r.get(points_);
    total_.load(r);
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
