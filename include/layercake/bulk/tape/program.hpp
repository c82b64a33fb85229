// A tape made ready to run over a grid: which operation belongs into which loop, which loop is innermost, and the code
// of the innermost one in blocks of lanes that stay in the first-level cache.
//
// An operation runs in the outermost loop that knows its operands: what does not depend on the innermost axis is
// computed once per row, what depends on the outermost alone once per plane, and so on, exactly, operation by
// operation. What depends on the innermost loop alone is computed once for all rows, where a table of it is short. The
// same IEEE operations are done on the same operands in the same order as for one point, so that + - * /
// sqrt and comparisons give the very bits of the scalar path (built without contraction into multiply-adds); exp and
// log are the vector library's, within the ulp that `elementary_ulp` states.
#pragma once

#include <cstddef>
#include <layercake/bulk/tape/code.hpp>
#include <layercake/bulk/tape/compiler.hpp>
#include <layercake/bulk/tape/dependences.hpp>
#include <layercake/bulk/xsimd.hpp>
#include <vector>

namespace layercake::bulk {

// What a program reads from its axes, what must hold of a point, and what is kept of it: places on a tape.
struct tape_ends {
  std::vector<tape_input> inputs;
  std::vector<place> conditions, outputs;
};

// The code of a tape for a loop nest. Immutable; each worker runs it on memory of its own (runner.hpp).
template <real S = double, class Arch = xsimd::default_arch>
class program {
public:
  program(const tape<S>& t, const tape_ends& ends, const std::vector<loop>& nest, division how) {
    code_.inputs = ends.inputs;
    code_.conditions = ends.conditions;
    code_.outputs = ends.outputs;
    detail::compiler<S, Arch>(t, nest, how, code_).run();
  }

  std::size_t block() const { return code_.block; }
  // Whether the lanes of the innermost loop's inputs are asked for once, by `tabulate`, and not for every block.
  bool tabulates() const { return code_.tabulates; }
  const detail::program_code<S, Arch>& code() const { return code_; }

private:
  detail::program_code<S, Arch> code_;
};

}  // namespace layercake::bulk
