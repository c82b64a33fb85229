// A model of GPT's shape.
#pragma once

#include <layercake/models/transformer.hpp>

namespace layercake_test {

inline layercake::models::transformer gpt(double layers, double width, double heads, double vocabulary = 51200) {
  return {.name = "gpt",
          .layers = layers,
          .width = width,
          .heads = heads,
          .key_heads = heads,
          .head_width = width / heads,
          .feed_forward = 4 * width,
          .gated = false,
          .vocabulary = vocabulary,
          .tied = true};
}

}  // namespace layercake_test
