// Run under mpirun: the sweep of the cluster has the bits of the serial one; a lost rank is reported and its chunks are
// done by the others; a sweep that was stopped goes on from its checkpoint.
//
//   sweep                 all that ends well
//   sweep dies FILE       the last rank kills itself half way; rank 0 keeps a checkpoint in FILE
//   sweep resumes FILE    goes on from there and compares
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <layercake/adapters/mpi.hpp>
#include <layercake/bulk/run/function.hpp>
#include <string>
#include <thread>

namespace lc = layercake;
namespace bulk = layercake::bulk;

namespace {

int failures = 0;
void check(bool holds, const char* what) {
  if (holds) return;
  ++failures;
  std::printf("FAILED: %s\n", what);
}

struct two_results {
  template <class X, class Y>
  auto operator()(const X& x, const Y& y) const {
    const auto r = (x * 7.3 - y * 1.9) / (x - y);
    return std::pair{r * r + lc::sqrt(x - X(1.0)) * y, y * y - x * 3.0};
  }
};
// What befalls this rank once it has computed so many batches of points.
enum class mishap { none, sleep, fail, die };
mishap next_mishap = mishap::none;
std::size_t batches_before = 0;
struct unlucky_results {
  template <class X, class Y>
  auto operator()(const X& x, const Y& y) const {
    if (next_mishap != mishap::none && batches_before-- == 0) {
      const mishap m = next_mishap;
      next_mishap = mishap::none;
      if (m == mishap::sleep) std::this_thread::sleep_for(std::chrono::milliseconds(3000));
      if (m == mishap::fail) throw lc::invalid_value("the input is spoilt");
      if (m == mishap::die) std::raise(SIGKILL);
    }
    return two_results{}(x, y);
  }
};

constexpr auto first = [](const auto& r) { return r.first; };
constexpr auto second = [](const auto& r) { return r.second; };

template <class Question, class Schedule>
auto ask(const Question& q, const Schedule& s, const bulk::control& c) {
  const auto [spread, best, front, median] = q.run_on(s, c, bulk::moments(first), bulk::minimum(first),
                                                      bulk::pareto(first, second), bulk::quantiles({0.5}, first));
  return std::array<double, 6>{
      spread.mean, spread.variance, best.value, static_cast<double>(best.index), static_cast<double>(front.size()),
      median[0]};
}
template <class A>
bool same(const A& a, const A& b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}
bool there(const std::string& file) {
  std::FILE* const f = std::fopen(file.c_str(), "rb");
  if (f) std::fclose(f);
  return f != nullptr;
}

struct lost_one {
  int rank = -1;
  std::string why;
};

}  // namespace

int main(int argc, char** argv) {
  const lc::adapters::mpi_environment environment;
  lc::adapters::mpi_ranks ranks;
  const int me = ranks.rank(), n = ranks.size();
  const auto x = bulk::linear(0.5, 40.0, 1601), y = bulk::logarithmic(0.7, 90.0, 999);  // 25 chunks
  const auto unlucky = bulk::compiled(unlucky_results{}, x, y);
  lost_one lost;
  ranks.on_lost = [](int rank, const std::string& why, void* to) { *static_cast<lost_one*>(to) = {rank, why}; };
  ranks.context = &lost;

  if (argc == 3) {
    bulk::control c;
    c.checkpoint = argv[2];
    c.checkpoint_seconds = 0;  // after each chunk
    const bool dies = std::strcmp(argv[1], "dies") == 0;
    if (dies && me == n - 1) {  // in its third chunk
      next_mishap = mishap::die;
      batches_before = 2 * 65536 / bulk::lanes<double> + 1000;
    }
    if (me == 0 && !dies) check(there(c.checkpoint), "the checkpoint outlives the rank that died");
    if (me == 0 && dies) {  // slow enough that the other rank has its turn
      c.progress_seconds = 0;
      c.progress = [](const bulk::progress_report&, void*) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      };
    }
    const auto got = ask(unlucky, ranks, c);
    if (me == 0) {
      check(same(got, ask(bulk::compiled(two_results{}, x, y), bulk::serial{}, {})),
            "nothing is lost or counted twice");
      check(!there(c.checkpoint), "a sweep that ended leaves no checkpoint");
      std::printf("went on to the end, %d failures\n", failures);
    }
    return failures == 0 ? 0 : 1;
  }

  const auto question = bulk::function(two_results{}, x, y);
  const auto expected = ask(question, bulk::serial{}, {});
  const auto got = ask(question, ranks, {});
  if (me == 0) check(same(got, expected), "the ranks give the bits of the serial sweep");

  // Columns arrive whole at rank 0.
  std::vector<double> here(1601 * 999), serial(1601 * 999);
  question.run(bulk::into(bulk::view(serial), second));
  question.run_on(ranks, {}, bulk::into(bulk::view(here), second));
  if (me == 0)
    check(std::memcmp(here.data(), serial.data(), here.size() * sizeof(double)) == 0, "columns are the serial ones");

  // Stopped by rank 0 half way, then gone on with.
  const std::string file = "mpi_checkpoint_test_" + std::to_string(n) + ".bin";
  if (me == 0) std::remove(file.c_str());
  std::atomic<bool> cancel{false};
  bulk::control c;
  c.checkpoint = file;
  c.progress_seconds = 0;
  c.context = &cancel;
  c.cancel = me == 0 ? &cancel : nullptr;
  c.progress = [](const bulk::progress_report& p, void* flag) {
    *static_cast<std::atomic<bool>*>(flag) = p.points > 0.4 * p.total;
  };
  bool was_stopped = false;
  try {
    ask(question, ranks, c);
  } catch (const bulk::stopped&) {
    was_stopped = true;
  }
  if (me == 0) check(was_stopped, "a cancelled sweep says so");
  MPI_Barrier(MPI_COMM_WORLD);
  cancel = false;
  c.progress = nullptr;
  const auto resumed = ask(question, ranks, c);
  if (me == 0) check(same(resumed, expected), "a sweep that goes on loses nothing and counts nothing twice");

  // A checkpoint of another question ends the sweep on rank 0, and no rank waits.
  if (me == 0) {
    std::FILE* const f = std::fopen(file.c_str(), "wb");
    std::fputs("something else altogether", f);
    std::fclose(f);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  bool refused = false;
  try {
    ask(question, ranks, c);
  } catch (const lc::error& e) {
    refused = std::string(e.what()).find("not a checkpoint of this sweep") != std::string::npos;
  }
  if (me == 0) {
    check(refused, "a checkpoint of another question is refused");
    std::remove(file.c_str());
  }

  if (n > 1) {
    const auto plain = ask(bulk::compiled(two_results{}, x, y), bulk::serial{}, {});
    const auto meet = [&](mishap m) {
      next_mishap = me == n - 1 ? m : mishap::none;
      batches_before = 0;
    };

    // The last rank throws in its first chunk.
    meet(mishap::fail);
    bool threw = false;
    std::array<double, 6> rest{};
    try {
      rest = ask(unlucky, ranks, {});
    } catch (const lc::invalid_value&) {
      threw = true;
    }
    check(threw == (me == n - 1), "the rank that failed throws what it met");
    if (me == 0) {
      check(lost.rank == n - 1 && lost.why.find("the input is spoilt") != std::string::npos, "and rank 0 hears why");
      check(same(rest, plain), "its chunks are done by the others");
    }

    // The same, when nobody wants to go on without it.
    MPI_Barrier(MPI_COMM_WORLD);
    ranks.go_on = false;
    c.checkpoint_seconds = 0;
    meet(mishap::fail);
    std::string said;
    try {
      ask(unlucky, ranks, c);
    } catch (const lc::adapters::lost_rank& e) {
      said = e.what();
    } catch (const lc::invalid_value&) {
    }
    const std::string name = "rank " + std::to_string(n - 1) + " of " + std::to_string(n);
    if (me == 0) {
      check(said.find(name) != std::string::npos && said.find("the input is spoilt") != std::string::npos,
            "the error names the rank and its reason");
      check(there(file), "what was done is kept");
    }
    MPI_Barrier(MPI_COMM_WORLD);
    const auto whole = ask(unlucky, ranks, c);
    if (me == 0) check(same(whole, plain), "the next run goes on from there");

    // The last rank falls asleep over its first chunk.
    MPI_Barrier(MPI_COMM_WORLD);
    ranks.patience_seconds = 0.5;
    meet(mishap::sleep);
    said.clear();
    try {
      ask(unlucky, ranks, c);
    } catch (const lc::adapters::lost_rank& e) {
      said = e.what();
    }
    if (me == 0) check(said.find(name + " is lost: silent") != std::string::npos, "a silent rank is named");
    MPI_Barrier(MPI_COMM_WORLD);
    ranks.go_on = true;
    meet(mishap::sleep);
    lost = {};
    const auto after = ask(unlucky, ranks, c);
    if (me == 0) {
      check(lost.rank == n - 1, "a silent rank is given up");
      check(same(after, plain), "and its chunks are done by the others");
    }
  }
  std::fflush(stdout);
  MPI_Barrier(MPI_COMM_WORLD);
  if (me == 0) std::printf("%d ranks, %d failures\n", n, failures);
  return failures == 0 ? 0 : 1;
}
