/// What a client accepts as the answer to its `HELLO`: the same for ingest and for queries.
struct SessionOpening: Equatable, Sendable {
    let hello: Hello

    /// - Throws: `unsupported_version`, `missing_feature` or `malformed_body` where the collector grants what was not
    ///   offered, less than was required, or limits that leave no room for anything.
    func check(_ welcome: Welcome) throws(ProtocolViolation) {
        guard welcome.version >= hello.minimumVersion, welcome.version <= hello.maximumVersion else {
            throw ProtocolViolation(
                .unsupportedVersion,
                "WELCOME names version \(welcome.version); this client speaks \(hello.minimumVersion) to "
                    + "\(hello.maximumVersion)")
        }
        guard hello.requiredFeatures.isSubset(of: welcome.features) else {
            throw ProtocolViolation(.missingFeature, "WELCOME lacks a feature that this client requires")
        }
        guard welcome.features.isSubset(of: hello.offeredFeatures) else {
            throw ProtocolViolation(.malformedBody, "WELCOME names a feature that was not offered")
        }
        guard welcome.streamWindowLog <= hello.streamWindowLog else {
            throw ProtocolViolation(
                .malformedBody,
                "WELCOME grants a window of 2^\(welcome.streamWindowLog), more than 2^\(hello.streamWindowLog) asked for"
            )
        }
        guard welcome.limits.areWorkable else {
            throw ProtocolViolation(
                .malformedBody,
                "WELCOME announces a limit below \(Limits.smallestAnnouncedBytes) bytes, or batches of no record")
        }
    }

    /// How bodies may be compressed towards the collector: the best that both sides can.
    func compression(_ welcome: Welcome) -> Compression {
        let windows = UInt32(Limits.smallestWindowLog)...UInt32(Limits.largestWindowLog)
        if welcome.features.contains(.zstdStream), windows.contains(welcome.streamWindowLog) { return .stream }
        return welcome.features.contains(.zstdFrame) ? .frame : .none
    }
}

extension SessionLimits {
    /// The limits that both sides keep: a newer collector may announce more than this version can.
    var known: SessionLimits {
        var limits = self
        limits.frameWireBytes = min(frameWireBytes, UInt32(Limits.frameWireBytes))
        limits.frameRawBytes = min(frameRawBytes, UInt32(Limits.frameRawBytes))
        limits.batchBytes = min(batchBytes, UInt32(Limits.batchBytes))
        limits.batchRecords = min(batchRecords, UInt32(Limits.batchRecords))
        limits.recordBytes = min(recordBytes, UInt32(Limits.recordBytes))
        limits.valueBytes = min(valueBytes, UInt32(Limits.valueBytes))
        return limits
    }

    /// Largest part of a batch that fits into a frame even if zstd makes it longer: by one part in 256, and headers.
    var partBytes: Int {
        let slack = 256
        let wire = max(Int(frameWireBytes) - slack, 1)
        return max(1, min(Int(frameRawBytes), wire - wire / 256))
    }
}
