internal import TracewireProtocol

/// The statements on `generations`.
final class GenerationRows {
    private let connection: Connection
    private let insertion: Statement
    private let comparison: RowComparison

    init(_ connection: Connection) throws(StoreError) {
        self.connection = connection
        // The unique index says whether the generation is new: asking first would cost every one of them a look-up.
        insertion = try Statement(
            connection,
            """
            INSERT INTO generations (uuid, workflow_id, node_id, model_name, model_provider, temperature, max_tokens,
                prompt_tokens, completion_tokens, total_tokens, latency_ms, created_at, error_message, metadata,
                system_prompt, user_prompt, output, parsed_output)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (uuid) DO NOTHING
            """)
        comparison = try RowComparison(
            connection, "generations", by: "uuid",
            [
                "workflow": "workflow_id IS ?2", "node": "node_id IS ?3", "model_name": "model_name IS ?4",
                "model_provider": "model_provider IS ?5", "temperature": "temperature IS ?6",
                "max_tokens": "max_tokens IS ?7", "prompt_tokens": "prompt_tokens IS ?8",
                "completion_tokens": "completion_tokens IS ?9", "total_tokens": "total_tokens IS ?10",
                "latency_ms": "latency_ms IS ?11", "at_ms": "created_at IS ?12",
                "error_message": "error_message IS ?13",
                "metadata": "metadata IS ?14", "system_prompt": "system_prompt IS ?15",
                "user_prompt": "user_prompt IS ?16", "output": "output IS ?17", "parsed_output": "parsed_output IS ?18",
            ])
    }

    /// `false`, and nothing is inserted, if the identifier is taken.
    func insert(_ generation: NewGeneration) throws(StoreError) -> Bool {
        bind(generation, to: insertion)
        try insertion.run()
        return connection.changes == 1
    }

    /// The keys in which a generation differs from the row of its identifier.
    func differences(_ generation: NewGeneration) throws(StoreError) -> [String] {
        bind(generation, to: comparison.statement)
        return try comparison.differences()
    }

    private func bind(_ generation: NewGeneration, to statement: Statement) {
        let content = generation.content
        let origin = generation.origin
        statement.bind(1, content.generation)
        statement.bind(2, generation.workflowID)
        statement.bind(3, generation.nodeID)
        statement.bind(4, text: origin.text(content.modelName))
        statement.bind(5, text: origin.text(content.modelProvider))
        statement.bind(6, content.temperature)
        statement.bind(7, content.maxTokens)
        statement.bind(8, content.promptTokens)
        statement.bind(9, content.completionTokens)
        statement.bind(10, content.totalTokens)
        statement.bind(11, content.latencyMs)
        statement.bind(12, generation.at)
        statement.bind(13, text: origin.text(content.errorMessage))
        statement.bind(14, text: origin.text(content.metadata))
        statement.bind(15, text: origin.text(content.systemPrompt))
        statement.bind(16, text: origin.text(content.userPrompt))
        statement.bind(17, text: origin.text(content.output))
        statement.bind(18, text: origin.text(content.parsedOutput))
    }
}
