// Keys as files: nobody else may read them, none is ever overwritten, and a broken one is told in words.

import AlertLink
import Foundation
import TestSupport
import Testing

@testable import Central

@Suite struct KeyFileTests {
  private func mode(_ path: String) -> mode_t {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
  }

  @Test("a key is written for its owner alone, read back, and never written over")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let made = try LinkKeyFile.make(device: "bed-7", at: folder.path, unixSeconds: 1_700_000_000)
    #expect(mode(made.path) == 0o600)
    let key = try LinkKeyFile.read(made.path)
    #expect(key.device == "bed-7" && key.id == made.id && key.firstEpoch == 1_700_000_000)
    let named = folder.path + "/mine.key"
    _ = try LinkKeyFile.make(device: "bed-7", at: named, unixSeconds: 1)
    let before = try #require(FileManager.default.contents(atPath: named))
    let error = #expect(throws: CentralError.self) {
      try LinkKeyFile.make(device: "bed-7", at: named, unixSeconds: 1)
    }
    #expect(try #require(error).description.contains("never overwritten"))
    #expect(FileManager.default.contents(atPath: named) == before)
    #expect(try LinkKeyFile.readAll(folder: folder.path).count == 2)
  }

  @Test("two keys have nothing in common")
  func random() throws {
    let folder = try TemporaryFolder()
    let secrets = try (0..<16).map { _ in
      let made = try LinkKeyFile.make(device: "bed-7", at: folder.path, unixSeconds: 1)
      let data = try #require(FileManager.default.contents(atPath: made.path))
      return try #require(try Json.data(data)["secret"].text)
    }
    #expect(Set(secrets).count == 16 && secrets.allSatisfy { $0.utf8.count == 64 })
  }

  @Test(
    "a key that others can use is refused with the line that mends it",
    arguments: [
      0o640, 0o604, 0o660, 0o644, 0o601,
    ])
  func permissions(mode: Int) throws {
    let folder = try TemporaryFolder()
    let made = try LinkKeyFile.make(device: "bed-7", at: folder.path, unixSeconds: 1)
    chmod(made.path, mode_t(mode))
    let error = #expect(throws: CentralError.self) { try LinkKeyFile.read(made.path) }
    #expect(try #require(error).description.contains("chmod 600 \(made.path)"))
    chmod(made.path, 0o400)
    #expect(try LinkKeyFile.read(made.path).id == made.id)
  }

  @Test(
    "what is no key is refused by its name and the reason",
    arguments: [
      "", "{}", "no", #"{"schemaVersion":1,"device":"a","keyID":1,"firstEpoch":0,"secret":"00"}"#,
    ])
  func broken(text: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x.key", text)
    chmod(path, 0o600)
    let error = #expect(throws: CentralError.self) { try LinkKeyFile.read(path) }
    #expect(try #require(error).description.contains(path))
  }

  @Test("every change of one byte in a key gives another key or a refusal, never a crash")
  func damage() throws {
    let folder = try TemporaryFolder()
    let made = try LinkKeyFile.make(device: "bed-7", at: folder.path, unixSeconds: 1)
    let whole = Array(try #require(FileManager.default.contents(atPath: made.path)))
    var random = SeededRandom(seed: 7)
    for index in whole.indices {
      var bytes = whole
      bytes[index] = UInt8(truncatingIfNeeded: random.next())
      let path = try folder.write("damaged", bytes)
      chmod(path, 0o600)
      do { _ = try LinkKeyFile.read(path) } catch { #expect(error.description.contains(path)) }
    }
  }

  @Test("names that are no device's are refused", arguments: ["", "a b", "../x", "a/b", "é"])
  func names(name: String) throws {
    let folder = try TemporaryFolder()
    #expect(throws: CentralError.self) {
      try LinkKeyFile.make(device: name, at: folder.path, unixSeconds: 1)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("a further key in the folder is found without a restart, and only once")
  func rotation() throws {
    let folder = try TemporaryFolder()
    _ = try LinkKeyFile.make(device: "bed-7", at: folder.path, unixSeconds: 1)
    let keys = try KeyFolder(folder.path)
    #expect(try keys.keys.count == 1 && keys.takeNew().isEmpty)
    let made = try LinkKeyFile.make(device: "bed-7", at: folder.path, unixSeconds: 2)
    #expect(try keys.takeNew().map(\.id) == [made.id])
    #expect(try keys.takeNew().isEmpty && keys.keys.count == 2)
  }
}

@Suite struct BrokerAddressTests {
  @Test("addresses are read with their usual ports")
  func addresses() throws {
    let plain = try BrokerAddress(parsing: "mqtt://broker.example")
    #expect(plain.host == "broker.example" && plain.port == 1883 && !plain.usesTLS)
    let safe = try BrokerAddress(parsing: "mqtts://ana@[fd00::1]:9999")
    #expect(safe.host == "fd00::1" && safe.port == 9999 && safe.usesTLS && safe.user == "ana")
  }

  @Test(
    "a password in the address is refused, and one in a file that others can read",
    arguments: [
      "mqtt://ana:secret@broker", "http://broker", "mqtt://", "mqtt://broker:0", "mqtt://broker/x",
    ])
  func refusals(text: String) {
    #expect(throws: CentralError.self) { try BrokerAddress(parsing: text) }
  }

  @Test("a password comes from a file of mode 0600, without its line's end")
  func passwordFile() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("password", "secret\n")
    chmod(path, 0o644)
    #expect(throws: CentralError.self) {
      try BrokerAddress(parsing: "mqtt://ana@broker", passwordFile: path)
    }
    chmod(path, 0o600)
    #expect(
      try BrokerAddress(parsing: "mqtt://ana@broker", passwordFile: path).password == "secret")
  }
}

@Suite struct TopicsTests {
  @Test("no name reaches another level or a wildcard, and none becomes another's")
  func levels() {
    let names = ["bed-7", "a/b", "a%2Fb", "+", "#", "$SYS", "", " ", "é", "a.b~c_d", "%"]
    let levels = names.map(Topics.level)
    #expect(Set(levels).count == names.count)
    for (name, level) in zip(names, levels) {
      #expect(!level.contains { "/+#$ \u{0}".contains($0) })
      #expect(Topics.name(level) == name)
    }
    #expect(Topics.name("a%2") == nil && Topics.name("%zz") == nil && Topics.name("a b") == nil)
    let topics = Topics(site: "ward/3")
    #expect(topics.alert("bed-7") == "ecgclip/ward%2F3/bed-7/alert")
    #expect(topics.deviceOfCommand(topics.command("a/b")) == "a/b")
    #expect(topics.deviceOfCommand("ecgclip/ward%2F3/a/b/command") == nil)
  }
}
