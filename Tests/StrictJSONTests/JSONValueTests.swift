// The JSON reader against the grammar of RFC 8259, and against what Foundation reads of the same text.

import Foundation
import Testing

import StrictJSON

@Test("values of every kind are read")
func jsonValues() throws {
  let text = #" {"a":[1,-2.5e3,true,false,null],"b":{"c":"x\"\\\/\b\f\n\r\té\uD83D\uDE00ü"}} "#
  let expected = JSONValue.object([
    "a": .array([.number(1), .number(-2500), .bool(true), .bool(false), .null]),
    "b": .object(["c": .string("x\"\\/\u{8}\u{c}\n\r\t\u{e9}\u{1F600}ü")]),
  ])
  #expect(try JSONValue(parsing: text.utf8) == expected)
}

@Test(
  "texts that are not JSON, or say two things, are refused",
  arguments: [
    "", " ", "{", "}", "[1,]", "[1 2]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, "tru",
    "nul", "+1", "1.2.3", "-", "01", "-01", "1.", ".5", "1.e3", "1e", "1e+", "--1", "inf", "nan",
    "0x10", "1e999", "1 1", #"""#, #""\x""#, #""\u12""#,
    #""\uD83D""#, #""\uD83Dx""#, #""\uDE00""#, #""\u+123""#, "\"\n\"", #"{"a":1,"a":1}"#,
    #"{"a":1,"a":2}"#,
  ])
func refusedTexts(text: String) {
  #expect(throws: JSONError.self) { try JSONValue(parsing: text.utf8) }
}

@Test("bytes that are not UTF-8 are refused inside strings")
func invalidUTF8() {
  #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22]) }
}

@Test("nesting is bounded instead of running out of stack")
func deepNesting() {
  let deep = String(repeating: "[", count: 100_000)
  #expect(throws: JSONError.self) { try JSONValue(parsing: deep.utf8) }
  let allowed = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
  #expect(throws: Never.self) { try JSONValue(parsing: allowed.utf8) }
}

@Test("what is read after any one-byte change, Foundation reads too")
func agreesWithFoundation() {
  let text = Array(#"{"a":[1,-2.5e3,true],"b":{"c":"x\n\u00e9"},"d":null}"#.utf8)
  for index in text.indices {
    for byte in UInt8.min...UInt8.max {
      var bytes = text
      bytes[index] = byte
      guard (try? JSONValue(parsing: bytes)) != nil else { continue }
      let read = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      #expect(read != nil, "\(String(decoding: bytes, as: UTF8.self))")
    }
  }
}
