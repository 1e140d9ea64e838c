import Script
import TracewireProtocol

/// Reads a batch. Its records alone, put together again, are a batch of the same records.
func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    guard let records = try? IncomingBatch.records(in: bytes.span) else { return 0 }
    let entries = records.flatMap { [0x0a] + length($0.encoded.count) + bytes[$0.encoded.range] }
    guard let again = try? IncomingBatch.records(in: entries.span) else {
        preconditionFailure("records that were read are no batch")
    }
    precondition(again.map(code) == records.map(code), "a record is another one in another batch")
    return 0
}

/// A varint of Protocol Buffers.
private func length(_ count: Int) -> [UInt8] {
    count < 128 ? [UInt8(count)] : [UInt8(count & 0x7f) | 0x80] + length(count >> 7)
}

/// Why a record is refused; `nil` if it is not.
private func code(_ record: ReceivedRecord) -> Code? {
    if case .failure(let fault) = record.content { fault.code } else { nil }
}

fuzz(test)
