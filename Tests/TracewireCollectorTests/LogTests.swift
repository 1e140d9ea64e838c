import Foundation
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import TracewireCollector

@Suite("The collector's log")
struct LogTests {
    /// Writes to one end of a pipe, with a clock that stands still until it is set.
    private final class Log {
        let pipe = Pipe()
        let output: LogOutput
        private let time: NIOLockedValueBox<ContinuousClock.Instant>

        init(_ format: LogFormat = .json, bytesPerMinute: Int = 1 << 20) {
            let time = NIOLockedValueBox(ContinuousClock.now)
            self.time = time
            output = LogOutput(
                descriptor: pipe.fileHandleForWriting.fileDescriptor, format: format, bytesPerMinute: bytesPerMinute
            ) { time.withLockedValue { $0 } }
        }

        var logger: Logger { output.logger(.trace) }

        func pass(_ duration: Duration) {
            time.withLockedValue { $0 += duration }
        }

        /// Ends it; its lines.
        func lines() throws -> [String] {
            output.close(waiting: 60)
            try pipe.fileHandleForWriting.close()
            let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            return text.split(separator: "\n").map(String.init)
        }
    }

    private func object(_ line: String?) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data((line ?? "").utf8)) as? [String: Any])
    }

    @Test("is one object a line in JSON, whatever is in it")
    func json() throws {
        let log = Log()
        var logger = log.logger
        logger[metadataKey: "connection"] = "7"
        logger.warning(
            "quote \" backslash \\ line\nend \u{1b}[31m 성수 \u{85}",
            metadata: ["error": "a\nb", "list": ["x", ["y": "z"]], "number": .stringConvertible(5)])
        let lines = try log.lines()
        #expect(lines.count == 1)
        let object = try object(lines.first)
        #expect(object["level"] as? String == "warning")
        #expect(object["message"] as? String == "quote \" backslash \\ line\nend \u{1b}[31m 성수 \u{85}")
        let metadata = try #require(object["metadata"] as? [String: Any])
        #expect(metadata["error"] as? String == "a\nb" && metadata["connection"] as? String == "7")
        #expect(metadata["number"] as? String == "5" && (metadata["list"] as? [Any])?.count == 2)
        let time = try #require(object["time"] as? String)
        #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
    }

    @Test("tells the time as RFC 3339 does")
    func time() {
        #expect(LogLine.time(1_795_380_045_250) == "2026-11-22T20:40:45.250Z")
        #expect(LogLine.time(0) == "1970-01-01T00:00:00.000Z")
    }

    @Test("is for people in text, and nothing in it begins a line of its own or commands a terminal")
    func text() throws {
        let log = Log(.text)
        log.logger.error("it failed", metadata: ["b": "2", "a": "one\nerror: forged \u{1b}[2J"])
        let lines = try log.lines()
        #expect(lines.count == 1)
        #expect(lines[0].hasSuffix(" error: it failed a=one\\u000aerror: forged \\u001b[2J b=2"))
    }

    @Test("what is more than a minute may have is dropped, and counted in the next minute before what comes then")
    func budget() throws {
        let log = Log(bytesPerMinute: 1_000)
        for number in 0..<100 { log.logger.info("line \(number)") }
        log.pass(.seconds(59))
        log.logger.info("too early")
        log.pass(.seconds(1))
        log.logger.info("next minute")
        let messages = try log.lines().map { try object($0) }
        let written = messages.count { ($0["message"] as? String)?.hasPrefix("line ") == true }
        #expect(5...20 ~= written)
        #expect(messages.last?["message"] as? String == "next minute")
        let dropped = try #require(messages.dropLast().last?["metadata"] as? [String: Any])
        #expect(dropped["count"] as? String == "\(101 - written)")
        #expect(messages.count == written + 2)
    }

    @Test("what is dropped at the end is counted at the end")
    func droppedAtEnd() throws {
        let log = Log(bytesPerMinute: 10)
        for _ in 0..<5 { log.logger.info("one line") }
        let messages = try log.lines().map { try object($0) }
        #expect(messages.count == 2)
        #expect((messages.last?["metadata"] as? [String: Any])?["count"] as? String == "4")
    }

    @Test("lines that could not be written are counted once others can, and a half one does not swallow the next")
    func failedWrites() throws {
        signal(SIGPIPE, SIG_IGN)
        let broken = Pipe()
        let target = dup(broken.fileHandleForWriting.fileDescriptor)
        try broken.fileHandleForWriting.close()
        let output = LogOutput(descriptor: target, format: .json, bytesPerMinute: .max)
        // More than a pipe holds: its reader goes away when the line is half written.
        output.logger(.trace).info("\(String(repeating: "x", count: 200_000))")
        let (capacity, fill) = (fcntl(target, Int32(1_032)), UInt(0x541B))
        var held: Int32 = 0
        while held < capacity { _ = ioctl(broken.fileHandleForReading.fileDescriptor, fill, &held) }
        try broken.fileHandleForReading.close()
        output.settle(waiting: 60)
        for number in 1...3 {
            output.logger(.trace).info("lost \(number)")
            output.settle(waiting: 60)
        }
        let pipe = Pipe()
        try #require(dup2(pipe.fileHandleForWriting.fileDescriptor, target) == target)
        output.logger(.trace).info("written")
        output.close(waiting: 60)
        close(target)
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        #expect(text.hasPrefix("\n"))
        let lines = try text.split(separator: "\n").map { try object(String($0)) }
        #expect(lines.map { $0["message"] as? String }.last == "written" && lines.count == 2)
        #expect((lines.first?["metadata"] as? [String: Any])?["count"] as? String == "4")
    }

    @Test("nobody who logs waits for a reader that does not read, and memory stays bounded")
    func deafReader() throws {
        let log = Log(bytesPerMinute: .max)
        // Far more than a pipe holds and the buffer takes. Were it waited for, this would never end.
        let message = String(repeating: "x", count: 1_000)
        for _ in 0..<5_000 { log.logger.info("\(message)") }
        log.output.close(waiting: 0)
        // Once somebody reads, what was kept comes, and it is told how much did not.
        let read = NIOLockedValueBox(Data())
        let ended = DispatchSemaphore(value: 0)
        let reading = log.pipe.fileHandleForReading
        Thread.detachNewThread {
            let data = try? reading.readToEnd()
            read.withLockedValue { $0 = data ?? Data() }
            ended.signal()
        }
        log.output.close(waiting: 60)
        try log.pipe.fileHandleForWriting.close()
        ended.wait()
        let lines = read.withLockedValue { $0 }.split(separator: UInt8(ascii: "\n"))
        #expect(lines.count < 1_000)
        let last = try #require(
            try JSONSerialization.jsonObject(with: Data(lines.last ?? Data())) as? [String: Any])
        #expect((last["metadata"] as? [String: Any])?["count"] as? String == "\(5_000 - (lines.count - 1))")
    }
}
