// Sweeps on a cluster: every rank of `mpirun` calls the same `space.run_on(adapters::mpi_ranks{}, control{},
// reductions...)`; rank 0 gets the result, with the bits of the serial one.
//
// Rank 0 hands out chunks, two at a time to each other rank so that none waits, takes results in and computes chunks
// itself in between. Ranks that are faster get more.
//
// A rank is lost when it stays silent with chunks to do, or when computing them throws there (it then says so before it
// throws to its own caller). Its chunks go to the others, or, with `go_on = false`, the sweep ends with an error that
// names it, after a checkpoint. A rank whose process dies takes all of them with it, as launchers do (Open MPI's
// `mpirun` names the rank and its signal): run again, and the sweep goes on from its checkpoint file.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <layercake/bulk/keep/bytes.hpp>
#include <layercake/bulk/run/schedule.hpp>
#include <layercake/number/check.hpp>
#include <layercake/number/error.hpp>
#include <layercake/units/print.hpp>
#include <limits>
#include <memory>
// The C interface alone: Open MPI's C++ one was removed from the standard, and warns.
#ifndef OMPI_SKIP_MPICXX
#define OMPI_SKIP_MPICXX 1
#endif
#include <mpi.h>
#include <string>
#include <utility>
#include <vector>

namespace layercake::adapters {

// A rank that had chunks to do and was silent for longer than `patience_seconds`, or failed.
struct lost_rank : error {
  using error::error;
};

// MPI for the life of an object, unless somebody else has started it. An exception that leaves that life on one rank
// ends all ranks, which would wait for it for ever.
class mpi_environment {
public:
  mpi_environment() {
    int started = 0;
    MPI_Initialized(&started);
    if (started == 0) {
      MPI_Init(nullptr, nullptr);
      mine_ = true;
    }
  }
  ~mpi_environment() {
    if (!mine_) return;
    if (std::uncaught_exceptions() > before_) {
      std::fputs("layercake: an exception leaves MPI; all ranks are ended\n", stderr);
      MPI_Abort(MPI_COMM_WORLD, 1);
    }
    MPI_Finalize();
  }
  mpi_environment(const mpi_environment&) = delete;
  mpi_environment& operator=(const mpi_environment&) = delete;

private:
  bool mine_ = false;
  int before_ = std::uncaught_exceptions();
};

struct mpi_ranks {
  MPI_Comm ranks = MPI_COMM_WORLD;
  double patience_seconds = 600;                                               // well above the longest chunk
  bool go_on = true;                                                           // without a lost rank
  void (*on_lost)(int rank, const std::string& why, void* context) = nullptr;  // null: a line on standard error
  void* context = nullptr;

  bool owns_result() const { return rank() == 0; }
  int rank() const {
    int r = 0;
    MPI_Comm_rank(ranks, &r);
    return r;
  }
  int size() const {
    int n = 1;
    MPI_Comm_size(ranks, &n);
    return n;
  }

  // Throws invalid_value, on every rank, for a patience that is not above 0.
  void operator()(bulk::collector& c) const {
    check_within("mpi_ranks.patience_seconds", patience_seconds,
                 domain{0, std::numeric_limits<double>::infinity(), true},
                 "Set seconds, well above those of the longest chunk.");
    if (rank() == 0) {
      lead(c);
    } else {
      follow(c);
    }
  }

private:
  using clock = std::chrono::steady_clock;
  static double seconds_since(clock::time_point t) { return std::chrono::duration<double>(clock::now() - t).count(); }

  // Of one sweep: what a rank that was given up sends late must not be taken for an answer to the next one. All ranks
  // count their sweeps.
  struct tags {
    int chunk, result, failure, bye;
  };
  static tags next_tags() {
    constexpr int kinds = 4, distinct = 8000;  // below 32768, which every MPI allows
    static int sweeps = 0;
    const int first = kinds * (sweeps++ % distinct);
    return {first, first + 1, first + 2, first + 3};
  }
  static constexpr std::uint64_t no_more = ~std::uint64_t(0);

  class leader;
  class follower;
  void lead(bulk::collector& c) const;
  void follow(bulk::collector& c) const;
};

// Rank 0: hands out chunks, takes results in, computes chunks itself in between.
class mpi_ranks::leader {
public:
  leader(const mpi_ranks& of, bulk::collector& c)
      : of_(of), collector_(c), members_(static_cast<std::size_t>(of.size())), tag_(next_tags()) {}

  void run() {
#if defined(__cpp_exceptions)
    try {
      turns();
    } catch (...) {
      send_home();
      throw;
    }
#else
    turns();
#endif
    send_home();
  }

private:
  static constexpr std::size_t ahead = 2;  // chunks that a rank holds
  // Chunks between the first that is missing and the last handed out, a rank: what waits for a slow one fills memory.
  static constexpr std::size_t most_waiting = 64;

  struct member {
    std::vector<std::uint64_t> chunks;  // that it is to do
    clock::time_point heard = clock::now();
    bool lost = false;
  };
  // What has arrived, from whom and of what kind.
  struct message {
    std::vector<unsigned char> bytes;
    std::size_t from = 0;
    int kind = 0;
  };

  const mpi_ranks& of_;
  bulk::collector& collector_;
  std::vector<member> members_;
  tags tag_;
  std::uint64_t next_ = 0, end_ = 0;
  std::vector<std::uint64_t> again_;  // chunks of lost ranks

  void turns() {
    next_ = collector_.first();
    end_ = collector_.job().chunks();
    const auto worker = collector_.job().make_worker();
    while (!collector_.complete()) {
      collector_.check();
      listen();
      for (std::size_t r = 1; r < members_.size(); ++r)
        hand_out(r);
      give_up_silent();
      const std::uint64_t chunk = take_chunk();
      if (chunk == no_more) continue;
      auto p = collector_.job().make_partial();
      worker->run(chunk, *p);
      collector_.take(chunk, std::move(p));
    }
  }
  std::uint64_t take_chunk() {
    if (!again_.empty()) {
      const std::uint64_t chunk = again_.back();
      again_.pop_back();
      return chunk;
    }
    const bool far_ahead = next_ - collector_.done() > most_waiting * members_.size();
    return next_ < end_ && !far_ahead ? next_++ : no_more;
  }
  void hand_out(std::size_t to) {
    member& m = members_[to];
    while (!m.lost && m.chunks.size() < ahead) {
      const std::uint64_t chunk = take_chunk();
      if (chunk == no_more) return;
      if (m.chunks.empty()) m.heard = clock::now();
      m.chunks.push_back(chunk);
      MPI_Send(&chunk, 1, MPI_UINT64_T, static_cast<int>(to), tag_.chunk, of_.ranks);
    }
  }
  // Takes a message of this sweep that has arrived; false if there is none.
  bool receive(message& got) {
    for (const int t : {tag_.result, tag_.failure, tag_.bye}) {
      int waiting = 0;
      MPI_Status status;
      MPI_Iprobe(MPI_ANY_SOURCE, t, of_.ranks, &waiting, &status);
      if (waiting == 0) continue;
      int n = 0;
      MPI_Get_count(&status, MPI_BYTE, &n);
      got.bytes.resize(static_cast<std::size_t>(n));
      unsigned char nothing = 0;
      MPI_Recv(n > 0 ? got.bytes.data() : &nothing, n, MPI_BYTE, status.MPI_SOURCE, t, of_.ranks, MPI_STATUS_IGNORE);
      got.from = static_cast<std::size_t>(status.MPI_SOURCE);
      got.kind = t;
      return true;
    }
    return false;
  }
  void listen() {
    message got;
    while (receive(got)) {
      member& m = members_[got.from];
      if (got.kind != tag_.result) {
        if (!m.lost) lose(got.from, "computing threw: " + std::string(got.bytes.begin(), got.bytes.end()));
        continue;
      }
      bulk::reader r(got.bytes.data(), got.bytes.size());
      std::uint64_t chunk = 0;
      r.get(chunk);
      auto p = collector_.job().make_partial();
      p->load(r);
      m.heard = clock::now();
      for (std::size_t i = 0; i < m.chunks.size(); ++i) {
        if (m.chunks[i] == chunk) m.chunks.erase(m.chunks.begin() + static_cast<std::ptrdiff_t>(i--));
      }
      collector_.take(chunk, std::move(p));
      if (!collector_.complete()) collector_.check();
      hand_out(got.from);
    }
  }
  void give_up_silent() {
    for (std::size_t r = 1; r < members_.size(); ++r) {
      const member& m = members_[r];
      if (m.lost || m.chunks.empty() || seconds_since(m.heard) < of_.patience_seconds) continue;
      lose(r, "silent for " + to_string(of_.patience_seconds) + " s with " + std::to_string(m.chunks.size()) +
                  " chunks to do, the first of them chunk " + std::to_string(m.chunks[0]));
    }
  }
  void lose(std::size_t r, const std::string& why) {
    member& m = members_[r];
    m.lost = true;
    if (of_.on_lost) {
      of_.on_lost(static_cast<int>(r), why, of_.context);
    } else {
      std::fprintf(stderr, "layercake: rank %zu of %zu is lost: %s%s\n", r, members_.size(), why.c_str(),
                   of_.go_on ? "; the others do its chunks" : "");
    }
    if (!of_.go_on) {
      collector_.save_now();
      raise(lost_rank("bulk: rank " + std::to_string(r) + " of " + std::to_string(members_.size()) +
                      " is lost: " + why +
                      "; look at its node, then run again: a checkpoint file, if one is set, keeps what was done"));
    }
    again_.insert(again_.end(), m.chunks.begin(), m.chunks.end());
    m.chunks.clear();
  }
  // Ends the others' work. What they still send is received, so that none of them waits for ever.
  void send_home() {
    std::size_t left = 0;
    for (std::size_t r = 1; r < members_.size(); ++r) {
      MPI_Request sent;
      MPI_Isend(&no_more, 1, MPI_UINT64_T, static_cast<int>(r), tag_.chunk, of_.ranks, &sent);
      MPI_Request_free(&sent);  // a lost rank may never take it
      if (!members_[r].lost) ++left;
    }
    message got;
    const auto begin = clock::now();
    while (left > 0 && seconds_since(begin) < of_.patience_seconds) {
      if (receive(got) && got.kind != tag_.result && !members_[got.from].lost) members_[got.from].lost = true, --left;
    }
  }
};

// The other ranks: compute the chunks they are handed and send what comes out.
class mpi_ranks::follower {
public:
  follower(const mpi_ranks& of, bulk::collector& c) : of_(of), collector_(c), tag_(next_tags()) {}

  void run() {
#if defined(__cpp_exceptions)
    try {
      work();
    } catch (const std::exception& e) {
      leave(std::string(e.what()).substr(0, longest_text), tag_.failure);
      throw;
    } catch (...) {
      leave("something that is not a std::exception", tag_.failure);
      throw;
    }
#else
    work();
#endif
    leave("", tag_.bye);
  }

private:
  static constexpr std::size_t longest_text = 1000;
  static constexpr double to_be_received = 1;  // seconds, once rank 0 has sent everybody home

  const mpi_ranks& of_;
  bulk::collector& collector_;
  tags tag_;
  std::unique_ptr<std::vector<unsigned char>> sending_ = std::make_unique<std::vector<unsigned char>>();
  MPI_Request request_ = MPI_REQUEST_NULL;
  std::vector<std::uint64_t> todo_;
  bool home_ = false;

  void work() {
    const auto worker = collector_.job().make_worker();
    while (!home_) {
      if (todo_.empty()) {
        receive();
        continue;
      }
      const std::uint64_t chunk = todo_.front();
      todo_.erase(todo_.begin());
      auto p = collector_.job().make_partial();
      worker->run(chunk, *p);
      bulk::writer w;
      w.put(chunk);
      p->save(w);
      if (w.bytes().size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        raise(
            error("bulk: what is kept of a chunk has " + std::to_string(w.bytes().size()) +
                  " bytes; allowed: to 2^31 - 1 for a message between ranks. Keep less (fewer columns, a smaller k)"));
      }
      if (!sent()) break;
      *sending_ = std::move(w.bytes());
      MPI_Isend(sending_->data(), static_cast<int>(sending_->size()), MPI_BYTE, 0, tag_.result, of_.ranks, &request_);
    }
  }
  void receive() {
    std::uint64_t chunk = no_more;
    MPI_Recv(&chunk, 1, MPI_UINT64_T, 0, tag_.chunk, of_.ranks, MPI_STATUS_IGNORE);
    if (chunk == no_more) {
      home_ = true;
    } else {
      todo_.push_back(chunk);
    }
  }
  // Until the last result is away, or nobody wants it any more: then false.
  bool sent() {
    const auto begin = clock::now();
    for (;;) {
      int done = 0;
      MPI_Test(&request_, &done, MPI_STATUS_IGNORE);
      if (done != 0) return true;
      if (home_ && seconds_since(begin) > to_be_received) return false;
      int waiting = 0;
      MPI_Iprobe(0, tag_.chunk, of_.ranks, &waiting, MPI_STATUS_IGNORE);
      if (waiting != 0) receive();
    }
  }
  void leave(const std::string& why, int kind) {
    if (!sent()) {  // this rank was given up; MPI keeps the buffer for as long as it likes
      MPI_Request_free(&request_);
      static_cast<void>(sending_.release());
    }
    MPI_Send(why.data(), static_cast<int>(why.size()), MPI_BYTE, 0, kind, of_.ranks);  // short: does not wait
  }
};

inline void mpi_ranks::lead(bulk::collector& c) const { leader(*this, c).run(); }
inline void mpi_ranks::follow(bulk::collector& c) const { follower(*this, c).run(); }

}  // namespace layercake::adapters
