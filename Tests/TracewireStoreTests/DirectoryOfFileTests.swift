import Glibc
import Testing

@testable import TracewireStore

struct DirectoryOfFileTests {
    @Test(arguments: [("/a/b", "/a"), ("/a", "/"), ("a", "."), ("a/b", "a"), ("/a/\u{301}b", "/a")])
    func `is what stands before the last slash`(path: String, directory: String) {
        #expect(DirectoryOfFile.path(of: path) == directory)
    }

    @Test func `a name that cannot be made durable is said`() throws {
        let files = try TemporaryDatabase()
        #expect(DirectoryOfFile.synchronize(files.path) == nil)
        #expect(DirectoryOfFile.synchronize(files.directory + "/none/trace.db") == ENOENT)
        // A file system that syncs no directory.
        #expect(DirectoryOfFile.synchronize("/proc/version") == EINVAL)
    }
}
