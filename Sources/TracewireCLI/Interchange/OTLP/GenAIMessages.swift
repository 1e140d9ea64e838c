/// Prompts and outputs in the shape that OpenTelemetry's conventions for generative AI have for them
/// (https://github.com/open-telemetry/semantic-conventions-genai), as JSON texts.
///
/// What has that shape already, because the SDK's tracer found it in such an attribute, stays as it is.
enum GenAIMessages {
    /// `gen_ai.system_instructions`: a list of parts.
    static func instructions(_ text: String) -> String {
        hasShape(text) { isPart($0) } ? text : "[\(part(text))]"
    }

    /// `gen_ai.input.messages` and `gen_ai.output.messages`: a list of messages with parts.
    static func messages(_ text: String, role: String) -> String {
        hasShape(text) { isMessage($0) } ? text : "[{\"role\":\"\(role)\",\"parts\":[\(part(text))]}]"
    }

    private static func part(_ text: String) -> String {
        var bytes = Array("{\"type\":\"text\",\"content\":".utf8)
        JSONString.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self) + "}"
    }

    private static func hasShape(_ text: String, _ isElement: (JSONMembers) -> Bool) -> Bool {
        guard text.utf8.first == UInt8(ascii: "["), case .array(let elements) = JSONReading.value(text) else {
            return false
        }
        return !elements.isEmpty
            && elements.allSatisfy { element in
                if case .object(let members) = element { isElement(members) } else { false }
            }
    }

    private static func isPart(_ members: JSONMembers) -> Bool {
        if case .string = members["type"] { true } else { false }
    }

    private static func isMessage(_ members: JSONMembers) -> Bool {
        if case .string = members["role"], case .array = members["parts"] { true } else { false }
    }
}
