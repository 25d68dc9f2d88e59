"""The settings tests run with: the same file, its environment fixed first."""

import base64
import os
import tempfile
from urllib.parse import urlsplit

os.environ["HANDOFF_DATA"] = tempfile.mkdtemp(prefix="handoff-test-")
os.environ["SECRET_KEY"] = "only for tests"
os.environ["FIELD_ENCRYPTION_KEYS"] = "test:" + base64.b64encode(b"k" * 32).decode()
os.environ["HANDOFF_ALLOWED_NETWORKS"] = "127.0.0.0/8"
os.environ["ALLOWED_HOSTS"] = "localhost,.localhost,127.0.0.1,testserver"
os.environ["SESSIONS_PER_MINUTE"] = "10000"
os.environ["HANDOVERS_PER_HOUR"] = "1000"
os.environ["LOG_LEVEL"] = "WARNING"
if "REDIS_URL" in os.environ and "PYTEST_XDIST_WORKER" in os.environ:
    # Each worker has a database of its own; here too, since tests empty the cache.
    own = f"/{os.environ['PYTEST_XDIST_WORKER'].removeprefix('gw')}"
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=own).geturl()

from handoff_project.settings import *  # noqa: F403
from handoff_project.settings import DATA_DIR, DATABASES, STATIC_ROOT

DATABASES["default"].setdefault("TEST", {})
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, because several threads use it as several processes would.
    DATABASES["default"]["TEST"]["NAME"] = str(DATA_DIR / "test.sqlite3")
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT.mkdir(exist_ok=True)
