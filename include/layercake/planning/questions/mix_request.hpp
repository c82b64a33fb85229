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
  quantity<unit::watt> most = unknown<quantity<unit::watt>>();
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
  quantity<unit::watt> most_storage = unknown<quantity<unit::watt>>();  // unknown: what holds the load for a day
  double storage_interest = 0.05;  // yearly, real: between the catalog's sun (4.2 %) and gas (5.4 %), an assumption
  quantity<unit::second> step = 1 * units::hour;
  quantity<unit::usd_per_kilogram_co2e> carbon_price{};  // of the life cycle's carbon
  quantity<unit::kilogram_co2e_per_joule> most_carbon =
      unknown<quantity<unit::kilogram_co2e_per_joule>>();  // delivered
  quantity<unit::square_metre> most_land = unknown<quantity<unit::square_metre>>();
  quantity<unit::second> latest = unknown<quantity<unit::second>>();  // when all that is built has to run
  energy::conversion_chain chain = energy::catalog::legacy_ac;        // from the meter to the silicon
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
    for (const mix_share& s : sources) {
      if (s.name == name) return s;
    }
    raise(invalid_value("no source of the mix is named " + std::string(name) + "; allowed: those of the request."));
  }
};

namespace detail {
template <class Q>
void require_mix(bool holds, const std::string& path, const Q& value, const char* allowed, const char* remedy) {
  if (!holds) raise(invalid_value(finding{"request." + path, layercake::to_string(value), allowed, remedy}.text()));
}
inline void require_known(bool known, const std::string& path, const char* why) {
  if (!known) raise(missing_value("request." + path + " is unknown; set it: " + why));
}

template <class Q>
void require_limit(const char* path, const Q& value) {
  require_mix(!(value < decltype(value * 1.0){}), path, value, "at least 0, or unknown for no limit", "Set the limit.");
}
inline bool carbon_priced(const power_mix_request& q) { return q.carbon_price > 0 * units::usd / units::kilogram_co2e; }
inline bool carbon_counts(const power_mix_request& q) { return is_known(q.most_carbon) || carbon_priced(q); }

inline void check_mix_limits(const power_mix_request& q) {
  using namespace units;
  const auto positive_number = [](double x) { return x > 0 && x <= largest_sensible; };
  require_mix(positive_number(in<watt>(q.load)), "load", q.load, "above 0",
              "Set the load at the meter: 100 * megawatt.");
  require_mix(q.availability > 0 && q.availability <= 1, "availability", q.availability, "above 0 to 1",
              "0.999 leaves a thousandth of the energy unserved.");
  require_mix(positive_number(in<second>(q.step)), "step", q.step, "above 0",
              "Set the time between values of a profile.");
  require_mix(q.levels >= 2 && q.levels <= 1000, "levels", q.levels, "from 2 to 1000", "9 tries eighths of each size.");
  require_mix(q.carbon_price >= 0 * usd / kilogram_co2e && is_finite(in<usd / kilogram_co2e>(q.carbon_price)),
              "carbon_price", q.carbon_price, "at least 0", "100 * usd / tonne_co2e, or nothing.");
  require_mix(q.storage_interest > -0.5 && q.storage_interest <= 1, "storage_interest", q.storage_interest,
              "above -0.5 to 1", "0.05 for 5 % a year.");
  require_limit("most_carbon", q.most_carbon);
  require_limit("most_land", q.most_land);
  require_limit("latest", q.latest);
  require_limit("most_storage", q.most_storage);
}

// Output over capacity in each step. `steps`: those of the profiles before it, 0 if it is the first.
inline void check_mix_profile(const std::vector<double>& profile, std::size_t steps, const std::string& path) {
  require_mix(profile.size() == steps, path + ".size()", profile.size(), "as many steps as the other profiles",
              "Give all profiles over the same steps.");
  for (std::size_t t = 0; t < steps; ++t)
    require_mix(profile[t] >= 0 && profile[t] <= 1, path + "[" + std::to_string(t) + "]", profile[t], "from 0 to 1",
                "Give the output over the capacity.");
  require_mix(*std::max_element(profile.begin(), profile.end()) > 0, path, 0.0, "above 0 in some step",
              "Leave out a source that gives nothing.");
}

inline void check_mix_plant(const power_mix_request& q, const mix_plant& p, std::size_t& steps,
                            const std::string& path) {
  const energy::generator& g = p.technology;
  layercake::validate(g, "request." + path + ".technology");
  require_known(is_known(g.standing_cost()), path + ".technology.capital, fixed_operation, lifetime or interest",
                "what stands has to be paid");
  require_known(is_known(g.running_cost()), path + ".technology.variable_operation, fuel_price or efficiency",
                "what runs has to be paid");
  require_limit((path + ".most").c_str(), p.most);
  if (p.profile.empty()) {
    require_mix(g.dispatch == energy::firmness::firm, path + ".profile.size()", p.profile.size(),
                "the output in each step of a source that comes with the weather",
                "Give its output over its capacity.");
    require_known(is_known(g.capacity_factor), path + ".technology.capacity_factor", "0.9");
  } else {
    if (steps == 0) steps = p.profile.size();
    check_mix_profile(p.profile, steps, path + ".profile");
  }
  if (carbon_counts(q))
    require_known(is_known(g.lifecycle_carbon), path + ".technology.lifecycle_carbon", "carbon counts");
  if (is_known(q.most_land)) require_known(is_known(g.land), path + ".technology.land", "land is limited");
  if (is_known(q.latest))
    require_known(is_known(g.lead_time_high), path + ".technology.lead_time_high", "time is limited");
}

// Throws invalid_value and missing_value for what is wrong with the request, by its path.
inline void check_mix(const power_mix_request& q) {
  check_mix_limits(q);
  layercake::validate(q.chain, "request.chain");
  if (q.storage) layercake::validate(*q.storage, "request.storage");
  require_mix(!q.plants.empty() || !q.grids.empty(), "plants.size()", q.plants.size(), "at least 1, or a grid",
              "Name what may supply the load.");
  std::size_t steps = 0;
  for (std::size_t i = 0; i < q.plants.size(); ++i)
    check_mix_plant(q, q.plants[i], steps, "plants[" + std::to_string(i) + "]");
  for (std::size_t i = 0; i < q.grids.size(); ++i) {
    const std::string path = "grids[" + std::to_string(i) + "]";
    layercake::validate(q.grids[i].tariff, "request." + path + ".tariff");
    require_mix(q.grids[i].lead_time >= 0 * units::second, path + ".lead_time", q.grids[i].lead_time, "at least 0",
                "48 * month.");
    if (carbon_counts(q)) require_known(is_known(q.grids[i].tariff.carbon), path + ".tariff.carbon", "carbon counts");
  }
  if (q.storage && is_known(q.most_land)) require_known(is_known(q.storage->land), "storage.land", "land is limited");
  if (q.storage && is_known(q.latest))
    require_known(is_known(q.storage->lead_time_high), "storage.lead_time_high", "time is limited");
}
}  // namespace detail

}  // namespace layercake::planning
