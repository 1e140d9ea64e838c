import Tracewire

func findArea(in wish: String) async -> String {
    let question = "Where does this person want to go? \(wish)"
    return await withGeneration(model: "gpt-4o-mini", provider: "openai", userPrompt: question) { call in
        // Here your model answers.
        call.setOutput("성수")
        call.setUsage(promptTokens: 180, completionTokens: 3)
        return "성수"
    }
}
