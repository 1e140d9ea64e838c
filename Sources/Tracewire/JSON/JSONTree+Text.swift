extension JSONTree {
    /// The text of the whole tree; `nil` if something that was left empty is nested too deep.
    mutating func text() -> String? {
        var output: [UInt8] = []
        // Brackets and a comma for each value, at most.
        output.reserveCapacity(bytes.count + 3 * nodes.count)
        guard appendWhole(to: &output) else { return nil }
        return String(decoding: output, as: UTF8.self)
    }

    /// A container whose children are being written.
    private struct Open {
        /// The child to write next; 0 if all are written.
        var next: Int
        let end: UInt8
    }

    /// A loop, so that depth costs no stack.
    private mutating func appendWhole(to output: inout [UInt8]) -> Bool {
        var open: [Open] = []
        guard append(Self.root, to: &output, &open) else { return false }
        while let container = open.last {
            let node = container.next
            guard node != 0 else {
                output.append(container.end)
                open.removeLast()
                continue
            }
            if output.last != UInt8(ascii: "["), output.last != UInt8(ascii: "{") { output.append(UInt8(ascii: ",")) }
            open[open.count - 1].next = nodes[node].next
            guard append(node, to: &output, &open) else { return false }
        }
        return true
    }

    /// Appends a value whole, or as far as its opening bracket.
    private mutating func append(_ index: Int, to output: inout [UInt8], _ open: inout [Open]) -> Bool {
        let node = nodes[index]
        switch node.content {
        case .text(let text) where text.lowerBound == node.key.upperBound:
            output.append(contentsOf: bytes[node.key.lowerBound..<text.upperBound])
        case .text(let text):
            output.append(contentsOf: bytes[node.key])
            output.append(contentsOf: bytes[text])
        case .nothing:
            guard hasRoom(for: 1, at: index) else { return false }
            output.append(contentsOf: bytes[node.key])
            output.append(contentsOf: "{}".utf8)
        case .object(let children):
            output.append(contentsOf: bytes[node.key])
            output.append(UInt8(ascii: "{"))
            dropRepeats(children)
            open.append(Open(next: children.first, end: UInt8(ascii: "}")))
        case .array(let children):
            output.append(contentsOf: bytes[node.key])
            output.append(UInt8(ascii: "["))
            open.append(Open(next: children.first, end: UInt8(ascii: "]")))
        }
        return true
    }
}
