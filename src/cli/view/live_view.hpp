#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "builds/watch/progress.hpp"
#include "cli/view/live_view_frame.hpp"
#include "cli/view/screen.hpp"
#include "cli/view/verbosity.hpp"

namespace larder::cli {

/// The view for terminals: one line per target, rewritten in place. Notes, and with Verbosity::verbose all output,
/// scroll above them.
///
/// The cursor rests at the start of the line below the block. A redraw goes up by what was drawn last and writes each
/// line anew, in one write(2). It hides nothing and changes no mode of the terminal, so a larder that is killed leaves
/// no damage behind.
class LiveView : public builds::Progress {
 public:
  LiveView(const Screen& screen, Verbosity verbosity, Clock clock);

  void begin(const std::vector<std::string>& names) override;
  void waiting(const std::string& name, const std::string& reason) override;
  void started(const std::string& name) override;
  void line(const std::string& name, const std::string& text) override;
  void note(const std::string& name, const std::string& text) override;
  void finished(const std::string& name, builds::TargetOutcome outcome, double seconds) override;
  void tick() override;
  void end() override;

 private:
  enum class Extent {
    window,  ///< no more lines than the window has
    all
  };

  LiveRow& row(const std::string& name);
  void scroll(const std::string& name, const std::string& text);
  /// Takes over the window's size where it has changed.
  void follow_window();
  std::string erase_drawn() const;
  void draw(Extent extent);
  void draw_if_due();

  Screen screen_;
  Verbosity verbosity_;
  Clock clock_;
  std::vector<LiveRow> rows_;
  std::vector<FrameLine> drawn_;
  std::string scrolled_;  ///< lines that go above the block with the next redraw
  bool resized_ = false;
  double drawn_at_ = 0;
};

}  // namespace larder::cli
