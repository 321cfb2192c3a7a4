"""How often strangers may ask: counted by address, in the memory of this process, gone with it.

Only what anybody on the internet can reach is counted: customers' pages and carriers' messages. Behind a proxy the
address is the customer's only where `trusted_proxy` in warehouse.toml names that proxy; else all share the proxy's.
"""

import ipaddress

from flask import Flask, Response, request
from flask_limiter import Limiter

# Whoever misses this often is guessing addresses. A customer with a right link never misses.
MISSES = "10 per minute; 60 per hour"
POSTS = "6 per minute; 30 per hour"
IPV6_NETWORK = 64


def address() -> str:
    """Who asks. Of an IPv6 address the network: one customer's line has all addresses in it."""
    given = request.remote_addr or ""
    try:
        found = ipaddress.ip_address(given)
    except ValueError:
        return given
    if found.version == 4:
        return given
    return str(ipaddress.ip_network((found, IPV6_NETWORK), strict=False))


def is_miss(response: Response) -> bool:
    """Counted against `MISSES`: there is nothing at this address."""
    return response.status_code == 404


limiter = Limiter(address, storage_uri="memory://", strategy="moving-window")


def furnish(app: Flask) -> None:
    """Routes that have a limit ask for it themselves: the library's look at every request would be paid by scans."""
    others = list(app.before_request_funcs.get(None, ()))
    limiter.init_app(app)
    app.before_request_funcs[None] = others
