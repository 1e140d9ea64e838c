internal import TracewireProtocol

/// What one connection was granted and has not settled yet, by where it came from.
struct CreditLedger: Equatable, Sendable {
    /// Of the ``Limits/smallestCredit`` that every connection has.
    private(set) var own = 0
    /// Of the pool that all share.
    private(set) var pooled = 0
    /// Beyond the pool, for a large batch.
    private(set) var beyond = 0

    /// Bytes granted and not settled.
    var outstanding: Int { own + pooled + beyond }

    /// Bytes have been committed: they count against the pool first, so that it recovers soonest.
    /// Returns what goes back to the pool.
    mutating func settle(_ bytes: Int) -> Int {
        let fromPool = min(pooled, bytes)
        let fromBeyond = min(beyond, bytes - fromPool)
        pooled -= fromPool
        beyond -= fromBeyond
        own = max(0, own - (bytes - fromPool - fromBeyond))
        return fromPool
    }

    /// Brings the own part back to its size and adds `fromPool`. Returns by how much the client's credit rises.
    mutating func replenish(fromPool: Int) -> Int {
        let rise = Limits.smallestCredit - own + fromPool
        own = Limits.smallestCredit
        pooled += fromPool
        return rise
    }

    /// Adds what was taken from the pool. Returns by how much the client's credit rises.
    mutating func grantedFromPool(_ bytes: Int) -> Int {
        pooled += bytes
        return bytes
    }

    /// Adds what is granted beyond the pool. Returns by how much the client's credit rises.
    mutating func grantedBeyondPool(_ bytes: Int) -> Int {
        beyond += bytes
        return bytes
    }

    /// What a large batch did not use stays with the client: from now on it counts as pooled.
    /// Returns how much the pool must yield.
    mutating func endLargeBatch() -> Int {
        defer { beyond = 0 }
        pooled += beyond
        return beyond
    }
}
