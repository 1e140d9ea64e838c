import Testing

@testable import TracewireCLI

@Suite("Reading lines")
struct LineReaderTests {
    /// Reads `text` in pieces of at most `piece` bytes; `nil` stands for a line that was too long.
    private func lines(_ text: String, piece: Int, limit: Int = 100) throws -> [String?] {
        var rest = Array(text.utf8)[...]
        var reader = LineReader(limit: limit, chunk: piece) { buffer in
            let count = min(piece, buffer.count, rest.count)
            buffer.copyBytes(from: rest.prefix(count))
            rest = rest.dropFirst(count)
            return count
        }
        var lines: [String?] = []
        while let line = try reader.next() {
            switch line {
            case .bytes(let range): lines.append(String(decoding: reader.buffer[range], as: UTF8.self))
            case .tooLong: lines.append(nil)
            }
            #expect(reader.lineNumber == lines.count)
        }
        #expect(reader.bytesRead == Int64(text.utf8.count))
        return lines
    }

    @Test("cuts at line feeds, however the bytes come", arguments: [1, 2, 3, 7, 1000])
    func pieces(piece: Int) throws {
        #expect(try lines("one\n\nthree 성수\nlast", piece: piece) == ["one", "", "three 성수", "last"])
        #expect(try lines("one\n", piece: piece) == ["one"])
        #expect(try lines("", piece: piece) == [])
        #expect(try lines("\n", piece: piece) == [""])
    }

    @Test("passes over a line that is too long, and goes on behind it", arguments: [1, 4, 16, 1000])
    func tooLong(piece: Int) throws {
        let long = String(repeating: "x", count: 11)
        let full = String(repeating: "y", count: 10)
        #expect(try lines("a\n\(long)\n\(full)\n\(long)\(long)", piece: piece, limit: 10) == ["a", nil, full, nil])
    }

    @Test("never holds more than a few times the longest line")
    func bounded() throws {
        var left = 1000
        var reader = LineReader(limit: 64, chunk: 16) { buffer in
            guard left > 0 else { return 0 }
            left -= 1
            buffer.initializeMemory(as: UInt8.self, repeating: 120)
            return buffer.count
        }
        #expect(try reader.next() == .tooLong)
        #expect(try reader.next() == nil)
        #expect(reader.buffer.count <= 256)
    }

    @Test("hands on what the source throws")
    func failure() {
        struct Broken: Error {}
        var reader = LineReader { _ in throw Broken() }
        #expect(throws: Broken.self) { try reader.next() }
    }
}
