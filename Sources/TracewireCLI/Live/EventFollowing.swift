internal import Tracewire
internal import TracewireProtocol

/// Events as they are committed, each once and in its order, over however many connections that takes: a collector that goes
/// away is waited for.
struct EventFollowing {
    enum Notice {
        case collectorAway
        case collectorBack
        /// So many events were removed before they were read.
        case missed(Int64)
        /// The database is another one than before, or was put back to an earlier state.
        case otherDatabase
        /// Some of what events say is damaged, and is left out.
        case damaged
    }

    enum Start {
        /// Behind that event.
        case position(Int64)
        /// With so many of the last events.
        case last(Int64)
        /// With the oldest that is kept.
        case oldest
    }

    /// Rows of one answer.
    private static let pageRows: Int64 = 1_000
    private static let pauses: ClosedRange<Double> = 0.2...1
    /// Events that are looked through at once for the last ones that pass. One answer looks at no more than the largest.
    private static let stretches: ClosedRange<Int64> = 4_096...65_536

    let address: CollectorAddress
    let access: CollectorAccess
    /// Arguments of the report `events`.
    let filters: [String: Value?]
    /// Milliseconds since 1970: then it ends, when all that is committed by then was looked at; `nil` for never.
    let end: Int64?
    let columns: (AnswerColumns) throws -> Void
    /// Takes events, those of one answer at a time, and returns whether to go on.
    let events: ([AnswerRow]) throws -> Bool
    let notice: (Notice) -> Void
    /// The last event that was looked at, and the program that wrote it.
    private var position: Int64 = 0
    private var origin: String?
    private var hasSaidDamage = false

    init(
        _ address: CollectorAddress, access: CollectorAccess, filters: [String: Value?], end: Int64? = nil,
        columns: @escaping (AnswerColumns) throws -> Void = { _ in },
        notice: @escaping (Notice) -> Void, events: @escaping ([AnswerRow]) throws -> Bool
    ) {
        (self.address, self.access, self.filters, self.end) = (address, access, filters, end)
        (self.columns, self.notice, self.events) = (columns, notice, events)
    }

    /// Goes on until `events` says that it is enough, or the task is cancelled.
    ///
    /// - Throws: ``CommandFailure`` if there is no collector at the beginning, or it refuses; what `events` throws.
    mutating func run(from start: Start) async throws {
        try await RemoteCollector.with(address, access: access) { try await begin(start, $0) }
        var wasAway = false
        while true {
            do {
                try await RemoteCollector.with(address, access: access) { collector in
                    if wasAway { notice(.collectorBack) }
                    wasAway = false
                    try await follow(collector)
                }
                return
            } catch let failure as CommandFailure where failure.isPassing {
                if !wasAway { notice(.collectorAway) }
                wasAway = true
                try await Task.sleep(for: .seconds(.random(in: Self.pauses)))
            }
        }
    }

    private mutating func begin(_ start: Start, _ collector: RemoteCollector) async throws {
        let feed = try await feed(behind: 0, collector)
        switch start {
        case .position(let position):
            guard position <= feed.last else {
                throw CommandFailure(
                    .failed,
                    "there is no event \(position) yet: the last is \(feed.last), of this database at least. Name one up to it, or 0 "
                        + "for all that are kept")
            }
            self.position = position
        case .last(let count): position = try await place(ofLast: count, feed, collector)
        case .oldest: position = feed.first - 1
        }
    }

    /// Behind what so many events follow that pass the filters.
    private func place(ofLast count: Int64, _ feed: FeedPlace, _ collector: RemoteCollector) async throws -> Int64 {
        let oldest = feed.first - 1
        guard count > 0, filters.contains(where: { $0.value != nil }) else { return max(oldest, feed.last - count) }
        var wanted = Int(count)
        var end = feed.last
        var stretch = Self.stretches.lowerBound
        while end > oldest {
            let start = max(oldest, end - stretch)
            var arguments = filters
            arguments["after"] = .integer(start)
            arguments["through"] = .integer(end)
            arguments["limit"] = .integer(Self.stretches.upperBound)
            let found = try await ReadingPastDamage(collector).rows(.report("events", arguments))
            if found.count >= wanted { return (found[found.count - wanted].integer("position") ?? 1) - 1 }
            wanted -= found.count
            end = start
            stretch = min(stretch * 4, Self.stretches.upperBound)
        }
        return oldest
    }

    private struct FeedPlace {
        let first: Int64
        let last: Int64
        let scanned: Int64
        /// Who wrote the event asked behind, and the one at `scanned`.
        let origin: String?
        let scannedOrigin: String?
    }

    private func feed(behind position: Int64, _ collector: RemoteCollector) async throws -> FeedPlace {
        let row = try await collector.rows(.report("feed", ["after": .integer(position)])).first
        return FeedPlace(
            first: row?.integer("first") ?? 1, last: row?.integer("last") ?? 0, scanned: row?.integer("scanned") ?? 0,
            origin: row?.text("origin"), scannedOrigin: row?.text("scanned_origin"))
    }

    private mutating func follow(_ collector: RemoteCollector) async throws {
        // The last event that was there when the end had come: more may be committed for as long as this reads.
        var lastWanted: Int64?
        while true {
            let feed = try await feed(behind: position, collector)
            if feed.last < position || (origin != nil && feed.origin != nil && feed.origin != origin) {
                notice(.otherDatabase)
                (position, origin) = (0, nil)
                continue
            }
            origin = feed.origin
            if feed.first > position + 1 {
                notice(.missed(feed.first - 1 - position))
                (position, origin) = (feed.first - 1, nil)
                continue
            }
            if lastWanted == nil, let end, Moment.now() >= end { lastWanted = feed.last }
            if let lastWanted, position >= lastWanted { return }
            if feed.scanned > position {
                guard try await deliver(through: feed, collector) else { return }
            } else {
                try await waitForMore(collector)
            }
        }
    }

    /// Returns when there are more events, or the end has come.
    private func waitForMore(_ collector: RemoteCollector) async throws {
        guard let end else { return try await collector.watch(after: position) }
        let position = position
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await collector.watch(after: position) }
            group.addTask { try await Task.sleep(for: .milliseconds(max(0, end - Moment.now()))) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Returns whether to go on.
    private mutating func deliver(through feed: FeedPlace, _ collector: RemoteCollector) async throws -> Bool {
        var arguments = filters
        arguments["after"] = .integer(position)
        arguments["through"] = .integer(feed.scanned)
        arguments["limit"] = .integer(Self.pageRows)
        var known = AnswerColumns([])
        var rows: [AnswerRow] = []
        let reading = ReadingPastDamage(collector)
        try await reading.ask(
            .report("events", arguments), limits: QuestionLimits(), columns: { known = $0 },
            row: { rows.append(AnswerRow(known, $0)) })
        if reading.isDamaged, !hasSaidDamage {
            hasSaidDamage = true
            notice(.damaged)
        }
        try columns(known)
        let goesOn = try events(rows)
        if rows.count >= Self.pageRows, let last = rows.last?.integer("position") {
            (position, origin) = (last, nil)
        } else {
            (position, origin) = (feed.scanned, feed.scannedOrigin)
        }
        return goesOn
    }
}
