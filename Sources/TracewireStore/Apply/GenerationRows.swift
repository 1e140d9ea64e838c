internal import TracewireProtocol

/// The statements on `generations`.
final class GenerationRows {
    private let connection: Connection
    private let insertion: Statement
    private let comparison: RowComparison
    private let presence: Statement
    private let segments: SegmentWriter

    init(_ connection: Connection, _ segments: SegmentWriter) throws(StoreError) {
        self.connection = connection
        self.segments = segments
        // The unique index says whether the generation is new: asking first would cost every one of them a look-up.
        insertion = try Statement(
            connection,
            """
            INSERT INTO generations (id, uuid, workflow_id, node_id, model_name, model_provider, temperature, max_tokens,
                prompt_tokens, completion_tokens, total_tokens, latency_ms, created_at, error_message, metadata,
                system_prompt, user_prompt, output, parsed_output)
            VALUES (?19, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
            ON CONFLICT (uuid) DO NOTHING
            """)
        presence = try Statement(connection, "SELECT 1 FROM generations WHERE uuid = ?")
        comparison = try RowComparison(
            connection, "generations", by: "uuid",
            [
                "workflow": "workflow_id IS ?2", "node": "node_id IS ?3", "model_name": "model_name IS ?4",
                "model_provider": "model_provider IS ?5", "temperature": "temperature IS ?6",
                "max_tokens": "max_tokens IS ?7", "prompt_tokens": "prompt_tokens IS ?8",
                "completion_tokens": "completion_tokens IS ?9", "total_tokens": "total_tokens IS ?10",
                "latency_ms": "latency_ms IS ?11", "at_ms": "created_at IS ?12",
                "error_message": "tracewire_value(error_message) IS ?13",
                "metadata": "tracewire_value(metadata) IS ?14",
                "system_prompt": "tracewire_value(system_prompt) IS ?15",
                "user_prompt": "tracewire_value(user_prompt) IS ?16", "output": "tracewire_value(output) IS ?17",
                "parsed_output": "tracewire_value(parsed_output) IS ?18",
            ])
    }

    /// Inserts the row with the key `id`; `false`, and nothing is inserted, if the identifier is taken.
    func insert(_ generation: NewGeneration, id: Int64) throws(StoreError) -> Bool {
        let payloads = payloads(generation)
        // Values that cannot be taken back must not be stored in vain.
        let bytes = payloads.reduce(0) { $0 + ($1.0?.count ?? 0) }
        if !segments.canRewind(over: bytes), try isPresent(generation.content.generation) { return false }
        let mark = try segments.mark()
        bind(generation, to: insertion)
        insertion.bind(19, id)
        for (index, (value, column)) in payloads.enumerated() {
            try segments.bind(Int32(13 + index), value, column, row: id, atMs: generation.at, to: insertion)
        }
        try insertion.run()
        let isInserted = connection.changes == 1
        if !isInserted { segments.rewind(to: mark) }
        return isInserted
    }

    private func isPresent(_ identifier: Identifier) throws(StoreError) -> Bool {
        defer { presence.reset() }
        presence.bind(1, identifier)
        return try presence.step()
    }

    /// The keys in which a generation differs from the row of its identifier, whose values have to have left the
    /// ``SegmentWriter``.
    func differences(_ generation: NewGeneration) throws(StoreError) -> [String] {
        let statement = comparison.statement
        bind(generation, to: statement)
        for (index, (value, _)) in payloads(generation).enumerated() {
            statement.bind(Int32(13 + index), text: value)
        }
        return try comparison.differences()
    }

    /// Bound from 13 on.
    private func payloads(_ generation: NewGeneration) -> [(PinnedText?, PayloadColumn)] {
        let content = generation.content
        let origin = generation.origin
        return [
            (origin.text(content.errorMessage), .generationErrorMessage),
            (origin.text(content.metadata), .generationMetadata),
            (origin.text(content.systemPrompt), .systemPrompt), (origin.text(content.userPrompt), .userPrompt),
            (origin.text(content.output), .output), (origin.text(content.parsedOutput), .parsedOutput),
        ]
    }

    private func bind(_ generation: NewGeneration, to statement: Statement) {
        let content = generation.content
        let origin = generation.origin
        statement.bind(1, content.generation)
        statement.bind(2, generation.workflowID)
        statement.bind(3, generation.node?.id)
        statement.bind(4, text: origin.text(content.modelName))
        statement.bind(5, text: origin.text(content.modelProvider))
        statement.bind(6, content.temperature)
        statement.bind(7, content.maxTokens)
        statement.bind(8, content.promptTokens)
        statement.bind(9, content.completionTokens)
        statement.bind(10, content.totalTokens)
        statement.bind(11, content.latencyMs)
        statement.bind(12, generation.at)
    }
}
