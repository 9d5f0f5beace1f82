// The model that these tests share: it is read once.

import Inference
import TestSupport

let model = Result { try Model(folder: TestData.repository + "/models/ecgclip-r18") }
