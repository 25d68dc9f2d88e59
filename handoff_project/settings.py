"""One settings file for both shapes of the program; the environment chooses.

Without ``DATABASE_URL`` and ``REDIS_URL`` this is the embedded shape: one process, SQLite, an in-memory broker and an in-process channel
layer. Values may also stand in ``<data folder>/settings.env``, which ``./start`` writes on its first run.
"""

import warnings
from ipaddress import ip_network
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
DATA_DIR = Path(env.str("HANDOFF_DATA", default=str(BASE_DIR / "var")))
env.read_env(str(DATA_DIR / "settings.env"))


def listed(name: str, default: str = "") -> list[str]:
    """A comma-separated variable as a list, blanks dropped (django-environ keeps them)."""
    return [item.strip() for item in env.str(name, default=default).split(",") if item.strip()]


SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")
DEBUG = env.bool("DEBUG", default=False)

# --- Handoff's own ------------------------------------------------------------------------------------------------------------------------

# "<id>:<32 bytes in base64>", newest first; older ones only decrypt. Never derived from SECRET_KEY: rotating sessions must not lose tokens.
FIELD_ENCRYPTION_KEYS = listed("FIELD_ENCRYPTION_KEYS")
# The host workspaces are labels of: acme.<HANDOFF_HOST>.
HANDOFF_HOST = env.str("HANDOFF_HOST", default="localhost").lower()
# Where visitors and desks reach us, without a trailing slash; links are built from it, never from a request.
PUBLIC_URL = env.str("PUBLIC_URL", default="http://localhost:8000").rstrip("/")
# Private networks in which desks may live. Public addresses need no entry.
HANDOFF_ALLOWED_NETWORKS = tuple(ip_network(cidr) for cidr in listed("HANDOFF_ALLOWED_NETWORKS"))
# New chat sessions a minute from one address.
SESSIONS_PER_MINUTE = env.int("SESSIONS_PER_MINUTE", default=60)
HANDOVERS_PER_HOUR = env.int("HANDOVERS_PER_HOUR", default=5)
# What one visitor may say in ten seconds.
MESSAGES_PER_TEN_SECONDS = env.int("MESSAGES_PER_TEN_SECONDS", default=20)
# A sandbox (or a Chatwoot nobody works with) on which admins rehearse handovers in Preview; empty: none. With the access tokens of an
# administrator and of an agent there, and the address at which it reaches us.
REHEARSAL_DESK = env.str("REHEARSAL_DESK", default="").rstrip("/")
REHEARSAL_TOKEN = env.str("REHEARSAL_TOKEN", default="")
REHEARSAL_AGENT_TOKEN = env.str("REHEARSAL_AGENT_TOKEN", default="")
REHEARSAL_HUB = env.str("REHEARSAL_HUB", default=PUBLIC_URL).rstrip("/")

# --- Django -------------------------------------------------------------------------------------------------------------------------------

ALLOWED_HOSTS = listed("ALLOWED_HOSTS", default=f"{HANDOFF_HOST},.{HANDOFF_HOST}")
ROOT_URLCONF = "handoff_project.urls"
ASGI_APPLICATION = "handoff_project.asgi.application"

INSTALLED_APPS = [
    "handoff_project.apps.HandoffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "channels",
    "csp",
    "handoffs",
    "webchat",
    "handoff_project.apps.ProjectConfig",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "handoff_project.statics.StaticFiles",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "handoffs.workspaces.WorkspaceByHost",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'handoff.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE takes the write lock at BEGIN, so a read-then-write transaction waits instead of failing; FULL survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    # Under ASGI each thread would keep a connection of its own; a pool bounds them.
    POOL = {"min_size": 2, "max_size": env.int("DATABASE_POOL", default=20), "timeout": 10}
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = POOL
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
# WhiteNoise streams files synchronously; under ASGI Django reads them whole and says so at every first one.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
WHITENOISE_AUTOREFRESH = DEBUG

# A webhook is at most 1 MiB; nothing else we take is larger.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# A message of 200 tiles has 26 fields for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000

# --- Security -----------------------------------------------------------------------------------------------------------------------------

HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS and env.bool("SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31536000) if HTTPS else 0
# For a whole domain, subdomains and browsers' preload lists included, only where its owner says so.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS and env.bool("HSTS_WHOLE_DOMAIN", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "UNAUTHENTICATED_USER": None,
    # Addresses come from the connection (uvicorn rewrites it for trusted proxies); X-Forwarded-For is anybody's word.
    "NUM_PROXIES": 0,
    "EXCEPTION_HANDLER": "webchat.api.explain",
    "DEFAULT_THROTTLE_RATES": {"session": f"{SESSIONS_PER_MINUTE}/min"},
}

# --- Redis, Celery, Channels --------------------------------------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default="")

# Rings may be lost by design, but the default Redis layer drops nine of ten under load (docs/decisions/0003).
CHANNEL_LAYERS = {
    "default": {"BACKEND": "webchat.layers.RingLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    if REDIS_URL
    else {"BACKEND": "webchat.layers.InProcessChannelLayer"}
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# Rows are the queue; a task is a nudge that carries an id. So nothing is retried, scheduled or stored in Celery.
CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 120, "socket_timeout": 5, "socket_connect_timeout": 2} if REDIS_URL else {"polling_interval": 0.05}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False

# --- Logs: ids, never texts ---------------------------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"celery": {"level": "WARNING"}, "uvicorn.access": {"level": "WARNING"}},
}
