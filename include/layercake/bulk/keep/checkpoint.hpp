// What a sweep keeps while it runs: the states of its reductions, combined chunk by chunk, and their file.
#pragma once

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <layercake/bulk/keep/bytes.hpp>
#include <layercake/number/error.hpp>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace layercake::bulk {

namespace detail {

// Where the hashes begin (Fowler, Noll, Vo: FNV-1a of 64 bits).
inline constexpr std::uint64_t fowler_noll_vo_basis = 0xcbf29ce484222325u;

// A number that another question, or a file with another content, has with a chance of 2^-64.
class digest {
public:
  void add(std::uint64_t x) {
    constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15u;  // 2^64 over the golden ratio (Knuth, TAOCP 3, 6.4)
    h_ = (h_ ^ x) * multiplier;
    h_ ^= h_ >> 32;
  }
  void add(double x) { add(std::bit_cast<std::uint64_t>(x)); }
  void add(const void* bytes, std::size_t n) {
    const auto* p = static_cast<const unsigned char*>(bytes);
    add(static_cast<std::uint64_t>(n));
    for (std::uint64_t word = 0; n > 0; word = 0) {
      const std::size_t m = n < sizeof word ? n : sizeof word;
      std::memcpy(&word, p, m);
      add(word);
      p += m, n -= m;
    }
  }
  void add(const std::string& s) { add(s.data(), s.size()); }
  std::uint64_t value() const { return h_; }

private:
  std::uint64_t h_ = fowler_noll_vo_basis;
};

}  // namespace detail

// The states of all reductions over one chunk, or over all chunks so far.
struct chunk_result {
  chunk_result() = default;
  chunk_result(const chunk_result&) = delete;
  chunk_result& operator=(const chunk_result&) = delete;
  virtual ~chunk_result() = default;
  virtual void save(writer&) const = 0;
  virtual void load(reader&) = 0;
  virtual void merge(const chunk_result& later) = 0;
};

// How far a sweep was when its checkpoint was written.
struct checkpoint_head {
  std::uint64_t fingerprint = 0;  // of the question
  std::uint64_t chunks = 0;       // done
  double points = 0;              // done
};

// The file of a checkpoint: what was done of which question, the combined states, and a digest of all that. A file that
// is damaged, or of another question, is refused with an error. One sweep at a time may use it: keep/file_lock.hpp.
class checkpoint_file {
public:
  // `path` may be empty: then there is none.
  explicit checkpoint_file(std::string path) : path_(std::move(path)) {}
  bool used() const { return !path_.empty(); }

  // Written beside and renamed over the old one, so that a program that dies at any time leaves a whole file.
  void save(const checkpoint_head& head, const chunk_result& states) const {
    writer w;
    w.put(magic);
    w.put(head.fingerprint);
    w.put(head.chunks);
    w.put(head.points);
    states.save(w);
    detail::digest all;
    all.add(w.bytes().data(), w.bytes().size());
    w.put(all.value());
    const std::string beside = path_ + ".new";
    errno = 0;
    std::FILE* const f = std::fopen(beside.c_str(), "wb");
    bool good = f != nullptr;
    if (good) {
      good = std::fwrite(w.bytes().data(), 1, w.bytes().size(), f) == w.bytes().size();
      good = std::fclose(f) == 0 && good;
    }
    if (!good || std::rename(beside.c_str(), path_.c_str()) != 0) {
      const std::string why = std::strerror(errno);
      std::remove(beside.c_str());
      raise(error("bulk: the checkpoint " + path_ + " cannot be written (" + why +
                  "); give a path on a writable disk with room for " + std::to_string(w.bytes().size()) + " bytes"));
    }
  }

  // Loads the states of the question with this fingerprint, and says how far they go: nowhere if there is no file.
  checkpoint_head load(std::uint64_t fingerprint, chunk_result& states) const {
    checkpoint_head head{fingerprint, 0, 0};
    std::vector<unsigned char> bytes;
    if (!read(bytes)) return head;
    constexpr std::size_t word = sizeof(std::uint64_t);
    std::uint64_t first = 0, of = 0, check = 0;
    reader r(bytes.data(), bytes.size());
    if (bytes.size() >= 2 * word) r.get(first), r.get(of);
    if (first != magic || of != fingerprint) {
      raise(error("bulk: " + path_ +
                  " is not a checkpoint of this sweep (its axes, formula, conditions and reductions; of a compiled "
                  "formula, by this very build of the program); remove it, or name another file"));
    }
    detail::digest all;
    all.add(bytes.data(), bytes.size() - word);
    std::memcpy(&check, bytes.data() + bytes.size() - word, word);
    if (check != all.value()) {
      raise(error("bulk: the checkpoint " + path_ +
                  " is damaged, or was cut short while it was copied; remove it to begin anew"));
    }
    r.get(head.chunks);
    r.get(head.points);
    states.load(r);
    return head;
  }
  void remove() const {
    if (used()) std::remove(path_.c_str());
  }

private:
  std::string path_;
  static constexpr std::uint64_t magic = 0x32656b616372796c;  // "lyrcake2"

  // False if there is no file.
  bool read(std::vector<unsigned char>& bytes) const {
    std::FILE* const f = std::fopen(path_.c_str(), "rb");
    if (!f) {
      if (errno == ENOENT) return false;
      raise(error("bulk: the checkpoint " + path_ + " cannot be read (" + std::strerror(errno) +
                  "); allow it, or name another file"));
    }
    constexpr std::size_t at_once = 65536;  // bytes
    unsigned char buffer[at_once];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, f)) > 0;)
      bytes.insert(bytes.end(), buffer, buffer + n);
    std::fclose(f);
    return true;
  }
};

namespace detail {

// Mixes bytes into a fingerprint (FNV-1a with a final shift: Fowler, Noll, Vo).
inline std::uint64_t mixed(std::uint64_t h, const unsigned char* data, std::size_t n) {
  constexpr std::uint64_t fowler_noll_vo_prime = 0x100000001b3u;
  for (std::size_t i = 0; i < n; ++i)
    h = (h ^ data[i]) * fowler_noll_vo_prime;
  return h ^ (h >> 29);
}

// Which reductions, in which order, with which parameters: a checkpoint holds the states of just these. What functions
// they keep is not in it. A reduction says which it is by describe(writer&).
template <class... Reduction>
std::uint64_t fingerprint_of(const std::tuple<Reduction...>& reductions) {
  writer w;
  const auto one = [&](const auto& r) {
    if constexpr (requires { r.describe(w); }) {
      r.describe(w);
    } else {
      raise(error("bulk: a checkpoint cannot tell a reduction of this type from another one; give it "
                  "void describe(bulk::writer&) const, which writes what its state depends on"));
    }
  };
  std::apply([&](const Reduction&... r) { (one(r), ...); }, reductions);
  return mixed(fowler_noll_vo_basis, w.bytes().data(), w.bytes().size());
}

}  // namespace detail

}  // namespace layercake::bulk
