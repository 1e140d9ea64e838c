/// A column whose large values lie in segments. The row keeps a ``ValueReference`` then, a BLOB, where a value that
/// stayed in the row is TEXT.
///
/// The raw values stand in segments for good: none may be changed or used again for another column.
enum PayloadColumn: UInt8, CaseIterable {
    case userInput = 1
    case timeSettings = 2
    case dateTheme = 3
    case userIntent = 4
    case finalItinerary = 5
    case workflowTags = 6
    case workflowMetadata = 7
    /// What ``userIntent`` was before the workflow's end said another: the reference moves, so no entry names it.
    case startedIntent = 8

    case inputData = 16
    case outputData = 17
    case stateData = 18
    case errorMessage = 19
    case errorTraceback = 20
    case nodeTags = 21
    case nodeMetadata = 22

    case systemPrompt = 32
    case userPrompt = 33
    case output = 34
    case parsedOutput = 35
    case generationErrorMessage = 36
    case generationMetadata = 37

    enum Table: String, CaseIterable {
        case workflows
        case nodes
        case generations
    }

    var table: Table {
        switch rawValue {
        case 1..<16: .workflows
        case 16..<32: .nodes
        default: .generations
        }
    }

    /// The column's name in its table.
    var name: String {
        switch self {
        case .userInput: "user_input"
        case .timeSettings: "time_settings"
        case .dateTheme: "date_theme"
        case .userIntent: "user_intent"
        case .finalItinerary: "final_itinerary"
        case .startedIntent: "started_intent"
        case .inputData: "input_data"
        case .outputData: "output_data"
        case .stateData: "state_data"
        case .errorTraceback: "error_traceback"
        case .systemPrompt: "system_prompt"
        case .userPrompt: "user_prompt"
        case .output: "output"
        case .parsedOutput: "parsed_output"
        case .errorMessage, .generationErrorMessage: "error_message"
        case .workflowTags, .nodeTags: "tags"
        case .workflowMetadata, .nodeMetadata, .generationMetadata: "metadata"
        }
    }

    /// The largest value that stays in the row, in bytes.
    ///
    /// What people filter by and read at a glance stays there as long as it is short. Of everything else only what a
    /// reference would not make smaller.
    var inlineBytes: Int {
        switch self {
        case .userInput, .errorMessage, .generationErrorMessage, .workflowTags, .nodeTags, .workflowMetadata,
            .nodeMetadata, .generationMetadata:
            1_024
        default: 64
        }
    }

    /// The column of that name, if large values of it leave the row.
    static func named(_ column: String, in table: String) -> PayloadColumn? {
        allCases.first { $0.name == column && $0.table.rawValue == table }
    }

    static func columns(of table: Table) -> [PayloadColumn] {
        allCases.filter { $0.table == table }
    }
}
