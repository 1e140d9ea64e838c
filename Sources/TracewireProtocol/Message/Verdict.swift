/// What the collector says of a record that was not plainly accepted.
public struct Verdict: Error, Equatable, Sendable {
    /// The batch.
    public var sequence: UInt64
    /// The record's place in its batch, from 0.
    public var index: UInt32
    public var code: Code
    /// One sentence, with statuses and identity where they matter; never a payload.
    public var message: String
    /// Whether sending the same record again can help.
    public var retryable: Bool
    /// After how many milliseconds, where it can.
    public var retryAfterMs: UInt32

    public init(
        sequence: UInt64, index: UInt32, code: Code, message: String, retryable: Bool = false, retryAfterMs: UInt32 = 0
    ) {
        self.sequence = sequence
        self.index = index
        self.code = code
        self.message = message
        self.retryable = retryable
        self.retryAfterMs = retryAfterMs
    }
}

/// `ACK`: all batches up to the frame's sequence are durable and visible, but for what the verdicts say.
public struct Ack: Equatable, Sendable {
    public var verdicts: [Verdict]
    /// Raw bytes of batches that the client may send on this connection, in all.
    public var credit: UInt64

    public init(verdicts: [Verdict] = [], credit: UInt64) {
        self.verdicts = verdicts
        self.credit = credit
    }
}

extension Ack: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        for verdict in verdicts { writer.message(1) { verdict.encode(into: &$0) } }
        writer.unsigned(2, credit)
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Ack {
        var ack = Ack(credit: 0)
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1:
                var nested = WireReader(bytes, try reader.slice(tag))
                ack.verdicts.append(try Verdict.decode(&nested, bytes))
            case 2: ack.credit = try reader.unsigned(tag)
            default: try reader.skip(tag.type)
            }
        }
        return ack
    }
}

extension Verdict: DecodableBody {
    public func encode(into writer: inout WireWriter) {
        writer.unsigned(1, sequence)
        writer.unsigned(2, UInt64(index))
        writer.unsigned(3, UInt64(code.rawValue))
        writer.string(4, message)
        writer.boolean(5, retryable)
        writer.unsigned(6, UInt64(retryAfterMs))
    }

    static func decode(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) -> Verdict {
        var verdict = Verdict(sequence: 0, index: 0, code: .ok, message: "")
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: verdict.sequence = try reader.unsigned(tag)
            case 2: verdict.index = try reader.unsigned32(tag)
            case 3: verdict.code = Code(rawValue: try reader.unsigned32(tag))
            case 4: verdict.message = try reader.text(tag, bytes)
            case 5: verdict.retryable = try reader.boolean(tag)
            case 6: verdict.retryAfterMs = try reader.unsigned32(tag)
            default: try reader.skip(tag.type)
            }
        }
        return verdict
    }
}
