// What is asked of a mix of power sources, what is found, and what is wrong with a question.
#pragma once

#include <algorithm>
#include <cstddef>
#include <layercake/energy/catalog.hpp>
#include <layercake/number/check.hpp>
#include <layercake/number/error.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace layercake::planning {

// A technology that may be built at the site.
struct mix_plant {
  energy::generator technology{};
  // Output over capacity in each step, as sun and wind come. Empty: it runs when asked to, at most at its capacity
  // factor in every step (its outages are spread evenly; a reserve for those that are not is the user's, in the load).
  std::vector<double> profile{};
  // Largest capacity; unknown: for a profile, what makes three times the load in the mean, else what the load needs.
  quantity<unit::watt> most = unknown<>;
};

// A grid that may be connected, `lead_time` from now. Its `connection` is the largest draw.
struct mix_grid {
  energy::grid tariff{};
  quantity<unit::second> lead_time{};
};

struct power_mix_request {
  quantity<unit::watt> load{};  // at the meter, in every step
  double availability = 1;      // share of the load's energy that has to be served
  std::vector<mix_plant> plants{};
  std::vector<mix_grid> grids{};
  std::optional<energy::battery> storage{};
  quantity<unit::watt> most_storage = unknown<>;  // unknown: what holds the load for a day
  double storage_interest = 0.05;  // yearly, real: between the catalog's sun (4.2 %) and gas (5.4 %), an assumption
  quantity<unit::second> step = 1 * units::hour;
  quantity<unit::usd_per_kilogram_co2e> carbon_price{};             // of the life cycle's carbon
  quantity<unit::kilogram_co2e_per_joule> most_carbon = unknown<>;  // delivered
  quantity<unit::square_metre> most_land = unknown<>;
  quantity<unit::second> latest = unknown<>;                    // when all that is built has to run
  energy::conversion_chain chain = energy::catalog::legacy_ac;  // from the meter to the silicon
  std::size_t levels = 9;  // sizes of each source that the first search tries, 0 and the largest among them
};

// A source of a mix.
struct mix_share {
  std::string name;
  quantity<unit::watt> capacity;
  quantity<unit::watt> delivered;  // mean; of storage, what passes through it, already counted in the plants'
  double share = 0;                // of the load's energy; 0 for storage
  quantity<unit::usd_per_second> cost;
  quantity<unit::kilogram_co2e_per_second> carbon;
  quantity<unit::square_metre> land;
  quantity<unit::second> lead_time;  // the longest that is published
};

struct power_mix {
  std::vector<mix_share> sources;       // all of the request: a capacity of 0 is not built
  quantity<unit::usd_per_joule> price;  // of a delivered joule at the meter, price of carbon within
  quantity<unit::usd_per_joule> price_at_silicon;
  quantity<unit::watt> delivered, unserved, curtailed;  // means
  quantity<unit::usd_per_second> carbon_cost;           // within the price
  quantity<unit::kilogram_co2e_per_joule> carbon;       // per delivered joule
  quantity<unit::square_metre> land;
  quantity<unit::second> lead_time;  // until the last of what is built runs
  std::string binding;               // what keeps it from being cheaper, "nothing" if only the load does
  double evaluated = 0;              // mixes

  const mix_share& source(std::string_view name) const {
    std::vector<std::string_view> names;
    for (const mix_share& s : sources) {
      if (s.name == name) return s;
      names.push_back(s.name);
    }
    check_one_of("source", name, names, "Name a source of the request.");  // throws: it is none of them
    return sources.front();
  }
};

namespace detail {
inline bool carbon_priced(const power_mix_request& q) { return q.carbon_price > 0 * units::usd / units::kilogram_co2e; }
inline bool carbon_counts(const power_mix_request& q) { return is_known(q.most_carbon) || carbon_priced(q); }

inline void check_mix_limits(const power_mix_request& q) {
  constexpr domain most_to_all{0, 1, true}, yearly{-0.5, 1, true}, levels{2, 1000, false, false, true};
  const auto limit = [](const char* path, const auto& value) {
    check_within(path, value, nonnegative.or_unknown(), "Set the limit, or leave it unknown for none.");
  };
  check_positive("request.load", q.load, "Set the load at the meter: 100 * megawatt.");
  check_within("request.availability", q.availability, most_to_all,
               "0.999 leaves a thousandth of the energy unserved.");
  check_positive("request.step", q.step, "Set the time between values of a profile.");
  check_within("request.levels", q.levels, levels, "9 tries eighths of each size.");
  check_nonnegative("request.carbon_price", q.carbon_price, "100 * usd / tonne_co2e, or nothing.");
  check_within("request.storage_interest", q.storage_interest, yearly, "0.05 for 5 % a year.");
  limit("request.most_carbon", q.most_carbon);
  limit("request.most_land", q.most_land);
  limit("request.latest", q.latest);
  limit("request.most_storage", q.most_storage);
}

inline void check_mix_profile(const mix_plant& p, std::size_t& steps, const std::string& path) {
  if (steps == 0) steps = p.profile.size();
  check_equal(path + ".size()", p.profile.size(), "the other profiles", steps,
              "Give all profiles over the same steps.");
  check_each(path, p.profile, share, "Give the output over the capacity.");
  require(*std::max_element(p.profile.begin(), p.profile.end()) > 0, path, 0.0, "above 0 in some step",
          "Leave out a source that gives nothing.");
}

// `steps`: those of the profiles before it, 0 if there were none.
inline void check_mix_plant(const power_mix_request& q, const mix_plant& p, std::size_t& steps,
                            const std::string& path) {
  const energy::generator& g = p.technology;
  layercake::validate(g, path + ".technology");
  check_known(path + ".technology.capital, fixed_operation, lifetime or interest", g.standing_cost(),
              "What stands has to be paid.");
  check_known(path + ".technology.variable_operation, fuel_price or efficiency", g.running_cost(),
              "What runs has to be paid.");
  check_within(path + ".most", p.most, nonnegative.or_unknown(), "Set the limit, or leave it unknown for none.");
  if (p.profile.empty()) {
    require(g.dispatch == energy::firmness::firm, path + ".profile.size()", p.profile.size(),
            "the output in each step of a source that comes with the weather", "Give its output over its capacity.");
    check_known(path + ".technology.capacity_factor", g.capacity_factor, "0.9");
  } else {
    check_mix_profile(p, steps, path + ".profile");
  }
  if (carbon_counts(q)) check_known(path + ".technology.lifecycle_carbon", g.lifecycle_carbon, "Carbon counts.");
  if (is_known(q.most_land)) check_known(path + ".technology.land", g.land, "Land is limited.");
  if (is_known(q.latest)) check_known(path + ".technology.lead_time_high", g.lead_time_high, "Time is limited.");
}

// Throws invalid_value and missing_value for what is wrong with the request, by its path.
inline void check_mix(const power_mix_request& q) {
  check_mix_limits(q);
  layercake::validate(q.chain, "request.chain");
  if (q.storage) layercake::validate(*q.storage, "request.storage");
  require(!q.plants.empty() || !q.grids.empty(), "request.plants.size()", q.plants.size(), "at least 1, or a grid",
          "Name what may supply the load.");
  std::size_t steps = 0;
  for (std::size_t i = 0; i < q.plants.size(); ++i)
    check_mix_plant(q, q.plants[i], steps, "request.plants[" + std::to_string(i) + "]");
  for (std::size_t i = 0; i < q.grids.size(); ++i) {
    const std::string path = "request.grids[" + std::to_string(i) + "]";
    layercake::validate(q.grids[i].tariff, path + ".tariff");
    check_nonnegative(path + ".lead_time", q.grids[i].lead_time, "48 * month.");
    if (carbon_counts(q)) check_known(path + ".tariff.carbon", q.grids[i].tariff.carbon, "Carbon counts.");
  }
  if (q.storage && is_known(q.most_land)) check_known("request.storage.land", q.storage->land, "Land is limited.");
  if (q.storage && is_known(q.latest))
    check_known("request.storage.lead_time_high", q.storage->lead_time_high, "Time is limited.");
}
}  // namespace detail

}  // namespace layercake::planning
