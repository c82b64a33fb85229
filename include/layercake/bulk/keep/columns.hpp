// Columns of typed values: plain contiguous numbers in memory, the unit in the type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <layercake/bulk/memory.hpp>
#include <layercake/number/error.hpp>
#include <layercake/units/named.hpp>
#include <limits>
#include <string>
#include <vector>

namespace layercake::bulk {

// Memory that does not fit what it is to hold: too small, misaligned, given twice.
struct invalid_column : error {
  using error::error;
};

// The user's own memory, seen as values of one unit: `bulk::view(data, n, usd / megawatt_hour)`. S is double or float; void* says nothing, so a
// view is only made from typed memory.
template <class Unit, class S = double>
class column_view {
public:
  using unit_type = Unit;
  using value_type = quantity_t<Unit, S>;

  // Numbers at `data` are multiples of `size` base units.
  column_view(S* data, std::size_t n, double size) : data_(data), n_(n), size_(size) {
    if (data == nullptr && n > 0)
      raise(invalid_column("bulk: a column of " + std::to_string(n) +
                           " values at no address; give the memory that holds them"));
    if (reinterpret_cast<std::uintptr_t>(data) % alignof(S) != 0) {
      raise(invalid_column("bulk: a column begins at an address that is not a multiple of " +
                           std::to_string(alignof(S)) + " bytes; align it"));
    }
  }

  std::size_t size() const { return n_; }
  bool empty() const { return n_ == 0; }
  value_type operator[](std::size_t i) const { return typed(static_cast<S>(static_cast<double>(data_[i]) * size_)); }
  void set(std::size_t i, const value_type& q) const {
    data_[i] = static_cast<S>(static_cast<double>(base_value(q)) / size_);
  }
  // Base units into the column's own numbers.
  template <class R>
  void convert(const R* base, std::size_t n, S* own) const {
    if (size_ == 1.0) {
      for (std::size_t i = 0; i < n; ++i)
        own[i] = static_cast<S>(base[i]);
    } else {
      for (std::size_t i = 0; i < n; ++i)
        own[i] = static_cast<S>(static_cast<double>(base[i]) / size_);
    }
  }
  void clear(std::size_t i) const { data_[i] = std::numeric_limits<S>::quiet_NaN(); }

  // Whether the two share memory.
  template <class V, class R>
  bool overlaps(const column_view<V, R>& o) const {
    const auto a = reinterpret_cast<std::uintptr_t>(data_), b = reinterpret_cast<std::uintptr_t>(o.data());
    return n_ > 0 && o.size() > 0 && (a < b ? (b - a) / sizeof(S) < n_ : (a - b) / sizeof(R) < o.size());
  }
  S* data() const { return data_; }
  double base_units() const { return size_; }  // in one of the column's own

  class iterator {
  public:
    iterator(const column_view* c, std::size_t i) : column_(c), i_(i) {}
    value_type operator*() const { return (*column_)[i_]; }
    iterator& operator++() {
      ++i_;
      return *this;
    }
    bool operator!=(const iterator& o) const { return i_ != o.i_; }

  private:
    const column_view* column_;
    std::size_t i_;
  };
  iterator begin() const { return {this, 0}; }
  iterator end() const { return {this, n_}; }

private:
  static value_type typed(S x) { return from_base_value<quantity_t<Unit>>(x); }
  S* data_;
  std::size_t n_;
  double size_;
};

template <real S, class Tag, scale Scale>
column_view<Tag, S> view(S* data, std::size_t n, named_unit<Tag, Scale>) {
  static_assert(!std::is_const_v<S>,
                "layercake: a column that is only read can be copied into an axis: bulk::list(...)");
  return {data, n, Scale.template up<double>() / Scale.template down<double>()};
}
template <real S, class Tag, scale Scale>
column_view<Tag, S> view(std::vector<S>& data, named_unit<Tag, Scale> unit) {
  return view(data.data(), data.size(), unit);
}
// Plain numbers.
template <real S>
column_view<void, S> view(std::vector<S>& data) {
  return {data.data(), data.size(), 1.0};
}

// A column that owns its memory, in base units. Throws out_of_memory if there is not enough.
template <class Q>
class column {
public:
  using value_type = Q;
  using unit_type = typename Q::unit_type;
  using number_type = typename Q::number_type;

  explicit column(std::size_t n = 0) {
    with_memory([&] { data_.resize(n); },
                [&] {
                  return "bulk: there is no memory for a column of " + std::to_string(n) + " values, " +
                         bytes_text(static_cast<double>(n) * sizeof(number_type)) +
                         "; keep a reduction instead (histogram, quantiles, top k), or shorten an axis";
                });
  }
  std::size_t size() const { return data_.size(); }
  Q operator[](std::size_t i) const { return from_base_value<quantity_t<unit_type>>(data_[i]); }
  void set(std::size_t i, const Q& q) { data_[i] = base_value(q); }
  column_view<unit_type, number_type> view() { return {data_.data(), data_.size(), 1.0}; }

  class iterator {
  public:
    explicit iterator(const number_type* p) : p_(p) {}
    Q operator*() const { return from_base_value<quantity_t<unit_type>>(*p_); }
    iterator& operator++() {
      ++p_;
      return *this;
    }
    bool operator!=(const iterator& o) const { return p_ != o.p_; }

  private:
    const number_type* p_;
  };
  iterator begin() const { return iterator(data_.data()); }
  iterator end() const { return iterator(data_.data() + data_.size()); }

private:
  std::vector<number_type> data_;
};

}  // namespace layercake::bulk
