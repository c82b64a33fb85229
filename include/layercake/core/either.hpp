// One of two records, lane by lane.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/same.hpp>
#include <tuple>
#include <type_traits>

namespace layercake {

// `a` where the mask holds and `b` elsewhere, member by member. What is the same in both is not looked at; labels, which have no
// lanes, are those of `b` where the mask has lanes.
template <class Mask, described Record>
constexpr Record either(const Mask& mask, const Record& a, const Record& b) {
  if constexpr (std::is_same_v<Mask, bool>) {
    return mask ? a : b;
  } else {
    Record chosen = b;
    const auto choose = [&](const auto& d) {
      using Descriptor = std::remove_cvref_t<decltype(d)>;
      const auto &of_a = a.*(d.member), &of_b = b.*(d.member);
      if constexpr (is_field<Descriptor>) {
        if (!same(of_a, of_b)) chosen.*(d.member) = where(mask, of_a, of_b);
      } else if constexpr (is_part<Descriptor>) {
        chosen.*(d.member) = layercake::either(mask, of_a, of_b);
      }
    };
    std::apply([&](const auto&... d) { (choose(d), ...); }, Record::fields());
    return chosen;
  }
}

}  // namespace layercake
