import Tracewire

func run(_ wish: String) async {
    let client = TracewireClient()
    let place = await plan(wish, client)
    print("How about \(place)?")
    let report = await client.shutdown(timeout: .seconds(5))
    print(report)
}

func plan(_ wish: String, _ client: TracewireClient) async -> String {
    await client.withWorkflow("date_course", user: "mina", userInput: wish) { workflow in
        let place = "성수 푸른 갤러리"
        workflow.setFinalItinerary([place])
        return place
    }
}
