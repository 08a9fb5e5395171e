#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/file_lock.hpp"
#include "engine/container/facts.hpp"
#include "engine/container/names.hpp"
#include "engine/container/volumes.hpp"
#include "engine/engine.hpp"

namespace larder::engine {

/// docker and podman: one container for each run, on the image `Spec::container.image`. The volumes are overlays over
/// the store's layers, which the engine mounts as named volumes for as long as the container lives. An engine that
/// cannot do that (VolumeKind::plain) keeps plain volumes of these names itself.
class ContainerEngine final : public Engine {
 public:
  ContainerEngine(Client client, Facts facts, std::string store_path)
      : client_(std::move(client)), facts_(std::move(facts)), store_path_(std::move(store_path)) {}

  Result<std::unique_ptr<Process>> start(const Spec& wanted) override;
  std::optional<Error> refusal(const Ending& ending, const std::vector<std::string>& last_lines) const override;

 private:
  struct Claims;
  enum class Made { all, name_is_taken };
  Status use_plain_volumes(const Spec& spec, Claims& claims);
  Status get_volumes(const Spec& spec, Claims& claims);
  Status take_note(const Spec& spec, Claims& claims);
  Status claim(const Spec& spec, const std::vector<KnownVolume>& known, Claims& claims);
  Status claim_volume(const Spec& spec, VolumeMount mount, std::optional<NameLock>& name, const KnownVolume* there,
                      Claims& claims);
  Result<Made> make_volumes(const std::vector<EngineVolume>& volumes);
  bool has_made(const Claims& claims, const std::vector<KnownVolume>& known) const;
  void undo(const Claims& claims, const std::vector<KnownVolume>& known) const;

  Client client_;
  Facts facts_;
  std::string store_path_;
};

/// What the client's last words say about a command that the engine could not run; none for a command's own failure.
/// Of a command that has begun the words may be its own, but for those of the container's first process. Pure.
std::optional<Error> explain_refusal(const Client& client, const Ending& ending,
                                     const std::vector<std::string>& last_lines);

}  // namespace larder::engine
