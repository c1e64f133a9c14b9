#include "cli/commands.hpp"

int main(int argc, char** argv) { return mucbridge::run_command_line(argc, argv); }
