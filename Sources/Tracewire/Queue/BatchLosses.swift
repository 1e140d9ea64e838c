internal import TracewireProtocol

/// What a batch does not have of the entries that it was made of, because they are larger than the collector takes.
struct BatchLosses: Sendable {
    /// Which entries are missing altogether, and their workflows.
    var leftOut: [Int] = []
    var lostOf: [Identifier?] = []
    var rejections: [Rejection] = []
    /// Those that are there without their payload.
    var bare: [ShedRecord] = []

    /// Whether the same was lost of the same entries.
    func isLike(_ other: BatchLosses) -> Bool { leftOut == other.leftOut && bare == other.bare }
}

/// Entries behind the last batch of a segment of which none could be sent: no batch has them.
struct PassedOver: Sendable {
    let order: UInt64
    let range: Range<Int>
    let records: Int
    let losses: BatchLosses
}

extension QueueState {
    mutating func count(_ losses: BatchLosses) {
        counts.oversized += losses.leftOut.count
        keep(losses.rejections)
        for workflow in losses.lostOf { tally.add(workflow, records: 1) }
        for record in losses.bare {
            counts.payloadsShed[record.kind, default: 0] += 1
            tally.add(record.workflow, payloads: 1)
        }
    }

    /// Batches are made again of the same entries, and count what they lose anew.
    mutating func takeBack(_ losses: BatchLosses) {
        counts.oversized -= losses.leftOut.count
        counts.rejections.removeAll { losses.rejections.contains($0) }
        for workflow in losses.lostOf { tally.add(workflow, records: -1) }
        for record in losses.bare {
            counts.payloadsShed[record.kind, default: 0] -= 1
            tally.add(record.workflow, payloads: -1)
        }
    }

    /// What was passed over behind a batch that is taken back is looked at again with it.
    mutating func takeBackPassedOver() {
        for passed in passedOver {
            guard let place = segments.firstIndex(where: { $0.order == passed.order }),
                segments[place].taken <= passed.range.lowerBound
            else { continue }
            segments[place].untake(records: passed.records)
            takenRecords -= UInt64(passed.records)
            waitingBytes += passed.range.count
            release(-Segment.size(passed.range.count, passed.records), onDisk: segments[place].file != nil)
            takeBack(passed.losses)
        }
        passedOver = []
    }

    /// Forgets what was passed over before the first batch that is left: it is not looked at again.
    mutating func forgetPassedOver() {
        guard let first = batches.first else {
            passedOver = []
            return
        }
        passedOver.removeAll {
            ($0.order, $0.range.lowerBound) < (first.order, first.range.lowerBound)
        }
    }
}
