// A list with room for a fixed number of elements, inside the record that has it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <layercake/number/error.hpp>
#include <string>

namespace layercake {

// Up to `most` elements, usable in constant expressions and copied as a value. More of them throw invalid_value.
template <class Element, std::size_t most>
class inplace_list {
public:
  using value_type = Element;
  static constexpr std::size_t capacity = most;

  constexpr inplace_list() = default;
  constexpr inplace_list(std::initializer_list<Element> elements) {
    resize(elements.size());
    std::copy(elements.begin(), elements.end(), begin());
  }

  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr Element* begin() { return elements_.data(); }
  constexpr Element* end() { return elements_.data() + size_; }
  constexpr const Element* begin() const { return elements_.data(); }
  constexpr const Element* end() const { return elements_.data() + size_; }
  constexpr Element& operator[](std::size_t i) { return elements_[i]; }
  constexpr const Element& operator[](std::size_t i) const { return elements_[i]; }

  constexpr void push_back(const Element& element) {
    resize(size_ + 1);
    elements_[size_ - 1] = element;
  }
  // Elements that are new are as an Element{} is.
  constexpr void resize(std::size_t size) {
    if (size > most) {
      raise(invalid_value("a list has " + std::to_string(size) + " elements; allowed: at most " + std::to_string(most) +
                          "."));
    }
    for (std::size_t i = size; i < size_; ++i)
      elements_[i] = Element{};
    size_ = size;
  }

private:
  std::array<Element, most> elements_{};
  std::size_t size_ = 0;
};

}  // namespace layercake
