// The one program of every consumer: it includes the library the way that the consumer found it, and says its version.
#include <cstdio>
#include <cstring>
#include <layercake/layercake.hpp>
#include <layercake/version.hpp>

#ifdef CONSUMER_SIMD
#include <xsimd/xsimd.hpp>
#endif
#ifdef CONSUMER_LINALG
#include <Eigen/Core>
#endif
#ifdef CONSUMER_JSON
#include <layercake/adapters/json.hpp>
#endif

int main() {
  double sum = 0;
#ifdef CONSUMER_SIMD
  sum += xsimd::batch<double>(0.0).get(0);
#endif
#ifdef CONSUMER_LINALG
  sum += Eigen::Vector2d(0.0, 0.0).sum();
#endif
#ifdef CONSUMER_JSON
  sum += layercake::adapters::to_json(layercake::energy::grid{}).contains("price") ? 0 : 1;
#endif
  std::printf("layercake %s works\n", layercake::library_version.text);
  return sum == 0 && std::strlen(layercake::library_version.text) >= 5 ? 0 : 1;
}
