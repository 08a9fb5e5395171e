#include "cli/view/views.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <map>
#include <optional>

#include "base/unique_fd.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {
namespace {

using builds::Progress;
using builds::TargetOutcome;

/// Receives what a view writes, one element per write(2).
class Receiver {
 public:
  Receiver() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    view_ = UniqueFd(ends[0]);
    test_ = UniqueFd(ends[1]);
  }
  int fd() const { return view_.get(); }
  std::vector<std::string> take() const {
    std::vector<std::string> writes;
    std::string buffer(200000, '\0');
    while (true) {
      const ssize_t size = ::recv(test_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size <= 0) return writes;
      writes.push_back(buffer.substr(0, static_cast<size_t>(size)));
    }
  }

 private:
  UniqueFd view_, test_;
};

/// As much of a terminal as the views use; anything else is a failure.
class Terminal {
 public:
  Terminal(size_t columns, size_t rows) : columns_(columns), rows_(rows), lines_(1) {}

  void write(std::string_view text) {
    while (!text.empty()) {
      const size_t size = text[0] == '\x1b' ? sequence(text) : character(text);
      text.remove_prefix(size);
    }
  }
  /// All lines ever shown that were not erased, without the empty one that the cursor rests on.
  std::string text() const {
    std::string all;
    for (size_t i = 0; i < lines_.size(); ++i) {
      std::string line;
      for (const std::string& cell : lines_[i]) line += cell;
      if (i + 1 < lines_.size() || !line.empty()) all += line + "\n";
    }
    return all;
  }

 private:
  size_t character(std::string_view text) {
    if (text[0] == '\n') return line_feed(), 1;
    if (text[0] == '\r') return column_ = 0, 1;
    EXPECT_GE(static_cast<unsigned char>(text[0]), 0x20) << "a control character";
    size_t size = 1;
    while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) ++size;
    if (column_ == columns_) line_feed();
    auto& line = lines_[row_];
    if (line.size() <= column_) line.resize(column_ + 1, " ");
    line[column_++] = std::string(text.substr(0, size));
    return size;
  }
  void line_feed() {
    column_ = 0;
    if (++row_ == lines_.size()) lines_.emplace_back();
  }
  size_t sequence(std::string_view text) {
    const size_t end = text.find_first_not_of("0123456789;", 2);
    if (text.size() < 3 || text[1] != '[' || end == std::string_view::npos) {
      ADD_FAILURE() << "a strange escape sequence";
      return 1;
    }
    if (text[end] == 'A') {
      const size_t up = std::stoul(std::string(text.substr(2, end - 2)));
      const size_t top = lines_.size() > rows_ ? lines_.size() - rows_ : 0;
      EXPECT_GE(row_, top + up) << "above the window";
      row_ -= std::min(up, row_);
    } else if (text[end] == 'J' || text[end] == 'K') {
      if (text[end] == 'J') lines_.resize(row_ + 1);
      if (lines_[row_].size() > column_) lines_[row_].resize(column_);
    } else {
      EXPECT_EQ(text[end], 'm');
    }
    return end + 1;
  }

  size_t columns_, rows_;
  std::vector<std::vector<std::string>> lines_;
  size_t row_ = 0, column_ = 0;
};

struct Setup {
  bool terminal = true;
  bool colour = false;
  bool unicode = true;
  unsigned columns = 60;
  unsigned rows = 24;
  Verbosity verbosity = Verbosity::normal;
};

class View {
 public:
  explicit View(const Setup& setup) : terminal_(setup.columns, setup.rows) {
    const Screen screen{receiver_.fd(), setup.terminal, setup.colour, setup.columns, setup.rows, setup.unicode};
    progress_ = make_progress(screen, setup.verbosity, [this] { return now; });
  }
  Progress* operator->() const { return progress_.get(); }
  std::vector<std::string> writes() { return receiver_.take(); }
  std::string written() {
    std::string all;
    for (const std::string& text : writes()) all += text;
    return all;
  }
  std::string shown() {
    terminal_.write(written());
    return terminal_.text();
  }

  double now = 1000;

 private:
  Receiver receiver_;
  Terminal terminal_;
  std::unique_ptr<Progress> progress_;
};

TEST(CleanLine, DropsWhatSteersATerminal) {
  const TextStyle style{};
  EXPECT_EQ(clean_line("plain text", style), "plain text");
  EXPECT_EQ(clean_line("a\x1b[2Jb\x1b[1;1Hc", style), "abc");
  EXPECT_EQ(clean_line("a\x1b]0;title\x07"
                       "b\x1b]52;c;cm0=\x1b\\c",
                       style),
            "abc");
  EXPECT_EQ(clean_line("a\x1b]0;never ends", style), "a");
  EXPECT_EQ(clean_line("a\x1bP1;2|q\x1b\\b", style), "ab");
  EXPECT_EQ(clean_line("a\x1b(0b\x1b"
                       "cd\x1b",
                       style),
            "abd");
  EXPECT_EQ(clean_line("a\x1b[31", style), "a");
  EXPECT_EQ(clean_line("bell\x07 back\x08 del\x7f nul" + std::string(1, '\0'), style), "bell back del nul");
  EXPECT_EQ(clean_line("c1\xc2\x9b"
                       "31m",
                       style),
            "c131m")
      << "U+009B starts a sequence in UTF-8 terminals";
  EXPECT_EQ(clean_line("turned\xe2\x80\xae round", style), "turned round");
}

TEST(CleanLine, KeepsColoursWhereAllowed) {
  const TextStyle coloured{Colours::keep, Tabs::keep, Charset::utf8};
  EXPECT_EQ(clean_line("\x1b[1;31merror\x1b[0m: x", coloured), "\x1b[1;31merror\x1b[0m: x\x1b[0m");
  EXPECT_EQ(clean_line("\x1b[38:2::1:2:3mx", coloured), "\x1b[38:2::1:2:3mx\x1b[0m");
  EXPECT_EQ(clean_line("\x1b[>4;2mx\x1b[?25lx", coloured), "xx") << "ends in m, but is no colour";
  EXPECT_EQ(clean_line("\x1b[1;31merror\x1b[0m: x", TextStyle{}), "error: x");
}

TEST(CleanLine, ShowsTheLastVersionOfALine) {
  EXPECT_EQ(clean_line("10 %\r50 %\r100 %", TextStyle{}), "100 %");
  EXPECT_EQ(clean_line("10 %\r50 %\r", TextStyle{}), "50 %");
  EXPECT_EQ(clean_line("windows\r\n", TextStyle{}), "windows");
  EXPECT_EQ(clean_line("\r", TextStyle{}), "");
}

TEST(CleanLine, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(clean_line("gr\xc3\xbc\xc3\x9f", TextStyle{}), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(clean_line("gr\xfc\xdf", TextStyle{}), "gr??");
  EXPECT_EQ(clean_line("\xc0\xaf \xed\xa0\x80 \xf5 \xe2\x82", TextStyle{}), "?? ??? ? ??");
  EXPECT_EQ(clean_line("gr\xc3\xbcn", {Colours::drop, Tabs::keep, Charset::ascii}), "gr?n");
}

TEST(CleanLine, QuotationMarksAreTheReadersOwn) {
  const std::string line = "\u2018nothing\u2019 is \u201cundeclared\u201d, gr\u00fcn";
  EXPECT_EQ(clean_line(line, TextStyle{}), line);
  EXPECT_EQ(clean_line(line, {Colours::drop, Tabs::keep, Charset::plain_quotes}),
            "'nothing' is \"undeclared\", gr\u00fcn");
  EXPECT_EQ(clean_line(line, {Colours::drop, Tabs::keep, Charset::ascii}), "'nothing' is \"undeclared\", gr?n");
}

TEST(CleanLine, ExpandsTabs) {
  EXPECT_EQ(clean_line("a\tb", TextStyle{}), "a\tb");
  EXPECT_EQ(clean_line("a\t\xc3\xbc"
                       "2345678\tb",
                       {Colours::drop, Tabs::expand, Charset::utf8}),
            "a       \xc3\xbc"
            "2345678        b");
}

TEST(PlainView, WritesEachLineAtOnce) {
  View view({.terminal = false});
  view->begin({"fetch", "x64", "musl-arm64"});
  view->started("x64");
  view->line("x64", "   Compiling \x1b[1mserde\x1b[0m\tv1.0");
  view->line("x64", "");
  view->waiting("musl-arm64", "for a free core");
  view->waiting("musl-arm64", "for a free core");
  view->note("fetch", "cargo-cache-x64: empty, starts from nothing");
  view->tick();
  view->finished("x64", TargetOutcome::success, 12.3);
  view->finished("musl-arm64", TargetOutcome::failed, 3.21);
  view->finished("fetch", TargetOutcome::interrupted, 0.5);
  view->end();
  const std::vector<std::string> expected = {"x64        | larder: started\n",
                                             "x64        |    Compiling serde\tv1.0\n",
                                             "x64        |\n",
                                             "musl-arm64 | larder: waiting for a free core\n",
                                             "fetch      | larder: cargo-cache-x64: empty, starts from nothing\n",
                                             "x64        | larder: finished in 12 s\n",
                                             "musl-arm64 | larder: failed after 3.2 s\n",
                                             "fetch      | larder: interrupted after 0.5 s\n"};
  EXPECT_EQ(view.writes(), expected);
}

TEST(PlainView, WhatProgramsReadHasPlainQuotationMarks) {
  View view({.terminal = false});
  view->begin({"x64"});
  view->line("x64", "\u2018nothing\u2019 gr\u00fcn");
  EXPECT_EQ(view.writes(), std::vector<std::string>{"x64 | 'nothing' gr\u00fcn\n"});
}

TEST(PlainView, WritesLongLinesWhole) {
  View view({.terminal = false});
  view->begin({"x64"});
  view->line("x64", std::string(100000, 'x'));
  const auto writes = view.writes();
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_EQ(writes[0].size(), 100000 + std::string("x64 | \n").size());
}

TEST(QuietView, TellsWaitsForOthersOnly) {
  View view({.verbosity = Verbosity::quiet});
  view->begin({"x64", "arm64"});
  view->started("x64");
  view->queued("arm64");
  view->line("x64", "Compiling");
  view->note("x64", "a note");
  view->waiting("arm64", "for process 4711 (larder build x64 in /home/ann/app)");
  view->waiting("arm64", "for process 4711 (larder build x64 in /home/ann/app)");
  view->tick();
  view->finished("x64", TargetOutcome::failed, 3);
  view->end();
  EXPECT_EQ(view.written(), "larder: arm64 is waiting for process 4711 (larder build x64 in /home/ann/app)\n");
}

TEST(LiveView, ShowsEveryStateInPlace) {
  View view({});
  view->begin({"fetch", "x64", "arm64", "musl-x64", "riscv64"});
  EXPECT_EQ(view.shown(), "· fetch\n· x64\n· arm64\n· musl-x64\n· riscv64\n");
  view->started("fetch");
  view.now += 2.1;
  view->finished("fetch", TargetOutcome::success, 2.1);
  view->started("x64");
  view->started("arm64");
  view->waiting("musl-x64", "for a free core");
  view->line("x64", "   Compiling serde v1.0.130");
  view.now += 12.25;
  view->finished("arm64", TargetOutcome::failed, 12.3);
  view->tick();
  EXPECT_EQ(view.shown(),
            "✓ fetch     2.1 s\n"
            "⠹ x64        12 s  Compiling serde v1.0.130\n"
            "✗ arm64      12 s  failed\n"
            "· musl-x64         waiting for a free core\n"
            "· riscv64\n");
  view->finished("x64", TargetOutcome::success, 125);
  view->finished("musl-x64", TargetOutcome::interrupted, 4);
  view->finished("riscv64", TargetOutcome::skipped, 0);
  view->end();
  EXPECT_EQ(view.shown(),
            "✓ fetch          2.1 s\n"
            "✓ x64       2 min 05 s\n"
            "✗ arm64           12 s  failed\n"
            "✗ musl-x64       4.0 s  interrupted\n"
            "- riscv64               skipped\n");
}

TEST(LiveView, KeepsToAsciiWhereTheLocaleIsNotUtf8) {
  View view({.unicode = false});
  view->begin({"x64", "arm64", "musl-x64", "i686"});
  view->started("x64");
  view->line("x64", "gr\xc3\xbcn");
  view->finished("arm64", TargetOutcome::success, 1);
  view->finished("musl-x64", TargetOutcome::failed, 1);
  view.now += 0.1;
  view->tick();
  EXPECT_EQ(view.shown(),
            "/ x64       0.1 s  gr?n\n"
            "+ arm64     1.0 s\n"
            "x musl-x64  1.0 s  failed\n"
            ". i686\n");
}

TEST(LiveView, UsesColours) {
  View view({.colour = true});
  view->begin({"a", "b", "c", "d"});
  view.written();
  view->started("a");
  view->line("a", "\x1b[32mgreen\x1b[0m");
  view->waiting("b", "for c");
  view->finished("c", TargetOutcome::success, 1);
  view.written();
  view->finished("d", TargetOutcome::failed, 2);
  EXPECT_EQ(view.written(),
            "\r\x1b[4A"
            "\x1b[36m⠋\x1b[0m a  0.0 s  \x1b[2mgreen\x1b[0m\x1b[K\n"
            "\x1b[33m·\x1b[0m b         \x1b[33mwaiting for c\x1b[0m\x1b[K\n"
            "\x1b[32m✓\x1b[0m c  1.0 s\x1b[K\n"
            "\x1b[31m✗\x1b[0m d  2.0 s  \x1b[31mfailed\x1b[0m\x1b[K\n");
}

TEST(LiveView, WritesOnlyWhatChangedAndNotTooOften) {
  View view({});
  view->begin({"x64"});
  EXPECT_EQ(view.writes().size(), 1U);
  view.now += 1;
  view->tick();
  EXPECT_EQ(view.writes().size(), 0U) << "nothing changed";
  view->started("x64");
  EXPECT_EQ(view.writes().size(), 1U);
  for (int i = 0; i < 1000; ++i) {
    view.now += 0.001;
    view->line("x64", "line " + std::to_string(i));
  }
  EXPECT_LE(view.writes().size(), 12U);
  view.now += 0.1;
  view->tick();
  EXPECT_EQ(view.writes().size(), 1U);
  view->finished("x64", TargetOutcome::success, 1);
  view.writes();
  view->end();
  EXPECT_EQ(view.writes().size(), 0U);
}

TEST(LiveView, ScrollsNotesAndVerboseOutputAbove) {
  View view({.verbosity = Verbosity::verbose});
  view->begin({"x64", "arm64"});
  view->started("x64");
  view->line("x64", "one\ttab");
  view->line("arm64", "\x1b[2Jtwo");
  view->note("x64", "a note");
  view->line("x64", std::string(70, 'x'));
  view.now += 0.1;
  view->tick();
  view->finished("x64", TargetOutcome::success, 0.1);
  view->end();
  EXPECT_EQ(view.shown(),
            "x64   | one     tab\n"
            "arm64 | two\n"
            "x64   | larder: a note\n"
            "x64   | " +
                std::string(52, 'x') + "\n" + std::string(18, 'x') +
                "\n"
                "✓ x64    0.1 s\n"
                "· arm64\n");
}

TEST(LiveView, NormalScrollsNotesOnly) {
  View view({});
  view->begin({"x64"});
  view->started("x64");
  view->line("x64", "one");
  view->note("x64", "a note");
  EXPECT_EQ(view.shown(), "x64 | larder: a note\n⠋ x64  0.0 s  one\n");
}

TEST(LiveView, HoldsBackFloodsOnlySoLong) {
  View view({.verbosity = Verbosity::verbose});
  view->begin({"x64"});
  for (int i = 0; i < 100; ++i) view->line("x64", std::string(1000, 'x'));
  EXPECT_EQ(view.writes().size(), 2U) << "64 KiB are enough to hold";
}

TEST(LiveView, CutsToTheWidth) {
  View view({.columns = 24});
  view->begin({"x64"});
  view->started("x64");
  view->line("x64", "Compiling \xe6\xbc\xa2\xe5\xad\x97 and more");
  view.now += 0.1;
  view->tick();
  EXPECT_EQ(view.shown(), "⠙ x64  0.1 s  Compiling\n");
  for (const unsigned columns : {1U, 2U, 3U, 8U}) {
    View narrow({.columns = columns, .rows = 4});
    narrow->begin({"x64", "arm64"});
    narrow->started("x64");
    narrow->line("x64", "text");
    narrow->end();
    narrow.shown();
  }
}

TEST(LiveView, ShowsTheInterestingOnesOfTooMany) {
  View view({.rows = 6});
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i) names.push_back("t" + std::to_string(10 + i));
  view->begin(names);
  view->finished("t10", TargetOutcome::success, 1);
  view->finished("t11", TargetOutcome::failed, 1);
  view->waiting("t12", "for a free core");
  view->started("t20");
  view->started("t21");
  EXPECT_EQ(view.shown(),
            "✗ t11  1.0 s  failed\n"
            "· t12         waiting for a free core\n"
            "⠋ t20  0.0 s\n"
            "⠋ t21  0.0 s\n"
            "  and 8 more: 7 waiting, 1 finished\n");
  view->end();
  EXPECT_EQ(view.shown(),
            "✓ t10  1.0 s\n"
            "✗ t11  1.0 s  failed\n"
            "· t12         waiting for a free core\n"
            "· t13\n· t14\n· t15\n· t16\n· t17\n· t18\n· t19\n"
            "⠋ t20  0.0 s\n"
            "⠋ t21  0.0 s\n");
}

/// Sets environment variables and puts them back.
class Environment {
 public:
  void set(const char* name, const char* value) {
    if (old_.find(name) == old_.end()) {
      const char* old = std::getenv(name);
      old_[name] = old == nullptr ? std::nullopt : std::optional<std::string>(old);
    }
    put(name, value);
  }
  ~Environment() {
    for (const auto& [name, value] : old_) put(name.c_str(), value ? value->c_str() : nullptr);
  }

 private:
  static void put(const char* name, const char* value) {
    if (value == nullptr)
      ::unsetenv(name);
    else
      ::setenv(name, value, 1);
  }
  std::map<std::string, std::optional<std::string>> old_;
};

class DetectScreenTest : public testing::Test {
 protected:
  void SetUp() override {
    int outer = -1, inner = -1;
    winsize size{};
    size.ws_row = 33;
    size.ws_col = 111;
    if (::openpty(&outer, &inner, nullptr, nullptr, &size) != 0) GTEST_SKIP() << "no pseudo-terminals here";
    outer_ = UniqueFd(outer);
    inner_ = UniqueFd(inner);
    environment_.set("TERM", "xterm");
    environment_.set("NO_COLOR", nullptr);
    environment_.set("LC_ALL", nullptr);
    environment_.set("LC_CTYPE", nullptr);
    environment_.set("LANG", "C.UTF-8");
  }
  bool unicode(const char* all, const char* type, const char* lang) {
    environment_.set("LC_ALL", all);
    environment_.set("LC_CTYPE", type);
    environment_.set("LANG", lang);
    return detect_screen(inner_.get()).unicode;
  }

  /// The kernel passes a terminal's output on in pieces, and after a while.
  bool comes(const std::string& expected) {
    std::string all, buffer(4096, '\0');
    pollfd wanted{outer_.get(), POLLIN, 0};
    while (!all.ends_with(expected) && ::poll(&wanted, 1, 5000) > 0) {
      const ssize_t size = ::read(outer_.get(), buffer.data(), buffer.size());
      if (size <= 0) return false;
      all.append(buffer, 0, static_cast<size_t>(size));
    }
    return all.ends_with(expected);
  }

  UniqueFd outer_, inner_;
  Environment environment_;
};

TEST_F(DetectScreenTest, Terminal) {
  const Screen screen = detect_screen(inner_.get());
  EXPECT_EQ(screen.fd, inner_.get());
  EXPECT_TRUE(screen.terminal);
  EXPECT_TRUE(screen.colour);
  EXPECT_TRUE(screen.unicode);
  EXPECT_EQ(screen.columns, 111U);
  EXPECT_EQ(screen.rows, 33U);
}

TEST_F(DetectScreenTest, NoColor) {
  environment_.set("NO_COLOR", "");
  EXPECT_TRUE(detect_screen(inner_.get()).colour) << "empty means not set";
  environment_.set("NO_COLOR", "1");
  EXPECT_FALSE(detect_screen(inner_.get()).colour);
  EXPECT_TRUE(detect_screen(inner_.get()).terminal);
}

TEST_F(DetectScreenTest, DumbTerminalAndPipe) {
  environment_.set("TERM", "dumb");
  EXPECT_FALSE(detect_screen(inner_.get()).terminal);
  EXPECT_FALSE(detect_screen(inner_.get()).colour);
  environment_.set("TERM", nullptr);
  EXPECT_FALSE(detect_screen(inner_.get()).terminal);
  environment_.set("TERM", "xterm");
  const Receiver receiver;
  EXPECT_FALSE(detect_screen(receiver.fd()).terminal);
  EXPECT_FALSE(detect_screen(receiver.fd()).colour);
  EXPECT_EQ(detect_screen(receiver.fd()).columns, 80U);
}

TEST_F(DetectScreenTest, Locale) {
  EXPECT_TRUE(unicode(nullptr, nullptr, "de_DE.utf8"));
  EXPECT_TRUE(unicode("", "", "en_GB.UTF-8@euro"));
  EXPECT_TRUE(unicode(nullptr, "C.UTF-8", "C"));
  EXPECT_FALSE(unicode("C", "C.UTF-8", "C.UTF-8"));
  EXPECT_FALSE(unicode(nullptr, nullptr, "de_DE.ISO-8859-1"));
  EXPECT_FALSE(unicode(nullptr, nullptr, nullptr));
}

TEST_F(DetectScreenTest, LiveViewFollowsTheWindow) {
  environment_.set("NO_COLOR", "1");
  const Screen screen = detect_screen(inner_.get());
  double seconds = 0;
  const auto view = make_progress(screen, Verbosity::normal, [&] { return seconds; });
  view->begin({"x64"});
  view->started("x64");
  view->line("x64", std::string(200, 'x'));
  seconds += 1;
  view->tick();
  winsize size{};
  size.ws_row = 10;
  size.ws_col = 40;
  ASSERT_EQ(::ioctl(inner_.get(), TIOCSWINSZ, &size), 0);
  seconds += 1;
  view->tick();
  const std::string redrawn = "\r\x1b[3A\x1b[J⠋ x64  2.0 s  " + std::string(25, 'x') + "\x1b[K\r\n";
  EXPECT_TRUE(comes(redrawn)) << "110 columns became three rows of 40";
}

}  // namespace
}  // namespace larder::cli
