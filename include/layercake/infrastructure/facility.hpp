// The building: what it costs, how long it takes, what land and people it needs. Its power overhead and water are the site's.
#pragma once

#include <layercake/core/fields.hpp>
#include <layercake/core/provenance.hpp>
#include <layercake/infrastructure/labour.hpp>
#include <layercake/units/named.hpp>
#include <tuple>

namespace layercake::infrastructure {

namespace detail {
inline constexpr const char* capex_split = "ibinterviewquestions.com, a guide for job interviews: no primary source";
inline constexpr field_source facility_sources[] = {
    {"electrical_share", capex_split, confidence::estimated},
    {"mechanical_share", capex_split, confidence::estimated},
    {"shell_share", capex_split, confidence::estimated},
    {"other_share", "what the other shares leave", confidence::assumed},
    {"construction", "constructionowners.com; michaelbommarito.com", confidence::published},
    {"interconnection", "JLL 2026, by constructionowners.com", confidence::published},
    {"transformer_lead", "realclear.ai, average of 2025", confidence::published},
    {"land", "Abilene, 875 acre (Bloomberg), 1.2 GW recalled", confidence::estimated},
    {"floor_area", "Abilene, ten buildings of 0.5 M sq ft (hostingadvice.com), 1.2 GW recalled", confidence::estimated},
    {"operators", "Abilene, 100 at 1 GW (ainvest.com)", confidence::published},
    {"operator_pay", "constructionowners.com 2025-09-29, union electrician, 2,080 hours a year",
     confidence::estimated}};
}  // namespace detail

// Boundaries: `capex` is per watt of critical IT power and holds the shell, electrical and mechanical plant, fit-out and land, not the IT;
// land, floor and people are per watt of facility power.
//
// Defaults: capex 12.47 $/W calibrated to Epoch AI's 1 GW site (2026-05-14), inside the 7 to 15 $/W of standard halls (cortexconstruct.com);
// shares from a guide for job interviews (ibinterviewquestions.com), which names no source, the fourth is what they leave; construction 21 months (constructionowners.com), interconnection 48
// months (JLL 2026), large transformers 128 weeks (realclear.ai); land 3,000 and floor 390 m^2/MW (Abilene: 875 acre, ten buildings of
// 0.5 M sq ft, 1.2 GW, the last recalled); 0.1 operators per MW (ainvest.com: 100 at 1 GW), each paid 59.5 $/h (constructionowners.com,
// union electrician) for 2,080 h a year.
template <number T = double>
struct basic_facility {
  quantity<unit::usd_per_watt, T> capex = number_cast<T>(12.47) * units::usd_per_watt;
  T electrical_share = number_cast<T>(0.45);
  T mechanical_share = number_cast<T>(0.175);
  T shell_share = number_cast<T>(0.175);  // powered shell and land
  T other_share = number_cast<T>(0.2);    // fit-out, design, permits

  quantity<unit::second, T> construction = T(21) * units::month;      // ground-breaking to commissioning
  quantity<unit::second, T> interconnection = T(48) * units::month;   // waiting for the grid
  quantity<unit::second, T> transformer_lead = T(128) * units::week;  // large power transformers

  quantity<unit::square_metre_per_watt, T> land = T(3000) * units::square_metre / units::megawatt;
  quantity<unit::square_metre_per_watt, T> floor_area = T(390) * units::square_metre / units::megawatt;
  basic_workforce<T> construction_workers{};  // at the peak of the works
  quantity<unit::per_watt, T> operators = number_cast<T>(0.1) / units::megawatt;
  quantity<unit::usd_per_second, T> operator_pay = T(123760) * units::usd / units::year;
  provenance origin{"calibrated to Epoch AI, ai-datacenter-cost-breakdown", "2026-05-14", confidence::estimated,
                    detail::facility_sources};

  template <number Other>
  using with_number = basic_facility<Other>;

  static constexpr auto fields() {
    using X = basic_facility;
    return std::tuple{
        field("capex", &X::capex, positive, "what the building costs per watt of critical IT power"),
        field("electrical_share", &X::electrical_share, share, "the part of capex that is electrical plant"),
        field("mechanical_share", &X::mechanical_share, share, "the part of capex that is cooling plant"),
        field("shell_share", &X::shell_share, share, "the part of capex that is shell and land"),
        field("other_share", &X::other_share, share, "the part of capex that is fit-out, design and permits"),
        field("construction", &X::construction, nonnegative, "time from ground-breaking to commissioning"),
        field("interconnection", &X::interconnection, nonnegative,
              "time until the grid delivers, 0 with power on site"),
        field("transformer_lead", &X::transformer_lead, nonnegative, "time until large transformers are delivered"),
        field("land", &X::land, nonnegative, "land per watt of facility power"),
        field("floor_area", &X::floor_area, nonnegative, "floor per watt of facility power"),
        part("construction_workers", &X::construction_workers),
        field("operators", &X::operators, nonnegative, "permanent staff per watt of facility power"),
        field("operator_pay", &X::operator_pay, nonnegative, "what one of the staff costs per unit of time"),
        label("origin", &X::origin)};
  }

  void rules(findings& f) const {
    if constexpr (real<T>) {
      const T sum = electrical_share + mechanical_share + shell_share + other_share;
      f.require(!(sum < T(0.999) || sum > T(1.001)), "other_share", other_share,
                "a value that makes the four shares of capex add to 1",
                "Set other_share to 1 less electrical_share, mechanical_share and shell_share.");
    }
  }

  // Months until the first chip runs: the longest of the three, which proceed side by side.
  constexpr quantity<unit::second, T> time_to_build() const {
    return max(construction, max(interconnection, transformer_lead));
  }
};
using facility = basic_facility<>;

}  // namespace layercake::infrastructure
