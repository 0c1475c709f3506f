"""Rules over HTTP: expectations 10 to 18 and their errors (the contract's portable expectations)."""

from tests.installations import Server


def test_a_rule_is_created_by_json_and_shown(server: Server) -> None:
    answer = server.put("/api/24/rules", json={"id": "r-new", "displayName": "New rule", "targets": ["special:all"]})

    assert answer.status_code == 200
    body = answer.get_json()
    assert (body["action"], body["id"], body["result"]) == ("createRule", "r-new", "success")
    assert body["data"]["rules"][0]["targets"] == [{"include": {"or": ["special:all"]}, "exclude": {"or": []}}]


def test_a_missing_rule_has_rudders_text(server: Server) -> None:
    answer = server.get("/api/24/rules/r-none")

    assert answer.status_code == 500
    assert answer.get_json() == {
        "action": "ruleDetails",
        "result": "error",
        "errorDetails": "Rule with id 'r-none' was not found",
    }
