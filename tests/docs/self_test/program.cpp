#include <cstdio>

int main() {
  std::puts("before");
  // [middle]
  std::puts("from a region");
  // [middle]
}
