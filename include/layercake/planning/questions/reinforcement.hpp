// A step of reinforcement learning of a language model: a rollout by the law of serving, a reward, updates by the law of training, and
// new weights for the replicas.
#pragma once

#include <layercake/planning/questions/reinforcement_request.hpp>
#include <limits>
#include <type_traits>

namespace layercake::planning {

namespace detail {

// A forward pass of a mini-batch: of a step's time without optimiser and gradients, the share that a layer's forward pass has.
template <number T>
constexpr quantity<unit::second, T> forward_time(const training_figures<T>& f) {
  return (f.step_time() - f.time.optimizer - f.time.data_exchange) *
         (f.layer_forward / (f.layer_forward + f.layer_backward));
}

// Of a colocated step: whether training states that stay on a chip fit beside the rollout's share of its memory.
template <number T, class Chip>
constexpr auto states_fit(const basic_reinforcement_request<T>& request, const training_step_memory<T>& m,
                          const Chip& chip) {
  const bool in_turn = request.placement == reinforcement_placement::colocated;
  const auto left = chips::visible_memory<T>(chip) * (T(1) - request.rollout.memory_share);
  return is_known(request.offload) || (m.states() <= (in_turn ? left : chips::visible_memory<T>(chip)));
}

template <number T, class Reward, class Chip, class Site>
quantity<unit::second, T> reward_time(const Reward& reward, const Chip& chip, const Site& site,
                                      const basic_reinforcement_request<T>& request,
                                      const rollout_figures<T>& rollout) {
  call_demand<T> whole;
  whole.input = (in<units::token>(request.batch.prompt) + in<units::token>(rollout.written)) * units::token;
  const auto r = replica_of<T>(chip, site, reward, request.scoring, whole);
  const auto time = read_prompts(r, T(rollout.samples * request.scoring.chips() / rollout.chips)).time;
  const T infinite = number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity());
  return where(r.memory_bound() >= T(1), time, infinite * units::second);
}

// Of what has been checked. What does not fit in memory takes forever.
template <number T, class Policy, class Reward, class Critic, class Chip, class Site>
reinforcement_figures<T> checked_step(const reinforcement_models<Policy, Reward, Critic>& models, const Chip& chip,
                                      const Site& site, const basic_reinforcement_request<T>& request) {
  const basic_rollout_batch<T>& batch = request.batch;
  call_demand<T> call;
  call.input = batch.prompt, call.output = batch.responses.mean;
  const auto policy = replica_of<T>(chip, site, models.policy, request.rollout, call);
  const T infinite = number_cast<T>(std::numeric_limits<scalar_of_t<T>>::infinity());

  reinforcement_figures<T> f;
  f.placement = request.placement;
  f.chips = request.chips();
  f.rollout = roll_out(policy, batch);
  f.samples = f.rollout.samples;
  f.tokens = (in<units::token>(batch.prompt) + in<units::token>(f.rollout.written)) * f.samples * units::token;
  f.writing = f.rollout.time;
  f.verifying = request.verification * (f.samples / request.verifiers);
  if constexpr (is_model<Reward>) f.scoring = reward_time(models.reward, chip, site, request, f.rollout);

  f.update = training_law_of<T>(models::architecture_of(models.policy), chip, site)(request.update);
  const T batches = f.tokens / request.update.tokens();
  f.updates = batches * request.epochs;
  f.passes = forward_time(f.update) * (batches * request.forward_passes);
  f.updating = f.update.feasible_step_time() * f.updates;
  if constexpr (is_model<Critic>) {
    const training_figures<T> critic = training_law_of<T>(models.critic, chip, site)(request.update);
    f.passes += forward_time(critic) * batches;
    f.updating += critic.feasible_step_time() * f.updates;
  }
  f.updating = where(states_fit(request, f.update.memory, chip), f.updating, infinite * units::second);

  f.synchronising = policy.weights() / request.synchronisation;
  const bool in_turn = request.placement == reinforcement_placement::colocated;
  if (in_turn) {
    const auto moved = where(is_known(request.offload), request.offload,
                             number_cast<T>(largest_sensible) * (units::byte / units::second));
    f.synchronising += f.update.memory.states() * T(2) / moved;
  }
  return f;
}

// Why what has been checked takes forever: what does not fit, by value, limit and what to change; empty if all fits.
template <class Policy, class Reward, class Critic, class Chip, class Site>
std::string why_forever(const reinforcement_models<Policy, Reward, Critic>& models, const Chip& chip, const Site& site,
                        const reinforcement_request& request) {
  const auto f = checked_step<double>(models, chip, site, request);
  if (f.rollout.memory_bound < 1) {
    const auto policy = replica_of<double>(chip, site, models.policy, request.rollout, {});
    return "rollout: " + layercake::to_string(policy.weights()) +
           " of weights and the cache of one sample do not fit in the " +
           layercake::to_string(max(policy.usable_memory(), quantity<unit::byte>())) +
           " of a chip. Raise rollout.tensor, rollout.pipeline or rollout.memory_share, or stop answers sooner.";
  }
  if (!is_finite(f.scoring / units::second))
    return "scoring: the reward model's weights and one answer do not fit on " +
           layercake::to_string(request.scoring.chips()) + " chips. Raise scoring.tensor or scoring.pipeline.";
  if (!f.update.memory.fits()) return "update: " + how_to_fit(f.update.memory, request.update);
  if constexpr (is_model<Critic>) {
    const auto critic = training_law_of<double>(models.critic, chip, site)(request.update).memory;
    if (!critic.fits()) return "critic: " + how_to_fit(critic, request.update);
  }
  if (!states_fit(request, f.update.memory, chip))
    return "update: " + layercake::to_string(f.update.memory.states()) +
           " of training states stay on a chip beside rollout.memory_share, " +
           layercake::to_string(request.rollout.memory_share) + " of " +
           layercake::to_string(chips::visible_memory<double>(chip)) +
           ". Set request.offload, the bandwidth to the host, lower rollout.memory_share, or spread the states over "
           "more chips.";
  return "";
}

}  // namespace detail

// The figures of one step of reinforcement learning with a policy on `chip`s in a site, over the number type that the inputs promote to:
// B prompts with a group of G answers each, N = B G.
//   writing        the rollout until the last of N samples has ended (serving/rollout.hpp)
//   scoring        the reward model reads N answers with their prompts (serving/read_prompts.hpp)
//   verifying      N / verifiers * verification, none of it beside the rollout
//   passes         forward passes over N (prompt + mean answer) tokens by the training software, by the share that they have in a step
//   updating       epochs * N (prompt + mean answer) / tokens of a mini-batch * step of the training law, of policy and critic
//   synchronising  weights of a chip of the rollout / bandwidth; training states to the host and back where they leave
//   step           the sum; one_step_off_policy: max(writing + scoring + verifying, passes + updating) + synchronising
// A colocated rollout has its share of a chip's memory, the update the whole of it; between the two, the states stay in the rest
// or leave for the host. Real inputs are checked first: throws invalid_value with all that is wrong, and infeasible with the reason
// where something does not fit in memory; a lane in which it does not takes infinitely long. Leaves out: calls of tools and turns
// between them, answers that are scored while others are written, padding, the unequal length of sequences for attention, loading of
// data, two kinds of chips. Source: the phases are those of Sheng et al., HybridFlow, EuroSys 2025, figure 1.
// Compared with published steps in tests/unit/planning/reinforcement.cpp.
template <class Policy, class Reward, class Critic, class Chip, class Site, number T>
auto reinforcement_step(const reinforcement_models<Policy, Reward, Critic>& models, const Chip& chip, const Site& site,
                        const basic_reinforcement_request<T>& request) {
  using R = promote_all_t<number_of_t<Policy>, number_of_t<Chip>, number_of_t<Site>, T>;
  const auto ask = [&]<number N>(std::type_identity<N>, auto&& question) {
    const auto over = [](const auto& x) { return layercake::with_number<N>(x); };
    return question(reinforcement_models{over(models.policy), over(models.reward), over(models.critic)}, over(chip),
                    over(site), over(request));
  };
  if constexpr (real<R>) {
    ask(std::type_identity<double>{}, [](const auto&... x) {
      raise_if_any(check_reinforcement(x...));
      const std::string reason = detail::why_forever(x...);
      if (!reason.empty()) raise(infeasible(reason));
    });
  }
  return ask(std::type_identity<R>{}, [](const auto&... x) { return detail::checked_step<R>(x...); });
}

}  // namespace layercake::planning
