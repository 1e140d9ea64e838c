/// A rollup that does not say what the rows say.
public struct RollupDifference: Equatable, Sendable, CustomStringConvertible {
    /// In which way.
    public enum Kind: String, Sendable {
        /// Rows are there, and no rollup counts them.
        case missing
        /// The rollup counts rows that are not there.
        case unfounded
        /// The rollup counts other rows, or other values.
        case different
    }

    /// In which way it is wrong.
    public let kind: Kind
    /// `totals`, `nodes`, `models` or `users`.
    public let subject: String
    /// `total`, `day` or `hour`.
    public let level: String
    /// Days or hours since 1970; 0 for a total.
    public let period: Int64
    /// What is counted: a user's id, the number of a name in `rollup_keys`, or 0.
    public let key: Int64

    init(_ kind: Kind, _ place: RollupPlace) {
        self.kind = kind
        subject = "\(place.subject)"
        level = "\(place.level)"
        period = place.period
        key = place.key
    }

    /// Which rollup it is.
    var place: String { "\(subject) \(key), \(level) \(period)" }

    /// One line.
    public var description: String { "\(kind.rawValue): \(place)" }
}

/// Compares the stored rollups with a recomputation. Where a least or greatest value is still looked for
/// (``LostExtremes``), what is stored may have a wider range.
struct RollupComparison {
    /// Rows that are compared at a time.
    private static let step = 256

    private let stored: RollupRows
    private let copy: RollupRows
    private let lost: LostExtremes
    private let toStored: Statement
    private let toCopy: Statement

    private init(_ connection: Connection, _ copy: RollupRows) throws(StoreError) {
        stored = try RollupRows(connection, schema: "main")
        self.copy = copy
        lost = try LostExtremes(connection)
        let text = { (from: String, to: String) in
            """
            SELECT b.id FROM \(from).rollup_keys a
            JOIN \(to).rollup_keys b ON b.subject = a.subject AND b.name = a.name AND b.detail = a.detail WHERE a.id = ?
            """
        }
        toStored = try Statement(connection, text("temp", "main"))
        toCopy = try Statement(connection, text("main", "temp"))
    }

    /// The differences, at most `limit` of them.
    ///
    /// The caller gives a transaction, so that rows and rollups are of one moment.
    static func differences(_ connection: Connection, limit: Int) throws(StoreError) -> [RollupDifference] {
        let copy = try RollupRebuild.makeCopy(connection)
        let found = try Self(connection, copy.rows).differences(limit: limit)
        try RollupRebuild.discardCopy(connection)
        return found
    }

    private func differences(limit: Int) throws(StoreError) -> [RollupDifference] {
        var found: [RollupDifference] = []
        try forEach(copy) { (row) throws(StoreError) in
            guard found.count < limit else { return false }
            guard let place = try place(row.place, toStored), let other = try stored.find(place) else {
                found.append(RollupDifference(.missing, row.place))
                return true
            }
            if try !other.cells.equal(row.cells, butWiderIn: lost.kinds(of: place)) {
                found.append(RollupDifference(.different, place))
            }
            return true
        }
        try forEach(stored) { (row) throws(StoreError) in
            guard found.count < limit else { return false }
            if let place = try place(row.place, toCopy), try copy.find(place) != nil { return true }
            found.append(RollupDifference(.unfounded, row.place))
            return true
        }
        return found
    }

    private func forEach(
        _ rows: RollupRows, _ body: (RollupRow) throws(StoreError) -> Bool
    ) throws(StoreError) {
        var range = 0...Int64.max
        while true {
            let step = try rows.rows(in: range, limit: Self.step)
            for row in step {
                guard try body(row) else { return }
            }
            guard step.count == Self.step, let last = step.last?.place.id, last < range.upperBound else { return }
            range = last + 1...range.upperBound
        }
    }

    /// Where the other side keeps the same; `nil` if it does not know the name.
    private func place(_ place: RollupPlace, _ names: Statement) throws(StoreError) -> RollupPlace? {
        guard place.subject == .nodes || place.subject == .models else { return place }
        defer { names.reset() }
        names.bind(1, place.key)
        guard try names.step() else { return nil }
        return RollupPlace(place.subject, place.level, period: place.period, key: names.integer(0))
    }
}
