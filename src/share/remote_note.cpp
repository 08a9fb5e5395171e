#include "share/remote_note.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/durable_file.hpp"
#include "base/sha256.hpp"
#include "share/remote.hpp"

namespace larder::share {
namespace {

constexpr const char* notes_folder = "remotes/notes";
constexpr size_t remote_note_bytes_max = 65536;

std::string note_path(const RemoteNote& note) {
  Sha256 hash;
  for (const std::string& field : {note.repository, note.project, note.branch, note.action}) hash.field(field);
  return std::string(notes_folder) + "/" + hash.finish();
}

/// What cannot be read says nothing.
std::optional<RemoteNote> parse_note(const std::string& text) {
  try {
    const auto data = nlohmann::json::parse(text);
    return RemoteNote{data.at("repository"), data.at("project"), data.at("branch"), data.at("action"),
                      data.at("seconds"),    data.at("outcome"), data.at("good")};
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

std::optional<RemoteNote> read_note_at(const store::Store& store, const std::string& path) {
  const auto text = read_file(store.os(), store.dir(), path, remote_note_bytes_max);
  return text ? parse_note(*text) : std::nullopt;
}

}  // namespace

RemoteNote note_about(const Remote& remote, const std::string& action) {
  RemoteNote note;
  note.repository = remote.repository();
  note.project = remote.line.project;
  note.branch = remote.line.branch;
  note.action = (remote.trust == store::Trust::untrusted ? "untrusted " : "") + action;
  note.seconds = remote.signing.now();
  return note;
}

Status write_remote_note(const store::Store& store, const RemoteNote& note) {
  TRY(make_dirs(store.os(), store.dir(), notes_folder));
  const nlohmann::json data = {
      {"repository", note.repository}, {"project", note.project}, {"branch", note.branch}, {"action", note.action},
      {"seconds", note.seconds},       {"outcome", note.outcome}, {"good", note.good}};
  const std::string text = data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return replace_file(store.os(), store.dir(), note_path(note), text, Durability::none);
}

Result<std::optional<RemoteNote>> find_remote_note(const store::Store& store, const RemoteNote& like) {
  const std::string path = note_path(like);
  TRY_ASSIGN(const auto found, store.os().stat(store.dir(), path));
  return found ? read_note_at(store, path) : std::nullopt;
}

bool may_ask_again(const std::optional<RemoteNote>& last, int64_t now) {
  constexpr int64_t seconds_between = 600;
  return !last || last->seconds + seconds_between <= now || last->seconds > now;
}

Result<std::vector<RemoteNote>> list_remote_notes(const store::Store& store) {
  std::vector<RemoteNote> notes;
  TRY_ASSIGN(const auto there, store.os().stat(store.dir(), notes_folder));
  if (!there) return notes;
  TRY_ASSIGN(const auto names, store.os().list(store.dir(), notes_folder));
  for (const DirEntry& name : names)
    if (auto note = read_note_at(store, std::string(notes_folder) + "/" + name.name)) notes.push_back(std::move(*note));
  std::sort(notes.begin(), notes.end(), [](const RemoteNote& a, const RemoteNote& b) {
    return std::tie(a.repository, a.project, a.branch, a.action) <
           std::tie(b.repository, b.project, b.branch, b.action);
  });
  return notes;
}

}  // namespace larder::share
