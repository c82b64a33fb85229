// What is wrong with a document in XML 1.0 (fifth edition; productions in brackets), "" if nothing: characters, elements that close in order,
// attributes in quotes and none twice, references. A subset: no prolog, comments, sections or references but the predefined and numbers.
// No number in an attribute may be nan or inf.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace layercake_test {

class xml_reader {
public:
  explicit xml_reader(std::string_view text) : text_(text) {}

  std::string fault() {
    characters();
    skip_blanks();
    if (!at("<")) return says("no root element");
    while (fault_.empty() && at_ < text_.size() && (!open_.empty() || !rooted_)) {
      if (at("</")) {
        closing();
      } else if (at("<")) {
        opening();
      } else {
        content();
      }
    }
    skip_blanks();
    if (!open_.empty()) says("<" + open_.back() + "> does not close");
    if (at_ < text_.size()) says("more than one root element");
    return fault_;
  }

private:
  std::string says(const std::string& what) {
    if (fault_.empty()) fault_ = "byte " + std::to_string(at_) + ": " + what;
    return fault_;
  }
  bool at(std::string_view s) const { return text_.substr(at_, s.size()) == s; }
  char now() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (now() == ' ' || now() == '\n' || now() == '\t')
      ++at_;
  }

  // [2] Char: #x9 | #xA | #xD | #x20-#xD7FF | #xE000-#xFFFD | #x10000-#x10FFFF, in the shortest form of UTF-8 (RFC 3629).
  void characters() {
    for (std::size_t i = 0; i < text_.size();) {
      const auto byte = [&](std::size_t k) { return k < text_.size() ? static_cast<unsigned char>(text_[k]) : 0u; };
      const std::size_t bytes = byte(i) < 0x80    ? 1
                                : byte(i) >= 0xf0 ? 4
                                : byte(i) >= 0xe0 ? 3
                                : byte(i) >= 0xc0 ? 2
                                                  : 0;
      std::uint32_t c = bytes < 2 ? byte(i) : byte(i) & (0x7fu >> bytes);
      bool good = bytes > 0 && byte(i) < 0xf8;
      for (std::size_t k = 1; k < bytes; ++k) {
        good = good && (byte(i + k) & 0xc0) == 0x80;
        c = (c << 6) | (byte(i + k) & 0x3f);
      }
      constexpr std::uint32_t first_of[] = {0, 0, 0x80, 0x800, 0x10000};
      good = good && c >= first_of[bytes];
      good = good && (c == 9 || c == 10 || c == 13 || (c >= 0x20 && c <= 0xd7ff) || (c >= 0xe000 && c <= 0xfffd) ||
                      (c >= 0x10000 && c <= 0x10ffff));
      if (!good) {
        at_ = i;
        says("no character of XML");
        return;
      }
      i += bytes;
    }
  }
  std::string name() {
    const std::size_t begin = at_;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    while (letter(now()) || (at_ > begin && (now() == '-' || (now() >= '0' && now() <= '9'))))
      ++at_;
    if (at_ == begin) says("a name is missing");
    return std::string(text_.substr(begin, at_ - begin));
  }
  // [14], [67] Text between markup.
  void content() {
    while (at_ < text_.size() && now() != '<' && fault_.empty()) {
      if (at("]]>")) says("]]> outside a section");
      if (now() == '&') {
        reference();
      } else {
        ++at_;
      }
    }
  }
  void reference() {
    const std::size_t end = text_.find(';', at_);
    const std::string r(text_.substr(at_, end == text_.npos ? end : end - at_));
    const std::set<std::string> known = {"&amp", "&lt", "&gt", "&quot", "&apos"};
    const bool number = r.size() > 2 && r.substr(0, 2) == "&#" && r.find_first_not_of("0123456789", 2) == r.npos;
    if (end == text_.npos || (!known.count(r) && !number)) says("a bare &");
    at_ = end + 1;
  }
  // [40], [41], [44]
  void opening() {
    ++at_;
    const std::string element = name();
    std::set<std::string> seen;
    while (fault_.empty()) {
      const std::size_t before = at_;
      skip_blanks();
      if (at("/>") || at(">")) break;
      if (at_ == before) says("a blank before an attribute is missing");
      const std::string attribute = name();
      if (!seen.insert(attribute).second) says("attribute " + attribute + " twice");
      if (!at("=\"")) says("no value in quotes");
      at_ += 2;
      const std::size_t begin = at_;
      while (at_ < text_.size() && now() != '"' && fault_.empty()) {
        if (now() == '<') says("< in an attribute");
        if (now() == '&') {
          reference();
        } else {
          ++at_;
        }
      }
      const std::string_view value = text_.substr(begin, at_ - begin);
      for (const char* bad : {"nan", "inf", "NaN", "INF"})
        if (value.find(bad) != value.npos) says(std::string(bad) + " in " + attribute);
      ++at_;
    }
    rooted_ = true;
    if (at("/>")) {
      at_ += 2;
    } else {
      ++at_;
      open_.push_back(element);
    }
  }
  // [42]
  void closing() {
    at_ += 2;
    const std::string element = name();
    if (open_.empty() || open_.back() != element) {
      says("</" + element + "> closes nothing");
      return;
    }
    open_.pop_back();
    if (now() != '>') says("no > after a name");
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool rooted_ = false;
  std::vector<std::string> open_;
  std::string fault_;
};

inline std::string xml_fault(const std::string& document) { return xml_reader(document).fault(); }

}  // namespace layercake_test
