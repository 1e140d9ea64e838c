internal import TracewireProtocol

/// Where hits go, up to the limit.
final class SearchOutput {
    private let call: ProcedureCall
    private let textBytes: Int
    private var room: Int

    init(_ call: ProcedureCall, _ request: SearchRequest) {
        self.call = call
        textBytes = request.text.count
        room = request.limit
    }

    /// Whether the search is over.
    var isFull: Bool { room == 0 }

    func emit(
        _ workflow: FoundWorkflow, _ place: FoundPlace, _ match: SearchedText.Match, in value: UnsafeRawBufferPointer
    ) throws(QueryFault) {
        try call.emit(SearchHit.row(workflow, place, match, in: value, length: textBytes))
        room -= 1
    }
}
