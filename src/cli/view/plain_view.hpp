#pragma once

#include <map>
#include <string>
#include <vector>

#include "builds/watch/progress.hpp"
#include "cli/view/screen.hpp"
#include "cli/view/view_text.hpp"

namespace larder::cli {

/// The view for pipes, files and CI logs: lines such as "x64      | text", each written at once. Larder's own lines say
/// "larder: …".
class PlainView : public builds::Progress {
 public:
  explicit PlainView(const Screen& screen);

  void begin(const std::vector<std::string>& names) override;
  void waiting(const std::string& name, const std::string& reason) override;
  void started(const std::string& name) override;
  void line(const std::string& name, const std::string& text) override;
  void note(const std::string& name, const std::string& text) override;
  void finished(const std::string& name, builds::TargetOutcome outcome, double seconds) override;
  void tick() override {}
  void end() override {}

 private:
  void own_line(const std::string& name, const std::string& text);

  int fd_;
  TextStyle style_;
  size_t width_ = 0;
  std::map<std::string, std::string> reasons_;  ///< by target, so that each wait is shown once
};

/// The view of a quiet build, which shows only the others for which the build waits.
class QuietView : public builds::Progress {
 public:
  explicit QuietView(const Screen& screen);

  void begin(const std::vector<std::string>& names) override { (void)names; }
  void waiting(const std::string& name, const std::string& reason) override;
  void queued(const std::string& name) override { (void)name; }
  void started(const std::string& name) override { reasons_.erase(name); }
  void line(const std::string& name, const std::string& text) override { (void)name, (void)text; }
  void note(const std::string& name, const std::string& text) override { (void)name, (void)text; }
  void finished(const std::string& name, builds::TargetOutcome outcome, double seconds) override {
    (void)name, (void)outcome, (void)seconds;
  }
  void tick() override {}
  void end() override {}

 private:
  int fd_;
  TextStyle style_;
  std::map<std::string, std::string> reasons_;
};

}  // namespace larder::cli
