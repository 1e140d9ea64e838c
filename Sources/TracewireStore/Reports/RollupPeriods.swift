internal import TracewireProtocol

/// The stretches of time by which the `stats_…_by` reports count: whole hours or days since 1970.
///
/// So many at most: each has a row for every user, node or model that was seen in it.
enum RollupPeriods {
    /// 31 days.
    static let mostHours: Int64 = 31 * 24
    /// Two years, of which one may be a leap year.
    static let mostDays: Int64 = 731

    /// `since` and `until` are widened to whole periods.
    static let arguments = [
        Report.Argument(name: "by", kind: .oneOf(["hour", "day"]), isRequired: true),
        Report.Argument(name: "since", kind: .integer, isRequired: true),
        Report.Argument(name: "until", kind: .integer, isRequired: true),
    ]

    /// SQL for how many hours a period has.
    static let hours = "CASE :by WHEN 'hour' THEN 1 ELSE \(RollupPlace.hoursInDay) END"

    @Sendable static func check(_ values: [String: Value]) throws(QueryFault) {
        guard case .integer(let since) = values["since"], case .integer(let until) = values["until"], since < until
        else { return }
        let isByHour = values["by"] == .text("hour")
        let hours = isByHour ? 1 : RollupPlace.hoursInDay
        let periods = RollupPlace.hour(of: until - 1) / hours - RollupPlace.hour(of: since) / hours + 1
        guard periods > (isByHour ? mostHours : mostDays) else { return }
        throw QueryFault(
            .invalidArgument,
            isByHour
                ? "by hour it may be at most \(mostHours) hours (31 days), not \(periods): ask by day, or for less time"
                : "by day it may be at most \(mostDays) days, not \(periods): ask for less time")
    }
}
