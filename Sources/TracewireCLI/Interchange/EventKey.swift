/// The keys that FORMAT.md knows, and `tags` and `metadata`.
enum EventKey: Int, CaseIterable {
    case event
    case atMs
    case username
    case email
    case workflow
    case name
    case userInput
    case inputType
    case timeSettings
    case dateTheme
    case userIntent
    case searchRadius
    case finalItinerary
    case node
    case nodeName
    case nodeType
    case executionOrder
    case inputData
    case stateData
    case outputData
    case status
    case errorMessage
    case errorTraceback
    case durationMs
    case generation
    case modelName
    case modelProvider
    case systemPrompt
    case userPrompt
    case output
    case parsedOutput
    case temperature
    case maxTokens
    case promptTokens
    case completionTokens
    case totalTokens
    case latencyMs
    case source
    case records
    case payloads
    case tags
    case metadata

    /// The key as it stands in a line.
    var name: String {
        switch self {
        case .event: "event"
        case .atMs: "at_ms"
        case .username: "username"
        case .email: "email"
        case .workflow: "workflow"
        case .name: "name"
        case .userInput: "user_input"
        case .inputType: "input_type"
        case .timeSettings: "time_settings"
        case .dateTheme: "date_theme"
        case .userIntent: "user_intent"
        case .searchRadius: "search_radius"
        case .finalItinerary: "final_itinerary"
        case .node: "node"
        case .nodeName: "node_name"
        case .nodeType: "node_type"
        case .executionOrder: "execution_order"
        case .inputData: "input_data"
        case .stateData: "state_data"
        case .outputData: "output_data"
        case .status: "status"
        case .errorMessage: "error_message"
        case .errorTraceback: "error_traceback"
        case .durationMs: "duration_ms"
        case .generation: "generation"
        case .modelName: "model_name"
        case .modelProvider: "model_provider"
        case .systemPrompt: "system_prompt"
        case .userPrompt: "user_prompt"
        case .output: "output"
        case .parsedOutput: "parsed_output"
        case .temperature: "temperature"
        case .maxTokens: "max_tokens"
        case .promptTokens: "prompt_tokens"
        case .completionTokens: "completion_tokens"
        case .totalTokens: "total_tokens"
        case .latencyMs: "latency_ms"
        case .source: "source"
        case .records: "records"
        case .payloads: "payloads"
        case .tags: "tags"
        case .metadata: "metadata"
        }
    }

    /// Keys by name: one look-up instead of a comparison with every name.
    static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })
}
