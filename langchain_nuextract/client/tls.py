"""How an endpoint proves who it is, and how the caller proves it to the endpoint."""

import ssl
from functools import cache
from os import PathLike, fspath
from pathlib import Path
from typing import TypeAlias

from pydantic import SecretStr

Verify: TypeAlias = bool | str | PathLike[str] | ssl.SSLContext
"""True for the authorities that this machine trusts, a file or folder of certificates to trust instead, False for
nobody's proof at all (for trying things out), or a context of `ssl`."""
Certificate: TypeAlias = str | tuple[str, str] | tuple[str, str, SecretStr]
"""The caller's own: a file with certificate and key, or one of each, and the key's password."""


def tls_context(verify: Verify, cert: Certificate | None) -> ssl.SSLContext:
    """Make the context of all connections to an endpoint.

    Raises:
        ValueError: A file is missing, or holds no certificate or no key.
    """
    if verify is True and cert is None:
        return _usual()
    context = _verifying(verify)
    if cert is not None:
        file, key, *password = (cert, None) if isinstance(cert, str) else cert
        secret = password[0].get_secret_value() if password else ""
        try:
            # Without a password, `ssl` would ask for one at the terminal.
            context.load_cert_chain(file, key, secret)
        except OSError as error:
            raise ValueError(f"cert: {file} cannot be used: {error.strerror or error}") from None
    return context


def _verifying(verify: Verify) -> ssl.SSLContext:
    if isinstance(verify, ssl.SSLContext):
        return verify
    if isinstance(verify, bool):
        context = _default()
        if not verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
    path = Path(fspath(verify))
    try:
        return ssl.create_default_context(
            cafile=None if path.is_dir() else path, capath=path if path.is_dir() else None
        )
    except OSError as error:
        raise ValueError(f"verify: no certificates can be read from {path}: {error.strerror or error}") from None


@cache
def _usual() -> ssl.SSLContext:
    """Read the authorities once: each client would take a twentieth of a second for it."""
    return _default()


def _default() -> ssl.SSLContext:
    import httpx2  # noqa: PLC0415  many endpoints speak plain HTTP

    return httpx2.create_ssl_context()
