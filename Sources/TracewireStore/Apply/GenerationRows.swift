internal import TracewireProtocol

/// The statements on `generations`.
final class GenerationRows {
    private let connection: Connection
    private let insertion: Statement
    private let comparison: Statement

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
        comparison = try Statement(
            connection,
            """
            SELECT workflow_id IS ?2 AND node_id IS ?3 AND model_name IS ?4 AND model_provider IS ?5
                AND temperature IS ?6 AND max_tokens IS ?7 AND prompt_tokens IS ?8 AND completion_tokens IS ?9
                AND total_tokens IS ?10 AND latency_ms IS ?11 AND created_at IS ?12 AND error_message IS ?13
                AND metadata IS ?14 AND system_prompt IS ?15 AND user_prompt IS ?16 AND output IS ?17
                AND parsed_output IS ?18
            FROM generations WHERE uuid = ?1
            """)
    }

    /// `false`, and nothing is inserted, if the identifier is taken.
    func insert(_ generation: NewGeneration) throws(StoreError) -> Bool {
        bind(generation, to: insertion)
        try insertion.run()
        return connection.changes == 1
    }

    /// Whether the row of that identifier says the same.
    func isRepetition(_ generation: NewGeneration) throws(StoreError) -> Bool {
        defer { comparison.reset() }
        bind(generation, to: comparison)
        return try comparison.step() && comparison.integer(0) != 0
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
