#pragma once

#include <string>

namespace larder::builds {

/// The user's settings of ssh in `folder` (the user's ~/.ssh, absolute), as one text with all that the file `config`
/// there includes. What names keys, agents and sockets is left out: a fetch has none of them but the agent of
/// SSH_AUTH_SOCK. Empty where there is no such file. Source: ssh_config(5).
std::string ssh_settings(const std::string& folder);

}  // namespace larder::builds
