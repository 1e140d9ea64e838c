/// Which of a record's values a masking hook is given (``TracewireConfiguration/mask``).
public enum PayloadField: String, CaseIterable, Sendable {
    case userInput = "user_input"
    case timeSettings = "time_settings"
    case dateTheme = "date_theme"
    case userIntent = "user_intent"
    case finalItinerary = "final_itinerary"
    case tags
    case metadata
    case inputData = "input_data"
    case stateData = "state_data"
    case outputData = "output_data"
    case errorMessage = "error_message"
    case errorTraceback = "error_traceback"
    case systemPrompt = "system_prompt"
    case userPrompt = "user_prompt"
    case output
    case parsedOutput = "parsed_output"

    /// Whether the value is JSON text, and must be so after the hook.
    public var isJSON: Bool {
        switch self {
        case .userInput, .errorMessage, .errorTraceback, .systemPrompt, .userPrompt, .output: false
        default: true
        }
    }
}
