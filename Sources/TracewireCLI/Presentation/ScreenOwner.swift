internal import Synchronization

/// Whether something else has the terminal: a pager, or a picture that is drawn over itself. Lines of progress would be
/// written into the midst of that.
enum ScreenOwner {
    private static let owners = Atomic<Int>(0)

    static var isTaken: Bool { owners.load(ordering: .relaxed) > 0 }

    static func take() {
        owners.add(1, ordering: .relaxed)
    }

    static func giveBack() {
        owners.subtract(1, ordering: .relaxed)
    }
}
