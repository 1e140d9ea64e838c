// Records are read in place: their texts are slices of the received bytes. A repeated field replaces the earlier one,
// a repeated submessage of the same kind is merged into it, an unknown field is skipped: protobuf's rules.

extension Record where Text == Slice {
    /// Reads the record that occupies `slice` of `bytes`. Texts and JSON are not looked at: see `RecordValidation`.
    ///
    /// - Throws: `malformed_record`, `unknown_record` or `invalid_identity`.
    public static func decode(_ bytes: Span<UInt8>, _ slice: Slice) throws(RecordFault) -> Record<Slice> {
        var atMs: Int64 = 0
        var event: Event<Slice>?
        do throws(WireReader.Failure) {
            var reader = WireReader(bytes, slice)
            while let tag = try reader.nextTag() {
                switch tag.field {
                case 1: atMs = try reader.signed(tag)
                case 2...10: event = try Event.merge(event, tag.field, WireReader(bytes, try reader.slice(tag)), bytes)
                default: try reader.skip(tag.type)
                }
            }
        } catch {
            throw error == .wrongIdentifierLength
                ? RecordFault(.invalidIdentity, "\(error)")
                : RecordFault(.malformedRecord, "the record is not a protobuf message of its type: \(error)")
        }
        guard let event else {
            throw RecordFault(.unknownRecord, "the record is of no kind that this version knows")
        }
        return Record(atMs: atMs, event: event)
    }
}

extension Event where Text == Slice {
    fileprivate static func merge(
        _ earlier: Event<Slice>?, _ field: UInt32, _ message: consuming WireReader, _ bytes: Span<UInt8>
    ) throws(WireReader.Failure) -> Event<Slice> {
        switch field {
        case 2:
            var user = User<Slice>()
            if case .user(let first) = earlier { user = first }
            try user.merge(&message, bytes)
            return .user(user)
        case 3:
            var start = WorkflowStart<Slice>()
            if case .workflowStart(let first) = earlier { start = first }
            try start.merge(&message, bytes)
            return .workflowStart(start)
        case 4:
            var pending = NodePending<Slice>()
            if case .nodePending(let first) = earlier { pending = first }
            try pending.merge(&message, bytes)
            return .nodePending(pending)
        case 5:
            var start = NodeStart<Slice>()
            if case .nodeStart(let first) = earlier { start = first }
            try start.merge(&message, bytes)
            return .nodeStart(start)
        case 6:
            var skip = NodeSkip()
            if case .nodeSkip(let first) = earlier { skip = first }
            try skip.merge(&message, bytes)
            return .nodeSkip(skip)
        case 7:
            var end = NodeEnd<Slice>()
            if case .nodeEnd(let first) = earlier { end = first }
            try end.merge(&message, bytes)
            return .nodeEnd(end)
        case 8:
            var generation = Generation<Slice>()
            if case .generation(let first) = earlier { generation = first }
            try generation.merge(&message, bytes)
            return .generation(generation)
        case 10:
            var shed = WorkflowShed()
            if case .workflowShed(let first) = earlier { shed = first }
            try shed.merge(&message, bytes)
            return .workflowShed(shed)
        default:
            var end = WorkflowEnd<Slice>()
            if case .workflowEnd(let first) = earlier { end = first }
            try end.merge(&message, bytes)
            return .workflowEnd(end)
        }
    }
}

extension WireReader {
    @_lifetime(self: copy self)
    mutating func identifier(_ tag: Tag, _ bytes: Span<UInt8>) throws(Failure) -> Identifier {
        let slice = try slice(tag)
        guard slice.count > 0 else { return .zero }
        guard let identifier = Identifier(bytes: bytes.extracting(slice.range)) else { throw .wrongIdentifierLength }
        return identifier
    }
}

extension User where Text == Slice {
    fileprivate mutating func merge(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) {
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: id = try reader.identifier(tag, bytes)
            case 2: username = try reader.slice(tag)
            case 3: email = try reader.slice(tag)
            default: try reader.skip(tag.type)
            }
        }
    }
}

extension WorkflowStart where Text == Slice {
    fileprivate mutating func merge(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) {
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: workflow = try reader.identifier(tag, bytes)
            case 2: username = try reader.slice(tag)
            case 3: name = try reader.slice(tag)
            case 4: userInput = try reader.slice(tag)
            case 5: inputType = try reader.slice(tag)
            case 6: timeSettings = try reader.slice(tag)
            case 7: dateTheme = try reader.slice(tag)
            case 8: userIntent = try reader.slice(tag)
            case 9: searchRadius = try reader.signed(tag)
            case 10: tags = try reader.slice(tag)
            case 11: metadata = try reader.slice(tag)
            default: try reader.skip(tag.type)
            }
        }
    }
}

extension NodeDescription where Text == Slice {
    /// Takes the fields 3 to 7, which ``NodePending`` and ``NodeStart`` share; `false` for any other.
    fileprivate mutating func merge(
        _ tag: WireReader.Tag, _ reader: inout WireReader
    ) throws(WireReader.Failure) -> Bool {
        switch tag.field {
        case 3: nodeName = try reader.slice(tag)
        case 4: nodeType = try reader.slice(tag)
        case 5: executionOrder = try reader.signed(tag)
        case 6: tags = try reader.slice(tag)
        case 7: metadata = try reader.slice(tag)
        default: return false
        }
        return true
    }
}

extension NodePending where Text == Slice {
    fileprivate mutating func merge(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) {
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: node = try reader.identifier(tag, bytes)
            case 2: workflow = try reader.identifier(tag, bytes)
            default: if try !description.merge(tag, &reader) { try reader.skip(tag.type) }
            }
        }
    }
}

extension NodeStart where Text == Slice {
    fileprivate mutating func merge(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) {
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: node = try reader.identifier(tag, bytes)
            case 2: workflow = try reader.identifier(tag, bytes)
            case 8: inputData = try reader.slice(tag)
            default: if try !description.merge(tag, &reader) { try reader.skip(tag.type) }
            }
        }
    }
}

extension NodeSkip {
    fileprivate mutating func merge(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) {
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: node = try reader.identifier(tag, bytes)
            case 2: workflow = try reader.identifier(tag, bytes)
            default: try reader.skip(tag.type)
            }
        }
    }
}

extension WorkflowShed {
    fileprivate mutating func merge(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) {
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: workflow = try reader.identifier(tag, bytes)
            case 2: source = try reader.identifier(tag, bytes)
            case 3: records = try reader.signed(tag)
            case 4: payloads = try reader.signed(tag)
            default: try reader.skip(tag.type)
            }
        }
    }
}

extension NodeEnd where Text == Slice {
    fileprivate mutating func merge(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) {
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: node = try reader.identifier(tag, bytes)
            case 2: workflow = try reader.identifier(tag, bytes)
            case 3: status = try reader.unsigned32(tag)
            case 4: stateData = try reader.slice(tag)
            case 5: outputData = try reader.slice(tag)
            case 6: errorMessage = try reader.slice(tag)
            case 7: errorTraceback = try reader.slice(tag)
            case 8: durationMs = try reader.signed(tag)
            default: try reader.skip(tag.type)
            }
        }
    }
}

extension Generation where Text == Slice {
    fileprivate mutating func merge(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) {
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: generation = try reader.identifier(tag, bytes)
            case 2: workflow = try reader.identifier(tag, bytes)
            case 3: node = try reader.identifier(tag, bytes)
            case 4: modelName = try reader.slice(tag)
            case 5: modelProvider = try reader.slice(tag)
            case 6: systemPrompt = try reader.slice(tag)
            case 7: userPrompt = try reader.slice(tag)
            case 8: output = try reader.slice(tag)
            case 9: parsedOutput = try reader.slice(tag)
            case 10: temperature = try reader.double(tag)
            case 11: maxTokens = try reader.signed(tag)
            case 12: promptTokens = try reader.signed(tag)
            case 13: completionTokens = try reader.signed(tag)
            case 14: totalTokens = try reader.signed(tag)
            case 15: latencyMs = try reader.signed(tag)
            case 16: errorMessage = try reader.slice(tag)
            case 17: metadata = try reader.slice(tag)
            default: try reader.skip(tag.type)
            }
        }
    }
}

extension WorkflowEnd where Text == Slice {
    fileprivate mutating func merge(_ reader: inout WireReader, _ bytes: Span<UInt8>) throws(WireReader.Failure) {
        while let tag = try reader.nextTag() {
            switch tag.field {
            case 1: workflow = try reader.identifier(tag, bytes)
            case 2: status = try reader.unsigned32(tag)
            case 3: userIntent = try reader.slice(tag)
            case 4: finalItinerary = try reader.slice(tag)
            default: try reader.skip(tag.type)
            }
        }
    }
}
