import NIOCore
import NIOHTTP1

/// What a client has sent.
struct Request: Sendable {
    static let bodyBytes = 16 << 10

    let head: HTTPRequestHead
    /// `nil` if it is longer than ``bodyBytes``.
    let body: ByteBuffer?

    /// Reads one request; `nil` if the connection ends before it does.
    init?(_ parts: NIOAsyncChannelInboundStream<HTTPServerRequestPart>) async throws {
        var head: HTTPRequestHead?
        var body = ByteBuffer()
        for try await part in parts {
            switch part {
            case .head(let received): head = received
            case .body(let bytes) where body.readableBytes + bytes.readableBytes <= Self.bodyBytes:
                body.writeImmutableBuffer(bytes)
            case .body, .end:
                guard let head else { return nil }
                self.head = head
                if case .end = part { self.body = body } else { self.body = nil }
                return
            }
        }
        return nil
    }
}

/// What it is answered: JSON, after which the connection is closed.
struct Response: Sendable {
    let status: HTTPResponseStatus
    let json: String

    var parts: [HTTPServerResponsePart] {
        let headers: HTTPHeaders = [
            "content-type": "application/json", "content-length": "\(json.utf8.count)", "connection": "close",
        ]
        return [
            .head(HTTPResponseHead(version: .http1_1, status: status, headers: headers)),
            .body(.byteBuffer(ByteBuffer(string: json))), .end(nil),
        ]
    }
}
