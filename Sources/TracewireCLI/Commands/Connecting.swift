extension ConnectionOptions {
    func withCollector<Result>(_ body: (any Answering) async throws -> Result) async throws -> Result {
        throw CommandFailure(.noCollector, "")
    }
}
