import Testing

@testable import TracewireCLI

@Suite("Times")
struct MomentTests {
    @Test(
        "reads how long ago",
        arguments: [
            ("1500ms", 1500), ("90s", 90_000), ("30m", 1_800_000), ("24h", 86_400_000), ("7d", 604_800_000),
            ("2w", 1_209_600_000), ("0s", 0), ("2w ago", 1_209_600_000),
        ] as [(String, Int64)])
    func ago(text: String, milliseconds: Int64) {
        #expect(Moment.parse(text, now: 2_000_000_000_000) == 2_000_000_000_000 - milliseconds)
    }

    @Test(
        "reads dates in UTC",
        arguments: [
            ("1970-01-01Z", 0), ("2026-02-02T02:40:05Z", 1_770_000_005_000), ("2026-02-02 02:40Z", 1_770_000_000_000),
            ("2024-02-29Z", 1_709_164_800_000),
        ] as [(String, Int64)])
    func dates(text: String, milliseconds: Int64) {
        #expect(Moment.parse(text) == milliseconds)
    }

    @Test("a date without a Z is local time")
    func local() throws {
        let moment = try #require(Moment.parse("2026-02-02 02:40:05"))
        #expect(Moment.local(moment) == "2026-02-02 02:40:05")
    }

    @Test(
        "reads what programs are given, and other programs write",
        arguments: [
            ("1770000005500", 1_770_000_005_500), ("2026-02-02T02:40:05.5Z", 1_770_000_005_500),
            ("2026-02-02T02:40:05.123456789Z", 1_770_000_005_123), ("2026-02-02T11:40:05+09:00", 1_770_000_005_000),
            ("2026-02-01 21:40:05-05:00", 1_770_000_005_000), ("2026-02-02T02:40+00:00", 1_770_000_000_000),
        ])
    func exact(text: String, milliseconds: Int64) {
        #expect(Moment.parse(text) == milliseconds)
    }

    @Test(
        "refuses what is no time",
        arguments: [
            "", "7", "d", "7x", "-7d", "7 d", "yesterday", " ago", "2026-02-02 ago", "2026-13-01", "2026-02-30",
            "2026-02-02 25:00", "2026-2-2",
            "2026-02-02T02:60Z", "2026-02-02 02:40:05.", "2026-02-02 02:40.5x", "2026-02-02.5",
            "2026-02-02T02:40:05+25:00", "20260202",
            "99999999999999999999d", "9000000000000000000w",
        ])
    func refused(text: String) {
        #expect(Moment.parse(text) == nil)
    }

    @Test("says how long ago something was, and of what is yet to come that it is now")
    func age() {
        #expect(Moment.ago(1_000, now: 66_000) == "1 m 05 s ago")
        #expect(Moment.ago(67_000, now: 66_000) == "0 ms ago")
        #expect(Moment.ago(.min, now: 66_000).hasSuffix(" ago"))
    }

    @Test(
        "shows lengths of time in the units that fit",
        arguments: [
            (0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (14_996, "15.0 s"), (21_649, "21.6 s"), (59_949, "59.9 s"),
            (59_950, "1 m 00 s"), (65_000, "1 m 05 s"), (3_599_500, "1 h 00 m"), (86_399_000, "1 d 00 h"),
            (.max, "106751991167 d 07 h"),
            (3_600_000, "1 h 00 m"),
            (90_000_000, "1 d 01 h"),
        ] as [(Int64, String)])
    func lengths(milliseconds: Int64, text: String) {
        #expect(Moment.Span.shown(milliseconds) == text)
    }
}
