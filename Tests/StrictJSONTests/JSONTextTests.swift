// What is written is what is read, and the canonical text is one for one value.

import StrictJSON
import Testing

@Test("a value is read again as it was written, on one line and on several")
func jsonRoundTrip() throws {
  let value = JSONValue.object([
    "b": .array([.number(1), .number(-0.5), .number(1e-7), .number(123_456_789_012), .null]),
    "a": .object([:]), "ä": .string("\"\\\n\t\u{8}\u{C}\u{1}é😀"), "c": .bool(false),
    "d": .array([]),
  ])
  #expect(try JSONValue(parsing: Array(value.canonicalText.utf8)) == value)
  #expect(try JSONValue(parsing: Array(value.prettyText.utf8)) == value)
}

@Test(
  "the canonical text has no white space, keys in the order of their bytes and the shortest numbers"
)
func jsonCanonical() {
  let value = JSONValue.object([
    "b": .number(2), "a": .array([.number(0.1), .number(-3), .number(1e21)]),
    "Z": .string("\u{1}/"),
  ])
  #expect(value.canonicalText == #"{"Z":"\u0001/","a":[0.1,-3,1e+21],"b":2}"#)
}

@Test("a key that nobody knows is refused with the one that was meant")
func jsonUnknownKey() throws {
  let fields = try JSONFields(.object(["gian": .number(1)]), path: "x.json")
  #expect(throws: JSONFieldError("x.json: unknown key 'gian': did you mean 'gain'?")) {
    try fields.allowOnly(["offset", "gain", "noise"])
  }
}
