// What requests wait for in a replica, at random or kept in flight: the step under way, prompts before theirs, a slot. The regimes (regimes.hpp) add
// it up.
#pragma once

#include <array>
#include <layercake/serving/queue.hpp>
#include <layercake/serving/replica.hpp>
#include <layercake/serving/root.hpp>

namespace layercake::detail {

// Assumed bounds of the approximations below.
inline constexpr double most_reading = 0.95;    // share of the time that prompts take at most, and of an elasticity
inline constexpr double most_slots = 0.998;     // share of the slots that are taken at most in the queue for them
inline constexpr int fixed_point_steps = 6;     // of a mean step, of a quantile
inline constexpr double least_waiting = 1e-12;  // probability whose logarithm is taken
inline constexpr double least_share = 0.01;     // of a distribution whose quantile is taken
inline constexpr double least_variance = 0.05;  // of a wait over its squared mean
inline constexpr double normal_peak = 0.39894228040143268;  // 1 / sqrt(2 pi)
// Slope of the logistic approximation of the normal distribution (Haley 1952).
inline constexpr double logistic_slope = 1.702;

template <number T>
T squared(const T& x) {
  return x * x;
}

// In seconds.
template <number T, class... X>
T writing_step(const replica<T, X...>& r, const T& n) {
  const T b = max(n, number_cast<T>(least_count));
  return r.in_step(r.template pass<false>(r.mixed_load(b, T(1)), true, false, r.uncaptured(b)).time, b) / units::second;
}
template <number T, class... X>
T reading_step(const replica<T, X...>& r, const T& n, const T& prompts) {
  const T b = max(n, number_cast<T>(least_count));
  return r.in_step(r.template pass<false>(r.mixed_load(b, prompts * r.fresh()), true, true, T(1)).time, b + prompts) /
         units::second;
}

// What k prompts add to a step, in seconds: first + each k + bend k^2 for k > 0. By three steps, up to twice as many prompts as usual; where a step
// holds less than a prompt, by two steps that read pieces, in a line.
//   room: prompts that a step holds;  pieces = max(1 / room, 1): steps that a prompt takes, `whole` of them alone
template <number T>
struct prompt_cost {
  T first, each, bend;
  T room, pieces, whole;

  T of(const T& prompts) const { return first + each * prompts + bend * prompts * prompts; }
};
template <number T, class... X>
prompt_cost<T> cost_of_prompts(const replica<T, X...>& r, const T& n, const T& usual) {
  const T one(1), two(2), half = number_cast<T>(0.5);
  prompt_cost<T> c;
  c.room = r.room(n) / r.fresh();
  c.pieces = max(one / c.room, one);
  c.whole = ceil(c.pieces);
  const auto cut = c.room < one;
  const T apart = where(cut, c.room * half, max((min(one + two * max(usual, one), c.room) - one) * half, half));
  const T a = where(cut, apart, one), b = a + apart, last = b + apart;
  const T plain = writing_step(r, n), at_a = reading_step(r, n, a) - plain, at_b = reading_step(r, n, b) - plain;
  const T rise = (at_b - at_a) / apart;
  c.bend = where(cut, T(0), T((reading_step(r, n, last) - plain - at_b - at_b + at_a) / (two * apart * apart)));
  c.each = rise - c.bend * (a + b);
  c.first = at_a - c.each * a - c.bend * a * a;
  return c;
}

// Steps whose prompts are those that came in the step before, at `rate`:
//   E T = t0 + E g(K),  K prompts, Poisson with the mean rate T;  g the cost of prompts
//   rho = rate dE g/dK:  each prompt read makes time for rho more to come: swings of arrivals grow by 1 / (1 - rho)^2 (Hawkes, Biometrika 58, 1971)
//   Var T = (first^2 e^-u (1 - e^-u) + s^2 u + 2 first s u e^-u) / (1 - rho^2),  s the slope of g at the mean u = rate E T
// Where a prompt takes several steps, its beginnings count to what it costs, and steps swing as if it were read at once.
template <number T>
struct swinging_step {
  T mean, variance;  // s, s^2
  T rho;
  T prompts;  // u
  T slope;    // s
};
template <number T>
swinging_step<T> swings_of(const prompt_cost<T>& c, const T& plain, const T& rate) {
  const T one(1), two(2), near_all = number_cast<T>(most_reading);
  const auto cut = c.room < one;
  const T busy = min(T(rate * ((plain + c.first) * c.pieces + c.each)), one);
  const T beginnings = c.pieces + (c.whole - c.pieces) * (one - busy);
  const T first = where(cut, T(0), c.first), each = where(cut, c.each + c.first * beginnings, c.each);
  const T others = one - min(T(rate * each), near_all);
  swinging_step<T> s;
  const T held = max(c.room, one);
  s.mean = plain / others;
  s.variance = T(0);
  for (int i = 0; i < fixed_point_steps; ++i) {
    const T u = min(T(rate * s.mean), held), none = exp(-u);
    s.slope = each + c.bend * (one + two * u);
    s.rho = clamp(T(rate * (s.slope + first * none)), T(0), near_all);
    const T next = plain + first * (one - none) + each * u +
                   c.bend * (u + u * u + min(T(rate * rate * s.variance), T(held * held)));
    s.mean = max(T(s.mean + (next - s.mean) / (one - s.rho)), plain);  // Newton's method
    s.variance = (first * first * (none * (one - none)) + s.slope * s.slope * u + two * first * s.slope * u * none) /
                 (one - s.rho * s.rho);
  }
  s.prompts = rate * s.mean;
  return s;
}

// Requests in flight, read and written, around n of a mean step, which lengthens by `slope` of itself with each:
//   eps = n slope;  variance n V,  V = V0 / (1 - eps),  mean over time n + eps V, for long steps hold more
//   V0 = 1 + (1 / (1 - rho)^2 - 1) / (1 + spread):  what comes in clusters leaves in clusters where answers are of one length, and one by one where
//   their lengths are exponential (spread 1)
// Exact for 1/(1 - rho)^2 = 1 and steps affine in n, where n is negative binomial and does not depend on the lengths (Cohen, Acta Informatica 12,
// 1979, generalised processor sharing); V0 that of infinitely many servers with arrivals in clusters (Shanbhag, Operations Research 14, 1966).
template <number T>
struct crowd {
  T mean, variance;
  T clusters;  // V0
  T slope;     // of a step over the step, per request
};
template <number T, class... X>
crowd<T> crowd_around(const replica<T, X...>& r, const T& n, const T& writes, const swinging_step<T>& s) {
  const T one(1), half = number_cast<T>(0.5), near_all = number_cast<T>(most_reading);
  crowd<T> c;
  c.clusters = one + (one / squared(T(one - s.rho)) - one) / (one + r.spread);
  const T plain = writing_step(r, T(n * writes));
  T grown = c.clusters, eps(0);
  for (int i = 0; i < 2; ++i) {  // as far around n as it swings
    const T apart = sqrt(max(T(n * grown), number_cast<T>(least_count))) + half, above = n + apart,
            below = max(T(n - apart), number_cast<T>(least_count));
    c.slope = max(T(writing_step(r, T(above * writes)) - writing_step(r, T(below * writes))), T(0)) /
              ((above - below) * plain);
    eps = min(T(n * c.slope), near_all);
    grown = c.clusters / (one - eps);
  }
  c.mean = max(n, number_cast<T>(least_count)) + eps * grown;
  c.variance = c.mean * grown;
  return c;
}

// Calls per second that c slots answer when none is ever empty: c / (O E T), with c / O prompts in the mean step. Answers of one length let clusters
// of prompts come back as they were, so that their number swings as in swings_of; of exponential lengths it is Poisson's.
template <number T, class... X>
T saturated_rate(const replica<T, X...>& r, const T& slots, const T& passes) {
  const T one(1), two(2), near_all = number_cast<T>(most_reading), c = max(slots, one), u = c / passes;
  const prompt_cost<T> g = cost_of_prompts(r, c, u);
  const T plain = writing_step(r, T(c * (one - one / passes))), none = exp(-u);
  const T mean = plain + g.first * (one - none) + g.each * u + g.bend * (u + u * u);
  const T rate = u / mean, s = g.each + g.bend * (one + two * u), rho = min(T(rate * (s + g.first * none)), near_all);
  const T variance =
      (g.first * g.first * (none * (one - none)) + s * s * u + two * g.first * s * u * none) / (one - rho * rho);
  const T kept = max(T(one - r.spread), T(0));
  const T together = u / (mean + g.bend * (kept * rate * rate * variance));
  const T read = min(u, g.room);
  const T in_pieces = read / (plain + g.first * min(T(u / g.room), one) + g.each * read);
  return where(g.room < one, in_pieces, together);
}

// Waits for one of c slots. Below c, what is in flight is gamma-distributed (Wilson, Hilferty, PNAS 17, 1931), with density f and distribution F
// at c; above, the queue's length is exponential, as reflected diffusion has it (Kingman 1962):
//   tail = (1 + x) / (2 (1 - load)) requests,  P(wait) = M / (F + M),  M = f V0 tail,  load = rate / saturated rate
// Beyond the last slot arrivals join the queue one by one, below it in clusters: the density is taken to rise by V0 there. x: variance of departures over
// that of arrivals, once no slot is empty. Of exponential lengths it is spread (1 - rho)^2, for a step that many leave reads as many. Answers of
// one length leave as they came, a life earlier: over what of an excursion is shorter than a life they vary as arrivals did,
//   x = (1 - spread) b / (1 + b),  b = c (1 - load)^2:  a life over the time in which the queue forgets
// an interpolation, within 5 % of the mean queue of those that wait in M/D/c of many servers, c (1 - load)^2 up to 2/3 (Jelenkovic, Mandelbaum,
// Momcilovic, Queueing Systems 47, 2004; Chang, Peres, Annals of Probability 25, 1997). M/M/c where prompts take no time to speak of.
template <number T>
struct slot_queue {
  T waits;      // P
  T each;       // mean wait of those that wait, s
  T in_flight;  // mean over time, of the slots
};
template <number T>
slot_queue<T> queue_for_slots(const T& slots, const crowd<T>& n, const swinging_step<T>& s, const T& spread,
                              const std::array<T, 2>& rates) {
  const T one(1), two(2), three(3), nine(9), c = max(slots, one), shape = n.mean * n.mean / n.variance;
  const T ratio = exp(log(c / n.mean) / three);
  const auto distribution = [&](const T& k, const T& cube_root) -> T {
    const T x = (cube_root - one + one / (nine * k)) * three * sqrt(k);
    return one / (one + exp(-number_cast<T>(logistic_slope) * x));
  };
  const T x = (ratio - one + one / (nine * shape)) * three * sqrt(shape);
  const T density = exp(-x * x / two) * number_cast<T>(normal_peak) * sqrt(shape) * ratio / c;
  const T below = distribution(shape, ratio);
  const T held = distribution(T(shape + one), T(ratio * exp(log(shape / (shape + one)) / three)));
  const T load = min(T(rates[0] / rates[1]), number_cast<T>(most_slots)), rest = one - load;
  const T forgotten = c * rest * rest, alike = max(T(one - spread), T(0));
  const T leaving = min(spread, one) * squared(T(one - s.rho)) + alike * forgotten / (one + forgotten);
  const T tail = (one + leaving) / (two * rest), above = density * n.clusters * tail;
  return {above / (below + above), tail / rates[1], (n.mean * held + c * above) / (below + above)};
}

// A wait for prompts to be read, in seconds: what it is at least, mean and variance of the rest, and who meets no prompt: a share of the
// requests, which wait for the rest of a step without prompts alone.
template <number T>
struct reading_wait {
  T least, mean, variance, met;
};
// x rounded up, on average over a width of 2 w around it: what is counted in whole steps of a room that swings.
template <number T>
T rounded_up(const T& x, const T& w) {
  const T nearest = floor(x + number_cast<T>(0.5)), width = max(w, number_cast<T>(least_count));
  return nearest + clamp(T((x - nearest) / (width + width) + number_cast<T>(0.5)), T(0), T(1));
}

// Steps that a prompt waits for more where a step holds `room` of them, 1 or more, and it meets `others` in the mean: those that `room` come before.
// j do, of half of the others, with probability g^j, g = m / (1 + m), m = others / 2:
//   g^floor(room) / (1 - g^room)
// `swing`: width of the room's swings.
template <number T>
T further_steps(const prompt_cost<T>& c, const T& others, const T& swing) {
  const T one(1), before = log(others / (T(2) + others)), room = max(c.room, one);
  return exp(before * (rounded_up(room, swing) - one)) / (one - exp(before * room));
}

// Where a step holds a prompt or more: all that came in a step are read together in the next. With the moments of a step that an arrival meets,
// L = E T^2 / E T and L2 = E T^3 / E T, and Poisson's number N of others in it:
//   least = t0 + g(1),  mean = L/2 + E g(1 + N) - g(1),  variance = Var R + s^2 Var N + 2 s Cov(R, N),  R the rest of the step
//   third cumulant of T:  s^3 (u + 3 rate^2 Var T) / (1 - rho^3)
// `swing`: width of the room's swings.
template <number T>
reading_wait<T> wait_for_whole_prompts(const prompt_cost<T>& c, const T& plain, const swinging_step<T>& s,
                                       const T& rate, const T& swing) {
  const T one(1), two(2), three(3), four(4);
  const T third =
      s.slope * s.slope * s.slope * (s.prompts + three * rate * rate * s.variance) / (one - s.rho * s.rho * s.rho);
  const T met = s.mean + s.variance / s.mean;
  const T met2 = (third + three * s.mean * s.variance + s.mean * s.mean * s.mean) / s.mean;
  const T others = rate * met, pairs = rate * rate * met2, slope = c.each + c.bend * (three + others);
  const T further = further_steps(c, others, swing), begun = plain + c.first;
  return {plain + c.of(one), met / two + c.each * others + c.bend * (three * others + pairs) + further * begun,
          met2 / three - met * met / four + slope * slope * (others + pairs - others * others) +
              slope * (pairs / rate - others * met) + further * begun * begun,
          max(T(one - exp(-s.prompts) * plain / s.mean), number_cast<T>(least_share))};
}
// Where it holds less: one prompt at a time is read in pieces, in steps t0 + first + what they read: a queue with one server whose service is S, of
// which a request that finds nobody has some more, for the last of its `whole` steps is not full:
//   S = pieces (t0 + first) + each,  S' = S + (1 - rate S) (whole - pieces) (t0 + first),  busy = rate S'
//   V = rate S'^2 / (2 (1 - rate S)) (1 + (rate sigma / (1 - rate S))^2):  Pollaczek, Khinchine; S swings by sigma with those that write
//   P0 = (1 - busy) (1 + rate t e^(rate t)):  nobody is before it, or one in its last step t, with nobody behind
//   first token = V + (1 - busy) t0/2 + each + P0 whole (t0 + first) + (1 - P0) ((pieces + 1/2) (t0 + first) + busy each room / 2)
// The half steps: it begins somewhere in a step, and those behind it fill its last.
template <number T>
reading_wait<T> wait_for_pieces(const prompt_cost<T>& c, const T& plain, const T& rate, const T& sigma) {
  const T one(1), two(2), three(3), half = number_cast<T>(0.5), near_all = number_cast<T>(most_reading);
  const T begun = plain + c.first, service = c.pieces * begun + c.each, load = min(T(rate * service), near_all);
  const T alone = service + (one - load) * (c.whole - c.pieces) * begun, busy = min(T(rate * alone), near_all);
  const T swings = squared(min(T(rate * sigma / (one - load)), one));
  const T queue = rate * alone * alone / (two * (one - load)) * (one + swings);
  const T last = begun + c.each * c.room * (c.pieces - c.whole + one);
  const T nobody = min(T((one - busy) * (one + rate * last * exp(min(T(rate * last), one)))), one);
  const T least = c.whole * begun + c.each;
  const T all = queue + (one - busy) * plain * half + c.each + nobody * c.whole * begun +
                (one - nobody) * ((c.pieces + half) * begun + busy * c.each * c.room * half);
  return {least, max(T(all - least), T(0)),
          rate * alone * alone * alone / (three * (one - load)) + queue * queue * (one + two * swings) +
              plain * plain / T(12),
          max(busy, number_cast<T>(least_share))};
}
// `tokens`: of a prompt. The room swings by the deviation of those that write, over `tokens` prompts; evenly over sqrt(3) deviations each way, as is
// assumed.
template <number T>
reading_wait<T> wait_for_prompts(prompt_cost<T> c, const T& plain, const crowd<T>& n, const T& rate, const T& tokens) {
  const T one(1), deviation = sqrt(n.variance), root = sqrt(T(3));
  const T cut = min(T(deviation / tokens), one);  // of the room
  c.whole = max(rounded_up(c.pieces, T(root * cut * c.pieces * c.pieces)), c.pieces);
  const T sigma = c.pieces * (deviation * plain * n.slope + cut * c.pieces * (plain + c.first));
  const reading_wait<T> whole = wait_for_whole_prompts(c, plain, swings_of(c, plain, rate), rate, T(root * cut)),
                        pieces = wait_for_pieces(c, plain, rate, sigma);
  const auto in_pieces = c.room < one;
  return {where(in_pieces, pieces.least, whole.least), where(in_pieces, pieces.mean, whole.mean),
          where(in_pieces, pieces.variance, whole.variance), where(in_pieces, pieces.met, whole.met)};
}
// What a share `quantile` of them do not exceed beyond `least`: of those that meet prompts, whose wait is gamma-distributed with the mean and
// variance that is left to them, when the others wait evenly up to t0. `scatter`: variance of steps over their squared mean.
template <number T>
T slow_reading(const reading_wait<T>& w, const T& plain, const T& scatter, const T& quantile) {
  const T one(1), two(2), three(3), nine(9), others = one - w.met;
  const T mean = max(T((w.mean - others * plain / two) / w.met), T(plain / two));
  const T second = (w.variance + w.mean * w.mean - others * plain * plain / three) / w.met;
  const T variance = max(T(second - mean * mean), T(mean * mean * number_cast<T>(least_variance))) +
                     scatter * squared(T(w.least + w.mean));
  const T shape = mean * mean / variance;
  const T share = clamp(T(one - (one - quantile) / w.met), number_cast<T>(least_share), quantile);
  const T root = max(T(one - one / (nine * shape) + queue::normal_quantile(share) / (three * sqrt(shape))), T(0));
  return max(T(mean * root * root * root), T(plain * quantile));
}

// The wait that a share `quantile` of the requests do not exceed, of which a share waits exponentially for a slot, `each` in the mean, on top of the
// mean `w` of the rest, and the rest exceeds `slow` with 1 - quantile, falling as a normal distribution's tail does:
//   (1 - P) exp(-L ((t - w) / (slow - w))^2) + P exp(-(t - w) / each) = 1 - quantile,  L = -ln(1 - quantile)
// By Newton's method, from the larger of what each of the two would give alone. Worked number: P = 1/2, each 1 s, w = 0, slow = 0.1 s, 99 %:
// ln 50 = 3.91 s.
template <number T>
T slow_of_both(const T& mean, const T& slow, const slot_queue<T>& slot, const T& quantile) {
  const T one(1), two(2), beyond = one - quantile, steep = -log(beyond);
  const T width = max(T(slow - mean), number_cast<T>(least_waiting)),
          waits = max(slot.waits, number_cast<T>(least_waiting)), each = max(slot.each, number_cast<T>(least_waiting));
  T t = max(width, T(each * log(waits / beyond)));
  for (int i = 0; i < fixed_point_steps; ++i) {
    const T x = t / width, rest = (one - waits) * exp(-steep * x * x), queued = waits * exp(-t / each);
    const T falls = rest * two * steep * x / width + queued / each;
    t = t + log((rest + queued) / beyond) * (rest + queued) / max(falls, number_cast<T>(least_waiting));
  }
  return mean + t;
}

// How often the others of n requests kept in flight come to be read, per second, each for `service`, and back once they are answered, `latency` after
// they came, waits left out: a closed queue, in which a request meets n - 1 others (Reiser, Lavenberg, Journal of the ACM 27, 1980),
//   y = (n - 1) service / (latency + W),  W = service y / (2 (1 - y)),  rate y / service
// Worked number: n = 2, service 1 s, latency 1 s: y = 2 - sqrt(2), 0.586 per second.
template <number T>
T rate_of_others(const T& n, const T& service, const T& latency) {
  const T two(2), four(4), others = max(T(n - T(1)), T(0)) * service;
  // (service - 2 latency) y^2 + 2 (latency + others) y - 2 others = 0, in the form that does not divide by the first.
  const T a = service - two * latency, b = two * (latency + others);
  return four * others / (b + sqrt(max(T(b * b + two * four * a * others), T(0)))) / service;
}

// The mean time to the first token of n requests kept in flight, b of which write at once in steps of `step`, for `writing` in all. The next comes
// when an answer ends, at the beginning of a step, which it waits for; then as above, with those that came with it, N:
//   step + t0 + E g(1 + N),  E N = u, the others that come in a step
// or in pieces the wait of their queue, in which u come for every step, however long. As the engine reads no faster than it can, at least what n
// services take more than writing.
template <number T, class... X>
T first_token_of_kept(const replica<T, X...>& r, const std::array<T, 2>& n_and_b, const T& step, const T& writing) {
  const auto [n, b] = n_and_b;
  const T one(1), three(3), half = number_cast<T>(0.5), some = number_cast<T>(least_waiting);
  const T passes = max(T(r.output / r.tokens_per_pass()), one);
  const prompt_cost<T> c = cost_of_prompts(r, b, T(n / passes));
  const T plain = writing_step(r, T(b * (one - one / passes)));
  const T full = reading_step(r, b, c.room), service = full / c.room;
  const T u = max(T(rate_of_others(n, service, T(writing + service)) * step), some);
  const T of_others = c.each * u + c.bend * (three * u + u * u), begun = plain + c.first;
  const T next = plain + (step - plain) * max(T(one - one / n), T(0));
  const T whole = next + plain + c.of(one) + of_others + further_steps(c, u, T(0)) * begun;
  const reading_wait<T> w = wait_for_pieces(c, plain, T(u / full), T(0));
  const T pieces = w.least + w.mean + (full * w.met + plain * (one - w.met)) * half;
  return max(where(c.room < one, pieces, whole), T(n * service - writing));
}

}  // namespace layercake::detail
