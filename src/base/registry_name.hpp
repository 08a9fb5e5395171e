#pragma once

#include <string>

namespace larder {

/// The registry's host: "127.0.0.1:5000" of "127.0.0.1:5000/rust:1".
std::string registry_host(const std::string& name);

/// Whether a registry is on this machine itself; such a registry is spoken to without TLS, as docker does.
bool is_loopback(const std::string& host);

/// What a program of the registries' world, such as skopeo, says in a line `time="…" level=fatal msg="…"`; another line
/// as it is.
std::string logged_message(const std::string& line);

}  // namespace larder
