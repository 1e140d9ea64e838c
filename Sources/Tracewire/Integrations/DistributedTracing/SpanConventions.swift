#if DistributedTracing
    internal import Tracing
    internal import TracewireProtocol

    /// What attributes mean: OpenTelemetry's conventions for users and for generative AI, and Tracewire's own.
    extension SpanDetails {
        var user: String? { recordable("user.id", or: "enduser.id") }

        var tags: JSONText? { value("tracewire.tags")?.structured }
        var state: JSONText? { value("tracewire.state")?.structured }
        var input: SpanAttribute? { value("tracewire.input") ?? value("gen_ai.tool.call.arguments") }
        var output: JSONText? { (value("tracewire.output") ?? value("gen_ai.tool.call.result"))?.structured }

        /// Empty names are refused by the collector.
        var recordedName: String { name.isEmpty ? "span" : name.cutToName() }

        /// What the record of a start says by itself, so that it is no metadata.
        static func isOfStart(_ name: String) -> Bool { startNames.contains(name) || isOfEnd(name) }

        /// The same of the end.
        static func isOfEnd(_ name: String) -> Bool { endNames.contains(name) }

        private static let startNames: Set<String> = [
            "tracewire.input", "tracewire.tags", "tracewire.node.type", "gen_ai.tool.call.arguments",
        ]
        private static let endNames: Set<String> = ["tracewire.state", "tracewire.output", "gen_ai.tool.call.result"]

        // MARK: Generative AI

        /// The type that the attributes name for a node: a tool or an agent is none of a model's calls.
        var nodeType: String? {
            if let type = value("tracewire.node.type")?.text, !type.isEmpty { return type.cutToName() }
            return switch value("gen_ai.operation.name")?.text {
            case "execute_tool": "tool"
            case "create_agent", "invoke_agent", "invoke_workflow": "agent"
            default: nil
            }
        }

        var isGeneration: Bool {
            nodeType == nil
                && ["gen_ai.operation.name", "gen_ai.request.model", "gen_ai.response.model"].contains {
                    attributes.get($0) != nil
                }
        }

        func generation(_ metadata: JSONText) -> Generation<String> {
            var generation = Generation<String>()
            generation.modelName = recordable("gen_ai.request.model", or: "gen_ai.response.model") ?? "unknown"
            generation.modelProvider = recordable("gen_ai.provider.name", or: "gen_ai.system")
            generation.systemPrompt = value("gen_ai.system_instructions")?.text
            generation.userPrompt =
                (value("gen_ai.input.messages") ?? value("gen_ai.prompt") ?? value("tracewire.input"))?.text
            generation.output = (value("gen_ai.output.messages") ?? value("gen_ai.completion"))?.text
            generation.parsedOutput = value("tracewire.output")?.structured.text
            generation.temperature = value("gen_ai.request.temperature")?.number.flatMap { $0.isFinite ? $0 : nil }
            generation.maxTokens = count("gen_ai.request.max_tokens")
            generation.promptTokens = count("gen_ai.usage.input_tokens") ?? count("gen_ai.usage.prompt_tokens")
            generation.completionTokens =
                count("gen_ai.usage.output_tokens") ?? count("gen_ai.usage.completion_tokens")
            let sum = GenerationHandle.sum(generation.promptTokens, generation.completionTokens)
            generation.totalTokens = count("gen_ai.usage.total_tokens") ?? sum.flatMap(Self.asCount)
            generation.errorMessage = errorMessage
            generation.metadata = metadata.text
            return generation
        }

        /// An attribute that is a name: the collector refuses empty ones, and long ones.
        private func recordable(_ name: String, or other: String) -> String? {
            guard let text = (value(name) ?? value(other))?.text, !text.isEmpty else { return nil }
            return text.cutToName()
        }

        private func count(_ name: String) -> Int64? {
            value(name)?.integer.flatMap(Self.asCount)
        }

        private static func asCount(_ value: Int64) -> Int64? {
            0...Limits.largestInteger ~= value ? value : nil
        }

        /// What a generation has columns for, under its names of today and of before.
        static func isOfGeneration(_ name: String) -> Bool { generationNames.contains(name) }

        private static let generationNames: Set<String> = [
            "gen_ai.request.model", "gen_ai.provider.name", "gen_ai.system", "gen_ai.system_instructions",
            "gen_ai.input.messages", "gen_ai.prompt", "gen_ai.output.messages", "gen_ai.completion",
            "gen_ai.request.temperature", "gen_ai.request.max_tokens", "gen_ai.usage.input_tokens",
            "gen_ai.usage.prompt_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
            "gen_ai.usage.total_tokens", "tracewire.input", "tracewire.output",
        ]
    }

    extension String {
        /// The name, or as many of its first characters as a name may have bytes: a longer one would be rejected.
        func cutToName() -> String {
            prefix(bytes: Limits.nameBytes)
        }
    }
#endif
