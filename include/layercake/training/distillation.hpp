// Distillation: a step of a student that learns from the logits of a frozen teacher, run beside it or stored beforehand.
#pragma once

#include <layercake/training/law.hpp>

namespace layercake {

// Where the teacher's logits come from, and how many.
template <number T = double>
struct basic_distillation {
  T top = T(0);                       // of a token, the largest, which the loss is taken over; 0: all
  bool stored = false;                // made beforehand and read; the teacher is not there
  models::storage teacher_weights{};  // of its layers; tables stay 16 bit

  template <class N>
  using with_number = basic_distillation<N>;
  static constexpr auto fields() {
    using X = basic_distillation;
    return std::tuple{label("stored", &X::stored), label("teacher_weights", &X::teacher_weights),
                      field("top", &X::top, count, "logits of a token that the loss is taken over, 0 for all")};
  }

  // Bytes of a token's logits as they are kept: a value in 16 bit, and with `top` its place in the vocabulary in 32.
  // Worked number: the 256 largest of a token 1536 B; all of 128 256 take 256 512 B.
  constexpr T bytes_per_token(const T& vocabulary) const {
    return where(top > T(0), top * T(2 + 4), vocabulary * T(2));
  }
};
using distillation = basic_distillation<>;

// A step of the student; `step`.memory is of both models on a chip, all else in it of the student alone.
template <number T = double>
struct distillation_figures {
  using seconds = quantity<unit::second, T>;
  training_figures<T> step{};
  seconds teacher{};                         // its forward passes, of all micro-batches
  seconds loss{};                            // what the teacher's logits add to the loss
  quantity<unit::byte, T> teacher_memory{};  // of `step`.memory: weights, and logits that wait for the student's
  quantity<unit::byte, T> read{};            // stored logits of a step, over all chips
  quantity<unit::flop, T> teacher_flop{};    // of a step, attention counted causally

  constexpr seconds step_time() const { return step.step_time() + teacher + loss; }
  constexpr auto tokens_per_second() const { return step.tokens / step_time(); }
};

namespace detail {
// The student as training sees it, with the teacher in memory beside it.
template <class Student, class Teacher>
struct taught_model {
  using T = number_of_t<Student>;
  Student student{};
  Teacher teacher{};
  basic_distillation<T> how{};

  template <class N>
  using with_number =
      taught_model<typename Student::template with_number<N>, typename Teacher::template with_number<N>>;
  static constexpr auto fields() {
    using X = taught_model;
    return std::tuple{part("student", &X::student), part("teacher", &X::teacher), part("how", &X::how)};
  }

  constexpr T layer_count() const { return models::layers_of(student); }
  constexpr T mixture_layers() const requires requires(const Student& x) { x.mixture_layers(); }
  { return student.mixture_layers(); }
  template <number N, class Visit>
  constexpr void operations(const models::pass<N>& p, const models::split<N>& s, Visit&& visit) const {
    student.operations(p, s, visit);
  }
  template <number N>
  constexpr auto parameters(const models::split<N>& s) const {
    return student.parameters(s);
  }
  constexpr auto learned() const requires requires(const Student& x) { x.learned(); }
  { return student.learned(); }
  template <number N>
  constexpr auto learned_parameters(const models::split<N>& s) const {
    return models::learned_parameters_of(student, s);
  }
  template <number N>
  constexpr auto stored_parameters(const models::split<N>& s) const {
    return models::stored_parameters_of(student, s);
  }

  // The teacher's logits of a micro-batch wait for the student's loss; what its layers compute with is free again by then.
  constexpr quantity<unit::byte, T> waiting(const basic_training_layout<T>& l) const {
    const T tokens = l.micro_batch * l.sequence / l.context;
    return tokens * how.bytes_per_token(models::architecture_of(student).output_width() / l.tensor) * units::byte;
  }
  constexpr training_memory<T> memory(const basic_training_layout<T>& l) const {
    training_memory<T> m = memory_of_training(student, l);
    m.workspace += waiting(l);
    if (how.stored) return m;
    const training_memory<T> beside = memory_of_training(models::frozen(teacher, how.teacher_weights), l);
    m.weights += beside.weights;
    m.on_host += beside.on_host;
    m.gathered = max(m.gathered, beside.gathered);
    m.workspace = max(m.workspace, beside.workspace);
    return m;
  }
};

template <class Student, class Teacher, class Chip, class Network, real T>
void check_distillation(const Student& student, const Teacher& teacher, const Chip& chip, const Network& network,
                        const basic_training_plan<T>& plan, const basic_distillation<T>& how) {
  findings all;
  all.add(check_training(student, chip, network, plan));
  all.add(check(how, "distillation"));
  if (!how.stored) {
    all.add(check(teacher, "teacher"));
    if (check(plan).empty()) all.add(check_plan(layercake::with_number<T>(teacher), plan, "plan"));
  }
  const auto vocabulary = models::architecture_of(student).output_width();
  all.check_equal("teacher.vocabulary", teacher.output_width(), "the student's", vocabulary,
                  "Logits are compared one by one: take a teacher with the student's vocabulary.");
  all.check_at_most("distillation.top", how.top, "the vocabulary", vocabulary, "Take fewer logits, or 0 for all.");
  raise_if_any(all);
}
}  // namespace detail

// A step of `student`, which may be a models::learner, that learns from the logits of `teacher`, laid out by one plan on the same chips:
//
//   step   = the student's + the teacher's forward passes + reading its logits
//   logits 16 bit each, read forward and backward; the largest are chosen in one pass over all, and kept with their places
//   memory the student's, the teacher's weights, and its logits of a micro-batch; the larger of both workspaces
//
// Stored logits take neither the teacher's time nor its memory, but what is read. Domain: the fields' own; throws invalid_value as train_step
// does, and where vocabularies differ. Leaves out: losses of layers between, a teacher on chips of its own (frozen(teacher) tells what it takes), the
// time to read stored logits from disk, which is taken to be hidden; the logits of a pipeline are counted on its fullest stage.
// Source: Hinton, Vinyals, Dean 2015, section 2; layout and software as in NVIDIA's Megatron and Model Optimizer, where both models share their ranks;
// Gemma Team 2025 (Gemma 3), section 2.2, for some logits of a token.
template <class Student, class Teacher, class Chip, class Network, number T>
auto distillation_step(const Student& student, const Teacher& teacher, const Chip& chip, const Network& network,
                       const basic_training_plan<T>& plan,
                       const basic_distillation<std::type_identity_t<T>>& how = {}) {
  using R = promote_all_t<number_of_t<Student>, number_of_t<Teacher>, number_of_t<Chip>, number_of_t<Network>, T>;
  if constexpr (real<R>) detail::check_distillation(student, teacher, chip, network, plan, how);
  const auto p = layercake::with_number<R>(plan);
  const auto of = layercake::with_number<R>(how);
  const auto x = layercake::with_number<R>(student);
  const auto y = layercake::with_number<R>(teacher);
  using model = detail::taught_model<std::remove_const_t<decltype(x)>, std::remove_const_t<decltype(y)>>;
  const model both{x, y, of};

  distillation_figures<R> f;
  f.step = training_law_of<R>(both, chip, network)(p);
  const basic_training_layout<R> l = training_layout_of(p);
  const R vocabulary = models::architecture_of(x).output_width(), tokens = p.global_batch * p.sequence;
  f.teacher_memory = both.waiting(l);
  // Of a rank and step: the kept logits forward and backward, and one pass over all of them to choose.
  const R rows = p.micro_batches() * l.micro_batch * l.sequence / l.context, columns = vocabulary / l.tensor;
  const R choosing = where(of.top > R(0), columns * R(2), R(0)) * R(of.stored ? 0 : 1);
  const quantity<unit::byte, R> moved = rows * (R(2) * of.bytes_per_token(columns) + choosing) * units::byte;
  f.loss = chips::time_of(chips::timing_of(layercake::with_number<R>(chip)), memory_traffic<R>{.moved = moved});
  if (of.stored) {
    f.read = tokens * of.bytes_per_token(vocabulary) * units::byte;
    return f;
  }
  auto forward = p;
  forward.recompute = recomputation::none;
  const auto still = models::frozen(y, of.teacher_weights);
  const training_figures<R> t = training_law_of<R>(still, chip, network)(forward);
  f.teacher = t.step_time() - t.time.data_exchange - t.time.optimizer - t.time.host;
  f.teacher_flop = t.flop.model(attention_flop::causal) * t.tokens;
  f.teacher_memory += memory_of_training(still, l).weights;
  return f;
}

}  // namespace layercake
