// Where the annotation files of many recordings go: below one folder, each under a name of its own.

import Foundation
import Recordings

/// A recording and the name of its annotation file below the output folder, without extension.
public struct AnnotationPlan: Hashable, Sendable {
  /// The recording's path.
  public let record: String
  /// Its name: the last component of the path; below a folder that was given, the path below it; where two recordings
  /// would share a name, as much of their paths as tells them apart.
  public let name: String

  /// Plans for records and folders of records; one that is named twice is done once. Of several inputs one that is not
  /// there is planned all the same, so that it fails alone.
  ///
  /// Throws where there is nothing, with the reason, or where two recordings would still share a name.
  public static func plan(_ inputs: [String]) throws(RecordingError) -> [AnnotationPlan] {
    var plans: [AnnotationPlan] = []
    var seen: Set<String> = []
    for input in inputs {
      let paths =
        inputs.count == 1 ? try Recordings.list(input) : (try? Recordings.list(input)) ?? [input]
      for path in paths where seen.insert(absolute(path)).inserted {
        plans.append(
          AnnotationPlan(record: path, name: AnnotatedRecord.name(path, below: input)))
      }
    }
    if plans.isEmpty {
      let all = inputs.joined(separator: ", ")
      throw RecordingError("\(all): holds no recordings; give records or a folder of them")
    }
    return try tellApart(plans)
  }

  private static func tellApart(_ plans: [AnnotationPlan]) throws(RecordingError)
    -> [AnnotationPlan]
  {
    let groups = Dictionary(grouping: plans, by: \.name)
    var told: [AnnotationPlan] = []
    var taken: [String: String] = [:]
    for plan in plans {
      var name = plan.name
      if let group = groups[name], group.count > 1 {
        let root = commonFolder(group.map { absolute($0.record) })
        name = AnnotatedRecord.name(absolute(plan.record), below: root)
      }
      if let other = taken[name] {
        throw RecordingError(
          "\(other) and \(plan.record) would both be annotated as \(name); "
            + "annotate them into two folders")
      }
      taken[name] = plan.record
      told.append(AnnotationPlan(record: plan.record, name: name))
    }
    return told
  }

  private static func commonFolder(_ paths: [String]) -> String {
    var common = paths[0].split(separator: "/").dropLast()
    for path in paths.dropFirst() {
      let parts = path.split(separator: "/")
      common = common.prefix(zip(common, parts).prefix { $0 == $1 }.count)
    }
    return "/" + common.joined(separator: "/")
  }

  private static func absolute(_ path: String) -> String {
    URL(filePath: path).standardizedFileURL.path(percentEncoded: false)
  }
}
