internal import TracewireProtocol

/// What rollups are about.
enum RollupSubject: Int64, CaseIterable {
    /// Workflows, users and rejected records of the whole store; the key is 0.
    case totals = 0
    /// Nodes; the key stands for a name and a type.
    case nodes = 1
    /// Generations; the key stands for a model and a provider.
    case models = 2
    /// Workflows and generations; the key is the user's, 0 for workflows of nobody.
    case users = 3
}

/// How much time one rollup covers.
enum RollupLevel: Int64 {
    case total = 0
    case day = 1
    case hour = 2
}

/// Where a rollup stands in its table: subject, level, period and key in one integer, in this order, so that a span of
/// time of one subject is one range of rows, and a commit, which usually falls into one hour, changes neighbours.
///
/// From the highest bit that is not the sign: 2 bits of subject, 2 of level, 27 of period (hours or days since 1970; 0
/// for a total), 32 of key.
struct RollupPlace: Hashable, Comparable {
    static let millisecondsInHour: Int64 = 3_600_000
    static let hoursInDay: Int64 = 24
    static let keyBits: Int64 = 32
    /// Later than the end of the year 9999.
    static let latestPeriod: Int64 = (1 << 27) - 1

    static let latestKey: Int64 = (1 << keyBits) - 1
    private static let levelBit: Int64 = 59
    private static let subjectBit: Int64 = 61

    let id: Int64

    init(id: Int64) {
        self.id = id
    }

    /// Keys that no 32 bits can hold share the last one, and times outside of the range the first or last period.
    init(_ subject: RollupSubject, _ level: RollupLevel, period: Int64, key: Int64) {
        id =
            Self.start(subject, level) | min(max(0, period), Self.latestPeriod) << Self.keyBits
            | min(max(0, key), Self.latestKey)
    }

    /// The rollup of the hour in which `time` lies, in milliseconds since 1970.
    init(_ subject: RollupSubject, at time: Int64, key: Int64) {
        self.init(subject, .hour, period: Self.hour(of: time), key: key)
    }

    /// The first place of a level.
    static func start(_ subject: RollupSubject, _ level: RollupLevel) -> Int64 {
        subject.rawValue << subjectBit | level.rawValue << levelBit
    }

    static func hour(of time: Int64) -> Int64 {
        min(max(0, time) / millisecondsInHour, latestPeriod)
    }

    /// All places of the periods from `first` to `last`.
    static func range(
        _ subject: RollupSubject, _ level: RollupLevel, from first: Int64, through last: Int64
    ) -> ClosedRange<Int64> {
        let start = RollupPlace(subject, level, period: first, key: 0).id
        return start...max(start, RollupPlace(subject, level, period: last, key: latestKey).id)
    }

    var subject: RollupSubject { RollupSubject(rawValue: id >> Self.subjectBit & 3) ?? .totals }
    var level: RollupLevel { RollupLevel(rawValue: id >> Self.levelBit & 3) ?? .total }
    var period: Int64 { id >> Self.keyBits & Self.latestPeriod }
    var key: Int64 { id & Self.latestKey }

    /// The rollup of the day in which this hour lies.
    var day: RollupPlace { RollupPlace(subject, .day, period: period / Self.hoursInDay, key: key) }
    var total: RollupPlace { RollupPlace(subject, .total, period: 0, key: key) }

    static func < (one: Self, other: Self) -> Bool { one.id < other.id }
}
