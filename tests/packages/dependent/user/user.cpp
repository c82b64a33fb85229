#include <cstdio>
#include <cstring>
#include <dependent.hpp>

int main() {
  std::printf("layercake %s works\n", version_that_dependent_was_built_with());
  return std::strcmp(version_that_dependent_was_built_with(), layercake::library_version.text);
}
