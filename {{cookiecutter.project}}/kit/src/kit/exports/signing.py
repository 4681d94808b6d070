"""Signatures of exported files, made and verified by OpenSSF's model-signing with local keys."""

from collections.abc import Callable
from pathlib import Path

from kit.errors import KitError, one_line
from kit.exports.extras import needed


def signer(key: Path) -> Callable[[Path], Path]:
    """A function that signs a file or folder with an elliptic-curve private key (PEM) and returns the signature's path.

    Raises:
        KitError: the key cannot be read, or is of a kind that model-signing does not support.
    """
    with needed("model-signing", "sign"):
        from model_signing import signing
    try:
        config = signing.Config().use_elliptic_key_signer(private_key=key)
    except (OSError, ValueError, TypeError) as error:
        raise KitError(f"{key}: cannot sign with it: {_words(error)}; it must be an unencrypted EC key (PEM)") from None

    def sign(place: Path) -> Path:
        signature = place.with_name(f"{place.name}.sig")
        config.sign(place, signature)
        return signature

    return sign


def check_signature(place: Path, signature: Path, key: Path) -> None:
    """Verify a file or folder with its signature and the signer's public key (PEM).

    Raises:
        KitError: it does not match, or one of the three cannot be read.
    """
    with needed("model-signing", "sign"):
        from model_signing import verifying
    for path in (place, signature, key):
        if not path.exists():
            raise KitError(f"{path}: no such file")
    try:
        verifying.Config().use_elliptic_key_verifier(public_key=key).verify(place, signature)
    except Exception as error:  # the library's parsers raise many kinds of errors on an invalid signature
        raise KitError(f"{place}: the signature in {signature} is not valid: {_words(error)}") from None


def _words(error: BaseException) -> str:
    return one_line(error)[:300] or type(error).__name__
