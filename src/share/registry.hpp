#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/subprocess.hpp"
#include "share/manifest.hpp"
#include "share/remote_name.hpp"

namespace larder::share {

/// How long a registry is waited for.
struct Patience {
  double question_seconds = 60;
  double copy_seconds = 6.0 * 3600;
  int retries = 2;
  std::function<bool()> stop = {};  ///< whether to give up at once; asked again and again
};

/// A repository of a registry, spoken to by skopeo: with the user's credentials, certificates, mirrors and proxies.
/// Errors say what the registry has said; Error::needs_network where it cannot be reached.
class Registry {
 public:
  /// `repository`: as `parse_remote` gives it. ErrorCode::environment where there is no skopeo.
  static Result<Registry> open(const std::string& repository);

  const std::string& repository() const { return repository_; }
  void set_patience(Patience patience) { patience_ = std::move(patience); }

  /// The bytes of the manifest that a tag names; no value where there is no such tag, or no such repository yet.
  Result<std::optional<std::string>> manifest(const std::string& tag) const;

  /// All tags; none where there is no such repository yet.
  Result<std::vector<std::string>> tags() const;

  /// Pushes the manifest of an OCI layout (an absolute path) that has this tag there. Blobs that the registry has are
  /// not sent, and need not be in the layout.
  Status push(const std::string& layout, const std::string& tag) const;

  /// Fetches a manifest, by the digest of its bytes, into an OCI layout (an absolute path), with the blobs that are not
  /// in it.
  Status pull(const Blob& manifest, const std::string& layout) const;

  /// Removes the manifest that a tag names, with all its tags. ErrorCode::usage where the registry does not do so.
  Status remove(const std::string& tag) const;

 private:
  Registry(std::string program, std::string repository)
      : program_(std::move(program)), repository_(std::move(repository)) {}
  Result<std::optional<std::string>> ask(std::vector<std::string> arguments) const;
  Result<Completed> run(std::vector<std::string> arguments, double seconds) const;
  std::string retry_option() const { return "--retry-times=" + std::to_string(patience_.retries); }
  std::string tls_option(const std::string& prefix) const;
  Error explain(const std::string& what, const std::string& said) const;

  std::string program_;
  std::string repository_;
  Patience patience_;
};

}  // namespace larder::share
