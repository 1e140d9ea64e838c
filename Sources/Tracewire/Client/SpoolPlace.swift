internal import Glibc

extension TracewireConfiguration {
    /// Where records wait until the collector has them.
    public enum Spool: Equatable, Sendable {
        /// In files below this directory, which survive the process: the next client that uses the directory, for the same
        /// collector, delivers what is left, and so does `tracewire forward`. Any number of processes share one.
        case directory(String)
        /// In the process's memory: what is not acknowledged when it ends is lost.
        case memory

        /// `tracewire/spool` in `$XDG_STATE_HOME`, or else in `$HOME/.local/state`; memory where neither is set.
        public static var standard: Spool {
            if let state = environment("XDG_STATE_HOME") { return .directory(state + "/tracewire/spool") }
            guard let home = environment("HOME") else { return .memory }
            return .directory(home + "/.local/state/tracewire/spool")
        }

        private static func environment(_ name: String) -> String? {
            guard let value = getenv(name), value.pointee == CChar(bitPattern: UInt8(ascii: "/")) else { return nil }
            return String(cString: value)
        }
    }
}
