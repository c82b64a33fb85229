// A sweep under mpirun: prints the wall seconds of rank 0, the least of several runs. performance.py starts it with one
// rank and with two and prints the ratio.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <layercake/adapters/mpi.hpp>
#include <layercake/bulk/run/function.hpp>

int main() {
  namespace lc = layercake;
  namespace bulk = layercake::bulk;
  const lc::adapters::mpi_environment environment;
  const lc::adapters::mpi_ranks ranks;
  const auto question =
      bulk::function([](const auto& x, const auto& y) { return (x * x + y) / (x + y * 3.0) + lc::sqrt(x * y); },
                     bulk::linear(1.0, 9.0, 8000), bulk::linear(0.5, 2.0, 8000));
  double least = 1e300;
  for (int turn = 0; turn < 3; ++turn) {
    MPI_Barrier(MPI_COMM_WORLD);
    const auto begin = std::chrono::steady_clock::now();
    question.run_on(ranks, bulk::control{}, bulk::minimum(bulk::itself), bulk::moments(bulk::itself));
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  if (ranks.rank() == 0) std::printf("%.6g\n", least);
}
