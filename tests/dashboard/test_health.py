"""Health for machines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from queries import release


def test_ready_says_what_it_looked_at(app, browse, in_tables) -> None:
    in_tables.execute("delete from worker_heartbeats; delete from refresh_states")
    answer = browse().get("/readyz")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found = answer.json
    assert (found["status"], found["database"], found["migrations"], found["worker"]) == (
        "ready",
        "ok",
        "current",
        "silent",
    )
    assert set(found["age_seconds"]) >= {"rollups", "metrics_daily", "attribution"}
    assert "rollups" in found["late"]

    now = datetime.now(UTC)
    in_tables.execute("insert into worker_heartbeats (worker, beat_at) values ('w1', %s)", [now])
    in_tables.execute(
        "insert into refresh_states (relation, refreshed_at) values ('rollups', %s), ('metrics_daily', %s)",
        [now - timedelta(seconds=20), now - timedelta(hours=2)],
    )
    in_tables.execute(
        "insert into job_runs (job, scheduled_for, status, worker, started_at, finished_at, lease_until) "
        "values ('rollups', %s, 'succeeded', 'w1', %s, %s, %s) on conflict do nothing",
        [now, now, now, now],
    )
    found = browse().get("/readyz").json
    assert found["worker"] == "alive"
    assert "metrics_daily" in found["late"]
    assert "rollups" not in found["late"]
    assert 20 <= found["age_seconds"]["rollups"] < 60
    assert found["last_runs"]["rollups"] == {
        "status": "succeeded",
        "finished_at": now.isoformat(timespec="seconds"),
    }
    assert browse().get("/healthz").json["last_runs"] == found["last_runs"]


def test_a_database_behind_this_release_is_not_ready(browse, monkeypatch) -> None:
    wanted = release.wanted_version()
    monkeypatch.setattr("dashboard.health.wanted_version", lambda: wanted + 1)
    answer = browse().get("/readyz")
    assert answer.status_code == 503
    assert (answer.json["status"], answer.json["migrations"]) == ("not ready", f"{wanted} of {wanted + 1}")
    assert browse().get("/healthz").status_code == 200


def test_health_names_no_tenant_and_opens_no_session(browse) -> None:
    for path in ("/healthz", "/readyz"):
        answer = browse().get(path)
        assert "Set-Cookie" not in answer.headers
        for secret in ("alpha", "beta", "example", "podboard_web"):
            assert secret not in answer.text.lower()
