"""The tables behind the stand-in, named as Chatwoot names them."""

# A type of our own for each, since sqlite3's converters are global to the process and Django registers its own.
JSON = "SANDBOX_JSON_TEXT"
BOOL = "SANDBOX_BOOL"

TABLES = f"""
CREATE TABLE IF NOT EXISTS accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, created_at REAL NOT NULL);

CREATE TABLE IF NOT EXISTS users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, display_name TEXT, email TEXT NOT NULL UNIQUE,
    access_token TEXT NOT NULL UNIQUE, pubsub_token TEXT NOT NULL,
    availability TEXT NOT NULL DEFAULT 'online', auto_offline {BOOL} NOT NULL DEFAULT 1, created_at REAL NOT NULL);

CREATE TABLE IF NOT EXISTS account_users (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts, user_id INTEGER NOT NULL REFERENCES users,
    role TEXT NOT NULL, UNIQUE (account_id, user_id));

CREATE TABLE IF NOT EXISTS agent_bots (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER REFERENCES accounts, name TEXT NOT NULL,
    access_token TEXT NOT NULL UNIQUE);

CREATE TABLE IF NOT EXISTS inboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts, name TEXT NOT NULL,
    webhook_url TEXT, secret TEXT NOT NULL, hmac_token TEXT NOT NULL, identifier TEXT NOT NULL UNIQUE,
    hmac_mandatory {BOOL} NOT NULL DEFAULT 0, additional_attributes {JSON} NOT NULL, settings {JSON} NOT NULL,
    created_at REAL NOT NULL, updated_at REAL NOT NULL);

CREATE TABLE IF NOT EXISTS inbox_members (
    id INTEGER PRIMARY KEY AUTOINCREMENT, inbox_id INTEGER NOT NULL REFERENCES inboxes, user_id INTEGER NOT NULL REFERENCES users,
    UNIQUE (inbox_id, user_id));

CREATE TABLE IF NOT EXISTS contacts (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts, name TEXT NOT NULL, email TEXT,
    phone_number TEXT, identifier TEXT, blocked {BOOL} NOT NULL DEFAULT 0,
    additional_attributes {JSON} NOT NULL, custom_attributes {JSON} NOT NULL,
    created_at REAL NOT NULL, updated_at REAL NOT NULL, last_activity_at REAL,
    UNIQUE (account_id, email), UNIQUE (account_id, identifier));

CREATE TABLE IF NOT EXISTS contact_inboxes (
    id INTEGER PRIMARY KEY AUTOINCREMENT, contact_id INTEGER NOT NULL REFERENCES contacts,
    inbox_id INTEGER NOT NULL REFERENCES inboxes, source_id TEXT NOT NULL, hmac_verified {BOOL} NOT NULL DEFAULT 0,
    pubsub_token TEXT NOT NULL, created_at REAL NOT NULL, updated_at REAL NOT NULL, UNIQUE (inbox_id, source_id));

CREATE TABLE IF NOT EXISTS conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, display_id INTEGER NOT NULL, uuid TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES accounts, inbox_id INTEGER NOT NULL REFERENCES inboxes,
    contact_id INTEGER NOT NULL REFERENCES contacts, contact_inbox_id INTEGER NOT NULL REFERENCES contact_inboxes,
    assignee_id INTEGER REFERENCES users, status TEXT NOT NULL, snoozed_until REAL, priority TEXT,
    additional_attributes {JSON} NOT NULL, custom_attributes {JSON} NOT NULL, label_list {JSON} NOT NULL,
    waiting_since REAL, first_reply_created_at REAL, agent_last_seen_at REAL, assignee_last_seen_at REAL, contact_last_seen_at REAL,
    last_activity_at REAL NOT NULL, created_at REAL NOT NULL, updated_at REAL NOT NULL, UNIQUE (account_id, display_id));

CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts,
    inbox_id INTEGER NOT NULL REFERENCES inboxes, conversation_id INTEGER NOT NULL REFERENCES conversations,
    message_type TEXT NOT NULL, content TEXT, content_type TEXT NOT NULL DEFAULT 'text', content_attributes {JSON} NOT NULL,
    private {BOOL} NOT NULL DEFAULT 0, status TEXT NOT NULL DEFAULT 'sent', source_id TEXT, sender_type TEXT, sender_id INTEGER,
    created_at REAL NOT NULL, updated_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS messages_of_a_conversation ON messages (conversation_id, created_at, id);

CREATE TABLE IF NOT EXISTS blobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, signed_id TEXT NOT NULL UNIQUE, filename TEXT NOT NULL, content_type TEXT NOT NULL,
    byte_size INTEGER NOT NULL, content BLOB NOT NULL, created_at REAL NOT NULL);

CREATE TABLE IF NOT EXISTS attachments (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts,
    message_id INTEGER NOT NULL REFERENCES messages, blob_id INTEGER NOT NULL REFERENCES blobs, file_type TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS attachments_of_a_message ON attachments (message_id);

CREATE TABLE IF NOT EXISTS csat_survey_responses (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts,
    conversation_id INTEGER NOT NULL REFERENCES conversations, message_id INTEGER NOT NULL UNIQUE REFERENCES messages,
    contact_id INTEGER NOT NULL REFERENCES contacts, assigned_agent_id INTEGER REFERENCES users,
    rating INTEGER NOT NULL, feedback_message TEXT, created_at REAL NOT NULL);

CREATE TABLE IF NOT EXISTS teams (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts, name TEXT NOT NULL, description TEXT,
    allow_auto_assign {BOOL} NOT NULL DEFAULT 1, created_at REAL NOT NULL, updated_at REAL NOT NULL, UNIQUE (account_id, name));

CREATE TABLE IF NOT EXISTS team_members (
    id INTEGER PRIMARY KEY AUTOINCREMENT, team_id INTEGER NOT NULL REFERENCES teams, user_id INTEGER NOT NULL REFERENCES users,
    UNIQUE (team_id, user_id));

CREATE TABLE IF NOT EXISTS labels (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL REFERENCES accounts, title TEXT NOT NULL, description TEXT,
    color TEXT NOT NULL, show_on_sidebar {BOOL} NOT NULL DEFAULT 0, UNIQUE (account_id, title));
"""

# Columns that a file made by an older sandbox does not have yet.
ADDED = (
    ("accounts", "last_display_id", "INTEGER NOT NULL DEFAULT 0"),
    ("users", "avatar_id", "INTEGER REFERENCES blobs"),
    ("agent_bots", "description", "TEXT"),
    ("agent_bots", "outgoing_url", "TEXT"),
    ("agent_bots", "secret", "TEXT"),
    ("inboxes", "agent_bot_id", "INTEGER REFERENCES agent_bots"),
    ("inboxes", "working_hours", f"{JSON} NOT NULL DEFAULT '[]'"),
    ("inboxes", "csat_config", f"{JSON} NOT NULL DEFAULT '{{}}'"),
    ("contacts", "label_list", f"{JSON} NOT NULL DEFAULT '[]'"),
    ("inboxes", "channel_type", "TEXT NOT NULL DEFAULT 'Channel::Api'"),
    ("conversations", "team_id", "INTEGER REFERENCES teams"),
    ("conversations", "assignee_agent_bot_id", "INTEGER REFERENCES agent_bots"),
)

# Every kind of id starts somewhere else, so that code which mistakes a display id for a database id fails here as it would there.
FIRST_IDS = {"conversations": 7001, "messages": 9001, "contacts": 501, "contact_inboxes": 801}
