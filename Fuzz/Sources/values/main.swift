import Script
import TracewireProtocol

/// Texts and JSON. Swift's own decoder says what UTF-8 is; JSON stays JSON, or stops being it, within an array.
func test(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = input(start, count)
    let isText = String(validating: bytes, as: UTF8.self) != nil
    precondition(UTF8Validator.isValid(bytes.span) == isText, "what UTF-8 is, is said in two ways")
    // JSON is looked for in text alone.
    guard isText else { return 0 }
    let isJSON = JSONValidator.isValid(bytes.span)
    // An array more may be one too many.
    let array = [UInt8(ascii: "[")] + bytes + [UInt8(ascii: "]")]
    let isEmpty = bytes.allSatisfy { [0x20, 0x09, 0x0a, 0x0d].contains($0) }
    if JSONValidator.isValid(array.span) {
        let hasComma = bytes.contains(UInt8(ascii: ","))
        precondition(isJSON || isEmpty || hasComma, "an array of what is no JSON")
    }
    return 0
}

fuzz(test)
