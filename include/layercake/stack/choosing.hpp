// The plan of a stack: of all that the search names the one whose bill is least, in whole replicas and at scale.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <layercake/core/either.hpp>
#include <layercake/core/same.hpp>
#include <layercake/serving/search.hpp>
#include <layercake/stack/billing.hpp>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace layercake {

// The plans of a service: as large as it is, in whole replicas, and at a scale where one more or less does not count.
template <number T = double>
struct chosen_plans {
  basic_serving_plan<T> whole, smooth;

  const basic_serving_plan<T>& of(counting how) const { return how == counting::whole ? whole : smooth; }
};

namespace detail {
// The order of plans. The lower cost comes first. If neither plan has a finite cost, fewer chips do; if neither has a finite
// number of chips, since neither answers the calls, more calls whose cache fits do.
template <number T>
struct plan_rank {
  quantity<unit::usd_per_second, T> cost;  // of what depends on the plan: infrastructure and energy
  T chips, fitting;

  static plan_rank of(const basic_bill<T>& b) {
    return {b.built.cost() + b.supplied.cost(), plain(b.built.chips), b.serving.memory_bound_concurrency};
  }
  static plan_rank last() {
    return {unknown<>, number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity()), T(-1)};
  }
  auto before(const plan_rank& other) const {
    const auto here = is_finite(cost), there = is_finite(other.cost);
    const auto answers = is_finite(chips), answered = is_finite(other.chips);
    return (here && (!there || cost < other.cost)) ||
           (!here && !there &&
            ((answers && (!answered || chips < other.chips)) || (!answers && !answered && fitting > other.fitting)));
  }
};

// Visits plans and keeps the ones whose bills are least under either counting.
template <real T, class Layers>
class cheapest_plans {
public:
  cheapest_plans(const Layers& layers, const call_demand<T>& demand) : on_(layers), demand_(demand) {}

  // The calls per second that a replica of `plan` answers at least, if the plan can cost less than the best so far: one that
  // answers fewer takes so many chips that they cost more even idle.
  quantity<unit::per_second, T> needed(const basic_serving_plan<T>& plan) const {
    const quantity<unit::per_second, T> busiest =
        demand_.calls * demand_.peak_to_mean / (on_.infrastructure.utilisation * on_.infrastructure.availability);
    const T group = plan.chips() * plan.expert;
    return min(busiest / (floor(whole_chips_ / group) * plan.expert), busiest / (smooth_chips_ / plan.chips()));
  }
  void operator()(const basic_serving_plan<T>& plan, const pool_figures<T>& served) {
    if (!(served.writing.calls >= needed(plan))) return;
    const billing<T, Layers> law(on_, plan, served);
    for (const counting how : {counting::whole, counting::smooth}) {
      const bool whole = how == counting::whole;
      plan_rank<T>& best = whole ? whole_ : smooth_;
      const plan_rank<T> rank = plan_rank<T>::of(law(how));
      if (!rank.before(best)) continue;
      best = rank;
      (whole ? plans_.whole : plans_.smooth) = plan;
      (whole ? whole_chips_ : smooth_chips_) = chips_for(rank, how);
    }
  }
  const chosen_plans<T>& plans() const { return plans_; }

private:
  const Layers& on_;
  const call_demand<T>& demand_;
  plan_rank<T> whole_ = plan_rank<T>::last(), smooth_ = plan_rank<T>::last();
  // The number of idle chips that cost as much as the best plan so far.
  T whole_chips_ = std::numeric_limits<T>::infinity(), smooth_chips_ = std::numeric_limits<T>::infinity();
  chosen_plans<T> plans_{};

  // The number of idle chips that cost as much as the best plan or up to a tenth more; infinite where its cost is not known.
  T chips_for(const plan_rank<T>& best, counting how) const {
    constexpr int steps = 40;
    const T step = number_cast<T>(1.1);
    T n = best.chips * T(best.cost / idle_cost(best.chips, how));
    for (int i = 0; i < steps && idle_cost(n, how) < best.cost; ++i)
      n = n * step;
    return idle_cost(n, how) >= best.cost ? n : std::numeric_limits<T>::infinity();
  }
  quantity<unit::usd_per_second, T> idle_cost(const T& chips, counting how) const {
    chip_demand<T> idle;
    idle.chips = chips;
    idle.peak_power = chips::idle_power_of(on_.chip);
    idle.mean_power = chips::idle_power_of(on_.chip);
    idle.price = on_.chip.price;
    idle.die_area = chips::die_area_of(on_.chip);
    const auto built = on_.infrastructure.pull(idle, how);
    return built.cost() + on_.energy.pull(built.power).cost();
  }
};
}  // namespace detail

// The plans of a service, by its bills. Throws infeasible with the reason of the plan that came nearest.
template <real T, class Layers>
chosen_plans<T> choose_plans(const Layers& on, const serving_search& search) {
  check_plans(search);
  const serving_task task(on.chip, on.infrastructure, on.model, widened<T>(on.application.pull()));
  detail::cheapest_plans<T, Layers> cheapest(on, task.demand);
  const std::string reason = for_each_serving_plan(task, search, cheapest);
  if (!reason.empty()) raise(infeasible("no serving plan that the search names answers the calls: " + reason));
  return cheapest.plans();
}

// Of `plans` the one whose bill is least, lane by lane.
template <number T, class Layers>
basic_serving_plan<T> best_of(const std::vector<serving_plan>& plans, const Layers& on, counting how) {
  basic_serving_plan<T> best = layercake::with_number<T>(plans.front());
  if (plans.size() == 1) return best;
  auto least = detail::plan_rank<T>::of(billing<T, Layers>(on, best)(how));
  for (std::size_t i = 1; i < plans.size(); ++i) {
    const basic_serving_plan<T> plan = layercake::with_number<T>(plans[i]);
    const auto rank = detail::plan_rank<T>::of(billing<T, Layers>(on, plan)(how));
    const auto better = rank.before(least);
    best = either(better, plan, best);
    least = {where(better, rank.cost, least.cost), where(better, rank.chips, least.chips),
             where(better, rank.fitting, least.fitting)};
  }
  return best;
}

namespace detail {

// Finds the plans that are the best somewhere in a box of input ranges. A bill is taken to rise throughout or to fall
// throughout with each input, so that anywhere in a box it lies between its least and its greatest value at the corners.
//   A plan that is the best at a corner wins: it is kept.
//   A plan whose least bill in a box is above the greatest of another plan there cannot be the best in that box.
//   A box with plans that are neither is halved, and both halves are looked at. After `most_bills` bills nothing is halved any
//   more, and such plans are kept: a plan too many costs time, never a wrong answer.
// `Range` has members set(stack, value), low, high, and whole, whether its values are whole numbers.
template <class Stack, class Range>
class plans_in_a_box {
  using T = typename Stack::number_type;
  using point = std::vector<double>;
  using rank = plan_rank<T>;
  struct box {
    point low, high;
    std::vector<std::size_t> alive;  // the plans that may be the best somewhere inside
  };
  // Of one plan in a box, under each counting.
  struct bounds {
    rank least[2] = {rank::last(), rank::last()}, most[2] = {};
    bool seen = false;
  };

public:
  plans_in_a_box(const Stack& base, const std::vector<Range>& ranges) : base_(base), ranges_(ranges) {}

  std::vector<serving_plan> plans() {
    box all;
    for (const Range& r : ranges_)
      all.low.push_back(r.low), all.high.push_back(r.high);
    for (const point& x : {all.low, middle(all), all.high})
      collect(at(x));
    for (std::size_t i = 0; i < plans_.size(); ++i)
      all.alive.push_back(i);
    wins_.assign(plans_.size(), false);
    for (std::deque<box> boxes{all}; !boxes.empty(); boxes.pop_front())
      explore(boxes.front(), boxes);
    std::vector<serving_plan> kept;
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      if (wins_[i]) kept.push_back(plans_[i]);
    }
    return kept;
  }

private:
  static constexpr std::size_t most_corners_of = 6;  // inputs; with more, from_steps looks at two corners
  static constexpr std::size_t most_bills = 20000;   // a quarter of a second

  const Stack& base_;
  const std::vector<Range>& ranges_;
  std::vector<serving_plan> plans_;
  std::vector<bool> wins_;
  std::size_t bills_ = 0;

  Stack at(const point& x) const {
    Stack s = base_;
    for (std::size_t i = 0; i < ranges_.size(); ++i)
      ranges_[i].set(s, x[i]);
    return s;
  }
  void collect(const Stack& s) {
    for_each_plan_laid_out<T>(base_.search(), s.chip, s.model, [&](const serving_plan& plan) {
      const auto known = [&](const serving_plan& p) { return layercake::same(p, plan); };
      if (std::none_of(plans_.begin(), plans_.end(), known)) plans_.push_back(plan);
    });
  }
  double halved(std::size_t i, double low, double high) const {
    const double m = low > 0 ? std::sqrt(low) * std::sqrt(high) : low + (high - low) / 2;
    return ranges_[i].whole ? std::floor(m) : m;
  }
  point middle(const box& b) const {
    point m;
    for (std::size_t i = 0; i < ranges_.size(); ++i)
      m.push_back(halved(i, b.low[i], b.high[i]));
    return m;
  }

  std::pair<rank, rank> ranks(const Stack& s, std::size_t plan) {
    ++bills_;
    const layers on{s.energy, s.chip, s.infrastructure, s.model, s.application};
    const billing<T, std::remove_const_t<decltype(on)>> law(on, plans_[plan]);
    return {rank::of(law(counting::whole)), rank::of(law(counting::smooth))};
  }
  static void widen(bounds& of, const std::pair<rank, rank>& by) {
    const rank both[] = {by.first, by.second};
    for (std::size_t h = 0; h < 2; ++h) {
      if (!of.seen || both[h].before(of.least[h])) of.least[h] = both[h];
      if (!of.seen || of.most[h].before(both[h])) of.most[h] = both[h];
    }
    of.seen = true;
  }

  // The bounds of every plan that is alive, from all corners. The best plan of a corner wins.
  std::vector<bounds> from_corners(const box& b) {
    std::vector<bounds> of(b.alive.size());
    for (std::size_t corner = 0; corner < std::size_t(1) << ranges_.size(); ++corner) {
      point x;
      for (std::size_t i = 0; i < ranges_.size(); ++i)
        x.push_back((corner >> i & 1) != 0 ? b.high[i] : b.low[i]);
      const Stack s = at(x);
      rank best[2] = {rank::last(), rank::last()};
      std::size_t of_best[2] = {b.alive.front(), b.alive.front()};
      for (std::size_t k = 0; k < b.alive.size(); ++k) {
        const auto r = ranks(s, b.alive[k]);
        widen(of[k], r);
        if (r.first.before(best[0])) best[0] = r.first, of_best[0] = b.alive[k];
        if (r.second.before(best[1])) best[1] = r.second, of_best[1] = b.alive[k];
      }
      for (const std::size_t winner : of_best)
        wins_[winner] = true;
    }
    return of;
  }
  // The same from the middle and two corners: the one that lies, input by input, on the side where the bill is lower, and the
  // one opposite.
  std::vector<bounds> from_steps(const box& b) {
    std::vector<bounds> of(b.alive.size());
    const point centre = middle(b);
    const Stack at_centre = at(centre);
    for (std::size_t k = 0; k < b.alive.size(); ++k) {
      const auto here = ranks(at_centre, b.alive[k]);
      point good = b.low, bad = b.high;
      for (std::size_t i = 0; i < ranges_.size(); ++i) {
        point x = centre;
        x[i] = b.high[i];
        const auto there = ranks(at(x), b.alive[k]);
        if (there.second.before(here.second)) std::swap(good[i], bad[i]);
      }
      widen(of[k], here);
      for (const point& x : {good, bad})
        widen(of[k], ranks(at(x), b.alive[k]));
    }
    return of;
  }

  // The plans of a box that no other plan beats everywhere in it.
  std::vector<std::size_t> living(const box& b, const std::vector<bounds>& of) const {
    std::vector<std::size_t> alive;
    const auto may_win = [&](std::size_t k, std::size_t h) {
      const rank& least = of[k].least[h];
      if (!is_finite(least.chips)) return false;
      return std::none_of(of.begin(), of.end(), [&](const bounds& other) {
        const rank& most = other.most[h];
        return is_finite(most.cost) && !(least.cost <= most.cost);
      });
    };
    for (std::size_t k = 0; k < b.alive.size(); ++k) {
      if (may_win(k, 0) || may_win(k, 1)) alive.push_back(b.alive[k]);
    }
    return alive;
  }

  // The input along which a box is widest for its size; none if it is a point.
  std::size_t widest(const box& b) const {
    std::size_t best = ranges_.size();
    double width = 0;
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      const double w = (b.high[i] - b.low[i]) / std::max(std::abs(b.low[i]), std::abs(b.high[i]));
      const double m = halved(i, b.low[i], b.high[i]);
      if (w > width && m > b.low[i] && m < b.high[i]) width = w, best = i;
    }
    return best;
  }

  // Done if all plans that are alive in the box have won. If not, the box is halved, or they are kept where it cannot be.
  void explore(box b, std::deque<box>& boxes) {
    const bool few = ranges_.size() <= most_corners_of;
    b.alive = living(b, few ? from_corners(b) : from_steps(b));
    const auto known = [&](std::size_t plan) { return bool(wins_[plan]); };
    if (std::all_of(b.alive.begin(), b.alive.end(), known)) return;
    const std::size_t along = widest(b);
    if (!few || bills_ > most_bills || along == ranges_.size()) {
      for (const std::size_t plan : b.alive)
        wins_[plan] = true;
      return;
    }
    box upper = b;
    b.high[along] = upper.low[along] = halved(along, b.low[along], b.high[along]);
    boxes.push_back(std::move(b));
    boxes.push_back(std::move(upper));
  }
};

}  // namespace detail

// The plans among which each point of a space of inputs has its best, of those that the stack's search names.
template <class Stack, class Range>
std::vector<serving_plan> plans_over(const Stack& base, const std::vector<Range>& ranges) {
  std::vector<serving_plan> plans = detail::plans_in_a_box<Stack, Range>(base, ranges).plans();
  if (plans.empty()) plans.push_back(with_number<double>(base.plan));  // which then says why none answers
  return plans;
}

}  // namespace layercake
