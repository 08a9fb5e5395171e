#pragma once

#include <string>

namespace larder {

/// The build ID of this program, in hexadecimal digits: the hash of its content that the linker has put into it. Two
/// programs that differ have different ones, whatever their names, sizes and times. Empty where the linker gave none.
std::string own_build_id();

}  // namespace larder
