import Script
import TracewireProtocol

/// A line of NDJSON: it is an event or a fault with a sentence. The line that is written of an event reads as one of which the same
/// is written. The sources that read and write lines are those of the program, by links.
func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    do throws(LineFault) {
        guard let line = try written(bytes) else { return 0 }
        let again = try written(Array(line.dropLast()))
        precondition(again == line, "an event changes when it is written and read")
    } catch {
        precondition(!error.message.isEmpty, "a fault without a sentence")
    }
    return 0
}

/// What is written of the event in a line; `nil` for an empty one.
private func written(_ bytes: [UInt8]) throws(LineFault) -> [UInt8]? {
    var scanner = LineScanner()
    return try scanner.record(bytes.span).map { EventLine.line($0) }
}

fuzz(test)
