// States as bytes, between ranks and in checkpoints. Both ends are the same program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <layercake/number/error.hpp>
#include <type_traits>
#include <vector>

namespace layercake::bulk {

class writer {
public:
  template <class T>
  void put(const T& x) {
    static_assert(std::is_trivially_copyable_v<T>);
    append(&x, sizeof x);
  }
  template <class T>
  void put(const std::vector<T>& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    put(static_cast<std::uint64_t>(v.size()));
    append(v.data(), v.size() * sizeof(T));
  }
  std::vector<unsigned char>& bytes() { return bytes_; }

private:
  std::vector<unsigned char> bytes_;
  void append(const void* from, std::size_t n) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + n);
    if (n > 0) std::memcpy(bytes_.data() + at, from, n);
  }
};

class reader {
public:
  reader(const unsigned char* data, std::size_t n) : at_(data), left_(n) {}
  template <class T>
  void get(T& x) {
    static_assert(std::is_trivially_copyable_v<T>);
    take(&x, sizeof x);
  }
  template <class T>
  void get(std::vector<T>& v) {
    std::uint64_t n = 0;
    get(n);
    if (n > left_ / sizeof(T)) raise(error("bulk: a saved state is cut short"));
    v.resize(n);
    take(v.data(), n * sizeof(T));
  }
  std::size_t left() const { return left_; }

private:
  const unsigned char* at_;
  std::size_t left_;
  void take(void* to, std::size_t n) {
    if (n > left_) raise(error("bulk: a saved state is cut short"));
    if (n > 0) std::memcpy(to, at_, n);
    at_ += n;
    left_ -= n;
  }
};

}  // namespace layercake::bulk
