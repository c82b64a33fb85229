#include <cstdio>
#include <cstring>
#include <layercake/bulk/dispatch.hpp>

namespace sse2 {
double run();
const char* vectors();
}  // namespace sse2
namespace avx2 {
double run();
const char* vectors();
}  // namespace avx2

int main() {
  namespace bulk = layercake::bulk;
  const std::initializer_list<bulk::built_for<double()>> builds = {{"sse2", sse2::run}, {"avx2", avx2::run}};
  const auto best = bulk::best_of<double()>(builds), narrow = bulk::best_of<double()>(builds, "sse2");
  std::printf("%s (%s): %.17g, %s (%s): %.17g\n", narrow.architecture, sse2::vectors(), narrow.run(), best.architecture,
              avx2::vectors(), best.run());
  const double a = narrow.run(), b = best.run();
  return std::memcmp(&a, &b, sizeof a) == 0 && std::strcmp(sse2::vectors(), avx2::vectors()) != 0 &&
                 (bulk::runs("avx2") ? std::strcmp(best.architecture, "avx2") == 0 : true)
             ? 0
             : 1;
}
