import DatePlanner
import Foundation
import NIOCore
import NIOHTTP1
import Tracewire

/// `POST /plan` with `{"user": "mina", "wish": "성수에서 전시 데이트"}` is answered with an itinerary.
struct PlanEndpoint: Sendable {
    private struct Order: Decodable {
        let user: String?
        let wish: String
    }

    let client: TracewireClient

    func answer(_ request: Request) async -> Response {
        guard request.head.method == .POST, request.head.uri == "/plan" else {
            return Response(status: .notFound, error: "there is only POST /plan")
        }
        guard let body = request.body else {
            return Response(status: .payloadTooLarge, error: "the body has more than \(Request.bodyBytes) bytes")
        }
        guard let order = try? JSONDecoder().decode(Order.self, from: Data(body.readableBytesView)) else {
            return Response(status: .badRequest, error: #"the body is not {"user": "…", "wish": "…"}"#)
        }
        do {
            return Response(status: .ok, json: JSONText.encoding(try await plan(order)).text)
        } catch let error as PlannerError {
            return Response(status: .unprocessableEntity, error: "\(error)")
        } catch {
            return Response(status: .serviceUnavailable, error: "the server is stopping")
        }
    }

    /// A workflow for each request. How it ends, and what of, follows from how the closure does.
    private func plan(_ order: Order) async throws -> Itinerary {
        try await client.withWorkflow(
            "date_course", user: order.user, userInput: order.wish, inputType: "http",
            tags: ["source": "planner-server"]
        ) { workflow in
            let itinerary = try await DatePlanner().plan(order.wish)
            workflow.setFinalItinerary(itinerary)
            return itinerary
        }
    }
}

extension Response {
    init(status: HTTPResponseStatus, error: String) {
        self.init(status: status, json: JSONText.object(["error": .string(error)]).text)
    }
}
