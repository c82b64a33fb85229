// Charts of quantities as SVG: points and lines over two axes, linear or logarithmic, each in a unit that its label
// names. Text alone: no fonts, no scripts, nothing to install.
//
// ```cpp
// const std::vector times{12 * day, 30 * day};
// const std::vector costs{9 * million_usd, 21 * million_usd};
// report::chart c("Training runs", report::axis<day>("wall clock"), report::axis<million_usd>("cost"));
// c.points("H100", times, costs);
// const std::string file = c.svg();
// ```
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <iosfwd>
#include <layercake/core/utf8.hpp>
#include <layercake/number/check.hpp>
#include <layercake/units/named.hpp>
#include <layercake/units/print.hpp>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace layercake::report {

enum class scale : unsigned char { linear, logarithmic };

// What an axis shows and in which unit; `axis<units::day>("wall clock")`.
template <class Unit>
struct axis_of {
  std::string label;
  report::scale scale;
};
template <auto Unit>
axis_of<std::remove_cv_t<decltype(Unit)>> axis(std::string label, scale how = scale::linear) {
  return {std::move(label), how};
}

namespace detail {

// The sign of a unit, from how a few of it are written: "2 d" gives d, "$2M" gives $M. What is never written with that
// number alone (24 min of a sixtieth of a day) is named by what one is.
template <class Unit>
std::string sign_of() {
  for (const char digit : {'1', '2', '3', '5'}) {
    std::string text = to_string(static_cast<double>(digit - '0') * Unit{});
    const std::size_t at = text.find(digit);
    if (at == std::string::npos) continue;
    text.erase(at, 1);
    if (text.find_first_of("0123456789.") < at + 1 || text.find('-') < at + 1) continue;
    if (at < text.size() && text.find_first_of("0123456789.", at) == at) continue;
    if (at < text.size() && text[at] == ' ') text.erase(at, 1);
    return text;
  }
  return to_string(1.0 * Unit{}) + " each";
}

// The bytes of the character at the head of a text in UTF-8; 0 where there is none, or none that XML knows (U+FFFE and U+FFFF).
inline std::size_t xml_length(std::string_view text) {
  const std::string_view head = text.substr(0, 3);
  return head == "\xEF\xBF\xBE" || head == "\xEF\xBF\xBF" ? 0 : utf8_length(text);
}

// Text inside an element or an attribute; tabs and ends of lines become blanks, other control characters (XML 1.0, 2.2 forbids them) and
// bytes that are not UTF-8 the replacement character.
inline std::string escaped(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD
  std::string s;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x80) {
      const std::size_t bytes = xml_length(text.substr(i));
      s += bytes == 0 ? replacement : text.substr(i, bytes);
      if (bytes > 1) i += bytes - 1;
      continue;
    }
    switch (c) {
    case '&':
      s += "&amp;";
      break;
    case '<':
      s += "&lt;";
      break;
    case '>':
      s += "&gt;";
      break;
    case '"':
      s += "&quot;";
      break;
    case '\'':
      s += "&#39;";
      break;
    case '\t':
    case '\n':
    case '\r':
      s += ' ';
      break;
    default:
      s += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? replacement : std::string_view(&c, 1);
    }
  }
  return s;
}

// A coordinate, to a hundredth.
inline std::string at(double x) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, x, std::chars_format::fixed, 2).ptr;
  return {text, end};
}

// Marks of an axis between two values: multiples of 1, 2, 2.5 or 5 times a power of ten, about `wanted` of them; on a
// logarithmic axis powers of ten, with 2 and 5 times these where there are few, linear marks where there are none.
inline std::vector<double> linear_marks(double low, double high, int wanted = 6) {
  const double raw = (high - low) / wanted, power = std::pow(10, std::floor(std::log10(raw)));
  double step = 10 * power;
  for (const double m : {5.0, 2.5, 2.0, 1.0}) {
    if (m * power >= raw) step = m * power;
  }
  constexpr double all_counted = 9007199254740992;  // 2^53: from here on k + 1 is k
  const double first = std::ceil(low / step - 1e-9);
  if (!(std::fabs(first) < all_counted)) return {low, high};
  std::vector<double> marks;
  for (double k = first; k * step <= high + 1e-9 * step && k - first < 4 * wanted; ++k)
    marks.push_back(k == 0 ? 0.0 : k * step);
  return marks;
}
// Between 10^from and 10^to.
inline std::vector<double> logarithmic_marks(double from, double to) {
  const double decades = to - from, low = std::pow(10, from), high = std::pow(10, to);
  std::vector<double> marks;
  const int skip = static_cast<int>(std::ceil(decades / 8));
  for (int k = static_cast<int>(std::floor(std::log10(low))); k <= static_cast<int>(std::ceil(std::log10(high))); ++k) {
    for (const double m : {1.0, 2.0, 5.0}) {
      if (m > 1 && decades > 3) continue;
      if (m == 1 && skip > 1 && k % skip != 0) continue;
      const double x = m * std::pow(10, k);
      if (x >= low * (1 - 1e-9) && x <= high * (1 + 1e-9)) marks.push_back(x);
    }
  }
  return marks.size() < 3 ? linear_marks(low, high, 4) : marks;
}

// A range of values that the chart shows, and where in the picture.
struct range {
  double low, high;  // logarithms on a logarithmic axis
  double from, to;   // coordinates
  report::scale how;

  double place(double x) const {
    const double v = how == report::scale::logarithmic ? std::log10(x) : x;
    return from + (v - low) / (high - low) * (to - from);
  }
  std::vector<double> marks() const {
    return how == report::scale::logarithmic ? logarithmic_marks(low, high) : linear_marks(low, high);
  }
};
}  // namespace detail

// Values in the axis's unit lie this far from 1 at most, or are 0: their spans and powers of ten then can be computed with.
inline constexpr double largest_shown = 1e250;

// Two axes and what is drawn between them. Bad data (an empty series, coordinates that do not pair up, that are not
// finite, beyond largest_shown, or not above 0 on a logarithmic axis) throw invalid_value with the chart, the series and the
// point.
template <class X, class Y>
class chart {
public:
  using x_type = quantity<typename X::tag>;
  using y_type = quantity<typename Y::tag>;

  static constexpr double width = 640, height = 440;

  chart(std::string title, axis_of<X> x, axis_of<Y> y) : title_(std::move(title)), x_(std::move(x)), y_(std::move(y)) {}

  // A mark at each point; a point that has a name bears it, every one tells its coordinates when pointed at.
  chart& points(std::string name, std::span<const x_type> x, std::span<const y_type> y,
                std::span<const std::string> names = {}) {
    return add(std::move(name), x, y, names, style::points);
  }
  // A line through the points in their order.
  chart& line(std::string name, std::span<const x_type> x, std::span<const y_type> y) {
    return add(std::move(name), x, y, {}, style::line);
  }
  // Both: a line with a mark at each point.
  chart& curve(std::string name, std::span<const x_type> x, std::span<const y_type> y,
               std::span<const std::string> names = {}) {
    return add(std::move(name), x, y, names, style::curve);
  }
  // A ring around each point, to single out some among others.
  chart& rings(std::string name, std::span<const x_type> x, std::span<const y_type> y) {
    return add(std::move(name), x, y, {}, style::rings);
  }

  // The picture, a whole document. Throws invalid_value for a chart without a series.
  std::string svg() const {
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + detail::at(width) + " " + detail::at(height) +
           "\" width=\"" + detail::at(width) + "\" height=\"" + detail::at(height) +
           "\" font-family=\"system-ui, Helvetica, Arial, sans-serif\">\n<rect width=\"100%\" height=\"100%\" "
           "fill=\"#ffffff\"/>\n" +
           drawing() + "</svg>\n";
  }
  template <class Char, class Traits>
  friend std::basic_ostream<Char, Traits>& operator<<(std::basic_ostream<Char, Traits>& out, const chart& c) {
    const std::string s = c.svg();
    out.write(s.data(), static_cast<std::streamsize>(s.size()));
    return out;
  }

  // What the document contains, for a picture of several charts: see beside().
  std::string drawing() const {
    check_not_empty("chart \"" + title_ + "\".series", all_, "Add points or a line.");
    double bottom_of_legend = 0;
    std::string s = text(left, title_line, size_of_title, "start", title_, " font-weight=\"600\" fill=\"#1a1d21\"") +
                    legend(bottom_of_legend);
    const double top = bottom_of_legend + line_height;
    const frame inside{range_of(0, x_.scale, left, width - right), range_of(1, y_.scale, height - bottom, top), top};
    s += axes(inside) + lines(inside);
    std::vector<box> taken;
    s += marks(inside, taken);
    for (const series& one : all_) {
      for (std::size_t k = 0; k < one.names.size(); ++k) {
        if (!one.names[k].empty()) s += named(one.names[k], inside.x.place(one.x[k]), inside.y.place(one.y[k]), taken);
      }
    }
    return s;
  }

private:
  enum class style : unsigned char { points, line, curve, rings };
  struct series {
    std::string name;
    std::vector<double> x, y;  // in the units of the axes
    std::vector<std::string> names;
    style drawn;
    bool has_line() const { return drawn == style::line || drawn == style::curve; }
    bool has_marks() const { return drawn != style::line; }
  };
  struct box {
    double left, top, right, bottom;
    bool meets(const box& o) const { return left < o.right && o.left < right && top < o.bottom && o.top < bottom; }
  };
  // Where the two axes lie in the picture.
  struct frame {
    detail::range x, y;
    double top;
  };
  // Lengths in units of the picture, which is 640 wide; what looks well.
  static constexpr double left = 72, right = 24, bottom = 56;  // margins around the axes
  static constexpr double title_line = 28, first_legend_line = 52, line_height = 18;
  static constexpr int size_of_title = 16, size_of_label = 12, size_of_number = 11;  // of letters
  std::string title_;
  axis_of<X> x_;
  axis_of<Y> y_;
  std::vector<series> all_;

  // The series by name, in rows under the title. `row` becomes the line of the last one.
  std::string legend(double& row) const {
    constexpr double width_of_mark = 26, width_of_letter = 6.6, gap = 8;
    std::string s;
    double along = left;
    row = first_legend_line;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const double wide = width_of_mark + width_of_letter * static_cast<double>(all_[i].name.size());
      if (along > left && along + wide > width - right) along = left, row += line_height;
      if (all_[i].has_line())
        s += "<path d=\"M" + detail::at(along) + " " + detail::at(row - 4) + "h14\"" + stroke(i) + "/>\n";
      if (all_[i].has_marks()) s += mark(i, along + 7, row - 4, "/>");
      s += text(along + 19, row, size_of_label, "start", all_[i].name);
      along += wide + gap;
    }
    return s;
  }
  // The axes with their grid, numbers and labels.
  std::string axes(const frame& in) const {
    std::string s;
    for (const double m : in.x.marks()) {
      const double px = in.x.place(m);
      s += grid("M" + detail::at(px) + " " + detail::at(in.top) + "V" + detail::at(height - bottom));
      s += text(px, height - bottom + 18, size_of_number, "middle", to_string(m));
    }
    for (const double m : in.y.marks()) {
      const double py = in.y.place(m);
      s += grid("M" + detail::at(left) + " " + detail::at(py) + "H" + detail::at(width - right));
      s += text(left - 8, py + 4, size_of_number, "end", to_string(m));
    }
    s += "<path d=\"M" + detail::at(left) + " " + detail::at(in.top) + "V" + detail::at(height - bottom) + "H" +
         detail::at(width - right) + "\" stroke=\"#8a9099\" fill=\"none\"/>\n";
    s += text((left + width - right) / 2, height - 14, size_of_label, "middle", labelled<X>(x_.label));
    const double middle = (in.top + height - bottom) / 2;
    return s + "<g transform=\"rotate(-90 18 " + detail::at(middle) + ")\">" +
           text(18, middle, size_of_label, "middle", labelled<Y>(y_.label)) + "</g>\n";
  }
  // Lines lie under marks.
  std::string lines(const frame& in) const {
    std::string s;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const series& one = all_[i];
      if (!one.has_line()) continue;
      s += "<path d=\"";
      for (std::size_t k = 0; k < one.x.size(); ++k)
        s += (k == 0 ? "M" : "L") + detail::at(in.x.place(one.x[k])) + " " + detail::at(in.y.place(one.y[k]));
      s += "\"" + stroke(i) + "/>\n";
    }
    return s;
  }
  // `taken`: where they are, so that names keep away.
  std::string marks(const frame& in, std::vector<box>& taken) const {
    constexpr double half = 5;
    std::string s;
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const series& one = all_[i];
      if (!one.has_marks()) continue;
      for (std::size_t k = 0; k < one.x.size(); ++k) {
        const double px = in.x.place(one.x[k]), py = in.y.place(one.y[k]);
        const std::string& name = k < one.names.size() && !one.names[k].empty() ? one.names[k] : one.name;
        s += mark(i, px, py,
                  "><title>" +
                      detail::escaped(name + ": " + to_string(as_x(one.x[k])) + ", " + to_string(as_y(one.y[k]))) +
                      "</title></circle>");
        taken.push_back({px - half, py - half, px + half, py + half});
      }
    }
    return s;
  }

  static x_type as_x(double x) { return x * X{}; }
  static y_type as_y(double y) { return y * Y{}; }

  template <class Unit>
  static std::string labelled(const std::string& label) {
    const std::string sign = detail::sign_of<Unit>();
    return sign.empty() ? label : label + " (" + sign + ")";
  }

  chart& add(std::string name, std::span<const x_type> x, std::span<const y_type> y, std::span<const std::string> names,
             style drawn) {
    const std::string where_ = "series \"" + name + "\" of chart \"" + title_ + "\"";
    check_not_empty(where_ + ": x", x, "Leave the series out or fill it.");
    check_equal(where_ + ": y.size", y.size(), "x.size is", x.size(), "Give both for every point.");
    if (!names.empty()) {
      check_equal(where_ + ": names.size", names.size(), "x.size is", x.size(),
                  "Give none or one for each point, empty for a point without one.");
    }
    series s{std::move(name), {}, {}, {names.begin(), names.end()}, drawn};
    for (std::size_t i = 0; i < x.size(); ++i) {
      s.x.push_back(x[i] / as_x(1));
      s.y.push_back(y[i] / as_y(1));
      const std::string point = " of point " + std::to_string(i);
      check_shown(where_ + ": " + x_.label + point, s.x.back(), x[i], x_.scale);
      check_shown(where_ + ": " + y_.label + point, s.y.back(), y[i], y_.scale);
    }
    all_.push_back(std::move(s));
    return *this;
  }

  // A value, `in_unit` of the axis, that the axis can show.
  template <class Value>
  static void check_shown(const std::string& path, double in_unit, const Value& value, scale how) {
    const bool logarithmic = how == scale::logarithmic;
    const double size = std::fabs(in_unit);
    const bool within = size <= largest_shown && size >= 1 / largest_shown;
    require(logarithmic ? within && in_unit > 0 : within || in_unit == 0, path, value,
            logarithmic ? "from 1e-250 to 1e250 in the unit of a logarithmic axis"
                        : "0, or from 1e-250 to 1e250 of either sign in the axis's unit",
            !std::isfinite(in_unit)       ? "Leave the point out."
            : logarithmic && in_unit <= 0 ? "Leave the point out or take a linear axis."
                                          : "Leave the point out or take another unit.");
  }

  // All values of a coordinate with some room at both ends.
  detail::range range_of(int coordinate, scale how, double from, double to) const {
    double low = 0, high = 0;
    bool first = true;
    for (const series& s : all_) {
      for (const double x : coordinate == 0 ? s.x : s.y) {
        const double v = how == scale::logarithmic ? std::log10(x) : x;
        low = first || v < low ? v : low;
        high = first || v > high ? v : high;
        first = false;
      }
    }
    constexpr double room_at_ends = 0.05, room_around_one_value = 0.1;
    constexpr double hardly_any = 1e-9;  // of a value, or of a decade
    const double size = std::fabs(high), least = how == scale::logarithmic ? hardly_any : 0;
    double room = (high - low) * room_at_ends;
    if (!(room > size * hardly_any && room > least))
      room = size > least ? size * room_around_one_value : 1;  // all alike
    if (how == scale::linear && low >= 0 && low < room) return {0, high + room, from, to, how};
    return {low - room, high + room, from, to, how};
  }

  static std::string colour(std::size_t i) {  // told apart by colour-blind people: Okabe and Ito 2008
    constexpr std::array<const char*, 7> all{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                             "#e69f00", "#56b4e9", "#4d4d4d"};
    return all[i % all.size()];
  }
  static std::string stroke(std::size_t i) {
    return " stroke=\"" + colour(i) + "\" stroke-width=\"2\" stroke-linejoin=\"round\" fill=\"none\"";
  }
  std::string mark(std::size_t i, double x, double y, const std::string& rest) const {
    const std::string place = "<circle cx=\"" + detail::at(x) + "\" cy=\"" + detail::at(y) + "\" r=\"";
    return place +
           (all_[i].drawn == style::rings ? "8\" fill=\"none\" stroke=\"" + colour(i) + "\" stroke-width=\"1.5\""
                                          : "4.5\" fill=\"" + colour(i) + "\" stroke=\"#ffffff\"") +
           rest + "\n";
  }
  // The name of a point, on the first side of it where nothing else is.
  static std::string named(const std::string& name, double x, double y, std::vector<box>& taken) {
    constexpr double width_of_letter = 6.3, height_of_letter = 10;
    const double wide = width_of_letter * static_cast<double>(name.size());
    struct side {
      double dx, dy;
      const char* anchor;
    };
    constexpr std::array<side, 6> sides{
        {{8, -5, "start"}, {-8, -5, "end"}, {8, 13, "start"}, {-8, 13, "end"}, {0, -9, "middle"}, {0, 17, "middle"}}};
    side chosen = sides[0];
    box at{};
    for (std::size_t i = sides.size() + 1; i-- > 0;) {  // the first side once more where all are taken
      const side& one = sides[(sides.size() - i) % sides.size()];
      const double begin = x + one.dx - (one.anchor[0] == 's' ? 0 : one.anchor[0] == 'e' ? wide : wide / 2);
      chosen = one, at = {begin, y + one.dy - height_of_letter, begin + wide, y + one.dy + 1};
      bool free = at.right < width - 4 && at.left > left;
      for (const box& b : taken)
        free = free && !at.meets(b);
      if (free) break;
    }
    taken.push_back(at);
    return text(x + chosen.dx, y + chosen.dy, size_of_number, chosen.anchor, name,
                " fill=\"#3c4148\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\"");
  }
  static std::string grid(const std::string& path) {
    return "<path d=\"" + path + "\" stroke=\"#e7e9ec\" fill=\"none\"/>\n";
  }
  static std::string text(double x, double y, int size, const char* anchor, const std::string& what,
                          const char* style = " fill=\"#3c4148\"") {
    return "<text x=\"" + detail::at(x) + "\" y=\"" + detail::at(y) + "\" font-size=\"" + std::to_string(size) +
           "\" text-anchor=\"" + anchor + "\"" + style + ">" + detail::escaped(what) + "</text>\n";
  }
};

// Charts from left to right in one document.
template <class... X, class... Y>
std::string beside(const chart<X, Y>&... charts) {
  static_assert(sizeof...(charts) > 0, "layercake: a picture needs a chart");
  std::string inside;
  double along = 0, high = 0;
  const auto place = [&](const auto& c) {
    inside += "<g transform=\"translate(" + detail::at(along) + " 0)\">\n" + c.drawing() + "</g>\n";
    along += c.width;
    high = c.height;
  };
  (place(charts), ...);
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + detail::at(along) + " " + detail::at(high) +
         "\" width=\"" + detail::at(along) + "\" height=\"" + detail::at(high) +
         "\" font-family=\"system-ui, Helvetica, Arial, sans-serif\">\n<rect width=\"100%\" height=\"100%\" "
         "fill=\"#ffffff\"/>\n" +
         inside + "</svg>\n";
}

}  // namespace layercake::report
