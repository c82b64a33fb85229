// What a layer's concept asks of a member or a result: a quantity of a certain unit, over any number type.
#pragma once

#include <concepts>
#include <layercake/units/quantity.hpp>

namespace layercake {

template <class Quantity, class Unit>
concept measures =
    is_quantity<std::remove_cvref_t<Quantity>> && std::same_as<typename std::remove_cvref_t<Quantity>::unit_type, Unit>;

}  // namespace layercake
