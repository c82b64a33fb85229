// The memory of this program, under a limit for as long as a test wants: no single request above it is granted.
#pragma once

#include <atomic>
#include <cstddef>

namespace limited_memory {

extern std::atomic<std::size_t> largest_request;  // bytes

struct at_most {
  explicit at_most(std::size_t bytes) { largest_request = bytes; }
  ~at_most() { largest_request = ~std::size_t(0); }
  at_most(const at_most&) = delete;
  at_most& operator=(const at_most&) = delete;
};

}  // namespace limited_memory
