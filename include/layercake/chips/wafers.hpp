// Processes and what a wafer of each costs, in money and carbon.
#pragma once

#include <layercake/chips/silicon.hpp>
#include <layercake/core/catalog.hpp>

namespace layercake::chips::catalog {

namespace detail {
struct wafer_prices {
  double model, low, high;  // USD; of a cost model, lowest and highest published
};
struct wafer_defects {
  double density, clustering;  // 1/cm^2
};
struct wafer_carbon {
  double energy, gases, materials;  // kWh, gCO2e and gCO2e per cm^2; gases 99 % abated
};

// Sources by field; every other figure, the published prices, is the row's source's.
inline constexpr const char* actuary = "Chiplet Actuary (DAC 2022) parameters";
inline constexpr field_source diameter{"wafer_diameter", "all logic since 2002, general knowledge",
                                       confidence::recalled};
inline constexpr field_source energy_by_act{"fab_energy", "ACT logic models"};
inline constexpr field_source gases_by_act{"fab_gases", "ACT logic models"};
inline constexpr field_source materials_by_act{"materials", "ACT logic models"};
inline constexpr field_source logic_fields[] = {diameter,
                                                {"wafer_price", actuary, confidence::estimated},
                                                {"defect_density", actuary, confidence::estimated},
                                                {"clustering", actuary, confidence::estimated},
                                                {"design_cost", actuary, confidence::estimated},
                                                energy_by_act,
                                                gases_by_act,
                                                materials_by_act};
inline constexpr const char* inaccurate =
    "Chiplet Actuary (DAC 2022) parameters, which calls those of this process inaccurate assumptions";
inline constexpr field_source newest_fields[] = {diameter,
                                                 {"wafer_price", inaccurate, confidence::assumed},
                                                 {"defect_density", inaccurate, confidence::assumed},
                                                 {"clustering", inaccurate, confidence::assumed},
                                                 {"design_cost", inaccurate, confidence::assumed},
                                                 energy_by_act,
                                                 gases_by_act,
                                                 materials_by_act};

constexpr process wafer(const char* name, const wafer_prices& p, const wafer_defects& d, const wafer_carbon& c,
                        double design, const provenance& origin) {
  using namespace units;
  using layercake::datum;
  return {.name = name,
          .wafer_price = datum<usd>(p.model),
          .wafer_price_low = datum<usd>(p.low),
          .wafer_price_high = datum<usd>(p.high),
          .defect_density =
              is_known(d.density) ? d.density / square_centimetre : unknown<quantity<unit::per_square_metre>>(),
          .clustering = d.clustering,
          .fab_energy = datum<kilowatt_hour / square_centimetre>(c.energy),
          .fab_gases = datum<gram_co2e / square_centimetre>(c.gases),
          .materials = datum<gram_co2e / square_centimetre>(c.materials),
          .design_cost = datum<usd>(design),
          .origin = origin};
}
}  // namespace detail

inline constexpr process process_n2 =
    detail::wafer("N2", {na, 24570, 30000}, {na, na}, {na, na, na}, na,
                  {"softsgeek.com (Information Network 24570); notebookcheck.net (30000)", "", confidence::published,
                   detail::logic_fields});
inline constexpr process process_n3 =
    detail::wafer("N3", {30000, 18000, 20000}, {0.2, 10}, {3.25, 275, 500}, 1e+09,
                  {"notebookcheck.net (18000, B. Bajarin); taiwannews.com.tw / DigiTimes (20000)", "",
                   confidence::published, detail::newest_fields});
inline constexpr process process_n5 = detail::wafer(
    "N5/N4", {16988, 13495, 16000}, {0.11, 10}, {2.75, 225, 500}, 5.42e+08,
    {"softsgeek.com (13495 ASP 2020); taiwannews.com.tw (16000)", "", confidence::published, detail::logic_fields});
inline constexpr process process_n7 =
    detail::wafer("N7/N6", {9346, 9346, 10000}, {0.09, 10}, {2.15, 200, 500}, 2.98e+08,
                  {"Chiplet Actuary (DAC 2022) parameters (9346); smbom.com (10000 in 2018)", "", confidence::published,
                   detail::logic_fields});
inline constexpr process process_nm8 =
    detail::wafer("8nm", {na, na, na}, {na, na}, {1.52, 150, 500}, na,
                  {"ACT logic models", "", confidence::published, detail::logic_fields});
inline constexpr process process_nm10 =
    detail::wafer("10nm", {5992, 5992, 6000}, {0.08, 10}, {1.475, 150, 500}, 1.74e+08,
                  {"Chiplet Actuary (DAC 2022) parameters (5992); smbom.com (6000)", "", confidence::published,
                   detail::logic_fields});
inline constexpr process process_nm14 =
    detail::wafer("14nm", {3984, 3984, 3984}, {0.08, 10}, {1.2, 125, 500}, 1.06e+08,
                  {detail::actuary, "", confidence::estimated, detail::logic_fields});
inline constexpr process process_nm20 =
    detail::wafer("20nm", {3677, 3677, 3677}, {0.07, 10}, {1.2, 110, 500}, 7e+07,
                  {detail::actuary, "", confidence::estimated, detail::logic_fields});
inline constexpr process process_nm28 = detail::wafer(
    "28nm", {2891, 2891, 5000}, {0.07, 10}, {0.9, 100, 500}, 5.1e+07,
    {"smbom.com (about 3000 in 2011); notebookcheck.net (5000)", "", confidence::published, detail::logic_fields});
inline constexpr process process_nm40 = detail::wafer("40nm", {2274, 2274, 2600}, {0.07, 10}, {na, na, na}, 3.8e+07,
                                                      {"Chiplet Actuary (DAC 2022) parameters (2274); smbom.com (2600)",
                                                       "", confidence::published, detail::logic_fields});
inline constexpr process process_nm55 =
    detail::wafer("55nm", {1937, 1937, 1937}, {0.07, 10}, {na, na, na}, 2.8e+07,
                  {detail::actuary, "", confidence::estimated, detail::logic_fields});
inline constexpr process process_silicon_interposer =
    detail::wafer("SI interposer (CoWoS-S like)", {1937, na, na}, {0.06, 6}, {na, na, na}, na,
                  {detail::actuary, "", confidence::estimated, detail::logic_fields});
inline constexpr process process_fan_out =
    detail::wafer("RDL fan-out", {1200, na, na}, {0.05, 3}, {na, na, na}, 1.5e+07,
                  {detail::actuary, "", confidence::estimated, detail::logic_fields});

inline constexpr std::array processes{&process_n2,     &process_n3,   &process_n5,   &process_n7,
                                      &process_nm8,    &process_nm10, &process_nm14, &process_nm20,
                                      &process_nm28,   &process_nm40, &process_nm55, &process_silicon_interposer,
                                      &process_fan_out};

// The process called so ("N5/N4"); throws `missing_value` with the nearest names.
constexpr const process& find_process(std::string_view name) { return find_by_name(processes, name); }

}  // namespace layercake::chips::catalog
