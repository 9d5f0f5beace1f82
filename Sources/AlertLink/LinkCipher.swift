// The envelope: a header in the clear that the tag covers, and a body that only the other end can read.
// ChaCha20-Poly1305 (RFC 8439) with a nonce of 32 zero bits and the datagram's counter.

import Crypto
import Foundation

/// What stands before the body in the clear: 22 bytes.
struct LinkHeader: Hashable {
  static let version: UInt8 = 1
  static let byteCount = 22
  var direction: LinkDirection
  var keyID: UInt32
  /// The sender's life.
  var epoch: UInt64
  /// Number of the datagram in that life, from 1, retransmissions counted.
  var counter: UInt64

  init(direction: LinkDirection, keyID: UInt32, epoch: UInt64, counter: UInt64) {
    self.direction = direction
    self.keyID = keyID
    self.epoch = epoch
    self.counter = counter
  }

  /// Reads the first bytes of a datagram; nil where they cannot be a header, or too little follows.
  init?(_ datagram: [UInt8]) {
    guard
      (Self.byteCount + LinkCipher.tagByteCount...LinkCipher.datagramByteCountMax)
        .contains(datagram.count)
    else { return nil }
    var reader = ByteReader(datagram[...])
    guard reader.number(UInt8.self) == Self.version,
      let direction = reader.number(UInt8.self).flatMap(LinkDirection.init),
      let keyID = reader.number(UInt32.self), let epoch = reader.number(UInt64.self),
      let counter = reader.number(UInt64.self)
    else { return nil }
    self.init(direction: direction, keyID: keyID, epoch: epoch, counter: counter)
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = [Self.version, direction.rawValue]
    bytes.append(bigEndian: keyID)
    bytes.append(bigEndian: epoch)
    bytes.append(bigEndian: counter)
    return bytes
  }
}

/// Seals and opens the datagrams of one direction and one life.
struct LinkCipher {
  static let tagByteCount = 16
  /// Fits any link that carries IPv6 (1280 bytes) in one piece.
  static let datagramByteCountMax = 1200
  let key: SymmetricKey
  let direction: LinkDirection
  let keyID: UInt32
  let epoch: UInt64

  private static func nonce(_ counter: UInt64) -> ChaChaPoly.Nonce? {
    var bytes = [UInt8](repeating: 0, count: 4)
    bytes.append(bigEndian: counter)
    return try? ChaChaPoly.Nonce(data: bytes)
  }

  /// The datagram with a counter that was never used before under this key.
  func seal(_ body: [UInt8], counter: UInt64) -> [UInt8]? {
    let header = LinkHeader(direction: direction, keyID: keyID, epoch: epoch, counter: counter)
    let bytes = header.bytes
    guard let nonce = Self.nonce(counter),
      let box = try? ChaChaPoly.seal(body, using: key, nonce: nonce, authenticating: bytes)
    else { return nil }
    return bytes + box.ciphertext + box.tag
  }

  /// The body of a datagram whose header was read, nil when the tag does not fit.
  func open(_ datagram: [UInt8], _ header: LinkHeader) -> [UInt8]? {
    let tagStart = datagram.count - Self.tagByteCount
    guard let nonce = Self.nonce(header.counter),
      let box = try? ChaChaPoly.SealedBox(
        nonce: nonce, ciphertext: datagram[LinkHeader.byteCount..<tagStart],
        tag: datagram[tagStart...]),
      let body = try? ChaChaPoly.open(
        box, using: key, authenticating: datagram[..<LinkHeader.byteCount])
    else { return nil }
    return Array(body)
  }
}
