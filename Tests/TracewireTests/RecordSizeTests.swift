import Testing
import TracewireProtocol

@testable import Tracewire

@Suite struct RecordSizeTests {
    @Test func `the estimate of a record's size is never too low`() {
        var start = WorkflowStart<String>()
        start.workflow = Identifier(high: .max, low: .max)
        start.username = "미나"
        start.name = "date-planner"
        start.userInput = String(repeating: "성", count: 5000)
        start.inputType = "text"
        start.timeSettings = "{}"
        start.dateTheme = "[]"
        start.userIntent = "{}"
        start.searchRadius = .max
        start.tags = "[1]"
        start.metadata = "{}"
        var generation = Generation<String>()
        generation.generation = Identifier(high: .max, low: .max)
        generation.workflow = Identifier(high: .max, low: .max)
        generation.node = Identifier(high: .max, low: .max)
        generation.maxTokens = .min
        generation.promptTokens = .min
        generation.completionTokens = .min
        generation.totalTokens = .min
        generation.latencyMs = .min
        generation.temperature = 1
        for event in [Event.workflowStart(start), .generation(generation)] {
            let record = Record(atMs: .min, event: event)
            var writer = WireWriter()
            writer.appendBatchEntry(record)
            #expect(writer.count + MemoryLayout<Int>.size <= record.largestEncodedSize)
        }
    }
}
