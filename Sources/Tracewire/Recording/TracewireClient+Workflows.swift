internal import TracewireProtocol

extension TracewireClient {
    /// Begins a workflow, which lasts until ``WorkflowHandle/end(_:userIntent:finalItinerary:)``.
    ///
    /// - Parameters:
    ///   - name: what the reports group by; at most 1,024 bytes, as are `user` and `inputType`.
    ///   - user: on whose behalf it runs; a user of that name is recorded first, once.
    ///   - searchRadius: in metres, 0 or more.
    public func startWorkflow(
        _ name: String, user: String? = nil, userInput: String? = nil, inputType: String? = nil,
        timeSettings: JSONText? = nil, dateTheme: JSONText? = nil, userIntent: JSONText? = nil,
        searchRadius: Int64? = nil, tags: JSONText? = nil, metadata: JSONText? = nil
    ) -> WorkflowHandle {
        var event = WorkflowStart<String>()
        event.username = user
        event.name = name
        event.userInput = userInput
        event.inputType = inputType
        event.timeSettings = timeSettings?.text
        event.dateTheme = dateTheme?.text
        event.userIntent = userIntent?.text
        event.searchRadius = searchRadius
        event.tags = tags?.text
        event.metadata = metadata?.text
        let workflow = WorkflowHandle(core.samples() ? core : .silent)
        workflow.start(event)
        return workflow
    }

    /// Runs `body` as a workflow. It ends as `body` does: `completed` when it returns, `cancelled` when it throws
    /// `CancellationError`, `failed` when it throws anything else, unless `body` has ended it itself.
    ///
    /// - Parameters: those of ``startWorkflow(_:user:userInput:inputType:timeSettings:dateTheme:userIntent:searchRadius:tags:metadata:)``.
    @discardableResult
    public func withWorkflow<Result>(
        _ name: String, user: String? = nil, userInput: String? = nil, inputType: String? = nil,
        timeSettings: JSONText? = nil, dateTheme: JSONText? = nil, userIntent: JSONText? = nil,
        searchRadius: Int64? = nil, tags: JSONText? = nil, metadata: JSONText? = nil,
        isolation: isolated (any Actor)? = #isolation, _ body: (WorkflowHandle) async throws -> Result
    ) async rethrows -> Result {
        let workflow = startWorkflow(
            name, user: user, userInput: userInput, inputType: inputType, timeSettings: timeSettings,
            dateTheme: dateTheme, userIntent: userIntent, searchRadius: searchRadius, tags: tags, metadata: metadata)
        do {
            // A node around it belongs to another workflow.
            let result = try await NodeHandle.$current.withValue(nil) {
                try await WorkflowHandle.$current.withValue(workflow) { try await body(workflow) }
            }
            workflow.endScope(.completed)
            return result
        } catch {
            workflow.endScope(error is CancellationError ? .cancelled : .failed)
            throw error
        }
    }
}
