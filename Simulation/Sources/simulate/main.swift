import Glibc

// Swift's dictionaries have another order in each process unless they are told not to.
if getenv("SWIFT_DETERMINISTIC_HASHING") == nil {
    setenv("SWIFT_DETERMINISTIC_HASHING", "1", 1)
    execv("/proc/self/exe", CommandLine.unsafeArgv)
}
guard let command = Command(CommandLine.arguments) else {
    print(Command.usage)
    exit(2)
}
exit(command.run())
