#include <cstdio>
#include <cstring>
#include <layercake/bulk/run/dispatch.hpp>
#include <string>
#include <vector>

#define FOR_SET(set)                                                                                                   \
  namespace set {                                                                                                      \
  double run();                                                                                                        \
  const char* vectors();                                                                                               \
  }
FOR_SET(sse2)
FOR_SET(avx2)
FOR_SET(avx512bw)
#undef FOR_SET

// Each build that this processor runs gives the bits of the narrowest, and the widest of them is chosen.
int main() {
  namespace bulk = layercake::bulk;
  const std::initializer_list<bulk::built_for<double()>> builds = {
      {"sse2", sse2::run}, {"avx2", avx2::run}, {"avx512bw", avx512bw::run}};
  const std::vector<std::string> names = {sse2::vectors(), avx2::vectors(), avx512bw::vectors()};
  bool right = names[0] != names[1] && names[1] != names[2] && names[0] != names[2];
  const double narrow = bulk::best_of<double()>(builds, "sse2").run();
  const char* widest = "";
  std::size_t k = 0;
  for (const auto& b : builds) {
    const std::string& name = names[k++];
    if (!bulk::runs(b.architecture)) {
      std::printf("%s (%s): built, not run: this processor does not have the instructions\n", b.architecture,
                  name.c_str());
      continue;
    }
    const double got = b.run();
    std::printf("%s (%s): %.17g\n", b.architecture, name.c_str(), got);
    right = right && std::memcmp(&got, &narrow, sizeof got) == 0;
    widest = b.architecture;
  }
  right = right && std::strcmp(bulk::best_of<double()>(builds).architecture, widest) == 0;
  try {
    bulk::best_of<double()>(builds, "neon64");
    right = false;
  } catch (const layercake::error& e) {
    right = right && std::strstr(e.what(), "sse2, avx2, avx512bw, or not the pinned neon64") != nullptr;
  }
  return right ? 0 : 1;
}
