import Testing

@testable import TracewireProtocol

/// Tracewire's codec against Google's, in both directions.
struct OracleTests {
    @Test("Google's protobuf reads what the codec writes, and would write the same bytes")
    func writing() throws {
        var random = RandomValues(seed: 1)
        let batches = (0..<40).map { _ in (0..<50).map { _ in random.record() } }
        let messages = batches.map { records in
            var writer = WireWriter()
            for record in records { writer.appendBatchEntry(record) }
            return (name: "Batch", bytes: writer.bytes)
        }
        let readings = try Oracle.describe(messages)
        try #require(readings.count == batches.count)
        for (records, reading) in zip(batches, readings) {
            #expect(reading.same)
            let meanings = reading.fields.items("records").map { Meaning($0) }
            try #require(meanings.count == records.count)
            for (record, meaning) in zip(records, meanings) {
                #expect(record.meaning { $0 }.differences(from: meaning) == [])
            }
        }
    }

    @Test("Google's protobuf reads every other body that the codec writes, and would write the same bytes")
    func writingBodies() throws {
        var random = RandomValues(seed: 2)
        let bodies = (0..<100).flatMap { _ in random.bodies() }
        let readings = try Oracle.describe(bodies.map { ($0.name, $0.body.encoded()) })
        try #require(readings.count == bodies.count)
        for ((name, body), reading) in zip(bodies, readings) {
            #expect(reading.same, "\(name)")
            #expect(body.meaning.differences(from: Meaning(reading.fields)) == [], "\(name)")
        }
    }

    @Test("The codec reads what Google's protobuf writes: unknown fields, any order, repeated and divided submessages")
    func reading() throws {
        let specimens = try Oracle.generate()
        try #require(specimens.count(where: { $0.message == "Batch" }) == 40)
        try #require(specimens.count == 1140)
        for specimen in specimens {
            let bytes = try #require([UInt8](hexadecimal: specimen.bytes))
            if specimen.message == "Batch" {
                try compareBatch(bytes, specimen.fields)
            } else {
                let meaning = try readBody(specimen.message, bytes)
                let differences = meaning.differences(from: Meaning(specimen.fields))
                #expect(differences == [], "\(specimen.message) \(specimen.bytes)")
            }
        }
    }

    /// Records are compared before they are validated, because ends of ranges are not acceptable values.
    private func compareBatch(_ bytes: [UInt8], _ fields: NeutralJSON) throws {
        let received = try IncomingBatch.records(in: bytes.span)
        let expected = fields.items("records").map { Meaning($0) }
        try #require(received.count == expected.count)
        for (record, meaning) in zip(received, expected) {
            let decoded = try Record.decode(bytes.span, record.encoded)
            let actual = decoded.meaning { String(decoding: bytes[$0.range], as: UTF8.self) }
            #expect(actual.differences(from: meaning) == [], "\(bytes[record.encoded.range].map { $0 }.hexadecimal)")
        }
    }

    private func readBody(_ message: String, _ bytes: [UInt8]) throws -> Meaning {
        switch message {
        case "Hello": try read(Hello.self, bytes)
        case "Welcome": try read(Welcome.self, bytes)
        case "Refuse", "Goaway": try read(Farewell.self, bytes)
        case "Ack": try read(Ack.self, bytes)
        case "Credit": try read(Credit.self, bytes)
        case "Watch": try read(WatchRequest.self, bytes)
        case "Query": try read(Query.self, bytes)
        case "Columns": try read(Columns.self, bytes)
        case "Rows": try read(Rows.self, bytes)
        case "Summary": try read(Summary.self, bytes)
        default: throw Oracle.Unavailable(description: "records.py wrote an unknown message: \(message)")
        }
    }

    private func read<Body: DecodableBody & DescribedBody>(_ type: Body.Type, _ bytes: [UInt8]) throws -> Meaning {
        var reader = WireReader(bytes.span)
        return try Body.decode(&reader, bytes.span).meaning
    }
}
