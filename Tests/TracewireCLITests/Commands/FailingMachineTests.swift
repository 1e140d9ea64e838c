import Foundation
import Testing

/// A machine that fails a program in the midst of recording: everything is delivered, once and in its order, all the same.
@Suite("A program goes on recording", .timeLimit(.minutes(5)))
struct FailingMachineTests {
    /// Makes four or more segments of 64 KiB, and far less than the memory that a client may take.
    private static let nodes = 2_000

    private let directory: TestDirectory

    init() throws {
        directory = try TestDirectory()
    }

    private var spool: String { directory.file("spool") }

    private func host(_ leading: [String], _ environment: [String: String] = [:]) -> Program {
        Program(
            executable: URL(filePath: "/usr/bin/env"), environment: environment,
            leading: leading + [Paths.recordingHost.path])
    }

    /// What the recording program is told: without end of its own, from its start.
    private func arguments(_ collector: CollectorProcess, nodes: Int) -> [String] {
        [spool, collector.address, directory.file("progress"), "run", "\(nodes)", "0", "start"]
    }

    private func recorded() -> Int64 {
        let bytes = FileManager.default.contents(atPath: directory.file("progress")) ?? Data()
        return bytes.count == 8 ? bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) } : 0
    }

    private func wait(for process: Process, toHaveRecorded count: Int) async throws {
        while recorded() < count {
            try #require(process.isRunning, "the program has ended after \(recorded()) of \(count) nodes")
            await Task.yield()
        }
    }

    /// The sizes of the segments that lie in a spool directory, wherever that is.
    private func segments(_ directory: String) throws -> [Int] {
        try FileManager.default.subpathsOfDirectory(atPath: directory).filter { $0.hasSuffix(".segment") }.map {
            try FileManager.default.attributesOfItem(atPath: "\(directory)/\($0)")[.size] as? Int ?? 0
        }
    }

    private func expectAll(_ nodes: Int, _ collector: CollectorProcess) async throws {
        let sql = """
            SELECT count(*) AS nodes, count(DISTINCT execution_order) AS orders, max(execution_order) AS last,
                (SELECT count(*) FROM nodes a JOIN nodes b ON b.execution_order = a.execution_order + 1
                    WHERE b.id < a.id) AS inversions, (SELECT count(*) FROM rejected_records) AS rejected
            FROM nodes
            """
        let row = try #require(try await collector.run("sql", sql, "--format", "json").rows().first)
        for name in ["nodes", "orders", "last"] { #expect(row[name] as? Int == nodes, "\(name)") }
        #expect(row["inversions"] as? Int == 0 && row["rejected"] as? Int == 0)
        #expect(try await collector.run("check").exit == 0)
    }

    @Test("when the disk fills up with some of its segments on it", .enabled(if: Machine.mountsInNamespaces))
    func diskFillsUp() async throws {
        let collector = try await CollectorProcess(directory: directory)
        // It takes nothing until all is recorded, so that nothing makes room.
        kill(collector.identifier, SIGSTOP)
        defer { kill(collector.identifier, SIGCONT) }
        try FileManager.default.createDirectory(atPath: spool, withIntermediateDirectories: false)
        let mount = "mount -t tmpfs -o size=256k none \"$0\" && exec \"$@\""
        let process = try host(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, spool])
            .prepare(arguments(collector, nodes: Self.nodes), directory)
        let ended = try process.started()
        try await wait(for: process, toHaveRecorded: Self.nodes)
        // One that is just being tried is empty.
        let onDisk = try segments("/proc/\(process.processIdentifier)/root\(spool)").filter { $0 > 0 }
        // Otherwise the disk was not what was too small for them.
        #expect((1...3).contains(onDisk.count) && onDisk.allSatisfy { $0 == 64 << 10 })
        kill(collector.identifier, SIGCONT)
        await ended.value
        #expect(process.terminationStatus == 0, "not all was delivered")
        try await expectAll(Self.nodes, collector)
    }

    @Test("when its spool may not be written any more", .enabled(if: getuid() == 0))
    func spoolBecomesReadOnly() async throws {
        let collector = try await CollectorProcess(directory: directory)
        kill(collector.identifier, SIGSTOP)
        defer { kill(collector.identifier, SIGCONT) }
        let nodes = 40 * Self.nodes
        // The program is root's, but for the right to write where the mode forbids it. The shell, which does nothing else, looks
        // for the first record more quickly than this process with all its tests.
        let script = """
            progress=$1; spool=$2; shift 2
            setpriv --bounding-set=-dac_override,-dac_read_search "$@" & until [ -s "$progress" ]; do :; done
            chmod 500 "$spool"/*; wait $!
            """
        let process = try host(["sh", "-c", script, "sh", directory.file("progress"), spool])
            .prepare(arguments(collector, nodes: nodes), directory)
        let ended = try process.started()
        try await wait(for: process, toHaveRecorded: nodes)
        let own = try #require(try FileManager.default.contentsOfDirectory(atPath: spool).first { $0 != "damaged" })
        let onDisk = try segments(spool).count
        #expect(onDisk >= 1 && onDisk * (64 << 10) < nodes * 200, "\(onDisk) segments: all of them were made before")
        kill(collector.identifier, SIGCONT)
        await ended.value
        #expect(process.terminationStatus == 0, "not all was delivered")
        try await expectAll(nodes, collector)

        // What it could not remove says that all of it was acknowledged.
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: "\(spool)/\(own)")
        #expect(try await collector.run("forward", spool).exit == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool).isEmpty)
        try await expectAll(nodes, collector)
    }

    @Test("when the clock jumps back by an hour")
    func clockJumpsBack() async throws {
        let collector = try await CollectorProcess(directory: directory)
        // Of the calls that ask for the time: each node takes one.
        let calls = "\(Self.nodes / 2)"
        let process = try host(
            ["faketime", "-m", "-f", "-3600"],
            ["FAKETIME_START_AFTER_NUMCALLS": calls, "FAKETIME_DONT_FAKE_MONOTONIC": "1"]
        ).prepare(arguments(collector, nodes: Self.nodes), directory)
        let ended = try process.started()
        await ended.value
        #expect(process.terminationStatus == 0, "not all was delivered")
        let sql = """
            SELECT count(*) AS jumps FROM nodes a JOIN nodes b ON b.execution_order = a.execution_order + 1
            WHERE a.pending_at - b.pending_at > 3500000
            """
        let rows = try await collector.run("sql", sql, "--format", "json").rows()
        #expect(rows.first?["jumps"] as? Int == 1, "the clock did not jump")
        try await expectAll(Self.nodes, collector)
        #expect(try FileManager.default.contentsOfDirectory(atPath: spool).isEmpty)
    }
}

/// What the tests may do on this machine.
enum Machine {
    /// Whether a program may have file systems of its own.
    static let mountsInNamespaces = runs(["unshare", "--user", "--map-root-user", "--mount", "true"])
    /// Whether a program's system calls can be listened to.
    static let traces = runs(["strace", "-o", "/dev/null", "true"])

    private static func runs(_ command: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
