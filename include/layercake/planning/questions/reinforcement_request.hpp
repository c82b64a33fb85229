// What is asked of a step of reinforcement learning, what is found, and what is wrong with a question.
#pragma once

#include <layercake/serving/rollout.hpp>
#include <layercake/training/law.hpp>
#include <string>
#include <vector>

namespace layercake::planning {

// Where samples are written and where the policy is trained on them.
//   colocated            on the same chips, one after the other (Sheng et al., HybridFlow, EuroSys 2025)
//   disaggregated        on chips of their own, one after the other: the ones wait while the others work
//   one_step_off_policy  on chips of their own at the same time: samples are of the policy of the step before (Noukhovitch et al.,
//                        Asynchronous RLHF, ICLR 2025)
enum class reinforcement_placement : unsigned char { colocated, disaggregated, one_step_off_policy };

constexpr const char* name(reinforcement_placement p) {
  switch (p) {
  case reinforcement_placement::colocated:
    return "colocated";
  case reinforcement_placement::disaggregated:
    return "disaggregated";
  case reinforcement_placement::one_step_off_policy:
    return "one_step_off_policy";
  }
  return "";
}

// Stands for a reward model or a critic where there is none: answers are verified by a program, or compared in their group.
struct no_model {};
template <class Model>
inline constexpr bool is_model = !std::same_as<Model, no_model>;

// The models of a step. The policy writes and learns; the reward model, in the formats that it runs in, reads whole answers; the critic, an
// architecture as large as the policy or smaller, learns with it (PPO: Ouyang et al., InstructGPT, 2022).
template <class Policy, class Reward = no_model, class Critic = no_model>
struct reinforcement_models {
  Policy policy{};
  Reward reward{};
  Critic critic{};
};
template <class Policy>
reinforcement_models(Policy) -> reinforcement_models<Policy>;
template <class Policy, class Reward>
reinforcement_models(Policy, Reward) -> reinforcement_models<Policy, Reward>;
template <class Policy, class Reward, class Critic>
reinforcement_models(Policy, Reward, Critic) -> reinforcement_models<Policy, Reward, Critic>;

template <number T = double>
struct basic_reinforcement_request {
  basic_rollout_batch<T> batch{};
  basic_serving_plan<T> rollout{};           // of a replica of the policy
  basic_training_plan<T> update{};           // its batch is a mini-batch; sequences are packed to its positions
  basic_serving_plan<T> scoring{};           // of a replica of the reward model, on the chips of the rollout
  T epochs = T(1);                           // over the samples of a step
  T forward_passes = T(1);                   // of the policy's size, over the samples before the update
  quantity<unit::second, T> verification{};  // of an answer by a program
  T verifiers = T(1);                        // that run at the same time
  quantity<unit::byte_per_second, T> synchronisation = unknown<>;  // to each chip of the rollout, of new weights
  quantity<unit::byte_per_second, T> offload = unknown<>;  // of a chip to its host and back; unknown: states stay
  reinforcement_placement placement = reinforcement_placement::colocated;

  template <number Other>
  using with_number = basic_reinforcement_request<Other>;
  static constexpr auto fields() {
    using X = basic_reinforcement_request;
    return std::tuple{
        part("batch", &X::batch),
        part("rollout", &X::rollout),
        part("update", &X::update),
        part("scoring", &X::scoring),
        field("epochs", &X::epochs, domain{1, 1e6}, "times that the policy is trained on the samples of a step"),
        field("forward_passes", &X::forward_passes, domain{0, 100},
              "forward passes over the samples before the update: 1 for the policy's own probabilities, 1 for a "
              "reference's"),
        field("verification", &X::verification, nonnegative, "time in which a program judges one answer"),
        field("verifiers", &X::verifiers, positive_count, "programs that judge at the same time"),
        field("synchronisation", &X::synchronisation, positive,
              "bandwidth at which each chip of the rollout gets new weights, such as 50 GB/s of its network card"),
        field("offload", &X::offload, positive.or_unknown(),
              "bandwidth to the host at which training states leave a chip for the rollout, unknown where they stay"),
        label("placement", &X::placement)};
  }
  void rules(findings& f) const requires real<T> {
    f.check_divides("rollout.expert", rollout.expert, "batch.replicas", batch.replicas,
                    "Replicas that share experts come in whole groups.");
    f.require(!rollout.disaggregated(), "rollout.reading.tensor", rollout.reading.tensor, "0",
              "Prompts of a rollout are read by the chips that write.");
    f.check_divides("scoring.chips()", scoring.chips(), "batch.replicas * rollout.chips()", rollout_chips(),
                    "The reward model runs on the chips of the rollout.");
    if (placement == reinforcement_placement::colocated) {
      f.check_equal("update.chips()", update.chips(), "batch.replicas * rollout.chips()", rollout_chips(),
                    "The phases take turns on the same chips; or set another placement.");
    }
  }

  constexpr T rollout_chips() const { return batch.replicas * rollout.chips(); }
  constexpr T chips() const {
    return placement == reinforcement_placement::colocated ? update.chips() : rollout_chips() + update.chips();
  }
};
using reinforcement_request = basic_reinforcement_request<>;

// A step, by its phases. Of one_step_off_policy, writing, scoring and verifying go on beside the passes and the updates.
template <number T = double>
struct reinforcement_figures {
  using seconds = quantity<unit::second, T>;
  rollout_figures<T> rollout;
  training_figures<T> update;  // of the policy, one mini-batch
  seconds writing;             // the rollout, until the last sample has ended
  seconds scoring;             // by the reward model
  seconds verifying;           // by programs: the chips wait
  seconds passes;              // forward, before the update; the critic's too
  seconds updating;            // policy and critic, all epochs
  seconds synchronising;       // new weights to the replicas; training states to the host and back
  T updates{};                 // mini-batches
  T samples{}, chips{};
  quantity<unit::token, T> tokens;  // prompts and answers of the step's samples
  reinforcement_placement placement{};

  constexpr seconds step_time() const {
    const seconds sampling = writing + scoring + verifying, learning = passes + updating;
    return (placement == reinforcement_placement::one_step_off_policy ? max(sampling, learning) : sampling + learning) +
           synchronising;
  }
  constexpr auto tokens_per_second() const { return tokens / step_time(); }
  constexpr auto samples_per_second() const { return samples / step_time(); }
  constexpr seconds chip_time() const { return chips * step_time(); }  // in<units::hour> gives chip-hours
  // Of a step's time.
  constexpr T rollout_share() const { return writing / step_time(); }
  // Of all chips' time: what replicas wait for the slowest sample of the step.
  constexpr T barrier_share() const { return (rollout.time - rollout.replica_time) * rollout.chips / chip_time(); }
  // Of all chips' time, in which they work for no phase: the barrier, verifying, and pools that wait for each other.
  constexpr T idle_share() const {
    const seconds sampling = (rollout.replica_time + scoring) * rollout.chips,
                  learning = (passes + updating) * update.chips;
    return T(1) - (sampling + learning + synchronising * chips) / chip_time();
  }
};

// What is wrong with a question: fields outside their domains, and what contradicts between models, chip and plans. Empty if nothing is.
template <class Policy, class Reward, class Critic, class Chip, class Site>
std::vector<finding> check_reinforcement(const reinforcement_models<Policy, Reward, Critic>& models, const Chip& chip,
                                         const Site& site, const reinforcement_request& request) {
  findings f;
  if constexpr (described<Policy>) f.add(check(models.policy, "policy"));
  if constexpr (described<Reward>) f.add(check(models.reward, "reward"));
  if constexpr (described<Critic>) f.add(check(models.critic, "critic"));
  if constexpr (described<Chip>) f.add(check(chip, "chip"));
  if constexpr (described<Site>) f.add(check(site, "site"));
  f.add(check(request, "request"));
  if (!f.empty()) return f.take();
  f.add(check_plan(models::architecture_of(models.policy), request.update, "request.update"));
  if constexpr (is_model<Critic>) f.add(check_plan(models.critic, request.update, "request.update"));
  const auto laid_out = [&](const auto& model, const serving_plan& plan, const char* path) {
    if constexpr (requires { model.allows(plan.split()); }) {
      f.require(model.allows(plan.split()), path,
                layercake::to_string(plan.tensor) + " x " + layercake::to_string(plan.pipeline),
                "ranks over which heads, layers and experts of " + std::string(models::name_of(model)) + " divide",
                "Take other tensor, pipeline, expert or attention_data ranks.");
    }
  };
  laid_out(models.policy, request.rollout, "request.rollout");
  if constexpr (is_model<Reward>) laid_out(models.reward, request.scoring, "request.scoring");
  f.check_at_most("request.batch.responses.longest", plain(request.batch.responses.longest),
                  "the positions that the policy was made for, less the prompt",
                  (most_positions<double>(models.policy) - in<units::token>(request.batch.prompt)) * units::token,
                  "Stop answers sooner, or raise architecture.positions if the model was extended.");
  return f.take();
}

}  // namespace layercake::planning
