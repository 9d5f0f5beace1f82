// The secret that a device and its central station share, and what is derived from it.

import Crypto
import Foundation

/// Which way a datagram goes. Each way has keys of its own, so that a datagram sent back to its sender opens nothing.
enum LinkDirection: UInt8, Sendable {
  case toCentral = 1
  case toDevice = 2
}

/// A pre-shared key of one device (`ecgclip link keygen`). A key belongs to one device; a device may have two while
/// they are exchanged: the central station knows both, the device uses the new one from its next start.
public struct LinkKey: Sendable {
  /// Its number, which stands unencrypted in every datagram.
  public let id: UInt32
  /// The device, 1-64 characters of A-Z a-z 0-9 . _ -
  public let device: String
  /// Lives of the device that use this key have at least this number: the Unix time at which the key was made.
  /// So a device whose storage was replaced gets new numbers with a new key.
  public let firstEpoch: UInt64
  private let secret: SymmetricKey

  /// A key of 32 random bytes. Nil when the device's name or the number of bytes is none.
  public init?(id: UInt32, device: String, firstEpoch: UInt64, secret: [UInt8]) {
    guard secret.count == 32, Self.isDeviceName(device) else { return nil }
    self.id = id
    self.device = device
    self.firstEpoch = firstEpoch
    self.secret = SymmetricKey(data: secret)
  }

  /// Whether a text can name a device: it becomes part of topics and file names.
  public static func isDeviceName(_ text: String) -> Bool {
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return isPlain && (1...64).contains(text.utf8.count)
  }

  /// The key for one direction and one life of its sender: HKDF-SHA256 (RFC 5869) of the secret, with the protocol's
  /// name as salt and direction, key number and epoch as context.
  func cipher(_ direction: LinkDirection, epoch: UInt64) -> LinkCipher {
    var context: [UInt8] = [direction.rawValue]
    context.append(bigEndian: id)
    context.append(bigEndian: epoch)
    let key = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: secret, salt: Data("ecgclip alert link 1".utf8), info: context,
      outputByteCount: 32)
    return LinkCipher(key: key, direction: direction, keyID: id, epoch: epoch)
  }
}
