/// Pieces of SQL by which the reports read rollups.
enum RollupText {
    /// `since` and `until`: of whole hours, so that `since` reaches back to the start of its hour, and `until` on to the
    /// end of its own.
    static let period = [
        Report.Argument(name: "since", kind: .integer), Report.Argument(name: "until", kind: .integer),
    ]

    /// A `WITH` clause that gives `merged (key, cells)`: what a subject's rollups count in the period that is asked for,
    /// by key.
    ///
    /// All of time is the total, and the hours from the horizon on. Else whole days stand for their hours before the
    /// horizon, and the hours before the first and behind the last of them are added.
    static func merged(_ subject: RollupSubject) -> String {
        """
        WITH asked (is_all, first, until, horizon) AS (
            SELECT :since IS NULL AND :until IS NULL, min(max(0, coalesce(:since, 0)), \(latest)) / \(hour),
                (min(max(0, coalesce(:until, \(latest))), \(latest)) + \(hour - 1)) / \(hour),
                (\(horizon))
        ), days (is_all, first, until, horizon, first_day, until_day) AS (
            SELECT *, (first + 23) / 24, until / 24 FROM asked
        ), spans (low, high) AS (
            SELECT \(start(subject, .total)), \(start(subject, .day)) FROM days WHERE is_all
            UNION ALL SELECT \(at(subject, .hour, "horizon")), \(at(subject, .hour, "until")) FROM days WHERE is_all
            UNION ALL SELECT \(at(subject, .hour, "first")), \(at(subject, .hour, "min(until, first_day * 24)"))
                FROM days WHERE NOT is_all
            UNION ALL SELECT \(at(subject, .day, "first_day")), \(at(subject, .day, "until_day"))
                FROM days WHERE NOT is_all
            UNION ALL SELECT \(at(subject, .hour, "max(first_day * 24, horizon)")), \(at(subject, .hour, "until_day * 24"))
                FROM days WHERE NOT is_all
            UNION ALL SELECT \(at(subject, .hour, "until_day * 24")), \(at(subject, .hour, "until"))
                FROM days WHERE NOT is_all AND first_day <= until_day
        ), merged (key, cells) AS (
            SELECT r.id & \(RollupPlace.latestKey), rollup_merge(r.cells)
            FROM spans s CROSS JOIN rollups r ON r.id >= s.low AND r.id < s.high GROUP BY 1
        )
        """
    }

    /// A `WITH` clause that gives `merged (period, key, cells)`: what a subject's rollups count in each of the periods that
    /// are asked for, whose start is `period`, by key.
    ///
    /// Hours are there as they are. A day is the sum of its hours before the horizon, and of those from it on.
    static func mergedByPeriod(_ subject: RollupSubject) -> String {
        """
        WITH asked (hours, first, until, horizon) AS (
            SELECT \(RollupPeriods.hours), min(max(0, :since), \(latest)) / \(hour),
                (min(max(0, :until), \(latest)) + \(hour - 1)) / \(hour), (\(horizon))
        ), periods (hours, first, until, horizon) AS (
            SELECT hours, first / hours, (until + hours - 1) / hours, horizon FROM asked WHERE :since < :until
        ), spans (low, high, hours, divisor) AS (
            SELECT \(at(subject, .hour, "first")), \(at(subject, .hour, "until")), 1, 1 FROM periods WHERE hours = 1
            UNION ALL SELECT \(at(subject, .day, "first")), \(at(subject, .day, "until")), hours, 1
                FROM periods WHERE hours > 1
            UNION ALL SELECT \(at(subject, .hour, "max(first * hours, horizon)")),
                \(at(subject, .hour, "until * hours")), hours, hours FROM periods WHERE hours > 1
        ), merged (period, key, cells) AS (
            SELECT (r.id >> \(RollupPlace.keyBits) & \(RollupPlace.latestPeriod)) / s.divisor * s.hours * \(hour),
                r.id & \(RollupPlace.latestKey), rollup_merge(r.cells)
            FROM spans s CROSS JOIN rollups r ON r.id >= s.low AND r.id < s.high GROUP BY 1, 2
        )
        """
    }

    /// A statement that gives `cells`: everything that a subject's rollups count.
    static func everything(_ subject: RollupSubject) -> String {
        """
        SELECT rollup_merge(cells) FROM (
            SELECT cells FROM rollups WHERE id >= \(start(subject, .total)) AND id < \(start(subject, .day))
            UNION ALL SELECT cells FROM rollups
            WHERE id >= \(at(subject, .hour, "(\(horizon))")) AND id < \(at(subject, .hour, "\(RollupPlace.latestPeriod)")))
        """
    }

    /// How many rows of these kinds the column `cells` counts.
    static func count(_ kinds: [RollupKind]) -> String {
        "rollup_count(cells, \(RollupKind.bits(kinds)))"
    }

    private static let horizon = "SELECT hour FROM rollup_horizon"
    private static let hour = RollupPlace.millisecondsInHour
    private static let latest = RollupPlace.latestPeriod * hour

    private static func start(_ subject: RollupSubject, _ level: RollupLevel) -> Int64 {
        RollupPlace.start(subject, level)
    }

    private static func at(_ subject: RollupSubject, _ level: RollupLevel, _ period: String) -> String {
        "\(start(subject, level)) + (\(period) << \(RollupPlace.keyBits))"
    }
}
