#pragma once

#include <string>
#include <vector>

/// "hear VERSION QOS PORT die|tell": a bare Paho client with a persistent session on ground/line; says "ready"; at the
/// first line it kills itself inside the callback, or says "heard LINE"; says "nothing" after 2 s without one.
/// "announce PORT VERSION": a Broker that says it is online; ends when stdin does.
int run_child(const std::vector<std::string>& arguments);
