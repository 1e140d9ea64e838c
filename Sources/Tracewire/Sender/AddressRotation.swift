/// Which of several addresses is tried next: the one that answered last, and after a failure the others in their order,
/// each once before there is a wait.
struct AddressRotation {
    private let addresses: [CollectorAddress]
    private var place = 0
    /// Addresses that have failed since one answered, or since the last wait.
    private var failed = 0

    /// - Parameter addresses: at least one.
    init(_ addresses: [CollectorAddress]) {
        self.addresses = addresses
    }

    var current: CollectorAddress { addresses[place] }

    /// The current address has failed. Returns whether another one may be tried at once.
    mutating func fail() -> Bool {
        place = (place + 1) % addresses.count
        failed += 1
        guard failed >= addresses.count else { return true }
        failed = 0
        return false
    }

    /// The current address has answered as a collector does.
    mutating func succeed() {
        failed = 0
    }
}
