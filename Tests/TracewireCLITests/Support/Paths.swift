import Foundation

/// Where the tests find what they run.
enum Paths {
    /// The built program: it lies beside the bundle of the tests.
    static let tracewire = built("tracewire")
    /// A program that records and may be killed.
    static let recordingHost = built("RecordingHost")

    private static func built(_ name: String) -> URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().appending(path: name)
    }

    /// The text of a page, named from the top of the repository.
    static func page(_ path: String) throws -> String {
        try String(contentsOf: pageURL(path), encoding: .utf8)
    }

    private static func pageURL(_ path: String, file: StaticString = #filePath) -> URL {
        var top = URL(filePath: "\(file)")
        for _ in 1...4 { top.deleteLastPathComponent() }
        return top.appending(path: path)
    }

    /// What a command is to write on terminals of several widths.
    static func golden(_ name: String, file: StaticString = #filePath) -> URL {
        URL(filePath: "\(file)").deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Golden/\(name).txt")
    }

    /// The program that makes certificates for tests in a directory.
    static var certificates: String { pageURL("Tests/certificates.sh").path }

    /// What keeps, of the files of a program, what would be on the disk.
    static var faults: String { pageURL("Torture/preload/faults.c").path }

    static func script(_ name: String, file: StaticString = #filePath) -> String {
        URL(filePath: "\(file)").deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Scripts/\(name)").path
    }
}

/// A directory of a test's own, removed with everything in it when nobody holds it any more.
final class TestDirectory: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "tracewire-cli-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: file(name)))
        return file(name)
    }

    func read(_ name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: file(name)))
    }
}
