internal import Synchronization
public import TracewireProtocol

/// A call of a model that is under way; it is recorded when its scope ends. It may be used from any thread.
public final class GenerationHandle: Sendable {
    public let id: Identifier
    /// Whether the call is recorded.
    public let isRecording: Bool
    private let generation: Mutex<Generation<String>>
    private let startedAt = ContinuousClock.now

    init(_ generation: Generation<String>, isRecording: Bool) {
        self.isRecording = isRecording
        var generation = generation
        generation.generation = isRecording ? Identifier(milliseconds: WallClock.nowMs()) : .zero
        id = generation.generation
        self.generation = Mutex(generation)
    }

    /// What the model said.
    public func setOutput(_ output: String) {
        generation.withLock { $0.output = output }
    }

    /// What was read out of what the model said.
    public func setParsedOutput(_ output: JSONText) {
        generation.withLock { $0.parsedOutput = output.text }
    }

    /// How many tokens the call took. Without a total it is the sum of the other two, where both are there.
    public func setUsage(promptTokens: Int64? = nil, completionTokens: Int64? = nil, totalTokens: Int64? = nil) {
        generation.withLock { generation in
            generation.promptTokens = promptTokens
            generation.completionTokens = completionTokens
            generation.totalTokens = totalTokens ?? Self.sum(promptTokens, completionTokens)
        }
    }

    public func setMetadata(_ metadata: JSONText) {
        generation.withLock { $0.metadata = metadata.text }
    }

    static func sum(_ first: Int64?, _ second: Int64?) -> Int64? {
        guard let first, let second else { return nil }
        let (sum, overflow) = first.addingReportingOverflow(second)
        return overflow ? nil : sum
    }

    /// The call as it is recorded, with the time since it began.
    func finished(error: (any Error)?) -> Generation<String> {
        generation.withLock { generation in
            generation.latencyMs = startedAt.duration(to: .now).wholeMilliseconds
            if let error { generation.errorMessage = String(describing: error) }
            return generation
        }
    }
}
