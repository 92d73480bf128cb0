"""Has scim2-tester check a SCIM server, and writes what it found as JSON."""

import json
import sys
import time

from httpx2 import Client, HTTPTransport
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server


class Patient(HTTPTransport):
    """Waits as long as the server says when it has asked too often."""

    def handle_request(self, request):
        while (response := super().handle_request(request)).status_code == 429:
            response.close()
            time.sleep(int(response.headers["Retry-After"]))
        return response


base, token = sys.argv[1:]
http = Client(base_url=base, headers={"Authorization": "Bearer " + token}, transport=Patient(), timeout=60)
results = check_server(SyncSCIMClient(http))
json.dump(
    [{"status": r.status.name, "title": r.title, "type": r.resource_type, "reason": r.reason} for r in results],
    sys.stdout,
)
