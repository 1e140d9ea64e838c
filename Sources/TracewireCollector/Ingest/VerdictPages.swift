internal import TracewireProtocol

/// Verdicts in as many `ACK`s as the frame limit asks for.
enum VerdictPages {
    /// An `ACK` that holds as many takes no verdicts of a further batch. With the largest batch behind one fewer it has
    /// 6,143, whose sentences of 512 bytes make 3.3 MB: below a frame's limit.
    private static let verdictsPerPage = Limits.batchRecords / 2

    /// Cuts between batches only, so that every verdict is in the first `ACK` that covers its batch.
    static func divide(_ verdicts: [Verdict], last: UInt64) -> [(sequence: UInt64, verdicts: [Verdict])] {
        var pages: [(sequence: UInt64, verdicts: [Verdict])] = []
        var page: [Verdict] = []
        for verdict in verdicts {
            if page.count >= verdictsPerPage, let before = page.last?.sequence, before != verdict.sequence {
                pages.append((before, page))
                page = []
            }
            page.append(verdict)
            page[page.count - 1].message = verdict.message.prefix(utf8Bytes: Limits.verdictMessageBytes)
        }
        return pages + [(last, page)]
    }
}
