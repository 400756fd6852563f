"""Texts with secrets and texts that only look so, to measure a detector with.

Every secret is made here at run time, of a random generator with a seed: none of them stands in this repository, and no
scanner complains of it. None was ever anybody's.
"""

import base64
import hashlib
import json
import random
import string
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

UPPER, LOWER, DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits
WORD = UPPER + LOWER + DIGITS
HEX = "0123456789abcdef"
SEED = 20


@dataclass(frozen=True)
class Case:
    """A text of a file."""

    kind: str
    path: str
    text: str
    secret: str = ""
    """What must not leave; empty where the text holds nothing of the sort."""


class Maker:
    """Makes secrets that look like those of providers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, letters: str, length: int) -> str:
        """Random letters; digits among them where there are any."""
        while True:
            made = "".join(self.random.choice(letters) for _ in range(length))
            if not (set(letters) & set(DIGITS)) or set(made) & set(DIGITS):
                return made

    def base64(self, size: int) -> str:
        """So many random bytes."""
        return base64.b64encode(self.random.randbytes(size)).decode()

    def part(self, value: object) -> str:
        """A part of a JSON web token."""
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    def jwt(self) -> str:
        """A JSON web token."""
        body = {"sub": self.of(DIGITS, 10), "iat": 1_700_000_000, "name": "Ann"}
        return f"{self.part({'alg': 'HS256', 'typ': 'JWT'})}.{self.part(body)}.{self.of(WORD + '-_', 43)}"

    def pem(self, name: str, lines: int = 13) -> str:
        """A private key in its block."""
        head = "PRIVATE" + " KEY"
        body = "\n".join(self.of(WORD + "+/", 64) for _ in range(lines))
        return f"-----BEGIN {name}{head}-----\n{body}\n-----END {name}{head}-----"


def _tokens() -> dict[str, Callable[[Maker], str]]:
    """By kind, how a provider's token looks. Prefixes are put together, too."""
    return {
        "aws access key": lambda m: "AK" + "IA" + m.of(UPPER + "234567", 16),
        "github personal": lambda m: "gh" + "p_" + m.of(WORD, 36),
        "github oauth": lambda m: "gh" + "o_" + m.of(WORD, 36),
        "github fine-grained": lambda m: "github" + "_pat_" + m.of(WORD, 22) + "_" + m.of(WORD, 59),
        "gitlab": lambda m: "gl" + "pat-" + m.of(WORD + "-_", 20),
        "slack bot": lambda m: "xo" + f"xb-{m.of(DIGITS, 12)}-{m.of(DIGITS, 13)}-{m.of(WORD, 24)}",
        "slack webhook": lambda m: (
            "https://hooks.slack"
            + f".com/services/T{m.of(UPPER + DIGITS, 10)}/B{m.of(UPPER + DIGITS, 10)}/{m.of(WORD, 24)}"
        ),
        "stripe live": lambda m: "sk" + "_live_" + m.of(WORD, 24),
        "stripe restricted": lambda m: "rk" + "_live_" + m.of(WORD, 99),
        "google api": lambda m: "AI" + "za" + m.of(WORD + "-_", 35),
        "openai project": lambda m: "sk" + "-proj-" + m.of(WORD, 74) + "T3Blbk" + "FJ" + m.of(WORD, 74),
        "openai": lambda m: "sk" + "-" + m.of(WORD, 20) + "T3Blbk" + "FJ" + m.of(WORD, 20),
        "anthropic": lambda m: "sk" + "-ant-api03-" + m.of(WORD + "-_", 93) + "AA",
        "npm": lambda m: "np" + "m_" + m.of(WORD, 36),
        "pypi": lambda m: "py" + "pi-AgEIcHlwaS5vcmc" + m.of(WORD + "-_", 150),
        "hugging face": lambda m: "h" + "f_" + m.of(UPPER + LOWER, 34),
        "sendgrid": lambda m: "S" + "G." + m.of(WORD, 22) + "." + m.of(WORD, 43),
        "digitalocean": lambda m: "do" + "p_v1_" + m.of(HEX, 64),
        "jwt": Maker.jwt,
    }


_FORMS = (
    ("src/client.py", 'client = Client("{}", timeout=30)'),
    ("config/app.yaml", "service:\n  key: {}\n  retries: 3"),
    ("web/api.ts", "const headers = {{ Authorization: `Bearer {}` }};"),
    ("notes.md", "Run it with `curl -H 'X-Key: {}'` and look."),
)

_ASSIGNMENTS = (
    ("src/settings.py", 'DB_PASSWORD = "{}"'),
    ("src/settings.py", "    client_secret: str = '{}'"),
    ("web/config.ts", 'export const apiKey = "{}";'),
    ("config/app.yaml", "database:\n  password: {}\n  port: 5432"),
    ("app/Config.java", 'private static final String AUTH_TOKEN = "{}";'),
    ("main.go", 'secretKey := "{}"'),
    ("settings.json", '{{"access_token": "{}", "size": 3}}'),
    ("setup.toml", 'signing_secret = "{}"'),
    ("deploy.sh", "export ENCRYPTION_KEY={}"),
    ("infra/main.tf", 'master_password = "{}"'),
)


def true_cases() -> Iterator[Case]:
    """Texts with a secret each."""
    m = Maker(SEED)
    for kind, make in _tokens().items():
        for path, form in _FORMS:
            secret = make(m)
            yield Case(kind, path, form.format(secret), secret)
    for path, form in _ASSIGNMENTS:
        for kind, secret in (
            ("assigned, letters and digits", m.of(WORD, 24)),
            ("assigned, with signs", m.of(WORD, 9) + "!" + m.of(WORD, 6) + "#"),
            ("assigned, hexadecimal", m.of(HEX, 40)),
            ("assigned, base64", m.base64(30)),
        ):
            yield Case(kind, path, form.format(secret), secret)
    for name in ("RSA ", "EC ", "OPENSSH ", "", "ENCRYPTED "):
        block = m.pem(name)
        yield Case("private key", "deploy/notes.txt", f"The key is\n{block}\nas of May.", block.splitlines()[3])
        quoted = 'KEY = """' + block + '"""'
        yield Case("private key", "src/sign.py", quoted, block.splitlines()[3])
        yield Case("private key", "conf.json", json.dumps({"private_key": block}), block.splitlines()[3])
    for scheme in ("postgres", "mysql", "mongodb+srv", "redis", "amqp", "https"):
        secret = m.of(WORD, 14)
        yield Case("address with a password", "src/db.py", f'URL = "{scheme}://shop:{secret}@db.intern:5432/x"', secret)
    for name in ("STRIPE_KEY", "SESSION_SECRET", "SMTP_PASS", "DATABASE_PASSWORD", "SENTRY_DSN", "X_ACCOUNT"):
        secret = m.of(WORD, 18)
        yield Case("value of .env", ".env", f"DEBUG=1\n{name}={secret}\n", secret)
    for path in ("src/s3.py", "config/aws.ini"):
        secret = m.of(WORD + "/+", 40)
        yield Case("aws secret key", path, f'aws_secret_access_key = "{secret}"', secret)


def false_cases() -> Iterator[Case]:
    """Texts that hold no secret, though they look so to some."""
    m = Maker(SEED + 1)
    for n in range(6):
        sha1 = hashlib.sha1(b"%d" % n).hexdigest()
        sha256 = hashlib.sha256(b"%d" % n).hexdigest()
        sha512 = base64.b64encode(hashlib.sha512(b"%d" % n).digest()).decode()
        yield Case("commit", "notes.md", f"Mended in {sha1}, see also {sha1[:9]}.")
        yield Case("commit", ".github/workflows/ci.yml", f"      - uses: actions/checkout@{sha1}")
        yield Case("uuid", "src/ids.py", f'NAMESPACE = UUID("{uuid.UUID(bytes=m.random.randbytes(16))}")')
        yield Case("lock file", "package-lock.json", f'      "integrity": "sha512-{sha512}",')
        yield Case("lock file", "requirements.lock", f"attrs==25.3.0 \\\n    --hash=sha256:{sha256}")
        yield Case(
            "lock file", "go.sum", f"golang.org/x/sys v0.1{n}.0 h1:{base64.b64encode(bytes.fromhex(sha256)).decode()}"
        )
        yield Case("digest", "Dockerfile", f"FROM python:3.12-slim@sha256:{sha256}")
        yield Case("digest", "tests/test_hash.py", f'    assert digest(b"{n}") == "{sha256}"')
        yield Case("image", "page.html", f'<img src="data:image/png;base64,iVBORw0KGgo{m.base64(300)}">')
        letters = m.of(LOWER, 3)
        minified = ";".join(
            f"function {a}({b},{letters}){{return {b}.{letters}+{a}[{n}]}}" for a in "abcdef" for b in "xyz"
        )
        yield Case("minified", "app.js", f"!function(e,t){{{minified}}}(window,document);")
    yield from (Case(kind, path, text) for kind, path, text in _HARMLESS)


_PUBLIC = "PUBLIC KEY"

_HARMLESS = (
    ("read from elsewhere", "src/a.py", 'password = os.environ["DATABASE_PASSWORD"]'),
    ("read from elsewhere", "src/a.py", 'token = getpass.getpass("Token of the service: ")'),
    ("read from elsewhere", "src/a.py", "api_key = settings.providers.default.api_key_env"),
    ("read from elsewhere", "src/a.py", 'secret = client.secrets.get("projects/shop/secrets/database")'),
    ("read from elsewhere", "web/a.ts", "const token = await this.tokens.refresh(session.refreshToken);"),
    ("read from elsewhere", "web/a.ts", "const apiKey = process.env.STRIPE_API_KEY ?? '';"),
    ("read from elsewhere", "main.go", 'apiKey := os.Getenv("SERVICE_API_KEY")'),
    ("read from elsewhere", "ci.yml", "          password: ${{ secrets.REGISTRY_PASSWORD }}"),
    ("read from elsewhere", "compose.yml", "      POSTGRES_PASSWORD: ${POSTGRES_PASSWORD}"),
    ("read from elsewhere", "main.tf", "  password = var.database_password"),
    ("declared", "src/a.py", "def login(user: str, password: str, token: str | None = None) -> Session:"),
    ("declared", "src/a.py", 'parser.add_argument("--password", help="of the user; asked for when missing")'),
    ("declared", "src/a.py", "class PasswordResetTokenGenerator(BaseTokenGenerator):"),
    ("declared", "src/a.py", "    token: Token = field(default_factory=Token)"),
    ("declared", "web/a.ts", "interface Credentials { readonly password: string; readonly apiKey?: string }"),
    ("declared", "A.java", "public void setPassword(final String newPassword) { this.password = newPassword; }"),
    ("declared", "a.sql", "ALTER TABLE users ADD COLUMN password_hash varchar(255) NOT NULL;"),
    ("words", "web/de.json", '{"password": "Passwort vergessen?", "token": "Bitte gib den Code ein"}'),
    ("words", "src/a.py", 'raise ValueError("the token is not as it should be: it has no signature")'),
    ("words", "a.html", '<label for="password">Choose a password with at least eight characters</label>'),
    ("words", "README.md", "The secret of a good test: it can fail. Keys are kept in the system's keyring."),
    ("words", "src/a.py", 'SECRET_NAMES = ("password", "passwd", "token", "secret", "api_key")'),
    ("example", "tests/test_a.py", 'client.login("ann", password="password")'),
    ("example", "tests/test_a.py", 'API_KEY = "your-api-key-here"'),
    ("example", "docs/a.md", "api_key: <YOUR_API_KEY>"),
    ("example", "docs/a.md", 'token = "xxxxxxxxxxxxxxxxxxxxxxxx"'),
    ("example", ".env.example", "DATABASE_PASSWORD=changeme\nAPI_KEY=\nTOKEN=..."),
    ("example", "docs/a.md", "postgres://user:password@localhost:5432/shop"),
    ("tokens of language", "src/a.py", "token = next(tokens); key = (token.kind, token.start, token.end)"),
    ("tokens of language", "src/a.py", 'PAD_TOKEN, EOS_TOKEN = "<|endoftext|>", "<|im_end|>"'),
    ("tokens of language", "src/a.py", "max_tokens = 4096\nkey = sorted(pairs, key=lambda pair: pair.first)"),
    ("tokens of language", "a.rs", "let token_stream = quote! { impl #name { fn key(&self) -> &str { self.key } } };"),
    ("long names", "src/a.py", "from shop.checkout.paypal import PayPalExpressCheckoutPaymentProviderFactory"),
    ("long names", "A.java", "AbstractSingletonProxyFactoryBean factory = new TransactionProxyFactoryBean2Support();"),
    ("long names", "a.css", ".MuiButtonBase-root-1234.Mui-disabled-56 { background: url(/media/logo.5d5d9eef.svg) }"),
    ("long names", "src/a.py", 'path = "/usr/share/zoneinfo/America/Argentina/ComodRivadavia/index.html"'),
    ("address", "src/a.py", 'URL = "https://shop.example.com/api/v2/orders?page=3&size=50&sort=created_at"'),
    ("address", "src/a.py", 'REMOTE = "ssh://git@github.com/ann/shop.git"'),
    (
        "public key",
        "a.pub",
        f"-----BEGIN {_PUBLIC}-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD\n-----END {_PUBLIC}-----",
    ),
    ("alphabet", "src/a.py", f'ALPHABET = "{UPPER}{LOWER}{DIGITS}+/"'),
)


def token(kind: str, seed: int) -> str:
    """A provider's token."""
    return _tokens()[kind](Maker(seed))
