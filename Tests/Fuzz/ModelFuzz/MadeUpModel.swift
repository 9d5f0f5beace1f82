// A model file around the text of any graph: tensors of the shapes that the graph asks for, with numbers that
// are drawn from the text.

import Foundation
import Inference

/// The bytes of a model.safetensors.
struct MadeUpModel {
  private static let byteCountMax = 4 << 20

  private(set) var bytes: [UInt8]

  private var header: [String] = []
  private var data: [UInt8] = []
  private var state: UInt64

  /// Nil where the tensors would be larger than 4 MB.
  init?(graph text: String) throws(ModelError) {
    let graph = try Graph(text: text, path: "fuzz: graph")
    let weights = graph.layers.reduce(0) { $0 + $1.outputChannels * $1.inputChannels * $1.kernel }
    guard weights <= Self.byteCountMax, graph.embeddingWidth * 4 <= Self.byteCountMax else {
      return nil
    }
    state = text.utf8.reduce(14_695_981_039_346_656_037) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    bytes = []
    for layer in graph.layers { add(layer, weightMaximum: graph.weightMaximum) }
    let width = graph.embeddingWidth
    for (name, shape) in [("weight", "[1,\(width)]"), ("mask", "[1,12]"), ("bias", "[1]")] {
      let count = name == "weight" ? width : name == "mask" ? 12 : 1
      let values = (0..<count).map { _ in Float(draw(-1000...1000)) / 100 }
      add("head.\(name)", "F32", shape, values.flatMap { Self.littleEndian($0.bitPattern) })
    }
    header.append("\"__metadata__\":\(Self.metadata(graph: text))")
    let head = Array("{\(header.joined(separator: ","))}".utf8)
    bytes = Self.littleEndian(UInt64(head.count)) + head + data
  }

  private mutating func add(_ layer: Graph.Layer, weightMaximum: Int) {
    let channels = layer.outputChannels
    let count = channels * layer.inputChannels * layer.kernel
    add(
      layer.name + ".weight", "I8", "[\(channels),\(layer.kernel),\(layer.inputChannels)]",
      (0..<count).map { _ in
        UInt8(bitPattern: Int8(draw(-Int64(weightMaximum)...Int64(weightMaximum))))
      })
    // Multipliers of every size; the loader refuses those that can leave its ranges.
    let most = Int64(1) << draw(0...31) - 1
    for name in ["bias", "multiplier"] + (layer.skip == nil ? [] : ["skipMultiplier"]) {
      let range = name == "bias" ? -most...most : 0...most
      add(
        "\(layer.name).\(name)", "I32", "[\(channels)]",
        (0..<channels).flatMap { _ in Self.littleEndian(Int32(draw(range))) })
    }
  }

  private mutating func add(_ name: String, _ type: String, _ shape: String, _ values: [UInt8]) {
    let end = data.count + values.count
    header.append(
      "\(Self.quoted(name)):{\"dtype\":\"\(type)\",\"shape\":\(shape),"
        + "\"data_offsets\":[\(data.count),\(end)]}")
    data += values
  }

  private mutating func draw(_ range: ClosedRange<Int64>) -> Int64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let span = UInt64(range.upperBound - range.lowerBound) + 1
    return range.lowerBound + Int64((state >> 20) % span)
  }

  private static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  private static func quoted(_ text: String) -> String {
    guard let data = try? JSONEncoder().encode(text) else { return "\"\"" }
    return String(decoding: data, as: UTF8.self)
  }

  private static func metadata(graph: String) -> String {
    let preprocessing = """
      {"format":"ecgclip-preprocessing/1","sampleRateHz":100,"resampler":{"kind":"kaiserSinc",\
      "cutoffHz":40,"halfWidthSeconds":0.08,"kaiserBeta":5},"highPass":{"kind":"biquad",\
      "frequencyHz":0.5,"b":[1,-2,1],"a":[1,-1.9,0.95]},"startup":"steadyState","unit":"mV"}
      """
    let statements = """
      [{"code":"SR","name":"sinus rhythm","group":"rhythm","leadSets":[["II"]],"threshold":0.5,\
      "trainingPositives":1}]
      """
    let texts = [
      "format": "ecgclip-model/1", "name": "fuzz", "created": "2026-01-01", "training": "0",
      "preprocessing": preprocessing, "graph": graph, "statements": statements,
    ]
    return "{" + texts.map { "\"\($0)\":\(quoted($1))" }.joined(separator: ",") + "}"
  }

  /// A graph as a model file words it.
  static func text(of graph: Graph) -> String {
    func name(_ source: Graph.Source) -> String {
      switch source {
      case .input: "input"
      case .layer(let index): graph.layers[index].name
      }
    }
    let layers = graph.layers.map { layer in
      "{\"name\":\"\(layer.name)\",\"input\":\"\(name(layer.input))\",\"kernel\":\(layer.kernel),"
        + "\"stride\":\(layer.stride),\"crop\":\(layer.crop),\"padding\":\(layer.padding),"
        + "\"inputChannels\":\(layer.inputChannels),\"outputChannels\":\(layer.outputChannels),"
        + "\"minimum\":\(layer.codes.lowerBound),\"maximum\":\(layer.codes.upperBound),"
        + "\"shift\":\(layer.shift)"
        + (layer.skip.map { ",\"skip\":\"\(name($0))\",\"skipCrop\":\(layer.skipCrop)" } ?? "")
        + "}"
    }
    return """
      {"input":{"leads":["I","II","III","aVR","aVL","aVF","V1","V2","V3","V4","V5","V6"],\
      "sampleRateHz":100,"millivoltsPerCode":0.03},"frameStride":\(graph.frameStride),\
      "receptiveField":\(graph.receptiveField),"windowFrames":\(graph.windowFrames),\
      "minimumFrames":\(graph.minimumFrames),"embeddingWidth":\(graph.embeddingWidth),\
      "embeddingScale":0.01,"pooling":"\(graph.pooling.rawValue)","weightMaximum":63,\
      "windowSamples":\(graph.windowSamples),"layers":[\(layers.joined(separator: ","))]}
      """
  }
}
