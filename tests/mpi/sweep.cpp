// Run under mpirun: the sweep of the cluster has the bits of the serial one; a lost rank is reported and its chunks are
// done by the others; a sweep that was stopped goes on from its checkpoint.
#include <atomic>
#include <cstdio>
#include <cstring>
#include <layercake/adapters/mpi.hpp>
#include <layercake/bulk/function.hpp>
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

std::atomic<int> sleep_milliseconds{0};  // of a rank that is to be lost, before a value of x

struct two_results {
  template <class X, class Y>
  auto operator()(const X& x, const Y& y) const {
    const auto r = (x * 7.3 - y * 1.9) / (x - y);
    return std::pair{r * r + lc::sqrt(x - X(1.0)) * y, y * y - x * 3.0};
  }
};
// Stops whoever computes the first chunk that it is asked for.
struct slow_results {
  template <class X, class Y>
  auto operator()(const X& x, const Y& y) const {
    const int ms = sleep_milliseconds.exchange(0);
    if (ms > 0) std::this_thread::sleep_for(std::chrono::milliseconds(ms));
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

}  // namespace

int main() {
  const lc::adapters::mpi_environment environment;
  lc::adapters::mpi_ranks ranks;
  const int me = ranks.rank(), n = ranks.size();
  const auto x = bulk::linear(0.5, 40.0, 1601), y = bulk::logarithmic(0.7, 90.0, 999);  // 25 chunks
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

  if (n > 1) {  // the last rank falls asleep over its first chunk
    static int lost = -1;
    ranks.patience_seconds = 0.5;
    ranks.on_lost = [](int rank, std::size_t, void*) { lost = rank; };
    const auto slow = bulk::compiled(slow_results{}, x, y);
    const auto plain = ask(bulk::compiled(two_results{}, x, y), bulk::serial{}, {});
    if (me == n - 1) sleep_milliseconds = 3000;
    const auto rest = ask(slow, ranks, {});
    if (me == 0) {
      check(lost == n - 1, "the lost rank is named");
      check(same(rest, plain), "its chunks are done by the others");
    }
  }
  std::fflush(stdout);
  MPI_Barrier(MPI_COMM_WORLD);
  if (me == 0) std::printf("%d ranks, %d failures\n", n, failures);
  return failures == 0 ? 0 : 1;
}
