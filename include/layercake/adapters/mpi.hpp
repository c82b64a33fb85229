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
#include <cstdint>
#include <cstdio>
#include <exception>
#include <layercake/bulk/run/schedule.hpp>
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

  void operator()(bulk::collector& c) const {
    if (rank() == 0) {
      lead(c);
    } else {
      follow(c);
    }
  }

private:
  using clock = std::chrono::steady_clock;
  // Of one sweep: what a rank that was given up sends late must not be taken for an answer to the next one. All ranks count their sweeps.
  struct tags {
    int chunk, result, failure, bye;
  };
  static tags next_tags() {
    static int sweeps = 0;
    const int first = 4 * (sweeps++ % 8000);  // below 32768, which every MPI allows
    return {first, first + 1, first + 2, first + 3};
  }
  static constexpr std::uint64_t no_more = ~std::uint64_t(0);
  static constexpr std::size_t ahead = 2;  // chunks that a rank holds

  struct member {
    std::vector<std::uint64_t> chunks;  // that it is to do
    clock::time_point heard = clock::now();
    bool lost = false;
  };

  void lead(bulk::collector& c) const {
    std::uint64_t next = 0, end = 0;
    std::vector<std::uint64_t> again;  // of lost ranks
    std::vector<member> members(static_cast<std::size_t>(size()));
    const tags tag = next_tags();

    const auto take_chunk = [&] {
      if (!again.empty()) {
        const std::uint64_t chunk = again.back();
        again.pop_back();
        return chunk;
      }
      const bool far_ahead = next - c.done() > 64 * members.size();  // of a slow rank: what waits for it fills memory
      return next < end && !far_ahead ? next++ : no_more;
    };
    const auto hand_out = [&](std::size_t to) {
      member& m = members[to];
      while (!m.lost && m.chunks.size() < ahead) {
        const std::uint64_t chunk = take_chunk();
        if (chunk == no_more) return;
        if (m.chunks.empty()) m.heard = clock::now();
        m.chunks.push_back(chunk);
        MPI_Send(&chunk, 1, MPI_UINT64_T, static_cast<int>(to), tag.chunk, ranks);
      }
    };
    // A message of this sweep that has arrived, and from whom and of what kind it is; false if there is none.
    const auto receive = [&](std::vector<unsigned char>& bytes, std::size_t& from, int& kind) {
      for (const int t : {tag.result, tag.failure, tag.bye}) {
        int waiting = 0;
        MPI_Status status;
        MPI_Iprobe(MPI_ANY_SOURCE, t, ranks, &waiting, &status);
        if (waiting == 0) continue;
        int n = 0;
        MPI_Get_count(&status, MPI_BYTE, &n);
        bytes.resize(static_cast<std::size_t>(n));
        unsigned char nothing = 0;
        MPI_Recv(n > 0 ? bytes.data() : &nothing, n, MPI_BYTE, status.MPI_SOURCE, t, ranks, MPI_STATUS_IGNORE);
        from = static_cast<std::size_t>(status.MPI_SOURCE);
        kind = t;
        return true;
      }
      return false;
    };
    // Ends the others' work. What they still send is received, so that none of them waits for ever.
    const auto send_home = [&] {
      std::size_t left = 0;
      for (std::size_t r = 1; r < members.size(); ++r) {
        MPI_Request sent;
        MPI_Isend(&no_more, 1, MPI_UINT64_T, static_cast<int>(r), tag.chunk, ranks, &sent);
        MPI_Request_free(&sent);  // a lost rank may never take it
        if (!members[r].lost) ++left;
      }
      std::vector<unsigned char> bytes;
      std::size_t from = 0;
      int kind = 0;
      const auto begin = clock::now();
      while (left > 0 && std::chrono::duration<double>(clock::now() - begin).count() < patience_seconds) {
        if (receive(bytes, from, kind) && kind != tag.result && !members[from].lost) members[from].lost = true, --left;
      }
    };
    const auto lose = [&](std::size_t r, const std::string& why) {
      member& m = members[r];
      m.lost = true;
      if (on_lost) {
        on_lost(static_cast<int>(r), why, context);
      } else {
        std::fprintf(stderr, "layercake: rank %zu of %zu is lost: %s%s\n", r, members.size(), why.c_str(),
                     go_on ? "; the others do its chunks" : "");
      }
      if (!go_on) {
        c.save_now();
        raise(lost_rank("bulk: rank " + std::to_string(r) + " of " + std::to_string(members.size()) +
                        " is lost: " + why +
                        "; look at its node, then run again: a checkpoint file, if one is set, keeps what was done"));
      }
      again.insert(again.end(), m.chunks.begin(), m.chunks.end());
      m.chunks.clear();
    };
    const auto listen = [&] {
      std::vector<unsigned char> bytes;
      std::size_t from = 0;
      int kind = 0;
      while (receive(bytes, from, kind)) {
        member& m = members[from];
        if (kind != tag.result) {
          if (!m.lost) lose(from, "computing threw: " + std::string(bytes.begin(), bytes.end()));
          continue;
        }
        bulk::reader r(bytes.data(), bytes.size());
        std::uint64_t chunk = 0;
        r.get(chunk);
        auto p = c.job().make_partial();
        p->load(r);
        m.heard = clock::now();
        for (std::size_t i = 0; i < m.chunks.size(); ++i) {
          if (m.chunks[i] == chunk) m.chunks.erase(m.chunks.begin() + static_cast<std::ptrdiff_t>(i--));
        }
        c.take(chunk, std::move(p));
        if (!c.complete()) c.check();
        hand_out(from);
      }
    };
    const auto give_up_silent = [&] {
      for (std::size_t r = 1; r < members.size(); ++r) {
        const member& m = members[r];
        if (m.lost || m.chunks.empty() ||
            std::chrono::duration<double>(clock::now() - m.heard).count() < patience_seconds)
          continue;
        lose(r, "silent for " + to_string(patience_seconds) + " s with " + std::to_string(m.chunks.size()) +
                    " chunks to do, the first of them chunk " + std::to_string(m.chunks[0]));
      }
    };
    const auto turns = [&] {
      next = c.first();
      end = c.job().chunks();
      const auto worker = c.job().make_worker();
      while (!c.complete()) {
        c.check();
        listen();
        for (std::size_t r = 1; r < members.size(); ++r)
          hand_out(r);
        give_up_silent();
        const std::uint64_t chunk = take_chunk();
        if (chunk == no_more) continue;
        auto p = c.job().make_partial();
        worker->run(chunk, *p);
        c.take(chunk, std::move(p));
      }
    };
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

  void follow(bulk::collector& c) const {
    const tags tag = next_tags();
    auto sending = std::make_unique<std::vector<unsigned char>>();
    MPI_Request request = MPI_REQUEST_NULL;
    std::vector<std::uint64_t> todo;
    bool home = false;
    const auto receive = [&] {
      std::uint64_t chunk = no_more;
      MPI_Recv(&chunk, 1, MPI_UINT64_T, 0, tag.chunk, ranks, MPI_STATUS_IGNORE);
      if (chunk == no_more) {
        home = true;
      } else {
        todo.push_back(chunk);
      }
    };
    // Until the last result is away, or nobody wants it any more.
    const auto sent = [&](double patience) {
      const auto begin = clock::now();
      for (;;) {
        int done = 0;
        MPI_Test(&request, &done, MPI_STATUS_IGNORE);
        if (done != 0) return true;
        if (home && std::chrono::duration<double>(clock::now() - begin).count() > patience) return false;
        int waiting = 0;
        MPI_Iprobe(0, tag.chunk, ranks, &waiting, MPI_STATUS_IGNORE);
        if (waiting != 0) receive();
      }
    };
    constexpr double to_be_received = 1;  // seconds, once rank 0 has sent everybody home
    const auto work = [&] {
      const auto worker = c.job().make_worker();
      while (!home) {
        if (todo.empty()) {
          receive();
          continue;
        }
        const std::uint64_t chunk = todo.front();
        todo.erase(todo.begin());
        auto p = c.job().make_partial();
        worker->run(chunk, *p);
        bulk::writer w;
        w.put(chunk);
        p->save(w);
        if (!sent(to_be_received)) break;
        *sending = std::move(w.bytes());
        MPI_Isend(sending->data(), static_cast<int>(sending->size()), MPI_BYTE, 0, tag.result, ranks, &request);
      }
    };
    const auto leave = [&](const std::string& why, int kind) {
      if (!sent(to_be_received)) {  // this rank was given up; MPI keeps the buffer for as long as it likes
        MPI_Request_free(&request);
        static_cast<void>(sending.release());
      }
      MPI_Send(why.data(), static_cast<int>(why.size()), MPI_BYTE, 0, kind, ranks);  // short: does not wait
    };
#if defined(__cpp_exceptions)
    try {
      work();
    } catch (const std::exception& e) {
      leave(std::string(e.what()).substr(0, longest_text), tag.failure);
      throw;
    } catch (...) {
      leave("something that is not a std::exception", tag.failure);
      throw;
    }
#else
    work();
#endif
    leave("", tag.bye);
  }
  static constexpr std::size_t longest_text = 1000;
};

}  // namespace layercake::adapters
