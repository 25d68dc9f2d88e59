"""POST /contacts/filter (CHATWOOT.md §1.3).

Compared in lower case, and only among contacts with an email, a phone number or an identifier.
"""

from sandbox.errors import CouldNotCreate, Unhandled
from sandbox.params import Params, as_hash
from sandbox.store import Row, Store

# What is compared, as SQL over the row of a contact.
COLUMNS = {key: f"LOWER(COALESCE({key}, ''))" for key in ("name", "email", "phone_number", "identifier")} | {
    key: f"LOWER(COALESCE(json_extract(additional_attributes, '$.{key}'), ''))" for key in ("city", "country_code", "company_name")
}
OPERATORS = ("equal_to", "not_equal_to", "contains", "does_not_contain")
FLAGS = ("equal_to", "not_equal_to")
LABELS = ("equal_to", "not_equal_to", "is_present", "is_not_present")
ALLOWED = {**dict.fromkeys(COLUMNS, OPERATORS), "blocked": FLAGS, "labels": LABELS}

Clause = tuple[str, list[str]]


def filtered(store: Store, account: Row, params: Params) -> list[Row]:
    conditions = params.get("payload")
    if not isinstance(conditions, list) or not conditions:
        raise Unhandled("undefined method 'each_with_index' for nil")
    sql, args = "", []
    for condition in conditions:
        clause, values = _clause(as_hash(condition))
        sql += clause
        args += values
    return store.all(
        f"SELECT * FROM contacts WHERE account_id = ? AND COALESCE(email, phone_number, identifier) IS NOT NULL AND ({sql}) ORDER BY id",
        account["id"],
        *args,
    )


def _clause(condition: Params) -> Clause:
    key, operator = condition.get("attribute_key"), condition.get("filter_operator")
    if key not in ALLOWED:
        raise CouldNotCreate(f"Invalid attribute key - [{key}]. The key should be one of [{', '.join(ALLOWED)}] or a custom attribute")
    if operator not in ALLOWED[key]:
        raise CouldNotCreate(f"Invalid operator. The allowed operators for {key} are [{','.join(ALLOWED[key])}].")
    values = [str(value).lower() for value in condition.get("values") or []]
    if not values and not str(operator).startswith("is_"):
        raise CouldNotCreate(f"Invalid value. The values provided for {key} are invalid")
    sql, args = _comparison(str(key), str(operator), values)
    return f"{sql} {_joiner(condition)} ", args


def _comparison(key: str, operator: str, values: list[str]) -> Clause:
    negation = "NOT " if operator in ("not_equal_to", "does_not_contain", "is_not_present") else ""
    sql, args = _affirmed(key, operator, values)
    return negation + sql, args


def _affirmed(key: str, operator: str, values: list[str]) -> Clause:
    marks = ", ".join("?" * len(values))
    if key == "labels":
        chosen = f" WHERE LOWER(value) IN ({marks})" if values else ""
        return f"EXISTS (SELECT 1 FROM json_each(label_list){chosen})", values
    if key == "blocked":
        return f"(CASE blocked WHEN 1 THEN 'true' ELSE 'false' END) IN ({marks})", values
    if operator in ("equal_to", "not_equal_to"):
        return f"{COLUMNS[key]} IN ({marks})", values
    alternatives = " OR ".join([f"{COLUMNS[key]} LIKE ?"] * len(values))
    return f"({alternatives})", [f"%{value}%" for value in values]


def _joiner(condition: Params) -> str:
    operator = str(condition.get("query_operator") or "").upper()
    if operator not in ("", "AND", "OR"):
        raise CouldNotCreate('Query operator must be either "AND" or "OR".')
    return operator
