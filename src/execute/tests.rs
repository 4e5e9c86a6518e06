//! Every way in which running a plan can end, on a database that fails on demand.

use std::time::Duration;

use super::*;
use crate::mock::{self, Call, MockDatabase, lock_timeout_error, snapshot};
use crate::plan::{DependencyPlanner, Planner};

const BEFORE: &[&str] = &["old"];
const AFTER: &[&str] = &["new", "newer"];

fn database() -> MockDatabase {
    MockDatabase::with_tenants(&[("acme", BEFORE)])
}

async fn run(database: &MockDatabase) -> Result<Execution, ExecuteError> {
    let (from, target) = (snapshot(BEFORE), snapshot(AFTER));
    let plan = DependencyPlanner.plan(&from, &target, database.dialect()).unwrap();
    let pause = Duration::from_millis(1);
    let executor = LockedExecutor { retries: Retries { tries_max: 3, pause_first: pause, pause_max: pause } };
    let tenant = mock::tenant("acme");
    let lock_timeout = Duration::from_secs(1);
    executor.execute(Task { adapter: database, tenant: &tenant, plan: &plan, target: &target, lock_timeout }).await
}

/// Runs, and asserts that the tenant is as before.
async fn run_in_vain(database: &MockDatabase) -> ExecuteError {
    let error = run(database).await.expect_err("it fails");
    assert_eq!(database.live("acme"), snapshot(BEFORE));
    error
}

fn lost_connection() -> AdapterError {
    AdapterError::InDoubt { tenant: "acme".to_owned(), reason: "connection reset".to_owned() }
}

#[tokio::test]
async fn a_plan_is_run_verified_and_committed() {
    let database = database();
    let execution = run(&database).await.unwrap();
    assert_eq!(execution, Execution::Applied { after: snapshot(AFTER), tries: 1 });
    assert_eq!(database.live("acme"), snapshot(AFTER));
    assert_eq!((database.count(Call::Commit), database.count(Call::Inspect)), (1, 2));
}

#[tokio::test]
async fn what_a_peer_has_done_is_not_done_again() {
    let database = database();
    database.let_peer_make("acme", AFTER);
    assert_eq!(run(&database).await.unwrap(), Execution::SyncedByPeer { after: snapshot(AFTER) });
    assert_eq!(database.count(Call::Begin), 0);
}

#[tokio::test]
async fn a_tenant_that_changed_in_between_is_left_alone() {
    let database = database();
    database.let_peer_make("acme", &["surprise"]);
    let error = run(&database).await.expect_err("it is stale");
    assert!(matches!(error, ExecuteError::PlanIsStale { found, .. } if found == snapshot(&["surprise"]).hash()));
    assert_eq!(database.count(Call::Begin), 0);
}

#[tokio::test]
async fn all_failed_checks_are_listed_and_nothing_is_changed() {
    let database = database();
    database.violate("new is in the way");
    database.violate("newer is in the way");
    let error = run_in_vain(&database).await;
    assert!(matches!(error, ExecuteError::ChecksFailed { ref failed, .. } if failed.len() == 2), "{error}");
    assert_eq!(database.count(Call::Begin), 0);
}

#[tokio::test]
async fn a_failing_statement_rolls_back_and_is_not_tried_again() {
    let database = database();
    let (tenant, statement, reason) = ("acme".to_owned(), "make new".to_owned(), "syntax error".to_owned());
    database.fail(Call::Execute, AdapterError::Statement { tenant, statement, reason, retryable: false });
    let error = run_in_vain(&database).await;
    assert!(matches!(error, ExecuteError::RolledBack(AdapterError::Statement { .. })), "{error}");
    assert_eq!((database.count(Call::Rollback), database.count(Call::Lock)), (1, 1));
}

#[tokio::test]
async fn a_rollback_that_fails_does_not_hide_the_first_error() {
    let database = database();
    let (tenant, statement, reason) = ("acme".to_owned(), "make new".to_owned(), "syntax error".to_owned());
    database.fail(Call::Execute, AdapterError::Statement { tenant, statement, reason, retryable: false });
    database.fail(Call::Rollback, lost_connection());
    assert!(run_in_vain(&database).await.to_string().contains("syntax error"));
}

#[tokio::test]
async fn what_is_left_after_the_last_statement_rolls_back_and_is_named() {
    let database = database();
    database.never_make("newer");
    let error = run_in_vain(&database).await;
    assert!(
        matches!(error, ExecuteError::VerificationFailed { ref left, .. } if left[0].dotted() == "newer"),
        "{error}"
    );
    assert_eq!((database.count(Call::Rollback), database.count(Call::Commit)), (1, 0));
}

#[tokio::test]
async fn a_lock_timeout_is_tried_again_from_the_look() {
    let database = database();
    database.fail(Call::Execute, lock_timeout_error("acme"));
    database.fail(Call::Execute, lock_timeout_error("acme"));
    assert_eq!(run(&database).await.unwrap(), Execution::Applied { after: snapshot(AFTER), tries: 3 });
    assert_eq!((database.count(Call::Lock), database.count(Call::Rollback)), (3, 2));
}

#[tokio::test]
async fn tries_are_bounded() {
    let database = database();
    for _ in 0..4 {
        database.fail(Call::Execute, lock_timeout_error("acme"));
    }
    assert!(matches!(run_in_vain(&database).await, ExecuteError::RolledBack(_)));
    assert_eq!(database.count(Call::Lock), 3);
}

#[tokio::test]
async fn a_lock_that_is_not_had_leaves_the_tenant_untouched() {
    let database = database();
    let (tenant, holder) = ("acme".to_owned(), "process 7".to_owned());
    database.fail(Call::Lock, AdapterError::LockTimeout { tenant, holder, waited_ms: 5 });
    assert!(matches!(run_in_vain(&database).await, ExecuteError::Untouched(AdapterError::LockTimeout { .. })));
}

#[tokio::test]
async fn a_commit_that_is_refused_rolls_back() {
    let database = database();
    let (tenant, statement) = ("acme".to_owned(), "COMMIT".to_owned());
    let reason = "foreign key violation".to_owned();
    database.fail(Call::Commit, AdapterError::Statement { tenant, statement, reason, retryable: false });
    assert!(matches!(run_in_vain(&database).await, ExecuteError::RolledBack(_)));
    assert_eq!(database.count(Call::Rollback), 1);
}

#[tokio::test]
async fn a_lost_answer_to_a_commit_that_landed_is_found_out() {
    let database = database();
    database.fail(Call::AfterCommit, lost_connection());
    assert_eq!(run(&database).await.unwrap(), Execution::Applied { after: snapshot(AFTER), tries: 1 });
    assert_eq!(database.count(Call::Lock), 2);
}

#[tokio::test]
async fn a_commit_that_was_lost_is_tried_again() {
    let database = database();
    database.fail(Call::Commit, lost_connection());
    assert_eq!(run(&database).await.unwrap(), Execution::Applied { after: snapshot(AFTER), tries: 2 });
}

#[tokio::test]
async fn commits_that_keep_getting_lost_are_called_unapplied() {
    let database = database();
    for _ in 0..3 {
        database.fail(Call::Commit, lost_connection());
    }
    assert!(matches!(run_in_vain(&database).await, ExecuteError::Unapplied { .. }));
}

#[tokio::test]
async fn without_a_second_look_the_outcome_stays_in_doubt() {
    let database = database();
    database.fail(Call::AfterCommit, lost_connection());
    database.let_pass(Call::Lock);
    for _ in 0..3 {
        database.fail(Call::Lock, AdapterError::Connect { target: "mock".to_owned(), reason: "refused".to_owned() });
    }
    let error = run(&database).await.expect_err("nobody can tell");
    assert!(matches!(error, ExecuteError::InDoubt { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}
