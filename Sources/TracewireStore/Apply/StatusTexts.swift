internal import TracewireProtocol

/// The names of the statuses at addresses that stay, so that binding one copies nothing.
final class StatusTexts {
    private let buffers: [UnsafeMutableRawBufferPointer]

    init() {
        buffers = Status.allCases.map { status in
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: status.name.utf8.count, alignment: 1)
            buffer.copyBytes(from: status.name.utf8)
            return buffer
        }
    }

    deinit {
        for buffer in buffers { buffer.deallocate() }
    }

    func text(_ status: Status) -> UnsafeRawBufferPointer {
        // The numbers of the statuses are consecutive from 1.
        UnsafeRawBufferPointer(buffers[Int(status.rawValue) - 1])
    }

    /// The status that the column says; `nil` for none that this version knows.
    func status(_ bytes: UnsafeRawBufferPointer) -> Status? {
        Status.allCases.first { text($0).elementsEqual(bytes) }
    }
}
