"""Files that are likely to hold keys and passwords: nobody sends them by accident."""

import re

_SECRET = re.compile(
    r"(^|/)(\.env(\.[^/]*)?|\.?envrc|\.netrc|_netrc|\.pgpass|\.htpasswd|\.npmrc|\.pypirc|\.git-credentials|\.dockercfg"
    r"|id_(rsa|dsa|ecdsa|ed25519)|credentials(\.(json|ya?ml|toml|ini))?|secrets?\.(json|ya?ml|toml|ini|env)"
    r"|service[-_]account[^/]*\.json|[^/]*\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk|asc|gpg|tfvars|env)"
    r"|\.(aws|ssh|gnupg|kube|docker)/.+)$",
    re.IGNORECASE,
)
_SAMPLE = re.compile(r"\.(example|sample|template|dist|pub)$", re.IGNORECASE)


def is_secret(path: str) -> bool:
    """Whether a file, by its name, is made to hold secrets. What is named an example of one is not."""
    return _SECRET.search(path) is not None and _SAMPLE.search(path) is None
