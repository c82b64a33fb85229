// Patterns of module names in the files of quantised models, which say what was left as it is.
#pragma once

#include <cstddef>
#include <layercake/config.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layercake::adapters::hugging_face {

// Whether all of a name fits: `*` stands for any letters, `?` for one.
inline bool fits_glob(std::string_view glob, std::string_view name) {
  std::size_t g = 0, n = 0, star = glob.npos, from = 0;
  while (n < name.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++, from = n;
    } else if (g < glob.size() && (glob[g] == '?' || glob[g] == name[n])) {
      ++g, ++n;
    } else if (star != glob.npos) {
      g = star + 1, n = ++from;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*')
    ++g;
  return g == glob.size();
}

// Whether `part` is the name, or whole words of it: gate of mlp.gate and not of mlp.gate_proj.
inline bool has_words(std::string_view name, std::string_view part) {
  for (std::size_t at = name.find(part); at != name.npos && !part.empty(); at = name.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    if ((at == 0 || name[at - 1] == '.') && (end == name.size() || name[end] == '.')) return true;
  }
  return false;
}

// A regular expression as globs, one for each way through its alternatives, as far as such files use them: letters, \. . .* .+ [...] [...]+
// \d+ (a|b) ^ $. Nothing for any other, and for one with more than 64 ways. A class of letters stands for any.
class regex_globs {
public:
  static std::optional<std::vector<std::string>> of(std::string_view regex) {
    constexpr std::size_t longest = 512;
    if (regex.size() > longest) return std::nullopt;
    regex_globs reader;
    if (!regex.empty() && regex.front() == '^') regex.remove_prefix(1);
    const bool whole = !regex.empty() && regex.back() == '$' && (regex.size() < 2 || regex[regex.size() - 2] != '\\');
    if (whole) regex.remove_suffix(1);
    std::vector<std::string> all = reader.alternatives(regex);
    if (!reader.understood_) return std::nullopt;
    for (std::string& glob : all)
      glob += whole ? "" : "*";
    return all;
  }

private:
  static constexpr std::size_t most = 64;
  bool understood_ = true;

  std::vector<std::string> refuse() {
    understood_ = false;
    return {};
  }
  // Split at the bars that lie in no parentheses.
  std::vector<std::string> alternatives(std::string_view regex) {
    std::vector<std::string> all;
    std::size_t depth = 0, from = 0;
    const auto add = [&](std::size_t end) {
      for (std::string& glob : sequence(regex.substr(from, end - from)))
        all.push_back(std::move(glob));
      from = end + 1;
      understood_ = understood_ && all.size() <= most;
    };
    for (std::size_t i = 0; i < regex.size() && understood_; ++i) {
      if (regex[i] == '\\') {
        ++i;
      } else if (regex[i] == '(') {
        ++depth;
      } else if (regex[i] == ')') {
        if (depth-- == 0) return refuse();
      } else if (regex[i] == '|' && depth == 0) {
        add(i);
      }
    }
    if (depth > 0) return refuse();
    add(regex.size());
    return understood_ ? all : refuse();
  }
  // One thing after the other.
  std::vector<std::string> sequence(std::string_view regex) {
    std::vector<std::string> all{""};
    for (std::size_t i = 0; i < regex.size() && understood_;) {
      std::vector<std::string> next = atom(regex, i);
      if (i < regex.size() && (regex[i] == '*' || regex[i] == '+')) {
        if (next.size() != 1 || next[0] != "?") return refuse();  // only of any letter
        next[0] = "*";
        ++i;
      }
      std::vector<std::string> joined;
      for (const std::string& a : all) {
        for (const std::string& b : next)
          joined.push_back(a + b);
      }
      if (joined.size() > most) return refuse();
      all = std::move(joined);
    }
    return all;
  }
  std::vector<std::string> atom(std::string_view regex, std::size_t& i) {
    const char c = regex[i++];
    if (c == '.') return {"?"};
    if (c == '\\') {
      if (i == regex.size()) return refuse();
      const char escaped = regex[i++];
      if (escaped == 'd' || escaped == 'w') return {"?"};
      const bool letter = (escaped >= 'a' && escaped <= 'z') || (escaped >= 'A' && escaped <= 'Z');
      return letter ? refuse() : std::vector<std::string>{std::string(1, escaped)};
    }
    if (c == '[') {
      const std::size_t end = regex.find(']', i);
      if (end == regex.npos) return refuse();
      i = end + 1;
      return {"?"};
    }
    if (c == '(') {
      std::size_t depth = 1, from = i;
      while (i < regex.size() && depth > 0) {
        if (regex[i] == '\\')
          ++i;
        else if (regex[i] == '(')
          ++depth;
        else if (regex[i] == ')')
          --depth;
        ++i;
      }
      if (depth > 0 || i > regex.size()) return refuse();
      std::string_view inside = regex.substr(from, i - 1 - from);
      if (inside.substr(0, 2) == "?:") inside.remove_prefix(2);
      return inside.substr(0, 1) == "?" ? refuse() : alternatives(inside);
    }
    const bool special = c == '*' || c == '+' || c == '?' || c == '{' || c == '}' || c == '^' || c == '$' || c == ')';
    return special ? refuse() : std::vector<std::string>{std::string(1, c)};
  }
};

// What a list of such patterns holds: names (whole words of a module's), globs with a star, and "re:" expressions.
class name_patterns {
public:
  // False if it is not understood.
  bool add(std::string_view pattern) {
    constexpr std::string_view regex = "re:";
    if (pattern.substr(0, regex.size()) == regex) {
      const auto globs = regex_globs::of(pattern.substr(regex.size()));
      if (!globs) return false;
      globs_.insert(globs_.end(), globs->begin(), globs->end());
    } else if (pattern.find('*') != pattern.npos) {
      globs_.push_back("*" + std::string(without_model(pattern)));
      if (pattern.back() != '*') globs_.push_back(globs_.back() + ".*");
    } else {
      words_.push_back(std::string(without_model(pattern)));
    }
    return true;
  }
  // Of a module by its names, which families differ in: layers.3.self_attn.q_proj.
  bool have(const std::vector<std::string>& names) const {
    for (const std::string& name : names) {
      for (const std::string& words : words_) {
        if (has_words(name, words)) return true;
      }
      for (const std::string& glob : globs_) {
        if (fits_glob(glob, "model." + name) || fits_glob(glob, name)) return true;
      }
    }
    return false;
  }
  bool empty() const { return words_.empty() && globs_.empty(); }

private:
  std::vector<std::string> words_, globs_;

  // What stands before the layers differs between families and says nothing.
  static std::string_view without_model(std::string_view pattern) {
    for (const char* word :
         {"model.language_model.", "language_model.model.", "language_model.", "model.", "backbone.", "transformer."}) {
      const std::string_view prefix = word;
      if (pattern.substr(0, prefix.size()) == prefix) return pattern.substr(prefix.size());
    }
    return pattern;
  }
};

}  // namespace layercake::adapters::hugging_face
