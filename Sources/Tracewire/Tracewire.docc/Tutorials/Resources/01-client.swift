import Tracewire

func run(_ wish: String) async {
    let client = TracewireClient()
    let report = await client.shutdown(timeout: .seconds(5))
    print(report)
}
