"""Seals a body with `cryptography`, and opens the result again: the oracle of the golden datagrams.

Arguments: secret (hexadecimal), direction, key number, epoch, counter, body (hexadecimal). Prints
the datagram, and what a report says.
"""

import json
import sys

from alert_receiver import TO_CENTRAL, open_datagram, parse_report, seal

secret, body = bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[6])
direction, key_id, epoch, counter = map(int, sys.argv[2:6])
datagram = seal(secret, direction, key_id, epoch, counter, body)
assert open_datagram(secret, direction, key_id, datagram) == (epoch, counter, body)
report = parse_report(body) if direction == TO_CENTRAL else None
if report:
    report["records"] = [
        [list(after), list(position), text.decode()] for after, position, text in report["records"]
    ]
print(json.dumps({"datagram": datagram.hex(), "report": report}))
