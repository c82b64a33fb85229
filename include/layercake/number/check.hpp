// What is wrong with a value, said in one form.
#pragma once

#include <layercake/number/domain.hpp>
#include <layercake/number/error.hpp>
#include <string>
#include <vector>

namespace layercake {

// What is wrong with one field.
struct finding {
  std::string path;     // stack.energy.price
  std::string value;    // -62 USD/MWh
  std::string allowed;  // above 0
  std::string remedy;   // what to change

  std::string text() const { return path + " is " + value + "; allowed: " + allowed + ". " + remedy; }
};

}  // namespace layercake
