// Replaces the program's operator new and delete. In a file of its own, so that no compiler sees half of a pair
// inlined.
#include "limited_memory.hpp"

#include <cstdlib>
#include <new>

namespace limited_memory {
std::atomic<std::size_t> largest_request{~std::size_t(0)};
}

namespace {
void* granted(std::size_t n, std::size_t alignment) {
  if (n > limited_memory::largest_request) throw std::bad_alloc();
  const std::size_t size = (n / alignment + 1) * alignment;
  void* const p = size > n ? std::aligned_alloc(alignment, size) : nullptr;
  if (!p) throw std::bad_alloc();
  return p;
}
}  // namespace

void* operator new(std::size_t n) { return granted(n, alignof(std::max_align_t)); }
void* operator new(std::size_t n, std::align_val_t a) { return granted(n, static_cast<std::size_t>(a)); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
