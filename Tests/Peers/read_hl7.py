"""What hl7apy, which knows nothing of us, reads in a file of HL7 messages: one JSON array.

hl7apy has no structure for trigger R40; PCD-04 takes over that of R01, so the message is
validated as one. As it was sent it is read, too, without a structure: both must say the same.
"""

import json
import re
import sys

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

ESCAPES = {"F": "|", "S": "^", "R": "~", "T": "&", "E": "\\"}


def unescape(text):
    return re.sub(r"\\([FSRTE])\\", lambda match: ESCAPES[match[1]], text)


def facet(segment):
    return {
        "number": segment.obx_4.value.rsplit(".", 1)[1],
        "type": segment.obx_2.value,
        "identifier": segment.obx_3.value,
        "value": unescape(segment.obx_5.value),
        "unit": segment.obx_6.value,
        "flags": [flag.value for flag in segment.obx_8],
        "time": segment.obx_14.value,
        "device": segment.obx_18.value,
    }


def read(text):
    assert text.startswith("MSH|") and text.endswith("\r"), text
    sent = parse_message(text, validation_level=VALIDATION_LEVEL.TOLERANT)
    kind = sent.msh.msh_9.value
    assert kind == "ORU^R40^ORU_R40", text
    message = parse_message(
        text.replace(kind, "ORU^R01^ORU_R01", 1), validation_level=VALIDATION_LEVEL.STRICT
    )
    message.validate()
    assert sent.to_er7() == message.to_er7().replace("ORU^R01^ORU_R01", kind, 1), text
    result = message.oru_r01_patient_result
    observation = result.oru_r01_order_observation
    request = observation.obr
    return {
        "type": kind,
        "trigger": sent.msh.msh_9.msh_9_2.value,
        "segments": [segment.name for segment in sent.children],
        "control": message.msh.msh_10.value,
        "processing": message.msh.msh_11.value,
        "version": message.msh.msh_12.value,
        "profile": message.msh.msh_21.value,
        "location": unescape(result.oru_r01_patient.oru_r01_visit.pv1.pv1_3.value),
        "order": unescape(request.obr_3.value),
        "service": request.obr_4.value,
        "time": request.obr_7.value,
        "parent": unescape(request.obr_29.value),
        "facets": [facet(group.obx) for group in observation.oru_r01_observation],
    }


def main():
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        texts = [text for text in file.read().split("\n") if text]
    print(json.dumps([read(text) for text in texts]))


main()
