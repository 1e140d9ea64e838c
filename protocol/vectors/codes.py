"""The codes that the vectors name: SPEC.md, section "Codes"."""

CODES = {
    "not_tracewire": 100,
    "unsupported_version": 101,
    "invalid_header": 102,
    "checksum_mismatch": 103,
    "frame_too_large": 104,
    "unknown_frame_type": 105,
    "malformed_body": 106,
    "decompression_failed": 107,
    "unexpected_frame": 108,
    "missing_feature": 109,
    "credit_exceeded": 111,
    "sequence_gap": 112,
    "batch_too_large": 120,
    "unknown_status": 202,
    "invalid_json": 205,
    "invalid_utf8": 206,
    "value_out_of_range": 207,
    "too_large": 208,
    "unknown_record": 209,
    "malformed_record": 210,
    "missing_field": 211,
    "invalid_identity": 212,
}


def code(name):
    return {"name": name, "number": CODES[name]}
