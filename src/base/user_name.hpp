#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace larder {

/// The name of the user with this id: as /etc/passwd has it, else as getent(1) says, which asks whatever else the
/// system knows users by. Empty where there is none. getpwuid(3) would do the same by loading libraries, which a
/// program that is linked with all it needs cannot.
std::string user_name(uid_t uid);

/// The name that the text of a passwd(5) file has for the id; empty where it has none.
std::string name_in_passwd(std::string_view text, uid_t uid);

}  // namespace larder
