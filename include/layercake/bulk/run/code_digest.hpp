// Which code a function is: what a checkpoint knows a compiled formula by, which cannot be read as a recorded one can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <layercake/bulk/keep/bytes.hpp>
#include <layercake/bulk/keep/checkpoint.hpp>
#include <layercake/number/error.hpp>
#include <type_traits>
#if defined(__ELF__) && __has_include(<link.h>)
#include <link.h>
#endif

namespace layercake::bulk::detail {

// A variable for each type: its place in a program tells the type from every other one there, also from one of the same name
// in another file.
template <class T>
inline char mark_of = 0;

#if defined(__ELF__) && __has_include(<link.h>)

// The program or shared library that an address lies in.
struct loaded_object {
  std::uintptr_t address;
  digest found{};
  bool exists = false;

  static int look_at(dl_phdr_info* object, std::size_t, void* me) {
    return static_cast<loaded_object*>(me)->look_at(*object) ? 1 : 0;
  }

private:
  bool look_at(const dl_phdr_info& object) {
    const auto base = static_cast<std::uintptr_t>(object.dlpi_addr);
    const auto begin = [&](const auto& segment) { return base + static_cast<std::uintptr_t>(segment.p_vaddr); };
    const auto loaded = [](const auto& segment) { return segment.p_type == PT_LOAD; };
    for (std::size_t i = 0; i < object.dlpi_phnum; ++i) {
      const auto& segment = object.dlpi_phdr[i];
      exists = exists || (loaded(segment) && address >= begin(segment) && address - begin(segment) < segment.p_memsz);
    }
    if (!exists) return false;
    found.add(static_cast<std::uint64_t>(address - base));
    for (std::size_t i = 0; i < object.dlpi_phnum; ++i) {
      const auto& segment = object.dlpi_phdr[i];
      const bool constant = (segment.p_flags & PF_R) != 0 && (segment.p_flags & PF_W) == 0;
      if (loaded(segment) && constant) add(begin(segment), static_cast<std::size_t>(segment.p_memsz));
    }
    return true;
  }
  // Unwatched: an address sanitizer keeps what must not be read between two constants.
  [[gnu::no_sanitize_address]] void add(std::uintptr_t from, std::size_t n) {
    const auto* const p = reinterpret_cast<const unsigned char*>(from);
    std::uint64_t word = 0;
    std::size_t i = 0;
    for (; i + sizeof word <= n; i += sizeof word) {
      __builtin_memcpy(&word, p + i, sizeof word);  // one load
      found.add(word);
    }
    for (word = 0; i < n; ++i)
      word = word << 8 | p[i];
    found.add(word);
    found.add(static_cast<std::uint64_t>(n));
  }
};

// Adds the code and the constants of the program, or the shared library, that T is of, and T's place there.
template <class T>
void add_code(digest& d) {
  loaded_object object{reinterpret_cast<std::uintptr_t>(&mark_of<T>)};
  dl_iterate_phdr(&loaded_object::look_at, &object);
  if (!object.exists)
    raise(error("bulk: the program that a compiled formula is of is not among those that are loaded"));
  d.add(object.found.value());
}

#else

template <class T>
void add_code(digest&) {
  raise(error("bulk: on this system a checkpoint cannot tell a compiled formula from another one; sweep it by "
              "bulk::function, which writes the formula down"));
}

#endif

// Adds what a function object holds: what it says itself by describe(writer&), or else its bytes.
template <class F>
void add_members(digest& d, const F& f) {
  if constexpr (requires(writer & w) { f.describe(w); }) {
    writer w;
    f.describe(w);
    d.add(w.bytes().data(), w.bytes().size());
  } else if constexpr (std::is_empty_v<F>) {
    static_cast<void>(f);
  } else if constexpr (std::is_trivially_copyable_v<F>) {
    alignas(F) unsigned char bytes[sizeof(F)];
    std::memcpy(bytes, &f, sizeof f);
#if defined(__has_builtin)
#if __has_builtin(__builtin_clear_padding)
    __builtin_clear_padding(reinterpret_cast<F*>(bytes));
#endif
#endif
    d.add(bytes, sizeof f);
  } else {
    raise(error(
        "bulk: a checkpoint cannot tell this compiled formula from another one: it holds more than its own bytes, "
        "such as a vector or a string. Sweep it by bulk::function, which writes the formula down, or give it "
        "void describe(bulk::writer&) const, which writes what it holds"));
  }
}

}  // namespace layercake::bulk::detail
